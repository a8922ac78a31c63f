#include "settlement/write_ahead/write_ahead.h"

#include "base/check.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/memory.h"

#include <stdlib.h>

/* Behind a certificate there may be one that makes it superfluous. */
#define CLOSE_PUTS 32

/* A block or certificate that waits. */
struct put {
    struct put *next;
    struct block_log_entry entry;
    uint8_t bytes[];
};

/* What waits for a commit, or is under way in one. */
struct batch {
    struct put *first, **last;
    bool has_record;
    struct vote_record record;
    uint64_t drop_before; /* 0: nothing is to be dropped */
    uint64_t ticket;      /* the newest */
};

/* 1. queued and durable are under the lock.
 * 2. log, votes and has_failed are the committer's, after the opening. */
struct write_ahead {
    struct disk *disk;
    char *votes_path;
    struct vote_tag tag;
    struct block_log *log;
    struct block_log_report report;
    struct vote_file *votes; /* NULL: it is not made yet */
    bool has_record;
    struct vote_record record; /* as opened */
    char *forgotten;           /* why there is none */
    bool has_failed;

    struct lock lock;
    struct batch queued;
    uint64_t durable;
};

/* ---- opening ---- */

static int open_votes(struct write_ahead *ahead)
{
    int status = vote_file_open(ahead->disk, ahead->votes_path, &ahead->tag,
                                &ahead->votes, &ahead->record);

    ahead->has_record = !status;
    if (status != ERR_NOT_FOUND)
        return status;
    ahead->forgotten = mem_text(err_text());
    return 0;
}

static int open_log(struct write_ahead *ahead,
                    const struct write_ahead_options *options)
{
    char *folder = mem_format("%s/blocks", options->folder);
    const struct block_log_options log = {.disk = options->disk,
                                          .folder = folder,
                                          .salt = options->salt,
                                          .segment_size_bytes =
                                              options->segment_size_bytes};
    int status = block_log_open(&log, &ahead->log, &ahead->report);

    free(folder);
    return status;
}

int write_ahead_open(const struct write_ahead_options *options,
                     struct write_ahead **out)
{
    struct write_ahead *ahead = mem_zero(1, sizeof(*ahead));

    ahead->disk = options->disk;
    ahead->tag = options->tag;
    ahead->votes_path = mem_format("%s/votes", options->folder);
    ahead->queued.last = &ahead->queued.first;
    lock_init(&ahead->lock);
    int status = open_votes(ahead);
    if (!status)
        status = open_log(ahead, options);
    if (status) {
        write_ahead_close(ahead);
        return status;
    }
    *out = ahead;
    return 0;
}

static void free_puts(struct put *put)
{
    while (put) {
        struct put *next = put->next;
        free(put);
        put = next;
    }
}

void write_ahead_close(struct write_ahead *ahead)
{
    if (!ahead)
        return;
    free_puts(ahead->queued.first);
    block_log_close(ahead->log);
    vote_file_close(ahead->votes);
    lock_destroy(&ahead->lock);
    free(ahead->votes_path);
    free(ahead->forgotten);
    free(ahead);
}

const struct vote_record *write_ahead_record(const struct write_ahead *ahead,
                                             const char **why)
{
    if (why)
        *why = ahead->forgotten;
    return ahead->has_record ? &ahead->record : NULL;
}

const struct block_log_report *
write_ahead_report(const struct write_ahead *ahead)
{
    return &ahead->report;
}

struct block_log *write_ahead_log(struct write_ahead *ahead)
{
    return ahead->log;
}

/* ---- putting ---- */

uint64_t write_ahead_put(struct write_ahead *ahead,
                         const struct block_log_entry *entry, const void *bytes)
{
    struct put *put = mem_alloc(sizeof(*put) + entry->size);

    put->next = NULL;
    put->entry = *entry;
    memcpy(put->bytes, bytes, entry->size);
    lock_take(&ahead->lock);
    *ahead->queued.last = put;
    ahead->queued.last = &put->next;
    uint64_t ticket = ++ahead->queued.ticket;
    lock_give(&ahead->lock);
    return ticket;
}

uint64_t write_ahead_put_record(struct write_ahead *ahead,
                                const struct vote_record *record)
{
    lock_take(&ahead->lock);
    CHECK(!ahead->queued.has_record ||
          record->sequence > ahead->queued.record.sequence);
    ahead->queued.has_record = true;
    ahead->queued.record = *record;
    uint64_t ticket = ++ahead->queued.ticket;
    lock_give(&ahead->lock);
    return ticket;
}

void write_ahead_drop_before(struct write_ahead *ahead, uint64_t slot)
{
    lock_take(&ahead->lock);
    if (slot > ahead->queued.drop_before)
        ahead->queued.drop_before = slot;
    lock_give(&ahead->lock);
}

/* ---- committing ---- */

/* Under the lock. */
static bool is_waiting(const struct write_ahead *ahead)
{
    return ahead->queued.ticket > ahead->durable || ahead->queued.drop_before;
}

bool write_ahead_is_waiting(struct write_ahead *ahead)
{
    lock_take(&ahead->lock);
    bool result = is_waiting(ahead);
    lock_give(&ahead->lock);
    return result;
}

uint64_t write_ahead_durable(struct write_ahead *ahead)
{
    lock_take(&ahead->lock);
    uint64_t ticket = ahead->durable;
    lock_give(&ahead->lock);
    return ticket;
}

static struct batch take_batch(struct write_ahead *ahead)
{
    lock_take(&ahead->lock);
    struct batch batch = ahead->queued;
    ahead->queued = (struct batch){.ticket = batch.ticket};
    ahead->queued.last = &ahead->queued.first;
    lock_give(&ahead->lock);
    return batch;
}

static int write_record(struct write_ahead *ahead,
                        const struct vote_record *record)
{
    return ahead->votes ? vote_file_write(ahead->votes, record)
                        : vote_file_make(ahead->disk, ahead->votes_path,
                                         &ahead->tag, record, &ahead->votes);
}

/* The newest finalisation makes final what all before it do, because blocks
 * stand on each other; and so a window's last notarisation certifies what those
 * before it do (R1 of docs/consensus.md). */
static bool is_said_by(const struct block_log_entry *entry,
                       const struct block_log_entry *later)
{
    if (entry->kind != later->kind || entry->slot >= later->slot)
        return false;
    return entry->kind == BLOCK_LOG_FINALISATION ||
           (entry->kind == BLOCK_LOG_NOTARISATION &&
            window_of(entry->slot) == window_of(later->slot));
}

/* The entries of an idle chain's commit: each is held against those that follow
 * closely. */
static bool is_superfluous(const struct put *put)
{
    const struct put *later = put->next;

    for (int i = 0; i < CLOSE_PUTS && later; i++, later = later->next)
        if (is_said_by(&put->entry, &later->entry))
            return true;
    return false;
}

/* The record relies on the entries, so they are on disk before it. */
static int write_batch(struct write_ahead *ahead, const struct batch *batch)
{
    int status = 0;

    for (struct put *put = batch->first; !status && put; put = put->next)
        if (!is_superfluous(put))
            status = block_log_append(ahead->log, &put->entry, put->bytes);
    if (!status)
        status = block_log_sync(ahead->log);
    if (!status && batch->has_record)
        status = write_record(ahead, &batch->record);
    if (!status && batch->drop_before)
        status = block_log_drop_before(ahead->log, batch->drop_before);
    return status;
}

int write_ahead_commit(struct write_ahead *ahead)
{
    if (ahead->has_failed)
        return err_set(ERR_IO, "nothing is written after a failure");
    struct batch batch = take_batch(ahead);
    int status = write_batch(ahead, &batch);
    ahead->has_failed = status != 0;
    free_puts(batch.first);
    if (status)
        return status;
    lock_take(&ahead->lock);
    ahead->durable = batch.ticket;
    lock_give(&ahead->lock);
    return 0;
}
