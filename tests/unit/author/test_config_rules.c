/*
 * The rules of config-task.yml, one after the other: a file that Koii's
 * create-task-cli 1.1.14 takes, with one line changed, for `create` and for
 * `update`. THEIRS is what its validators say of it (run under Node, with the
 * lines around them that read the file); OURS is the same, but where no chain
 * could hold what they take.
 */
#include "test.h"

#include "author/deployment.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdlib.h>

static const char base[] = "task_name: a task\n"
                           "author: me\n"
                           "description: does something\n"
                           "markdownDescriptionPath:\n"
                           "repositoryUrl: https://example.org\n"
                           "imageUrl: https://example.org/image.png\n"
                           "infoUrl: https://example.org/info\n"
                           "koiiOceanUrl: https://example.org/ocean\n"
                           "task_executable_network: IPFS\n"
                           "task_audit_program: dist/main.js\n"
                           "round_time: 600\n"
                           "audit_window: 250\n"
                           "submission_window: 250\n"
                           "minimum_stake_amount: 1.9\n"
                           "task_type: KOII\n"
                           "token_type: KOII\n"
                           "total_bounty_amount: 10\n"
                           "bounty_amount_per_round: 0.1\n"
                           "allowed_failed_distributions: 3\n"
                           "space: 0.1\n"
                           "requirementsTags: []\n"
                           "tags: [AI]\n"
                           "environment: TEST\n"
                           "task_id: "
                           "BWfeCA4gyVKpmKGpq6MDHir16p7i2Er1e8XEHQj7z7zm\n"
                           "migrationDescription: newer\n";

enum { NO, YES };

#define MINT "4qayyw53kWz6GzypcejjT1cvwMXS1qYLSMQRE8se3gTv"
#define TWENTY_FOUR "abcdefghijklmnopqrstuvwx"
#define SIXTY_FOUR                                                             \
    "0123456789012345678901234567890123456789012345678901234567890abc"

/* Line: what stands in place of the key's line. create and update: what their
 * tool says. ours: -1 where Pond says the same, else what it says for both. */
static const struct rule {
    const char *key, *line;
    int create, update, ours;
} rules[] = {
    {"task_name", "task_name: a task", YES, YES, -1},
    {"task_name", "", NO, NO, -1},
    {"task_name", "task_name: ''", NO, NO, -1},
    {"task_name", "task_name: '   '", NO, NO, -1},
    {"task_name", "task_name: '  padded  '", YES, YES, -1},
    {"task_name", "task_name: " TWENTY_FOUR, YES, YES, -1},
    {"task_name", "task_name: '  " TWENTY_FOUR "  '", YES, YES, -1},
    {"task_name", "task_name: " TWENTY_FOUR "y", NO, NO, -1},
    {"task_name", "task_name: 42", NO, NO, -1},
    {"author", "", NO, NO, -1},
    {"author", "author: ' '", NO, NO, -1},
    {"author", "author: 42", NO, NO, -1},
    {"author", "author: ' me '", YES, YES, -1},
    {"description", "", NO, NO, -1},
    {"description", "description: '  '", NO, NO, -1},
    {"description", "description: |\n  two\n  lines", YES, YES, -1},
    {"markdownDescriptionPath", "markdownDescriptionPath: ./not-there.md", YES,
     YES, -1},
    {"repositoryUrl", "", NO, NO, -1},
    {"repositoryUrl", "repositoryUrl: ' '", NO, NO, -1},
    {"repositoryUrl", "repositoryUrl: 5", NO, NO, -1},
    {"imageUrl", "", YES, YES, -1},
    {"imageUrl", "imageUrl: 5", YES, YES, -1},
    {"infoUrl", "infoUrl: ''", YES, YES, -1},
    {"koiiOceanUrl", "", YES, YES, -1},
    {"task_executable_network", "", NO, NO, -1},
    {"task_executable_network", "task_executable_network: ipfs", NO, NO, -1},
    {"task_audit_program", "", NO, NO, -1},
    {"task_audit_program", "task_audit_program: dist/other.js", NO, NO, -1},
    {"task_audit_program", "task_audit_program: main.js", YES, YES, -1},
    {"round_time", "", NO, NO, -1},
    {"round_time", "round_time: 0", NO, NO, -1},
    {"round_time", "round_time: -600", NO, NO, -1},
    {"round_time", "round_time: '600'", NO, NO, -1},
    {"round_time", "round_time: 600.5", YES, YES, -1},
    {"round_time", "round_time: 6e2", YES, YES, -1},
    {"round_time", "round_time: .inf", YES, YES, NO},
    {"round_time", "round_time: 499", YES, YES, NO}, /* the chain refuses it */
    {"audit_window", "audit_window: 0", NO, NO, -1},
    {"audit_window", "audit_window: 0.5", YES, YES, NO}, /* of no slot */
    {"audit_window", "audit_window: true", NO, NO, -1},
    {"submission_window", "", NO, NO, -1},
    {"submission_window", "submission_window: 1", YES, YES, -1},
    {"minimum_stake_amount", "minimum_stake_amount: 0", NO, NO, -1},
    {"minimum_stake_amount", "minimum_stake_amount: 0.000000001", YES, YES, -1},
    {"minimum_stake_amount", "minimum_stake_amount: 1e-12", YES, YES, NO},
    {"minimum_stake_amount", "minimum_stake_amount: -1", NO, NO, -1},
    {"task_type", "", NO, NO, -1},
    {"task_type", "task_type: koii", YES, YES, -1},
    {"task_type", "task_type: other", YES, YES, NO}, /* no kind of task */
    {"task_type", "task_type: KPL", YES, YES, NO},   /* "KOII" is no mint */
    {"token_type", "token_type: " MINT, YES, YES, -1},
    {"token_type", "", NO, NO, YES}, /* a KOII task has none */
    {"total_bounty_amount", "", NO, YES, -1},
    {"total_bounty_amount", "total_bounty_amount: 9.99", NO, YES, -1},
    {"total_bounty_amount", "total_bounty_amount: 10", YES, YES, -1},
    {"total_bounty_amount", "total_bounty_amount: '10'", NO, YES, -1},
    {"bounty_amount_per_round", "bounty_amount_per_round: 0", YES, NO, -1},
    {"bounty_amount_per_round", "bounty_amount_per_round: 10", YES, YES, -1},
    {"bounty_amount_per_round", "bounty_amount_per_round: 10.1", NO, YES, -1},
    {"bounty_amount_per_round", "", NO, NO, -1},
    {"bounty_amount_per_round", "bounty_amount_per_round: -1", YES, NO, NO},
    {"allowed_failed_distributions", "allowed_failed_distributions: 0", NO, NO,
     -1},
    {"allowed_failed_distributions", "allowed_failed_distributions: 1", YES,
     YES, -1},
    {"allowed_failed_distributions", "allowed_failed_distributions: 0.5", YES,
     YES, NO},
    {"space", "", NO, NO, -1},
    {"space", "space: 0.09", NO, NO, -1},
    {"space", "space: 0.1", YES, YES, -1},
    {"space", "space: 50", YES, YES, -1},
    {"space", "space: 50.1", NO, NO, -1},
    {"requirementsTags", "", YES, YES, -1},
    {"requirementsTags", "requirementsTags: [{type: CPU, value: 4-core}]", YES,
     YES, -1},
    {"requirementsTags", "requirementsTags: [{type: CPU}]", NO, NO, -1},
    {"requirementsTags", "requirementsTags: [{type: RAM, value: 5}]", NO, NO,
     -1},
    {"requirementsTags", "requirementsTags: [{type: GLOBAL_VARIABLE}]", YES,
     YES, -1},
    {"requirementsTags", "requirementsTags: [{type: TASK_VARIABLE, value: 5}]",
     NO, NO, -1},
    {"requirementsTags", "requirementsTags: [{type: ADDON, value: ORCA_TASK}]",
     YES, YES, -1},
    {"requirementsTags", "requirementsTags: [{type: cpu, value: x}]", NO, NO,
     -1},
    {"requirementsTags", "requirementsTags: [{value: x}]", NO, NO, -1},
    {"requirementsTags", "requirementsTags: text", NO, NO, -1},
    {"tags", "", YES, YES, -1},
    {"tags", "tags: AI", YES, YES, -1},
    {"environment", "environment: PRODUCTION", YES, YES, -1},
    {"environment", "environment: anything", YES, YES, -1},
    {"task_id", "", YES, NO, -1},
    {"task_id", "task_id: ''", YES, NO, -1},
    {"task_id", "task_id: 5", YES, NO, -1},
    {"migrationDescription", "", YES, NO, -1},
    {"migrationDescription", "migrationDescription: ' '", YES, NO, -1},
};

/* The base with the line of one key replaced; the caller frees it. */
static char *with_line(const char *key, const char *line)
{
    char *start = mem_format("\n%s:", key);
    const char *at = strncmp(base, start + 1, strlen(start + 1))
                         ? strstr(base, start) + 1
                         : base;

    assert_non_null(at);
    char *text =
        mem_format("%.*s%s%s", (int)(at - base), base, line, strchr(at, '\n'));
    free(start);
    return text;
}

static void check(const struct rule *rule, bool is_update)
{
    int theirs = is_update ? rule->update : rule->create;
    int expected = rule->ours >= 0 ? rule->ours : theirs;
    struct deployment deployment;
    char *text = with_line(rule->key, rule->line);
    int status = (is_update ? deployment_parse_update : deployment_parse)(
        bytes_text(text), "/nowhere", &deployment);

    if ((status == 0) != (expected == YES))
        fail_msg("%s with '%s' in place of %s: %s",
                 is_update ? "update" : "create", rule->line, rule->key,
                 status ? err_text() : "taken");
    if (status)
        assert_int_equal(status, ERR_INVALID);
    else
        deployment_free(&deployment);
    free(text);
}

static void test_each_rule_of_a_creation_is_koii_s(void **state)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
        check(&rules[i], false);
}

static void test_each_rule_of_an_update_is_koii_s(void **state)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
        check(&rules[i], true);
}

/* For the other networks what is named is not a path. */
static void test_each_network_names_its_program(void **state)
{
    static const struct {
        const char *network, *program;
        bool is_taken;
    } cases[] = {
        {"DEVELOPMENT", "main", true},
        {"DEVELOPMENT", SIXTY_FOUR, true},
        {"DEVELOPMENT", SIXTY_FOUR "d", false},
        {"ARWEAVE", "bNhYnvPLTPMrmhkpyOTVSCsB6T1HgmsVPuPNu6TCGhY", true},
        {"ARWEAVE", SIXTY_FOUR "d", false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct deployment deployment;
        char *line = mem_format("task_executable_network: %s\n"
                                "task_audit_program: %s",
                                cases[i].network, cases[i].program);
        char *text = with_line("task_executable_network", line);
        char *old = strstr(text, "task_audit_program: dist/main.js\n");

        memset(old, '#', strlen("task_audit_program: dist/main.js"));
        assert_int_equal(
            deployment_parse(bytes_text(text), "/nowhere", &deployment),
            cases[i].is_taken ? 0 : ERR_INVALID);
        if (cases[i].is_taken) {
            assert_false(deployment_is_stored(&deployment));
            deployment_free(&deployment);
        }
        free(text);
        free(line);
    }
}

static void test_an_update_says_which_task_and_why(void **state)
{
    struct deployment deployment;
    struct buffer metadata = {0};

    assert_ok(
        deployment_parse_update(bytes_text(base), "/nowhere", &deployment));
    assert_string_equal(PUBKEY_TEXT(&deployment.task),
                        "BWfeCA4gyVKpmKGpq6MDHir16p7i2Er1e8XEHQj7z7zm");
    assert_int_equal(deployment.total_bounty_roe, 0);
    deployment_metadata(&deployment, 1, &metadata);
    assert_non_null(
        strstr(buffer_string(&metadata), "\"migrationDescription\":\"newer\""));
    buffer_free(&metadata);
    deployment_free(&deployment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_rule_of_a_creation_is_koii_s),
        cmocka_unit_test(test_each_rule_of_an_update_is_koii_s),
        cmocka_unit_test(test_each_network_names_its_program),
        cmocka_unit_test(test_an_update_says_which_task_and_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
