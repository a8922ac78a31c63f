/*
 * Three things must fit: the lattice of the rows, the state hash of lattice and
 * header, and the sum of lamports. The first finds a changed row, the second a
 * changed header, and the third a fault of the bank itself, because a row that
 * was written wrongly is in the lattice like any other.
 *
 * The bank's own row (class `z`) is in no sum because it holds the sum. The
 * state hash and a checksum cover it.
 *
 * Cost: one element of the lattice for each row, and no memory that grows with
 * the state.
 */
#include "settlement/bank/bank_sum.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/bank/bank_internal.h"
#include <inttypes.h>

/* The sum may overflow because the rows may come from a snapshot that is not
 * verified yet. */
int bank_sum_add(struct bank_sum *sum, struct bytes key, struct bytes value)
{
    struct account account;
    CHECK(key.size > 0);
    sum->rows++;
    if (key.data[0] == BANK_ROW_PREFIX)
        return 0;
    lattice_add(&sum->lattice, key, value);
    if (key.data[0] != ACCOUNT_ROW_PREFIX)
        return 0;
    int status = account_decode(value, &account);
    if (!status &&
        __builtin_add_overflow(sum->lamports, account.lamports, &sum->lamports))
        status = err_set(ERR_CORRUPT, "the accounts hold 2^64 roe or more");
    return status;
}

/* The lattice comes first: if rows are wrong the other two mostly are, too, and
 * the error should name the rows. */
int bank_sum_check(const struct bank_sum *sum, const struct bank *bank)
{
    CHECK(bank_is_summed(bank));
    struct hash hash;
    if (memcmp(sum->lattice.lanes, bank->lattice.lanes,
               sizeof(sum->lattice.lanes)))
        return err_set(ERR_CORRUPT,
                       "the state's rows are not those of its hash");
    bank_state_hash(&bank->info, &bank->lattice, &hash);
    if (!hash_equal(&hash, &bank->info.state_hash))
        return err_set(ERR_CORRUPT,
                       "the state's header is not that of its hash");
    if (sum->lamports != bank->info.capitalization)
        return err_set(ERR_CORRUPT,
                       "the accounts hold %" PRIu64 " roe, and not the %" PRIu64
                       " in existence",
                       sum->lamports, bank->info.capitalization);
    return 0;
}
