#include "node/money/earning_form.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Texts: 10^18 and more do not fit the numbers of JavaScript. */
static void amount(struct json_writer *writer, const char *name, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, value);
    json_field_text(writer, name, text);
}

bool earning_form_has_task(const struct journal_earning *earning)
{
    static const struct pubkey none;

    return !pubkey_equal(&earning->task, &none);
}

void earning_form_signature(const struct journal_earning *earning,
                            char out[BASE58_SIGNATURE_SIZE])
{
    static const struct signature none;

    out[0] = 0;
    if (memcmp(&earning->signature, &none, sizeof(none)) != 0)
        base58_signature(earning->signature.bytes, out);
}

void earning_form_write(const struct journal_earning *earning, uint64_t fee,
                        struct json_writer *writer)
{
    char signature[BASE58_SIGNATURE_SIZE];

    earning_form_signature(earning, signature);
    json_field_i64(writer, "id", earning->id);
    json_field_u64(writer, "at", earning->at_ms);
    json_field_u64(writer, "slot", earning->slot);
    json_field_text(writer, "kind", journal_earning_name(earning->kind));
    if (earning_form_has_task(earning))
        json_field_text(writer, "task", PUBKEY_TEXT(&earning->task));
    else
        json_field_null(writer, "task");
    if (earning->round < JOURNAL_EARNING_NO_ROUND)
        json_field_u64(writer, "round", earning->round);
    else
        json_field_null(writer, "round");
    json_field_text(writer, "unit", earning->unit);
    amount(writer, "amount", earning->amount);
    amount(writer, "fee", fee);
    if (*signature)
        json_field_text(writer, "signature", signature);
    else
        json_field_null(writer, "signature");
    if (earning->reason && *earning->reason)
        json_field_text(writer, "reason", earning->reason);
    else
        json_field_null(writer, "reason");
}
