/*
 * Folders of validators: a network of several made from a list, taken over by
 * the others, and what is refused.
 */
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "crypto/keyfile.h"
#include "settlement/validator/validator_folder.h"
#include "settlement/write_ahead/vote_file.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT 3

struct fixture {
    char root[64];
    char *folders[COUNT];
    char *list, *genesis;
    struct pubkey keys[COUNT];
};

static int setup(void **state)
{
    struct fixture *fixture = mem_zero(1, sizeof(*fixture));
    struct buffer text = {0};
    strcpy(fixture->root, "/tmp/pond-create-XXXXXX");
    assert_non_null(mkdtemp(fixture->root));
    fixture->list = mem_format("%s/validators.json", fixture->root);
    for (unsigned i = 0; i < COUNT; i++) {
        struct keypair keypair;
        fixture->folders[i] = mem_format("%s/v%u", fixture->root, i);
        char *path = mem_format("%s/identity.json", fixture->folders[i]);
        keypair_generate(&keypair);
        fixture->keys[i] = keypair.pubkey;
        assert_int_equal(file_make_folder(fixture->folders[i], 0700), 0);
        assert_int_equal(keyfile_write(path, &keypair, false), 0);
        buffer_format(&text, "%s{\"identity\":\"%s\",\"stake\":%u000000000}",
                      i ? "," : "[", PUBKEY_TEXT(&keypair.pubkey), i + 5);
        free(path);
    }
    buffer_text(&text, "]");
    assert_int_equal(file_replace(fixture->list, buffer_view(&text), 0644), 0);
    buffer_free(&text);
    fixture->genesis = mem_format("%s/genesis.json", fixture->folders[0]);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    file_remove_tree(fixture->root);
    for (unsigned i = 0; i < COUNT; i++)
        free(fixture->folders[i]);
    free(fixture->list);
    free(fixture->genesis);
    free(fixture);
    return 0;
}

static int create(struct fixture *fixture, const char *folder)
{
    const struct validator_network network = {.validators = fixture->list};
    return validator_create(folder, &network);
}

static void test_all_have_one_genesis_and_have_voted_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct hash hash = {{0}};
    assert_int_equal(create(fixture, fixture->folders[0]), 0);
    for (unsigned i = 1; i < COUNT; i++)
        assert_int_equal(validator_join(fixture->folders[i], fixture->genesis),
                         0);
    for (unsigned i = 0; i < COUNT; i++) {
        struct validator_folder folder;
        struct vote_file *file;
        struct vote_record record;
        char *votes = mem_format("%s/votes", fixture->folders[i]);
        assert_int_equal(validator_folder_open(fixture->folders[i], &folder),
                         0);
        assert_int_equal(folder.genesis.validator_count, COUNT);
        for (unsigned k = 0; k < COUNT; k++) {
            assert_true(pubkey_equal(&folder.genesis.validators[k].identity,
                                     &fixture->keys[k]));
            assert_int_equal(folder.genesis.validators[k].stake,
                             (k + 5) * 1000000000ull);
        }
        if (i > 0)
            assert_true(hash_equal(&hash, &folder.genesis.hash));
        hash = folder.genesis.hash;
        const struct vote_tag tag =
            vote_record_tag(&hash, &folder.identity.pubkey);
        assert_int_equal(
            vote_file_open(disk_real(), votes, &tag, &file, &record), 0);
        assert_int_equal(record.window, 0);
        vote_file_close(file);
        validator_folder_close(&folder);
        free(votes);
    }
}

static void test_a_stranger_is_told_its_key(void **state)
{
    struct fixture *fixture = *state;
    struct keypair keypair;
    char *folder = mem_format("%s/stranger", fixture->root);
    char *path = mem_format("%s/identity.json", folder);
    assert_int_equal(create(fixture, folder), ERR_NOT_FOUND);
    assert_int_equal(keyfile_read(path, &keypair), 0);
    assert_non_null(strstr(err_text(), PUBKEY_TEXT(&keypair.pubkey)));
    assert_int_equal(create(fixture, fixture->folders[0]), 0);
    assert_int_equal(validator_join(folder, fixture->genesis), ERR_NOT_FOUND);
    /* The same key as before, because others may have been told. */
    assert_non_null(strstr(err_text(), PUBKEY_TEXT(&keypair.pubkey)));
    keypair_wipe(&keypair);
    free(path);
    free(folder);
}

static void test_a_network_is_not_made_over_another(void **state)
{
    struct fixture *fixture = *state;
    struct buffer before = {0}, after = {0};
    assert_int_equal(create(fixture, fixture->folders[0]), 0);
    assert_int_equal(file_read(fixture->genesis, 1u << 20, &before), 0);
    assert_int_equal(create(fixture, fixture->folders[0]), ERR_EXISTS);
    assert_int_equal(validator_join(fixture->folders[0], fixture->genesis),
                     ERR_EXISTS);
    assert_int_equal(file_read(fixture->genesis, 1u << 20, &after), 0);
    assert_true(bytes_equal(buffer_view(&before), buffer_view(&after)));
    buffer_free(&before);
    buffer_free(&after);
}

static void test_lists_that_make_no_network_are_refused(void **state)
{
    struct fixture *fixture = *state;
    char *twice = mem_format("[{\"identity\":\"%s\",\"stake\":1000000000},"
                             "{\"identity\":\"%s\",\"stake\":1000000000}]",
                             PUBKEY_TEXT(&fixture->keys[0]),
                             PUBKEY_TEXT(&fixture->keys[0]));
    char *none = mem_format("[{\"identity\":\"%s\",\"stake\":0}]",
                            PUBKEY_TEXT(&fixture->keys[0]));
    const char *const lists[] = {"",
                                 "{}",
                                 "[]",
                                 "null",
                                 "[1]",
                                 "[{\"identity\":\"x\",\"stake\":1000000000}]",
                                 "[{\"stake\":1000000000}]",
                                 twice,
                                 none};
    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
        assert_int_equal(
            file_replace(fixture->list, bytes_text(lists[i]), 0644), 0);
        assert_true(create(fixture, fixture->folders[0]) < 0);
        assert_false(file_exists(fixture->genesis));
    }
    free(twice);
    free(none);
}

/* What could not be started is not made: the key of the votes is missing, or is
 * not the one that the list names. */
static void test_the_key_of_votes_must_be_there(void **state)
{
    struct fixture *fixture = *state;
    char *path = mem_format("%s/voter.json", fixture->folders[0]);
    struct keypair voter, other;
    struct buffer text = {0};
    keypair_generate(&voter);
    keypair_generate(&other);
    buffer_format(&text,
                  "[{\"identity\":\"%s\",\"stake\":1000000000,\"voter\":"
                  "\"%s\"},",
                  PUBKEY_TEXT(&fixture->keys[0]), PUBKEY_TEXT(&voter.pubkey));
    buffer_format(&text, "{\"identity\":\"%s\",\"stake\":1000000000}]",
                  PUBKEY_TEXT(&fixture->keys[1]));
    assert_int_equal(file_replace(fixture->list, buffer_view(&text), 0644), 0);
    assert_int_equal(create(fixture, fixture->folders[0]), ERR_STATE);
    assert_non_null(strstr(err_text(), "voter.json"));
    assert_int_equal(keyfile_write(path, &other, false), 0);
    assert_int_equal(create(fixture, fixture->folders[0]), ERR_STATE);
    assert_false(file_exists(fixture->genesis));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(keyfile_write(path, &voter, false), 0);
    assert_int_equal(create(fixture, fixture->folders[0]), 0);
    /* The others need none. */
    assert_int_equal(validator_join(fixture->folders[1], fixture->genesis), 0);
    buffer_free(&text);
    free(path);
}

/* It is made whole by the next call: the genesis comes last. */
static void test_a_folder_that_was_half_made_is_made_whole(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(create(fixture, fixture->folders[0]), 0);
    assert_int_equal(validator_join(fixture->folders[1], fixture->genesis), 0);
    char *genesis = mem_format("%s/genesis.json", fixture->folders[1]);
    assert_int_equal(unlink(genesis), 0);
    assert_int_equal(validator_join(fixture->folders[1], fixture->genesis), 0);
    free(genesis);
}

/* A folder whose genesis was removed still knows what its key has voted. */
static void test_votes_are_not_made_anew(void **state)
{
    struct fixture *fixture = *state;
    char *votes = mem_format("%s/votes", fixture->folders[0]);
    struct validator_folder folder;
    struct vote_record record;
    struct vote_file *file;
    assert_int_equal(create(fixture, fixture->folders[0]), 0);
    assert_int_equal(validator_join(fixture->folders[1], fixture->genesis), 0);
    assert_int_equal(validator_folder_open(fixture->folders[0], &folder), 0);
    const struct vote_tag tag =
        vote_record_tag(&folder.genesis.hash, &folder.identity.pubkey);
    validator_folder_close(&folder);
    assert_int_equal(vote_file_open(disk_real(), votes, &tag, &file, &record),
                     0);
    vote_record_enter(&record, 7);
    record.sequence++;
    assert_int_equal(vote_file_write(file, &record), 0);
    vote_file_close(file);
    char *other = mem_format("%s/genesis.json", fixture->folders[1]);
    assert_int_equal(unlink(fixture->genesis), 0);
    assert_int_equal(validator_join(fixture->folders[0], other), 0);
    assert_int_equal(vote_file_open(disk_real(), votes, &tag, &file, &record),
                     0);
    assert_int_equal(record.window, 7);
    vote_file_close(file);
    free(other);
    free(votes);
}

/* Nor are damaged ones: what they said may be anything. */
static void test_damaged_votes_are_not_made_anew(void **state)
{
    struct fixture *fixture = *state;
    char *votes = mem_format("%s/votes", fixture->folders[1]);
    char *genesis = mem_format("%s/genesis.json", fixture->folders[1]);
    struct buffer after = {0};
    assert_int_equal(create(fixture, fixture->folders[0]), 0);
    assert_int_equal(validator_join(fixture->folders[1], fixture->genesis), 0);
    assert_int_equal(unlink(genesis), 0);
    assert_int_equal(file_replace(votes, bytes_text("damage"), 0600), 0);
    assert_int_equal(validator_join(fixture->folders[1], fixture->genesis),
                     ERR_STATE);
    assert_false(file_exists(genesis));
    assert_int_equal(file_read(votes, 1u << 20, &after), 0);
    assert_true(bytes_equal(buffer_view(&after), bytes_text("damage")));
    assert_int_equal(unlink(votes), 0);
    assert_int_equal(validator_join(fixture->folders[1], fixture->genesis), 0);
    buffer_free(&after);
    free(genesis);
    free(votes);
}

int main(void)
{
    crypto_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_all_have_one_genesis_and_have_voted_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_stranger_is_told_its_key, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_network_is_not_made_over_another,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_lists_that_make_no_network_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_a_folder_that_was_half_made_is_made_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_key_of_votes_must_be_there,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_votes_are_not_made_anew, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_damaged_votes_are_not_made_anew,
                                        setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
