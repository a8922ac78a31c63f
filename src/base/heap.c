#include "base/heap.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

/* Of the array, when it is first used. */
#define ROOM_MIN 64

struct heap heap_make(size_t limit, heap_is_above *is_above, size_t place)
{
    return (struct heap){.limit = limit, .is_above = is_above, .place = place};
}

void heap_free(struct heap *heap)
{
    free(heap->items);
    *heap = (struct heap){0};
}

static size_t *place_of(const struct heap *heap, void *item)
{
    return (size_t *)(void *)((char *)item + heap->place);
}

/* The only place that moves an item, so that places stay true. */
static void put_at(struct heap *heap, size_t place, void *item)
{
    heap->items[place] = item;
    *place_of(heap, item) = place;
}

/* Move an item towards the top, until its parent is above it. The hole moves,
 * and the item is put once. */
static void rise(struct heap *heap, size_t place)
{
    void *item = heap->items[place];
    while (place > 0) {
        size_t parent = (place - 1) / 2;
        if (!heap->is_above(item, heap->items[parent]))
            break;
        put_at(heap, place, heap->items[parent]);
        place = parent;
    }
    put_at(heap, place, item);
}

/* Move an item away from the top, below the upper one of its children. */
static void sink(struct heap *heap, size_t place)
{
    void **items = heap->items;
    void *item = items[place];
    for (;;) {
        size_t child = 2 * place + 1;
        if (child >= heap->count)
            break;
        if (child + 1 < heap->count &&
            heap->is_above(items[child + 1], items[child]))
            child++;
        if (!heap->is_above(items[child], item))
            break;
        put_at(heap, place, items[child]);
        place = child;
    }
    put_at(heap, place, item);
}

static void make_room(struct heap *heap)
{
    if (heap->count < heap->room)
        return;
    heap->room = heap->room ? 2 * heap->room : ROOM_MIN;
    heap->items = mem_resize(heap->items, heap->room * sizeof(void *));
}

void heap_add(struct heap *heap, void *item)
{
    CHECK(heap->count < heap->limit);
    make_room(heap);
    put_at(heap, heap->count++, item);
    rise(heap, *place_of(heap, item));
}

/* The last item takes its place and moves down or up from there: at most one of
 * the two calls moves it. */
void heap_take_out(struct heap *heap, void *item)
{
    size_t place = *place_of(heap, item);
    CHECK(place < heap->count && heap->items[place] == item);
    void *moved = heap->items[--heap->count];
    if (moved == item)
        return;
    put_at(heap, place, moved);
    sink(heap, place);
    rise(heap, *place_of(heap, moved));
}
