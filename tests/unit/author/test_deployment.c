/*
 * config-task.yml: what Koii's create-task-cli takes and refuses.
 */
#include "test.h"

#include "author/deployment.h"
#include "author/deployment_terms.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "storage/files/unixfs_export.h"
#include "storage/store/store.h"

static const char good[] = "task_name: \"a task\"\n"
                           "author: me\n"
                           "description: \"does something\"\n"
                           "repositoryUrl: https://example.org\n"
                           "task_executable_network: IPFS\n"
                           "task_audit_program: dist/main.js\n"
                           "round_time: 600\n"
                           "audit_window: 250\n"
                           "submission_window: 250\n"
                           "minimum_stake_amount: 1.9\n"
                           "task_type: KOII\n"
                           "token_type: ''\n"
                           "total_bounty_amount: 10\n"
                           "bounty_amount_per_round: 0.1\n"
                           "allowed_failed_distributions: 3\n"
                           "space: 0.1\n"
                           "requirementsTags:\n"
                           "  - type: CPU\n"
                           "    value: 4-core\n"
                           "  - type: TASK_VARIABLE\n"
                           "    value: API_KEY\n"
                           "    description: a key\n"
                           "tags: [Hosting, AI]\n"
                           "environment: TEST\n";

static void test_a_good_file_is_read_whole(void **state)
{
    struct deployment deployment;

    assert_ok(deployment_parse(bytes_text(good), ".", &deployment));
    assert_string_equal(deployment.task_name, "a task");
    assert_string_equal(deployment.audit_program, "dist/main.js");
    assert_int_equal(deployment.round_time, 600);
    assert_int_equal(deployment.minimum_stake_roe, 1900000000);
    assert_int_equal(deployment.total_bounty_roe, 10000000000);
    assert_int_equal(deployment.bounty_per_round_roe, 100000000);
    assert_int_equal(deployment.space_bytes, 100000);
    assert_int_equal(deployment.requirement_count, 2);
    assert_string_equal(deployment.requirements[0].type, "CPU");
    assert_null(deployment.requirements[0].description);
    assert_string_equal(deployment.requirements[1].description, "a key");
    assert_int_equal(deployment.tag_count, 2);
    assert_string_equal(deployment.tags[1], "AI");
    assert_null(deployment.image_url);
    deployment_free(&deployment);
}

/* The good file with the line of one key replaced ("" leaves it out). */
static char *changed(const char *key, const char *line)
{
    char *start = mem_format("\n%s:", key), *text;
    const char *at = strstr(good, start), *end;

    free(start);
    if (!at && !strncmp(good, key, strlen(key)))
        at = good - 1; /* the first line */
    assert_non_null(at);
    end = strchr(at + 1, '\n');
    text = mem_format("%.*s\n%s%s", (int)(at + 1 - good), good, line, end);
    return text;
}

static void test_each_rule_is_held_to(void **state)
{
    static const struct {
        const char *key, *line;
        int code; /* 0: allowed */
    } cases[] = {
        {"task_name", "", ERR_INVALID},
        {"task_name", "task_name: 5", ERR_INVALID},
        {"task_name", "task_name: abcdefghijklmnopqrstuvwx", 0},
        {"task_name", "task_name: abcdefghijklmnopqrstuvwxy", ERR_INVALID},
        {"task_name", "task_name: '  abcdefghijklmnopqrstuvwx '", 0},
        {"task_name", "task_name: '   '", ERR_INVALID},
        /* Characters count, as JavaScript counts them, and not bytes. */
        {"task_name", "task_name: ääääääääääääääääääääääää", 0},
        {"task_name", "task_name: äääääääääääääääääääääääää", ERR_INVALID},
        {"author", "author: \"\\u00a0\\n\"", ERR_INVALID},
        {"author", "author: ''", ERR_INVALID},
        {"description", "", ERR_INVALID},
        {"repositoryUrl", "", ERR_INVALID},
        {"task_executable_network", "task_executable_network: FTP",
         ERR_INVALID},
        {"task_executable_network", "task_executable_network: DEVELOPMENT", 0},
        {"task_audit_program", "task_audit_program: dist/other.js",
         ERR_INVALID},
        {"round_time", "round_time: 500", 0},
        {"round_time", "round_time: 499", ERR_INVALID},
        {"round_time", "round_time: 0", ERR_INVALID},
        {"round_time", "round_time: -600", ERR_INVALID},
        {"round_time", "round_time: 600.5", 0},
        {"round_time", "round_time: 0x258", 0},
        {"audit_window", "audit_window: 250.5", 0},
        {"audit_window", "audit_window: 0.5", ERR_INVALID},
        {"round_time", "round_time: '600'", ERR_INVALID},
        {"audit_window", "audit_window: 0", ERR_INVALID},
        {"minimum_stake_amount", "minimum_stake_amount: 0", ERR_INVALID},
        {"minimum_stake_amount", "minimum_stake_amount: 0.0000000001",
         ERR_INVALID},
        {"minimum_stake_amount", "minimum_stake_amount: .inf", ERR_INVALID},
        {"task_type", "task_type: EUR", ERR_INVALID},
        {"task_type", "task_type: koii", 0},
        {"total_bounty_amount", "total_bounty_amount: 9.99", ERR_INVALID},
        {"bounty_amount_per_round", "bounty_amount_per_round: 10", 0},
        {"bounty_amount_per_round", "bounty_amount_per_round: 10.1",
         ERR_INVALID},
        {"bounty_amount_per_round", "bounty_amount_per_round: 0", 0},
        {"bounty_amount_per_round", "bounty_amount_per_round: 1e-9", 0},
        {"bounty_amount_per_round", "bounty_amount_per_round: 1e-10",
         ERR_INVALID},
        {"bounty_amount_per_round", "bounty_amount_per_round: -0.1",
         ERR_INVALID},
        {"allowed_failed_distributions", "allowed_failed_distributions: 0",
         ERR_INVALID},
        {"space", "space: 0.09", ERR_INVALID},
        {"space", "space: 50", 0},
        {"space", "space: 51", ERR_INVALID},
        {"tags", "tags: Hosting", 0},
        {"tags", "tags: [1]", 0},
        {"environment", "environment: MOON", 0},
        {"environment", "engine: pond", 0},
    };
    struct deployment deployment;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = changed(cases[i].key, cases[i].line);
        int status = deployment_parse(bytes_text(text), ".", &deployment);

        if (status != cases[i].code)
            fail_msg("\"%s\" gave %d (%s)", cases[i].line, status, err_text());
        /* The message names the key. */
        if (status && !strstr(err_text(), cases[i].key))
            fail_msg("\"%s\" for %s", err_text(), cases[i].key);
        if (!status)
            deployment_free(&deployment);
        free(text);
    }
}

static void test_requirements_are_held_to_koii_s_rules(void **state)
{
    static const struct {
        const char *list;
        int code;
    } cases[] = {
        {"[]", 0},
        {"", 0},
        {"''", 0},
        {"[{type: TASK_VARIABLE}]", 0},
        {"[{type: TASK_VARIABLE, value: 0}]", 0},
        {"[{type: TASK_VARIABLE, value: 5}]", ERR_INVALID},
        {"[{type: GLOBAL_VARIABLE, value: [a]}]", ERR_INVALID},
        {"[{type: CPU}]", ERR_INVALID},
        {"[{type: CPU, value: 4}]", ERR_INVALID},
        {"[{type: CPU, value: ' '}]", 0},
        {"[{type: RAM, value: x, description: 5}]", 0},
        {"[{type: RAM, value: x, description: {a: b}}]", 0},
        {"[{type: FOO, value: x}]", ERR_INVALID},
        {"[5]", ERR_INVALID},
        {"five", ERR_INVALID},
    };
    struct deployment deployment;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = mem_format("%.*srequirementsTags: %s\n",
                                (int)(strstr(good, "requirementsTags") - good),
                                good, cases[i].list);
        int status = deployment_parse(bytes_text(text), ".", &deployment);

        if (status != cases[i].code)
            fail_msg("\"%s\" gave %d (%s)", cases[i].list, status, err_text());
        if (status)
            assert_non_null(strstr(err_text(), "requirementsTags"));
        deployment_free(&deployment);
        free(text);
    }
}

static void test_a_task_paid_in_tokens_names_their_mint(void **state)
{
    struct deployment deployment;
    char *text = changed("task_type", "task_type: KPL");
    char *with = mem_format(
        "%.*stoken_type: ' 4qayyw53kWz6GzypcejjT1cvwMXS1qYLSMQRE8se3gTv '\n%s",
        (int)(strstr(text, "token_type") - text), text,
        strchr(strstr(text, "token_type"), '\n') + 1);

    assert_int_equal(deployment_parse(bytes_text(text), ".", &deployment),
                     ERR_INVALID);
    assert_non_null(strstr(err_text(), "token_type"));
    assert_ok(deployment_parse(bytes_text(with), ".", &deployment));
    assert_true(deployment.is_kpl);
    assert_string_equal(PUBKEY_TEXT(&deployment.token),
                        "4qayyw53kWz6GzypcejjT1cvwMXS1qYLSMQRE8se3gTv");
    assert_int_equal(deployment.total_bounty_roe, 10000000000);
    deployment_free(&deployment);
    free(text);
    free(with);
    /* Older files have no type. */
    text = changed("task_type", "");
    assert_int_equal(deployment_parse(bytes_text(text), ".", &deployment),
                     ERR_INVALID);
    assert_non_null(strstr(err_text(), "task_type is missing: it is KOII, or"));
    free(text);
}

static void test_values_are_taken_as_koii_s_tool_takes_them(void **state)
{
    struct deployment deployment;
    char *text = changed("task_name", "task_name: \"\\u00a0 a \\ufeff\"");

    assert_ok(deployment_parse(bytes_text(text), ".", &deployment));
    assert_string_equal(deployment.task_name, "a");
    deployment_free(&deployment);
    free(text);
    text = changed("round_time", "round_time: 600.9");
    assert_ok(deployment_parse(bytes_text(text), ".", &deployment));
    assert_int_equal(deployment.round_time, 600);
    deployment_free(&deployment);
    free(text);
    /* A file that is missing is no error where there is a description. */
    text = changed("author", "author: me\nmarkdownDescriptionPath: missing.md");
    assert_ok(deployment_parse(bytes_text(text), ".", &deployment));
    assert_string_equal(deployment.description, "does something");
    deployment_free(&deployment);
    free(text);
    text = changed("description", "markdownDescriptionPath: missing.md");
    assert_int_equal(deployment_parse(bytes_text(text), ".", &deployment),
                     ERR_NOT_FOUND);
    assert_non_null(strstr(err_text(), "markdownDescriptionPath"));
    free(text);
}

static void test_an_engine_is_one_of_three(void **state)
{
    static const char *const engines[] = {"engine: pond", "engine: node",
                                          "engine: auto"};
    struct deployment deployment;
    char *text;

    for (size_t i = 0; i < 3; i++) {
        text = changed("environment", engines[i]);
        assert_ok(deployment_parse(bytes_text(text), ".", &deployment));
        assert_string_equal(deployment.engine, engines[i] + 8);
        deployment_free(&deployment);
        free(text);
    }
    text = changed("environment", "engine: deno");
    assert_int_equal(deployment_parse(bytes_text(text), ".", &deployment),
                     ERR_INVALID);
    free(text);
}

/* What is wrong is said, not what would be right in another file. */
static void test_a_figure_too_large_is_called_so(void **state)
{
    static const struct {
        const char *key, *line, *said;
    } cases[] = {
        {"minimum_stake_amount", "minimum_stake_amount: 1000000001",
         "at most 1000000000"},
        {"round_time", "round_time: 1000000000001", "at most 1000000000000"},
    };
    struct deployment deployment;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = changed(cases[i].key, cases[i].line);

        assert_int_equal(deployment_parse(bytes_text(text), ".", &deployment),
                         ERR_INVALID);
        if (!strstr(err_text(), cases[i].said))
            fail_msg("\"%s\" for %s", err_text(), cases[i].line);
        free(text);
    }
}

static void test_what_is_no_mapping_is_refused(void **state)
{
    static const char *const texts[] = {"", "- a\n- b\n", "5", "a: [b\n",
                                        "a: \"\xff\"\n"};
    struct deployment deployment;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_int_equal(
            deployment_parse(bytes_text(texts[i]), ".", &deployment),
            ERR_INVALID);
}

static void test_metadata_holds_what_koii_s_node_reads(void **state)
{
    struct deployment deployment;
    struct buffer text = {0};
    struct json_object *metadata, *list;
    const char *value;
    uint64_t created;

    assert_ok(deployment_parse(bytes_text(good), ".", &deployment));
    deployment_metadata(&deployment, 1234, &text);
    assert_ok(json_parse(buffer_view(&text), &metadata));
    assert_ok(json_get_text(metadata, "description", &value));
    assert_string_equal(value, "does something");
    assert_ok(json_get_u64(metadata, "createdAt", &created));
    assert_int_equal(created, 1234);
    assert_ok(json_get_array(metadata, "requirementsTags", &list));
    assert_int_equal(json_object_array_length(list), 2);
    assert_int_equal(json_get_text(metadata, "imageUrl", &value),
                     ERR_NOT_FOUND);
    json_object_put(metadata);
    buffer_free(&text);
    deployment_free(&deployment);
}

static void test_terms_fit_the_instruction(void **state)
{
    static const struct deployment_content content = {
        .executable_cid = "bafyexecutable", .metadata_cid = "bafymetadata"};
    char *text = changed("description",
                         "description: \"ääääääääääääääääääääääääääääääääääää"
                         "ääääääääääääääää\"");
    struct deployment deployment;
    struct task_terms terms;

    assert_ok(deployment_parse(bytes_text(text), ".", &deployment));
    deployment_terms(&deployment, &content, &terms);
    /* 64 bytes hold 32 of these characters, and none is cut in two. */
    assert_int_equal(terms.task_description.size, 64);
    assert_true(bytes_is_utf8(terms.task_description));
    assert_true(
        bytes_equal(terms.task_audit_program, bytes_text("bafyexecutable")));
    assert_int_equal(terms.round_time, 600);
    deployment_free(&deployment);
    free(text);
}

static void test_an_upload_can_be_read_back_by_its_cids(void **state)
{
    char folder[] = "/tmp/pond-deployment-XXXXXX", *path;
    struct deployment_files files, again;
    struct deployment deployment;
    struct unixfs_entry entry;
    struct buffer back = {0};
    struct store *store;
    struct cid cid;

    assert_non_null(mkdtemp(folder));
    path = mem_format("%s/store", folder);
    assert_ok(store_open(path, NULL, &store));
    free(path);
    assert_ok(deployment_parse(bytes_text(good), folder, &deployment));
    /* Without a bundle there is nothing to upload. */
    assert_int_equal(deployment_files_read(&deployment, folder, &files),
                     ERR_NOT_FOUND);
    path = mem_format("%s/dist", folder);
    assert_ok(file_make_folder(path, 0700));
    free(path);
    path = mem_format("%s/dist/main.js", folder);
    assert_ok(file_replace(path, bytes_text("console.log(1)"), 0600));
    free(path);
    assert_ok(deployment_files_read(&deployment, folder, &files));
    assert_ok(cid_parse(bytes_text(files.content.executable_cid), &cid));
    assert_int_equal(unixfs_resolve(store, &cid, bytes_text("main.js"), &entry),
                     ERR_NOT_FOUND);
    assert_ok(deployment_files_store(&files, "a task", store));
    /* However often it is read, until something changes. */
    assert_ok(deployment_files_read(&deployment, folder, &again));
    assert_string_equal(again.content.metadata_cid, files.content.metadata_cid);
    deployment_files_free(&again);
    deployment.changed_ms = 9000000000000;
    assert_ok(deployment_files_read(&deployment, folder, &again));
    assert_string_not_equal(again.content.metadata_cid,
                            files.content.metadata_cid);
    assert_string_equal(again.content.executable_cid,
                        files.content.executable_cid);
    assert_non_null(strstr(buffer_string(&again.metadata), "9000000000000"));
    deployment_files_free(&again);
    assert_ok(unixfs_resolve(store, &cid, bytes_text("main.js"), &entry));
    assert_ok(unixfs_read_file(store, &entry.cid, 100, &back));
    assert_string_equal(buffer_string(&back), "console.log(1)");
    assert_ok(cid_parse(bytes_text(files.content.metadata_cid), &cid));
    assert_ok(unixfs_resolve(store, &cid, bytes_text("metadata.json"), &entry));
    deployment_files_free(&files);
    deployment_free(&deployment);
    buffer_free(&back);
    store_close(store);
    file_remove_tree(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_good_file_is_read_whole),
        cmocka_unit_test(test_requirements_are_held_to_koii_s_rules),
        cmocka_unit_test(test_a_task_paid_in_tokens_names_their_mint),
        cmocka_unit_test(test_values_are_taken_as_koii_s_tool_takes_them),
        cmocka_unit_test(test_an_engine_is_one_of_three),
        cmocka_unit_test(test_each_rule_is_held_to),
        cmocka_unit_test(test_a_figure_too_large_is_called_so),
        cmocka_unit_test(test_what_is_no_mapping_is_refused),
        cmocka_unit_test(test_metadata_holds_what_koii_s_node_reads),
        cmocka_unit_test(test_terms_fit_the_instruction),
        cmocka_unit_test(test_an_upload_can_be_read_back_by_its_cids),
    };

    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
