#include "node_chain.h"

#include "base/base64.h"
#include "base/check.h"
#include "base/error.h"
#include "settlement/format/task_distribution_list.h"
#include "settlement/format/transaction.h"
#include "settlement/format/well_known.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct pubkey chain_task = {.bytes = {7}};
const struct chain_times chain_short = {
    .round = 64, .submission = 24, .audit = 24, .blockhash = 15};
const struct chain_times chain_usual = {
    .round = 600, .submission = 150, .audit = 150, .blockhash = 150};

void chain_trouble(struct chain *chain, const char *format, ...)
{
    va_list arguments;

    size_t place = chain->troubles++;
    if (place >= CHAIN_TROUBLES_MAX)
        return;
    int size = snprintf(
        chain->trouble[place], sizeof(chain->trouble[place]),
        "slot %" PRIu64 " (round %" PRIu64 " + %" PRIu64 "): ", chain->slot,
        chain_round_of(chain), chain_offset(chain));
    va_start(arguments, format);
    vsnprintf(chain->trouble[place] + size,
              sizeof(chain->trouble[place]) - (size_t)size, format, arguments);
    va_end(arguments);
}

void chain_init(struct chain *chain, uint64_t seed)
{
    memset(chain, 0, sizeof(*chain));
    chain->random = random_make(seed);
    chain->slot = CHAIN_STARTING_SLOT;
    chain->times = chain_short;
    chain->late_max = 2;
    chain->state.bounty = (uint64_t)1 << 40;
    chain->state.pot = chain->state.bounty;
    chain->digest = 0xcbf29ce484222325u;
    for (size_t i = 1; i < CHAIN_KEYS; i++) {
        chain->keys[i] = (struct pubkey){.bytes = {9, (uint8_t)i}};
        chain->accounts[i] = (struct pubkey){.bytes = {11, (uint8_t)i}};
    }
}

uint64_t chain_round_of(const struct chain *chain)
{
    return (chain->slot - CHAIN_STARTING_SLOT) / chain->times.round;
}

uint64_t chain_offset(const struct chain *chain)
{
    return (chain->slot - CHAIN_STARTING_SLOT) % chain->times.round;
}

const struct chain_round *chain_find_round(const struct chain *chain,
                                           uint64_t round)
{
    const struct chain_round *at =
        &chain->state.rounds[round % CHAIN_ROUNDS_KEPT];

    return at->is_used && at->number == round ? at : NULL;
}

static struct chain_round *round_at_place(struct chain *chain, uint64_t round)
{
    struct chain_round *at = &chain->state.rounds[round % CHAIN_ROUNDS_KEPT];

    if (!at->is_used || at->number != round) {
        memset(at, 0, sizeof(*at));
        at->is_used = true;
        at->number = round;
    }
    return at;
}

static size_t find_among(const struct pubkey *keys, size_t count,
                         const struct pubkey *key)
{
    size_t i = 0;

    while (i < count && !pubkey_equal(&keys[i], key))
        i++;
    return i;
}

static size_t find_key(const struct pubkey *keys, const struct pubkey *key)
{
    return find_among(keys, CHAIN_KEYS, key);
}

static size_t find_account(const struct chain *chain, const struct pubkey *key)
{
    return find_among(chain->accounts, CHAIN_ACCOUNTS, key);
}

/* FNV-1a: enough to tell two runs apart. */
static void digest(struct chain *chain, const void *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        chain->digest ^= ((const uint8_t *)data)[i];
        chain->digest *= 0x100000001b3u;
    }
}

/* ---- the task program ---- */

static int submit(struct chain *chain, size_t key, uint64_t round,
                  const char *value)
{
    struct chain_entry *entry;

    if (round + 1 != chain_round_of(chain))
        return TASK_ERROR_WRONG_ROUND;
    if (chain_offset(chain) >= chain->times.submission)
        return TASK_ERROR_WINDOW_CLOSED;
    entry = &round_at_place(chain, round)->submissions[key];
    if (entry->is_there)
        return TASK_ERROR_DUPLICATE;
    *entry = (struct chain_entry){.is_there = true, .slot = chain->slot};
    snprintf(entry->value, sizeof(entry->value), "%s", value);
    return 0;
}

static int vote(struct chain *chain, struct chain_entry *entry, size_t key,
                bool is_valid)
{
    uint64_t offset = chain_offset(chain);
    uint64_t window =
        entry->is_raised ? chain->times.audit : chain->times.audit / 2;

    if (!entry->is_there)
        return TASK_ERROR_NO_SUBMISSION;
    if (entry->votes[key].is_cast)
        return TASK_ERROR_DUPLICATE;
    if (!entry->is_raised && is_valid)
        return TASK_ERROR_NO_AUDIT;
    if (offset < chain->times.submission ||
        offset >= chain->times.submission + window)
        return TASK_ERROR_WINDOW_CLOSED;
    if (!entry->is_raised) {
        entry->is_raised = true;
        entry->raised_by = key;
        entry->raised_slot = chain->slot;
    }
    entry->votes[key] = (struct chain_vote){
        .is_cast = true, .is_valid = is_valid, .slot = chain->slot};
    return 0;
}

static bool is_open(const struct chain *chain, const struct chain_round *round)
{
    return !round->is_paid && round->failures <= CHAIN_FAILED_ALLOWED &&
           round->number + 3 + CHAIN_FAILED_ALLOWED >= chain_round_of(chain);
}

static int list(struct chain *chain, size_t key, size_t place, uint64_t number)
{
    struct chain_round *round = round_at_place(chain, number);
    struct chain_account *account = &chain->state.accounts[place];
    struct chain_entry *entry = &round->lists[key];
    struct buffer envelope = {0};
    uint64_t first = chain->slot - chain_offset(chain);

    if (!round->submissions[key].is_there)
        return TASK_ERROR_NO_SUBMISSION;
    if (number + 2 > chain_round_of(chain))
        return TASK_ERROR_WRONG_ROUND;
    if (!is_open(chain, round))
        return TASK_ERROR_ROUND_CLOSED;
    if (chain_offset(chain) >= chain->times.submission)
        return TASK_ERROR_WINDOW_CLOSED;
    if (entry->is_there && entry->slot >= first)
        return TASK_ERROR_DUPLICATE;
    if (!account->is_there || account->round != number)
        return TASK_ERROR_WRONG_DATA_ACCOUNT;
    if (account->data[0] != '{' || !memchr(account->data, '[', account->size)) {
        struct bytes text = bytes_make(account->data, account->size);
        const uint8_t *end = memchr(text.data, 0, text.size);

        if (end)
            text.size = (size_t)(end - text.data);
        task_list_build_text(&chain_task, number, text, &envelope);
        CHECK(envelope.size <= sizeof(account->data));
        memset(account->data, 0, sizeof(account->data));
        memcpy(account->data, envelope.data, envelope.size);
        account->size = envelope.size;
        buffer_free(&envelope);
    }
    account->slot = chain->slot;
    *entry = (struct chain_entry){
        .is_there = true, .slot = chain->slot, .account = place};
    return 0;
}

static int upload(struct chain *chain, size_t place,
                  const struct chain_instruction *instruction)
{
    struct chain_account *account = &chain->state.accounts[place];
    size_t at = (size_t)instruction->chunk * TASK_CHUNK_DATA_SIZE;
    const struct chain_round *round =
        chain_find_round(chain, instruction->round);

    if (!round)
        return TASK_ERROR_NO_SUBMISSION;
    if (!is_open(chain, round))
        return TASK_ERROR_ROUND_CLOSED;
    CHECK(at + TASK_CHUNK_DATA_SIZE <= sizeof(account->data));
    /* An envelope is no text to go on with. */
    if (!account->is_there || account->round != instruction->round ||
        instruction->chunk == 0) {
        memset(account->data, 0, sizeof(account->data));
        account->size = 0;
    }
    account->is_there = true;
    account->round = instruction->round;
    account->slot = chain->slot;
    memcpy(account->data + at, instruction->data, TASK_CHUNK_DATA_SIZE);
    if (account->size < at + TASK_CHUNK_DATA_SIZE)
        account->size = at + TASK_CHUNK_DATA_SIZE;
    return 0;
}

/* Carry out a list: false if it can't be used. */
static bool pay(struct chain *chain, struct chain_round *round, size_t key)
{
    const struct chain_entry *entry = &round->lists[key];
    const struct chain_account *account =
        &chain->state.accounts[entry->account];
    struct task_list_entry *items;
    struct arena arena = {0};
    uint64_t sum = 0;
    size_t count;
    int balance = 0;

    for (size_t i = 0; i < CHAIN_KEYS; i++)
        if (entry->votes[i].is_cast)
            balance += entry->votes[i].is_valid ? 1 : -1;
    if ((entry->is_raised && balance < 0) || account->slot > entry->slot ||
        task_list_parse(bytes_make(account->data, account->size), &chain_task,
                        round->number, &arena, &items, &count) < 0) {
        err_clear();
        arena_free(&arena);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        sum += items[i].amount > 0 ? (uint64_t)items[i].amount : 0;
    bool is_good = sum <= CHAIN_BOUNTY && sum <= chain->state.bounty;
    for (size_t i = 0; is_good && i < count; i++) {
        size_t of = find_key(chain->keys, &items[i].key);

        if (of == CHAIN_KEYS || items[i].amount <= 0)
            continue;
        round->paid[of] = (uint64_t)items[i].amount;
        chain->state.available[of] += (uint64_t)items[i].amount;
        chain->state.bounty -= (uint64_t)items[i].amount;
    }
    arena_free(&arena);
    return is_good;
}

static int payout(struct chain *chain, uint64_t number)
{
    struct chain_round *round = round_at_place(chain, number);
    uint64_t first = chain->slot - chain_offset(chain);
    bool is_early =
        chain_offset(chain) < chain->times.submission + chain->times.audit;
    uint64_t newest = 0;

    if (number + 2 > chain_round_of(chain))
        return TASK_ERROR_WRONG_ROUND;
    if (!is_open(chain, round))
        return TASK_ERROR_ROUND_CLOSED;
    for (size_t i = 0; i < CHAIN_KEYS; i++) {
        const struct chain_entry *entry = &round->lists[i];

        if (!entry->is_there || entry->was_tried)
            continue;
        uint64_t sent_in =
            (entry->slot - CHAIN_STARTING_SLOT) / chain->times.round + 1;
        newest = sent_in > newest ? sent_in : newest;
        if (is_early && entry->slot >= first)
            return TASK_ERROR_VOTING_ONGOING;
    }
    if (!newest)
        return TASK_ERROR_NO_SUBMISSION;
    for (size_t i = 0; i < CHAIN_KEYS; i++) {
        size_t key = (i + number) % CHAIN_KEYS;
        struct chain_entry *entry = &round->lists[key];

        if (!entry->is_there || entry->was_tried ||
            (entry->slot - CHAIN_STARTING_SLOT) / chain->times.round + 1 !=
                newest)
            continue;
        if (pay(chain, round, key)) {
            round->is_paid = true;
            return 0;
        }
        entry->was_tried = true;
    }
    round->has_failed = true;
    round->failures++;
    return 0;
}

static int claim(struct chain *chain, uint64_t *claimed)
{
    struct chain_state *state = &chain->state;

    if (!state->available[0])
        return TASK_ERROR_NO_BALANCE;
    *claimed = state->available[0];
    state->claimed += state->available[0];
    state->pot -= state->available[0];
    state->available[0] = 0;
    return 0;
}

static int execute_one(struct chain *chain,
                       const struct chain_instruction *instruction,
                       uint64_t *claimed)
{
    size_t actor = find_key(chain->keys, &instruction->accounts[1]);
    size_t other = find_key(chain->keys, &instruction->accounts[2]);
    struct chain_round *round;

    switch (instruction->kind) {
    case TASK_SUBMIT:
        return submit(chain, actor, instruction->round, instruction->value);
    case TASK_AUDIT_SUBMISSIONS:
        if (instruction->round + 1 != chain_round_of(chain))
            return TASK_ERROR_WRONG_ROUND;
        round = round_at_place(chain, instruction->round);
        return vote(chain, &round->submissions[other], actor,
                    instruction->is_valid);
    case TASK_AUDIT_DISTRIBUTION:
        round = round_at_place(chain, instruction->round);
        if (round->lists[other].slot < chain->slot - chain_offset(chain))
            return TASK_ERROR_WINDOW_CLOSED;
        return vote(chain, &round->lists[other], actor, instruction->is_valid);
    case TASK_UPLOAD_DISTRIBUTION_LIST:
        return upload(chain, find_account(chain, &instruction->accounts[1]),
                      instruction);
    case TASK_SUBMIT_DISTRIBUTION_LIST:
        return list(chain, actor,
                    find_account(chain, &instruction->accounts[2]),
                    instruction->round);
    case TASK_PAYOUT:
        return payout(chain, instruction->round);
    case TASK_CLAIM_REWARD:
        return claim(chain, claimed);
    case TASK_STAKE:
        chain->state.staked += instruction->round;
        return 0;
    default:
        CHECK(!"an instruction that this node has no reason for");
        return 0;
    }
}

/* Whole or not at all: a failure in the middle changes nothing. */
static int execute(struct chain *chain,
                   const struct chain_transaction *transaction,
                   uint64_t *claimed)
{
    static struct chain_state before;
    int custom = 0;

    if (transaction->count > 1)
        before = chain->state;
    for (size_t i = 0; !custom && i < transaction->count; i++) {
        custom = execute_one(chain, &transaction->instructions[i], claimed);
        if (custom && i)
            chain->state = before;
    }
    return custom;
}

/* ---- blocks ---- */

static struct chain_status *find_status(struct chain *chain,
                                        const struct signature *signature)
{
    for (size_t i = 0; i < CHAIN_STATUSES_MAX; i++) {
        struct chain_status *at = &chain->state.statuses[i];

        if (at->is_used && !memcmp(&at->signature, signature, 64))
            return at;
    }
    return NULL;
}

static void execute_pending(struct chain *chain)
{
    struct chain_state *state = &chain->state;
    size_t kept = 0;

    for (size_t i = 0; i < state->pending_count; i++) {
        const struct chain_transaction *at = &state->pending[i];
        struct chain_status status = {
            .is_used = true, .signature = at->signature, .slot = chain->slot};

        if (chain->slot > at->valid_until)
            continue;
        if (chain->slot < at->due) {
            state->pending[kept++] = *at;
            continue;
        }
        status.custom = execute(chain, at, &status.claimed);
        state->fees += 5000ull * at->signatures;
        chain->executed++;
        chain->refused += status.custom != 0;
        digest(chain, &at->signature, 64);
        digest(chain, &chain->slot, 8);
        digest(chain, &status.custom, sizeof(status.custom));
        state->statuses[state->status_next++ % CHAIN_STATUSES_MAX] = status;
    }
    state->pending_count = kept;
}

/* What was executed in the blocks that go is no more; of what came meanwhile
 * the network keeps nothing, and nobody but the senders will bring it again. */
static void take_back(struct chain *chain)
{
    uint64_t blocks = 1 + random_below(&chain->random, CHAIN_FINAL_SLOTS - 1);

    if (chain->slot < CHAIN_STARTING_SLOT + CHAIN_FINAL_SLOTS)
        return;
    chain->state = chain->before[(chain->slot - blocks) % CHAIN_FINAL_SLOTS];
    chain->forks++;
}

/* A list of a peer: as distribution() of the fake worker has it, or all for
 * itself. */
static void write_list(struct chain *chain, size_t key, uint64_t number,
                       bool is_right)
{
    struct chain_account *account = &chain->state.accounts[key];
    const struct chain_round *round = chain_find_round(chain, number);
    struct buffer text = {0};
    size_t count = 0;

    for (size_t i = 0; i < CHAIN_KEYS; i++)
        count += round->submissions[i].is_there;
    buffer_text(&text, "{");
    for (size_t i = 0; i < CHAIN_KEYS; i++) {
        if (!round->submissions[i].is_there || (!is_right && i != key))
            continue;
        buffer_format(&text, "%s\"%s\":%" PRIu64, text.size > 1 ? "," : "",
                      PUBKEY_TEXT(&chain->keys[i]),
                      is_right ? CHAIN_BOUNTY / count : CHAIN_BOUNTY);
    }
    buffer_text(&text, "}");
    CHECK(text.size < sizeof(account->data));
    memset(account, 0, sizeof(*account));
    memcpy(account->data, text.data, text.size);
    account->is_there = true;
    account->round = number;
    account->size = text.size;
    account->slot = chain->slot;
    buffer_free(&text);
}

/* Peers submit early in the window, some of them wrongly; those that help
 * list every third round. */
static void act(struct chain *chain)
{
    uint64_t now = chain_round_of(chain), offset = chain_offset(chain);

    for (size_t key = 1; key < CHAIN_KEYS; key++) {
        bool is_liar = chain->has_liars && key == CHAIN_KEYS - 1;

        if (now >= 1 && offset == 2 + key)
            submit(chain, key, now - 1, is_liar ? "wrong" : "right");
        if (!is_liar && (!chain->has_helpers || now % 3 != key % 3))
            continue;
        if (now >= 2 && offset == 8 + key && chain_find_round(chain, now - 2)) {
            const struct chain_round *round = chain_find_round(chain, now - 2);

            if (round->submissions[key].is_there && is_open(chain, round)) {
                write_list(chain, key, now - 2, !is_liar);
                list(chain, key, key, now - 2);
            }
        }
    }
}

void chain_next_slot(struct chain *chain)
{
    if (chain->has_forks)
        chain->before[chain->slot % CHAIN_FINAL_SLOTS] = chain->state;
    if (chain->has_forks && random_below(&chain->random, 12) == 0)
        take_back(chain);
    chain->slot++;
    act(chain);
    execute_pending(chain);
}

/* ---- what is sent ---- */

/* A blockhash says until when it is good. */
static struct hash blockhash(const struct chain *chain)
{
    struct hash hash = {.bytes = {3}};

    u64le_write(hash.bytes + 8, chain->slot + chain->times.blockhash);
    return hash;
}

static void read_instruction(const struct transaction *wire,
                             const struct transaction_instruction *from,
                             struct chain_instruction *out)
{
    struct task_instruction task;

    CHECK(!task_instruction_parse(from->data, &task));
    memset(out, 0, sizeof(*out));
    out->kind = task.kind;
    out->round = task.round;
    for (size_t i = 0; i < 3 && i < from->accounts.size; i++)
        out->accounts[i] = wire->keys[from->accounts.data[i]];
    switch (task.kind) {
    case TASK_SUBMIT:
        snprintf(out->value, sizeof(out->value), "%.*s", (int)task.value.size,
                 (const char *)task.value.data);
        break;
    case TASK_AUDIT_SUBMISSIONS:
    case TASK_AUDIT_DISTRIBUTION:
        out->is_valid = task.flag;
        break;
    case TASK_STAKE:
        out->round = task.amount; /* by which orders are told apart */
        break;
    case TASK_UPLOAD_DISTRIBUTION_LIST:
        out->chunk = task.chunk.number;
        memcpy(out->data, task.chunk.data.data, task.chunk.data.size);
        break;
    default:
        break;
    }
}

static void read_transaction(struct bytes wire, struct chain_transaction *out)
{
    struct transaction transaction;
    struct arena arena = {0};

    CHECK(!transaction_parse(wire, &arena, &transaction));
    memset(out, 0, sizeof(*out));
    out->signature = *transaction_id(&transaction);
    out->signatures = wire.data[0]; /* a few: one byte */
    out->valid_until = u64le_read(transaction.recent_blockhash->bytes + 8);
    for (size_t i = 0; i < transaction.instruction_count; i++) {
        const struct transaction_instruction *at = &transaction.instructions[i];

        if (!pubkey_equal(&transaction.keys[at->program_index],
                          &KOII_TASK_PROGRAM_ID))
            continue;
        CHECK(out->count < CHAIN_INSTRUCTIONS_MAX);
        read_instruction(&transaction, at, &out->instructions[out->count++]);
    }
    CHECK(out->count);
    arena_free(&arena);
}

/* The rule that everything rests on: a new transaction for an action only when
 * the one before it has failed for good, or can't be executed any more. Chunks
 * and payouts may be repeated: they change nothing twice. */
static void check_single(struct chain *chain,
                         const struct chain_transaction *transaction)
{
    const struct chain_instruction *own = &transaction->instructions[0];
    uint64_t final = chain->slot - CHAIN_FINAL_SLOTS;
    struct chain_taken taken = {.is_used = true,
                                .signature = transaction->signature,
                                .valid_until = transaction->valid_until,
                                .kind = own->kind,
                                .round = own->round,
                                .target = own->accounts[2]};

    for (size_t i = 0; i < CHAIN_STATUSES_MAX; i++) {
        const struct chain_taken *at = &chain->taken[i];

        if (!at->is_used)
            continue;
        if (!memcmp(&at->signature, &taken.signature, 64))
            return; /* the same bytes again */
        if (own->kind == TASK_PAYOUT ||
            own->kind == TASK_UPLOAD_DISTRIBUTION_LIST ||
            at->kind != taken.kind || at->round != taken.round ||
            !pubkey_equal(&at->target, &taken.target))
            continue;
        const struct chain_status *status = find_status(chain, &at->signature);
        bool is_over =
            status ? status->slot <= final &&
                         (status->custom || own->kind == TASK_CLAIM_REWARD)
                   : at->valid_until < final;

        if (!is_over && own->kind != TASK_SUBMIT_DISTRIBUTION_LIST &&
            own->kind != TASK_AUDIT_DISTRIBUTION)
            chain_trouble(chain, "%s of round %" PRIu64 " was sent twice",
                          task_instruction_name(own->kind), own->round);
    }
    chain->taken[chain->taken_next++ % CHAIN_STATUSES_MAX] = taken;
}

static void write_custom(struct buffer *out, int custom)
{
    if (custom)
        buffer_format(out, "{\"InstructionError\":[0,{\"Custom\":%d}]}",
                      custom);
    else
        buffer_text(out, "null");
}

static bool is_lost(struct chain *chain,
                    const struct chain_transaction *transaction)
{
    enum task_instruction_kind kind = transaction->instructions[0].kind;

    if (chain->lists_lost_every &&
        (kind == TASK_UPLOAD_DISTRIBUTION_LIST ||
         kind == TASK_SUBMIT_DISTRIBUTION_LIST) &&
        chain_round_of(chain) % chain->lists_lost_every < 2)
        return true;
    return chain->lost_of && random_below(&chain->random, chain->lost_of) == 0;
}

static void take(struct chain *chain, struct json_object *params,
                 struct buffer *out)
{
    static struct chain_state before;
    struct json_object *options = json_object_array_get_idx(params, 1);
    struct chain_transaction transaction;
    char signature[BASE58_SIGNATURE_SIZE];
    struct buffer wire = {0};
    bool is_blind = false;
    uint64_t claimed;
    int custom = 0;

    CHECK(!base64_decode(bytes_text(json_object_get_string(
                             json_object_array_get_idx(params, 0))),
                         &wire));
    read_transaction(buffer_view(&wire), &transaction);
    buffer_free(&wire);
    (void)json_get_bool(options, "skipPreflight", &is_blind);
    if (!is_blind && !find_status(chain, &transaction.signature)) {
        before = chain->state;
        custom = execute(chain, &transaction, &claimed);
        chain->state = before;
    }
    if (custom) {
        buffer_text(out, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":"
                         "-32002,\"message\":\"simulation failed\",\"data\":"
                         "{\"logs\":[],\"err\":");
        write_custom(out, custom);
        buffer_text(out, "}}}");
        return;
    }
    check_single(chain, &transaction);
    base58_signature(transaction.signature.bytes, signature);
    buffer_format(out, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"%s\"}",
                  signature);
    if (find_status(chain, &transaction.signature) ||
        is_lost(chain, &transaction))
        return;
    for (size_t i = 0; i < chain->state.pending_count; i++)
        if (!memcmp(&chain->state.pending[i].signature, &transaction.signature,
                    64))
            return;
    CHECK(chain->state.pending_count < CHAIN_PENDING_MAX);
    transaction.due =
        chain->slot + 1 + random_below(&chain->random, chain->late_max);
    chain->state.pending[chain->state.pending_count++] = transaction;
}

/* ---- JSON-RPC ---- */

static void write_key_array(struct json_writer *writer, const char *name,
                            const struct pubkey *key)
{
    json_name(writer, name);
    json_open_array(writer);
    for (int i = 0; i < 32; i++)
        json_write_u64(writer, key->bytes[i]);
    json_close_array(writer);
}

static const struct pubkey pot = {.bytes = {5}};

static void write_state(struct chain *chain, struct json_writer *writer)
{
    const struct {
        const char *name;
        uint64_t value;
    } numbers[] = {
        {"total_bounty_amount", chain->state.bounty},
        {"bounty_amount_per_round", CHAIN_BOUNTY},
        {"total_stake_amount", CHAIN_MINIMUM_STAKE * CHAIN_KEYS},
        {"minimum_stake_amount", CHAIN_MINIMUM_STAKE},
        {"round_time", chain->times.round},
        {"starting_slot", CHAIN_STARTING_SLOT},
        {"audit_window", chain->times.audit},
        {"submission_window", chain->times.submission},
        {"allowed_failed_distributions", CHAIN_FAILED_ALLOWED},
    };

    json_open_object(writer);
    json_field_bool(writer, "is_allowlisted", true);
    json_field_bool(writer, "is_active", true);
    json_field_bool(writer, "is_migrated", false);
    json_field_text(writer, "task_executable_network", "IPFS");
    json_field_text(writer, "task_audit_program", "main");
    write_key_array(writer, "task_manager", &pot);
    write_key_array(writer, "stake_pot_account", &pot);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        json_field_u64(writer, numbers[i].name, numbers[i].value);
    json_name(writer, "stake_list");
    json_open_object(writer);
    for (size_t i = 0; i < CHAIN_KEYS; i++)
        json_field_u64(writer, PUBKEY_TEXT(&chain->keys[i]),
                       CHAIN_MINIMUM_STAKE + (i ? 0 : chain->state.staked));
    json_close_object(writer);
    json_name(writer, "available_balances");
    json_open_object(writer);
    for (size_t i = 0; i < CHAIN_KEYS; i++)
        if (chain->state.available[i])
            json_field_u64(writer, PUBKEY_TEXT(&chain->keys[i]),
                           chain->state.available[i]);
    json_close_object(writer);
    json_name(writer, "ip_address_list");
    json_open_object(writer);
    json_close_object(writer);
    json_close_object(writer);
}

static void write_audit(const struct chain *chain, struct json_writer *writer,
                        const struct chain_entry *entry, size_t key)
{
    json_name(writer, PUBKEY_TEXT(&chain->keys[key]));
    json_open_object(writer);
    write_key_array(writer, "trigger_by", &chain->keys[entry->raised_by]);
    json_field_u64(writer, "slot", entry->raised_slot);
    json_name(writer, "votes");
    json_open_array(writer);
    for (size_t i = 0; i < CHAIN_KEYS; i++) {
        if (!entry->votes[i].is_cast)
            continue;
        json_open_object(writer);
        json_field_bool(writer, "is_valid", entry->votes[i].is_valid);
        write_key_array(writer, "voter", &chain->keys[i]);
        json_field_u64(writer, "slot", entry->votes[i].slot);
        json_close_object(writer);
    }
    json_close_array(writer);
    json_close_object(writer);
}

static void open_round(struct json_writer *writer, const char *map,
                       const char *round)
{
    json_name(writer, map);
    json_open_object(writer);
    json_name(writer, round);
    json_open_object(writer);
}

static void close_round(struct json_writer *writer)
{
    json_close_object(writer);
    json_close_object(writer);
}

static void write_round(const struct chain *chain, struct json_writer *writer,
                        uint64_t number, bool is_lists)
{
    const struct chain_round *round = chain_find_round(chain, number);
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, number);
    json_open_object(writer);
    if (!round) {
        json_close_object(writer);
        return;
    }
    const struct chain_entry *entries =
        is_lists ? round->lists : round->submissions;
    open_round(writer,
               is_lists ? "distribution_rewards_submission" : "submissions",
               text);
    for (size_t i = 0; i < CHAIN_KEYS; i++) {
        if (!entries[i].is_there)
            continue;
        json_name(writer, PUBKEY_TEXT(&chain->keys[i]));
        json_open_object(writer);
        if (is_lists)
            write_key_array(writer, "submission_value",
                            &chain->accounts[entries[i].account]);
        else
            json_field_text(writer, "submission_value", entries[i].value);
        json_field_u64(writer, "slot", entries[i].slot);
        json_close_object(writer);
    }
    close_round(writer);
    open_round(writer,
               is_lists ? "distributions_audit_trigger"
                        : "submissions_audit_trigger",
               text);
    for (size_t i = 0; i < CHAIN_KEYS; i++)
        if (entries[i].is_there && entries[i].is_raised)
            write_audit(chain, writer, &entries[i], i);
    close_round(writer);
    if (is_lists && (round->is_paid || round->has_failed)) {
        json_name(writer, "distributions_audit_record");
        json_open_object(writer);
        json_field_text(writer, text,
                        round->is_paid ? "PayoutSuccessful" : "PayoutFailed");
        json_close_object(writer);
    }
    json_close_object(writer);
}

static void open_result(const struct chain *chain, struct buffer *out)
{
    buffer_format(out,
                  "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"context\":"
                  "{\"slot\":%" PRIu64 "},\"value\":",
                  chain->slot);
}

static void write_task(struct chain *chain, const char *method,
                       struct json_object *params, struct buffer *out)
{
    struct json_object *options = json_object_array_get_idx(params, 1);
    struct buffer data = {0}, base64 = {0};
    struct json_writer writer = json_writer_make(&data);
    uint64_t round = 0;

    if (!strcmp(method, "getTaskAccountInfo")) {
        write_state(chain, &writer);
    } else {
        CHECK(!json_get_u64(options, "round", &round));
        write_round(chain, &writer, round,
                    !strcmp(method, "getTaskDistributionInfo"));
    }
    base64_encode(buffer_view(&data), &base64);
    open_result(chain, out);
    buffer_format(out, "{\"data\":[\"%s\",\"base64\"]}}}",
                  buffer_string(&base64));
    buffer_free(&base64);
    buffer_free(&data);
}

static void write_account(struct chain *chain, struct json_object *params,
                          struct buffer *out)
{
    const char *text =
        json_object_get_string(json_object_array_get_idx(params, 0));
    const struct chain_account *account = NULL;
    struct buffer base64 = {0};
    struct pubkey key;

    CHECK(!pubkey_parse(bytes_text(text), &key));
    size_t at = find_account(chain, &key);
    if (at < CHAIN_ACCOUNTS && chain->state.accounts[at].is_there)
        account = &chain->state.accounts[at];
    open_result(chain, out);
    if (account) {
        base64_encode(bytes_make(account->data, account->size), &base64);
        buffer_format(out,
                      "{\"lamports\":1000000000,\"owner\":\"%s\","
                      "\"executable\":false,\"data\":[\"%s\",\"base64\"]}}}",
                      PUBKEY_TEXT(&KOII_TASK_PROGRAM_ID),
                      buffer_string(&base64));
    } else {
        buffer_text(out, "null}}");
    }
    buffer_free(&base64);
}

static void write_statuses(struct chain *chain, struct json_object *params,
                           struct buffer *out)
{
    struct json_object *list = json_object_array_get_idx(params, 0);

    open_result(chain, out);
    buffer_text(out, "[");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        const char *text =
            json_object_get_string(json_object_array_get_idx(list, i));
        const struct chain_status *status;
        struct signature signature;

        CHECK(!signature_parse(bytes_text(text), &signature));
        status = find_status(chain, &signature);
        buffer_text(out, i ? "," : "");
        if (!status) {
            buffer_text(out, "null");
            continue;
        }
        buffer_format(out, "{\"slot\":%" PRIu64 ",\"err\":", status->slot);
        write_custom(out, status->custom);
        buffer_format(out, ",\"confirmationStatus\":\"%s\"}",
                      status->slot + CHAIN_FINAL_SLOTS <= chain->slot
                          ? "finalized"
                          : "processed");
    }
    buffer_text(out, "]}}");
}

static void write_claim(struct chain *chain, struct json_object *params,
                        struct buffer *out)
{
    const char *text =
        json_object_get_string(json_object_array_get_idx(params, 0));
    const struct chain_status *status;
    struct signature signature;

    CHECK(!signature_parse(bytes_text(text), &signature));
    status = find_status(chain, &signature);
    if (!status) {
        buffer_text(out, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":null}");
        return;
    }
    buffer_format(out,
                  "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"meta\":"
                  "{\"preBalances\":[%" PRIu64 "],\"postBalances\":[0]},"
                  "\"transaction\":{\"message\":{\"accountKeys\":[\"%s\"]}}}}",
                  status->claimed, PUBKEY_TEXT(&pot));
}

void chain_answer(struct chain *chain, const char *method,
                  struct json_object *params, struct buffer *out)
{
    if (!strncmp(method, "getTask", 7)) {
        write_task(chain, method, params, out);
    } else if (!strcmp(method, "getAccountInfo")) {
        write_account(chain, params, out);
    } else if (!strcmp(method, "getBalance")) {
        open_result(chain, out);
        buffer_text(out, "1000000000000}}");
    } else if (!strcmp(method, "getSignatureStatuses")) {
        write_statuses(chain, params, out);
    } else if (!strcmp(method, "sendTransaction")) {
        take(chain, params, out);
    } else if (!strcmp(method, "getTransaction")) {
        write_claim(chain, params, out);
    } else if (!strcmp(method, "getBlockHeight")) {
        buffer_format(out,
                      "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":%" PRIu64 "}",
                      chain->slot - CHAIN_FINAL_SLOTS);
    } else if (!strcmp(method, "getLatestBlockhash")) {
        struct hash hash = blockhash(chain);

        open_result(chain, out);
        buffer_format(out,
                      "{\"blockhash\":\"%s\",\"lastValidBlockHeight\":"
                      "%" PRIu64 "}}}",
                      PUBKEY_TEXT((struct pubkey *)&hash),
                      chain->slot + chain->times.blockhash);
    } else {
        buffer_text(out, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":"
                         "-32601,\"message\":\"Method not found\"}}");
    }
}
