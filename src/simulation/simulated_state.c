/*
 * What stands on a simulated chain: rows, and the texts that are made of them.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "settlement/format/account.h"
#include "settlement/format/kpl_state.h"
#include "settlement/format/task_distribution_list.h"
#include "settlement/task/kpl_render.h"
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
    purse.claimed = chain->claimed[node];
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

/* The account of a KPL task is Borsh; a node reads it as this JSON. */
static void kpl_state(const struct simulated_chain *chain, unsigned parts,
                      struct buffer *out)
{
    struct buffer data = {0};

    CHECK(kpl_render(bank_state(chain->bank), &chain->task, &data) == 0);
    CHECK(kpl_state_json(buffer_view(&data), parts, NULL, out) == 0);
    buffer_free(&data);
}

/* Some of its maps, as K2's methods answer with those of a native task. */
static void kpl_maps(const struct simulated_chain *chain, unsigned parts,
                     const char *const *names, size_t count, struct buffer *out)
{
    struct buffer text = {0};
    struct json_object *state, *maps = json_object_new_object();

    kpl_state(chain, parts, &text);
    CHECK(json_parse(buffer_view(&text), &state) == 0);
    for (size_t i = 0; i < count; i++)
        json_object_object_add(
            maps, names[i],
            json_object_get(json_object_object_get(state, names[i])));
    json_text(maps, out);
    json_object_put(maps);
    json_object_put(state);
    buffer_free(&text);
}

void simulated_chain_state(const struct simulated_chain *chain,
                           struct buffer *out)
{
    if (chain->deployment->is_kpl)
        kpl_state(chain, KPL_STATE_STAKES | KPL_STATE_BALANCES, out);
    else
        CHECK(task_render(bank_state(chain->bank), &chain->task,
                          TASK_RENDER_STAKES | TASK_RENDER_BALANCES, out) == 0);
}

void simulated_chain_submissions(const struct simulated_chain *chain,
                                 struct buffer *out)
{
    static const char *const maps[] = {"submissions",
                                       "submissions_audit_trigger"};

    if (chain->deployment->is_kpl)
        kpl_maps(chain, KPL_STATE_SUBMISSIONS, maps, 2, out);
    else
        CHECK(task_render_submissions(bank_state(chain->bank), &chain->task,
                                      NULL, out) == 0);
}

void simulated_chain_distributions(const struct simulated_chain *chain,
                                   struct buffer *out)
{
    static const char *const maps[] = {"distribution_rewards_submission",
                                       "distributions_audit_trigger",
                                       "distributions_audit_record"};

    if (chain->deployment->is_kpl)
        kpl_maps(chain, KPL_STATE_DISTRIBUTIONS, maps, 3, out);
    else
        CHECK(task_render_distributions(bank_state(chain->bank), &chain->task,
                                        NULL, out) == 0);
}

uint64_t simulated_chain_bounty(const struct simulated_chain *chain)
{
    struct task_header header;

    CHECK(task_header_get(bank_state(chain->bank), &chain->task, &header));
    return header.terms.total_bounty_amount;
}
