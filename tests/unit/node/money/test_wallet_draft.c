/*
 * A wallet that is made: whole in the folder, or not there, wherever it was
 * broken off.
 */
#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "crypto/keyfile.h"
#include "node/money/wallet.h"
#include "node/money/wallet_change.h"
#include "node/money/wallet_draft.h"
#include "node/money/wallet_phrase.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char words[] = "abandon abandon abandon abandon abandon abandon "
                            "abandon abandon abandon abandon abandon about";
static const char other_words[] =
    "legal winner thank year wave sausage worth useful legal winner thank "
    "yellow";

/* Of these words by Koii's paths (tests/vectors has their source). */
static const char main_address[] =
    "GjJyeC1r2RgkuoCWMyPYkCWSGSGLcz266EaAkLA27AhL";

static const struct wallet_draft_file step = {"first-run",
                                              {(uint8_t *)"6\n", 2}};

static int set_up(void **state)
{
    char folder[] = "/tmp/pond-draft-XXXXXX";

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

static bool has(const char *folder, const char *name)
{
    char *path = mem_format("%s/%s", folder, name);
    bool found = file_exists(path);

    free(path);
    return found;
}

static void move(const char *folder, const char *from, const char *to)
{
    char *old = mem_format("%s/%s", folder, from);
    char *new = mem_format("%s/%s", folder, to);

    assert_int_equal(rename(old, new), 0);
    free(new);
    free(old);
}

static void make_folder(const char *folder, const char *name)
{
    char *path = mem_format("%s/%s", folder, name);

    assert_ok(file_make_folder(path, 0700));
    free(path);
}

static void assert_phrase(const char *folder, const char *passphrase,
                          const char *expected)
{
    struct seal seal = {.passphrase = bytes_text(passphrase)};
    struct buffer text = {0};

    assert_ok(wallet_phrase_read(folder, NULL, &seal, &text));
    seal_wipe(&seal);
    assert_string_equal(buffer_string(&text), expected);
    buffer_wipe(&text);
}

static void test_new_words_give_the_keys_that_are_written(void **state)
{
    struct wallet_draft *draft = wallet_draft_new();
    struct seal wrong = {.passphrase = bytes_text("wrong")};
    struct buffer text = {0};
    bool has_keys, is_sealed;

    wallet_draft_make(draft);
    assert_ok(wallet_draft_look(*state, NULL, &has_keys, &is_sealed));
    assert_false(has_keys);
    assert_ok(wallet_draft_save(draft, *state, NULL, bytes_text("passphrase"),
                                &step, 1));
    assert_ok(wallet_draft_look(*state, NULL, &has_keys, &is_sealed));
    assert_true(has_keys && is_sealed);
    assert_true(has(*state, "namespace/main_stakingWallet.json"));
    assert_true(has(*state, "namespace/main_kplStakingWallet.json"));
    assert_true(has(*state, "first-run"));
    assert_false(has(*state, "wallet.new") || has(*state, "wallet.made"));
    assert_phrase(*state, "passphrase", wallet_draft_words(draft));
    assert_int_equal(wallet_phrase_read(*state, NULL, &wrong, &text),
                     ERR_DENIED);
    seal_wipe(&wrong);
    buffer_free(&text); /* room may have been taken */
    /* A second wallet does not take the place of the first. */
    assert_int_equal(wallet_draft_save(draft, *state, NULL,
                                       bytes_text("passphrase"), NULL, 0),
                     ERR_EXISTS);
    wallet_draft_free(draft);
}

static void test_words_and_key_files_are_taken(void **state)
{
    struct wallet_draft *draft = wallet_draft_new();
    struct buffer key = {0};
    struct wallet wallet;
    struct pubkey staking;

    assert_ok(wallet_draft_take(draft, bytes_text(words)));
    assert_string_equal(PUBKEY_TEXT(wallet_draft_main(draft)), main_address);
    assert_string_equal(wallet_draft_words(draft), words);
    staking = *wallet_draft_staking(draft);
    assert_ok(wallet_from_mnemonic(words, NULL, &wallet));
    assert_true(pubkey_equal(&staking, &wallet.staking.pubkey));
    /* The main key alone: its staking key is another. */
    keyfile_text(&wallet.main, &key);
    assert_ok(wallet_draft_take(draft, buffer_view(&key)));
    assert_string_equal(PUBKEY_TEXT(wallet_draft_main(draft)), main_address);
    assert_string_equal(wallet_draft_words(draft), "");
    assert_false(pubkey_equal(wallet_draft_staking(draft), &staking));
    wallet_wipe(&wallet);
    buffer_wipe(&key);
    wallet_draft_free(draft);
}

static void test_what_is_no_wallet_leaves_nothing(void **state)
{
    static const char *const wrong[] = {
        "", " ", "[", "[1,2]", "abandon", "abandon about",
        "abandon abandon abandon abandon abandon abandon abandon abandon "
        "abandon abandon abandon abandon",
        /* 15 words are a phrase of BIP-39, and of no wallet. */
        "abandon abandon abandon abandon abandon abandon abandon abandon "
        "abandon abandon abandon abandon abandon abandon address"};
    static const struct pubkey none;
    struct wallet_draft *draft = wallet_draft_new();

    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        wallet_draft_make(draft);
        assert_int_equal(wallet_draft_take(draft, bytes_text(wrong[i])),
                         ERR_INVALID);
        assert_string_equal(wallet_draft_words(draft), "");
        assert_true(pubkey_equal(wallet_draft_main(draft), &none));
    }
    wallet_draft_free(draft);
}

static void test_one_that_was_broken_off_is_not_there_or_whole(void **state)
{
    struct wallet_draft *draft = wallet_draft_new();
    struct wallet wallet;
    bool has_keys, is_sealed;

    assert_ok(wallet_draft_take(draft, bytes_text(words)));
    assert_ok(wallet_draft_save(draft, *state, NULL, bytes_text("passphrase"),
                                &step, 1));
    /* While it was written. */
    make_folder(*state, "wallet.new/wallets");
    move(*state, "wallets/main_mainSystemWallet.json",
         "wallet.new/wallets/main_mainSystemWallet.json");
    move(*state, "namespace/main_stakingWallet.json", "wallet.new/x.json");
    assert_ok(wallet_change_finish(*state));
    assert_ok(wallet_draft_look(*state, NULL, &has_keys, &is_sealed));
    assert_false(has_keys || has(*state, "wallet.new"));
    /* While it was moved: some files are at their places. */
    assert_ok(wallet_draft_save(draft, *state, NULL, bytes_text("passphrase"),
                                &step, 1));
    make_folder(*state, "wallet.made/wallets");
    make_folder(*state, "wallet.made/namespace");
    move(*state, "namespace/main_stakingWallet.json",
         "wallet.made/namespace/main_stakingWallet.json");
    move(*state, "wallets/main_mainSystemWallet.json",
         "wallet.made/wallets/main_mainSystemWallet.json");
    move(*state, "first-run", "wallet.made/first-run");
    assert_ok(wallet_change_finish(*state));
    assert_ok(wallet_draft_look(*state, NULL, &has_keys, &is_sealed));
    assert_true(has_keys && is_sealed && has(*state, "first-run"));
    assert_false(has(*state, "wallet.made"));
    assert_int_equal(wallet_load(*state, NULL, &wallet), ERR_DENIED);
    wallet_draft_free(draft);
}

static void
test_its_words_set_another_passphrase_and_others_do_not(void **state)
{
    struct wallet_draft *draft = wallet_draft_new();

    assert_ok(wallet_draft_take(draft, bytes_text(words)));
    assert_ok(
        wallet_draft_save(draft, *state, NULL, bytes_text("lost"), NULL, 0));
    assert_ok(wallet_draft_take(draft, bytes_text(other_words)));
    assert_int_equal(
        wallet_draft_reseal(draft, *state, NULL, bytes_text("new"), NULL, 0),
        ERR_DENIED);
    assert_non_null(strstr(err_text(), main_address));
    assert_non_null(strstr(err_text(), PUBKEY_TEXT(wallet_draft_main(draft))));
    assert_phrase(*state, "lost", words);
    assert_ok(wallet_draft_take(draft, bytes_text(words)));
    assert_ok(
        wallet_draft_reseal(draft, *state, NULL, bytes_text("new"), NULL, 0));
    assert_phrase(*state, "new", words);
    wallet_draft_free(draft);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_new_words_give_the_keys_that_are_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_words_and_key_files_are_taken,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_no_wallet_leaves_nothing,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_one_that_was_broken_off_is_not_there_or_whole, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(
            test_its_words_set_another_passphrase_and_others_do_not, set_up,
            tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
