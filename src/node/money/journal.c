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
#include "node/money/journal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/money/journal_schema.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC 0x4a4e524cu

/* Statements that are prepared once. */
enum statement {
    INTEND,
    RENEW,
    SETTLE,
    STATE_OF,
    FIND,
    EACH_OPEN,
    EACH,
    NOTE_AMOUNT,
    FIND_UNNOTED,
    SUM,
    NEXT_NUMBER,
    FORGET,
    TASK_PUT,
    TASK_STAKED,
    TASK_REMOVE,
    TASK_EACH,
    NUMBER_PUT,
    NUMBER_GET,
    STATEMENTS
};

/* In the order in which read_entry() takes them. */
#define COLUMNS                                                                \
    "id, task, round, kind, target, part, state, signature, height, slot, "    \
    "amount, wire"

/* The numbers in them are those of enum journal_state: 0 open, 1 final. FIND is
 * answered by the index of the UNIQUE constraint, EACH_OPEN by action_open; the
 * others walk the rows of a task, of which there are some hundreds. */
static const char *const statement_text[STATEMENTS] = {
    [INTEND] = "INSERT INTO action (task, round, kind, target, part, state, "
               "signature, height, slot, amount, wire) "
               "VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?)",
    [RENEW] = "UPDATE action SET signature = ?, height = ?, wire = ?, "
              "slot = ?, amount = ?, state = 0, detail = NULL "
              "WHERE id = ? AND state <> 1",
    [SETTLE] = "UPDATE action SET state = ?, slot = ?, detail = ? "
               "WHERE id = ? AND state = 0",
    [STATE_OF] = "SELECT state FROM action WHERE id = ?",
    [FIND] = "SELECT " COLUMNS " FROM action WHERE task = ? AND round = ? "
             "AND kind = ? AND target = ? AND part = ?",
    [EACH_OPEN] = "SELECT " COLUMNS " FROM action WHERE state = 0 ORDER BY id",
    [EACH] = "SELECT " COLUMNS " FROM action WHERE task = ? AND round >= ? "
             "ORDER BY round, id",
    [NOTE_AMOUNT] = "UPDATE action SET amount = ?, is_noted = 1 "
                    "WHERE id = ? AND state = 1",
    [FIND_UNNOTED] = "SELECT " COLUMNS " FROM action WHERE task = ? "
                     "AND kind = ? AND state = 1 AND is_noted = 0 "
                     "ORDER BY id LIMIT 1",
    [SUM] = "SELECT COALESCE(SUM(amount), 0) FROM action "
            "WHERE task = ? AND kind = ? AND is_noted = 1",
    [NEXT_NUMBER] = "SELECT COALESCE(MAX(round) + 1, 0) FROM action "
                    "WHERE task = ? AND kind = ?",
    [FORGET] = "DELETE FROM action WHERE task = ? AND round < ? "
               "AND state <> 0 AND kind < ?",
    [TASK_PUT] = "INSERT INTO task (task, stake, executable, variables) "
                 "VALUES (?, ?, ?, ?) ON CONFLICT (task) DO UPDATE SET "
                 "stake = excluded.stake, executable = excluded.executable, "
                 "variables = excluded.variables",
    [TASK_STAKED] = "UPDATE task SET stake = 0 WHERE task = ?",
    [TASK_REMOVE] = "DELETE FROM task WHERE task = ?",
    [TASK_EACH] = "SELECT task, stake, executable, variables FROM task "
                  "ORDER BY rowid",
    [NUMBER_PUT] = "INSERT INTO number (name, value) VALUES (?, ?) "
                   "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    [NUMBER_GET] = "SELECT value FROM number WHERE name = ?",
};

/* A node has two connections, one to read on its loop and one to write
 * (journal_writer.h), and a WAL lets neither wait for the other's disk. Where
 * the loop's own writes, which are the operator's orders, meet one of the
 * other's they wait for it. FULL syncs the WAL with every commit: under NORMAL
 * a commit that was reported could be lost with the power, and with it the only
 * record of a transaction on its way. Temporary tables in memory: the folder
 * holds what must last and nothing else. */
static const char pragmas[] = "PRAGMA journal_mode = WAL;"
                              "PRAGMA synchronous = FULL;"
                              "PRAGMA busy_timeout = 10000;"
                              "PRAGMA temp_store = MEMORY;";

/* Nothing is cached here: what the database says is what is. path is for the
 * texts of errors. */
struct journal {
    unsigned magic;
    sqlite3 *database;
    sqlite3_stmt *statements[STATEMENTS];
    char *path;
};

/* For logs and errors; the database has the numbers. */
const char *journal_kind_name(enum journal_kind kind)
{
    switch (kind) {
    case JOURNAL_SUBMIT:
        return "submit";
    case JOURNAL_AUDIT:
        return "audit";
    case JOURNAL_UPLOAD:
        return "upload";
    case JOURNAL_LIST:
        return "list";
    case JOURNAL_LIST_AUDIT:
        return "list audit";
    case JOURNAL_PAYOUT:
        return "payout";
    case JOURNAL_STAKE:
        return "stake";
    case JOURNAL_CLAIM:
        return "claim";
    case JOURNAL_WITHDRAW:
        return "withdraw";
    }
    return "unknown";
}

/* SQLite's own words are the best there are; the code only sorts them. */
static int database_error(struct journal *journal, int code)
{
    int error = ERR_IO;

    code &= 0xff; /* the primary code of an extended one */
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        error = ERR_BUSY;
    else if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
        error = ERR_CORRUPT;
    else if (code == SQLITE_FULL)
        error = ERR_FULL;
    return err_set(error, "journal %s: %s", journal->path,
                   sqlite3_errmsg(journal->database));
}

/* Several statements in one text, none of which returns rows. */
static int run_text(struct journal *journal, const char *sql)
{
    int code = sqlite3_exec(journal->database, sql, NULL, NULL, NULL);

    return code == SQLITE_OK ? 0 : database_error(journal, code);
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
            return database_error(journal, code);
    }
    return 0;
}

/* See journal_schema.h. */
static int update_tables(struct journal *journal)
{
    int status = 0, code = journal_schema_update(journal->database, &status);

    if (status)
        return err_add(status, "journal %s", journal->path);
    return code == SQLITE_OK ? 0 : database_error(journal, code);
}

/* The pragmas come first: they hold from the first access on. */
int journal_open(const char *path, struct journal **out)
{
    struct journal *journal = mem_zero(1, sizeof(*journal));
    int code, status;

    CHECK(path && path[0]);
    journal->magic = MAGIC;
    journal->path = mem_text(path);
    code = sqlite3_open_v2(
        path, &journal->database,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK) {
        status = database_error(journal, code);
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
    CHECK_MAGIC(journal, MAGIC);
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(journal->statements[i]);
    CHECK(sqlite3_close(journal->database) == SQLITE_OK);
    journal->magic = 0;
    free(journal->path);
    free(journal);
}

/* A statement ready for new values. Resetting comes first: an error may have
 * left it in the middle of its rows. */
static sqlite3_stmt *take(struct journal *journal, enum statement which)
{
    CHECK(which < STATEMENTS);
    CHECK_MAGIC(journal, MAGIC);
    sqlite3_stmt *statement = journal->statements[which];
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return statement;
}

/* Static: the caller's memory outlives the step that uses it. */
static void bind_bytes(sqlite3_stmt *statement, int place, const void *data,
                       size_t size)
{
    CHECK(sqlite3_bind_blob(statement, place, data, (int)size, SQLITE_STATIC) ==
          SQLITE_OK);
}

/* SQLite's integers are signed: what is above comes back the same through the
 * cast, but would compare wrongly, and no round or slot gets there. */
static void bind_number(sqlite3_stmt *statement, int place, uint64_t value)
{
    CHECK(sqlite3_bind_int64(statement, place, (sqlite3_int64)value) ==
          SQLITE_OK);
}

/* As bind_bytes(); in UTF-8. */
static void bind_text(sqlite3_stmt *statement, int place, const char *text)
{
    CHECK(sqlite3_bind_text(statement, place, text, -1, SQLITE_STATIC) ==
          SQLITE_OK);
}

/* The five columns of the UNIQUE constraint, in the order of their
 * parameters. */
static void bind_name(sqlite3_stmt *statement, const struct journal_name *name)
{
    CHECK(name->kind >= JOURNAL_SUBMIT && name->kind <= JOURNAL_WITHDRAW);
    bind_bytes(statement, 1, name->task.bytes, 32);
    bind_number(statement, 2, name->round);
    bind_number(statement, 3, name->kind);
    bind_bytes(statement, 4, name->target.bytes, 32);
    bind_number(statement, 5, name->part);
}

/* Run a statement that returns no rows. */
static int finish(struct journal *journal, sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);
    int status = code == SQLITE_DONE ? 0 : database_error(journal, code);

    sqlite3_reset(statement);
    return status;
}

/* The constraint decides whether the name is new, and no look before the write,
 * because another write might come between the two. */
int journal_intend(struct journal *journal, struct journal_entry *entry)
{
    sqlite3_stmt *statement = take(journal, INTEND);
    int code, status = 0;

    CHECK(entry->transaction_size <= JOURNAL_TRANSACTION_SIZE_MAX);
    bind_name(statement, &entry->name);
    bind_bytes(statement, 6, entry->signature.bytes, 64);
    bind_number(statement, 7, entry->last_valid_height);
    bind_number(statement, 8, entry->slot);
    bind_number(statement, 9, entry->amount);
    bind_bytes(statement, 10, entry->transaction, entry->transaction_size);
    code = sqlite3_step(statement);
    if ((code & 0xff) == SQLITE_CONSTRAINT)
        status = err_set(
            ERR_EXISTS, "the journal has this %s of round %" PRIu64 " already",
            journal_kind_name(entry->name.kind), entry->name.round);
    else if (code != SQLITE_DONE)
        status = database_error(journal, code);
    sqlite3_reset(statement);
    if (status)
        return status;
    entry->id = sqlite3_last_insert_rowid(journal->database);
    entry->state = JOURNAL_OPEN;
    return 0;
}

/* The state is part of the condition, so a final entry can't be opened again
 * by mistake. */
int journal_renew(struct journal *journal, const struct journal_entry *entry)
{
    sqlite3_stmt *statement = take(journal, RENEW);

    CHECK(entry->id > 0 && entry->transaction_size > 0);
    CHECK(entry->transaction_size <= JOURNAL_TRANSACTION_SIZE_MAX);
    bind_bytes(statement, 1, entry->signature.bytes, 64);
    bind_number(statement, 2, entry->last_valid_height);
    bind_bytes(statement, 3, entry->transaction, entry->transaction_size);
    bind_number(statement, 4, entry->slot);
    bind_number(statement, 5, entry->amount);
    bind_number(statement, 6, (uint64_t)entry->id);
    int status = finish(journal, statement);
    if (status)
        return status;
    if (!sqlite3_changes(journal->database))
        return err_set(ERR_STATE, "journal entry %" PRId64 " is final",
                       entry->id);
    return 0;
}

/* The state an entry was closed with, where closing it changed nothing. */
static int check_closed(struct journal *journal, int64_t id,
                        enum journal_state state)
{
    sqlite3_stmt *statement = take(journal, STATE_OF);
    int code, found = -1;

    bind_number(statement, 1, (uint64_t)id);
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        found = sqlite3_column_int(statement, 0);
    sqlite3_reset(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return database_error(journal, code);
    if (found != (int)state)
        return err_set(ERR_STATE,
                       "journal entry %" PRId64 " was closed otherwise", id);
    return 0;
}

/* Only an open entry is changed; closing twice is looked at, not done. */
int journal_settle(struct journal *journal, int64_t id,
                   enum journal_state state, uint64_t slot, const char *detail)
{
    sqlite3_stmt *statement = take(journal, SETTLE);

    CHECK(state == JOURNAL_FINAL || state == JOURNAL_FAILED);
    bind_number(statement, 1, state);
    bind_number(statement, 2, slot);
    if (detail)
        bind_text(statement, 3, detail);
    bind_number(statement, 4, (uint64_t)id);
    int status = finish(journal, statement);
    if (status || sqlite3_changes(journal->database))
        return status;
    return check_closed(journal, id, state);
}

/* A column of another size than it should have reads as zeros: such a row
 * matches no key, and does nothing. */
static void copy_key(sqlite3_stmt *statement, int column, uint8_t *out,
                     size_t size)
{
    const void *data = sqlite3_column_blob(statement, column);

    memset(out, 0, size);
    if (data && sqlite3_column_bytes(statement, column) == (int)size)
        memcpy(out, data, size);
}

/* Bytes that don't fit leave transaction_size 0, as copy_key() leaves zeros:
 * what this program wrote always fits. */
static void read_entry(sqlite3_stmt *statement, struct journal_entry *out)
{
    const void *wire = sqlite3_column_blob(statement, 11);
    size_t size = (size_t)sqlite3_column_bytes(statement, 11);

    out->id = sqlite3_column_int64(statement, 0);
    copy_key(statement, 1, out->name.task.bytes, 32);
    out->name.round = (uint64_t)sqlite3_column_int64(statement, 2);
    out->name.kind = (enum journal_kind)sqlite3_column_int(statement, 3);
    copy_key(statement, 4, out->name.target.bytes, 32);
    out->name.part = (uint32_t)sqlite3_column_int64(statement, 5);
    out->state = (enum journal_state)sqlite3_column_int(statement, 6);
    copy_key(statement, 7, out->signature.bytes, 64);
    out->last_valid_height = (uint64_t)sqlite3_column_int64(statement, 8);
    out->slot = (uint64_t)sqlite3_column_int64(statement, 9);
    out->amount = (uint64_t)sqlite3_column_int64(statement, 10);
    out->transaction_size = 0;
    if (wire && size <= sizeof(out->transaction)) {
        memcpy(out->transaction, wire, size);
        out->transaction_size = size;
    }
}

/* By the whole name, so there is one row at most. */
int journal_find(struct journal *journal, const struct journal_name *name,
                 struct journal_entry *out)
{
    sqlite3_stmt *statement = take(journal, FIND);
    int code, status = 0;

    bind_name(statement, name);
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        read_entry(statement, out);
    else if (code == SQLITE_DONE)
        status = ERR_NOT_FOUND;
    else
        status = database_error(journal, code);
    sqlite3_reset(statement);
    return status;
}

/* The entry is large (it holds a transaction), so it is not on the stack. A
 * visit that ends the walk early leaves its value as the result; the statement
 * is reset either way, so that no read transaction stays open. */
static int visit_rows(struct journal *journal, sqlite3_stmt *statement,
                      journal_visit visit, void *user)
{
    struct journal_entry *entry = mem_alloc(sizeof(*entry));
    int code, status = 0;

    while (!status && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        read_entry(statement, entry);
        status = visit(user, entry);
    }
    if (!status && code != SQLITE_DONE)
        status = database_error(journal, code);
    sqlite3_reset(statement);
    free(entry);
    return status;
}

/* By id: in the order they were intended, which is the order to resend them
 * in. */
int journal_each_open(struct journal *journal, journal_visit visit, void *user)
{
    return visit_rows(journal, take(journal, EACH_OPEN), visit, user);
}

/* By round and then in the order they were intended. */
int journal_each(struct journal *journal, const struct pubkey *task,
                 uint64_t from_round, journal_visit visit, void *user)
{
    sqlite3_stmt *statement = take(journal, EACH);

    bind_bytes(statement, 1, task->bytes, 32);
    bind_number(statement, 2, from_round);
    return visit_rows(journal, statement, visit, user);
}

/* A statement on (task, kind) that returns one number. An aggregate always
 * gives a row, so no row is an error. */
static int one_number(struct journal *journal, enum statement which,
                      const struct pubkey *task, enum journal_kind kind,
                      uint64_t *out)
{
    sqlite3_stmt *statement = take(journal, which);
    int code, status = 0;

    bind_bytes(statement, 1, task->bytes, 32);
    bind_number(statement, 2, kind);
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *out = (uint64_t)sqlite3_column_int64(statement, 0);
    else
        status = database_error(journal, code);
    sqlite3_reset(statement);
    return status;
}

/* is_noted is a column of its own: until then amount holds what the caller
 * expected when the action was written, and a sum must not mix the two. */
int journal_note_amount(struct journal *journal, int64_t id, uint64_t amount)
{
    sqlite3_stmt *statement = take(journal, NOTE_AMOUNT);

    bind_number(statement, 1, amount);
    bind_number(statement, 2, (uint64_t)id);
    int status = finish(journal, statement);
    if (!status && !sqlite3_changes(journal->database))
        return err_set(ERR_STATE, "journal entry %" PRId64 " is not final", id);
    return status;
}

/* One at a time and the oldest first: the caller asks the chain about each, and
 * comes back for the next. */
int journal_find_unnoted(struct journal *journal, const struct pubkey *task,
                         enum journal_kind kind, struct journal_entry *out)
{
    sqlite3_stmt *statement = take(journal, FIND_UNNOTED);
    int code, status = 0;

    bind_bytes(statement, 1, task->bytes, 32);
    bind_number(statement, 2, kind);
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        read_entry(statement, out);
    else if (code == SQLITE_DONE)
        status = ERR_NOT_FOUND;
    else
        status = database_error(journal, code);
    sqlite3_reset(statement);
    return status;
}

/* SUM over nothing is NULL, which is why it is coalesced. */
int journal_sum(struct journal *journal, const struct pubkey *task,
                enum journal_kind kind, uint64_t *out)
{
    return one_number(journal, SUM, task, kind, out);
}

int journal_next_number(struct journal *journal, const struct pubkey *task,
                        enum journal_kind kind, uint64_t *out)
{
    return one_number(journal, NEXT_NUMBER, task, kind, out);
}

/* Kinds from JOURNAL_STAKE on are the account book and stay. */
int journal_forget(struct journal *journal, const struct pubkey *task,
                   uint64_t before_round)
{
    sqlite3_stmt *statement = take(journal, FORGET);

    bind_bytes(statement, 1, task->bytes, 32);
    bind_number(statement, 2, before_round);
    bind_number(statement, 3, JOURNAL_STAKE);
    return finish(journal, statement);
}

/* The newest word counts: starting a task again changes how it is run. */
int journal_task_put(struct journal *journal, const struct journal_task *task)
{
    sqlite3_stmt *statement = take(journal, TASK_PUT);

    CHECK(!task->variables || task->variables[0] == '{');
    bind_bytes(statement, 1, task->task.bytes, 32);
    bind_number(statement, 2, task->stake_roe);
    bind_text(statement, 3, task->executable ? task->executable : "");
    bind_text(statement, 4, task->variables ? task->variables : "{}");
    return finish(journal, statement);
}

/* No row is made where the task has been removed meanwhile. */
int journal_task_staked(struct journal *journal, const struct pubkey *task)
{
    sqlite3_stmt *statement = take(journal, TASK_STAKED);

    bind_bytes(statement, 1, task->bytes, 32);
    return finish(journal, statement);
}

/* Its actions stay: they are history, not a wish. */
int journal_task_remove(struct journal *journal, const struct pubkey *task)
{
    sqlite3_stmt *statement = take(journal, TASK_REMOVE);

    bind_bytes(statement, 1, task->bytes, 32);
    return finish(journal, statement);
}

/* The texts are SQLite's own memory, valid until the next step: a visitor that
 * keeps them copies. */
int journal_each_task(struct journal *journal, journal_task_visit visit,
                      void *user)
{
    sqlite3_stmt *statement = take(journal, TASK_EACH);
    struct journal_task task;
    int code, status = 0;

    while (!status && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        copy_key(statement, 0, task.task.bytes, 32);
        task.stake_roe = (uint64_t)sqlite3_column_int64(statement, 1);
        task.executable = (const char *)sqlite3_column_text(statement, 2);
        task.variables = (const char *)sqlite3_column_text(statement, 3);
        status = visit(user, &task);
    }
    if (!status && code != SQLITE_DONE)
        status = database_error(journal, code);
    sqlite3_reset(statement);
    return status;
}

/* Names are this program's own. */
int journal_number_put(struct journal *journal, const char *name,
                       uint64_t value)
{
    sqlite3_stmt *statement = take(journal, NUMBER_PUT);

    bind_text(statement, 1, name);
    bind_number(statement, 2, value);
    return finish(journal, statement);
}

/* Without a text where there is none, as journal_find(). */
int journal_number_get(struct journal *journal, const char *name, uint64_t *out)
{
    sqlite3_stmt *statement = take(journal, NUMBER_GET);
    int code, status = 0;

    bind_text(statement, 1, name);
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *out = (uint64_t)sqlite3_column_int64(statement, 0);
    else if (code == SQLITE_DONE)
        status = ERR_NOT_FOUND;
    else
        status = database_error(journal, code);
    sqlite3_reset(statement);
    return status;
}
