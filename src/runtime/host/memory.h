/*
 * Runtime memory: what a task keeps while it runs. A map from keys to bytes
 * with a budget, an optional time to live, and two kinds of entry: those that
 * must stay (state, sessions: a full memory is an error) and those that may go
 * (caches: the least recently used entry gives way). The memory survives a
 * replaced worker. It is lost with the node, but for the entries that are asked
 * to persist: those are in a snapshot, which the owner writes and reads again.
 *
 * Pure: time is an argument, in milliseconds of any clock that does not go
 * back. Not thread-safe: it belongs to the thread of the node's loop.
 */
#ifndef POND_RUNTIME_HOST_MEMORY_H
#define POND_RUNTIME_HOST_MEMORY_H

#include "base/buffer.h"

/* Longer keys are refused. */
#define MEMORY_KEY_MAX 1024

/* What each entry costs beside key and value: about the size of its structures,
 * so that many tiny entries can't outgrow the budget. */
#define MEMORY_ENTRY_COST 160

struct memory;

enum memory_kind {
    /* Stays until it is removed or its time is over. */
    MEMORY_KEEP,
    /* May be evicted when room is needed. */
    MEMORY_CACHE,
};

struct memory_options {
    enum memory_kind kind;
    /* 0 means no end. */
    uint64_t ttl_ms;
    /* Each read starts the time to live anew: a session. */
    bool sliding;
    /* Comes into snapshots. Not for MEMORY_CACHE. */
    bool persists;
};

struct memory *memory_new(uint64_t budget_bytes);
void memory_free(struct memory *memory); /* NULL is allowed */

/* Put value at key in place of an older value. Without options (NULL) the entry
 * stays and has no end. ERR_LIMIT if key is empty or too long. ERR_FULL, naming
 * the budget, if there is no room even after evicting; then the old value
 * stays. */
int memory_set(struct memory *memory, uint64_t now_ms, struct bytes key,
               struct bytes value, const struct memory_options *options);

/* *value is valid until the next memory_* call. ERR_NOT_FOUND, without a text,
 * if the entry does not exist or its time is over. */
int memory_get(struct memory *memory, uint64_t now_ms, struct bytes key,
               struct bytes *value);

/* True if there was an entry. */
bool memory_remove(struct memory *memory, uint64_t now_ms, struct bytes key);

/* Drop the entries whose time is over and return their number. Reads never see
 * such entries; this only gives their room back early. */
size_t memory_expire(struct memory *memory, uint64_t now_ms);

/* Walk the keys that begin with prefix, in no particular order: start with
 * *position = 0; false at the end. No change between calls. */
bool memory_next(struct memory *memory, uint64_t now_ms, struct bytes prefix,
                 size_t *position, struct bytes *key, struct bytes *value);

struct memory_statistics {
    uint64_t budget_bytes;
    uint64_t used_bytes;
    uint64_t entries;
    /* Since memory_new(). */
    uint64_t evicted;
    uint64_t expired;
};
void memory_statistics(const struct memory *memory,
                       struct memory_statistics *out);

/* True if an entry that persists came or went since the last snapshot. */
bool memory_is_changed(const struct memory *memory);
/* The last snapshot was not kept: it is changed again. */
void memory_not_saved(struct memory *memory);

/* Write the entries that persist, with what is left of their time to live, into
 * an empty buffer. It is a snapshot once it is sealed with its hash, which
 * another thread may do. */
void memory_snapshot(struct memory *memory, uint64_t now_ms,
                     struct buffer *out);
void memory_snapshot_seal(struct buffer *snapshot);

/* The longest snapshot that a memory of this budget makes. */
size_t memory_snapshot_size_max(const struct memory *memory);

/* Add the entries of a snapshot. ERR_CORRUPT if it is not what
 * memory_snapshot() wrote, ERR_FULL if the budget is lower now: in both cases
 * nothing was added. */
int memory_restore(struct memory *memory, uint64_t now_ms,
                   struct bytes snapshot);

#endif
