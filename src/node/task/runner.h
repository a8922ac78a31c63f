/*
 * One task on this node, as its parts see it: the state that they share, and
 * the few things that each of them does with it. task_runner.c makes it and
 * leads it; above this stand duties (duty.h), requests of the worker
 * (host_ask.h), and the parts that use those.
 *
 * One struct and many files, because a runner is one thing: whatever happens to
 * it may change what every part does next. What keeps the files apart is that
 * each has its own callbacks, and none calls into the middle of another: what a
 * part below has to report upward is an event.
 *
 * Thread: the loop's, for everything here. Work on the thread pool gets copies
 * and touches the store alone.
 */
#ifndef POND_NODE_TASK_RUNNER_H
#define POND_NODE_TASK_RUNNER_H

#include "base/json.h"
#include "net/http_client.h"
#include "node/money/journal.h"
#include "node/money/sender.h"
#include "node/money/signer.h"
#include "node/parts/node_parts.h"
#include "node/task/backoff.h"
#include "node/task/round_memory.h"
#include "node/task/task_log.h"
#include "node/task/task_view.h"
#include "runtime/host/host.h"
#include "runtime/host/memory.h"
#include "runtime/wire/rate.h"
#include "settlement/format/task_error.h"
#include "storage/store/store.h"

struct task_runner;

/* Calls into one worker at the same time: duties and requests to routes. */
#define RUNNER_CALLS_MAX 48

/*
 * A task's way, each step taken by task_start_advance() or the timer:
 *
 *     LOADING -> STAKING -> STARTING -> RUNNING -> BACKING_OFF -> STARTING ...
 *
 * STAKING is left out where the stake is there, and leads back to LOADING where
 * it failed. Whatever else can't go on is FAILED, which is not an end: the
 * state is read again, and the way begun anew. STOPPING is the end, from
 * anywhere. The order of the values counts: from STARTING on the node holds a
 * stake and looks after its rounds.
 */
enum runner_state {
    RUNNER_LOADING,     /* the task's state and code are being fetched */
    RUNNER_STAKING,     /* the stake is being placed */
    RUNNER_STARTING,    /* the worker loads */
    RUNNER_RUNNING,     /* rounds go on */
    RUNNER_BACKING_OFF, /* the worker ended and will be started again */
    RUNNER_FAILED,      /* can't run: error says why; looked at again later */
    RUNNER_STOPPING,
};

/* What is reported to the parts above. They are set once, by task_runner.c. */
struct runner_events {
    /* The task's state was asked for, and has come or not (status). */
    void (*view_came)(struct task_runner *runner, int status);
    /* The stake was placed, or could not be. */
    void (*stake_ended)(struct task_runner *runner);
};

/* How the task gets to its worker: its state, its code, and the next try
 * (task_start.c; the state is asked for by runner.c). */
struct runner_loader {
    char *executable;                         /* local main.js, or NULL */
    char *variables;                          /* JSON object */
    struct buffer source;                     /* main.js */
    bool engine_was_asked, engine_is_missing; /* task_engine.c */
    bool is_viewing;                          /* a state is being asked for */
    uint64_t view_wanted_slot;                /* ask again from this slot on */
    /* Of starts that failed in a row; 0 after one that did not. The next try is
     * not before load_after_ms of the monotonic clock. */
    struct backoff load_backoff;
    uint64_t load_pause_ms, load_after_ms;
    uv_timer_t timer; /* next try: of loading, or of the worker */
    bool timer_is_open;
};

/* Where the clock is, what was done and what is known of its rounds (duty.c and
 * what stands on it; slots and rounds are counted by task_runner.c). */
struct runner_rounds {
    uint64_t slot;
    uint64_t round; /* of the clock */
    bool has_round;
    /* Pins and journal entries of rounds that were over when this one began
     * have been ended. */
    uint64_t ended;
    bool has_ended;
    unsigned agreeing_views; /* in a row that gave the same windows */
    uint64_t active_until;   /* the last round in which the task was active */
    struct round_progress progress;
    struct round_memory records;
    bool has_listed; /* sent a list in round list_sent_in for list_sent_for */
    uint64_t list_sent_in;
    uint64_t list_sent_for;
    struct pubkey list_account; /* which holds this task's lists */
};

/* The place of the worker, which one after the other takes (task_start.c; calls
 * go through duty.c and task_status.c, answers through host_ask.c). */
struct runner_worker {
    struct host *process; /* NULL: none */
    bool is_ready;        /* calls may be made */
    unsigned visits;      /* requests to the task's routes under way */
    struct memory *memory;
    struct rate fetches;   /* task_fetch.c */
    struct rate questions; /* task_host.c: to the chain */
    /* What the worker's requests under way hold in the node's memory. */
    struct budget budget;
    struct backoff backoff;
    uint64_t started_ms;
    uint32_t restarts;
};

/* Stake and claims (task_money.c alone). */
struct runner_money {
    uint64_t stake_wanted;
    uint64_t stake_after_ms; /* not tried again before; monotonic clock */
    struct backoff stake_backoff;
    bool is_claiming;
    bool claim_wanted;
    bool is_noting; /* asking what the claim of that journal entry brought */
    int64_t noting;
};

/*
 * Invariants:
 *
 *  1. pending counts the callbacks that will still come, from the client, the
 *     sender, the worker's calls and the thread pool. The worker's own events
 *     are not counted: a runner waits for its worker to be NULL instead.
 *  2. worker.is_ready only while there is a worker and the state is RUNNING:
 *     then calls may be made.
 *  3. Of each of these there is one under way at most: a look at the state
 *     (is_viewing), a claim (is_claiming), a question about one (is_noting).
 *  4. slot only grows, but for task_runner_take_back(); round is the clock's at
 *     that slot, once has_round.
 *  5. worker.restarts is also the number of the worker: an answer to a request
 *     of an earlier one is dropped (struct host_ask).
 *  6. The timer waits for one thing at a time; it is open until runner_stop().
 */
struct task_runner {
    unsigned magic;
    const struct runner_events *events;
    const struct node_parts *parts;
    struct pubkey task;
    char task_text[BASE58_KEY_SIZE];
    enum runner_state state;
    char *error; /* the last thing that went wrong, or NULL */
    struct task_log *log;
    struct task_view view;
    bool has_told_address; /* that the stake's is another */

    struct runner_loader loader;
    struct runner_rounds rounds;
    struct runner_worker worker;
    struct runner_money money;

    bool is_forgotten;
    unsigned pending; /* callbacks still to come */
    void (*stopped)(void *user);
    void *stopped_user;
};

/* Every callback that will come to the runner is counted between these two.
 * runner_arrived() returns false when the runner is stopping: the callback
 * then does nothing more; the runner may be gone. */
void runner_depart(struct task_runner *runner);
bool runner_arrived(struct task_runner *runner);

/* A stopping runner goes when nothing of it is left. */
void runner_end_if_over(struct task_runner *runner);

/* Note what went wrong (err_text()), for the log and the status. */
void runner_complain(struct task_runner *runner, const char *what);

/* The same where it may be the same again: nothing if it is what the status
 * shows already. */
void runner_complain_if_new(struct task_runner *runner, const char *what);

/* The wall time a call into the worker may take that has this many slots. 5 s
 * to an hour: slots of a development network are too short for any JavaScript,
 * and nothing may hang for good. */
uint32_t runner_limit_ms(const struct task_runner *runner, uint64_t slots);

/* Take over an answer about the task's state (task_view_take()). Windows that
 * differ from those before make the runner forget all rounds. */
int runner_take_view(struct task_runner *runner,
                     const struct client_task *task);

/* All rounds are others than was believed: forget what is known of them, and
 * what was done. */
void runner_forget_rounds(struct task_runner *runner);

/* Ask for the task's state soon: something has changed it; and at once. */
void runner_want_view(struct task_runner *runner);
void runner_ask_view(struct task_runner *runner);

/* Begin and end of all that is below; the rest is task_runner.c's. A runner has
 * one handle on the loop, its timer, until runner_stop(). */
struct task_runner *runner_new(const struct node_parts *parts,
                               const struct node_task_options *options,
                               const struct runner_events *events);
void runner_stop(struct task_runner *runner, void (*stopped)(void *user),
                 void *user);

/* CHECKs that this is a runner. */
void runner_check(const struct task_runner *runner);

#endif
