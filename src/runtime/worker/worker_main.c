/*
 * pond-worker: one task in one sandboxed process.
 *
 *     descriptor 3: the socket to the node that started it; nothing else
 *     --version, --licenses: prints what of other people's is in it
 *
 * The first message says what to run and under which limits. Then the sandbox
 * closes. The engine starts after that, on a thread of its own, because on the
 * main thread it would read the stack's place from /proc, which is out of
 * reach by then. The main thread watches memory and the node.
 *
 * Or the first message says only what the engine has to know from its beginning
 * ("prepare"). Then this is a spare: engine and library are made, in as much of
 * the sandbox as needs no task, and the start message comes whenever a task
 * does. The sandbox closes before the engine hears of it.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "crypto/key.h"
#include "runtime/sandbox/sandbox.h"
#include "runtime/wire/resident.h"
#include "runtime/worker/worker_bind.h"
#include "runtime/worker/worker_disk.h"
#include "runtime/worker/worker_engine.h"
#include "runtime/worker/worker_notice.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NODE_FD 3

/* The socket, the folder, statm, two for randomness, and the files that a task
 * has open at one moment. */
#define OPEN_FILES 64

/* The stack for recursion in JavaScript. The engine throws a RangeError at its
 * end. */
#define STACK_BYTES (4u << 20)

/* Memory was seen to grow by 2 GB/s at most, in fresh pages. So the time of the
 * next check assumes this many bytes per ms. */
#define GROWTH_BYTES_PER_MS (4u << 20)
#define LOOK_MS_MIN 2
#define LOOK_MS_MAX 50

struct start {
    struct json_object *json;
    /* The task's folder, or NULL. */
    const char *folder;
    uint64_t memory_bytes;
    uint64_t file_bytes;
    uint64_t disk_bytes;
    enum confinement_wanted confinement;
    struct worker_engine_options engine;
    struct worker_engine_task task;
    /* Of a spare: where its task's folder will be; NULL: no spare. */
    const char *folders;
    /* The engine's thread has given up what it can, as far as this says; then
     * the task is known. */
    struct confinement thread;
    sem_t is_confined;
    sem_t is_known;
};

/* The error goes to stderr, which the node reads, because the socket may not
 * work. */
static void fail(const char *what)
{
    fprintf(stderr, "pond-worker: %s: %s\n", what, err_text());
    _exit(WORKER_EXIT_NODE);
}

/* The node is trusted, so a wrong form means that the versions do not match. */
static int read_start(struct message *message, struct start *start)
{
    struct json_object *limits;
    const char *type, *confinement;
    int status = json_parse(message->head, &start->json);
    if (!status)
        status = json_get_text(start->json, "type", &type);
    if (!status && strcmp(type, "start") != 0)
        status =
            err_set(ERR_INVALID, "the first message is not a start message");
    if (!status)
        status = json_get_object(start->json, "limits", &limits);
    if (!status)
        status = json_get_u64(limits, "memory_bytes", &start->memory_bytes);
    if (!status)
        status = json_get_u64(limits, "file_bytes", &start->file_bytes);
    if (!status)
        status = json_get_u64(limits, "disk_bytes", &start->disk_bytes);
    if (!status)
        status = json_get_text(start->json, "confinement", &confinement);
    if (!status)
        start->confinement = confinement_named(confinement);
    if (!status)
        status = json_get_u64(limits, "load_ms", &start->task.load_ms);
    if (!status)
        status = json_get_u64(limits, "log_lines_per_s",
                              &start->task.log_lines_per_s);
    if (!status)
        status = json_get_u64(limits, "log_bytes_per_s",
                              &start->task.log_bytes_per_s);
    if (!status && json_get_text(start->json, "folder", &start->folder))
        start->folder = NULL;
    return status;
}

/* Report which layers of the sandbox are in place. A node that wanted more ends
 * this process. */
static void send_hello(struct worker_channel *channel,
                       const struct confinement *report)
{
    struct buffer head = {0};
    struct json_writer writer = json_writer_make(&head);
    json_open_object(&writer);
    json_field_text(&writer, "type", "hello");
    json_field_text(&writer, "version", POND_VERSION);
    json_name(&writer, "sandbox");
    confinement_write(&writer, report);
    json_close_object(&writer);
    if (worker_channel_send(channel, buffer_view(&head), bytes_make(NULL, 0)))
        fail("can't greet the node");
    buffer_free(&head);
}

/* The work of the main thread: end the process when its memory or its folder is
 * above the limit, or when the node is gone while a script does not return. The
 * less memory is left, the sooner comes the next check. */
static void watch(uint64_t memory_bytes, int statm)
{
    for (;;) {
        uint64_t resident = resident_read(statm);
        if (resident > memory_bytes)
            _exit(WORKER_EXIT_MEMORY);
        if (!worker_disk_look())
            _exit(WORKER_EXIT_DISK);
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

/* The C functions for the library. worker_engine.c does not name them, because
 * they call it. */
static const JSStaticFunction *const tables[] = {
    worker_bind_core,
    worker_bind_text,
    worker_bind_crypto,
    worker_bind_digest,
    worker_bind_cipher,
    worker_bind_key,
    worker_bind_key_use,
    worker_bind_file,
    worker_bind_icu,
    worker_bind_process,
    worker_bind_zlib,
    worker_bind_descriptor,
    NULL,
};

/* What every task may see; the folder of one comes last. */
static struct sandbox sandbox_of(struct sandbox_path paths[2],
                                 const struct start *start)
{
    paths[0] =
        (struct sandbox_path){.path = "/dev/urandom", .access = SANDBOX_DEVICE};
    paths[1] =
        (struct sandbox_path){.path = start->folder, .access = SANDBOX_WRITE};
    return (struct sandbox){.paths = paths,
                            .path_count = start->folder ? 2 : 1,
                            .calls = SANDBOX_CALLS_WORKER,
                            .file_bytes = start->file_bytes,
                            .open_files = OPEN_FILES};
}

static void wait_for(sem_t *semaphore)
{
    while (sem_wait(semaphore))
        CHECK(errno == EINTR);
}

/* The form is that of pthread_create(). A spare's engine has no task yet, and
 * makes itself ready in less than the whole sandbox: nothing of a task's is
 * there that could make use of it. */
static void *run_engine(void *user)
{
    struct start *start = user;
    struct sandbox_path paths[2];
    if (start->folders) {
        struct sandbox sandbox = sandbox_of(paths, &(struct start){0});
        sandbox_confine_thread(&sandbox, start->folders, &start->thread);
        CHECK(!sem_post(&start->is_confined));
    }
    struct worker_engine *engine = worker_engine_make(&start->engine);
    wait_for(&start->is_known);
    worker_engine_run(engine, &start->task);
}

/* The thread is neither detached nor joined: the process ends by _exit(). */
static void start_engine(struct start *start)
{
    pthread_attr_t attributes;
    pthread_t thread;
    CHECK(!pthread_attr_init(&attributes));
    CHECK(!pthread_attr_setstacksize(&attributes, STACK_BYTES));
    CHECK(!sem_init(&start->is_confined, 0, 0));
    CHECK(!sem_init(&start->is_known, 0, 0));
    CHECK(!pthread_create(&thread, &attributes, run_engine, start));
    pthread_attr_destroy(&attributes);
}

/* The engine reads its options from the environment. If it knew the machine's
 * memory, its collector would let garbage grow above the task's limit. */
static void set_environment(uint64_t memory_bytes)
{
    char text[32];
    clearenv();
    snprintf(text, sizeof(text), "%llu", (unsigned long long)memory_bytes);
    setenv("JSC_forceRAMSize", text, 1);
    setenv("JSC_numberOfGCMarkers", "1", 1);
    /* Scripts check the execution time limit in loops. Otherwise a signal
     * suspends the thread, and a late signal, which finds no thread to suspend,
     * ends the process. This was seen on a busy machine. */
    setenv("JSC_usePollingTraps", "1", 1);
    /* Off by default, because of pages that share a process with others' data.
     * A worker has nothing but its task's. */
    setenv("JSC_useSharedArrayBuffer", "1", 1);
    setenv("TZ", "UTC", 1);
}

/* The root that is left holds the task's folder and the source of the engine's
 * randomness, without which it ends the process. */
static void confine(struct start *start, struct confinement *report)
{
    struct sandbox_path paths[2];
    struct sandbox sandbox = sandbox_of(paths, start);
    if (!start->folders) {
        sandbox_apply(&sandbox, report);
    } else {
        wait_for(&start->is_confined);
        if (sandbox_finish(&sandbox, start->folders, report))
            fail("the sandbox");
        /* A wall that one thread does not have is none. */
        report->landlock = report->landlock && start->thread.landlock;
        report->capabilities_dropped =
            report->capabilities_dropped && start->thread.capabilities_dropped;
        report->no_new_privileges =
            report->no_new_privileges && start->thread.no_new_privileges;
    }
    /* Not before: a folder of the machine's tree would have its parents. */
    if (start->folder)
        start->task.folder_fd =
            open(start->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    worker_disk_start(start->folder, start->disk_bytes);
}

static bool is_prepare(const struct message *message)
{
    struct json_object *json = NULL;
    const char *type;
    bool is = !json_parse(message->head, &json) &&
              !json_get_text(json, "type", &type) && !strcmp(type, "prepare");
    json_object_put(json);
    return is;
}

/* The first half of a spare's life: until a task is known. */
static void prepare(struct message *message, struct start *start,
                    struct confinement *report)
{
    struct json_object *json;
    struct sandbox_path paths[2];
    struct sandbox sandbox = sandbox_of(paths, start);
    uint64_t memory_bytes = 0;
    int status = json_parse(message->head, &json);
    if (!status)
        status = json_get_u64(json, "memory_bytes", &memory_bytes);
    if (!status)
        status = json_get_text(json, "folders", &start->folders);
    if (status)
        fail("the prepare message");
    set_environment(memory_bytes);
    if (sandbox_prepare(&sandbox, start->folders, report))
        fail("no spare");
    start->engine.is_spare = true;
    start_engine(start);
}

/* The order matters: what needs a path or a privilege comes before
 * sandbox_apply(), what touches the task's bytes after it. */
int main(int count, char **arguments)
{
    static struct worker_channel channel;
    static struct start start = {.task = {.folder_fd = -1}};
    struct confinement report = {0};
    struct message message;
    if (count > 1)
        return worker_notice_print(arguments[1]);
    /* The task must not have any other descriptor of the node. */
    close_range(NODE_FD + 1, ~0u, 0);
    crypto_init();
    worker_channel_init(&channel, NODE_FD);
    if (worker_channel_wait(&channel, &message))
        fail("no start message");
    /* The sandbox keeps open descriptors, but allows no path to this file. */
    int statm = resident_open(getpid());
    start.engine.channel = &channel;
    start.engine.tables = tables;
    start.engine.statm_fd = statm;
    bool is_spare = is_prepare(&message);
    if (is_spare) {
        prepare(&message, &start, &report);
        if (worker_channel_wait(&channel, &message))
            fail("no start message");
    }
    if (read_start(&message, &start))
        fail("the start message");
    if (!is_spare)
        set_environment(start.memory_bytes);
    /* The bytes of the message are valid until the next message. */
    start.task.source =
        bytes_make(mem_copy(message.payload.data, message.payload.size),
                   message.payload.size);
    struct buffer head = {0};
    /* The head is never freed, because the engine reads it when it starts. */
    buffer_bytes(&head, message.head);
    start.task.start = buffer_string(&head);
    confine(&start, &report);
    send_hello(&channel, &report);
    /* If a layer that the node wanted is missing, no line of the task runs. The
     * process waits until the node ends it. */
    if (!confinement_missing(&report, start.confinement)) {
        if (!is_spare)
            start_engine(&start);
        CHECK(!sem_post(&start.is_known));
    }
    watch(start.memory_bytes, statm);
}
