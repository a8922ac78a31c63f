#include "node/task/koii_money.h"

#include "base/error.h"
#include "node/task/host_ask.h"
#include "node/task/koii_engine.h"
#include "node/task/task_money.h"

/* A key as Koii's clients send it: its text. */
static bool is_key(struct json_object *params, size_t place,
                   const struct pubkey *expected)
{
    struct pubkey key;

    return host_ask_key(params, place, &key) == 0 &&
           pubkey_equal(&key, expected);
}

void koii_money_claim(struct host_ask *ask, struct json_object *params,
                      struct bytes payload)
{
    struct task_runner *runner = ask->runner;
    int status = 0;

    if (!is_key(params, 0, &runner->view.stake_pot))
        status = err_set(ERR_DENIED, "a task claims from its own stake pot");
    else if (!is_key(params, 1, signer_main(runner->parts->signer)))
        status = err_set(ERR_DENIED, "rewards go to the node's main wallet");
    else if (!task_view_balance(&runner->view, &runner->own))
        status = err_set(ERR_STATE, "The provided claimer account doesn't have "
                                    "any balance on task state");
    if (!status)
        status = koii_engine_take_action(runner);
    if (status) {
        host_ask_refuse(ask, status);
        return;
    }
    task_money_claim(runner);
    runner_ask_view(runner);
    host_ask_answer_null(ask);
}

void koii_money_stake(struct host_ask *ask, struct json_object *params,
                      struct bytes payload)
{
    host_ask_refuse(ask, err_set(ERR_DENIED,
                                 "a task places no stake: its operator does, "
                                 "with `pond task start --stake`"));
}

void koii_money_send(struct host_ask *ask, struct json_object *params,
                     struct bytes payload)
{
    host_ask_refuse(ask,
                    err_set(ERR_DENIED, "a task moves no coins of the node's "
                                        "wallets"));
}
