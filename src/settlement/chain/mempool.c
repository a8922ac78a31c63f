/*
 * Two heaps over the same entries: the best on top of one, for taking; the
 * worst on top of the other, for making room. Each entry knows its place in
 * both, so that taking it out of one takes it out of the other in O(log n).
 *
 * Why not one sorted tree: heaps are arrays that are made once, with nothing to
 * allocate or to balance, and nobody asks for any order but the two ends.
 *
 * The order is by what is offered, and by arrival among equals. It is not by
 * what is offered for each unit of work, as on Solana. What a transaction uses
 * is known only once it has run: nearly all take microseconds, a large payout
 * some 80 ms. The limit it asks for says little about that, because Koii's
 * clients ask for none. The producer bounds what a block's transactions use
 * together.
 *
 * An entry does not age. It leaves when it is taken or when better ones push it
 * out; if its blockhash is too old by the time it is taken, the bank says so,
 * and that costs little.
 *
 * One lock over all of it, held for a few steps in the heaps. Signatures are
 * verified and bytes copied outside of it. A transaction that is there already
 * is told twice: before the verification, to save that, and under the lock, to
 * be sure.
 */
#include "settlement/chain/mempool.h"

#include "base/check.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/map.h"
#include "base/memory.h"
#include "settlement/bank/bank.h"
#include "settlement/bank/nonce_account.h"
#include <stdlib.h>
#include <time.h>

#define MEMPOOL_MAGIC 0x4d454d50u

/* HEAP_BEST has the best entry at place 0, HEAP_WORST the worst. */
enum heap { HEAP_BEST, HEAP_WORST, HEAP_COUNT };

/* wire is the entry's own; the key in by_signature points into it, so the entry
 * leaves the map before its bytes go. */
struct entry_waiting {
    uint64_t fee;
    uint64_t arrival;
    size_t place[HEAP_COUNT];
    struct buffer wire;
};

/* Invariants, with the lock: both heaps hold the same count entries, each at
 * the place it names; by_signature holds exactly them. woken is
 * mempool_wake()'s word until the next wait has seen it, so that a wake before
 * the wait is not lost. */
struct mempool {
    unsigned magic;
    struct lock lock;
    struct lock_change changed;
    size_t limit;
    size_t count;
    uint64_t arrivals;
    bool woken;
    struct entry_waiting **heaps[HEAP_COUNT]; /* limit places each */
    struct map *by_signature;                 /* of the entries that wait */
};

/* All room for entries is taken here. */
struct mempool *mempool_new(size_t transactions_max)
{
    CHECK(transactions_max > 0);
    struct mempool *mempool = mem_zero(1, sizeof(*mempool));
    mempool->magic = MEMPOOL_MAGIC;
    mempool->limit = transactions_max;
    for (int heap = 0; heap < HEAP_COUNT; heap++)
        mempool->heaps[heap] =
            mem_zero(transactions_max, sizeof(*mempool->heaps[heap]));
    mempool->by_signature = map_new();
    lock_init(&mempool->lock);
    /* clock.h's monotonic clock, so that a set wall clock wakes nobody. */
    lock_change_init(&mempool->changed);
    return mempool;
}

static void entry_free(struct entry_waiting *entry)
{
    buffer_free(&entry->wire);
    free(entry);
}

/* When no other thread calls any more. */
void mempool_free(struct mempool *mempool)
{
    if (!mempool)
        return;
    CHECK_MAGIC(mempool, MEMPOOL_MAGIC);
    for (size_t i = 0; i < mempool->count; i++)
        entry_free(mempool->heaps[HEAP_BEST][i]);
    for (int heap = 0; heap < HEAP_COUNT; heap++)
        free(mempool->heaps[heap]);
    map_free(mempool->by_signature);
    lock_change_destroy(&mempool->changed);
    lock_destroy(&mempool->lock);
    mempool->magic = 0;
    free(mempool);
}

/* ---- Heaps ---- */

/* Arrivals are unique, so no two entries are equal and the order does not
 * depend on where the heaps have them. */
static bool is_better(const struct entry_waiting *a,
                      const struct entry_waiting *b)
{
    return a->fee != b->fee ? a->fee > b->fee : a->arrival < b->arrival;
}

/* True if a belongs above b. */
static bool is_above(enum heap heap, const struct entry_waiting *a,
                     const struct entry_waiting *b)
{
    return heap == HEAP_BEST ? is_better(a, b) : is_better(b, a);
}

/* The only place that moves an entry, so that places stay true. */
static void put_at(struct mempool *mempool, enum heap heap, size_t place,
                   struct entry_waiting *entry)
{
    mempool->heaps[heap][place] = entry;
    entry->place[heap] = place;
}

/* Towards the top, until its parent is above it. The hole is moved and the
 * entry put once. */
static void rise(struct mempool *mempool, enum heap heap, size_t place)
{
    struct entry_waiting **entries = mempool->heaps[heap];
    struct entry_waiting *entry = entries[place];
    while (place > 0) {
        size_t parent = (place - 1) / 2;
        if (!is_above(heap, entry, entries[parent]))
            break;
        put_at(mempool, heap, place, entries[parent]);
        place = parent;
    }
    put_at(mempool, heap, place, entry);
}

/* Away from the top, under the better of its children. Uses count, which is
 * lowered before an entry is taken out. */
static void sink(struct mempool *mempool, enum heap heap, size_t place)
{
    struct entry_waiting **entries = mempool->heaps[heap];
    struct entry_waiting *entry = entries[place];
    for (;;) {
        size_t child = 2 * place + 1;
        if (child >= mempool->count)
            break;
        if (child + 1 < mempool->count &&
            is_above(heap, entries[child + 1], entries[child]))
            child++;
        if (!is_above(heap, entries[child], entry))
            break;
        put_at(mempool, heap, place, entries[child]);
        place = child;
    }
    put_at(mempool, heap, place, entry);
}

/* What clients know a transaction by: its first signature. Two with the same
 * one are the same transaction, unless somebody signs without knowing how. */
static struct bytes signature_key(const struct entry_waiting *entry)
{
    /* One signature at least, and fewer than 128: the count is one byte. */
    return bytes_make(entry->wire.data + 1, sizeof(struct signature));
}

/* At the end of both arrays, and up from there. */
static void insert(struct mempool *mempool, struct entry_waiting *entry)
{
    CHECK(mempool->count < mempool->limit);
    size_t place = mempool->count++;
    for (int heap = 0; heap < HEAP_COUNT; heap++) {
        put_at(mempool, (enum heap)heap, place, entry);
        rise(mempool, (enum heap)heap, place);
    }
    map_put(mempool->by_signature, signature_key(entry), entry);
}

/* The last entry takes its place, in each heap another one, and goes down or up
 * from there: at most one of the two calls moves it. The map comes last, since
 * its key is in the entry. */
static void take_out(struct mempool *mempool, struct entry_waiting *entry)
{
    CHECK(mempool->count > 0);
    size_t last = --mempool->count;
    for (int heap = 0; heap < HEAP_COUNT; heap++) {
        size_t place = entry->place[heap];
        struct entry_waiting *moved = mempool->heaps[heap][last];
        CHECK(mempool->heaps[heap][place] == entry);
        if (moved == entry)
            continue;
        put_at(mempool, (enum heap)heap, place, moved);
        sink(mempool, (enum heap)heap, place);
        rise(mempool, (enum heap)heap, moved->place[heap]);
    }
    map_remove(mempool->by_signature, signature_key(entry));
}

/* ---- In and out ---- */

/* To make room, the worst leaves; who comes last among equals is worse, so a
 * pool that is full of equal offers takes nothing more. */
static int add_locked(struct mempool *mempool, struct entry_waiting *entry)
{
    if (map_get(mempool->by_signature, signature_key(entry)))
        return err_set(ERR_EXISTS, "the transaction waits already");
    entry->arrival = mempool->arrivals++;
    if (mempool->count == mempool->limit) {
        struct entry_waiting *worst = mempool->heaps[HEAP_WORST][0];
        if (!is_better(entry, worst))
            return err_set(ERR_FULL,
                           "%zu transactions wait, and all pay as much",
                           mempool->count);
        take_out(mempool, worst);
        entry_free(worst);
    }
    insert(mempool, entry);
    return 0;
}

/* The lock for one look-up: an answer that may be old when it is used. */
static bool waits(struct mempool *mempool, const struct signature *id)
{
    lock_take(&mempool->lock);
    bool found = map_get(mempool->by_signature,
                         bytes_make(id->bytes, sizeof(id->bytes))) != NULL;
    lock_give(&mempool->lock);
    return found;
}

/* The blockhash is held against the newest bank, not the one that will execute
 * it; the bank looks again. A durable nonce is no recent blockhash, and whether
 * it is right only the account knows.
 *
 * The one who waits is woken by the first entry only: with more of them it does
 * not sleep. */
static int add(struct mempool *mempool, struct transaction *transaction,
               const struct bank *newest, uint64_t fee)
{
    CHECK_MAGIC(mempool, MEMPOOL_MAGIC);
    CHECK(transaction->signature_count > 0);
    CHECK(transaction->signature_count < 128);
    /* The cheap refusals first: a verification costs a hundred times more. */
    if (waits(mempool, transaction_id(transaction)))
        return err_set(ERR_EXISTS, "the transaction waits already");
    if (nonce_index(transaction) < 0 &&
        !bank_is_blockhash_valid(newest, transaction->recent_blockhash, NULL))
        return err_set(ERR_STATE, "its blockhash is not a recent one");
    if (!transaction->is_verified && !transaction_verify(transaction))
        return err_set(ERR_DENIED, "a signature does not verify");

    struct entry_waiting *entry = mem_zero(1, sizeof(*entry));
    entry->fee = fee;
    buffer_bytes(&entry->wire, transaction->wire);
    lock_take(&mempool->lock);
    int status = add_locked(mempool, entry);
    if (!status && mempool->count == 1)
        lock_change_wake_one(&mempool->changed);
    lock_give(&mempool->lock);
    if (status)
        entry_free(entry);
    return status;
}

/* By what it offers, whether or not the payer has it: see mempool_add_last().
 */
int mempool_add(struct mempool *mempool, struct transaction *transaction,
                const struct bank *newest)
{
    return add(mempool, transaction, newest, bank_fee(transaction));
}

int mempool_add_last(struct mempool *mempool, struct transaction *transaction,
                     const struct bank *newest)
{
    return add(mempool, transaction, newest, 0);
}

/* One at a time: the producer asks for the best each time, and what comes in
 * between may be better. */
bool mempool_take(struct mempool *mempool, struct buffer *wire)
{
    CHECK_MAGIC(mempool, MEMPOOL_MAGIC);
    struct entry_waiting *entry = NULL;
    lock_take(&mempool->lock);
    if (mempool->count > 0) {
        entry = mempool->heaps[HEAP_BEST][0];
        take_out(mempool, entry);
    }
    lock_give(&mempool->lock);
    if (!entry)
        return false;
    *wire = entry->wire;
    free(entry);
    return true;
}

/* An error of the wait is that its time is over; the caller looks at the clock
 * itself. */
void mempool_wait(struct mempool *mempool, uint64_t until_ns)
{
    lock_take(&mempool->lock);
    while (!mempool->count && !mempool->woken) {
        if (!lock_change_wait_until(&mempool->changed, &mempool->lock,
                                    until_ns))
            break;
    }
    mempool->woken = false;
    lock_give(&mempool->lock);
}

void mempool_wake(struct mempool *mempool)
{
    lock_take(&mempool->lock);
    mempool->woken = true;
    lock_change_wake_one(&mempool->changed);
    lock_give(&mempool->lock);
}

/* Old when it is returned; for measuring. */
size_t mempool_count(struct mempool *mempool)
{
    lock_take(&mempool->lock);
    size_t count = mempool->count;
    lock_give(&mempool->lock);
    return count;
}
