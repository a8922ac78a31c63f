/*
 * Explorers and exchanges read deposits from the balances before and after a
 * transaction. They are taken from the accounts that the transaction has
 * loaded. Only mints that it does not name cost a look-up; a transfer in the
 * unchecked form does not name its mint.
 */
#include "settlement/bank/token_balance.h"

#include "base/check.h"
#include "settlement/bank/bank_internal.h"
#include "settlement/bank/token_state.h"
#include "settlement/format/well_known.h"

/* A mint among the transaction's accounts comes first because the transaction
 * may make or change it. An account whose mint does not exist has no balance.
 */
static bool find_decimals(const struct bank *bank, const struct state *state,
                          const struct loaded_account *accounts, size_t count,
                          const struct pubkey *mint, struct arena *arena,
                          uint8_t *out)
{
    struct token_record record;
    struct account account;
    bool exists = false;
    if (pubkey_equal(mint, &TOKEN_NATIVE_MINT)) {
        *out = TOKEN_NATIVE_DECIMALS;
        return true;
    }
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

/* The array is made with the first token account: most accounts are none. */
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
            balances = arena_alloc(arena, count * sizeof(*balances));
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
