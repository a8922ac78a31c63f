/*
 * How a round ended for this node, as it is read step by step from the chain:
 * its lists, its proofs, and the list that was carried out.
 *
 * A penalty is the chain's rule: for each own list that was voted down, and for
 * each own accusation that was refuted by more votes for than against
 * (docs/settlement.md, "Payout").
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_TASK_ROUND_END_H
#define POND_NODE_TASK_ROUND_END_H

#include "client/client.h"
#include "node/task/runner.h"
#include "settlement/format/task_distribution_list.h"

/* Of one round, the most that is kept of each. */
#define ROUND_END_VOTES_MAX 256
#define ROUND_END_PENALTIES_MAX 16

enum round_penalty_kind { PENALTY_ACCUSATION, PENALTY_OWN_LIST };

/* What tells one from the others of a round. */
struct round_penalty {
    enum round_penalty_kind kind;
    struct hash reference;
};

struct round_vote {
    struct pubkey key;
    bool is_valid;
    uint64_t slot;
};

struct round_end {
    struct task_runner *runner;
    uint64_t round;
    char proof[TASK_SUBMISSION_SIZE + 1]; /* "": none */
    bool is_accused;
    struct pubkey accuser;
    uint64_t accused_slot;
    struct round_vote votes[ROUND_END_VOTES_MAX]; /* on it */
    size_t vote_count;
    struct round_penalty penalties[ROUND_END_PENALTIES_MAX];
    size_t penalty_count;
    bool has_list, has_read; /* one counts; and it was read */
    struct pubkey list_by;
    bool has_mine; /* a line of this node's */
    int64_t mine, sum;
};

/* The program's tally of a proof or a list: votes for it minus those against,
 * the accuser's among them. Unlike the one for distribution()
 * (round_memory_note_peers()), which counts 1 where there is no accusation. */
int64_t round_end_tally(const struct client_entry *entry);

struct round_end *round_end_new(struct task_runner *runner, uint64_t round);
void round_end_free(struct round_end *end); /* NULL is allowed */

/* The round's lists, once it is paid: own ones that were voted down, and
 * accusations of lists that were refuted. by: whose list counts; NULL: none. */
void round_end_take_lists(struct round_end *end,
                          const struct client_round *lists,
                          const struct client_entry *by);
/* Its submissions: the own one, and what was said of it. */
void round_end_take_proofs(struct round_end *end,
                           const struct client_round *proofs);
/* The list that was carried out: what it gives this node, and all. The sum ends
 * at INT64_MAX. */
void round_end_take_list(struct round_end *end,
                         const struct task_list_entry *entries, size_t count);

#endif
