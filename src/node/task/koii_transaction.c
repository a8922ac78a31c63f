#include "node/task/koii_transaction.h"

#include "base/base58.h"
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/money/signer.h"
#include "node/task/host_ask.h"
#include "node/task/koii_engine.h"
#include "node/task/task_key.h"
#include "settlement/format/task_instruction.h"
#include "settlement/format/well_known.h"

#include <sodium.h>
#include <stdlib.h>

/* Keys that a task hands over with one transaction. */
#define KEYS_MAX 8

/* The place of the beneficiary among a claim's accounts. */
#define CLAIM_BENEFICIARY 3

/* ---- what is let through ---- */

static bool is_let_through(const struct transaction_instruction *instruction)
{
    static const enum task_instruction_kind kinds[] = {
        TASK_SUBMIT,
        TASK_AUDIT_SUBMISSIONS,
        TASK_AUDIT_DISTRIBUTION,
        TASK_PAYOUT,
        TASK_CLAIM_REWARD,
        TASK_UPLOAD_DISTRIBUTION_LIST,
        TASK_SUBMIT_DISTRIBUTION_LIST,
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (instruction->data.size && instruction->data.data[0] == kinds[i])
            return true;
    return false;
}

/* Where what a claim pays may go: to the main wallet, or its tokens. */
static struct pubkey beneficiary_of(const struct pubkey *main,
                                    const struct pubkey *token)
{
    return token ? recipe_tokens_of(main, token) : *main;
}

/* The payer is account 0: it may take what a claim pays, and be nothing else.
 */
static int check_accounts(const struct transaction *transaction,
                          const struct transaction_instruction *instruction,
                          const struct pubkey *task,
                          const struct pubkey *beneficiary)
{
    struct bytes accounts = instruction->accounts;
    bool is_claim = instruction->data.data[0] == TASK_CLAIM_REWARD;

    if (!accounts.size ||
        !pubkey_equal(&transaction->keys[accounts.data[0]], task))
        return err_set(ERR_DENIED, "it is about another task");
    if (is_claim &&
        (accounts.size <= CLAIM_BENEFICIARY ||
         !pubkey_equal(&transaction->keys[accounts.data[CLAIM_BENEFICIARY]],
                       beneficiary)))
        return err_set(ERR_DENIED, "rewards go to the node's main wallet");
    for (size_t i = 0; i < accounts.size; i++)
        if (accounts.data[i] == 0 && !(is_claim && i == CLAIM_BENEFICIARY))
            return err_set(ERR_DENIED,
                           "the node's main wallet pays the fee and has no "
                           "other part in it");
    return 0;
}

int koii_transaction_check(const struct transaction *transaction,
                           const struct pubkey *main, const struct pubkey *task,
                           const struct pubkey *token)
{
    struct pubkey beneficiary = beneficiary_of(main, token);

    if (!transaction->key_count || !transaction->instruction_count ||
        !pubkey_equal(&transaction->keys[0], main))
        return err_set(ERR_DENIED, "its payer is not the node's main wallet");
    if (transaction->lookup_count)
        return err_set(ERR_DENIED, "it names accounts by tables");
    for (size_t i = 0; i < transaction->instruction_count; i++) {
        const struct transaction_instruction *instruction =
            &transaction->instructions[i];

        if (!pubkey_equal(&transaction->keys[instruction->program_index],
                          recipe_program(token != NULL)) ||
            !is_let_through(instruction))
            return err_set(ERR_DENIED,
                           "a task sends submissions, votes, payouts, lists "
                           "and claims, and nothing else");
        int status =
            check_accounts(transaction, instruction, task, &beneficiary);

        if (status)
            return status;
    }
    return 0;
}

/* ---- signatures ---- */

/* From the request until the endpoint's word. */
struct sending {
    struct host_ask *ask;
    struct buffer wire; /* signatures are filled in where they are missing */
    size_t signatures;  /* of it */
    unsigned missing;
    int status;
    char text[ERR_TEXT_SIZE];
};

/* Where one signature is to go. */
struct place {
    struct sending *sending;
    size_t number;
};

static void put_signature(struct sending *sending, size_t number,
                          const struct signature *signature)
{
    /* The count takes one byte: it is below 128. */
    memcpy(sending->wire.data + 1 + number * sizeof(signature->bytes),
           signature->bytes, sizeof(signature->bytes));
}

static void free_sending(struct sending *sending)
{
    buffer_free(&sending->wire);
    free(sending);
}

static void on_sent(void *user, int status, const struct client_sent *sent)
{
    struct sending *sending = user;
    struct host_ask *ask = sending->ask;
    char text[BASE58_SIGNATURE_SIZE];

    if (host_ask_arrived(ask, status)) {
        base58_signature(sent->signature.bytes, text);
        host_ask_answer_text(ask, text);
    }
    free_sending(sending);
}

static void send_if_signed(struct sending *sending)
{
    struct task_runner *runner = sending->ask->runner;
    const struct client_send_options options = {.commitment = CLIENT_CONFIRMED};

    if (sending->status) {
        host_ask_refuse(sending->ask,
                        err_set(sending->status, "%s", sending->text));
        free_sending(sending);
        return;
    }
    runner_depart(runner);
    client_send(runner->parts->client, buffer_view(&sending->wire), &options,
                on_sent, sending);
}

static void on_signed(void *user, int status, const struct signature *signature,
                      struct bytes message)
{
    struct place *place = user;
    struct sending *sending = place->sending;
    size_t number = place->number;

    free(place);
    if (status && !sending->status) {
        sending->status = status;
        snprintf(sending->text, sizeof(sending->text), "%s", err_text());
    }
    if (!status)
        put_signature(sending, number, signature);
    sending->missing--;
    if (!runner_arrived(sending->ask->runner)) {
        if (!sending->missing) {
            free(sending->ask);
            free_sending(sending);
        }
    } else if (!sending->missing) {
        send_if_signed(sending);
    }
}

static void ask_signature(struct sending *sending, size_t number,
                          const struct signer_key *key, struct bytes message)
{
    struct task_runner *runner = sending->ask->runner;
    struct place *place = mem_zero(1, sizeof(*place));

    *place = (struct place){.sending = sending, .number = number};
    sending->missing++;
    runner_depart(runner);
    signer_sign(runner->parts->signer, key, SIGNER_TRANSACTION, message,
                on_signed, place);
}

/* As the wrapper sends a Keypair: {"_keypair":{"secretKey":{"0":1, ...}}}. */
static bool read_keypair(struct json_object *value, struct keypair *out)
{
    struct json_object *inner, *secret, *byte;
    uint8_t bytes[sizeof(out->secret)];
    bool is_key = json_object_is_type(value, json_type_object) &&
                  json_get_object(value, "_keypair", &inner) == 0 &&
                  json_get_object(inner, "secretKey", &secret) == 0;
    uint64_t number;
    char name[8];

    for (size_t i = 0; is_key && i < sizeof(bytes); i++) {
        snprintf(name, sizeof(name), "%zu", i);
        is_key = json_object_object_get_ex(secret, name, &byte) &&
                 json_is_u64(byte, &number) && number <= UINT8_MAX;
        bytes[i] = is_key ? (uint8_t)number : 0;
    }
    is_key = is_key && keypair_from_secret(bytes, out) == 0;
    sodium_memzero(bytes, sizeof(bytes));
    return is_key;
}

/* One of the keys that the task has handed over signs at its place. */
static bool sign_with_given(struct sending *sending, size_t number,
                            const struct pubkey *key, struct bytes message,
                            struct json_object *given)
{
    struct keypair keypair = {0};
    struct signature signature;
    bool is_signed = false;

    for (size_t i = 0;
         !is_signed && i < json_object_array_length(given) && i < KEYS_MAX; i++)
        if (read_keypair(json_object_array_get_idx(given, i), &keypair) &&
            pubkey_equal(&keypair.pubkey, key)) {
            key_sign(&keypair, message, &signature);
            put_signature(sending, number, &signature);
            is_signed = true;
        }
    keypair_wipe(&keypair);
    return is_signed;
}

/* Those of the node are asked for; the others must be there. err_text() where
 * one is missing; what was asked for then comes all the same. */
static int collect(struct sending *sending,
                   const struct transaction *transaction,
                   struct json_object *given)
{
    const struct task_runner *runner = sending->ask->runner;
    const struct signer_key payer = {.role = SIGNER_MAIN};
    struct signer_key own;
    bool has_own = task_key_for_task(runner, &own) == 0;

    ask_signature(sending, 0, &payer, transaction->message);
    for (size_t i = 1; i < transaction->required_signatures; i++) {
        const struct pubkey *key = &transaction->keys[i];

        if (has_own && pubkey_equal(key, &runner->own))
            ask_signature(sending, i, &own, transaction->message);
        else if (!sign_with_given(sending, i, key, transaction->message, given))
            return err_set(ERR_DENIED, "the secret key of %s is missing",
                           PUBKEY_TEXT(key));
    }
    return 0;
}

/* The signatures that the task has made count for nothing: all are made anew.
 */
static void begin(struct host_ask *ask, const struct transaction *transaction,
                  struct json_object *given)
{
    struct sending *sending = mem_zero(1, sizeof(*sending));

    sending->ask = ask;
    compact_u16_write(&sending->wire, transaction->required_signatures);
    CHECK(sending->wire.size == 1);
    buffer_resize(&sending->wire, 1 + transaction->required_signatures *
                                          sizeof(struct signature));
    buffer_bytes(&sending->wire, transaction->message);
    int status = collect(sending, transaction, given);
    if (status && !sending->status) {
        sending->status = status;
        snprintf(sending->text, sizeof(sending->text), "%s", err_text());
    }
}

void koii_transaction_serve(struct host_ask *ask, struct json_object *params,
                            struct bytes payload)
{
    struct task_runner *runner = ask->runner;
    const struct pubkey *main = signer_main(runner->parts->signer);
    struct transaction transaction;
    struct arena arena = {0};
    struct buffer wire = {0};
    int status = host_ask_bytes(params, 0, &wire);

    if (!status)
        status = transaction_parse(buffer_view(&wire), &arena, &transaction);
    if (!status)
        status = koii_transaction_check(
            &transaction, main, &runner->task,
            runner->view.is_kpl ? &runner->view.token : NULL);
    if (!status && transaction.required_signatures > TRANSACTION_LOCKS_MAX)
        status = err_set(ERR_LIMIT, "too many signatures");
    if (!status)
        status = koii_engine_take_action(runner);
    if (status)
        host_ask_refuse(ask, status);
    else
        begin(ask, &transaction, json_object_array_get_idx(params, 1));
    arena_free(&arena);
    buffer_free(&wire);
}
