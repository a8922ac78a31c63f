#include "settlement/bank_sum.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/bank_internal.h"
#include <inttypes.h>

bool bank_sum_is_own(struct bytes key)
{
    CHECK(key.size > 0);
    return key.data[0] == BANK_ROW_PREFIX;
}

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

int bank_sum_check(const struct bank_sum *sum, const struct bank *bank)
{
    CHECK(bank->info.frozen);
    struct hash hash;
    if (memcmp(sum->lattice.lanes, bank->lattice.lanes,
               sizeof sum->lattice.lanes))
        return err_set(ERR_CORRUPT,
                       "the state's rows don't add up to its hash");
    bank_state_hash(bank, &hash);
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
