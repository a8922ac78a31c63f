/*
 * What `pond up` shows of a task at work: on a terminal a picture that is
 * drawn over, in a pipe a line where something happened; then a table of
 * rounds and rewards, and the report.
 *
 *     slot 283     round 3    rest        66/70    2 rounds paid
 *       node     state         stake  round 2     votes          earned balance
 *       node-1   running           4  yngtvvqqmi  unchallenged    6.666 102.658
 *       node-4   running        0.36  -           -                   0  95.991
 *
 * What keeps a node from running its task is reported once: above the picture,
 * as a line in a pipe, with --json as an object {"node", "state", "error"}.
 *
 * Everything shown comes from struct network_view. With --json the picture is
 * left out and the tables are objects, one a line; so it is with --quiet but
 * for the tables. Thread: the main one.
 */
#ifndef POND_CLI_UP_VIEW_H
#define POND_CLI_UP_VIEW_H

#include "cli/cli.h"
#include "devnet/network.h"

/* A plain value: nothing to free. lines_drawn is 0 in a pipe, and round_shown
 * and is_shown are zeros on a terminal. Rounds of a network's view keep their
 * places, so that is_shown can go by these. */
struct up_view {
    struct cli *cli;
    bool is_terminal;     /* draw; else print lines */
    unsigned lines_drawn; /* of the picture that stands there */
    uint64_t round_shown; /* in a pipe: one more than the last printed as begun;
                            0: none */
    bool is_shown[NETWORK_ROUNDS_MAX]; /* in a pipe: as paid */
    /* The last trouble reported of each node; "" if there was none. */
    char trouble_shown[NETWORK_NODES_MAX][NETWORK_ERROR_SIZE];
};

struct up_view up_view_make(struct cli *cli);

/* Draw or print what is new. Call it after each look at the network. */
void up_view_show(struct up_view *view, const struct network_view *network);

/* Leave the picture standing and go on below it. */
void up_view_end(struct up_view *view);

/* Rounds and rewards, and what each node has at the end. */
void up_view_table(struct cli *cli, const struct network_view *network);

/* The report: each check that applied, whether it holds, and the figures.
 * Returns 0 if all of them hold, else ERR_STATE. */
int up_view_claims(struct cli *cli,
                   const struct network_claim claims[NETWORK_CLAIM_KINDS]);

#endif
