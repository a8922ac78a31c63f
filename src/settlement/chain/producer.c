/*
 * One thread, for two reasons: transactions of a slot change one state in one
 * order, and the proof of history is a chain that can't be made in parallel.
 * All that can be done elsewhere is: signatures are checked by those who bring
 * transactions (mempool.h), the disk is the flusher's.
 *
 * A slot is made in this order: what the flusher has brought to disk is let go
 * of; a view of the disk is opened that holds all of that; the bank is opened
 * on its parent and that view; ticks and entries come as they are due; the bank
 * is frozen, the block signed and pushed. The view must be younger than the
 * look at what is durable, for the layers that were let go of are found on that
 * disk only. It stays open for the slot, so LMDB's pages are pinned for that
 * long and no longer.
 *
 * Banks that are executed are kept until they are durable, since the next
 * bank looks through their layers. They are let go of from the oldest on, and
 * the row cache is told of each (row_cache.h).
 *
 * Time: a slot begins where the one before was to end, and not when this thread
 * came to it, so lateness does not add up. Ticks that are late are made at
 * once. Entries wait for no tick: they go in as transactions come, and a tick
 * comes before them only if the proof of history needs one.
 *
 * With one validator there is nobody to agree with: what is executed stands. A
 * slot without transactions is a block as well, whose bank changes only its own
 * rows.
 *
 * Not done here: no choice among transactions (the mempool's order is taken),
 * no retries (what the bank refuses is gone, and its sender hears of it by
 * asking), no verification of what is executed.
 */
#include "settlement/chain/producer.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "settlement/chain/flusher.h"
#include "settlement/chain/mempool.h"
#include "settlement/format/compute_budget.h"
#include "settlement/format/leader.h"
#include "settlement/state/row_cache.h"
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define PRODUCER_MAGIC 0x50524f44u

/* Transactions in one entry: they are executed between two looks at the clock.
 */
#define ENTRY_TRANSACTIONS_MAX 64

/* Compute units of one entry, past which no further transaction joins it: some
 * ten milliseconds. */
#define ENTRY_UNITS_MAX 200000

/* When the first transaction comes after a pause, so long more may come before
 * they are executed. Else a thread that is faster than those that verify would
 * wake and sleep once for each of them, which costs more than executing it. */
#define GATHER_NS 2000000

/* Hashes of a slot that are made in one go at its end; some 2 ms. With more the
 * thread wakes for every tick. */
#define SLOT_HASHES_AT_ONCE 8192

/* Banks that are executed and may not be durable yet: those of a flusher's
 * batch and queue. */
#define WAITING_MAX 256

/* Slots that may have been told beyond what the clock says: late ones are made
 * up for, and the flusher's queue comes on top of what waits. */
#define SKIP_MARGIN 20

/* How far block times may be ahead of the clock without a word: what setting a
 * clock in small steps makes. */
#define AHEAD_TOLD_MS 1000

/* Invariants: waiting are the executed banks whose slot is after base_slot,
 * ascending, each with a reference; the last of them is parent, unless parent
 * is on disk. The bank that base_slot names is marked as durable, so that a
 * child of any bank here looks no further down than that. All but is_stopping
 * is the thread's. */
struct producer {
    unsigned magic;
    struct producer_options options;
    const struct genesis *genesis;
    struct leader_schedule schedule;
    pthread_t thread;
    atomic_bool is_stopping;

    struct bank *parent; /* one reference each */
    struct hash parent_hash;
    struct bank *waiting[WAITING_MAX]; /* ascending; a ring */
    size_t waiting_count;
    uint64_t base_slot;      /* newest slot marked as durable */
    struct row_cache *cache; /* told of all up to that slot */
    uint64_t slot_end_ns;    /* of the slot before */
    uint64_t skip;           /* slots to leave out before the next one */
    bool is_ahead;           /* the newest block of the clock; was logged */
    struct arena scratch;    /* of the transactions of one entry */
};

/* The slot being made. On the thread's stack. The block's bytes grow as entries
 * come: header is what block_begin() and block_end() are given. */
struct slot {
    struct bank *bank;
    struct proof_of_history poh;
    uint64_t start_ns;
    uint64_t ticks;
    size_t messages_before; /* in the recent blocks */
    struct executed_block *block;
    struct block header; /* without entries; ends with the slot */
};

/* places: block_add()'s. */
static void add_entry(struct slot *slot, const struct entry *entry,
                      size_t *places)
{
    slot->header.entry_count++;
    block_add(entry, &slot->block->data, places);
}

/* Computed from the slot's start each time, so that roundings do not add up.
 * slot_ms and ticks are bounded by the genesis (genesis.h): no overflow. */
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

/* Until when nothing is to be done without a transaction. Cheap ticks are all
 * made at the slot's end: an idle chain wakes once a slot. */
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
 * in the block. Why 64 at a time: one hash of the proof of history orders all
 * of them, and between two batches the clock is looked at. */
struct batch {
    struct buffer taken[ENTRY_TRANSACTIONS_MAX]; /* from the mempool */
    size_t taken_count;
    struct transaction transactions[ENTRY_TRANSACTIONS_MAX];
    struct bank_result results[ENTRY_TRANSACTIONS_MAX];
    struct bytes wires[ENTRY_TRANSACTIONS_MAX];
    size_t count; /* of those that go into the block */
};

/* Execute one transaction; it counts if it goes into the block. A transaction
 * that is refused leaves no trace and its place is taken by the next; who sent
 * it learns of it when its blockhash has expired. One that fails is in the
 * block, for it paid. */
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

/* What the block's transactions may still use. */
static uint64_t units_left(const struct producer *producer,
                           const struct slot *slot)
{
    uint64_t most = compute_budget_block_units(producer->genesis->slot_ms);
    uint64_t used = bank_info(slot->bank)->compute_units;
    CHECK(used <= most);
    return most - used;
}

/* The limits on entries, transactions and bytes are those of block_decode(): a
 * block that can't be read must not be made. Half of the bytes is kept free
 * since a batch of 64 takes far less than that, and a look at the true sum
 * would buy nothing. What a transaction uses is known when it has been
 * executed: one that uses the most must still fit. The messages of recent
 * blocks are in memory as long as they may come again, so their number is
 * bounded, too. */
static bool has_room(const struct producer *producer, const struct slot *slot)
{
    /* A batch may need an entry and a tick before it. */
    return slot->ticks + 1 < producer->genesis->ticks_per_slot &&
           slot->header.entry_count + producer->genesis->ticks_per_slot + 2 <
               BLOCK_ENTRIES_MAX &&
           ledger_records_count(&slot->block->records) +
                   ENTRY_TRANSACTIONS_MAX <
               BLOCK_TRANSACTIONS_MAX &&
           slot->block->data.size < BLOCK_SIZE_MAX_BYTES / 2 &&
           units_left(producer, slot) >= COMPUTE_UNIT_LIMIT_MAX &&
           slot->messages_before + ledger_records_count(&slot->block->records) +
                   ENTRY_TRANSACTIONS_MAX <
               BANK_MESSAGES_MAX;
}

/* Put what was executed into the block, as one entry. The proof of history may
 * have to tick first: after the hashes of a tick are used up, nothing can be
 * mixed in before the next. Records are made now, while results are in the
 * arena. */
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

/* One entry of what waits. False if nothing did. One look at the clock a batch:
 * 64 transactions take less than a millisecond, and if they use many compute
 * units, a batch is shorter. Wire bytes are freed when the
 * block has them, and the arena is emptied and not freed. */
static bool execute_batch(struct producer *producer, struct slot *slot)
{
    struct batch batch;
    uint64_t before = bank_info(slot->bank)->compute_units;
    batch.taken_count = batch.count = 0;
    while (batch.taken_count < ENTRY_TRANSACTIONS_MAX &&
           bank_info(slot->bank)->compute_units - before < ENTRY_UNITS_MAX &&
           units_left(producer, slot) >= COMPUTE_UNIT_LIMIT_MAX &&
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

/* Banks the flusher has brought to disk need not be stood on any more. All up
 * to the newest at once: bank_set_durable() cuts its layers off from those who
 * stand on it. The cache is told before the layers go, in order. */
static void let_go_of_flushed(struct producer *producer)
{
    uint64_t durable = flusher_durable_slot(producer->options.flusher);
    size_t gone = 0;
    while (gone < producer->waiting_count &&
           bank_info(producer->waiting[gone])->slot <= durable)
        gone++;
    if (gone == 0)
        return;
    struct bank *newest = producer->waiting[gone - 1];
    bank_set_durable(newest);
    producer->base_slot = bank_info(newest)->slot;
    for (size_t i = 0; i < gone; i++) {
        row_cache_change(producer->cache, bank_layer(producer->waiting[i]));
        bank_release(producer->waiting[i]);
    }
    producer->waiting_count -= gone;
    memmove(producer->waiting, producer->waiting + gone,
            producer->waiting_count * sizeof(*producer->waiting));
}

/* The clock's own time cannot be checked: a jump forward may be what sets it
 * right. So the chain follows it, and if the clock is set back afterwards,
 * block times wait for it, but move. */
uint64_t producer_block_time(uint64_t parent_ms, uint64_t now_ms,
                             uint64_t slot_ms)
{
    return now_ms >= parent_ms ? now_ms : parent_ms + slot_ms / 2;
}

/* Say once that block times are ahead of the clock, and once that they no
 * longer are. */
static void watch_clock(struct producer *producer, uint64_t parent_ms,
                        uint64_t now_ms)
{
    if (!producer->is_ahead && now_ms + AHEAD_TOLD_MS < parent_ms) {
        log_warn("producer",
                 "the newest block is %" PRIu64 " s ahead of this machine's "
                 "clock: block times go half as fast until it has caught up",
                 (parent_ms - now_ms) / 1000);
        producer->is_ahead = true;
    } else if (producer->is_ahead && now_ms >= parent_ms) {
        log_info("producer", "block times are the clock's again");
        producer->is_ahead = false;
    }
}

/* The slots to skip are left out once, before the first block. */
static void begin(struct producer *producer, struct slot *slot,
                  struct ledger_view *view)
{
    const struct bank_info *parent = bank_info(producer->parent);
    uint64_t now_ms = clock_unix_ms();
    struct bank_block at = {
        .slot = parent->slot + 1 + producer->skip,
        .unix_ms = producer_block_time(parent->unix_ms, now_ms,
                                       producer->genesis->slot_ms),
    };
    /* This validator's key is the leader's, or the folder would not have been
     * opened (validator_folder.h). */
    at.leader = leader_at(&producer->schedule, at.slot)->identity;
    CHECK(pubkey_equal(&at.leader, &producer->options.identity->pubkey));
    watch_clock(producer, parent->unix_ms, now_ms);
    producer->skip = 0;
    *slot = (struct slot){.block = flusher_block(producer->options.flusher)};
    row_cache_begin(producer->cache, ledger_view_base(view));
    slot->bank =
        bank_open_child(producer->parent, row_cache_base(producer->cache), &at);
    slot->messages_before = bank_message_count(slot->bank);
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

/* The hash and the signature are over bytes that are complete only now.
 * base_slot goes with the block: it says what a view needs under this bank
 * (ledger_publish()). Pushing comes last and may wait for the disk; nothing of
 * the slot is used after it. */
static void finish(struct producer *producer, struct slot *slot)
{
    bank_freeze(slot->bank, &slot->poh.hash);
    const struct bank_info *info = bank_info(slot->bank);
    struct executed_block *executed = slot->block;
    slot->header.state_hash = info->state_hash;
    block_end(&slot->header, producer->options.identity, 0, &executed->data,
              &executed->hash);
    executed->bank = slot->bank;
    executed->base_slot = producer->base_slot;
    executed->executed_ms = clock_monotonic_ms();

    bank_release(producer->parent);
    producer->parent = bank_retain(slot->bank);
    producer->parent_hash = executed->hash;
    CHECK(producer->waiting_count < WAITING_MAX);
    producer->waiting[producer->waiting_count++] = bank_retain(slot->bank);
    flusher_push(producer->options.flusher, executed);
}

/* By an absolute time, so that an interruption does not lengthen it. */
static void sleep_until(uint64_t until_ns)
{
    const struct timespec until = {.tv_sec = (time_t)(until_ns / 1000000000),
                                   .tv_nsec = (long)(until_ns % 1000000000)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) ==
           EINTR)
        ;
}

/* Until there is something to do; then a little longer for what comes with it.
 */
static void wait_for_work(struct producer *producer, const struct slot *slot)
{
    uint64_t due_ns = next_due_ns(producer, slot);
    mempool_wait(producer->options.mempool, due_ns);
    uint64_t until_ns = clock_monotonic_ns() + GATHER_NS;
    if (until_ns < due_ns && !atomic_load(&producer->is_stopping))
        sleep_until(until_ns);
}

/* A slot without room sleeps to its end: what comes meanwhile waits in the
 * mempool, and the best of it is taken then. An error is one of the disk,
 * before anything was begun. */
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
    finish(producer, &slot);
    ledger_view_close(view);
    return 0;
}

/* After a long stop (a suspended machine, a disk that hangs) the slots that
 * passed are not made up for: they would all come at once. An error ends the
 * thread; it is told, for the endpoint would go on answering with a chain that
 * stands still. So does one of the flusher's, which tells it itself: blocks
 * would only fill the memory until somebody stops the producer. */
static void *run(void *user)
{
    struct producer *producer = user;
    uint64_t slot_ns = producer->genesis->slot_ms * 1000000u;
    pthread_setname_np(pthread_self(), "producer");
    producer->slot_end_ns = clock_monotonic_ns();
    while (!atomic_load(&producer->is_stopping) &&
           !flusher_has_failed(producer->options.flusher)) {
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

/* After a crash: slots that were published and were not durable are not told
 * again with other contents. There can't have been more of them than fit in the
 * time since the tip, nor more than may wait for a flush. The first block after
 * the gap is on disk before it is shown (flusher.c), or a second crash would
 * count from the same tip. A clock that was set back tells nothing about the
 * time since, so the most is taken. */
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

/* The tip is on disk, whole: the ledger settled it when it was opened. */
struct producer *producer_start(const struct producer_options *options)
{
    struct producer *producer = mem_zero(1, sizeof(*producer));
    producer->magic = PRODUCER_MAGIC;
    producer->options = *options;
    producer->genesis = ledger_genesis(options->ledger);
    producer->schedule = leader_schedule(producer->genesis);
    producer->parent = ledger_newest(options->ledger);
    producer->parent_hash = *ledger_tip_hash(options->ledger);
    producer->base_slot = bank_info(producer->parent)->slot;
    producer->cache = row_cache_new();
    bank_set_durable(producer->parent);
    if (!ledger_was_clean(options->ledger))
        skip_told(producer);
    CHECK(pthread_create(&producer->thread, NULL, run, producer) == 0);
    return producer;
}

/* The slot under way is ended with all its ticks, which for a costly proof of
 * history takes as long as they take. Before flusher_stop(). */
void producer_stop(struct producer *producer)
{
    if (!producer)
        return;
    CHECK_MAGIC(producer, PRODUCER_MAGIC);
    atomic_store(&producer->is_stopping, true);
    mempool_wake(producer->options.mempool);
    CHECK(pthread_join(producer->thread, NULL) == 0);
    for (size_t i = 0; i < producer->waiting_count; i++)
        bank_release(producer->waiting[i]);
    bank_release(producer->parent);
    row_cache_free(producer->cache);
    arena_free(&producer->scratch);
    producer->magic = 0;
    free(producer);
}
