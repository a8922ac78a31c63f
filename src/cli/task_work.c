/* Keys come before the endpoint: without them there is nothing to do, and no
 * connection is opened. */
#include "cli/task_work.h"

#include "base/check.h"
#include "base/error.h"
#include "cli/node_face.h"
#include "node/money/wallet_account.h"

#include <stdlib.h>
#include <string.h>

/* ---- coins ---- */

/* A question about the task's maps under way. */
struct coins_wait {
    struct client_waiting waiting;
    const struct pubkey *key;
    struct task_coins coins;
};

static uint64_t amount_in(struct json_object *state, const char *map,
                          const struct pubkey *key)
{
    struct json_object *amounts, *amount;
    uint64_t units;

    return json_get_object(state, map, &amounts) == 0 &&
                   json_object_object_get_ex(amounts, PUBKEY_TEXT(key),
                                             &amount) &&
                   json_is_u64(amount, &units)
               ? units
               : 0;
}

static void on_maps(void *user, int status, const struct client_task *task)
{
    struct coins_wait *wait = user;

    if (!status) {
        wait->coins.staked = amount_in(task->state, "stake_list", wait->key);
        wait->coins.claimable =
            amount_in(task->state, "available_balances", wait->key);
    }
    client_finish(&wait->waiting, status);
}

int task_coins_look(struct session *session, const struct pubkey *task,
                    const struct pubkey *key, struct task_coins *out)
{
    struct coins_wait wait = {.key = key};

    client_task_state(session->client, task,
                      CLIENT_TASK_STAKES | CLIENT_TASK_BALANCES, on_maps,
                      &wait);
    int status =
        session_status(session, client_wait(session->client, &wait.waiting));
    *out = wait.coins;
    return status;
}

/* ---- keys and endpoint ---- */

int task_account_key(struct cli *cli, const char *account, struct pubkey *out)
{
    char *folder = node_face_folder(cli);
    struct wallet_account *all = NULL;
    size_t count = 0;
    bool is_there = false;
    int status = wallet_account_list(folder, &all, &count);

    for (size_t i = 0; i < count && !status && !is_there; i++) {
        is_there = !strcmp(all[i].name, account);
        if (is_there) {
            status = all[i].status;
            *out = all[i].main;
        }
    }
    if (!status && !is_there) {
        status = err_set(ERR_NOT_FOUND, "there is no account '%.80s' in %.200s",
                         account, folder);
        cli_hint(cli, status, "`pond wallet list` lists them");
    }
    free(all);
    free(folder);
    return status;
}

static int open_keys(struct cli *cli, const char *account,
                     struct signer **signer)
{
    char *folder = node_face_folder(cli);
    int status = signer_load(NULL, folder, account, &cli->passphrase, signer);

    if (status == ERR_NOT_FOUND)
        cli_hint(cli, status,
                 account ? "`pond wallet list` lists the accounts, --node-dir "
                           "names another folder"
                         : "a node's folder holds its two keys; `pond node` "
                           "makes them, --node-dir names another folder");
    free(folder);
    return status;
}

int task_work_open(struct cli *cli, const char *account, struct task_work *work)
{
    CHECK(cli && work);
    *work = (struct task_work){0};
    int status = open_keys(cli, account, &work->signer);

    if (status)
        return status;
    status = session_open(cli, &work->session);
    if (status)
        signer_end(work->signer);
    return status;
}

/* A task of the engine node may have a staking key for itself
 * (node/task/task_key.h): it is that one where the chain knows it. */
int task_work_look(struct task_work *work, const struct pubkey *task)
{
    struct task_coins coins;

    work->task = *task;
    int status = cli_task_look(&work->session, task, &work->known);
    if (status)
        return status;
    /* Keys in this process are known at once. */
    CHECK(!signer_task_key(work->signer, task, &work->staking));
    status = task_coins_look(&work->session, task, &work->staking, &coins);
    if (!status && !coins.staked && !coins.claimable) {
        if (work->known.is_kpl)
            CHECK(!signer_staking_kpl(work->signer, &work->staking));
        else
            work->staking = *signer_staking(work->signer);
        status = task_coins_look(&work->session, task, &work->staking, &coins);
    }
    work->staked = coins.staked;
    work->claimable = coins.claimable;
    return status;
}

int task_work_begin(struct cli *cli, const char *account,
                    struct task_work *work)
{
    struct pubkey task;
    int status = cli_task_key(cli, &task);

    if (!status)
        status = task_work_open(cli, account, work);
    if (status)
        return status;
    status = task_work_look(work, &task);
    if (status)
        task_work_close(work);
    return status;
}

/* The keys go last. */
void task_work_close(struct task_work *work)
{
    CHECK(work);
    session_close(&work->session);
    signer_end(work->signer);
}

/* ---- claims ---- */

int task_work_claim(struct task_work *work, struct client_sent *sent)
{
    struct recipe recipe;
    int status;

    cli_task_recipe(&work->known, signer_main(work->signer), &recipe);
    status = recipe_claim(&recipe, &work->task, &work->known.stake_pot,
                          &work->staking, signer_main(work->signer));
    if (!status && sent)
        status = session_send(&work->session, work->signer, &recipe, sent);
    else if (!status)
        status = session_send_and_print(&work->session, work->signer, &recipe);
    recipe_free(&recipe);
    return status;
}
