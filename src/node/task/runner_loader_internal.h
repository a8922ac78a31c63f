/*
 * What a loader is made of: for runner_loader.c, and for the tests, which can't
 * wait a minute. Nothing else includes this (docs/house.md).
 *
 * Invariants:
 *
 *  1. load_backoff, load_pause_ms and load_after_ms are of starts that failed
 *     in a row: all 0 after one that did not.
 *  2. The timer is open until runner_loader_close(), and waits for one thing at
 *     a time, which is done.
 */
#ifndef POND_NODE_TASK_RUNNER_LOADER_INTERNAL_H
#define POND_NODE_TASK_RUNNER_LOADER_INTERNAL_H

#include "node/task/backoff.h"
#include "node/task/runner_loader.h"

struct runner_loader {
    char *file;      /* local main.js, or NULL */
    char *variables; /* JSON object */
    struct buffer source;
    bool engine_was_asked, engine_has_come, engine_is_missing;
    uint64_t engine_asked_ms;
    struct backoff load_backoff;
    uint64_t load_pause_ms, load_after_ms;
    uv_timer_t timer;
    void (*done)(void *user); /* what the timer waits for, or its closing */
    void *user;
    bool is_closed;
};

#endif
