/*
 * Both directions work on streams. The stream that writes holds one section,
 * read from the store when the reader gets to it. So neither an archive nor a
 * DAG is ever in memory.
 */
#include "storage/keep/car.h"
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "storage/format/car_parser.h"
#include "storage/keep/dag_walk.h"

#include <inttypes.h>
#include <stdlib.h>

/* Read from a stream in pieces of this size. */
#define PIECE_SIZE (256u << 10)

/* ---- import and export ---- */

/* Put all whole sections of what was fed so far. store_put() verifies each. A
 * block that exists already is counted as well. */
static int put_sections(struct store *store, struct car_parser *parser,
                        struct car_import_result *result)
{
    struct bytes data = {0};
    struct cid cid;
    int status;

    while ((status = car_parser_next(parser, &cid, &data)) > 0) {
        status = store_put(store, &cid, data);
        if (status)
            return err_add(status, "CAR section before byte %" PRIu64,
                           parser->offset);
        result->blocks++;
        result->block_bytes += data.size;
    }
    return status;
}

/* Blocks are put as they come, before the end is known to be whole: each is
 * verified by itself, and what is not pinned goes with the next collection. One
 * sync at the end for all. */
int car_import(struct store *store,
               int (*read)(void *user, uint8_t *data, size_t size, size_t *got),
               void *user, uint64_t limit_bytes,
               struct car_import_result *result)
{
    uint8_t *piece = mem_alloc(PIECE_SIZE);
    struct car_parser parser;
    uint64_t total = 0;
    size_t got;
    int status;

    memset(result, 0, sizeof(*result));
    car_parser_init(&parser);
    do {
        status = read(user, piece, PIECE_SIZE, &got);
        total += status ? 0 : got;
        if (!status && limit_bytes && total > limit_bytes)
            status =
                err_set(ERR_LIMIT, "CAR is over the limit of %" PRIu64 " bytes",
                        limit_bytes);
        if (!status && got) {
            car_parser_feed(&parser, bytes_make(piece, got));
            status = put_sections(store, &parser, result);
        }
    } while (!status && got);
    if (!status)
        status = car_parser_end(&parser);
    if (!status) {
        /* At most CAR_ROOTS_MAX: take_root() refused more. */
        result->root_count = parser.root_count;
        for (size_t i = 0; i < parser.root_count; i++)
            result->roots[i] = parser.roots[i];
        status = store_sync(store);
    }
    car_parser_free(&parser);
    free(piece);
    return status;
}

struct car_part {
    struct cid cid;
    /* True for the whole DAG, false for the block alone. */
    bool is_dag;
};

/* parts are done in order, and a DAG by its walker; what is left of a section
 * waits in piece. */
struct car_stream {
    struct store *store;
    struct car_part *parts;
    /* part: in hand or next. */
    size_t part_count, part;
    /* The walk over the present DAG; NULL between two DAGs. */
    struct dag_walker *walker;
    /* Ready to be handed out: the header at first, then a section at a time. */
    struct buffer piece;
    /* How much of it was handed out. */
    size_t given;
};

/* The header is made at once, so that the first read gives it even if the store
 * fails later. */
struct car_stream *car_stream_new(struct store *store, const struct cid *root)
{
    struct car_stream *stream = mem_zero(1, sizeof(*stream));

    stream->store = store;
    car_format_header(root, 1, &stream->piece);
    return stream;
}

/* Before reading begins only (CHECKed): the order must not change under it. */
static void add_part(struct car_stream *stream, const struct cid *cid,
                     bool is_dag)
{
    CHECK(!stream->part && !stream->given);
    stream->parts = mem_resize(stream->parts, (stream->part_count + 1) *
                                                  sizeof(*stream->parts));
    /* A handful: the way to an entry, and the entry. */
    stream->parts[stream->part_count++] = (struct car_part){*cid, is_dag};
}

void car_stream_add_block(struct car_stream *stream, const struct cid *cid)
{
    add_part(stream, cid, false);
}

void car_stream_add_dag(struct car_stream *stream, const struct cid *root)
{
    add_part(stream, root, true);
}

void car_stream_free(struct car_stream *stream)
{
    if (!stream)
        return;
    dag_walker_free(stream->walker);
    buffer_free(&stream->piece);
    free(stream->parts);
    free(stream);
}

/* Make a block in memory the piece. */
static int add_section(struct car_stream *stream, const struct cid *cid,
                       struct bytes data)
{
    car_format_section(cid, data.size, &stream->piece);
    buffer_bytes(&stream->piece, data);
    return 0;
}

/* A block that is not in memory yet. Its length stands before it, so the index
 * is asked first; a collection between the two reads can't take the block away
 * from under a caller that holds, and one without gets the error in the middle
 * of the stream. */
static int read_section(struct car_stream *stream, const struct cid *cid)
{
    struct bytes data;
    size_t size;

    if (cid_inline_data(cid, &data))
        return add_section(stream, cid, data);
    if (!store_has(stream->store, cid, &size))
        return store_absent(cid);
    car_format_section(cid, size, &stream->piece);
    return store_get(stream->store, cid, &stream->piece);
}

/* Make the next section the piece; empty at the end. One block is read for it:
 * the reader's pace is the pace of the disk. */
static int next_piece(struct car_stream *stream)
{
    buffer_clear(&stream->piece);
    stream->given = 0;
    while (stream->part < stream->part_count) {
        const struct car_part *part = &stream->parts[stream->part];
        struct dag_block block;
        int status;

        if (!part->is_dag) {
            stream->part++;
            return read_section(stream, &part->cid);
        }
        if (!stream->walker)
            stream->walker = dag_walker_new(stream->store, &part->cid);
        status = dag_walker_next(stream->walker, &block);
        if (status < 0)
            return status;
        if (status)
            return block.has_data ? add_section(stream, block.cid, block.data)
                                  : read_section(stream, block.cid);
        dag_walker_free(stream->walker);
        stream->walker = NULL;
        stream->part++;
    }
    return 0;
}

/* Fills as much as there is room for, across sections, so that few calls carry
 * many small blocks. */
int car_stream_read(struct car_stream *stream, uint8_t *data, size_t size,
                    size_t *got)
{
    *got = 0;
    while (*got < size) {
        size_t left = stream->piece.size - stream->given;
        int status;

        if (left > size - *got)
            left = size - *got;
        memcpy(data + *got, stream->piece.data + stream->given, left);
        *got += left;
        stream->given += left;
        if (stream->given < stream->piece.size)
            break;
        status = next_piece(stream);
        if (status)
            return status;
        if (!stream->piece.size)
            break;
    }
    return 0;
}

/* The same stream, pushed. An error may come after much was written; what the
 * receiver has then is no whole archive. */
int car_export(struct store *store, const struct cid *root,
               int (*write)(void *user, struct bytes piece), void *user)
{
    struct car_stream *stream = car_stream_new(store, root);
    uint8_t *piece = mem_alloc(PIECE_SIZE);
    size_t got;
    int status;

    car_stream_add_dag(stream, root);
    do {
        status = car_stream_read(stream, piece, PIECE_SIZE, &got);
        if (!status && got)
            status = write(user, bytes_make(piece, got));
    } while (!status && got);
    free(piece);
    car_stream_free(stream);
    return status;
}
