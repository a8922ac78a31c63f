/*
 * LtHash over rows.
 *
 * Why not a Merkle tree: it would cost O(log n) hashes a changed row and the
 * nodes of the tree in the database, and its proofs of single rows are not
 * needed here. A sum costs one element for the value before and one for the
 * value after, and 2 KiB in all.
 *
 * The sum is of a multiset: it does not show that a row was added twice. So the
 * caller must know the row's value before (update_lattice() in bank_freeze.c),
 * and bank_sum.c checks the result against all rows.
 *
 * The sum of parts is the whole sum, so the changes of a large block are shared
 * out to as many threads as there are cores: elements are half the cost of
 * executing a block again, and the chain waits for them at a slot's end.
 *
 * Pure; any thread.
 */
#include "settlement/state/lattice_hash.h"
#include "base/check.h"
#include "settlement/state/lattice_lanes.h"
#include <endian.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <unistd.h>

/* So many changes are worth a thread: they take some 250 µs, and a thread costs
 * 30. */
#define CHANGES_PER_THREAD 256

/* A thread takes so many changes at a time: few enough that the last of them
 * don't keep the others waiting. */
#define CHANGES_AT_ONCE 64

/* More threads than these would wait for memory. */
#define THREADS_MAX 8

/* With the key's size before it, (key, value) differs from every other way to
 * cut the same bytes in two. */
static void seed_of(struct bytes key, struct bytes value, struct hash *out)
{
    uint8_t size[4];
    crypto_generichash_state hash;
    CHECK(key.size && key.size <= UINT32_MAX);
    u32le_write(size, (uint32_t)key.size);
    crypto_generichash_init(&hash, NULL, 0, sizeof(*out));
    crypto_generichash_update(&hash, size, sizeof(size));
    crypto_generichash_update(&hash, key.data, key.size);
    if (value.size)
        crypto_generichash_update(&hash, value.data, value.size);
    crypto_generichash_final(&hash, out->bytes, sizeof(*out));
}

/* The 1,024 lanes of one row. Vector units run a keyed stream well, and this is
 * the longest part of freezing a block. The lanes are little-endian on every
 * machine. */
static void element(struct bytes key, struct bytes value, struct lattice *out)
{
    struct hash seed;
    seed_of(key, value, &seed);
    static const uint8_t nonce[crypto_stream_chacha20_ietf_NONCEBYTES];
    crypto_stream_chacha20_ietf((uint8_t *)out->lanes, LATTICE_SIZE_BYTES,
                                nonce, seed.bytes);
    for (size_t i = 0; i < LATTICE_LANES; i++)
        out->lanes[i] = le16toh(out->lanes[i]);
}

/* The compiler makes vector instructions of the loop. */
void lattice_add(struct lattice *lattice, struct bytes key, struct bytes value)
{
    struct lattice row;
    element(key, value, &row);
    for (size_t i = 0; i < LATTICE_LANES; i++)
        lattice->lanes[i] = (uint16_t)(lattice->lanes[i] + row.lanes[i]);
}

void lattice_subtract(struct lattice *lattice, struct bytes key,
                      struct bytes value)
{
    struct lattice row;
    element(key, value, &row);
    for (size_t i = 0; i < LATTICE_LANES; i++)
        lattice->lanes[i] = (uint16_t)(lattice->lanes[i] - row.lanes[i]);
}

/* Changes that several threads sum up. Each takes the next few until none are
 * left, since the threads don't get equal shares of the cores. */
struct work {
    const struct lattice_change *changes;
    size_t count;
    atomic_size_t next;
};

/* A thread's part, and the sum over it. */
struct part {
    struct work *work;
    pthread_t thread;
    struct lattice sum;
};

static void sum_change(const struct lattice_change *change,
                       struct lattice *lattice)
{
    if (change->was_there)
        lattice_subtract(lattice, change->key, change->before);
    if (change->is_there)
        lattice_add(lattice, change->key, change->after);
}

static void sum_change_in_lanes(const struct lattice_lanes *lanes,
                                const struct lattice_change *change,
                                struct lattice_sum *sum)
{
    struct hash seed;
    if (change->was_there) {
        seed_of(change->key, change->before, &seed);
        lanes->subtract(sum, &seed);
    }
    if (change->is_there) {
        seed_of(change->key, change->after, &seed);
        lanes->add(sum, &seed);
    }
}

static void *sum_part(void *user)
{
    struct part *part = user;
    struct work *work = part->work;
    const struct lattice_lanes *lanes = lattice_lanes_nth(0);
    struct lattice_sum sum = {0};
    size_t at;
    while ((at = atomic_fetch_add(&work->next, CHANGES_AT_ONCE)) <
           work->count) {
        size_t end = work->count - at < CHANGES_AT_ONCE ? work->count
                                                        : at + CHANGES_AT_ONCE;
        for (; at < end; at++) {
            if (lanes)
                sum_change_in_lanes(lanes, &work->changes[at], &sum);
            else
                sum_change(&work->changes[at], &part->sum);
        }
    }
    if (lanes)
        lanes->finish(&sum, &part->sum);
    return NULL;
}

static size_t thread_count(size_t changes)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t most = cores < 1             ? 1
                  : cores > THREADS_MAX ? THREADS_MAX
                                        : (size_t)cores;
    size_t wanted = changes / CHANGES_PER_THREAD;
    return wanted < 1 ? 1 : wanted < most ? wanted : most;
}

/* The caller's thread sums up the first part. */
void lattice_update(struct lattice *lattice,
                    const struct lattice_change *changes, size_t count)
{
    struct work work = {.changes = changes, .count = count};
    struct part parts[THREADS_MAX];
    size_t part_count = thread_count(count);
    for (size_t i = 0; i < part_count; i++) {
        parts[i] = (struct part){.work = &work};
        if (i > 0)
            CHECK(!pthread_create(&parts[i].thread, NULL, sum_part, &parts[i]));
    }
    sum_part(&parts[0]);
    for (size_t i = 0; i < part_count; i++) {
        if (i > 0)
            CHECK(!pthread_join(parts[i].thread, NULL));
        for (size_t k = 0; k < LATTICE_LANES; k++)
            lattice->lanes[k] =
                (uint16_t)(lattice->lanes[k] + parts[i].sum.lanes[k]);
    }
}

void lattice_checksum(const struct lattice *lattice, struct hash *out)
{
    uint8_t bytes[LATTICE_SIZE_BYTES];
    lattice_write(lattice, bytes);
    crypto_generichash(out->bytes, sizeof(out->bytes), bytes, sizeof(bytes),
                       NULL, 0);
}

void lattice_write(const struct lattice *lattice,
                   uint8_t out[LATTICE_SIZE_BYTES])
{
    for (size_t i = 0; i < LATTICE_LANES; i++)
        u16le_write(out + 2 * i, lattice->lanes[i]);
}

void lattice_read(struct lattice *lattice, const uint8_t in[LATTICE_SIZE_BYTES])
{
    for (size_t i = 0; i < LATTICE_LANES; i++)
        lattice->lanes[i] = u16le_read(in + 2 * i);
}
