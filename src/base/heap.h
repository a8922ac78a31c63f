/*
 * A binary heap of pointers to things that know their own place in it, so that
 * any of them is taken out in O(log n). Its array grows as it is used, and
 * never shrinks. Pure; one owner.
 */
#ifndef POND_BASE_HEAP_H
#define POND_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>

/* True: a belongs above b. No two of a heap are equal. */
typedef bool heap_is_above(const void *a, const void *b);

struct heap {
    void **items; /* items[0] is above all; NULL or count of them */
    size_t count, room, limit;
    heap_is_above *is_above;
    size_t place; /* the offset in an item of a size_t, which is the heap's */
};

struct heap heap_make(size_t limit, heap_is_above *is_above, size_t place);
void heap_free(struct heap *heap); /* the items are the caller's */

/* There must be room, or it must be in the heap (CHECKed). */
void heap_add(struct heap *heap, void *item);
void heap_take_out(struct heap *heap, void *item);

/* What is above all; NULL: it is empty. */
static inline void *heap_top(const struct heap *heap)
{
    return heap->count ? heap->items[0] : NULL;
}

static inline bool heap_is_full(const struct heap *heap)
{
    return heap->count == heap->limit;
}

#endif
