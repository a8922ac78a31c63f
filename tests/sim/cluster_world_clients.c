/*
 * Clients: they send transfers to endpoints, some twice and to several, and ask
 * what became of them. What endpoints ever said is held against what they say,
 * and against the blocks that are final.
 *
 * All of it goes through rpc_handle(), as a server's threads call it.
 */
#include "cluster_world_internal.h"

#include "base/base58.h"
#include "base/base64.h"
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/well_known.h"

#include <inttypes.h>
#include <stdlib.h>

/* Signatures that one look asks about, and the newest ones that are asked
 * for. */
#define LOOKS 16
#define NEWEST 64
/* At the end. */
#define ALL 256
/* Blocks after the faults in which what a living endpoint took has become
 * final: several leaders had their turn. */
#define BLOCKS_TO_LAND 40

/* ---- asking ---- */

/* The answer's member; NULL: it is an error. *root is to be put. */
static struct json_object *ask(struct process *process, const char *method,
                               struct buffer *params, struct json_object **root)
{
    struct buffer body = {0}, answer = {0};
    struct json_object *result = NULL;

    buffer_format(&body,
                  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\","
                  "\"params\":[%s]}",
                  method, buffer_string(params));
    rpc_handle(process->rpc, buffer_view(&body), &answer);
    if (json_parse(buffer_view(&answer), root)) {
        world_fail(process->world, "%s is answered with no JSON", method);
        *root = NULL;
    }
    if (*root)
        json_object_object_get_ex(*root, "result", &result);
    buffer_free(&body);
    buffer_free(&answer);
    buffer_free(params);
    process->world->result.looks++;
    return result;
}

static struct process *anyone_up(struct world *world)
{
    size_t first = (size_t)random_below(&world->people, world->count);

    for (size_t i = 0; i < world->count; i++) {
        struct process *process = process_at(world, (first + i) % world->count);
        if (process->is_up && is_honest(process) &&
            process->paused_until_us <= world->now_us)
            return process;
    }
    return NULL;
}

static const char *const levels[LEDGER_LEVELS] = {
    [LEDGER_PROCESSED] = "processed",
    [LEDGER_CONFIRMED] = "confirmed",
    [LEDGER_FINALIZED] = "finalized",
};

/* ---- sending ---- */

static struct sent *sent_at(struct world *world, uint64_t number)
{
    return &world->sent[number % SENT_MAX];
}

static struct bytes signature_key(const struct signature *signature)
{
    return bytes_make(signature->bytes, sizeof(signature->bytes));
}

/* A ring: the oldest one is forgotten. */
static struct sent *add_sent(struct world *world)
{
    struct sent *sent = sent_at(world, world->sent_count);

    if (world->sent_count >= SENT_MAX)
        map_remove(world->sent_by_signature, signature_key(&sent->signature));
    buffer_free(&sent->wire);
    *sent = (struct sent){0};
    world->sent_count++;
    return sent;
}

/* A blockhash that is not final may be one of a fork, and good there alone. */
static bool ask_blockhash(struct process *process, struct sent *sent)
{
    struct world *world = process->world;
    struct buffer params = {0};
    struct json_object *root = NULL, *value = NULL;
    const char *text = NULL;
    size_t level = (size_t)random_below(&world->people, LEDGER_LEVELS);

    sent->is_sure = level == LEDGER_FINALIZED;
    buffer_format(&params, "{\"commitment\":\"%s\"}", levels[level]);
    struct json_object *result =
        ask(process, "getLatestBlockhash", &params, &root);
    bool is_good =
        result && !json_get_object(result, "value", &value) &&
        !json_get_text(value, "blockhash", &text) &&
        !json_get_u64(value, "lastValidBlockHeight", &sent->last_height) &&
        !base58_decode_exact(bytes_text(text), sent->blockhash.bytes,
                             sizeof(sent->blockhash.bytes));
    if (!is_good)
        world_fail(world, "validator %u gives no blockhash: %s",
                   process->validator, err_text());
    json_object_put(root);
    return is_good;
}

void world_make_transaction(struct world *world, struct sent *sent,
                            const struct keypair *const *signers,
                            size_t signer_count,
                            const struct instruction *instructions,
                            size_t count)
{
    struct arena arena = {0};
    struct transaction transaction;

    CHECK(!transaction_make(signers, signer_count, instructions, count,
                            &sent->blockhash, &sent->wire));
    CHECK(!transaction_parse(buffer_view(&sent->wire), &arena, &transaction));
    sent->signature = *transaction_id(&transaction);
    map_put(world->sent_by_signature, signature_key(&sent->signature), sent);
    arena_free(&arena);
}

/* One in sixteen is of more than there is, and fails. */
static void make_transfer(struct process *process, struct sent *sent)
{
    struct world *world = process->world;
    const struct keypair *from =
        &world->clients[random_below(&world->people, CLIENTS)];
    const struct keypair *to =
        &world->clients[random_below(&world->people, CLIENTS)];
    struct buffer data = {0};
    uint64_t lamports = 1 + world->transfer++;

    if (random_below(&world->people, 16) == 0)
        lamports += 1000 * LAMPORTS_PER_KOII;
    system_transfer_data(lamports, &data);
    const struct account_meta accounts[] = {
        {.key = from->pubkey, .signer = true, .writable = true},
        {.key = to->pubkey, .writable = true}};
    const struct instruction instruction = {.program = SYSTEM_PROGRAM_ID,
                                            .accounts = accounts,
                                            .account_count = 2,
                                            .data = buffer_view(&data)};
    world_make_transaction(world, sent, &from, 1, &instruction, 1);
    buffer_free(&data);
}

/* An endpoint can't tell a blockhash that it has not seen yet from one that
 * there never was: it sends the transaction to leaders, but need not keep it
 * for as long as it is good. */
static bool is_known(struct process *process, const struct sent *sent)
{
    struct bank *newest = ledger_newest(process->ledger, LEDGER_PROCESSED);
    uint64_t last_height;
    bool is_good =
        bank_is_blockhash_valid(newest, &sent->blockhash, &last_height);

    bank_release(newest);
    return is_good;
}

static bool is_kept(struct process *process, const struct sent *sent)
{
    struct buffer wire = {0};
    uint64_t after = 0;
    bool found = false;

    while (!found && mempool_next_kept(process->mempool, &after, &wire)) {
        found = bytes_equal(buffer_view(&wire), buffer_view(&sent->wire));
        buffer_clear(&wire);
    }
    buffer_free(&wire);
    return found;
}

static size_t kept_count(struct process *process)
{
    struct buffer wire = {0};
    uint64_t after = 0;
    size_t count = 0;

    while (mempool_next_kept(process->mempool, &after, &wire))
        count++;
    buffer_free(&wire);
    return count;
}

/* One that pays more was taken while as many were kept as may be: the endpoint
 * gave another one up. */
static void note_given_up(struct process *process)
{
    struct world *world = process->world;
    uint32_t bit = 1u << process->index;

    for (size_t i = 0; i < SENT_MAX && i < world->sent_count; i++) {
        struct sent *sent = &world->sent[i];
        if (sent->takers & bit && !sent->final_slot && !is_kept(process, sent))
            sent->takers &= ~bit;
    }
}

static bool send_to(struct process *process, struct sent *sent)
{
    struct world *world = process->world;
    bool is_full = kept_count(process) == WORLD_KEPT_MAX;
    struct buffer params = {0};
    struct json_object *root = NULL;

    buffer_u8(&params, '"');
    base64_encode(buffer_view(&sent->wire), &params);
    buffer_format(&params,
                  "\",{\"encoding\":\"base64\",\"skipPreflight\":%s,"
                  "\"preflightCommitment\":\"processed\"}",
                  random_below(&world->people, 4) ? "true" : "false");
    bool is_taken = ask(process, "sendTransaction", &params, &root) != NULL;
    if (is_taken) {
        sent->takers |= (unsigned)is_known(process, sent) << process->index;
        if (is_full)
            note_given_up(process);
        if (sent->taken++)
            world_see(world, SEEN_TWICE_SENT);
        if (process->wakes_on_transactions)
            world_step_at(process, world->now_us);
    } else if (root && strstr(json_object_to_json_string(root), "Too many")) {
        world_see(world, SEEN_FULL_MEMPOOL);
    }
    json_object_put(root);
    return is_taken;
}

bool world_send_new(struct process *process,
                    void (*make)(struct process *process, struct sent *sent))
{
    struct world *world = process->world;
    struct sent asked = {0};

    if (!ask_blockhash(process, &asked))
        return false;
    struct sent *sent = add_sent(world);
    *sent = asked;
    make(process, sent);
    return send_to(process, sent);
}

bool world_transfer(struct world *world, size_t validator)
{
    return world_send_new(process_at(world, validator), make_transfer);
}

uint64_t world_transfers_final(const struct world *world)
{
    return world->result.transactions;
}

void world_send_transaction(struct world *world)
{
    struct process *process = anyone_up(world);
    uint64_t known = world->sent_count < NEWEST ? world->sent_count : NEWEST;

    if (!process)
        return;
    if (known && random_below(&world->people, 4) == 0) {
        uint64_t back = 1 + random_below(&world->people, known);
        send_to(process, sent_at(world, world->sent_count - back));
        return;
    }
    if (random_below(&world->people, 3) == 0) {
        world_send_task(process);
        return;
    }
    /* Some send a lot at once. */
    size_t count = random_below(&world->people, 64)
                       ? 1
                       : 1 + random_below(&world->people, 60);
    for (size_t i = 0; i < count; i++)
        world_send_new(process, make_transfer);
}

/* ---- what is final ---- */

void world_note_transactions(struct world *world,
                             const struct executed_block *block)
{
    struct arena arena = {0};
    uint64_t slot = bank_info(block->bank)->slot;
    struct bytes data = buffer_view(&block->data);

    for (size_t i = 0; i < ledger_records_count(&block->records); i++) {
        const struct ledger_item *item = ledger_records_at(&block->records, i);
        struct ledger_record record;
        struct transaction transaction;
        CHECK(!ledger_record_decode(ledger_item_row(&block->records, item),
                                    data, &arena, &record));
        CHECK(!transaction_parse(record.wire, &arena, &transaction));
        struct bytes key = signature_key(transaction_id(&transaction));
        uintptr_t before = (uintptr_t)map_put(world->finals, key,
                                              (void *)(uintptr_t)(slot + 1));
        if (before)
            world_fail(world,
                       "a transaction is in the final blocks of slots %" PRIu64
                       " and %" PRIu64,
                       (uint64_t)before - 1, slot);
        world->result.transactions++;
        struct sent *sent = map_get(world->sent_by_signature, key);
        if (!sent)
            continue;
        sent->final_slot = slot;
        sent->has_failed = record.result.status.error != 0;
        if (sent->has_failed)
            world_see(world, SEEN_FAILED);
        else
            world_note_task(world, sent->task_kinds);
    }
    arena_free(&arena);
}

void world_forget_taken(const struct process *process)
{
    struct world *world = process->world;

    for (size_t i = 0; i < SENT_MAX && i < world->sent_count; i++) {
        world->sent[i].takers &= ~(1u << process->index);
        world->sent[i].called_by &= ~(1u << process->index);
    }
}

void world_check_taken(struct world *world)
{
    for (size_t i = 0; i < SENT_MAX && i < world->sent_count; i++) {
        const struct sent *sent = &world->sent[i];
        bool is_kept = false;
        if (sent->final_slot || !sent->taken || !sent->is_sure)
            continue;
        world_see(world, SEEN_EXPIRED);
        for (size_t k = 0; k < world->count; k++)
            is_kept |= sent->takers >> k & 1 && process_at(world, k)->is_healed;
        if (world->is_over && is_kept &&
            sent->last_height >= world->healed_height + BLOCKS_TO_LAND &&
            world->final_height >= world->healed_height + BLOCKS_TO_LAND)
            world_fail(world,
                       "a transaction that was taken is not final at height "
                       "%" PRIu64 ", and good until %" PRIu64,
                       world->final_height, sent->last_height);
    }
}

/* ---- looking ---- */

static bool ask_slot(struct process *process, size_t level, uint64_t *out)
{
    struct buffer params = {0};
    struct json_object *root = NULL;

    buffer_format(&params, "{\"commitment\":\"%s\"}", levels[level]);
    bool is_good = json_is_u64(ask(process, "getSlot", &params, &root), out);
    json_object_put(root);
    return is_good;
}

/* Between two questions nothing happens here. */
static void look_at_slots(struct process *process)
{
    uint64_t slots[LEDGER_LEVELS];

    for (size_t i = 0; i < LEDGER_LEVELS; i++)
        if (!ask_slot(process, i, &slots[i])) {
            world_fail(process->world, "validator %u gives no slot",
                       process->validator);
            return;
        }
    if (slots[LEDGER_PROCESSED] < slots[LEDGER_CONFIRMED] ||
        slots[LEDGER_CONFIRMED] < slots[LEDGER_FINALIZED])
        world_fail(process->world,
                   "validator %u shows slots %" PRIu64 ", %" PRIu64
                   " and %" PRIu64,
                   process->validator, slots[LEDGER_PROCESSED],
                   slots[LEDGER_CONFIRMED], slots[LEDGER_FINALIZED]);
    if (slots[LEDGER_FINALIZED] < process->told[LEDGER_FINALIZED])
        world_fail(process->world,
                   "validator %u shows final slot %" PRIu64 " after %" PRIu64,
                   process->validator, slots[LEDGER_FINALIZED],
                   process->told[LEDGER_FINALIZED]);
    memcpy(process->told, slots, sizeof(slots));
}

/* What an endpoint says of a transaction; NULL: that it knows nothing. */
static void hold(struct process *process, struct sent *sent,
                 struct json_object *status, bool is_last)
{
    struct world *world = process->world;
    const char *level = "";
    uint64_t slot = 0;

    if (status && (json_get_text(status, "confirmationStatus", &level) ||
                   json_get_u64(status, "slot", &slot)))
        world_fail(world, "validator %u gives no status", process->validator);
    bool is_final = !strcmp(level, "finalized");
    if (is_final && slot != sent->final_slot)
        world_fail(world,
                   "validator %u calls a transaction final in slot %" PRIu64
                   ", and it is so in %" PRIu64,
                   process->validator, slot, sent->final_slot);
    if (!is_final && sent->called_by >> process->index & 1)
        world_fail(world,
                   "validator %u called a transaction of slot %" PRIu64
                   " final, and takes it back",
                   process->validator, sent->final_slot);
    if (!is_final && is_last && sent->final_slot &&
        sent->final_slot <= process->told[LEDGER_FINALIZED])
        world_fail(world,
                   "validator %u does not show a transaction that is final in "
                   "slot %" PRIu64,
                   process->validator, sent->final_slot);
    if (is_final)
        sent->called_by |= 1u << process->index;
}

static void look_at_sent(struct process *process, uint64_t first, size_t count,
                         bool is_last)
{
    struct world *world = process->world;
    struct buffer params = {0};
    struct json_object *root = NULL, *values = NULL;

    buffer_u8(&params, '[');
    for (size_t i = 0; i < count; i++) {
        char text[BASE58_SIGNATURE_SIZE];
        base58_signature(sent_at(world, first + i)->signature.bytes, text);
        buffer_format(&params, "%s\"%s\"", i ? "," : "", text);
    }
    buffer_text(&params, "],{\"searchTransactionHistory\":true}");
    struct json_object *result =
        ask(process, "getSignatureStatuses", &params, &root);
    if (!result || json_get_array(result, "value", &values)) {
        world_fail(world, "validator %u gives no statuses", process->validator);
        json_object_put(root);
        return;
    }
    for (size_t i = 0; i < count; i++)
        hold(process, sent_at(world, first + i),
             json_object_array_get_idx(values, i), is_last);
    json_object_put(root);
}

void world_look(struct world *world)
{
    struct process *process = anyone_up(world);
    uint64_t known = world->sent_count < NEWEST ? world->sent_count : NEWEST;

    if (!process)
        return;
    look_at_slots(process);
    if (!known)
        return;
    uint64_t back = 1 + random_below(&world->people, known);
    look_at_sent(process, world->sent_count - back, back < LOOKS ? back : LOOKS,
                 false);
}

/* What is on disk, as after a crash. */
static void check_ledger(struct process *process)
{
    struct world *world = process->world;
    struct ledger_report report;
    struct ledger *ledger;

    world_end(process, false);
    int status = ledger_open(process->folder, &world->genesis, &ledger);
    if (!status) {
        status = ledger_check(ledger, &report);
        ledger_close(ledger);
    }
    if (status)
        world_fail(world, "the ledger of validator %u: %s", process->validator,
                   err_text());
}

void world_check_endpoints(struct world *world)
{
    uint64_t known = world->sent_count < ALL ? world->sent_count : ALL;

    for (size_t i = 0; i < world->count; i++) {
        struct process *process = process_at(world, i);
        if (!process->is_up || !is_honest(process) || !process->is_healed)
            continue;
        look_at_slots(process);
        if (known)
            look_at_sent(process, world->sent_count - known, known, true);
        check_ledger(process);
    }
}
