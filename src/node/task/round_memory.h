/*
 * What a node remembers of the rounds of one task: who submitted what, what it
 * thinks of it, its own list, and how the round ended.
 *
 * Nothing of it is needed for safety. What was done stands on chain and in the
 * journal, and a node that was restarted in the middle of a round reads it
 * again. The memory is a ring over the rounds, like the round clock's, so it
 * can't grow with the life of a task.
 *
 * Pure: nothing is asked here. Thread: one, that of the task's runner.
 */
#ifndef POND_NODE_TASK_ROUND_MEMORY_H
#define POND_NODE_TASK_ROUND_MEMORY_H

#include "client/client.h"
#include "node/task/round.h"
#include "settlement/format/task_instruction.h"

/* Submissions of one round that a node keeps in mind: far above what a block
 * could have let in, and 60 MB at most. */
#define ROUND_PEERS_MAX 100000

/* A verdict that could not be reached is tried this often. */
#define VERDICT_TRIES 3

/* NONE: not looked at, or tried in vain. RUNNING: a duty waits for it, and
 * another duty of the same round must not begin it a second time. */
enum verdict_state {
    VERDICT_NONE,
    VERDICT_RUNNING,
    VERDICT_VALID,
    VERDICT_INVALID,
};

/* What this node thinks of one submission, or of one list. Kept for the round
 * and not for the duty: the audit reaches it, and the votes that come later use
 * it. tries counts answers, known or not; at VERDICT_TRIES it is given up. */
struct verdict {
    struct pubkey key; /* whose */
    enum verdict_state state;
    bool is_sampled; /* to be checked even if it is not accused */
    bool is_sent;    /* this node's vote is on chain */
    uint32_t tries;
};

/* One for every submission or list that a duty has asked about, in ascending
 * order of key. Zero is empty. */
struct verdicts {
    struct verdict *items;
    size_t count;
    bool is_sampled; /* the sample was drawn */
};

/* The verdict on a key; made if there is none. Valid until the next call. Costs
 * a search in what is there; a move of all that follow where it is made. */
struct verdict *verdicts_on(struct verdicts *verdicts,
                            const struct pubkey *key);

/* Make the verdicts on all entries at once (in ascending order of key, as they
 * come): one pass, however many there are. Those that are there stay. */
void verdicts_make_room(struct verdicts *verdicts,
                        const struct client_round *round);

/* "none", "successful", "failed". */
const char *round_payout_name(enum client_payout payout);

/* A submission as it stands on chain. value is owned. */
struct peer {
    struct pubkey key;
    char *value;
    int64_t votes; /* 1 without an audit, else for - against */
};

/*
 * One round. Invariants:
 *
 *  1. lists and own_list are of the clock's round list_round; when that has
 *     passed they are dropped, because a list made again may differ.
 *  2. submission, is_accused and votes_against say what the chain said when
 *     peers were last read; reward is unknown until has_reward.
 */
struct round_record {
    uint64_t round_plus_one; /* 0: unused */
    struct peer *peers;      /* who submitted what; NULL: not read yet */
    size_t peer_count;
    struct verdicts submissions;
    struct verdicts lists;
    uint64_t list_round; /* the clock's round that lists and own list are of */
    char submission[TASK_SUBMISSION_SIZE + 1]; /* own, once on chain */
    bool is_accused;                           /* own submission */
    size_t votes_against; /* it, if it is accused; the accuser's among them */
    char *own_list;       /* distribution() for this round: JSON; or NULL */
    enum client_payout payout;
    bool has_reward;
    int64_t reward;
    bool was_running; /* the task, in a slot in which its proof was taken */
    bool is_written;  /* how it ended, in the journal (task_rounds.h) */
};

/* From the clock's round now on lists are of that round: what is older goes.
 * Called before lists are made and before they are looked at, because either
 * may come first in a round of the clock. */
void round_record_begin_lists(struct round_record *record, uint64_t now);

/*
 * Invariants:
 *
 *  1. records[i] is unused, or of a round r with r % ROUND_KEPT == i.
 *  2. A place goes to a newer round only. What a late callback still says of an
 *     older one goes to late, which only such callbacks read.
 */
struct round_memory {
    struct round_record records[ROUND_KEPT];
    struct round_record late;
};

/* The record of a round, made if it isn't there: an older round gives way, a
 * newer one never does. Valid until the next call for another round. */
struct round_record *round_memory_get(struct round_memory *memory,
                                      uint64_t round);

/* A record apart from that of the round, for what comes too late and must not
 * change it: now is the round of the clock that it is of. Valid until the next
 * call. */
struct round_record *round_memory_late(struct round_memory *memory,
                                       uint64_t round, uint64_t now);

/* The same; NULL where the round is not remembered. */
const struct round_record *round_memory_find(const struct round_memory *memory,
                                             uint64_t round);

/* Take the submissions of a round into its record: at most ROUND_PEERS_MAX.
 * What pointed into the old ones is invalid then. own: this node's staking key.
 */
void round_memory_note_peers(struct round_memory *memory,
                             const struct client_round *answer,
                             const struct pubkey *own);

/* Forget everything, and free it. */
void round_memory_clear(struct round_memory *memory);

#endif
