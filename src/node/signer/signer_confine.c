/*
 * The filter is so short that no other wall is needed behind it: without open,
 * socket, connect, clone, execve and ptrace there are no files, no network and
 * no other process. It is an allow-list, and what is not on it kills: a signer
 * that wants anything else is not one.
 */
#include "node/signer/signer_confine.h"

#include "base/check.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* No function of this program uses as much. */
#define STACK_BYTES (256u << 10)

/* Requests have some kilobytes. */
#define SPARE_BYTES (4u << 20)

bool signer_confine_begin(void)
{
    const struct rlimit none = {0, 0};

    return !setrlimit(RLIMIT_CORE, &none) &&
           !prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) &&
           !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
           !prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
}

/* close_range(2) is of Linux 5.9; before, one at a time. */
static void close_from(unsigned first)
{
    struct rlimit limit;

    if (!close_range(first, ~0u, 0))
        return;
    CHECK(!getrlimit(RLIMIT_NOFILE, &limit));
    for (unsigned i = first; i < limit.rlim_cur && i < 65536; i++)
        close((int)i);
}

void signer_confine_descriptors(int socket)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};

    for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
        CHECK(signal(ignored[i], SIG_IGN) != SIG_ERR);
    for (int i = 0; i < socket; i++)
        close(i);
    close_from((unsigned)socket + 1);
}

/* With room left, so that no later allocation fails for it. */
static bool lock_all(void)
{
    if (mlockall(MCL_CURRENT | MCL_FUTURE))
        return false;
    void *probe = mmap(NULL, SPARE_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (probe == MAP_FAILED) {
        munlockall();
        return false;
    }
    munmap(probe, SPARE_BYTES);
    return true;
}

/* The stack below here, which has to be there for it. */
static __attribute__((noinline)) bool lock_stack(void)
{
    volatile char room[STACK_BYTES];
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    for (size_t i = 0; i < sizeof(room); i += page)
        room[i] = 0;
    return !mlock((const void *)room, sizeof(room));
}

/* All there is, and later allocations, too; or else, as where systemd lets a
 * user lock 8 MiB, the keys, and the stack, where they are while something is
 * signed. */
bool signer_confine_memory(const void *keys, size_t size)
{
    return lock_all() || (!mlock(keys, size) && lock_stack());
}

/* The memory of malloc(), and of json-c, which reads the payloads; no page may
 * become executable. */
static bool add_memory(scmp_filter_ctx filter)
{
    static const int calls[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};
    static const int plain[] = {SCMP_SYS(brk), SCMP_SYS(munmap),
                                SCMP_SYS(mremap), SCMP_SYS(madvise)};

    for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 1,
                             SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)))
            return false;
    for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, plain[i], 0))
            return false;
    return true;
}

/* A connection that the node hands in is written to and closed; it is none that
 * this process could have opened. The descriptors below the node's are those
 * that were closed. */
static bool add_gifts(scmp_filter_ctx filter, int socket)
{
    static const int calls[] = {SCMP_SYS(sendto), SCMP_SYS(close)};

    for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
        if (seccomp_rule_add(
                filter, SCMP_ACT_ALLOW, calls[i], 1,
                SCMP_A0(SCMP_CMP_NE, (scmp_datum_t)(unsigned)socket)))
            return false;
    return !seccomp_rule_add(
        filter, SCMP_ACT_ALLOW, SCMP_SYS(recvmsg), 1,
        SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)(unsigned)socket));
}

/* Its one descriptor, and its end. munlock: libsodium's, when it frees. */
static bool add_rest(scmp_filter_ctx filter, int socket)
{
    static const int ends[] = {SCMP_SYS(exit_group), SCMP_SYS(exit),
                               SCMP_SYS(munlock), SCMP_SYS(restart_syscall),
                               SCMP_SYS(rt_sigreturn)};
    if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
                         SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)(unsigned)socket)))
        return false;
    for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, ends[i], 0))
            return false;
    return true;
}

bool signer_confine_calls(int socket)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    bool is_loaded = filter && add_memory(filter) && add_rest(filter, socket) &&
                     add_gifts(filter, socket) && !seccomp_load(filter);

    if (filter)
        seccomp_release(filter);
    return is_loaded;
}
