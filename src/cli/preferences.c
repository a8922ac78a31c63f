/*
 * pond settings: what the operator wants of the node itself.
 *
 * These talk to the node (node_face.h), which keeps them and has the rules
 * (owner/preference.h).
 */
#include "base/decimal.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
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

/* For people in KOII; --json has what the node says. */
static void print_one(struct cli *cli, size_t i, struct json_object *settings)
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
    output_record(&cli->output);
    buffer_free(&text);
}

static int run_list(struct cli *cli, const void *values)
{
    struct json_object *settings = NULL;
    int status = node_face_ask_json(cli, "/preferences", NULL, &settings);

    if (status)
        return status;
    output_list(&cli->output, "");
    for (size_t i = 0; i < SETTINGS; i++)
        print_one(cli, i, settings);
    output_print(&cli->output);
    json_object_put(settings);
    return 0;
}

const struct command command_settings = {
    .name = "settings",
    .arguments = "",
    .summary = "list what the node itself is to do",
    .details = "`pond settings set` changes one.",
    .uses = COMMAND_NODE,
    .run = run_list,
};

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

    if (!strcmp(text, "none")) {
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

/* The node passes over names that it does not know. */
static int find(const char *name, size_t *out)
{
    for (size_t i = 0; i < SETTINGS; i++)
        if (!strcmp(table[i].name, name)) {
            *out = i;
            return 0;
        }
    return err_set(ERR_INVALID,
                   "there is no setting \"%.40s\"; `pond settings` lists them",
                   name);
}

static int run_set(struct cli *cli, const void *values)
{
    struct buffer request = {0};
    struct json_writer writer = json_writer_make(&request);
    size_t place = 0;
    int status = find(cli->arguments[0], &place);

    if (!status) {
        json_open_object(&writer);
        status = write_value(place, cli->arguments[1], &writer);
    }
    if (!status) {
        json_close_object(&writer);
        output_text(&cli->output, "name", cli->arguments[0]);
        status =
            node_face_order(cli, "/preferences/change", buffer_string(&request),
                            "value", cli->arguments[1]);
    }
    buffer_free(&request);
    return status;
}

const struct command command_settings_set = {
    .name = "settings set",
    .arguments = "NAME VALUE",
    .summary = "set what the node itself is to do",
    .details =
        "name: what it is called. claim-from: rewards of a task are claimed by "
        "themselves from so many KOII on. auto-upgrade: yes, to go on with the "
        "next version of a task if its creator is the same. balance-low, "
        "balance-critical: alarms when the main wallet has fewer KOII. "
        "idle-minutes: after which a page that nobody touches does idle-then: "
        "disconnect (its browser) or lock (the node). none unsets it.",
    .arguments_min = 2,
    .arguments_max = 2,
    .uses = COMMAND_NODE,
    .run = run_set,
};
