/*
 * What a deployment costs its wallet, beside what the wallet has: shown before
 * anything is paid, and compared before anything is sent.
 *
 * Thread: the main one.
 */
#ifndef POND_CLI_TASK_BILL_H
#define POND_CLI_TASK_BILL_H

#include "author/deployment_terms.h"
#include "cli/session.h"

/* Amounts of tokens are there for a task that is created with a bounty in
 * them. */
struct task_bill {
    struct deployment_cost cost;
    bool is_known;           /* the endpoint has said all of what follows: */
    uint64_t balance_roe;    /* of the wallet */
    uint8_t decimals;        /* of the token */
    uint64_t bounty, tokens; /* base units: what it takes, what is there */
};

/* What can be said without an endpoint. */
void task_bill_make(const struct deployment *deployment, struct task_bill *out);

/* Ask for the balances. Errors of the endpoint; ERR_INVALID: there is no such
 * token; ERR_RANGE: its units can't express the bounty. */
int task_bill_look(struct session *session, const struct deployment *deployment,
                   const struct pubkey *payer, struct task_bill *bill);

/* Fields of the open record: each part, the total, the balance now and after.
 */
void task_bill_print(struct output *output, const struct deployment *deployment,
                     const struct task_bill *bill);

/* ERR_STATE, with a hint, if the wallet has too little. */
int task_bill_check(struct cli *cli, const struct deployment *deployment,
                    const struct task_bill *bill);

/* Ask on a terminal whether to pay, unless yes; elsewhere nobody could answer,
 * and a script has said what it wants by calling the command. ERR_CANCELLED. */
int task_bill_ask(struct cli *cli, const struct deployment *deployment,
                  const struct task_bill *bill, bool yes);

#endif
