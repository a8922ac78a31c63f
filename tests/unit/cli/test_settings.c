#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/networks.h"
#include "cli/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* Each test has a ~/.config of its own. */
static char folder[] = "/tmp/pond-settings-XXXXXX";

static const struct settings_place nowhere = {0};

static int set_up(void **state)
{
    memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
    assert_non_null(mkdtemp(folder));
    setenv("XDG_CONFIG_HOME", folder, 1);
    unsetenv("POND_RPC");
    unsetenv("POND_NETWORK");
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
    struct settings_place place = {.rpc = {{given}, given ? 1 : 0}};

    assert_int_equal(settings_rpc(&place, &found), 0);
    assert_string_equal(found.value, url);
    settings_free(&found);
}

static void test_without_settings_the_endpoint_is_this_machine(void **state)
{
    expect_rpc(NULL, SETTINGS_RPC_DEFAULT);
}

static void test_public_networks_have_names(void **state)
{
    expect_rpc("mainnet", "https://mainnet.koii.network "
                          "https://desktop-node-rpc.mainnet.koii.network");
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

static void test_several_endpoints_are_one_list(void **state)
{
    struct settings_found found;
    const struct settings_place place = {
        .rpc = {{"http://a,http://b", "devnet"}, 2}};

    assert_int_equal(settings_rpc(&place, &found), 0);
    assert_string_equal(found.value,
                        "http://a http://b https://devnet.koii.network");
    settings_free(&found);
    setenv("POND_RPC", "http://a, http://b", 1);
    expect_rpc(NULL, "http://a http://b");
    expect_rpc("http://c", "http://c");
}

static void test_a_broken_file_is_named(void **state)
{
    struct settings_found found;

    write_file("pond/config.yml", "json_rpc_url: [\n");
    assert_int_equal(settings_rpc(&nowhere, &found), ERR_INVALID);
    assert_non_null(strstr(err_text(), "pond/config.yml"));
}

static void test_a_wallet_of_another_program_is_found(void **state)
{
    struct settings_found found;
    char *koii = mem_format("%s/koii/id.json", folder);

    assert_int_equal(settings_key(NULL, &nowhere, &found), ERR_NOT_FOUND);
    write_file("solana/id.json", "[]");
    assert_int_equal(settings_key(NULL, &nowhere, &found), 0);
    settings_free(&found);
    write_file("koii/id.json", "[]");
    assert_int_equal(settings_key(NULL, &nowhere, &found), 0);
    assert_string_equal(found.value, koii);
    settings_free(&found);
    free(koii);
}

static void expect_network(const char *given, const char *name)
{
    struct settings_found found;

    assert_int_equal(settings_network(given, &found), 0);
    if (name)
        assert_string_equal(found.value, name);
    else
        assert_null(found.value);
    settings_free(&found);
}

static void test_the_nearer_network_counts(void **state)
{
    expect_network(NULL, NULL);
    write_file("pond/networks.json",
               "{\"use\":\"home\",\"networks\":[{\"name\":\"home\","
               "\"urls\":[\"http://a\",\"http://b\"]}]}");
    expect_network(NULL, "home");
    setenv("POND_NETWORK", "testnet", 1);
    expect_network(NULL, "testnet");
    expect_network("localhost", "local");

    struct settings_found found;
    assert_int_equal(settings_network("nowhere", &found), ERR_NOT_FOUND);
    assert_non_null(strstr(err_text(), "home"));
    expect_rpc("home", "http://a http://b");
}

/* An endpoint of the environment counts before a network of the settings, and
 * not before one of the command line. */
static void test_endpoint_and_network_have_one_order(void **state)
{
    struct settings_place place = {.network = "devnet",
                                   .network_source = "test"};
    struct settings_found found;

    write_file("pond/config.yml", "json_rpc_url: http://file\n");
    assert_int_equal(settings_rpc(&place, &found), 0);
    assert_string_equal(found.value, "https://devnet.koii.network");
    settings_free(&found);
    setenv("POND_RPC", "http://environment", 1);
    assert_int_equal(settings_rpc(&place, &found), 0);
    assert_string_equal(found.value, "http://environment");
    settings_free(&found);
    place.is_near = true;
    assert_int_equal(settings_rpc(&place, &found), 0);
    assert_string_equal(found.value, "https://devnet.koii.network");
    settings_free(&found);
}

static void test_folders_of_networks_are_apart(void **state)
{
    const struct settings_place devnet = {.network = "devnet"};
    const struct settings_place local = {.network = "local"};
    struct settings_found found;
    char *here = settings_node_folder(&nowhere);
    char *same = settings_node_folder(&local);
    char *there = settings_node_folder(&devnet);

    assert_string_equal(here, same);
    assert_non_null(strstr(here, "/pond/node"));
    assert_non_null(strstr(there, "/pond/networks/devnet/node"));
    /* The common wallet serves where a network has none. */
    write_file("pond/id.json", "[]");
    assert_int_equal(settings_key(NULL, &devnet, &found), 0);
    assert_null(strstr(found.value, "devnet"));
    settings_free(&found);
    write_file("pond/networks/devnet/id.json", "[]");
    assert_int_equal(settings_key(NULL, &devnet, &found), 0);
    assert_non_null(strstr(found.value, "/networks/devnet/id.json"));
    settings_free(&found);
    assert_int_equal(settings_key(NULL, &local, &found), 0);
    assert_null(strstr(found.value, "devnet"));
    settings_free(&found);
    free(here);
    free(same);
    free(there);
}

static void test_a_broken_file_of_networks_is_named(void **state)
{
    static const char *const broken[] = {
        "[",
        "[]",
        "{\"networks\":{}}",
        "{\"networks\":[1]}",
        "{\"networks\":[{\"name\":\"a\"}]}",
        "{\"networks\":[{\"name\":\"a\",\"urls\":[]}]}",
        "{\"networks\":[{\"name\":\"a\",\"urls\":[1]}]}",
        "{\"networks\":[{\"name\":\"a\",\"urls\":[\"b c\"]}]}",
        "{\"networks\":[{\"name\":\"../a\",\"urls\":[\"http://b\"]}]}",
        "{\"use\":\"nothing\"}",
        "{\"use\":1}"};
    struct settings_found found;

    for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
        write_file("pond/networks.json", broken[i]);
        assert_int_equal(settings_network(NULL, &found), ERR_INVALID);
        assert_non_null(strstr(err_text(), "pond/networks.json"));
    }
}

static void test_networks_are_written_and_read_again(void **state)
{
    struct networks networks;

    assert_int_equal(networks_read(&networks), 0);
    assert_int_equal(networks_put(&networks, "home", "http://a http://b"), 0);
    assert_int_equal(networks_put(&networks, "mainnet", "http://own"), 0);
    assert_int_equal(networks_use(&networks, "home"), 0);
    assert_int_equal(networks_write(&networks), 0);
    networks_free(&networks);
    expect_network(NULL, "home");
    expect_rpc("home", "http://a http://b");
    expect_rpc("mainnet", "http://own");

    assert_int_equal(networks_read(&networks), 0);
    assert_int_equal(networks_remove(&networks, "home"), 0);
    assert_int_equal(networks_remove(&networks, "home"), ERR_NOT_FOUND);
    assert_int_equal(networks_remove(&networks, "mainnet"), 0);
    assert_int_equal(networks_remove(&networks, "mainnet"), ERR_STATE);
    assert_int_equal(networks_write(&networks), 0);
    networks_free(&networks);
    expect_network(NULL, NULL);
    assert_int_equal(networks_read(&networks), 0);
    assert_null(networks_find(&networks, "home"));
    assert_int_equal(networks_check_name("a/b"), ERR_INVALID);
    assert_int_equal(networks_check_name(".."), ERR_INVALID);
    assert_int_equal(networks_check_name(""), ERR_INVALID);
    assert_int_equal(networks_check_name("home-2.a_b"), 0);
    networks_free(&networks);
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
        cmocka_unit_test_setup_teardown(test_several_endpoints_are_one_list,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_nearer_network_counts, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            test_endpoint_and_network_have_one_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_folders_of_networks_are_apart,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_broken_file_of_networks_is_named,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_networks_are_written_and_read_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_broken_file_is_named, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            test_a_wallet_of_another_program_is_found, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
