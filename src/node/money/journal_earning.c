/*
 * SQLite's integers are signed and its SUM() fails on an overflow, so the sum
 * of a day is in two halves of 32 bits, each of which has room for 2^31
 * entries. An entry and its day are one transaction, as all here that counts
 * together.
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

const char *journal_earning_name(enum journal_earning_kind kind)
{
    static const char *const names[JOURNAL_EARNING_KINDS] = {
        [JOURNAL_REWARD] = "reward",    [JOURNAL_SLASH] = "loss",
        [JOURNAL_LOSS] = "loss",        [JOURNAL_FEE] = "fee",
        [JOURNAL_PENALTY] = "penalty",  [JOURNAL_STAKED] = "stake",
        [JOURNAL_UNSTAKED] = "unstake", [JOURNAL_CLAIMED] = "claim",
        [JOURNAL_SENT] = "send",        [JOURNAL_FUNDED] = "fund",
        [JOURNAL_DEPLOYED] = "deploy",  [JOURNAL_FAUCET] = "faucet",
        [JOURNAL_MISSED] = "missed",
    };

    return kind < JOURNAL_EARNING_KINDS && names[kind] ? names[kind]
                                                       : "unknown";
}

enum journal_earning_kind journal_earning_kind(const char *name)
{
    for (int kind = 1; kind < JOURNAL_EARNING_KINDS; kind++)
        if (!strcmp(journal_earning_name((enum journal_earning_kind)kind),
                    name))
            return (enum journal_earning_kind)kind;
    return (enum journal_earning_kind)0;
}

void journal_earning_sign(struct journal_earning *earning,
                          const struct signature *signature)
{
    earning->signature = *signature;
    memcpy(earning->reference.bytes, signature->bytes,
           sizeof(earning->reference.bytes));
}

/* ---- entries and their days ---- */

/* Adds to the sums of a day, or takes away: those of the task and of all. */
static int add_to_day(struct journal *journal, uint64_t day,
                      const struct journal_earning *earning, int count,
                      uint64_t amount, bool is_less)
{
    static const enum statement sums[] = {STATEMENT_EARNING_ADD,
                                          STATEMENT_EARNING_ADD_ALL};
    int64_t high = (int64_t)(amount >> 32);
    int64_t low = (int64_t)(amount & UINT32_MAX);
    int status = 0;

    for (size_t i = 0; i < 2 && !status; i++) {
        sqlite3_stmt *statement = journal_take(journal, sums[i]);

        journal_bind_number(statement, 1, day);
        if (!i)
            journal_bind_bytes(statement, 2, earning->task.bytes, 32);
        journal_bind_text(statement, 3, earning->unit);
        journal_bind_number(statement, 4, earning->kind);
        journal_bind_number(statement, 5, (uint64_t)(int64_t)count);
        journal_bind_number(statement, 6, (uint64_t)(is_less ? -high : high));
        journal_bind_number(statement, 7, (uint64_t)(is_less ? -low : low));
        status = journal_finish(journal, statement);
    }
    return status;
}

static bool is_zero(const struct signature *signature)
{
    static const struct signature zero;

    return !memcmp(signature, &zero, sizeof(zero));
}

/* Inside a transaction. Its id is 0 where the name is taken. */
static int insert(struct journal *journal, struct journal_earning *earning)
{
    sqlite3_stmt *statement = journal_take(journal, STATEMENT_EARNING_NOTE);

    earning->id = 0;
    journal_bind_number(statement, 1, earning->at_ms / DAY_MS);
    journal_bind_number(statement, 2, earning->at_ms);
    journal_bind_number(statement, 3, earning->slot);
    journal_bind_bytes(statement, 4, earning->task.bytes, 32);
    journal_bind_number(statement, 5, earning->round);
    journal_bind_number(statement, 6, earning->kind);
    journal_bind_text(statement, 7, earning->unit);
    journal_bind_number(statement, 8, earning->amount);
    journal_bind_bytes(statement, 9, earning->reference.bytes, 32);
    if (!is_zero(&earning->signature))
        journal_bind_bytes(statement, 10, earning->signature.bytes, 64);
    journal_bind_text(statement, 11, earning->reason ? earning->reason : "");
    int status = journal_finish(journal, statement);
    if (status || !sqlite3_changes(journal->database))
        return status;
    earning->id = sqlite3_last_insert_rowid(journal->database);
    return add_to_day(journal, earning->at_ms / DAY_MS, earning, 1,
                      earning->amount, false);
}

/* ---- losses that are seen twice ---- */

/* What is taken by rounds, and has not shown in the stake. */
static char *ahead_name(const struct pubkey *task)
{
    return mem_format("ahead %s", PUBKEY_TEXT(task));
}

static int read_ahead(struct journal *journal, const char *name, uint64_t *out)
{
    int status = journal_number_get(journal, name, out);

    if (status == ERR_NOT_FOUND) {
        *out = 0;
        return 0;
    }
    return status;
}

struct unexplained {
    uint64_t id, day, amount;
};

/* The oldest since the earning's round; id 0: there is none. */
static int find_unexplained(struct journal *journal,
                            const struct journal_earning *earning,
                            struct unexplained *out)
{
    sqlite3_stmt *statement =
        journal_take(journal, STATEMENT_EARNING_UNEXPLAINED);
    int code;

    *out = (struct unexplained){0};
    journal_bind_bytes(statement, 1, earning->task.bytes, 32);
    journal_bind_number(statement, 2, earning->round);
    journal_bind_text(statement, 3, earning->unit);
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        out->id = (uint64_t)sqlite3_column_int64(statement, 0);
        out->day = (uint64_t)sqlite3_column_int64(statement, 1);
        out->amount = (uint64_t)sqlite3_column_int64(statement, 2);
    }
    int status = code == SQLITE_ROW || code == SQLITE_DONE
                     ? 0
                     : journal_error(journal, code);
    sqlite3_reset(statement);
    return status;
}

/* It is less by so much, or gone. */
static int lessen(struct journal *journal, const struct unexplained *entry,
                  const struct journal_earning *earning, uint64_t by)
{
    struct journal_earning loss = *earning;
    bool is_gone = by == entry->amount;
    sqlite3_stmt *statement = journal_take(
        journal, is_gone ? STATEMENT_EARNING_DELETE : STATEMENT_EARNING_LESSEN);
    int at = 1;

    if (!is_gone)
        journal_bind_number(statement, at++, entry->amount - by);
    journal_bind_number(statement, at, entry->id);
    int status = journal_finish(journal, statement);
    if (status)
        return status;
    loss.kind = JOURNAL_LOSS;
    return add_to_day(journal, entry->day, &loss, is_gone ? -1 : 0, by, true);
}

/* What a round took: falls since then were this one, as far as it goes. */
static int explain(struct journal *journal,
                   const struct journal_earning *earning)
{
    uint64_t rest = earning->amount, ahead;
    struct unexplained found = {.id = 1};
    char *name;
    int status = 0;

    while (!status && rest && found.id) {
        status = find_unexplained(journal, earning, &found);
        if (status || !found.id)
            break;
        uint64_t by = rest < found.amount ? rest : found.amount;

        status = lessen(journal, &found, earning, by);
        rest -= by;
    }
    if (status || !rest)
        return status;
    name = ahead_name(&earning->task);
    status = read_ahead(journal, name, &ahead);
    if (!status)
        status = journal_number_put(journal, name, ahead + rest);
    free(name);
    return status;
}

static int note(struct journal *journal, struct journal_earning *earning)
{
    int status = insert(journal, earning);

    if (!status && earning->id &&
        (earning->kind == JOURNAL_SLASH || earning->kind == JOURNAL_PENALTY))
        status = explain(journal, earning);
    return status;
}

int journal_earning_note(struct journal *journal,
                         struct journal_earning *earning)
{
    int status = journal_begin(journal);

    return status ? status : journal_end(journal, note(journal, earning));
}

int journal_earning_note_action(struct journal *journal, int64_t action,
                                struct journal_earning *earning)
{
    int status = journal_begin(journal);

    if (status)
        return status;
    status = note(journal, earning);
    if (!status)
        status = journal_note_amount(journal, action, earning->amount);
    return journal_end(journal, status);
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

/* Of a stake that has grown nothing can be told of what was taken before. */
static int note_fall(struct journal *journal, const struct pubkey *task,
                     struct journal_earning *fall, int64_t withdrawal)
{
    char *name = ahead_name(task);
    uint64_t ahead = 0, by = 0;
    int status = read_ahead(journal, name, &ahead);

    if (fall)
        by = ahead < fall->amount ? ahead : fall->amount;
    if (!status && ahead)
        status = journal_number_put(journal, name,
                                    fall && !withdrawal ? ahead - by : 0);
    free(name);
    if (status || !fall)
        return status;
    fall->amount -= by;
    if (fall->amount)
        status = insert(journal, fall);
    if (!status && withdrawal)
        status = journal_note_amount(journal, withdrawal, fall->amount);
    return status;
}

int journal_earning_note_stake(struct journal *journal,
                               const struct pubkey *task,
                               const struct pubkey *key, uint64_t stake,
                               struct journal_earning *fall, int64_t withdrawal)
{
    char *name = stake_name(task, key);
    int status = journal_begin(journal);

    if (!status) {
        status = note_fall(journal, task, fall, withdrawal);
        if (!status)
            status = journal_number_put(journal, name, stake);
        status = journal_end(journal, status);
    }
    free(name);
    return status;
}

/* ---- old rounds ---- */

int journal_earning_drop(struct journal *journal, const struct pubkey *task,
                         uint64_t before_round)
{
    sqlite3_stmt *statement = journal_take(journal, STATEMENT_EARNING_DROP);

    journal_bind_bytes(statement, 1, task->bytes, 32);
    journal_bind_number(statement, 2, before_round);
    journal_bind_number(statement, 3, JOURNAL_EARNING_NO_ROUND);
    journal_bind_number(statement, 4, JOURNAL_EARNING_ROUNDS_KEPT);
    return journal_finish(journal, statement);
}

/* ---- reading ---- */

static void read_unit(sqlite3_stmt *statement, int column, char *out)
{
    const unsigned char *unit = sqlite3_column_text(statement, column);

    snprintf(out, JOURNAL_UNIT_SIZE, "%s", unit ? (const char *)unit : "");
}

static int read_day(struct journal *journal, sqlite3_stmt *statement,
                    struct journal_earning_day *out)
{
    __int128 sum = ((__int128)sqlite3_column_int64(statement, 5) << 32) +
                   sqlite3_column_int64(statement, 6);

    out->day = (uint64_t)sqlite3_column_int64(statement, 0);
    journal_copy_key(statement, 1, out->task.bytes, 32);
    read_unit(statement, 2, out->unit);
    out->kind = (enum journal_earning_kind)sqlite3_column_int(statement, 3);
    out->count = (uint64_t)sqlite3_column_int64(statement, 4);
    if (sum < 0 || sum > UINT64_MAX)
        return err_set(ERR_RANGE,
                       "journal %s: what task %s has of a day is more than "
                       "2^64 - 1",
                       journal->path, PUBKEY_TEXT(&out->task));
    out->sum = (uint64_t)sum;
    return 0;
}

static int each_day(struct journal *journal, sqlite3_stmt *statement,
                    uint64_t from_day, uint64_t to_day,
                    journal_earning_visit *visit, void *user)
{
    struct journal_earning_day day;
    int code = SQLITE_DONE, status = 0;

    journal_bind_number(statement, 1, from_day);
    journal_bind_number(statement, 2, to_day);
    while (!status && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        status = read_day(journal, statement, &day);
        /* What was a loss until its round explained it. */
        if (!status && day.count)
            status = visit(user, &day);
    }
    if (!status && code != SQLITE_DONE)
        status = journal_error(journal, code);
    sqlite3_reset(statement);
    return status;
}

int journal_earning_each_day(struct journal *journal, const struct pubkey *task,
                             uint64_t from_day, uint64_t to_day,
                             journal_earning_visit *visit, void *user)
{
    sqlite3_stmt *statement =
        journal_take(journal, task ? STATEMENT_EARNING_DAYS_OF_TASK
                                   : STATEMENT_EARNING_DAYS);

    if (task)
        journal_bind_bytes(statement, 3, task->bytes, 32);
    return each_day(journal, statement, from_day, to_day, visit, user);
}

int journal_earning_each_sum(struct journal *journal, uint64_t from_day,
                             uint64_t to_day, journal_earning_visit *visit,
                             void *user)
{
    return each_day(journal,
                    journal_take(journal, STATEMENT_EARNING_DAYS_OF_ALL),
                    from_day, to_day, visit, user);
}

static void read_entry(sqlite3_stmt *statement, struct journal_earning *out,
                       uint64_t *fee)
{
    const unsigned char *reason = sqlite3_column_text(statement, 9);

    *out = (struct journal_earning){0};
    out->id = sqlite3_column_int64(statement, 0);
    out->at_ms = (uint64_t)sqlite3_column_int64(statement, 1);
    out->slot = (uint64_t)sqlite3_column_int64(statement, 2);
    journal_copy_key(statement, 3, out->task.bytes, 32);
    out->round = (uint64_t)sqlite3_column_int64(statement, 4);
    out->kind = (enum journal_earning_kind)sqlite3_column_int(statement, 5);
    read_unit(statement, 6, out->unit);
    out->amount = (uint64_t)sqlite3_column_int64(statement, 7);
    journal_copy_key(statement, 8, out->signature.bytes, 64);
    out->reason = reason ? (const char *)reason : "";
    *fee = (uint64_t)sqlite3_column_int64(statement, 10);
}

int journal_earning_each(struct journal *journal,
                         const struct journal_earning_query *query,
                         journal_entry_visit *visit, void *user)
{
    sqlite3_stmt *statement = journal_take(
        journal, query->task   ? query->kind ? STATEMENT_ENTRIES_OF_BOTH
                                             : STATEMENT_ENTRIES_OF_TASK
                 : query->kind ? STATEMENT_ENTRIES_OF_KIND
                               : STATEMENT_ENTRIES);
    struct journal_earning earning;
    int code = SQLITE_DONE, status = 0;
    uint64_t fee;

    journal_bind_number(statement, 1,
                        query->before ? query->before : INT64_MAX);
    journal_bind_number(statement, 2, query->limit);
    if (query->task)
        journal_bind_bytes(statement, 3, query->task->bytes, 32);
    if (query->kind) {
        journal_bind_number(statement, 4, query->kind);
        journal_bind_number(statement, 5,
                            query->kind == JOURNAL_SLASH ? JOURNAL_LOSS
                                                         : query->kind);
    }
    while (!status && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        read_entry(statement, &earning, &fee);
        status = visit(user, &earning, fee);
    }
    if (!status && code != SQLITE_DONE)
        status = journal_error(journal, code);
    sqlite3_reset(statement);
    return status;
}
