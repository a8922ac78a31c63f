/*
 * Accounts of a folder: what changes them can be broken off between any two
 * files, and is finished by asking for it again.
 */
#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "crypto/keyfile.h"
#include "node/money/wallet_account.h"

#include <stdio.h>
#include <unistd.h>

static int set_up(void **state)
{
    char folder[] = "/tmp/pond-account-XXXXXX";

    crypto_init();
    assert_non_null(mkdtemp(folder));
    *state = mem_text(folder);
    return 0;
}

static int tear_down(void **state)
{
    file_remove_tree(*state);
    free(*state);
    return 0;
}

/* What a passphrase that was typed would be. */
static struct passphrase typed(const char *folder, const char *text)
{
    char *path = mem_format("%s/typed", folder);
    struct passphrase passphrase = {.source.file = path};
    struct bytes out;

    assert_ok(file_replace(path, bytes_text(text), 0600));
    assert_ok(passphrase_get(&passphrase, "test", &out));
    unlink(path);
    free(path);
    return passphrase;
}

static void add(const char *folder, const char *name, struct wallet *wallet)
{
    *wallet = (struct wallet){0};
    keypair_generate(&wallet->main);
    keypair_generate(&wallet->staking);
    assert_ok(wallet_account_add(folder, name, wallet, bytes_text("")));
}

static void test_a_chosen_account_is_the_one_in_use(void **state)
{
    struct wallet first, second, read;
    char name[WALLET_ACCOUNT_SIZE_MAX + 1];

    assert_ok(wallet_active(*state, name));
    assert_string_equal(name, "main");
    add(*state, "main", &first);
    add(*state, "other", &second);
    assert_ok(wallet_account_use(*state, "other"));
    assert_ok(wallet_active(*state, name));
    assert_string_equal(name, "other");
    assert_ok(wallet_load(*state, NULL, &read));
    assert_memory_equal(&read, &second, sizeof(read));
    assert_ok(wallet_load(*state, "main", &read));
    assert_memory_equal(&read, &first, sizeof(read));
    assert_int_equal(wallet_account_remove(*state, "other"), ERR_STATE);
    char *path = mem_format("%s/account", (char *)*state);
    assert_ok(file_replace(path, bytes_text("../x"), 0600));
    free(path);
    assert_int_equal(wallet_load(*state, NULL, &read), ERR_INVALID);
}

static void test_the_same_key_is_no_second_account(void **state)
{
    struct wallet wallet;

    add(*state, "one", &wallet);
    assert_int_equal(wallet_account_add(*state, "two", &wallet, bytes_text("")),
                     ERR_EXISTS);
    assert_non_null(strstr(err_text(), "\"one\""));
    assert_int_equal(wallet_account_add(*state, "one", &wallet, bytes_text("")),
                     ERR_EXISTS);
}

static void test_a_renaming_that_was_broken_off_goes_on(void **state)
{
    struct wallet wallet, read;
    char *from, *to;

    add(*state, "one", &wallet);
    assert_ok(wallet_account_use(*state, "one"));
    assert_ok(wallet_staking_path(*state, "one", &from));
    assert_ok(wallet_staking_path(*state, "two", &to));
    assert_int_equal(rename(from, to), 0);
    assert_int_equal(wallet_load(*state, "one", &read), ERR_NOT_FOUND);
    assert_ok(wallet_account_rename(*state, "one", "two"));
    assert_ok(wallet_load(*state, NULL, &read));
    assert_memory_equal(&read, &wallet, sizeof(read));
    free(from);
    free(to);
}

static int load_by(const char *folder, const char *text, struct wallet *out)
{
    char *path = mem_format("%s/by", folder);
    const struct wallet_access access = {.passphrase.file = path};
    bool is_sealed;

    assert_ok(file_replace(path, bytes_text(text), 0600));
    int status = wallet_unseal(folder, "one", &access, out, &is_sealed);
    free(path);
    return status;
}

static void test_a_new_passphrase_that_was_broken_off_goes_on(void **state)
{
    struct wallet wallet, read;
    struct passphrase none = {0}, old = typed(*state, "old");
    char *staking;

    add(*state, "one", &wallet);
    assert_ok(wallet_account_reseal(*state, "one", &none, bytes_text("old")));
    assert_ok(load_by(*state, "old", &read));
    assert_memory_equal(&read, &wallet, sizeof(read));
    /* One file of two. */
    assert_ok(wallet_staking_path(*state, "one", &staking));
    assert_ok(keyfile_reseal(staking, &old, bytes_text("new")));
    assert_int_equal(load_by(*state, "old", &read), ERR_DENIED);
    assert_int_equal(load_by(*state, "new", &read), ERR_DENIED);
    assert_ok(wallet_account_reseal(*state, "one", &old, bytes_text("new")));
    assert_ok(load_by(*state, "new", &read));
    assert_memory_equal(&read, &wallet, sizeof(read));
    passphrase_wipe(&old);
    free(staking);
}

static void test_a_wrong_passphrase_writes_nothing(void **state)
{
    struct wallet wallet, read;
    struct passphrase none = {0}, wrong = typed(*state, "wrong");

    add(*state, "one", &wallet);
    assert_ok(wallet_account_reseal(*state, "one", &none, bytes_text("old")));
    assert_int_equal(
        wallet_account_reseal(*state, "one", &wrong, bytes_text("new")),
        ERR_DENIED);
    assert_ok(load_by(*state, "old", &read));
    assert_memory_equal(&read, &wallet, sizeof(read));
    passphrase_wipe(&wrong);
}

static void test_an_account_with_a_broken_file_is_listed(void **state)
{
    struct wallet_account *all;
    struct wallet wallet;
    size_t count;
    char *path;

    assert_ok(wallet_account_list(*state, &all, &count));
    assert_int_equal(count, 0);
    free(all);
    add(*state, "b", &wallet);
    add(*state, "a", &wallet);
    assert_ok(wallet_main_path(*state, "b", &path));
    assert_ok(file_replace(path, bytes_text("{\"format\":1}"), 0600));
    assert_ok(wallet_account_list(*state, &all, &count));
    assert_int_equal(count, 2);
    assert_string_equal(all[0].name, "a");
    assert_int_equal(all[0].status, 0);
    assert_int_equal(all[1].status, ERR_INVALID);
    free(all);
    free(path);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_chosen_account_is_the_one_in_use),
        TEST(test_the_same_key_is_no_second_account),
        TEST(test_a_renaming_that_was_broken_off_goes_on),
        TEST(test_a_new_passphrase_that_was_broken_off_goes_on),
        TEST(test_a_wrong_passphrase_writes_nothing),
        TEST(test_an_account_with_a_broken_file_is_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
