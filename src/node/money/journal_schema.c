#include "node/money/journal_schema.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdlib.h>

/* The tables, and what has become of them: step i leads from version i to i
 * + 1. A step is never changed once it was in a release, because files that
 * took it are there; what is to be different gets a step of its own at the end.
 *
 * Numbers are 64 bits, signed (bind_number()). height is the last block height
 * at which the transaction can land, wire its bytes. The index holds the open
 * rows alone, which are a handful however long the book has grown. */
#define TABLES_1                                                               \
    "CREATE TABLE IF NOT EXISTS action ("                                      \
    "  id INTEGER PRIMARY KEY,"                                                \
    "  task BLOB NOT NULL, round INTEGER NOT NULL, kind INTEGER NOT NULL,"     \
    "  target BLOB NOT NULL, part INTEGER NOT NULL,"                           \
    "  state INTEGER NOT NULL, signature BLOB NOT NULL,"                       \
    "  height INTEGER NOT NULL, slot INTEGER NOT NULL,"                        \
    "  amount INTEGER NOT NULL, is_noted INTEGER NOT NULL DEFAULT 0,"          \
    "  wire BLOB NOT NULL, detail TEXT,"                                       \
    "  UNIQUE (task, round, kind, target, part));"                             \
    "CREATE INDEX IF NOT EXISTS action_open ON action (state)"                 \
    "  WHERE state = 0;"                                                       \
    "CREATE TABLE IF NOT EXISTS task ("                                        \
    "  task BLOB PRIMARY KEY NOT NULL, stake INTEGER NOT NULL,"                \
    "  executable TEXT NOT NULL, variables TEXT NOT NULL);"

static const char *const steps[] = {
    TABLES_1,
    /* Earlier programs gave a new file its version before its tables, so a file
     * of version 1 may lack them. */
    TABLES_1 "CREATE TABLE number ("
             "  name TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL);",
    "ALTER TABLE task ADD COLUMN engine INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE task ADD COLUMN is_trusted INTEGER NOT NULL DEFAULT 0;",
    /* What the operator has set (journal_setting.h). */
    "CREATE TABLE setting ("
    "  kind INTEGER NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL,"
    "  PRIMARY KEY (kind, name)) WITHOUT ROWID;",
    /* The account book (journal_earning.h). Older rounds move to the second
     * table, where a sum is in halves of 32 bits. */
    "CREATE TABLE earning ("
    "  day INTEGER NOT NULL, at INTEGER NOT NULL, slot INTEGER NOT NULL,"
    "  task BLOB NOT NULL, round INTEGER NOT NULL, kind INTEGER NOT NULL,"
    "  unit TEXT NOT NULL, amount INTEGER NOT NULL, reference BLOB NOT NULL,"
    "  UNIQUE (task, round, kind, reference));"
    "CREATE INDEX earning_by_day ON earning (day);"
    "CREATE TABLE earning_day ("
    "  day INTEGER NOT NULL, task BLOB NOT NULL, unit TEXT NOT NULL,"
    "  kind INTEGER NOT NULL, count INTEGER NOT NULL, high INTEGER NOT NULL,"
    "  low INTEGER NOT NULL, PRIMARY KEY (day, task, unit, kind))"
    "  WITHOUT ROWID;",
    /* Entries of the account book get a number, the transaction and why; sums
     * of a day have all of them from now on, whole or dropped, by task and of
     * all tasks. What a list
     * took was among the falls of the stake, too, and counts as these. What was
     * staked and withdrawn so far is not written down any more. */
    "CREATE TABLE entry ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  day INTEGER NOT NULL, at INTEGER NOT NULL, slot INTEGER NOT NULL,"
    "  task BLOB NOT NULL, round INTEGER NOT NULL, kind INTEGER NOT NULL,"
    "  unit TEXT NOT NULL, amount INTEGER NOT NULL, reference BLOB NOT NULL,"
    "  signature BLOB, reason TEXT NOT NULL DEFAULT '',"
    "  UNIQUE (task, round, kind, reference));"
    "INSERT INTO entry (day, at, slot, task, round, kind, unit, amount,"
    "  reference) SELECT day, at, slot, task, round,"
    "  CASE kind WHEN 2 THEN 1 ELSE kind END, unit,"
    "  CASE kind WHEN 2 THEN 0 ELSE amount END, reference FROM earning"
    "  ORDER BY at;"
    "INSERT INTO earning_day SELECT day, task, unit, 1, count, 0, 0"
    "  FROM earning_day WHERE kind = 2"
    "  ON CONFLICT DO UPDATE SET count = count + excluded.count;"
    "DELETE FROM earning_day WHERE kind = 2;"
    "INSERT INTO earning_day SELECT day, task, unit, kind, COUNT(*),"
    "  SUM((amount >> 32) & 4294967295), SUM(amount & 4294967295)"
    "  FROM entry WHERE true GROUP BY day, task, unit, kind"
    "  ON CONFLICT DO UPDATE SET count = count + excluded.count,"
    "  high = high + excluded.high, low = low + excluded.low;"
    "CREATE TABLE earning_all ("
    "  day INTEGER NOT NULL, unit TEXT NOT NULL, kind INTEGER NOT NULL,"
    "  count INTEGER NOT NULL, high INTEGER NOT NULL, low INTEGER NOT NULL,"
    "  PRIMARY KEY (day, unit, kind)) WITHOUT ROWID;"
    "INSERT INTO earning_all SELECT day, unit, kind, SUM(count), SUM(high),"
    "  SUM(low) FROM earning_day GROUP BY day, unit, kind;"
    "DROP TABLE earning;"
    "ALTER TABLE entry RENAME TO earning;"
    "CREATE INDEX earning_by_task ON earning (task, id);"
    "CREATE INDEX earning_by_kind ON earning (kind, id);"
    "UPDATE action SET is_noted = 1 WHERE kind IN (7, 9) AND state = 1;",
    /* Rounds (journal_round.h), and stops of tasks (journal_stop.h). */
    "CREATE TABLE round ("
    "  task BLOB NOT NULL, round INTEGER NOT NULL, level INTEGER NOT NULL,"
    "  brief TEXT NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (task, round))"
    "  WITHOUT ROWID;"
    "CREATE TABLE stop ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, task BLOB NOT NULL,"
    "  at INTEGER NOT NULL, slot INTEGER NOT NULL, reason TEXT NOT NULL,"
    "  text TEXT NOT NULL);"
    "CREATE INDEX stop_by_task ON stop (task, id);",
};

/* In SQLite's user_version. */
#define SCHEMA_VERSION ((int)(sizeof(steps) / sizeof(steps[0])))

/* 0 for a new file. */
static int read_version(sqlite3 *database, int *out)
{
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v2(database, "PRAGMA user_version", -1,
                                  &statement, NULL);

    if (code != SQLITE_OK)
        return code;
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *out = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return code == SQLITE_ROW ? SQLITE_OK : code;
}

/* One transaction with the number that says that it was done: a crash leaves
 * the file before the step or after it. */
static int take_step(sqlite3 *database, int version)
{
    char *text = mem_format("BEGIN IMMEDIATE; %s PRAGMA user_version = %d; "
                            "COMMIT;",
                            steps[version], version + 1);
    int code = sqlite3_exec(database, text, NULL, NULL, NULL);

    if (code != SQLITE_OK && !sqlite3_get_autocommit(database))
        (void)sqlite3_exec(database, "ROLLBACK", NULL, NULL, NULL);
    free(text);
    return code;
}

int journal_schema_update(sqlite3 *database, int *status)
{
    int version = -1, code = read_version(database, &version);

    *status = 0;
    if (code != SQLITE_OK)
        return code;
    if (version < 0 || version > SCHEMA_VERSION) {
        *status = err_set(ERR_UNSUPPORTED,
                          "tables of version %d, and this program knows them "
                          "up to %d: a newer Pond wrote them, and only that "
                          "can go on with them",
                          version, SCHEMA_VERSION);
        return SQLITE_OK;
    }
    while (code == SQLITE_OK && version < SCHEMA_VERSION)
        code = take_step(database, version++);
    return code;
}
