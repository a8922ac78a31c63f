/*
 * The sum of all accounts' lamports in a state: what tests, simulations and
 * fuzz harnesses compare with the capitalization. A walk over all rows, and not
 * bank_sum.h, because what is compared must not come from the code under test.
 */
#ifndef POND_TESTS_SETTLEMENT_STATE_LAMPORTS_H
#define POND_TESTS_SETTLEMENT_STATE_LAMPORTS_H

#include "base/check.h"
#include "settlement/format/account.h"
#include "settlement/state/state.h"

/* No account is there without lamports (CHECKed). */
static inline uint64_t state_lamports(const struct state *state)
{
    static const uint8_t prefix = ACCOUNT_ROW_PREFIX;
    struct bytes key, row;
    uint64_t sum = 0;
    struct state_cursor *cursor =
        state_cursor_open(state, bytes_make(&prefix, 1), (struct bytes){0});

    while (state_cursor_next(cursor, &key, &row)) {
        struct account account;

        CHECK(!account_decode(row, &account));
        CHECK(account.lamports);
        sum += account.lamports;
    }
    state_cursor_close(cursor);
    return sum;
}

#endif
