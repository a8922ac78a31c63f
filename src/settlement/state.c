/*
 * A stack of layers and its reading. Layers are few (one for each block that is
 * not on disk yet, and one for the transaction), so a lookup asks each of them:
 * that costs a probe of a hash table a layer, and nothing has to be merged when
 * a block is added or dropped.
 */
#include "settlement/state.h"
#include "base/check.h"
#include "base/memory.h"
#include "settlement/state_layer.h"
#include <stdlib.h>

#define STATE_MAGIC 0x7374617465000002ull

/*
 * Invariants: layers[0] is the top. writable means that layers[0] is this
 * stack's own and not frozen. All other layers are frozen, but for those of a
 * child, whose layers[1 ...] are its parent's.
 */
struct state {
    uint64_t magic;
    struct state_base base;
    struct state *parent; /* of a child; else NULL */
    bool writable;
    size_t layer_count;
    struct state_layer *layers[];
};

/* The base of a genesis, and of tests. */
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

/* top (may be NULL) is taken over, the others are retained. */
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

/* The child sees the parent's layer change under it only by its own merge, so
 * it can hold on to it without a copy. */
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

struct state_layer *state_top(struct state *state)
{
    CHECK_MAGIC(state, STATE_MAGIC);
    return state->writable ? state->layers[0] : NULL;
}

/* The hashes are known already: merging never hashes a key again. */
void state_merge(struct state *child)
{
    CHECK_MAGIC(child, STATE_MAGIC);
    CHECK(child->parent && child->parent->writable);
    struct state_layer *to = child->parent->layers[0];
    struct state_change change;
    const void *position = NULL;
    while (state_layer_next(child->layers[0], &position, &change)) {
        const struct state_row *row = position;
        state_layer_put(to, change.key, row->hash, change.value,
                        change.deleted);
    }
    state_layer_clear(child->layers[0]);
}

/* The memory is kept for the next transaction. */
void state_drop(struct state *child)
{
    CHECK_MAGIC(child, STATE_MAGIC);
    CHECK(child->parent && child->writable);
    state_layer_clear(child->layers[0]);
}

/* Look through the layers from number first on, then in the base. */
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

void state_put(struct state *state, struct bytes key, struct bytes value)
{
    CHECK_MAGIC(state, STATE_MAGIC);
    CHECK(state->writable);
    state_layer_put(state->layers[0], key, state_key_hash(key), value, false);
}

void state_delete(struct state *state, struct bytes key)
{
    CHECK_MAGIC(state, STATE_MAGIC);
    CHECK(state->writable);
    state_layer_put(state->layers[0], key, state_key_hash(key),
                    bytes_make(NULL, 0), true);
}

struct state_cursor *state_cursor_open(const struct state *state,
                                       struct bytes prefix, struct bytes start)
{
    CHECK_MAGIC(state, STATE_MAGIC);
    return state_cursor_open_layers(state->layers, state->layer_count,
                                    &state->base, prefix, start);
}
