/*
 * A loop in virtual time. uv_timer_start() and its kin, uv_queue_work(),
 * uv_now() and the clocks of base/clock.h are wrapped at link time
 * (meson.build) and lead here: a queue of events, ordered by due time and then
 * by age, so that two runs of one seed are alike. Nothing waits and no thread
 * is made.
 */
#ifndef POND_TESTS_SIM_NODE_LOOP_H
#define POND_TESTS_SIM_NODE_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

typedef void loop_event(void *user);

/* now_ms: virtual time, which is the caller's and outlives a process. work:
 * called before and after each piece of work of the pool. */
void loop_open(uv_loop_t *loop, uint64_t *now_ms, void (*step)(void));

/* Call event(user) so many milliseconds on. */
void loop_after(uint64_t delay_ms, loop_event *event, void *user);

/* The next event. False if there is none. */
bool loop_turn(void);

#endif
