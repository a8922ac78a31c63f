/*
 * pond task simulate: a few rounds of a task here and now.
 *
 * The rules and the worker are the real ones (author/simulation.h); this finds
 * the config and the bundle, and prints each step as it happens. A task that
 * is wrong ends it with status 1, so that a build can run it as a test.
 *
 * Each step is a line: the round, the function, how long it took, and the value
 * or what was wrong with it. The first wrong one is the last. Nothing is
 * fetched from or sent to a chain; a task's own fetch is real.
 *
 * Thread: the main one, on which simulation_run() turns a loop of its own and
 * calls back.
 */
#include "author/bundle.h"
#include "author/simulation.h"
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/commands.h"
#include "cli/server.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS_DEFAULT 3

/* What the options fill. */
struct simulate_values {
    uint64_t rounds;
    const char *executable;
    struct option_list variables;
    uint64_t worker_mib;
};

#define VALUE(member) offsetof(struct simulate_values, member)

static const struct option simulate_options[] = {
    {"rounds", 'n', OPTION_NUMBER, VALUE(rounds), "N", "how many (3)", 1, 1000},
    {"executable", 0, OPTION_TEXT, VALUE(executable), "FILE",
     "this main.js in place of the one that the config names", 0, 0},
    {"variable", 0, OPTION_LIST, VALUE(variables), "NAME=VALUE",
     "a task variable; may be given again", 0, 0},
    {"worker-memory", 0, OPTION_NUMBER, VALUE(worker_mib), "MIB",
     "resident memory of the task (128, and more for a large bundle)", 48,
     1u << 20},
    {0},
};

static const struct simulate_values defaults = {.rounds = ROUNDS_DEFAULT};

/* Printed as it happens: a step can take seconds. A record is printed at once
 * for the same reason, so each is an object of its own. */
static void on_step(void *user, const struct simulation_step *step)
{
    CHECK(step->function);
    struct cli *cli = user;
    struct output *output = &cli->output;
    struct buffer text = {0};

    if (output->json) {
        output_u64(output, "round", step->round);
        output_text(output, "function", step->function);
        output_bool(output, "good", step->status == 0);
        output_text(output, "result", step->text);
        if (step->stack && *step->stack)
            output_text(output, "stack", step->stack);
        output_u64(output, "taken_ms", step->taken_ms);
        output_record(output);
        output_print(output);
        return;
    }
    output_harmless(bytes_text(step->text), "\n\t", &text);
    if (step->stack && *step->stack) {
        buffer_text(&text, "\n");
        output_harmless(bytes_text(step->stack), "\n\t", &text);
    }
    printf("round %-3" PRIu64 " %-13s %5" PRIu32 " ms  %s%s\n", step->round,
           step->function, step->taken_ms, step->status ? "WRONG: " : "",
           buffer_string(&text));
    fflush(stdout);
    buffer_free(&text);
}

/* What the task logs stands between its steps, indented; it is a remark, so it
 * goes to stderr, and is left out with --json and --quiet. */
static void on_log(void *user, enum log_level level, const char *text)
{
    struct buffer shown = {0};

    output_harmless(bytes_text(text), "\t", &shown);
    cli_say(user, "          | %s", buffer_string(&shown));
    buffer_free(&shown);
}

/* The same form that a node keeps them in. After an error out holds half of an
 * object, which is not used. */
static int variables_json(const struct option_list *list, struct buffer *out)
{
    CHECK(list && out);
    struct json_writer writer = json_writer_make(out);

    json_open_object(&writer);
    for (size_t i = 0; i < list->count; i++) {
        const char *equals = strchr(list->values[i], '=');

        if (!equals || equals == list->values[i])
            return err_set(ERR_INVALID, "--variable takes NAME=VALUE, not '%s'",
                           list->values[i]);
        json_name_bytes(
            &writer,
            bytes_make(list->values[i], (size_t)(equals - list->values[i])));
        json_write_text(&writer, equals + 1);
    }
    json_close_object(&writer);
    return 0;
}

/* A folder means the config-task.yml in it. *folder is the config's own.
 * Without an argument it is the folder that the command runs in. The caller
 * frees both. */
static char *find_config(const char *given, char **folder)
{
    char *config = mem_format("%s/config-task.yml", given ? given : ".");

    if (given && !file_exists(config)) {
        free(config);
        config = mem_text(given);
    }
    const char *slash = strrchr(config, '/');
    *folder = slash ? mem_format("%.*s", (int)(slash - config), config)
                    : mem_text(".");
    return config;
}

/* Another bundle can stand in, as with a node: to try one against the same
 * terms. From the folder of the command, unlike what the config names. */
static int read_source(struct cli *cli, const struct simulate_values *given,
                       const struct deployment *deployment, const char *folder,
                       struct buffer *out)
{
    CHECK(deployment && out);
    char *path = given->executable
                     ? mem_text(given->executable)
                     : mem_format("%s/%s", folder, deployment->audit_program);
    int status = file_read(path, DEPLOYMENT_BUNDLE_SIZE_MAX, out);

    if (status == ERR_NOT_FOUND && !given->executable)
        cli_hint(cli, status, "build the task first: `pond task build %s`",
                 folder);
    if (!status)
        bundle_embed_map(path, out);
    free(path);
    return status;
}

/* The scratch folder goes in any case; nothing of a simulation is worth
 * keeping. A killed command leaves it under /tmp. */
static int simulate(struct cli *cli, const struct simulate_values *given,
                    struct simulation_options *options)
{
    CHECK(options);
    static const struct simulation_events events = {.step = on_step,
                                                    .log = on_log};
    char scratch[] = "/tmp/pond-simulation-XXXXXX";
    struct buffer variables = {0};
    char *worker = server_program("pond-worker");
    int status = variables_json(&given->variables, &variables);

    if (!status && !mkdtemp(scratch))
        status = err_errno("%s", scratch);
    if (!status) {
        options->variables = buffer_string(&variables);
        options->worker_path = worker;
        options->folder = scratch;
        options->rounds = given->rounds;
        options->memory_bytes = given->worker_mib << 20;
        status = simulation_run(options, &events, cli);
        /* No chain refused anything: the task is wrong. */
        if (status == ERR_REMOTE)
            status = ERR_STATE;
        file_remove_tree(scratch);
    }
    buffer_free(&variables);
    free(worker);
    return status;
}

/* Deployment and bundle stay in memory for as long as the simulation borrows
 * them. */
static int run(struct cli *cli, const void *values)
{
    const struct simulate_values *given = values;
    struct deployment deployment;
    struct simulation_options options = {.deployment = &deployment};
    struct buffer source = {0};
    char *folder;
    char *config =
        find_config(cli->argument_count ? cli->arguments[0] : NULL, &folder);
    int status = deployment_load(config, &deployment);

    /* A file that the config names may be missing, too. */
    if (status == ERR_NOT_FOUND && !file_exists(config))
        cli_hint(cli, status,
                 "`pond task new FOLDER` writes a task to start from");
    if (status)
        goto err;
    status = read_source(cli, given, &deployment, folder, &source);
    if (!status) {
        options.source = buffer_view(&source);
        status = simulate(cli, given, &options);
    }
    buffer_free(&source);
    deployment_free(&deployment);
err:
    free(config);
    free(folder);
    return status;
}

const struct command command_task_simulate = {
    .name = "task simulate",
    .arguments = "[TASK]",
    .summary = "run a few rounds of a task here, without a network",
    .details =
        "TASK is a task's folder or its config-task.yml (the one here). Its "
        "functions run in a real worker, and what they give is held against "
        "the rules of the chain: a submission of at most 512 bytes that its "
        "own audit accepts, a distribution within the bounty and the stakes.",
    .options = simulate_options,
    .values_size = sizeof(struct simulate_values),
    .defaults = &defaults,
    .arguments_max = 1,
    .run = run,
};
