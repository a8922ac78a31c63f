/*
 * All that is wrong with a config-task.yml, with its lines, and what lies
 * outside of a task's folder.
 */
#include "test.h"

#include "author/deployment.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

#include <stdlib.h>
#include <unistd.h>

static const char good[] = "task_name: a task\n"
                           "author: me\n"
                           "description: does something\n"
                           "repositoryUrl: https://example.org\n"
                           "task_executable_network: IPFS\n"
                           "task_audit_program: dist/main.js\n"
                           "round_time: 600\n"
                           "audit_window: 250\n"
                           "submission_window: 250\n"
                           "minimum_stake_amount: 1.9\n"
                           "task_type: KOII\n"
                           "total_bounty_amount: 10\n"
                           "bounty_amount_per_round: 0.1\n"
                           "allowed_failed_distributions: 3\n"
                           "space: 0.1\n";

struct fixture {
    char folder[32]; /* with the task in task/, and what is outside beside it */
    struct deployment_problems problems;
    struct deployment deployment;
};

static char *path_in(const struct fixture *fixture, const char *name)
{
    return mem_format("%s/%s", fixture->folder, name);
}

static void put(const struct fixture *fixture, const char *name,
                const char *text)
{
    char *path = path_in(fixture, name);

    assert_ok(file_replace(path, bytes_text(text), 0600));
    free(path);
}

static void link_to(const struct fixture *fixture, const char *to,
                    const char *name)
{
    char *path = path_in(fixture, name);

    assert_int_equal(symlink(to, path), 0);
    free(path);
}

static int set_up(void **state)
{
    struct fixture *fixture = mem_zero(1, sizeof(*fixture));
    char *task;

    strcpy(fixture->folder, "/tmp/pond-check-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    task = path_in(fixture, "task");
    assert_ok(file_make_folder(task, 0700));
    free(task);
    put(fixture, "secret.md", "a secret");
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    deployment_free(&fixture->deployment);
    file_remove_tree(fixture->folder);
    free(fixture);
    return 0;
}

static int load(struct fixture *fixture, bool is_inside)
{
    const struct deployment_reading reading = {.is_inside = is_inside,
                                               .problems = &fixture->problems};
    char *path = path_in(fixture, "task/config-task.yml");

    fixture->problems.count = 0;
    deployment_free(&fixture->deployment);
    int status = deployment_load_as(path, &reading, &fixture->deployment);
    free(path);
    return status;
}

static void is_problem(const struct fixture *fixture, size_t place,
                       const char *field, unsigned line, const char *text)
{
    const struct deployment_problem *problem = &fixture->problems.list[place];

    assert_true(place < fixture->problems.count);
    assert_string_equal(problem->field, field);
    assert_int_equal(problem->line, line);
    assert_string_equal(problem->text, text);
}

static void test_a_good_file_has_no_problem(void **state)
{
    struct fixture *fixture = *state;

    put(fixture, "task/config-task.yml", good);
    assert_ok(load(fixture, true));
    assert_int_equal(fixture->problems.count, 0);
    assert_string_equal(fixture->deployment.task_name, "a task");
}

static void test_each_part_has_its_mistake(void **state)
{
    struct fixture *fixture = *state;

    put(fixture, "task/config-task.yml",
        "# a comment\n"
        "author: me\n"
        "description: does something\n"
        "repositoryUrl: https://example.org\n"
        "task_executable_network: IPSF\n"
        "task_audit_program: dist/main.js\n"
        "round_time: 400\n"
        "audit_window: 250\n"
        "submission_window: 250\n"
        "minimum_stake_amount: 1.9\n"
        "task_type: KOII\n"
        "total_bounty_amount: 9\n"
        "bounty_amount_per_round: 0.1\n"
        "allowed_failed_distributions: 3\n"
        "space: 0.1\n"
        "requirementsTags:\n"
        "  - type: MOON\n");
    assert_int_equal(load(fixture, true), ERR_INVALID);
    assert_non_null(strstr(err_text(), "config: task_name is missing"));
    assert_int_equal(fixture->problems.count, 5);
    is_problem(fixture, 0, "task_name", 0, "task_name is missing");
    is_problem(fixture, 1, "task_executable_network", 5,
               "task_executable_network must be IPFS, ARWEAVE or DEVELOPMENT");
    is_problem(
        fixture, 2, "round_time", 7,
        "round_time cannot be less than audit_window + submission_window");
    assert_string_equal(fixture->problems.list[0].source, "");
    assert_string_equal(fixture->problems.list[2].source, "round_time: 400");
    is_problem(fixture, 3, "total_bounty_amount", 12,
               "total_bounty_amount must be at least 10");
    is_problem(fixture, 4, "requirementsTags", 16,
               "requirementsTags has no type \"MOON\"");
}

static void test_what_is_no_yaml_has_its_line(void **state)
{
    struct fixture *fixture = *state;

    put(fixture, "task/config-task.yml", "author: me\n  name: [\n");
    assert_int_equal(load(fixture, true), ERR_INVALID);
    assert_int_equal(fixture->problems.count, 1);
    assert_string_equal(fixture->problems.list[0].field, "");
    assert_int_equal(fixture->problems.list[0].line, 2);
    assert_string_equal(fixture->problems.list[0].source, "  name: [");
    put(fixture, "task/config-task.yml", "");
    assert_int_equal(load(fixture, true), ERR_INVALID);
    is_problem(fixture, 0, "", 0, "the file holds no mapping");
}

/* A file of the folder may stand anywhere in it, and be a link in it. */
static void test_what_lies_outside_is_not_read(void **state)
{
    struct fixture *fixture = *state;
    static const char *const paths[] = {"../secret.md", "link.md",
                                        "/etc/hostname"};
    static const char *const bundles[] = {"../main.js", "/tmp/main.js",
                                          "out/main.js", "gone/../../main.js",
                                          "lost/main.js"};

    link_to(fixture, "../secret.md", "task/link.md");
    link_to(fixture, "..", "task/out");
    link_to(fixture, "../nowhere", "task/lost");
    for (size_t i = 0; i < 3; i++) {
        char *text =
            mem_format("%smarkdownDescriptionPath: %s\n", good, paths[i]);

        put(fixture, "task/config-task.yml", text);
        assert_int_equal(load(fixture, true), ERR_INVALID);
        assert_string_equal(fixture->problems.list[0].field,
                            "markdownDescriptionPath");
        assert_non_null(strstr(err_text(), "outside of the task's folder"));
        assert_ok(load(fixture, false));
        free(text);
    }
    for (size_t i = 0; i < 5; i++) {
        char *text = mem_format("task_audit_program: %s\n%s", bundles[i],
                                "task_name: a task\n");
        const char *rest = strstr(good, "author");
        const char *program = strstr(good, "task_audit_program");
        char *whole = mem_format("%s%.*s%s", text, (int)(program - rest), rest,
                                 strstr(good, "round_time"));

        put(fixture, "task/config-task.yml", whole);
        assert_int_equal(load(fixture, true), ERR_DENIED);
        is_problem(fixture, 0, "task_audit_program", 1,
                   fixture->problems.list[0].text);
        assert_ok(load(fixture, false));
        free(whole);
        free(text);
    }
    put(fixture, "elsewhere.yml", good);
    char *path = path_in(fixture, "task/config-task.yml");
    unlink(path);
    free(path);
    link_to(fixture, "../elsewhere.yml", "task/config-task.yml");
    assert_int_equal(load(fixture, true), ERR_DENIED);
    assert_ok(load(fixture, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_good_file_has_no_problem, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_each_part_has_its_mistake, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_no_yaml_has_its_line,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_lies_outside_is_not_read,
                                        set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
