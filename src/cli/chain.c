/*
 * pond chain: what stands on the ledger.
 *
 * Each question is a call of Solana's RPC. For people the answer is cut down to
 * what fits a screen; with --json it is printed as the endpoint gave it, so
 * that a script has everything and need not know this program's names for it.
 *
 * Nothing is cached and nothing is worked out: what is printed is what the
 * endpoint says, and the slot shows if an endpoint is late.
 *
 * Status 3 where the endpoint knows no such block, transaction or account: it
 * answers null, which is no error of its own.
 */
#include "cli/chain.h"
#include "base/base64.h"
#include "base/check.h"
#include "base/decimal.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "settlement/format/account.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- slot ---- */

/* Three questions to one endpoint. On a network with one validator all have the
 * same answer; elsewhere the distance is how far finality lags behind. */
static int run_slot(struct cli *cli, const void *values)
{
    struct session session;
    uint64_t processed = 0, confirmed = 0, finalized = 0;
    int status = session_open(cli, &session);

    if (status)
        return status;
    status = client_slot_wait(session.client, CLIENT_PROCESSED, &processed);
    if (!status)
        status = client_slot_wait(session.client, CLIENT_CONFIRMED, &confirmed);
    if (!status)
        status = client_slot_wait(session.client, CLIENT_FINALIZED, &finalized);
    if (session_status(&session, status) == 0) {
        output_u64(&cli->output, "slot", processed);
        output_u64(&cli->output, "confirmed", confirmed);
        output_u64(&cli->output, "finalized", finalized);
        output_record(&cli->output);
        output_print(&cli->output);
    }
    session_close(&session);
    return status;
}

const struct command command_chain_slot = {
    .name = "chain slot",
    .arguments = "",
    .summary =
        "print the newest slot, and the newest that is confirmed and final",
    .uses = COMMAND_RPC,
    .run = run_slot,
};

/* A list of texts below a record, one a line. A log holds what programs and the
 * senders of memos wrote. An endpoint may put null where a text belongs, and
 * null has no text in json-c. */
static void print_lines(struct json_object *texts)
{
    CHECK(texts);
    struct buffer lines = {0};

    for (size_t i = 0; i < json_object_array_length(texts); i++) {
        const char *text =
            json_object_get_string(json_object_array_get_idx(texts, i));

        buffer_text(&lines, "  ");
        output_harmless(bytes_text(text ? text : "-"), "\t", &lines);
        buffer_text(&lines, "\n");
    }
    fwrite(lines.data, 1, lines.size, stdout);
    buffer_free(&lines);
}

/* ---- block ---- */

/* Who signed the block: an endpoint of Pond's says so, and others do not know
 * the method, which is no error. *signers NULL: it is not known. */
static int ask_signers(struct session *session, uint64_t slot,
                       struct json_object **signers)
{
    char params[32];

    snprintf(params, sizeof(params), "[%" PRIu64 "]", slot);
    int status =
        client_call_wait(session->client, "pondBlockSigners", params, signers);
    if (status != ERR_REMOTE)
        return session_status(session, status);
    err_clear();
    *signers = NULL;
    return 0;
}

/* "3 validators, 7.5 of 10 KOII" of a kind of votes. */
static void print_votes(struct output *output, const char *name,
                        struct json_object *signers)
{
    struct json_object *votes, *validators;
    uint64_t stake, total;
    struct buffer text = {0};

    if (json_get_object(signers, name, &votes) < 0 ||
        json_get_array(votes, "validators", &validators) < 0 ||
        json_get_u64(votes, "stake", &stake) < 0 ||
        json_get_u64(signers, "totalStake", &total) < 0)
        return;
    buffer_format(&text, "%zu validators, ",
                  json_object_array_length(validators));
    decimal_units(stake, KOII_DECIMALS, &text);
    buffer_text(&text, " of ");
    decimal_units(total, KOII_DECIMALS, &text);
    buffer_text(&text, " KOII");
    output_text(output, name, buffer_string(&text));
    buffer_free(&text);
}

/* Fields of the block's record that endpoints of Pond alone know. */
static void print_signers(struct output *output, struct json_object *signers)
{
    const char *text;

    if (!signers)
        return;
    if (json_get_text(signers, "blockHash", &text) == 0)
        output_text(output, "block_hash", text);
    if (json_get_text(signers, "commitment", &text) == 0)
        output_text(output, "commitment", text);
    if (json_get_text(signers, "leader", &text) == 0)
        output_text(output, "leader", text);
    print_votes(output, "notarized", signers);
    print_votes(output, "finalized", signers);
}

/* Only what is in the answer is printed: endpoints of other programs leave out
 * what they do not know. Fields that are null, as an unknown blockTime is, are
 * left out like those that are missing. Signatures stand in the order of the
 * block, below the record and outside it, as they are a list. */
static void print_block(struct output *output, uint64_t slot,
                        struct json_object *block, struct json_object *signers)
{
    CHECK(block);
    struct json_object *transactions;
    const char *text;
    uint64_t number;
    int64_t time;

    output_u64(output, "slot", slot);
    if (json_get_u64(block, "parentSlot", &number) == 0)
        output_u64(output, "parent_slot", number);
    if (json_get_u64(block, "blockHeight", &number) == 0)
        output_u64(output, "height", number);
    if (json_get_text(block, "blockhash", &text) == 0)
        output_text(output, "blockhash", text);
    if (json_get_text(block, "previousBlockhash", &text) == 0)
        output_text(output, "parent_blockhash", text);
    if (json_get_i64(block, "blockTime", &time) == 0)
        output_i64(output, "unix_time", time);
    if (json_get_array(block, "signatures", &transactions) == 0)
        output_u64(output, "transactions",
                   json_object_array_length(transactions));
    print_signers(output, signers);
    output_record(output);
    output_print(output);
    if (json_get_array(block, "signatures", &transactions) < 0)
        return;
    print_lines(transactions);
}

/* People get signatures alone, because a block can hold thousands of
 * transactions; --json gets everything. maxSupportedTransactionVersion has to
 * be there: without it an endpoint refuses blocks that hold a transaction of
 * version 0. */
static int run_block(struct cli *cli, const void *values)
{
    struct session session;
    struct json_object *block = NULL, *signers = NULL;
    char params[128], what[64];
    uint64_t slot;
    int status = options_number(cli->arguments[0], &slot);

    if (!status)
        status = session_open(cli, &session);
    if (status)
        return status;
    snprintf(params, sizeof(params),
             "[%" PRIu64 ",{\"commitment\":\"confirmed\","
             "\"transactionDetails\":\"%s\",\"rewards\":true,"
             "\"maxSupportedTransactionVersion\":0}]",
             slot, cli->output.json ? "full" : "signatures");
    snprintf(what, sizeof(what), "block in slot %" PRIu64, slot);
    status = chain_ask(&session, "getBlock", params, what, &block);
    if (!status)
        status = ask_signers(&session, slot, &signers);
    if (!status && cli->output.json) {
        json_object_object_add(block, "signers", json_object_get(signers));
        chain_print_raw(block);
    } else if (!status) {
        print_block(&cli->output, slot, block, signers);
    }
    json_object_put(signers);
    json_object_put(block);
    session_close(&session);
    return status;
}

const struct command command_chain_block = {
    .name = "chain block",
    .arguments = "SLOT",
    .summary = "print a block, who voted for it, and its transactions",
    .details = "Clients name a block by its blockhash, validators by its block "
               "hash, which `pond validator --restart-from SLOT:HASH` takes. "
               "Who voted is known of the newest blocks, at endpoints of Pond. "
               "With --json it is getBlock's answer, transactions included, "
               "and \"signers\": pondBlockSigners' answer, or null.",
    .arguments_min = 1,
    .arguments_max = 1,
    .uses = COMMAND_RPC,
    .run = run_block,
};

/* ---- transaction ---- */

/* The log is what tells a developer why a program refused, so it stands below
 * the result and needs no option. A transaction has failed where err is there
 * and is not null. */
static void print_transaction(struct output *output, const char *signature,
                              struct json_object *transaction)
{
    CHECK(transaction);
    CHECK(signature);
    struct json_object *meta, *error, *logs;
    struct buffer text = {0};
    uint64_t number;

    output_text(output, "signature", signature);
    if (json_get_u64(transaction, "slot", &number) == 0)
        output_u64(output, "slot", number);
    if (json_get_object(transaction, "meta", &meta) < 0)
        meta = NULL;
    if (json_get_u64(meta, "fee", &number) == 0)
        output_roe(output, "fee_roe", number);
    if (meta && json_object_object_get_ex(meta, "err", &error) && error) {
        json_text(error, &text);
        output_json(output, "error", buffer_string(&text), buffer_view(&text));
        buffer_free(&text);
    } else {
        output_text(output, "result", "success");
    }
    output_record(output);
    output_print(output);
    if (meta && json_get_array(meta, "logMessages", &logs) == 0)
        print_lines(logs);
}

/* The signature is parsed before it is sent, so that a cut-off one is called
 * wrong here and not unknown there. It goes into the request as it was typed,
 * because base58 needs no escapes in JSON. The request is for confirmed
 * transactions, because getTransaction takes nothing less. */
static int run_transaction(struct cli *cli, const void *values)
{
    struct session session;
    struct json_object *transaction = NULL;
    struct signature signature;
    char params[256], what[128];
    int status = signature_parse(bytes_text(cli->arguments[0]), &signature);

    if (!status)
        status = session_open(cli, &session);
    if (status)
        return status;
    snprintf(params, sizeof(params),
             "[\"%s\",{\"encoding\":\"json\",\"commitment\":\"confirmed\","
             "\"maxSupportedTransactionVersion\":0}]",
             cli->arguments[0]);
    snprintf(what, sizeof(what), "transaction %s", cli->arguments[0]);
    status = chain_ask(&session, "getTransaction", params, what, &transaction);
    if (!status && cli->output.json)
        chain_print_raw(transaction);
    else if (!status)
        print_transaction(&cli->output, cli->arguments[0], transaction);
    json_object_put(transaction);
    session_close(&session);
    return status;
}

const struct command command_chain_transaction = {
    .name = "chain transaction",
    .arguments = "SIGNATURE",
    .summary = "print a transaction, its result and its log",
    .details = "With --json it is getTransaction's answer.",
    .arguments_min = 1,
    .arguments_max = 1,
    .uses = COMMAND_RPC,
    .run = run_transaction,
};

/* ---- account ---- */

/* From the question to its answer; on_account() ends the wait. */
struct account_wait {
    struct client_waiting waiting;
    struct output *output;
};

/* Asked with the client's own callback and not as JSON, because the data has to
 * be decoded in any case to know its size. The account is only lent, so what is
 * printed is put into the output here. */
static void on_account(void *user, int status,
                       const struct client_account *account)
{
    CHECK(user);
    struct account_wait *wait = user;
    struct output *output = wait->output;
    struct buffer data = {0};

    if (status)
        goto done;
    if (!account) {
        status = err_set(ERR_NOT_FOUND, "there is no such account");
        goto done;
    }
    output_text(output, "address", PUBKEY_TEXT(&account->key));
    output_roe(output, "balance_roe", account->lamports);
    output_text(output, "owner", PUBKEY_TEXT(&account->owner));
    output_bool(output, "executable", account->is_executable);
    output_u64(output, "size", account->data.size);
    if (output->json) {
        base64_encode(account->data, &data);
        output_text(output, "data_base64", buffer_string(&data));
    }
    output_record(output);
done:
    buffer_free(&data);
    client_finish(&wait->waiting, status);
}

/* An address can also be given as a key file, as everywhere. */
static int run_account(struct cli *cli, const void *values)
{
    struct account_wait wait = {.output = &cli->output};
    struct session session;
    struct pubkey key;
    int status = session_key(cli->arguments[0], &key);

    if (!status)
        status = session_open(cli, &session);
    if (status)
        return status;
    client_account_info(session.client, &key, on_account, &wait);
    status =
        session_status(&session, client_wait(session.client, &wait.waiting));
    if (!status)
        output_print(&cli->output);
    session_close(&session);
    return status;
}

const struct command command_chain_account = {
    .name = "chain account",
    .arguments = "ADDRESS",
    .summary = "print an account: balance, owner, size",
    .details = "With --json its data is there too, in base64.",
    .arguments_min = 1,
    .arguments_max = 1,
    .uses = COMMAND_RPC,
    .run = run_account,
};
