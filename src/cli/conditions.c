/*
 * pond conditions: what the owner of the machine allows its tasks.
 *
 * These talk to the node (node_face.h), which keeps the settings and has the
 * rules (owner/condition.h).
 */
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/node_face.h"

/* A value that is not set is null. */
static int print_one(struct cli *cli, struct json_object *item)
{
    const char *name, *value, *unit, *reading;
    bool rests = false;
    int status;

    if ((status = json_get_text(item, "name", &name)) < 0 ||
        (status = json_get_text(item, "unit", &unit)) < 0 ||
        (status = json_get_text(item, "reading", &reading)) < 0 ||
        (status = json_get_bool(item, "rests", &rests)) < 0)
        return status;
    output_text(&cli->output, "name", name);
    output_text(&cli->output, "value",
                json_get_text(item, "value", &value) ? NULL : value);
    err_clear();
    output_text(&cli->output, "unit", unit);
    output_text(&cli->output, "now", reading);
    output_bool(&cli->output, "rests", rests);
    output_record(&cli->output);
    return 0;
}

static int print(struct cli *cli, struct json_object *conditions)
{
    int status = 0;

    output_list(&cli->output, "");
    for (size_t i = 0; !status && i < json_object_array_length(conditions); i++)
        status = print_one(cli, json_object_array_get_idx(conditions, i));
    if (!status)
        output_print(&cli->output);
    return status;
}

static int run_list(struct cli *cli, const void *values)
{
    return node_face_list(cli, "/conditions", "conditions", print);
}

const struct command command_conditions = {
    .name = "conditions",
    .arguments = "",
    .summary = "list what the machine's owner allows tasks, and how it stands",
    .details = "Tasks rest while one of them says so: their processes end, "
               "their stakes and rewards stay, and they go on by themselves. "
               "`pond conditions set` changes one.",
    .uses = COMMAND_NODE,
    .run = run_list,
};

static int run_set(struct cli *cli, const void *values)
{
    struct buffer request = {0};
    struct json_writer writer = json_writer_make(&request);

    json_open_object(&writer);
    json_field_text(&writer, "name", cli->arguments[0]);
    json_field_text(&writer, "value", cli->arguments[1]);
    json_close_object(&writer);
    output_text(&cli->output, "name", cli->arguments[0]);
    int status =
        node_face_order(cli, "/conditions/set", buffer_string(&request),
                        "value", cli->arguments[1]);
    buffer_free(&request);
    return status;
}

const struct command command_conditions_set = {
    .name = "conditions set",
    .arguments = "NAME VALUE",
    .summary = "set what the machine's owner allows tasks",
    .details =
        "battery: the charge in percent down to which tasks run on battery, or "
        "never. busy: they rest while other programs take more percent of all "
        "processors. metered: they rest while the default route is through one "
        "of these interfaces, like wwan*,usb0. traffic-day, traffic-month: "
        "they rest once so many MiB went through that interface. disk-free: "
        "they rest while fewer MiB are free. cpu, memory: what all tasks take "
        "together, in percent of all processors and MiB. none unsets it.",
    .arguments_min = 2,
    .arguments_max = 2,
    .uses = COMMAND_NODE,
    .run = run_set,
};
