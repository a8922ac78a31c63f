/*
 * Both directions work on streams. The parser is fed pieces of any size and
 * keeps only the section that is not whole yet; the stream that writes holds
 * one section, read from the store when the reader gets to it. So neither an
 * archive nor a DAG is ever in memory, and a section that claims more than a
 * block may have is refused by its length alone, before anything is kept.
 *
 * The header is the one piece of CBOR written here; three kinds of head and a
 * text are less than a CBOR library would be. It is read by the dag-cbor walker
 * that finds links in any block (dag_links.c).
 *
 * CARv2 is not read: its index serves random access to a file, which is what
 * the store is for.
 */
#include "storage/keep/car.h"
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "storage/keep/dag_walk.h"

#include <inttypes.h>
#include <stdlib.h>

/* A section's length is a varint of 9 bytes at most. */
#define LENGTH_SIZE_MAX 9

/* Read from a stream in pieces of this size. */
#define PIECE_SIZE (256u << 10)

/* ---- writing ---- */

/* The head of a CBOR item (RFC 8949, section 3): major type 0 … 7 and number,
 * in the shortest form, as canonical dag-cbor demands. */
static void cbor_head(struct buffer *out, unsigned major, size_t number)
{
    CHECK(major < 8);
    CHECK(number <= UINT16_MAX);
    if (number < 24) {
        buffer_u8(out, (uint8_t)(major << 5 | number));
    } else if (number <= UINT8_MAX) {
        buffer_u8(out, (uint8_t)(major << 5 | 24));
        buffer_u8(out, (uint8_t)number);
    } else {
        buffer_u8(out, (uint8_t)(major << 5 | 25));
        buffer_u8(out, (uint8_t)(number >> 8));
        buffer_u8(out, (uint8_t)number);
    }
}

/* Major type 3: a text with its length. */
static void cbor_text(struct buffer *out, const char *text)
{
    cbor_head(out, 3, strlen(text));
    buffer_text(out, text);
}

/* {"roots": [CID, …], "version": 1} as canonical dag-cbor. */
void car_write_header(const struct cid *roots, size_t count, struct buffer *out)
{
    struct cid nothing;
    struct buffer header = {0};
    int status =
        cid_of_hash(CID_RAW, MULTIHASH_IDENTITY, bytes_make(NULL, 0), &nothing);

    /* An identity of no bytes can't fail. */
    CHECK(!status);
    CHECK(count <= CAR_ROOTS_MAX);
    if (!count) {
        roots = &nothing;
        count = 1;
    }
    cbor_head(&header, 5, 2);
    cbor_text(&header, "roots");
    cbor_head(&header, 4, count);
    for (size_t i = 0; i < count; i++) {
        struct cid_key key;

        cid_key(&roots[i], &key);
        /* Tag 42 says "CID"; the zero byte is the multibase prefix of binary.
         */
        cbor_head(&header, 6, 42);
        cbor_head(&header, 2, key.size + 1);
        buffer_u8(&header, 0);
        buffer_append(&header, key.data, key.size);
    }
    cbor_text(&header, "version");
    cbor_head(&header, 0, 1);
    buffer_varint(out, header.size);
    buffer_bytes(out, buffer_view(&header));
    buffer_free(&header);
}

void car_write_section(const struct cid *cid, size_t data_size,
                       struct buffer *out)
{
    struct cid_key key;

    cid_key(cid, &key);
    buffer_varint(out, key.size + data_size);
    buffer_append(out, key.data, key.size);
}

/* ---- parsing ---- */

/* The header, too, is a block of dag-cbor: its links are the roots. Its version
 * is the only other thing in it. For dag_links(): one root of the header. */
static int take_root(void *user, const struct cid *link)
{
    struct car_parser *parser = user;

    if (parser->root_count == CAR_ROOTS_MAX)
        return err_set(ERR_LIMIT, "CAR header with more than %d roots",
                       CAR_ROOTS_MAX);
    parser->roots = mem_resize(parser->roots, (parser->root_count + 1) *
                                                  sizeof(*parser->roots));
    parser->roots[parser->root_count++] = *link;
    return 0;
}

/* The version must stand at one end of the map, as 1; the links of what else
 * is in it are the roots. The header of another version, or one that goes on
 * behind, is refused. */
static int parse_header(struct car_parser *parser, struct bytes header)
{
    static const struct cid as_cbor = {.version = 1, .codec = CID_DAG_CBOR};
    static const uint8_t version_1[] = {0x67, 'v', 'e', 'r', 's',
                                        'i',  'o', 'n', 1};
    static const uint8_t roots[] = {0x65, 'r', 'o', 'o', 't', 's'};
    static const uint8_t map_of_2 = 0xa2;
    bool version_last, version_first;

    /* Canonical order puts the shorter name first; some writers did not. Room
     * for the map's head before either: both are compared from byte 1, and
     * roots is shorter than version_1. */
    version_last = header.size > sizeof(version_1) &&
                   !memcmp(header.data + header.size - sizeof(version_1),
                           version_1, sizeof(version_1)) &&
                   !memcmp(header.data + 1, roots, sizeof(roots));
    version_first = header.size > sizeof(version_1) &&
                    !memcmp(header.data + 1, version_1, sizeof(version_1));
    if (!header.size || header.data[0] != map_of_2 ||
        !(version_last || version_first))
        return err_set(ERR_INVALID, "not a CAR of version 1");
    return dag_links(&as_cbor, header, take_root, parser);
}

void car_parser_init(struct car_parser *parser)
{
    memset(parser, 0, sizeof(*parser));
}

void car_parser_free(struct car_parser *parser)
{
    buffer_free(&parser->input);
    free(parser->roots);
    memset(parser, 0, sizeof(*parser));
}

void car_parser_feed(struct car_parser *parser, struct bytes piece)
{
    /* What was given out may go now, not before: the last section's data points
     * into the input. */
    buffer_consume(&parser->input, parser->consumed);
    parser->consumed = 0;
    buffer_bytes(&parser->input, piece);
}

/* The next run of bytes behind its length: 1, 0 if it is not all there yet.
 * limit: most bytes such a run may have; more is ERR_LIMIT before it is waited
 * for. offset and consumed move only with a whole run. */
static int next_frame(struct car_parser *parser, size_t limit,
                      struct bytes *frame)
{
    struct bytes left = bytes_make(parser->input.data + parser->consumed,
                                   parser->input.size - parser->consumed);
    struct reader reader = reader_make(left);
    uint64_t length = 0;
    int status;

    if (!left.size)
        return 0;
    status = reader_varint(&reader, &length);
    if (status)
        /* A varint that could still go on is no error but a piece that ended.
         */
        return left.size < LENGTH_SIZE_MAX && left.data[left.size - 1] & 0x80
                   ? 0
                   : err_add(status, "CAR section at byte %" PRIu64,
                             parser->offset);
    if (length > limit)
        return err_set(ERR_LIMIT,
                       "CAR section at byte %" PRIu64 " has %" PRIu64
                       " bytes; the limit is %zu",
                       parser->offset, length, limit);
    if (!length)
        return err_set(ERR_INVALID, "CAR section at byte %" PRIu64 " is empty",
                       parser->offset);
    if (length > reader.left.size)
        return 0;
    *frame = bytes_make(reader.left.data, (size_t)length);
    parser->consumed = (size_t)(frame->data + length - parser->input.data);
    parser->offset += (uint64_t)(frame->data + length - left.data);
    return 1;
}

/* The header first, once; then sections. A section without data (a CID alone)
 * is legal: the block of no bytes. */
int car_parser_next(struct car_parser *parser, struct cid *cid,
                    struct bytes *data)
{
    struct reader reader;
    struct bytes frame = {0};
    int status;

    if (!parser->header_read) {
        status = next_frame(parser, CAR_HEADER_MAX, &frame);
        if (status <= 0)
            return status;
        status = parse_header(parser, frame);
        if (status)
            return status;
        parser->header_read = true;
    }
    status = next_frame(parser, CID_SIZE_MAX + STORE_BLOCK_SIZE_MAX, &frame);
    if (status <= 0)
        return status;
    reader = reader_make(frame);
    status = cid_read(&reader, cid);
    if (status)
        return err_add(status, "CAR section before byte %" PRIu64,
                       parser->offset);
    *data = reader.left;
    return 1;
}

/* A cut archive is told from a whole one only here: CAR has no count of its
 * sections. */
int car_parser_end(const struct car_parser *parser)
{
    if (!parser->header_read)
        return err_set(ERR_INVALID, "CAR without a whole header");
    if (parser->consumed < parser->input.size)
        return err_set(ERR_INVALID,
                       "CAR ends inside the section at byte %" PRIu64,
                       parser->offset);
    return 0;
}

/* ---- import and export ---- */

/* All whole sections of what was fed so far. store_put() verifies each; a block
 * that is there already is counted all the same. */
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
    /* With all below it; else the block alone. */
    bool is_dag;
};

/* parts are done in order, and a DAG by its walker; what is left of a section
 * waits in piece. */
struct car_stream {
    struct store *store;
    struct car_part *parts;
    /* part: in hand or next. */
    size_t part_count, part;
    /* Of the DAG in hand; NULL between two. */
    struct dag_walker *walker;
    /* Ready to be handed out: the header at first, then a section at a time. */
    struct buffer piece;
    /* Of it. */
    size_t given;
};

/* The header at once, so that the first read has something to give even if the
 * store fails behind it. */
struct car_stream *car_stream_new(struct store *store, const struct cid *root)
{
    struct car_stream *stream = mem_zero(1, sizeof(*stream));

    stream->store = store;
    car_write_header(root, 1, &stream->piece);
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
    car_write_section(cid, data.size, &stream->piece);
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
        return err_set(ERR_NOT_FOUND, "block %s is not in the store",
                       CID_TEXT(cid));
    car_write_section(cid, size, &stream->piece);
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
