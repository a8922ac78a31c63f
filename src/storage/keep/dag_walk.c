/*
 * The walk has a stack of its own and does not recurse, because a stranger's
 * DAG may be deep. The first child is on top of the stack, so blocks come in
 * the order in which a reader of files and directories wants them.
 *
 * Memory: the stack has at most the links of the blocks on the way down, `seen`
 * an entry for each block of the DAG. Reading is one block at a time; leaves,
 * most of a DAG's bytes, are looked up and not read.
 *
 * A walk sees the store as it is at each step and does not hold it. A caller
 * that must not lose blocks meanwhile opens a hold (store.h).
 */
#include "storage/keep/dag_walk.h"
#include "base/check.h"
#include "base/error.h"
#include "base/map.h"
#include "base/memory.h"

#include <stdlib.h>

/* A link to be visited is kept as bytes: the CID, then its size and depth, so
 * that it can be taken from the end. That is some 40 bytes a link, and a struct
 * cid has 150. */
static void push(struct buffer *stack, const struct cid *cid, unsigned depth)
{
    size_t before = stack->size;

    cid_write(cid, stack);
    CHECK(stack->size - before <= UINT8_MAX);
    buffer_u8(stack, (uint8_t)(stack->size - before));
    /* At most DAG_DEPTH_MAX + 1: deeper links are never stacked. */
    buffer_u16le(stack, (uint16_t)depth);
}

/* Take the last link off; false if the stack is empty. Only push() writes here,
 * so a link that doesn't decode is a mistake of the program. */
static bool pop(struct buffer *stack, struct cid *cid, unsigned *depth)
{
    if (!stack->size)
        return false;
    CHECK(stack->size > 3);
    *depth = u16le_read(stack->data + stack->size - 2);
    size_t cid_size = stack->data[stack->size - 3];
    CHECK(stack->size >= cid_size + 3);
    stack->size -= cid_size + 3;
    int status =
        cid_decode(bytes_make(stack->data + stack->size, cid_size), cid);
    CHECK(!status);
    return true;
}

/* Either a block is in hand with its links_due, or the next one is to be taken
 * from the stack. */
struct dag_walker {
    struct store *store;
    /* links: of one block, in reverse, on their way to the stack. */
    struct buffer stack, links, data;
    /* CIDs, so that one hash under two codecs is walked twice: it has links
     * under one of them only. */
    struct map *seen;
    /* root: for messages. cid: the block in hand. */
    struct cid root, cid;
    /* The depth of the present block; the root has 0. */
    unsigned depth;
    /* Those of the block in hand are not stacked yet. */
    bool links_due;
    /* Its bytes, in data; valid while links_due. */
    struct bytes block;
};

/* Reads nothing yet: a root that is not here is found by the first step. */
struct dag_walker *dag_walker_new(struct store *store, const struct cid *root)
{
    struct dag_walker *walker = mem_zero(1, sizeof(*walker));

    walker->store = store;
    walker->seen = map_new();
    walker->root = *root;
    push(&walker->stack, root, 0);
    return walker;
}

void dag_walker_free(struct dag_walker *walker)
{
    if (!walker)
        return;
    map_free(walker->seen);
    buffer_free(&walker->stack);
    buffer_free(&walker->links);
    buffer_free(&walker->data);
    free(walker);
}

const struct cid *dag_walker_at(const struct dag_walker *walker)
{
    return &walker->cid;
}

/* For dag_links(). A link that was walked already is left out here to save the
 * stack, and again when it is taken off, because it may have been walked in
 * between. */
static int take_link(void *user, const struct cid *link)
{
    struct dag_walker *walker = user;
    struct cid_key key;

    cid_key(link, &key);
    if (!map_get(walker->seen, bytes_make(key.data, key.size)))
        push(&walker->links, link, walker->depth + 1);
    return 0;
}

/* Stack the links of the block in hand, the first one on top. */
static int stack_links(struct dag_walker *walker)
{
    struct cid cid;
    unsigned depth;

    if (!walker->links_due)
        return 0;
    walker->links_due = false;
    int status = dag_links(&walker->cid, walker->block, take_link, walker);
    while (!status && pop(&walker->links, &cid, &depth))
        push(&walker->stack, &cid, depth);
    return status ? err_add(status, "block %s", CID_TEXT(&walker->cid)) : 0;
}

/* Codecs that dag_links() looks into; others are leaves. */
bool dag_walk_has_links(const struct cid *cid)
{
    return cid->codec == CID_DAG_PB || cid->codec == CID_DAG_CBOR ||
           cid->codec == CID_DAG_JSON;
}

/* Read or look up the block in hand. A block with links is read and verified; a
 * leaf is only asked for by name. */
static int visit(struct dag_walker *walker, struct dag_block *out)
{
    const struct cid *cid = &walker->cid;

    *out = (struct dag_block){.cid = cid, .depth = walker->depth};
    /* Identity CIDs aside, no block can contain its own hash: depth is bounded
     * by what was made, and this bounds that. */
    if (walker->depth > DAG_DEPTH_MAX)
        return err_set(ERR_LIMIT,
                       "the DAG under %s is deeper than the limit of %d",
                       CID_TEXT(&walker->root), DAG_DEPTH_MAX);
    if (!dag_walk_has_links(cid)) {
        if (!store_has(walker->store, cid, &out->size))
            return store_absent(cid);
        return 0;
    }
    buffer_clear(&walker->data);
    int status = store_get(walker->store, cid, &walker->data);
    if (status)
        return status;
    out->data = walker->block = buffer_view(&walker->data);
    out->has_data = true;
    out->size = out->data.size;
    walker->links_due = true;
    return 0;
}

/* The links of the block before are stacked first. They were not stacked
 * earlier, because its data stays valid for the caller until now. */
int dag_walker_next(struct dag_walker *walker, struct dag_block *out)
{
    for (;;) {
        struct cid_key key;
        struct bytes inline_data;
        int status = stack_links(walker);

        if (status)
            return status;
        if (!pop(&walker->stack, &walker->cid, &walker->depth))
            return 0;
        cid_key(&walker->cid, &key);
        if (map_put(walker->seen, bytes_make(key.data, key.size), walker))
            continue;
        status = visit(walker, out);
        if (status)
            return status;
        /* Inline blocks may have links, which are walked, but are nothing to
         * keep or send. */
        if (!cid_inline_data(&walker->cid, &inline_data))
            return 1;
    }
}

/* The steps in a loop. What each returns, if not 0, ends the walk and is handed
 * on; the walk itself ends with 0 or an ERR_*. */
int dag_walk(struct store *store, const struct cid *root,
             int (*each)(void *user, const struct dag_block *block), void *user)
{
    struct dag_walker *walker = dag_walker_new(store, root);
    struct dag_block block;
    int status;

    while ((status = dag_walker_next(walker, &block)) == 1) {
        status = each ? each(user, &block) : 0;
        if (status)
            break;
    }
    dag_walker_free(walker);
    return status;
}
