#include "tap.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static unsigned case_count, failure_count;

void tap_case(bool is_well, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("%s %u - ", is_well ? "ok" : "not ok", ++case_count);
    vprintf(format, arguments);
    printf("\n");
    fflush(stdout);
    va_end(arguments);
    failure_count += !is_well;
}

unsigned tap_cases_of(char *text)
{
    unsigned count = 0;
    char *rest = text, *line;
    while ((line = strsep(&rest, "\n"))) {
        bool is_well = !strncmp(line, "ok ", 3);
        if (!is_well && strncmp(line, "not ", 4))
            continue;
        tap_case(is_well, "%s", strchr(line, ' ') + 1);
        count++;
    }
    return count;
}

int tap_end(void)
{
    printf("1..%u\n", case_count);
    return failure_count > 0;
}
