/*
 * Which slots have a block: the keys of two tables, merged, and then the
 * branch's blocks. The values of full blocks are not read.
 */
#include "settlement/ledger/ledger_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include <stdlib.h>

/* Both cursors are one row ahead: block and run are the next ones. */
struct ledger_slots {
    struct ledger_view *view;
    struct rows_cursor *blocks; /* NULL: at its end */
    struct rows_cursor *runs;
    uint64_t block;
    struct ledger_run run;
    uint64_t from; /* slots before it were given */
    size_t at;     /* the branch's next block */
};

/* A row of a table whose keys are slots. ERR_NOT_FOUND closes the cursor. */
static int next_row(struct rows_cursor **cursor, struct bytes *key,
                    struct bytes *value)
{
    int status = rows_cursor_next(*cursor, key, value);
    if (!status && key->size != 8)
        status = err_set(ERR_CORRUPT, "a slot's key has %zu bytes", key->size);
    if (status == ERR_NOT_FOUND) {
        rows_cursor_close(*cursor);
        *cursor = NULL;
    }
    return status == ERR_NOT_FOUND ? 0 : status;
}

static int next_block(struct ledger_slots *slots)
{
    struct bytes key, value;
    int status = next_row(&slots->blocks, &key, &value);
    if (!status && slots->blocks)
        slots->block = u64be_read(key.data);
    return status;
}

/* Runs that end before the place are passed over: the first may. */
static int next_run(struct ledger_slots *slots)
{
    struct bytes key, value;
    int status = 0;
    do {
        status = next_row(&slots->runs, &key, &value);
        if (!status && slots->runs)
            status = ledger_run_decode(key, value, &slots->run);
    } while (!status && slots->runs && slots->run.last < slots->from);
    return status;
}

static int open_table(struct ledger_slots *slots, enum ledger_table table,
                      uint64_t from, struct rows_cursor **out)
{
    uint8_t start[8];
    u64be_write(start, from);
    return rows_cursor_open(slots->view->rows, table,
                            bytes_make(start, sizeof(start)), out);
}

static int open_disk(struct ledger_slots *slots)
{
    struct ledger_run run = {.first = slots->from};
    int status = ledger_run_find(slots->view, slots->from, &run);
    if (status && status != ERR_NOT_FOUND)
        return status;
    status = open_table(slots, TABLE_BLOCKS, slots->from, &slots->blocks);
    if (!status)
        status = open_table(slots, TABLE_RUNS, run.first, &slots->runs);
    if (!status)
        status = next_block(slots);
    if (!status)
        status = next_run(slots);
    return status;
}

int ledger_slots_open(struct ledger_view *view, uint64_t from,
                      struct ledger_slots **out)
{
    CHECK_MAGIC(view, LEDGER_VIEW_MAGIC);
    struct ledger_slots *slots = mem_zero(1, sizeof(*slots));
    uint64_t first;
    slots->view = view;
    int status = ledger_first_read(view->rows, &first);
    slots->from = !status && from < first ? first : from;
    slots->at = ledger_branch_from(view->branch, slots->from);
    if (!status && slots->from <= view->branch->floor_slot)
        status = open_disk(slots);
    if (status) {
        ledger_slots_close(slots);
        return status;
    }
    *out = slots;
    return 0;
}

/* The disk's next ones up to the floor; false: the rest is in memory. */
static bool peek_disk(const struct ledger_slots *slots, uint64_t *first,
                      uint64_t *last, bool *is_run)
{
    *first = *last = UINT64_MAX;
    *is_run = false;
    if (slots->blocks)
        *first = *last = slots->block;
    if (slots->runs && slots->run.first < *first) {
        *is_run = true;
        *first =
            slots->run.first < slots->from ? slots->from : slots->run.first;
        *last = slots->run.last;
    }
    return *first <= slots->view->branch->floor_slot;
}

int ledger_slots_next(struct ledger_slots *slots, uint64_t *first,
                      uint64_t *last)
{
    const struct ledger_branch *branch = slots->view->branch;
    bool is_run;
    int status = 0;
    if (peek_disk(slots, first, last, &is_run)) {
        if (*last > branch->floor_slot)
            *last = branch->floor_slot;
        slots->from = *last + 1;
        status = is_run ? next_run(slots) : next_block(slots);
    } else if (slots->at < branch->count) {
        *first = *last = bank_info(branch->blocks[slots->at++]->bank)->slot;
    } else {
        status = ERR_NOT_FOUND;
    }
    return status;
}

void ledger_slots_close(struct ledger_slots *slots)
{
    if (!slots)
        return;
    rows_cursor_close(slots->blocks);
    rows_cursor_close(slots->runs);
    free(slots);
}

int ledger_next_slot(struct ledger_view *view, uint64_t from, uint64_t *out)
{
    struct ledger_slots *slots;
    uint64_t last;
    int status = ledger_slots_open(view, from, &slots);
    if (status)
        return status;
    status = ledger_slots_next(slots, out, &last);
    ledger_slots_close(slots);
    return status;
}

/* Slot 0, or the snapshot's that the ledger began with, or a later one if
 * history was dropped. */
int ledger_first_slot(struct ledger_view *view, uint64_t *out)
{
    return ledger_next_slot(view, 0, out);
}
