/*
 * One duty under way: how it ends, what it may know, and its calls into the
 * task. What the single duties do stands above (task_duty.c and what that
 * uses).
 */
#ifndef POND_NODE_TASK_DUTY_H
#define POND_NODE_TASK_DUTY_H

#include "node/task/host_ask.h"

/*
 * From task_duty_start_all() to duty_end(), which frees it. A duty that the
 * runner's end overtakes is freed by the last of its own callbacks instead,
 * without duty_end(): the round clock goes with the runner.
 *
 * waiting is counted by the parts that may have several callbacks under way
 * (reviews and lists); the others have exactly one at any time.
 */
struct duty {
    struct task_runner *runner;
    struct round_duty what;
    uint64_t begun_in; /* the clock's round */
    /* For the parts: */
    unsigned waiting;        /* calls, looks and sends under way */
    bool has_failed;         /* one of them did not work */
    struct review *review;   /* task_verdict.h */
    struct listing *listing; /* task_list.c */
    struct round_end *end;   /* task_pay.c, likewise: */
    struct pubkey paid_list; /* its account, if has_paid_list */
    bool has_paid_list;
    char *proof;                          /* owned; task_duty.c: what is sent */
    void (*free_part)(struct duty *duty); /* that one; NULL: it has none */
    void (*next)(struct duty *duty);      /* list_make(): what comes then */
    /* An errand: done because the task asks for it over HTTP, and not because
     * the round clock says so. The clock does not hear of its end; done does,
     * and answers the ask. NULL: a duty of the clock's. */
    void (*done)(struct duty *duty, enum round_result result);
    struct host_ask *ask; /* the errand's; goes with the duty */
};

/* The duty is over; it is freed. pause_slots: for ROUND_AGAIN. Nothing of it
 * may be under way (CHECKed). */
void duty_end(struct duty *duty, enum round_result result,
              uint64_t pause_slots);

/* As duty_end() after an error: noted, and tried again. */
void duty_fail(struct duty *duty, const char *what);

/* A call into the task gave no value: noted with its round
 * (runner_complain_call()). function: "task()". */
void duty_complain_call(struct duty *duty, const char *function,
                        const struct host_result *result);

/* The memory of the duty's round. A duty that the clock has left behind gets
 * one apart from it: what a late callback brings must neither clear nor change
 * what is known of a newer round. Valid until another duty asks. */
struct round_record *duty_record(const struct duty *duty);

/* Take the submissions of the duty's round into its record; a duty of a round
 * that the clock has not come to after all (task_runner_take_back()) leaves
 * what is known as it is. */
void duty_note_peers(struct duty *duty, const struct client_round *answer);

/* Has this node voted on a submission or list, in whatever life? The accuser's
 * vote counts. The journal would know it, too, but the chain also knows what
 * was sent with another journal. */
bool duty_has_voted(const struct duty *duty, const struct client_entry *entry);

/* For ROUND_AGAIN, in slots: something of an earlier life is under way, and
 * ends by itself; the chain's next word on it comes with one of the next. */
#define DUTY_BUSY_PAUSE_SLOTS 2

/* Is the duty's window still open? By the newest slot this runner knows. */
bool duty_is_in_time(const struct duty *duty);

/* Which attempt at its distribution this is: the clock's rounds since r+2. */
uint32_t duty_attempt(const struct duty *duty);

/* An errand of the task: until_slot in what is its window's end. */
struct duty *duty_errand(struct host_ask *ask, const struct round_duty *what,
                         void (*done)(struct duty *duty,
                                      enum round_result result));

/* Go on with next(duty) from the loop, later. So nothing that begins a duty, or
 * a step of it, finds it ended when it goes on itself. If the runner stops
 * meanwhile next is not called. */
void duty_later(struct duty *duty, void (*next)(struct duty *duty));

/* Call the worker. Returns 0 (the callback comes with user), or ERR_*:
 * ERR_TIMEOUT once the window has passed. From 0 on the callback must begin
 * with runner_arrived(). */
int duty_call(struct duty *duty, const char *function, const char *args,
              host_callback callback, void *user);

/* A callback of a duty that counts in waiting has come: takes it back there and
 * in the runner. False if the runner is stopping: then the callback does
 * nothing more, and the duty goes with its last one. */
bool duty_arrived(struct duty *duty);

/* Free it and its part without a word to the round clock: for the callback that
 * finds the runner stopping. */
void duty_free(struct duty *duty);

#endif
