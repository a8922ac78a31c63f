/*
 * An endpoint is judged by its last look, not by single answers, but for one
 * thing: whatever fails to answer is away at once.
 */
#include "client/endpoint_choice.h"

#include "base/check.h"

#include <stdio.h>
#include <string.h>

const char *endpoint_state_name(enum endpoint_state state)
{
    static const char *const names[] = {
        [ENDPOINT_UNKNOWN] = "unknown", [ENDPOINT_GOOD] = "good",
        [ENDPOINT_AWAY] = "away",       [ENDPOINT_BEHIND] = "behind",
        [ENDPOINT_OTHER] = "other",
    };

    return names[state];
}

void endpoint_choice_init(struct endpoint_choice *choice, size_t count)
{
    CHECK(count >= 1 && count <= ENDPOINTS_MAX);
    *choice = (struct endpoint_choice){.count = count};
}

static void set_genesis(char *out, const char *genesis)
{
    snprintf(out, ENDPOINT_GENESIS_SIZE, "%s", genesis);
}

void endpoint_choice_expect(struct endpoint_choice *choice, const char *genesis)
{
    set_genesis(choice->genesis, genesis);
}

/* Endpoints of this network that answer, whether or not they are behind. */
static bool is_there(const struct endpoint_seen *seen)
{
    return seen->state == ENDPOINT_GOOD || seen->state == ENDPOINT_BEHIND;
}

static uint64_t newest_slot(const struct endpoint_choice *choice)
{
    uint64_t first = 0, second = 0;
    size_t count = 0;

    for (size_t i = 0; i < choice->count; i++) {
        uint64_t slot = choice->seen[i].slot;

        if (!is_there(&choice->seen[i]))
            continue;
        count++;
        if (slot > first) {
            second = first;
            first = slot;
        } else if (slot > second) {
            second = slot;
        }
    }
    return count > 2 ? second : first;
}

static bool is_other(const struct endpoint_choice *choice, const char *genesis)
{
    return *choice->genesis && *genesis && strcmp(choice->genesis, genesis);
}

void endpoint_choice_saw(struct endpoint_choice *choice, size_t index,
                         const char *genesis, uint64_t slot, uint64_t now_ms)
{
    CHECK(index < choice->count);
    struct endpoint_seen *seen = &choice->seen[index];
    bool was_good = seen->state == ENDPOINT_GOOD;

    set_genesis(seen->genesis, genesis);
    seen->slot = slot;
    if (is_other(choice, genesis)) {
        seen->state = ENDPOINT_OTHER;
        return;
    }
    if (!is_there(seen))
        seen->state = ENDPOINT_GOOD;
    uint64_t newest = newest_slot(choice);
    if (newest > slot && newest - slot > ENDPOINT_BEHIND_SLOTS)
        seen->behind_looks++;
    else
        seen->behind_looks = 0;
    seen->state = seen->behind_looks >= 2 ? ENDPOINT_BEHIND : ENDPOINT_GOOD;
    if (!was_good)
        seen->good_since_ms = now_ms;
}

void endpoint_choice_lost(struct endpoint_choice *choice, size_t index)
{
    CHECK(index < choice->count);
    struct endpoint_seen *seen = &choice->seen[index];

    seen->state = ENDPOINT_AWAY;
    seen->behind_looks = 0;
}

/* The network is that of the first endpoint that is chosen. */
static void take_genesis(struct endpoint_choice *choice)
{
    if (*choice->genesis)
        return;
    set_genesis(choice->genesis, choice->seen[choice->current].genesis);
    for (size_t i = 0; i < choice->count; i++)
        if (is_there(&choice->seen[i]) &&
            is_other(choice, choice->seen[i].genesis))
            choice->seen[i].state = ENDPOINT_OTHER;
}

static bool is_steady(const struct endpoint_seen *seen, uint64_t now_ms)
{
    return seen->state == ENDPOINT_GOOD &&
           now_ms >= seen->good_since_ms + ENDPOINT_STEADY_MS;
}

bool endpoint_choice_decide(struct endpoint_choice *choice, bool is_over,
                            uint64_t now_ms)
{
    size_t before = choice->current;
    bool is_good = endpoint_choice_is_good(choice);

    for (size_t i = 0; i < choice->count; i++) {
        const struct endpoint_seen *seen = &choice->seen[i];

        if (is_good && i == choice->current)
            break;
        if (!is_good && !is_over && seen->state == ENDPOINT_UNKNOWN)
            break;
        if (is_good ? is_steady(seen, now_ms) : seen->state == ENDPOINT_GOOD) {
            choice->current = i;
            break;
        }
    }
    if (endpoint_choice_is_good(choice))
        take_genesis(choice);
    return choice->current != before;
}

size_t endpoint_choice_after(const struct endpoint_choice *choice, size_t index)
{
    for (size_t i = 1; i < choice->count; i++) {
        size_t next = (index + i) % choice->count;

        if (choice->seen[next].state == ENDPOINT_GOOD)
            return next;
    }
    return index;
}

bool endpoint_choice_is_good(const struct endpoint_choice *choice)
{
    return choice->seen[choice->current].state == ENDPOINT_GOOD;
}
