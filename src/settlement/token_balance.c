/*
 * Token balances before and after a transaction, for explorers and wallets that
 * show what a transfer moved without knowing the token program.
 *
 * Which accounts count is Solana's rule (collect_token_balances in
 * solana-ledger): every account of the transaction that the token program owns
 * and that is an initialised token account whose mint has decimals to show it
 * by. What does not read as one is left out without a word, for anybody can
 * name any account.
 *
 * It is asked for only when a block's record is made or a transaction
 * simulated. Cost: a look at each account's owner, and for each token account
 * its mint; no memory where there is none.
 */
#include "settlement/token_balance.h"

#include "base/check.h"
#include "settlement/bank_internal.h"
#include "settlement/token_state.h"

/* The decimals of a mint as the transaction left it, or as the state has it.
 * The loaded copy comes first: the transaction may have created the mint. False
 * for what is not a mint of the token program. */
static bool find_decimals(const struct bank *bank, const struct state *state,
                          const struct loaded_account *accounts, size_t count,
                          const struct pubkey *mint, struct arena *arena,
                          uint8_t *out)
{
    struct token_record record;
    struct account account;
    bool exists = false;
    for (size_t i = 0; i < count; i++) {
        if (!pubkey_equal(&accounts[i].key, mint))
            continue;
        account = (struct account){
            .owner = accounts[i].owner,
            .data = bytes_make(accounts[i].data, accounts[i].space)};
        exists = !accounts[i].rendered;
        break;
    }
    if (!exists)
        bank_load(bank, state, mint, arena, &account, &exists);
    if (!exists || !pubkey_equal(&account.owner, &TOKEN_PROGRAM_ID) ||
        token_mint_load(account.data, &record) != TOKEN_LOADED)
        return false;
    *out = token_mint_decimals(&record);
    return true;
}

/* accounts are the transaction's, in the order of its keys, as they are now:
 * the caller asks once before the instructions run and once after. Rendered
 * accounts belong to the task program and have no bytes here. */
size_t token_balances(const struct bank *bank, const struct state *state,
                      const struct loaded_account *accounts, size_t count,
                      struct arena *arena, const struct token_balance **out)
{
    struct token_balance *balances = NULL;
    size_t found = 0;
    CHECK(count <= UINT8_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct loaded_account *account = &accounts[i];
        struct token_record record;
        uint8_t decimals;
        if (account->rendered ||
            !pubkey_equal(&account->owner, &TOKEN_PROGRAM_ID) ||
            token_account_load(bytes_make(account->data, account->space),
                               &record) != TOKEN_LOADED ||
            !find_decimals(bank, state, accounts, count,
                           token_account_mint(&record), arena, &decimals))
            continue;
        if (!balances)
            balances = arena_alloc(arena, count * sizeof *balances);
        balances[found++] =
            (struct token_balance){.index = (uint8_t)i,
                                   .decimals = decimals,
                                   .mint = *token_account_mint(&record),
                                   .owner = *token_account_owner(&record),
                                   .amount = token_account_amount(&record)};
    }
    *out = balances;
    return found;
}
