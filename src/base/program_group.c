#include "base/program_group.h"

#include "base/check.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What this process ignores or blocks is no concern of the program's. */
static void make_attributes(posix_spawnattr_t *out)
{
    sigset_t all, none;

    CHECK(!sigfillset(&all) && !sigemptyset(&none));
    CHECK(!posix_spawnattr_init(out));
    CHECK(!posix_spawnattr_setflags(out, POSIX_SPAWN_SETSID |
                                             POSIX_SPAWN_SETSIGDEF |
                                             POSIX_SPAWN_SETSIGMASK));
    CHECK(!posix_spawnattr_setsigdefault(out, &all));
    CHECK(!posix_spawnattr_setsigmask(out, &none));
}

static int spawn(const struct program_group_start *start, const int streams[3],
                 pid_t *out)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;

    make_attributes(&attributes);
    CHECK(!posix_spawn_file_actions_init(&actions));
    for (int i = 0; i < 3; i++)
        CHECK(!posix_spawn_file_actions_adddup2(&actions, streams[i], i));
    if (start->folder)
        CHECK(!posix_spawn_file_actions_addchdir_np(&actions, start->folder));
    errno = posix_spawn(out, start->file, &actions, &attributes,
                        (char *const *)(uintptr_t)start->words,
                        (char *const *)(uintptr_t)start->environment);
    int status = errno ? err_errno("can't start %s", start->words[0]) : 0;

    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return status;
}

/* The streams are copied to numbers at which none is in another's place: this
 * process may have been started without standard ones. */
int program_group_start(const struct program_group_start *start,
                        struct program_group *out)
{
    int streams[3], count = 0, status = 0;
    pid_t leader;

    out->leader = 0;
    while (!status && count < 3) {
        streams[count] =
            fcntl(start->streams[count], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        if (streams[count] < 0)
            status = err_errno("can't start %s", start->words[0]);
        else
            count++;
    }
    if (!status)
        status = spawn(start, streams, &leader);
    if (!status)
        out->leader = leader;
    while (count)
        close(streams[--count]);
    return status;
}

void program_group_signal(const struct program_group *group, int number)
{
    if (group->leader)
        (void)kill(-group->leader, number);
}

/* A leader that has ended stands in the list of processes until it is waited
 * for, and its number with it. */
bool program_group_end(struct program_group *group, int *code, int *number)
{
    siginfo_t ended = {0};

    if (!group->leader)
        return false;
    CHECK(!waitid(P_PID, (id_t)group->leader, &ended,
                  WEXITED | WNOHANG | WNOWAIT));
    if (!ended.si_pid)
        return false;
    program_group_signal(group, SIGKILL);
    CHECK(waitpid(group->leader, NULL, 0) == group->leader);
    group->leader = 0;
    *code = ended.si_code == CLD_EXITED ? ended.si_status : 0;
    *number = ended.si_code == CLD_EXITED ? 0 : ended.si_status;
    return true;
}
