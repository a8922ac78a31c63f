/*
 * The parser is fed pieces of any size and keeps only the section that is not
 * whole yet. A section that claims more than a block may have is refused by its
 * length alone, before anything is kept.
 *
 * The header is read by the dag-cbor walker that finds links in any block
 * (dag_links.c).
 *
 * CARv2 is not read: its index serves random access to a file, for which the
 * store is used.
 */
#include "storage/format/car_parser.h"
#include "base/error.h"
#include "base/memory.h"
#include "storage/format/dag_links.h"

#include <inttypes.h>
#include <stdlib.h>

/* A section's length is a varint of 9 bytes at most. */
#define LENGTH_SIZE_MAX 9

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

/* The version 1 must be at one end of the map. The links in the rest of the map
 * are the roots. A header of another version, or with bytes after the map, is
 * refused. */
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

/* Take the next run of bytes that follows its length. Returns 1, or 0 if it is
 * not complete yet. A run of more than limit bytes is ERR_LIMIT at once. offset
 * and consumed move only with a whole run. */
static int next_frame(struct car_parser *parser, size_t limit,
                      struct bytes *frame)
{
    struct bytes left = bytes_make(parser->input.data + parser->consumed,
                                   parser->input.size - parser->consumed);
    struct reader reader = reader_make(left);
    uint64_t length = 0;

    if (!left.size)
        return 0;
    int status = reader_varint(&reader, &length);
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
    status = next_frame(parser, CID_SIZE_MAX + CID_BLOCK_SIZE_MAX, &frame);
    if (status <= 0)
        return status;
    struct reader reader = reader_make(frame);
    status = cid_read(&reader, cid);
    if (status)
        return err_add(status, "CAR section before byte %" PRIu64,
                       parser->offset);
    *data = reader.left;
    return 1;
}

/* A cut archive can be distinguished from a whole one only here: CAR has no
 * count of its sections. */
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
