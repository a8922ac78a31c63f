/*
 * SQLite's integers are signed and its SUM() fails on an overflow, so an amount
 * is summed in two halves of 32 bits, each of which has room for 2^31 rows.
 */
#include "node/money/journal_earning.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/money/journal_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define DAY_MS 86400000u

int journal_earning_note(struct journal *journal,
                         const struct journal_earning *earning)
{
    sqlite3_stmt *statement = journal_take(journal, STATEMENT_EARNING_NOTE);

    journal_bind_number(statement, 1, earning->at_ms / DAY_MS);
    journal_bind_number(statement, 2, earning->at_ms);
    journal_bind_number(statement, 3, earning->slot);
    journal_bind_bytes(statement, 4, earning->task.bytes, 32);
    journal_bind_number(statement, 5, earning->round);
    journal_bind_number(statement, 6, earning->kind);
    journal_bind_text(statement, 7, earning->unit);
    journal_bind_number(statement, 8, earning->amount);
    journal_bind_bytes(statement, 9, earning->reference.bytes, 32);
    return journal_finish(journal, statement);
}

/* ---- the stake ---- */

static char *stake_name(const struct pubkey *task, const struct pubkey *key)
{
    return mem_format("stake %s %s", PUBKEY_TEXT(task), PUBKEY_TEXT(key));
}

int journal_earning_stake(struct journal *journal, const struct pubkey *task,
                          const struct pubkey *key, uint64_t *out)
{
    char *name = stake_name(task, key);
    int status = journal_number_get(journal, name, out);

    free(name);
    return status;
}

int journal_earning_note_stake(struct journal *journal,
                               const struct pubkey *task,
                               const struct pubkey *key, uint64_t stake,
                               const struct journal_earning *loss)
{
    char *name = stake_name(task, key);
    int status = journal_begin(journal);

    if (!status) {
        if (loss)
            status = journal_earning_note(journal, loss);
        if (!status)
            status = journal_number_put(journal, name, stake);
        status = journal_end(journal, status);
    }
    free(name);
    return status;
}

/* ---- old rounds ---- */

int journal_earning_fold(struct journal *journal, const struct pubkey *task,
                         uint64_t before_round)
{
    static const enum statement steps[] = {STATEMENT_EARNING_FOLD,
                                           STATEMENT_EARNING_DROP};
    int status = journal_begin(journal);

    if (status)
        return status;
    for (size_t i = 0; i < 2 && !status; i++) {
        sqlite3_stmt *statement = journal_take(journal, steps[i]);

        journal_bind_bytes(statement, 1, task->bytes, 32);
        journal_bind_number(statement, 2, before_round);
        journal_bind_number(statement, 3, JOURNAL_EARNING_NO_ROUND);
        status = journal_finish(journal, statement);
    }
    return journal_end(journal, status);
}

/* ---- sums ---- */

static int read_day(struct journal *journal, sqlite3_stmt *statement,
                    struct journal_earning_day *out)
{
    const unsigned char *unit = sqlite3_column_text(statement, 2);
    unsigned __int128 sum =
        ((unsigned __int128)(uint64_t)sqlite3_column_int64(statement, 5)
         << 32) +
        (uint64_t)sqlite3_column_int64(statement, 6);

    out->day = (uint64_t)sqlite3_column_int64(statement, 0);
    journal_copy_key(statement, 1, out->task.bytes, 32);
    snprintf(out->unit, sizeof(out->unit), "%s",
             unit ? (const char *)unit : "");
    out->kind = (enum journal_earning_kind)sqlite3_column_int(statement, 3);
    out->count = (uint64_t)sqlite3_column_int64(statement, 4);
    if (sum > UINT64_MAX)
        return err_set(ERR_RANGE,
                       "journal %s: what task %s has of a day is more than "
                       "2^64 - 1",
                       journal->path, PUBKEY_TEXT(&out->task));
    out->sum = (uint64_t)sum;
    return 0;
}

int journal_earning_each_day(struct journal *journal, const struct pubkey *task,
                             uint64_t from_day, journal_earning_visit *visit,
                             void *user)
{
    sqlite3_stmt *statement = journal_take(journal, STATEMENT_EARNING_DAYS);
    struct journal_earning_day day;
    int code, status = 0;

    journal_bind_number(statement, 1, from_day);
    if (task)
        journal_bind_bytes(statement, 2, task->bytes, 32);
    while (!status && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        status = read_day(journal, statement, &day);
        if (!status)
            status = visit(user, &day);
    }
    if (!status && code != SQLITE_DONE)
        status = journal_error(journal, code);
    sqlite3_reset(statement);
    return status;
}
