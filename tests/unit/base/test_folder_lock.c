#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/folder_lock.h"
#include "base/memory.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/pond-folder-lock-XXXXXX";

/* A child that holds the lock until it is killed; returns once it has it. */
static pid_t hold_in_child(void)
{
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {
        struct folder_lock *lock;
        if (folder_lock_take(folder, &lock))
            _exit(1);
        if (write(ready[1], &byte, 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

static void end(pid_t child)
{
    int result;
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &result, 0), child);
}

static void
test_a_second_process_learns_which_process_holds_which_folder(void **state)
{
    (void)state;
    struct folder_lock *lock = NULL;
    pid_t child = hold_in_child();
    char *holder = mem_format("process %d", (int)child);
    assert_int_equal(folder_lock_take(folder, &lock), ERR_LOCKED);
    assert_null(lock);
    assert_non_null(strstr(err_text(), holder));
    assert_non_null(strstr(err_text(), folder));
    free(holder);
    end(child);
}

static void test_a_kill_drops_the_lock(void **state)
{
    (void)state;
    struct folder_lock *lock;
    for (int i = 0; i < 20; i++) {
        end(hold_in_child());
        assert_ok(folder_lock_take(folder, &lock));
        folder_lock_release(lock);
    }
}

static void test_one_process_does_not_get_it_twice(void **state)
{
    (void)state;
    struct folder_lock *lock, *second;
    assert_ok(folder_lock_take(folder, &lock));
    assert_int_equal(folder_lock_take(folder, &second), ERR_LOCKED);
    folder_lock_release(lock);
    assert_ok(folder_lock_take(folder, &second));
    folder_lock_release(second);
    folder_lock_release(NULL);
}

/* The child's program lives on after the holder has let go. */
static void test_programs_that_the_holder_starts_do_not_keep_it(void **state)
{
    (void)state;
    struct folder_lock *lock;
    assert_ok(folder_lock_take(folder, &lock));
    pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {
        execlp("sleep", "sleep", "1000", (char *)NULL);
        _exit(1);
    }
    folder_lock_release(lock);
    assert_ok(folder_lock_take(folder, &lock));
    assert_int_equal(waitpid(child, NULL, WNOHANG), 0);
    folder_lock_release(lock);
    end(child);
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fputs(text, file) < 0, 0);
    assert_int_equal(fclose(file), 0);
}

/* The process whose number stands in the file has been dead for long. */
static void test_the_id_of_a_dead_holder_is_not_shown(void **state)
{
    (void)state;
    struct folder_lock *lock, *second;
    pid_t child = hold_in_child();
    end(child);
    assert_ok(folder_lock_take(folder, &lock));
    char *path = mem_format("%s/lock", folder);
    char *text = mem_format("%11d %20d\n", (int)child, 0);
    write_text(path, text);
    assert_int_equal(folder_lock_take(folder, &second), ERR_LOCKED);
    assert_non_null(strstr(err_text(), "another process"));
    folder_lock_release(lock);
    free(text);
    free(path);
}

/* Two containers that share a folder: in each of them the holder's number may
 * be that of this process, or of one that has nothing to do with the folder. */
static void
test_an_id_of_another_pid_namespace_is_not_taken_for_one_here(void **state)
{
    (void)state;
    struct folder_lock *lock, *second;
    pid_t ids[] = {getpid(), getppid(), 1};
    assert_ok(folder_lock_take(folder, &lock));
    char *path = mem_format("%s/lock", folder);
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        char *text = mem_format("%11d %20d\n", (int)ids[i], 7);
        write_text(path, text);
        free(text);
        assert_int_equal(folder_lock_take(folder, &second), ERR_LOCKED);
        assert_non_null(strstr(err_text(), "another PID namespace"));
        assert_null(strstr(err_text(), "this process"));
    }
    folder_lock_release(lock);
    free(path);
}

static void test_a_folder_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    struct folder_lock *lock;
    char *path = mem_format("%s/absent", folder);
    assert_int_equal(folder_lock_take(path, &lock), ERR_IO);
    assert_non_null(strstr(err_text(), path));
    free(path);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return file_remove_tree(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_a_second_process_learns_which_process_holds_which_folder),
        cmocka_unit_test(test_a_kill_drops_the_lock),
        cmocka_unit_test(test_one_process_does_not_get_it_twice),
        cmocka_unit_test(test_programs_that_the_holder_starts_do_not_keep_it),
        cmocka_unit_test(test_the_id_of_a_dead_holder_is_not_shown),
        cmocka_unit_test(
            test_an_id_of_another_pid_namespace_is_not_taken_for_one_here),
        cmocka_unit_test(test_a_folder_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
