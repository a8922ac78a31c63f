#include "node/money/journal_round.h"

#include "base/error.h"
#include "node/money/journal_internal.h"

int journal_round_put(struct journal *journal,
                      const struct journal_round *round)
{
    sqlite3_stmt *statement = journal_take(journal, STATEMENT_ROUND_PUT);

    journal_bind_bytes(statement, 1, round->task.bytes, 32);
    journal_bind_number(statement, 2, round->round);
    journal_bind_number(statement, 3, round->level);
    journal_bind_text(statement, 4, round->brief);
    journal_bind_text(statement, 5, round->detail);
    return journal_finish(journal, statement);
}

static const char *text_at(sqlite3_stmt *statement, int column)
{
    const unsigned char *text = sqlite3_column_text(statement, column);

    return text ? (const char *)text : "";
}

static int visit_rows(struct journal *journal, sqlite3_stmt *statement,
                      const struct pubkey *task, uint64_t *count,
                      journal_round_visit *visit, void *user)
{
    struct journal_round round = {.task = *task};
    int code = SQLITE_DONE, status = 0;

    *count = 0;
    while (!status && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        round.round = (uint64_t)sqlite3_column_int64(statement, 0);
        round.level =
            (enum journal_round_level)sqlite3_column_int(statement, 1);
        round.brief = text_at(statement, 2);
        round.detail = text_at(statement, 3);
        (*count)++;
        status = visit(user, &round);
    }
    if (!status && code != SQLITE_DONE)
        status = journal_error(journal, code);
    sqlite3_reset(statement);
    return status;
}

int journal_round_find(struct journal *journal, const struct pubkey *task,
                       uint64_t round, journal_round_visit *visit, void *user)
{
    sqlite3_stmt *statement = journal_take(journal, STATEMENT_ROUND_FIND);
    uint64_t count;

    journal_bind_bytes(statement, 1, task->bytes, 32);
    journal_bind_number(statement, 2, round);
    int status = visit_rows(journal, statement, task, &count, visit, user);
    return status || count ? status : ERR_NOT_FOUND;
}

int journal_round_each(struct journal *journal, const struct pubkey *task,
                       uint64_t before_round, uint64_t limit,
                       journal_round_visit *visit, void *user)
{
    sqlite3_stmt *statement = journal_take(journal, STATEMENT_ROUND_EACH);
    uint64_t count;

    journal_bind_bytes(statement, 1, task->bytes, 32);
    journal_bind_number(statement, 2, before_round);
    journal_bind_number(statement, 3, limit);
    return visit_rows(journal, statement, task, &count, visit, user);
}

int journal_round_drop(struct journal *journal, const struct pubkey *task,
                       uint64_t before_round)
{
    sqlite3_stmt *statement = journal_take(journal, STATEMENT_ROUND_DROP);

    journal_bind_bytes(statement, 1, task->bytes, 32);
    journal_bind_number(statement, 2, before_round);
    return journal_finish(journal, statement);
}
