/*
 * pond report: a file for whoever helps, of which the node has taken what lets
 * somebody in, and whom it speaks to (src/node/page/report_mask.h).
 *
 * Status 3 where no node runs with the folder, 4 where it does not answer.
 */
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/node_face.h"

#include <stddef.h>
#include <stdio.h>

#define PATH "/api/1/bundle"
#define FILE_DEFAULT "pond-report.tar.gz"

struct report_values {
    bool list;
};

static const struct option report_options[] = {
    {"list", 0, OPTION_FLAG, offsetof(struct report_values, list), NULL,
     "say what would be in it, and write nothing", 0, 0},
    {0},
};

static void print(struct cli *cli, struct json_object *items)
{
    output_list(&cli->output, "nothing would be in it");
    for (size_t i = 0; i < json_object_array_length(items); i++) {
        struct json_object *item = json_object_array_get_idx(items, i);

        output_text(&cli->output, "name", node_face_text(item, "name"));
        output_u64(&cli->output, "bytes", node_face_u64(item, "bytes"));
        output_record(&cli->output);
    }
    output_print(&cli->output);
}

static int list_report(struct cli *cli)
{
    struct json_object *tree = NULL, *items;
    int status = node_face_ask_json_long(cli, PATH, NULL, &tree);

    if (!status)
        status = json_get_array(tree, "items", &items);
    if (!status)
        print(cli, items);
    json_object_put(tree);
    return status;
}

/* A report that is there already may be the one that somebody waits for. */
static int write_report(struct cli *cli, const char *path)
{
    struct buffer report = {0};
    int status = 0;

    if (file_exists(path))
        return err_set(ERR_EXISTS, "%s is there already", path);
    if ((status = node_face_ask_long(cli, PATH, "{}", &report)) == 0)
        status = file_replace(path, buffer_view(&report), 0600);
    if (!status) {
        output_text(&cli->output, "file", path);
        output_u64(&cli->output, "bytes", report.size);
        output_record(&cli->output);
        output_print(&cli->output);
    }
    buffer_free(&report);
    return status;
}

static int run(struct cli *cli, const void *values)
{
    const struct report_values *given = values;

    if (given->list && cli->argument_count)
        return err_set(ERR_INVALID, "--list writes nothing: it takes no FILE");
    if (given->list)
        return list_report(cli);
    return write_report(cli,
                        cli->argument_count ? cli->arguments[0] : FILE_DEFAULT);
}

const struct command command_report = {
    .name = "report",
    .arguments = "[FILE]",
    .arguments_max = 1,
    .summary = "write a report of a node for whoever helps",
    .details =
        "What the node has logged and knows of itself, and what `pond doctor "
        "--of-node` found last, as a .tar.gz (pond-report.tar.gz). There are "
        "no values of variables, keys, phrases, secrets of URLs and no "
        "addresses of others in it; look into it all the same before you give "
        "it away.",
    .options = report_options,
    .values_size = sizeof(struct report_values),
    .uses = COMMAND_NODE,
    .run = run,
};
