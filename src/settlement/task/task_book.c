/*
 * Totals are kept because a task with 10,000 nodes has tens of thousands of
 * rows, and every instruction has to know whether its row still fits into the
 * space that was paid for. Each put and removal adjusts the sums by its own
 * row; task_check() recomputes them from all rows.
 *
 * Rows go to the state at once because later look-ups of the same instruction
 * must see them; the header is written once at the end. If the instruction
 * fails in between, the state's layer is dropped.
 *
 * Old rounds are dropped a few rows at a time. If a round of 10,000 submissions
 * went at once, one unlucky node's submission would cost ten thousand times as
 * much as another's, and a block's time would depend on where a round ends.
 *
 * The text's size is kept without commas and braces of maps, which follow from
 * the numbers of rows (task_text_size()). A round's name and braces are added
 * with its first entry and taken out with its last.
 */
#include "settlement/task/task_book.h"
#include "base/check.h"
#include "settlement/task/task_text.h"

/* ---- The header ---- */

/* The row is copied because the header's texts point into it and its bytes in
 * the state go when the header is saved. */
bool task_book_open(struct task_book *book, struct state *state,
                    const struct pubkey *task, struct arena *arena)
{
    struct task_row_key key;
    struct bytes value;
    book->state = state;
    book->task = *task;
    task_rows_prefix(task, TASK_ROW_HEADER, NULL, NULL, &key);
    if (!state_get(state, bytes_make(key.bytes, key.size), &value))
        return false;
    CHECK(!task_header_decode(arena_bytes(arena, value), &book->header));
    CHECK(book->header.drop_end >= book->header.first_round ||
          book->header.drop_stage == 0);
    return true;
}

void task_book_new(struct task_book *book, struct state *state,
                   const struct pubkey *task)
{
    *book = (struct task_book){.state = state, .task = *task};
}

void task_book_save(struct task_book *book)
{
    struct buffer value = {0};
    struct task_row_key key;
    task_rows_prefix(&book->task, TASK_ROW_HEADER, NULL, NULL, &key);
    task_header_encode(&book->header, &value);
    state_put(book->state, bytes_make(key.bytes, key.size),
              buffer_view(&value));
    buffer_free(&value);
}

/* Writes the header's fields to measure them, which takes about a microsecond.
 */
uint64_t task_book_size(const struct task_book *book)
{
    struct buffer scratch = {0};
    uint64_t size = task_text_size(&book->header, &scratch);
    buffer_free(&scratch);
    return size;
}

/* ---- Rows and totals ---- */

/* Rows that have no map in the rendered state are not counted, and never get
 * here. */
static enum task_count count_of(enum task_row_kind kind)
{
    switch (kind) {
    case TASK_ROW_STAKE:
        return TASK_COUNT_STAKES;
    case TASK_ROW_BALANCE:
        return TASK_COUNT_BALANCES;
    case TASK_ROW_SUBMISSION:
        return TASK_COUNT_SUBMISSIONS;
    case TASK_ROW_SUBMISSION_AUDIT:
        return TASK_COUNT_SUBMISSION_AUDITS;
    case TASK_ROW_SUBMISSION_VOTE:
        return TASK_COUNT_SUBMISSION_VOTES;
    case TASK_ROW_LIST:
        return TASK_COUNT_LISTS;
    case TASK_ROW_LIST_AUDIT:
        return TASK_COUNT_LIST_AUDITS;
    case TASK_ROW_LIST_VOTE:
        return TASK_COUNT_LIST_VOTES;
    case TASK_ROW_ROUND:
        return TASK_COUNT_RECORDS;
    case TASK_ROW_HEADER:
    case TASK_ROW_TOKEN:
    case TASK_ROW_UPLOAD:
        break;
    }
    CHECK(false);
    return TASK_COUNTS;
}

bool task_book_groups(enum task_row_kind kind)
{
    return kind == TASK_ROW_SUBMISSION || kind == TASK_ROW_SUBMISSION_AUDIT ||
           kind == TASK_ROW_LIST || kind == TASK_ROW_LIST_AUDIT;
}

/* A round has a row from its first submission on, and stands in the text only
 * after a payout was tried. */
static bool is_counted(const struct task_row *row)
{
    return row->kind != TASK_ROW_ROUND ||
           row->status.record != TASK_RECORD_NONE;
}

/* Totals can't overflow because the pot that holds the coins is itself an
 * amount of 64 bits. */
static void adjust(uint64_t *total, uint64_t by, bool is_added)
{
    bool is_wrong = is_added ? __builtin_add_overflow(*total, by, total)
                             : __builtin_sub_overflow(*total, by, total);
    CHECK(!is_wrong);
}

void task_book_count(struct task_header *header, const struct task_row *row,
                     bool is_added, struct buffer *scratch)
{
    adjust(&header->text_size, task_text_row_size(row, scratch), is_added);
    if (is_counted(row))
        adjust(&header->counts[count_of(row->kind)], 1, is_added);
    if (row->kind == TASK_ROW_STAKE) {
        adjust(&header->total_stake, row->stake.amount, is_added);
        if (row->stake.ip_address.size)
            adjust(&header->counts[TASK_COUNT_ADDRESSES], 1, is_added);
    }
    if (row->kind == TASK_ROW_BALANCE)
        adjust(&header->total_balance, row->stake.amount, is_added);
}

static void account_for(struct task_book *book, const struct task_row *row,
                        bool is_added)
{
    struct buffer scratch = {0};
    task_book_count(&book->header, row, is_added, &scratch);
    buffer_free(&scratch);
}

static void write_row(struct task_book *book, const struct task_row *row,
                      bool is_new)
{
    struct task_row_key key;
    struct buffer value = {0};
    account_for(book, row, true);
    task_rows_key(&book->task, row, &key);
    task_rows_encode(row, &value);
    if (is_new)
        state_add(book->state, bytes_make(key.bytes, key.size),
                  buffer_view(&value));
    else
        state_put(book->state, bytes_make(key.bytes, key.size),
                  buffer_view(&value));
    buffer_free(&value);
}

void task_book_add(struct task_book *book, const struct task_row *row,
                   bool is_first)
{
    CHECK(row->kind != TASK_ROW_UPLOAD && row->kind != TASK_ROW_HEADER);
    if (is_first && task_book_groups(row->kind))
        book->header.text_size += task_text_round_size(row->round);
    write_row(book, row, true);
}

/* The old row leaves the totals before the new one enters, so a row can be put
 * over itself. The look for other entries of the round comes before the write,
 * or it would find the new row. */
void task_book_put(struct task_book *book, const struct task_row *row)
{
    struct task_row old = *row;
    CHECK(row->kind != TASK_ROW_UPLOAD && row->kind != TASK_ROW_HEADER);
    /* A round's first entry adds the round's name and braces. */
    bool was_there = task_rows_get(book->state, &book->task, &old);
    if (was_there)
        account_for(book, &old, false);
    else if (task_book_groups(row->kind) &&
             !task_rows_any(book->state, &book->task, row->kind, &row->round,
                            NULL))
        book->header.text_size += task_text_round_size(row->round);
    write_row(book, row, !was_there);
}

void task_book_remove(struct task_book *book, const struct task_row *row)
{
    struct task_row old = *row;
    struct task_row_key key;
    CHECK(task_rows_get(book->state, &book->task, &old));
    account_for(book, &old, false);
    task_rows_key(&book->task, row, &key);
    state_delete(book->state, bytes_make(key.bytes, key.size));
    /* The last entry of a round takes the round's name and braces along. */
    if (task_book_groups(row->kind) &&
        !task_rows_any(book->state, &book->task, row->kind, &row->round, NULL))
        book->header.text_size -= task_text_round_size(row->round);
}

/* Rows of 0 would stay for ever: a task that paid 10,000 nodes would carry as
 * many balances of 0. */
static void put_or_remove(struct task_book *book, struct task_row *row,
                          bool was_there, uint64_t amount)
{
    row->stake.amount = amount;
    if (amount)
        task_book_put(book, row);
    else if (was_there)
        task_book_remove(book, row);
}

uint64_t task_book_stake(const struct task_book *book, const struct pubkey *key)
{
    struct task_row row = {.kind = TASK_ROW_STAKE, .key = *key};
    return task_rows_get(book->state, &book->task, &row) ? row.stake.amount : 0;
}

void task_book_set_stake(struct task_book *book, const struct pubkey *key,
                         uint64_t amount)
{
    struct task_row row = {.kind = TASK_ROW_STAKE, .key = *key};
    bool was_there = task_rows_get(book->state, &book->task, &row);
    put_or_remove(book, &row, was_there, amount);
}

uint64_t task_book_balance(const struct task_book *book,
                           const struct pubkey *key)
{
    struct task_row row = {.kind = TASK_ROW_BALANCE, .key = *key};
    return task_rows_get(book->state, &book->task, &row) ? row.stake.amount : 0;
}

void task_book_set_balance(struct task_book *book, const struct pubkey *key,
                           uint64_t amount)
{
    struct task_row row = {.kind = TASK_ROW_BALANCE, .key = *key};
    bool was_there = task_rows_get(book->state, &book->task, &row);
    put_or_remove(book, &row, was_there, amount);
}

uint64_t task_book_owed(const struct task_book *book)
{
    uint64_t owed;
    /* Both lie in one pot, whose balance has 64 bits. */
    CHECK(!__builtin_add_overflow(book->header.total_stake,
                                  book->header.total_balance, &owed));
    return owed;
}

/* ---- Old rounds ---- */

/* Votes go first, and an audit goes with its last vote; then lists, then the
 * submissions that lists need, then the rounds that submissions need. So
 * task_check()'s invariants hold after every single removal, and dropping can
 * stop anywhere. */
static const enum task_row_kind drop_order[TASK_DROP_STAGES] = {
    TASK_ROW_SUBMISSION_VOTE, TASK_ROW_LIST_VOTE, TASK_ROW_LIST,
    TASK_ROW_SUBMISSION,      TASK_ROW_ROUND,
};

/* Called after each removed vote: the audit goes with the last. */
static void drop_audit_without_votes(struct task_book *book,
                                     const struct task_row *vote)
{
    if (task_rows_any(book->state, &book->task, vote->kind, &vote->round,
                      &vote->key))
        return;
    struct task_row audit = {
        .kind = vote->kind == TASK_ROW_SUBMISSION_VOTE
                    ? TASK_ROW_SUBMISSION_AUDIT
                    : TASK_ROW_LIST_AUDIT,
        .round = vote->round,
        .key = vote->key,
    };
    task_book_remove(book, &audit);
}

/* Remove the next row of the present stage; false if there is none. The header
 * keeps the place because a search from the beginning would pass over all rows
 * that were removed since the state's layer began. */
static bool drop_next(struct task_book *book)
{
    struct task_header *header = &book->header;
    struct task_row row = {
        .kind = drop_order[header->drop_stage],
        .round = header->drop_round,
        .key = header->drop_key,
    };
    CHECK(header->drop_stage < TASK_DROP_STAGES);
    if (!task_rows_find_from(book->state, &book->task, &row) ||
        row.round >= header->drop_end)
        return false;
    header->drop_round = row.round;
    header->drop_key = row.key;
    task_book_remove(book, &row);
    if (row.kind == TASK_ROW_SUBMISSION_VOTE || row.kind == TASK_ROW_LIST_VOTE)
        drop_audit_without_votes(book, &row);
    return true;
}

/* Rounds before first_round are dropped. The present pass drops rounds before
 * drop_end, and has come to (drop_stage, drop_round, drop_key). If there is
 * nothing to drop this costs one comparison. */
size_t task_book_drop(struct task_book *book, uint64_t end, size_t limit)
{
    struct task_header *header = &book->header;
    size_t dropped = 0;
    CHECK(limit > 0);
    while (header->first_round < end && dropped < limit) {
        /* A pass keeps its end for all kinds, even while the open rounds move
         * on: otherwise a later kind would be dropped further than an earlier
         * one, and votes would lose what they are about. */
        if (header->drop_end <= header->first_round)
            header->drop_end = end;
        if (drop_next(book)) {
            dropped++;
            continue;
        }
        header->drop_round = 0;
        header->drop_key = (struct pubkey){0};
        if (++header->drop_stage == TASK_DROP_STAGES) {
            header->drop_stage = 0;
            header->first_round = header->drop_end;
        }
    }
    return dropped;
}

/* Dropping all rounds leaves only stakes and balances in the counts, of which
 * the caller has made sure that there are none. */
void task_book_delete(struct task_book *book)
{
    struct task_row_key key;
    while (book->header.first_round < UINT64_MAX)
        task_book_drop(book, UINT64_MAX, SIZE_MAX);
    for (size_t i = 0; i < TASK_COUNTS; i++)
        CHECK(book->header.counts[i] == 0);
    CHECK(book->header.text_size == 0);
    task_rows_prefix(&book->task, TASK_ROW_TOKEN, NULL, NULL, &key);
    if (state_has(book->state, bytes_make(key.bytes, key.size)))
        state_delete(book->state, bytes_make(key.bytes, key.size));
    task_rows_prefix(&book->task, TASK_ROW_HEADER, NULL, NULL, &key);
    state_delete(book->state, bytes_make(key.bytes, key.size));
}
