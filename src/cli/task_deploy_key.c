/*
 * The new task's key: what an earlier attempt has left of it.
 *
 * Without its key nobody can prove that a task is theirs, so the file is there
 * even if this process is killed while the transaction is on its way. A file
 * that is there is never written to.
 */
#include "base/check.h"
#include "base/error.h"
#include "cli/task_deploy.h"
#include "crypto/keyfile.h"

/* From the question whether a key has an account to its answer. */
struct key_wait {
    struct client_waiting waiting;
    bool is_taken;
};

static void on_account(void *user, int status,
                       const struct client_account *account)
{
    struct key_wait *wait = user;

    wait->is_taken = !status && account;
    client_finish(&wait->waiting, status);
}

/* The payer's key counts as taken, because a wallet that was never used has no
 * account. The answer is of what is final: a creation that is still under way
 * is not seen, and the chain refuses the second one because of the first one's
 * account. */
static int look_at_account(struct session *session, const struct pubkey *payer,
                           struct deploy_found *found)
{
    struct key_wait wait = {.is_taken = pubkey_equal(&found->task, payer)};
    int status = 0;

    if (!wait.is_taken) {
        client_account_info(session->client, &found->task, on_account, &wait);
        status = session_status(session,
                                client_wait(session->client, &wait.waiting));
    }
    found->is_taken = wait.is_taken;
    return status;
}

int cli_deploy_find_key(struct session *session, const char *keyfile,
                        const struct pubkey *payer, struct deploy_found *found)
{
    CHECK(keyfile && payer && found);
    int status = keyfile_address(keyfile, &found->task, NULL);

    found->has_key = !status;
    found->is_taken = false;
    if (status == ERR_NOT_FOUND) {
        err_clear();
        return 0;
    }
    if (status == ERR_INVALID || status == ERR_LIMIT)
        return cli_hint(session->cli, status,
                        "it holds no key: name another file with "
                        "--task-keypair");
    return status ? status : look_at_account(session, payer, found);
}

int cli_deploy_key_in_use(struct session *session, const char *keyfile)
{
    int status = err_set(ERR_EXISTS, "%s: the key in it is in use", keyfile);

    return cli_hint(session->cli, status,
                    "name another file with --task-keypair: this one holds the "
                    "key of another account");
}
