#include "node/money/journal_stop.h"

#include "node/money/journal_internal.h"

int journal_stop_put(struct journal *journal, const struct journal_stop *stop)
{
    sqlite3_stmt *statement;
    int status = journal_begin(journal);

    if (status)
        return status;
    statement = journal_take(journal, STATEMENT_STOP_PUT);
    journal_bind_bytes(statement, 1, stop->task.bytes, 32);
    journal_bind_number(statement, 2, stop->at_ms);
    journal_bind_number(statement, 3, stop->slot);
    journal_bind_text(statement, 4, stop->reason);
    journal_bind_text(statement, 5, stop->text);
    status = journal_finish(journal, statement);
    if (!status) {
        statement = journal_take(journal, STATEMENT_STOP_DROP);
        journal_bind_bytes(statement, 1, stop->task.bytes, 32);
        journal_bind_number(statement, 2, JOURNAL_STOPS_MAX);
        status = journal_finish(journal, statement);
    }
    return journal_end(journal, status);
}

static const char *text_at(sqlite3_stmt *statement, int column)
{
    const unsigned char *text = sqlite3_column_text(statement, column);

    return text ? (const char *)text : "";
}

int journal_stop_each(struct journal *journal, const struct pubkey *task,
                      journal_stop_visit *visit, void *user)
{
    sqlite3_stmt *statement = journal_take(journal, STATEMENT_STOP_EACH);
    int code = SQLITE_DONE, status = 0;

    journal_bind_bytes(statement, 1, task->bytes, 32);
    while (!status && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        const struct journal_stop stop = {
            .task = *task,
            .at_ms = (uint64_t)sqlite3_column_int64(statement, 0),
            .slot = (uint64_t)sqlite3_column_int64(statement, 1),
            .reason = text_at(statement, 2),
            .text = text_at(statement, 3),
        };

        status = visit(user, &stop);
    }
    if (!status && code != SQLITE_DONE)
        status = journal_error(journal, code);
    sqlite3_reset(statement);
    return status;
}
