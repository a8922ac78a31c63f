/*
 * pond node settings, set, use: what is chosen in place of the options that the
 * node that runs here was started with (owner/choice_book.h).
 */
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/commands.h"
#include "cli/network_probe.h"
#include "cli/node_face.h"
#include "cli/node_restart.h"
#include "cli/preferences.h"
#include "cli/settings.h"
#include "node/owner/choice_book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- settings ---- */

/* An empty one is a value, too. */
static void put_value(struct output *output, struct json_object *item,
                      const char *name)
{
    const char *text;

    output_text(output, name, json_get_text(item, name, &text) ? NULL : text);
    err_clear();
}

static int print(struct cli *cli, struct json_object *settings)
{
    output_list(&cli->output, "");
    for (size_t i = 0; i < json_object_array_length(settings); i++) {
        struct json_object *item = json_object_array_get_idx(settings, i);

        output_text(&cli->output, "name", node_face_text(item, "name"));
        put_value(&cli->output, item, "value");
        put_value(&cli->output, item, "used");
        put_value(&cli->output, item, "given");
        output_record(&cli->output);
    }
    int status = preferences_add(cli);

    if (!status)
        output_print(&cli->output);
    return status;
}

static int run_settings(struct cli *cli, const void *values)
{
    return node_face_list(cli, "/settings", "settings", print);
}

const struct command command_node_settings = {
    .name = "node settings",
    .arguments = "",
    .summary = "list what can be chosen while the node runs",
    .details = "value: what counts, used: what has counted since the start, "
               "given: what the node was started with.",
    .uses = COMMAND_NODE,
    .run = run_settings,
};

/* ---- set ---- */

static int set(struct cli *cli, const char *name, const char *value)
{
    struct buffer body = {0}, answer = {0};
    struct json_writer writer = json_writer_make(&body);

    if (preferences_has(name))
        return preferences_set(cli, name, value);
    json_open_object(&writer);
    json_field_text(&writer, "name", name);
    if (value)
        json_field_text(&writer, "value", value);
    json_close_object(&writer);
    int status =
        node_face_ask(cli, "/settings/set", buffer_string(&body), &answer);
    buffer_free(&answer);
    buffer_free(&body);
    return status;
}

/* With the line's end. */
#define LINE_SIZE (CHOICE_SIZE_MAX + 3)

/* A URL may have a key in it: it can come from standard input. */
static int read_value(const char *given, char line[LINE_SIZE], const char **out)
{
    *out = !strcmp(given, "none") ? "" : given;
    if (strcmp(given, "-") != 0)
        return 0;
    if (!fgets(line, LINE_SIZE, stdin))
        return err_set(ERR_INVALID, "no value came on standard input");
    line[strcspn(line, "\r\n")] = 0;
    if (strlen(line) > CHOICE_SIZE_MAX)
        return err_set(ERR_LIMIT, "a value has at most %d bytes",
                       CHOICE_SIZE_MAX);
    *out = line;
    return 0;
}

static int run_set(struct cli *cli, const void *values)
{
    const char *value = NULL;
    char line[LINE_SIZE];
    int status = 0;

    if (cli->argument_count == 2)
        status = read_value(cli->arguments[1], line, &value);
    /* Of what has no option there is nothing but a value, or none. */
    if (value && !*value && preferences_has(cli->arguments[0]))
        value = NULL;
    if (!status)
        status = set(cli, cli->arguments[0], value);
    if (status)
        return status;
    output_text(&cli->output, "setting", cli->arguments[0]);
    output_text(&cli->output, "state", value ? "chosen" : "as given");
    output_record(&cli->output);
    output_print(&cli->output);
    return 0;
}

const struct command command_node_set = {
    .name = "node set",
    .arguments = "NAME [VALUE]",
    .summary = "choose in place of an option of the node that runs here",
    .details = "public-url, port, store-limit (MiB) and gateways hold from the "
               "node's next start on; webhook and quiet (kinds of "
               "notifications that it does not get) at once. \"none\" is no "
               "webhook, or no gateways; \"-\" takes the value from standard "
               "input; without VALUE it is as the node was started with. So it "
               "is, too, once the node is started with another one. At once "
               "hold name, claim-from (KOII), auto-upgrade (yes, no), "
               "balance-low and balance-critical (KOII), and what a page does "
               "that nobody touches: idle-minutes (0: nothing), idle-then "
               "(disconnect, lock).",
    .arguments_min = 1,
    .arguments_max = 2,
    .uses = COMMAND_NODE,
    .run = run_set,
};

/* ---- use ---- */

static int urls_of(const char *name, char **urls)
{
    struct networks networks;
    int status = networks_read(&networks);

    if (!status)
        status = networks_use(&networks, name);
    if (!status)
        *urls = mem_text(networks_find(&networks, name)->urls);
    networks_free(&networks);
    return status;
}

/* Before anything is changed: a node that was led to another network would not
 * start again. */
static int check(struct cli *cli, const char *urls)
{
    struct json_object *tree = NULL, *settlement;
    struct probed probed = {0};
    int status = node_face_ask_json(cli, "/status", NULL, &tree);

    if (!status)
        status = json_get_object(tree, "settlement", &settlement);
    if (!status)
        status = network_probe(urls, &probed);
    if (!status && !probed_first(&probed))
        status = err_set(ERR_NETWORK, "no endpoint of the network answers: %s",
                         probed.count ? probed.list[0].trouble : "");
    if (!status) {
        status = probed_agree(&probed, node_face_text(settlement, "genesis"));
        if (status == ERR_STATE)
            cli_hint(cli, status,
                     "a folder belongs to one network: `pond node --network %s`"
                     " starts a node for that one",
                     cli->arguments[0]);
    }
    probed_free(&probed);
    json_object_put(tree);
    return status;
}

static int run_use(struct cli *cli, const void *values)
{
    char *urls = NULL;
    int status = urls_of(cli->arguments[0], &urls);

    if (!status)
        status = check(cli, urls);
    if (!status)
        status = set(cli, "network", cli->arguments[0]);
    free(urls);
    return status ? status : node_restart_wait(cli);
}

const struct command command_node_use = {
    .name = "node use",
    .arguments = "NETWORK",
    .summary = "have the node that runs here use another network's endpoints",
    .details = "They are of the same settlement network, or it is refused; the "
               "node begins anew with them. It holds until the node is started "
               "with another --rpc or --network.",
    .arguments_min = 1,
    .arguments_max = 1,
    .uses = COMMAND_NODE,
    .run = run_use,
};
