/*
 * The forms of the rows of the table `meta` (tip, root, version, the slot that
 * history begins with), and of runs of empty slots. ledger_flush.c,
 * ledger_prune.c and ledger_transfer.c write them.
 */
#include "settlement/ledger/ledger_internal.h"

#include "base/check.h"
#include "base/error.h"
#include <inttypes.h>
#include <xxhash.h>

/* The row has no checksum: its slot and hashes are compared with the state's
 * and the chain's (load_bank(), ledger_check()), and its settled slot with the
 * pending rows (check_pending()). ERR_NOT_FOUND has no text. */
int ledger_tip_read(struct rows_view *view, struct ledger_tip *out)
{
    struct bytes value;
    int status = rows_get(view, TABLE_META, bytes_text("tip"), &value);
    if (status)
        return status;
    struct reader reader = reader_make(value);
    if (value.size != TIP_SIZE || reader_u64le(&reader, &out->slot) ||
        reader_copy(&reader, out->block_hash.bytes, 32) ||
        reader_copy(&reader, out->state_hash.bytes, 32) ||
        reader_u64le(&reader, &out->settled_slot) ||
        out->settled_slot > out->slot)
        return err_set(ERR_CORRUPT, "the ledger's tip is not readable");
    return 0;
}

int ledger_tip_write(struct rows_view *view, const struct ledger_tip *tip)
{
    uint8_t value[TIP_SIZE];
    u64le_write(value, tip->slot);
    memcpy(value + 8, tip->block_hash.bytes, 32);
    memcpy(value + 40, tip->state_hash.bytes, 32);
    u64le_write(value + 72, tip->settled_slot);
    return rows_put(view, TABLE_META, bytes_text("tip"),
                    bytes_make(value, sizeof(value)));
}

/* check_version() refuses other versions. */
int ledger_version_write(struct rows_view *view)
{
    const uint8_t version = LEDGER_VERSION;
    return rows_put(view, TABLE_META, bytes_text("version"),
                    bytes_make(&version, 1));
}

/* As many slots as LEDGER_RUN_HASHES_MAX hashes lead through, and at least one.
 * An idle proof of history has one hash a tick (proof_of_history.h). */
uint64_t ledger_run_slots_max(const struct genesis *genesis)
{
    uint64_t per_tick = genesis->hashes_per_tick ? genesis->hashes_per_tick : 1;
    uint64_t slots =
        LEDGER_RUN_HASHES_MAX / (per_tick * genesis->ticks_per_slot);
    return slots ? slots : 1;
}

/* The checksum of a run's row, without the checksum itself. */
static uint64_t run_checksum(uint64_t first, const uint8_t *row)
{
    return XXH3_64bits_withSeed(row, RUN_SIZE - 8, first);
}

/* In the order of ledger_run_decode(); the checksum comes last and covers all
 * before it. */
void ledger_run_encode(const struct ledger_run *run, struct buffer *out)
{
    size_t before = out->size;
    buffer_u64le(out, run->last);
    buffer_u64le(out, run->parent_slot);
    buffer_u64le(out, run->block_height);
    buffer_u64le(out, run->first_unix_ms);
    buffer_u64le(out, run->last_unix_ms);
    buffer_append(out, run->parent_blockhash.bytes, 32);
    buffer_append(out, run->last_blockhash.bytes, 32);
    buffer_append(out, run->last_hash.bytes, 32);
    buffer_append(out, run->state_hash.bytes, 32);
    buffer_u64le(out, run_checksum(run->first, out->data + before));
    CHECK(out->size - before == RUN_SIZE);
}

/* Checks what readers rely on: the bytes are those that were written for this
 * slot (the key seeds the checksum), and neither slots nor times run backwards.
 * Callers that hash along a run check its length. */
int ledger_run_decode(struct bytes key, struct bytes value,
                      struct ledger_run *out)
{
    struct reader reader = reader_make(value);
    if (key.size != 8 || value.size != RUN_SIZE ||
        reader_u64le(&reader, &out->last) ||
        reader_u64le(&reader, &out->parent_slot) ||
        reader_u64le(&reader, &out->block_height) ||
        reader_u64le(&reader, &out->first_unix_ms) ||
        reader_u64le(&reader, &out->last_unix_ms) ||
        reader_copy(&reader, out->parent_blockhash.bytes, 32) ||
        reader_copy(&reader, out->last_blockhash.bytes, 32) ||
        reader_copy(&reader, out->last_hash.bytes, 32) ||
        reader_copy(&reader, out->state_hash.bytes, 32))
        return err_set(ERR_CORRUPT, "a run of empty slots is not readable");
    out->first = u64be_read(key.data);
    if (u64le_read(value.data + RUN_SIZE - 8) !=
        run_checksum(out->first, value.data))
        return err_set(ERR_CORRUPT,
                       "the run of empty slots at %" PRIu64
                       " is not what was written",
                       out->first);
    if (out->last < out->first || out->last_unix_ms < out->first_unix_ms)
        return err_set(ERR_CORRUPT,
                       "the run of empty slots at %" PRIu64
                       " ends before it begins",
                       out->first);
    return 0;
}

/* A growing run keeps its key, so it is written in place. */
int ledger_run_write(struct rows_view *view, const struct ledger_run *run)
{
    uint8_t key[8];
    struct buffer value = {0};
    u64be_write(key, run->first);
    ledger_run_encode(run, &value);
    int status = rows_put(view, TABLE_RUNS, bytes_make(key, sizeof(key)),
                          buffer_view(&value));
    buffer_free(&value);
    return status;
}

/* The row has a checksum: a changed root would make the check refuse a good
 * chain, or accept a cut one. */
int ledger_root_read(struct rows_view *view, uint64_t *out)
{
    struct bytes value;
    int status = rows_get(view, TABLE_META, bytes_text("root"), &value);
    *out = 0;
    if (status)
        return status == ERR_NOT_FOUND ? 0 : status;
    if (value.size != ROOT_SIZE ||
        u64le_read(value.data + 8) != XXH3_64bits(value.data, 8))
        return err_set(ERR_CORRUPT, "the ledger's root is not readable");
    *out = u64le_read(value.data);
    return 0;
}

int ledger_root_write(struct rows_view *view, uint64_t slot)
{
    uint8_t value[ROOT_SIZE];
    u64le_write(value, slot);
    u64le_write(value + 8, XXH3_64bits(value, 8));
    return rows_put(view, TABLE_META, bytes_text("root"),
                    bytes_make(value, sizeof(value)));
}

/* The row has a checksum: a changed one would hide good history, or show
 * history that is gone in parts. */
int ledger_first_read(struct rows_view *view, uint64_t *out)
{
    struct bytes value;
    int status = rows_get(view, TABLE_META, bytes_text("first"), &value);
    *out = 0;
    if (status)
        return status == ERR_NOT_FOUND ? 0 : status;
    if (value.size != FIRST_SIZE ||
        u64le_read(value.data + 8) != XXH3_64bits(value.data, 8))
        return err_set(ERR_CORRUPT,
                       "the slot that history begins with is not readable");
    *out = u64le_read(value.data);
    return 0;
}

int ledger_first_write(struct rows_view *view, uint64_t first)
{
    uint8_t value[FIRST_SIZE];
    u64le_write(value, first);
    u64le_write(value + 8, XXH3_64bits(value, 8));
    return rows_put(view, TABLE_META, bytes_text("first"),
                    bytes_make(value, sizeof(value)));
}
