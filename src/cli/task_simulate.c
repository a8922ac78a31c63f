/*
 * pond task simulate: a few rounds of a task here and now.
 *
 * The rules and the worker are the real ones (simulation/simulation.h); this
 * finds the config and the bundle, and simulate_view.h prints what happens. A
 * task that is wrong ends it with status 1, so that a build can run it as a
 * test.
 *
 * Each step is a line: the round, the function, how long it took, and the value
 * or what was wrong with it. The first wrong one is the last. Nothing is
 * fetched from or sent to a chain; a task's own fetch is real.
 *
 * Thread: the main one, on which simulation_run() turns a loop of its own and
 * calls back.
 */
#include "author/bundle.h"
#include "author/deployment_terms.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/random.h"
#include "cli/commands.h"
#include "cli/server.h"
#include "cli/simulate_brief.h"
#include "cli/simulate_view.h"
#include "cli/task.h"
#include "cli/task_deploy.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS_DEFAULT 3

/* Above any seed that can be given, so that each can be written as a JSON
 * number. */
#define SEED_MAX ((1ull << 53) - 1)
#define SEED_DRAWN UINT64_MAX

/* Of a token, where nothing is said: those of most, and of `pond up`. */
#define DECIMALS_DEFAULT 9
#define DECIMALS_NONE UINT64_MAX

/* What the options fill. */
struct simulate_values {
    uint64_t rounds;
    const char *executable;
    struct option_list variables;
    uint64_t worker_mib;
    uint64_t nodes; /* 0: the functions of one alone */
    uint64_t cheaters;
    struct option_list cheats;
    uint64_t seed;     /* SEED_DRAWN: one is drawn */
    uint64_t decimals; /* DECIMALS_NONE: not given */
    bool real_time;
    const char *engine; /* NULL: what the config says */
    bool build, brief, inside;
};

#define VALUE(member) offsetof(struct simulate_values, member)

static const struct option simulate_options[] = {
    {"rounds", 'n', OPTION_NUMBER, VALUE(rounds), "N", "how many (3)", 1, 1000},
    {"nodes", 0, OPTION_NUMBER, VALUE(nodes), "N",
     "so many nodes, on the real task program (one, without a chain)", 1,
     SIMULATION_NODES_MAX},
    {"cheaters", 0, OPTION_NUMBER, VALUE(cheaters), "N",
     "of them cheat, the last ones (as many as --cheat is given)", 0,
     SIMULATION_NODES_MAX},
    {"cheat", 0, OPTION_LIST, VALUE(cheats), "KIND",
     "how: wrong, silent, liar or list; may be given again (each in turn)", 0,
     0},
    {"seed", 0, OPTION_NUMBER, VALUE(seed), "N",
     "of keys, cheats and Math.random(), to see a simulation again (one is "
     "drawn)",
     0, SEED_MAX},
    {"real-time", 0, OPTION_FLAG, VALUE(real_time), NULL,
     "the task's clocks and timers are the machine's: what it waits is waited",
     0, 0},
    {"decimals", 0, OPTION_NUMBER, VALUE(decimals), "N",
     "of the token that a KPL task is paid in (9)", 0, UINT8_MAX},
    {"engine", 0, OPTION_TEXT, VALUE(engine), "NAME",
     "pond: also where the task says that it is for node", 0, 0},
    {"build", 0, OPTION_FLAG, VALUE(build), NULL,
     "build the bundle first, if a source is newer", 0, 0},
    {"brief", 0, OPTION_FLAG, VALUE(brief), NULL,
     "of the calls those that failed alone, and none of the log", 0, 0},
    {"inside", 0, OPTION_FLAG, VALUE(inside), NULL,
     "take no file from outside of the task's folder", 0, 0},
    {"executable", 0, OPTION_TEXT, VALUE(executable), "FILE",
     "this main.js in place of the one that the config names", 0, 0},
    {"variable", 0, OPTION_LIST, VALUE(variables), "NAME=VALUE",
     "a task variable; may be given again", 0, 0},
    {"worker-memory", 0, OPTION_NUMBER, VALUE(worker_mib), "MIB",
     "resident memory of the task (128, and more for a large bundle)", 48,
     1u << 20},
    {0},
};

static const struct simulate_values defaults = {
    .rounds = ROUNDS_DEFAULT, .seed = SEED_DRAWN, .decimals = DECIMALS_NONE};

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
    *folder = file_parent(config);
    return config;
}

/* Another bundle can stand in, as with a node: to try one against the same
 * terms. From the folder of the command, unlike what the config names. */
static int read_source(struct cli *cli, const struct simulate_values *given,
                       const struct deployment *deployment, const char *folder,
                       struct buffer *out)
{
    CHECK(deployment && out);
    char *path = given->executable ? mem_text(given->executable)
                                   : deployment_bundle_path(deployment, folder);
    int status = file_read(path, DEPLOYMENT_BUNDLE_SIZE_MAX, out);

    if (status == ERR_NOT_FOUND && !given->executable)
        cli_hint(cli, status, "build the task first: `pond task build %s`",
                 folder);
    if (!status)
        bundle_embed_map(path, out);
    free(path);
    return status;
}

/* The last nodes cheat, each kind in turn. cheats: all honest. */
static int choose_cheats(const struct simulate_values *given,
                         enum simulation_cheat *cheats)
{
    enum simulation_cheat kinds[OPTION_LIST_MAX];
    size_t count = 0;

    for (size_t i = 0; i < given->cheats.count; i++) {
        enum simulation_cheat kind = SIMULATION_WRONG;

        while (kind < SIMULATION_CHEATS &&
               strcmp(given->cheats.values[i], simulation_cheat_name(kind)))
            kind++;
        if (kind == SIMULATION_CHEATS)
            return err_set(ERR_INVALID,
                           "--cheat is wrong, silent, liar or list, not '%s'",
                           given->cheats.values[i]);
        kinds[count++] = kind;
    }
    uint64_t cheaters = given->cheaters ? given->cheaters : count;
    for (int kind = SIMULATION_WRONG;
         !given->cheats.count && kind < SIMULATION_CHEATS; kind++)
        kinds[count++] = (enum simulation_cheat)kind;
    if (cheaters && cheaters >= given->nodes)
        return err_set(ERR_INVALID,
                       "%" PRIu64 " cheaters need --nodes %" PRIu64
                       " or more: one is honest",
                       cheaters, cheaters + 1);
    for (uint64_t i = 0; i < cheaters; i++)
        cheats[given->nodes - cheaters + i] = kinds[i % count];
    return 0;
}

/* Where a run is to be seen again it is by the same clock. 2025-10-09. */
#define CLOCK_MS_SEEDED 1760000000000ull

/* The seed comes first, so that a simulation that ends early can be seen
 * again. */
static void print_seed(struct cli *cli, uint64_t seed)
{
    if (cli->output.json) {
        output_u64(&cli->output, "seed", seed);
        output_record(&cli->output);
        output_print(&cli->output);
    } else {
        printf("seed %" PRIu64 "\n", seed);
    }
    fflush(stdout);
}

/* For a program that shows it whole. */
static int run_brief(struct cli *cli, const struct simulation_options *options)
{
    struct simulate_brief brief;

    simulate_brief_begin(&brief, cli, options);
    int status =
        options->nodes
            ? simulated_network_run(options, &simulate_brief_events, &brief)
            : simulation_run(options, &simulate_brief_events, &brief);
    simulate_brief_end(&brief);
    return status;
}

static int run_simulation(struct cli *cli, const struct simulate_values *given,
                          struct simulation_options *options)
{
    enum simulation_cheat cheats[SIMULATION_NODES_MAX] = {0};
    struct simulate_view view = {.cli = cli,
                                 .is_brief = given->brief,
                                 .is_kpl = options->deployment->is_kpl,
                                 .decimals = options->token_decimals};

    options->is_real_time = given->real_time;
    options->has_seed = given->nodes || given->seed != SEED_DRAWN;
    options->seed =
        given->seed == SEED_DRAWN ? random_seed() & SEED_MAX : given->seed;
    options->unix_ms =
        given->seed == SEED_DRAWN ? clock_unix_ms() : CLOCK_MS_SEEDED;
    int status = given->nodes ? choose_cheats(given, cheats) : 0;
    if (status)
        return status;
    options->nodes = (unsigned)given->nodes;
    options->cheats = cheats;
    if (given->brief && cli->output.json)
        return run_brief(cli, options);
    if (!given->nodes)
        return simulation_run(options, &simulate_view_functions, &view);
    print_seed(cli, options->seed);
    return simulated_network_run(options, &simulate_view_network, &view);
}

/* The scratch folder goes in any case; nothing of a simulation is worth
 * keeping. A killed command leaves it under /tmp. */
static int simulate(struct cli *cli, const struct simulate_values *given,
                    struct simulation_options *options)
{
    CHECK(options);
    char scratch[] = "/tmp/pond-simulation-XXXXXX";
    struct buffer variables = {0};
    char *worker = server_program("pond-worker");
    int status = cli_task_variables(&given->variables, &variables);

    if (!status && !mkdtemp(scratch))
        status = err_errno("%s", scratch);
    if (!status) {
        options->variables = buffer_string(&variables);
        options->worker_path = worker;
        options->folder = scratch;
        options->rounds = given->rounds;
        options->memory_bytes = given->worker_mib << 20;
        status = run_simulation(cli, given, options);
        /* No chain refused anything: the task is wrong. */
        if (status == ERR_REMOTE)
            status = ERR_STATE;
        file_remove_tree(scratch);
        options->folder = NULL;
    }
    buffer_free(&variables);
    free(worker);
    return status;
}

/* A bundle for Node drives itself, by messages and over HTTP, so there are no
 * functions to call; what it would do in another engine says nothing of it. */
static int check_engine(struct cli *cli, const struct simulate_values *given,
                        const struct deployment *deployment, const char *folder)
{
    const char *engine = given->engine ? given->engine : deployment->engine;

    if (given->engine && strcmp(engine, "pond") != 0)
        return err_set(ERR_INVALID, "--engine is pond: a simulation has no "
                                    "other");
    if (!engine || strcmp(engine, "node") != 0)
        return 0;
    return cli_hint(cli,
                    err_set(ERR_UNSUPPORTED,
                            "the task is for the engine node, and a simulation "
                            "has the engine pond alone"),
                    "`pond task dev %s` runs it in Node on a network of its "
                    "own; --engine pond tries it here",
                    folder);
}

/* Which mint it is nobody is asked: nothing is fetched from a chain. */
static int use_decimals(const struct simulate_values *given,
                        struct deployment *deployment,
                        struct simulation_options *options)
{
    bool is_given = given->decimals != DECIMALS_NONE;

    if (!deployment->is_kpl)
        return is_given ? err_set(ERR_INVALID,
                                  "--decimals is for a task that is paid in a "
                                  "token (task_type KPL)")
                        : 0;
    options->token_decimals =
        is_given ? (uint8_t)given->decimals : DECIMALS_DEFAULT;
    return deployment_use_units(deployment, options->token_decimals);
}

/* What the config names is built within its folder. The config may name the
 * engine then, and is read again. */
static int load(struct cli *cli, const struct simulate_values *given,
                const char *folder, const char *config,
                struct deployment *deployment)
{
    const struct deployment_reading reading = {.is_inside = given->inside};
    bool is_built = false;
    int status = deployment_load_as(config, &reading, deployment);

    if (status || !given->build || given->executable)
        return status;
    status = cli_deploy_build(cli, deployment, folder, config, given->inside,
                              &is_built);
    /* Here the bundle is taken as it is without --build. */
    if (status && strstr(cli->hint, "--no-build"))
        *cli->hint = 0;
    if (status || is_built)
        deployment_free(deployment);
    return status || !is_built
               ? status
               : deployment_load_as(config, &reading, deployment);
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
    int status = 0;

    if (!given->nodes && (given->cheaters || given->cheats.count))
        status = err_set(ERR_INVALID, "--cheaters and --cheat need --nodes");
    else
        status = load(cli, given, folder, config, &deployment);

    /* A file that the config names may be missing, too. */
    if (status == ERR_NOT_FOUND && !file_exists(config))
        cli_hint(cli, status,
                 "`pond task new FOLDER` writes a task to start from");
    if (status)
        goto err;
    status = check_engine(cli, given, &deployment, folder);
    if (!status)
        status = use_decimals(given, &deployment, &options);
    if (!status)
        status = read_source(cli, given, &deployment, folder, &source);
    if (!status) {
        options.source = buffer_view(&source);
        status = simulate(cli, given, &options);
        if (status == ERR_UNSUPPORTED)
            cli_hint(cli, status,
                     "with `engine: node` in its config-task.yml `pond task "
                     "dev %s` runs it in Node on a network of its own",
                     folder);
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
        "own audit accepts, a distribution within the bounty and the stakes. "
        "With --nodes there are many, on a chain of their own in virtual time: "
        "who submitted, was accused and paid is printed for each round, and "
        "coins are claimed and counted at the end; a task that is paid in a "
        "token has the KPL program and a mint of its own. What the task only "
        "waits by its clock is skipped. A task for the engine node is refused: "
        "`pond task dev` runs it. Some may cheat: with "
        "a wrong submission "
        "(wrong), none (silent), false verdicts (liar), or a list for itself "
        "(list).",
    .options = simulate_options,
    .values_size = sizeof(struct simulate_values),
    .defaults = &defaults,
    .arguments_max = 1,
    .run = run,
};
