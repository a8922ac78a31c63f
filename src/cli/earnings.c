/*
 * pond earnings: what the tasks brought and cost, by day and task, from the
 * node's account book.
 *
 * The chain drops a round after three, so these figures are the node's own
 * notes of what it read there. Days are UTC's. Sums are exact: amounts travel
 * as texts of base units (roe), and --csv and --json print them so.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/node_face.h"
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

/* ---- for people ---- */

/* A whole number of roe in KOII, as output_roe() shows them; of a token as it
 * is. The node writes no more than 40 digits. */
static void shown_net(const char *text, bool is_koii, char *out, size_t size)
{
    const char *sign = *text == '-' ? "-" : "", *digits = text + strlen(sign);
    char padded[64];
    size_t count;

    if (!is_koii) {
        snprintf(out, size, "%s", text);
        return;
    }
    count = strlen(digits);
    snprintf(padded, sizeof(padded), "%.*s%s",
             count < 10 ? (int)(10 - count) : 0, "0000000000", digits);
    count = strlen(padded) - 9;
    snprintf(out, size, "%s%.*s.%s", sign, (int)count, padded, padded + count);
    for (count = strlen(out); out[count - 1] == '0'; count--)
        out[count - 1] = 0;
    if (out[count - 1] == '.')
        out[count - 1] = 0;
}

/* Amounts of KOII are shown as such; those of a token in its base units. */
static int print_row(struct cli *cli, struct json_object *row, const char *day,
                     const char *task)
{
    const char *unit, *text;
    char shown[80];
    uint64_t value = 0;
    int status = json_get_text(row, "unit", &unit);

    if (!status)
        status = json_get_text(row, "net", &text);
    if (status)
        return status;
    bool is_koii = !strcmp(unit, "KOII");
    output_text(&cli->output, "day", day);
    output_text(&cli->output, "task", task);
    output_text(&cli->output, "unit", unit);
    for (size_t i = 0; i < AMOUNTS; i++) {
        if ((status = parse_amount(row, amounts[i], &value)) < 0)
            return status;
        if (is_koii)
            output_roe(&cli->output, names_roe[i], value);
        else
            output_u64(&cli->output, amounts[i], value);
    }
    shown_net(text, is_koii, shown, sizeof(shown));
    output_text(&cli->output, "net", shown);
    if ((status = json_get_u64(row, "paid", &value)) < 0)
        return status;
    output_u64(&cli->output, "paid_rounds", value);
    output_record(&cli->output);
    return 0;
}

static int print_table(struct cli *cli, struct json_object *days,
                       struct json_object *totals)
{
    int status = 0;

    output_list(&cli->output, "nothing yet");
    for (size_t i = 0; !status && i < json_object_array_length(days); i++) {
        struct json_object *row = json_object_array_get_idx(days, i);
        const char *day, *task;

        if ((status = json_get_text(row, "day", &day)) < 0 ||
            (status = json_get_text(row, "task", &task)) < 0)
            return status;
        status = print_row(cli, row, day, task);
    }
    for (size_t i = 0; !status && i < json_object_array_length(totals); i++)
        status =
            print_row(cli, json_object_array_get_idx(totals, i), "total", "");
    if (!status)
        output_print(&cli->output);
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
    struct buffer path = {0}, answer = {0};
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
    status = node_face_ask(cli, buffer_string(&path), NULL, &answer);
    if (!status)
        status = json_parse(buffer_view(&answer), &tree);
    if (!status)
        status = print(cli, given, tree);
    json_object_put(tree);
    buffer_free(&path);
    buffer_free(&answer);
    return status;
}

const struct command command_earnings = {
    .name = "earnings",
    .arguments = "",
    .summary = "list what tasks brought and cost, by day and task",
    .details = "From the account book of the node that runs here, because the "
               "chain forgets a round after three. Losses are what the stake "
               "fell by, slashes and penalties; slashed is the part of them "
               "that lists took. Days are UTC's.",
    .options = earnings_options,
    .values_size = sizeof(struct earnings_values),
    .defaults = &defaults,
    .uses = COMMAND_NODE,
    .run = run,
};
