/*
 * Walking over a state in the order of its keys.
 *
 * A cursor is a merge of the layers' skip lists and the base's own cursor. The
 * least is found by looking at each source: there is a layer for each block
 * that waits for the disk, a handful under load (and at most some hundred,
 * nearly empty ones on an idle chain), so a heap would rarely earn its upkeep.
 *
 * A step costs a comparison a source, and a descent of the skip list for each
 * source that may still change. So a walk over n rows of a frozen bank is
 * linear, and one that a program makes over its own rows is O(n log n).
 *
 * It does not hold the rows still: see state.h for what a walk meets that puts
 * and deletes rows on its way (dropping the rows of old rounds does).
 */
#include "base/buffer.h"
#include "base/check.h"
#include "base/memory.h"
#include "settlement/state/state_layer.h"
#include <stdlib.h>

/*
 * Each step takes the least key that is past the last one; where several hold
 * it, the topmost counts. Positions in layers that may still change are found
 * again by key at each step, for a row put between the last and the next must
 * be met; those in frozen ones just move on.
 *
 * 1. Every row before last (with beyond: up to last) was met or hidden.
 * 2. rows[i] is layer i's first row that was not met, as of the last step;
 *    NULL: none.
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

/* Copied: the row's own memory may be written to before the next step. */
static void cursor_set_last(struct state_cursor *cursor, struct bytes key)
{
    if (key.size)
        memcpy(cursor->last, key.data, key.size);
    cursor->last_size = key.size;
}

/* The base is asked one row ahead: whether it has one decides each step. Its
 * key and value stay valid until it is asked again, and that is after the
 * caller has done with them (cursor_advance()). */
static void base_step(struct state_cursor *cursor)
{
    cursor->base_has = cursor->base->cursor_next(
        cursor->base_cursor, &cursor->base_key, &cursor->base_value);
}

/* What is before the prefix can't be met: start no earlier. The prefix' end
 * needs no bound of its own, since the first key without it ends the walk. */
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

/* Let every source stand at its first row past the last key. Sources that were
 * not at that key stand right already; several may be, of which all move, for
 * the lower ones are hidden. */
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
 * smaller key replaces the one that was found further up. The base comes last:
 * it has no deleted rows. */
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

/* Rows that are deleted on top are passed over, and with them what they hide
 * below. A walk is at its end for good only when its caller stops asking: a row
 * that is put later beyond the last one is met. */
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
