/*
 * A task at work without a network: its functions are called round after
 * round in a real worker, as a node would, and what they give is held against
 * the rules of the task program. Storage is a store of its own, fetch is real,
 * and the chain is made up: there are two submitters, this node and one that
 * was voted down.
 *
 * Thread: any; it blocks, on a loop of its own.
 *
 * Ownership: everything is borrowed until simulation_run() returns. The folder
 * is left as it is, with what the task wrote.
 */
#ifndef POND_AUTHOR_SIMULATION_H
#define POND_AUTHOR_SIMULATION_H

#include "author/deployment.h"
#include "base/log.h"

struct simulation_options {
    const struct deployment *deployment;
    struct bytes source;     /* main.js */
    const char *variables;   /* JSON object of texts; NULL: none */
    const char *worker_path; /* pond-worker */
    const char *folder;      /* scratch: the task's folder and the store */
    uint64_t rounds;
    uint64_t memory_bytes; /* resident limit; 0: the worker's default */
};

/* One call of one of the task's functions, and how it ended. */
struct simulation_step {
    uint64_t round;
    const char *function; /* "setup", "task", "submission", ... */
    int status;           /* 0, or why it does not do */
    const char *text;     /* the value as JSON, or what was wrong */
    const char *stack;    /* of what it threw, a line a call; or NULL */
    uint32_t taken_ms;
};

/* Called on the calling thread. step: after each call of a function that the
 * task has. log: a line of the task's log; NULL is allowed. */
struct simulation_events {
    void (*step)(void *user, const struct simulation_step *step);
    void (*log)(void *user, enum log_level level, const char *text);
};

/* 0 if every step was as it should be. Ends at the first that was not, with its
 * status. ERR_RANGE for a value that the task program would not take,
 * ERR_REMOTE for a task that threw, ERR_TIMEOUT for one that did not come back;
 * errors of the worker and the store as they are. */
int simulation_run(const struct simulation_options *options,
                   const struct simulation_events *events, void *user);

#endif
