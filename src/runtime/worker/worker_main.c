/*
 * pond-worker: one task in one sandboxed process.
 *
 *     descriptor 3: the socket to the node that started it; nothing else
 *
 * The first message says what to run and under which limits. Then the sandbox
 * closes, and only behind it the engine starts, on a thread of its own: the
 * engine asks /proc for the main thread's stack, which is out of reach by
 * then, and the main thread is free to watch over the rest.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "crypto/key.h"
#include "runtime/sandbox/sandbox.h"
#include "runtime/worker/worker_bind.h"
#include "runtime/worker/worker_engine.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NODE_FD 3

/* The socket, the folder, statm, two of randomness, and the files that a task
 * has open at one moment. */
#define OPEN_FILES 64

/* What recursion in JavaScript may use; the engine throws RangeError at its
 * end. */
#define STACK_BYTES (4u << 20)

/* The fastest that memory was seen to grow here is about 2 GB/s of fresh
 * pages, so after this many bytes per ms a look is due. */
#define GROWTH_BYTES_PER_MS (4u << 20)
#define LOOK_MS_MIN 2
#define LOOK_MS_MAX 50

struct start {
    struct json_object *json;
    /* NULL: none. */
    const char *folder;
    uint64_t memory_bytes;
    uint64_t file_bytes;
    enum confinement_wanted confinement;
    struct worker_engine_options engine;
};

/* To stderr, which the node keeps for its report: there may be no socket. */
static void fail(const char *what)
{
    fprintf(stderr, "pond-worker: %s: %s\n", what, err_text());
    _exit(WORKER_EXIT_NODE);
}

/* The start message: the node is trusted, so a form that is not right is a
 * version that does not fit. */
static int read_start(struct message *message, struct start *start)
{
    struct json_object *limits;
    const char *type, *confinement;
    int status = json_parse(message->head, &start->json);
    if (!status)
        status = json_get_text(start->json, "type", &type);
    if (!status && strcmp(type, "start") != 0)
        status = err_set(ERR_INVALID, "the first message is no start");
    if (!status)
        status = json_get_object(start->json, "limits", &limits);
    if (!status)
        status = json_get_u64(limits, "memory_bytes", &start->memory_bytes);
    if (!status)
        status = json_get_u64(limits, "file_bytes", &start->file_bytes);
    if (!status)
        status = json_get_text(start->json, "confinement", &confinement);
    if (!status)
        start->confinement = confinement_named(confinement);
    if (!status)
        status = json_get_u64(limits, "load_ms", &start->engine.load_ms);
    if (!status)
        status = json_get_u64(limits, "log_lines_per_s",
                              &start->engine.log_lines_per_s);
    if (!status)
        status = json_get_u64(limits, "log_bytes_per_s",
                              &start->engine.log_bytes_per_s);
    if (!status && json_get_text(start->json, "folder", &start->folder))
        start->folder = NULL;
    return status;
}

/* Tells what could be put in place. A node that wanted more ends this process
 * for it. */
static void send_hello(struct worker_channel *channel,
                       const struct confinement *report)
{
    struct buffer head = {0};
    struct json_writer writer = json_writer_make(&head);
    json_open_object(&writer);
    json_field_text(&writer, "type", "hello");
    json_field_text(&writer, "version", POND_VERSION);
    json_name(&writer, "sandbox");
    json_open_object(&writer);
    json_field_bool(&writer, "no_new_privileges", report->no_new_privileges);
    json_field_bool(&writer, "seccomp", report->seccomp);
    json_field_bool(&writer, "landlock", report->landlock);
    json_field_u64(&writer, "landlock_version", report->landlock_version);
    json_field_bool(&writer, "capabilities_dropped",
                    report->capabilities_dropped);
    json_field_bool(&writer, "resource_limits", report->resource_limits);
    json_close_object(&writer);
    json_close_object(&writer);
    if (worker_channel_send(channel, buffer_view(&head), bytes_make(NULL, 0)))
        fail("can't greet the node");
    buffer_free(&head);
}

/* Resident memory, from a file that was opened before the sandbox closed. */
static uint64_t resident_bytes(int statm)
{
    char text[128];
    unsigned long long pages, resident;
    ssize_t size = pread(statm, text, sizeof(text) - 1, 0);
    /* Reading fails only if something is badly wrong; the node looks as well.
     */
    if (size <= 0)
        return 0;
    text[size] = 0;
    if (sscanf(text, "%llu %llu", &pages, &resident) != 2)
        return 0;
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* The main thread's work: end the process when its memory is past the limit,
 * or when the node is gone while a script does not come back. The less room
 * is left, the sooner the next look. */
static void watch(uint64_t memory_bytes, int statm)
{
    for (;;) {
        uint64_t resident = resident_bytes(statm);
        if (resident > memory_bytes)
            _exit(WORKER_EXIT_MEMORY);
        uint64_t wait_ms = (memory_bytes - resident) / GROWTH_BYTES_PER_MS;
        if (wait_ms < LOOK_MS_MIN)
            wait_ms = LOOK_MS_MIN;
        if (wait_ms > LOOK_MS_MAX)
            wait_ms = LOOK_MS_MAX;
        struct pollfd node = {.fd = NODE_FD, .events = POLLRDHUP};
        if (poll(&node, 1, (int)wait_ms) > 0 &&
            (node.revents & (POLLRDHUP | POLLHUP | POLLERR)))
            _exit(WORKER_EXIT_NODE);
    }
}

/* What the library finds in C. The engine knows none of it by name, since they
 * call it. */
static const JSStaticFunction *const tables[] = {
    worker_bind_core,   worker_bind_text, worker_bind_crypto,
    worker_bind_digest, worker_bind_file, NULL,
};

/* pthread_create()'s form. */
static void *run_engine(void *options)
{
    worker_engine_run(options);
}

/* Not detached and not joined: the process ends by _exit(). */
static void start_engine(struct start *start)
{
    pthread_attr_t attributes;
    pthread_t thread;
    CHECK(!pthread_attr_init(&attributes));
    CHECK(!pthread_attr_setstacksize(&attributes, STACK_BYTES));
    CHECK(!pthread_create(&thread, &attributes, run_engine, &start->engine));
    pthread_attr_destroy(&attributes);
}

/* The engine reads its options from the environment. With the machine's
 * memory in mind its collector would let garbage grow past the task's limit. */
static void set_environment(uint64_t memory_bytes)
{
    char text[32];
    clearenv();
    snprintf(text, sizeof(text), "%llu", (unsigned long long)memory_bytes);
    setenv("JSC_forceRAMSize", text, 1);
    setenv("JSC_numberOfGCMarkers", "1", 1);
    /* The execution time limit is looked at in loops, not announced by a signal
     * that suspends the thread: a signal that comes late finds nobody to
     * suspend and ends the process, seen on a busy machine. */
    setenv("JSC_usePollingTraps", "1", 1);
    setenv("TZ", "UTC", 1);
}

/* The order is the point: everything that needs a path or a privilege happens
 * before sandbox_apply(), everything that touches the task's bytes after it. */
int main(void)
{
    static struct worker_channel channel;
    static struct start start = {.engine = {.folder_fd = -1}};
    struct confinement report;
    struct message message;
    /* Whatever else the node had open is none of the task's business. */
    close_range(NODE_FD + 1, ~0u, 0);
    crypto_init();
    worker_channel_init(&channel, NODE_FD);
    if (worker_channel_wait(&channel, &message))
        fail("no start message");
    if (read_start(&message, &start))
        fail("the start message");
    /* The sandbox leaves open descriptors alone, and no path to this one. */
    int statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (start.folder)
        start.engine.folder_fd =
            open(start.folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    set_environment(start.memory_bytes);
    /* The message's bytes give way to the next message's. */
    start.engine.source =
        bytes_make(mem_copy(message.payload.data, message.payload.size),
                   message.payload.size);
    struct buffer head = {0};
    /* Never freed: the engine reads it when it starts. */
    buffer_bytes(&head, message.head);
    start.engine.start = buffer_string(&head);
    start.engine.channel = &channel;
    start.engine.tables = tables;
    sandbox_apply(&(struct sandbox_options){.folder = start.folder,
                                            .file_bytes = start.file_bytes,
                                            .open_files = OPEN_FILES},
                  &report);
    send_hello(&channel, &report);
    /* Without what the node wanted, no line of the task runs: only the node's
     * signal is waited for. */
    if (!confinement_missing(&report, start.confinement))
        start_engine(&start);
    watch(start.memory_bytes, statm);
}
