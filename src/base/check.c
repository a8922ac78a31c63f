/*
 * Straight to stderr and not through the log: the log's level may hide it, and
 * a check may fail inside the log. abort() and not exit(): no handler runs on a
 * state that has just been found wrong, and a core is left where the machine
 * keeps cores.
 */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

void check_failed(const char *file, int line, const char *what)
{
    fprintf(stderr, "pond: %s:%d: check failed: %s\n", file, line, what);
    abort();
}
