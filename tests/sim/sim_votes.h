/*
 * What honest validators of a simulated network signed: nobody honest gives two
 * votes that contradict each other, in whatever lives of its process.
 */
#ifndef POND_TESTS_SIM_SIM_VOTES_H
#define POND_TESTS_SIM_SIM_VOTES_H

#include "consensus/vote.h"

struct sim_votes;

/* Of so many validators; votes of the newest slots alone are remembered. */
struct sim_votes *sim_votes_new(size_t validators, size_t slots);
void sim_votes_free(struct sim_votes *votes);

/* What a vote is to those that its validator gave before. */
enum sim_vote_news {
    SIM_VOTE_SECOND = 1,         /* of that kind and slot, for another block */
    SIM_VOTE_CONTRADICTS = 2,    /* finalizes what was given up, or reverse */
    SIM_VOTE_AFTER_GIVEN_UP = 4, /* the first notarize vote, after nullify */
    SIM_VOTE_GIVES_UP = 8,       /* nullify, after notarize */
};
/* Returns bits. */
unsigned sim_votes_take(struct sim_votes *votes, const struct vote *vote);

#endif
