/*
 * Holding rows against what their bank says of them. Three things must fit: the
 * lattice that follows from the rows, the state hash that follows from the
 * lattice and the header, and the sum of lamports. The first finds a row that
 * changed, the second a header that changed, the third that the bank itself
 * went wrong, for a row that was written wrongly is in the lattice like any
 * other.
 *
 * The bank's own rows (class `z`) are in no sum, for they hold it. Of those the
 * header is covered by the state hash and a checksum; the recent blocks are
 * checked by whoever has the blocks (ledger_check.c).
 *
 * Cost: one element of the lattice for each row, and no memory that grows with
 * the state. Any thread; a sum belongs to one.
 */
#include "settlement/bank/bank_sum.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/bank/bank_internal.h"
#include <inttypes.h>

bool bank_sum_is_own(struct bytes key)
{
    CHECK(key.size > 0);
    return key.data[0] == BANK_ROW_PREFIX;
}

/* Lamports are added up with care though a bank's total can't overflow: these
 * rows may come from a snapshot that nobody has vouched for yet. */
int bank_sum_add(struct bank_sum *sum, struct bytes key, struct bytes value)
{
    struct account account;
    sum->rows++;
    if (bank_sum_is_own(key))
        return 0;
    lattice_add(&sum->lattice, key, value);
    if (key.data[0] != ACCOUNT_ROW_PREFIX)
        return 0;
    int status = account_decode(value, &account);
    if (!status &&
        __builtin_add_overflow(sum->lamports, account.lamports, &sum->lamports))
        status = err_set(ERR_CORRUPT, "the accounts hold more than there "
                                      "can be");
    return status;
}

/* The lattice first: when rows are wrong, the other two mostly are as well, and
 * it is the rows that should be named. */
int bank_sum_check(const struct bank_sum *sum, const struct bank *bank)
{
    CHECK(bank->info.frozen);
    struct hash hash;
    if (memcmp(sum->lattice.lanes, bank->lattice.lanes,
               sizeof(sum->lattice.lanes)))
        return err_set(ERR_CORRUPT,
                       "the state's rows don't add up to its hash");
    bank_state_hash(&bank->info, &bank->lattice, &hash);
    if (!hash_equal(&hash, &bank->info.state_hash))
        return err_set(ERR_CORRUPT, "the state's header is not that of its "
                                    "hash");
    if (sum->lamports != bank->info.capitalization)
        return err_set(ERR_CORRUPT,
                       "the accounts hold %" PRIu64 " roe, and not the %" PRIu64
                       " in existence",
                       sum->lamports, bank->info.capitalization);
    return 0;
}
