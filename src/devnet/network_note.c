/*
 * What a private network tells its user.
 */
#include "base/check.h"
#include "devnet/network_parts.h"

#include <stdarg.h>
#include <stdio.h>

/* Called on the loop's thread, between two turns. */
void network_note(struct network *network, const char *format, ...)
{
    CHECK(network && format);
    char text[512];
    va_list arguments;

    if (!network->note)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    network->note(network->user, text);
}
