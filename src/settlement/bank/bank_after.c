#include "base/error.h"
#include "settlement/bank/bank.h"
#include "settlement/bank/transaction_context.h"

/* Rendered from the rows as the transaction left them. */
int bank_after_account(const struct bank_after *after, const struct pubkey *key,
                       struct arena *arena, struct account *out)
{
    size_t i = 0;
    while (i < after->count && !pubkey_equal(&after->accounts[i].key, key))
        i++;
    if (!after->accounts || i == after->count)
        return err_set(ERR_NOT_FOUND, "the transaction leaves no account %s",
                       PUBKEY_TEXT(key));
    *out = loaded_account_value(&after->accounts[i]);
    int status = bank_account_data(after->bank, after->rows, key, out, arena,
                                   &out->data);
    out->rendered = false;
    out->space = out->data.size;
    return status;
}

void bank_after_close(struct bank_after *after)
{
    state_close(after->rows);
    state_close(after->before);
    *after = (struct bank_after){.bank = after->bank};
}
