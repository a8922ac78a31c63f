/*
 * A stack of layers and its reading. Layers are few (one for each block that is
 * not on disk yet, and one for the transaction), so a lookup asks each of them:
 * that costs a probe of a hash table a layer, and nothing has to be merged when
 * a block is added or dropped.
 *
 * Why not one tree with versions: what a fork needs is to throw away everything
 * a block did, and what the flush needs is exactly what a block did, in order.
 * Both are a layer. Copying a whole map for each block would cost the size of
 * the state; a persistent tree would cost a path of nodes a write and would
 * leave its garbage to be collected.
 *
 * What it does not do: it knows nothing of accounts or of blocks, it does not
 * decide which base belongs under which layers (state.h has the rule, the bank
 * keeps it), and it takes no locks. A stack is used by one thread; what threads
 * share is frozen layers, which never change.
 *
 * A key is hashed once a call, whatever the number of layers, for all layers of
 * the process use one seed.
 */
#include "settlement/state/state.h"
#include "base/check.h"
#include "base/memory.h"
#include "settlement/state/state_layer.h"
#include <stdlib.h>

/* Told apart from a layer's magic by its last byte: both begin with "state". */
#define STATE_MAGIC 0x7374617465000002ull

/*
 * Invariants:
 *
 * 1. layers[0] is the top; a lower index hides a higher one.
 * 2. writable means that layers[0] is this stack's own and not frozen.
 * 3. All other layers are frozen, but for those of a child, whose
 *    layers[1 ...] are its parent's, of which layers[0] may be writable.
 * 4. Each layer is retained once by the stack, so that a stack can outlive
 *    the bank it was made from. A child does not retain its parent.
 */
struct state {
    uint64_t magic;
    struct state_base base;
    struct state *parent; /* of a child; else NULL */
    bool writable;
    size_t layer_count;
    struct state_layer *layers[];
};

/* The base of a genesis, and of tests: it finds nothing, and its cursors, which
 * are NULL, end at once. A vtable and not a NULL base, so that no reader has a
 * special case. */
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

/* One allocation for the stack and its places. top (NULL in a read-only stack)
 * is taken over with the caller's reference; the others are retained. Whether
 * they are frozen is the caller's to check: a child's need not be. */
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

/* The CHECK is what makes reads without locks right: a layer that may still
 * change must not be reachable from a second thread's stack. */
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

/* Frozen layers over another thread's view of the disk. Which views fit,
 * state.h says; nothing here could tell a wrong one from a right one. */
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

/* NULL rather than a CHECK: who is handed a stack may ask whether it may write.
 */
struct state_layer *state_top(struct state *state)
{
    CHECK_MAGIC(state, STATE_MAGIC);
    return state->writable ? state->layers[0] : NULL;
}

/* All of a child's changes, deletions too, since what they hide may lie
 * anywhere below. The hashes are known already: merging never hashes a key
 * again. Cost: one probe and perhaps one insertion a changed row. Cursors that
 * are open on the parent stay valid (state_cursor.c finds their place by key).
 */
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
 * layer that knows the key decides, also when what it knows is that the row was
 * deleted: the base is not asked then. */
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

/* For the lattice, which must subtract what a block's rows replace. Right only
 * while the top layer is all that changed since, as in a bank that is about to
 * be frozen. */
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

/* Not found can also mean that the top layer deleted what lies below: there the
 * row is in the layer already, and is_new is not looked at. */
void state_add(struct state *state, struct bytes key, struct bytes value)
{
    put(state,
        &(struct state_change){.key = key, .value = value, .is_new = true});
}

/* A row that says "deleted" is put even where nothing lies below: looking for
 * it first would cost more than a needless deletion at the flush does. */
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
