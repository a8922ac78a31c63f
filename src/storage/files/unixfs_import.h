/*
 * UnixFS import: files, directories and symlinks become DAGs in the store.
 *
 * The same input gives the same CID as Kubo and Helia under the same profile
 * (IPIP-499). Files are read as streams; memory depends on the chunk size and
 * the number of threads, not on the file. Leaves are hashed by several
 * threads; the calling thread reads and builds the tree.
 *
 * The caller holds the store (store_hold()) until the root is pinned, and syncs
 * (pin_add() does).
 *
 * Thread: any; an import belongs to the thread that began it.
 */
#ifndef POND_STORAGE_FILES_UNIXFS_IMPORT_H
#define POND_STORAGE_FILES_UNIXFS_IMPORT_H

#include "storage/format/unixfs.h"
#include "storage/store/store.h"

/* How the size of a directory is measured against hamt_threshold_bytes. */
enum unixfs_size_estimate {
    /* Name and CID of each entry. */
    UNIXFS_SIZE_LINKS,
    /* The whole block as it would be encoded. */
    UNIXFS_SIZE_BLOCK,
};

struct unixfs_profile {
    /* The name in IPIP-0499. */
    const char *name;
    uint8_t cid_version;
    /* Else leaves are dag-pb files. */
    bool raw_leaves;
    /* Content of a leaf; the last one may have less. */
    uint32_t chunk_bytes;
    /* Children of a file's inner node. */
    uint32_t links_max;
    /* A directory larger than this is sharded. */
    uint32_t hamt_threshold_bytes;
    enum unixfs_size_estimate size_estimate;
};

/* "unixfs-v1-2025": CIDv1, raw leaves, 1 MiB chunks, 1,024 links. */
extern const struct unixfs_profile unixfs_profile_v1_2025;
/* "unixfs-v0-2015": CIDv0, dag-pb leaves, 256 KiB chunks, 174 links. */
extern const struct unixfs_profile unixfs_profile_v0_2015;

/* The profile of that name, or NULL. */
const struct unixfs_profile *unixfs_profile_named(const char *name);

struct unixfs_import_options {
    /* NULL: unixfs_profile_v1_2025. */
    const struct unixfs_profile *profile;
    /* Threads that hash leaves; 0: one a processor, at most 16. */
    unsigned threads;
    /* Take entries whose name begins with a dot, too. */
    bool hidden;
    /* Called after each file and directory, children first, the root last.
     * path: as given to unixfs_import_path() and extended below it. Another
     * number than 0 ends the import and is returned. NULL: none. */
    int (*entry)(void *user, const char *path,
                 const struct unixfs_entry *entry);
    /* Called as content is read, with the bytes read by this import so far.
     * NULL: none. */
    void (*progress)(void *user, uint64_t bytes);
    void *user;
};

/* Fill up to size bytes at data; *got = 0 only at the end. */
typedef int unixfs_read_fn(void *user, uint8_t *data, size_t size, size_t *got);

/*
 * store NULL: nothing is kept, only the CID is found. options NULL: defaults.
 * The stream is for uploads, which are imported as they come.
 */
int unixfs_import_stream(struct store *store,
                         const struct unixfs_import_options *options,
                         unixfs_read_fn *read, void *read_user,
                         struct unixfs_entry *out);
int unixfs_import_bytes(struct store *store,
                        const struct unixfs_import_options *options,
                        struct bytes data, struct unixfs_entry *out);

/* A file, a symlink or a folder with everything below it, names in the order
 * of their bytes. Sockets, devices and pipes are refused (ERR_UNSUPPORTED).
 * ERR_NOT_FOUND, ERR_IO, ERR_LIMIT (deeper than DAG_DEPTH_MAX). */
int unixfs_import_path(struct store *store,
                       const struct unixfs_import_options *options,
                       const char *path, struct unixfs_entry *out);

int unixfs_import_symlink(struct store *store,
                          const struct unixfs_import_options *options,
                          struct bytes target, struct unixfs_entry *out);

/* A directory built entry by entry, in any order; sharded once it is larger
 * than the profile's threshold. */
struct unixfs_directory;
struct unixfs_directory *
unixfs_directory_new(struct store *store,
                     const struct unixfs_import_options *options);
/* ERR_EXISTS if the name exists; ERR_INVALID if it is empty, "." or "..", or
 * holds '/' or NUL. */
int unixfs_directory_add(struct unixfs_directory *directory, struct bytes name,
                         const struct unixfs_entry *entry);
/* Write it. The directory can be added to and finished again. */
int unixfs_directory_finish(struct unixfs_directory *directory,
                            struct unixfs_entry *out);
void unixfs_directory_free(struct unixfs_directory *directory);

#endif
