#include "node/page/own_command_spawn.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel's name of the file that this process runs, even if another was put
 * into its place since. */
#define THIS_PROGRAM "/proc/self/exe"

#define ENVIRONMENT_MAX 64
#define WORDS_MAX 64

static bool is_passed_on(const char *variable)
{
    static const char *const names[] = {"PATH=",        "HOME=", "USER=",
                                        "LOGNAME=",     "LANG=", "LC_",
                                        "TMPDIR=",      "TZ=",   "XDG_",
                                        "POND_WORKER=", "ASAN_", "UBSAN_",
                                        "TSAN_",        NULL};

    for (const char *const *name = names; *name; name++)
        if (!strncmp(variable, *name, strlen(*name)))
            return true;
    return false;
}

/* The texts are shared with this process. */
static void make_environment(char *parent, char *endpoint,
                             char *out[ENVIRONMENT_MAX])
{
    size_t count = 0;

    for (char **at = environ; *at && count < ENVIRONMENT_MAX - 3; at++)
        if (is_passed_on(*at))
            out[count++] = *at;
    out[count++] = parent;
    if (endpoint)
        out[count++] = endpoint;
    out[count] = NULL;
}

/* The other end is the command's, and is closed here. */
static int open_stream(uv_pipe_t *stream, int *other)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
        return err_errno("can't make a socket for a command");
    CHECK(!uv_pipe_open(stream, ends[0]));
    *other = ends[1];
    return 0;
}

static int spawn(const struct own_command_order *order, const int streams[3],
                 struct program_group *out)
{
    const char *words[WORDS_MAX + 4] = {"pond"};
    char *environment[ENVIRONMENT_MAX];
    char parent[48];
    size_t count = 1;

    for (const char *const *word = order->words; *word; word++) {
        CHECK(count <= WORDS_MAX);
        words[count++] = *word;
    }
    words[count++] = "--json";
    words[count++] = "--progress";
    snprintf(parent, sizeof(parent), "POND_PARENT=%ld", (long)getpid());
    char *endpoint =
        order->endpoint ? mem_format("POND_RPC=%s", order->endpoint) : NULL;
    make_environment(parent, endpoint, environment);
    const struct program_group_start start = {
        .file = THIS_PROGRAM,
        .words = words,
        .environment = (const char *const *)environment,
        .folder = order->folder,
        .streams = {streams[0], streams[1], streams[2]},
    };
    int status = program_group_start(&start, out);

    free(endpoint);
    return status ? err_add(status, "%s", order->words[0]) : 0;
}

int own_command_spawn(const struct own_command_order *order,
                      uv_pipe_t *const streams[3], struct program_group *out)
{
    int others[3], count = 0, status = 0;

    while (!status && count < 3) {
        status = open_stream(streams[count], &others[count]);
        if (!status)
            count++;
    }
    if (!status)
        status = spawn(order, others, out);
    while (count)
        close(others[--count]);
    return status;
}
