/*
 * Token balances of a transaction's accounts, as "preTokenBalances" and
 * "postTokenBalances" show them.
 */
#ifndef POND_SETTLEMENT_BANK_TOKEN_BALANCE_H
#define POND_SETTLEMENT_BANK_TOKEN_BALANCE_H

#include "settlement/bank/program.h"

struct bank;

/* The balance of one token account of a transaction, in base units of its mint.
 */
struct token_balance {
    uint8_t index; /* of the account, among the transaction's keys */
    uint8_t decimals;
    struct pubkey mint;
    struct pubkey owner;
    uint64_t amount;
};

/* The balances of accounts as they are now; *out lies in the arena. Mints that
 * the transaction does not name are read from the state. Returns how many there
 * are. */
size_t token_balances(const struct bank *bank, const struct state *state,
                      const struct loaded_account *accounts, size_t count,
                      struct arena *arena, const struct token_balance **out);

#endif
