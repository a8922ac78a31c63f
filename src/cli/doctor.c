/*
 * pond doctor: what this machine has for running tasks, and what is missing.
 *
 * Everything is tried rather than looked up, because a kernel that offers
 * Landlock may have it switched off, a seccomp filter may be refused inside a
 * container, a settings file may name a wallet that is gone. So a real worker
 * is started with an empty task, and it reports the sandbox it found itself in.
 *
 * The checks do not depend on each other, and one that fails does not end the
 * others: the user wants the whole list.
 *
 * The order is from what nothing works without to what is good to have: worker,
 * disk, wallet, endpoint, tools. Something bad makes the exit status 1,
 * warnings don't.
 *
 * Nothing is left behind but the folder of data, which is made if need be: the
 * worker's folder under /tmp goes when it has ended.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/server.h"
#include "cli/session.h"
#include "cli/settings.h"
#include "runtime/host/host.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Bytes. Below this a store soon refuses what it is given: it does at a tenth
 * (STORE_FREE_FLOOR). */
#define DISK_COMFORTABLE (5ull << 30)

/* WARNING: tasks run, but something is not as it should be. BAD: they don't. */
enum verdict { GOOD, WARNING, BAD };

/* One examination. Its lines lie in the output until the end, because they make
 * a table. */
struct doctor {
    struct cli *cli;
    unsigned warnings, failures;
    /* Of the worker that was tried. */
    uv_loop_t loop;
    struct host *worker;
    bool is_ready;
};

/* A line of the result: what was looked at, how it is, and in words. Longer
 * texts are cut. */
static void say(struct doctor *doctor, const char *check, enum verdict verdict,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

static void say(struct doctor *doctor, const char *check, enum verdict verdict,
                const char *format, ...)
{
    static const char *const words[] = {
        [GOOD] = "good", [WARNING] = "warning", [BAD] = "bad"};
    struct output *output = &doctor->cli->output;
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    doctor->warnings += verdict == WARNING;
    doctor->failures += verdict == BAD;
    output_text(output, "check", check);
    output_text(output, "verdict", words[verdict]);
    output_text(output, "text", text);
    output_record(output);
}

/* ---- the worker and its sandbox ---- */

/* A node insists on every layer, so one that does not hold is a failure. what
 * says what the layer does; remedy, what helps where it does not hold. */
static void report_layer(struct doctor *doctor, const char *name, bool holds,
                         const char *what, const char *remedy)
{
    if (holds)
        say(doctor, name, GOOD, "%s", what);
    else
        say(doctor, name, BAD, "does not hold: %s; %s", what, remedy);
}

/* Everything that is said here comes from the worker itself, after it has
 * confined itself: it is what a task would find, and not what the kernel might
 * be able to do. The worker is then asked to stop; on_ended() is called when it
 * has. */
static void on_ready(void *user, struct host *worker,
                     const struct host_ready *ready)
{
    CHECK(ready->sandbox);
    const struct confinement *sandbox = ready->sandbox;
    static const char any[] = "a container may forbid it; `pond node "
                              "--no-sandbox` runs tasks all the same";
    struct doctor *doctor = user;
    char landlock[128];

    doctor->is_ready = true;
    say(doctor, "worker", GOOD, "starts in %" PRIu32 " ms", ready->start_ms);
    report_layer(doctor, "no-new-privs", sandbox->no_new_privileges,
                 "a task can't gain privileges by running another program",
                 any);
    report_layer(doctor, "seccomp", sandbox->seccomp,
                 "a task can make only the system calls it needs", any);
    snprintf(landlock, sizeof(landlock),
             "a task can touch only its own folder (kernel interface %" PRIu32
             ")",
             sandbox->landlock_version);
    report_layer(doctor, "landlock", sandbox->landlock, landlock,
                 "it needs Linux 5.13 with \"landlock\" in "
                 "/sys/kernel/security/lsm (boot with lsm=landlock,...); `pond "
                 "node --no-landlock` does without it");
    report_layer(doctor, "capabilities", sandbox->capabilities_dropped,
                 "a task has no capabilities", any);
    report_layer(doctor, "rlimits", sandbox->resource_limits,
                 "files and descriptors of a task are limited", any);
    host_stop(worker);
}

/* A worker that was ready ended because it was asked to; one that was not has
 * its reason in the text. */
static void on_ended(void *user, struct host *worker,
                     const struct host_end *end)
{
    struct doctor *doctor = user;

    if (!doctor->is_ready)
        say(doctor, "worker", BAD, "does not start: %s", end->text);
}

/* A real worker with an empty task, in a folder that is gone afterwards: no
 * other test says whether tasks can run here. The loop runs until the worker's
 * handles are closed, so memory and folder are no longer in use when they go.
 */
static void check_worker(struct doctor *doctor)
{
    static const struct host_events host = {.ready = on_ready,
                                            .ended = on_ended};
    char folder[] = "/tmp/pond-doctor-XXXXXX";
    char *program = server_program("pond-worker");
    struct memory *memory = memory_new(1u << 20);
    struct host_options options = {
        .program = program,
        /* 32 zero bytes: a key that no task has. */
        .task_id = "11111111111111111111111111111111",
        .task_name = "doctor",
        .folder = folder,
        /* Whatever there is, so that every layer is reported. */
        .confinement = CONFINEMENT_ANY,
        .source = bytes_text("module.exports = {};"),
        .memory = memory,
    };

    if (!mkdtemp(folder)) {
        say(doctor, "worker", BAD, "can't make a folder under /tmp");
        goto done;
    }
    if (host_start(&doctor->loop, &options, &host, doctor, &doctor->worker) < 0)
        say(doctor, "worker", BAD, "%s", err_text());
    uv_run(&doctor->loop, UV_RUN_DEFAULT);
    file_remove_tree(folder);
done:
    memory_free(memory);
    free(program);
}

/* ---- the rest ---- */

/* No endpoint is no fault of the machine: most people run this before they
 * start a network. A settings file that can't be read is a fault, and so is a
 * text that is not a URL. */
static void check_endpoint(struct doctor *doctor)
{
    struct settings_found url;
    struct session session;
    uint64_t slot;

    if (settings_rpc(doctor->cli->rpc_url, &url) < 0) {
        say(doctor, "endpoint", BAD, "%s", err_text());
        return;
    }
    if (session_open(doctor->cli, &session) < 0) {
        say(doctor, "endpoint", BAD, "%s (from %s)", err_text(), url.source);
    } else {
        int status = client_slot_wait(session.client, CLIENT_PROCESSED, &slot);

        if (!status)
            say(doctor, "endpoint", GOOD, "%s is at slot %" PRIu64 " (%s)",
                url.value, slot, url.source);
        else if (status != ERR_NETWORK && status != ERR_TIMEOUT)
            say(doctor, "endpoint", WARNING,
                "%s (%s) is not a settlement "
                "endpoint: %s",
                url.value, url.source, err_text());
        else
            say(doctor, "endpoint", WARNING,
                "%s (%s) does not answer; `pond up` starts a network",
                url.value, url.source);
        session_close(&session);
    }
    settings_free(&url);
}

/* Where the wallet was found matters as much as which one it is: a file of
 * another program may stand in for the user's own. A node has keys of its own,
 * so a missing wallet is a warning only. */
static void check_wallet(struct doctor *doctor)
{
    struct settings_found path;
    struct pubkey wallet;

    int status = session_address(doctor->cli, &wallet);

    if (status) {
        say(doctor, "wallet", WARNING,
            status == ERR_NOT_FOUND ? "%s; `pond wallet new` makes one" : "%s",
            err_text());
        return;
    }
    if (settings_key(doctor->cli->key_path, &path) == 0) {
        say(doctor, "wallet", GOOD, "%s in %s", PUBKEY_TEXT(&wallet),
            path.value);
        settings_free(&path);
    }
}

/* The folder is made if need be, so that its own file system is looked at. */
static void check_disk(struct doctor *doctor)
{
    char *folder = settings_data_path("");
    struct buffer size = {0};
    uint64_t free_bytes = 0;

    if (file_make_folder(folder, 0700) < 0 ||
        file_free_bytes(folder, &free_bytes) < 0) {
        say(doctor, "disk", BAD, "%s", err_text());
    } else {
        progress_size(free_bytes, &size);
        say(doctor, "disk", free_bytes < DISK_COMFORTABLE ? WARNING : GOOD,
            "%s free for %s", buffer_string(&size), folder);
    }
    buffer_free(&size);
    free(folder);
}

/* Is there a program of that name to be found? execvp()'s search, but that an
 * empty part of PATH does not mean the folder one is in. */
static bool is_on_path(const char *name)
{
    const char *path = getenv("PATH");

    while (path && *path) {
        size_t size = strcspn(path, ":");
        char *file = mem_format("%.*s/%s", (int)size, path, name);
        bool found = access(file, X_OK) == 0;

        free(file);
        if (found)
            return true;
        path += size + (path[size] == ':');
    }
    return false;
}

/* What is only needed to make tasks, and not to run them, is never more than a
 * warning. */
static void check_tools(struct doctor *doctor)
{
    if (is_on_path("esbuild"))
        say(doctor, "esbuild", GOOD, "tasks can be bundled");
    else
        say(doctor, "esbuild", WARNING,
            "not found: needed to bundle tasks (apt-get install esbuild)");
}

/* A warning leaves the status 0, so that scripts can use this to ask whether
 * tasks will run at all. Hints and texts of the single checks are taken back,
 * as their lines hold them. */
static int run(struct cli *cli, const void *values)
{
    struct doctor doctor = {.cli = cli};

    output_list(&cli->output, "nothing was checked");
    uv_loop_init(&doctor.loop);
    check_worker(&doctor);
    check_disk(&doctor);
    check_wallet(&doctor);
    check_endpoint(&doctor);
    check_tools(&doctor);
    uv_loop_close(&doctor.loop);
    output_print(&cli->output);
    *cli->hint = 0;
    if (doctor.failures)
        return err_set(ERR_STATE, "%u checks failed", doctor.failures);
    err_clear();
    return 0;
}

const struct command command_doctor = {
    .name = "doctor",
    .arguments = "",
    .summary = "say what this machine has for running tasks, and what not",
    .details = "Ends with status 1 if something is missing that nothing works "
               "without.",
    .uses = COMMAND_RPC | COMMAND_KEY,
    .run = run,
};
