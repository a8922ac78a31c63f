/*
 * pond dev clone: what stands on another network, on a private one.
 *
 * A plain account is set as it is there, under the same address
 * (surfnet_setAccount). A task can't be: its state is made of rows that its
 * program alone writes, and its stakes belong to keys of elsewhere. So it is
 * created anew with the same terms by the user's wallet: its code and its
 * metadata are brought into the user's store, which `pond up` serves, and its
 * new address is printed. Its bounty is what is left of the original's, or
 * --bounty.
 *
 * Thread: the main one.
 */
#include "base/arena.h"
#include "base/check.h"
#include "base/error.h"
#include "base/hex.h"
#include "base/memory.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/store.h"
#include "settlement/format/account.h"
#include "settlement/format/task_address.h"
#include "settlement/format/task_instruction.h"
#include "settlement/format/well_known.h"
#include "storage/keep/pin.h"
#include "storage/serve/remote.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>

/* A task's account has no less, so that the terms fit. */
#define TASK_SPACE_MIN 100000

struct clone_values {
    const char *from, *store;
    struct option_list gateways;
    uint64_t bounty_roe; /* 0: the original's */
};

#define VALUE(member) offsetof(struct clone_values, member)

static const struct option clone_options[] = {
    {"from", 0, OPTION_TEXT, VALUE(from), "URL",
     "JSON-RPC of the network where it stands", 0, 0},
    {"gateway", 0, OPTION_LIST, VALUE(gateways), "URL",
     "of a task: a gateway or node that has its code; may be given again", 0,
     0},
    {"bounty", 0, OPTION_ROE, VALUE(bounty_roe), "KOII",
     "of a task: in place of what is left of the original's", 0, 0},
    {"store", 0, OPTION_TEXT, VALUE(store), "STORE",
     "of a task: where its code goes (the user's own store)", 0, 0},
    {0},
};

/* What stands there. Texts and data lie in the arena. */
struct original {
    struct client_waiting waiting;
    struct arena arena;
    bool is_there, is_executable, is_kpl;
    struct pubkey owner;
    uint64_t lamports;
    struct bytes data;
    struct task_terms terms; /* of a task */
};

/* ---- the network where it stands ---- */

static void on_account(void *user, int status,
                       const struct client_account *account)
{
    struct original *original = user;

    if (!status && account) {
        original->is_there = true;
        original->is_executable = account->is_executable;
        original->owner = account->owner;
        original->lamports = account->lamports;
        original->data = arena_bytes(&original->arena, account->data);
    }
    client_finish(&original->waiting, status);
}

static struct bytes copy(struct original *original, const char *text)
{
    return arena_bytes(&original->arena, bytes_text(text ? text : ""));
}

static void on_task(void *user, int status, const struct client_task *task)
{
    struct original *original = user;

    if (!status) {
        original->is_kpl = task->is_kpl;
        original->terms = (struct task_terms){
            .task_name = copy(original, task->task_name),
            .task_description = copy(original, task->task_description),
            .task_audit_program = copy(original, task->task_audit_program),
            .task_executable_network =
                copy(original, task->task_executable_network),
            .total_bounty_amount = task->total_bounty_amount,
            .bounty_amount_per_round = task->bounty_amount_per_round,
            .round_time = task->round_time,
            .audit_window = task->audit_window,
            .submission_window = task->submission_window,
            .minimum_stake_amount = task->minimum_stake_amount,
            .task_metadata = copy(original, task->task_metadata),
            .task_vars = copy(original, task->task_vars),
            .allowed_failed_distributions = task->allowed_failed_distributions,
        };
    }
    client_finish(&original->waiting, status);
}

/* An account of a task program that is no task, such as a staking key's, is a
 * plain one. */
static int read_task(struct session *from, const struct pubkey *key,
                     struct original *out, bool *is_task)
{
    *is_task = false;
    if (!pubkey_equal(&out->owner, &KOII_TASK_PROGRAM_ID) &&
        !pubkey_equal(&out->owner, &KPL_TASK_PROGRAM_ID))
        return 0;
    out->waiting = (struct client_waiting){0};
    client_task_state(from->client, key, 0, on_task, out);
    int status = client_wait(from->client, &out->waiting);
    if (status == ERR_NOT_FOUND || status == ERR_INVALID) {
        err_clear();
        return 0;
    }
    *is_task = !status;
    return status;
}

static int read_original(struct cli *cli, const char *url,
                         const struct pubkey *key, struct original *out,
                         bool *is_task)
{
    struct cli there = *cli;
    struct session from;

    there.place = (struct settings_place){.rpc = {{url}, 1}};
    int status = session_open(&there, &from);
    if (status)
        return status;
    from.cli = cli;
    client_account_info(from.client, key, on_account, out);
    status = client_wait(from.client, &out->waiting);
    if (!status && !out->is_there)
        status = err_set(ERR_NOT_FOUND, "there is no account %s at %s",
                         PUBKEY_TEXT(key), url);
    if (!status)
        status = read_task(&from, key, out, is_task);
    session_close(&from);
    return status;
}

/* ---- a plain account ---- */

static int set_account(struct session *session, const struct pubkey *key,
                       const struct original *original)
{
    struct output *output = &session->cli->output;
    struct buffer params = {0}, data = {0};
    struct json_writer writer = json_writer_make(&params);
    struct json_object *answer = NULL;

    if (original->is_executable)
        return err_set(ERR_UNSUPPORTED,
                       "%s is a program, and none can be loaded here",
                       PUBKEY_TEXT(key));
    hex_encode(original->data, &data);
    json_open_array(&writer);
    json_write_text(&writer, PUBKEY_TEXT(key));
    json_open_object(&writer);
    json_field_u64(&writer, "lamports", original->lamports);
    json_field_text(&writer, "owner", PUBKEY_TEXT(&original->owner));
    json_field_text(&writer, "data", buffer_string(&data));
    json_close_object(&writer);
    json_close_array(&writer);
    int status = session_status(
        session, client_call_wait(session->client, "surfnet_setAccount",
                                  buffer_string(&params), &answer));
    json_object_put(answer);
    buffer_free(&params);
    buffer_free(&data);
    if (status)
        return status;
    output_text(output, "address", PUBKEY_TEXT(key));
    output_text(output, "owner", PUBKEY_TEXT(&original->owner));
    output_roe(output, "balance_roe", original->lamports);
    output_u64(output, "data_bytes", original->data.size);
    output_record(output);
    output_print(output);
    return 0;
}

/* ---- a task ---- */

/* One of the folders that the terms name, pinned as the user's. */
static int bring(struct store *store, const struct clone_values *given,
                 struct bytes cid, const char *name)
{
    struct source_gateway sources[OPTION_LIST_MAX];
    const struct remote_options options = {0};
    const struct pin_owner owner = retention_user();
    struct remote_progress progress;
    struct cid root;
    int status = cid_parse(cid, &root);

    for (size_t i = 0; i < given->gateways.count; i++)
        sources[i] = (struct source_gateway){given->gateways.values[i],
                                             &address_rule_any};
    if (status)
        return err_add(status, "%s", name);
    struct store_hold *hold = store_hold(store);
    if (given->gateways.count)
        status = remote_fetch_wait(store, &root, sources, given->gateways.count,
                                   &options, NULL, &progress);
    if (!status)
        status = pin_add(store, &root, &owner, name);
    store_release(hold);
    return status ? err_add(status, "%s", name) : 0;
}

/* A task can be had without its metadata, which is for people. */
static int bring_all(struct cli *cli, const struct clone_values *given,
                     const struct original *original)
{
    struct store *store;
    int status = cli_store_open(cli, given->store, false, &store);

    if (status)
        return status;
    status = bring(store, given, original->terms.task_audit_program, "main.js");
    if (status)
        cli_hint(cli, status,
                 "--gateway URL names a gateway or a node that has its code");
    else if (bring(store, given, original->terms.task_metadata,
                   "metadata.json")) {
        cli_say(cli, "its metadata is not to be had: %s", err_text());
        err_clear();
    }
    store_close(store);
    return status;
}

static int create(struct session *session, struct signer *signer,
                  const struct original *original)
{
    const struct task_terms *terms = &original->terms;
    uint64_t space = original->data.size > TASK_SPACE_MIN ? original->data.size
                                                          : TASK_SPACE_MIN;
    struct pubkey task, pot;
    struct recipe recipe;

    signer_add_fresh(signer, &task);
    task_address_stake_pot_generate(&pot);
    recipe_init(&recipe, signer_main(signer));
    int status = recipe_create_task(&recipe, &task, &pot, terms, space);
    if (!status) {
        output_text(&session->cli->output, "task", PUBKEY_TEXT(&task));
        output_roe(&session->cli->output, "bounty_roe",
                   terms->total_bounty_amount);
        status = session_send_and_print(session, signer, &recipe);
    }
    recipe_free(&recipe);
    return status;
}

static int clone_task(struct cli *cli, const struct clone_values *given,
                      struct original *original)
{
    struct session session;
    struct signer *signer;

    if (original->is_kpl)
        return err_set(ERR_UNSUPPORTED,
                       "a task that is paid in tokens can't be cloned: create "
                       "it anew from its config-task.yml");
    if (!bytes_equal(original->terms.task_executable_network,
                     bytes_text("IPFS")))
        return err_set(
            ERR_UNSUPPORTED, "the task's code is on %.*s, not on IPFS",
            (int)original->terms.task_executable_network.size,
            (const char *)original->terms.task_executable_network.data);
    if (given->bounty_roe)
        original->terms.total_bounty_amount = given->bounty_roe;
    int status = session_wallet(cli, &signer);
    if (status)
        return status;
    status = bring_all(cli, given, original);
    if (!status)
        status = session_open(cli, &session);
    if (!status) {
        status = create(&session, signer, original);
        session_close(&session);
    }
    signer_end(signer);
    return status;
}

static int run(struct cli *cli, const void *values)
{
    const struct clone_values *given = values;
    struct original original = {0};
    struct session session;
    struct pubkey key;
    bool is_task;
    int status = session_key(cli->arguments[0], &key);

    if (!status && !given->from)
        status = err_set(ERR_INVALID, "--from names the network where it "
                                      "stands");
    if (!status)
        status = read_original(cli, given->from, &key, &original, &is_task);
    if (!status && is_task) {
        status = clone_task(cli, given, &original);
    } else if (!status) {
        status = session_open(cli, &session);
        if (!status) {
            status = set_account(&session, &key, &original);
            session_close(&session);
        }
    }
    arena_free(&original.arena);
    return status;
}

const struct command command_dev_clone = {
    .name = "dev clone",
    .arguments = "ADDRESS",
    .summary = "bring an account or a task from another network here",
    .details =
        "An account is set as it is there. A task is created anew with its "
        "terms and its code, which --gateway has and the wallet pays for; its "
        "new address is printed.",
    .options = clone_options,
    .values_size = sizeof(struct clone_values),
    .arguments_min = 1,
    .arguments_max = 1,
    .uses = COMMAND_RPC | COMMAND_KEY | COMMAND_SECRET,
    .run = run,
};
