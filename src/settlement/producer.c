#include "settlement/producer.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "settlement/flusher.h"
#include "settlement/mempool.h"
#include "settlement/row_cache.h"
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define PRODUCER_MAGIC 0x50524f44u

/* Transactions in one entry: they are executed between two looks at the
 * clock. */
#define ENTRY_TRANSACTIONS_MAX 64

/* When the first transaction comes after a pause, so long more may come before
 * they are executed. Else a thread that is faster than those that verify would
 * wake and sleep once for each of them, which costs more than executing it. */
#define GATHER_NS 2000000

/* Hashes of a slot that are made in one go at its end; some 2 ms. With more
 * the thread wakes for every tick. */
#define SLOT_HASHES_AT_ONCE 8192

/* Banks that are sealed and may be in memory only: those of a flusher's batch
 * and queue. */
#define UNFLUSHED_MAX 256

/* Slots that may have been told beyond what the clock says: late ones are made
 * up for, and the flusher's queue comes on top of what waits. */
#define SKIP_MARGIN 20

struct producer {
    unsigned magic;
    struct producer_options options;
    const struct genesis *genesis;
    pthread_t thread;
    atomic_bool is_stopping;

    struct bank *parent; /* one reference each */
    struct hash parent_hash;
    struct bank *unflushed[UNFLUSHED_MAX]; /* ascending; a ring */
    size_t unflushed_count;
    uint64_t base_slot;      /* newest slot marked as flushed */
    struct row_cache *cache; /* told of all up to that slot */
    uint64_t slot_end_ns;    /* of the slot before */
    uint64_t skip;           /* slots to leave out before the next one */
    struct arena scratch;    /* of the transactions of one entry */
};

/* The slot being made. */
struct slot {
    struct bank *bank;
    struct proof_of_history poh;
    uint64_t start_ns;
    uint64_t ticks;
    struct sealed_block *block;
    struct block header; /* without entries; ends with the slot */
};

/* places: block_add()'s. */
static void add_entry(struct slot *slot, const struct entry *entry,
                      size_t *places)
{
    slot->header.entry_count++;
    block_add(entry, &slot->block->data, places);
}

static uint64_t tick_due_ns(const struct producer *producer,
                            const struct slot *slot, uint64_t tick)
{
    return slot->start_ns + producer->genesis->slot_ms * 1000000u * tick /
                                producer->genesis->ticks_per_slot;
}

/* Make the ticks that are due; all of them when the chain is to end. */
static void catch_up(struct producer *producer, struct slot *slot)
{
    bool all = atomic_load(&producer->is_stopping);
    uint64_t now = clock_monotonic_ns();
    while (slot->ticks < producer->genesis->ticks_per_slot &&
           (all || now >= tick_due_ns(producer, slot, slot->ticks + 1))) {
        struct entry entry = {0};
        proof_of_history_tick(&slot->poh, &entry);
        add_entry(slot, &entry, NULL);
        slot->ticks++;
    }
}

/* Until when nothing is to be done without a transaction. */
static uint64_t next_due_ns(const struct producer *producer,
                            const struct slot *slot)
{
    const struct genesis *genesis = producer->genesis;
    bool is_cheap = genesis->hashes_per_tick * genesis->ticks_per_slot <=
                    SLOT_HASHES_AT_ONCE;
    return tick_due_ns(producer, slot,
                       is_cheap ? genesis->ticks_per_slot : slot->ticks + 1);
}

/* An entry under way: its transactions and what became of them, until they are
 * in the block. */
struct batch {
    struct buffer taken[ENTRY_TRANSACTIONS_MAX]; /* from the mempool */
    size_t taken_count;
    struct transaction transactions[ENTRY_TRANSACTIONS_MAX];
    struct bank_result results[ENTRY_TRANSACTIONS_MAX];
    struct bytes wires[ENTRY_TRANSACTIONS_MAX];
    size_t count; /* of those that go into the block */
};

/* Execute one transaction; it counts if it goes into the block. */
static void execute(struct bank *bank, struct batch *batch, struct bytes wire,
                    struct arena *arena)
{
    struct transaction *transaction = &batch->transactions[batch->count];
    struct bank_result *result = &batch->results[batch->count];
    /* It was parsed before it entered the mempool. */
    CHECK(!transaction_parse(wire, arena, transaction));
    bank_execute(bank, transaction, BANK_WANT_BALANCES | BANK_WANT_LOG, arena,
                 result);
    if (!result->recorded) {
        log_debug("producer", "dropped a transaction: %s",
                  transaction_error_name(result->status.error));
        return;
    }
    batch->wires[batch->count++] = wire;
}

static bool has_room(const struct producer *producer, const struct slot *slot)
{
    /* A batch may need an entry and a tick before it. */
    return slot->ticks + 1 < producer->genesis->ticks_per_slot &&
           slot->header.entry_count + producer->genesis->ticks_per_slot + 2 <
               BLOCK_ENTRIES_MAX &&
           ledger_records_count(&slot->block->records) +
                   ENTRY_TRANSACTIONS_MAX <
               BLOCK_TRANSACTIONS_MAX &&
           slot->block->data.size < BLOCK_SIZE_MAX_BYTES / 2;
}

/* Put what was executed into the block, as one entry. */
static void add_batch(struct producer *producer, struct slot *slot,
                      const struct batch *batch)
{
    struct entry entry = {0};
    struct hash mixin;
    size_t places[ENTRY_TRANSACTIONS_MAX];
    proof_of_history_mixin(batch->wires, batch->count, &mixin);
    while (!proof_of_history_record(&slot->poh, &mixin, &entry)) {
        struct entry tick = {0};
        proof_of_history_tick(&slot->poh, &tick);
        add_entry(slot, &tick, NULL);
        slot->ticks++;
        CHECK(slot->ticks < producer->genesis->ticks_per_slot);
    }
    entry.transactions = batch->wires;
    entry.transaction_count = batch->count;
    add_entry(slot, &entry, places);
    for (size_t i = 0; i < batch->count; i++)
        ledger_records_add(&slot->block->records, &batch->transactions[i],
                           &batch->results[i], places[i]);
}

/* One entry of what waits. False if nothing did. */
static bool execute_batch(struct producer *producer, struct slot *slot)
{
    struct batch batch;
    batch.taken_count = batch.count = 0;
    while (batch.taken_count < ENTRY_TRANSACTIONS_MAX &&
           mempool_take(producer->options.mempool,
                        &batch.taken[batch.taken_count])) {
        struct bytes wire = buffer_view(&batch.taken[batch.taken_count++]);
        execute(slot->bank, &batch, wire, &producer->scratch);
    }
    if (batch.count > 0)
        add_batch(producer, slot, &batch);
    for (size_t i = 0; i < batch.taken_count; i++)
        buffer_free(&batch.taken[i]);
    arena_reset(&producer->scratch);
    return batch.taken_count > 0;
}

/* ---- Beginning and sealing ---- */

/* Banks the flusher has brought to disk need not be stood on any more. */
static void let_go_of_flushed(struct producer *producer)
{
    uint64_t flushed = flusher_flushed_slot(producer->options.flusher);
    size_t gone = 0;
    while (gone < producer->unflushed_count &&
           bank_info(producer->unflushed[gone])->slot <= flushed)
        gone++;
    if (gone == 0)
        return;
    struct bank *newest = producer->unflushed[gone - 1];
    bank_set_flushed(newest);
    producer->base_slot = bank_info(newest)->slot;
    for (size_t i = 0; i < gone; i++) {
        row_cache_change(producer->cache, bank_layer(producer->unflushed[i]));
        bank_release(producer->unflushed[i]);
    }
    producer->unflushed_count -= gone;
    memmove(producer->unflushed, producer->unflushed + gone,
            producer->unflushed_count * sizeof *producer->unflushed);
}

static void begin(struct producer *producer, struct slot *slot,
                  struct ledger_view *view)
{
    const struct bank_info *parent = bank_info(producer->parent);
    uint64_t now_ms = clock_unix_ms();
    struct bank_block at = {
        .slot = parent->slot + 1 + producer->skip,
        .unix_ms = now_ms > parent->unix_ms ? now_ms : parent->unix_ms,
        .leader = producer->options.identity->pubkey,
    };
    producer->skip = 0;
    *slot = (struct slot){.block = flusher_block(producer->options.flusher)};
    row_cache_begin(producer->cache, ledger_view_base(view));
    slot->bank =
        bank_open_child(producer->parent, row_cache_base(producer->cache), &at);
    slot->poh = proof_of_history_make(&parent->blockhash,
                                      producer->genesis->hashes_per_tick);
    slot->start_ns = producer->slot_end_ns;
    slot->header = (struct block){.slot = at.slot,
                                  .parent_slot = parent->slot,
                                  .parent_hash = producer->parent_hash,
                                  .leader = at.leader,
                                  .unix_ms = at.unix_ms};
    block_begin(&slot->header, &slot->block->data);
}

static void seal(struct producer *producer, struct slot *slot)
{
    bank_freeze(slot->bank, &slot->poh.hash);
    const struct bank_info *info = bank_info(slot->bank);
    struct sealed_block *sealed = slot->block;
    slot->header.state_hash = info->state_hash;
    block_end(&slot->header, producer->options.identity, 0, &sealed->data,
              &sealed->hash);
    sealed->bank = slot->bank;
    sealed->base_slot = producer->base_slot;
    sealed->sealed_ms = clock_monotonic_ms();

    bank_release(producer->parent);
    producer->parent = bank_retain(slot->bank);
    producer->parent_hash = sealed->hash;
    CHECK(producer->unflushed_count < UNFLUSHED_MAX);
    producer->unflushed[producer->unflushed_count++] = bank_retain(slot->bank);
    flusher_push(producer->options.flusher, sealed);
}

static void sleep_until(uint64_t until_ns)
{
    const struct timespec until = {.tv_sec = (time_t)(until_ns / 1000000000),
                                   .tv_nsec = (long)(until_ns % 1000000000)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) ==
           EINTR)
        ;
}

/* Until there is something to do; then a little longer for what comes with
 * it. */
static void wait_for_work(struct producer *producer, const struct slot *slot)
{
    uint64_t due_ns = next_due_ns(producer, slot);
    mempool_wait(producer->options.mempool, due_ns);
    uint64_t until_ns = clock_monotonic_ns() + GATHER_NS;
    if (until_ns < due_ns && !atomic_load(&producer->is_stopping))
        sleep_until(until_ns);
}

static int make_slot(struct producer *producer)
{
    struct slot slot;
    struct ledger_view *view;
    let_go_of_flushed(producer);
    int status = ledger_view_open(producer->options.ledger, &view);
    if (status)
        return status;
    begin(producer, &slot, view);
    for (;;) {
        catch_up(producer, &slot);
        if (slot.ticks == producer->genesis->ticks_per_slot)
            break;
        if (!has_room(producer, &slot)) {
            /* What waits goes into the next slot. */
            sleep_until(tick_due_ns(producer, &slot,
                                    producer->genesis->ticks_per_slot));
            continue;
        }
        if (!execute_batch(producer, &slot))
            wait_for_work(producer, &slot);
    }
    seal(producer, &slot);
    ledger_view_close(view);
    return 0;
}

static void *run(void *user)
{
    struct producer *producer = user;
    uint64_t slot_ns = producer->genesis->slot_ms * 1000000u;
    pthread_setname_np(pthread_self(), "producer");
    producer->slot_end_ns = clock_monotonic_ns();
    while (!atomic_load(&producer->is_stopping)) {
        int status = make_slot(producer);
        if (status) {
            err_add(status, "no slot can be made");
            log_error("producer", "%s", err_text());
            if (producer->options.failed)
                producer->options.failed(producer->options.user, status);
            break;
        }
        /* Late slots are made up for, but never more than two. */
        uint64_t now = clock_monotonic_ns();
        producer->slot_end_ns += slot_ns;
        if (now > producer->slot_end_ns + 2 * slot_ns)
            producer->slot_end_ns = now;
    }
    return NULL;
}

/* After a crash: slots that were told to clients but not flushed are not told
 * again with other contents. There can't have been more of them than fit in
 * the time since the tip, nor more than may wait for a flush. */
static void skip_told(struct producer *producer)
{
    const uint64_t most = LEDGER_IDLE_BLOCKS_MAX + SKIP_MARGIN;
    uint64_t tip_ms = bank_info(producer->parent)->unix_ms;
    uint64_t now_ms = clock_unix_ms();
    producer->skip = most;
    if (now_ms >= tip_ms &&
        (now_ms - tip_ms) / producer->genesis->slot_ms + SKIP_MARGIN < most)
        producer->skip =
            (now_ms - tip_ms) / producer->genesis->slot_ms + SKIP_MARGIN;
    log_warn("producer",
             "the last run did not end in order; going on %" PRIu64
             " slots later",
             producer->skip);
}

struct producer *producer_start(const struct producer_options *options)
{
    struct producer *producer = mem_zero(1, sizeof *producer);
    producer->magic = PRODUCER_MAGIC;
    producer->options = *options;
    producer->genesis = ledger_genesis(options->ledger);
    producer->parent = ledger_newest(options->ledger);
    producer->parent_hash = *ledger_tip_hash(options->ledger);
    producer->base_slot = bank_info(producer->parent)->slot;
    producer->cache = row_cache_new();
    bank_set_flushed(producer->parent);
    if (!ledger_was_clean(options->ledger))
        skip_told(producer);
    CHECK(pthread_create(&producer->thread, NULL, run, producer) == 0);
    return producer;
}

void producer_stop(struct producer *producer)
{
    if (!producer)
        return;
    CHECK_MAGIC(producer, PRODUCER_MAGIC);
    atomic_store(&producer->is_stopping, true);
    mempool_wake(producer->options.mempool);
    CHECK(pthread_join(producer->thread, NULL) == 0);
    for (size_t i = 0; i < producer->unflushed_count; i++)
        bank_release(producer->unflushed[i]);
    bank_release(producer->parent);
    row_cache_free(producer->cache);
    arena_free(&producer->scratch);
    producer->magic = 0;
    free(producer);
}
