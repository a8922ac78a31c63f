/*
 * What servers have in common. They run one loop on the main thread and end
 * when nothing is left on it, which makes a leak visible: a handle that is
 * forgotten keeps the process alive, and closing the loop checks it.
 *
 * A server that was started by another program (`pond up`) must not outlive
 * it. The kernel is asked for a signal when the parent dies; that covers kill
 * -9 of the parent, which no handler of the parent's could.
 *
 * The life of a server: server_open(), start what serves, server_run(). It ends
 * by a signal or by itself. Either way what serves closes what it has,
 * server_release() lets go of the signals, and the loop runs out. A start that
 * fails goes the same way, because it may have left handles to be closed.
 *
 * Exit status: a clean end after a signal is 0, because a server runs until it
 * is stopped (`pond up --rounds` is no server: its report is missing). A second
 * signal ends the process with 128 and its number, as shells count it.
 */
#include "cli/server.h"
#include "base/cgroup.h"
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "cli/systemctl.h"
#include "net/door.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* How often a supervisor without a watchdog hears what the server does. It is
 * for people, who look at it with `systemctl status`. */
#define DESCRIBE_MS 10000

/* A message that the supervisor can't take now is said again with the next
 * pulse. Only the newest is kept: READY is not overtaken, because nothing is
 * kept before it and STOPPING makes it moot. */
static void say(struct server *server, const char *message)
{
    int status = supervisor_say(&server->supervisor, message);

    server->unsaid = status == ERR_BUSY ? message : NULL;
    if (status && status != ERR_BUSY)
        log_warn("server", "%s", err_text());
}

/* A line of the status, with the sign of life. It is one message of many: one
 * that is lost is followed by the next. */
static void on_pulse(uv_timer_t *pulse)
{
    struct server *server = pulse->data;
    struct buffer message = {0};

    if (server->unsaid)
        say(server, server->unsaid);
    buffer_text(&message, "WATCHDOG=1");
    if (server->describe && !server->is_stopping) {
        buffer_text(&message, "\nSTATUS=");
        server->describe(server->user, &message);
    }
    (void)supervisor_say(&server->supervisor, buffer_string(&message));
    buffer_free(&message);
}

/* Twice as often as it is wanted, as sd_watchdog_enabled(3) advises. */
static void start_pulse(struct server *server)
{
    uint64_t period_ms = server->supervisor.watchdog_ms / 2;

    CHECK(uv_timer_init(&server->loop, &server->pulse) == 0);
    server->pulse.data = server;
    if (server->supervisor.socket >= 0) {
        if (!period_ms || period_ms > DESCRIBE_MS)
            period_ms = DESCRIBE_MS;
        CHECK(uv_timer_start(&server->pulse, on_pulse, period_ms, period_ms) ==
              0);
    }
    uv_unref((uv_handle_t *)&server->pulse);
}

/* The second signal means that the user will not wait: the stores survive it.
 */
static void on_signal(uv_signal_t *handle, int number)
{
    CHECK(handle->data);
    struct server *server = handle->data;

    if (server->is_stopping)
        _exit(128 + number);
    server->is_stopping = true;
    server->is_again = false;
    say(server, "STOPPING=1\nSTATUS=stopping");
    server->stop(server->user);
}

/* The order matters: a parent that died between fork and prctl is seen by the
 * comparison after it. The variable is taken away, because it says nothing
 * about this process's own children. */
int server_tie_to_parent(void)
{
    const char *parent = getenv(SERVER_PARENT_VARIABLE);

    if (!parent)
        return 0;
    /* SIGTERM and not SIGKILL, so that a server ends as one that is asked to.
     */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != (pid_t)strtol(parent, NULL, 10))
        return err_set(ERR_STATE, "the program that started this one is gone");
    unsetenv(SERVER_PARENT_VARIABLE);
    return 0;
}

/* An ordinary user's own group. The manager of a user leaves no mark on it
 * where it is an older one (252), so it is asked. */
static bool is_delegated_by_user(const char *folder)
{
    const char *const words[] = {"show", "--property=Delegate",
                                 strrchr(folder, '/') + 1, NULL};
    struct buffer printed = {0};
    struct stat found;
    bool is_delegated = geteuid() != 0 && systemctl_is_there() &&
                        !stat(folder, &found) && found.st_uid == geteuid() &&
                        !systemctl(true, words, &printed) &&
                        !strcmp(buffer_string(&printed), "Delegate=yes\n");

    buffer_free(&printed);
    err_clear();
    return is_delegated;
}

void server_make_room(void)
{
    char folder[PATH_MAX];

    if (cgroup_folder("", folder) && !cgroup_is_delegated(folder) &&
        is_delegated_by_user(folder))
        (void)cgroup_mark_delegated(folder);
    (void)cgroup_make_room();
}

/* The loop and its signals come first, so that a signal during the start is not
 * lost. On an error nothing is open, and server_run() is not to be called. */
int server_open(struct server *server, void (*stop)(void *user), void *user)
{
    CHECK(stop);
    *server = (struct server){.stop = stop, .user = user};
    int status = supervisor_open(&server->supervisor);
    if (status)
        return status;
    CHECK(uv_loop_init(&server->loop) == 0);
    CHECK(uv_signal_init(&server->loop, &server->interrupt) == 0);
    CHECK(uv_signal_init(&server->loop, &server->terminate) == 0);
    server->interrupt.data = server;
    server->terminate.data = server;
    CHECK(uv_signal_start(&server->interrupt, on_signal, SIGINT) == 0);
    CHECK(uv_signal_start(&server->terminate, on_signal, SIGTERM) == 0);
    start_pulse(server);

    /* A peer that closes its end makes a write fail and does not end this
     * process. */
    signal(SIGPIPE, SIG_IGN);
    return 0;
}

void server_ready(struct server *server)
{
    if (!server->is_stopping)
        say(server, "READY=1\nSTATUS=serves");
}

/* Harmless when called twice, because a server can end by itself and by a
 * signal at the same time. */
void server_release(struct server *server)
{
    if (uv_is_closing((uv_handle_t *)&server->interrupt))
        return;
    uv_close((uv_handle_t *)&server->interrupt, NULL);
    uv_close((uv_handle_t *)&server->terminate, NULL);
    uv_close((uv_handle_t *)&server->pulse, NULL);
    /* Again where a signal has begun the end: it does no harm. */
    if (!server->is_again)
        (void)supervisor_say(&server->supervisor,
                             "STOPPING=1\nSTATUS=stopping");
}

/* What is still open when the loop ends would be a leak of the server's, and is
 * caught here. */
void server_run(struct server *server)
{
    uv_run(&server->loop, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&server->loop) == 0);
    if (server->is_again)
        supervisor_hand_on(&server->supervisor);
    supervisor_close(&server->supervisor);
}

/* ---- again ---- */

/* Bytes of all words of a command line. */
#define WORDS_SIZE_MAX (1u << 20)

/* The program's path: another file lies there after an update, and the kernel
 * calls the old one "PATH (deleted)". */
static int own_path(char path[PATH_MAX])
{
    static const char gone[] = " (deleted)";
    size_t size = PATH_MAX;

    if (uv_exepath(path, &size))
        return err_set(ERR_STATE, "this program's path is not to be had");
    if (size > sizeof(gone) - 1 &&
        !strcmp(path + size - (sizeof(gone) - 1), gone))
        path[size - (sizeof(gone) - 1)] = 0;
    if (access(path, X_OK))
        return err_set(ERR_STATE,
                       "there is no program at %s any more: end the node, and "
                       "start it from where it is now",
                       path);
    return 0;
}

int server_can_again(void)
{
    char path[PATH_MAX];

    return own_path(path);
}

void server_again(struct server *server)
{
    server->is_again = true;
    say(server, "RELOADING=1\nSTATUS=starting again");
}

int server_take_place(void)
{
    char path[PATH_MAX];
    struct buffer text = {0};
    int status = own_path(path);

    if (!status)
        status = file_read("/proc/self/cmdline", WORDS_SIZE_MAX, &text);
    if (status)
        return status;
    const char *from = (const char *)text.data;
    char **words = mem_zero(text.size + 1, sizeof(*words));

    for (size_t at = 0, count = 0; at < text.size; at += strlen(from + at) + 1)
        words[count++] = (char *)from + at;
    (void)setenv(SERVER_AGAIN_VARIABLE, "1", 1);
    door_hand_on();
    fflush(stdout);
    execv(path, words);
    status = err_errno("can't start %s again", path);
    free(words);
    buffer_free(&text);
    return status;
}

/* Beside this program in an installation; two folders on in a build tree, where
 * each program lies beside its sources. */
char *server_program_at(const char *name, const char *room)
{
    CHECK(name && *name);
    char self[PATH_MAX];
    size_t size = sizeof(self);
    char *path, *slash;

    CHECK(uv_exepath(self, &size) == 0);
    slash = strrchr(self, '/');
    CHECK(slash);
    *slash = 0;
    path = mem_format("%s/%s", self, name);
    if (access(path, X_OK) == 0)
        return path;
    free(path);
    return mem_format("%s/../%s/%s", self, room, name);
}

/* POND_WORKER counts first and for any name, because pond-worker is the only
 * one asked for. */
char *server_program(const char *name)
{
    const char *given = getenv("POND_WORKER");

    return given && *given ? mem_text(given)
                           : server_program_at(name, "runtime/worker");
}
