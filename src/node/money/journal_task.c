/*
 * The tasks that a node runs, and the numbers that it wants to know again.
 */
#include "node/money/journal_internal.h"

#include "base/check.h"
#include "base/error.h"

/* The newest word counts: starting a task again changes how it is run. */
int journal_task_put(struct journal *journal, const struct journal_task *task)
{
    sqlite3_stmt *statement = journal_take(journal, STATEMENT_TASK_PUT);

    CHECK(!task->variables || task->variables[0] == '{');
    journal_bind_bytes(statement, 1, task->task.bytes, 32);
    journal_bind_number(statement, 2, task->stake_roe);
    journal_bind_text(statement, 3, task->executable ? task->executable : "");
    journal_bind_text(statement, 4, task->variables ? task->variables : "{}");
    journal_bind_number(statement, 5, task->engine);
    journal_bind_number(statement, 6, task->is_trusted);
    return journal_finish(journal, statement);
}

/* No row is made where the task has been removed meanwhile. */
int journal_task_staked(struct journal *journal, const struct pubkey *task)
{
    sqlite3_stmt *statement = journal_take(journal, STATEMENT_TASK_STAKED);

    journal_bind_bytes(statement, 1, task->bytes, 32);
    return journal_finish(journal, statement);
}

/* Its actions stay: they are history, not a wish. */
int journal_task_remove(struct journal *journal, const struct pubkey *task)
{
    sqlite3_stmt *statement = journal_take(journal, STATEMENT_TASK_REMOVE);

    journal_bind_bytes(statement, 1, task->bytes, 32);
    return journal_finish(journal, statement);
}

/* The texts are SQLite's own memory, valid until the next step: a visitor that
 * keeps them copies. */
int journal_each_task(struct journal *journal, journal_task_visit visit,
                      void *user)
{
    sqlite3_stmt *statement = journal_take(journal, STATEMENT_TASK_EACH);
    struct journal_task task;
    int code, status = 0;

    while (!status && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        journal_copy_key(statement, 0, task.task.bytes, 32);
        task.stake_roe = (uint64_t)sqlite3_column_int64(statement, 1);
        task.executable = (const char *)sqlite3_column_text(statement, 2);
        task.variables = (const char *)sqlite3_column_text(statement, 3);
        task.engine = (unsigned)sqlite3_column_int(statement, 4);
        task.is_trusted = sqlite3_column_int(statement, 5) != 0;
        status = visit(user, &task);
    }
    if (!status && code != SQLITE_DONE)
        status = journal_error(journal, code);
    sqlite3_reset(statement);
    return status;
}

/* Names are this program's own. */
int journal_number_put(struct journal *journal, const char *name,
                       uint64_t value)
{
    sqlite3_stmt *statement = journal_take(journal, STATEMENT_NUMBER_PUT);

    journal_bind_text(statement, 1, name);
    journal_bind_number(statement, 2, value);
    return journal_finish(journal, statement);
}

/* Without a text where there is none, as journal_find(). */
int journal_number_get(struct journal *journal, const char *name, uint64_t *out)
{
    sqlite3_stmt *statement = journal_take(journal, STATEMENT_NUMBER_GET);
    int code, status = 0;

    journal_bind_text(statement, 1, name);
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *out = (uint64_t)sqlite3_column_int64(statement, 0);
    else if (code == SQLITE_DONE)
        status = ERR_NOT_FOUND;
    else
        status = journal_error(journal, code);
    sqlite3_reset(statement);
    return status;
}
