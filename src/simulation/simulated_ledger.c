#include "simulation/simulated_ledger.h"

#include "base/check.h"
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

uint64_t simulated_ledger_sum(const struct simulated_ledger *ledger)
{
    static const uint8_t prefix[] = {ACCOUNT_ROW_PREFIX};
    struct state_cursor *cursor = state_cursor_open(
        ledger->rows, bytes_make(prefix, sizeof(prefix)), (struct bytes){0});
    struct bytes key, value;
    uint64_t sum = 0;

    while (state_cursor_next(cursor, &key, &value)) {
        struct account account;

        CHECK(account_decode(value, &account) == 0);
        sum += account.lamports;
    }
    state_cursor_close(cursor);
    return sum;
}
