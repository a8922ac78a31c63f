#include "node/money/amount.h"

#include "base/decimal.h"
#include "base/memory.h"
#include "settlement/format/account.h"

char *amount_words(uint64_t units, bool is_kpl)
{
    struct buffer text = {0};

    decimal_units(units, is_kpl ? 0 : KOII_DECIMALS, &text);
    buffer_text(&text, is_kpl ? " base units of its token" : " KOII");
    char *words = mem_text(buffer_string(&text));

    buffer_free(&text);
    return words;
}
