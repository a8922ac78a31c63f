/*
 * pond dev: a private network's slots and accounts, as an author wants them.
 *
 * Each command is one method of the endpoint (settlement/rpc/rpc_development.c)
 * under the names that Surfpool gives them. A network without a faucet, as
 * every public one is, refuses all of them.
 */
#include "author/deployment_terms.h"
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/task.h"

#include <inttypes.h>
#include <stddef.h>

/* One call whose answer has that of getEpochInfo: print its slot. */
static int call_and_print_slot(struct session *session, const char *method,
                               const char *params, const char *name)
{
    struct json_object *answer = NULL;
    uint64_t slot;
    int status = session_status(
        session, client_call_wait(session->client, method, params, &answer));
    if (!status)
        status = json_get_u64(answer, "absoluteSlot", &slot);
    if (!status) {
        output_u64(&session->cli->output, name, slot);
        output_record(&session->cli->output);
        output_print(&session->cli->output);
    }
    json_object_put(answer);
    return status;
}

/* ---- pause, resume ---- */

static int call_alone(struct cli *cli, const char *method, const char *name)
{
    struct session session;
    int status = session_open(cli, &session);
    if (status)
        return status;
    status = call_and_print_slot(&session, method, "[]", name);
    session_close(&session);
    return status;
}

static int run_pause(struct cli *cli, const void *values)
{
    return call_alone(cli, "surfnet_pauseClock", "paused_at");
}

const struct command command_dev_pause = {
    .name = "dev pause",
    .arguments = "",
    .summary = "let a private network stand still",
    .details = "No block is made after the one under way. What is sent waits "
               "until \"pond dev resume\".",
    .uses = COMMAND_RPC,
    .run = run_pause,
};

static int run_resume(struct cli *cli, const void *values)
{
    return call_alone(cli, "surfnet_resumeClock", "resumed_at");
}

const struct command command_dev_resume = {
    .name = "dev resume",
    .arguments = "",
    .summary = "let it go on",
    .uses = COMMAND_RPC,
    .run = run_resume,
};

/* ---- skip ---- */

struct skip_values {
    uint64_t slots;
    uint64_t rounds;
    const char *task;
};

#define VALUE(member) offsetof(struct skip_values, member)

/* Beyond a hundred years of slots of 10 ms nothing is left to look at. */
#define SKIP_MAX 1000000000ull

static const struct option skip_options[] = {
    {"slots", 'n', OPTION_NUMBER, VALUE(slots), "N", "so many slots", 1,
     SKIP_MAX},
    {"rounds", 0, OPTION_NUMBER, VALUE(rounds), "N",
     "to the beginning of the Nth round from now, of --task", 1, SKIP_MAX},
    {"task", 0, OPTION_TEXT, VALUE(task), "TASK", "whose rounds", 0, 0},
    {0},
};

/* A question under way, and what of its answer is kept. */
struct clock_wait {
    struct client_waiting waiting;
    uint64_t starting_slot;
    uint64_t round_time;
};

static void on_clock(void *user, int status, const struct client_task *task)
{
    struct clock_wait *wait = user;
    if (!status) {
        wait->starting_slot = task->starting_slot;
        wait->round_time = task->round_time;
    }
    client_finish(&wait->waiting, status);
}

/* An endpoint may say anything: a round of no slots, or one that has not begun.
 */
static int slot_of_round(struct session *session, const char *text,
                         uint64_t rounds, uint64_t slot, uint64_t *out)
{
    struct clock_wait wait = {0};
    struct pubkey task;
    int status = session_key(text, &task);
    if (status)
        return status;
    client_task_state(session->client, &task, 0, on_clock, &wait);
    status =
        session_status(session, client_wait(session->client, &wait.waiting));
    if (status)
        return status;
    if (!wait.round_time || wait.starting_slot > slot)
        return err_set(ERR_REMOTE, "the endpoint says that a round of the task "
                                   "has no slots, or that it begins later");
    uint64_t round = (slot - wait.starting_slot) / wait.round_time + rounds;
    if (__builtin_mul_overflow(round, wait.round_time, &round) ||
        __builtin_add_overflow(round, wait.starting_slot, out))
        return err_set(ERR_RANGE, "a slot past 2^64");
    return 0;
}

static int find_target(struct session *session,
                       const struct skip_values *values, uint64_t *out)
{
    uint64_t slot;
    int status = session_status(
        session, client_slot_wait(session->client, CLIENT_PROCESSED, &slot));
    if (status)
        return status;
    if (values->rounds)
        return slot_of_round(session, values->task, values->rounds, slot, out);
    *out = slot + values->slots;
    return *out < slot ? err_set(ERR_RANGE, "a slot past 2^64") : 0;
}

static int run_skip(struct cli *cli, const void *all)
{
    const struct skip_values *values = all;
    struct session session;
    uint64_t target = 0;
    char params[64];
    if (!values->slots == !values->rounds || !values->rounds == !!values->task)
        return err_set(ERR_INVALID,
                       "give --slots, or --rounds and --task together");
    int status = session_open(cli, &session);
    if (status)
        return status;
    status = find_target(&session, values, &target);
    if (!status) {
        snprintf(params, sizeof(params), "[{\"absoluteSlot\":%" PRIu64 "}]",
                 target);
        status =
            call_and_print_slot(&session, "surfnet_timeTravel", params, "slot");
    }
    session_close(&session);
    return status;
}

const struct command command_dev_skip = {
    .name = "dev skip",
    .arguments = "",
    .summary = "leave out slots of a private network",
    .details = "The next block has the slot that is printed. Block times stay "
               "the clock's. What a round's windows would have waited for does "
               "not happen: a node that was to submit in a slot that is left "
               "out is late.",
    .options = skip_options,
    .values_size = sizeof(struct skip_values),
    .uses = COMMAND_RPC,
    .run = run_skip,
};

/* ---- set-balance ---- */

static int run_set_balance(struct cli *cli, const void *values)
{
    CHECK(cli->argument_count == 2);
    struct session session;
    struct json_object *answer = NULL;
    struct pubkey key;
    uint64_t roe;
    char params[160];
    int status = session_key(cli->arguments[0], &key);
    if (!status)
        status = options_roe(cli->arguments[1], &roe);
    if (!status)
        status = session_open(cli, &session);
    if (status)
        return status;
    snprintf(params, sizeof(params), "[\"%s\",{\"lamports\":%" PRIu64 "}]",
             PUBKEY_TEXT(&key), roe);
    status = session_status(&session, client_call_wait(session.client,
                                                       "surfnet_setAccount",
                                                       params, &answer));
    json_object_put(answer);
    if (!status) {
        output_text(&cli->output, "address", PUBKEY_TEXT(&key));
        output_roe(&cli->output, "balance_roe", roe);
        output_record(&cli->output);
        output_print(&cli->output);
    }
    session_close(&session);
    return status;
}

const struct command command_dev_set_balance = {
    .name = "dev set-balance",
    .arguments = "ADDRESS AMOUNT",
    .summary = "give an account of a private network that many KOII",
    .details = "The difference comes from the faucet or goes there, with one "
               "of the next blocks.",
    .arguments_min = 2,
    .arguments_max = 2,
    .uses = COMMAND_RPC,
    .run = run_set_balance,
};

/* ---- set-tokens ---- */

static int set_tokens(struct session *session, const struct pubkey *owner,
                      const struct pubkey *mint, uint64_t units)
{
    struct json_object *answer = NULL;
    char params[240];
    snprintf(params, sizeof(params), "[\"%s\",\"%s\",{\"amount\":%" PRIu64 "}]",
             PUBKEY_TEXT(owner), PUBKEY_TEXT(mint), units);
    int status = session_status(
        session, client_call_wait(session->client, "surfnet_setTokenAccount",
                                  params, &answer));
    json_object_put(answer);
    return status;
}

static int run_set_tokens(struct cli *cli, const void *values)
{
    CHECK(cli->argument_count == 3);
    struct session session;
    struct pubkey owner, mint;
    uint64_t units;
    uint8_t decimals;
    int status = session_key(cli->arguments[0], &owner);
    if (!status)
        status = session_key(cli->arguments[1], &mint);
    if (!status)
        status = options_roe(cli->arguments[2], &units);
    if (!status)
        status = session_open(cli, &session);
    if (status)
        return status;
    status = cli_mint_decimals(&session, &mint, &decimals);
    if (!status)
        status = deployment_token_units("the amount", decimals, &units);
    if (!status)
        status = set_tokens(&session, &owner, &mint, units);
    if (!status) {
        output_text(&cli->output, "address", PUBKEY_TEXT(&owner));
        output_text(&cli->output, "token", PUBKEY_TEXT(&mint));
        output_units(&cli->output, "amount", units, decimals);
        output_record(&cli->output);
        output_print(&cli->output);
    }
    session_close(&session);
    return status;
}

const struct command command_dev_set_tokens = {
    .name = "dev set-tokens",
    .arguments = "ADDRESS MINT AMOUNT",
    .summary = "give a wallet of a private network that many of a token",
    .details =
        "They are in its associated account with one of the next blocks. "
        "The token's supply stays as it is.",
    .arguments_min = 3,
    .arguments_max = 3,
    .uses = COMMAND_RPC,
    .run = run_set_tokens,
};
