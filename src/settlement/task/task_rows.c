/*
 * All kinds of rows share one struct, and one switch each for writing and
 * reading. Three predicates say what a kind's key holds, so keys are built in
 * the same way everywhere.
 *
 * Instructions trust rows because only the task programs write them: a row that
 * does not decode ends the process. task_rows_decode() reports it to
 * task_check().
 *
 * All rows of a task lie together, in them all rows of a kind, and in those all
 * rows of a round. So one cursor reads what belongs together, and dropping a
 * round removes rows from a known place on.
 */
#include "settlement/task/task_rows.h"
#include "base/check.h"
#include "base/error.h"

/* ---- Keys ---- */

/* The kinds that have a round. */
static bool has_round(enum task_row_kind kind)
{
    return kind != TASK_ROW_HEADER && kind != TASK_ROW_TOKEN &&
           kind != TASK_ROW_STAKE && kind != TASK_ROW_BALANCE &&
           kind != TASK_ROW_UPLOAD;
}

/* The kinds that have a key. A data account's key stands in the task's place.
 */
static bool has_key(enum task_row_kind kind)
{
    return kind != TASK_ROW_HEADER && kind != TASK_ROW_TOKEN &&
           kind != TASK_ROW_ROUND && kind != TASK_ROW_UPLOAD;
}

/* Only votes have a second key. */
static bool has_voter(enum task_row_kind kind)
{
    return kind == TASK_ROW_SUBMISSION_VOTE || kind == TASK_ROW_LIST_VOTE;
}

/* Whether a byte from disk is a kind. */
static bool is_kind(uint8_t byte)
{
    /* strchr() finds 0 in every string. */
    return byte && strchr("hmkbsuvdwxrl", byte);
}

/* Append the parts of a key. */
static void add_key(struct task_row_key *out, const struct pubkey *key)
{
    CHECK(out->size + sizeof(*key) <= sizeof(out->bytes));
    memcpy(out->bytes + out->size, key->bytes, sizeof(*key));
    out->size += sizeof(*key);
}

static void add_byte(struct task_row_key *out, uint8_t byte)
{
    CHECK(out->size < sizeof(out->bytes));
    out->bytes[out->size++] = byte;
}

static void add_round(struct task_row_key *out, uint64_t round)
{
    CHECK(out->size + 8 <= sizeof(out->bytes));
    /* Big-endian, so that rows stand in the order of their rounds. */
    u64be_write(out->bytes + out->size, round);
    out->size += 8;
}

/* An upload's row belongs to its data account, whose key stands in the task's
 * place. */
void task_rows_key(const struct pubkey *task, const struct task_row *row,
                   struct task_row_key *out)
{
    out->size = 0;
    add_byte(out, TASK_ROW_PREFIX);
    add_key(out, row->kind == TASK_ROW_UPLOAD ? &row->key : task);
    add_byte(out, (uint8_t)row->kind);
    if (has_round(row->kind))
        add_round(out, row->round);
    if (has_key(row->kind))
        add_key(out, &row->key);
    if (has_voter(row->kind))
        add_key(out, &row->voter);
}

/* Only votes can have a candidate, and only with a round. */
void task_rows_prefix(const struct pubkey *task, enum task_row_kind kind,
                      const uint64_t *round, const struct pubkey *candidate,
                      struct task_row_key *out)
{
    CHECK(kind != TASK_ROW_UPLOAD);
    out->size = 0;
    add_byte(out, TASK_ROW_PREFIX);
    add_key(out, task);
    add_byte(out, (uint8_t)kind);
    if (round) {
        CHECK(has_round(kind));
        add_round(out, *round);
    }
    if (candidate) {
        CHECK(round && has_voter(kind));
        add_key(out, candidate);
    }
}

/* ---- Values ---- */

/* A text is the rest of its value and needs no length. */
void task_rows_encode(const struct task_row *row, struct buffer *out)
{
    switch (row->kind) {
    case TASK_ROW_STAKE:
        CHECK(row->stake.amount > 0);
        buffer_u64le(out, row->stake.amount);
        buffer_bytes(out, row->stake.ip_address);
        return;
    case TASK_ROW_BALANCE:
        CHECK(row->stake.amount > 0);
        buffer_u64le(out, row->stake.amount);
        return;
    case TASK_ROW_SUBMISSION:
        buffer_u64le(out, row->submission.slot);
        buffer_bytes(out, row->submission.value);
        return;
    case TASK_ROW_SUBMISSION_AUDIT:
    case TASK_ROW_LIST_AUDIT:
        buffer_bytes(out, pubkey_bytes(&row->audit.trigger_by));
        buffer_u64le(out, row->audit.slot);
        return;
    case TASK_ROW_SUBMISSION_VOTE:
    case TASK_ROW_LIST_VOTE:
        buffer_u8(out, row->vote.is_valid);
        buffer_u64le(out, row->vote.slot);
        return;
    case TASK_ROW_LIST:
        buffer_u64le(out, row->list.slot);
        buffer_bytes(out, pubkey_bytes(&row->list.data_account));
        return;
    case TASK_ROW_ROUND:
        CHECK(row->status.record <= TASK_RECORD_FAILED);
        buffer_u8(out, row->status.record);
        buffer_u64le(out, row->status.attempts);
        buffer_u64le(out, row->status.tried_round);
        buffer_append(out, row->status.seed.bytes, 32);
        return;
    case TASK_ROW_TOKEN:
        buffer_bytes(out, pubkey_bytes(&row->token.mint));
        buffer_append(out, row->token.stake_pot_seed.bytes, 32);
        buffer_u8(out, row->token.stake_pot_bump);
        return;
    case TASK_ROW_UPLOAD:
        buffer_bytes(out, pubkey_bytes(&row->upload.task));
        buffer_u64le(out, row->upload.round);
        buffer_u64le(out, row->upload.slot);
        if (row->upload.is_sent)
            buffer_u8(out, 1);
        return;
    case TASK_ROW_HEADER:
        break;
    }
    CHECK(false); /* task_header_encode() writes those */
}

/* The record is checked because task_text.c uses it as an index of names. */
static int decode_round(struct reader *reader, struct task_round *out)
{
    int status = reader_u8(reader, &out->record);
    if (!status)
        status = reader_u64le(reader, &out->attempts);
    if (!status)
        status = reader_u64le(reader, &out->tried_round);
    if (!status)
        status = reader_copy(reader, &out->seed, 32);
    if (!status && out->record > TASK_RECORD_FAILED)
        return err_set(ERR_CORRUPT, "a round's record is %u", out->record);
    return status;
}

/* Bytes other than 0 and 1 are refused: they would be read as true and written
 * back as 1. */
static int decode_vote(struct reader *reader, struct task_row *out)
{
    uint8_t is_valid;
    int status = reader_u8(reader, &is_valid);
    if (!status)
        status = reader_u64le(reader, &out->vote.slot);
    if (!status && is_valid > 1)
        return err_set(ERR_CORRUPT, "a vote is %u", is_valid);
    out->vote.is_valid = !status && is_valid;
    return status;
}

/* A KPL task's token. */
static int decode_token(struct reader *reader, struct task_row *out)
{
    int status = reader_copy(reader, &out->token.mint, 32);
    if (!status)
        status = reader_copy(reader, &out->token.stake_pot_seed, 32);
    if (!status)
        status = reader_u8(reader, &out->token.stake_pot_bump);
    return status;
}

/* The last byte is there only if the list was sent. */
static int decode_upload(struct reader *reader, struct task_row *out)
{
    int status = reader_copy(reader, &out->upload.task, 32);
    if (!status)
        status = reader_u64le(reader, &out->upload.round);
    if (!status)
        status = reader_u64le(reader, &out->upload.slot);
    uint8_t is_sent = 0;
    if (!status && reader->left.size > 0)
        status = reader_u8(reader, &is_sent);
    out->upload.is_sent = is_sent != 0;
    return status;
}

/* Reads what task_rows_encode() wrote. The caller checks that nothing is left
 * over. */
static int decode_value(struct reader *reader, struct task_row *out)
{
    int status;
    switch (out->kind) {
    case TASK_ROW_STAKE:
        status = reader_u64le(reader, &out->stake.amount);
        return status ? status
                      : reader_take(reader, reader->left.size,
                                    &out->stake.ip_address);
    case TASK_ROW_BALANCE:
        return reader_u64le(reader, &out->stake.amount);
    case TASK_ROW_SUBMISSION:
        status = reader_u64le(reader, &out->submission.slot);
        return status ? status
                      : reader_take(reader, reader->left.size,
                                    &out->submission.value);
    case TASK_ROW_SUBMISSION_AUDIT:
    case TASK_ROW_LIST_AUDIT:
        status = reader_copy(reader, &out->audit.trigger_by, 32);
        return status ? status : reader_u64le(reader, &out->audit.slot);
    case TASK_ROW_SUBMISSION_VOTE:
    case TASK_ROW_LIST_VOTE:
        return decode_vote(reader, out);
    case TASK_ROW_LIST:
        status = reader_u64le(reader, &out->list.slot);
        return status ? status
                      : reader_copy(reader, &out->list.data_account, 32);
    case TASK_ROW_ROUND:
        return decode_round(reader, &out->status);
    case TASK_ROW_TOKEN:
        return decode_token(reader, out);
    case TASK_ROW_UPLOAD:
        return decode_upload(reader, out);
    case TASK_ROW_HEADER:
        return reader_take(reader, reader->left.size, &(struct bytes){0});
    }
    return err_set(ERR_CORRUPT, "no row has the kind %d", (int)out->kind);
}

/* The kind says what follows prefix, task and kind. */
static int decode_key(struct reader *reader, struct pubkey *task,
                      struct task_row *out)
{
    uint8_t prefix = 0;
    uint8_t kind = 0;
    struct pubkey first;
    int status = reader_u8(reader, &prefix);
    if (!status)
        status = reader_copy(reader, &first, 32);
    if (!status)
        status = reader_u8(reader, &kind);
    if (status)
        return status;
    if (prefix != TASK_ROW_PREFIX || !is_kind(kind))
        return err_set(ERR_CORRUPT, "no row of the task program");
    out->kind = (enum task_row_kind)kind;
    if (out->kind == TASK_ROW_UPLOAD)
        out->key = first;
    if (task)
        *task = first;
    if (has_round(out->kind))
        status = reader_u64be(reader, &out->round);
    if (!status && has_key(out->kind))
        status = reader_copy(reader, &out->key, 32);
    if (!status && has_voter(out->kind))
        status = reader_copy(reader, &out->voter, 32);
    return status;
}

int task_rows_decode(struct bytes key, struct bytes value, struct pubkey *task,
                     struct task_row *out)
{
    struct reader key_reader = reader_make(key);
    struct reader value_reader = reader_make(value);
    memset(out, 0, sizeof(*out));
    int status = decode_key(&key_reader, task, out);
    if (!status)
        status = reader_end(&key_reader);
    if (!status)
        status = decode_value(&value_reader, out);
    if (!status)
        status = reader_end(&value_reader);
    return status ? err_set(ERR_CORRUPT, "a row of the task program does "
                                         "not decode")
                  : 0;
}

/* ---- Access ---- */

bool task_rows_get(const struct state *state, const struct pubkey *task,
                   struct task_row *row)
{
    struct task_row_key key;
    struct bytes value;
    task_rows_key(task, row, &key);
    if (!state_get(state, bytes_make(key.bytes, key.size), &value))
        return false;
    struct reader reader = reader_make(value);
    CHECK(row->kind != TASK_ROW_HEADER); /* task_header_get() reads those */
    CHECK(!decode_value(&reader, row) && reader.left.size == 0);
    return true;
}

bool task_rows_has(const struct state *state, const struct pubkey *task,
                   const struct task_row *row)
{
    struct task_row_key key;
    task_rows_key(task, row, &key);
    return state_has(state, bytes_make(key.bytes, key.size));
}

/* Costs about as much as one look-up. */
bool task_rows_any(const struct state *state, const struct pubkey *task,
                   enum task_row_kind kind, const uint64_t *round,
                   const struct pubkey *candidate)
{
    struct bytes key;
    struct bytes value;
    struct task_rows_walk walk =
        task_rows_walk_open(state, task, kind, round, candidate);
    bool any = state_cursor_next(walk.cursor, &key, &value);
    task_rows_walk_close(&walk);
    return any;
}

/* The order is that of bytes: by round, then key, then voter. */
bool task_rows_find_from(const struct state *state, const struct pubkey *task,
                         struct task_row *row)
{
    struct task_row_key prefix;
    struct task_row_key start;
    task_rows_prefix(task, row->kind, NULL, NULL, &prefix);
    task_rows_key(task, row, &start);
    struct task_rows_walk walk = {
        .cursor =
            state_cursor_open(state, bytes_make(prefix.bytes, prefix.size),
                              bytes_make(start.bytes, start.size)),
    };
    bool found = task_rows_walk_next(&walk, row);
    task_rows_walk_close(&walk);
    return found;
}

struct task_rows_walk task_rows_walk_open(const struct state *state,
                                          const struct pubkey *task,
                                          enum task_row_kind kind,
                                          const uint64_t *round,
                                          const struct pubkey *candidate)
{
    struct task_row_key prefix;
    task_rows_prefix(task, kind, round, candidate, &prefix);
    return (struct task_rows_walk){
        .cursor = state_cursor_open(
            state, bytes_make(prefix.bytes, prefix.size), (struct bytes){0}),
    };
}

bool task_rows_walk_next(struct task_rows_walk *walk, struct task_row *out)
{
    struct bytes key;
    struct bytes value;
    CHECK(walk->cursor);
    if (!state_cursor_next(walk->cursor, &key, &value))
        return false;
    CHECK(!task_rows_decode(key, value, NULL, out));
    return true;
}

void task_rows_walk_close(struct task_rows_walk *walk)
{
    state_cursor_close(walk->cursor);
    walk->cursor = NULL;
}
