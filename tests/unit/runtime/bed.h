/*
 * A test bed for workers: one real worker, a host that answers requests, and
 * a loop that runs until something happened.
 */
#ifndef POND_TESTS_BED_H
#define POND_TESTS_BED_H

#include "base/buffer.h"
#include "runtime/host/host.h"

/* A memory limit that a worker reaches soon, but not before it has begun. The
 * address sanitiser holds on to what was freed, 256 MB of it. */
#if defined(__SANITIZE_ADDRESS__)
#define BED_MEMORY_MB 512
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BED_MEMORY_MB 512
#endif
#endif
#ifndef BED_MEMORY_MB
#define BED_MEMORY_MB 96
#endif

/* How long a test waits for anything before it fails, and the limit of calls
 * that end earlier by themselves. The times are long, because a machine may be
 * busy and only a test that fails waits that long. */
#define BED_WAIT_MS 40000
#define BED_CALL_MS 30000

struct bed_result { /* a call's, copied; free with bed_result_free() */
    bool done;
    int status;
    enum host_limit limit;
    char *json;
    struct buffer payload;
    char *text;
    char *stack;
};

struct bed {
    uv_loop_t loop;
    struct host *worker; /* NULL once it has ended */
    struct memory *memory;
    char *folder;
    bool ready;
    struct confinement sandbox;
    uint32_t start_ms;
    bool ended;
    int end_status;
    enum host_limit end_limit;
    char *end_text;
    struct buffer log;    /* lines "level text\n" */
    struct buffer source; /* of the options made last */
    unsigned requests;
    unsigned cancelled;
    uint64_t held; /* the id of a request "hold" that waits */
};

/* Start source in a worker. Options not given here are as bed_options(). */
void bed_start(struct bed *bed, const char *source);
void bed_start_with(struct bed *bed, const struct host_options *options);
/* Functions of a task that source does not name do nothing: a task manager
 * takes all six, and a test shows one or two. Valid until the next call. */
struct host_options bed_options(struct bed *bed, const char *source);

/* Make the loop, memory and a fresh folder; bed_start() does it. One is open at
 * a time: if a failed test has left its own, the program ends here. */
void bed_open(struct bed *bed);

/* This one, in static memory, stays open beside those of the tests. */
void bed_keep(struct bed *bed);

/* One turn of the loop after another until *flag; fails the test after
 * BED_WAIT_MS. */
void bed_run(struct bed *bed, const bool *flag);

/* Call and wait. */
struct bed_result bed_call(struct bed *bed, const char *function,
                           const char *args, uint32_t limit_ms);
/* Call with bytes beside the arguments, and wait. */
struct bed_result bed_call_bytes(struct bed *bed, const char *function,
                                 const char *args, struct bytes payload,
                                 uint32_t limit_ms);
/* Call only. */
void bed_begin(struct bed *bed, const char *function, const char *args,
               uint32_t limit_ms, struct bed_result *result);
void bed_result_free(struct bed_result *result);

/* Wait until the worker has ended, without asking it to. */
void bed_wait_end(struct bed *bed);

/* Stop the worker if there is one, check that the loop is empty, free all. */
void bed_close(struct bed *bed);

/* True if the log holds text. */
bool bed_log_has(struct bed *bed, const char *text);

#endif
