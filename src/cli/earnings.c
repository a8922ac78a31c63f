/*
 * pond earnings: what the tasks brought and cost, by day and task, from the
 * node's account book.
 *
 * The chain drops a round after three, so these figures are the node's own
 * notes of what it read there. Days are UTC's. Sums are exact: amounts travel
 * as texts of base units (roe), and --csv and --json print them so.
 *
 * Each unit has rows and a total of its own. For people an amount of a token is
 * shown in tokens; how many base units a token has its mint's account says, so
 * the endpoint is asked. Where it does not answer they see base units, and are
 * told so.
 */
#include "base/check.h"
#include "base/decimal.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/commands.h"
#include "cli/node_face.h"
#include "cli/task.h"
#include "crypto/key.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

struct earnings_values {
    const char *task;
    uint64_t days;
    bool csv;
};

#define VALUE(member) offsetof(struct earnings_values, member)

static const struct option earnings_options[] = {
    {"task", 0, OPTION_TEXT, VALUE(task), "TASK", "of one task (of all)", 0, 0},
    {"days", 0, OPTION_NUMBER, VALUE(days), "N",
     "so many days, today's among them (30)", 1, 36500},
    {"csv", 0, OPTION_FLAG, VALUE(csv), NULL,
     "comma-separated values, amounts in base units", 0, 0},
    {0},
};

static const struct earnings_values defaults = {.days = 30};

/* The columns in their order; amounts are texts. */
static const char *const amounts[] = {"rewards", "losses", "slashed", "fees"};
#define AMOUNTS (sizeof(amounts) / sizeof(amounts[0]))

static const char *const names_roe[AMOUNTS] = {"rewards_roe", "losses_roe",
                                               "slashed_roe", "fees_roe"};

static int parse_amount(struct json_object *row, const char *name,
                        uint64_t *out)
{
    const char *text;
    char *end;
    int status = json_get_text(row, name, &text);

    if (status)
        return status;
    *out = strtoull(text, &end, 10);
    if (*end || text[0] < '0' || text[0] > '9')
        return err_set(ERR_INVALID, "\"%s\" is no amount", name);
    return 0;
}

/* ---- units ---- */

/* Of the answer: KOII, and tokens by their mints. Names are borrowed. */
struct unit {
    const char *name;
    bool is_koii, is_known; /* that is: its decimals */
    uint8_t decimals;
};

struct units {
    struct unit *list;
    size_t count;
};

static const struct unit *unit_find(const struct units *units, const char *name)
{
    for (size_t i = 0; i < units->count; i++)
        if (!strcmp(units->list[i].name, name))
            return &units->list[i];
    return NULL;
}

/* One question for each token. No answer is no reason to show nothing. */
static int ask_decimals(struct cli *cli, struct units *units)
{
    struct session session;
    int status = session_open(cli, &session);

    if (status)
        return status;
    for (size_t i = 0; i < units->count; i++) {
        struct unit *unit = &units->list[i];
        struct pubkey mint;

        if (unit->is_known || pubkey_parse(bytes_text(unit->name), &mint) < 0)
            continue;
        if (cli_mint_decimals(&session, &mint, &unit->decimals) == 0)
            unit->is_known = true;
        else
            cli_say(cli, "Amounts of %s are in its base units: %s.", unit->name,
                    err_text());
        err_clear();
    }
    session_close(&session);
    return 0;
}

/* Every unit of the rows has a total. The caller frees the list. */
static int read_units(struct cli *cli, struct json_object *totals,
                      struct units *out)
{
    size_t count = json_object_array_length(totals);
    bool has_tokens = false;
    int status = 0;

    out->list = mem_zero(count + 1, sizeof(*out->list));
    for (size_t i = 0; !status && i < count; i++) {
        struct unit *unit = &out->list[out->count++];

        status = json_get_text(json_object_array_get_idx(totals, i), "unit",
                               &unit->name);
        if (status)
            break;
        unit->is_koii = unit->is_known = !strcmp(unit->name, "KOII");
        has_tokens |= !unit->is_koii;
    }
    return status || !has_tokens ? status : ask_decimals(cli, out);
}

/* ---- for people ---- */

/* A whole number, perhaps below 0. */
static void print_net(struct output *output, const struct unit *unit,
                      const char *text)
{
    bool is_negative = *text == '-';
    struct buffer shown = {0};

    if (is_negative)
        buffer_u8(&shown, '-');
    decimal_digits(text + is_negative, unit->is_koii ? 9 : unit->decimals,
                   &shown);
    output_text(output, "net", buffer_string(&shown));
    buffer_free(&shown);
}

static int print_amounts(struct output *output, const struct unit *unit,
                         struct json_object *row)
{
    uint64_t value;

    for (size_t i = 0; i < AMOUNTS; i++) {
        int status = parse_amount(row, amounts[i], &value);

        if (status)
            return status;
        if (unit->is_koii)
            output_roe(output, names_roe[i], value);
        else
            output_units(output, amounts[i], value, unit->decimals);
    }
    return 0;
}

static int print_row(struct cli *cli, struct json_object *row,
                     const struct units *units, const char *day,
                     const char *task)
{
    const struct unit *unit;
    const char *name, *net;
    uint64_t paid;
    int status;

    if ((status = json_get_text(row, "unit", &name)) < 0 ||
        (status = json_get_text(row, "net", &net)) < 0 ||
        (status = json_get_u64(row, "paid", &paid)) < 0)
        return status;
    unit = unit_find(units, name);
    if (!unit)
        return err_set(ERR_INVALID, "%.60s has no total", name);
    output_text(&cli->output, "day", day);
    output_text(&cli->output, "task", task);
    output_text(&cli->output, "unit", name);
    if ((status = print_amounts(&cli->output, unit, row)) < 0)
        return status;
    print_net(&cli->output, unit, net);
    output_u64(&cli->output, "paid_rounds", paid);
    if (cli->output.json && unit->is_known && !unit->is_koii)
        output_u64(&cli->output, "decimals", unit->decimals);
    output_record(&cli->output);
    return 0;
}

static int print_rows(struct cli *cli, struct json_object *days,
                      struct json_object *totals, const struct units *units)
{
    int status = 0;

    output_list(&cli->output, "nothing yet");
    for (size_t i = 0; !status && i < json_object_array_length(days); i++) {
        struct json_object *row = json_object_array_get_idx(days, i);
        const char *day, *task;

        if ((status = json_get_text(row, "day", &day)) < 0 ||
            (status = json_get_text(row, "task", &task)) < 0)
            return status;
        status = print_row(cli, row, units, day, task);
    }
    for (size_t i = 0; !status && i < json_object_array_length(totals); i++)
        status = print_row(cli, json_object_array_get_idx(totals, i), units,
                           "total", "");
    return status;
}

static int print_table(struct cli *cli, struct json_object *days,
                       struct json_object *totals)
{
    struct units units = {0};
    int status = read_units(cli, totals, &units);

    if (!status)
        status = print_rows(cli, days, totals, &units);
    if (!status)
        output_print(&cli->output);
    free(units.list);
    return status;
}

/* ---- for programs ---- */

/* Nothing in it needs quotes: dates, keys and numbers. */
static int print_csv(struct json_object *days)
{
    static const char *const columns[] = {
        "day", "task", "unit", "rewards", "losses", "slashed", "fees", "net"};
    struct buffer out = {0};
    uint64_t paid;

    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
        buffer_format(&out, "%s,", columns[i]);
    buffer_text(&out, "paid_rounds\r\n");
    for (size_t i = 0; i < json_object_array_length(days); i++) {
        struct json_object *row = json_object_array_get_idx(days, i);
        const char *text;
        int status = json_get_u64(row, "paid", &paid);

        for (size_t j = 0; !status && j < sizeof(columns) / sizeof(columns[0]);
             j++) {
            status = json_get_text(row, columns[j], &text);
            if (!status)
                buffer_format(&out, "%s,", text);
        }
        if (status) {
            buffer_free(&out);
            return status;
        }
        buffer_format(&out, "%" PRIu64 "\r\n", paid);
    }
    fwrite(out.data, 1, out.size, stdout);
    fflush(stdout);
    buffer_free(&out);
    return 0;
}

static int print(struct cli *cli, const struct earnings_values *given,
                 struct json_object *tree)
{
    struct json_object *days, *totals;
    int status = json_get_array(tree, "days", &days);

    if (!status)
        status = json_get_array(tree, "totals", &totals);
    if (status)
        return status;
    return given->csv ? print_csv(days) : print_table(cli, days, totals);
}

static int run(struct cli *cli, const void *values)
{
    const struct earnings_values *given = values;
    struct buffer path = {0};
    struct json_object *tree = NULL;
    struct pubkey task;
    int status = given->task ? pubkey_parse(bytes_text(given->task), &task) : 0;

    if (status)
        return err_add(status, "--task");
    if (given->csv && cli->output.json)
        return err_set(ERR_INVALID, "either --csv or --json");
    buffer_format(&path, "/earnings?days=%" PRIu64, given->days);
    if (given->task)
        buffer_format(&path, "&task=%s", PUBKEY_TEXT(&task));
    status = node_face_ask_json(cli, buffer_string(&path), NULL, &tree);
    if (!status)
        status = print(cli, given, tree);
    json_object_put(tree);
    buffer_free(&path);
    return status;
}

const struct command command_earnings = {
    .name = "earnings",
    .arguments = "",
    .summary = "list what tasks brought and cost, by day and task",
    .details =
        "From the account book of the node that runs here, because the "
        "chain forgets a round after three. Losses are what the stake "
        "fell by, slashes and penalties; slashed is the part of them "
        "that lists took. Days are UTC's. A token has rows of its own, under "
        "its mint, and is never added to KOII.",
    .options = earnings_options,
    .values_size = sizeof(struct earnings_values),
    .defaults = &defaults,
    .uses = COMMAND_NODE | COMMAND_RPC,
    .run = run,
};
