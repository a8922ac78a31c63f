/*
 * What is to happen in a simulated world, by time: a wheel of wheels. The
 * lowest one has a bucket a microsecond, each other one a bucket for a turn of
 * the one below it, so that putting in and taking out take a few steps however
 * much is under way. What is due at one time comes out in the order in which it
 * was put in.
 */
#ifndef POND_TESTS_SIM_EVENT_WHEEL_H
#define POND_TESTS_SIM_EVENT_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wheel_item {
    uint64_t at_us;
    void *what;
    uint32_t life;
    uint16_t to;
};

struct event_wheel;

struct event_wheel *event_wheel_new(void);
/* What is still in it is the caller's to take out before. */
void event_wheel_free(struct event_wheel *wheel);

/* What is due before now is due now. */
void event_wheel_add(struct event_wheel *wheel, const struct wheel_item *item);
/* Take out the next one that is due until then; false: there is none. */
bool event_wheel_next(struct event_wheel *wheel, uint64_t until_us,
                      struct wheel_item *out);

#endif
