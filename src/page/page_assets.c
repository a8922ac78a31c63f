/*
 * A table of some twenty entries, searched in order: a page is loaded seldom,
 * and nothing in it is asked for twice.
 *
 * Every browser takes gzip, so the files are kept in no other form. For another
 * client (curl) they are inflated.
 */
#include "page/page_assets.h"

#include "base/check.h"
#include "page/page_headers.h"

#include <string.h>
#include <strings.h>
#include <zlib.h>

/* zlib's own, for a stream with the header of gzip. */
#define WINDOW_BITS_GZIP (15 + 16)

static const char *const doors[] = {
    [PAGE_OF_NODE] = "/index.html", [PAGE_OF_CHAIN] = "/explorer.html"};

const struct page_asset *page_asset_find(const struct page_asset *assets,
                                         enum page_door door, const char *path)
{
    if (!strcmp(path, "/"))
        path = doors[door];
    else if (strncmp(path, "/a/", 3) != 0)
        return NULL;
    for (const struct page_asset *asset = assets; asset->path; asset++) {
        if (!strcmp(asset->path, path))
            return asset;
    }
    return NULL;
}

/* Whether a list of a header ("gzip;q=0.8, br") has a word, and it is not
 * ruled out by q=0. Whole words alone: "gzip" is not in "x-gzip-old". */
static bool list_has(const char *list, const char *word)
{
    size_t size = strlen(word);

    while (list && *list) {
        const char *end = list + strcspn(list, ",");
        const char *at = list + strspn(list, " \t");
        const char *after = at + size;

        if (!strncasecmp(at, word, size) && strchr(" \t;,", *after)) {
            const char *weight = strstr(after, "q=");

            if (!weight || weight > end)
                return true;
            weight += 2;
            weight += strspn(weight, "0.");
            return *weight >= '1' && *weight <= '9';
        }
        list = *end ? end + 1 : end;
    }
    return false;
}

/* An entity tag, also in the weak form that a proxy makes of it. */
static bool is_known(const char *list, const char *etag)
{
    if (!list)
        return false;
    if (!strcmp(list, "*"))
        return true;
    return strstr(list, etag) != NULL;
}

/* What the table says fits what was compressed, as one program made both. */
static void inflate_into(const struct page_asset *asset, struct buffer *out)
{
    z_stream stream = {.next_in = (uint8_t *)asset->gzipped,
                       .avail_in = (unsigned)asset->gzipped_size};

    CHECK(inflateInit2(&stream, WINDOW_BITS_GZIP) == Z_OK);
    stream.next_out = buffer_reserve(out, asset->size);
    stream.avail_out = (unsigned)asset->size;
    CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
    CHECK(stream.total_out == asset->size);
    out->size += asset->size;
    inflateEnd(&stream);
}

static void answer_asset(struct http_exchange *exchange,
                         const struct page_asset *asset)
{
    bool is_named_by_hash = !strncmp(asset->path, "/a/", 3);

    page_headers(exchange,
                 is_named_by_hash ? PAGE_KEEP_FOREVER : PAGE_KEEP_AND_ASK);
    http_answer_header(exchange, "ETag", asset->etag);
    http_answer_header(exchange, "Vary", "Accept-Encoding");
    if (is_known(http_header(exchange, "If-None-Match"), asset->etag)) {
        http_answer(exchange, 304, NULL, (struct bytes){0});
    } else if (list_has(http_header(exchange, "Accept-Encoding"), "gzip")) {
        http_answer_header(exchange, "Content-Encoding", "gzip");
        http_answer_constant(exchange, 200, asset->type,
                             bytes_make(asset->gzipped, asset->gzipped_size));
    } else {
        struct buffer body = {0};

        inflate_into(asset, &body);
        http_answer_buffer(exchange, 200, asset->type, &body);
    }
}

bool page_answer(struct http_exchange *exchange, enum page_door door)
{
    const char *path = http_path(exchange);

    if (strcmp(path, "/") != 0 && strncmp(path, "/a/", 3) != 0)
        return false;

    const struct page_asset *asset = page_asset_find(page_assets, door, path);

    if (!http_method_is(exchange, "GET") && !http_method_is(exchange, "HEAD")) {
        page_headers(exchange, PAGE_DONT_KEEP);
        http_answer_header(exchange, "Allow", "GET, HEAD");
        http_answer_text(exchange, 405, "GET alone is answered here");
    } else if (asset) {
        answer_asset(exchange, asset);
    } else {
        page_headers(exchange, PAGE_DONT_KEEP);
        if (page_assets->path)
            http_answer_text(exchange, 404, "the page has no such file");
        else
            http_answer_text(exchange, 501,
                             "this Pond was built without its page "
                             "(-Dpage=disabled); the command line does all "
                             "that the page does");
    }
    return true;
}
