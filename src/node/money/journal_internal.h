/*
 * What the files of the journal share: its connection, and the statements that
 * are prepared on it. Only journal*.c include this.
 */
#ifndef POND_NODE_MONEY_JOURNAL_INTERNAL_H
#define POND_NODE_MONEY_JOURNAL_INTERNAL_H

#include "node/money/journal.h"
#include <sqlite3.h>

/* "JNRL". */
#define JOURNAL_MAGIC 0x4a4e524cu

/* Statements that are prepared once. */
enum statement {
    STATEMENT_INTEND,
    STATEMENT_RENEW,
    STATEMENT_SETTLE,
    STATEMENT_STATE_OF,
    STATEMENT_FIND,
    STATEMENT_EACH_OPEN,
    STATEMENT_EACH,
    STATEMENT_NOTE_AMOUNT,
    STATEMENT_FIND_UNNOTED,
    STATEMENT_SUM,
    STATEMENT_NEXT_NUMBER,
    STATEMENT_FORGET,
    STATEMENT_COUNTED_SUM,
    STATEMENT_COUNTED_DROP,
    STATEMENT_TASK_PUT,
    STATEMENT_TASK_STAKED,
    STATEMENT_TASK_REMOVE,
    STATEMENT_TASK_EACH,
    STATEMENT_NUMBER_PUT,
    STATEMENT_NUMBER_GET,
    STATEMENT_SETTING_PUT,
    STATEMENT_SETTING_REMOVE,
    STATEMENT_SETTING_EACH,
    STATEMENT_EARNING_NOTE,
    STATEMENT_EARNING_ADD,
    STATEMENT_EARNING_ADD_ALL,
    STATEMENT_EARNING_UNEXPLAINED,
    STATEMENT_EARNING_LESSEN,
    STATEMENT_EARNING_DELETE,
    STATEMENT_EARNING_DROP,
    STATEMENT_EARNING_DAYS,
    STATEMENT_EARNING_DAYS_OF_TASK,
    STATEMENT_EARNING_DAYS_OF_ALL,
    STATEMENT_ROUND_PUT,
    STATEMENT_ROUND_FIND,
    STATEMENT_ROUND_EACH,
    STATEMENT_ROUND_DROP,
    STATEMENT_STOP_PUT,
    STATEMENT_STOP_DROP,
    STATEMENT_STOP_EACH,
    STATEMENT_ENTRIES,
    STATEMENT_ENTRIES_OF_TASK,
    STATEMENT_ENTRIES_OF_KIND,
    STATEMENT_ENTRIES_OF_BOTH,
    STATEMENTS
};

/* Nothing is cached here: what the database says is what is. path is for the
 * texts of errors. */
struct journal {
    unsigned magic;
    sqlite3 *database;
    sqlite3_stmt *statements[STATEMENTS];
    char *path;
};

/* A statement ready for new values. */
sqlite3_stmt *journal_take(struct journal *journal, enum statement which);

/* Values for a statement, which borrows them until it has been stepped. */
void journal_bind_bytes(sqlite3_stmt *statement, int place, const void *data,
                        size_t size);
void journal_bind_number(sqlite3_stmt *statement, int place, uint64_t value);
void journal_bind_text(sqlite3_stmt *statement, int place, const char *text);

/* Run a statement that returns no rows. */
int journal_finish(struct journal *journal, sqlite3_stmt *statement);

/* Several statements that count together: what was begun ends well, or, with
 * the status of an error, leaves nothing. */
int journal_begin(struct journal *journal);
int journal_end(struct journal *journal, int status);

/* A column of that many bytes; zeros where it has another size. */
void journal_copy_key(sqlite3_stmt *statement, int column, uint8_t *out,
                      size_t size);

/* The error behind SQLite's code, with its words: journal.h names them. */
int journal_error(struct journal *journal, int code);

#endif
