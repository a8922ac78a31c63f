/*
 * pond network: the settlement networks that a user knows by name (networks.h),
 * and the one that commands are about where they name none.
 *
 * A network has a default folder for a node, and a wallet if one was made for
 * it, so that nothing of one network is used with another. The private network
 * of this machine, "local", has the folders that there are without networks.
 *
 * Nothing here asks an endpoint: a network can be named before it is there.
 * URLs are printed without the keys of providers in them; they stand in the
 * file, which is its owner's alone.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/redact.h"
#include "cli/commands.h"
#include "cli/network_probe.h"
#include "cli/networks.h"
#include "cli/settings.h"
#include "net/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- printing ---- */

static void put_urls(struct output *output, const char *urls)
{
    struct buffer text = {0}, json = {0};
    struct json_writer writer = json_writer_make(&json);

    json_open_array(&writer);
    for (const char *at = urls; *at;) {
        size_t size = strcspn(at, " ");
        char *url = mem_format("%.*s", (int)size, at);

        buffer_format(&text, "%s%s", at == urls ? "" : " ", REDACTED_URL(url));
        json_write_text(&writer, REDACTED_URL(url));
        free(url);
        at += size + strspn(at + size, " ");
    }
    json_close_array(&writer);
    output_json(output, "urls", buffer_string(&text), buffer_view(&json));
    buffer_free(&text);
    buffer_free(&json);
}

static void put_network(struct cli *cli, const struct known_network *known,
                        bool is_used)
{
    const struct settings_place place = {.network = known->name};
    struct settings_found key = {0};
    char *folder = settings_node_folder(&place);

    output_text(&cli->output, "network", known->name);
    output_bool(&cli->output, "used", is_used);
    if (cli->output.json) {
        output_bool(&cli->output, "comes", known->is_ready);
        output_bool(&cli->output, "own", known->is_own);
    }
    put_urls(&cli->output, known->urls);
    output_text(&cli->output, "node_dir", folder);
    /* Without a wallet there is none to print. */
    if (settings_key(NULL, &place, &key) < 0)
        err_clear();
    output_text(&cli->output, "wallet", key.value ? key.value : "");
    output_record(&cli->output);
    settings_free(&key);
    free(folder);
}

static int print_one(struct cli *cli, const struct networks *networks,
                     const char *name)
{
    const struct known_network *known = networks_find(networks, name);

    CHECK(known);
    put_network(cli, known,
                networks->used && !strcmp(networks->used, known->name));
    output_print(&cli->output);
    return 0;
}

/* ---- list, show ---- */

static int run_list(struct cli *cli, const void *values)
{
    struct networks networks;
    int status = networks_read(&networks);

    output_list(&cli->output, "no networks");
    for (size_t i = 0; i < networks.count && !status; i++)
        put_network(cli, &networks.list[i],
                    networks.used &&
                        !strcmp(networks.used, networks.list[i].name));
    if (!status)
        output_print(&cli->output);
    networks_free(&networks);
    return status;
}

const struct command command_network_list = {
    .name = "network list",
    .arguments = "",
    .summary = "list the networks that have a name here",
    .run = run_list,
};

/* What commands do that name no network: with an endpoint from elsewhere, too.
 */
static int show_chosen(struct cli *cli)
{
    struct settings_place place = {0};
    struct settings_found network, rpc = {0};
    int status = settings_network(NULL, &network);

    place.network = network.value;
    place.network_source = network.source;
    if (!status)
        status = settings_rpc(&place, &rpc);
    if (!status) {
        const struct known_network known = {
            .name = network.value ? network.value : NETWORK_LOCAL,
            .urls = rpc.value};

        output_text(&cli->output, "from", rpc.source);
        put_network(cli, &known, network.value);
        output_print(&cli->output);
    }
    settings_free(&rpc);
    settings_free(&network);
    return status;
}

static int run_show(struct cli *cli, const void *values)
{
    struct networks networks;
    struct settings_found network;
    int status;

    if (!cli->argument_count)
        return show_chosen(cli);
    status = settings_network(cli->arguments[0], &network);
    if (status)
        return status;
    status = networks_read(&networks);
    if (!status)
        status = print_one(cli, &networks, network.value);
    networks_free(&networks);
    settings_free(&network);
    return status;
}

const struct command command_network_show = {
    .name = "network show",
    .arguments = "[NAME]",
    .summary = "print a network's endpoints, folder and wallet",
    .details = "Without NAME: what commands use that name no network.",
    .arguments_max = 1,
    .run = run_show,
};

/* ---- add, remove, use ---- */

/* An endpoint, and not the name of another network: what is written down does
 * not change with what that name means. */
static int check_url(const char *text)
{
    struct url url;
    int status = url_parse(bytes_text(text), &url);

    if (!status && strcmp(url.scheme, "http") != 0 &&
        strcmp(url.scheme, "https") != 0)
        status = err_set(ERR_INVALID, "an endpoint's URL begins with http:// "
                                      "or https://");
    return status;
}

static int add_url(const char *url, size_t *count, struct buffer *out)
{
    int status = *count < NETWORK_URLS_MAX
                     ? check_url(url)
                     : err_set(ERR_LIMIT, "a network has %d URLs at most",
                               NETWORK_URLS_MAX);

    if (!status)
        buffer_format(out, "%s%s", *count ? " " : "", url);
    ++*count;
    return status;
}

/* A URL may have a key in it, which is nobody's business who sees command
 * lines: standard input has a URL a line. */
static int read_urls(struct buffer *out)
{
    char line[URL_SIZE_MAX];
    size_t count = 0;
    int status = 0;

    while (!status && fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\r\n")] = 0;
        if (*line)
            status = add_url(line, &count, out);
    }
    if (!status && !count)
        status = err_set(ERR_INVALID, "no URL came on standard input");
    return status;
}

/* Those from this argument on. */
static int gather_urls(struct cli *cli, size_t first, struct buffer *out)
{
    size_t count = 0;
    int status = 0;

    if (cli->argument_count == first + 1 && !strcmp(cli->arguments[first], "-"))
        return read_urls(out);
    for (size_t i = first; i < cli->argument_count && !status; i++)
        status = add_url(cli->arguments[i], &count, out);
    return status;
}

static int run_add(struct cli *cli, const void *values)
{
    const char *name = cli->arguments[0];
    struct networks networks;
    struct buffer urls = {0};
    int status = networks_check_name(name);

    if (!status)
        status = gather_urls(cli, 1, &urls);
    if (!status) {
        status = networks_read(&networks);
        if (!status)
            status = networks_put(&networks, name, buffer_string(&urls));
        if (!status)
            status = networks_write(&networks);
        if (!status)
            status = print_one(cli, &networks, name);
        networks_free(&networks);
    }
    buffer_free(&urls);
    return status;
}

const struct command command_network_add = {
    .name = "network add",
    .arguments = "NAME URL...",
    .summary = "give a network a name, or other endpoints",
    .details = "The first URL is preferred; the others are for when it does "
               "not answer, is behind, or is of another network. A name that "
               "there is gets these URLs instead of its own. With \"-\" they "
               "come from standard input, one a line.",
    .arguments_min = 2,
    .arguments_max = COMMAND_ARGUMENTS_ANY,
    .run = run_add,
};

/* Folders stay: there are keys in them. */
static int run_remove(struct cli *cli, const void *values)
{
    struct networks networks;
    int status = networks_read(&networks);

    if (!status)
        status = networks_remove(&networks, cli->arguments[0]);
    if (!status)
        status = networks_write(&networks);
    if (!status) {
        bool is_there = networks_find(&networks, cli->arguments[0]);

        output_text(&cli->output, "network", cli->arguments[0]);
        output_text(&cli->output, "state", is_there ? "as it was" : "removed");
        output_record(&cli->output);
        output_print(&cli->output);
    }
    networks_free(&networks);
    return status;
}

const struct command command_network_remove = {
    .name = "network remove",
    .arguments = "NAME",
    .summary = "forget a network's name and URLs",
    .details = "The folders of its node and its wallet stay. A network that "
               "comes with the program has its own URLs again.",
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_remove,
};

static int run_use(struct cli *cli, const void *values)
{
    struct networks networks;
    int status = networks_read(&networks);

    if (!status)
        status = networks_use(&networks, cli->arguments[0]);
    if (!status)
        status = networks_write(&networks);
    if (!status)
        status = print_one(cli, &networks, networks.used);
    networks_free(&networks);
    return status;
}

const struct command command_network_use = {
    .name = "network use",
    .arguments = "NAME",
    .summary = "choose the network of commands that name none",
    .details = "`pond network use local` goes back to this machine's own.",
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_use,
};

/* ---- test ---- */

/* URLs of a network by its name, those that are given, or, without an argument,
 * those of commands that name none. */
static int urls_to_test(struct cli *cli, struct buffer *out)
{
    const char *first = cli->argument_count ? cli->arguments[0] : NULL;
    struct settings_place place = {0};
    struct settings_found network = {0}, rpc = {0};
    int status;

    if (first && (!strcmp(first, "-") || strstr(first, "://")))
        return gather_urls(cli, 0, out);
    if (cli->argument_count > 1)
        return err_set(ERR_INVALID, "give one name, or URLs");
    status = settings_network(first, &network);
    place.network = network.value;
    place.network_source = network.source;
    place.is_near = first != NULL;
    if (!status)
        status = settings_rpc(&place, &rpc);
    if (!status)
        buffer_text(out, rpc.value);
    settings_free(&rpc);
    settings_free(&network);
    return status;
}

static void put_probed(struct output *output,
                       const struct probed_endpoint *endpoint)
{
    output_text(output, "url", REDACTED_URL(endpoint->url));
    output_text(output, "state", endpoint->status ? "away" : "good");
    output_u64(output, "slot", endpoint->slot);
    output_u64(output, "ping_ms", endpoint->ping_ms);
    output_text(output, "genesis", endpoint->genesis);
    output_text(output, "error", endpoint->trouble);
    output_record(output);
}

static int run_test(struct cli *cli, const void *values)
{
    struct buffer urls = {0};
    struct probed probed = {0};
    int status = urls_to_test(cli, &urls);

    if (!status)
        status = network_probe(buffer_string(&urls), &probed);
    if (!status) {
        output_list(&cli->output, "");
        for (size_t i = 0; i < probed.count; i++)
            put_probed(&cli->output, &probed.list[i]);
        output_print(&cli->output);
        status = probed_agree(&probed, "");
        if (!status && !probed_first(&probed))
            status = err_set(ERR_NETWORK, "no endpoint answers");
    }
    probed_free(&probed);
    buffer_free(&urls);
    return status;
}

const struct command command_network_test = {
    .name = "network test",
    .arguments = "[NAME | URL...]",
    .summary =
        "ask endpoints whether they answer, and of which network they are",
    .details = "Without an argument: those of commands that name no network. "
               "With \"-\" URLs come from standard input, one a line. An error "
               "where none answers, or they are of different networks.",
    .arguments_max = COMMAND_ARGUMENTS_ANY,
    .run = run_test,
};
