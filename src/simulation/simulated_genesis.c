/*
 * What a genesis has to hold so that a task can live on it: a payer for
 * everything that is no stake; of each node a staking key, a wallet and a few
 * accounts for lists, all with more than they need.
 *
 * A task that is paid in tokens has its own mint there, at the address that the
 * configuration names, and the payer, the staking keys and the wallets have
 * their associated accounts for it. What is minted is the bounty and the
 * stakes: nobody may mint more, so at the end the same sum is there.
 */
#include "base/check.h"
#include "base/memory.h"
#include "crypto/hash.h"
#include "node/money/recipe.h"
#include "node/parts/node_parts.h"
#include "settlement/bank/token_state.h"
#include "settlement/format/well_known.h"
#include "settlement/table/program_table.h"
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

/* Of a node: staking key and wallet, and of both for tokens. */
#define NODE_ACCOUNTS 4

/* Of the chain: payer and mint, and the payer's for tokens. */
#define CHAIN_ACCOUNTS 3

/* ---- keys ---- */

struct hash simulated_draw(uint64_t seed, enum simulated_use use,
                           uint64_t number)
{
    const uint64_t words[] = {seed, use, number};
    struct hash hash;

    hash_sha256(bytes_make(words, sizeof(words)), &hash);
    return hash;
}

static struct pubkey draw_key(uint64_t seed, enum simulated_use use,
                              uint64_t number)
{
    struct hash hash = simulated_draw(seed, use, number);
    struct pubkey key;

    memcpy(key.bytes, hash.bytes, sizeof(key.bytes));
    return key;
}

/* Any key that begins as pots do will do: nobody holds one. */
static struct pubkey draw_pot(uint64_t seed)
{
    static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    char text[] = "stakepotaccount1111111111111111111111111111";
    struct hash hash = simulated_draw(seed, USE_TASK, 1);
    struct pubkey pot;

    for (size_t i = 0; i < 16; i++)
        text[26 + i] = alphabet[hash.bytes[i] % (sizeof(alphabet) - 1)];
    CHECK(pubkey_parse(bytes_text(text), &pot) == 0);
    return pot;
}

struct pubkey simulated_list_account(const struct simulated_chain *chain,
                                     size_t node, uint64_t round)
{
    return draw_key(chain->seed, USE_LIST,
                    node * LIST_ACCOUNTS + round % LIST_ACCOUNTS);
}

struct pubkey simulated_wallet(const struct simulated_chain *chain, size_t node)
{
    return draw_key(chain->seed, USE_WALLET, node);
}

const struct pubkey *simulated_chain_mint(const struct simulated_chain *chain)
{
    return chain->deployment->is_kpl ? &chain->deployment->token : NULL;
}

/* ---- accounts ---- */

/* Being filled. Data of the tokens' accounts lies in tokens. */
struct making {
    const struct simulated_chain *chain;
    struct genesis_account *accounts;
    struct token_record *tokens;
    size_t count, most;
};

static struct account *add(struct making *making, const struct pubkey *key,
                           uint64_t lamports)
{
    CHECK(making->count < making->most);
    struct genesis_account *account = &making->accounts[making->count++];

    account->key = *key;
    account->account =
        (struct account){.lamports = lamports, .owner = SYSTEM_PROGRAM_ID};
    return &account->account;
}

/* An account that carries a stake or a list belongs to the task's program. */
static void add_program_account(struct making *making, const struct pubkey *key,
                                uint64_t lamports)
{
    static const uint8_t empty[TASK_STAKING_KEY_SPACE];
    struct account *account = add(making, key, lamports);

    account->owner = making->chain->deployment->is_kpl ? KPL_TASK_PROGRAM_ID
                                                       : KOII_TASK_PROGRAM_ID;
    account->data = bytes_make(empty, sizeof(empty));
    account->space = sizeof(empty);
}

/* Give a token's account its data. */
static struct account *add_record(struct making *making,
                                  const struct pubkey *key, size_t size)
{
    struct account *account = add(making, key, rent_minimum_balance(size));

    account->owner = TOKEN_PROGRAM_ID;
    account->data = bytes_make(making->tokens[making->count - 1].bytes, size);
    account->space = size;
    return account;
}

/* Wrapped coins have no mint that counts, and each is a lamport that lies in
 * the account. */
static void add_mint(struct making *making, uint64_t supply)
{
    const struct deployment *terms = making->chain->deployment;

    if (pubkey_equal(&terms->token, &TOKEN_NATIVE_MINT))
        return;
    struct token_record *mint = &making->tokens[making->count];

    add_record(making, &terms->token, TOKEN_MINT_SIZE);
    token_mint_initialize(mint, making->chain->decimals, NULL, NULL);
    token_mint_set_supply(mint, supply);
}

static void add_tokens(struct making *making, const struct pubkey *owner,
                       uint64_t amount)
{
    const struct pubkey *mint = simulated_chain_mint(making->chain);

    if (!mint)
        return;
    struct token_record *record = &making->tokens[making->count];
    struct pubkey key = recipe_tokens_of(owner, mint);
    struct account *account = add_record(making, &key, TOKEN_ACCOUNT_SIZE);

    token_account_set_mint(record, mint);
    token_account_set_owner(record, owner);
    token_account_set_amount(record, amount);
    token_account_set_state(record, TOKEN_ACCOUNT_INITIALIZED);
    if (pubkey_equal(mint, &TOKEN_NATIVE_MINT)) {
        token_account_set_native(record, account->lamports);
        account->lamports += amount;
    }
}

static void add_node(struct making *making, size_t node, uint64_t stake)
{
    const struct simulated_chain *chain = making->chain;
    const struct pubkey *staking = &chain->staking_keys[node];
    struct pubkey wallet = simulated_wallet(chain, node);

    add_program_account(making, staking,
                        task_instruction_stake_lamports() +
                            (chain->deployment->is_kpl ? 0 : stake));
    add_tokens(making, staking, stake);
    add(making, &wallet, rent_minimum_balance(0));
    add_tokens(making, &wallet, 0);
    for (uint64_t list = 0; list < LIST_ACCOUNTS; list++) {
        struct pubkey key = simulated_list_account(chain, node, list);

        add_program_account(making, &key, LIST_LAMPORTS);
    }
}

struct bank *simulated_genesis(struct simulated_chain *chain, uint64_t stake)
{
    const struct deployment *terms = chain->deployment;
    struct making making = {.chain = chain,
                            .most = CHAIN_ACCOUNTS +
                                    chain->node_count *
                                        (NODE_ACCOUNTS + LIST_ACCOUNTS)};

    chain->task = draw_key(chain->seed, USE_TASK, 0);
    chain->pot = draw_pot(chain->seed);
    chain->leader = draw_key(chain->seed, USE_LEADER, 0);
    chain->payer.key = draw_key(chain->seed, USE_PAYER, 0);
    making.accounts = mem_zero(making.most, sizeof(*making.accounts));
    making.tokens = mem_zero(making.most, sizeof(*making.tokens));
    add(&making, &chain->payer.key,
        PAYER_LAMPORTS + (terms->is_kpl ? 0 : terms->total_bounty_roe));
    if (terms->is_kpl)
        add_mint(&making, terms->total_bounty_roe + chain->node_count * stake);
    add_tokens(&making, &chain->payer.key, terms->total_bounty_roe);
    for (size_t i = 0; i < chain->node_count; i++)
        add_node(&making, i, stake);

    struct genesis_validator validator = {chain->leader, LAMPORTS_PER_KOII};
    struct genesis genesis = {.creation_unix_ms = GENESIS_MS,
                              .slot_ms = NODE_SLOT_MS_DEFAULT,
                              .ticks_per_slot = GENESIS_TICKS_PER_SLOT,
                              .validators = &validator,
                              .validator_count = 1,
                              .accounts = making.accounts,
                              .account_count = making.count};
    genesis_hash(&genesis, &genesis.hash);
    struct bank *root = bank_open_genesis(&genesis, &program_table);
    chain->lamports_at_first = bank_info(root)->capitalization;
    free(making.accounts);
    free(making.tokens);
    return root;
}
