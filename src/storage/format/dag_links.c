/*
 * The links of a block, by codec: dag-pb by its link fields, dag-cbor by tag 42
 * (ipld.io/specs/codecs/dag-cbor), dag-json by {"/": "CID"}
 * (ipld.io/specs/codecs/dag-json).
 *
 * This finds links and builds nothing. A walk over a DAG calls it for every
 * block that can have links, so of dag-cbor only the heads of items are read.
 * dag-json is rare and uses the JSON parser.
 *
 * Blocks of other codecs count as leaves. Other implementations also do so with
 * codecs unknown to them.
 */
#include "storage/format/dag_links.h"
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "storage/format/dag_pb.h"

/* The argument of dag_links(). */
typedef int link_fn(void *user, const struct cid *link);

/* Decoding checks all links, so that the walk after it can't fail half way. */
static int links_dag_pb(struct bytes data, link_fn *each, void *user)
{
    struct dag_pb node;
    struct dag_pb_link link;
    struct reader reader = reader_make(data);
    int status = dag_pb_decode(data, &node);

    while (!status && dag_pb_next_link(&reader, &link))
        status = each(user, &link.cid);
    return status;
}

/* ---- dag-cbor ---- */

/* Major types (RFC 8949, section 3.1). */
enum {
    CBOR_UNSIGNED = 0,
    CBOR_NEGATIVE = 1,
    CBOR_BYTES = 2,
    CBOR_TEXT = 3,
    CBOR_ARRAY = 4,
    CBOR_MAP = 5,
    CBOR_TAG = 6,
    CBOR_SIMPLE = 7,
};
#define CBOR_TAG_CID 42

/* Deeper nesting inside one block is refused; the JSON reader has the same
 * limit. */
#define CBOR_DEPTH_MAX 64
/* A block of nothing but links has less. */
#define DAG_JSON_VALUES_MAX 1000000

/* The head of an item: its major type and number. For floats and simple values
 * the number is their bits, which are not used. Numbers that are not in the
 * shortest form are accepted, because they leave no doubt about the links. */
static int cbor_head(struct reader *reader, uint8_t *major, uint64_t *number)
{
    uint8_t first;
    struct bytes bytes;
    int status = reader_u8(reader, &first);
    unsigned extra = first & 31;

    if (status)
        return status;
    *major = first >> 5;
    *number = extra;
    if (extra < 24)
        return 0;
    if (extra > 27)
        return err_set(ERR_INVALID,
                       "dag-cbor has no items of indefinite length");
    /* 24 … 27: the number stands in the next 1, 2, 4 or 8 bytes. */
    status = reader_take(reader, (size_t)1 << (extra - 24), &bytes);
    if (status)
        return status;
    *number = 0;
    for (size_t i = 0; i < bytes.size; i++)
        *number = *number << 8 | bytes.data[i];
    return 0;
}

/* Read what follows tag 42: a byte string that is a CID. */
static int cbor_link(struct reader *reader, link_fn *each, void *user)
{
    struct bytes bytes;
    struct cid cid;
    uint8_t major;
    uint64_t size;
    int status = cbor_head(reader, &major, &size);

    if (!status && (major != CBOR_BYTES || size > reader->left.size))
        status = err_set(ERR_INVALID, "dag-cbor link is not a byte string");
    if (!status)
        status = reader_take(reader, (size_t)size, &bytes);
    /* A link begins with the multibase prefix of plain binary, 0. */
    if (!status && (!bytes.size || bytes.data[0]))
        status = err_set(ERR_INVALID, "dag-cbor link without its zero byte");
    if (!status)
        status = cid_decode(bytes_make(bytes.data + 1, bytes.size - 1), &cid);
    return status ? status : each(user, &cid);
}

/* One item; of a list or map only the head. *items: how many more items stand
 * in it. A list can't claim more items than there are bytes, so no number from
 * outside makes the walk longer than the block. */
static int cbor_item(struct reader *reader, uint64_t *items, link_fn *each,
                     void *user)
{
    struct bytes bytes;
    uint8_t major;
    uint64_t number;
    int status = cbor_head(reader, &major, &number);

    *items = 0;
    if (status)
        return status;
    switch (major) {
    case CBOR_BYTES:
    case CBOR_TEXT:
        if (number > reader->left.size)
            return err_set(ERR_INVALID, "dag-cbor string is cut off");
        return reader_take(reader, (size_t)number, &bytes);
    case CBOR_ARRAY:
    case CBOR_MAP:
        /* Every item takes a byte at least. */
        if (number > reader->left.size)
            return err_set(ERR_INVALID, "dag-cbor list is cut off");
        *items = major == CBOR_MAP ? 2 * number : number;
        return 0;
    case CBOR_TAG:
        if (number != CBOR_TAG_CID)
            return err_set(ERR_INVALID, "dag-cbor has no tag %llu",
                           (unsigned long long)number);
        return cbor_link(reader, each, user);
    }
    return 0;
}

/* This is a loop with a count for each open level and not a recursion, because
 * a stranger's block may nest deeply. */
static int links_dag_cbor(struct bytes data, link_fn *each, void *user)
{
    uint64_t left[CBOR_DEPTH_MAX] = {1}; /* items due, by depth */
    struct reader reader = reader_make(data);
    unsigned depth = 0;

    for (;;) {
        uint64_t items;
        int status;

        /* All items of this level are through: up, or the block must end. */
        while (!left[depth]) {
            if (!depth)
                return reader_end(&reader);
            depth--;
        }
        left[depth]--;
        status = cbor_item(&reader, &items, each, user);
        if (status)
            return status;
        if (!items)
            continue;
        if (depth + 1 == CBOR_DEPTH_MAX)
            return err_set(ERR_LIMIT, "dag-cbor nests deeper than %d",
                           CBOR_DEPTH_MAX);
        left[++depth] = items;
    }
}

/* ---- dag-json ---- */

/* {"/": "CID"}; {"/": {"bytes": …}} is a byte string and no link. An object
 * with other keys beside "/" is an ordinary one. */
static bool json_link_text(struct json_object *value, const char **text)
{
    struct json_object *inner;

    if (!json_object_is_type(value, json_type_object) ||
        json_object_object_length(value) != 1 ||
        !json_object_object_get_ex(value, "/", &inner) ||
        !json_object_is_type(inner, json_type_string))
        return false;
    *text = json_object_get_string(inner);
    return true;
}

/* Recursion: json_parse() has limited the depth to JSON_DEPTH_MAX. */
static int json_links(struct json_object *value, link_fn *each, void *user)
{
    const char *text;
    struct cid cid;
    int status = 0;

    if (json_link_text(value, &text)) {
        status = cid_parse(bytes_text(text), &cid);
        return status ? status : each(user, &cid);
    }
    if (json_object_is_type(value, json_type_array)) {
        size_t count = json_object_array_length(value);

        for (size_t i = 0; i < count && !status; i++)
            status =
                json_links(json_object_array_get_idx(value, i), each, user);
    } else if (json_object_is_type(value, json_type_object)) {
        json_object_object_foreach(value, name, inner)
        {
            if (!status && name)
                status = json_links(inner, each, user);
        }
    }
    return status;
}

/* A tree is built and dropped; its depth and encoding are json_parse()'s to
 * limit. */
static int links_dag_json(struct bytes data, link_fn *each, void *user)
{
    struct json_object *value;
    int status = json_check_values(data, DAG_JSON_VALUES_MAX);

    if (!status)
        status = json_parse(data, &value);
    if (status)
        return err_add(status, "dag-json block");
    status = json_links(value, each, user);
    json_object_put(value);
    return status;
}

/* Stops at the first thing that isn't as the codec says: a block with some
 * links left out would be walked, kept and served as if it were whole. */
int dag_links(const struct cid *cid, struct bytes data,
              int (*each)(void *user, const struct cid *link), void *user)
{
    int status = 0;

    CHECK(each);
    /* Any other codec: no links. */
    switch (cid->codec) {
    case CID_DAG_PB:
        status = links_dag_pb(data, each, user);
        break;
    case CID_DAG_CBOR:
        status = links_dag_cbor(data, each, user);
        break;
    case CID_DAG_JSON:
        status = links_dag_json(data, each, user);
        break;
    }
    return status;
}
