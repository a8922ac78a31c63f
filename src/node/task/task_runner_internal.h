/*
 * What the parts of the task runner share: task_runner.c (life, memory of
 * rounds), task_start.c (from a task to its worker), task_money.c (stakes,
 * claims), task_duty.c (duties begun and ended, task() and submissions),
 * task_review.c (audits and votes), task_list.c, task_pay.c, task_host.c,
 * task_storage.c and task_fetch.c (the worker's requests), and task_status.c.
 * Nobody else includes this, but for task_host.h, which is theirs too.
 *
 * One struct and many files, because a runner is one thing: whatever happens to
 * it may change what every part does next. What keeps the files apart is that
 * each has its own callbacks, and none calls into the middle of another.
 *
 * Thread: the loop's, for everything here. Work on the thread pool gets copies
 * and touches the store alone.
 */
#ifndef POND_NODE_TASK_TASK_RUNNER_INTERNAL_H
#define POND_NODE_TASK_TASK_RUNNER_INTERNAL_H

#include "node/task/backoff.h"
#include "node/task/round_memory.h"
#include "node/task/task_log.h"
#include "node/task/task_runner.h"
#include "node/task/task_view.h"
#include "runtime/host/memory.h"
#include "runtime/host/worker.h"
#include "runtime/wire/rate.h"
#include "settlement/format/task_distribution_list.h"
#include "settlement/format/task_error.h"

/* Submissions checked by a node that nobody has accused yet, as Koii's
 * namespace wrapper does it. */
#define RUNNER_SAMPLE 5

/* Calls into one worker at the same time: duties and requests to routes. */
#define RUNNER_CALLS_MAX 48

/*
 * A task's way, each step taken by runner_advance() or the timer:
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

/*
 * Invariants:
 *
 *  1. pending counts the callbacks that will still come, from the client, the
 *     sender, the worker's calls and the thread pool. The worker's own events
 *     are not counted: a runner waits for its worker to be NULL instead.
 *  2. worker_is_ready only while there is a worker and the state is RUNNING:
 *     then calls may be made.
 *  3. Of each of these there is one under way at most: a look at the state
 *     (is_viewing), a claim (is_claiming), a question about one (is_noting).
 *  4. slot only grows; round is the clock's at that slot, once has_round.
 *  5. restarts is also the number of the worker: an answer to a request of an
 *     earlier one is dropped (struct host_ask).
 *  6. The timer waits for one thing at a time; it is open until
 *     task_runner_stop().
 */
struct task_runner {
    unsigned magic;
    const struct node_parts *parts;
    struct pubkey task;
    char task_text[BASE58_KEY_SIZE];
    uint64_t stake_wanted;
    uint64_t stake_after_ms; /* not tried again before; monotonic clock */
    struct backoff stake_backoff;
    char *executable; /* local main.js, or NULL */
    char *variables;  /* JSON object */
    enum runner_state state;
    char *error; /* the last thing that went wrong, or NULL */

    struct task_view view;
    bool has_told_address;     /* that the stake's is another */
    bool is_viewing;           /* a state is being asked for */
    uint64_t view_wanted_slot; /* ask again from this slot on */
    struct round_progress progress;
    struct round_memory memory_of_rounds;
    uint64_t slot;
    uint64_t round; /* of the clock */
    bool has_round;
    uint64_t active_until; /* the last round in which the task was active */
    bool has_listed; /* sent a list in round list_sent_in for list_sent_for */
    uint64_t list_sent_in;
    uint64_t list_sent_for;
    struct keypair list_key; /* of the account that holds this task's lists */

    struct buffer source; /* main.js */
    struct worker *worker;
    bool worker_is_ready;
    unsigned visits; /* requests to the task's routes under way */
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

/* The wall time a call into the worker may take that has this many slots. 5 s
 * to an hour: slots of a development network are too short for any JavaScript,
 * and nothing may hang for good. */
uint32_t runner_limit_ms(const struct task_runner *runner, uint64_t slots);

/* Take over an answer about the task's state (task_view_take()). Windows that
 * differ from those before make the runner forget all rounds. */
int runner_take_view(struct task_runner *runner,
                     const struct client_task *task);

/* Ask for the task's state soon: something has changed it; and at once. */
void runner_want_view(struct task_runner *runner);
void runner_ask_view(struct task_runner *runner);

/* ---- task_start.c ---- */

/* One step from loading to the worker's start; called again whenever something
 * has arrived, and by the timer where nothing will. */
void runner_advance(struct task_runner *runner);
void runner_on_timer(uv_timer_t *timer);

/* Once all rounds that an inactive task was worked for are over, its worker is
 * stopped. The state is then FAILED until the task is active again. Called when
 * the clock's round begins. */
void runner_rest_if_inactive(struct task_runner *runner, uint64_t round);

/* ---- task_money.c ---- */

/* Stake what is wanting; runner_advance() is called when that has ended. */
void runner_stake(struct task_runner *runner);

/* What was asked for is there, whoever brought it about: this runner's sending,
 * one that was taken up after a restart, or somebody before. The wish ends, in
 * the journal too. */
void runner_stake_done(struct task_runner *runner);

/* Claim if there is something to claim and the operator wants it. */
void runner_look_at_claims(struct task_runner *runner);

/* ---- task_duty.c: one duty under way ---- */

/*
 * From duty_start_all() to duty_end(), which frees it. A duty that the runner's
 * end overtakes is freed by the last of its own callbacks instead, without
 * duty_end(): the round clock goes with the runner.
 *
 * waiting is counted by the parts that may have several callbacks under way
 * (reviews and lists); the others have exactly one at any time.
 */
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

/* The duty is over; it is freed. pause_slots: for ROUND_AGAIN. Nothing of it
 * may be under way (CHECKed). */
void duty_end(struct duty *duty, enum round_result result,
              uint64_t pause_slots);

/* As duty_end() after an error: noted, and tried again. */
void duty_fail(struct duty *duty, const char *what);

/* The memory of the duty's round. A duty that the clock has left behind gets
 * one apart from it: what a late callback brings must neither clear nor change
 * what is known of a newer round. Valid until another duty asks. */
struct round_record *duty_record(const struct duty *duty);

/* Is the duty's window still open? By the newest slot this runner knows. */
bool duty_is_in_time(const struct duty *duty);

/* Which attempt at its distribution this is: the clock's rounds since r+2. */
uint32_t duty_attempt(const struct duty *duty);

/* Call the worker. Returns 0 (the callback comes with user), or ERR_*:
 * ERR_TIMEOUT once the window has passed. From 0 on the callback must begin
 * with runner_arrived(). */
int duty_call(struct duty *duty, const char *function, const char *args,
              worker_callback callback, void *user);

/* ---- the duties ----
 *
 * Each is given a duty just begun and ends it with duty_end() or duty_fail(),
 * perhaps before it returns. */

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

/* Only request is filled in; task_start.c adds the events of the worker's
 * life. */
extern const struct worker_host runner_host;

#endif
