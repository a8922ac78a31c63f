#include "test.h"

#include "cli/service_unit.h"

static const struct service_unit node = {.role = "node",
                                         .program = "/usr/bin/pond"};

static void assert_word(const char *word, const char *expected)
{
    struct buffer out = {0};

    service_unit_word(word, &out);
    assert_string_equal(buffer_string(&out), expected);
    buffer_free(&out);
}

static char *unit_text(const struct service_unit *unit)
{
    struct buffer out = {0};

    service_unit_write(unit, &out);
    char *text = strdup(buffer_string(&out));
    buffer_free(&out);
    return text;
}

static void assert_has(const char *text, const char *line)
{
    if (!strstr(text, line)) {
        print_error("'%s' is not in\n%s\n", line, text);
        fail();
    }
}

static void assert_lacks(const char *text, const char *line)
{
    if (strstr(text, line)) {
        print_error("'%s' is in\n%s\n", line, text);
        fail();
    }
}

static void test_words_stand_for_themselves(void **state)
{
    assert_word("--port", "\"--port\"");
    assert_word("", "\"\"");
    assert_word("two words", "\"two words\"");
    assert_word("a;b", "\"a;b\"");
    assert_word("50%", "\"50%%\"");
    assert_word("$HOME", "\"$$HOME\"");
    assert_word("say \"x\\y\"", "\"say \\\"x\\\\y\\\"\"");
    assert_word("line\nline", "\"line\\x0aline\"");
    assert_word("\xc3\xa9", "\"\xc3\xa9\"");
}

static void
test_a_unit_of_the_machine_has_a_user_and_a_folder_made_for_it(void **state)
{
    char *text = unit_text(&node);

    assert_has(text, SERVICE_UNIT_MARK "\n[Unit]\n");
    assert_has(text, "\nExecStart=\"/usr/bin/pond\" node\n");
    assert_has(text, "\nDynamicUser=yes\n");
    assert_has(text, "\nStateDirectory=pond/node\n");
    assert_has(text, "\nProtectHome=yes\n");
    assert_has(text, "\nWantedBy=multi-user.target\n");
    free(text);
}

static void test_a_folder_of_ones_own_is_the_one_place_to_write(void **state)
{
    struct service_unit unit = node;
    unit.run_as = "pond";
    unit.folder = "/srv/a 100% pond";
    char *text = unit_text(&unit);

    assert_has(text, "\nUser=pond\n");
    assert_has(text, "\nReadWritePaths=\"/srv/a 100%% pond\"\n");
    assert_lacks(text, "DynamicUser");
    assert_lacks(text, "StateDirectory");
    free(text);
}

static void test_a_unit_of_a_user_asks_for_no_privilege(void **state)
{
    struct service_unit unit = node;
    unit.is_user = true;
    char *text = unit_text(&unit);

    assert_has(text, "\nNoNewPrivileges=yes\n");
    assert_has(text, "\nWantedBy=default.target\n");
    assert_lacks(text, "DynamicUser=");
    assert_lacks(text, "ProtectSystem=");
    assert_lacks(text, "PrivateDevices=");
    assert_lacks(text, "network-online.target");
    free(text);
}

static void test_a_unit_says_when_it_is_ready_and_leaves_no_core(void **state)
{
    static const char *const roles[] = {"node", "validator"};

    for (size_t i = 0; i < 2; i++) {
        struct service_unit unit = node;
        unit.role = roles[i];
        char *text = unit_text(&unit);

        assert_has(text, "\nType=notify\n");
        assert_has(text, "\nWatchdogSec=60\n");
        assert_has(text, "\nLimitCORE=0\n");
        assert_has(text, "\nLimitNOFILE=65536\n");
        free(text);
    }
}

/* What would keep a node from confining its tasks. */
static void test_the_sandbox_of_tasks_keeps_what_it_is_made_of(void **state)
{
    static const char *const settings[] = {
        "\nRestrictNamespaces=",     "\nPrivateUsers=",
        "\nProtectKernelTunables=",  "\nProtectKernelLogs=",
        "\nProtectControlGroups=",   "\nProcSubset=",
        "\nMemoryDenyWriteExecute=", "\nProtectProc=",
        "\nProtectKernelModules="};
    char *text = unit_text(&node);

    for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++)
        assert_lacks(text, settings[i]);
    assert_has(text, "\nDelegate=cpu memory pids\n");
    assert_has(text, "\nOOMPolicy=continue\n");
    free(text);
}

static void test_a_passphrase_comes_as_a_credential(void **state)
{
    struct service_unit unit = node;
    unit.passphrase_file = "/etc/pond/50%";
    char *text = unit_text(&unit);

    assert_has(text, "node --passphrase-file %d/passphrase\n");
    assert_has(text, "\nLoadCredential=passphrase:/etc/pond/50%%\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_stand_for_themselves),
        cmocka_unit_test(
            test_a_unit_of_the_machine_has_a_user_and_a_folder_made_for_it),
        cmocka_unit_test(test_a_folder_of_ones_own_is_the_one_place_to_write),
        cmocka_unit_test(test_a_unit_of_a_user_asks_for_no_privilege),
        cmocka_unit_test(test_a_unit_says_when_it_is_ready_and_leaves_no_core),
        cmocka_unit_test(test_the_sandbox_of_tasks_keeps_what_it_is_made_of),
        cmocka_unit_test(test_a_passphrase_comes_as_a_credential),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
