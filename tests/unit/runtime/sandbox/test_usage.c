/*
 * What processes and folders take is counted, with what tries to hide.
 */
#include "base/error.h"
#include "base/file.h"
#include "runtime/sandbox/sandbox_group.h"
#include "runtime/sandbox/sandbox_usage.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define MB (1u << 20)

static struct sandbox_usage usage;

/* A child with a grandchild; the grandchild holds memory, and says so. */
static pid_t start_tree(size_t bytes)
{
    int ends[2];
    char byte;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (!child && !fork()) {
        void *memory = malloc(bytes);
        memset(memory, 1, bytes);
        (void)!write(ends[1], memory, 1);
        for (;;)
            pause();
    }
    if (!child)
        for (;;)
            pause();
    assert_int_equal(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    close(ends[1]);
    return child;
}

static void end_tree(pid_t child)
{
    sandbox_usage_of_processes(child, &usage);
    for (size_t i = 0; i < usage.process_count; i++)
        kill(usage.processes[i], SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void test_descendants_count(void **state)
{
    pid_t child = start_tree(32 * MB);
    sandbox_usage_of_processes(child, &usage);
    assert_int_equal(usage.process_count, 2);
    assert_int_equal(usage.processes[0], child);
    assert_int_equal(usage.threads, 2);
    assert_true(usage.memory_bytes >= 32 * MB);
    end_tree(child);
}

static void test_a_process_that_is_gone_takes_nothing(void **state)
{
    pid_t child = start_tree(1);
    end_tree(child);
    sandbox_usage_of_processes(child, &usage);
    assert_int_equal(usage.memory_bytes, 0);
    assert_int_equal(usage.threads, 0);
}

static void test_processor_time_counts(void **state)
{
    pid_t child = fork();
    if (!child)
        for (;;)
            ;
    /* As long as the machine is too busy. */
    do
        sandbox_usage_of_processes(child, &usage);
    while (usage.cpu_ms < 30);
    end_tree(child);
}

static char folder[] = "/tmp/pond-usage-XXXXXX";

static int fill(const char *name, size_t bytes)
{
    char path[128];
    static const char block[MB] = {1};
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    for (size_t i = 0; i < bytes; i += MB)
        assert_int_equal(write(fd, block, MB), MB);
    return fd;
}

static void test_a_folder_is_counted_to_its_limits(void **state)
{
    uint64_t bytes, entries;
    char path[128];
    close(fill("a", 2 * MB));
    snprintf(path, sizeof(path), "%s/below", folder);
    assert_int_equal(file_make_folder(path, 0700), 0);
    close(fill("below/b", MB));
    /* Links lead nowhere, and a large file elsewhere counts nothing. */
    snprintf(path, sizeof(path), "%s/link", folder);
    assert_int_equal(symlink("/usr", path), 0);
    sandbox_usage_of_folder(folder, 100 * MB, 1000, &bytes, &entries);
    assert_in_range(bytes, 3 * MB, 3 * MB + 65536);
    assert_int_equal(entries, 5);
    sandbox_usage_of_folder(folder, MB, 1000, &bytes, &entries);
    assert_true(bytes > MB);
    sandbox_usage_of_folder(folder, 100 * MB, 2, &bytes, &entries);
    assert_int_equal(entries, 3);
    sandbox_usage_of_folder("/no/such/folder", MB, 10, &bytes, &entries);
    assert_int_equal(bytes, 0);
}

static void test_files_without_a_name_count(void **state)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/open", folder);
    int fd = fill("open", 2 * MB);
    assert_int_equal(unlink(path), 0);
    sandbox_usage_of_processes(getpid(), &usage);
    assert_in_range(sandbox_usage_of_nameless(&usage, folder), 2 * MB,
                    2 * MB + 65536);
    /* Open and mapped is the same file. */
    void *mapped = mmap(NULL, 2 * MB, PROT_READ, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(mapped, MAP_FAILED);
    assert_in_range(sandbox_usage_of_nameless(&usage, folder), 2 * MB,
                    2 * MB + 65536);
    close(fd);
    assert_int_equal(sandbox_usage_of_nameless(&usage, folder), 2 * MB);
    munmap(mapped, 2 * MB);
    assert_int_equal(sandbox_usage_of_nameless(&usage, folder), 0);
}

/* In a child, which the group is then empty of. */
static void test_a_group_limits_what_is_in_it(void **state)
{
    static struct sandbox_group group;
    int status, ends[2];
    char byte;
    sandbox_group_make(
        &(struct sandbox_group_limits){.memory_bytes = 64 * MB, .processes = 4},
        &group);
    if (!group.memory || !group.processes) {
        sandbox_group_remove(&group);
        print_message("# skipped: no cgroup can be made here\n");
        skip();
    }
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (!child) {
        close(ends[1]);
        if (read(ends[0], &byte, 1) != 1)
            _exit(1);
        for (int i = 0; i < 10; i++) {
            pid_t one = fork();
            if (!one)
                for (;;)
                    pause();
            /* It and three more are four. */
            if (one < 0) {
                kill(0, SIGCONT);
                _exit(errno == EAGAIN && i == 3 ? 0 : 2);
            }
        }
        _exit(3);
    }
    setpgid(child, child);
    assert_true(sandbox_group_add(&group, child));
    assert_int_equal(write(ends[1], "g", 1), 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_false(sandbox_group_is_out_of_memory(&group));
    kill(-child, SIGKILL);
    close(ends[0]);
    close(ends[1]);
    /* The kernel takes a moment to empty it. */
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s", group.paths[0]);
    for (int i = 0; i < 1000 && file_exists(path); i++) {
        usleep(10000);
        rmdir(path);
    }
    assert_false(file_exists(path));
    sandbox_group_remove(&group);
}

/* The limit that the kernel has, in percent of one processor: 0 for none. */
static long limit_of(const struct sandbox_group *group)
{
    const char *place = group->paths[group->path_count - 1];
    char path[PATH_MAX + 32];
    struct buffer text = {0};
    long percent = 0;

    snprintf(path, sizeof(path), "%s/cpu.max", place);
    if (!file_exists(path))
        snprintf(path, sizeof(path), "%s/cpu.cfs_quota_us", place);
    assert_int_equal(file_read(path, 64, &text), 0);
    if (strncmp(buffer_string(&text), "max", 3))
        percent = atol(buffer_string(&text)) / 1000;
    buffer_free(&text);
    return percent < 0 ? 0 : percent;
}

static void test_a_groups_share_of_the_processors_can_be_changed(void **state)
{
    static struct sandbox_group group;

    sandbox_group_make(&(struct sandbox_group_limits){.cpu_percent = 70},
                       &group);
    if (!group.cpu) {
        assert_false(sandbox_group_limit_cpu(&group, 30));
        sandbox_group_remove(&group);
        print_message("# skipped: no cgroup can be made here\n");
        skip();
    }
    assert_int_equal(limit_of(&group), 70);
    assert_true(sandbox_group_limit_cpu(&group, 130));
    assert_int_equal(limit_of(&group), 130);
    assert_true(sandbox_group_limit_cpu(&group, 0));
    assert_int_equal(limit_of(&group), 0);
    sandbox_group_remove(&group);
}

static int make_folder(void **state)
{
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    return file_remove_tree(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_descendants_count),
        cmocka_unit_test(test_a_process_that_is_gone_takes_nothing),
        cmocka_unit_test(test_processor_time_counts),
        cmocka_unit_test(test_a_folder_is_counted_to_its_limits),
        cmocka_unit_test(test_files_without_a_name_count),
        cmocka_unit_test(test_a_group_limits_what_is_in_it),
        cmocka_unit_test(test_a_groups_share_of_the_processors_can_be_changed),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
