/*
 * A command's connection to a settlement endpoint, and the wallet it acts
 * with. Errors come with a hint of what the user can do.
 *
 *     struct session session;
 *     int status = session_open(cli, &session);
 *     if (status < 0)
 *         return status;
 *     status = session_status(&session, client_..._wait(session.client, ...));
 *     session_close(&session);
 *
 * Thread: the main one; calls block until there is an answer, with the limits
 * of time of client/client.h.
 */
#ifndef POND_CLI_SESSION_H
#define POND_CLI_SESSION_H

#include "cli/cli.h"
#include "cli/settings.h"
#include "client/client.h"
#include "crypto/key.h"
#include "node/money/recipe.h"
#include "node/money/signer.h"

/* Stays where it is while it is open: the client points at the loop. Between
 * session_open() that returned 0 and session_close() client is not NULL, and
 * nothing but the client has handles on the loop. */
struct session {
    struct cli *cli;
    uv_loop_t loop;
    struct client *client;
    /* The number with which a program refused what was sent last (an enum
     * task_error of the task program); 0 if none did. */
    uint32_t program_error;
};

/* Nothing is sent yet, so an endpoint that is down shows only at the first
 * question. ERR_INVALID for a URL that is none, or settings that can't be
 * read. */
int session_open(struct cli *cli, struct session *session);
/* Only after session_open() has returned 0. Runs the loop until the client's
 * handles are closed. */
void session_close(struct session *session);

/* Add the hint that fits what a call to the endpoint returned; returns
 * status, so that results can be passed through it. */
int session_status(struct session *session, int status);

/* Sign the recipe against the latest blockhash, send it, wait until it is
 * confirmed, and print the signature, the slot and the fields that stand in the
 * output already as a record. ERR_REMOTE: the endpoint or a program refused it,
 * and err_text() has the program's own words. */
int session_send_and_print(struct session *session, struct signer *signer,
                           const struct recipe *recipe);

/* The same, and wait until it is final if final is true. */
int session_send_and_print_at(struct session *session, struct signer *signer,
                              const struct recipe *recipe, bool final);

/* The same without printing. */
int session_send(struct session *session, struct signer *signer,
                 const struct recipe *recipe, struct client_sent *sent);

/* Print the open record with the signature and slot of what was sent. */
void session_print_sent(struct output *output, const struct client_sent *sent);

/* A signer with the user's wallet (settings.h) as its main key, and a loop of
 * its own. End it with signer_end(). ERR_NOT_FOUND with a hint where there is
 * no wallet. */
int session_wallet(struct cli *cli, struct signer **out);

/* The wallet's public key alone, from a file that could sign. Errors as above.
 */
int session_address(struct cli *cli, struct pubkey *out);

/* The same, with the file, which the caller frees with settings_free(), and
 * whether it is sealed. */
int session_key_file(struct cli *cli, struct settings_found *path,
                     struct pubkey *out, bool *is_sealed);

/* A key from an argument: base58, or the path of a key file, of which only
 * the public half is kept. ERR_INVALID says both forms. */
int session_key(const char *text, struct pubkey *out);

#endif
