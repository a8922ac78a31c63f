/*
 * A bundle's process inside, for koii_process.c and for koii_launcher.c below
 * it. Nothing else includes this.
 */
#ifndef POND_RUNTIME_KOII_KOII_PROCESS_INTERNAL_H
#define POND_RUNTIME_KOII_KOII_PROCESS_INTERNAL_H

#include "base/rate.h"
#include "runtime/koii/koii_process.h"

#define KOII_PROCESS_MAGIC 0x4b4f4949u

enum { KOII_OUT, KOII_ERR, KOII_CHANNEL, KOII_STREAMS };

/* A socket that was asked for. */
struct koii_wish {
    struct koii_wish *next;
    koii_process_socket_done *done;
    void *user;
};

struct koii_process {
    unsigned magic;
    struct koii_events events;
    void *user;
    uv_loop_t *loop;
    uv_close_cb handle_closed; /* of each handle; the last one ends it */
    uv_process_t process;
    uv_pipe_t streams[KOII_STREAMS];
    bool is_open[KOII_STREAMS]; /* the handle is there and not being closed */
    bool is_over[KOII_STREAMS]; /* its end was read */
    bool is_paused[KOII_STREAMS];
    uv_timer_t tick;
    unsigned handles, ticks;
    bool has_launcher;
    int launcher; /* the launcher's socket, or -1 */
    uv_poll_t launcher_poll;
    unsigned listener_count; /* that have come */
    int lines;               /* the first of two listeners, or -1 */
    struct koii_wish *wishes, **last_wish; /* oldest first */
    struct rate output;                    /* bytes that go to the log */
    uint64_t dropped;                      /* since it was last said */
    struct rate reading[KOII_STREAMS];
    uint64_t exited_ms, stop_by_ms, kill_by_ms; /* 0: not yet */
    bool is_closing, was_stopped, over_limit, over_memory;
    int64_t exit_code;
    int signal;
    char *reason;
    int statm;
    uint64_t resident_bytes, cpu_ms;
};

/* A socket to pond-launch, whose *other end the process is to get. ERR_IO. */
int koii_launcher_open(struct koii_process *process, int *other);
void koii_launcher_listen(struct koii_process *process);
/* Ask pond-launch to end the task at once, and to leave nothing behind. */
void koii_launcher_kill(struct koii_process *process);
void koii_launcher_close(struct koii_process *process);

/* The process has exited: what was said last may tell why. */
void koii_launcher_last_words(struct koii_process *process);

/* Those who asked for a socket get none. */
void koii_launcher_refuse(struct koii_process *process);

#endif
