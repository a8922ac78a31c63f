/*
 * Behind the sandbox, what a worker that was taken over would try fails. Each
 * attempt is a process of its own that closes the sandbox and tries.
 */
#include "runtime/sandbox/sandbox.h"
#include "runtime/sandbox/sandbox_filter.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/pond-sandbox-XXXXXX";

/* The child's exit codes. */
#define DENIED 10
#define ALLOWED 11
#define NO_SANDBOX 12

/* Walls that the next attempts do without. */
static unsigned without;

/* Returns 0 if it was let do it, else -1 with errno. */
typedef int (*attempt)(void);

/* The sandbox is taken in steps, and a thread that was there before the last
 * of them makes the attempt. */
static bool in_steps;

struct thread {
    const struct sandbox *sandbox;
    attempt try_it;
    sem_t is_confined, is_known;
};

static void *live(void *user)
{
    struct thread *thread = user;
    struct confinement report = {0};
    sandbox_confine_thread(thread->sandbox, "/tmp", &report);
    if (!report.no_new_privileges || !report.capabilities_dropped)
        _exit(NO_SANDBOX);
    sem_post(&thread->is_confined);
    sem_wait(&thread->is_known);
    _exit(thread->try_it() ? DENIED : ALLOWED);
}

static void go_in_steps(const struct sandbox *sandbox, attempt try_it)
{
    struct thread thread = {.sandbox = sandbox, .try_it = try_it};
    struct confinement report;
    pthread_t id;
    sem_init(&thread.is_confined, 0, 0);
    sem_init(&thread.is_known, 0, 0);
    if (sandbox_prepare(sandbox, "/tmp", &report) ||
        pthread_create(&id, NULL, live, &thread))
        _exit(NO_SANDBOX);
    sem_wait(&thread.is_confined);
    if (sandbox_finish(sandbox, "/tmp", &report) || !report.seccomp)
        _exit(NO_SANDBOX);
    sem_post(&thread.is_known);
    for (;;)
        pause();
}

static int run(attempt try_it)
{
    const struct sandbox_path paths[] = {
        {.path = folder, .access = SANDBOX_WRITE}};
    struct sandbox options = {.paths = paths,
                              .path_count = 1,
                              .calls = SANDBOX_CALLS_WORKER,
                              .file_bytes = 4096,
                              .open_files = 16,
                              .without = without};
    struct confinement report;
    int status;
    pid_t child = fork();
    if (!child) {
        if (in_steps)
            go_in_steps(&options, try_it);
        sandbox_apply(&options, &report);
        if (!report.seccomp || !report.no_new_privileges)
            _exit(NO_SANDBOX);
        _exit(try_it() ? DENIED : ALLOWED);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

/* In a child, because it can't be undone. */
static bool has_own_root(void)
{
    struct sandbox options = {.calls = SANDBOX_CALLS_WORKER};
    struct confinement report = {0};
    int status;
    pid_t child = fork();
    if (!child) {
        sandbox_isolate(&options, false, &report);
        _exit(report.own_root ? ALLOWED : DENIED);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == ALLOWED;
}

static void expect_denied(attempt try_it)
{
    int status = run(try_it);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), DENIED);
}

static void expect_allowed(attempt try_it)
{
    int status = run(try_it);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), ALLOWED);
}

static void expect_killed(attempt try_it)
{
    int status = run(try_it);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSYS);
}

static int open_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0) < 0 ? -1 : 0;
}

static int open_unix_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? -1 : 0;
}

static int start_program(void)
{
    return execl("/bin/true", "true", NULL);
}

static int make_process(void)
{
    pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (!child)
        _exit(0);
    return child < 0 ? -1 : 0;
}

static int trace_parent(void)
{
    return (int)ptrace(PTRACE_ATTACH, getppid(), 0, 0);
}

static int signal_parent(void)
{
    return kill(getppid(), SIGCONT);
}

static int signal_parent_thread(void)
{
    return (int)syscall(SYS_tgkill, getppid(), getppid(), SIGCONT);
}

static int read_passwd(void)
{
    return open("/etc/passwd", O_RDONLY) < 0 ? -1 : 0;
}

static int list_root(void)
{
    return open("/", O_RDONLY | O_DIRECTORY) < 0 ? -1 : 0;
}

static int write_outside(void)
{
    return open("/tmp/pond-sandbox-leak", O_WRONLY | O_CREAT, 0600) < 0 ? -1
                                                                        : 0;
}

static int in_folder(const char *name, int flags)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return open(path, flags, 0600);
}

static int write_inside(void)
{
    int fd = in_folder("file", O_RDWR | O_CREAT);
    return fd >= 0 && write(fd, "x", 1) == 1 ? 0 : -1;
}

static int write_beyond_size(void)
{
    char block[4096] = {0};
    int fd = in_folder("large", O_RDWR | O_CREAT);
    if (fd < 0 || write(fd, block, sizeof(block)) != sizeof(block))
        return 0;
    return write(fd, "x", 1) == 1 ? 0 : -1;
}

static int open_many(void)
{
    for (int i = 0; i < 32; i++)
        if (in_folder("file", O_RDWR | O_CREAT) < 0)
            return -1;
    return 0;
}

static int follow_link_outside(void)
{
    /* Made before by the test. */
    return in_folder("link", O_RDONLY) < 0 ? -1 : 0;
}

static int raise_limit(void)
{
    struct rlimit limit = {.rlim_cur = 1u << 30, .rlim_max = 1u << 30};
    return setrlimit(RLIMIT_FSIZE, &limit);
}

static int become_root_again(void)
{
    return setuid(0) || seteuid(0) ? -1 : 0;
}

static int make_namespace(void)
{
    return (int)syscall(SYS_unshare, 0x10000000 /* CLONE_NEWUSER */);
}

static void *nothing(void *user)
{
    return user;
}

static int start_thread(void)
{
    pthread_t thread;
    return pthread_create(&thread, NULL, nothing, NULL) ||
                   pthread_join(thread, NULL)
               ? -1
               : 0;
}

static int make_code(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? -1 : 0;
}

static void test_no_network(void **state)
{
    expect_killed(open_socket);
    expect_killed(open_unix_socket);
}

static void test_no_other_programs_or_processes(void **state)
{
    expect_killed(start_program);
    expect_killed(make_process);
    expect_killed(trace_parent);
    expect_killed(signal_parent);
    expect_killed(signal_parent_thread);
}

/* A number of a system call and its arguments, as an attacker makes it. */
struct raw_call {
    long number;
    long arguments[4];
};

static const struct raw_call *raw;

static int make_raw_call(void)
{
    const long *given = raw->arguments;
    long result =
        syscall(raw->number, given[0], given[1], given[2], given[3], NULL, 0);
    return result < 0 ? -1 : 0;
}

/* The call works without the sandbox, so the filter is what refuses it. */
static void expect_works_outside(void)
{
    int status;
    pid_t child = fork();
    if (!child)
        _exit(make_raw_call() ? DENIED : ALLOWED);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), ALLOWED);
}

static void test_no_signals_by_the_owner_of_a_descriptor(void **state)
{
    const struct raw_call calls[] = {
        {SYS_fcntl, {0, F_SETOWN, getpid()}},
        {SYS_fcntl, {0, F_SETSIG, SIGKILL}},
        {SYS_fcntl, {0, F_SETOWN_EX, (long)"\0\0\0\0\0\0\0\0"}},
        {SYS_rt_sigqueueinfo, {getpid(), SIGCONT, 0}},
        {SYS_tkill, {getpid(), SIGCONT}},
        {SYS_pidfd_open, {getpid(), 0}},
    };
    for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
        raw = &calls[i];
        expect_killed(make_raw_call);
    }
}

/* What each would do, did the filter not look at the argument: nothing bad
 * here, but all of it succeeds. */
static void test_dangerous_arguments_of_needed_calls_are_refused(void **state)
{
    static uint64_t word;
    int pair[2], ends[2];
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct iovec part = {"x", 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    const struct raw_call calls[] = {
        {SYS_fcntl, {pair[0], F_SETFL, O_ASYNC}},
        {SYS_fcntl, {pair[0], F_GETOWN}},
        {SYS_fcntl, {pair[0], F_DUPFD, 5}},
        {SYS_fcntl, {ends[0], F_SETPIPE_SZ, 4096}},
        {SYS_ioctl, {pair[0], FIOASYNC, (long)&word}},
        {SYS_ioctl, {pair[0], FIONREAD, (long)&word}},
        {SYS_prctl, {PR_SET_DUMPABLE, 1}},
        {SYS_prctl, {PR_SET_PDEATHSIG, 0}},
        {SYS_futex, {(long)&word, FUTEX_LOCK_PI, 0, 0}},
        {SYS_futex, {(long)&word, FUTEX_TRYLOCK_PI_PRIVATE, 0, 0}},
        {SYS_madvise, {(long)page, 4096, MADV_REMOVE}},
        {SYS_madvise, {(long)page, 4096, MADV_POPULATE_READ}},
        {SYS_membarrier, {MEMBARRIER_CMD_GLOBAL, 0}},
        {SYS_pipe2, {(long)&word, O_DIRECT}},
        {SYS_sendto, {pair[0], (long)"x", 1, MSG_OOB}},
        {SYS_sendmsg, {pair[0], (long)&message, 0}},
        {SYS_prlimit64, {getpid(), RLIMIT_NOFILE, 0, (long)&word}},
        {SYS_clock_gettime, {(~(long)getpid() * 8) | 2, (long)&word}},
        {SYS_flock, {pair[0], 2}},
    };
    for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
        raw = &calls[i];
        print_message("# call %ld, arguments %lx %lx\n", raw->number,
                      raw->arguments[0], raw->arguments[1]);
        expect_works_outside();
        expect_denied(make_raw_call);
    }
    close(ends[0]);
    close(ends[1]);
    close(pair[0]);
    close(pair[1]);
    munmap(page, 4096);
}

static void test_needed_arguments_are_let_through(void **state)
{
    static uint64_t word;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    const struct raw_call calls[] = {
        {SYS_fcntl, {pair[0], F_GETFL}},
        {SYS_fcntl, {pair[0], F_SETFL, O_NONBLOCK}},
        {SYS_fcntl, {pair[0], F_SETFD, FD_CLOEXEC}},
        {SYS_fcntl, {pair[0], F_DUPFD_CLOEXEC, 5}},
        {SYS_ioctl, {pair[0], FIONBIO, (long)&word}},
        {SYS_futex, {(long)&word, FUTEX_WAKE_PRIVATE, 1}},
        {SYS_membarrier, {MEMBARRIER_CMD_QUERY, 0}},
        {SYS_pipe2, {(long)&word, O_CLOEXEC | O_NONBLOCK}},
        {SYS_sendto, {pair[0], (long)"x", 1, MSG_NOSIGNAL}},
        {SYS_clock_gettime, {CLOCK_THREAD_CPUTIME_ID, (long)pair}},
        {SYS_prctl, {PR_SET_NAME, (long)"name"}},
    };
    for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
        raw = &calls[i];
        print_message("# call %ld, arguments %lx %lx\n", raw->number,
                      raw->arguments[0], raw->arguments[1]);
        expect_allowed(make_raw_call);
    }
    close(pair[0]);
    close(pair[1]);
}

/* Without a cgroup nobody would count it. */
static bool may_make_uncounted_memory(bool is_counted)
{
    int status;
    pid_t child = fork();
    if (!child) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
            !sandbox_filter_load_for_program(is_counted))
            _exit(NO_SANDBOX);
        bool is_denied = memfd_create("memory", MFD_CLOEXEC) < 0 &&
                         shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600) < 0;
        _exit(is_denied ? DENIED : ALLOWED);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) != NO_SANDBOX);
    return WEXITSTATUS(status) == ALLOWED;
}

static void test_memory_without_a_process_needs_a_group(void **state)
{
    assert_false(may_make_uncounted_memory(false));
    assert_true(may_make_uncounted_memory(true));
}

static void test_no_files_outside_the_folder(void **state)
{
    char link_path[128];
    snprintf(link_path, sizeof(link_path), "%s/link", folder);
    assert_int_equal(symlink("/etc/passwd", link_path), 0);
    if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 1) {
        print_message("# this kernel has no Landlock\n");
    } else if (!in_steps) {
        without = SANDBOX_NO_NAMESPACES;
        expect_denied(read_passwd);
        expect_denied(list_root);
        expect_denied(write_outside);
        expect_denied(follow_link_outside);
    }
    if (!has_own_root()) {
        print_message("# this machine gives no mount namespace\n");
    } else {
        without = SANDBOX_NO_LANDLOCK;
        expect_denied(read_passwd);
        expect_denied(write_outside);
        expect_denied(follow_link_outside);
    }
    without = 0;
    assert_int_equal(unlink(link_path), 0);
}

static void test_limits_hold_and_can_not_be_raised(void **state)
{
    expect_denied(write_beyond_size);
    expect_denied(open_many);
    expect_denied(raise_limit);
}

static void test_no_privileges_come_back(void **state)
{
    expect_denied(become_root_again);
    expect_killed(make_namespace);
}

static void test_what_the_engine_needs_is_there(void **state)
{
    expect_allowed(write_inside);
    expect_allowed(start_thread);
    expect_allowed(make_code);
}

static int make_folder(void **state)
{
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[160];
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

static int read_machine(void)
{
    int fd = open("/.machine/etc/passwd", O_RDONLY);
    if (fd >= 0)
        return 0;
    fd = open("/.machine", O_RDONLY | O_DIRECTORY);
    return fd < 0 ? -1 : 0;
}

static int mount_machine(void)
{
    return mount("/.machine", "/tmp", NULL, MS_BIND, NULL);
}

/* It is kept for the last step, and for the thread that takes that. */
static void test_other_threads_do_not_reach_the_machine_s_tree(void **state)
{
    static const attempt attempts[] = {read_machine, mount_machine};
    static const struct sandbox options = {
        .calls = SANDBOX_CALLS_WORKER, .file_bytes = 4096, .open_files = 16};
    if (!has_own_root() ||
        syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 1) {
        print_message("# this machine takes nothing in steps\n");
        return;
    }
    for (size_t i = 0; i < sizeof(attempts) / sizeof(*attempts); i++) {
        int status;
        pid_t child = fork();
        if (!child) {
            struct thread thread = {.sandbox = &options, .try_it = attempts[i]};
            struct confinement report;
            pthread_t id;
            sem_init(&thread.is_confined, 0, 0);
            sem_init(&thread.is_known, 0, 1); /* at once */
            if (sandbox_prepare(&options, "/tmp", &report) ||
                access("/.machine/etc/passwd", R_OK) ||
                pthread_create(&id, NULL, live, &thread))
                _exit(NO_SANDBOX);
            for (;;)
                pause();
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), DENIED);
    }
}

/* Where there are no namespaces nothing is taken in steps: the same again. */
static int begin_steps(void **state)
{
    in_steps = has_own_root();
    return 0;
}

static int end_steps(void **state)
{
    in_steps = false;
    return 0;
}

#define IN_STEPS(test)                                                         \
    {                                                                          \
#test "_in_steps", test, begin_steps, end_steps, NULL                  \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_network),
        cmocka_unit_test(test_no_other_programs_or_processes),
        cmocka_unit_test(test_no_signals_by_the_owner_of_a_descriptor),
        cmocka_unit_test(test_dangerous_arguments_of_needed_calls_are_refused),
        cmocka_unit_test(test_needed_arguments_are_let_through),
        cmocka_unit_test(test_memory_without_a_process_needs_a_group),
        cmocka_unit_test(test_no_files_outside_the_folder),
        cmocka_unit_test(test_limits_hold_and_can_not_be_raised),
        cmocka_unit_test(test_no_privileges_come_back),
        cmocka_unit_test(test_what_the_engine_needs_is_there),
        cmocka_unit_test(test_other_threads_do_not_reach_the_machine_s_tree),
        IN_STEPS(test_no_network),
        IN_STEPS(test_no_other_programs_or_processes),
        IN_STEPS(test_no_signals_by_the_owner_of_a_descriptor),
        IN_STEPS(test_dangerous_arguments_of_needed_calls_are_refused),
        IN_STEPS(test_needed_arguments_are_let_through),
        IN_STEPS(test_no_files_outside_the_folder),
        IN_STEPS(test_limits_hold_and_can_not_be_raised),
        IN_STEPS(test_no_privileges_come_back),
        IN_STEPS(test_what_the_engine_needs_is_there),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
