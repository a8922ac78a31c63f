/*
 * Files: chunks of a fixed size become leaves, and leaves become a balanced
 * tree, built from below while the file is read. A level that is full becomes a
 * node of the level above it, so no more than one unfinished node a level is in
 * memory.
 *
 * Chunks have a fixed size and are not cut by content, because the profiles of
 * IPIP-0499 say so, and CIDs then agree between programs. So parts that files
 * share at different places are stored twice.
 *
 * The calling thread reads, and builds the tree; leaf_pool.c hashes and puts. A
 * file of one chunk, which is most files, needs no pool.
 */
#include "storage/files/unixfs_import.h"
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "storage/files/leaf_pool.h"
#include "storage/files/unixfs_state.h"
#include "storage/format/dag_pb.h"

#include <stdlib.h>
#include <unistd.h>

/* Bounds the memory: the pool has two chunks for each thread. */
#define THREADS_MAX 16

/* A file of 2^64 bytes has this many levels with two links a node, the fewest
 * possible. */
#define LEVELS_MAX 64

/* Both: ipfs specs, IPIP-0499, with the threshold of 256 KiB for
 * directories. */
const struct unixfs_profile unixfs_profile_v1_2025 = {
    .name = "unixfs-v1-2025",
    .cid_version = 1,
    .raw_leaves = true,
    .chunk_bytes = 1u << 20,
    .links_max = 1024,
    .hamt_threshold_bytes = 256u << 10,
    .size_estimate = UNIXFS_SIZE_BLOCK,
};

const struct unixfs_profile unixfs_profile_v0_2015 = {
    .name = "unixfs-v0-2015",
    .cid_version = 0,
    .raw_leaves = false,
    .chunk_bytes = 256u << 10,
    .links_max = 174,
    .hamt_threshold_bytes = 256u << 10,
    .size_estimate = UNIXFS_SIZE_LINKS,
};

/* Two profiles: the present one, and the one that most CIDs of the last ten
 * years were made with. */
const struct unixfs_profile *unixfs_profile_named(const char *name)
{
    static const struct unixfs_profile *const all[] = {&unixfs_profile_v1_2025,
                                                       &unixfs_profile_v0_2015};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (!strcmp(all[i]->name, name))
            return all[i];
    }
    return NULL;
}

/* Options with their defaults filled in. The pool comes later: most imports
 * never need one. */
void unixfs_import_begin(struct unixfs_import *import, struct store *store,
                         const struct unixfs_import_options *options)
{
    static const struct unixfs_import_options defaults;
    long processors;

    *import = (struct unixfs_import){.store = store,
                                     .options = options ? options : &defaults};
    import->profile = import->options->profile;
    if (!import->profile)
        import->profile = &unixfs_profile_v1_2025;
    CHECK(import->profile->links_max >= 2 && import->profile->chunk_bytes > 0);
    /* Then a wrapped leaf is no larger than a block may be. */
    CHECK(import->profile->chunk_bytes <= STORE_BLOCK_SIZE_MAX / 2);
    import->threads = import->options->threads;
    if (!import->threads) {
        processors = sysconf(_SC_NPROCESSORS_ONLN);
        import->threads = processors < 1 ? 1 : (unsigned)processors;
    }
    if (import->threads > THREADS_MAX)
        import->threads = THREADS_MAX;
}

void unixfs_import_end(struct unixfs_import *import)
{
    leaf_pool_free(import->pool);
    import->pool = NULL;
}

/* Without a store only the CID is computed, like `--only-hash` of Kubo. */
int unixfs_put_node(struct store *store, const struct unixfs_profile *profile,
                    struct bytes block, struct cid *out)
{
    cid_of(profile->cid_version, CID_DAG_PB, block, out);
    return store ? store_put_hashed(store, out, block) : 0;
}

/* ---- the tree ---- */

/* A finished block, as its parent sees it. */
struct child {
    struct cid cid;
    /* The content of the file below it. */
    uint64_t content_size;
    /* It and all below it: "Tsize". */
    uint64_t dag_bytes;
};

/* One level of the tree: the children of a node that isn't written yet. */
struct level {
    /* The encoded links of the children so far, the beginning of the block. */
    struct buffer links;
    /* Content below each link; room for links_max. */
    uint64_t *sizes;
    /* Children so far, at most links_max. */
    uint32_t count;
    /* The sum of the children; its CID is the last child's. */
    struct child sum;
};

/* levels[0] holds leaves. Levels below level_count have been used; each is
 * either unfinished or empty. */
struct tree {
    struct unixfs_import *import;
    struct level levels[LEVELS_MAX];
    unsigned level_count;
};

/* One more child, for which there is room. */
static void level_add(struct tree *tree, unsigned at, const struct child *child)
{
    struct level *level = &tree->levels[at];

    CHECK(level->count < tree->import->profile->links_max);
    if (!level->sizes)
        level->sizes =
            mem_alloc(tree->import->profile->links_max * sizeof(*level->sizes));
    dag_pb_write_link(&level->links, &child->cid, bytes_make(NULL, 0),
                      child->dag_bytes);
    level->sizes[level->count++] = child->content_size;
    level->sum.cid = child->cid;
    level->sum.content_size += child->content_size;
    level->sum.dag_bytes += child->dag_bytes;
    if (at >= tree->level_count)
        tree->level_count = at + 1;
}

/* The node over all children of a level, written and given back as a child for
 * the level above; the level is empty then. */
static int level_finish(struct tree *tree, unsigned at, struct child *out)
{
    struct level *level = &tree->levels[at];
    struct unixfs_node node = {.type = UNIXFS_FILE,
                               .has_file_size = true,
                               .file_size = level->sum.content_size};
    struct buffer message = {0};

    CHECK(level->count > 0);
    unixfs_encode(&node, level->sizes, level->count, &message);
    dag_pb_write_data(&level->links, buffer_view(&message));
    *out = level->sum;
    out->dag_bytes += level->links.size;
    int status = unixfs_put_node(tree->import->store, tree->import->profile,
                                 buffer_view(&level->links), &out->cid);
    buffer_clear(&level->links);
    level->count = 0;
    level->sum.content_size = level->sum.dag_bytes = 0;
    buffer_free(&message);
    return status;
}

/* A full level is closed only when one more child comes: a last level that is
 * just full must stay the root. Closing one adds a child above, which may close
 * that in turn. */
static int tree_add(struct tree *tree, unsigned at, const struct child *added)
{
    struct child child = *added, full;

    for (; at < LEVELS_MAX; at++) {
        int status;

        if (tree->levels[at].count < tree->import->profile->links_max) {
            level_add(tree, at, &child);
            return 0;
        }
        status = level_finish(tree, at, &full);
        if (status)
            return status;
        level_add(tree, at, &child);
        child = full;
    }
    /* Each level holds at least twice what the one below does, in 64 bits. */
    CHECK(!"a tree of at most LEVELS_MAX levels");
    return 0;
}

/* Close what is unfinished, from below; what remains at the top is the root. */
static int tree_finish(struct tree *tree, struct child *out)
{
    CHECK(tree->level_count > 0);
    for (unsigned at = 0;; at++) {
        struct level *level = &tree->levels[at];
        struct child node;
        int status;

        /* A lone child at the top is the root itself. */
        if (at + 1 == tree->level_count && level->count == 1) {
            *out = level->sum;
            return 0;
        }
        status = level_finish(tree, at, &node);
        if (!status)
            status = tree_add(tree, at + 1, &node);
        if (status)
            return status;
    }
}

static void tree_free(struct tree *tree)
{
    for (unsigned i = 0; i < LEVELS_MAX; i++) {
        buffer_free(&tree->levels[i].links);
        free(tree->levels[i].sizes);
    }
}

/* ---- reading ---- */

/* A leaf as a child of the lowest level. */
static int add_leaf(struct tree *tree, const struct leaf *leaf)
{
    struct child child = {.cid = leaf->cid,
                          .content_size = leaf->content_size,
                          .dag_bytes = leaf->block_size};

    return tree_add(tree, 0, &child);
}

/* A whole chunk, or what is left of the file: a read may give less than asked
 * for, and cutting there would give another CID. *size 0: the end. */
static int read_chunk(struct unixfs_import *import, unixfs_read_fn *read,
                      void *read_user, uint8_t *chunk, size_t *size)
{
    size_t got;
    int status;

    *size = 0;
    do {
        status = read(read_user, chunk + *size,
                      import->profile->chunk_bytes - *size, &got);
        if (status)
            return status;
        CHECK(got <= import->profile->chunk_bytes - *size);
        *size += got;
    } while (got && *size < import->profile->chunk_bytes);
    import->bytes_read += *size;
    if (import->options->progress && *size)
        import->options->progress(import->options->user, import->bytes_read);
    return 0;
}

/* Wait for the oldest leaf; ERR_NOT_FOUND if none is under way. */
static int add_oldest(struct tree *tree)
{
    struct leaf leaf;
    int status = leaf_pool_take(tree->import->pool, &leaf);

    return status ? status : add_leaf(tree, &leaf);
}

/* Import all chunks; the first is in `first` already. Reading, hashing and
 * building overlap: while the threads hash, the owner reads the next chunk
 * or adds the oldest leaf. The pool is kept for the import's next file. */
static int import_with_pool(struct tree *tree, struct bytes first,
                            unixfs_read_fn *read, void *read_user)
{
    struct unixfs_import *import = tree->import;
    uint8_t *chunk;
    size_t size;
    int status = 0, last;

    if (!import->pool)
        import->pool =
            leaf_pool_new(import->store, import->profile, import->threads);
    memcpy(leaf_pool_buffer(import->pool), first.data, first.size);
    leaf_pool_submit(import->pool, first.size);
    do {
        /* The ring is full: make room by taking leaves into the tree. */
        while (!status && !(chunk = leaf_pool_buffer(import->pool)))
            status = add_oldest(tree);
        if (status)
            break;
        status = read_chunk(import, read, read_user, chunk, &size);
        if (!status && size)
            leaf_pool_submit(import->pool, size);
    } while (!status && size == import->profile->chunk_bytes);
    /* Whatever happened, the pool must be empty for the next file. */
    do {
        last = add_oldest(tree);
        if (last && last != ERR_NOT_FOUND && !status)
            status = last;
    } while (last != ERR_NOT_FOUND);
    return status;
}

/* Import the whole file. The first read shows whether there is more than one
 * chunk. An empty file is one empty leaf. */
static int import_chunks(struct tree *tree, uint8_t *chunk,
                         unixfs_read_fn *read, void *read_user)
{
    struct unixfs_import *import = tree->import;
    struct leaf leaf;
    size_t size;
    int status = read_chunk(import, read, read_user, chunk, &size);

    if (!status && size == import->profile->chunk_bytes && import->threads > 1)
        return import_with_pool(tree, bytes_make(chunk, size), read, read_user);
    for (bool first = true; !status && (size || first); first = false) {
        status = leaf_make(import->store, import->profile,
                           bytes_make(chunk, size), &leaf);
        if (!status)
            status = add_leaf(tree, &leaf);
        if (!status && size < import->profile->chunk_bytes)
            break;
        if (!status)
            status = read_chunk(import, read, read_user, chunk, &size);
    }
    return status;
}

/* A stream of unknown length: nothing is asked of it but the next bytes. */
int unixfs_import_file(struct unixfs_import *import, unixfs_read_fn *read,
                       void *read_user, struct unixfs_entry *out)
{
    /* On the heap: 64 levels are some kilobytes too many for a stack. */
    struct tree *tree = mem_zero(1, sizeof(*tree));
    uint8_t *chunk = mem_alloc(import->profile->chunk_bytes);
    struct child root;

    tree->import = import;
    int status = import_chunks(tree, chunk, read, read_user);
    if (!status)
        status = tree_finish(tree, &root);
    if (!status)
        *out = (struct unixfs_entry){.cid = root.cid,
                                     .type = UNIXFS_FILE,
                                     .size = root.content_size,
                                     .dag_bytes = root.dag_bytes};
    tree_free(tree);
    free(tree);
    free(chunk);
    return status;
}

int unixfs_import_stream(struct store *store,
                         const struct unixfs_import_options *options,
                         unixfs_read_fn *read, void *read_user,
                         struct unixfs_entry *out)
{
    struct unixfs_import import;

    unixfs_import_begin(&import, store, options);
    int status = unixfs_import_file(&import, read, read_user, out);
    unixfs_import_end(&import);
    return status;
}

/* A unixfs_read_fn over memory. */
static int read_bytes(void *user, uint8_t *data, size_t size, size_t *got)
{
    struct bytes *left = user;

    *got = size < left->size ? size : left->size;
    if (*got)
        memcpy(data, left->data, *got);
    left->data += *got;
    left->size -= *got;
    return 0;
}

/* A stream over memory: one way for all content. */
int unixfs_import_bytes(struct store *store,
                        const struct unixfs_import_options *options,
                        struct bytes data, struct unixfs_entry *out)
{
    return unixfs_import_stream(store, options, read_bytes, &data, out);
}

/* A symlink is one small block with its target; it has no size of content. */
int unixfs_import_symlink(struct store *store,
                          const struct unixfs_import_options *options,
                          struct bytes target, struct unixfs_entry *out)
{
    struct unixfs_node node = {
        .type = UNIXFS_SYMLINK, .data = target, .has_data = true};
    struct buffer message = {0}, block = {0};
    struct unixfs_import import;
    int status;

    unixfs_import_begin(&import, store, options);
    unixfs_encode(&node, NULL, 0, &message);
    dag_pb_write_data(&block, buffer_view(&message));
    *out =
        (struct unixfs_entry){.type = UNIXFS_SYMLINK, .dag_bytes = block.size};
    status =
        unixfs_put_node(store, import.profile, buffer_view(&block), &out->cid);
    unixfs_import_end(&import);
    buffer_free(&message);
    buffer_free(&block);
    return status;
}
