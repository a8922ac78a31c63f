/*
 * pond page: opens the node's page in the browser of whoever is at this
 * machine.
 *
 * The node makes a link that works once, within ten minutes. Whoever opens it
 * controls the node, so it goes to the desktop's own opener (xdg-open) and is
 * printed only where it is asked for, or where nothing can be opened.
 *
 * --sessions lists the browsers that are connected; --forget ends one or all.
 *
 * Status 3 where no node runs with the folder, 4 where it does not answer.
 */
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/program.h"
#include "cli/commands.h"
#include "cli/node_face.h"
#include "page/page_assets.h"

#include <fcntl.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct page_values {
    bool url, sessions;
    const char *forget;
};

#define VALUE(member) offsetof(struct page_values, member)

static const struct option page_options[] = {
    {"url", 0, OPTION_FLAG, VALUE(url), NULL,
     "print the link and nothing else; it works once, within ten minutes", 0,
     0},
    {"sessions", 0, OPTION_FLAG, VALUE(sessions), NULL,
     "list the browsers that are connected", 0, 0},
    {"forget", 0, OPTION_TEXT, VALUE(forget), "ID",
     "disconnect a browser; all: every one, and links that were not used", 0,
     0},
    {0},
};

/* ---- the browser ---- */

/* A browser that is started by it may run as long as it likes, and the opener
 * with it; one that fails does so at once. */
#define OPENER_MS 2000
#define LOOK_MS 20

static bool has_desktop(void)
{
    const char *x11 = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");

    return (x11 && *x11) || (wayland && *wayland);
}

/* Ended without success? */
static bool has_failed(pid_t opener)
{
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
    int how;

    for (unsigned waited = 0; waited < OPENER_MS; waited += LOOK_MS) {
        if (waitpid(opener, &how, WNOHANG) == opener)
            return !WIFEXITED(how) || WEXITSTATUS(how);
        nanosleep(&pause, NULL);
    }
    return false;
}

/* In a session of its own, so that Ctrl-C here does not end a browser. */
static bool open_url(const char *url)
{
    char *opener =
        has_desktop() ? program_find("xdg-open", getenv("PATH")) : NULL;
    char *words[] = {opener, (char *)(uintptr_t)url, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    pid_t pid;

    if (!opener)
        return false;
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&how);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSID);
    for (int i = 0; i <= STDERR_FILENO; i++)
        posix_spawn_file_actions_addopen(&files, i, "/dev/null", O_RDWR, 0);
    bool is_started = !posix_spawn(&pid, opener, &files, &how, words, environ);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    free(opener);
    return is_started && !has_failed(pid);
}

/* ---- the command ---- */

static void print_link(struct cli *cli, struct json_object *link)
{
    struct output *output = &cli->output;

    if (!output->json) {
        printf("%s\n", node_face_text(link, "url"));
        fflush(stdout);
        return;
    }
    output_text(output, "url", node_face_text(link, "url"));
    output_u64(output, "expires", node_face_u64(link, "expires"));
    output_record(output);
    output_print(output);
}

/* The address is shown without its code. */
static void say_opened(struct cli *cli, const char *url)
{
    cli_say(cli, "opened %.*s in the browser", (int)strcspn(url, "#"), url);
}

static int open_page(struct cli *cli, bool is_url_wanted)
{
    struct json_object *link = NULL;
    const char *url;

    /* The node is of the same build. */
    if (!*page_build)
        return err_set(ERR_UNSUPPORTED, "this Pond was built without its page "
                                        "(-Dpage=disabled)");
    int status = node_face_ask_json(cli, "/api/1/links", "{}", &link);

    if (!status)
        status = json_get_text(link, "url", &url);
    if (!status && (is_url_wanted || cli->output.json)) {
        print_link(cli, link);
    } else if (!status && open_url(url)) {
        say_opened(cli, url);
    } else if (!status) {
        cli_say(cli, "no browser can be opened from here; this link works "
                     "once, within ten minutes:");
        print_link(cli, link);
    }
    json_object_put(link);
    return status;
}

static const char *time_of(struct json_object *session, const char *name,
                           char out[CLOCK_TEXT_SIZE])
{
    return clock_text(node_face_u64(session, name), out);
}

static int print_sessions(struct cli *cli, struct json_object *list)
{
    struct output *output = &cli->output;
    char made[CLOCK_TEXT_SIZE], used[CLOCK_TEXT_SIZE];

    output_list(output, "no browser is connected");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *one = json_object_array_get_idx(list, i);

        output_text(output, "id", node_face_text(one, "id"));
        output_text(output, "connected", time_of(one, "made", made));
        output_text(output, "used", time_of(one, "used", used));
        output_text(output, "browser", node_face_text(one, "agent"));
        output_record(output);
    }
    output_print(output);
    return 0;
}

/* An id is a number; what is none must not become part of a path. */
static int forget(struct cli *cli, const char *which)
{
    bool is_all = !strcmp(which, "all");
    struct buffer answer = {0};
    uint64_t id;

    if (!is_all && options_number(which, &id) < 0)
        return err_set(ERR_INVALID,
                       "--forget takes an id of `pond page --sessions`, or "
                       "all, not '%s'",
                       which);
    char *path = is_all ? mem_text("/api/1/sessions")
                        : mem_format("/api/1/sessions/%s", which);
    int status = node_face_send(cli, "DELETE", path, NULL, &answer);

    free(path);
    buffer_free(&answer);
    if (status)
        return status;
    output_text(&cli->output, "forgotten", which);
    output_record(&cli->output);
    output_print(&cli->output);
    return 0;
}

static int run(struct cli *cli, const void *values)
{
    const struct page_values *given = values;

    if (given->url + given->sessions + (given->forget != NULL) > 1)
        return err_set(ERR_INVALID,
                       "--url, --sessions and --forget exclude each other");
    if (given->sessions)
        return node_face_list(cli, "/api/1/sessions", "items", print_sessions);
    return given->forget ? forget(cli, given->forget)
                         : open_page(cli, given->url);
}

const struct command command_page = {
    .name = "page",
    .arguments = "",
    .summary = "open the node's page in the browser",
    .details =
        "The page controls the node that runs here. It is opened by a "
        "link that works once, within ten minutes, and connects this "
        "browser until it is disconnected: after thirty days, or seven "
        "without use, by itself. From another machine: `ssh -L "
        "30019:127.0.0.1:30019 HOST`, and there `ssh HOST pond page --url`.",
    .options = page_options,
    .values_size = sizeof(struct page_values),
    .uses = COMMAND_NODE,
    .run = run,
};
