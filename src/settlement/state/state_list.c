/*
 * Rows come many at a time (state_layer.c), so they are sorted first. The place
 * of each row is then a few steps after the one before it, and need not be
 * searched from the top of the list through memory that nothing else has
 * touched.
 */
#include "settlement/state/state_list.h"
#include "base/memory.h"
#include <stdlib.h>

/* A row to be put in, with the number that decides most comparisons. */
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

/* One row in four goes up a level: with one in two each row would keep two
 * pointers, and the descent would hardly be shorter. Bits of the hash decide,
 * on which the table's place does not depend, so that no random numbers are
 * drawn here. */
uint8_t state_list_levels(uint64_t hash)
{
    uint8_t levels = 1;
    for (uint64_t bits = hash >> 40; !(bits & 3) && levels < STATE_LEVELS_MAX;
         bits >>= 2)
        levels++;
    return levels;
}

/* -1, 0, 1 if row's key is less than, equal to or greater than key. Accounts'
 * keys differ in the 7 bytes after their class, so mostly only the row's head
 * is read. */
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

/* before[i] is the array of pointers, for level i, of the last row before the
 * place (or of the list, at its beginning). On return it is for the place after
 * row, from where the next greater row is searched. A level that moved is
 * further on than those below it; a level that did not move is not. */
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
    /* The common case of a program that puts rows and walks them by turns. */
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

/* Down from the top level, and forward while rows are too small. */
const struct state_row *state_list_seek(const struct state_list *list,
                                        struct bytes start, bool beyond)
{
    uint64_t order = start.size ? state_list_order(start) : 0;
    struct state_row *const *at = list->first;
    int limit =
        beyond ? 1 : 0; /* stop at the first row that compares so or greater */
    for (unsigned level = list->levels; level-- > 0;)
        while (at[level] && row_compare(at[level], start, order) < limit)
            at = at[level]->next;
    return at[0];
}
