#include "settlement/cluster/transaction_intake.h"

#include "base/arena.h"
#include "base/error.h"
#include "settlement/bank/bank.h"
#include "settlement/chain/mempool.h"
#include "settlement/cluster/cluster_message.h"

struct intake {
    struct mempool *mempool;
    size_t source;
    struct ledger_view *view;
    struct arena arena;
    size_t count;
    struct transaction read[CLUSTER_TRANSACTIONS_MAX];
    struct transaction *transactions[CLUSTER_TRANSACTIONS_MAX];
    bool can_pay[CLUSTER_TRANSACTIONS_MAX];
};

/* A payer that has nothing must not drive out those who pay. */
static bool can_pay(struct intake *intake,
                    const struct transaction *transaction)
{
    struct account payer;

    return !bank_account(ledger_view_bank(intake->view),
                         ledger_view_state(intake->view), &transaction->keys[0],
                         &intake->arena, &payer) &&
           payer.lamports >= bank_fee(transaction);
}

static int would_take(const struct intake *intake, bool pays,
                      const struct transaction *transaction)
{
    return mempool_would_take_from(intake->mempool, intake->source, pays,
                                   transaction, ledger_view_bank(intake->view));
}

/* The account is read of what is not known yet alone. */
static int look(struct intake *intake, struct bytes wire)
{
    struct transaction *transaction = &intake->read[intake->count];
    int status = transaction_parse(wire, &intake->arena, transaction);
    bool pays = false;

    if (!status)
        status = would_take(intake, true, transaction);
    if (!status) {
        pays = can_pay(intake, transaction);
        status = pays ? 0 : would_take(intake, false, transaction);
    }
    if (status)
        return status;
    intake->can_pay[intake->count] = pays;
    intake->transactions[intake->count++] = transaction;
    return 0;
}

/* What is not taken now came by another way meanwhile. */
static void add_all(struct intake *intake, struct transaction_intake *out)
{
    transaction_verify_all(intake->transactions, intake->count);
    out->checked = intake->count;
    for (size_t i = 0; i < intake->count; i++) {
        struct transaction *transaction = intake->transactions[i];
        if (!transaction->is_verified)
            out->wrong++;
        else if (!mempool_add_from(intake->mempool, intake->source,
                                   intake->can_pay[i], transaction,
                                   ledger_view_bank(intake->view)))
            out->taken++;
    }
}

void transaction_intake(struct mempool *mempool, size_t source,
                        struct ledger *ledger, struct bytes body,
                        struct transaction_intake *out)
{
    struct intake intake = {.mempool = mempool, .source = source};
    struct cluster_transactions wires;

    *out = (struct transaction_intake){0};
    if (!cluster_transactions_decode(body, &wires) &&
        !ledger_view_open(ledger, LEDGER_PROCESSED, &intake.view)) {
        for (size_t i = 0; i < wires.count; i++)
            out->unwanted += look(&intake, wires.wires[i]) != 0;
        add_all(&intake, out);
        ledger_view_close(intake.view);
        arena_free(&intake.arena);
    }
    err_clear();
}
