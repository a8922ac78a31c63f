/*
 * Which of several endpoints a client uses. All of them are looked at: does it
 * answer, of which network is it, how far is it? The first in the order of
 * preference that is good is used; where it stops being good, the next one
 * that is, and the preferred one again when it has been good for a while.
 *
 * Trust: the operator names the endpoints. One that is of another network is
 * never used, because a transaction made there is one there. Which slot is the
 * newest is the word of the most advanced one; of three or more, of the second
 * one, so that a single one can't make all others look behind.
 *
 * Pure: times and answers are arguments. Thread: one.
 */
#ifndef POND_CLIENT_ENDPOINT_CHOICE_H
#define POND_CLIENT_ENDPOINT_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENDPOINTS_MAX 8

/* With the NUL; base58 of a hash. */
#define ENDPOINT_GENESIS_SIZE 64

/* In slots: this far behind is a minute of Solana's, and as long as a blockhash
 * lives. Nodes of one endpoint differ by less. */
#define ENDPOINT_BEHIND_SLOTS 150

/* How long a preferred endpoint has to be good before it is used again: one
 * that comes and goes would have everything move with it. */
#define ENDPOINT_STEADY_MS 10000

enum endpoint_state {
    ENDPOINT_UNKNOWN, /* no look has ended */
    ENDPOINT_GOOD,
    ENDPOINT_AWAY,   /* does not answer */
    ENDPOINT_BEHIND, /* so at two looks in a row */
    ENDPOINT_OTHER,  /* of another network */
};

/* For people and JSON: "good", "away", … */
const char *endpoint_state_name(enum endpoint_state state);

/*
 * Invariants:
 *
 * 1. current < count, and count ≥ 1.
 * 2. genesis is "" until an endpoint was chosen by its answer, or the owner has
 *    said which one counts; then it stays.
 * 3. A current endpoint that is not good is used only where none is.
 */
struct endpoint_choice {
    size_t count;
    size_t current;
    char genesis[ENDPOINT_GENESIS_SIZE];
    struct endpoint_seen {
        enum endpoint_state state;
        char genesis[ENDPOINT_GENESIS_SIZE]; /* "": it does not say */
        uint64_t slot;                       /* at the last look */
        uint64_t good_since_ms;
        unsigned behind_looks; /* in a row */
    } seen[ENDPOINTS_MAX];
};

void endpoint_choice_init(struct endpoint_choice *choice, size_t count);

/* Only endpoints of this network count. Before the first look. */
void endpoint_choice_expect(struct endpoint_choice *choice,
                            const char *genesis);

/* A look at one has ended: it is of this network ("": it does not know the
 * question, and is believed) and at this slot. */
void endpoint_choice_saw(struct endpoint_choice *choice, size_t index,
                         const char *genesis, uint64_t slot, uint64_t now_ms);

/* It did not answer: to a look, or to anything else. */
void endpoint_choice_lost(struct endpoint_choice *choice, size_t index);

/* Choose by what is known now; true if current is another one than before.
 * is_over: every endpoint has been looked at since the last choice, so that
 * nobody preferred is still to be waited for. */
bool endpoint_choice_decide(struct endpoint_choice *choice, bool is_over,
                            uint64_t now_ms);

/* The good one after this one, in turn; itself where there is no other. */
size_t endpoint_choice_after(const struct endpoint_choice *choice,
                             size_t index);

bool endpoint_choice_is_good(const struct endpoint_choice *choice);

#endif
