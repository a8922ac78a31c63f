/*
 * The block store: content-addressed blocks in a folder.
 *
 *     lock                   held by the one process that writes
 *     segments/00000001.car  CARv1 files, appended to, then sealed
 *     index/                 LMDB: multihash → place, pins, watermark
 *
 * A block put is visible to this process at once, and durable once a
 * store_sync() that began after it has returned. After a crash everything
 * that was synced is there and nothing torn is ever served: what was written
 * after the last sync is either whole or cut off when the store is opened.
 *
 * Blocks stay until a collection (collection.h) that no pin (pin.h) and no
 * hold protects them from. Blocks are found by multihash: the same bytes under
 * two codecs or CID versions are kept once.
 *
 * One process can have the store open for writing; any number of others can
 * open it read-only meanwhile and see what has been synced.
 *
 * Thread: any, but for store_open() and store_close(), during which no other
 * thread may use the store.
 */
#ifndef POND_STORAGE_STORE_STORE_H
#define POND_STORAGE_STORE_STORE_H

#include "storage/format/cid.h"

/* Larger blocks are refused everywhere (ERR_LIMIT). */
#define STORE_BLOCK_SIZE_MAX CID_BLOCK_SIZE_MAX

/* Large enough that a store of a terabyte has some thousands of files, small
 * enough that emptying one takes seconds. */
#define STORE_SEGMENT_SIZE (256ull << 20)

/* Free disk space under which put refuses, unless options say otherwise. */
#define STORE_FREE_FLOOR (512ull << 20)

struct store;

struct store_options {
    /* ERR_NOT_FOUND if there is no store yet. */
    bool read_only;
    /* The limit on all segments together, garbage included; 0 for none. */
    uint64_t size_max_bytes;
    /* Free space kept on the file system; 0: STORE_FREE_FLOOR. */
    uint64_t free_floor_bytes;
    /* 0: STORE_SEGMENT_SIZE; tests use less. */
    uint64_t segment_size_bytes;
    /* How space comes back when a put finds the store full: a collection
     * (collection_make_room()). Called on the thread of the put, which then
     * looks again. NULL: such a put fails at once. */
    int (*make_room)(struct store *store);
};

/* Open the store in the folder path, making it if absent. options NULL: all
 * defaults. ERR_LOCKED if another process has it open for writing
 * (base/folder_lock.h); ERR_IO, ERR_CORRUPT. */
int store_open(const char *path, const struct store_options *options,
               struct store **out);

/* Syncs (errors are logged) and closes. NULL is allowed. No other thread may
 * be using the store, and no hold may be open (CHECKed). */
void store_close(struct store *store);

/* Put a block, after verifying that cid names data (ERR_CORRUPT). A block that
 * exists already is not written again. ERR_LIMIT above STORE_BLOCK_SIZE_MAX;
 * ERR_FULL if there is no room even after make_room; ERR_IO; ERR_DENIED on
 * a store opened read-only. */
int store_put(struct store *store, const struct cid *cid, struct bytes data);

/* As store_put() for a caller that has just computed cid from data itself. */
int store_put_hashed(struct store *store, const struct cid *cid,
                     struct bytes data);

/* Append the block's bytes to out, verified against cid. ERR_NOT_FOUND, naming
 * the CID; ERR_CORRUPT if the disk returned other bytes; out is unchanged
 * then. From then on the block counts as missing for store_has() and
 * store_put(), so that it can be had and put again. */
int store_get(struct store *store, const struct cid *cid, struct buffer *out);

/* Is the block here? *size (may be NULL): its length in bytes. Identity CIDs
 * are always here. */
bool store_has(struct store *store, const struct cid *cid, size_t *size);

/* The error of a block that is not here: ERR_NOT_FOUND with its text and
 * ERR_REASON_BLOCK. */
int store_absent(const struct cid *cid);

/* Make everything put before this call durable. Calls from several threads
 * share one flush. */
int store_sync(struct store *store);

/*
 * While a hold is open, no collection takes away a block that was put, or
 * found by store_has() or store_put(), since it was opened. A builder of a DAG
 * holds the store until the DAG's root is pinned.
 */
struct store_hold;
struct store_hold *store_hold(struct store *store);
void store_release(struct store_hold *hold); /* NULL is allowed */

struct store_stat {
    /* In the index. */
    uint64_t blocks;
    /* Their data. */
    uint64_t block_bytes;
    /* All segments there are, with what a collection would free. */
    uint64_t disk_bytes;
    uint64_t segments;
    /* 0: no limit. */
    uint64_t size_max_bytes;
};
int store_stat(struct store *store, struct store_stat *out);

/* The same without block_bytes, which take a walk over the index: at once, so
 * that a loop may ask. */
int store_stat_quick(struct store *store, struct store_stat *out);

/* Call each for every block that is synced, in order of multihash, until it
 * returns something other than 0, which is then returned. each must not put
 * or collect. For checking a whole store, and for announcing its blocks to
 * peers. */
int store_each(struct store *store,
               int (*each)(void *user, const struct multihash *hash,
                           size_t size),
               void *user);

#endif
