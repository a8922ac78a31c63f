/*
 * Inside the node's side of a worker (host.h): its state, shared by, each
 * standing on those before it,
 *
 *     host_limits.c   what a worker may take
 *     host_state.c    the state made and freed
 *     host_socket.c   messages out, and the signal that ends it
 *     host_call.c     calls and requests that are open
 *     host_body.c     bodies that come while a call runs
 *     host_store.c    requests that runtime memory answers
 *     host_message.c  what the worker says
 *     host_process.c  process, socket and time
 *     host_spare.c    a worker before its task is known
 *     host.c          the calls of host.h
 */
#ifndef POND_RUNTIME_HOST_HOST_STATE_H
#define POND_RUNTIME_HOST_HOST_STATE_H

#include "base/rate.h"
#include "runtime/host/host.h"
#include "runtime/wire/cpu_share.h"
#include "runtime/wire/message.h"

#define HOST_MAGIC 0x776f726bu

/* A call of the task under way. */
struct host_open_call {
    struct host_open_call *next;
    struct host *worker;
    /* 1 and up; never used again. */
    uint64_t id;
    char *function;
    uint32_t limit_ms;
    /* 0: it waits for the worker to be ready, or for its body. */
    uint64_t began_ms;
    /* read NULL: none that is still coming. */
    struct byte_source body;
    /* A piece is asked for, by the request reading_id. */
    bool is_reading;
    uint64_t reading_id;
    /* Nothing follows. */
    bool is_read;
    host_callback callback;
    void *user;
};

enum host_phase {
    HOST_SPARE,    /* without a task */
    HOST_STARTING, /* until ready */
    HOST_READY,
    HOST_STOPPING, /* asked to end */
    HOST_KILLED,   /* a signal is under way; nothing it says counts */
};

/*
 * Invariants:
 *   1. call_count is the length of calls, at most limits.open_calls.
 *   2. requests[0 … request_count-1] differ from each other.
 *   3. phase only moves forward.
 *   4. A reason is set if and only if phase is HOST_KILLED by host_kill_for().
 *   5. handles counts what is open on the loop; the worker is freed when it
 *      falls to 0, and that happens after exited only.
 */
struct host {
    uint32_t magic;
    enum host_phase phase;
    struct host_events events;
    void *user;
    /* Defaults filled in. */
    struct host_limits limits;
    /* The size of main.js. */
    size_t source_bytes;
    struct memory *memory;
    enum confinement_wanted confinement;
    /* What the worker reported. */
    struct confinement sandbox;
    /* Its clock is its own. */
    bool has_clock;
    /* It has been ready. */
    bool loaded;
    uint64_t started_ms;
    /* HOST_STOPPING: the time at which it is killed. */
    uint64_t stop_by_ms;

    /* Newest first. */
    struct host_open_call *calls;
    size_t call_count;
    uint64_t call_id_last;

    /* Numbers to be answered; room for limits.open_requests of them. */
    uint64_t *requests;
    size_t request_count;
    uint64_t request_total;

    struct rate log_lines;
    struct rate log_bytes;
    struct rate messages;
    /* Since the last note of it in the log, and since the start. */
    uint64_t log_lines_dropped;
    uint64_t log_lines_dropped_all;

    /* Why it ends, once that is known; the first reason stays. */
    enum host_limit reason_limit;
    char *reason;

    /* NULL: not attached to a process. */
    uv_loop_t *loop;
    uv_process_t process;
    uv_pipe_t socket;
    /* Its stderr: the dynamic linker's and the engine's last words. */
    uv_pipe_t errors;
    struct buffer error_text;
    uv_timer_t tick;
    unsigned handles;
    struct message_reader reader;
    /* Reading waits for the message rate. */
    bool paused;
    /* The end of the stream was read. */
    bool socket_over;
    bool exited;
    /* The handles are being closed. */
    bool concluded;
    int64_t exit_code;
    int exit_signal;
    /* /proc/PID/statm, held open: the number may be another's one day. */
    int statm;
    uint64_t resident_bytes;
    struct cpu_share share;
    /* Stopped by a signal, for its share. */
    bool is_resting;
};

/* Bytes from the worker. Anything that breaks the rules kills it. */
void host_receive(struct host *worker, struct bytes bytes, uint64_t now_ms);

/* The next whole messages of what was received, until the message rate says
 * to pause. */
void host_continue(struct host *worker, uint64_t now_ms);

/* To the worker. Not attached or ending: dropped. A worker that does not read
 * is killed. */
void host_send(struct host *worker, struct bytes head, struct bytes payload);

/* Kill it for a reason; the first one stays. */
void host_kill_for(struct host *worker, enum host_limit limit,
                   const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Spawn the program and begin to listen. ERR_IO: nothing was started, and the
 * worker frees itself without telling the host. */
int host_launch(struct host *worker, uv_loop_t *loop, const char *program);

/* Set the timer to the next thing that is due, a deadline or a look. */
void host_arm(struct host *worker, uint64_t now_ms);

/* Processor time of all of the process's threads; 0 once it is gone. */
uint64_t host_processor_ms(const struct host *worker);

/* Take the call out of the list and report its end to its caller. */
void host_end_call(struct host *worker, struct host_open_call *call,
                   struct host_result *result);

/* Is a request of that number open? Where, in *place. */
bool host_find_request(const struct host *worker, uint64_t id, size_t *place);

/* The text for a worker past its memory. */
void host_memory_text(const struct host *worker, struct buffer *out);

/* The text for a call past its time. */
void host_time_text(const struct host_open_call *call, struct buffer *out);

/* bodyRead: true if the method is that, then answered, now or later. */
bool host_body_request(struct host *worker, uint64_t request_id,
                       const char *method, struct json_object *params);

/* storeGet and its like: true if the method is one of them, then answered. */
bool host_store_request(struct host *worker, uint64_t request_id,
                        const char *method, struct json_object *params,
                        uint64_t now_ms);

/* Fill in the defaults and check the ranges: ERR_RANGE. */
int host_limits_fill(struct host_limits *limits, size_t source_bytes);

/* The spare as a worker for this task, which host_set_up() has to follow; NULL:
 * there is none that fits. Paths are real ones. */
struct host_spares;
struct host *host_spare_take(struct host_spares *spares, const char *program,
                             const char *folder, uint64_t memory_bytes);

/* What a task brings along, for a worker that had none. */
void host_set_up(struct host *worker, const struct host_limits *limits,
                 struct memory *memory, const struct host_events *events,
                 void *user, uint64_t now_ms);

/* A worker without a process, ready to receive: host_start()'s first half,
 * and what tests and fuzzing feed. */
struct host *host_new(const struct host_limits *limits, struct memory *memory,
                      const struct host_events *events, void *user,
                      uint64_t now_ms);
void host_free(struct host *worker);

#endif
