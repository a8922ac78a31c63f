/*
 * What stands on a simulated chain: rows, and the texts that are made of them.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "settlement/format/account.h"
#include "settlement/format/task_distribution_list.h"
#include "settlement/task/task_check.h"
#include "settlement/task/task_header.h"
#include "settlement/task/task_render.h"
#include "simulation/simulated_chain_parts.h"

bool simulated_chain_find(const struct simulated_chain *chain,
                          struct task_row *row)
{
    return task_rows_get(bank_state(chain->bank), &chain->task, row);
}

struct simulated_purse
simulated_chain_purse(const struct simulated_chain *chain, size_t node)
{
    CHECK(node < chain->node_count);
    struct task_row stake = {.kind = TASK_ROW_STAKE,
                             .key = chain->staking_keys[node]};
    struct task_row balance = {.kind = TASK_ROW_BALANCE,
                               .key = chain->staking_keys[node]};
    struct simulated_purse purse = {0};

    if (simulated_chain_find(chain, &stake))
        purse.stake = stake.stake.amount;
    if (simulated_chain_find(chain, &balance))
        purse.claimable = balance.stake.amount;
    return purse;
}

struct simulated_votes
simulated_chain_votes(const struct simulated_chain *chain, bool is_list,
                      size_t candidate, uint64_t round)
{
    const struct pubkey *key = &chain->staking_keys[candidate];
    struct task_row audit = {.kind = is_list ? TASK_ROW_LIST_AUDIT
                                             : TASK_ROW_SUBMISSION_AUDIT,
                             .round = round,
                             .key = *key};
    struct simulated_votes votes = {.is_accused =
                                        simulated_chain_find(chain, &audit)};
    struct task_row vote;
    struct task_rows_walk walk = task_rows_walk_open(
        bank_state(chain->bank), &chain->task,
        is_list ? TASK_ROW_LIST_VOTE : TASK_ROW_SUBMISSION_VOTE, &round, key);

    while (task_rows_walk_next(&walk, &vote)) {
        if (vote.vote.is_valid)
            votes.in_favour++;
        else
            votes.against++;
    }
    task_rows_walk_close(&walk);
    return votes;
}

int simulated_chain_list_text(const struct simulated_chain *chain,
                              const struct pubkey *submitter, uint64_t round,
                              struct buffer *out)
{
    struct task_row list = {
        .kind = TASK_ROW_LIST, .round = round, .key = *submitter};
    uint8_t key[ACCOUNT_KEY_SIZE];
    struct account account;
    struct bytes row;

    if (!simulated_chain_find(chain, &list))
        return err_set(ERR_NOT_FOUND, "%s has sent no list",
                       PUBKEY_TEXT(submitter));
    account_key(&list.list.data_account, key);
    CHECK(
        state_get(bank_state(chain->bank), bytes_make(key, sizeof(key)), &row));
    CHECK(account_decode(row, &account) == 0);
    return task_list_text(account.data, &chain->task, round, out);
}

/* Where the coins stand for tokens, tasks are to see which. */
void simulated_chain_state(const struct simulated_chain *chain,
                           struct buffer *out)
{
    struct buffer text = {0};
    struct json_object *state;

    CHECK(task_render(bank_state(chain->bank), &chain->task,
                      TASK_RENDER_STAKES | TASK_RENDER_BALANCES, &text) == 0);
    if (chain->deployment->is_kpl) {
        CHECK(json_parse(buffer_view(&text), &state) == 0);
        json_object_object_add(
            state, "token_type",
            json_object_new_string(PUBKEY_TEXT(&chain->deployment->token)));
        json_text(state, out);
        json_object_put(state);
    } else {
        buffer_bytes(out, buffer_view(&text));
    }
    buffer_free(&text);
}

void simulated_chain_submissions(const struct simulated_chain *chain,
                                 struct buffer *out)
{
    CHECK(task_render_submissions(bank_state(chain->bank), &chain->task, NULL,
                                  out) == 0);
}

void simulated_chain_distributions(const struct simulated_chain *chain,
                                   struct buffer *out)
{
    CHECK(task_render_distributions(bank_state(chain->bank), &chain->task, NULL,
                                    out) == 0);
}

uint64_t simulated_chain_bounty(const struct simulated_chain *chain)
{
    struct task_header header;

    CHECK(task_header_get(bank_state(chain->bank), &chain->task, &header));
    return header.terms.total_bounty_amount;
}

/* The fees of a block are paid out when it ends, so a block is ended first. */
int simulated_chain_check(struct simulated_chain *chain,
                          struct simulated_sum *out)
{
    simulated_chain_end_block(chain);
    out->at_first = chain->lamports_at_first;
    out->now = simulated_ledger_sum(&chain->ledger);
    out->burned = out->at_first - bank_info(chain->bank)->capitalization;
    int status = task_check(bank_state(chain->bank), NULL);
    if (!status && out->now != out->at_first - out->burned)
        status = err_set(ERR_CORRUPT, "coins came or went");
    return status;
}
