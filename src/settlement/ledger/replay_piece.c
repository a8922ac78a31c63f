/*
 * The checks of a block that don't need the state, divided into jobs.
 *
 * A job is a range of entries and their transactions, and independent of all
 * others: an entry's proof of history begins with the hash of the entry before
 * it. If each entry leads from the hash before to its own, together they are
 * the chain. So the order of jobs does not matter, and all cores check a block
 * at once.
 *
 * Ranges are measured in steps of proof of history, which is what an idle block
 * costs. A transaction counts as its hashes; verifying its signatures costs far
 * more, but is optional.
 *
 * Pieces are reused with their arenas, so their ring (replay_reader.c) takes
 * memory for the largest blocks once.
 */
#include "settlement/ledger/replay_piece.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/format/block_verify.h"
#include <inttypes.h>

/* The size of a job, in steps of proof of history (some 60 ns each): long
 * compared with taking the lock, and short to wait for. */
#define JOB_STEPS 2048

/* The steps of a transaction: hashes of its message and of its signature. */
#define TRANSACTION_STEPS 8

/* Entries first … end - 1 and their transactions. */
struct replay_job {
    size_t first_entry;
    size_t end_entry;
    size_t first_transaction;
    size_t end_transaction;
};

/* ---- Reading ---- */

/* block_decode() has bounded the count. transaction_count is set at the end: a
 * piece that could not be read has no transactions. */
static int parse_transactions(struct replay_piece *piece)
{
    const struct block *block = &piece->block;
    size_t count = block_transaction_count(block), at = 0;
    piece->transactions =
        arena_alloc(&piece->arena, count * sizeof(*piece->transactions));
    piece->message_hashes =
        arena_alloc(&piece->arena, count * sizeof(*piece->message_hashes));
    for (size_t i = 0; i < block->entry_count; i++) {
        const struct entry *entry = &block->entries[i];
        for (size_t k = 0; k < entry->transaction_count; k++, at++) {
            int status =
                transaction_parse(entry->transactions[k], &piece->arena,
                                  &piece->transactions[at]);
            if (status)
                return err_add(ERR_CORRUPT, "transaction %zu", at);
        }
    }
    piece->transaction_count = count;
    return 0;
}

/* Each job gets entries until it is long enough, so there are at most as many
 * jobs as entries. steps can't overflow because entries_check_ticks() has
 * bounded the hashes of a slot. */
static void divide(struct replay_piece *piece)
{
    const struct block *block = &piece->block;
    piece->jobs =
        arena_alloc(&piece->arena, block->entry_count * sizeof(*piece->jobs));
    struct replay_job job = {0};
    uint64_t steps = 0;
    for (size_t i = 0; i < block->entry_count; i++) {
        const struct entry *entry = &block->entries[i];
        job.end_entry = i + 1;
        job.end_transaction += entry->transaction_count;
        steps += entry->num_hashes +
                 TRANSACTION_STEPS * (uint64_t)entry->transaction_count;
        if (steps < JOB_STEPS && i + 1 < block->entry_count)
            continue;
        piece->jobs[piece->job_count++] = job;
        job.first_entry = job.end_entry;
        job.first_transaction = job.end_transaction;
        steps = 0;
    }
}

/* One thread at a time reads, so no hash is computed here. The ticks are
 * checked first because the sizes of jobs rely on them. */
int replay_piece_read_block(struct replay_piece *piece,
                            const struct genesis *genesis, struct bytes key,
                            struct bytes row)
{
    struct block *block = &piece->block;
    struct reader reader = reader_make(row);
    uint64_t height;
    if (key.size != 8)
        return err_set(ERR_CORRUPT, "a slot's key is not readable");
    uint64_t slot = u64be_read(key.data);
    if (reader_u64le(&reader, &height) ||
        reader_copy(&reader, piece->parent_blockhash.bytes, 32) ||
        block_decode(reader.left, &piece->arena, block) ||
        block->header.slot != slot)
        return err_set(ERR_CORRUPT, "block %" PRIu64 " is not readable", slot);
    piece->data = reader.left;
    int status = block_verify_shape(block, genesis);
    if (status)
        return status;
    status = parse_transactions(piece);
    if (status)
        return err_add(ERR_CORRUPT, "block %" PRIu64, slot);
    divide(piece);
    return 0;
}

/* One job, because the hashes of a run are one chain. The length is checked
 * before memory is taken for the blocks (ledger_run_decode()). */
int replay_piece_read_run(struct replay_piece *piece, struct bytes key,
                          struct bytes row)
{
    struct ledger_run *run = &piece->run;
    int status = ledger_run_decode(key, row, run);
    if (status)
        return status;
    piece->is_run = true;
    piece->parent_blockhash = run->parent_blockhash;
    piece->run_blocks =
        arena_alloc(&piece->arena,
                    (run->last - run->first + 1) * sizeof(*piece->run_blocks));
    piece->job_count = 1;
    return 0;
}

/* ---- Checking ---- */

/* Kept for the bank, which would otherwise hash the messages on the one thread
 * that executes. */
static void hash_messages(struct replay_piece *piece,
                          const struct replay_job *job)
{
    for (size_t i = job->first_transaction; i < job->end_transaction; i++) {
        struct transaction *transaction = &piece->transactions[i];
        transaction_message_hash(transaction, &piece->message_hashes[i]);
        transaction->message_hash = &piece->message_hashes[i];
    }
}

/* What is of the whole block, checked with the first job: its header and the
 * root of its body. */
static int check_whole(struct replay_piece *piece,
                       struct leader_schedule *schedule)
{
    const struct block_header *header = &piece->block.header;
    block_header_hash(header, &piece->hash);
    int status = block_verify_header(header, &piece->hash, schedule);
    return status ? status
                  : block_verify_body(header, block_body(header, piece->data));
}

/* Message hashes are made whatever the checks find, so that nothing stays
 * undefined. */
int replay_piece_check(struct replay_piece *piece,
                       const struct genesis *genesis,
                       struct leader_schedule *schedule, size_t job,
                       bool check_signatures)
{
    CHECK(job < piece->job_count);
    if (piece->is_run)
        return ledger_run_verify(&piece->run, genesis, schedule,
                                 piece->run_blocks);
    const struct replay_job *part = &piece->jobs[job];
    hash_messages(piece, part);
    int status = job ? 0 : check_whole(piece, schedule);
    if (!status)
        status = block_verify_entries(&piece->block, &piece->parent_blockhash,
                                      part->first_entry, part->end_entry);
    if (!status && check_signatures)
        status = block_verify_signatures(
            &piece->block, &piece->transactions[part->first_transaction],
            part->first_transaction,
            part->end_transaction - part->first_transaction);
    return status;
}

/* ---- The piece ---- */

uint64_t replay_piece_slot(const struct replay_piece *piece)
{
    return piece->is_run ? piece->run.first : piece->block.header.slot;
}

/* The arena keeps its newest chunk (arena_reset()). */
void replay_piece_reset(struct replay_piece *piece)
{
    struct arena arena = piece->arena;
    arena_reset(&arena);
    *piece = (struct replay_piece){.arena = arena};
}

void replay_piece_free(struct replay_piece *piece)
{
    arena_free(&piece->arena);
    *piece = (struct replay_piece){0};
}
