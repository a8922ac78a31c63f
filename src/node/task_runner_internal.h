/*
 * What the parts of the task runner share: task_runner.c (life), task_start.c,
 * task_money.c (stakes, claims), task_duty.c (duties begun and ended),
 * task_submit.c, task_review.c (audits and votes), task_list.c, task_pay.c,
 * task_host.c (the worker's requests) and task_status.c. Nobody else includes
 * this.
 */
#ifndef POND_NODE_TASK_RUNNER_INTERNAL_H
#define POND_NODE_TASK_RUNNER_INTERNAL_H

#include "node/backoff.h"
#include "node/round.h"
#include "node/task_log.h"
#include "node/task_runner.h"
#include "node/task_view.h"
#include "runtime/memory.h"
#include "runtime/rate.h"
#include "runtime/worker.h"
#include "settlement/task_distribution_list.h"
#include "settlement/task_program.h"

/* Submissions of one round that a node keeps in mind: far above what a block
 * could have let in, and 60 MB at most. */
#define RUNNER_PEERS_MAX 100000

/* Submissions checked by a node that nobody has accused yet, as Koii's
 * namespace wrapper does it. */
#define RUNNER_SAMPLE 5

/* A verdict that could not be reached is tried this often. */
#define RUNNER_VERDICT_TRIES 3

enum runner_state {
    RUNNER_LOADING,     /* the task's state and code are being fetched */
    RUNNER_STAKING,     /* the stake is being placed */
    RUNNER_STARTING,    /* the worker loads */
    RUNNER_RUNNING,     /* rounds go on */
    RUNNER_BACKING_OFF, /* the worker ended and will be started again */
    RUNNER_FAILED,      /* can't run: error says why; looked at again later */
    RUNNER_STOPPING,
};

enum verdict_state {
    VERDICT_NONE,
    VERDICT_RUNNING,
    VERDICT_VALID,
    VERDICT_INVALID,
};

/* What this node thinks of one submission, or of one list. */
struct verdict {
    struct pubkey key; /* whose */
    enum verdict_state state;
    bool is_sampled; /* to be checked even if nobody accuses it */
    bool is_sent;    /* this node's vote is on chain */
    uint32_t tries;
};

struct verdicts {
    struct verdict *items;
    size_t count;
    bool is_sampled; /* the sample was drawn */
};

/* A submission as it stands on chain. */
struct peer {
    struct pubkey key;
    char *value;
    int64_t votes; /* 1 without an audit, else for - against */
};

/* What is remembered of one round. */
struct runner_round {
    uint64_t round_plus_one; /* 0: unused */
    struct peer *peers;      /* who submitted what; NULL: not read yet */
    size_t peer_count;
    struct verdicts submissions;
    struct verdicts lists;
    uint64_t list_round; /* the clock's round that lists and own list are of */
    char submission[TASK_SUBMISSION_SIZE + 1]; /* own, once on chain */
    bool is_accused;                           /* own submission */
    char *own_list; /* distribution() for this round: JSON; or NULL */
    enum client_payout payout;
    bool has_reward;
    int64_t reward;
};

struct task_runner {
    unsigned magic;
    const struct node_parts *parts;
    struct pubkey task;
    char task_text[BASE58_KEY_SIZE];
    uint64_t stake_wanted;
    char *executable; /* local main.js, or NULL */
    char *variables;  /* JSON object */
    enum runner_state state;
    char *error; /* the last thing that went wrong, or NULL */

    struct task_view view;
    bool is_viewing;           /* a state is being asked for */
    uint64_t view_wanted_slot; /* ask again from this slot on */
    struct round_progress progress;
    struct runner_round rounds[ROUND_KEPT];
    uint64_t slot;
    uint64_t round; /* of the clock */
    bool has_round;
    bool has_listed; /* sent a list in round list_sent_in for list_sent_for */
    uint64_t list_sent_in;
    uint64_t list_sent_for;

    struct buffer source; /* main.js */
    struct worker *worker;
    bool worker_is_ready;
    struct memory *memory;
    struct task_log *log;
    struct backoff backoff;
    struct rate fetches; /* task_fetch.c */
    uint64_t worker_started_ms;
    uint32_t restarts;
    uv_timer_t timer; /* next try: of loading, or of the worker */
    bool timer_is_open;

    bool is_claiming;
    bool claim_wanted;
    bool is_noting; /* asking what the claim of that journal entry brought */
    int64_t noting;
    bool is_collecting;
    bool is_forgotten;
    unsigned pending; /* callbacks still to come */
    void (*stopped)(void *user);
    void *stopped_user;
};

/* ---- task_runner.c ---- */

/* Every callback that will come to the runner is counted between these two.
 * runner_arrived() returns false when the runner is stopping: the callback
 * then does nothing more; the runner may be gone. */
void runner_depart(struct task_runner *runner);
bool runner_arrived(struct task_runner *runner);

/* A stopping runner goes when nothing of it is left. */
void runner_end_if_over(struct task_runner *runner);

/* Note what went wrong (err_text()), for the log and the status. */
void runner_complain(struct task_runner *runner, const char *what);

/* The memory of a round; made if it isn't there (an older one gives way). */
struct runner_round *runner_round(struct task_runner *runner, uint64_t round);
/* The same, or NULL. */
const struct runner_round *runner_round_of(const struct task_runner *runner,
                                           uint64_t round);

/* The wall time a call into the worker may take that has this many slots. */
uint32_t runner_limit_ms(const struct task_runner *runner, uint64_t slots);

/* Take the submissions of a round into its memory. */
void runner_note_peers(struct task_runner *runner,
                       const struct client_round *answer);

/* Ask for the task's state soon: something has changed it; and at once. */
void runner_want_view(struct task_runner *runner);
void runner_ask_view(struct task_runner *runner);

/* ---- task_start.c ---- */

/* One step from loading to the worker's start; called again whenever something
 * has arrived, and by the timer where nothing will. */
void runner_advance(struct task_runner *runner);
void runner_on_timer(uv_timer_t *timer);

/* ---- task_money.c ---- */

/* Stake what is wanting; runner_advance() is called when that has ended. */
void runner_stake(struct task_runner *runner);

/* Claim if there is something to claim and the operator wants it. */
void runner_look_at_claims(struct task_runner *runner);

/* ---- task_duty.c: one duty under way ---- */

struct duty {
    struct task_runner *runner;
    struct round_duty what;
    uint64_t begun_in; /* the clock's round */
    /* For the parts: */
    unsigned waiting;                /* calls, looks and sends under way */
    bool has_failed;                 /* one of them did not work */
    struct review *review;           /* task_review.c */
    struct listing *listing;         /* task_list.c */
    void (*next)(struct duty *duty); /* runner_make_list(): what comes then */
};

/* Start all that is due at the runner's slot. */
void duty_start_all(struct task_runner *runner);

/* The duty is over; it is freed. pause_slots: for ROUND_AGAIN. */
void duty_end(struct duty *duty, enum round_result result,
              uint64_t pause_slots);

/* As duty_end() after an error: noted, and tried again. */
void duty_fail(struct duty *duty, const char *what);

/* Is the duty's window still open? */
bool duty_is_in_time(const struct duty *duty);

/* Which attempt at its distribution this is: the clock's rounds since r+2. */
uint32_t duty_attempt(const struct duty *duty);

/* Call the worker. Returns 0 (the callback comes with user), or ERR_*. */
int duty_call(struct duty *duty, const char *function, const char *args,
              worker_callback callback, void *user);

/* ---- the duties ---- */

void duty_task(struct duty *duty);
void duty_submit(struct duty *duty);
void duty_review(struct duty *duty); /* audits and votes, both kinds */
void duty_review_free(struct duty *duty);
void duty_list(struct duty *duty);
void duty_list_free(struct duty *duty);
void duty_payout(struct duty *duty);

/* Compute this node's own list for the duty's round, or take the one there is,
 * then call next(duty). Without a list round->own_list stays NULL. */
void runner_make_list(struct duty *duty, void (*next)(struct duty *duty));

/* ---- task_host.c ---- */

extern const struct worker_host runner_host;

#endif
