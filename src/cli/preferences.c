/* The node keeps them and has the rules. */
#include "cli/preferences.h"

#include "base/check.h"
#include "base/decimal.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/node_face.h"

#include <stdlib.h>
#include <string.h>

/* How a value is written here and there. */
enum kind { KIND_TEXT, KIND_ROE, KIND_NUMBER, KIND_SWITCH };

static const struct {
    const char *name, *field;
    enum kind kind;
} table[] = {
    {"name", "name", KIND_TEXT},
    {"claim-from", "claim_from", KIND_ROE},
    {"auto-upgrade", "auto_upgrade", KIND_SWITCH},
    {"balance-low", "balance_low", KIND_ROE},
    {"balance-critical", "balance_critical", KIND_ROE},
    {"idle-minutes", "idle_minutes", KIND_NUMBER},
    {"idle-then", "idle_then", KIND_TEXT},
};

#define SETTINGS (sizeof(table) / sizeof(*table))

/* They hold at once: what is used is what is set. */
static void add_one(struct cli *cli, size_t i, struct json_object *settings)
{
    struct buffer text = {0};
    bool is_on = false;

    if (table[i].kind == KIND_ROE) {
        uint64_t roe =
            strtoull(node_face_text(settings, table[i].field), NULL, 10);
        decimal_units(roe, 9, &text);
    } else if (table[i].kind == KIND_NUMBER) {
        buffer_format(
            &text, "%llu",
            (unsigned long long)node_face_u64(settings, table[i].field));
    } else if (table[i].kind == KIND_SWITCH) {
        (void)json_get_bool(settings, table[i].field, &is_on);
        buffer_format(&text, "%s", is_on ? "yes" : "no");
    } else {
        buffer_format(&text, "%s", node_face_text(settings, table[i].field));
    }
    output_text(&cli->output, "name", table[i].name);
    output_text(&cli->output, "value", buffer_string(&text));
    output_text(&cli->output, "used", buffer_string(&text));
    output_text(&cli->output, "given", NULL);
    output_record(&cli->output);
    buffer_free(&text);
}

int preferences_add(struct cli *cli)
{
    struct json_object *settings = NULL;
    int status = node_face_ask_json(cli, "/preferences", NULL, &settings);

    for (size_t i = 0; !status && i < SETTINGS; i++)
        add_one(cli, i, settings);
    json_object_put(settings);
    return status;
}

static int write_roe(const char *name, const char *text,
                     struct json_writer *writer)
{
    char digits[24];
    uint64_t roe;
    int status = options_roe(text, &roe);

    if (status)
        return status;
    snprintf(digits, sizeof(digits), "%llu", (unsigned long long)roe);
    json_field_text(writer, name, digits);
    return 0;
}

static int write_value(size_t i, const char *text, struct json_writer *writer)
{
    const char *name = table[i].field;
    uint64_t number = 0;
    int status = 0;

    if (!*text) {
        json_field_null(writer, name);
    } else if (table[i].kind == KIND_ROE) {
        status = write_roe(name, text, writer);
    } else if (table[i].kind == KIND_NUMBER) {
        status = options_number(text, &number);
        json_field_u64(writer, name, number);
    } else if (table[i].kind == KIND_SWITCH) {
        if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
            return err_set(ERR_INVALID, "yes or no, not \"%.40s\"", text);
        json_field_bool(writer, name, !strcmp(text, "yes"));
    } else {
        json_field_text(writer, name, text);
    }
    return status;
}

static size_t place_of(const char *name)
{
    size_t i = 0;

    while (i < SETTINGS && strcmp(table[i].name, name) != 0)
        i++;
    return i;
}

bool preferences_has(const char *name)
{
    return place_of(name) < SETTINGS;
}

int preferences_set(struct cli *cli, const char *name, const char *value)
{
    struct buffer request = {0}, answer = {0};
    struct json_writer writer = json_writer_make(&request);
    size_t place = place_of(name);

    CHECK(place < SETTINGS);
    json_open_object(&writer);
    int status = write_value(place, value ? value : "", &writer);
    if (!status) {
        json_close_object(&writer);
        status = node_face_ask(cli, "/preferences/change",
                               buffer_string(&request), &answer);
    }
    buffer_free(&answer);
    buffer_free(&request);
    return status;
}
