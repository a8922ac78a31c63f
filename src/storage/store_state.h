/*
 * Inside of the store: what store.c, store_recovery.c, collection.c and pin.c
 * share. Nobody else includes this.
 *
 * Invariants, whenever the mutex is free:
 *  1. A block's place is what `pending` says, else `committing`, else the
 *     table of blocks; GONE there means that it is not here.
 *  2. A place names whole, verified bytes of a segment that is open.
 *  3. What the table of blocks says has been fdatasynced before.
 *  4. Every section before the watermark that is not in the table of blocks is
 *     garbage; every whole section behind it is a block (GONE apart).
 *  5. Segments are sorted by number; the last one is appended to, the others
 *     are sealed.
 */
#ifndef POND_STORAGE_STORE_STATE_H
#define POND_STORAGE_STORE_STATE_H

#include "base/map.h"
#include "base/rows.h"
#include "storage/segment.h"
#include "storage/store.h"

#include <pthread.h>

#define STORE_MAGIC 0x73746f72u

enum { TABLE_BLOCKS, TABLE_PINS, TABLE_META };

struct place {
    uint32_t segment;
    uint32_t size;   /* of the data in bytes */
    uint64_t offset; /* of the data */
};

/* What a map holds in place of a struct place for a block taken away. */
extern struct place place_gone;

struct store {
    unsigned magic;
    bool read_only;
    char *path, *segment_folder;
    int lock_fd;
    struct rows *rows;
    uint64_t size_max_bytes, free_floor_bytes, segment_size_bytes;

    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t synced;
    struct segment **segments;
    size_t segment_count;
    struct map *pending; /* multihash → struct place, since the last sync */
    struct map *committing; /* the same, of a sync under way; or NULL */
    struct map *suspect;    /* multihashes whose bytes on disk read back wrong:
                               still read, in case the disk thinks better of
                               it, but put again when somebody has them */
    uint64_t changes;       /* counts changes of pending */
    uint64_t changes_synced;
    bool syncing;
    uint64_t bytes_unsynced;
    uint64_t full_until_ms; /* no collection for a full store before this */

    unsigned holds;
    bool collecting;
    struct map *touched; /* multihashes that a collection must leave; only
                            filled while holds or collecting */
    pthread_mutex_t collection_mutex; /* taken before mutex */
};

struct store_hold {
    struct store *store;
};

/* ---- under the mutex ---- */

/* Where a block is; false if it is not here. ERR_* of the index are logged and
 * count as "not here". */
bool store_find(struct store *store, struct bytes key, struct place *out);

/* The segment of that number, opened if need be; NULL if there is none. */
struct segment *store_segment(struct store *store, uint32_t number);

/* Append a block without looking at limits, and enter it. */
int store_append(struct store *store, const struct cid *cid, struct bytes data);

/* Enter a block as gone. */
void store_forget(struct store *store, struct bytes key);

/* Leave this block to whoever just put or found it (see touched). */
void store_touch(struct store *store, struct bytes key);

/* Seal the last segment and begin another. */
int store_roll(struct store *store);

/* ---- without it ---- */

/* Bring segments and index together after opening for writing. */
int store_recover(struct store *store);

/* The index rows of a batch: map of places, and the watermark up to which
 * segments are covered by it. */
int store_commit(struct store *store, const struct map *places,
                 uint32_t segment, uint64_t watermark);

/* Free a map of places and the places. NULL is allowed. */
void store_free_places(struct map *places);

/* A place as a row's value, and back. */
#define PLACE_SIZE 16
void place_write(const struct place *place, uint8_t out[PLACE_SIZE]);
int place_read(struct bytes row, struct place *out);

#endif
