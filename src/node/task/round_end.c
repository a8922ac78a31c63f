#include "node/task/round_end.h"

#include "base/memory.h"
#include "crypto/hash.h"

#include <stdio.h>
#include <stdlib.h>

struct round_end *round_end_new(struct task_runner *runner, uint64_t round)
{
    struct round_end *end = mem_zero(1, sizeof(*end));

    end->runner = runner;
    end->round = round;
    return end;
}

void round_end_free(struct round_end *end)
{
    free(end);
}

int64_t round_end_tally(const struct client_entry *entry)
{
    int64_t votes = 0;

    for (size_t i = 0; i < entry->vote_count; i++)
        votes += entry->votes[i].is_valid ? 1 : -1;
    return votes;
}

/* about: whose list or proof; slot tells apart those of several attempts. */
static void add_penalty(struct round_end *end, enum round_penalty_kind kind,
                        const char *what, const struct pubkey *about,
                        uint64_t slot)
{
    uint8_t number[8];

    if (end->penalty_count == ROUND_END_PENALTIES_MAX)
        return;
    struct round_penalty *penalty = &end->penalties[end->penalty_count++];

    u64le_write(number, slot);
    const struct bytes pieces[] = {bytes_text(what), pubkey_bytes(about),
                                   bytes_make(number, sizeof(number))};
    penalty->kind = kind;
    hash_sha256_pieces(pieces, 3, &penalty->reference);
}

/* Is it this node's accusation, and refuted? */
static bool is_refuted(const struct round_end *end,
                       const struct client_entry *entry)
{
    return entry->is_audited && round_end_tally(entry) > 0 &&
           pubkey_equal(&entry->trigger_by, &end->runner->own);
}

void round_end_take_lists(struct round_end *end,
                          const struct client_round *lists,
                          const struct client_entry *by)
{
    const struct pubkey *own = &end->runner->own;

    end->has_list = by != NULL;
    if (by)
        end->list_by = by->key;
    for (size_t i = 0; i < lists->entry_count; i++) {
        const struct client_entry *entry = &lists->entries[i];

        if (pubkey_equal(&entry->key, own) && entry->is_audited &&
            round_end_tally(entry) < 0)
            add_penalty(end, PENALTY_OWN_LIST, "list", own, entry->slot);
        if (is_refuted(end, entry))
            add_penalty(end, PENALTY_ACCUSATION, "accused list", &entry->key,
                        entry->trigger_slot);
    }
}

static void take_own(struct round_end *end, const struct client_entry *entry)
{
    snprintf(end->proof, sizeof(end->proof), "%s", entry->value);
    end->is_accused = entry->is_audited;
    end->accuser = entry->trigger_by;
    end->accused_slot = entry->trigger_slot;
    for (size_t i = 0;
         i < entry->vote_count && end->vote_count < ROUND_END_VOTES_MAX; i++)
        end->votes[end->vote_count++] =
            (struct round_vote){.key = entry->votes[i].voter,
                                .is_valid = entry->votes[i].is_valid,
                                .slot = entry->votes[i].slot};
}

void round_end_take_proofs(struct round_end *end,
                           const struct client_round *proofs)
{
    for (size_t i = 0; i < proofs->entry_count; i++) {
        const struct client_entry *entry = &proofs->entries[i];

        if (pubkey_equal(&entry->key, &end->runner->own))
            take_own(end, entry);
        else if (is_refuted(end, entry))
            add_penalty(end, PENALTY_ACCUSATION, "accused proof", &entry->key,
                        entry->trigger_slot);
    }
}

void round_end_take_list(struct round_end *end,
                         const struct task_list_entry *entries, size_t count)
{
    end->has_read = true;
    for (size_t i = 0; i < count; i++) {
        /* An endpoint may show any amounts. */
        if (entries[i].amount > 0 &&
            __builtin_add_overflow(end->sum, entries[i].amount, &end->sum))
            end->sum = INT64_MAX;
        if (!pubkey_equal(&entries[i].key, &end->runner->own))
            continue;
        end->has_mine = true;
        end->mine = entries[i].amount;
    }
}
