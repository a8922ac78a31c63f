/*
 * How a CARv1 archive is written (ipld.io/specs/transport/car/carv1): a header
 * with roots, then sections of CID and block. car_parser.h reads it.
 *
 * Thread: any.
 */
#ifndef POND_STORAGE_FORMAT_CAR_FORMAT_H
#define POND_STORAGE_FORMAT_CAR_FORMAT_H

#include "base/buffer.h"
#include "storage/format/cid.h"

/* Longest header taken: room for about 1,500 roots. */
#define CAR_HEADER_MAX (64u << 10)
/* Archives have one root, or the few of a batch. */
#define CAR_ROOTS_MAX 256

/* Append a header; count 0 writes the CID of nothing (bafkqaaa), because some
 * readers refuse a header without roots. */
void car_format_header(const struct cid *roots, size_t count,
                       struct buffer *out);

/* Append a section's beginning: its length and the CID. The data follows. */
void car_format_section(const struct cid *cid, size_t data_size,
                        struct buffer *out);

#endif
