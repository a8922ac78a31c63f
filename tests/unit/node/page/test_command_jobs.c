/*
 * Commands as jobs. The program is the test itself, which plays a command when
 * it is called "pond".
 */
#include "../../test.h"

#include "node/page/command_jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the command ---- */

static int play(const char *what)
{
    if (!strcmp(what, "good")) {
        fputs("{\"doing\":\"build\",\"step\":1,\"of\":3}\n{\"doing\":\"a "
              "remark\"}\n",
              stderr);
        puts("{\"first\":1}\n{\"task\":\"abc\",\"roe\":1000000000000000000}");
        return 0;
    }
    if (!strcmp(what, "bad")) {
        puts("no JSON");
        fputs("{\"error\":\"refused\",\"message\":\"not that\",\"hint\":\"try "
              "this\"}\n",
              stderr);
        return 5;
    }
    fputs("{\"doing\":\"waiting\",\"step\":2,\"of\":3}\n", stderr);
    for (;;)
        pause();
}

/* ---- the test ---- */

struct fixture {
    uv_loop_t loop;
    struct own_commands *commands;
    struct command_jobs *jobs;
    unsigned ended;
    bool is_closed;
};

static int set_up(void **state)
{
    static struct fixture fixture;

    fixture = (struct fixture){0};
    assert_int_equal(uv_loop_init(&fixture.loop), 0);
    fixture.commands = own_commands_new(&fixture.loop);
    fixture.jobs = command_jobs_new(fixture.commands);
    *state = &fixture;
    return 0;
}

static void on_closed(void *user)
{
    ((struct fixture *)user)->is_closed = true;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    own_commands_close(fixture->commands, on_closed, fixture);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_true(fixture->is_closed);
    command_jobs_free(fixture->jobs);
    return uv_loop_close(&fixture->loop);
}

static void on_ended(void *user, const struct command_job *job)
{
    ((struct fixture *)user)->ended++;
    assert_null(job->command);
}

static int start(struct fixture *fixture, const char *key, const char *what)
{
    const char *words[] = {what, NULL};
    const struct own_command_order order = {
        .words = words, .output_max = 1000, .limit_ms = 60000};

    return command_jobs_start(fixture->jobs, "play", key, &order, on_ended,
                              fixture);
}

static void run(struct fixture *fixture, const char *key, const char *what)
{
    assert_int_equal(start(fixture, key, what), 0);
    assert_true(command_jobs_is_running(fixture->jobs, "play"));
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_false(command_jobs_is_running(fixture->jobs, "play"));
}

static void test_a_result_is_the_last_line(void **state)
{
    struct fixture *fixture = *state;
    const struct command_job *job;
    struct api_job seen;
    uint64_t roe;

    run(fixture, "a", "good");
    job = command_jobs_find(fixture->jobs, "play", "a");
    assert_non_null(job);
    assert_int_equal(job->status, 0);
    assert_int_equal(json_get_u64(job->result, "roe", &roe), 0);
    assert_int_equal(roe, 1000000000000000000u);
    assert_int_equal(command_jobs_look(fixture->jobs, "play", "a", &seen), 0);
    assert_string_equal(seen.state, "done");
    assert_string_equal(seen.text, "a remark");
    assert_int_equal(seen.step, 1);
    assert_int_equal(seen.of, 3);
    assert_null(command_jobs_find(fixture->jobs, "play", "b"));
    assert_null(command_jobs_find(fixture->jobs, "work", "a"));
    assert_int_equal(command_jobs_look(fixture->jobs, "play", "b", &seen),
                     ERR_NOT_FOUND);
}

static void test_one_that_failed_runs_again_under_its_key(void **state)
{
    struct fixture *fixture = *state;
    struct api_job seen;

    run(fixture, "a", "bad");
    const struct command_job *job =
        command_jobs_find(fixture->jobs, "play", "a");
    assert_int_equal(job->status, ERR_CLOSED); /* no code is called "refused" */
    assert_string_equal(job->text, "not that");
    assert_string_equal(job->hint, "try this");
    assert_null(job->result);
    assert_int_equal(command_jobs_look(fixture->jobs, "play", "a", &seen), 0);
    assert_string_equal(seen.state, "failed");
    run(fixture, "a", "good");
    assert_int_equal(command_jobs_look(fixture->jobs, "play", "a", &seen), 0);
    assert_string_equal(seen.state, "done");
    assert_int_equal(fixture->ended, 2);
}

static void test_what_is_running_is_not_begun_again(void **state)
{
    struct fixture *fixture = *state;
    struct api_job seen = {0};

    assert_int_equal(start(fixture, "a", "wait"), 0);
    assert_int_equal(start(fixture, "a", "wait"), 0);
    while (seen.step != 2) {
        uv_run(&fixture->loop, UV_RUN_ONCE);
        assert_int_equal(command_jobs_look(fixture->jobs, "play", "a", &seen),
                         0);
    }
    assert_string_equal(seen.state, "running");
    command_jobs_cancel(fixture->jobs, "play", "a");
    command_jobs_cancel(fixture->jobs, "play", "b");
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_int_equal(command_jobs_look(fixture->jobs, "play", "a", &seen), 0);
    assert_string_equal(seen.state, "called_off");
    assert_int_equal(fixture->ended, 1);
}

static void test_the_oldest_is_forgotten(void **state)
{
    struct fixture *fixture = *state;
    char key[8];

    for (int i = 0; i <= COMMAND_JOBS_MAX; i++) {
        snprintf(key, sizeof(key), "%d", i);
        run(fixture, key, "good");
    }
    assert_null(command_jobs_find(fixture->jobs, "play", "0"));
    assert_non_null(command_jobs_find(fixture->jobs, "play", "1"));
    assert_non_null(command_jobs_find(fixture->jobs, "play", key));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_result_is_the_last_line, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            test_one_that_failed_runs_again_under_its_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_running_is_not_begun_again,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_oldest_is_forgotten, set_up,
                                        tear_down),
    };

    if (argc > 1 && !strcmp(argv[0], "pond"))
        return play(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
