#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "crypto/derivation.h"
#include "node/money/wallet.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int make_folder(void **state)
{
    char *folder = mem_text("/tmp/pond-wallet-XXXXXX");

    crypto_init();
    *state = mkdtemp(folder);
    return *state ? 0 : -1;
}

static int remove_folder(void **state)
{
    file_remove_tree(*state);
    free(*state);
    return 0;
}

static void test_keys_lie_where_koii_s_node_looks_for_them(void **state)
{
    char *path, *expected = mem_format("%s/wallets/a b_mainSystemWallet.json",
                                       (char *)*state);

    assert_ok(wallet_main_path(*state, "a b", &path));
    assert_string_equal(path, expected);
    free(path);
    free(expected);
    expected =
        mem_format("%s/namespace/main_stakingWallet.json", (char *)*state);
    assert_ok(wallet_staking_path(*state, NULL, &path));
    assert_string_equal(path, expected);
    free(path);
    free(expected);
}

static void test_files_are_arrays_of_64_numbers_for_the_owner(void **state)
{
    struct json_object *numbers;
    struct buffer text = {0};
    struct wallet wallet;
    struct stat stat_of;
    char *path;

    assert_ok(wallet_create(*state, NULL, &wallet));
    assert_ok(wallet_main_path(*state, NULL, &path));
    assert_ok(file_read(path, 4096, &text));
    assert_ok(json_parse(buffer_view(&text), &numbers));
    assert_true(json_object_is_type(numbers, json_type_array));
    assert_int_equal(json_object_array_length(numbers), 64);
    for (size_t i = 0; i < 64; i++)
        assert_int_equal(
            json_object_get_int(json_object_array_get_idx(numbers, i)),
            wallet.main.secret[i]);
    assert_int_equal(stat(path, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 0777, 0600);
    json_object_put(numbers);
    buffer_free(&text);
    free(path);
}

static void test_what_was_created_is_loaded(void **state)
{
    struct wallet made, read;

    assert_ok(wallet_open(*state, NULL, &made));
    assert_ok(wallet_open(*state, NULL, &read));
    assert_memory_equal(made.main.secret, read.main.secret, 64);
    assert_memory_equal(made.staking.secret, read.staking.secret, 64);
    assert_memory_not_equal(made.main.secret, made.staking.secret, 64);
}

static void test_keys_are_never_overwritten(void **state)
{
    struct wallet first, second;
    char *path;

    assert_ok(wallet_create(*state, NULL, &first));
    assert_int_equal(wallet_create(*state, NULL, &second), ERR_EXISTS);
    /* Not even where only one of the two is there. */
    assert_ok(wallet_main_path(*state, NULL, &path));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(wallet_create(*state, NULL, &second), ERR_EXISTS);
    assert_int_equal(wallet_open(*state, NULL, &second), ERR_NOT_FOUND);
    assert_false(file_exists(path));
    free(path);
}

static void test_names_that_leave_the_folder_are_refused(void **state)
{
    static const char *const names[] = {"",   "../x", "a/b",
                                        "..", "a\nb", "käse"};
    char *path;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_int_equal(wallet_main_path(*state, names[i], &path),
                         ERR_INVALID);
}

static void test_a_seed_phrase_gives_koii_s_keys(void **state)
{
    /* BIP39's first vector; the paths are those of Koii's node. */
    static const char words[] =
        "abandon abandon abandon abandon abandon abandon abandon abandon "
        "abandon abandon abandon about";
    static const char seed_hex[] =
        "5eb00bbddcf069084889a8ab9155568165f5c453ccb85e70811aaed6f6da5fc1"
        "9a5ac40b389cd370d086206dec8aa6c43daea6690f20ad3d8d48b2d2ce9e38e4";
    uint8_t seed[64];
    struct keypair main, staking, staking_kpl;
    struct wallet wallet;

    for (size_t i = 0; i < 64; i++)
        assert_int_equal(sscanf(seed_hex + 2 * i, "%2hhx", &seed[i]), 1);
    assert_ok(derivation_key(bytes_make(seed, 64), "m/44'/501'/0'", &main));
    assert_ok(
        derivation_key(bytes_make(seed, 64), "m/44'/501'/99'/0'", &staking));
    assert_ok(derivation_key(bytes_make(seed, 64), "m/44'/501'/99'/1'",
                             &staking_kpl));
    assert_ok(wallet_from_mnemonic(words, NULL, &wallet));
    assert_true(pubkey_equal(&wallet.main.pubkey, &main.pubkey));
    assert_true(pubkey_equal(&wallet.staking.pubkey, &staking.pubkey));
    assert_true(pubkey_equal(&wallet.staking_kpl.pubkey, &staking_kpl.pubkey));
    /* And back from the files. */
    struct wallet again;
    assert_ok(wallet_save(*state, NULL, &wallet));
    assert_ok(wallet_load(*state, NULL, &again));
    assert_true(pubkey_equal(&again.staking_kpl.pubkey, &staking_kpl.pubkey));
    assert_int_equal(wallet_from_mnemonic("abandon abandon", NULL, &wallet),
                     ERR_INVALID);
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_keys_lie_where_koii_s_node_looks_for_them),
        TEST(test_files_are_arrays_of_64_numbers_for_the_owner),
        TEST(test_what_was_created_is_loaded),
        TEST(test_keys_are_never_overwritten),
        TEST(test_names_that_leave_the_folder_are_refused),
        TEST(test_a_seed_phrase_gives_koii_s_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
