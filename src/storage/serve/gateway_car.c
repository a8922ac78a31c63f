/*
 * A DAG, or a part of it, as an archive (specs.ipfs.tech/http-gateways/
 * trustless-gateway), for clients that verify.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "crypto/hash.h"
#include "storage/files/unixfs_export.h"
#include "storage/keep/car.h"
#include "storage/serve/gateway_state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* An http_source. Streams are read in order, so position is not needed. A
 * negative result cuts the answer short, which the client sees. */
static ssize_t read_car(void *user, uint64_t position, uint8_t *into,
                        size_t room)
{
    size_t got;
    int status = car_stream_read(user, into, room, &got);

    return status ? status : (ssize_t)got;
}

static void release_car(void *user)
{
    car_stream_free(user);
}

/* cids: an array of struct cid, as unixfs_locate() fills it. */
static void add_blocks(struct car_stream *stream, const struct buffer *cids)
{
    struct cid cid;

    for (size_t at = 0; at < cids->size; at += sizeof(cid)) {
        memcpy(&cid, cids->data + at, sizeof(cid));
        car_stream_add_block(stream, &cid);
    }
}

/* Read a signed number of "entity-bytes". False if there is no number. */
static bool take_offset(const char **text, int64_t *out)
{
    char *end;

    errno = 0;
    if (!(**text == '-' && (*text)[1] >= '0' && (*text)[1] <= '9') &&
        !(**text >= '0' && **text <= '9'))
        return false;
    *out = strtoll(*text, &end, 10);
    *text = end;
    return !errno;
}

/* "entity-bytes": from:to, both ends included, "*" for the last byte, numbers
 * below 0 from the end (trustless gateway, IPIP-402). *length 0: no byte of the
 * file. */
static int read_entity_bytes(const char *text, uint64_t size, uint64_t *from,
                             uint64_t *length)
{
    int64_t first, last = -1;
    bool good = take_offset(&text, &first) && *text++ == ':';

    if (good && !strcmp(text, "*"))
        text++;
    else if (good)
        good = take_offset(&text, &last);
    if (!good || *text)
        return err_set(ERR_INVALID, "entity-bytes is FROM:TO or FROM:*");
    *from = first >= 0 ? (uint64_t)first
            : (uint64_t) - (first + 1) + 1 < size
                ? size - ((uint64_t) - (first + 1) + 1)
                : 0;
    *length = 0;
    if (last < 0) {
        uint64_t back = (uint64_t) - (last + 1);

        if (back >= size)
            return 0;
        last = (int64_t)(size - 1 - back);
    }
    if (*from < size && (uint64_t)last >= *from)
        *length = (uint64_t)last - *from + 1;
    return 0;
}

/* A file as far as its bytes are asked for; the whole without "entity-bytes".
 * The file's root comes in any case. */
static int add_file(struct visit *visit, struct car_stream *stream,
                    uint64_t size)
{
    const char *text = http_query(visit->exchange, "entity-bytes");
    struct buffer blocks = {0};
    uint64_t from = 0, length = 0;
    int status = text ? read_entity_bytes(text, size, &from, &length) : 0;

    if (status)
        return status;
    if (!text || (!from && length >= size)) {
        car_stream_add_dag(stream, &visit->entry.cid);
        return 0;
    }
    status = unixfs_range_blocks(visit->store, &visit->entry.cid, from, length,
                                 &blocks);
    if (!status)
        add_blocks(stream, &blocks);
    buffer_free(&blocks);
    return status;
}

/* "entity": of a directory its own blocks, of anything else the whole. */
static int add_entity(struct visit *visit, struct car_stream *stream)
{
    struct unixfs_entry entry;
    struct buffer shards = {0};

    /* What is no UnixFS is an entity as a whole, too. */
    if (unixfs_stat(visit->store, &visit->entry.cid, &entry)) {
        car_stream_add_dag(stream, &visit->entry.cid);
        return 0;
    }
    if (entry.type != UNIXFS_DIRECTORY)
        return add_file(visit, stream, entry.size);
    car_stream_add_block(stream, &visit->entry.cid);
    int status = unixfs_shards(visit->store, &visit->entry.cid, &shards);
    if (!status)
        add_blocks(stream, &shards);
    buffer_free(&shards);
    return status;
}

/* What the archive holds: the way to the entry, and of the entry as much as
 * "dag-scope" asks for (all, if nothing is said). An error here comes before
 * the first byte, so the client gets it as a status. */
static int fill_car(struct visit *visit, struct car_stream *stream)
{
    const char *scope = http_query(visit->exchange, "dag-scope");

    if (!store_has(visit->store, &visit->entry.cid, NULL))
        return store_absent(&visit->entry.cid);
    add_blocks(stream, &visit->trail);
    if (!scope || !strcmp(scope, "all"))
        car_stream_add_dag(stream, &visit->entry.cid);
    else if (!strcmp(scope, "block"))
        car_stream_add_block(stream, &visit->entry.cid);
    else if (!strcmp(scope, "entity"))
        return add_entity(visit, stream);
    else
        return err_set(ERR_INVALID,
                       "dag-scope is \"block\", \"entity\" or \"all\"");
    return 0;
}

/* What the archive holds depends on root, entry, scope and range; a query is a
 * stranger's text, so it goes in as a hash. */
static char *car_etag(struct visit *visit)
{
    const char *scope = http_query(visit->exchange, "dag-scope");
    const char *range = http_query(visit->exchange, "entity-bytes");
    struct buffer text = {0};
    struct hash hash;

    buffer_format(&text, "%s/%s/%s/%s", CID_TEXT(&visit->root),
                  CID_TEXT(&visit->entry.cid), scope ? scope : "all",
                  range ? range : "");
    hash_sha256(buffer_view(&text), &hash);
    char *etag =
        mem_format("W/\"%s.%016" PRIx64 ".car\"", CID_TEXT(&visit->entry.cid),
                   u64be_read(hash.bytes));
    buffer_free(&text);
    return etag;
}

/* The DAG as a stream. Its size is not known before it is read, so it goes out
 * in chunks; HEAD gets the same headers without reading it. */
void gateway_car(struct visit *visit)
{
    /* Weak: the order of blocks is not promised for ever. */
    char *etag = car_etag(visit);
    struct car_stream *stream = car_stream_new(visit->store, &visit->root);
    struct http_source source = {
        .read = read_car, .release = release_car, .user = stream};
    int status = fill_car(visit, stream);

    if (status) {
        gateway_error(visit->exchange, status);
        car_stream_free(stream);
    } else if (gateway_answer_known(visit, etag, CACHE_IMMUTABLE)) {
        car_stream_free(stream);
    } else {
        gateway_name_download(visit, "car");
        http_answer_stream(visit->exchange, 200,
                           GATEWAY_TYPE_CAR "; version=1; order=dfs; dups=n",
                           HTTP_SIZE_UNKNOWN, source);
    }
    free(etag);
}
