/*
 * Rows come many at a time (state_layer.c), so they are sorted first: each is
 * then put behind the one before it, from where the next place is a few steps
 * away, and not from the top of the list through memory that nothing else has
 * touched.
 */
#include "settlement/state/state_list.h"
#include "base/memory.h"
#include <stdlib.h>

/* A row to be put in: the number that decides most comparisons beside it. */
struct item {
    uint64_t order;
    struct state_row *row;
};

uint64_t state_list_order(struct bytes key)
{
    uint8_t head[8] = {0};
    memcpy(head, key.data, key.size < 8 ? key.size : 8);
    return u64be_read(head);
}

/* One level in four rows goes up (two pointers would be kept for each row at
 * one in two, and the descent hardly shorter). By bits of the hash that the
 * table's place does not depend on, so that no random numbers are drawn here.
 */
uint8_t state_list_levels(uint64_t hash)
{
    uint8_t levels = 1;
    for (uint64_t bits = hash >> 40; !(bits & 3) && levels < STATE_LEVELS_MAX;
         bits >>= 2)
        levels++;
    return levels;
}

/* -1, 0, 1 as row's key is less than, equal to or greater than key. Accounts'
 * keys differ in the 7 bytes after their class, so most of the time nothing but
 * the row's head is read. */
static int row_compare(const struct state_row *row, struct bytes key,
                       uint64_t order)
{
    if (row->order != order)
        return row->order < order ? -1 : 1;
    return bytes_compare(state_row_key(row), key);
}

static int item_compare(const void *a, const void *b)
{
    const struct item *left = a, *right = b;
    if (left->order != right->order)
        return left->order < right->order ? -1 : 1;
    return bytes_compare(state_row_key(left->row), state_row_key(right->row));
}

/* before[i] is the array of pointers that the last row before the place (or the
 * list, at its beginning) holds, for level i; on return, for the place behind
 * row, which is where the next greater row is looked for. A level that moved on
 * is further than those below it, one that did not is behind them. */
static void insert(struct state_list *list, struct state_row *row,
                   struct state_row **before[STATE_LEVELS_MAX])
{
    struct bytes key = state_row_key(row);
    struct state_row **at = list->first;
    bool has_moved = false;
    if (row->level_count > list->levels)
        list->levels = row->level_count;
    for (unsigned level = list->levels; level-- > 0;) {
        if (!has_moved)
            at = before[level];
        while (at[level] && row_compare(at[level], key, row->order) < 0) {
            at = at[level]->next;
            has_moved = true;
        }
        before[level] = at;
    }
    for (unsigned level = 0; level < row->level_count; level++) {
        row->next[level] = before[level][level];
        before[level][level] = row;
        before[level] = row->next;
    }
}

void state_list_add(struct state_list *list, struct state_row *newest,
                    const struct state_row *end)
{
    struct state_row **before[STATE_LEVELS_MAX];
    size_t count = 0, at = 0;
    for (unsigned level = 0; level < STATE_LEVELS_MAX; level++)
        before[level] = list->first;
    for (const struct state_row *row = newest; row != end; row = row->older)
        count++;
    /* A program that puts a row and looks at its rows by turns. */
    if (count == 1) {
        insert(list, newest, before);
        return;
    }
    struct item *items = mem_alloc(count * sizeof(*items));
    for (struct state_row *row = newest; row != end; row = row->older)
        items[at++] = (struct item){.order = row->order, .row = row};
    qsort(items, count, sizeof(*items), item_compare);
    for (size_t i = 0; i < count; i++)
        insert(list, items[i].row, before);
    free(items);
}

/* Down from the top level, to the right as long as rows are too small. */
const struct state_row *state_list_seek(const struct state_list *list,
                                        struct bytes start, bool beyond)
{
    uint64_t order = start.size ? state_list_order(start) : 0;
    struct state_row *const *at = list->first;
    int limit = beyond ? 1 : 0; /* stop at the first that compares so or more */
    for (unsigned level = list->levels; level-- > 0;)
        while (at[level] && row_compare(at[level], start, order) < limit)
            at = at[level]->next;
    return at[0];
}
