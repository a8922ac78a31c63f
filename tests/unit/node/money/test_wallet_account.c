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
#include "node/money/wallet_phrase.h"

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

static struct seal plain; /* no passphrase: no key is ever made */

/* What a passphrase that was typed would be. */
static struct passphrase typed(const char *folder, const char *text)
{
    char *path = mem_format("%s/typed", folder);
    struct passphrase passphrase = {.source.file = path};
    struct seal *out;

    assert_ok(file_replace(path, bytes_text(text), 0600));
    assert_ok(passphrase_get(&passphrase, "test", &out));
    unlink(path);
    free(path);
    return passphrase;
}

static int reseal(const char *folder, const char *name, struct passphrase *old,
                  const char *text)
{
    struct seal fresh = {.passphrase = bytes_text(text)};
    int status = wallet_account_reseal(folder, name, old, &fresh);

    seal_wipe(&fresh);
    return status;
}

static void add(const char *folder, const char *name, struct wallet *wallet)
{
    *wallet = (struct wallet){0};
    keypair_generate(&wallet->main);
    keypair_generate(&wallet->staking);
    assert_ok(wallet_account_add(folder, name, wallet, &plain));
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
    assert_int_equal(wallet_account_add(*state, "two", &wallet, &plain),
                     ERR_EXISTS);
    assert_non_null(strstr(err_text(), "\"one\""));
    assert_int_equal(wallet_account_add(*state, "one", &wallet, &plain),
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

/* Broken off before the last file: the name in use has keys, so that no other
 * wallet is made in their place. */
static void test_a_renaming_takes_the_name_in_use_before_the_keys(void **state)
{
    struct wallet wallet, read;
    char *from, *to;

    add(*state, "one", &wallet);
    assert_ok(wallet_account_use(*state, "one"));
    assert_ok(wallet_account_rename(*state, "one", "two"));
    assert_ok(wallet_main_path(*state, "one", &from));
    assert_ok(wallet_main_path(*state, "two", &to));
    assert_int_equal(rename(to, from), 0);
    assert_int_equal(wallet_load(*state, NULL, &read), ERR_NOT_FOUND);
    assert_int_equal(wallet_open(*state, NULL, &read), ERR_NOT_FOUND);
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

/* ---- what lies beside the keys ---- */

static void assert_words(const char *folder, const char *name,
                         const char *passphrase)
{
    struct seal seal = {.passphrase = bytes_text(passphrase)};
    struct buffer words = {0};

    assert_ok(wallet_phrase_read(folder, name, &seal, &words));
    assert_string_equal(buffer_string(&words), "twelve words");
    buffer_wipe(&words);
    seal_wipe(&seal);
}

/* Of keys that are plain. */
static void write_words(const char *folder)
{
    struct seal none = {0};

    assert_ok(
        wallet_phrase_write(folder, "one", bytes_text("twelve words"), &none));
    seal_wipe(&none);
}

static void assert_kept(const char *folder, const char *expected)
{
    char *path = mem_format("%s/" WALLET_PASSPHRASE_FILE, folder);
    struct buffer text = {0};

    if (expected) {
        assert_ok(file_read(path, 64, &text));
        assert_string_equal(buffer_string(&text), expected);
    } else {
        assert_false(file_exists(path));
    }
    buffer_free(&text);
    free(path);
}

static void keep(const char *folder, const char *passphrase)
{
    char *path = mem_format("%s/" WALLET_PASSPHRASE_FILE, folder);

    assert_ok(file_replace(path, bytes_text(passphrase), 0600));
    free(path);
}

static void test_the_words_go_where_their_keys_go(void **state)
{
    struct wallet wallet;
    struct seal none = {0};
    struct buffer words = {0};
    char *path;

    add(*state, "main", &wallet);
    add(*state, "one", &wallet);
    write_words(*state);
    assert_ok(wallet_account_rename(*state, "one", "two"));
    assert_words(*state, "two", "");
    assert_int_equal(wallet_phrase_read(*state, "one", &none, &words),
                     ERR_NOT_FOUND);
    assert_ok(wallet_account_remove(*state, "two"));
    assert_ok(wallet_phrase_path(*state, "two", &path));
    assert_false(file_exists(path));
    free(path);
    buffer_free(&words);
}

static void
test_a_passphrase_is_that_of_keys_words_and_the_kept_one(void **state)
{
    struct passphrase none = {0}, old = typed(*state, "old");
    struct wallet wallet, read;

    add(*state, "one", &wallet);
    assert_ok(wallet_account_use(*state, "one"));
    write_words(*state);
    assert_ok(reseal(*state, "one", &none, "old"));
    assert_words(*state, "one", "old");
    assert_kept(*state, NULL); /* as it was */
    keep(*state, "old");
    assert_ok(reseal(*state, "one", &old, "new"));
    assert_ok(load_by(*state, "new", &read));
    assert_words(*state, "one", "new");
    assert_kept(*state, "new");
    passphrase_wipe(&old);
    old = typed(*state, "new");
    assert_ok(reseal(*state, "one", &old, ""));
    assert_ok(wallet_load(*state, "one", &read));
    assert_memory_equal(&read, &wallet, sizeof(read));
    assert_words(*state, "one", "");
    assert_kept(*state, NULL);
    passphrase_wipe(&old);
}

static void test_one_passphrase_is_changed_for_all_that_it_opens(void **state)
{
    struct passphrase none = {0};
    struct wallet one, two, three, read;

    add(*state, "one", &one);
    add(*state, "two", &two);
    add(*state, "three", &three);
    assert_ok(reseal(*state, "three", &none, "another"));
    assert_int_equal(wallet_account_reseal_all(*state, "three", bytes_text(""),
                                               bytes_text("new"), WALLET_KEEP),
                     ERR_DENIED);
    assert_kept(*state, NULL);
    assert_ok(wallet_load(*state, "one", &read));
    assert_ok(wallet_account_reseal_all(*state, "two", bytes_text(""),
                                        bytes_text("new"), WALLET_KEEP));
    assert_kept(*state, "new");
    assert_ok(load_by(*state, "new", &read));
    assert_memory_equal(&read, &one, sizeof(read));
}

/* A crash while the files of a change are moved: the rest is moved by whoever
 * comes next, and the change is whole. */
static void test_a_change_that_was_broken_off_is_finished_first(void **state)
{
    static const char *const names[] = {"wallets/one_mainSystemWallet.json",
                                        "wallets/one_phrase.sealed",
                                        WALLET_PASSPHRASE_FILE};
    struct passphrase none = {0};
    struct wallet wallet, read;
    char *made = mem_format("%s/wallet.made", (char *)*state);
    char *room = mem_format("%s/wallets", made);

    add(*state, "one", &wallet);
    assert_ok(wallet_account_use(*state, "one"));
    write_words(*state);
    assert_ok(wallet_account_reseal_all(*state, "one", bytes_text(""),
                                        bytes_text("new"), WALLET_KEEP));
    assert_ok(file_make_folder(room, 0700));
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        char *from = mem_format("%s/%s", (char *)*state, names[i]);
        char *to = mem_format("%s/%s", made, names[i]);

        assert_int_equal(rename(from, to), 0);
        free(to);
        free(from);
    }
    wallet_account_recover(*state);
    assert_false(file_exists(made));
    assert_ok(load_by(*state, "new", &read));
    assert_words(*state, "one", "new");
    assert_kept(*state, "new");
    /* With nothing to do it does nothing. */
    wallet_account_recover(*state);
    assert_ok(wallet_account_rename(*state, "one", "two"));
    assert_words(*state, "two", "new");
    passphrase_wipe(&none);
    free(room);
    free(made);
}

static void test_a_new_passphrase_that_was_broken_off_goes_on(void **state)
{
    struct wallet wallet, read;
    struct passphrase none = {0}, old = typed(*state, "old");
    struct seal fresh = {.passphrase = bytes_text("new")};
    char *staking;

    add(*state, "one", &wallet);
    assert_ok(reseal(*state, "one", &none, "old"));
    assert_ok(load_by(*state, "old", &read));
    assert_memory_equal(&read, &wallet, sizeof(read));
    /* One file of two. */
    assert_ok(wallet_staking_path(*state, "one", &staking));
    assert_ok(keyfile_reseal(staking, &old, &fresh));
    seal_wipe(&fresh);
    assert_int_equal(load_by(*state, "old", &read), ERR_DENIED);
    assert_int_equal(load_by(*state, "new", &read), ERR_DENIED);
    assert_ok(reseal(*state, "one", &old, "new"));
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
    assert_ok(reseal(*state, "one", &none, "old"));
    assert_int_equal(reseal(*state, "one", &wrong, "new"), ERR_DENIED);
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
        TEST(test_a_renaming_takes_the_name_in_use_before_the_keys),
        TEST(test_the_words_go_where_their_keys_go),
        TEST(test_a_passphrase_is_that_of_keys_words_and_the_kept_one),
        TEST(test_one_passphrase_is_changed_for_all_that_it_opens),
        TEST(test_a_change_that_was_broken_off_is_finished_first),
        TEST(test_an_account_with_a_broken_file_is_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
