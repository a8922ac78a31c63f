/*
 * The journal's actions: intended, renewed, closed, found, counted, forgotten.
 */
#include "node/money/journal_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

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
    case JOURNAL_TRANSFER:
        return "transfer";
    case JOURNAL_FUND:
        return "fund";
    case JOURNAL_ACTIVE:
        return "active";
    case JOURNAL_STAKE_MORE:
        return "stake";
    case JOURNAL_EMPTY:
        return "empty";
    }
    return "unknown";
}

/* The five columns of the UNIQUE constraint, in the order of their
 * parameters. */
static void bind_name(sqlite3_stmt *statement, const struct journal_name *name)
{
    CHECK(name->kind >= JOURNAL_SUBMIT && name->kind <= JOURNAL_EMPTY);
    journal_bind_bytes(statement, 1, name->task.bytes, 32);
    journal_bind_number(statement, 2, name->round);
    journal_bind_number(statement, 3, name->kind);
    journal_bind_bytes(statement, 4, name->target.bytes, 32);
    journal_bind_number(statement, 5, name->part);
}

/* The constraint decides whether the name is new, and no look before the write,
 * because another write might come between the two. */
int journal_intend(struct journal *journal, struct journal_entry *entry)
{
    sqlite3_stmt *statement = journal_take(journal, STATEMENT_INTEND);
    int code, status = 0;

    CHECK(entry->transaction_size <= JOURNAL_TRANSACTION_SIZE_MAX);
    bind_name(statement, &entry->name);
    journal_bind_bytes(statement, 6, entry->signature.bytes, 64);
    journal_bind_number(statement, 7, entry->last_valid_height);
    journal_bind_number(statement, 8, entry->slot);
    journal_bind_number(statement, 9, entry->amount);
    journal_bind_bytes(statement, 10, entry->transaction,
                       entry->transaction_size);
    code = sqlite3_step(statement);
    if ((code & 0xff) == SQLITE_CONSTRAINT)
        status = err_set(
            ERR_EXISTS, "the journal has this %s of round %" PRIu64 " already",
            journal_kind_name(entry->name.kind), entry->name.round);
    else if (code != SQLITE_DONE)
        status = journal_error(journal, code);
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
    sqlite3_stmt *statement = journal_take(journal, STATEMENT_RENEW);

    CHECK(entry->id > 0 && entry->transaction_size > 0);
    CHECK(entry->transaction_size <= JOURNAL_TRANSACTION_SIZE_MAX);
    journal_bind_bytes(statement, 1, entry->signature.bytes, 64);
    journal_bind_number(statement, 2, entry->last_valid_height);
    journal_bind_bytes(statement, 3, entry->transaction,
                       entry->transaction_size);
    journal_bind_number(statement, 4, entry->slot);
    journal_bind_number(statement, 5, entry->amount);
    journal_bind_number(statement, 6, (uint64_t)entry->id);
    int status = journal_finish(journal, statement);
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
    sqlite3_stmt *statement = journal_take(journal, STATEMENT_STATE_OF);
    int code, found = -1;

    journal_bind_number(statement, 1, (uint64_t)id);
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        found = sqlite3_column_int(statement, 0);
    sqlite3_reset(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return journal_error(journal, code);
    if (found != (int)state)
        return err_set(ERR_STATE,
                       "journal entry %" PRId64 " was closed otherwise", id);
    return 0;
}

/* Only an open entry is changed; closing twice is looked at, not done. */
int journal_settle(struct journal *journal, int64_t id,
                   enum journal_state state, uint64_t slot, const char *detail)
{
    sqlite3_stmt *statement = journal_take(journal, STATEMENT_SETTLE);

    CHECK(state == JOURNAL_FINAL || state == JOURNAL_FAILED);
    journal_bind_number(statement, 1, state);
    journal_bind_number(statement, 2, slot);
    if (detail)
        journal_bind_text(statement, 3, detail);
    journal_bind_number(statement, 4, (uint64_t)id);
    int status = journal_finish(journal, statement);
    if (status || sqlite3_changes(journal->database))
        return status;
    return check_closed(journal, id, state);
}

/* Bytes that don't fit leave transaction_size 0, as journal_copy_key() leaves
 * zeros: what this program wrote always fits. */
static void read_entry(sqlite3_stmt *statement, struct journal_entry *out)
{
    const void *wire = sqlite3_column_blob(statement, 11);
    size_t size = (size_t)sqlite3_column_bytes(statement, 11);

    out->id = sqlite3_column_int64(statement, 0);
    journal_copy_key(statement, 1, out->name.task.bytes, 32);
    out->name.round = (uint64_t)sqlite3_column_int64(statement, 2);
    out->name.kind = (enum journal_kind)sqlite3_column_int(statement, 3);
    journal_copy_key(statement, 4, out->name.target.bytes, 32);
    out->name.part = (uint32_t)sqlite3_column_int64(statement, 5);
    out->state = (enum journal_state)sqlite3_column_int(statement, 6);
    journal_copy_key(statement, 7, out->signature.bytes, 64);
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
    sqlite3_stmt *statement = journal_take(journal, STATEMENT_FIND);
    int code, status = 0;

    bind_name(statement, name);
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        read_entry(statement, out);
    else if (code == SQLITE_DONE)
        status = ERR_NOT_FOUND;
    else
        status = journal_error(journal, code);
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
        status = journal_error(journal, code);
    sqlite3_reset(statement);
    free(entry);
    return status;
}

/* By id: in the order they were intended, which is the order to resend them
 * in. */
int journal_each_open(struct journal *journal, journal_visit visit, void *user)
{
    return visit_rows(journal, journal_take(journal, STATEMENT_EACH_OPEN),
                      visit, user);
}

/* By round and then in the order they were intended. */
int journal_each(struct journal *journal, const struct pubkey *task,
                 uint64_t from_round, journal_visit visit, void *user)
{
    sqlite3_stmt *statement = journal_take(journal, STATEMENT_EACH);

    journal_bind_bytes(statement, 1, task->bytes, 32);
    journal_bind_number(statement, 2, from_round);
    return visit_rows(journal, statement, visit, user);
}

/* A statement on (task, kind), and a name if it asks for one, that returns one
 * number. An aggregate always gives a row, so no row is an error. */
static int one_number(struct journal *journal, enum statement which,
                      const struct pubkey *task, enum journal_kind kind,
                      const char *name, uint64_t *out)
{
    sqlite3_stmt *statement = journal_take(journal, which);
    int code, status = 0;

    journal_bind_bytes(statement, 1, task->bytes, 32);
    journal_bind_number(statement, 2, kind);
    if (name)
        journal_bind_text(statement, 3, name);
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *out = (uint64_t)sqlite3_column_int64(statement, 0);
    else
        status = journal_error(journal, code);
    sqlite3_reset(statement);
    return status;
}

/* is_noted is a column of its own: until then amount holds what the caller
 * expected when the action was written, and a sum must not mix the two. */
int journal_note_amount(struct journal *journal, int64_t id, uint64_t amount)
{
    sqlite3_stmt *statement = journal_take(journal, STATEMENT_NOTE_AMOUNT);

    journal_bind_number(statement, 1, amount);
    journal_bind_number(statement, 2, (uint64_t)id);
    int status = journal_finish(journal, statement);
    if (!status && !sqlite3_changes(journal->database))
        return err_set(ERR_STATE, "journal entry %" PRId64 " is not final", id);
    return status;
}

/* One at a time and the oldest first: the caller asks the chain about each, and
 * comes back for the next. */
int journal_find_unnoted(struct journal *journal, const struct pubkey *task,
                         enum journal_kind kind, struct journal_entry *out)
{
    sqlite3_stmt *statement = journal_take(journal, STATEMENT_FIND_UNNOTED);
    int code, status = 0;

    journal_bind_bytes(statement, 1, task->bytes, 32);
    journal_bind_number(statement, 2, kind);
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        read_entry(statement, out);
    else if (code == SQLITE_DONE)
        status = ERR_NOT_FOUND;
    else
        status = journal_error(journal, code);
    sqlite3_reset(statement);
    return status;
}

/* What was dropped of a kind has its sum under this name. */
static char *sum_name(const struct pubkey *task, enum journal_kind kind)
{
    return mem_format("sum %s %s", journal_kind_name(kind), PUBKEY_TEXT(task));
}

/* SUM over nothing is NULL, which is why it is coalesced. */
int journal_sum(struct journal *journal, const struct pubkey *task,
                enum journal_kind kind, uint64_t *out)
{
    char *name = sum_name(task, kind);
    int status = one_number(journal, STATEMENT_SUM, task, kind, name, out);

    free(name);
    return status;
}

int journal_next_number(struct journal *journal, const struct pubkey *task,
                        enum journal_kind kind, uint64_t *out)
{
    return one_number(journal, STATEMENT_NEXT_NUMBER, task, kind, NULL, out);
}

static int forget_rounds(struct journal *journal, const struct pubkey *task,
                         uint64_t before_round)
{
    sqlite3_stmt *statement = journal_take(journal, STATEMENT_FORGET);

    journal_bind_bytes(statement, 1, task->bytes, 32);
    journal_bind_number(statement, 2, before_round);
    journal_bind_number(statement, 3, JOURNAL_STAKE);
    return journal_finish(journal, statement);
}

/* The sum first: what is dropped is in it. */
static int forget_counted(struct journal *journal, const struct pubkey *task,
                          enum journal_kind kind)
{
    static const enum statement steps[] = {STATEMENT_COUNTED_SUM,
                                           STATEMENT_COUNTED_DROP};
    char *name = sum_name(task, kind);
    int status = 0;

    for (size_t i = 0; i < 2 && !status; i++) {
        sqlite3_stmt *statement = journal_take(journal, steps[i]);

        journal_bind_bytes(statement, 1, task->bytes, 32);
        journal_bind_number(statement, 2, kind);
        journal_bind_number(statement, 3, JOURNAL_COUNTED_KEPT);
        if (steps[i] == STATEMENT_COUNTED_SUM)
            journal_bind_text(statement, 4, name);
        status = journal_finish(journal, statement);
    }
    free(name);
    return status;
}

int journal_forget(struct journal *journal, const struct pubkey *task,
                   uint64_t before_round)
{
    int status = journal_begin(journal);

    if (status)
        return status;
    status = forget_rounds(journal, task, before_round);
    for (int kind = JOURNAL_STAKE; kind <= JOURNAL_WITHDRAW && !status; kind++)
        status = forget_counted(journal, task, kind);
    return journal_end(journal, status);
}
