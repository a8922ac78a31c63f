/*
 * Runs of empty slots. A run's row has of each slot what does not follow from
 * the run's beginning and the genesis: its time, the state after its parent,
 * and its leader's signature. So every header is there as it was signed,
 * without the 300 bytes that it would take.
 *
 * The state's hash stands there because it can't be computed from a run: each
 * slot's blockhash changes the state's rows.
 */
#include "settlement/ledger/ledger_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "crypto/signature_check.h"
#include <inttypes.h>
#include <xxhash.h>

/* As many slots as LEDGER_RUN_HASHES_MAX hashes lead through, at least one and
 * at most LEDGER_RUN_SLOTS_MAX. An idle proof of history has one hash a tick
 * (proof_of_history.h). */
uint64_t ledger_run_slots_max(const struct genesis *genesis)
{
    uint64_t per_tick = genesis->hashes_per_tick ? genesis->hashes_per_tick : 1;
    uint64_t slots =
        LEDGER_RUN_HASHES_MAX / (per_tick * genesis->ticks_per_slot);
    slots = slots < LEDGER_RUN_SLOTS_MAX ? slots : LEDGER_RUN_SLOTS_MAX;
    return slots ? slots : 1;
}

/* In the order of ledger_run_decode(); the checksum comes last and covers all
 * before it. */
void ledger_run_encode(const struct ledger_run *run, struct buffer *out)
{
    size_t before = out->size;
    CHECK(run->slots.size == (run->last - run->first + 1) * RUN_SLOT_SIZE);
    buffer_u64le(out, run->last);
    buffer_u64le(out, run->parent_slot);
    buffer_u64le(out, run->block_height);
    buffer_append(out, run->parent_hash.bytes, 32);
    buffer_append(out, run->parent_blockhash.bytes, 32);
    buffer_append(out, run->last_blockhash.bytes, 32);
    buffer_append(out, run->last_hash.bytes, 32);
    buffer_append(out, run->state_hash.bytes, 32);
    CHECK(out->size - before == RUN_HEAD_SIZE);
    buffer_bytes(out, run->slots);
    buffer_u64le(out, XXH3_64bits_withSeed(out->data + before,
                                           out->size - before, run->first));
}

/* The head, and the slots' bytes. */
static int read_row(struct bytes key, struct bytes value,
                    struct ledger_run *out)
{
    struct reader reader = reader_make(value);
    uint64_t checksum;
    if (key.size != 8 || reader_u64le(&reader, &out->last) ||
        reader_u64le(&reader, &out->parent_slot) ||
        reader_u64le(&reader, &out->block_height) ||
        reader_copy(&reader, out->parent_hash.bytes, 32) ||
        reader_copy(&reader, out->parent_blockhash.bytes, 32) ||
        reader_copy(&reader, out->last_blockhash.bytes, 32) ||
        reader_copy(&reader, out->last_hash.bytes, 32) ||
        reader_copy(&reader, out->state_hash.bytes, 32) ||
        reader.left.size < 8 ||
        reader_take(&reader, reader.left.size - 8, &out->slots) ||
        reader_u64le(&reader, &checksum))
        return err_set(ERR_CORRUPT, "a run of empty slots is not readable");
    out->first = u64be_read(key.data);
    if (checksum !=
        XXH3_64bits_withSeed(value.data, value.size - 8, out->first))
        return err_set(ERR_CORRUPT,
                       "the run of empty slots at %" PRIu64
                       " is not what was written",
                       out->first);
    return 0;
}

/* Checks what readers rely on: the bytes are those that were written for this
 * slot (the key seeds the checksum), there are as many slots as they say, and
 * neither slots nor times run backwards. */
int ledger_run_decode(struct bytes key, struct bytes value,
                      struct ledger_run *out)
{
    int status = read_row(key, value, out);
    if (status)
        return status;
    uint64_t count = out->slots.size / RUN_SLOT_SIZE;
    if (out->slots.size % RUN_SLOT_SIZE || count > LEDGER_RUN_SLOTS_MAX ||
        out->last < out->first || out->last - out->first + 1 != count)
        return err_set(ERR_CORRUPT,
                       "the run of empty slots at %" PRIu64
                       " has another length than it says",
                       out->first);
    for (uint64_t slot = out->first + 1; slot <= out->last; slot++)
        if (ledger_run_unix_ms(out, slot) < ledger_run_unix_ms(out, slot - 1))
            return err_set(ERR_CORRUPT,
                           "the run of empty slots at %" PRIu64
                           " runs backwards",
                           out->first);
    return 0;
}

/* A growing run keeps its key. */
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

/* ---- Slots ---- */

void ledger_run_slot_write(const struct block_header *header,
                           struct buffer *out)
{
    buffer_u64le(out, header->unix_ms);
    buffer_append(out, header->parent_state_hash.bytes, 32);
    buffer_append(out, header->signature.bytes, 64);
}

static const uint8_t *slot_at(const struct ledger_run *run, uint64_t slot)
{
    CHECK(slot >= run->first && slot <= run->last);
    return run->slots.data + (slot - run->first) * RUN_SLOT_SIZE;
}

uint64_t ledger_run_unix_ms(const struct ledger_run *run, uint64_t slot)
{
    return u64le_read(slot_at(run, slot));
}

void ledger_run_blocks(const struct ledger_run *run,
                       const struct genesis *genesis,
                       struct leader_schedule *schedule,
                       struct ledger_run_block *out)
{
    uint64_t parent_slot = run->parent_slot;
    struct hash parent_hash = run->parent_hash;
    struct hash blockhash = run->parent_blockhash;
    for (uint64_t slot = run->first; slot <= run->last; slot++, out++) {
        const uint8_t *row = slot_at(run, slot);
        struct block_header *header = &out->header;
        *header =
            (struct block_header){.slot = slot,
                                  .parent_slot = parent_slot,
                                  .parent_hash = parent_hash,
                                  .leader = leader_at(schedule, slot)->identity,
                                  .unix_ms = u64le_read(row)};
        memcpy(header->parent_state_hash.bytes, row + 8, 32);
        memcpy(header->signature.bytes, row + 40, 64);
        leader_set_hash(schedule, slot, &header->set_hash);
        block_make_empty(header, genesis->hashes_per_tick,
                         genesis->ticks_per_slot, &blockhash);
        block_header_hash(header, &out->hash);
        out->blockhash = blockhash;
        parent_slot = slot;
        parent_hash = out->hash;
    }
}

/* Many signatures at once cost a fraction each. */
static bool are_signed(const struct ledger_run_block *blocks, size_t count)
{
    struct signature_check checks[LEDGER_RUN_SLOTS_MAX] = {0};
    bool is_good[LEDGER_RUN_SLOTS_MAX];
    bool are_good = true;
    for (size_t i = 0; i < count; i++)
        checks[i] = (struct signature_check){
            .pubkey = &blocks[i].header.leader,
            .message = bytes_make(blocks[i].hash.bytes, 32),
            .signature = &blocks[i].header.signature};
    signature_check_all(checks, count, is_good);
    for (size_t i = 0; i < count; i++)
        are_good = are_good && is_good[i];
    return are_good;
}

int ledger_run_verify(const struct ledger_run *run,
                      const struct genesis *genesis,
                      struct leader_schedule *schedule,
                      struct ledger_run_block *out)
{
    size_t count = run->last - run->first + 1;
    if (count > ledger_run_slots_max(genesis))
        return err_set(ERR_CORRUPT,
                       "the run of empty slots at %" PRIu64 " is too long",
                       run->first);
    ledger_run_blocks(run, genesis, schedule, out);
    if (!hash_equal(&out[count - 1].blockhash, &run->last_blockhash) ||
        !hash_equal(&out[count - 1].hash, &run->last_hash))
        return err_set(ERR_CORRUPT,
                       "the run of empty slots at %" PRIu64
                       " does not lead to its last block",
                       run->first);
    if (!are_signed(out, count))
        return err_set(ERR_CORRUPT,
                       "the run of empty slots at %" PRIu64
                       " is not what its leaders signed",
                       run->first);
    return 0;
}
