/*
 * Bytes that somebody may have in memory at a time: what is taken is given
 * back.
 *
 * Not thread-safe.
 */
#ifndef POND_BASE_BUDGET_H
#define POND_BASE_BUDGET_H

#include <stdint.h>

struct budget {
    /* For messages: whose bytes these are, such as "this task's requests". */
    const char *name;
    uint64_t limit_bytes;
    uint64_t used_bytes;
};

/* ERR_LIMIT, saying how much is in use and the limit; nothing is taken then. */
int budget_take(struct budget *budget, uint64_t bytes);

/* Give back what was taken (CHECKed). */
void budget_give(struct budget *budget, uint64_t bytes);

/* What may still be taken. */
uint64_t budget_left(const struct budget *budget);

#endif
