/*
 * An unmodified Koii bundle at work: one process of the system's `node`,
 * started and spoken to as Koii's own node does it (docs/runtime.md, "The
 * engine node").
 *
 * Koii's node forks the bundle with arguments 2 to 11, an environment of the
 * task's variables and PATH, and an IPC channel. Triggers go down the channel;
 * whatever the task wants of its node comes as HTTP requests, which are not
 * this module's affair. What a task writes to the channel means nothing in
 * Koii's protocol: it is read and dropped.
 *
 * The process leads a group of its own, which is killed as a whole when its
 * leader has ended, so that no child of it stays.
 *
 * Thread: the one of the loop. No call here blocks, and no event is reported
 * from inside a call.
 */
#ifndef POND_RUNTIME_KOII_KOII_PROCESS_H
#define POND_RUNTIME_KOII_KOII_PROCESS_H

#include "base/bytes.h"
#include "runtime/wire/confinement.h"
#include "runtime/wire/launch_message.h"

#include <sys/types.h>
#include <uv.h>

struct koii_process;

/* All is copied. Texts must be there unless "or NULL" stands beside them. */
struct koii_launch {
    const char *program; /* node's path (koii_program.h) */
    /* The path of pond-launch, or NULL: then the process is not confined at
     * all, has this machine's network, and no listener comes. */
    const char *launcher;
    /* With a launcher: what has to confine the process, or it does not start,
     * and what it may take; 0 is the default of launch_limits_fill(). */
    enum confinement_wanted confinement;
    struct launch_limits limits;
    const char *executable; /* the bundle's path */
    const char *folder;     /* the working directory: the task's own */
    /* What the bundle finds from process.argv[2] on. */
    const char *task_name;
    const char *task_id;
    uint16_t task_port; /* where the bundle's own HTTP server listens */
    const char *main_account;
    const char *secret; /* of its requests: koii_secret() */
    const char *rpc_url;
    const char *service_url; /* or NULL: "undefined", as on Koii's desktop */
    uint64_t stake_roe;
    uint16_t node_port; /* where the node listens for its requests */
    /* The task's variables: a JSON object of texts, or NULL. Names that the
     * node itself sets are passed over. */
    const char *variables;
    /* "NAME=value" texts, NULL-ended; or NULL. */
    const char *const *environment;
};

/* Which of its outputs a text came from. */
enum koii_output { KOII_STDOUT, KOII_STDERR };

struct koii_end {
    int exit_code;    /* -1 if a signal ended it */
    int signal;       /* 0 if none did */
    bool stopped;     /* koii_process_stop() had asked for it */
    bool over_limit;  /* it took more than a limit, which the text names */
    bool over_memory; /* that of memory */
    const char *text; /* what happened, for people */
};

struct koii_events {
    /* A socket that listens on 127.0.0.1:node_port inside the process's own
     * network; not blocking. It is the callee's, who closes it. Only with a
     * launcher, once, and not where this machine gives no network namespace.
     * NULL is allowed: then it is closed. */
    void (*listening)(void *user, struct koii_process *process, int listener);

    /* Two more, on which the process's connections to the outside come: of the
     * preload (a line each) and of HTTP_PROXY (net/proxy.h). The same rules. */
    void (*proxying)(void *user, struct koii_process *process, int lines,
                     int http);

    /* What confines it, before it starts; only with a launcher. NULL is
     * allowed. */
    void (*confined)(void *user, struct koii_process *process,
                     const struct confinement *confinement);

    /* A piece of output as it came, at most KOII_OUTPUT_MAX bytes, within the
     * log's rate. NULL is allowed. */
    void (*output)(void *user, struct koii_process *process,
                   enum koii_output which, struct bytes text);

    /* The process is gone. Called exactly once; it is freed when this returns.
     * NULL is allowed. */
    void (*ended)(void *user, struct koii_process *process,
                  const struct koii_end *end);
};

/* As Node's own reads of a pipe. */
#define KOII_OUTPUT_MAX 65536

/* Output of more than this a second is dropped, after a burst of ten times as
 * much; a line in the output says how much. */
#define KOII_OUTPUT_PER_S 65536

/* Twenty random hex characters, as Koii's node makes them. */
#define KOII_SECRET_SIZE 21 /* with the NUL */
void koii_secret(char out[KOII_SECRET_SIZE]);

/* Start it. On an error nothing was started and nothing is called: ERR_IO;
 * ERR_INVALID for variables that are no object of texts. */
int koii_process_start(uv_loop_t *loop, const struct koii_launch *launch,
                       const struct koii_events *events, void *user,
                       struct koii_process **out);

/* Send {"functionCall": function, "roundNumber": round} to the task, with
 * "isPreviousRoundFailed" where previous is not NULL. ERR_CLOSED: the process
 * is ending, or closed its channel; ERR_FULL: it does not read. */
int koii_process_trigger(struct koii_process *process, const char *function,
                         uint64_t round, const bool *previous_failed);

/* A TCP socket of the process's own network, with which its server can be
 * connected to; not blocking. The callee's. -1 if the process is ending. done
 * comes later and once. ERR_UNSUPPORTED: it has no network of its own, and is
 * reached as everything on this machine; ERR_CLOSED: it is ending. */
typedef void koii_process_socket_done(void *user, int descriptor);
int koii_process_socket(struct koii_process *process,
                        koii_process_socket_done *done, void *user);

/* Ask it to end with SIGTERM; after two seconds it is killed. ended() comes. */
void koii_process_stop(struct koii_process *process);

/* End it at once; reason stands in ended(). */
void koii_process_kill(struct koii_process *process, const char *reason);

/* Another limit of processor time from now on (limits.cpu_percent). Nothing
 * without a launcher, which is what holds limits. */
void koii_process_limit_cpu(struct koii_process *process, uint32_t percent);

pid_t koii_process_id(const struct koii_process *process);

/* The memory of the process, with a launcher of all that it started, at the
 * last look, which is at most a second old; 0 before the first. */
uint64_t koii_process_resident(const struct koii_process *process);

/* Processor time of the same, ms. */
uint64_t koii_process_cpu_ms(const struct koii_process *process);

#endif
