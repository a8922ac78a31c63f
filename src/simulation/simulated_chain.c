/*
 * Three accounts and a program: what a genesis has to hold so that a task can
 * live on it. The payer pays for everything that is no stake; each node has a
 * staking key and a few accounts for lists, all with more than they need.
 */
#include "author/deployment_terms.h"
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "crypto/hash.h"
#include "node/parts/node_parts.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/task_distribution_list.h"
#include "settlement/format/well_known.h"
#include "settlement/table/program_table.h"
#include "settlement/task/task_header.h"
#include "simulation/simulated_chain_parts.h"

#include <stdlib.h>

/* Blocks of simulated chains begin here; 2025-10-09. */
#define GENESIS_MS 1760000000000ull

/* What the payer has beside the bounty, and an account for lists: 10^6 and
 * 1,000 KOII. */
#define PAYER_LAMPORTS 1000000000000000ull
#define LIST_LAMPORTS 1000000000000ull

/* Lists of as many rounds can be under way, each in an account of its own. */
#define LIST_ACCOUNTS 8

/* Keys are drawn from the seed by their use and number. */
enum key_use { USE_TASK, USE_PAYER, USE_LEADER, USE_LIST, USE_BLOCK };

static struct hash draw(uint64_t seed, enum key_use use, uint64_t number)
{
    const uint64_t words[] = {seed, use, number};
    struct hash hash;

    hash_sha256(bytes_make(words, sizeof(words)), &hash);
    return hash;
}

static struct pubkey draw_key(uint64_t seed, enum key_use use, uint64_t number)
{
    struct hash hash = draw(seed, use, number);
    struct pubkey key;

    memcpy(key.bytes, hash.bytes, sizeof(key.bytes));
    return key;
}

/* Any key that begins as pots do will do: nobody holds one. */
static struct pubkey draw_pot(uint64_t seed)
{
    static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    char text[] = "stakepotaccount1111111111111111111111111111";
    struct hash hash = draw(seed, USE_TASK, 1);
    struct pubkey pot;

    for (size_t i = 0; i < 16; i++)
        text[26 + i] = alphabet[hash.bytes[i] % (sizeof(alphabet) - 1)];
    CHECK(pubkey_parse(bytes_text(text), &pot) == 0);
    return pot;
}

static struct pubkey list_account(const struct simulated_chain *chain,
                                  size_t node, uint64_t round)
{
    return draw_key(chain->seed, USE_LIST,
                    node * LIST_ACCOUNTS + round % LIST_ACCOUNTS);
}

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
        draw(chain->seed, USE_BLOCK, bank_info(chain->bank)->slot);

    bank_freeze(chain->bank, &blockhash);
    simulated_ledger_flush(&chain->ledger, chain->bank);
    open_block(chain, chain->bank, slot);
}

void simulated_chain_end_block(struct simulated_chain *chain)
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

/* A key with coins. Those that carry stakes or lists belong to the program. */
static void add_account(const struct simulated_chain *chain,
                        struct genesis_account *accounts, size_t *count,
                        const struct pubkey *key, uint64_t lamports)
{
    static const uint8_t empty[TASK_STAKING_KEY_SPACE];
    struct genesis_account *account = &accounts[(*count)++];

    account->key = *key;
    account->account =
        (struct account){.lamports = lamports, .owner = SYSTEM_PROGRAM_ID};
    if (!pubkey_equal(key, &chain->payer.key)) {
        account->account.owner = KOII_TASK_PROGRAM_ID;
        account->account.data = bytes_make(empty, sizeof(empty));
        account->account.space = sizeof(empty);
    }
}

static void make_genesis(struct simulated_chain *chain, uint64_t stake)
{
    struct genesis_validator validator = {chain->leader, LAMPORTS_PER_KOII};
    size_t most = 1 + chain->node_count * (1 + LIST_ACCOUNTS);
    struct genesis_account *accounts = mem_zero(most, sizeof(*accounts));
    struct genesis genesis = {.creation_unix_ms = GENESIS_MS,
                              .slot_ms = NODE_SLOT_MS_DEFAULT,
                              .ticks_per_slot = GENESIS_TICKS_PER_SLOT,
                              .validators = &validator,
                              .validator_count = 1,
                              .accounts = accounts};

    add_account(chain, accounts, &genesis.account_count, &chain->payer.key,
                PAYER_LAMPORTS + chain->deployment->total_bounty_roe);
    for (size_t i = 0; i < chain->node_count; i++) {
        add_account(chain, accounts, &genesis.account_count,
                    &chain->staking_keys[i],
                    stake + task_instruction_stake_lamports());
        for (uint64_t list = 0; list < LIST_ACCOUNTS; list++) {
            struct pubkey key = list_account(chain, i, list);

            add_account(chain, accounts, &genesis.account_count, &key,
                        LIST_LAMPORTS);
        }
    }
    genesis_hash(&genesis, &genesis.hash);
    struct bank *root = bank_open_genesis(&genesis, &program_table);
    chain->lamports_at_first = bank_info(root)->capitalization;
    simulated_ledger_flush(&chain->ledger, root);
    open_block(chain, root, 1);
    free(accounts);
}

/* As `pond task create` does. */
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
    struct account_meta accounts[TASK_ACCOUNTS_MAX];
    struct buffer data[3] = {{0}};

    deployment_terms(chain->deployment, &content, &create.terms);
    int status = task_instruction_build(&create, &data[1]);
    if (status)
        return status;
    system_create_account_data(task_instruction_create_lamports(space), space,
                               &KOII_TASK_PROGRAM_ID, &data[0]);
    system_transfer_data(TASK_STAKE_POT_LAMPORTS, &data[2]);
    size_t count =
        task_instruction_accounts(TASK_CREATE, 0, &parties, accounts);
    const struct instruction list[] = {
        {SYSTEM_PROGRAM_ID, new_account, 2, buffer_view(&data[0])},
        {KOII_TASK_PROGRAM_ID, accounts, count, buffer_view(&data[1])},
        {SYSTEM_PROGRAM_ID, to_pot, 2, buffer_view(&data[2])},
    };
    status = simulated_execute(chain->bank, &chain->payer, list, 3);
    for (size_t i = 0; i < 3; i++)
        buffer_free(&data[i]);
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
    return simulated_task_execute(chain->bank, &chain->payer, instruction,
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

int simulated_chain_open(const struct simulated_chain_options *options,
                         struct simulated_chain **out)
{
    CHECK(options->deployment && options->node_count);
    struct simulated_chain *chain = mem_zero(1, sizeof(*chain));
    struct task_header header;

    chain->deployment = options->deployment;
    chain->node_count = options->node_count;
    chain->staking_keys =
        mem_copy(options->staking_keys,
                 options->node_count * sizeof(*options->staking_keys));
    chain->seed = options->seed;
    chain->task = draw_key(chain->seed, USE_TASK, 0);
    chain->pot = draw_pot(chain->seed);
    chain->leader = draw_key(chain->seed, USE_LEADER, 0);
    chain->payer.key = draw_key(chain->seed, USE_PAYER, 0);
    simulated_ledger_open(&chain->ledger);
    make_genesis(chain, options->stake_roe);
    int status = create_task(chain);
    if (!status)
        status = stake_all(chain, options->stake_roe);
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
    const struct task_parties parties = {.data_account =
                                             list_account(chain, node, round)};
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
