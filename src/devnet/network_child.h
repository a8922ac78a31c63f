/*
 * A server process of a private network: `pond validator` or `pond node`,
 * started, awaited until it says "ready ...", and stopped.
 *
 * What it prints on stderr goes to a log file. It ends with this process,
 * however that goes: POND_PARENT names its parent, and it asks the kernel to be
 * signalled when the parent dies (cli/server.h). It is in a session of its own,
 * so that Ctrl-C reaches this process alone, which then stops the children in
 * order.
 *
 * Thread: the loop's.
 */
#ifndef POND_DEVNET_NETWORK_CHILD_H
#define POND_DEVNET_NETWORK_CHILD_H

#include "base/buffer.h"
#include <uv.h>

/* The ready line is a few URLs. */
#define NETWORK_CHILD_LINE_MAX 1024

/* A server that is asked to end flushes its stores; what takes longer than
 * this hangs and is killed. */
#define NETWORK_CHILD_STOP_MS 10000

/*
 * Invariants:
 *
 *  1. While open_handles is not 0 the loop points into this struct: it must
 *     neither move nor be freed.
 *  2. is_ready is never taken back; has_ended says whether it still is.
 *  3. exit_status and exit_signal mean something once has_ended, for a process
 *     that could be started.
 */
struct network_child {
    char name[24]; /* "validator", "node-2" */
    char *log_path;
    uint64_t log_begin; /* where in the log this child's lines begin */
    uv_process_t process;
    uv_pipe_t output;
    uv_timer_t patience; /* kills it if it does not end */
    struct buffer line;
    bool is_started;
    bool is_ready;
    bool has_ended;
    unsigned open_handles;
    int64_t exit_status;
    int exit_signal;
    char ready[NETWORK_CHILD_LINE_MAX]; /* the line without "ready " */
};

/* Start it. arguments: argv, ended by NULL, with the program's path first; name
 * is for the log's name, folder/name.log, and for errors. The child must stay
 * where it is until it was stopped. Returns before the child is ready. ERR_IO:
 * no log could be opened, or no process started; then the handles close with
 * the next turns of the loop. */
int network_child_start(struct network_child *child, uv_loop_t *loop,
                        const char *name, const char *folder,
                        const char *const *arguments);

/* A value of the ready line: "rpc" in "rpc=http://... ws=...", copied to out.
 * ERR_NOT_FOUND. */
int network_child_value(const struct network_child *child, const char *name,
                        char *out, size_t size);

/* Ask it to end (SIGTERM); NETWORK_CHILD_STOP_MS later it is killed. Turn the
 * loop until network_child_is_gone(). */
void network_child_stop(struct network_child *child);

/* True once the process is gone and the loop holds nothing of it. */
bool network_child_is_gone(const struct network_child *child);

/* Free what it holds; it is gone (CHECKed) or was never started. */
void network_child_free(struct network_child *child);

/* The exit status of a pond that finds what it needs in use: its port, since it
 * has the folder to itself. */
#define NETWORK_CHILD_BUSY 7

/* How it ended, and the last lines of its log: err_set(), for a child that has
 * ended without being asked to. Returns ERR_BUSY for NETWORK_CHILD_BUSY, else
 * ERR_CLOSED. */
int network_child_failed(const struct network_child *child);

#endif
