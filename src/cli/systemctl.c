#include "cli/systemctl.h"

#include "base/check.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The longest call has 5 words of ours. */
#define WORDS_MAX 16
/* Bytes. What it prints more than this is passed over. */
#define PRINTED_MAX 65536

bool systemctl_is_there(void)
{
    struct stat found;

    return !lstat("/run/systemd/system", &found) && S_ISDIR(found.st_mode);
}

static int start(const char *const *words, int write_end, pid_t *out)
{
    posix_spawn_file_actions_t actions;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                     O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, write_end, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, write_end, STDERR_FILENO);
    int error = posix_spawnp(out, words[0], &actions, NULL,
                             (char *const *)words, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error == ENOENT)
        return err_set(ERR_NOT_FOUND, "there is no systemctl on this machine");
    return error ? err_set(ERR_IO, "systemctl: %s", strerror(error)) : 0;
}

static void read_all(int end, struct buffer *out)
{
    char piece[4096];
    ssize_t size;

    while ((size = read(end, piece, sizeof(piece))) > 0 ||
           (size < 0 && errno == EINTR)) {
        if (size > 0 && out->size + (size_t)size <= PRINTED_MAX)
            buffer_append(out, piece, (size_t)size);
    }
}

int systemctl(bool is_user, const char *const *words, struct buffer *out)
{
    const char *all[WORDS_MAX] = {"systemctl"};
    struct buffer printed = {0};
    size_t count = 1;
    int ends[2], result = 0;
    pid_t process;

    if (is_user)
        all[count++] = "--user";
    for (; *words; words++) {
        CHECK(count + 1 < WORDS_MAX);
        all[count++] = *words;
    }
    if (pipe2(ends, O_CLOEXEC))
        return err_errno("a pipe");
    int status = start(all, ends[1], &process);
    close(ends[1]);
    if (!status) {
        read_all(ends[0], &printed);
        while (waitpid(process, &result, 0) < 0 && errno == EINTR)
            ;
        if (!WIFEXITED(result) || WEXITSTATUS(result))
            status = err_set(ERR_REMOTE, "systemctl %s: %.600s", all[count - 1],
                             printed.size ? buffer_string(&printed) : "failed");
        else if (out)
            buffer_bytes(out, buffer_view(&printed));
    }
    close(ends[0]);
    buffer_free(&printed);
    return status;
}
