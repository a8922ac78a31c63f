/*
 * What slows guessing down: after five wrong attempts in a row one in 1, 2, 4
 * ... 60 seconds. Nobody is locked out for good. Zero is the beginning, and
 * what a right attempt comes to.
 *
 * Pure; time is an argument (Unix ms).
 */
#ifndef POND_NODE_PAGE_GUESS_BRAKE_H
#define POND_NODE_PAGE_GUESS_BRAKE_H

#include <stdint.h>

struct guess_brake {
    unsigned wrong;    /* in a row */
    uint64_t until_ms; /* no attempt before */
};

/* May one be made? ERR_LIMIT, and *wait_ms says how long not; else 0. */
int guess_brake_ask(const struct guess_brake *brake, uint64_t now_ms,
                    uint64_t *wait_ms);

/* It was wrong. */
void guess_brake_wrong(struct guess_brake *brake, uint64_t now_ms);

#endif
