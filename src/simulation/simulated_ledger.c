#include "simulation/simulated_ledger.h"

#include "base/check.h"
#include "settlement/bank/token_state.h"
#include "settlement/format/well_known.h"
#include "settlement/state/state.h"

static bool get(void *user, struct bytes key, struct bytes *value)
{
    return state_get(user, key, value);
}

static void *cursor_open(void *user, struct bytes start)
{
    return state_cursor_open(user, (struct bytes){0}, start);
}

static bool cursor_next(void *cursor, struct bytes *key, struct bytes *value)
{
    return state_cursor_next(cursor, key, value);
}

static void cursor_close(void *cursor)
{
    state_cursor_close(cursor);
}

void simulated_ledger_open(struct simulated_ledger *ledger)
{
    ledger->rows = state_open_writable(&STATE_BASE_EMPTY, NULL, 0);
    ledger->base = (struct state_base){.user = ledger->rows,
                                       .get = get,
                                       .cursor_open = cursor_open,
                                       .cursor_next = cursor_next,
                                       .cursor_close = cursor_close};
}

void simulated_ledger_close(struct simulated_ledger *ledger)
{
    state_close(ledger->rows);
    *ledger = (struct simulated_ledger){0};
}

void simulated_ledger_flush(struct simulated_ledger *ledger, struct bank *bank)
{
    CHECK(ledger->rows);
    struct state_change change;
    const void *position = NULL;

    while (state_layer_next(bank_layer(bank), &position, &change))
        state_put_change(ledger->rows, &change);
    bank_set_durable(bank);
}

/* What an account adds to a sum. */
typedef uint64_t amount_of(const struct account *account,
                           const struct pubkey *mint);

static uint64_t sum_of(const struct simulated_ledger *ledger, amount_of *amount,
                       const struct pubkey *mint)
{
    static const uint8_t prefix[] = {ACCOUNT_ROW_PREFIX};
    struct state_cursor *cursor = state_cursor_open(
        ledger->rows, bytes_make(prefix, sizeof(prefix)), (struct bytes){0});
    struct bytes key, value;
    uint64_t sum = 0;

    while (state_cursor_next(cursor, &key, &value)) {
        struct account account;

        CHECK(account_decode(value, &account) == 0);
        sum += amount(&account, mint);
    }
    state_cursor_close(cursor);
    return sum;
}

static uint64_t lamports_of(const struct account *account,
                            const struct pubkey *mint)
{
    return account->lamports;
}

static uint64_t tokens_of(const struct account *account,
                          const struct pubkey *mint)
{
    struct token_record record;

    if (!pubkey_equal(&account->owner, &TOKEN_PROGRAM_ID) ||
        token_account_load(account->data, &record) != TOKEN_LOADED ||
        !pubkey_equal(token_account_mint(&record), mint))
        return 0;
    return token_account_amount(&record);
}

uint64_t simulated_ledger_sum(const struct simulated_ledger *ledger)
{
    return sum_of(ledger, lamports_of, NULL);
}

uint64_t simulated_ledger_tokens(const struct simulated_ledger *ledger,
                                 const struct pubkey *mint)
{
    return sum_of(ledger, tokens_of, mint);
}
