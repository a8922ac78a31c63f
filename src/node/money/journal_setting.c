/*
 * One table for all kinds: each is a handful of rows that are read whole at the
 * start, so none needs columns or an index of its own.
 */
#include "node/money/journal_setting.h"

#include "base/check.h"
#include "node/money/journal_internal.h"

int journal_setting_put(struct journal *journal, enum journal_setting kind,
                        const char *name, struct bytes value)
{
    sqlite3_stmt *statement = journal_take(journal, STATEMENT_SETTING_PUT);

    CHECK(name);
    journal_bind_number(statement, 1, kind);
    journal_bind_text(statement, 2, name);
    /* NULL would be SQL's NULL, which is not an empty value. */
    journal_bind_bytes(statement, 3, value.size ? (const void *)value.data : "",
                       value.size);
    return journal_finish(journal, statement);
}

int journal_setting_remove(struct journal *journal, enum journal_setting kind,
                           const char *name)
{
    sqlite3_stmt *statement = journal_take(journal, STATEMENT_SETTING_REMOVE);

    journal_bind_number(statement, 1, kind);
    journal_bind_text(statement, 2, name);
    return journal_finish(journal, statement);
}

/* A name that is no text is that of a damaged row, which means nothing. */
int journal_setting_each(struct journal *journal, enum journal_setting kind,
                         journal_setting_visit *visit, void *user)
{
    sqlite3_stmt *statement = journal_take(journal, STATEMENT_SETTING_EACH);
    const char *name;
    int code, status = 0;

    journal_bind_number(statement, 1, kind);
    while (!status && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        name = (const char *)sqlite3_column_text(statement, 0);
        if (name)
            status =
                visit(user, name,
                      bytes_make(sqlite3_column_blob(statement, 1),
                                 (size_t)sqlite3_column_bytes(statement, 1)));
    }
    if (!status && code != SQLITE_DONE)
        status = journal_error(journal, code);
    sqlite3_reset(statement);
    return status;
}
