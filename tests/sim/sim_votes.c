#include "sim_votes.h"

#include "base/memory.h"
#include "consensus/validator_set.h"

#include <stdlib.h>

/* Of one validator and window. */
struct book {
    uint64_t window;
    uint8_t notarized, finalized;
    unsigned given_up; /* the lowest place; WINDOW_SLOTS: none */
    struct hash notarize[WINDOW_SLOTS], finalize[WINDOW_SLOTS];
};

struct sim_votes {
    size_t windows;
    struct book *books; /* [validator][windows] */
};

struct sim_votes *sim_votes_new(size_t validators, size_t slots)
{
    struct sim_votes *votes = mem_zero(1, sizeof(*votes));

    votes->windows = slots / WINDOW_SLOTS;
    votes->books = mem_zero(validators * votes->windows, sizeof(*votes->books));
    for (size_t i = 0; i < validators * votes->windows; i++)
        votes->books[i].given_up = WINDOW_SLOTS;
    return votes;
}

void sim_votes_free(struct sim_votes *votes)
{
    free(votes->books);
    free(votes);
}

static struct book *book_of(struct sim_votes *votes, const struct vote *vote)
{
    uint64_t window = window_of(vote->slot);
    struct book *book = &votes->books[vote->validator * votes->windows +
                                      window % votes->windows];

    if (book->window != window)
        *book = (struct book){.window = window, .given_up = WINDOW_SLOTS};
    return book;
}

/* Once a slot. */
static unsigned take_value(const struct vote *vote, uint8_t *places,
                           struct hash *values)
{
    unsigned place = window_place(vote->slot);
    bool is_second =
        *places >> place & 1 && !hash_equal(&values[place], &vote->value);

    *places |= (uint8_t)(1u << place);
    values[place] = vote->value;
    return is_second ? SIM_VOTE_SECOND : 0;
}

unsigned sim_votes_take(struct sim_votes *votes, const struct vote *vote)
{
    struct book *book = book_of(votes, vote);
    unsigned place = window_place(vote->slot);
    bool was_notarized = book->notarized >> place & 1;
    bool was_given_up = book->given_up <= place;

    if (vote->kind == VOTE_NOTARIZE)
        return take_value(vote, &book->notarized, book->notarize) |
               (!was_notarized && was_given_up ? SIM_VOTE_AFTER_GIVEN_UP : 0);
    if (vote->kind == VOTE_FINALIZE)
        return take_value(vote, &book->finalized, book->finalize) |
               (was_given_up ? SIM_VOTE_CONTRADICTS : 0);
    if (place < book->given_up)
        book->given_up = place;
    return (book->finalized >> place ? SIM_VOTE_CONTRADICTS : 0) |
           (was_notarized ? SIM_VOTE_GIVES_UP : 0);
}
