#include "storage/dag_walk.h"
#include "base/check.h"
#include "base/error.h"
#include "base/map.h"

#include <inttypes.h>

/* What is still to be visited is kept as bytes, the CID first and its size and
 * depth behind it, so that it can be taken from the end: some 40 bytes a link,
 * where a struct cid has 150. */
static void push(struct buffer *stack, const struct cid *cid, unsigned depth)
{
    size_t before = stack->size;

    cid_write(cid, stack);
    CHECK(stack->size - before <= UINT8_MAX);
    buffer_u8(stack, (uint8_t)(stack->size - before));
    buffer_u16le(stack, (uint16_t)depth);
}

static bool pop(struct buffer *stack, struct cid *cid, unsigned *depth)
{
    size_t cid_size;
    int status;

    if (!stack->size)
        return false;
    CHECK(stack->size > 3);
    *depth = u16le_read(stack->data + stack->size - 2);
    cid_size = stack->data[stack->size - 3];
    CHECK(stack->size >= cid_size + 3);
    stack->size -= cid_size + 3;
    status = cid_decode(bytes_make(stack->data + stack->size, cid_size), cid);
    CHECK(!status);
    return true;
}

struct walk {
    struct store *store;
    struct buffer stack, links, data;
    struct map *seen; /* CIDs, so that one hash under two codecs is walked
                         twice: it has links under one of them only */
    unsigned depth;
};

static int take_link(void *user, const struct cid *link)
{
    struct walk *walk = user;
    struct cid_key key;

    cid_key(link, &key);
    if (!map_get(walk->seen, bytes_make(key.data, key.size)))
        push(&walk->links, link, walk->depth + 1);
    return 0;
}

static bool has_links(const struct cid *cid)
{
    return cid->codec == CID_DAG_PB || cid->codec == CID_DAG_CBOR ||
           cid->codec == CID_DAG_JSON;
}

static int visit(struct walk *walk, const struct cid *cid,
                 int (*each)(void *user, const struct dag_block *block),
                 void *user)
{
    struct dag_block block = {.cid = cid, .depth = walk->depth};
    struct bytes inline_data;
    int status = 0;

    if (has_links(cid)) {
        buffer_clear(&walk->data);
        status = store_get(walk->store, cid, &walk->data);
        block.data = buffer_view(&walk->data);
        block.has_data = true;
        block.size = block.data.size;
    } else if (!store_has(walk->store, cid, &block.size)) {
        status = err_set(ERR_NOT_FOUND, "block %s is not in the store",
                         CID_TEXT(cid));
    }
    if (!status && each && !cid_inline_data(cid, &inline_data))
        status = each(user, &block);
    if (!status && has_links(cid))
        status = dag_links(cid, block.data, take_link, walk);
    return status;
}

/* Turn the links of one block over, so that the first comes off first. */
static void stack_links(struct walk *walk)
{
    struct cid cid;
    unsigned depth;

    while (pop(&walk->links, &cid, &depth))
        push(&walk->stack, &cid, depth);
}

int dag_walk(struct store *store, const struct cid *root,
             int (*each)(void *user, const struct dag_block *block), void *user)
{
    struct walk walk = {.store = store, .seen = map_new()};
    struct cid cid;
    int status = 0;

    push(&walk.stack, root, 0);
    while (!status && pop(&walk.stack, &cid, &walk.depth)) {
        struct cid_key key;

        cid_key(&cid, &key);
        if (map_put(walk.seen, bytes_make(key.data, key.size), store))
            continue;
        if (walk.depth > DAG_DEPTH_MAX) {
            status = err_set(ERR_LIMIT,
                             "the DAG under %s is deeper than the limit of %d",
                             CID_TEXT(root), DAG_DEPTH_MAX);
            break;
        }
        status = visit(&walk, &cid, each, user);
        stack_links(&walk);
    }
    map_free(walk.seen);
    buffer_free(&walk.stack);
    buffer_free(&walk.links);
    buffer_free(&walk.data);
    return status;
}
