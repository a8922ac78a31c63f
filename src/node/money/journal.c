/*
 * Why SQLite and not LMDB, which the other stores use: the journal is asked by
 * name, by state and by round, it is small, and an operator can look into it
 * with the sqlite3 program while nothing runs.
 *
 * One row an action, never deleted while it is open. The name's UNIQUE
 * constraint is what makes "once" true: two parts of the node that both believe
 * an action is due can't both write it.
 *
 * Every call is one statement outside any transaction, so each is atomic by
 * itself and on disk when it returns. That is an fsync per action, of which a
 * task has a handful a round: there is nothing to gain by gathering them, and a
 * batch would put time between the decision and the write that protects it.
 *
 * States go OPEN -> FINAL, or OPEN -> FAILED -> OPEN -> ... The conditions in
 * the UPDATE statements hold that, not the callers: a final row can't be
 * changed by any of them but for its amount.
 *
 * All statements are prepared at the start, so that a mistake in one of them is
 * found then, and not on the day it is needed. A statement that is being
 * stepped through is the very one that the next caller of the same function
 * would reset; hence the rule that a visit does not call into the journal.
 */
#include "node/money/journal_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/money/journal_schema.h"

#include <stdlib.h>
#include <string.h>

/* In the order in which read_entry() of journal_entry.c takes them. */
#define COLUMNS                                                                \
    "id, task, round, kind, target, part, state, signature, height, slot, "    \
    "amount, wire"

/* Closed actions of a kind that the node counts, all but the newest (?3) of
 * them. One that is final stays until what it moved is in the account book. */
#define COUNTED                                                                \
    "task = ?1 AND kind = ?2 AND state <> 0 "                                  \
    "AND (state = 2 OR is_noted = 1) AND round + ?3 <= "                       \
    "(SELECT MAX(round) FROM action WHERE task = ?1 AND kind = ?2)"

/* Entries of the account book as journal_earning.c reads them. What an action
 * moved (6 to 11) has its fee beside it, which is then no entry of its own. */
#define ENTRIES                                                                \
    "SELECT e.id, e.at, e.slot, e.task, e.round, e.kind, e.unit, e.amount, "   \
    "e.signature, e.reason, f.amount FROM earning e LEFT JOIN earning f "      \
    "ON e.kind BETWEEN 6 AND 11 AND f.task = e.task AND f.round = e.round "    \
    "AND f.kind = 4 AND f.reference = e.reference "                            \
    "WHERE e.id < ?1 AND e.amount <> 0 AND NOT (e.kind = 4 AND EXISTS ("       \
    "SELECT 1 FROM earning m WHERE m.task = e.task AND m.round = e.round "     \
    "AND m.kind BETWEEN 6 AND 11 AND m.reference = e.reference)) "

/* The numbers in them are those of enum journal_state: 0 open, 1 final. FIND is
 * answered by the index of the UNIQUE constraint, EACH_OPEN by action_open; the
 * others walk the rows of a task, of which there are some hundreds. */
static const char *const statement_text[STATEMENTS] = {
    [STATEMENT_INTEND] =
        "INSERT INTO action (task, round, kind, target, part, state, "
        "signature, height, slot, amount, wire) "
        "VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?)",
    [STATEMENT_RENEW] =
        "UPDATE action SET signature = ?, height = ?, wire = ?, "
        "slot = ?, amount = ?, state = 0, detail = NULL "
        "WHERE id = ? AND state <> 1",
    [STATEMENT_SETTLE] = "UPDATE action SET state = ?, slot = ?, detail = ? "
                         "WHERE id = ? AND state = 0",
    [STATEMENT_STATE_OF] = "SELECT state FROM action WHERE id = ?",
    [STATEMENT_FIND] =
        "SELECT " COLUMNS " FROM action WHERE task = ? AND round = ? "
        "AND kind = ? AND target = ? AND part = ?",
    [STATEMENT_EACH_OPEN] =
        "SELECT " COLUMNS " FROM action WHERE state = 0 ORDER BY id",
    [STATEMENT_EACH] =
        "SELECT " COLUMNS " FROM action WHERE task = ? AND round >= ? "
        "ORDER BY round, id",
    [STATEMENT_NOTE_AMOUNT] = "UPDATE action SET amount = ?, is_noted = 1 "
                              "WHERE id = ? AND state = 1",
    [STATEMENT_FIND_UNNOTED] = "SELECT " COLUMNS " FROM action WHERE task = ? "
                               "AND kind = ? AND state = 1 AND is_noted = 0 "
                               "ORDER BY id LIMIT 1",
    [STATEMENT_SUM] =
        "SELECT COALESCE(SUM(amount), 0) + "
        "COALESCE((SELECT value FROM number WHERE name = ?3), 0) FROM action "
        "WHERE task = ?1 AND kind = ?2 AND is_noted = 1",
    [STATEMENT_NEXT_NUMBER] = "SELECT COALESCE(MAX(round) + 1, 0) FROM action "
                              "WHERE task = ? AND kind = ?",
    [STATEMENT_FORGET] = "DELETE FROM action WHERE task = ? AND round < ? "
                         "AND state <> 0 AND kind < ?",
    [STATEMENT_COUNTED_SUM] =
        "INSERT INTO number (name, value) SELECT ?4, SUM(amount) FROM action "
        "WHERE " COUNTED " AND is_noted = 1 HAVING COUNT(*) > 0 "
        "ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
    [STATEMENT_COUNTED_DROP] = "DELETE FROM action WHERE " COUNTED,
    [STATEMENT_TASK_PUT] =
        "INSERT INTO task (task, stake, executable, variables, engine, "
        "is_trusted) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (task) DO UPDATE "
        "SET stake = excluded.stake, executable = excluded.executable, "
        "variables = excluded.variables, engine = excluded.engine, "
        "is_trusted = excluded.is_trusted",
    [STATEMENT_TASK_STAKED] = "UPDATE task SET stake = 0 WHERE task = ?",
    [STATEMENT_TASK_REMOVE] = "DELETE FROM task WHERE task = ?",
    [STATEMENT_TASK_EACH] =
        "SELECT task, stake, executable, variables, engine, is_trusted "
        "FROM task "
        "ORDER BY rowid",
    [STATEMENT_NUMBER_PUT] =
        "INSERT INTO number (name, value) VALUES (?, ?) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    [STATEMENT_NUMBER_GET] = "SELECT value FROM number WHERE name = ?",
    [STATEMENT_SETTING_PUT] =
        "INSERT INTO setting (kind, name, value) VALUES (?, ?, ?) "
        "ON CONFLICT (kind, name) DO UPDATE SET value = excluded.value",
    [STATEMENT_SETTING_REMOVE] =
        "DELETE FROM setting WHERE kind = ? AND name = ?",
    [STATEMENT_SETTING_EACH] =
        "SELECT name, value FROM setting WHERE kind = ? ORDER BY name",
    [STATEMENT_EARNING_NOTE] =
        "INSERT OR IGNORE INTO earning (day, at, slot, task, round, kind, "
        "unit, amount, reference, signature, reason) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [STATEMENT_EARNING_ADD] =
        "INSERT INTO earning_day (day, task, unit, kind, count, high, low) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (day, task, unit, kind) DO UPDATE SET "
        "count = count + excluded.count, high = high + excluded.high, "
        "low = low + excluded.low",
    /* 3: a loss that nothing has explained yet. */
    [STATEMENT_EARNING_UNEXPLAINED] =
        "SELECT id, day, amount FROM earning WHERE task = ?1 AND round >= ?2 "
        "AND kind = 3 AND unit = ?3 ORDER BY id LIMIT 1",
    [STATEMENT_EARNING_LESSEN] = "UPDATE earning SET amount = ? WHERE id = ?",
    [STATEMENT_EARNING_DELETE] = "DELETE FROM earning WHERE id = ?",
    /* What an open action has cost may be noted once more, and stays until it
     * is closed. */
    [STATEMENT_EARNING_DROP] =
        "DELETE FROM earning WHERE task = ?1 AND (round < ?2 OR (round = ?3 "
        "AND id <= (SELECT id FROM earning WHERE task = ?1 AND round = ?3 "
        "ORDER BY id DESC LIMIT 1 OFFSET ?4))) AND reference NOT IN "
        "(SELECT substr(signature, 1, 32) FROM action WHERE state = 0)",
    [STATEMENT_EARNING_ADD_ALL] =
        "INSERT INTO earning_all (day, unit, kind, count, high, low) "
        "VALUES (?1, ?3, ?4, ?5, ?6, ?7) "
        "ON CONFLICT (day, unit, kind) DO UPDATE SET "
        "count = count + excluded.count, high = high + excluded.high, "
        "low = low + excluded.low",
    [STATEMENT_EARNING_DAYS] =
        "SELECT day, task, unit, kind, count, high, low FROM earning_day "
        "WHERE day BETWEEN ?1 AND ?2 ORDER BY day, task, unit, kind",
    /* A look for each day instead of a walk over what other tasks have. */
    [STATEMENT_EARNING_DAYS_OF_TASK] =
        "WITH RECURSIVE days (day) AS (SELECT max(?1, COALESCE((SELECT "
        "MIN(day) FROM earning_day), ?2 + 1)) UNION ALL SELECT day + 1 FROM "
        "days WHERE day < min(?2, (SELECT MAX(day) FROM earning_day))) SELECT "
        "e.day, task, unit, kind, count, high, low "
        "FROM days CROSS JOIN earning_day e ON e.day = days.day AND task = ?3 "
        "WHERE e.day <= ?2 ORDER BY e.day, unit, kind",
    [STATEMENT_EARNING_DAYS_OF_ALL] =
        "SELECT day, x'', unit, kind, count, high, low FROM earning_all "
        "WHERE day BETWEEN ?1 AND ?2 ORDER BY day, unit, kind",
    [STATEMENT_ROUND_PUT] =
        "INSERT INTO round (task, round, level, brief, detail) "
        "VALUES (?, ?, ?, ?, ?) ON CONFLICT (task, round) DO UPDATE SET "
        "level = excluded.level, brief = excluded.brief, "
        "detail = excluded.detail WHERE excluded.level > level",
    [STATEMENT_ROUND_FIND] = "SELECT round, level, brief, detail FROM round "
                             "WHERE task = ? AND round = ?",
    [STATEMENT_ROUND_EACH] =
        "SELECT round, level, brief, '' FROM round WHERE task = ? "
        "AND round < ? ORDER BY round DESC LIMIT ?",
    [STATEMENT_ROUND_DROP] = "DELETE FROM round WHERE task = ? AND round < ?",
    [STATEMENT_STOP_PUT] = "INSERT INTO stop (task, at, slot, reason, text) "
                           "VALUES (?, ?, ?, ?, ?)",
    [STATEMENT_STOP_DROP] =
        "DELETE FROM stop WHERE task = ?1 AND id <= (SELECT id FROM stop "
        "WHERE task = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
    [STATEMENT_STOP_EACH] = "SELECT at, slot, reason, text FROM stop "
                            "WHERE task = ? ORDER BY id DESC",
    [STATEMENT_ENTRIES] = ENTRIES "ORDER BY e.id DESC LIMIT ?2",
    [STATEMENT_ENTRIES_OF_TASK] =
        ENTRIES "AND e.task = ?3 ORDER BY e.id DESC LIMIT ?2",
    [STATEMENT_ENTRIES_OF_KIND] =
        ENTRIES "AND e.kind IN (?4, ?5) ORDER BY e.id DESC LIMIT ?2",
    [STATEMENT_ENTRIES_OF_BOTH] =
        ENTRIES "AND e.task = ?3 AND e.kind IN (?4, ?5) "
                "ORDER BY e.id DESC LIMIT ?2",
};

/* A node has two connections, one to read on its loop and one to write
 * (journal_writer.h), and a WAL lets neither wait for the other's disk. FULL
 * syncs the WAL with every commit: under NORMAL a commit that was reported
 * could be lost with the power, and with it the only record of a transaction on
 * its way. Temporary tables in memory: the folder holds what must last and
 * nothing else. */
static const char pragmas[] = "PRAGMA journal_mode = WAL;"
                              "PRAGMA synchronous = FULL;"
                              "PRAGMA busy_timeout = 10000;"
                              "PRAGMA temp_store = MEMORY;";

/* SQLite's own words are the best there are; the code only sorts them. */
int journal_error(struct journal *journal, int code)
{
    int status = ERR_IO;

    code &= 0xff; /* the primary code of an extended one */
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        status = ERR_BUSY;
    else if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
        status = ERR_CORRUPT;
    else if (code == SQLITE_FULL)
        status = ERR_FULL;
    return err_set(status, "journal %s: %s", journal->path,
                   sqlite3_errmsg(journal->database));
}

/* Several statements in one text, none of which returns rows. */
static int run_text(struct journal *journal, const char *sql)
{
    int code = sqlite3_exec(journal->database, sql, NULL, NULL, NULL);

    return code == SQLITE_OK ? 0 : journal_error(journal, code);
}

int journal_begin(struct journal *journal)
{
    return run_text(journal, "BEGIN IMMEDIATE");
}

/* The first error is the one that counts. */
int journal_end(struct journal *journal, int status)
{
    if (!status)
        status = run_text(journal, "COMMIT");
    if (status && !sqlite3_get_autocommit(journal->database))
        (void)sqlite3_exec(journal->database, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

/* In one go, so that a damaged database shows when it is opened. */
static int prepare_all(struct journal *journal)
{
    int code;

    for (int i = 0; i < STATEMENTS; i++) {
        code = sqlite3_prepare_v3(journal->database, statement_text[i], -1,
                                  SQLITE_PREPARE_PERSISTENT,
                                  &journal->statements[i], NULL);
        if (code != SQLITE_OK)
            return journal_error(journal, code);
    }
    return 0;
}

/* See journal_schema.h. */
static int update_tables(struct journal *journal)
{
    int status = 0, code = journal_schema_update(journal->database, &status);

    if (status)
        return err_add(status, "journal %s", journal->path);
    return code == SQLITE_OK ? 0 : journal_error(journal, code);
}

/* The pragmas come first: they hold from the first access on. */
int journal_open(const char *path, struct journal **out)
{
    struct journal *journal = mem_zero(1, sizeof(*journal));
    int code, status;

    CHECK(path && path[0]);
    journal->magic = JOURNAL_MAGIC;
    journal->path = mem_text(path);
    code = sqlite3_open_v2(
        path, &journal->database,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK) {
        status = journal_error(journal, code);
        goto err0;
    }
    if ((status = run_text(journal, pragmas)) < 0 ||
        (status = update_tables(journal)) < 0 ||
        (status = prepare_all(journal)) < 0)
        goto err0;
    *out = journal;
    return 0;

err0:
    journal_close(journal);
    return status;
}

/* Finalising NULL is allowed, so a half-opened journal closes the same way. */
void journal_close(struct journal *journal)
{
    if (!journal)
        return;
    CHECK_MAGIC(journal, JOURNAL_MAGIC);
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(journal->statements[i]);
    CHECK(sqlite3_close(journal->database) == SQLITE_OK);
    journal->magic = 0;
    free(journal->path);
    free(journal);
}

/* A statement ready for new values. Resetting comes first: an error may have
 * left it in the middle of its rows. */
sqlite3_stmt *journal_take(struct journal *journal, enum statement which)
{
    CHECK(which < STATEMENTS);
    CHECK_MAGIC(journal, JOURNAL_MAGIC);
    sqlite3_stmt *statement = journal->statements[which];
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return statement;
}

/* Static: the caller's memory outlives the step that uses it. */
void journal_bind_bytes(sqlite3_stmt *statement, int place, const void *data,
                        size_t size)
{
    CHECK(sqlite3_bind_blob(statement, place, data, (int)size, SQLITE_STATIC) ==
          SQLITE_OK);
}

/* SQLite's integers are signed: what is above comes back the same through the
 * cast, but would compare wrongly, and no round or slot gets there. */
void journal_bind_number(sqlite3_stmt *statement, int place, uint64_t value)
{
    CHECK(sqlite3_bind_int64(statement, place, (sqlite3_int64)value) ==
          SQLITE_OK);
}

/* As journal_bind_bytes(); in UTF-8. */
void journal_bind_text(sqlite3_stmt *statement, int place, const char *text)
{
    CHECK(sqlite3_bind_text(statement, place, text, -1, SQLITE_STATIC) ==
          SQLITE_OK);
}

/* Run a statement that returns no rows. */
int journal_finish(struct journal *journal, sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);
    int status = code == SQLITE_DONE ? 0 : journal_error(journal, code);

    sqlite3_reset(statement);
    return status;
}

/* A column of another size than it should have reads as zeros: such a row
 * matches no key, and does nothing. */
void journal_copy_key(sqlite3_stmt *statement, int column, uint8_t *out,
                      size_t size)
{
    const void *data = sqlite3_column_blob(statement, column);

    memset(out, 0, size);
    if (data && sqlite3_column_bytes(statement, column) == (int)size)
        memcpy(out, data, size);
}
