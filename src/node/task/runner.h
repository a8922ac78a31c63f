/*
 * One task on this node, as its parts see it: what they share, and the few
 * things that each of them does with it. task_runner.c makes it and leads it;
 * above this stand duties (duty.h), requests of the worker (host_ask.h), and
 * the parts that use those.
 *
 * A runner leads four lives, each of which keeps its state to itself: the
 * loader (runner_loader.h), the rounds (runner_rounds.h), the worker's place
 * (runner_worker.h) and the money (task_money.h). The first three know nothing
 * of a runner. What they have in common is here: which task it is, what the
 * chain says of it, how far the runner has got, and who may still call back.
 *
 * Each file has its own callbacks, and none calls into the middle of another:
 * what a part below has to report upward is an event.
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
#include "node/owner/task_limit.h"
#include "node/parts/node_parts.h"
#include "node/task/registry.h"
#include "node/task/runner_loader.h"
#include "node/task/runner_rounds.h"
#include "node/task/runner_worker.h"
#include "node/task/task_log.h"
#include "node/task/task_view.h"
#include "settlement/format/task_error.h"
#include "storage/store/store.h"

struct task_runner;
struct task_money;    /* task_money.h */
struct koii_engine;   /* koii_engine.h */
struct task_needs;    /* task_conditions.h */
struct task_earnings; /* task_earnings.h */
struct task_more;     /* task_more.h */

/* Of task_leave.c: the stake is to be taken back. Zero: it is not. */
struct task_leave {
    bool is_wanted;
    bool is_withdrawing; /* the withdrawal is under way */
    uint64_t after_ms;   /* not tried again before; monotonic clock */
};

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
    /* The task's metadata has come, or can't be had. */
    void (*metadata_came)(struct task_runner *runner);
    /* The runner is about to be freed, and nothing else of it is left: what the
     * parts above have made goes now. */
    void (*ending)(struct task_runner *runner);
};

/*
 * Invariants:
 *
 *  1. pending counts the callbacks that will still come, from the client, the
 *     sender, the worker's calls and the thread pool. The worker's own events
 *     are not counted: a runner waits for the worker's place to be free
 *     instead.
 *  2. Calls into the worker are made in the state RUNNING only: the worker is
 *     ready from there on, and no longer when it is left.
 *  3. Of looks at the state one is under way at most (is_viewing).
 *  4. The clock of rounds is that of view, at the newest slot.
 *  5. The loader is open until runner_stop().
 */
struct task_runner {
    unsigned magic;
    const struct runner_events *events;
    const struct node_parts *parts;
    struct pubkey task;
    char task_text[BASE58_KEY_SIZE];
    enum runner_state state;
    char *error;        /* the last thing that went wrong, or NULL */
    bool is_error_over; /* with the next start: it says why there was none */
    /* Why it does not run; none while it does or nothing is in its way. */
    enum task_reason reason;
    /* Since when it has been so, to the node's tick; Unix. 0: not looked at. */
    uint64_t since_ms;
    enum runner_state noted_state;
    enum task_reason noted_reason;
    enum task_reason end_reason; /* of its process's last end by itself */
    struct task_log *log;
    struct task_view view;
    struct registry registry;  /* nodes that registered themselves here */
    bool has_reported_address; /* that the stake's is another */

    /* Which hold this task's lists: those sent in their own turn, and those
     * that are late (task_list.c). */
    struct pubkey list_account, late_list_account;

    /* By which key this node stakes, submits and votes in this task
     * (task_key.h). */
    struct pubkey own;
    bool has_own; /* that is settled */
    bool is_trusted;
    /* What the operator wants, and what the task runs on: pond or node
     * (task_engine.h). */
    enum node_engine engine_wanted, engine;
    struct task_rest rest; /* why it is let rest now */
    uint64_t rest_ms;      /* since when; monotonic */
    /* Its own limits; where one is not set, that of the node's options. */
    struct task_limits limits;
    /* Its part of what all tasks may take; 0: there is no such limit. The
     * smaller one holds. */
    uint32_t cpu_percent;
    uint64_t memory_bytes;
    /* Of its last process, and NULL before the first: which addresses it may
     * connect to, and the client for that, where it is not the node's. */
    const struct address_rule *network;
    struct http_client *http;
    uint64_t memory_limit_bytes; /* of its last process; 0: it had none */
    /* What that had not around it, though tasks are to have it: words that
     * follow "this machine has no "; NULL: nothing. */
    bool knows_walls;
    const char *wall_missing;
    uint64_t next_try_ms; /* in the state BACKING_OFF: until when; Unix */
    /* Rounds one after the other in which it ran and sent no proof, and the
     * first round that is not counted yet (task_notices.h). */
    uint64_t missed_in_row, missed_next;
    /* What it took of it lately, for the status. */
    uint32_t cpu_used_percent;
    bool has_cpu_used;
    /* Its process ends, because it is to begin again on the other engine. */
    bool is_changing_engine;
    /* Likewise, because its code is to be read again. */
    bool is_reloading;
    /* It ended with exit code 1, which says that it wants no restart. */
    bool is_halted;

    /* runner.c alone: */
    bool is_viewing;           /* a state is being asked for */
    uint64_t view_wanted_slot; /* ask again from this slot on */

    struct task_leave leave;

    struct runner_loader *loader;
    struct runner_rounds *rounds;
    struct runner_worker *worker;
    struct runner_memory *memory; /* what of the worker's lasts */
    struct task_money *money;     /* made and ended by the parts above */
    struct koii_engine *koii;     /* likewise; NULL until a task needs it */
    struct task_earnings *book;   /* likewise */
    struct task_more *more;       /* likewise; NULL until it was ordered */
    struct task_needs *needs; /* likewise; NULL until its metadata is known */

    unsigned pending; /* callbacks still to come */
    void (*stopped)(void *user);
    void *stopped_user;
};

/* Every callback that will come to the runner is counted between these two.
 * runner_arrived() returns false when the runner is stopping: the callback
 * then does nothing more; the runner may be gone. */
void runner_depart(struct task_runner *runner);
bool runner_arrived(struct task_runner *runner);

/* Call next(user) from the loop, later and once, also while the runner stops:
 * so the caller counts it with runner_depart(). */
void runner_later(struct task_runner *runner, void (*next)(void *user),
                  void *user);

/* A stopping runner goes when nothing of it is left. */
void runner_end_if_over(struct task_runner *runner);

/* Note what went wrong (err_text()), for the log and the status. */
void runner_complain(struct task_runner *runner, const char *what);

/* The same of a call into the task that gave no value: what it threw, or the
 * limit that it ran into, and where in the author's sources. what names the
 * call. */
void runner_complain_call(struct task_runner *runner, const char *what,
                          const struct host_result *result);

/* The same where it may be the same again: nothing if it is what the status
 * shows already. */
void runner_complain_if_new(struct task_runner *runner, const char *what);

/* The same of what keeps it from running, which is over when it begins
 * (runner_begins()). */
void runner_complain_bar(struct task_runner *runner, const char *what);
void runner_begins(struct task_runner *runner);

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

/* At a new slot: ask if that is wanted, or the last answer is old. */
void runner_renew_view(struct task_runner *runner);

/* A recipe for this task's program, which the main wallet pays for. The view
 * must be known. */
void runner_recipe(const struct task_runner *runner, struct recipe *out);

/* Begin and end of all that is below; the rest is task_runner.c's. */
struct task_runner *runner_new(const struct node_parts *parts,
                               const struct node_task_options *options,
                               const struct runner_events *events);
void runner_stop(struct task_runner *runner, void (*stopped)(void *user),
                 void *user);

/* The limits that hold. fallback: of memory, where neither the task nor the
 * options name one. disk 0: the engine's own. */
uint32_t runner_cpu_percent(const struct task_runner *runner);
uint64_t runner_memory_bytes(const struct task_runner *runner,
                             uint64_t fallback);
uint64_t runner_disk_bytes(const struct task_runner *runner);

/* What its process lacks (NULL: nothing) is known. */
void runner_note_walls(struct task_runner *runner, const char *missing);

/* A process begins: from now on it may reach what is set. No request of the one
 * before is under way. */
void runner_settle_network(struct task_runner *runner);
struct http_client *runner_http(const struct task_runner *runner);

/* CHECKs that this is a runner. */
void runner_check(const struct task_runner *runner);

#endif
