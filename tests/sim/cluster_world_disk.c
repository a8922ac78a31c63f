/*
 * A validator's disks: the write-ahead log on a disk that loses what was not
 * synced, and the ledger's flushes.
 */
#include "cluster_world_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/cluster/replica_log.h"

#include <stdlib.h>

#define LOG_FOLDER "/log"
/* So that several segments come and go. */
#define SEGMENT_SIZE (256u << 10)
/* As the flusher's thread has them (chain/flusher.c). */
#define LAG_MS 1000
/* Changes of the disk amid which the power may go. */
#define CHANGES_MAX 6

/* ---- the log ---- */

static struct vote_tag tag_of(const struct process *process)
{
    const struct world *world = process->world;

    return vote_record_tag(&world->network,
                           &world->identities[process->validator].pubkey);
}

void world_make_votes(struct process *process, uint64_t window)
{
    const struct vote_tag tag = tag_of(process);
    const struct vote_record record = vote_record_new(window);
    struct disk *disk = disk_memory_disk(process->memory);
    struct vote_file *file;

    CHECK(!disk_make_folder(disk, LOG_FOLDER) &&
          !vote_file_make(disk, LOG_FOLDER "/votes", &tag, &record, &file));
    vote_file_close(file);
}

void world_make_disk(struct process *process)
{
    process->memory = disk_memory_new(random_u64(&process->disk));
    world_make_votes(process, 0);
}

void world_spoil_log(struct process *process)
{
    struct disk *disk = disk_memory_disk(process->memory);
    struct disk_names names;
    struct buffer bytes = {0};

    if (disk_list(disk, LOG_FOLDER "/blocks", &names)) {
        err_clear();
        return;
    }
    if (names.count) {
        char path[128];
        snprintf(path, sizeof(path), LOG_FOLDER "/blocks/%s",
                 names.names[random_below(&process->disk, names.count)]);
        disk_memory_copy(process->memory, path, &bytes);
        if (bytes.size)
            disk_memory_spoil(process->memory, path,
                              random_below(&process->disk, bytes.size));
        process->is_spoiled = true;
    }
    buffer_free(&bytes);
    disk_names_free(&names);
}

/* Part what is of the network before from what is of this one; once something
 * after the restart is final, that is done. */
static int mark_network(struct process *process)
{
    const struct world *world = process->world;
    struct bank *tip = ledger_newest(process->ledger, LEDGER_FINALIZED);
    uint64_t slot = bank_info(tip)->slot;

    bank_release(tip);
    if (!world->restart_slot || slot > world->restart_slot)
        return 0;
    return replica_log_begin_anew(process->ahead, &world->network,
                                  world->restart_slot);
}

/* What the error says to its operator. */
static int move_log_away(struct process *process)
{
    struct disk *disk = disk_memory_disk(process->memory);
    struct disk_names names;
    int status = disk_list(disk, LOG_FOLDER "/blocks", &names);

    if (status)
        return status;
    for (size_t i = 0; i < names.count && !status; i++) {
        char path[128];
        snprintf(path, sizeof(path), LOG_FOLDER "/blocks/%s", names.names[i]);
        status = disk_remove(disk, path);
    }
    disk_names_free(&names);
    return status;
}

/* A spoiled log of which nothing can be read is moved away. */
static int open_log(struct process *process,
                    const struct write_ahead_options *options)
{
    int status = write_ahead_open(options, &process->ahead);

    if (status != ERR_CORRUPT || !process->is_spoiled)
        return status;
    status = move_log_away(process);
    return status ? status : write_ahead_open(options, &process->ahead);
}

int world_open_disk(struct process *process)
{
    struct world *world = process->world;
    const struct write_ahead_options options = {
        .disk = disk_memory_disk(process->memory),
        .folder = LOG_FOLDER,
        .tag = tag_of(process),
        .salt = random_u64(&process->disk),
        .segment_size_bytes = SEGMENT_SIZE};
    int status =
        disk_make_folder(disk_memory_disk(process->memory), options.folder);

    if (!status)
        status = open_log(process, &options);
    if (!status && write_ahead_report(process->ahead)->torn_bytes)
        world_see(world, SEEN_LOG_TORN);
    if (!status && write_ahead_report(process->ahead)->damaged_regions)
        world_see(world, SEEN_LOG_DAMAGED);
    return status ? status : mark_network(process);
}

void world_restore(struct process *process)
{
    struct block_log *log = write_ahead_log(process->ahead);
    struct block_log_entry entry;
    struct consensus_status status;
    uint64_t first, end;

    replica_status(process->replica, &status);
    block_log_range(log, &first, &end);
    for (; first < end; first++)
        if (block_log_entry_of(log, first, &entry) &&
            entry.kind == BLOCK_LOG_BLOCK && entry.slot > status.root_slot)
            world_see(process->world, SEEN_RESTORED);
    if (replica_log_restore(process->ahead, process->replica,
                            world_clock(process), status.root_slot) &&
        !process->is_spoiled)
        world_fail(process->world, "validator %u can't read its log",
                   process->validator);
}

void world_put(struct process *process, const struct replica_output *output)
{
    replica_log_put(process->ahead, output);
    process->has_put = true;
}

/* The process ends with a word when its disk fails, and is begun again when
 * there is room. */
static void fail(struct process *process)
{
    struct world *world = process->world;

    if (!process->is_full)
        world_fail(world, "validator %u: the disk fails: %s",
                   process->validator, err_text());
    err_clear();
    world_see(world, SEEN_DISK_FULL);
    process->is_up = false;
    world_add_fault(world, world->now_us, EVENT_CRASH, process->index);
}

/* What is put while a commit is under way is for the next. */
void world_commit(struct process *process)
{
    struct world *world = process->world;

    if (!process->has_put || process->is_committing || !process->is_up)
        return;
    process->has_put = false;
    process->is_committing = true;
    if (write_ahead_commit(process->ahead)) {
        fail(process);
        return;
    }
    struct event *event = world_event(EVENT_DURABLE);
    event->number = write_ahead_durable(process->ahead);
    world_post(world,
               world->now_us +
                   world_takes(&process->disk, world->options.disk_us),
               process->index, event);
}

void world_take_durable(struct process *process, const struct event *event)
{
    process->is_committing = false;
    replica_durable(process->replica, world_clock(process), event->number);
}

void world_load(struct process *process, const struct replica_output *output)
{
    struct world *world = process->world;
    struct event *event = world_event(EVENT_LOADED);

    event->load = (struct replica_output){
        .act = output->act, .hash = output->hash, .slot = output->slot};
    world_post(world,
               world->now_us +
                   world_takes(&process->disk, world->options.disk_us),
               process->index, event);
}

void world_take_loaded(struct process *process, const struct event *event)
{
    struct buffer bytes = {0};

    replica_log_read(process->ahead, &event->load, &bytes);
    if (bytes.size)
        world_see(process->world, SEEN_LOADED);
    else if (event->load.act == REPLICA_LOAD)
        world_see(process->world, SEEN_UNREADABLE);
    replica_log_loaded(process->replica, world_clock(process), &event->load,
                       buffer_view(&bytes));
    buffer_free(&bytes);
}

/* ---- the ledger ---- */

/* Takes the block over. False: it has to wait. */
static bool push(struct process *process, struct executed_block *block)
{
    const struct flush_item item = {
        .block = block,
        .slot = bank_info(block->bank)->slot,
        .due_ms = block->executed_ms + (ledger_records_count(&block->records)
                                            ? LAG_MS
                                            : LEDGER_IDLE_FLUSH_MS),
        .used_bytes = executed_block_used_bytes(block),
        .is_shown = true};

    return flush_queue_has_room(&process->queue, item.used_bytes) &&
           flush_queue_push(&process->queue, &item);
}

void world_push(struct process *process, struct executed_block *block)
{
    executed_block_retain(block);
    if (push(process, block))
        return;
    CHECK(!process->held);
    process->held = block;
    world_see(process->world, SEEN_HELD);
}

static void release_batch(struct process *process)
{
    for (size_t i = 0; i < process->queue.batch_count; i++)
        executed_block_release(process->queue.batch[i].block);
}

static int write_batch(struct process *process)
{
    const struct flush_queue *queue = &process->queue;
    struct ledger_block blocks[FLUSH_BATCH_MAX];

    for (size_t i = 0; i < queue->batch_count; i++) {
        const struct executed_block *block = queue->batch[i].block;
        blocks[i] = (struct ledger_block){.bank = block->bank,
                                          .data = buffer_view(&block->data),
                                          .hash = block->hash,
                                          .records = &block->records};
    }
    return ledger_flush(process->ledger, blocks, queue->batch_count, false);
}

/* It is on disk when its time is over. */
static void begin_flushing(struct process *process,
                           const struct flush_step *step)
{
    struct world *world = process->world;

    process->flushing = *step;
    process->is_flushing = true;
    world_post(world,
               world->now_us +
                   world_takes(&process->disk, 4 * world->options.disk_us),
               process->index, world_event(EVENT_FLUSHED));
}

static void carry_out(struct process *process)
{
    int status = 0;

    if (process->flushing.act == FLUSH_WRITE)
        status = write_batch(process);
    else if (process->flushing.act == FLUSH_SETTLE)
        status = ledger_settle(process->ledger);
    if (status)
        world_fail(process->world, "validator %u can't flush: %s",
                   process->validator, err_text());
    flush_queue_done(&process->queue, status);
}

static void set_timer(struct process *process, uint64_t until_ms)
{
    struct world *world = process->world;

    if (until_ms == FLUSH_NEVER)
        return;
    uint64_t at_us = world_time_of(process, until_ms * 1000000);
    if (at_us <= world->now_us)
        at_us = world->now_us + 1;
    if (process->flush_us > world->now_us && process->flush_us <= at_us)
        return;
    process->flush_us = at_us;
    world_post(world, at_us, process->index, world_event(EVENT_FLUSH));
}

/* A block that waits gets in as soon as there is room. */
static bool push_held(struct process *process)
{
    if (!process->held || !push(process, process->held))
        return false;
    process->held = NULL;
    world_step_at(process, process->world->now_us);
    return true;
}

void world_flush(struct process *process)
{
    struct flush_step step = {.act = FLUSH_RELEASE};

    while (!process->is_flushing) {
        step = flush_queue_next(&process->queue,
                                world_local_ns(process) / 1000000);
        if (step.act == FLUSH_WAIT && !push_held(process))
            break;
        if (step.act == FLUSH_WRITE || step.act == FLUSH_SETTLE)
            begin_flushing(process, &step);
        if (step.act == FLUSH_RELEASE)
            release_batch(process);
        if (step.act == FLUSH_RELEASE || step.act == FLUSH_SHOW)
            flush_queue_done(&process->queue, 0);
    }
    if (step.act == FLUSH_WAIT)
        set_timer(process, step.until_ms);
}

void world_take_flushed(struct process *process)
{
    uint64_t durable;

    process->is_flushing = false;
    carry_out(process);
    durable = process->queue.durable_slot;
    if (durable > REPLICA_SLOTS_AHEAD_MAX)
        write_ahead_drop_before(process->ahead,
                                durable - REPLICA_SLOTS_AHEAD_MAX);
    push_held(process);
    world_flush(process);
}

/* ---- the power is gone ---- */

/* What was under way got to the disk, or not, or in part. */
void world_close_disk(struct process *process)
{
    struct world *world = process->world;
    struct flush_queue *queue = &process->queue;
    struct executed_block *left;

    if (process->is_flushing) {
        world_see(world, SEEN_FLUSH_LOST);
        if (random_below(&process->disk, 2))
            carry_out(process);
        else
            flush_queue_done(queue, ERR_IO);
    }
    while ((left = flush_queue_left(queue)))
        executed_block_release(left);
    executed_block_release(process->held);
    process->held = NULL;
    process->is_flushing = false;
    if (process->is_committing || process->has_put)
        world_see(world, SEEN_RECORD_LOST);
    if (process->has_put && !process->is_full) {
        disk_memory_power_off_after(process->memory,
                                    random_below(&process->disk, CHANGES_MAX));
        write_ahead_commit(process->ahead);
        err_clear();
    }
    write_ahead_close(process->ahead);
    process->ahead = NULL;
    disk_memory_crash(process->memory);
    process->is_committing = process->has_put = process->is_full = false;
}
