/*
 * The way from other threads to a loop's: any thread puts items in, the loop's
 * takes them out, in order. Several items share one wake-up of the loop.
 *
 * An item is a field of what it stands for, so that putting allocates nothing:
 *
 *     struct question {
 *         struct inbox_item item;
 *         ...
 *     };
 *
 *     static void take(void *user, struct inbox_item *item)
 *     {
 *         struct question *question = INBOX_OF(item, struct question, item);
 *         ...
 *     }
 *
 * The inbox owns no item: what is put in belongs to the function that takes it
 * out.
 */
#ifndef POND_NET_INBOX_H
#define POND_NET_INBOX_H

#include <stddef.h>
#include <uv.h>

struct inbox;

struct inbox_item {
    struct inbox_item *next;
};

/* The struct of which item is the field of that name. */
#define INBOX_OF(item, type, field)                                            \
    ((type *)(void *)((char *)(item)-offsetof(type, field)))

/* On the loop's thread, once for each item, oldest first. May close the inbox.
 */
typedef void inbox_take(void *user, struct inbox_item *item);

/* Thread: the loop's, as of all functions but inbox_put(). */
struct inbox *inbox_new(uv_loop_t *loop, inbox_take *take, void *user);

/* Thread: any. */
void inbox_put(struct inbox *inbox, struct inbox_item *item);

/* Take out all items as a list, the oldest first; NULL if the inbox is empty.
 * This is for an end that must not wait for the loop. */
struct inbox_item *inbox_drain(struct inbox *inbox);

/* No thread may put anything in from here on. What is still in it is never
 * handed to take: drain it first if it has to be freed. closed (NULL is
 * allowed) is called from the loop when the inbox is gone. */
void inbox_close(struct inbox *inbox, void (*closed)(void *user), void *user);

#endif
