/*
 * The table of the state as a base for banks.
 */
#include "settlement/ledger/ledger_internal.h"

#include "base/check.h"
#include "base/error.h"

/* If the disk can't be read the process ends (state.h): an error would have to
 * change how a program executes. */
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

/* Cursors are closed before the view because the state is
 * (ledger_view_close()). */
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

/* Banks of the executor use it, too, over a view of their own while a block is
 * made. */
struct state_base ledger_base(struct rows_view *view)
{
    return (struct state_base){.user = view,
                               .get = base_get,
                               .cursor_open = base_cursor_open,
                               .cursor_next = base_cursor_next,
                               .cursor_close = base_cursor_close};
}
