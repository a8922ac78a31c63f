/*
 * Path gateway and trustless gateway (specs.ipfs.tech/http-gateways/
 * path-gateway and trustless-gateway), as far as local contents go.
 *
 * A request is understood first (struct visit: format, root, path, entry), then
 * answered by one function for each kind of answer. Large answers are streams:
 * a file or an archive is read from the store as the client takes it, so a
 * request costs a few blocks of memory. Errors of the store become a status and
 * one line of text; once a stream has begun, an error can only break it off.
 *
 * Left out on purpose: fetching what is not here, which would make this node a
 * proxy for anybody; subdomains and DNSLink, which need names that only the
 * operator has; tar and dag-json; several ranges in one answer.
 *
 * Everything served was made by strangers. The CIDs protect readers who check
 * them; for browsers, types are never guessed to be scripts, and blocks and
 * archives come as downloads.
 */
#include "storage/serve/gateway.h"
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "storage/files/unixfs_export.h"
#include "storage/serve/gateway_format.h"
#include "storage/serve/gateway_listing.h"
#include "storage/serve/gateway_state.h"
#include "storage/serve/gateway_type.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- one block ---- */

/* The block is read before the headers: a damaged one must become an error and
 * not the beginning of an answer. */
static void answer_raw(struct visit *visit)
{
    struct buffer block = {0};
    char *etag = mem_format("\"%s.raw\"", CID_TEXT(&visit->entry.cid));
    int status = store_get(visit->store, &visit->entry.cid, &block);

    if (status) {
        gateway_error(visit->exchange, status);
    } else if (!gateway_answer_known(visit, etag, CACHE_IMMUTABLE)) {
        gateway_name_download(visit, "bin");
        http_answer_buffer(visit->exchange, 200, GATEWAY_TYPE_RAW, &block);
    }
    buffer_free(&block);
    free(etag);
}

/* ---- a file ---- */

/* As read_car(), but from a file. */
static ssize_t read_content(void *user, uint64_t position, uint8_t *into,
                            size_t room)
{
    size_t got;
    int status = unixfs_reader_read(user, into, room, &got);

    return status ? status : (ssize_t)got;
}

static void release_content(void *user)
{
    unixfs_reader_close(user);
}

enum range { RANGE_NONE, RANGE_PART, RANGE_OUTSIDE };

/* Digits; strtoull() alone would take a sign, too, and -1 for the largest. */
static bool take_number(const char **text, uint64_t *out)
{
    char *end;

    if (**text < '0' || **text > '9')
        return false;
    *out = strtoull(*text, &end, 10);
    *text = end;
    return true;
}

/* One range of bytes (RFC 9110, 14.1.2). Several, or what is not understood,
 * count as none, which the RFC allows. *first and *length are set for
 * RANGE_PART only; they stay within size. */
static enum range range_of(struct http_exchange *exchange, uint64_t size,
                           uint64_t *first, uint64_t *length)
{
    CHECK(first && length);
    const char *text = http_header(exchange, "Range");
    /* An empty file has no last byte: size - 1 wraps and is not used, because
     * no range begins before size 0. */
    uint64_t begin, suffix, last = size - 1;

    if (!text || strncmp(text, "bytes=", 6) != 0 || strchr(text, ','))
        return RANGE_NONE;
    text += 6;
    if (*text == '-') {
        text++;
        if (!take_number(&text, &suffix) || *text)
            return RANGE_NONE;
        if (!suffix || !size)
            return RANGE_OUTSIDE;
        /* The last bytes; of a smaller file, all of it. */
        begin = suffix < size ? size - suffix : 0;
    } else {
        if (!take_number(&text, &begin) || *text++ != '-')
            return RANGE_NONE;
        if (*text && (!take_number(&text, &last) || *text || last < begin))
            return RANGE_NONE;
        if (begin >= size)
            return RANGE_OUTSIDE;
        if (last >= size)
            last = size - 1;
    }
    *first = begin;
    *length = last - begin + 1;
    return RANGE_PART;
}

/* The content's type, by the name that the client gives or the one at the end
 * of the path, or else by its first bytes. Never "application/javascript" by
 * guess: see gateway_type.c. */
static int type_of(struct visit *visit, const struct cid *cid,
                   const char **type)
{
    struct unixfs_reader *reader;
    uint8_t beginning[GATEWAY_SNIFF_BYTES];
    size_t got;
    int status;

    *type = gateway_type_by_name(gateway_wished_name(visit)
                                     ? bytes_text(gateway_wished_name(visit))
                                     : visit->path);
    if (*type)
        return 0;
    status =
        unixfs_reader_open(visit->store, cid, 0, sizeof(beginning), &reader);
    if (status)
        return status;
    status = unixfs_reader_read(reader, beginning, sizeof(beginning), &got);
    unixfs_reader_close(reader);
    if (!status)
        *type = gateway_type_by_content(bytes_make(beginning, got));
    return status;
}

/* All of the file, or the part that Range asks for. */
static void stream_file(struct visit *visit, const char *type)
{
    uint64_t first = 0, size = visit->entry.size, length = size;
    struct http_source source = {.read = read_content,
                                 .release = release_content};
    struct unixfs_reader *reader;
    /* Three numbers of 20 digits at most and the words. */
    char range_text[80];
    unsigned http_status = 200;

    http_answer_header(visit->exchange, "Accept-Ranges", "bytes");
    switch (range_of(visit->exchange, size, &first, &length)) {
    case RANGE_NONE:
        break;
    case RANGE_PART:
        http_status = 206;
        /* The size is that of the whole file (RFC 9110, 14.4). */
        snprintf(range_text, sizeof(range_text),
                 "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, first,
                 first + length - 1, size);
        http_answer_header(visit->exchange, "Content-Range", range_text);
        break;
    case RANGE_OUTSIDE:
        snprintf(range_text, sizeof(range_text), "bytes */%" PRIu64, size);
        http_answer_header(visit->exchange, "Content-Range", range_text);
        http_answer_text(visit->exchange, 416,
                         "the file has %" PRIu64 " bytes\n", size);
        return;
    }
    int status = unixfs_reader_open(visit->store, &visit->entry.cid, first,
                                    length, &reader);
    if (status) {
        gateway_error(visit->exchange, status);
        return;
    }
    /* The server's from here on, released when the answer is out. */
    source.user = reader;
    http_answer_stream(visit->exchange, http_status, type, length, source);
}

/* The ETag is the CID alone, because the bytes do not depend on the path. */
static void answer_file(struct visit *visit)
{
    char *etag = mem_format("\"%s\"", CID_TEXT(&visit->entry.cid));
    const char *type;
    int status = type_of(visit, &visit->entry.cid, &type);

    if (status) {
        gateway_error(visit->exchange, status);
    } else if (!gateway_answer_known(visit, etag, CACHE_IMMUTABLE)) {
        gateway_name_file(visit);
        stream_file(visit, type);
    }
    free(etag);
}

/* ---- a directory ---- */

/* The page's look depends on this program's version, so the ETag does. */
static void answer_listing(struct visit *visit)
{
    char *etag = mem_format("\"DirIndex-%s_CID-%s\"", POND_VERSION,
                            CID_TEXT(&visit->entry.cid));
    struct buffer page = {0};
    int status = gateway_listing(visit->store, &visit->root, visit->path,
                                 &visit->entry.cid, &page);

    if (status)
        gateway_error(visit->exchange, status);
    else if (!gateway_answer_known(visit, etag, CACHE_LISTING))
        http_answer_buffer(visit->exchange, 200, "text/html; charset=utf-8",
                           &page);
    buffer_free(&page);
    free(etag);
}

/* Relative links of a page need the slash that makes it a folder. The target
 * goes back as it was sent, still encoded, with its query. */
static void redirect_to_slash(struct visit *visit)
{
    const char *target = http_target(visit->exchange);
    size_t path_size = strcspn(target, "?");
    char *where =
        mem_format("%.*s/%s", (int)path_size, target, target + path_size);

    http_answer_header(visit->exchange, "Location", where);
    http_answer_text(visit->exchange, 301, "see %s\n", where);
    free(where);
}

/* A page of the directory's own, or a listing; either only with a slash at the
 * end of the path. */
static void answer_directory(struct visit *visit)
{
    struct unixfs_entry index;
    struct bytes path = bytes_text(visit->whole_path);

    /* The path is not empty, because it begins with GATEWAY_PREFIX. */
    if (path.data[path.size - 1] != '/') {
        redirect_to_slash(visit);
        return;
    }
    /* A folder with an index.html is a web page, as on any web server. */
    if (unixfs_resolve(visit->store, &visit->entry.cid,
                       bytes_text("index.html"), &index) ||
        index.type != UNIXFS_FILE) {
        answer_listing(visit);
        return;
    }
    /* From here on it is as if the path had named the page. */
    visit->entry = index;
    visit->path = bytes_text("index.html");
    answer_file(visit);
}

/* The target as text: following it is up to the client. */
static void answer_symlink(struct visit *visit)
{
    struct buffer target = {0};
    char *etag = mem_format("\"%s\"", CID_TEXT(&visit->entry.cid));
    int status =
        unixfs_symlink_target(visit->store, &visit->entry.cid, &target);

    if (status)
        gateway_error(visit->exchange, status);
    else if (!gateway_answer_known(visit, etag, CACHE_IMMUTABLE))
        http_answer_buffer(visit->exchange, 200, "inode/symlink", &target);
    buffer_free(&target);
    free(etag);
}

/* ---- the request ---- */

/* Cut the path into root and the rest. ERR_NOT_FOUND if the path is not the
 * gateway's, ERR_INVALID if the root is not a CID. */
static int read_path(struct visit *visit)
{
    struct bytes path = bytes_text(visit->whole_path);

    if (!bytes_begin_with(path, bytes_text(GATEWAY_PREFIX)))
        return err_set(ERR_NOT_FOUND,
                       "the gateway serves " GATEWAY_PREFIX "CID[/path]");
    path = bytes_make(path.data + strlen(GATEWAY_PREFIX),
                      path.size - strlen(GATEWAY_PREFIX));
    const uint8_t *slash = memchr(path.data, '/', path.size);
    size_t root_size = slash ? (size_t)(slash - path.data) : path.size;
    visit->path = bytes_make(path.data + root_size, path.size - root_size);
    /* Any text that is not a CID is a bad request. */
    if (cid_parse(bytes_make(path.data, root_size), &visit->root))
        return ERR_INVALID;
    return 0;
}

/* What the path names. For blocks and DAGs the name is enough: their codec may
 * be any. */
static int resolve(struct visit *visit)
{
    struct cid cid;
    int status = unixfs_locate(visit->store, &visit->root, visit->path, &cid,
                               &visit->trail);

    visit->entry = (struct unixfs_entry){.cid = cid};
    return status || visit->format != GATEWAY_FILE
               ? status
               : unixfs_stat(visit->store, &cid, &visit->entry);
}

/* Each request gets exactly one answer. */
static void answer_visit(struct visit *visit)
{
    switch (visit->format) {
    case GATEWAY_RAW:
        answer_raw(visit);
        return;
    case GATEWAY_CAR:
        gateway_car(visit);
        return;
    case GATEWAY_FILE:
        break;
    }
    if (visit->entry.type == UNIXFS_DIRECTORY)
        answer_directory(visit);
    else if (visit->entry.type == UNIXFS_SYMLINK)
        answer_symlink(visit);
    else
        answer_file(visit);
}

/* Method first, then format, path and entry: what is refused costs no read. */
void gateway_handle_at(struct store *store, struct http_exchange *exchange,
                       const char *path)
{
    struct visit visit = {
        .store = store, .exchange = exchange, .whole_path = path};

    if (http_method_is(exchange, "OPTIONS")) {
        http_answer_preflight(exchange, "GET, HEAD");
        return;
    }
    if (!http_method_is(exchange, "GET") && !http_method_is(exchange, "HEAD")) {
        http_answer_header(exchange, "Allow", "GET, HEAD, OPTIONS");
        http_answer_text(exchange, 405, "the gateway only reads\n");
        return;
    }
    int status = gateway_format_read(exchange, &visit.format);
    if (!status)
        status = read_path(&visit);
    if (!status)
        status = resolve(&visit);
    if (status)
        gateway_error(exchange, status);
    else
        answer_visit(&visit);
    buffer_free(&visit.trail);
}

void gateway_handle(struct store *store, struct http_exchange *exchange)
{
    gateway_handle_at(store, exchange, http_path(exchange));
}
