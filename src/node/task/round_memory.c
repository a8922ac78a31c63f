/*
 * Verdicts are kept in order of key and not in a map: entries come in that
 * order, so all that are missing are put in by one merge, and a search is a
 * binary one. A list of a hundred thousand submissions costs a few milliseconds
 * so, where a search from the front would cost minutes.
 */
#include "node/task/round_memory.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- verdicts ---- */

/* The order of the client's entries. */
static int compare(const struct pubkey *a, const struct pubkey *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/* The place of a key, or where it would be put. */
static size_t place_of(const struct verdicts *verdicts,
                       const struct pubkey *key)
{
    size_t from = 0, until = verdicts->count;

    while (from < until) {
        size_t middle = from + (until - from) / 2;

        if (compare(&verdicts->items[middle].key, key) < 0)
            from = middle + 1;
        else
            until = middle;
    }
    return from;
}

struct verdict *verdicts_on(struct verdicts *verdicts, const struct pubkey *key)
{
    size_t place = place_of(verdicts, key);

    if (place < verdicts->count &&
        compare(&verdicts->items[place].key, key) == 0)
        return &verdicts->items[place];
    verdicts->items = mem_resize(verdicts->items, (verdicts->count + 1) *
                                                      sizeof(*verdicts->items));
    struct verdict *at = &verdicts->items[place];
    memmove(at + 1, at, (verdicts->count - place) * sizeof(*at));
    verdicts->count++;
    *at = (struct verdict){.key = *key};
    return at;
}

/* A merge of two lists in order. An endpoint's keys are different from each
 * other; where two were alike the second is left out. */
void verdicts_make_room(struct verdicts *verdicts,
                        const struct client_round *round)
{
    size_t total = verdicts->count + round->entry_count, old = 0, count = 0;
    struct verdict *merged = mem_alloc((total + 1) * sizeof(*merged));

    for (size_t i = 0; i < round->entry_count; i++) {
        const struct pubkey *key = &round->entries[i].key;

        while (old < verdicts->count &&
               compare(&verdicts->items[old].key, key) <= 0)
            merged[count++] = verdicts->items[old++];
        if (!count || compare(&merged[count - 1].key, key) < 0)
            merged[count++] = (struct verdict){.key = *key};
    }
    while (old < verdicts->count)
        merged[count++] = verdicts->items[old++];
    free(verdicts->items);
    verdicts->items = merged;
    verdicts->count = count;
}

static void verdicts_free(struct verdicts *verdicts)
{
    free(verdicts->items);
    memset(verdicts, 0, sizeof(*verdicts));
}

/* ---- one round ---- */

const char *round_payout_name(enum client_payout payout)
{
    static const char *const names[] = {
        [CLIENT_PAYOUT_NONE] = "none",
        [CLIENT_PAYOUT_SUCCESSFUL] = "successful",
        [CLIENT_PAYOUT_FAILED] = "failed",
    };

    CHECK((size_t)payout < sizeof(names) / sizeof(*names));
    return names[payout];
}

static void free_peers(struct round_record *record)
{
    for (size_t i = 0; i < record->peer_count; i++)
        free(record->peers[i].value);
    free(record->peers);
    record->peers = NULL;
    record->peer_count = 0;
}

/* The place is then as good as never used. */
static void record_clear(struct round_record *record)
{
    free_peers(record);
    free(record->own_list);
    verdicts_free(&record->submissions);
    verdicts_free(&record->lists);
    memset(record, 0, sizeof(*record));
}

void round_record_begin_lists(struct round_record *record, uint64_t now)
{
    if (record->list_round == now)
        return;
    record->list_round = now;
    verdicts_free(&record->lists);
    free(record->own_list);
    record->own_list = NULL;
}

/* As the task manager counts: 1 where there is no accusation. distribution() is
 * handed this figure. */
static int64_t tally(const struct client_entry *entry)
{
    int64_t votes = 0;

    if (!entry->is_audited)
        return 1;
    for (size_t i = 0; i < entry->vote_count; i++)
        votes += entry->votes[i].is_valid ? 1 : -1;
    return votes;
}

static size_t votes_against(const struct client_entry *entry)
{
    size_t count = 0;

    for (size_t i = 0; i < entry->vote_count; i++)
        count += !entry->votes[i].is_valid;
    return count;
}

/* ---- all of them ---- */

/* One for all that are late, because nothing reads it after they have ended:
 * the next one clears it. */
struct round_record *round_memory_late(struct round_memory *memory,
                                       uint64_t round, uint64_t now)
{
    struct round_record *late = &memory->late;

    if (late->round_plus_one != round + 1 || late->list_round != now) {
        record_clear(late);
        late->round_plus_one = round + 1;
        late->list_round = now;
    }
    return late;
}

/* Rounds share places as in the round clock: ROUND_KEPT apart. */
struct round_record *round_memory_get(struct round_memory *memory,
                                      uint64_t round)
{
    struct round_record *record = &memory->records[round % ROUND_KEPT];

    if (record->round_plus_one > round + 1)
        return round_memory_late(memory, round, 0);
    if (record->round_plus_one != round + 1) {
        record_clear(record);
        record->round_plus_one = round + 1;
    }
    return record;
}

const struct round_record *round_memory_find(const struct round_memory *memory,
                                             uint64_t round)
{
    const struct round_record *record = &memory->records[round % ROUND_KEPT];

    return record->round_plus_one == round + 1 ? record : NULL;
}

/* Replaced as a whole: votes of a round change until its window closes. */
void round_memory_note_peers(struct round_memory *memory,
                             const struct client_round *answer,
                             const struct pubkey *own)
{
    struct round_record *record = round_memory_get(memory, answer->round);
    size_t count = answer->entry_count;

    if (count > ROUND_PEERS_MAX)
        count = ROUND_PEERS_MAX;
    free_peers(record);
    record->peers = mem_alloc((count + 1) * sizeof(*record->peers));
    record->peer_count = count;
    for (size_t i = 0; i < count; i++) {
        const struct client_entry *entry = &answer->entries[i];

        record->peers[i] = (struct peer){.key = entry->key,
                                         .value = mem_text(entry->value),
                                         .votes = tally(entry)};
        if (pubkey_equal(&entry->key, own)) {
            record->is_accused = entry->is_audited;
            record->votes_against = votes_against(entry);
            snprintf(record->submission, sizeof(record->submission), "%s",
                     entry->value);
        }
    }
}

void round_memory_clear(struct round_memory *memory)
{
    for (size_t i = 0; i < ROUND_KEPT; i++)
        record_clear(&memory->records[i]);
    record_clear(&memory->late);
}
