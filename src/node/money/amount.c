#include "node/money/amount.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

char *amount_text(uint64_t units, unsigned decimals)
{
    /* With a digit before the point, however small it is. */
    char *digits = mem_format("%0*" PRIu64, (int)decimals + 1, units);
    int whole = (int)(strlen(digits) - decimals);
    size_t size = strlen(digits + whole);

    while (size && digits[(size_t)whole + size - 1] == '0')
        size--;
    char *text = mem_format("%.*s%s%.*s", whole, digits, size ? "." : "",
                            (int)size, digits + whole);

    free(digits);
    return text;
}
