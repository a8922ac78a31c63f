/*
 * An entry of the account book as JSON (docs/page.md).
 */
#ifndef POND_NODE_MONEY_EARNING_FORM_H
#define POND_NODE_MONEY_EARNING_FORM_H

#include "base/json.h"
#include "node/money/journal_earning.h"

/* Its members, into an object that is open. fee: of the transaction that moved
 * the amount. */
void earning_form_write(const struct journal_earning *earning, uint64_t fee,
                        struct json_writer *writer);

/* Does it belong to a task? And its transaction, "" if it has none. */
bool earning_form_has_task(const struct journal_earning *earning);
void earning_form_signature(const struct journal_earning *earning,
                            char out[BASE58_SIGNATURE_SIZE]);

#endif
