/*
 * The full verification. One walk over the chain in the order of slots, one
 * over the indexes, one over the state's rows.
 *
 * Only replaying (replay.h) can check the states that blocks name before the
 * tip. Each signed block names its parent's hash, so a changed block shows by
 * its own signature or by its child.
 *
 * The chain must end at the tip: only the tip confirms the last block's hash,
 * and only the chain confirms the tip's.
 *
 * For the indexes it is enough to find each block's rows, and to count: if the
 * number is right and all rows are right, there is no other row. That saves a
 * walk from the index back to the blocks, which would be one random read a row.
 *
 * Blocks before "first" are being dropped and are not checked; the records that
 * are left of such a block are only counted.
 *
 * Nobody may write the ledger meanwhile because the view's tip may be older
 * than what is published. The walk ends at the first fault because much after
 * it would look wrong, too. Memory: one block with its transactions, and the
 * messages of one block.
 */
#include "settlement/ledger/ledger_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "settlement/format/block_verify.h"
#include <inttypes.h>
#include <stdlib.h>

/* The walk along the chain: what the next block must stand on. Each block and
 * run sets it for the next. Nothing is known of blocks before first_slot, so
 * the first checked block stands on nothing (has_begun). */
struct chain {
    struct ledger_view *view;
    struct ledger_report *report;
    const struct genesis *genesis;
    struct leader_schedule *schedule;
    uint64_t root_slot;  /* no proof of history leads to its blockhash */
    uint64_t first_slot; /* older ones are dropped or being dropped */
    bool has_begun;
    uint64_t slot;
    uint64_t block_height;
    uint64_t unix_ms;
    struct hash blockhash;
    struct hash block_hash;
    bool
        has_state; /* a block's state stands in its child, a run's in the run */
    struct hash state_hash;
    uint64_t address_rows; /* that the blocks so far must have */
};

/* ---- Blocks ---- */

/* Check what a block and a run have in common: parent, its state, height, time,
 * and the start of the proof of history. The first one stands on nothing;
 * unless history was dropped it must be the ledger's root. header: of the
 * block, or of the run's first. */
static int check_link(const struct chain *chain,
                      const struct block_header *header, uint64_t block_height,
                      const struct hash *parent_blockhash)
{
    uint64_t slot = header->slot;
    if (!chain->has_begun && !chain->first_slot && slot != chain->root_slot)
        return err_set(ERR_CORRUPT,
                       "the chain begins at slot %" PRIu64
                       ", and not at slot %" PRIu64,
                       slot, chain->root_slot);
    if (!chain->has_begun)
        return 0;
    if (header->parent_slot != chain->slot)
        return err_set(ERR_CORRUPT,
                       "block %" PRIu64 " names slot %" PRIu64
                       " as its parent, not %" PRIu64,
                       slot, header->parent_slot, chain->slot);
    if (block_height != chain->block_height + 1)
        return err_set(ERR_CORRUPT, "block %" PRIu64 " has the wrong height",
                       slot);
    if (!hash_equal(&header->parent_hash, &chain->block_hash))
        return err_set(ERR_CORRUPT,
                       "block %" PRIu64 " names another parent block", slot);
    if (chain->has_state &&
        !hash_equal(&header->parent_state_hash, &chain->state_hash))
        return err_set(ERR_CORRUPT,
                       "block %" PRIu64 " names another state after its parent",
                       slot);
    if (header->unix_ms < chain->unix_ms)
        return err_set(ERR_CORRUPT, "block %" PRIu64 " is before its parent",
                       slot);
    if (!hash_equal(parent_blockhash, &chain->blockhash))
        return err_set(ERR_CORRUPT,
                       "block %" PRIu64 " does not go on from its parent's "
                       "blockhash",
                       slot);
    return 0;
}

/* Ticks come first because they cost nothing; then every hash of the slot, on
 * one thread. replay_reader.h uses several. */
static int check_entries(const struct chain *chain, const struct block *block,
                         const struct hash *start)
{
    int status = block_verify_shape(block, chain->genesis);
    return status ? status
                  : block_verify_entries(block, start, 0, block->entry_count);
}

/* Note the addresses that the transaction names. They come from the record
 * because it also has keys from lookup tables. */
static void note_addresses(const struct ledger_record *record, uint32_t index,
                           struct buffer *namings)
{
    for (size_t i = 0; i < record->result.key_count; i++) {
        const struct ledger_naming naming = {record->result.keys[i], index};
        buffer_append(namings, &naming, sizeof(naming));
    }
}

/* Check the record of a verified transaction and its row among the signatures:
 * the record at its place must have this transaction's bytes, and the signature
 * must lead to this place. Only the record's own checksum covers balances and
 * logs. namings: struct ledger_naming[] of the block so far. */
static int check_transaction(struct chain *chain,
                             const struct transaction *transaction,
                             struct ledger_place place, struct arena *arena,
                             struct buffer *namings)
{
    struct ledger_record record;
    struct ledger_place found;
    CHECK(transaction->is_verified);
    chain->report->signatures += transaction->signature_count;
    chain->report->transactions++;
    if (ledger_record(chain->view, place, arena, &record) ||
        !bytes_equal(record.wire, transaction->wire))
        return err_set(ERR_CORRUPT,
                       "transaction %u of block %" PRIu64 " has no record of "
                       "its own",
                       place.index, place.slot);
    if (ledger_find(chain->view, transaction_id(transaction), &found) ||
        found.slot != place.slot || found.index != place.index)
        return err_set(ERR_CORRUPT,
                       "transaction %u of block %" PRIu64 " is not found by "
                       "its signature",
                       place.index, place.slot);
    note_addresses(&record, place.index, namings);
    return 0;
}

/* Signatures are checked together for each entry, then each transaction by
 * itself. Namings are gathered for the whole block because address rows are. */
static int check_transactions(struct chain *chain, const struct block *block,
                              struct arena *arena)
{
    uint32_t index = 0;
    struct buffer namings = {0};
    uint64_t rows = 0;
    int status = 0;
    for (size_t i = 0; !status && i < block->entry_count; i++) {
        const struct entry *entry = &block->entries[i];
        struct transaction *transactions;
        if (entry_parse_transactions(entry, arena, &transactions)) {
            status = err_set(ERR_CORRUPT,
                             "entry %zu of block %" PRIu64 ": a transaction is "
                             "not readable",
                             i, block->header.slot);
            break;
        }
        status = block_verify_signatures(block, transactions, index,
                                         entry->transaction_count);
        for (size_t j = 0; !status && j < entry->transaction_count; j++) {
            struct ledger_place place = {block->header.slot, index++};
            status = check_transaction(chain, &transactions[j], place, arena,
                                       &namings);
        }
    }
    if (!status)
        status = ledger_addresses_check(
            chain->view->rows, block->header.slot, (const void *)namings.data,
            namings.size / sizeof(struct ledger_naming), &rows);
    chain->address_rows += rows;
    buffer_free(&namings);
    return status;
}

/* What of a block is checked without its transactions. data: its encoding. */
static int check_form(struct chain *chain, const struct block *block,
                      struct bytes data, const struct hash *hash)
{
    int status = block_verify_header(&block->header, hash, chain->schedule);
    return status ? status
                  : block_verify_body(&block->header,
                                      block_body(&block->header, data));
}

/* Form and signature are checked first. The chain also moves on after a fault,
 * which does no harm because the walk ends. */
static int check_block(struct chain *chain, uint64_t slot, struct bytes row)
{
    struct arena arena = {0};
    struct block block;
    struct hash parent_blockhash, hash;
    uint64_t height;
    struct reader reader = reader_make(row);
    int status = ERR_CORRUPT;
    if (reader_u64le(&reader, &height) ||
        reader_copy(&reader, parent_blockhash.bytes, 32) ||
        block_decode(reader.left, &arena, &block) ||
        block.header.slot != slot) {
        err_set(status, "block %" PRIu64 " is not readable", slot);
        goto done;
    }
    block_header_hash(&block.header, &hash);
    status = check_form(chain, &block, reader.left, &hash);
    if (!status)
        status = check_link(chain, &block.header, height, &parent_blockhash);
    if (!status)
        status = check_entries(chain, &block, &parent_blockhash);
    if (!status)
        status = check_transactions(chain, &block, &arena);
    chain->has_begun = true;
    chain->slot = slot;
    chain->block_height = height;
    chain->unix_ms = block.header.unix_ms;
    block_blockhash(&block, &parent_blockhash, chain->genesis->ticks_per_slot,
                    &chain->blockhash);
    chain->block_hash = hash;
    chain->has_state = false;
    chain->report->blocks++;
done:
    arena_free(&arena);
    return status;
}

/* The genesis and a snapshot's block have neither a header nor proof of history
 * before them; of the genesis the hash is known. */
static int check_root(struct chain *chain, const struct ledger_run *run)
{
    const struct block_header header = {
        .slot = run->first,
        .parent_slot = run->parent_slot,
        .parent_hash = run->parent_hash,
        .unix_ms = ledger_run_unix_ms(run, run->first)};
    int status =
        check_link(chain, &header, run->block_height, &run->parent_blockhash);
    if (!status && (run->last != run->first ||
                    (run->first == 0 &&
                     !hash_equal(&run->last_blockhash, &chain->genesis->hash))))
        status = err_set(ERR_CORRUPT,
                         "the ledger's first block is not the genesis'");
    return status;
}

/* Every block of a run is made again from its row and the one before, and must
 * be what its leader signed. */
static int check_slots(struct chain *chain, const struct ledger_run *run)
{
    struct ledger_run_block *blocks =
        mem_zero(LEDGER_RUN_SLOTS_MAX, sizeof(*blocks));
    int status =
        ledger_run_verify(run, chain->genesis, chain->schedule, blocks);
    if (!status)
        status = check_link(chain, &blocks[0].header, run->block_height,
                            &run->parent_blockhash);
    free(blocks);
    return status;
}

static int check_run(struct chain *chain, const struct ledger_run *run)
{
    bool is_root = run->first == 0 || run->first == chain->root_slot;
    int status = is_root ? check_root(chain, run) : check_slots(chain, run);
    if (status)
        return status;
    /* The next block stands on the last slot of the run, and names its hash as
     * the parent's. */
    chain->has_begun = true;
    chain->slot = run->last;
    chain->block_height = run->block_height + (run->last - run->first);
    chain->unix_ms = ledger_run_unix_ms(run, run->last);
    chain->blockhash = run->last_blockhash;
    chain->block_hash = run->last_hash;
    chain->has_state = true;
    chain->state_hash = run->state_hash;
    chain->report->runs++;
    return 0;
}

/* Merge both tables in the order of slots. A cursor that ends before its
 * table's end is an error, and not a shorter chain. */
static int check_next(struct chain *chain, struct rows_cursor *blocks,
                      struct rows_cursor *runs)
{
    struct bytes block_key = {0}, block = {0}, run_key = {0}, run_value = {0};
    int has_block = rows_cursor_next(blocks, &block_key, &block);
    int has_run = rows_cursor_next(runs, &run_key, &run_value);
    int status = 0;
    while (!status && (!has_block || !has_run)) {
        if (!has_block && block_key.size != 8)
            return err_set(ERR_CORRUPT, "a block's key is not readable");
        if (!has_run && run_key.size != 8)
            return err_set(ERR_CORRUPT, "a run's key is not readable");
        /* These are statuses: 0 means that there is a row. */
        if (!has_block && (has_run || bytes_compare(block_key, run_key) < 0)) {
            status = check_block(chain, u64be_read(block_key.data), block);
            has_block = rows_cursor_next(blocks, &block_key, &block);
        } else {
            struct ledger_run run;
            status = ledger_run_decode(run_key, run_value, &run);
            if (!status)
                status = check_run(chain, &run);
            has_run = rows_cursor_next(runs, &run_key, &run_value);
        }
    }
    if (status)
        return status;
    return has_block == ERR_NOT_FOUND && has_run == ERR_NOT_FOUND ? 0 : ERR_IO;
}

/* From "first" on, because earlier blocks may be there in part. */
static int check_chain(struct chain *chain)
{
    struct rows_cursor *blocks, *runs;
    struct rows_view *rows = chain->view->rows;
    struct ledger_tip tip;
    uint8_t first_key[8];
    struct bytes start = bytes_make(first_key, sizeof(first_key));
    u64be_write(first_key, chain->first_slot);
    int status = rows_cursor_open(rows, TABLE_BLOCKS, start, &blocks);
    if (status)
        return status;
    status = rows_cursor_open(rows, TABLE_RUNS, start, &runs);
    if (!status) {
        status = check_next(chain, blocks, runs);
        rows_cursor_close(runs);
    }
    rows_cursor_close(blocks);
    if (!status)
        status = ledger_tip_read(rows, &tip);
    if (status)
        return status;
    if (chain->slot != tip.slot ||
        chain->block_height !=
            bank_info(chain->view->branch->bank)->block_height ||
        !hash_equal(&chain->block_hash, &tip.block_hash) ||
        (chain->has_state && !hash_equal(&chain->state_hash, &tip.state_hash)))
        return err_set(ERR_CORRUPT,
                       "the chain ends at slot %" PRIu64
                       ", and not at the tip, slot %" PRIu64,
                       chain->slot, tip.slot);
    return 0;
}

/* Count the records that are left of a block that is being dropped. They are
 * the first rows of the table. ledger_prune() never leaves two blocks half
 * dropped. */
static int count_dropped(const struct chain *chain, uint64_t *records)
{
    struct rows_cursor *cursor;
    struct bytes key, value;
    uint64_t slot = UINT64_MAX;
    *records = 0;
    int status = rows_cursor_open(chain->view->rows, TABLE_RECORDS,
                                  (struct bytes){0}, &cursor);
    if (status)
        return status;
    while (!status && !rows_cursor_next(cursor, &key, &value)) {
        if (key.size != PLACE_SIZE || u64be_read(key.data) >= chain->first_slot)
            break;
        if (*records > 0 && u64be_read(key.data) != slot)
            status = err_set(ERR_CORRUPT,
                             "history begins at slot %" PRIu64
                             ", but more than one block is older",
                             chain->first_slot);
        slot = u64be_read(key.data);
        ++*records;
    }
    rows_cursor_close(cursor);
    return status;
}

/* No index may have a row that no block needs: there must be a record and a
 * signature for each transaction, and as many address rows as the blocks have.
 */
static int check_counts(const struct chain *chain)
{
    uint64_t dropped;
    int status = count_dropped(chain, &dropped);
    if (status)
        return status;
    /* Both have a row for each transaction, also of a block that is being
     * dropped. */
    static const enum ledger_table counted[] = {TABLE_RECORDS,
                                                TABLE_SIGNATURES};
    for (size_t i = 0; i < 2; i++) {
        uint64_t count;
        status = rows_count(chain->view->rows, counted[i], &count);
        if (status)
            return status;
        if (count != chain->report->transactions + dropped)
            return err_set(ERR_CORRUPT,
                           "the blocks hold %" PRIu64
                           " transactions, but an index %" PRIu64,
                           chain->report->transactions, count);
    }
    /* The number of address rows of a block that is being dropped is not known.
     */
    uint64_t count;
    status = rows_count(chain->view->rows, TABLE_ADDRESSES, &count);
    if (!status && !dropped && count != chain->address_rows)
        status = err_set(ERR_CORRUPT,
                         "the blocks name addresses in %" PRIu64
                         " rows, but their index has %" PRIu64,
                         chain->address_rows, count);
    return status;
}

/* The chain comes before the counts, which need its sums. */
int ledger_check(struct ledger *ledger, struct ledger_report *report)
{
    CHECK_MAGIC(ledger, LEDGER_MAGIC);
    struct ledger_view *view;
    *report = (struct ledger_report){0};
    int status = ledger_view_open(ledger, LEDGER_FINALIZED, &view);
    if (status)
        return status;
    struct chain chain = {.view = view,
                          .report = report,
                          .genesis = ledger->genesis,
                          .schedule = ledger->schedule,
                          .root_slot = ledger->root_slot};
    status = ledger_first_read(view->rows, &chain.first_slot);
    if (!status)
        status = check_chain(&chain);
    if (!status)
        status = check_counts(&chain);
    if (!status)
        status = ledger_check_state(view, report);
    report->slot = chain.slot;
    ledger_view_close(view);
    return status;
}
