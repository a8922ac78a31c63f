#include "base/program.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

bool program_is(const char *path)
{
    struct stat found;

    return stat(path, &found) == 0 && S_ISREG(found.st_mode) &&
           access(path, X_OK) == 0;
}

char *program_find(const char *name, const char *path)
{
    for (const char *at = path ? path : ""; *at;) {
        size_t size = strcspn(at, ":");
        char *file = mem_format("%.*s/%s", (int)size, at, name);

        if (size > 0 && program_is(file))
            return file;
        free(file);
        at += size + (at[size] == ':');
    }
    return NULL;
}

static int start(const struct program_run *run, int output, pid_t *out)
{
    posix_spawn_file_actions_t actions;
    const char *name = run->words[0];

    CHECK(!posix_spawn_file_actions_init(&actions));
    CHECK(!posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                            O_RDONLY, 0));
    CHECK(!posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO));
    CHECK(!posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO));
    if (run->folder)
        CHECK(!posix_spawn_file_actions_addchdir_np(&actions, run->folder));
    errno = posix_spawnp(out, name, &actions, NULL, (char *const *)run->words,
                         environ);
    posix_spawn_file_actions_destroy(&actions);
    if (errno == ENOENT)
        return err_set(ERR_NOT_FOUND, "there is no %s on this machine", name);
    return errno ? err_errno("can't start %s", name) : 0;
}

/* Read to the end in any case: a program whose pipe is full does not end. */
static int listen_to(int output, const struct program_run *run,
                     struct buffer *said)
{
    size_t end = said->size + run->said_max;
    char piece[4096];

    for (;;) {
        ssize_t size = read(output, piece, sizeof(piece));

        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return err_errno("reading what %s says", run->words[0]);
        if (!size)
            return 0;
        size_t room = end - said->size;
        buffer_append(said, piece, (size_t)size < room ? (size_t)size : room);
    }
}

static int wait_for(pid_t process, const char *name, bool *has_succeeded)
{
    int state;

    while (waitpid(process, &state, 0) < 0)
        if (errno != EINTR)
            return err_errno("waiting for %s", name);
    *has_succeeded = WIFEXITED(state) && WEXITSTATUS(state) == 0;
    return 0;
}

int program_run(const struct program_run *run, struct buffer *said,
                bool *has_succeeded)
{
    int ends[2];
    pid_t process;

    if (pipe2(ends, O_CLOEXEC))
        return err_errno("a pipe");
    int status = start(run, ends[1], &process);
    close(ends[1]);
    if (!status) {
        status = listen_to(ends[0], run, said);
        int ended = wait_for(process, run->words[0], has_succeeded);
        if (!status)
            status = ended;
    }
    close(ends[0]);
    return status;
}
