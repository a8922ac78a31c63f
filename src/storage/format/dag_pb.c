/*
 * The decoder checks the whole block once, every link of it; the walks
 * afterwards can then rely on what they read. It is as strict as the
 * specification: a block that two readers could understand differently is
 * refused, because its CID would stand for two things.
 *
 * The specification allows one liberty, which is taken: links may come before
 * or after the Data. Writers put them first, contrary to the order of the field
 * numbers, because the first implementation did.
 */
#include "storage/format/dag_pb.h"
#include "base/check.h"
#include "base/error.h"
#include "base/protobuf.h"

/* Field numbers of the messages PBNode and PBLink. */
enum { NODE_DATA = 1, NODE_LINK = 2 };
enum { LINK_HASH = 1, LINK_NAME = 2, LINK_SIZE = 3 };

/* One PBLink. name and size may be absent and are then empty and 0; a link
 * without a CID means nothing. */
static int decode_link(struct bytes message, struct dag_pb_link *out)
{
    struct reader reader = reader_make(message);
    uint32_t last = 0;
    bool has_hash = false;

    memset(out, 0, sizeof(*out));
    while (reader.left.size) {
        struct protobuf_field field;
        int status = protobuf_next(&reader, &field);

        if (status)
            return status;
        /* The specification wants the three fields in this order, each at
         * most once. */
        if (field.number <= last)
            return err_set(ERR_INVALID, "dag-pb link field %u is out of order",
                           field.number);
        last = field.number;
        if (field.number == LINK_HASH && field.wire == PROTOBUF_BYTES) {
            has_hash = true;
            status = cid_decode(field.bytes, &out->cid);
            if (status)
                return err_add(status, "dag-pb link");
        } else if (field.number == LINK_NAME && field.wire == PROTOBUF_BYTES) {
            out->name = field.bytes;
        } else if (field.number == LINK_SIZE && field.wire == PROTOBUF_VARINT) {
            out->size = field.value;
        } else {
            return err_set(ERR_INVALID, "dag-pb link has unknown field %u",
                           field.number);
        }
    }
    if (!has_hash)
        return err_set(ERR_INVALID, "dag-pb link without a hash");
    return 0;
}

/* Counts the links and finds the Data; the links themselves are read again when
 * they are walked. Keeping them would take 200 bytes for each of up to tens of
 * thousands. */
int dag_pb_decode(struct bytes block, struct dag_pb *out)
{
    struct reader reader = reader_make(block);
    bool links_ended = false;

    *out = (struct dag_pb){.block = block};
    while (reader.left.size) {
        struct protobuf_field field;
        int status = protobuf_next(&reader, &field);

        if (status)
            return err_add(status, "dag-pb block");
        if (field.wire != PROTOBUF_BYTES)
            return err_set(ERR_INVALID, "dag-pb field %u is not bytes",
                           field.number);
        if (field.number == NODE_DATA) {
            if (out->has_data)
                return err_set(ERR_INVALID, "dag-pb block has Data twice");
            out->has_data = true;
            out->data = field.bytes;
            /* Data first: links may follow. Links first: they are over. */
            links_ended = out->link_count > 0;
        } else if (field.number == NODE_LINK) {
            struct dag_pb_link link;

            if (links_ended)
                return err_set(ERR_INVALID,
                               "dag-pb links are on both sides of the Data");
            status = decode_link(field.bytes, &link);
            if (status)
                return status;
            out->link_count++;
        } else {
            return err_set(ERR_INVALID, "dag-pb block has unknown field %u",
                           field.number);
        }
    }
    return 0;
}

/* Reads the same fields as dag_pb_decode(), so nothing can fail that did not
 * fail there. */
bool dag_pb_next_link(struct reader *reader, struct dag_pb_link *out)
{
    CHECK(out);
    while (reader->left.size) {
        struct protobuf_field field;
        int status = protobuf_next(reader, &field);

        /* dag_pb_decode() took the same bytes before. */
        CHECK(!status);
        if (field.number != NODE_LINK)
            continue;
        status = decode_link(field.bytes, out);
        CHECK(!status);
        return true;
    }
    return false;
}

/* A field of bytes: tag (one byte, for numbers below 16), length, bytes. */
static size_t field_size(size_t size)
{
    return 1 + protobuf_varint_size(size) + size;
}

/* The size of the binary form, without making it: directories are measured
 * entry by entry while they grow. */
static size_t cid_size(const struct cid *cid)
{
    struct multihash_key key;

    multihash_key(&cid->hash, &key);
    return key.size + (cid->version ? 1 + protobuf_varint_size(cid->codec) : 0);
}

/* All three fields are written always, the name even when it is empty: as Kubo
 * does, so that CIDs agree. */
static size_t link_message_size(size_t cid_bytes, size_t name_size,
                                uint64_t size)
{
    return field_size(cid_bytes) + field_size(name_size) + 1 +
           protobuf_varint_size(size);
}

size_t dag_pb_link_size(const struct cid *cid, size_t name_size, uint64_t size)
{
    return field_size(link_message_size(cid_size(cid), name_size, size));
}

/* Sizes first, as protobuf wants them before what they measure. */
void dag_pb_write_link(struct buffer *out, const struct cid *cid,
                       struct bytes name, uint64_t size)
{
    struct cid_key key;

    cid_key(cid, &key);
    buffer_varint(out, NODE_LINK << 3 | PROTOBUF_BYTES);
    buffer_varint(out, link_message_size(key.size, name.size, size));
    protobuf_write_bytes(out, LINK_HASH, bytes_make(key.data, key.size));
    protobuf_write_bytes(out, LINK_NAME, name);
    protobuf_write_varint(out, LINK_SIZE, size);
}

/* Written also when it is empty: UnixFS always has a message here. */
void dag_pb_write_data(struct buffer *out, struct bytes data)
{
    protobuf_write_bytes(out, NODE_DATA, data);
}
