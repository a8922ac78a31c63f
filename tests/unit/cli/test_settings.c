#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* Each test has a ~/.config of its own. */
static char folder[] = "/tmp/pond-settings-XXXXXX";

static int set_up(void **state)
{
    memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
    assert_non_null(mkdtemp(folder));
    setenv("XDG_CONFIG_HOME", folder, 1);
    unsetenv("POND_RPC");
    unsetenv("POND_KEYPAIR");
    return 0;
}

static int tear_down(void **state)
{
    return file_remove_tree(folder);
}

static void write_file(const char *name, const char *text)
{
    char *path = mem_format("%s/%s", folder, name);
    char *above = mem_text(path);

    *strrchr(above, '/') = 0;
    assert_int_equal(file_make_folder(above, 0700), 0);
    assert_int_equal(file_replace(path, bytes_text(text), 0600), 0);
    free(above);
    free(path);
}

static void expect_rpc(const char *given, const char *url)
{
    struct settings_found found;

    assert_int_equal(settings_rpc(given, &found), 0);
    assert_string_equal(found.value, url);
    settings_free(&found);
}

static void test_without_settings_the_endpoint_is_this_machine(void **state)
{
    expect_rpc(NULL, SETTINGS_RPC_DEFAULT);
}

static void test_public_networks_have_names(void **state)
{
    expect_rpc("mainnet", "https://mainnet.koii.network");
    expect_rpc("testnet", "https://testnet.koii.network");
    expect_rpc("localhost", SETTINGS_RPC_DEFAULT);
    expect_rpc("http://mainnet", "http://mainnet");
    write_file("pond/config.yml", "json_rpc_url: devnet\n");
    expect_rpc(NULL, "https://devnet.koii.network");
}

static void test_the_nearer_setting_counts(void **state)
{
    write_file("koii/cli/config.yml", "json_rpc_url: \"http://koii\"\n");
    expect_rpc(NULL, "http://koii");
    write_file("pond/config.yml", "json_rpc_url: http://pond\n");
    expect_rpc(NULL, "http://pond");
    setenv("POND_RPC", "http://environment", 1);
    expect_rpc(NULL, "http://environment");
    expect_rpc("http://option", "http://option");
}

static void test_a_broken_file_is_named(void **state)
{
    struct settings_found found;

    write_file("pond/config.yml", "json_rpc_url: [\n");
    assert_int_equal(settings_rpc(NULL, &found), ERR_INVALID);
    assert_non_null(strstr(err_text(), "pond/config.yml"));
}

static void test_a_wallet_of_another_program_is_found(void **state)
{
    struct settings_found found;
    char *koii = mem_format("%s/koii/id.json", folder);

    assert_int_equal(settings_key(NULL, &found), ERR_NOT_FOUND);
    write_file("solana/id.json", "[]");
    assert_int_equal(settings_key(NULL, &found), 0);
    settings_free(&found);
    write_file("koii/id.json", "[]");
    assert_int_equal(settings_key(NULL, &found), 0);
    assert_string_equal(found.value, koii);
    settings_free(&found);
    free(koii);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_without_settings_the_endpoint_is_this_machine, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(test_public_networks_have_names, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_the_nearer_setting_counts, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_broken_file_is_named, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            test_a_wallet_of_another_program_is_found, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
