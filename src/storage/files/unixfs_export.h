/*
 * UnixFS export: paths, listings and file contents out of the store, as
 * streams. Only blocks of the store are read; ERR_NOT_FOUND names a missing
 * one. A reader holds one block for each level of the tree.
 *
 * Thread: any; a reader belongs to one thread at a time.
 */
#ifndef POND_STORAGE_FILES_UNIXFS_EXPORT_H
#define POND_STORAGE_FILES_UNIXFS_EXPORT_H

#include "storage/format/unixfs.h"
#include "storage/store/store.h"

/* Longest path taken by unixfs_resolve(), and most parts in it. */
#define UNIXFS_PATH_MAX 4096
#define UNIXFS_PATH_PARTS_MAX 256

/* What cid is. out->dag_bytes is 0: it costs a walk. ERR_INVALID for a block
 * that is no UnixFS, ERR_UNSUPPORTED for a codec other than dag-pb and raw. */
int unixfs_stat(struct store *store, const struct cid *cid,
                struct unixfs_entry *out);

/* Follow path ("a/b/c", slashes at either end allowed, "" is the root itself)
 * through directories, sharded or not. "." and ".." are refused (ERR_INVALID).
 * Symlinks are not followed: in the middle of a path they are ERR_UNSUPPORTED.
 * ERR_NOT_FOUND names the part that is not there. */
int unixfs_resolve(struct store *store, const struct cid *root,
                   struct bytes path, struct unixfs_entry *out);

/* The CID that a path names. Its block is not read: it may be of any codec and
 * may be missing. Symlinks in the middle of the path are followed as long as
 * they stay below the root (ERR_DENIED); a symlink at the end is the result.
 * Appends to trail (an array of struct cid; each once) the blocks that lead
 * from the root to what was found, without that one: a client needs them to
 * verify the path. Other errors as of unixfs_resolve(). */
int unixfs_locate(struct store *store, const struct cid *root,
                  struct bytes path, struct cid *out, struct buffer *trail);

/* Append to shards (an array of struct cid) the blocks below directory that
 * belong to it rather than to its entries; none if it is not sharded. */
int unixfs_shards(struct store *store, const struct cid *directory,
                  struct buffer *shards);

/* Call each for every entry of a directory, in the order it is stored
 * (entry->size is 0 and entry->type is not known without reading the entry:
 * use unixfs_stat() on entry->cid; dag_bytes is the link's Tsize). */
int unixfs_list(struct store *store, const struct cid *directory,
                int (*each)(void *user, struct bytes name,
                            const struct unixfs_entry *entry),
                void *user);

/* Append a symlink's target. */
int unixfs_symlink_target(struct store *store, const struct cid *cid,
                          struct buffer *out);

/* Append to blocks (an array of struct cid) those of a file's blocks that hold
 * bytes from … from + length - 1 of its content, and the nodes above them,
 * depth first. */
int unixfs_range_blocks(struct store *store, const struct cid *file,
                        uint64_t from, uint64_t length, struct buffer *blocks);

/* A file read from offset, at most length bytes (UINT64_MAX: to its end). */
struct unixfs_reader;
int unixfs_reader_open(struct store *store, const struct cid *file,
                       uint64_t offset, uint64_t length,
                       struct unixfs_reader **out);
/* Up to size bytes; *got = 0 only at the end. */
int unixfs_reader_read(struct unixfs_reader *reader, uint8_t *data, size_t size,
                       size_t *got);
void unixfs_reader_close(struct unixfs_reader *reader); /* NULL is allowed */

/* Append a whole file; ERR_LIMIT if it is larger than limit_bytes. */
int unixfs_read_file(struct store *store, const struct cid *file,
                     uint64_t limit_bytes, struct buffer *out);

/* Write a file, symlink or directory with everything below it to path, which
 * must not exist. Names that would leave the folder (with '/', "..") are
 * refused; symlinks are written as they are and never followed. On an error
 * what was written so far stays. */
int unixfs_export_path(struct store *store, const struct cid *root,
                       const char *path);

#endif
