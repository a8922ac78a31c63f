/*
 * Walking over a state in the order of its keys.
 *
 * A cursor is a merge of the layers' skip lists and the base's own cursor. The
 * least key is found by looking at each source. There is a layer for each block
 * that waits for the disk: a handful under load, and at most some hundred
 * nearly empty ones on an idle chain. So a heap would rarely earn its upkeep.
 *
 * A step costs a comparison a source, and a descent of the skip list for each
 * layer that may still change. So a walk over n rows of a frozen bank is
 * linear, and a program's walk over its own rows is O(n log n).
 *
 * Rows may be put and deleted during a walk, as when the rows of old rounds are
 * dropped: state.h says what the walk then meets.
 */
#include "base/buffer.h"
#include "base/check.h"
#include "base/memory.h"
#include "settlement/state/state_layer.h"
#include <stdlib.h>

/*
 * Each step takes the least key past the last one; if several layers hold it,
 * the topmost counts. Positions in layers that may still change are found again
 * by key at each step, because a row that was put between the last and the next
 * must be met. Positions in frozen layers just move on.
 *
 * 1. Every row before last (with beyond: up to last) was met or hidden.
 * 2. rows[i] is layer i's first row that was not met, as of the last step, or
 *    NULL.
 * 3. last ≥ prefix, and once a row was met it is that row's key.
 * 4. layers and base belong to the stack, which outlives the cursor.
 */
struct state_cursor {
    const struct state_layer *const *layers;
    size_t layer_count;
    const struct state_base *base;
    void *base_cursor;
    bool base_has; /* base_key and base_value hold the base's next row */
    struct bytes base_key;
    struct bytes base_value;
    uint8_t prefix[STATE_KEY_SIZE_MAX];
    uint8_t last[STATE_KEY_SIZE_MAX]; /* where to go on */
    size_t prefix_size;
    size_t last_size;
    bool beyond;                    /* past last; else from last on */
    const struct state_row *rows[]; /* next row of each layer */
};

static struct bytes cursor_last(const struct state_cursor *cursor)
{
    return bytes_make(cursor->last, cursor->last_size);
}

/* The key is copied because the row's memory may change before the next step.
 */
static void cursor_set_last(struct state_cursor *cursor, struct bytes key)
{
    if (key.size)
        memcpy(cursor->last, key.data, key.size);
    cursor->last_size = key.size;
}

/* The base is read one row ahead. Its key and value stay valid until the next
 * read, which comes after the caller is done with them (cursor_advance()). */
static void base_step(struct state_cursor *cursor)
{
    cursor->base_has = cursor->base->cursor_next(
        cursor->base_cursor, &cursor->base_key, &cursor->base_value);
}

/* The walk starts no earlier than at the prefix. The first key without the
 * prefix ends the walk. */
struct state_cursor *state_cursor_open_layers(struct state_layer *const *layers,
                                              size_t count,
                                              const struct state_base *base,
                                              struct bytes prefix,
                                              struct bytes start)
{
    CHECK(prefix.size <= STATE_KEY_SIZE_MAX);
    CHECK(start.size <= STATE_KEY_SIZE_MAX);
    struct state_cursor *cursor =
        mem_zero(1, sizeof(*cursor) + count * sizeof(struct state_row *));
    cursor->layers = (const struct state_layer *const *)layers;
    cursor->layer_count = count;
    cursor->base = base;
    if (prefix.size)
        memcpy(cursor->prefix, prefix.data, prefix.size);
    cursor->prefix_size = prefix.size;
    cursor_set_last(cursor, bytes_compare(start, prefix) > 0 ? start : prefix);
    cursor->base_cursor = base->cursor_open(base->user, cursor_last(cursor));
    base_step(cursor);
    for (size_t i = 0; i < count; i++)
        cursor->rows[i] =
            state_layer_seek(layers[i], cursor_last(cursor), false);
    return cursor;
}

/* Move every source that is at the last key to its first row past that key.
 * Several sources may be at that key; the upper one hid the others. */
static void cursor_advance(struct state_cursor *cursor)
{
    struct bytes last = cursor_last(cursor);
    for (size_t i = 0; i < cursor->layer_count; i++) {
        const struct state_row *row = cursor->rows[i];
        if (!state_layer_is_frozen(cursor->layers[i]))
            cursor->rows[i] =
                state_layer_seek(cursor->layers[i], last, cursor->beyond);
        else if (cursor->beyond && row && bytes_equal(state_row_key(row), last))
            cursor->rows[i] = row->next[0];
    }
    if (cursor->beyond && cursor->base_has &&
        bytes_equal(cursor->base_key, last))
        base_step(cursor);
}

/* The least of the sources' rows; the topmost of equal ones, since only a
 * smaller key replaces one that was found further up. The base comes last, and
 * has no deleted rows. */
static bool cursor_least(const struct state_cursor *cursor, struct bytes *key,
                         struct bytes *value, bool *deleted)
{
    const struct state_row *least = NULL;
    for (size_t i = 0; i < cursor->layer_count; i++) {
        const struct state_row *row = cursor->rows[i];
        if (row && (!least || bytes_compare(state_row_key(row),
                                            state_row_key(least)) < 0))
            least = row;
    }
    if (cursor->base_has &&
        (!least || bytes_compare(cursor->base_key, state_row_key(least)) < 0)) {
        *key = cursor->base_key;
        *value = cursor->base_value;
        *deleted = false;
        return true;
    }
    if (!least)
        return false;
    *key = state_row_key(least);
    *value = bytes_make(least->value, least->value_size);
    *deleted = least->deleted;
    return true;
}

/* Rows that are deleted on top are skipped, with what they hide below. After
 * the end a walk may go on: a row that is put later beyond the last one is met.
 */
bool state_cursor_next(struct state_cursor *cursor, struct bytes *key,
                       struct bytes *value)
{
    struct bytes prefix = bytes_make(cursor->prefix, cursor->prefix_size);
    bool deleted = true;
    while (deleted) {
        cursor_advance(cursor);
        if (!cursor_least(cursor, key, value, &deleted) ||
            !bytes_begin_with(*key, prefix))
            return false;
        cursor_set_last(cursor, *key);
        cursor->beyond = true;
    }
    return true;
}

void state_cursor_close(struct state_cursor *cursor)
{
    if (!cursor)
        return;
    cursor->base->cursor_close(cursor->base_cursor);
    free(cursor);
}
