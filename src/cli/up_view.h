/*
 * What `pond up` shows of a task at work: on a terminal a picture that is
 * drawn over, in a pipe a line where something happened; then a table of
 * rounds and rewards, and the report.
 */
#ifndef POND_CLI_UP_VIEW_H
#define POND_CLI_UP_VIEW_H

#include "cli/command.h"
#include "node/network.h"

struct up_view {
    struct cli *cli;
    bool is_terminal;
    unsigned lines_drawn;
    uint64_t rounds_told; /* in a pipe: told of as paid */
    uint64_t round_told;
};

struct up_view up_view_make(struct cli *cli);

/* Draw or tell what is new. */
void up_view_show(struct up_view *view, const struct network_view *network);

/* Leave the picture standing and go on below it. */
void up_view_end(struct up_view *view);

/* Rounds and rewards, and what each node has at the end. */
void up_view_table(struct cli *cli, const struct network_view *network);

/* The report. Returns 0 if all that was checked holds, else ERR_STATE. */
int up_view_claims(struct cli *cli,
                   const struct network_claim claims[NETWORK_CLAIM_KINDS]);

#endif
