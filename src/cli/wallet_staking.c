/*
 * pond wallet empty-staking: coins of a node's staking key back to its wallet.
 *
 * The node that runs does it, as it alone may sign while it runs, and writes it
 * into its account book. What the page asks the passphrase for needs none here:
 * who reads control.json reads the node's folder, and the coins stay his.
 *
 * Status 3 where no node runs with the folder, 4 where it does not answer, 5
 * where it refuses: there is nothing to move, or no way on which to move it.
 */
#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/node_face.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define PATH "/staking-key/empty"
#define PAUSE_MS 200

/* A UUID, version 4 (RFC 9562, 5.4): the order's, so that it is one transaction
 * at most. */
static void make_id(char out[37])
{
    uint8_t bytes[16];
    char text[33];

    randombytes_buf(bytes, sizeof(bytes));
    bytes[6] = (uint8_t)((bytes[6] & 15) | 64);
    bytes[8] = (uint8_t)((bytes[8] & 63) | 128);
    sodium_bin2hex(text, sizeof(text), bytes, sizeof(bytes));
    snprintf(out, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", text, text + 8, text + 12,
             text + 16, text + 20);
}

/* Until it is final, or can't land any more. */
static int await(struct cli *cli, const char *id, uint64_t *amount)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000l};
    char path[80];

    snprintf(path, sizeof(path), PATH "?id=%s", id);
    for (;;) {
        struct json_object *answer = NULL;
        int status = node_face_ask_json(cli, path, NULL, &answer);
        const char *state = node_face_text(answer, "state");
        bool is_running = !status && !strcmp(state, "running");

        if (!status && !strcmp(state, "failed"))
            status = err_set(ERR_REMOTE, "the chain did not take it");
        *amount = node_face_u64(answer, "amount");
        json_object_put(answer);
        if (status == ERR_REMOTE)
            cli_hint(cli, status, "the node's log says why: `pond node logs`");
        if (!is_running)
            return status;
        nanosleep(&pause, NULL);
    }
}

static int run(struct cli *cli, const void *values)
{
    struct buffer answer = {0};
    struct control_client control;
    char id[37], body[64];
    uint64_t amount = 0;
    int status = node_face_connect(cli, &control);

    make_id(id);
    snprintf(body, sizeof(body), "{\"id\":\"%s\"}", id);
    if (!status)
        status = node_face_ask_long(cli, PATH, body, &answer);
    buffer_free(&answer);
    if (!status)
        status = await(cli, id, &amount);
    if (status)
        return status;
    output_text(&cli->output, "from", control.staking);
    output_text(&cli->output, "to", control.main);
    output_roe(&cli->output, "amount_roe", amount);
    output_record(&cli->output);
    output_print(&cli->output);
    return 0;
}

const struct command command_wallet_empty_staking = {
    .name = "wallet empty-staking",
    .arguments = "",
    .summary = "bring coins of a node's staking key back to its wallet",
    .details = "All but what the key's account needs to be kept, by the node "
               "that runs. Stakes stay as they are. Once the key has staked, "
               "its coins go through a stake on a task where it has none, in "
               "one transaction.",
    .uses = COMMAND_NODE,
    .run = run,
};
