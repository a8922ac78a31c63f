/*
 * dag-pb (ipld.io/specs/codecs/dag-pb): a block of Data and named links. Pure;
 * what is decoded is borrowed from the block.
 */
#ifndef POND_STORAGE_FORMAT_DAG_PB_H
#define POND_STORAGE_FORMAT_DAG_PB_H

#include "storage/format/cid.h"

struct dag_pb_link {
    struct cid cid;
    /* May be empty. */
    struct bytes name;
    /* "Tsize": all bytes below, as the author of the link claims; 0 if absent.
     */
    uint64_t size;
};

struct dag_pb {
    struct bytes block;
    struct bytes data;
    bool has_data;
    /* Links that dag_pb_next_link() will give. */
    size_t link_count;
};

/* Check a whole block, every link of it. ERR_INVALID for fields that are
 * unknown, repeated or out of order, as the specification demands;
 * ERR_UNSUPPORTED for a link whose CID is. */
int dag_pb_decode(struct bytes block, struct dag_pb *out);

/* Walk the links of a block that dag_pb_decode() took: start with a reader
 * over node->block. False at the end. */
bool dag_pb_next_link(struct reader *reader, struct dag_pb_link *out);

/* Append one link, or the Data. A canonical block has its links first, sorted
 * by name, then the Data. */
void dag_pb_write_link(struct buffer *out, const struct cid *cid,
                       struct bytes name, uint64_t size);
void dag_pb_write_data(struct buffer *out, struct bytes data);

/* How many bytes dag_pb_write_link() would append. */
size_t dag_pb_link_size(const struct cid *cid, size_t name_size, uint64_t size);

#endif
