/*
 * Paths and listings. Everything here was made by strangers: names are only
 * bytes, sizes are claims, and a directory may name itself as often as it
 * likes. Hence the limits on depth, the refusal of names that would leave a
 * folder, and descriptors instead of paths when something is written to disk.
 *
 * Sharded directories are read with any fan-out from 2 to 1024, though we write
 * 256 only. Finding a name follows the digits of its hash, one block a level;
 * listing visits every shard.
 *
 * The bit field of a shard is not looked at: it says again what the links'
 * names say, and a lie in it could only hide entries from those who believe it.
 */
#include "storage/files/unixfs_export.h"
#include "base/check.h"
#include "base/error.h"
#include "base/map.h"
#include "base/memory.h"
#include "storage/files/unixfs_block.h"
#include "storage/files/unixfs_state.h"
#include "storage/keep/dag_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The argument of unixfs_list(). */
typedef int list_fn(void *user, struct bytes name,
                    const struct unixfs_entry *entry);

/* What a caller needs to know of a block: shards are directories, raw blocks
 * are files. dag_bytes stays 0, because it would cost a walk. */
static void entry_of(const struct cid *cid, const struct unixfs_block *block,
                     struct unixfs_entry *out)
{
    *out = (struct unixfs_entry){.cid = *cid,
                                 .type = block->node.type,
                                 .attributes = block->node.attributes};
    if (out->type == UNIXFS_HAMT)
        out->type = UNIXFS_DIRECTORY;
    if (out->type == UNIXFS_RAW)
        out->type = UNIXFS_FILE;
    if (out->type == UNIXFS_FILE)
        out->size = unixfs_block_file_size(block);
}

/* This reads one block, however large the file or folder is. */
int unixfs_stat(struct store *store, const struct cid *cid,
                struct unixfs_entry *out)
{
    struct unixfs_block block;
    int status = unixfs_block_read(store, cid, &block);

    if (!status)
        entry_of(cid, &block, out);
    unixfs_block_free(&block);
    return status;
}

/* Bytes as they are: no path is made of them here. */
int unixfs_symlink_target(struct store *store, const struct cid *cid,
                          struct buffer *out)
{
    struct unixfs_block block;
    int status = unixfs_block_read(store, cid, &block);

    if (!status && block.node.type != UNIXFS_SYMLINK)
        status = err_set(ERR_INVALID, "%s is not a symlink", CID_TEXT(cid));
    if (!status)
        buffer_bytes(out, block.node.data);
    unixfs_block_free(&block);
    return status;
}

/* ---- listing ---- */

/* What a listing is for: entries, or the shards that hold them. */
struct list {
    struct store *store;
    /* NULL: none. */
    list_fn *each;
    void *user;
    /* An array of struct cid to append to; NULL: none. */
    struct buffer *shards;
    /* Shards entered so far, by CID. */
    struct map *seen;
};

/* A shard's names have their digits of the hash, so it belongs in one place of
 * one directory only. Without this a few blocks, each with the next a thousand
 * times, would be a listing without an end. */
static int enter_shard(const struct list *list, const struct cid *cid,
                       unsigned depth)
{
    struct cid_key key;

    cid_key(cid, &key);
    if (map_put(list->seen, bytes_make(key.data, key.size), list->seen))
        return err_set(ERR_INVALID, "shard %s occurs twice", CID_TEXT(cid));
    /* More digits than the hash has are no HAMT. */
    if (depth >= UNIXFS_HAMT_DEPTH_MAX * 8)
        return err_set(ERR_LIMIT, "a directory with shards deeper than %d",
                       UNIXFS_HAMT_DEPTH_MAX * 8);
    /* The root is the directory itself, which the caller has. */
    if (depth && list->shards)
        buffer_append(list->shards, cid, sizeof(*cid));
    return 0;
}

/* A directory block or a shard, and the shards below it. One block a level is
 * in memory. Recursion ends at enter_shard()'s limit. */
static int list_at(const struct list *list, const struct cid *cid,
                   unsigned depth)
{
    struct unixfs_block block;
    struct dag_pb_link link;
    unsigned prefix = 0;
    int status = unixfs_block_read(list->store, cid, &block);

    if (!status && block.node.type == UNIXFS_HAMT)
        prefix = unixfs_hamt_prefix_size(block.node.fanout);
    else if (!status && block.node.type != UNIXFS_DIRECTORY)
        status = err_set(ERR_INVALID, "%s is not a directory", CID_TEXT(cid));
    if (!status)
        status = enter_shard(list, cid, depth);
    struct reader links = reader_make(block.dag_pb.block);
    while (!status && dag_pb_next_link(&links, &link)) {
        struct unixfs_entry entry = {.cid = link.cid, .dag_bytes = link.size};

        /* In a plain directory prefix is 0: every name is an entry's. */
        if (link.name.size < prefix)
            status = err_set(ERR_INVALID, "a shard with a name too short");
        else if (prefix && link.name.size == prefix)
            status = list_at(list, &link.cid, depth + 1);
        else if (list->each)
            status = list->each(
                list->user,
                bytes_make(link.name.data + prefix, link.name.size - prefix),
                &entry);
    }
    unixfs_block_free(&block);
    return status;
}

/* Links in the order of the block: a plain directory's by name, a sharded one's
 * by hash. */
int unixfs_list(struct store *store, const struct cid *directory, list_fn *each,
                void *user)
{
    struct list list = {
        .store = store, .each = each, .user = user, .seen = map_new()};
    int status = list_at(&list, directory, 0);

    map_free(list.seen);
    return status;
}

/* The same walk gives the blocks on its way instead of the entries. */
int unixfs_shards(struct store *store, const struct cid *directory,
                  struct buffer *shards)
{
    struct list list = {.store = store, .shards = shards, .seen = map_new()};
    int status = list_at(&list, directory, 0);

    map_free(list.seen);
    return status;
}

/* ---- to disk ---- */

/* A folder that is being written to disk: the user of its listing's callback.
 */
struct extraction {
    struct store *store;
    /* Descriptor of the folder that is being filled. */
    int folder;
    /* Folders above it. */
    unsigned depth;
    /* The path on disk, for error texts. */
    const char *path;
};

static int extract(struct store *store, const struct cid *cid, int folder,
                   const char *name, const char *path, unsigned depth);

/* A write may be short; go on until all is written. */
static int write_whole(int fd, const uint8_t *data, size_t size,
                       const char *path)
{
    while (size) {
        ssize_t count = write(fd, data, size);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return err_errno("writing %s", path);
        data += count;
        size -= (size_t)count;
    }
    return 0;
}

/* The times for utimensat(); the second is the time of change. */
static bool times_of(const struct unixfs_attributes *attributes,
                     struct timespec times[2])
{
    times[0] = (struct timespec){.tv_nsec = UTIME_OMIT};
    times[1] = (struct timespec){.tv_sec = attributes->mtime_seconds,
                                 .tv_nsec = attributes->mtime_nanoseconds};
    return attributes->has_mtime;
}

/* Set what the DAG says of a file or folder, once its content is written. Only
 * the permissions of the mode are set: a stranger's DAG must not make a program
 * that runs as another user. */
static int set_attributes(int fd, const struct unixfs_attributes *attributes,
                          const char *path)
{
    struct timespec times[2];

    if (attributes->has_mode && fchmod(fd, attributes->mode & 0777))
        return err_errno("setting the mode of %s", path);
    if (times_of(attributes, times) && futimens(fd, times))
        return err_errno("setting the time of %s", path);
    return 0;
}

/* EXCL and NOFOLLOW keep this from writing to or through anything that exists.
 * A file that can't be finished stays, cut off at the error. */
static int extract_file(struct store *store, const struct unixfs_entry *entry,
                        int folder, const char *name, const char *path)
{
    /* A quarter MiB a write: fewer calls would not be noticed. */
    enum { PIECE = 1 << 18 };
    struct unixfs_reader *reader;
    size_t got;
    int fd, status;

    fd = openat(folder, name,
                O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return err_errno("making %s", path);
    uint8_t *piece = mem_alloc(PIECE);
    status = unixfs_reader_open(store, &entry->cid, 0, UINT64_MAX, &reader);
    if (!status) {
        do {
            status = unixfs_reader_read(reader, piece, PIECE, &got);
            if (!status)
                status = write_whole(fd, piece, got, path);
        } while (!status && got);
        unixfs_reader_close(reader);
    }
    free(piece);
    if (!status)
        status = set_attributes(fd, &entry->attributes, path);
    /* Some file systems report a full disk or quota only here. */
    if (close(fd) && !status)
        status = err_errno("writing %s", path);
    return status;
}

/* unixfs_list() calls this. The check of names is here and not in the listing:
 * a gateway may show any name, a disk may not get it. */
static int extract_entry(void *user, struct bytes name,
                         const struct unixfs_entry *entry)
{
    const struct extraction *extraction = user;
    char *text, *path;

    /* The names are a stranger's. */
    if (!name.size || memchr(name.data, '/', name.size) ||
        memchr(name.data, 0, name.size) || bytes_equal(name, bytes_text(".")) ||
        bytes_equal(name, bytes_text("..")))
        return err_set(
            ERR_DENIED, "\"%.*s\" in %s would leave the folder: not written",
            (int)name.size, (const char *)name.data, extraction->path);
    text = mem_format("%.*s", (int)name.size, (const char *)name.data);
    path = mem_format("%s/%s", extraction->path, text);
    int status = extract(extraction->store, &entry->cid, extraction->folder,
                         text, path, extraction->depth + 1);
    free(path);
    free(text);
    return status;
}

/* Make the folder, then work below its descriptor, so that a folder that is
 * swapped for a link meanwhile leads nowhere else. */
static int extract_folder(struct store *store, const struct unixfs_entry *entry,
                          int folder, const char *name, const char *path,
                          unsigned depth)
{
    struct extraction extraction = {
        .store = store, .depth = depth, .path = path};

    if (depth > DAG_DEPTH_MAX)
        return err_set(ERR_LIMIT, "%s is nested deeper than the limit of %d",
                       path, DAG_DEPTH_MAX);
    if (mkdirat(folder, name, 0755))
        return err_errno("making %s", path);
    extraction.folder =
        openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (extraction.folder < 0)
        return err_errno("opening %s", path);
    int status = unixfs_list(store, &entry->cid, extract_entry, &extraction);
    if (!status)
        status = set_attributes(extraction.folder, &entry->attributes, path);
    close(extraction.folder);
    return status;
}

/* Write an entry of any type. Symlinks get any target that they name; nothing
 * here follows links, so they can't lead out. */
static int extract(struct store *store, const struct cid *cid, int folder,
                   const char *name, const char *path, unsigned depth)
{
    struct unixfs_entry entry;
    struct buffer target = {0};
    struct timespec times[2];
    int status = unixfs_stat(store, cid, &entry);

    if (status)
        return status;
    if (entry.type == UNIXFS_DIRECTORY)
        return extract_folder(store, &entry, folder, name, path, depth);
    if (entry.type == UNIXFS_FILE)
        return extract_file(store, &entry, folder, name, path);
    CHECK(entry.type == UNIXFS_SYMLINK);
    status = unixfs_symlink_target(store, cid, &target);
    if (!status && symlinkat(buffer_string(&target), folder, name))
        status = err_errno("making the link %s", path);
    if (!status && times_of(&entry.attributes, times) &&
        utimensat(folder, name, times, AT_SYMLINK_NOFOLLOW))
        status = err_errno("setting the time of %s", path);
    buffer_free(&target);
    return status;
}

/* EXCL and mkdir refuse an existing path, at the top as below. */
int unixfs_export_path(struct store *store, const struct cid *root,
                       const char *path)
{
    return extract(store, root, AT_FDCWD, path, path, 0);
}
