/*
 * Checking signatures. Those of several transactions are checked together,
 * since most transactions have one or two and a batch costs little more than
 * one alone.
 */
#include "base/check.h"
#include "crypto/signature_check.h"
#include "settlement/format/transaction.h"

/* Signatures that wait to be checked, and the transactions that they belong to.
 */
struct waiting {
    struct signature_check checks[SIGNATURE_CHECK_BATCH];
    struct transaction *owners[SIGNATURE_CHECK_BATCH];
    size_t count;
};

static void check(struct waiting *waiting)
{
    bool is_good[SIGNATURE_CHECK_BATCH];
    signature_check_all(waiting->checks, waiting->count, is_good);
    for (size_t i = 0; i < waiting->count; i++)
        if (!is_good[i])
            waiting->owners[i]->is_verified = false;
    waiting->count = 0;
}

static void add(struct waiting *waiting, struct transaction *transaction,
                size_t index)
{
    if (waiting->count == SIGNATURE_CHECK_BATCH)
        check(waiting);
    waiting->checks[waiting->count] =
        (struct signature_check){.pubkey = &transaction->keys[index],
                                 .signature = &transaction->signatures[index],
                                 .message = transaction->message};
    waiting->owners[waiting->count++] = transaction;
}

void transaction_verify_all(struct transaction *const *transactions,
                            size_t count)
{
    struct waiting waiting = {.count = 0};
    for (size_t i = 0; i < count; i++) {
        struct transaction *transaction = transactions[i];
        CHECK(transaction->signature_count <= transaction->key_count);
        /* A transaction without signatures has no payer. */
        transaction->is_verified = transaction->signature_count > 0;
        for (size_t k = 0; k < transaction->signature_count; k++)
            add(&waiting, transaction, k);
    }
    check(&waiting);
}

bool transaction_verify(struct transaction *transaction)
{
    transaction_verify_all(&transaction, 1);
    return transaction->is_verified;
}
