/*
 * How long a bank lives, and what it needs for how long.
 *
 * A bank retains its parent only until one of the two is durable, because a
 * child that is opened after that stands on the base and no longer needs the
 * parent's layer; and until it is summed up, which takes the parent's sum. A
 * bank's state retains the bank's own layers as long as the bank lives, and so
 * everything that a reader can reach.
 */
#include "base/check.h"
#include "settlement/bank/bank_internal.h"
#include <stdlib.h>

void bank_changes_free(struct bank_changes *changes)
{
    buffer_free(&changes->list);
    arena_free(&changes->values);
    *changes = (struct bank_changes){0};
}

struct bank *bank_retain(struct bank *bank)
{
    CHECK_MAGIC(bank, BANK_MAGIC);
    atomic_fetch_add_explicit(&bank->references, 1, memory_order_relaxed);
    return bank;
}

/* The children of a bank retain it, so none are left. */
static void bank_free(struct bank *bank)
{
    bank->magic = 0;
    state_close(bank->scratch);
    state_close(bank->state);
    message_set_release(bank->messages);
    for (size_t i = 0; i < bank->recent_count; i++)
        message_set_release(bank->recent[i].messages);
    free(bank->recent);
    bank_changes_free(&bank->changes);
    buffer_free(&bank->row);
    free(bank);
}

/* A loop and not a recursion because a line of banks that wait for the disk may
 * be long, and each may be the last to retain its parent. */
void bank_release(struct bank *bank)
{
    while (bank) {
        CHECK_MAGIC(bank, BANK_MAGIC);
        if (atomic_fetch_sub_explicit(&bank->references, 1,
                                      memory_order_acq_rel) != 1)
            return;
        struct bank *parent = bank->parent;
        bank_free(bank);
        bank = parent;
    }
}

bool bank_is_summed(const struct bank *bank)
{
    CHECK_MAGIC(bank, BANK_MAGIC);
    return atomic_load_explicit(&bank->is_summed, memory_order_acquire);
}
