/*
 * What the commands about tasks share: reading a task from the command line,
 * and those of its keys that every instruction needs but no user knows.
 *
 * Thread: the main one.
 */
#ifndef POND_CLI_TASK_H
#define POND_CLI_TASK_H

#include "author/bundle.h"
#include "cli/options.h"
#include "cli/session.h"

/* The first argument as a task's address: base58, or the key file that was
 * written when the task was created. ERR_INVALID with a hint. */
int cli_task_key(struct cli *cli, struct pubkey *out);

/* A task as the chain has it: what its instructions name, and what its amounts
 * are in. */
struct cli_task {
    struct pubkey task, stake_pot, manager;
    bool is_kpl;
    struct pubkey token; /* KPL: the mint; else zeros */
    uint8_t decimals;    /* of the token; KOII has 9 */
    bool is_active;
    uint64_t minimum, bounty, bounty_per_round; /* in those units */
    uint64_t staked;                            /* by all */
    size_t staker_count; /* from cli_task_look_whole() alone */
    bool is_migrated;
    char name[TASK_TEXT_SIZE + 1];
    struct pubkey migrated_to; /* zeros where that is no address */
};

/* ERR_NOT_FOUND: there is no task of this address. */
int cli_task_look(struct session *session, const struct pubkey *task,
                  struct cli_task *out);

/* The same, and how many keys have staked. */
int cli_task_look_whole(struct session *session, const struct pubkey *task,
                        struct cli_task *out);

/* A recipe of the task's program. */
void cli_task_recipe(const struct cli_task *task, const struct pubkey *payer,
                     struct recipe *out);

/* An amount that was read with nine decimals (options_roe()) in the task's own
 * units: roe, or base units of the token. ERR_RANGE. */
int cli_task_units(const struct cli_task *task, uint64_t billionths,
                   uint64_t *out);

/* Print such an amount as `amount_roe`, or in tokens as `amount`, with the
 * mint. */
void cli_task_print_amount(struct output *output, const struct cli_task *task,
                           uint64_t amount);

/* What a wallet's associated account has of a token: nothing where there is no
 * account. */
struct cli_tokens {
    bool is_there;
    uint64_t amount; /* base units */
};
int cli_tokens_look(struct session *session, const struct pubkey *wallet,
                    const struct pubkey *mint, struct cli_tokens *out);

/* The decimals of a token. ERR_NOT_FOUND, ERR_INVALID for what is no mint. */
int cli_mint_decimals(struct session *session, const struct pubkey *mint,
                      uint8_t *out);

/* Print what esbuild had to say of a build; with --quiet only if it failed. */
void cli_build_show(const struct cli *cli, const struct bundle *bundle,
                    bool failed);

/* Add the hint that fits a build that failed; returns status. */
int cli_build_hint(struct cli *cli, int status, const struct bundle *bundle);

/* What --variable gave, NAME=VALUE each, as a JSON object of texts; appended.
 * The value may hold anything, further '=' included. ERR_INVALID for an empty
 * name; then out holds half of an object. */
int cli_task_variables(const struct option_list *list, struct buffer *out);

/* Either one task is named or all of them (--all). ERR_INVALID. */
int cli_task_or_all(const struct cli *cli, bool all);

/* Give the node an order to all its tasks, at that path of its control port,
 * and print what became of each. ERR_REMOTE, once all are printed, if some
 * refused.
 */
int cli_task_all(struct cli *cli, const char *path);

#endif
