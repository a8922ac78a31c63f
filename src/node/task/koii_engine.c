/*
 * A start takes four steps: the program's version is asked, once; the bundle is
 * written, on a thread, because that is the disk's affair; the process is
 * started; and its listener comes. No step is repeated by itself: whatever
 * fails, the runner begins anew after its pause.
 */
#include "node/task/koii_engine.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/http_door.h"
#include "node/task/koii_network.h"
#include "node/task/task_conditions.h"
#include "runtime/koii/koii_program.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Where the task's server listens in a network of its own: any number but the
 * node's. */
#define TASK_PORT 30018

/* Transactions that a task may have sent in a round of the clock: votes on more
 * submissions than any wrapper looks at. */
#define ACTIONS_MAX 128

/* That its process has to the node at a time. */
#define CONNECTIONS_MAX 256

/* Requests to its own server at the same time, those among them whose answers
 * go on for hours; each takes up to half a megabyte. */
#define VISITS_MAX 64

/*
 * Invariants:
 *
 *  1. secret is that of the process that is there, or of the last one; another
 *     one for each start.
 *  2. network is there while a process with a network of its own is, and door
 *     once that has handed its listener out.
 */
struct koii_engine {
    const struct koii_engine_events *events;
    bool is_checked; /* the program is a node of a version that will do */
    char secret[KOII_SECRET_SIZE];
    uint16_t task_port;
    struct http_door *door;
    struct koii_network *network;
    struct http_client *http; /* while there is a process */
    bool has_started_round;
    uint64_t started_round; /* of the clock */
    uint64_t action_round;  /* likewise */
    unsigned actions;       /* in it */
    unsigned visits;        /* requests to its server under way */
};

static struct koii_engine *engine_of(struct task_runner *runner)
{
    if (!runner->koii)
        runner->koii = mem_zero(1, sizeof(*runner->koii));
    return runner->koii;
}

void koii_engine_free(struct koii_engine *engine)
{
    if (!engine)
        return;
    CHECK(!engine->door && !engine->network && !engine->http);
    free(engine);
}

bool koii_engine_knows(const struct task_runner *runner, const char *secret)
{
    const struct koii_engine *engine = runner->koii;

    return engine && engine->secret[0] &&
           strlen(secret) == KOII_SECRET_SIZE - 1 &&
           !sodium_memcmp(secret, engine->secret, KOII_SECRET_SIZE - 1);
}

/* A clock that was taken back begins to count anew. Where the process starts
 * before the first slot is known, there is no round to count from yet. */
uint64_t koii_engine_rounds(struct task_runner *runner)
{
    uint64_t now = runner_rounds_round(runner->rounds);
    struct koii_engine *engine = runner->koii;

    if (!engine)
        return 0;
    if (!engine->has_started_round)
        engine->started_round = now;
    engine->has_started_round = true;
    return now > engine->started_round ? now - engine->started_round : 0;
}

int koii_engine_take_action(struct task_runner *runner)
{
    struct koii_engine *engine = engine_of(runner);
    uint64_t round = runner_rounds_round(runner->rounds);

    if (engine->action_round != round) {
        engine->action_round = round;
        engine->actions = 0;
    }
    if (engine->actions == ACTIONS_MAX)
        return err_set(ERR_LIMIT,
                       "the task has sent %d transactions in this round, which "
                       "is the most it may",
                       ACTIONS_MAX);
    engine->actions++;
    return 0;
}

int koii_engine_visit(struct task_runner *runner)
{
    struct koii_engine *engine = engine_of(runner);

    if (engine->visits == VISITS_MAX)
        return err_set(ERR_BUSY, "the task has %d requests under way",
                       VISITS_MAX);
    engine->visits++;
    return 0;
}

struct http_client *koii_engine_http(const struct task_runner *runner)
{
    return runner->koii ? runner->koii->http : NULL;
}

void koii_engine_visit_over(struct task_runner *runner)
{
    CHECK(runner->koii && runner->koii->visits > 0);
    runner->koii->visits--;
}

uint16_t koii_engine_port(const struct task_runner *runner)
{
    return runner->koii ? runner->koii->task_port : 0;
}

const char *koii_engine_rpc_url(const struct task_runner *runner)
{
    const struct koii_engine *engine = runner->koii;

    return engine && engine->network ? koii_network_rpc_url(engine->network)
                                     : client_url(runner->parts->client);
}

char *koii_engine_folder(const struct task_runner *runner)
{
    char *name = mem_format("%s/namespace/%s", runner->parts->options->folder,
                            runner->task_text);
    char *folder = realpath(name, NULL);

    if (!folder)
        return name;
    free(name);
    return folder;
}

/* ---- events of the process ---- */

static void on_listening(void *user, struct koii_process *process, int listener)
{
    struct task_runner *runner = user;
    struct koii_engine *engine = runner->koii;

    if (engine->door || runner->state == RUNNER_STOPPING) {
        close(listener);
        return;
    }
    engine->door = http_door_open(runner->parts->loop, runner->parts->inside,
                                  listener, CONNECTIONS_MAX);
}

static void on_proxying(void *user, struct koii_process *process, int lines,
                        int http)
{
    struct task_runner *runner = user;

    koii_network_listen(runner->koii->network, lines, http);
}

static void on_confined(void *user, struct koii_process *process,
                        const struct confinement *found)
{
    struct task_runner *runner = user;

    log_info("task",
             "%.8s is confined (seccomp %s, landlock %s, namespaces %s, cgroup "
             "%s)",
             runner->task_text, found->seccomp ? "on" : "off",
             found->landlock ? "on" : "off",
             found->own_root && found->own_network && found->own_processes
                 ? "on"
                 : "off",
             found->group ? "on" : "off");
    runner_note_walls(
        runner, confinement_missing_for_program(found, CONFINEMENT_WHOLE));
}

static void on_output(void *user, struct koii_process *process,
                      enum koii_output which, struct bytes text)
{
    struct task_runner *runner = user;

    if (runner->log)
        task_log_output(runner->log, which == KOII_STDERR, text);
}

static void on_ended(void *user, struct koii_process *process,
                     const struct koii_end *end)
{
    struct task_runner *runner = user;
    struct koii_engine *engine = runner->koii;

    http_door_close(engine->door);
    engine->door = NULL;
    koii_network_free(engine->network);
    engine->network = NULL;
    http_client_close(engine->http);
    engine->http = NULL;
    runner_worker_node_ended(runner->worker, process);
    engine->events->ended(runner, end);
}

static const struct koii_events process_events = {
    .listening = on_listening,
    .proxying = on_proxying,
    .confined = on_confined,
    .output = on_output,
    .ended = on_ended,
};

/* ---- a start ---- */

static void failed(struct task_runner *runner)
{
    runner->koii->events->failed(runner);
}

/* A port that is free now. Another program may take it before the task does,
 * as with Koii's own node; the task's server then fails. */
static uint16_t free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int any = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    uint16_t port = TASK_PORT;

    if (any < 0)
        return port;
    if (bind(any, (struct sockaddr *)&address, size) == 0 &&
        getsockname(any, (struct sockaddr *)&address, &size) == 0)
        port = ntohs(address.sin_port);
    close(any);
    return port;
}

/* Something to be written, and where. The runner's source may be replaced
 * meanwhile: a copy. */
struct writing {
    uv_work_t work;
    struct task_runner *runner;
    char *folder, *path;
    struct buffer source;
    int status;
    char *error;
};

/* variables: JSON. In a network of its own, if there is one. */
static int start_process(struct task_runner *runner, const char *executable,
                         const char *variables)
{
    const struct node_parts *parts = runner->parts;
    struct koii_engine *engine = runner->koii;
    struct koii_network *network = engine->network;
    struct pubkey_text main = pubkey_text(signer_main(parts->signer));
    char *folder = koii_engine_folder(runner);
    struct launch_limits defaults = {0};

    launch_limits_fill(&defaults);
    runner->memory_limit_bytes =
        runner_memory_bytes(runner, defaults.memory_bytes);
    /* Where there may be no namespaces, several tasks share the machine's. */
    engine->task_port =
        network && parts->options->confinement != CONFINEMENT_ANY ? TASK_PORT
                                                                  : free_port();
    koii_secret(engine->secret);
    const struct koii_launch launch = {
        .confinement = parts->options->confinement,
        .limits = {.memory_bytes = runner->memory_limit_bytes,
                   .disk_bytes = runner_disk_bytes(runner),
                   .cpu_percent = runner_cpu_percent(runner)},
        .program = parts->options->node_program,
        .launcher = parts->options->launch_path,
        .executable = executable,
        .folder = folder,
        .task_name = runner->view.name,
        .task_id = runner->task_text,
        .task_port = engine->task_port,
        .main_account = main.text,
        .secret = engine->secret,
        .rpc_url = koii_engine_rpc_url(runner),
        .stake_roe = task_view_stake(&runner->view, &runner->own),
        .node_port = network ? KOII_NODE_PORT : parts->inside_port,
        .variables = variables,
        .environment = network ? koii_network_environment(network) : NULL,
    };
    int status = runner_worker_start_node(runner->worker, parts->loop, &launch,
                                          &process_events, runner);

    free(folder);
    return status;
}

/* With its variables, which are known to nobody else, and its network. */
static int prepare_and_start(struct task_runner *runner, const char *executable)
{
    const struct node_parts *parts = runner->parts;
    struct koii_engine *engine = runner->koii;
    bool is_apart = parts->options->launch_path != NULL;
    struct buffer variables = {0};

    if (!is_apart && parts->options->confinement != CONFINEMENT_ANY)
        return err_set(ERR_UNSUPPORTED, "without pond-launch a task of the "
                                        "engine node can't be confined");
    int status = task_conditions_variables(runner, &variables);
    if (!status) {
        task_log_hide(runner->log, buffer_string(&variables));
        if (is_apart)
            engine->network =
                koii_network_new(parts, runner->network, runner->log);
        else
            runner_note_walls(runner, "pond-launch, which confines a program");
        status = start_process(runner, executable, buffer_string(&variables));
    }
    buffer_wipe(&variables);
    if (status) {
        koii_network_free(engine->network);
        engine->network = NULL;
    }
    return status;
}

static void launch(struct task_runner *runner, const char *executable)
{
    struct koii_engine *engine = runner->koii;

    if (prepare_and_start(runner, executable)) {
        failed(runner);
        return;
    }
    engine->has_started_round = false;
    engine->http = http_client_new(runner->parts->loop, &address_rule_any);
    http_client_use_one_host(engine->http);
    log_info("task", "%.8s started in node (process %d)", runner->task_text,
             (int)runner_worker_figures(runner->worker).pid);
    engine->events->started(runner);
}

/* On a thread. */
static void write_executable(uv_work_t *work)
{
    struct writing *writing = work->data;

    writing->status = file_make_folder(writing->folder, 0755);
    if (!writing->status)
        writing->status =
            file_replace(writing->path, buffer_view(&writing->source), 0644);
    if (writing->status)
        writing->error = mem_text(err_text());
}

static void on_written(uv_work_t *work, int cancelled)
{
    struct writing *writing = work->data;
    struct task_runner *runner = writing->runner;

    if (runner_arrived(runner)) {
        if (writing->status) {
            err_set(writing->status, "%s", writing->error);
            failed(runner);
        } else {
            launch(runner, writing->path);
        }
    }
    buffer_free(&writing->source);
    free(writing->folder);
    free(writing->path);
    free(writing->error);
    free(writing);
}

/* The name that Koii's node gives the file. A local file, and a name that is no
 * plain one, gets the task's. */
static char *executable_name(const struct task_runner *runner)
{
    const char *name = runner->view.audit_program;

    if (runner_loader_file(runner->loader) || !name[0] || name[0] == '.' ||
        strchr(name, '/'))
        name = runner->task_text;
    return mem_format("%s.js", name);
}

static void write_and_launch(struct task_runner *runner)
{
    struct writing *writing = mem_zero(1, sizeof(*writing));
    char *name = executable_name(runner);
    char *base = realpath(runner->parts->options->folder, NULL);

    writing->runner = runner;
    writing->folder = mem_format("%s/executables",
                                 base ? base : runner->parts->options->folder);
    writing->path = mem_format("%s/%s", writing->folder, name);
    writing->work.data = writing;
    buffer_bytes(&writing->source, runner_loader_source(runner->loader));
    free(base);
    free(name);
    runner_depart(runner);
    CHECK(!uv_queue_work(runner->parts->loop, &writing->work, write_executable,
                         on_written));
}

static void on_checked(void *user, int status, const char *version)
{
    struct task_runner *runner = user;

    if (!runner_arrived(runner))
        return;
    if (status) {
        failed(runner);
        return;
    }
    runner->koii->is_checked = true;
    log_info("task", "%.8s runs in Node %s", runner->task_text, version);
    write_and_launch(runner);
}

static void on_no_program(void *user)
{
    struct task_runner *runner = user;

    err_set(ERR_UNSUPPORTED,
            "the task runs in Node.js, and this machine has no program node: "
            "install it (the package nodejs), or name it with --node-program");
    failed(runner);
}

void koii_engine_start(struct task_runner *runner,
                       const struct koii_engine_events *events)
{
    struct koii_engine *engine = engine_of(runner);
    const char *program = runner->parts->options->node_program;

    CHECK(!runner_worker_is_there(runner->worker) && !engine->door);
    engine->events = events;
    if (!program) {
        runner_loader_wait(runner->loader, 0, on_no_program, runner);
    } else if (engine->is_checked) {
        write_and_launch(runner);
    } else {
        runner_depart(runner);
        koii_program_check(runner->parts->loop, program, on_checked, runner);
    }
}
