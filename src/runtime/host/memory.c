/*
 * Entries are in a map by key and in a list for each kind by use, newest first.
 * Caches are evicted from the end of their list, so eviction never walks past
 * entries that must stay. The list of kept entries gives the order in which
 * they are saved.
 *
 * The account uses sizes and a fixed cost for each entry, not what malloc()
 * took: it must be the same on every machine, or a task would fit on one and
 * not on another.
 *
 * A time to live is checked when its entry is used, and all are checked when
 * room is short. There is no timer: a task has some thousands of entries, and
 * an entry whose time is over costs only its room.
 *
 * Invariants:
 * 1. Each entry is in the map and in the list of its kind, in both or in none.
 * 2. used_bytes is the sum of cost_of() over all entries, at most the budget.
 * 3. A list's order is that of the last memory_set() or memory_get().
 */
#include "runtime/host/memory.h"
#include "base/check.h"
#include "base/error.h"
#include "base/map.h"
#include "base/memory.h"
#include "crypto/hash.h"
#include <inttypes.h>
#include <stdlib.h>

/* "memy". */
#define MAGIC 0x6d656d79u

/* A snapshot is this line, the SHA-256 of what follows, and entries: key size,
 * value size, rest of the time to live, time to live and flags, little-endian,
 * followed by the bytes of key and value. */
static const char file_head[] = "pond memory 1\n";
#define HEAD_SIZE (sizeof(file_head) - 1 + sizeof(struct hash))
/* Other bits are 0, and ignored when read. */
#define FILE_FLAG_SLIDING 1u

struct entry {
    struct entry *newer;
    struct entry *older;
    /* The options given; a sliding end needs ttl_ms again. */
    struct memory_options options;
    /* 0: none. */
    uint64_t end_ms;
    size_t key_size;
    size_t value_size;
    /* Key, then value. */
    uint8_t bytes[];
};

struct memory {
    uint32_t magic;
    /* Key → struct entry. */
    struct map *entries;
    /* By kind. */
    struct entry *newest[2];
    struct entry *oldest[2];
    struct memory_statistics statistics;
    /* Something that persists came or went since the last snapshot. Sliding
     * ends and the order of use don't count: they would mean a snapshot for
     * every read. */
    bool changed;
};

struct memory *memory_new(uint64_t budget_bytes)
{
    struct memory *memory = mem_zero(1, sizeof(*memory));
    CHECK(budget_bytes > 0);
    memory->magic = MAGIC;
    memory->entries = map_new();
    memory->statistics.budget_bytes = budget_bytes;
    return memory;
}

/* Sizes are bounded by the message limits, so the sum does not overflow. */
static uint64_t cost_of(size_t key_size, size_t value_size)
{
    return (uint64_t)key_size + value_size + MEMORY_ENTRY_COST;
}

/* Each kind has its own list, so that eviction finds the oldest cache at once.
 */
static void link_newest(struct memory *memory, struct entry *entry)
{
    struct entry **newest = &memory->newest[entry->options.kind];
    entry->newer = NULL;
    entry->older = *newest;
    if (*newest)
        (*newest)->newer = entry;
    else
        memory->oldest[entry->options.kind] = entry;
    *newest = entry;
}

/* The entry's own links are stale afterwards; it is freed or linked anew. */
static void unlink_entry(struct memory *memory, struct entry *entry)
{
    if (entry->newer)
        entry->newer->older = entry->older;
    else
        memory->newest[entry->options.kind] = entry->older;
    if (entry->older)
        entry->older->newer = entry->newer;
    else
        memory->oldest[entry->options.kind] = entry->newer;
}

/* An entry is one allocation: key and value follow the struct. */
static struct bytes key_of(const struct entry *entry)
{
    return bytes_make(entry->bytes, entry->key_size);
}

static struct bytes value_of(const struct entry *entry)
{
    return bytes_make(entry->bytes + entry->key_size, entry->value_size);
}

/* The one way an entry goes, so the account can't drift. */
static void drop(struct memory *memory, struct entry *entry)
{
    struct memory_statistics *statistics = &memory->statistics;
    uint64_t cost = cost_of(entry->key_size, entry->value_size);
    CHECK(statistics->used_bytes >= cost && statistics->entries);
    CHECK(map_remove(memory->entries, key_of(entry)) == entry);
    unlink_entry(memory, entry);
    statistics->used_bytes -= cost;
    statistics->entries--;
    if (entry->options.persists)
        memory->changed = true;
    free(entry);
}

/* Through drop(), so that its checks of the account hold at the end, too. */
void memory_free(struct memory *memory)
{
    if (!memory)
        return;
    CHECK_MAGIC(memory, MAGIC);
    /* Both lists together are all entries. */
    for (int kind = 0; kind < 2; kind++)
        while (memory->newest[kind])
            drop(memory, memory->newest[kind]);
    map_free(memory->entries);
    memory->magic = 0;
    free(memory);
}

/* At its end an entry is gone: a time to live of n ms is n ms of life. */
static bool is_over(const struct entry *entry, uint64_t now_ms)
{
    return entry->end_ms && now_ms >= entry->end_ms;
}

/* The entry if its time is not over; else it is dropped. */
static struct entry *find(struct memory *memory, uint64_t now_ms,
                          struct bytes key)
{
    struct entry *entry = map_get(memory->entries, key);
    if (entry && is_over(entry, now_ms)) {
        drop(memory, entry);
        memory->statistics.expired++;
        return NULL;
    }
    return entry;
}

/* Room for needed bytes more. Nothing is evicted if that would not do: first it
 * is summed up what could go, then as much goes as must, the least recently
 * used first. replaced: the entry that is about to go anyway, whose room the
 * caller has counted; NULL: none. */
static bool make_room(struct memory *memory, uint64_t now_ms, uint64_t needed,
                      const struct entry *replaced)
{
    struct memory_statistics *statistics = &memory->statistics;
    uint64_t freeable = 0;
    if (needed > statistics->budget_bytes)
        return false;
    if (statistics->used_bytes + needed <= statistics->budget_bytes)
        return true;
    memory_expire(memory, now_ms);
    /* The sum is a walk over all caches, but only when memory is full. */
    for (struct entry *entry = memory->oldest[MEMORY_CACHE]; entry;
         entry = entry->newer)
        if (entry != replaced)
            freeable += cost_of(entry->key_size, entry->value_size);
    /* No underflow: what is freeable is part of what is used. */
    if (statistics->used_bytes - freeable + needed > statistics->budget_bytes)
        return false;
    struct entry *entry = memory->oldest[MEMORY_CACHE];
    while (statistics->used_bytes + needed > statistics->budget_bytes) {
        CHECK(entry);
        struct entry *newer = entry->newer;
        if (entry != replaced) {
            drop(memory, entry);
            statistics->evicted++;
        }
        entry = newer;
    }
    return true;
}

/* When an entry set or read now is over; 0: never. */
static uint64_t end_of(const struct memory_options *options, uint64_t now_ms)
{
    if (!options->ttl_ms)
        return 0;
    /* Beyond the clock's range is no end. */
    return options->ttl_ms > UINT64_MAX - now_ms ? 0 : now_ms + options->ttl_ms;
}

/* Room is made before anything is changed: a refusal leaves all as it was. */
int memory_set(struct memory *memory, uint64_t now_ms, struct bytes key,
               struct bytes value, const struct memory_options *options)
{
    static const struct memory_options keep = {0};
    CHECK_MAGIC(memory, MAGIC);
    if (!options)
        options = &keep;
    if (!key.size || key.size > MEMORY_KEY_MAX)
        return err_set(ERR_LIMIT, "a key of %zu bytes: 1 to %d are allowed",
                       key.size, MEMORY_KEY_MAX);
    CHECK(!options->persists || options->kind == MEMORY_KEEP);
    /* make_room() may drop entries past their time, but not this one: find()
     * has just dropped it if it was. */
    struct entry *old = find(memory, now_ms, key);
    uint64_t cost = cost_of(key.size, value.size);
    uint64_t old_cost = old ? cost_of(old->key_size, old->value_size) : 0;
    if (cost > old_cost && !make_room(memory, now_ms, cost - old_cost, old))
        return err_set(ERR_FULL,
                       "no room for %" PRIu64 " bytes: %" PRIu64
                       " of the memory budget of %" PRIu64 " bytes are used",
                       cost, memory->statistics.used_bytes,
                       memory->statistics.budget_bytes);
    struct entry *entry = mem_alloc(sizeof(*entry) + key.size + value.size);
    entry->options = *options;
    entry->end_ms = end_of(options, now_ms);
    entry->key_size = key.size;
    entry->value_size = value.size;
    /* key and value may lie in the entry that goes. */
    memcpy(entry->bytes, key.data, key.size);
    if (value.size)
        memcpy(entry->bytes + key.size, value.data, value.size);
    if (old)
        drop(memory, old);
    CHECK(!map_put(memory->entries, key_of(entry), entry));
    link_newest(memory, entry);
    memory->statistics.used_bytes += cost;
    memory->statistics.entries++;
    if (options->persists)
        memory->changed = true;
    return 0;
}

/* A read is a use: it moves the entry to the front. */
int memory_get(struct memory *memory, uint64_t now_ms, struct bytes key,
               struct bytes *value)
{
    CHECK_MAGIC(memory, MAGIC);
    struct entry *entry = find(memory, now_ms, key);
    if (!entry)
        return ERR_NOT_FOUND;
    /* To the front of its list. */
    unlink_entry(memory, entry);
    link_newest(memory, entry);
    if (entry->options.sliding)
        entry->end_ms = end_of(&entry->options, now_ms);
    *value = value_of(entry);
    return 0;
}

bool memory_remove(struct memory *memory, uint64_t now_ms, struct bytes key)
{
    CHECK_MAGIC(memory, MAGIC);
    struct entry *entry = find(memory, now_ms, key);
    if (entry)
        drop(memory, entry);
    return entry != NULL;
}

/* This walks over all entries. It is called if room is short, and by owners who
 * want the room back earlier. */
size_t memory_expire(struct memory *memory, uint64_t now_ms)
{
    size_t dropped = 0;
    struct entry *newer;
    CHECK_MAGIC(memory, MAGIC);
    for (int kind = 0; kind < 2; kind++)
        for (struct entry *entry = memory->oldest[kind]; entry; entry = newer) {
            /* Read first: drop() frees the entry. */
            newer = entry->newer;
            if (!is_over(entry, now_ms))
                continue;
            drop(memory, entry);
            dropped++;
        }
    memory->statistics.expired += dropped;
    return dropped;
}

/* Entries past their time are passed over, not dropped: the walk must not
 * change the map. */
bool memory_next(struct memory *memory, uint64_t now_ms, struct bytes prefix,
                 size_t *position, struct bytes *key, struct bytes *value)
{
    void *entry;
    CHECK_MAGIC(memory, MAGIC);
    while (map_next(memory->entries, position, key, &entry)) {
        if (is_over(entry, now_ms) || !bytes_begin_with(*key, prefix))
            continue;
        *value = value_of(entry);
        return true;
    }
    return false;
}

void memory_statistics(const struct memory *memory,
                       struct memory_statistics *out)
{
    CHECK_MAGIC(memory, MAGIC);
    *out = memory->statistics;
}

bool memory_is_changed(const struct memory *memory)
{
    CHECK_MAGIC(memory, MAGIC);
    return memory->changed;
}

void memory_not_saved(struct memory *memory)
{
    CHECK_MAGIC(memory, MAGIC);
    memory->changed = true;
}

/* An entry costs more in memory than here. */
size_t memory_snapshot_size_max(const struct memory *memory)
{
    return HEAD_SIZE + memory->statistics.budget_bytes;
}

void memory_snapshot(struct memory *memory, uint64_t now_ms, struct buffer *out)
{
    CHECK_MAGIC(memory, MAGIC);
    CHECK(!out->size);
    buffer_text(out, file_head);
    buffer_resize(out, HEAD_SIZE);
    /* Oldest first, so that restoring rebuilds the order of use. */
    for (const struct entry *entry = memory->oldest[MEMORY_KEEP]; entry;
         entry = entry->newer) {
        if (!entry->options.persists || is_over(entry, now_ms))
            continue;
        buffer_u32le(out, (uint32_t)entry->key_size);
        buffer_u64le(out, entry->value_size);
        buffer_u64le(out, entry->end_ms ? entry->end_ms - now_ms : 0);
        buffer_u64le(out, entry->options.ttl_ms);
        buffer_u32le(out, entry->options.sliding ? FILE_FLAG_SLIDING : 0);
        buffer_bytes(out, key_of(entry));
        buffer_bytes(out, value_of(entry));
    }
    memory->changed = false;
}

void memory_snapshot_seal(struct buffer *snapshot)
{
    struct hash hash;
    CHECK(snapshot->size >= HEAD_SIZE);
    hash_sha256(
        bytes_make(snapshot->data + HEAD_SIZE, snapshot->size - HEAD_SIZE),
        &hash);
    memcpy(snapshot->data + HEAD_SIZE - sizeof(hash), hash.bytes, sizeof(hash));
}

/* One entry of the file, pointing into it. */
struct saved {
    struct bytes key;
    struct bytes value;
    /* What was left of its time to live; 0: no end. */
    uint64_t left_ms;
    struct memory_options options;
};

/* The sizes are checked by the reader, which does not run past the file's end.
 */
static int read_saved(struct reader *reader, struct saved *saved)
{
    uint32_t key_size, flags;
    uint64_t value_size;
    int status = reader_u32le(reader, &key_size);
    if (!status)
        status = reader_u64le(reader, &value_size);
    if (!status)
        status = reader_u64le(reader, &saved->left_ms);
    if (!status)
        status = reader_u64le(reader, &saved->options.ttl_ms);
    if (!status)
        status = reader_u32le(reader, &flags);
    if (!status)
        status = reader_take(reader, key_size, &saved->key);
    if (!status)
        status = reader_take(reader, value_size, &saved->value);
    /* What memory_set() would refuse can't have been saved. */
    if (!status && (!key_size || key_size > MEMORY_KEY_MAX))
        status = err_set(ERR_CORRUPT, "a key of %u bytes", key_size);
    if (!status)
        saved->options.sliding = flags & FILE_FLAG_SLIDING;
    saved->options.persists = true;
    return status;
}

/* The whole file is read through before anything is added. */
static int check_saved(const struct memory *memory, struct reader reader)
{
    uint64_t needed = memory->statistics.used_bytes;
    while (reader.left.size) {
        struct saved saved = {0};
        if (read_saved(&reader, &saved))
            return err_add(ERR_CORRUPT, "not a file of saved memory");
        needed += cost_of(saved.key.size, saved.value.size);
    }
    if (needed > memory->statistics.budget_bytes)
        return err_set(ERR_FULL,
                       "%" PRIu64 " bytes were saved, the memory budget is "
                       "%" PRIu64,
                       needed, memory->statistics.budget_bytes);
    return 0;
}

static int check_head(struct bytes snapshot, struct reader *out)
{
    struct bytes head, hash;
    struct hash own;
    *out = reader_make(snapshot);
    if (reader_take(out, strlen(file_head), &head) ||
        !bytes_equal(head, bytes_text(file_head)) ||
        reader_take(out, sizeof(own), &hash))
        return err_set(ERR_CORRUPT, "not a snapshot of memory");
    hash_sha256(out->left, &own);
    if (memcmp(own.bytes, hash.data, sizeof(own)))
        return err_set(ERR_CORRUPT, "the snapshot is damaged");
    return 0;
}

/* It holds the rest of each time to live, because the process that made it had
 * another clock. What was restored is not changed by that. */
int memory_restore(struct memory *memory, uint64_t now_ms,
                   struct bytes snapshot)
{
    struct reader reader;
    bool changed = memory->changed;
    CHECK_MAGIC(memory, MAGIC);
    int status = check_head(snapshot, &reader);
    if (!status)
        status = check_saved(memory, reader);
    while (!status && reader.left.size) {
        struct saved saved = {0};
        /* check_saved() has read the same bytes. */
        CHECK(!read_saved(&reader, &saved));
        status =
            memory_set(memory, now_ms, saved.key, saved.value, &saved.options);
        struct entry *entry = map_get(memory->entries, saved.key);
        /* memory_set() began the time to live anew; it goes on instead. */
        if (!status && saved.left_ms)
            entry->end_ms = now_ms + saved.left_ms;
    }
    memory->changed = changed;
    return status;
}
