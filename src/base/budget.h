/*
 * A limit on the bytes that one user may have in memory. The user takes bytes
 * and gives them back.
 *
 * Not thread-safe.
 */
#ifndef POND_BASE_BUDGET_H
#define POND_BASE_BUDGET_H

#include <stdint.h>

struct budget {
    /* Whose bytes these are, in error texts: "this task's requests". */
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
