/*
 * A line a case, of cases whose number is not known before.
 */
#ifndef POND_HOSTILE_TAP_H
#define POND_HOSTILE_TAP_H

#include <stdbool.h>

void tap_case(bool is_well, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The cases that a program printed as lines "ok NAME CODE" and "not NAME WHAT".
 * text is changed. Gives how many there were. */
unsigned tap_cases_of(char *text);

/* The plan. Gives the program's exit code. */
int tap_end(void);

#endif
