/*
 * What all answers of the gateway have in common: statuses, names, caching.
 */
#include "base/error.h"
#include "base/memory.h"
#include "storage/serve/gateway_listing.h"
#include "storage/serve/gateway_state.h"

#include <stdio.h>
#include <stdlib.h>

/* The specification's: 404 for what is not here, 400 for what can't be meant,
 * 403 for a symlink that leads out of the root, 406 for a codec that can't be
 * shown that way. What is left is this side's
 * fault. */
static unsigned http_status_of(int status)
{
    switch (status) {
    case ERR_NOT_FOUND:
        return 404;
    case ERR_INVALID:
    case ERR_RANGE:
    case ERR_LIMIT:
        return 400;
    case ERR_DENIED:
        return 403;
    case ERR_UNSUPPORTED:
        return 406;
    }
    return 500;
}

/* A line of text for people; programs go by the status. */
void gateway_error(struct http_exchange *exchange, int status)
{
    http_answer_text(exchange, http_status_of(status), "%s: %s\n",
                     err_name(status), err_text());
}

/* RFC 9110, 13.1.2: a list of tags, compared without their "W/". A search in
 * the text does for the list, as our tags have quotes around them and no quotes
 * inside. */
static bool is_known(struct http_exchange *exchange, const char *etag)
{
    const char *known = http_header(exchange, "If-None-Match");

    if (!known)
        return false;
    if (!strncmp(etag, "W/", 2))
        etag += 2;
    return !strcmp(known, "*") || strstr(known, etag);
}

/* The CIDs that the parts of the path led through, the entry's last: what a
 * cache in between needs to know which parts of the tree were used. */
static void put_roots(struct visit *visit)
{
    struct buffer roots = {0};
    struct cid cid;

    for (size_t at = 0; at < visit->trail.size; at += sizeof(cid)) {
        memcpy(&cid, visit->trail.data + at, sizeof(cid));
        buffer_format(&roots, "%s,", CID_TEXT(&cid));
    }
    buffer_text(&roots, CID_TEXT(&visit->entry.cid));
    http_answer_header(visit->exchange, "X-Ipfs-Roots", buffer_string(&roots));
    buffer_free(&roots);
}

/* Put the headers that all answers to a CID have. True if the client has the
 * content already: then the exchange is answered. */
bool gateway_answer_known(struct visit *visit, const char *etag,
                          const char *cache)
{
    struct http_exchange *exchange = visit->exchange;
    struct buffer path = {0};

    http_answer_any_origin(exchange);
    http_answer_header(exchange, "ETag", etag);
    http_answer_header(exchange, "Cache-Control", cache);
    put_roots(visit);
    gateway_encode_path(bytes_text(visit->whole_path), &path);
    http_answer_header(exchange, "X-Ipfs-Path", buffer_string(&path));
    buffer_free(&path);
    if (!is_known(exchange, etag))
        return false;
    http_answer(exchange, 304, NULL, bytes_make(NULL, 0));
    return true;
}

/* A name for a header: quoted, with "_" for what a quoted text of ASCII can't
 * hold, and beside it whole, in UTF-8 and percent-encoded (RFC 6266). */
static void put_disposition(struct visit *visit, const char *kind,
                            const char *name)
{
    struct buffer value = {0};

    buffer_format(&value, "%s; filename=\"", kind);
    for (const char *at = name; *at; at++)
        buffer_u8(&value, *at < 0x20 || *at > 0x7e || *at == '"' || *at == '\\'
                              ? '_'
                              : (uint8_t)*at);
    buffer_text(&value, "\"; filename*=UTF-8''");
    for (const char *at = name; *at; at++) {
        if ((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
            (*at >= '0' && *at <= '9') || strchr("-._~", *at))
            buffer_u8(&value, (uint8_t)*at);
        else
            buffer_format(&value, "%%%02X", (unsigned char)*at);
    }
    http_answer_header(visit->exchange, "Content-Disposition",
                       buffer_string(&value));
    buffer_free(&value);
}

/* "filename" in the query; NULL for none. */
const char *gateway_wished_name(struct visit *visit)
{
    const char *name = http_query(visit->exchange, "filename");

    return name && *name ? name : NULL;
}

/* Blocks and archives are always for saving: under the name that the client
 * wishes, or their CID's. */
void gateway_name_download(struct visit *visit, const char *ending)
{
    const char *wished = gateway_wished_name(visit);
    char *name = wished
                     ? mem_text(wished)
                     : mem_format("%s.%s", CID_TEXT(&visit->entry.cid), ending);

    put_disposition(visit, "attachment", name);
    http_answer_header(visit->exchange, "X-Content-Type-Options", "nosniff");
    free(name);
}

/* A file is shown unless "download=true" is in the query; a name goes with it
 * where one was wished for. */
void gateway_name_file(struct visit *visit)
{
    const char *wished = gateway_wished_name(visit);
    const char *download = http_query(visit->exchange, "download");
    bool save = download && !strcmp(download, "true");
    struct bytes path = bytes_trim_right(visit->path, '/');
    const uint8_t *slash =
        path.size ? memrchr(path.data, '/', path.size) : NULL;
    char *name;

    if (!wished && !save)
        return;
    if (wished)
        name = mem_text(wished);
    else if (path.size)
        name = mem_format("%.*s",
                          (int)(slash ? path.data + path.size - slash - 1
                                      : (ptrdiff_t)path.size),
                          (const char *)(slash ? slash + 1 : path.data));
    else
        name = mem_text(CID_TEXT(&visit->entry.cid));
    put_disposition(visit, save ? "attachment" : "inline", name);
    free(name);
}
