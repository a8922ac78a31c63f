/*
 * One pass over the bytes, which writes as it reads: a tree would be made and
 * thrown away, since the callers make their own. What is not wanted is read
 * past by the same functions, with no writer.
 *
 * The account is a program's, but the endpoint that sends it may send anything.
 * Counts are believed as far as there are bytes: an entry takes some, so a
 * count that is too large ends at the end of the data.
 */
#include "settlement/format/kpl_state.h"

#include "base/check.h"
#include "base/error.h"
#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>

#define KEY_SIZE 32

/* A writer of NULL: the value is read past. */
struct source {
    struct reader reader;
    const char *round; /* the one that is wanted, as text; NULL: all */
};

typedef int read_value(struct source *source, struct json_writer *out);

/* ---- Values ---- */

/* Borsh's string: length u32, then UTF-8. */
static int take_text(struct source *source, struct bytes *out)
{
    uint32_t size;
    int status = reader_u32le(&source->reader, &size);

    return status ? status : reader_take(&source->reader, size, out);
}

static int read_text(struct source *source, struct json_writer *out)
{
    struct bytes text;
    int status = take_text(source, &text);

    if (!status && out)
        json_write_bytes(out, text);
    return status;
}

static int read_u64(struct source *source, struct json_writer *out)
{
    uint64_t value;
    int status = reader_u64le(&source->reader, &value);

    if (!status && out)
        json_write_u64(out, value);
    return status;
}

static int read_u8(struct source *source, struct json_writer *out)
{
    uint8_t value;
    int status = reader_u8(&source->reader, &value);

    if (!status && out)
        json_write_u64(out, value);
    return status;
}

static int read_bool(struct source *source, struct json_writer *out)
{
    uint8_t value;
    int status = reader_u8(&source->reader, &value);

    if (!status && value > 1)
        status = err_set(ERR_INVALID, "a boolean is neither 0 nor 1");
    if (!status && out)
        json_write_bool(out, value);
    return status;
}

/* An array of numbers, as serde makes one of a key in JSON. */
static int read_key(struct source *source, struct json_writer *out)
{
    struct bytes key;
    int status = reader_take(&source->reader, KEY_SIZE, &key);

    if (status || !out)
        return status;
    json_open_array(out);
    for (size_t i = 0; i < KEY_SIZE; i++)
        json_write_u64(out, key.data[i]);
    json_close_array(out);
    return 0;
}

/* Whether a round has been paid, under the names of Koii's enum. */
static int read_record(struct source *source, struct json_writer *out)
{
    static const char *const names[] = {"Uninitialized", "PayoutSuccessful",
                                        "PayoutFailed"};
    uint8_t value;
    int status = reader_u8(&source->reader, &value);

    if (!status && value >= sizeof(names) / sizeof(*names))
        status = err_set(ERR_INVALID, "a payout's record is unknown");
    if (!status && out)
        json_write_text(out, names[value]);
    return status;
}

/* ---- Structs ---- */

struct field {
    const char *name;
    read_value *read;
    unsigned part; /* of kpl_state_parts; 0: always */
};

/* The fields, without braces around them. */
static int read_fields(struct source *source, const struct field *fields,
                       size_t count, unsigned parts, struct json_writer *out)
{
    int status = 0;

    for (size_t i = 0; !status && i < count; i++) {
        bool is_wanted = out && (!fields[i].part || fields[i].part & parts);

        if (is_wanted)
            json_name(out, fields[i].name);
        status = fields[i].read(source, is_wanted ? out : NULL);
    }
    return status;
}

static int read_struct(struct source *source, const struct field *fields,
                       size_t count, struct json_writer *out)
{
    if (out)
        json_open_object(out);
    int status = read_fields(source, fields, count, 0, out);
    if (!status && out)
        json_close_object(out);
    return status;
}

#define STRUCT(source, fields, out)                                            \
    read_struct(source, fields, sizeof(fields) / sizeof(*(fields)), out)

static int read_submission(struct source *source, struct json_writer *out)
{
    static const struct field fields[] = {
        {"submission_value", read_text, 0},
        {"slot", read_u64, 0},
        {"round", read_u64, 0},
    };

    return STRUCT(source, fields, out);
}

/* What is submitted is the account that holds the list. */
static int read_list(struct source *source, struct json_writer *out)
{
    static const struct field fields[] = {
        {"submission_value", read_key, 0},
        {"slot", read_u64, 0},
        {"round", read_u64, 0},
    };

    return STRUCT(source, fields, out);
}

static int read_vote(struct source *source, struct json_writer *out)
{
    static const struct field fields[] = {
        {"is_valid", read_bool, 0},
        {"voter", read_key, 0},
        {"slot", read_u64, 0},
    };

    return STRUCT(source, fields, out);
}

static int read_votes(struct source *source, struct json_writer *out)
{
    uint32_t count;
    int status = reader_u32le(&source->reader, &count);

    if (out)
        json_open_array(out);
    for (uint32_t i = 0; !status && i < count; i++)
        status = read_vote(source, out);
    if (!status && out)
        json_close_array(out);
    return status;
}

static int read_audit(struct source *source, struct json_writer *out)
{
    static const struct field fields[] = {
        {"trigger_by", read_key, 0},
        {"slot", read_u64, 0},
        {"votes", read_votes, 0},
    };

    return STRUCT(source, fields, out);
}

/* ---- Maps ---- */

/* only: the one key that is wanted, or NULL. */
static int read_map(struct source *source, read_value *value, const char *only,
                    struct json_writer *out)
{
    uint32_t count;
    int status = reader_u32le(&source->reader, &count);

    if (out)
        json_open_object(out);
    for (uint32_t i = 0; !status && i < count; i++) {
        struct bytes key;
        bool is_wanted = false;

        status = take_text(source, &key);
        if (status)
            break;
        is_wanted = out && (!only || bytes_equal(key, bytes_text(only)));
        if (is_wanted)
            json_name_bytes(out, key);
        status = value(source, is_wanted ? out : NULL);
    }
    if (!status && out)
        json_close_object(out);
    return status;
}

static int read_amounts(struct source *source, struct json_writer *out)
{
    return read_map(source, read_u64, NULL, out);
}

static int read_texts(struct source *source, struct json_writer *out)
{
    return read_map(source, read_text, NULL, out);
}

static int read_submissions(struct source *source, struct json_writer *out)
{
    return read_map(source, read_submission, NULL, out);
}

static int read_lists(struct source *source, struct json_writer *out)
{
    return read_map(source, read_list, NULL, out);
}

static int read_audits(struct source *source, struct json_writer *out)
{
    return read_map(source, read_audit, NULL, out);
}

static int read_rounds_of_submissions(struct source *source,
                                      struct json_writer *out)
{
    return read_map(source, read_submissions, source->round, out);
}

static int read_rounds_of_lists(struct source *source, struct json_writer *out)
{
    return read_map(source, read_lists, source->round, out);
}

static int read_rounds_of_audits(struct source *source, struct json_writer *out)
{
    return read_map(source, read_audits, source->round, out);
}

static int read_records(struct source *source, struct json_writer *out)
{
    return read_map(source, read_record, source->round, out);
}

/* ---- The state ---- */

static const struct field state_fields[] = {
    {"is_allowlisted", read_bool, 0},
    {"is_active", read_bool, 0},
    {"task_name", read_text, 0},
    {"task_description", read_text, 0},
    {"task_manager", read_key, 0},
    {"task_audit_program", read_text, 0},
    {"stake_pot_account", read_key, 0},
    {"stake_pot_seed", read_key, 0},
    {"stake_pot_bump", read_u8, 0},
    {"submissions", read_rounds_of_submissions, KPL_STATE_SUBMISSIONS},
    {"submissions_audit_trigger", read_rounds_of_audits, KPL_STATE_SUBMISSIONS},
    {"total_bounty_amount", read_u64, 0},
    {"bounty_amount_per_round", read_u64, 0},
    {"token_type", read_key, 0},
    {"total_stake_amount", read_u64, 0},
    {"minimum_stake_amount", read_u64, 0},
    {"available_balances", read_amounts, KPL_STATE_BALANCES},
    {"stake_list", read_amounts, KPL_STATE_STAKES},
    {"ip_address_list", read_texts, KPL_STATE_STAKES},
    {"round_time", read_u64, 0},
    {"starting_slot", read_u64, 0},
    {"audit_window", read_u64, 0},
    {"submission_window", read_u64, 0},
    {"task_executable_network", read_text, 0},
    {"distribution_rewards_submission", read_rounds_of_lists,
     KPL_STATE_DISTRIBUTIONS},
    {"distributions_audit_trigger", read_rounds_of_audits,
     KPL_STATE_DISTRIBUTIONS},
    {"distributions_audit_record", read_records, KPL_STATE_DISTRIBUTIONS},
    {"task_metadata", read_text, 0},
    {"task_vars", read_text, 0},
    {"is_migrated", read_bool, 0},
    {"migrated_to", read_text, 0},
    {"allowed_failed_distributions", read_u64, 0},
};

int kpl_state_json(struct bytes data, unsigned parts, const uint64_t *round,
                   struct buffer *out)
{
    struct json_writer writer = json_writer_make(out);
    struct source source = {.reader = reader_make(data)};
    char text[24];

    CHECK(out);
    if (round) {
        snprintf(text, sizeof(text), "%" PRIu64, *round);
        source.round = text;
    }
    json_open_object(&writer);
    int status = read_fields(&source, state_fields,
                             sizeof(state_fields) / sizeof(*state_fields),
                             parts, &writer);
    if (!status)
        status = reader_end(&source.reader);
    if (status)
        return err_add(status, "the state of a KPL task");
    json_close_object(&writer);
    return 0;
}
