/*
 * The commands' way to a settlement endpoint: open, ask and wait, close. Each
 * runs on a loop of its own for as long as the command takes; the waiting
 * forms of client/client.h turn it.
 *
 * Hints are added here, where both the error and what the user has asked for
 * are known. They name the command or option that helps, never more than one
 * or two.
 *
 * Commands keep to one order: arguments, then keys, then the session, then the
 * chain. So what is wrong on this machine is found before the endpoint is
 * asked.
 *
 * What a user sees: no answer is status 4 with the hint to start a network, an
 * answer that is an error status 5 with the other side's own words, a
 * transaction that was not executed in time status 6.
 *
 * Secret keys are in the signer that the caller holds.
 */
#include "cli/session.h"
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "crypto/keyfile.h"
#include "node/money/transaction_signing.h"

#include <stdio.h>

/* The endpoint's URL may come from a file that the user has forgotten, so an
 * error says where it was found. The loop is closed where no client could be
 * made: on any error nothing is open. */
int session_open(struct cli *cli, struct session *session)
{
    CHECK(cli && session);
    struct settings_found url;
    int status = settings_rpc(&cli->place, &url);

    session->cli = cli;
    if (status)
        return status;
    CHECK(uv_loop_init(&session->loop) == 0);
    status = client_new(&session->loop, url.value, &session->client);
    if (status) {
        cli_hint(cli, status, "the endpoint stands in: %s", url.source);
        uv_loop_close(&session->loop);
    }
    settings_free(&url);
    return status;
}

/* The loop runs once more: handles close in a turn of it, and a loop that is
 * closed before is a leak. */
void session_close(struct session *session)
{
    client_close(session->client, NULL, NULL);
    /* The client's handles close on the loop. */
    uv_run(&session->loop, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&session->loop) == 0);
}

/* Only what a user can do something about gets a hint. -32601 is JSON-RPC's
 * "method not found" (JSON-RPC 2.0, 5.1): a public endpoint has no faucet, and
 * one of Solana's knows nothing of tasks. */
int session_status(struct session *session, int status)
{
    CHECK(status <= 0);
    if (status == ERR_NETWORK || status == ERR_CLOSED)
        cli_hint(session->cli, status,
                 "is a network running at %s? Start one with `pond up`, or "
                 "name another with --rpc URL",
                 client_shown_url(session->client));
    else if (status == ERR_REMOTE &&
             client_remote_code(session->client) == -32601)
        cli_hint(session->cli, status,
                 "the endpoint %s does not offer this method",
                 client_shown_url(session->client));
    return status;
}

/* What was sent, until its fate is known. */
struct sending {
    struct client_waiting waiting;
    struct session *session;
    struct client_sent *sent;
};

/* The error's JSON is the client's, and goes; the words for people are in
 * err_text(). */
static void on_sent(void *user, int status, const struct client_sent *sent)
{
    struct sending *sending = user;

    *sending->sent = *sent;
    sending->sent->error = NULL;
    sending->sent->logs = NULL;
    sending->sent->log_count = 0;
    sending->session->program_error = status < 0 ? sent->custom : 0;
    client_finish(&sending->waiting, status);
}

/* The blockhash is fetched as late as can be, which leaves the transaction the
 * longest to land. With its last height the client knows when the transaction
 * can no longer land. */
static int send_until(struct session *session, struct signer *signer,
                      const struct recipe *recipe,
                      enum client_commitment commitment,
                      struct client_sent *sent)
{
    CHECK(recipe->signer_count > 0);
    struct client_send_options options = {.commitment = commitment};
    struct sending sending = {.session = session, .sent = sent};
    struct client_blockhash blockhash;
    struct buffer message = {0}, wire = {0};
    int status = client_latest_blockhash_wait(session->client, &blockhash);

    session->program_error = 0;
    if (!status)
        status = recipe_message(recipe, &blockhash.blockhash, &message);
    if (!status)
        status = transaction_signing_wait(signer, buffer_view(&message), &wire);
    if (!status) {
        options.last_valid_block_height = blockhash.last_valid_block_height;
        client_send(session->client, buffer_view(&wire), &options, on_sent,
                    &sending);
        status = client_wait(session->client, &sending.waiting);
    }
    buffer_free(&message);
    buffer_free(&wire);
    return session_status(session, status);
}

int session_send(struct session *session, struct signer *signer,
                 const struct recipe *recipe, struct client_sent *sent)
{
    return send_until(session, signer, recipe, CLIENT_CONFIRMED, sent);
}

/* The fields that the command has put into the output before belong to the same
 * record. Where sending fails they stay in the open record and are dropped with
 * it. */
int session_send_and_print(struct session *session, struct signer *signer,
                           const struct recipe *recipe)
{
    return session_send_and_print_at(session, signer, recipe, false);
}

int session_send_and_print_at(struct session *session, struct signer *signer,
                              const struct recipe *recipe, bool final)
{
    struct output *output = &session->cli->output;
    struct client_sent sent;
    int status = send_until(session, signer, recipe,
                            final ? CLIENT_FINALIZED : CLIENT_CONFIRMED, &sent);

    if (status)
        return status;
    session_print_sent(output, &sent);
    return 0;
}

/* The signature is what every other tool takes to look the transaction up. */
void session_print_sent(struct output *output, const struct client_sent *sent)
{
    CHECK(sent);
    char signature[BASE58_SIGNATURE_SIZE];

    base58_signature(sent->signature.bytes, signature);
    output_text(output, "signature", signature);
    output_u64(output, "slot", sent->slot);
    output_record(output);
    output_print(output);
}

/* The path of the user's key file; settings_free() it. */
static int wallet_path(struct cli *cli, struct settings_found *path)
{
    int status = settings_key(cli->key_path, &cli->place, path);

    if (status == ERR_NOT_FOUND)
        cli_hint(cli, status,
                 "make one with `pond wallet new`, or name one with --keypair "
                 "FILE");
    return status;
}

/* The error for a path that leads nowhere names the settings file that has it.
 * There are two hints for two errors: nothing named a wallet, or what was named
 * is not there. */
static int hint_wallet(struct cli *cli, int status,
                       const struct settings_found *path)
{
    if (status == ERR_NOT_FOUND && !file_exists(path->value))
        cli_hint(cli, status,
                 "the path stands in: %s; make a wallet with `pond wallet "
                 "new`, or name one with --keypair FILE",
                 path->source);
    return status;
}

int session_wallet(struct cli *cli, struct signer **out)
{
    CHECK(out);
    struct settings_found path;
    int status = wallet_path(cli, &path);

    if (status)
        return status;
    status = hint_wallet(
        cli, signer_open_file(NULL, path.value, &cli->passphrase, false, out),
        &path);
    settings_free(&path);
    return status;
}

/* No passphrase is needed for it. */
int session_key_file(struct cli *cli, struct settings_found *path,
                     struct pubkey *out, bool *is_sealed)
{
    int status = wallet_path(cli, path);

    if (status)
        return status;
    status =
        hint_wallet(cli, keyfile_address(path->value, out, is_sealed), path);
    if (status)
        settings_free(path);
    return status;
}

int session_address(struct cli *cli, struct pubkey *out)
{
    struct settings_found path;
    int status = session_key_file(cli, &path, out, NULL);

    if (!status)
        settings_free(&path);
    return status;
}

/* Base58 is tried first: no file path of 32 decoded bytes is likely, and none
 * is needed. */
int session_key(const char *text, struct pubkey *out)
{
    CHECK(text && out);
    if (pubkey_parse(bytes_text(text), out) == 0)
        return 0;
    if (file_exists(text))
        return keyfile_address(text, out, NULL);
    return err_set(ERR_INVALID,
                   "'%s' is neither an address (base58 of 32 bytes) nor the "
                   "path of a key file",
                   text);
}
