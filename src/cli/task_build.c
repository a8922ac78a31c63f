/*
 * pond task build: the one file that nodes run.
 *
 * Status 1 if the task does not bundle; then esbuild's own messages say where.
 */
#include "author/bundle.h"
#include "base/error.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/task.h"
#include "cli/task_deploy.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

struct build_values {
    const char *entry;
    const char *output;
};

static const struct option build_options[] = {
    {"entry", 0, OPTION_TEXT, offsetof(struct build_values, entry), "FILE",
     "where the task begins, below FOLDER (src/index.js, src/index.ts, main of "
     "package.json)",
     0, 0},
    {"output", 'o', OPTION_TEXT, offsetof(struct build_values, output), "FILE",
     "the bundle, below FOLDER (task_audit_program of config-task.yml, or "
     "dist/main.js)",
     0, 0},
    {0},
};

/* What esbuild says is for people, and is where the mistake is. */
void cli_build_show(const struct cli *cli, const struct bundle *bundle,
                    bool failed)
{
    struct buffer shown = {0};

    if (bundle->messages.size && (failed || !cli->quiet)) {
        output_harmless(buffer_view(&bundle->messages), "\n\t", &shown);
        if (cli->progress)
            cli_say(cli, "%s", buffer_string(&shown));
        else
            fputs(buffer_string(&shown), stderr);
    }
    buffer_free(&shown);
}

int cli_build_hint(struct cli *cli, int status, const struct bundle *bundle)
{
    struct bytes said = buffer_view(&bundle->messages);
    static const char await[] = "Top-level await";
    /* esbuild's words for what is no path. */
    static const char package[] = "You can mark the path \"";

    if (status == ERR_NOT_FOUND && strstr(err_text(), "esbuild"))
        return cli_hint(cli, status, "install it: apt-get install esbuild");
    if (status == ERR_NOT_FOUND && strstr(err_text(), "src/index.js"))
        return cli_hint(cli, status,
                        "--entry names it; `pond task new FOLDER` writes a "
                        "task to start from");
    if (said.size && memmem(said.data, said.size, package, strlen(package)))
        return cli_hint(cli, status,
                        "a package that is imported is installed with `npm "
                        "install`, in the task's folder");
    if (said.size && memmem(said.data, said.size, await, strlen(await)))
        return cli_hint(cli, status,
                        "a task is loaded at once: await inside of setup() or "
                        "of another async function");
    return status;
}

/* ---- of a task that is deployed ---- */

/* A bundle outside the task's folder is somebody else's to build. */
int cli_deploy_build(struct cli *cli, const struct deployment *deployment,
                     const char *folder, const char *config, bool is_inside,
                     bool *is_built)
{
    const char *slash = strrchr(config, '/');
    const struct bundle_options options = {
        .folder = folder,
        .output = deployment->audit_program,
        .config = slash ? slash + 1 : config,
        .is_inside = is_inside,
    };
    struct bundle bundle;
    bool is_due;
    char *newer;

    *is_built = false;
    if (options.output[0] == '/')
        return 0;
    int status = bundle_is_due(&options, &is_due, &newer);
    if (status || !is_due)
        return status;
    status = bundle_build(&options, &bundle);
    cli_build_show(cli, &bundle, status != 0);
    if (!status)
        cli_say(cli, "Built %s from %s%s%s%s.", bundle.output, bundle.entry,
                newer ? ": " : "", newer ? newer : "",
                newer ? " is newer" : "");
    else
        cli_build_hint(cli, status, &bundle);
    if (status && !*cli->hint && file_exists(bundle.output))
        cli_hint(cli, status, "--no-build takes the bundle as it is");
    *is_built = !status;
    bundle_free(&bundle);
    free(newer);
    return status;
}

/* ---- the command ---- */

static int run(struct cli *cli, const void *values)
{
    const struct build_values *given = values;
    const struct bundle_options options = {
        .folder = cli->argument_count ? cli->arguments[0] : ".",
        .entry = given->entry,
        .output = given->output,
    };
    struct bundle bundle;
    int status = bundle_build(&options, &bundle);

    cli_build_show(cli, &bundle, status != 0);
    if (status) {
        cli_build_hint(cli, status, &bundle);
    } else {
        output_text(&cli->output, "entry", bundle.entry);
        output_text(&cli->output, "bundle", bundle.output);
        output_u64(&cli->output, "size_bytes", bundle.size_bytes);
        output_text(&cli->output, "engine", bundle.engine.name);
        if (*bundle.engine.reason)
            output_text(&cli->output, "because_of", bundle.engine.reason);
        output_record(&cli->output);
        output_print(&cli->output);
        if (bundle.config_changed)
            cli_say(cli, "config-task.yml names the engine now.");
    }
    bundle_free(&bundle);
    return status;
}

const struct command command_task_build = {
    .name = "task build",
    .arguments = "[FOLDER]",
    .summary = "bundle a task into the one file that nodes run",
    .details =
        "FOLDER is a task's (the one here). esbuild puts its sources and "
        "packages into one file, with a source map beside, and leaves Koii's "
        "modules to the engine pond; a bundle for Node carries them. A task "
        "whose own sources need processes, "
        "sockets or threads gets \"engine: node\" in its config-task.yml, "
        "unless that names an engine.",
    .options = build_options,
    .values_size = sizeof(struct build_values),
    .arguments_max = 1,
    .run = run,
};
