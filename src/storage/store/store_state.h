/*
 * Inside of the store: what store_*.c and the room "keep" share. No other
 * module includes this.
 *
 * Invariants, whenever the mutex is free:
 *  1. A block's place is what `pending` says, else `committing`, else the
 *     table of blocks; GONE there means that it is not here.
 *  2. A place names whole, verified bytes of a segment that is open.
 *  3. What the table of blocks says has been fdatasynced before.
 *  4. Every section before the watermark that is not in the table of blocks is
 *     garbage; every whole section after it is a block (GONE apart).
 *  5. Segments are sorted by number; the last one is appended to, the others
 *     are sealed.
 */
#ifndef POND_STORAGE_STORE_STORE_STATE_H
#define POND_STORAGE_STORE_STORE_STATE_H

#include "base/folder_lock.h"
#include "base/lock.h"
#include "base/map.h"
#include "base/rows.h"
#include "storage/store/segment.h"
#include "storage/store/store.h"

/* "stor". */
#define STORE_MAGIC 0x73746f72u

/* Rows of blocks: multihash → place. Of pins: see pin.c. Meta: the watermark.
 */
enum { TABLE_BLOCKS, TABLE_PINS, TABLE_META, TABLES };

/* Where the bytes of a block stand. */
struct place {
    /* Number of the segment, from 1. */
    uint32_t segment;
    /* The size of the data, at most STORE_BLOCK_SIZE_MAX bytes. */
    uint32_t size;
    /* The place of the data in the file; the section begins some 40 bytes
     * before. */
    uint64_t offset;
};

/* What a map holds in place of a struct place for a block taken away. */
extern struct place place_gone;

struct store {
    unsigned magic;
    bool read_only;
    /* Both are needed after opening: for free space, for new segments. */
    char *path, *segment_folder;
    struct folder_lock *lock; /* NULL: opened for reading */
    /* Its transactions are not under the mutex: LMDB has its own. */
    struct rows *rows;
    /* As in the options, with defaults; a maximum of 0 means no limit. */
    uint64_t size_max_bytes, free_floor_bytes, segment_size_bytes;
    /* As in the options, or NULL. */
    int (*make_room)(struct store *store);

    /* Guards all below, and the fields of the segments that change. */
    struct lock mutex;
    /* Broadcast at the end of each batch, good or bad. */
    struct lock_change synced;
    /* In order of number. A reader has opened only those it was asked for. */
    struct segment **segments;
    size_t segment_count;
    /* The highest number that a segment has or had. */
    uint32_t number_last;
    /* multihash → struct place, since the last sync. */
    struct map *pending;
    /* The same, of a sync under way; or NULL. Only read meanwhile. */
    struct map *committing;
    /* Multihashes whose bytes on disk read back wrong. They are still read,
     * because the disk may recover, but a put writes them again. */
    struct map *suspect;
    /* Counts changes of pending since opening. A caller of store_sync() waits
     * until changes_synced has come to what it found here. */
    uint64_t changes;
    /* What changes was when the last good batch was taken. */
    uint64_t changes_synced;
    /* Some of pending stands in segments that have failed: the next batch
     * appends it anew. */
    bool rescue_due;
    /* Blocks that were put are lost. No put and no sync succeeds until the
     * store is opened anew, so that no caller takes them for durable. */
    bool broken;
    /* A batch is under way: one at a time. */
    bool syncing;
    /* The data put since the last batch was taken; see UNSYNCED_BYTES_MAX. */
    uint64_t bytes_unsynced;
    /* No collection for a full store before this (monotonic clock). */
    uint64_t full_until_ms;

    /* Guards the three below. Taken after the mutex, never before it, and never
     * held while a disk works. */
    struct lock hold_lock;
    /* The number of open holds; each belongs to its opener. */
    unsigned holds;
    /* From before the mark until after the sweep. */
    bool collecting;
    /* Multihashes that a collection must leave; only filled while holds or
     * collecting, and emptied when the last of them ends. */
    struct map *touched;
    /* Held through a whole collection; taken before mutex. */
    struct lock collection_mutex;
};

/* All that counts is how many there are; the handle is for the caller's CHECK.
 */
struct store_hold {
    struct store *store;
};

/* ---- store_index.c: the rows; no mutex is needed ---- */

/* The place that the index has for a block. ERR_NOT_FOUND, without a text. */
int store_index_find(struct store *store, struct bytes key, struct place *out);

/* The rows of a batch: map of places, and the watermark up to which segments
 * are covered by it. */
int store_index_commit(struct store *store, const struct map *places,
                       uint32_t segment, uint64_t watermark);

/* The watermark of the last batch; *segment 0: there was none. */
int store_index_watermark(struct store *store, uint32_t *segment,
                          uint64_t *offset);

/* Call each for every row in order of multihash, until it returns something
 * other than 0, which is then returned. Blocks put meanwhile are not seen,
 * blocks taken away still are. */
int store_index_each(struct store *store,
                     int (*each)(void *user, struct bytes key,
                                 const struct place *place),
                     void *user);

/* How many rows there are. */
int store_index_count(struct store *store, uint64_t *out);

/* Free a map of places and the places. NULL is allowed. */
void store_index_free_places(struct map *places);

/* ---- store_read.c: under the mutex ---- */

/* Where a block is; false if it is not here. ERR_* of the index are logged and
 * count as "not here". */
bool store_find(struct store *store, struct bytes key, struct place *out);

/* As store_find(), but a block that read back wrong counts as missing. */
bool store_find_sound(struct store *store, struct bytes key, struct place *out);

/* What the segments take on disk in bytes, with garbage: what a size limit is
 * about. A sum over some hundred segments. Only of a store open for writing,
 * which knows all of its segments (CHECKed). */
uint64_t store_disk_bytes(const struct store *store);

/* The segment of that number, opened if need be, or NULL. */
struct segment *store_segment(struct store *store, uint32_t number);

/* ---- store_hold.c ---- */

/* Keep this block from collections, because a caller has just put or found it
 * (see touched). Under the mutex. */
void store_touch(struct store *store, struct bytes key);

/* Thread: any. Under the mutex the answer holds until the mutex is given away.
 */
bool store_is_touched(struct store *store, struct bytes key);

/* A collection begins, or has ended. CHECKed: not twice. */
void store_set_collecting(struct store *store, bool collecting);
bool store_is_collecting(struct store *store);

/* ---- store_append.c: under the mutex ---- */

/* Append a block without looking at limits, and enter it. */
int store_append(struct store *store, const struct cid *cid, struct bytes data);

/* Enter a block as gone. */
void store_forget(struct store *store, struct bytes key);

/* Seal the last segment and begin another. */
int store_roll(struct store *store);

/* ---- store_sync.c ---- */

/* ERR_IO with the text for a store that is broken (see there). */
int store_broken(const struct store *store);

/* ---- store_recovery.c: while the store is opened for writing ---- */

/* Bring segments and index together. */
int store_recover(struct store *store);

/* The numbers of the segments in the folder, sorted; free() them. */
int store_list_segments(const struct store *store, uint32_t **numbers,
                        size_t *count);

#endif
