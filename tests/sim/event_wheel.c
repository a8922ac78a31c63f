#include "event_wheel.h"

#include "base/memory.h"

#include <stdlib.h>

/* 64 buckets a wheel, so that a word says which of them are in use; eleven
 * wheels make 66 bits of time. */
#define DIGIT_BITS 6
#define BUCKETS 64
#define WHEELS 11

struct bucket {
    struct wheel_item *items;
    size_t begin, end, capacity;
};

struct event_wheel {
    uint64_t now_us;
    uint64_t used[WHEELS]; /* bits of the buckets that are not empty */
    struct bucket buckets[WHEELS][BUCKETS];
};

struct event_wheel *event_wheel_new(void)
{
    return mem_zero(1, sizeof(struct event_wheel));
}

void event_wheel_free(struct event_wheel *wheel)
{
    for (size_t level = 0; level < WHEELS; level++)
        for (size_t i = 0; i < BUCKETS; i++)
            free(wheel->buckets[level][i].items);
    free(wheel);
}

static unsigned digit(uint64_t time_us, unsigned level)
{
    return (unsigned)(time_us >> DIGIT_BITS * level) & (BUCKETS - 1);
}

static void put(struct bucket *bucket, const struct wheel_item *item)
{
    if (bucket->end == bucket->capacity) {
        bucket->capacity = bucket->capacity ? 2 * bucket->capacity : 4;
        bucket->items = mem_resize(bucket->items,
                                   bucket->capacity * sizeof(*bucket->items));
    }
    bucket->items[bucket->end++] = *item;
}

/* The level is that of the highest digit in which the time differs from now:
 * so all that is due at one time is in one bucket, in the order it came. */
static void insert(struct event_wheel *wheel, const struct wheel_item *item)
{
    uint64_t differs = item->at_us ^ wheel->now_us;
    unsigned level =
        differs ? (unsigned)(63 - __builtin_clzll(differs)) / DIGIT_BITS : 0;
    unsigned at = digit(item->at_us, level);

    put(&wheel->buckets[level][at], item);
    wheel->used[level] |= UINT64_C(1) << at;
}

void event_wheel_add(struct event_wheel *wheel, const struct wheel_item *item)
{
    struct wheel_item copy = *item;

    if (copy.at_us < wheel->now_us)
        copy.at_us = wheel->now_us;
    insert(wheel, &copy);
}

/* Share a bucket's items out to the wheels below. */
static void turn(struct event_wheel *wheel, unsigned level, unsigned at)
{
    struct bucket *bucket = &wheel->buckets[level][at];

    wheel->used[level] &= ~(UINT64_C(1) << at);
    for (size_t i = bucket->begin; i < bucket->end; i++)
        insert(wheel, &bucket->items[i]);
    bucket->begin = bucket->end = 0;
}

static void take(struct event_wheel *wheel, unsigned at, struct wheel_item *out)
{
    struct bucket *bucket = &wheel->buckets[0][at];

    *out = bucket->items[bucket->begin++];
    if (bucket->begin < bucket->end)
        return;
    bucket->begin = bucket->end = 0;
    wheel->used[0] &= ~(UINT64_C(1) << at);
}

bool event_wheel_next(struct event_wheel *wheel, uint64_t until_us,
                      struct wheel_item *out)
{
    for (unsigned level = 0; level < WHEELS;) {
        unsigned shift = DIGIT_BITS * level;
        uint64_t ahead =
            wheel->used[level] >> digit(wheel->now_us, level)
                                      << digit(wheel->now_us, level);
        if (!ahead) {
            level++;
            continue;
        }
        unsigned at = (unsigned)__builtin_ctzll(ahead);
        uint64_t above = level + 1 < WHEELS
                             ? wheel->now_us >> (shift + DIGIT_BITS)
                                                    << (shift + DIGIT_BITS)
                             : 0;
        uint64_t begins_us = above | (uint64_t)at << shift;
        if (begins_us > until_us)
            return false;
        wheel->now_us = begins_us;
        if (!level) {
            take(wheel, at, out);
            return true;
        }
        turn(wheel, level, at);
        level = 0;
    }
    return false;
}
