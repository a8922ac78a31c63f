/*
 * Directories: one block while they are small, else a trie of shards over the
 * hash of the names (HAMT, specs.ipfs.tech/unixfs).
 *
 * Entries are gathered in memory and the blocks written at the end, instead of
 * changing shards name by name as a mutable directory would: an import knows
 * all names before anybody needs the CID. Sorted by hash, the entries of a
 * shard stand together at every depth, so the trie is written in one pass from
 * below, with no trie in memory. A directory of a million names takes some
 * hundreds of megabytes that way.
 *
 * The result depends on the set of entries alone, not on the order of adding;
 * it is byte for byte what Kubo and Helia write, so that CIDs agree.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/map.h"
#include "base/memory.h"
#include "storage/files/unixfs_state.h"
#include "storage/format/dag_pb.h"

#include <stdlib.h>

struct directory_entry {
    /* Owned; checked by check_name(). */
    struct bytes name;
    struct unixfs_entry entry;
    /* The hash of the name, kept for sorting. */
    uint64_t hash;
};

/* names and entries hold the same set, count many. */
struct unixfs_directory {
    struct store *store;
    /* Says when to shard and how blocks are named. */
    const struct unixfs_profile *profile;
    /* Each one its own allocation, for names points to them, too. Sorted by
     * whichever comparison was last used. */
    struct directory_entry **entries;
    size_t count, capacity;
    /* name → directory_entry: for refusing doubles. */
    struct map *names;
};

/* Nothing is written before unixfs_directory_finish(). */
struct unixfs_directory *
unixfs_directory_new(struct store *store,
                     const struct unixfs_import_options *options)
{
    struct unixfs_directory *directory = mem_zero(1, sizeof(*directory));

    directory->store = store;
    directory->profile = options ? options->profile : NULL;
    if (!directory->profile)
        directory->profile = &unixfs_profile_v1_2025;
    directory->names = map_new();
    return directory;
}

/* Names that could not be written to a disk or stand in a path. They are not
 * required to be UTF-8: file systems don't either. */
static int check_name(struct bytes name)
{
    if (!name.size || bytes_equal(name, bytes_text(".")) ||
        bytes_equal(name, bytes_text("..")) ||
        memchr(name.data, '/', name.size) || memchr(name.data, 0, name.size))
        return err_set(ERR_INVALID, "\"%.*s\" can't be a name in a directory",
                       (int)(name.size < 255 ? name.size : 255),
                       (const char *)name.data);
    return 0;
}

/* name and entry are copied; the block that entry names need not be in the
 * store. */
int unixfs_directory_add(struct unixfs_directory *directory, struct bytes name,
                         const struct unixfs_entry *entry)
{
    struct directory_entry *added;
    int status = check_name(name);

    if (status)
        return status;
    if (map_get(directory->names, name))
        return err_set(ERR_EXISTS, "the directory already has \"%.*s\"",
                       (int)name.size, (const char *)name.data);
    added = mem_alloc(sizeof(*added));
    added->name = bytes_make(mem_copy(name.data, name.size), name.size);
    added->entry = *entry;
    added->hash = unixfs_hamt_hash(name);
    map_put(directory->names, name, added);
    if (directory->count == directory->capacity) {
        /* Doubled, so that n names cost n moves. */
        directory->capacity = directory->capacity * 2 + 16;
        directory->entries =
            mem_resize(directory->entries,
                       directory->capacity * sizeof(struct directory_entry *));
    }
    directory->entries[directory->count++] = added;
    return 0;
}

/* names borrows its values from entries: freed once. */
void unixfs_directory_free(struct unixfs_directory *directory)
{
    if (!directory)
        return;
    for (size_t i = 0; i < directory->count; i++) {
        free((void *)directory->entries[i]->name.data);
        free(directory->entries[i]);
    }
    free(directory->entries);
    map_free(directory->names);
    free(directory);
}

/* ---- in one block ---- */

/* dag-pb's order for links: by bytes, the shorter first. */
static int compare_names(const void *a, const void *b)
{
    const struct directory_entry *const *left = a, *const *right = b;

    return bytes_compare((*left)->name, (*right)->name);
}

/* All links and the four bytes that say "directory", in one block. */
static int finish_flat(struct unixfs_directory *directory,
                       struct unixfs_entry *out)
{
    struct unixfs_node node = {.type = UNIXFS_DIRECTORY};
    struct buffer block = {0}, message = {0};
    uint64_t below = 0;

    if (directory->count)
        qsort(directory->entries, directory->count,
              sizeof(struct directory_entry *), compare_names);
    for (size_t i = 0; i < directory->count; i++) {
        const struct directory_entry *entry = directory->entries[i];

        dag_pb_write_link(&block, &entry->entry.cid, entry->name,
                          entry->entry.dag_bytes);
        below += entry->entry.dag_bytes;
    }
    unixfs_encode(&node, NULL, 0, &message);
    dag_pb_write_data(&block, buffer_view(&message));
    out->dag_bytes = below + block.size;
    int status = unixfs_put_node(directory->store, directory->profile,
                                 buffer_view(&block), &out->cid);
    buffer_free(&message);
    buffer_free(&block);
    return status;
}

/* ---- in shards ---- */

/* By name where hashes are equal, so that the order is the same on every run
 * even for entries that can't be kept. */
static int compare_hashes(const void *a, const void *b)
{
    const struct directory_entry *const *left = a, *const *right = b;

    if ((*left)->hash != (*right)->hash)
        return (*left)->hash < (*right)->hash ? -1 : 1;
    return compare_names(a, b);
}

/* The digit that a shard at this depth uses: eight bits of the hash, beginning
 * at the top, as in the specification. */
static unsigned digit_of(uint64_t hash, unsigned depth)
{
    CHECK(depth < UNIXFS_HAMT_DEPTH_MAX);
    return (unsigned)(hash >> (56 - 8 * depth)) & 0xff;
}

static int write_shard(const struct unixfs_directory *directory,
                       struct directory_entry *const *entries, size_t count,
                       unsigned depth, struct unixfs_entry *out);

/* The entries of one digit: a link to the entry itself, or to a shard below.
 * The link's name begins with the digit in two hexadecimal digits. A name of
 * only these digits is a shard's. */
static int write_digit(const struct unixfs_directory *directory,
                       struct directory_entry *const *entries, size_t count,
                       unsigned depth, struct buffer *block, uint64_t *below)
{
    struct unixfs_entry child = entries[0]->entry;
    struct buffer name = {0};
    int status = 0;

    buffer_format(&name, "%02X", digit_of(entries[0]->hash, depth));
    if (count == 1)
        buffer_bytes(&name, entries[0]->name);
    else
        status = write_shard(directory, entries, count, depth + 1, &child);
    if (!status) {
        dag_pb_write_link(block, &child.cid, buffer_view(&name),
                          child.dag_bytes);
        *below += child.dag_bytes;
    }
    buffer_free(&name);
    return status;
}

/* The bit field as Go's big.Int writes it: big-endian, no zero bytes in
 * front. */
static int finish_shard(const struct unixfs_directory *directory,
                        const uint8_t bits[UNIXFS_HAMT_FANOUT / 8],
                        struct buffer *block, struct cid *out)
{
    struct unixfs_node node = {.type = UNIXFS_HAMT,
                               .data = {bits, UNIXFS_HAMT_FANOUT / 8},
                               .has_data = true,
                               .hash_type = UNIXFS_HAMT_HASH,
                               .fanout = UNIXFS_HAMT_FANOUT};
    struct buffer message = {0};

    while (node.data.size && !node.data.data[0]) {
        node.data.data++;
        node.data.size--;
    }
    unixfs_encode(&node, NULL, 0, &message);
    dag_pb_write_data(block, buffer_view(&message));
    int status = unixfs_put_node(directory->store, directory->profile,
                                 buffer_view(block), out);
    buffer_free(&message);
    return status;
}

/* entries share the digits above depth and are sorted by hash, so those of one
 * digit stand together. Recursion is at most UNIXFS_HAMT_DEPTH_MAX deep.
 * Children are written before the shard that names them. */
static int write_shard(const struct unixfs_directory *directory,
                       struct directory_entry *const *entries, size_t count,
                       unsigned depth, struct unixfs_entry *out)
{
    uint8_t bits[UNIXFS_HAMT_FANOUT / 8] = {0};
    struct buffer block = {0};
    uint64_t below = 0;
    int status = 0;

    if (depth == UNIXFS_HAMT_DEPTH_MAX)
        return err_set(ERR_LIMIT,
                       "\"%.*s\" and another name have the same hash: no "
                       "sharded directory can hold both",
                       (int)entries[0]->name.size,
                       (const char *)entries[0]->name.data);
    for (size_t i = 0; i < count && !status;) {
        unsigned digit = digit_of(entries[i]->hash, depth);
        size_t end = i + 1;

        while (end < count && digit_of(entries[end]->hash, depth) == digit)
            end++;
        /* Bit `digit` of a big-endian number. */
        bits[sizeof(bits) - 1 - digit / 8] |= (uint8_t)(1 << digit % 8);
        status =
            write_digit(directory, entries + i, end - i, depth, &block, &below);
        i = end;
    }
    if (!status)
        status = finish_shard(directory, bits, &block, &out->cid);
    out->dag_bytes = below + block.size;
    buffer_free(&block);
    return status;
}

/* ---- choosing ---- */

/* The size that the profile compares with its threshold, in bytes. Data, the
 * field that says "directory", is four bytes. Counting names and CIDs only is
 * what Kubo did before IPIP-0499; its CIDs can be had again only by the same
 * count. */
static uint64_t estimate_size(const struct unixfs_directory *directory)
{
    bool whole = directory->profile->size_estimate == UNIXFS_SIZE_BLOCK;
    uint64_t size = whole ? 4 : 0;

    for (size_t i = 0; i < directory->count; i++) {
        const struct directory_entry *entry = directory->entries[i];
        struct cid_key key;

        if (whole) {
            size += dag_pb_link_size(&entry->entry.cid, entry->name.size,
                                     entry->entry.dag_bytes);
        } else {
            cid_key(&entry->entry.cid, &key);
            size += entry->name.size + key.size;
        }
    }
    return size;
}

/* Sorting is all that changes, so more entries can be added and it can be
 * finished again. */
int unixfs_directory_finish(struct unixfs_directory *directory,
                            struct unixfs_entry *out)
{
    *out = (struct unixfs_entry){.type = UNIXFS_DIRECTORY};
    /* A directory of up to the threshold, inclusive, stays one block
     * (IPIP-0499). */
    if (estimate_size(directory) <= directory->profile->hamt_threshold_bytes)
        return finish_flat(directory, out);
    qsort(directory->entries, directory->count,
          sizeof(struct directory_entry *), compare_hashes);
    return write_shard(directory, directory->entries, directory->count, 0, out);
}
