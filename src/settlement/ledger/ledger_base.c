/*
 * The table of the state as a base for banks.
 */
#include "settlement/ledger/ledger_internal.h"

#include "base/check.h"
#include "base/error.h"

/* A disk that can't be read has no right answer (state.h). There is no error to
 * return, since a program that reads an account would have to execute
 * differently for it; the process ends. */
static void must_read(int status)
{
    CHECK(!status || status == ERR_NOT_FOUND);
}

static bool base_get(void *user, struct bytes key, struct bytes *value)
{
    int status = rows_get(user, TABLE_STATE, key, value);
    must_read(status);
    return !status;
}

/* Cursors are ended before the view: whoever has one has the state, and that is
 * closed first (ledger_view_close()). */
static void *base_cursor_open(void *user, struct bytes start)
{
    struct rows_cursor *cursor;
    must_read(rows_cursor_open(user, TABLE_STATE, start, &cursor));
    return cursor;
}

static bool base_cursor_next(void *cursor, struct bytes *key,
                             struct bytes *value)
{
    int status = rows_cursor_next(cursor, key, value);
    must_read(status);
    return !status;
}

static void base_cursor_close(void *cursor)
{
    rows_cursor_close(cursor);
}

/* Borrows the view. For banks of the writer's, too, which stand on a view of
 * their own while a block is made. */
struct state_base ledger_base(struct rows_view *view)
{
    return (struct state_base){.user = view,
                               .get = base_get,
                               .cursor_open = base_cursor_open,
                               .cursor_next = base_cursor_next,
                               .cursor_close = base_cursor_close};
}
