/*
 * Reading blocks through a view.
 *
 * Blocks above the branch's floor come from memory, and those at or below it
 * from the disk. The view's snapshot of the disk may have some of the former,
 * too, if they were flushed before it was opened.
 *
 * History that is being dropped is not shown in parts: all functions use
 * the row "first" of their own snapshot.
 */
#include "settlement/ledger/ledger_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "crypto/hash.h"
#include <inttypes.h>
#include <stdlib.h>

/* The whole block is decoded for its last hash and its number of transactions;
 * ledger_unix_ms() avoids that. out->data is without the row's prefix. */
static int read_full(struct ledger_view *view, uint64_t slot,
                     struct ledger_header *out)
{
    uint8_t key[8];
    struct bytes value;
    u64be_write(key, slot);
    int status = rows_get(view->rows, TABLE_BLOCKS,
                          bytes_make(key, sizeof(key)), &value);
    if (status)
        return status;
    struct arena arena = {0};
    struct block block;
    struct reader reader = reader_make(value);
    if (reader_u64le(&reader, &out->block_height) ||
        reader_copy(&reader, out->parent_blockhash.bytes, 32) ||
        block_decode(reader.left, &arena, &block)) {
        status = err_add(ERR_CORRUPT, "block %" PRIu64, slot);
    } else {
        out->slot = slot;
        out->parent_slot = block.header.parent_slot;
        out->unix_ms = block.header.unix_ms;
        block_blockhash(&block, &out->parent_blockhash,
                        view->ledger->genesis->ticks_per_slot, &out->blockhash);
        out->transaction_count = block_transaction_count(&block);
        out->data = reader.left;
    }
    arena_free(&arena);
    return status;
}

int ledger_run_find(struct ledger_view *view, uint64_t slot,
                    struct ledger_run *out)
{
    uint8_t start[8];
    struct bytes key, value;
    struct rows_cursor *cursor;
    u64be_write(start, slot);
    int status = rows_cursor_open_down(
        view->rows, TABLE_RUNS, bytes_make(start, sizeof(start)), &cursor);
    if (status)
        return status;
    status = rows_cursor_next(cursor, &key, &value);
    if (!status)
        status = ledger_run_decode(key, value, out);
    rows_cursor_close(cursor);
    return status;
}

/* An empty slot inside a run: its hashes come from running the chain again,
 * which takes at most LEDGER_RUN_HASHES_MAX hashes, some 20 ms. */
static void read_in_run(const struct ledger_run *run,
                        const struct genesis *genesis, uint64_t slot,
                        struct ledger_header *out)
{
    uint64_t place = slot - run->first;
    uint64_t per_tick = genesis->hashes_per_tick ? genesis->hashes_per_tick : 1;
    uint64_t per_slot = per_tick * genesis->ticks_per_slot;
    *out = (struct ledger_header){
        .slot = slot,
        .parent_slot = place ? slot - 1 : run->parent_slot,
        .block_height = run->block_height + place,
        .unix_ms = ledger_run_unix_ms(run, slot),
        .parent_blockhash = run->parent_blockhash,
    };
    /* The last blockhash is known; the genesis', which is alone in its run,
     * does not come from proof of history. */
    hash_chain(&out->parent_blockhash, place * per_slot);
    out->blockhash = out->parent_blockhash;
    if (slot == run->last)
        out->blockhash = run->last_blockhash;
    else
        hash_chain(&out->blockhash, per_slot);
}

static void read_in_memory(const struct executed_block *block,
                           struct ledger_header *out)
{
    const struct bank_info *info = bank_info(block->bank);
    *out = (struct ledger_header){
        .slot = info->slot,
        .parent_slot = info->parent_slot,
        .block_height = info->block_height,
        .unix_ms = info->unix_ms,
        .blockhash = info->blockhash,
        .parent_blockhash = info->parent_blockhash,
        .transaction_count = ledger_records_count(&block->records),
        .data = buffer_view(&block->data),
    };
}

int ledger_header(struct ledger_view *view, uint64_t slot,
                  struct ledger_header *out)
{
    CHECK_MAGIC(view, LEDGER_VIEW_MAGIC);
    struct ledger_run run;
    uint64_t first;
    *out = (struct ledger_header){0};
    if (slot > view->branch->floor_slot) {
        const struct executed_block *block =
            ledger_branch_block(view->branch, slot);
        if (block)
            read_in_memory(block, out);
        return block ? 0 : ERR_NOT_FOUND;
    }
    int status = ledger_first_read(view->rows, &first);
    if (status)
        return status;
    if (slot < first)
        return ERR_NOT_FOUND;
    status = read_full(view, slot, out);
    if (status != ERR_NOT_FOUND)
        return status;
    status = ledger_run_find(view, slot, &run);
    if (status || slot > run.last)
        return status ? status : ERR_NOT_FOUND;
    read_in_run(&run, view->ledger->genesis, slot, out);
    return 0;
}

/* getSignaturesForAddress needs up to a thousand. A slot in a run costs what
 * ledger_header() costs. */
int ledger_unix_ms(struct ledger_view *view, uint64_t slot, uint64_t *out)
{
    CHECK_MAGIC(view, LEDGER_VIEW_MAGIC);
    uint8_t key[8];
    struct bytes value, before;
    struct ledger_header header;
    u64be_write(key, slot);
    int status = slot > view->branch->floor_slot
                     ? ERR_NOT_FOUND
                     : rows_get(view->rows, TABLE_BLOCKS,
                                bytes_make(key, sizeof(key)), &value);
    if (!status) {
        struct reader reader = reader_make(value);
        struct block_header found;
        if (reader_take(&reader, BLOCK_PREFIX_SIZE, &before) ||
            block_header_read(&reader, &found))
            return err_set(ERR_CORRUPT, "block %" PRIu64 " is not readable",
                           slot);
        *out = found.unix_ms;
        return 0;
    }
    status = ledger_header(view, slot, &header);
    *out = header.unix_ms;
    return status;
}

/* The run's last is known; the ledger's first block, whose header is not there,
 * is alone in its run. */
static int hash_in_run(struct ledger_view *view, uint64_t slot,
                       struct hash *out)
{
    struct ledger_run run;
    int status = ledger_run_find(view, slot, &run);
    if (status || slot > run.last)
        return status ? status : ERR_NOT_FOUND;
    if (slot == run.last) {
        *out = run.last_hash;
        return 0;
    }
    struct ledger_run_block *blocks =
        mem_zero(run.last - run.first + 1, sizeof(*blocks));
    ledger_run_blocks(&run, view->ledger->genesis,
                      ledger_schedule(view->ledger), blocks);
    *out = blocks[slot - run.first].hash;
    free(blocks);
    return 0;
}

int ledger_block_hash(struct ledger_view *view, uint64_t slot, struct hash *out)
{
    struct ledger_header header;
    struct block_header found;
    const struct executed_block *block = ledger_view_block(view, slot);
    int status = ledger_header(view, slot, &header);
    if (status)
        return status;
    if (block) {
        *out = block->hash;
        return 0;
    }
    if (!header.data.size)
        return hash_in_run(view, slot, out);
    struct reader reader = reader_make(header.data);
    status = block_header_read(&reader, &found);
    if (status)
        return err_add(ERR_CORRUPT, "block %" PRIu64, slot);
    block_header_hash(&found, out);
    return 0;
}
