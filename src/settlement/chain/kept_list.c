/*
 * An array in the order of arrival, with holes where transactions were taken
 * out. It is packed when half of it is holes, so a removal costs a search and,
 * on average, a move. Numbers rise and are never used again, so a walk goes on
 * where it was, whatever was taken out meanwhile.
 */
#include "settlement/chain/kept_list.h"

#include "base/check.h"
#include "base/error.h"
#include "base/heap.h"
#include "base/map.h"
#include "base/memory.h"
#include <stdlib.h>

struct kept {
    uint64_t number;
    uint64_t fee;
    uint64_t last_height;
    size_t heap_place;
    size_t size;
    uint8_t wire[];
};

struct place {
    uint64_t number;
    struct kept *kept; /* NULL: a hole */
};

/* Invariants: the places before used ascend by number; what they have is
 * exactly what by_signature and the heap have. */
struct kept_list {
    size_t limit, used;
    struct heap worst;
    uint64_t number;      /* of the newest */
    struct place *places; /* 2 * limit */
    struct map *by_signature;
};

/* The lower fee; among equals the last to come. */
static bool is_worse(const void *one, const void *other)
{
    const struct kept *a = one, *b = other;
    return a->fee != b->fee ? a->fee < b->fee : a->number > b->number;
}

struct kept_list *kept_list_new(size_t limit)
{
    CHECK(limit > 0);
    struct kept_list *list = mem_zero(1, sizeof(*list));
    list->limit = limit;
    list->worst = heap_make(limit, is_worse, offsetof(struct kept, heap_place));
    list->places = mem_zero(2 * limit, sizeof(*list->places));
    list->by_signature = map_new();
    return list;
}

void kept_list_free(struct kept_list *list)
{
    if (!list)
        return;
    for (size_t i = 0; i < list->used; i++)
        free(list->places[i].kept);
    free(list->places);
    heap_free(&list->worst);
    map_free(list->by_signature);
    free(list);
}

size_t kept_list_count(const struct kept_list *list)
{
    return list->worst.count;
}

static struct bytes id_key(const struct signature *id)
{
    return bytes_make(id->bytes, sizeof(id->bytes));
}

/* At least one signature, and fewer than 128, so the count is one byte. */
static struct bytes key_of(const struct kept *kept)
{
    return bytes_make(kept->wire + 1, sizeof(struct signature));
}

static struct kept_item item_of(const struct kept *kept)
{
    return (struct kept_item){bytes_make(kept->wire, kept->size), kept->fee};
}

bool kept_list_find(const struct kept_list *list, const struct signature *id,
                    struct kept_item *out)
{
    const struct kept *kept = map_get(list->by_signature, id_key(id));
    if (kept)
        *out = item_of(kept);
    return kept != NULL;
}

/* The first place whose number is at least that. */
static size_t find(const struct kept_list *list, uint64_t number)
{
    size_t low = 0, high = list->used;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->places[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void forget(struct kept_list *list, struct kept *kept)
{
    list->places[find(list, kept->number)].kept = NULL;
    heap_take_out(&list->worst, kept);
    map_remove(list->by_signature, key_of(kept));
    free(kept);
}

bool kept_list_has_room(const struct kept_list *list, uint64_t fee)
{
    const struct kept *worst = heap_top(&list->worst);
    return !heap_is_full(&list->worst) || fee > worst->fee;
}

static void pack(struct kept_list *list)
{
    size_t to = 0;
    for (size_t i = 0; i < list->used; i++)
        if (list->places[i].kept)
            list->places[to++] = list->places[i];
    list->used = to;
}

int kept_list_add(struct kept_list *list, struct bytes wire, uint64_t fee,
                  uint64_t last_height)
{
    CHECK(wire.size > sizeof(struct signature));
    if (map_get(list->by_signature,
                bytes_make(wire.data + 1, sizeof(struct signature))))
        return err_set(ERR_EXISTS, "the transaction is kept already");
    if (!kept_list_has_room(list, fee))
        return err_set(ERR_FULL,
                       "%zu transactions wait for a final block, and all pay "
                       "as much",
                       list->limit);
    if (heap_is_full(&list->worst))
        forget(list, heap_top(&list->worst));
    if (list->used == 2 * list->limit)
        pack(list);
    struct kept *kept = mem_zero(1, sizeof(*kept) + wire.size);
    kept->number = ++list->number;
    kept->fee = fee;
    kept->last_height = last_height;
    kept->size = wire.size;
    memcpy(kept->wire, wire.data, wire.size);
    list->places[list->used++] = (struct place){kept->number, kept};
    heap_add(&list->worst, kept);
    map_put(list->by_signature, key_of(kept), kept);
    return 0;
}

void kept_list_remove(struct kept_list *list, const struct signature *id)
{
    struct kept *kept = map_get(list->by_signature, id_key(id));
    if (kept)
        forget(list, kept);
}

void kept_list_expire(struct kept_list *list, uint64_t height)
{
    for (size_t i = 0; i < list->used; i++) {
        struct kept *kept = list->places[i].kept;
        if (kept && kept->last_height <= height)
            forget(list, kept);
    }
    pack(list);
}

bool kept_list_next(const struct kept_list *list, uint64_t *after,
                    struct kept_item *out)
{
    for (size_t i = find(list, *after + 1); i < list->used; i++) {
        const struct kept *kept = list->places[i].kept;
        if (!kept)
            continue;
        *after = kept->number;
        *out = item_of(kept);
        return true;
    }
    return false;
}
