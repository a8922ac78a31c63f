/*
 * What changes a simulated chain: slots that go by, and instructions of the
 * task's program. Which program that is, native or KPL, only the genesis and
 * simulated_instruction.c know.
 */
#include "author/deployment_terms.h"
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/parts/node_parts.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/task_distribution_list.h"
#include "settlement/format/well_known.h"
#include "settlement/task/task_check.h"
#include "settlement/task/task_header.h"
#include "simulation/simulated_chain_parts.h"

#include <stdlib.h>

/* ---- Slots ---- */

static void open_block(struct simulated_chain *chain, struct bank *parent,
                       uint64_t slot)
{
    const struct bank_info *before = bank_info(parent);
    const struct bank_block block = {
        .slot = slot,
        .unix_ms =
            before->unix_ms + NODE_SLOT_MS_DEFAULT * (slot - before->slot),
        .leader = chain->leader};

    chain->bank = bank_open_child(parent, &chain->ledger.base, &block);
    bank_release(chain->parent);
    chain->parent = parent;
}

static void go_to_slot(struct simulated_chain *chain, uint64_t slot)
{
    struct hash blockhash =
        simulated_draw(chain->seed, USE_BLOCK, bank_info(chain->bank)->slot);

    bank_freeze(chain->bank, &blockhash);
    bank_sum_up(chain->bank);
    simulated_ledger_flush(&chain->ledger, chain->bank);
    open_block(chain, chain->bank, slot);
}

static void end_block(struct simulated_chain *chain)
{
    go_to_slot(chain, simulated_chain_slot(chain) + 1);
}

void simulated_chain_go(struct simulated_chain *chain, uint64_t round,
                        uint64_t offset)
{
    uint64_t slot =
        chain->first_slot + round * chain->deployment->round_time + offset;

    CHECK(slot >= simulated_chain_slot(chain));
    if (slot > simulated_chain_slot(chain))
        go_to_slot(chain, slot);
}

/* ---- The beginning ---- */

/* As `pond task create` does. A pot of coins gets some before anything else. */
static int create_task(struct simulated_chain *chain)
{
    static const struct deployment_content content = {
        .executable_cid = "simulated", .metadata_cid = "simulated"};
    struct task_instruction create = {.kind = TASK_CREATE};
    const struct task_parties parties = {.task = chain->task,
                                         .stake_pot = chain->pot,
                                         .actor = chain->payer.key};
    const uint64_t space = chain->deployment->space_bytes;
    const struct account_meta new_account[] = {{chain->payer.key, true, true},
                                               {chain->task, true, true}};
    const struct account_meta to_pot[] = {{chain->payer.key, true, true},
                                          {chain->pot, false, true}};
    struct simulated_task_instruction built = {0};
    struct buffer data[2] = {{0}};

    deployment_terms(chain->deployment, &content, &create.terms);
    int status = simulated_task_build(simulated_chain_mint(chain), &create,
                                      &parties, &built);
    if (status)
        return status;
    system_create_account_data(task_instruction_create_lamports(space), space,
                               &built.instruction.program, &data[0]);
    system_transfer_data(TASK_STAKE_POT_LAMPORTS, &data[1]);
    const struct instruction list[] = {
        {SYSTEM_PROGRAM_ID, new_account, 2, buffer_view(&data[0])},
        built.instruction,
        {SYSTEM_PROGRAM_ID, to_pot, 2, buffer_view(&data[1])},
    };
    status = simulated_execute(chain->bank, &chain->payer, list,
                               chain->deployment->is_kpl ? 2 : 3);
    for (size_t i = 0; i < 2; i++)
        buffer_free(&data[i]);
    buffer_free(&built.data);
    return status;
}

/* One instruction of the node's, on the task. */
static int act(struct simulated_chain *chain,
               const struct task_instruction *instruction, size_t node,
               const struct task_parties *others)
{
    struct task_parties parties = others ? *others : (struct task_parties){0};

    CHECK(node < chain->node_count);
    parties.task = chain->task;
    parties.stake_pot = chain->pot;
    parties.actor = chain->staking_keys[node];
    return simulated_task_execute(chain->bank, &chain->payer,
                                  simulated_chain_mint(chain), instruction,
                                  &parties);
}

static int stake_all(struct simulated_chain *chain, uint64_t stake)
{
    const struct task_instruction instruction = {
        .kind = TASK_STAKE, .amount = stake, .ip_address = bytes_text("")};
    int status = 0;

    for (size_t i = 0; i < chain->node_count && !status; i++) {
        status = act(chain, &instruction, i, NULL);
        if (status)
            err_add(status, "the stake of node %zu", i + 1);
    }
    return status;
}

/* All of the bounty and the stakes: what the genesis holds for the task. */
static int sum_up(const struct simulated_chain_options *options, uint64_t *out)
{
    if (__builtin_mul_overflow(options->node_count, options->stake, out) ||
        __builtin_add_overflow(*out, options->deployment->total_bounty_roe,
                               out) ||
        *out > UINT64_MAX / 2)
        return err_set(ERR_RANGE,
                       "bounty and stakes are more than a chain can hold");
    return 0;
}

int simulated_chain_open(const struct simulated_chain_options *options,
                         struct simulated_chain **out)
{
    CHECK(options->deployment && options->node_count);
    struct simulated_chain *chain;
    struct task_header header;
    uint64_t sum;
    int status = sum_up(options, &sum);

    if (status)
        return status;
    chain = mem_zero(1, sizeof(*chain));
    chain->deployment = options->deployment;
    chain->node_count = options->node_count;
    chain->staking_keys =
        mem_copy(options->staking_keys,
                 options->node_count * sizeof(*options->staking_keys));
    chain->claimed = mem_zero(options->node_count, sizeof(*chain->claimed));
    chain->seed = options->seed;
    chain->decimals = options->decimals;
    chain->tokens_at_first = options->deployment->is_kpl ? sum : 0;
    simulated_ledger_open(&chain->ledger);
    struct bank *root = simulated_genesis(chain, options->stake);
    simulated_ledger_flush(&chain->ledger, root);
    open_block(chain, root, 1);
    status = create_task(chain);
    if (!status)
        status = stake_all(chain, options->stake);
    if (status) {
        simulated_chain_close(chain);
        return err_add(status, "the task program");
    }
    CHECK(task_header_get(bank_state(chain->bank), &chain->task, &header));
    chain->first_slot = header.starting_slot;
    *out = chain;
    return 0;
}

void simulated_chain_close(struct simulated_chain *chain)
{
    if (!chain)
        return;
    bank_release(chain->parent);
    bank_release(chain->bank);
    simulated_ledger_close(&chain->ledger);
    free(chain->staking_keys);
    free(chain->claimed);
    free(chain);
}

const struct pubkey *simulated_chain_task(const struct simulated_chain *chain)
{
    return &chain->task;
}

const struct pubkey *simulated_chain_key(const struct simulated_chain *chain,
                                         size_t node)
{
    CHECK(node < chain->node_count);
    return &chain->staking_keys[node];
}

uint64_t simulated_chain_slot(const struct simulated_chain *chain)
{
    return bank_info(chain->bank)->slot;
}

/* ---- What nodes do ---- */

int simulated_chain_submit(struct simulated_chain *chain, size_t node,
                           uint64_t round, struct bytes value)
{
    const struct task_instruction submit = {
        .kind = TASK_SUBMIT, .value = value, .round = round};

    return act(chain, &submit, node, NULL);
}

int simulated_chain_vote(struct simulated_chain *chain, bool is_list,
                         size_t voter, size_t candidate, uint64_t round,
                         bool is_valid)
{
    CHECK(candidate < chain->node_count);
    const struct task_instruction vote = {
        .kind = is_list ? TASK_AUDIT_DISTRIBUTION : TASK_AUDIT_SUBMISSIONS,
        .round = round,
        .flag = is_valid};
    const struct task_parties parties = {.other =
                                             chain->staking_keys[candidate]};

    return act(chain, &vote, voter, &parties);
}

int simulated_chain_list(struct simulated_chain *chain, size_t node,
                         uint64_t round, struct bytes text)
{
    const struct task_parties parties = {
        .data_account = simulated_list_account(chain, node, round)};
    const struct task_instruction send = {.kind = TASK_SUBMIT_DISTRIBUTION_LIST,
                                          .round = round};
    struct buffer data = {0};
    int status = 0;

    task_list_build_text(&chain->task, round, text, &data);
    size_t count = task_list_chunk_count(data.size);
    for (size_t i = 0; i < count && !status; i++) {
        struct task_instruction chunk;

        task_list_chunk(buffer_view(&data), i, round, &chunk);
        status = act(chain, &chunk, node, &parties);
    }
    if (!status)
        status = act(chain, &send, node, &parties);
    buffer_free(&data);
    return status;
}

/* Anybody may ask for it; the account that it names is none that counts. */
int simulated_chain_payout(struct simulated_chain *chain, uint64_t round)
{
    const struct task_instruction payout = {.kind = TASK_PAYOUT,
                                            .round = round};
    const struct task_parties parties = {.data_account =
                                             chain->staking_keys[0]};

    return act(chain, &payout, 0, &parties);
}

/* What came is what the purse held: the program pays all of it or refuses. */
int simulated_chain_claim(struct simulated_chain *chain, size_t node)
{
    static const struct task_instruction claim = {.kind = TASK_CLAIM_REWARD};
    const struct task_parties parties = {.other =
                                             simulated_wallet(chain, node)};
    uint64_t amount = simulated_chain_purse(chain, node).claimable;
    int status = act(chain, &claim, node, &parties);

    if (!status)
        chain->claimed[node] += amount;
    return status;
}

/* The fees of a block are paid out when it ends, so a block is ended first. */
int simulated_chain_check(struct simulated_chain *chain,
                          struct simulated_sum *out)
{
    const struct pubkey *mint = simulated_chain_mint(chain);

    end_block(chain);
    out->at_first = chain->lamports_at_first;
    out->now = simulated_ledger_sum(&chain->ledger);
    out->tokens = mint ? simulated_ledger_tokens(&chain->ledger, mint) : 0;
    out->burned = out->at_first - bank_info(chain->bank)->capitalization;
    int status = task_check(bank_state(chain->bank), NULL);
    if (!status && out->now != out->at_first - out->burned)
        status = err_set(ERR_CORRUPT, "coins came or went");
    if (!status && out->tokens != chain->tokens_at_first)
        status = err_set(ERR_CORRUPT, "tokens came or went");
    return status;
}
