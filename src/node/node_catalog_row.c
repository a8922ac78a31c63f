#include "node/node_catalog_row.h"

#include "base/error.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bytes catalog_cut(const char *text, size_t most)
{
    struct bytes bytes = bytes_text(text);

    if (bytes.size > most) {
        bytes.size = most;
        while (bytes.size && (bytes.data[bytes.size] & 0xc0) == 0x80)
            bytes.size--;
    }
    return bytes;
}

void catalog_add_text(struct json_object *row, const char *name,
                      const char *text, size_t most)
{
    struct bytes part = catalog_cut(text, most);

    json_object_object_add(
        row, name,
        json_object_new_string_len((const char *)part.data, (int)part.size));
}

static void copy_text(struct json_object *state, const char *from,
                      struct json_object *row, const char *name, size_t most)
{
    const char *text = "";

    (void)json_get_text(state, from, &text);
    catalog_add_text(row, name, text, most);
}

static void copy_number(struct json_object *state, const char *name,
                        struct json_object *row)
{
    uint64_t value = 0;

    (void)json_get_u64(state, name, &value);
    json_object_object_add(row, name, json_object_new_uint64(value));
}

void catalog_copy_amount(struct json_object *state, const char *from,
                         struct json_object *row, const char *name)
{
    uint64_t value = 0;
    char text[24];

    (void)json_get_u64(state, from, &value);
    snprintf(text, sizeof(text), "%" PRIu64, value);
    json_object_object_add(row, name, json_object_new_string(text));
}

static void copy_bool(struct json_object *state, const char *from,
                      struct json_object *row, const char *name)
{
    bool value = false;

    (void)json_get_bool(state, from, &value);
    json_object_object_add(row, name, json_object_new_boolean(value));
}

/* An array of 32 numbers; what is none becomes null. */
static void copy_key(struct json_object *state, const char *from,
                     struct json_object *row, const char *name)
{
    struct json_object *array, *text = NULL;
    struct pubkey key;
    bool is_key = !json_get_array(state, from, &array) &&
                  json_object_array_length(array) == sizeof(key.bytes);

    for (size_t i = 0; is_key && i < sizeof(key.bytes); i++) {
        uint64_t value;

        is_key = json_is_u64(json_object_array_get_idx(array, i), &value) &&
                 value <= UINT8_MAX;
        if (is_key)
            key.bytes[i] = (uint8_t)value;
    }
    if (is_key)
        text = json_object_new_string(PUBKEY_TEXT(&key));
    json_object_object_add(row, name, text);
}

void catalog_add_count(struct json_object *row, const char *name, size_t count)
{
    json_object_object_add(row, name, json_object_new_uint64(count));
}

static void add_payouts(struct json_object *state, struct json_object *row)
{
    struct json_object *records, *out = json_object_new_object();
    size_t successful = 0, failed = 0;
    uint64_t last = 0;

    if (!json_get_object(state, "distributions_audit_record", &records)) {
        json_object_object_foreach(records, round, result)
        {
            const char *text = json_object_get_string(result);
            bool is_paid = text && !strcmp(text, "PayoutSuccessful");
            uint64_t number = strtoull(round, NULL, 10);

            successful += is_paid;
            failed += text && !strcmp(text, "PayoutFailed");
            if (is_paid && number > last)
                last = number;
        }
    }
    catalog_add_count(out, "successful", successful);
    catalog_add_count(out, "failed", failed);
    json_object_object_add(row, "payouts", out);
    json_object_object_add(row, "last_paid",
                           successful ? json_object_new_uint64(last) : NULL);
}

struct json_object *catalog_row(const struct pubkey *task, bool is_kpl,
                                struct json_object *state)
{
    static const char *const numbers[] = {"round_time", "submission_window",
                                          "audit_window", "starting_slot"};
    struct json_object *row = json_object_new_object(), *stakes;
    bool is_migrated = false;

    json_object_object_add(row, "task",
                           json_object_new_string(PUBKEY_TEXT(task)));
    copy_text(state, "task_name", row, "name", CATALOG_NAME_MAX);
    copy_bool(state, "is_active", row, "active");
    copy_bool(state, "is_allowlisted", row, "allowlisted");
    copy_key(state, "task_manager", row, "creator");
    if (is_kpl)
        copy_key(state, "token_type", row, "token");
    else
        json_object_object_add(row, "token", NULL);
    catalog_copy_amount(state, "total_bounty_amount", row, "bounty");
    catalog_copy_amount(state, "bounty_amount_per_round", row,
                        "bounty_per_round");
    catalog_copy_amount(state, "minimum_stake_amount", row, "minimum_stake");
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        copy_number(state, numbers[i], row);
    catalog_add_count(row, "nodes",
                      json_get_object(state, "stake_list", &stakes)
                          ? 0
                          : (size_t)json_object_object_length(stakes));
    add_payouts(state, row);
    json_object_object_add(row, "migrated_to", NULL);
    if (json_get_bool(state, "is_migrated", &is_migrated) == 0 && is_migrated)
        copy_text(state, "migrated_to", row, "migrated_to", CATALOG_NAME_MAX);
    err_clear();
    return row;
}
