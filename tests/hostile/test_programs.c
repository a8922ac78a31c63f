/*
 * Bundles of the engine `node` that attack. What can be refused is tried in one
 * process (attacks.js); what ends its process has one for each attempt. A
 * well-behaved task runs beside all of them, and has to go on untouched; so has
 * this process, which is the node.
 */
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "net/proxy.h"
#include "runtime/koii/koii_process.h"
#include "runtime/koii/koii_program.h"
#include "tap.h"
#include <arpa/inet.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define WAIT_MS 60000

/* Stands in this process's environment, where a node may have a passphrase. */
#define MARKER_NAME "POND_HOSTILE_MARKER"
#define MARKER "of-the-operator"

#define TASK_ID "4Nd1mYzX6zRkHbXy3vY2hTjQjJv2J6pQ1wVt8aV9bC7d"

/* ---- a task ---- */

struct task {
    uv_loop_t *loop;
    struct koii_process *process; /* NULL: it has ended */
    struct proxy *proxy;
    struct proxy_options options;
    char *folder;
    struct buffer out;
    size_t out_bytes;
    bool is_late, over_limit;
    int exit_code, signal;
    char *end_text;
};

/* A flood must not fill this process. */
#define OUT_MAX (1u << 20)

static void on_output(void *user, struct koii_process *process,
                      enum koii_output which, struct bytes text)
{
    struct task *task = user;
    task->out_bytes += text.size;
    if (task->out.size < OUT_MAX)
        buffer_bytes(&task->out, text);
}

static void on_proxying(void *user, struct koii_process *process, int lines,
                        int http)
{
    struct task *task = user;
    proxy_listen(task->proxy, PROXY_LINES, lines);
    proxy_listen(task->proxy, PROXY_HTTP, http);
}

static void on_ended(void *user, struct koii_process *process,
                     const struct koii_end *end)
{
    struct task *task = user;
    task->process = NULL;
    task->over_limit = end->over_limit;
    task->exit_code = end->exit_code;
    task->signal = end->signal;
    task->end_text = mem_text(end->text);
}

static const struct koii_events events = {
    .output = on_output, .proxying = on_proxying, .ended = on_ended};

static const char *node;

/* False: this machine can't. */
static bool start(struct task *task, uv_loop_t *loop, const char *source,
                  const char *variables, const struct launch_limits *limits)
{
    char name[] = "/tmp/pond-hostile-XXXXXX";
    memset(task, 0, sizeof(*task));
    task->loop = loop;
    task->folder = mem_text(mkdtemp(name));
    task->options = (struct proxy_options){.rule = &address_rule_public};
    task->proxy = proxy_new(loop, &task->options);
    char *path = mem_format("%s/main.js", task->folder);
    struct koii_launch launch = {
        .launcher = POND_LAUNCH,
        .limits = *limits,
        .program = node,
        .executable = path,
        .folder = task->folder,
        .task_name = "hostile",
        .task_id = TASK_ID,
        .task_port = 20000,
        .main_account = "main",
        .secret = "0123456789abcdef0123",
        .rpc_url = "http://127.0.0.1:1",
        .node_port = 30017,
        .variables = variables,
    };
    bool is_started =
        !file_replace(path, bytes_text(source), 0600) &&
        !koii_process_start(loop, &launch, &events, task, &task->process);
    if (!is_started)
        printf("# %s\n", err_text());
    free(path);
    return is_started;
}

static void on_late(uv_timer_t *timer)
{
    ((struct task *)timer->data)->is_late = true;
}

/* Until its end, its output holds a text, or the time is over: false. */
static bool run(struct task *task, const char *text, uint64_t ms)
{
    uv_timer_t timer;
    uv_timer_init(task->loop, &timer);
    timer.data = task;
    task->is_late = false;
    uv_timer_start(&timer, on_late, ms, 0);
    while (!task->is_late && task->process &&
           !(text && strstr(buffer_string(&task->out), text)))
        uv_run(task->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(task->loop, UV_RUN_NOWAIT);
    return !task->is_late;
}

static void finish(struct task *task)
{
    if (task->process) {
        koii_process_kill(task->process, "the test is over");
        run(task, NULL, WAIT_MS);
    }
    proxy_free(task->proxy);
    file_remove_tree(task->folder);
    buffer_free(&task->out);
    free(task->end_text);
    free(task->folder);
}

/* ---- the neighbour ---- */

static const char neighbour_source[] =
    "const fs = require('fs'); fs.writeFileSync('secret', 'of the neighbour');"
    "let n = 0; setInterval(() => { fs.writeFileSync('beat~', String(++n));"
    " fs.renameSync('beat~', 'beat'); if (n === 1) console.log('beats'); }, "
    "20);"
    "process.on('SIGTERM', () => console.log('was signalled'));";

static unsigned long beat_of(const struct task *neighbour)
{
    struct buffer text = {0};
    char *path = mem_format("%s/beat", neighbour->folder);
    unsigned long beat = 0;
    if (!file_read(path, 64, &text))
        beat = strtoul(buffer_string(&text), NULL, 10);
    buffer_free(&text);
    free(path);
    return beat;
}

/* It works on, its secret is as it was, nobody has spoken to it. */
static bool is_untouched(struct task *neighbour)
{
    unsigned long began = beat_of(neighbour);
    uint64_t until_ms = clock_monotonic_ms() + WAIT_MS;
    while (beat_of(neighbour) == began && neighbour->process &&
           clock_monotonic_ms() < until_ms) {
        uv_run(neighbour->loop, UV_RUN_NOWAIT);
        usleep(5000);
    }
    struct buffer secret = {0};
    char *path = mem_format("%s/secret", neighbour->folder);
    bool is_same = !file_read(path, 1000, &secret) &&
                   !strcmp(buffer_string(&secret), "of the neighbour");
    buffer_free(&secret);
    free(path);
    return is_same && neighbour->process && beat_of(neighbour) > began &&
           !strstr(buffer_string(&neighbour->out), "signalled");
}

/* ---- what is refused ---- */

/* What the machine has that a task must not reach. */
struct machine {
    char *folder, *wallet, *socket;
    char abstract[64];
    int service, unix_socket, abstract_socket;
    uint16_t port;
};

static int listen_unix(const struct sockaddr_un *address, socklen_t size)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (bind(fd, (const struct sockaddr *)address, size) || listen(fd, 8))
        printf("# no Unix socket to attack\n");
    return fd;
}

static void open_machine(struct machine *machine)
{
    char name[] = "/tmp/pond-operator-XXXXXX";
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    socklen_t size = sizeof(address);
    machine->folder = mem_text(mkdtemp(name));
    /* It is not the modes that keep a task out. */
    chmod(machine->folder, 0777);
    machine->wallet = mem_format("%s/wallet.json", machine->folder);
    file_replace(machine->wallet, bytes_text("[1,2,3]"), 0666);
    machine->service = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (bind(machine->service, (struct sockaddr *)&address, size) ||
        listen(machine->service, 64))
        printf("# no service to attack\n");
    getsockname(machine->service, (struct sockaddr *)&address, &size);
    machine->port = ntohs(address.sin_port);
    machine->socket = mem_format("%s/socket", machine->folder);
    snprintf(path.sun_path, sizeof(path.sun_path), "%s", machine->socket);
    machine->unix_socket = listen_unix(&path, sizeof(path));
    int length = snprintf(machine->abstract, sizeof(machine->abstract),
                          "pond-hostile-%d", getpid());
    path.sun_path[0] = 0;
    snprintf(path.sun_path + 1, sizeof(path.sun_path) - 1, "%s",
             machine->abstract);
    machine->abstract_socket =
        listen_unix(&path, (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
                                       1 + (size_t)length));
}

/* Nobody has come, and nothing was changed. */
static bool is_machine_untouched(const struct machine *machine)
{
    struct buffer wallet = {0};
    bool is_same = !file_read(machine->wallet, 1000, &wallet) &&
                   !strcmp(buffer_string(&wallet), "[1,2,3]");
    const int sockets[] = {machine->service, machine->unix_socket,
                           machine->abstract_socket};
    for (size_t i = 0; i < 3; i++) {
        int fd = accept(sockets[i], NULL, NULL);
        is_same = is_same && fd < 0;
        if (fd >= 0)
            close(fd);
    }
    buffer_free(&wallet);
    return is_same;
}

static void close_machine(struct machine *machine)
{
    close(machine->service);
    close(machine->unix_socket);
    close(machine->abstract_socket);
    file_remove_tree(machine->folder);
    free(machine->folder);
    free(machine->wallet);
    free(machine->socket);
}

static char *make_variables(const struct machine *machine,
                            const struct task *neighbour)
{
    struct buffer text = {0};
    struct json_writer writer = json_writer_make(&text);
    char number[16], process[16];
    const char *home = getenv("HOME");
    snprintf(number, sizeof(number), "%u", machine->port);
    snprintf(process, sizeof(process), "%d", getpid());
    json_open_object(&writer);
    json_field_text(&writer, "NEIGHBOUR", neighbour->folder);
    json_field_text(&writer, "WALLET", machine->wallet);
    json_field_text(&writer, "HOME_OF_OPERATOR", home ? home : "/root");
    json_field_text(&writer, "SERVICE", number);
    json_field_text(&writer, "SOCKET", machine->socket);
    json_field_text(&writer, "ABSTRACT", machine->abstract);
    json_field_text(&writer, "MARKER", "of-the|-operator");
    json_field_text(&writer, "NODE_PROCESS", process);
    json_field_text(&writer, "CALLS", "./calls");
    json_close_object(&writer);
    char *variables = mem_text(buffer_string(&text));
    buffer_free(&text);
    return variables;
}

/* The program that tries the kernel is one that the task brings along. It can
 * be put there after the start, as the attempts with it come last. */
static bool bring(const struct task *task, const char *program)
{
    struct buffer bytes = {0};
    char *path = mem_format("%s/calls", task->folder);
    bool is_there = !file_read(program, 64u << 20, &bytes) &&
                    !file_replace(path, buffer_view(&bytes), 0700);
    buffer_free(&bytes);
    free(path);
    return is_there;
}

static void try_what_is_refused(uv_loop_t *loop, struct task *neighbour)
{
    struct machine machine;
    struct task task;
    struct buffer source = {0};
    open_machine(&machine);
    char *variables = make_variables(&machine, neighbour);
    bool is_whole = !file_read(ATTACKS, 1u << 20, &source) &&
                    start(&task, loop, buffer_string(&source), variables,
                          &(struct launch_limits){.processes = 100,
                                                  .file_bytes = 1u << 29}) &&
                    bring(&task, HOSTILE_CALLS) && run(&task, NULL, WAIT_MS);
    unsigned count = tap_cases_of((char *)(uintptr_t)buffer_string(&task.out));
    tap_case(is_whole && count > 100 && task.exit_code == 0,
             "all of them were tried: %u (%s)", count, task.end_text);
    tap_case(is_machine_untouched(&machine), "the machine was not touched");
    tap_case(is_untouched(neighbour), "the neighbour was not touched");
    finish(&task);
    close_machine(&machine);
    free(variables);
    buffer_free(&source);
}

/* ---- what ends its process ---- */

static const struct flood {
    const char *name;
    const char *source;
    struct launch_limits limits;
    /* In the end's text, or in what it printed. */
    const char *text;
    bool is_printed;
    /* The node ends it then, or when it has printed the text; 0: it ends
     * before. */
    unsigned stop_ms;
} floods[] = {
    {"memory-of-javascript",
     "const all = []; for (;;) all.push(new Array(1e6).fill(all.length));",
     {.memory_bytes = 256u << 20},
     "memory limit of 256 MB",
     false,
     0},
    {"memory-of-buffers",
     "const all = []; setInterval(() => all.push(Buffer.alloc(8 << 20, 1)), 1)",
     {.memory_bytes = 256u << 20},
     "memory limit of 256 MB",
     false,
     0},
    {"memory-of-children",
     "const c = require('child_process'); for (let i = 0; i < 4; i++)"
     " c.spawn('sh', ['-c', 'a=x; while :; do a=$a$a; done']);",
     {.memory_bytes = 256u << 20},
     "memory limit of 256 MB",
     false,
     0},
    {"disk",
     "const b = Buffer.alloc(1 << 20, 1); for (let i = 0;; i++)"
     " require('fs').writeFileSync('/tmp/' + i, b);",
     {.disk_bytes = 32u << 20},
     "disk limit of 32 MB",
     false,
     0},
    {"disk-of-a-detached-child",
     "require('child_process').spawn('setsid', ['sh', '-c', 'i=0; while :; do "
     "i=$((i+1)); head -c 1000000 /dev/zero > f$i; done'], {detached: true, "
     "stdio: 'ignore'}).unref(); setInterval(() => {}, 1000);",
     {.disk_bytes = 32u << 20},
     "disk limit of 32 MB",
     false,
     0},
    {"disk-of-files-without-a-name",
     "const fs = require('fs'), b = Buffer.alloc(1 << 20, 1); const all = []; "
     "setInterval(() => { const fd = fs.openSync('f', 'w'); fs.writeSync(fd, "
     "b);"
     " fs.unlinkSync('f'); all.push(fd); }, 2);",
     {.disk_bytes = 32u << 20},
     "disk limit of 32 MB",
     false,
     0},
    {"disk-of-mappings-without-a-name",
     "require('child_process').spawn('python3', ['-c', 'import mmap,os,time\\n"
     "a=[]\\nwhile 1:\\n f=open(\"f\",\"wb+\")\\n f.truncate(1<<20)\\n "
     "m=mmap.mmap(f.fileno(),1<<20)\\n m.write(b\"x\"*(1<<20))\\n f.close()\\n"
     " os.unlink(\"f\")\\n a.append(m)\\n time.sleep(.002)'], {stdio: "
     "'inherit'}).on('error', () => console.log('no python'))"
     ".on('exit', () => console.log('ended'));",
     {.disk_bytes = 32u << 20},
     "disk limit of 32 MB",
     false,
     0},
    {"fork-bomb",
     "require('child_process').spawn('sh', ['-c', 'f() { f | f & }; f; sleep "
     "60'], {stdio: 'ignore'}); setTimeout(() => { console.log('alive'); "
     "process.exit(0); }, 500);",
     {.processes = 60},
     "exit code 0",
     false,
     0},
    {"threads",
     "const {Worker} = require('worker_threads'); for (let i = 0; i < 2000; "
     "i++) new Worker('setInterval(() => {}, 1000)', {eval: true})"
     ".on('error', e => { console.log('refused', e.code); process.exit(0); });",
     {.processes = 60, .memory_bytes = 4ull << 30},
     "ERR_WORKER_INIT_FAILED",
     true,
     0},
    {"log",
     "const line = 'x'.repeat(10000) + '\\n'; (function go() { "
     "process.stdout.write(line, go); process.stderr.write(line); })();",
     {0},
     "bytes of output above the limit",
     true,
     1500},
    {"channel",
     "(function go() { process.send({x: 'y'.repeat(100000)}, go); })();",
     {0},
     "ended by the node",
     false,
     500},
    {"busy-loop", "for (;;);", {0}, "ended by the node", false, 300},
    {"busy-regular-expression",
     "/^(a+)+$/.test('a'.repeat(40) + '!')",
     {0},
     "ended by the node",
     false,
     300},
    {"busy-json",
     "const t = '['.repeat(2e4) + ']'.repeat(2e4); for (;;) JSON.parse(t);",
     {0},
     "ended by the node",
     false,
     300},
    {"busy-webassembly",
     "new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([0, 97, "
     "115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, "
     "0, 10, 9, 1, 7, 0, 3, 64, 12, 0, 11, 11]))).exports.f();",
     {0},
     "ended by the node",
     false,
     300},
    {"deaf-to-signals",
     "for (const s of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(s, () => {});"
     "setInterval(() => {}, 1000);",
     {0},
     "ended by the node",
     false,
     300},
    {"kills-all-it-can", "process.kill(-1, 'SIGKILL')", {0}, "ESRCH", true, 0},
    {"abort", "process.abort()", {0}, "signal 6", false, 0},
    {"stops-itself",
     "process.kill(process.pid, 'SIGSTOP')",
     {0},
     "ended by the node",
     false,
     500},
};

/* To its end. */
static bool let_flood(struct task *task, const struct flood *flood)
{
    if (!flood->stop_ms)
        return run(task, NULL, WAIT_MS);
    if (flood->is_printed)
        run(task, flood->text, WAIT_MS);
    else
        run(task, NULL, flood->stop_ms);
    if (task->process)
        koii_process_kill(task->process, "ended by the node");
    return run(task, NULL, WAIT_MS);
}

static void try_flood(uv_loop_t *loop, struct task *neighbour,
                      const struct flood *flood)
{
    struct task task;
    if (strstr(flood->source, "python3") && access("/usr/bin/python3", X_OK)) {
        tap_case(true, "%s # SKIP no python3 here", flood->name);
        return;
    }
    bool is_well = start(&task, loop, flood->source, NULL, &flood->limits);
    uint64_t began_ms = clock_monotonic_ms();
    is_well = is_well && let_flood(&task, flood);
    const char *where =
        flood->is_printed ? buffer_string(&task.out) : task.end_text;
    /* Where no cgroup refuses processes the warden ends the task for them. */
    bool is_ended_for_processes =
        task.end_text && strstr(task.end_text, "processes and threads");
    if (!where || (!strstr(where, flood->text) && !is_ended_for_processes))
        is_well = false;
    tap_case(is_well, "%s: %s (%llu ms, %zu bytes of output)", flood->name,
             task.end_text ? task.end_text : "no end",
             (unsigned long long)(clock_monotonic_ms() - began_ms),
             task.out_bytes);
    if (!is_untouched(neighbour))
        tap_case(false, "%s: the neighbour was touched", flood->name);
    finish(&task);
}

/* What is left behind: a child that left its group, its session and its parent
 * writes on until it ends, which it does with the task. */
static void try_to_stay(uv_loop_t *loop)
{
    struct task task;
    struct stat before, after;
    bool is_well =
        start(&task, loop,
              "require('child_process').spawn('setsid', ['sh', '-c', '(while "
              ":; do date +%N > alive; sleep 0.01; done) & '], {detached: "
              "true, stdio: 'ignore'}); const fs = require('fs'); "
              "setInterval(() => { if (fs.existsSync('alive')) "
              "process.exit(0); }, 5);",
              NULL, &(struct launch_limits){0}) &&
        run(&task, NULL, WAIT_MS);
    char *path = mem_format("%s/alive", task.folder);
    is_well = is_well && !stat(path, &before);
    usleep(100000);
    is_well = is_well && !stat(path, &after) &&
              before.st_mtim.tv_sec == after.st_mtim.tv_sec &&
              before.st_mtim.tv_nsec == after.st_mtim.tv_nsec;
    tap_case(is_well, "a child that leaves its session ends with the task");
    free(path);
    finish(&task);
}

/* ---- all of it ---- */

static int skip_all(const char *why)
{
    printf("1..0 # SKIP %s\n", why);
    return 0;
}

int main(void)
{
    uv_loop_t loop;
    struct task neighbour;
    char *program;
    if (koii_program_find(NULL, getenv("PATH"), &program))
        return skip_all("no node here");
    node = program;
    setenv(MARKER_NAME, MARKER, 1);
    uv_loop_init(&loop);
    if (!start(&neighbour, &loop, neighbour_source, NULL,
               &(struct launch_limits){0}) ||
        !run(&neighbour, "beats", WAIT_MS) || !neighbour.process) {
        finish(&neighbour);
        return skip_all("programs can't be confined here");
    }
    try_what_is_refused(&loop, &neighbour);
    for (size_t i = 0; i < sizeof(floods) / sizeof(*floods); i++)
        try_flood(&loop, &neighbour, &floods[i]);
    try_to_stay(&loop);
    tap_case(is_untouched(&neighbour), "the neighbour works on at the end");
    finish(&neighbour);
    uv_run(&loop, UV_RUN_DEFAULT);
    tap_case(!uv_loop_close(&loop), "nothing is left on the node's loop");
    free(program);
    return tap_end();
}
