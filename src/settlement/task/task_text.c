/*
 * Most sizes are measured by writing the entry into a scratch buffer with the
 * functions that render it. Submissions and votes have formulas because there
 * are as many as nodes in each round, and writing one costs more than all else
 * that its instruction does. The random histories of tests/sim compare the sum
 * with the text after each step.
 *
 * A task's account pays rent for so many bytes, and K2's clients read its data
 * as one text of at most that length. Whether it fits is known without
 * rendering, from three parts:
 *
 * 1. header->text_size, the sum of the rows' entries and of the rounds' names
 *    and braces;
 * 2. commas(), which follows from the numbers of rows;
 * 3. the header's own fields and the empty maps, written out.
 *
 * Names, order and the form of values are K2's. A public key is an array of 32
 * numbers as a value, which is what JSON makes of Rust's Pubkey, and base58 as
 * the key of a map.
 */
#include "settlement/task/task_text.h"
#include "base/base58.h"
#include "base/check.h"
#include <inttypes.h>
#include <stdio.h>

/* Rust's Pubkey, as serde writes it. */
static void write_key(struct json_writer *writer, const struct pubkey *key)
{
    json_open_array(writer);
    for (size_t i = 0; i < sizeof(key->bytes); i++)
        json_write_u64(writer, key->bytes[i]);
    json_close_array(writer);
}

void task_text_key_name(struct json_writer *writer, const struct pubkey *key)
{
    json_name(writer, PUBKEY_TEXT(key));
}

/* Rounds are decimal names in JSON, without leading zeros. */
void task_text_round_name(struct json_writer *writer, uint64_t round)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRIu64, round);
    json_name(writer, text);
}

/* A text of the terms. It is UTF-8 (task_instruction.c), so the writer can
 * escape it without loss. */
static void field_text(struct json_writer *writer, const char *name,
                       struct bytes text)
{
    json_name(writer, name);
    json_write_bytes(writer, text);
}

static void field_key(struct json_writer *writer, const char *name,
                      const struct pubkey *key)
{
    json_name(writer, name);
    write_key(writer, key);
}

/* ---- The header ----
 *
 * Names and order are those of K2's task state (the KPL program's Borsh fields,
 * without what only tokens need). Clients find tasks by the first bytes of the
 * text, so is_allowlisted comes first and there is no white space. */

/* Everything before the maps of submissions. A memcmp filter at offset 0 finds
 * all allow-listed tasks by {"is_allowlisted":true. */
void task_text_head(struct json_writer *writer,
                    const struct task_header *header)
{
    const struct task_terms *terms = &header->terms;
    json_field_bool(writer, "is_allowlisted", header->is_allowlisted);
    json_field_bool(writer, "is_active", header->is_active);
    field_text(writer, "task_name", terms->task_name);
    field_text(writer, "task_description", terms->task_description);
    field_key(writer, "task_manager", &header->task_manager);
    field_text(writer, "task_audit_program", terms->task_audit_program);
    field_key(writer, "stake_pot_account", &header->stake_pot_account);
}

/* total_stake_amount is the sum of stake_list. */
void task_text_amounts(struct json_writer *writer,
                       const struct task_header *header)
{
    const struct task_terms *terms = &header->terms;
    json_field_u64(writer, "total_bounty_amount", terms->total_bounty_amount);
    json_field_u64(writer, "bounty_amount_per_round",
                   terms->bounty_amount_per_round);
    json_field_u64(writer, "total_stake_amount", header->total_stake);
    json_field_u64(writer, "minimum_stake_amount", terms->minimum_stake_amount);
}

/* All in slots; round 0 begins with starting_slot. */
void task_text_windows(struct json_writer *writer,
                       const struct task_header *header)
{
    const struct task_terms *terms = &header->terms;
    json_field_u64(writer, "round_time", terms->round_time);
    json_field_u64(writer, "starting_slot", header->starting_slot);
    json_field_u64(writer, "audit_window", terms->audit_window);
    json_field_u64(writer, "submission_window", terms->submission_window);
    field_text(writer, "task_executable_network",
               terms->task_executable_network);
}

/* Metadata and variables are CIDs that creators add for clients. */
void task_text_tail(struct json_writer *writer,
                    const struct task_header *header)
{
    const struct task_terms *terms = &header->terms;
    field_text(writer, "task_metadata", terms->task_metadata);
    field_text(writer, "task_vars", terms->task_vars);
    field_text(writer, "koii_vars", header->koii_vars);
    json_field_bool(writer, "is_migrated", header->is_migrated);
    field_text(writer, "migrated_to", header->migrated_to);
    json_field_u64(writer, "allowed_failed_distributions",
                   terms->allowed_failed_distributions);
}

/* ---- Rows ---- */

/* slot and round stand in the value, too, because clients pass values on alone.
 */
void task_text_submission(struct json_writer *writer,
                          const struct task_row *row)
{
    json_open_object(writer);
    field_text(writer, "submission_value", row->submission.value);
    json_field_u64(writer, "slot", row->submission.slot);
    json_field_u64(writer, "round", row->round);
    json_close_object(writer);
}

/* submission_value is the key of the data account, which holds the list. */
void task_text_list(struct json_writer *writer, const struct task_row *row)
{
    json_open_object(writer);
    field_key(writer, "submission_value", &row->list.data_account);
    json_field_u64(writer, "slot", row->list.slot);
    json_field_u64(writer, "round", row->round);
    json_close_object(writer);
}

/* The array stays open because the votes are rows of their own, which a walk
 * writes. */
void task_text_audit(struct json_writer *writer, const struct task_row *row)
{
    json_open_object(writer);
    field_key(writer, "trigger_by", &row->audit.trigger_by);
    json_field_u64(writer, "slot", row->audit.slot);
    json_name(writer, "votes");
    json_open_array(writer);
}

void task_text_audit_end(struct json_writer *writer)
{
    json_close_array(writer);
    json_close_object(writer);
}

void task_text_vote(struct json_writer *writer, const struct task_row *row)
{
    json_open_object(writer);
    json_field_bool(writer, "is_valid", row->vote.is_valid);
    field_key(writer, "voter", &row->voter);
    json_field_u64(writer, "slot", row->vote.slot);
    json_close_object(writer);
}

/* K2's names. A round whose payout was never tried has no entry in the text. */
const char *task_text_record(uint8_t record)
{
    static const char *const names[] = {
        [TASK_RECORD_NONE] = "Uninitialized",
        [TASK_RECORD_SUCCESSFUL] = "PayoutSuccessful",
        [TASK_RECORD_FAILED] = "PayoutFailed",
    };
    CHECK(record <= TASK_RECORD_FAILED);
    return names[record];
}

/* ---- Sizes ---- */

/* The entry as it stands in its map; for a stake the entry in stake_list. */
static void write_entry(struct json_writer *writer, const struct task_row *row)
{
    switch (row->kind) {
    case TASK_ROW_STAKE:
    case TASK_ROW_BALANCE:
        task_text_key_name(writer, &row->key);
        json_write_u64(writer, row->stake.amount);
        return;
    case TASK_ROW_SUBMISSION_AUDIT:
    case TASK_ROW_LIST_AUDIT:
        task_text_key_name(writer, &row->key);
        task_text_audit(writer, row);
        task_text_audit_end(writer);
        return;
    case TASK_ROW_LIST:
        task_text_key_name(writer, &row->key);
        task_text_list(writer, row);
        return;
    case TASK_ROW_ROUND:
        task_text_round_name(writer, row->round);
        json_write_text(writer, task_text_record(row->status.record));
        return;
    default:
        break;
    }
    CHECK(false);
}

/* The size without the braces that the writer needs around a name. */
static uint64_t entry_size(const struct task_row *row, struct buffer *scratch)
{
    buffer_clear(scratch);
    struct json_writer writer = json_writer_make(scratch);
    json_open_object(&writer);
    write_entry(&writer, row);
    json_close_object(&writer);
    return scratch->size - 2;
}

/* The size of a stake's entry in ip_address_list. */
static uint64_t address_size(const struct task_row *row, struct buffer *scratch)
{
    buffer_clear(scratch);
    struct json_writer writer = json_writer_make(scratch);
    json_open_object(&writer);
    task_text_key_name(&writer, &row->key);
    json_write_bytes(&writer, row->stake.ip_address);
    json_close_object(&writer);
    return scratch->size - 2;
}

static uint64_t number_size(uint64_t number)
{
    uint64_t digits = 1;
    for (; number >= 10; number /= 10)
        digits++;
    return digits;
}

/* The size of write_key()'s text: the digits, 31 commas and the brackets.
 */
static uint64_t key_size(const struct pubkey *key)
{
    uint64_t size = sizeof(key->bytes) - 1 + 2;
    for (size_t i = 0; i < sizeof(key->bytes); i++)
        size += 1 + (key->bytes[i] >= 10) + (key->bytes[i] >= 100);
    return size;
}

static uint64_t submission_size(const struct task_row *row)
{
    static const char fixed[] = "\"\":{\"submission_value\":,"
                                "\"slot\":,\"round\":}";
    return sizeof(fixed) - 1 + base58_key_size(row->key.bytes) +
           json_string_size(row->submission.value) +
           number_size(row->submission.slot) + number_size(row->round);
}

static uint64_t vote_size(const struct task_row *row)
{
    static const char fixed[] = "{\"is_valid\":,\"voter\":,\"slot\":}";
    return sizeof(fixed) - 1 + strlen(row->vote.is_valid ? "true" : "false") +
           key_size(&row->voter) + number_size(row->vote.slot);
}

/* Commas depend on the other entries, and a round's name on whether the row is
 * the round's first: both are left out. */
uint64_t task_text_row_size(const struct task_row *row, struct buffer *scratch)
{
    switch (row->kind) {
    case TASK_ROW_SUBMISSION:
        return submission_size(row);
    case TASK_ROW_STAKE:
        return entry_size(row, scratch) +
               (row->stake.ip_address.size ? address_size(row, scratch) : 0);
    case TASK_ROW_SUBMISSION_VOTE:
    case TASK_ROW_LIST_VOTE:
        return vote_size(row);
    case TASK_ROW_ROUND:
        return row->status.record == TASK_RECORD_NONE
                   ? 0
                   : entry_size(row, scratch);
    default:
        return entry_size(row, scratch);
    }
}

/* "7":{} is 6 bytes: the digits and 5 others. */
uint64_t task_text_round_size(uint64_t round)
{
    return number_size(round) + sizeof("\"\":{}") - 1;
}

/* A map has a comma before each entry but the first, however the entries are
 * spread over rounds: commas separate entries in a round, and rounds in the
 * map. Votes are separated within their audit, which has at least one vote: so
 * all votes together have as many commas as there are votes less audits. */
static uint64_t commas(const struct task_header *header)
{
    static const enum task_count maps[] = {
        TASK_COUNT_STAKES,
        TASK_COUNT_ADDRESSES,
        TASK_COUNT_BALANCES,
        TASK_COUNT_SUBMISSIONS,
        TASK_COUNT_SUBMISSION_AUDITS,
        TASK_COUNT_LISTS,
        TASK_COUNT_LIST_AUDITS,
        TASK_COUNT_RECORDS,
    };
    const uint64_t *counts = header->counts;
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++)
        sum += counts[maps[i]] ? counts[maps[i]] - 1 : 0;
    /* Every audit was raised with a vote. */
    CHECK(counts[TASK_COUNT_SUBMISSION_VOTES] >=
          counts[TASK_COUNT_SUBMISSION_AUDITS]);
    CHECK(counts[TASK_COUNT_LIST_VOTES] >= counts[TASK_COUNT_LIST_AUDITS]);
    return sum + counts[TASK_COUNT_SUBMISSION_VOTES] -
           counts[TASK_COUNT_SUBMISSION_AUDITS] +
           counts[TASK_COUNT_LIST_VOTES] - counts[TASK_COUNT_LIST_AUDITS];
}

/* The most that the header's own fields take, without their texts: 22 names
 * with the characters around the values (451 bytes), 9 numbers of up to 20
 * digits, two keys of up to 129 bytes, and the empty maps (211). */
#define FIELDS_SIZE_MAX (451 + 9 * 20 + 2 * 129 + 211)

/* An escaped byte of a text is up to six characters: \u001f. */
#define ESCAPED_SIZE_MAX 6

uint64_t task_text_size_max(const struct task_header *header)
{
    const struct task_terms *terms = &header->terms;
    uint64_t texts = terms->task_name.size + terms->task_description.size +
                     terms->task_audit_program.size +
                     terms->task_executable_network.size +
                     terms->task_metadata.size + terms->task_vars.size +
                     header->koii_vars.size + header->migrated_to.size;
    return FIELDS_SIZE_MAX + ESCAPED_SIZE_MAX * texts + header->text_size +
           commas(header);
}

uint64_t task_text_size(const struct task_header *header,
                        struct buffer *scratch)
{
    /* The maps' names and braces, with the comma before each. */
    static const char maps[] = ",\"submissions\":{}"
                               ",\"submissions_audit_trigger\":{}"
                               ",\"available_balances\":{}"
                               ",\"stake_list\":{}"
                               ",\"ip_address_list\":{}"
                               ",\"distribution_rewards_submission\":{}"
                               ",\"distributions_audit_trigger\":{}"
                               ",\"distributions_audit_record\":{}";
    buffer_clear(scratch);
    struct json_writer writer = json_writer_make(scratch);
    json_open_object(&writer);
    task_text_head(&writer, header);
    task_text_amounts(&writer, header);
    task_text_windows(&writer, header);
    task_text_tail(&writer, header);
    json_close_object(&writer);
    uint64_t size =
        scratch->size + (sizeof(maps) - 1) + header->text_size + commas(header);
    CHECK(size <= task_text_size_max(header));
    return size;
}
