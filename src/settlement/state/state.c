/*
 * Layers are few: one for each block that is not on disk yet, and one for the
 * transaction. So a lookup asks each of them, for a probe of a hash table a
 * layer, and nothing has to be merged when a block is added or dropped.
 *
 * Why not one tree with versions: a fork must throw away everything that a
 * block did, and the flush needs exactly what a block did, in order. A layer
 * serves both. Copying a whole map for each block would cost the size of the
 * state; a persistent tree would cost a path of nodes a write and leave garbage
 * to collect.
 *
 * This module knows neither accounts nor blocks, and does not decide which base
 * goes under which layers (state.h has the rule, the bank follows it). It takes
 * no locks: one thread uses a stack, and threads share only frozen layers,
 * which never change.
 *
 * A key is hashed once a call because all layers of the process use one seed.
 */
#include "settlement/state/state.h"
#include "base/check.h"
#include "base/memory.h"
#include "settlement/state/state_layer.h"
#include <stdlib.h>

/* A layer's magic differs in the last byte: both begin with "state". */
#define STATE_MAGIC 0x7374617465000002ull

/*
 * Invariants:
 *
 * 1. layers[0] is the top; a lower index hides a higher one.
 * 2. writable means that layers[0] is this stack's own and not frozen.
 * 3. All other layers are frozen, except in a child: its layers[1 ...] are its
 *    parent's, whose layers[0] may be writable.
 * 4. Each layer is retained once by the stack, so that a stack can outlive the
 *    bank it was made from. A child does not retain its parent.
 */
struct state {
    uint64_t magic;
    struct state_base base;
    struct state *parent; /* of a child; else NULL */
    bool writable;
    size_t layer_count;
    struct state_layer *layers[];
};

/* The base of a genesis, and of tests. It is a table of functions and not NULL,
 * so that no reader has a special case. */
static bool empty_get(void *user, struct bytes key, struct bytes *value)
{
    return false;
}

static void *empty_cursor_open(void *user, struct bytes start)
{
    return NULL;
}

static bool empty_cursor_next(void *cursor, struct bytes *key,
                              struct bytes *value)
{
    return false;
}

static void empty_cursor_close(void *cursor)
{
}

const struct state_base STATE_BASE_EMPTY = {.get = empty_get,
                                            .cursor_open = empty_cursor_open,
                                            .cursor_next = empty_cursor_next,
                                            .cursor_close = empty_cursor_close};

/* The stack takes over top (NULL in a read-only stack) with the caller's
 * reference, and retains the others. The caller checks that they are frozen: a
 * child's need not be. */
static struct state *state_new(const struct state_base *base,
                               struct state_layer *top,
                               struct state_layer *const *layers, size_t count)
{
    size_t total = count + (top ? 1 : 0);
    struct state *state =
        mem_zero(1, sizeof(*state) + total * sizeof(struct state_layer *));
    state->magic = STATE_MAGIC;
    state->base = *base;
    state->layer_count = total;
    state->writable = top != NULL;
    if (top)
        state->layers[0] = top;
    for (size_t i = 0; i < count; i++)
        state->layers[total - count + i] = state_layer_retain(layers[i]);
    return state;
}

/* The CHECK makes reads without locks right: a layer that may still change must
 * not get into a second thread's stack. */
struct state *state_open(const struct state_base *base,
                         struct state_layer *const *layers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        CHECK(state_layer_is_frozen(layers[i]));
    return state_new(base, NULL, layers, count);
}

struct state *state_open_writable(const struct state_base *base,
                                  struct state_layer *const *layers,
                                  size_t count)
{
    for (size_t i = 0; i < count; i++)
        CHECK(state_layer_is_frozen(layers[i]));
    return state_new(base, state_layer_new(), layers, count);
}

struct state *state_open_over(const struct state *state,
                              const struct state_base *base)
{
    CHECK_MAGIC(state, STATE_MAGIC);
    return state_open(base, state->layers, state->layer_count);
}

struct state_layer *state_layer_at(const struct state *state, size_t index)
{
    CHECK_MAGIC(state, STATE_MAGIC);
    CHECK(index < state->layer_count);
    return state->layers[index];
}

/* Only the child's own merge changes the parent's layer, so the child needs no
 * copy of it. */
struct state *state_open_child(struct state *parent)
{
    CHECK_MAGIC(parent, STATE_MAGIC);
    struct state *child = state_new(&parent->base, state_layer_new(),
                                    parent->layers, parent->layer_count);
    child->parent = parent;
    return child;
}

void state_close(struct state *state)
{
    if (!state)
        return;
    CHECK_MAGIC(state, STATE_MAGIC);
    state->magic = 0;
    for (size_t i = 0; i < state->layer_count; i++)
        state_layer_release(state->layers[i]);
    free(state);
}

/* NULL and not a CHECK, so that a function can find out whether a stack is
 * writable. */
struct state_layer *state_top(struct state *state)
{
    CHECK_MAGIC(state, STATE_MAGIC);
    return state->writable ? state->layers[0] : NULL;
}

/* Deletions are merged too, since what they hide may lie anywhere below. Cost:
 * one probe and perhaps one insertion a changed row, and no hashing. Cursors
 * that are open on the parent stay valid (state_cursor.c finds their place by
 * key). */
void state_merge(struct state *child)
{
    CHECK_MAGIC(child, STATE_MAGIC);
    CHECK(child->parent && child->parent->writable);
    struct state_change change;
    const void *position = NULL;
    while (state_layer_next_put(child->layers[0], &position, &change))
        state_put_change(child->parent, &change);
    state_layer_clear(child->layers[0]);
}

/* The memory is kept for the next transaction. */
void state_drop(struct state *child)
{
    CHECK_MAGIC(child, STATE_MAGIC);
    CHECK(child->parent && child->writable);
    state_layer_clear(child->layers[0]);
}

/* Look through the layers from number first on, then in the base. The first
 * layer that has the key decides, also if it says that the row is deleted. */
static bool get_from(const struct state *state, size_t first, struct bytes key,
                     struct bytes *value)
{
    CHECK_MAGIC(state, STATE_MAGIC);
    CHECK(key.size >= 1 && key.size <= STATE_KEY_SIZE_MAX);
    uint64_t hash = first < state->layer_count ? state_key_hash(key) : 0;
    for (size_t i = first; i < state->layer_count; i++) {
        const struct state_row *row =
            state_layer_find(state->layers[i], key, hash);
        if (!row)
            continue;
        *value = bytes_make(row->value, row->value_size);
        return !row->deleted;
    }
    return state->base.get(state->base.user, key, value);
}

bool state_get(const struct state *state, struct bytes key, struct bytes *value)
{
    return get_from(state, 0, key, value);
}

/* The lattice subtracts the values that a block's rows replace. This is right
 * only if the top layer holds all of the block's changes, as in a bank that is
 * about to be frozen. */
bool state_get_below(const struct state *state, struct bytes key,
                     struct bytes *value)
{
    CHECK(state->layer_count);
    return get_from(state, 1, key, value);
}

bool state_has(const struct state *state, struct bytes key)
{
    struct bytes value;
    return state_get(state, key, &value);
}

static void put(struct state *state, const struct state_change *change)
{
    CHECK_MAGIC(state, STATE_MAGIC);
    CHECK(state->writable);
    state_layer_put(state->layers[0], change, state_key_hash(change->key));
}

void state_put(struct state *state, struct bytes key, struct bytes value)
{
    put(state, &(struct state_change){.key = key, .value = value});
}

/* The key may also be missing because the top layer deleted what lies below:
 * then the layer has the row already, and ignores is_new. */
void state_add(struct state *state, struct bytes key, struct bytes value)
{
    put(state,
        &(struct state_change){.key = key, .value = value, .is_new = true});
}

/* A row that says "deleted" is put even if nothing lies below: looking first
 * would cost more than a needless deletion at the flush. */
void state_delete(struct state *state, struct bytes key)
{
    put(state, &(struct state_change){.key = key, .deleted = true});
}

void state_put_change(struct state *state, const struct state_change *change)
{
    CHECK_MAGIC(state, STATE_MAGIC);
    CHECK(state->writable);
    state_layer_put(state->layers[0], change, change->hash);
}

struct state_cursor *state_cursor_open(const struct state *state,
                                       struct bytes prefix, struct bytes start)
{
    CHECK_MAGIC(state, STATE_MAGIC);
    return state_cursor_open_layers(state->layers, state->layer_count,
                                    &state->base, prefix, start);
}
