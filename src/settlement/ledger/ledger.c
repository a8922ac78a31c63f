/*
 * Opening. ledger_flush.c writes.
 *
 * The lock guards what readers take from those who publish: the tips. Nobody
 * waits or calls LMDB under it.
 */
#include "settlement/ledger/ledger_internal.h"
#include "settlement/table/program_table.h"

#include "base/check.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/memory.h"
#include <inttypes.h>
#include <stdlib.h>

/* LMDB keeps tables by name, so the order here means nothing on disk. */
const char *const ledger_tables[TABLES + 1] = {
    [TABLE_STATE] = "state",
    [TABLE_BLOCKS] = "blocks",
    [TABLE_RUNS] = "runs",
    [TABLE_RECORDS] = "records",
    [TABLE_SIGNATURES] = "signatures",
    [TABLE_ADDRESSES] = "addresses",
    [TABLE_META] = "meta",
    [TABLE_PENDING] = "pending",
    [TABLES] = NULL,
};
_Static_assert(TABLES == 8, "a new table needs its name here");

/* Write a new ledger: the genesis' rows, and slot 0 as a run of its own. It is
 * clean because no client has heard of anything. */
static int write_genesis(struct ledger *ledger)
{
    struct bank *bank = bank_open_genesis(ledger->genesis, &program_table);
    struct rows_view *view;
    int status = rows_write(ledger->rows, &view);
    if (status)
        goto err0;
    status = ledger_flush_genesis(ledger, view, bank);
    if (!status)
        status = rows_put(view, TABLE_META, bytes_text("genesis"),
                          bytes_make(ledger->genesis->hash.bytes, 32));
    if (!status)
        status =
            rows_put(view, TABLE_META, bytes_text("clean"), bytes_text("1"));
    if (!status)
        status = ledger_version_write(view);
    if (!status)
        status = ledger_tip_write(view, &ledger->tip);
    if (status)
        goto err1;
    status = rows_commit(view);
    goto err0;

err1:
    rows_abort(view);
err0:
    bank_release(bank);
    return status;
}

/* See LEDGER_VERSION. */
static int check_version(struct rows_view *view)
{
    struct bytes value;
    int status = rows_get(view, TABLE_META, bytes_text("version"), &value);
    if (!status && value.size != 1)
        status = ERR_NOT_FOUND;
    if (status && status != ERR_NOT_FOUND)
        return status;
    if (status)
        return err_set(ERR_CORRUPT, "the ledger's version is not readable");
    if (value.data[0] == LEDGER_VERSION)
        return 0;
    return err_set(ERR_STATE,
                   "this ledger is of version %u, and this Pond works on "
                   "version %d, whose blocks have another form or follow other "
                   "rules: use the Pond that wrote it, or begin another folder "
                   "with pond validator --init, or with a snapshot of this "
                   "version",
                   value.data[0], LEDGER_VERSION);
}

/* Check whether the ledger is new, this network's, and readable. An import
 * writes the genesis row last (ledger_transfer.c), so a folder without it is
 * empty or unfinished. */
static int check_genesis(struct ledger *ledger, struct rows_view *view,
                         bool *is_new)
{
    struct bytes value;
    int status = rows_get(view, TABLE_META, bytes_text("genesis"), &value);
    *is_new = status == ERR_NOT_FOUND;
    /* A ledger with a tip is not new and must not be overwritten. */
    if (*is_new && !rows_get(view, TABLE_META, bytes_text("tip"), &value))
        return err_set(ERR_CORRUPT, "the ledger doesn't know its genesis");
    if (*is_new)
        return 0;
    if (status)
        return status;
    if (!bytes_equal(value, bytes_make(ledger->genesis->hash.bytes, 32)))
        return err_set(ERR_STATE,
                       "this ledger belongs to another network: its genesis "
                       "is not %s",
                       HASH_TEXT(&ledger->genesis->hash));
    return check_version(view);
}

/* There are pending rows exactly while the tip is not settled. Only this check
 * shows a damaged settled_slot: without rows to move, settling just corrects
 * it. */
static int check_pending(struct rows_view *view, const struct ledger_tip *tip)
{
    uint64_t pending;
    int status = rows_count(view, TABLE_PENDING, &pending);
    if (!status && (pending > 0) != (tip->settled_slot != tip->slot))
        status = err_set(ERR_CORRUPT,
                         "%" PRIu64 " pending rows do not fit a tip at slot "
                         "%" PRIu64 ", settled up to %" PRIu64,
                         pending, tip->slot, tip->settled_slot);
    return status;
}

/* The newest run is continued only if it ends at the tip: after a full block
 * the next empty one begins a new run. */
static int load_tip(struct ledger *ledger, struct rows_view *view)
{
    struct bytes key, value;
    int status = ledger_tip_read(view, &ledger->tip);
    if (!status)
        status = check_pending(view, &ledger->tip);
    if (status)
        return status;
    status = ledger_root_read(view, &ledger->root_slot);
    if (status)
        return status;
    ledger->was_clean =
        !rows_get(view, TABLE_META, bytes_text("clean"), &value);

    struct rows_cursor *cursor;
    status =
        rows_cursor_open_down(view, TABLE_RUNS, (struct bytes){0}, &cursor);
    if (status)
        return status;
    if (!rows_cursor_next(cursor, &key, &value)) {
        status = ledger_run_decode(key, value, &ledger->run);
        ledger->has_run = !status && ledger->run.last == ledger->tip.slot;
        buffer_bytes(&ledger->run_slots, ledger->run.slots);
        ledger->run.slots = buffer_view(&ledger->run_slots);
    }
    rows_cursor_close(cursor);
    return status;
}

/* Read the bank that the disk holds and publish it.
 *
 * The state's hash stands in the bank's header and in the tip, which are
 * written together; if they differ, a part of the file is older than the other.
 * ledger_check() compares all rows with that hash, which costs a walk over the
 * state. */
static int load_bank(struct ledger *ledger)
{
    struct rows_view *view;
    struct bank *bank;
    int status = rows_read(ledger->rows, &view);
    if (status)
        return status;
    struct state_base base = ledger_base(view);
    status = bank_open_base(&base, &program_table, &bank);
    if (status) {
        rows_abort(view);
        return err_add(status, "the ledger's state");
    }
    const struct bank_info *info = bank_info(bank);
    if (info->slot != ledger->tip.slot ||
        !hash_equal(&info->state_hash, &ledger->tip.state_hash))
        status = err_set(ERR_CORRUPT,
                         "the state is that of slot %" PRIu64
                         ", hash %s, but the ledger's tip is slot %" PRIu64
                         ", hash %s",
                         info->slot, HASH_TEXT(&info->state_hash),
                         ledger->tip.slot, HASH_TEXT(&ledger->tip.state_hash));
    else if (info->blockhash_blocks !=
             genesis_blockhash_blocks(ledger->genesis))
        status = err_set(
            ERR_CORRUPT,
            "blockhashes are good for %" PRIu64
            " blocks in the state, and for %" PRIu64 " in the genesis",
            info->blockhash_blocks, genesis_blockhash_blocks(ledger->genesis));
    else if (info->slots_per_epoch != genesis_slots_per_epoch(ledger->genesis))
        status = err_set(ERR_CORRUPT,
                         "an epoch has %" PRIu64
                         " slots in the state, and %" PRIu64 " in the genesis",
                         info->slots_per_epoch,
                         genesis_slots_per_epoch(ledger->genesis));
    else
        ledger_publish_tip(ledger, bank);
    bank_release(bank);
    rows_abort(view);
    return status;
}

/* Read the table `meta`. Nothing is settled yet, so the state must not be read.
 */
static int load(struct ledger *ledger)
{
    struct rows_view *view;
    bool is_new;
    int status = rows_read(ledger->rows, &view);
    if (status)
        return status;
    status = check_genesis(ledger, view, &is_new);
    if (!status && is_new) {
        rows_abort(view);
        status = write_genesis(ledger);
        if (!status)
            status = rows_read(ledger->rows, &view);
        if (status)
            return status;
    }
    if (!status)
        status = load_tip(ledger, view);
    rows_abort(view);
    return status;
}

/* From now on an end without a clean ledger_flush() is not orderly. The row
 * must go at each start, with a synced commit: otherwise a crash right after
 * the start would look like an orderly end. */
static int clear_clean(struct ledger *ledger)
{
    struct rows_view *view;
    int status = rows_write(ledger->rows, &view);
    if (status)
        return status;
    status = rows_delete(view, TABLE_META, bytes_text("clean"));
    if (status && status != ERR_NOT_FOUND) {
        rows_abort(view);
        return status;
    }
    return rows_commit(view);
}

/* The order matters. Sweeping needs the tip; settling must come before the bank
 * is read from the state; and "clean" goes last, when nothing else can fail, so
 * that a start that is refused changes nothing. */
int ledger_open(const char *path, const struct genesis *genesis,
                struct ledger **out)
{
    struct ledger *ledger = mem_zero(1, sizeof(*ledger));
    ledger->magic = LEDGER_MAGIC;
    ledger->genesis = genesis;
    ledger->schedule = leader_schedule_new(genesis);
    lock_init(&ledger->lock);
    const struct rows_options options = {.tables = ledger_tables};
    int status = rows_open(path, &options, &ledger->rows);
    if (!status)
        status = load(ledger);
    if (!status)
        status = ledger_index_sweep(ledger->rows, ledger->tip.slot);
    if (!status)
        status = ledger_settle(ledger);
    if (!status)
        status = load_bank(ledger);
    if (!status && ledger->was_clean)
        status = clear_clean(ledger);
    if (status) {
        ledger_close(ledger);
        return err_add(status, "ledger %s", path);
    }
    *out = ledger;
    return 0;
}

/* Nothing is written: flush with clean before for an orderly end. Views must be
 * closed before because their memory goes. */
void ledger_close(struct ledger *ledger)
{
    if (!ledger)
        return;
    CHECK_MAGIC(ledger, LEDGER_MAGIC);
    for (int level = 0; level < LEDGER_LEVELS; level++)
        ledger_branch_release(ledger->tips[level]);
    rows_close(ledger->rows);
    leader_schedule_free(ledger->schedule);
    buffer_free(&ledger->run_slots);
    lock_destroy(&ledger->lock);
    ledger->magic = 0;
    free(ledger);
}

const struct genesis *ledger_genesis(const struct ledger *ledger)
{
    return ledger->genesis;
}

struct leader_schedule *ledger_schedule(struct ledger *ledger)
{
    return ledger->schedule;
}

bool ledger_was_clean(const struct ledger *ledger)
{
    return ledger->was_clean;
}

const struct hash *ledger_tip_hash(const struct ledger *ledger)
{
    return &ledger->tip.block_hash;
}
