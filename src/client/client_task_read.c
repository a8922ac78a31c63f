/*
 * K2's JSON state of a task, and of a round of it, taken apart; KPL tasks have
 * been made the same JSON before.
 *
 * A task's creator and its nodes write into this state, and an endpoint may
 * send anything. So type and range of all fields are checked, and a wrong field
 * fails the whole answer. An absent text is empty. Maps by round have decimal
 * numbers as keys; keys of nodes are base58 as names, and arrays of 32 numbers
 * as values, since that is how K2's program serialises them.
 */
#include "client/client_internal.h"

#include "base/check.h"
#include "base/error.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- Values ---- */

/* A key as an array of 32 numbers: what serde makes of a Pubkey in JSON. */
static int read_key_array(struct json_object *array, struct pubkey *out)
{
    if (!json_object_is_type(array, json_type_array) ||
        json_object_array_length(array) != sizeof(out->bytes))
        return err_set(ERR_INVALID, "a key is not an array of 32 numbers");
    for (size_t i = 0; i < sizeof(out->bytes); i++) {
        uint64_t number;
        if (!json_is_u64(json_object_array_get_idx(array, i), &number) ||
            number > 255)
            return err_set(ERR_INVALID,
                           "a key holds a number that is not a byte");
        out->bytes[i] = (uint8_t)number;
    }
    return 0;
}

/* Required, as an array of numbers. */
static int read_key_field(struct json_object *object, const char *name,
                          struct pubkey *out)
{
    struct json_object *array;
    int status = json_get_array(object, name, &array);
    return status ? status : read_key_array(array, out);
}

/* An absent text is an empty one. */
static int read_text(struct json_object *object, const char *name,
                     const char **out)
{
    *out = "";
    int status = json_get_text(object, name, out);
    return status == ERR_NOT_FOUND ? 0 : status;
}

/* ---- The task's state ---- */

/* Amounts in roe (or a KPL task's token units), windows in slots. A round of 0
 * slots would be divided by. */
static int read_numbers(struct json_object *state, struct client_task *out)
{
    const struct {
        const char *name;
        uint64_t *value;
    } numbers[] = {
        {"total_bounty_amount", &out->total_bounty_amount},
        {"bounty_amount_per_round", &out->bounty_amount_per_round},
        {"total_stake_amount", &out->total_stake_amount},
        {"minimum_stake_amount", &out->minimum_stake_amount},
        {"round_time", &out->round_time},
        {"starting_slot", &out->starting_slot},
        {"audit_window", &out->audit_window},
        {"submission_window", &out->submission_window},
        {"allowed_failed_distributions", &out->allowed_failed_distributions},
    };
    int status = 0;
    for (size_t i = 0; !status && i < sizeof(numbers) / sizeof(*numbers); i++)
        status = json_get_u64(state, numbers[i].name, numbers[i].value);
    if (!status && out->round_time == 0)
        status = err_set(ERR_INVALID, "the task's round_time is 0");
    return status;
}

/* Read the texts that the task's creator wrote. */
static int read_texts(struct json_object *state, struct client_task *out)
{
    const struct {
        const char *name;
        const char **value;
    } texts[] = {
        {"task_name", &out->task_name},
        {"task_description", &out->task_description},
        {"task_audit_program", &out->task_audit_program},
        {"task_executable_network", &out->task_executable_network},
        {"task_metadata", &out->task_metadata},
        {"task_vars", &out->task_vars},
        {"koii_vars", &out->koii_vars},
        {"migrated_to", &out->migrated_to},
    };
    int status = 0;
    for (size_t i = 0; !status && i < sizeof(texts) / sizeof(*texts); i++)
        status = read_text(state, texts[i].name, texts[i].value);
    return status;
}

/* What the node needs to take part. out borrows its texts from state. */
int client_task_read(struct json_object *state, struct client_task *out)
{
    out->state = state;
    int status = json_get_bool(state, "is_allowlisted", &out->is_allowlisted);
    if (!status)
        status = json_get_bool(state, "is_active", &out->is_active);
    if (!status)
        status = json_get_bool(state, "is_migrated", &out->is_migrated);
    if (!status)
        status = read_texts(state, out);
    if (!status)
        status = read_key_field(state, "task_manager", &out->task_manager);
    if (!status)
        status =
            read_key_field(state, "stake_pot_account", &out->stake_pot_account);
    if (!status && out->is_kpl)
        status = read_key_field(state, "token_type", &out->token);
    if (!status)
        status = read_numbers(state, out);
    return status;
}

/* ---- A round ---- */

/* map[round], or NULL. A round without entries has no map, which is no error.
 */
static struct json_object *of_round(struct json_object *state, const char *name,
                                    uint64_t round)
{
    CHECK(state && name);
    struct json_object *map = NULL, *inner = NULL;
    char text[24];
    snprintf(text, sizeof(text), "%" PRIu64, round);
    json_object_object_get_ex(state, name, &map);
    if (!json_object_is_type(map, json_type_object))
        return NULL;
    json_object_object_get_ex(map, text, &inner);
    return json_object_is_type(inner, json_type_object) ? inner : NULL;
}

/* Those on one submission or list, in the order the endpoint has them. */
static int read_votes(struct json_object *audit, struct arena *arena,
                      struct client_entry *out)
{
    CHECK(!out->votes);
    struct json_object *votes;
    int status = json_get_array(audit, "votes", &votes);
    if (status)
        return status;
    size_t count = json_object_array_length(votes);
    struct client_vote *items = arena_zero(arena, (count + 1) * sizeof(*items));
    for (size_t i = 0; !status && i < count; i++) {
        struct json_object *vote = json_object_array_get_idx(votes, i);
        if (!json_object_is_type(vote, json_type_object))
            return err_set(ERR_INVALID, "a vote is not an object");
        status = json_get_bool(vote, "is_valid", &items[i].is_valid);
        if (!status)
            status = read_key_field(vote, "voter", &items[i].voter);
        if (!status)
            status = json_get_u64(vote, "slot", &items[i].slot);
    }
    out->votes = items;
    out->vote_count = count;
    return status;
}

/* That of one key, if one was raised; audits may be NULL: none in this round.
 */
static int read_audit(struct json_object *audits, const char *key,
                      struct arena *arena, struct client_entry *out)
{
    struct json_object *audit = NULL;
    if (audits)
        json_object_object_get_ex(audits, key, &audit);
    if (!audit)
        return 0;
    if (!json_object_is_type(audit, json_type_object))
        return err_set(ERR_INVALID, "an audit is not an object");
    out->is_audited = true;
    int status = read_key_field(audit, "trigger_by", &out->trigger_by);
    if (!status)
        status = json_get_u64(audit, "slot", &out->trigger_slot);
    return status ? status : read_votes(audit, arena, out);
}

/* Any node of the task may write what it likes: none may make its state
 * unreadable for the others. A NUL, which no C string holds, becomes U+FFFD, so
 * that "x" and "x\0" stay two values. */
static int read_value(struct json_object *entry, struct arena *arena,
                      const char **out)
{
    struct json_object *field;
    struct buffer text = {0};
    if (!json_object_object_get_ex(entry, "submission_value", &field) ||
        !json_object_is_type(field, json_type_string))
        return err_set(ERR_INVALID, "a submission's value is no text");
    const char *value = json_object_get_string(field);
    size_t size = (size_t)json_object_get_string_len(field);
    *out = value;
    if (strlen(value) == size)
        return 0;
    for (size_t i = 0; i < size; i++)
        if (value[i])
            buffer_u8(&text, (uint8_t)value[i]);
        else
            buffer_text(&text, "\xef\xbf\xbd");
    *out = arena_text(arena, buffer_view(&text));
    buffer_free(&text);
    return 0;
}

/* A submission's value is text; a list's is the key of the account that holds
 * it. */
static int read_entry(bool is_list, const char *key, struct json_object *value,
                      struct json_object *audits, struct arena *arena,
                      struct client_entry *out)
{
    out->value = "";
    if (!json_object_is_type(value, json_type_object))
        return err_set(ERR_INVALID, "a submission is not an object");
    int status = pubkey_parse(bytes_text(key), &out->key);
    if (!status && is_list)
        status = read_key_field(value, "submission_value", &out->data_account);
    else if (!status)
        status = read_value(value, arena, &out->value);
    if (!status)
        status = json_get_u64(value, "slot", &out->slot);
    return status ? status : read_audit(audits, key, arena, out);
}

/* By the bytes of the keys; keys are unique, so the order is total. */
static int compare_entries(const void *a, const void *b)
{
    const struct client_entry *left = a, *right = b;
    return memcmp(left->key.bytes, right->key.bytes, 32);
}

/* The record of distributions of a round; what is not known is as none. */
static enum client_payout read_payout(struct json_object *state, uint64_t round)
{
    struct json_object *records = NULL;
    const char *text;
    char name[24];
    snprintf(name, sizeof(name), "%" PRIu64, round);
    json_object_object_get_ex(state, "distributions_audit_record", &records);
    if (!json_object_is_type(records, json_type_object) ||
        json_get_text(records, name, &text))
        return CLIENT_PAYOUT_NONE;
    if (!strcmp(text, "PayoutSuccessful"))
        return CLIENT_PAYOUT_SUCCESSFUL;
    return strcmp(text, "PayoutFailed") ? CLIENT_PAYOUT_NONE
                                        : CLIENT_PAYOUT_FAILED;
}

/* The entries are sorted by key, so that all nodes see the same order. */
int client_round_read(struct json_object *state, bool is_lists,
                      struct arena *arena, struct client_round *out)
{
    struct json_object *sent = of_round(
        state, is_lists ? "distribution_rewards_submission" : "submissions",
        out->round);
    struct json_object *audits = of_round(
        state,
        is_lists ? "distributions_audit_trigger" : "submissions_audit_trigger",
        out->round);
    if (is_lists)
        out->payout = read_payout(state, out->round);
    if (!sent)
        return 0;
    size_t count = (size_t)json_object_object_length(sent), at = 0;
    struct client_entry *entries =
        arena_zero(arena, (count + 1) * sizeof(*entries));
    json_object_object_foreach(sent, key, value)
    {
        CHECK(at < count);
        int status =
            read_entry(is_lists, key, value, audits, arena, &entries[at++]);
        if (status)
            return status;
    }
    qsort(entries, count, sizeof(*entries), compare_entries);
    out->entries = entries;
    out->entry_count = count;
    return 0;
}
