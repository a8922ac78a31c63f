#include "node/owner/preference.h"

#include "base/error.h"
#include "base/hex.h"
#include "crypto/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void preferences_default(struct preferences *out)
{
    *out = (struct preferences){
        .balance_low_roe = PREFERENCE_LOW_DEFAULT,
        .balance_critical_roe = PREFERENCE_CRITICAL_DEFAULT,
    };
}

/* ---- one of them; value NULL is JSON's null ---- */

static bool is_shown(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

static int take_name(struct json_object *value, struct preferences *out)
{
    const char *text = value ? json_object_get_string(value) : "";
    size_t size = value ? (size_t)json_object_get_string_len(value) : 0;

    if ((value && !json_object_is_type(value, json_type_string)) ||
        size > PREFERENCE_NAME_MAX || strlen(text) != size || !is_shown(text))
        return err_set(ERR_INVALID, "a name is a line of at most %u bytes",
                       PREFERENCE_NAME_MAX);
    memcpy(out->name, text, size + 1);
    return 0;
}

/* A decimal text of roe. */
static int take_roe(struct json_object *value, uint64_t fallback, uint64_t *out)
{
    const char *text;
    char *end;

    *out = fallback;
    if (!value)
        return 0;
    text = json_object_is_type(value, json_type_string)
               ? json_object_get_string(value)
               : "";
    /* 19 digits stay below 2^64. */
    if (*text < '0' || *text > '9' || strlen(text) > 19)
        return err_set(ERR_INVALID, "an amount is a decimal text of roe");
    *out = strtoull(text, &end, 10);
    return *end ? err_set(ERR_INVALID, "an amount is a decimal text of roe")
                : 0;
}

static int take_claim_from(struct json_object *value, struct preferences *out)
{
    return take_roe(value, 0, &out->claim_from_roe);
}

static int take_low(struct json_object *value, struct preferences *out)
{
    return take_roe(value, PREFERENCE_LOW_DEFAULT, &out->balance_low_roe);
}

static int take_critical(struct json_object *value, struct preferences *out)
{
    return take_roe(value, PREFERENCE_CRITICAL_DEFAULT,
                    &out->balance_critical_roe);
}

static int take_upgrade(struct json_object *value, struct preferences *out)
{
    if (value && !json_object_is_type(value, json_type_boolean))
        return err_set(ERR_INVALID, "auto_upgrade is true or false");
    out->auto_upgrade = value && json_object_get_boolean(value);
    return 0;
}

static int take_minutes(struct json_object *value, struct preferences *out)
{
    uint64_t minutes = 0;

    if (value &&
        (!json_is_u64(value, &minutes) || minutes > PREFERENCE_IDLE_MAX))
        return err_set(ERR_INVALID, "minutes are a number from 0 to %u",
                       PREFERENCE_IDLE_MAX);
    out->idle_minutes = (uint32_t)minutes;
    return 0;
}

static int take_then(struct json_object *value, struct preferences *out)
{
    const char *text = value && json_object_is_type(value, json_type_string)
                           ? json_object_get_string(value)
                           : "";

    out->idle_locks = !strcmp(text, "lock");
    if (value && !out->idle_locks && strcmp(text, "disconnect") != 0)
        return err_set(ERR_INVALID, "idle_then is disconnect or lock");
    return 0;
}

/* ---- all of them ---- */

static const struct {
    const char *name;
    int (*take)(struct json_object *value, struct preferences *out);
} table[] = {
    {"name", take_name},
    {"claim_from", take_claim_from},
    {"auto_upgrade", take_upgrade},
    {"balance_low", take_low},
    {"balance_critical", take_critical},
    {"idle_minutes", take_minutes},
    {"idle_then", take_then},
};

int preferences_change(struct json_object *changes,
                       struct preferences *preferences, const char **wrong)
{
    struct preferences taken = *preferences;
    struct json_object *value;
    const char *name = NULL;
    int status = 0;

    for (size_t i = 0; !status && i < sizeof(table) / sizeof(*table); i++) {
        name = table[i].name;
        if (json_object_object_get_ex(changes, name, &value))
            status = table[i].take(value, &taken);
    }
    if (!status && taken.balance_critical_roe > taken.balance_low_roe) {
        name = "balance_critical";
        status = err_set(ERR_INVALID, "the urgent alarm comes after the other, "
                                      "at less coins");
    }
    if (status && wrong)
        *wrong = name;
    if (!status)
        *preferences = taken;
    return status;
}

static void write_roe(struct json_writer *writer, const char *name,
                      uint64_t roe)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, roe);
    json_field_text(writer, name, text);
}

void preferences_write(const struct preferences *preferences,
                       struct json_writer *writer)
{
    json_field_text(writer, "name", preferences->name);
    write_roe(writer, "claim_from", preferences->claim_from_roe);
    json_field_bool(writer, "auto_upgrade", preferences->auto_upgrade);
    write_roe(writer, "balance_low", preferences->balance_low_roe);
    write_roe(writer, "balance_critical", preferences->balance_critical_roe);
    json_field_u64(writer, "idle_minutes", preferences->idle_minutes);
    json_field_text(writer, "idle_then",
                    preferences->idle_locks ? "lock" : "disconnect");
}

void preferences_version(const struct preferences *preferences,
                         char out[PREFERENCE_VERSION_SIZE])
{
    struct buffer text = {0}, hex = {0};
    struct json_writer writer = json_writer_make(&text);
    struct hash hash;

    json_open_object(&writer);
    preferences_write(preferences, &writer);
    json_close_object(&writer);
    hash_sha256(buffer_view(&text), &hash);
    hex_encode(bytes_make(hash.bytes, (PREFERENCE_VERSION_SIZE - 1) / 2), &hex);
    snprintf(out, PREFERENCE_VERSION_SIZE, "%s", buffer_string(&hex));
    buffer_free(&hex);
    buffer_free(&text);
}

/* ---- what is kept ---- */

void preferences_keep(const struct preferences *preferences,
                      const struct preference_options *options,
                      struct buffer *out)
{
    struct json_writer writer = json_writer_make(out);

    json_open_object(&writer);
    preferences_write(preferences, &writer);
    json_name(&writer, "options");
    json_open_object(&writer);
    write_roe(&writer, "claim_from", options->claim_from_roe);
    write_roe(&writer, "balance_low", options->balance_low_roe);
    write_roe(&writer, "balance_critical", options->balance_critical_roe);
    json_field_bool(&writer, "auto_upgrade", options->auto_upgrade);
    json_close_object(&writer);
    json_close_object(&writer);
}

static int read_options(struct json_object *object,
                        struct preference_options *out)
{
    struct json_object *claim = NULL, *low = NULL, *critical = NULL;
    int status;

    (void)json_object_object_get_ex(object, "claim_from", &claim);
    (void)json_object_object_get_ex(object, "balance_low", &low);
    (void)json_object_object_get_ex(object, "balance_critical", &critical);
    *out = (struct preference_options){0};
    if ((status = take_roe(claim, 0, &out->claim_from_roe)) < 0 ||
        (status = take_roe(low, 0, &out->balance_low_roe)) < 0 ||
        (status = take_roe(critical, 0, &out->balance_critical_roe)) < 0)
        return status;
    return json_get_bool(object, "auto_upgrade", &out->auto_upgrade);
}

int preferences_read(struct bytes text, struct preferences *preferences,
                     struct preference_options *options)
{
    struct json_object *tree = NULL, *object;
    struct preferences read;
    struct preference_options of_start;
    int status = json_parse(text, &tree);

    preferences_default(&read);
    if (!status)
        status = json_get_object(tree, "options", &object);
    if (!status)
        status = read_options(object, &of_start);
    if (!status)
        status = preferences_change(tree, &read, NULL);
    if (!status) {
        *preferences = read;
        *options = of_start;
    }
    json_object_put(tree);
    return status;
}

/* ---- a start ---- */

/* An option that was taken back takes with it what it had set. */
static uint64_t newest(uint64_t value, uint64_t before, uint64_t option,
                       uint64_t fallback)
{
    if (option == before)
        return value;
    if (option)
        return option;
    return value == before ? fallback : value;
}

void preferences_start(struct preferences *preferences,
                       const struct preference_options *before,
                       const struct preference_options *options)
{
    preferences->claim_from_roe =
        newest(preferences->claim_from_roe, before->claim_from_roe,
               options->claim_from_roe, 0);
    preferences->auto_upgrade =
        newest(preferences->auto_upgrade, before->auto_upgrade,
               options->auto_upgrade, false);
    preferences->balance_low_roe =
        newest(preferences->balance_low_roe, before->balance_low_roe,
               options->balance_low_roe, PREFERENCE_LOW_DEFAULT);
    preferences->balance_critical_roe =
        newest(preferences->balance_critical_roe, before->balance_critical_roe,
               options->balance_critical_roe, PREFERENCE_CRITICAL_DEFAULT);
}
