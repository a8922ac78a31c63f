/*
 * What the signer signs and refuses, when it answers, and what is left of the
 * secrets when it ends.
 */
#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "node/money/payload_signing.h"
#include "node/money/recipe.h"
#include "node/money/signer_keys.h"
#include "node/money/transaction_signing.h"
#include "node/money/upload_signing.h"
#include "settlement/format/transaction.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const uint8_t seeds[2][32] = {{1}, {2}};
static const struct pubkey task = {.bytes = {7}};

/* ---- what is left in memory ---- */

static unsigned wipes;

void __real_signer_keys_wipe(struct signer_keys *keys);
void __wrap_signer_keys_wipe(struct signer_keys *keys);

/* In the signer's place: the secrets are gone when the real one returns. */
void __wrap_signer_keys_wipe(struct signer_keys *keys)
{
    static const struct signer_keys nothing;

    __real_signer_keys_wipe(keys);
    assert_memory_equal(keys, &nothing, sizeof(nothing));
    wipes++;
}

/* ---- what was answered ---- */

struct answers {
    struct signer *signer;
    size_t count;
    int statuses[8];
    struct signature signatures[8];
    char first[8]; /* bytes of what was to be signed */
    bool closes;   /* the first answer closes the signer */
    unsigned asks_again;
};

static void on_signed(void *user, int status, const struct signature *signature,
                      struct bytes bytes)
{
    struct answers *answers = user;
    const struct signer_key main = {.role = SIGNER_MAIN};

    assert_true(answers->count < 8);
    assert_int_equal(!signature, status != 0);
    answers->first[answers->count] = bytes.size ? (char)bytes.data[0] : 0;
    answers->statuses[answers->count] = status;
    if (signature)
        answers->signatures[answers->count] = *signature;
    answers->count++;
    if (answers->asks_again) {
        answers->asks_again--;
        signer_sign(answers->signer, &main, SIGNER_STATEMENT, bytes_text("z"),
                    on_signed, answers);
    }
    if (answers->closes)
        signer_close(answers->signer, NULL, NULL);
    answers->closes = false;
}

static struct signer *open_signer(uv_loop_t *loop)
{
    static const struct wallet nothing;
    struct wallet wallet;

    keypair_from_seed(seeds[0], &wallet.main);
    keypair_from_seed(seeds[1], &wallet.staking);
    struct signer *signer = signer_new(loop, &wallet);
    assert_memory_equal(&wallet, &nothing, sizeof(nothing));
    return signer;
}

/* One request on a signer with a loop of its own. */
static int ask(struct signer *signer, enum signer_role role,
               enum signer_purpose purpose, struct bytes bytes,
               struct signature *out)
{
    const struct signer_key key = {.role = role, .of = task};
    struct answers answers = {.signer = signer};

    signer_sign(signer, &key, purpose, bytes, on_signed, &answers);
    assert_int_equal(answers.count, 0);
    while (!answers.count)
        signer_turn(signer);
    if (!answers.statuses[0])
        *out = answers.signatures[0];
    return answers.statuses[0];
}

/* A transfer's message, which the payer alone signs. */
static void make_message(const struct pubkey *payer, const struct pubkey *from,
                         struct buffer *message)
{
    struct recipe recipe;

    recipe_init(&recipe, payer);
    assert_ok(recipe_transfer(&recipe, from, &task, 5));
    assert_ok(recipe_message(&recipe, &(struct hash){.bytes = {9}}, message));
    recipe_free(&recipe);
}

/* ---- roles and purposes ---- */

static void test_each_role_signs_with_its_own_key(void **state)
{
    static const enum signer_role roles[] = {SIGNER_MAIN, SIGNER_STAKING,
                                             SIGNER_LIST};
    struct signer *signer = open_signer(NULL);
    struct pubkey list;
    struct keypair keypair;

    signer_list_account(signer, &task, &list);
    const struct pubkey *const keys[] = {signer_main(signer),
                                         signer_staking(signer), &list};
    for (size_t i = 0; i < 2; i++) {
        keypair_from_seed(seeds[i], &keypair);
        assert_true(pubkey_equal(&keypair.pubkey, keys[i]));
    }
    for (size_t i = 0; i < 3; i++) {
        struct signature signature;
        struct signer_key found;

        assert_ok(ask(signer, roles[i], SIGNER_PAYLOAD, bytes_text("{}"),
                      &signature));
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(key_verify(keys[k], bytes_text("{}"), &signature),
                             i == k);
        assert_true(signer_find(signer, keys[i], &found));
        assert_int_equal(found.role, roles[i]);
    }
    signer_end(signer);
}

/* A node that starts again must find what it has uploaded. */
static void test_a_list_account_is_the_same_in_the_next_life(void **state)
{
    static const struct pubkey other = {.bytes = {8}};
    struct pubkey first, again, of_other;
    struct signer *signer = open_signer(NULL);

    signer_list_account(signer, &task, &first);
    signer_list_account(signer, &other, &of_other);
    assert_false(pubkey_equal(&first, &of_other));
    signer_end(signer);
    signer = open_signer(NULL);
    signer_list_account(signer, &task, &again);
    assert_true(pubkey_equal(&first, &again));
    signer_end(signer);
}

struct gift {
    bool is_done;
    int status;
    struct keypair keypair;
};

static void on_given(void *user, int status)
{
    struct gift *gift = user;

    gift->is_done = true;
    gift->status = status;
}

/* What came on the task's connection: nothing, or a whole answer of HTTP. */
static void read_gift(int socket, struct gift *gift)
{
    char text[8192];
    uint8_t secret[64];
    struct json_object *tree, *bytes;
    ssize_t size = read(socket, text, sizeof(text) - 1);

    if (gift->status) {
        assert_int_equal(size, 0);
        return;
    }
    assert_true(size > 0);
    text[size] = 0;
    const char *body = strstr(text, "\r\n\r\n");
    const char *length = strstr(text, "Content-Length: ");
    assert_non_null(body);
    assert_non_null(length);
    assert_int_equal(strncmp(text, "HTTP/1.1 200 ", 13), 0);
    assert_int_equal(strtoul(length + 16, NULL, 10), strlen(body + 4));
    assert_ok(json_parse(bytes_text(body + 4), &tree));
    assert_ok(json_get_object(tree, "response", &bytes));
    assert_ok(json_get_object(bytes, "_keypair", &bytes));
    assert_ok(json_get_object(bytes, "secretKey", &bytes));
    for (int i = 0; i < 64; i++) {
        char place[8];
        uint64_t byte;
        snprintf(place, sizeof(place), "%d", i);
        assert_ok(json_get_u64(bytes, place, &byte));
        secret[i] = (uint8_t)byte;
    }
    json_object_put(tree);
    assert_ok(keypair_from_secret(secret, &gift->keypair));
}

static struct gift give(struct signer *signer, enum signer_role role,
                        const struct pubkey *of)
{
    const struct signer_key key = {.role = role, .of = *of};
    struct gift gift = {0};
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    signer_give(signer, &key, ends[0], on_given, &gift);
    assert_false(gift.is_done);
    while (!gift.is_done)
        signer_turn(signer);
    read_gift(ends[1], &gift);
    close(ends[1]);
    return gift;
}

/* An order's key is its own, and nobody may have its secret. */
static void test_an_order_has_a_key_that_adds_to_a_bounty(void **state)
{
    static const struct pubkey other = {.bytes = {8}};
    struct signer *signer = open_signer(NULL);
    struct pubkey own, again, of_other, of_task;
    struct signer_key found;

    assert_ok(signer_funder(signer, &task, &own));
    assert_ok(signer_funder(signer, &task, &again));
    assert_ok(signer_funder(signer, &other, &of_other));
    assert_ok(signer_task_key(signer, &task, &of_task));
    assert_true(pubkey_equal(&own, &again));
    assert_false(pubkey_equal(&own, &of_other));
    assert_false(pubkey_equal(&own, &of_task));
    assert_true(signer_find(signer, &own, &found));
    assert_int_equal(found.role, SIGNER_FUNDER);
    assert_int_equal(give(signer, SIGNER_FUNDER, &task).status, ERR_DENIED);
    signer_end(signer);
}

/* What a task may have: its own key's secret, which is no other's, and the
 * staking key's where the caller says so. Never the main key's. */
static void test_a_task_has_a_key_whose_secret_it_may_have(void **state)
{
    static const struct pubkey other = {.bytes = {8}};
    struct signer *signer = open_signer(NULL);
    struct pubkey own, again, of_other, list;
    struct signer_key found;

    signer_task_key(signer, &task, &own);
    signer_task_key(signer, &task, &again);
    signer_task_key(signer, &other, &of_other);
    signer_list_account(signer, &task, &list);
    assert_true(pubkey_equal(&own, &again));
    assert_false(pubkey_equal(&own, &of_other));
    assert_false(pubkey_equal(&own, &list));
    assert_false(pubkey_equal(&own, signer_staking(signer)));
    assert_true(signer_find(signer, &own, &found));
    assert_int_equal(found.role, SIGNER_TASK);

    struct gift gift = give(signer, SIGNER_TASK, &task);
    assert_ok(gift.status);
    assert_true(pubkey_equal(&gift.keypair.pubkey, &own));
    gift = give(signer, SIGNER_STAKING, &task);
    assert_ok(gift.status);
    assert_true(pubkey_equal(&gift.keypair.pubkey, signer_staking(signer)));
    assert_int_equal(give(signer, SIGNER_MAIN, &task).status, ERR_DENIED);
    assert_int_equal(give(signer, SIGNER_LIST, &task).status, ERR_DENIED);
    assert_int_equal(give(signer, SIGNER_ONCE, &own).status, ERR_DENIED);
    signer_end(signer);
}

static void test_a_key_that_is_not_there_signs_nothing(void **state)
{
    struct wallet wallet = {0};
    struct signature signature;
    struct signer_key found;

    keypair_from_seed(seeds[0], &wallet.main);
    struct signer *signer = signer_new(NULL, &wallet);
    assert_int_equal(ask(signer, SIGNER_STAKING, SIGNER_PAYLOAD,
                         bytes_text("{}"), &signature),
                     ERR_NOT_FOUND);
    assert_int_equal(
        ask(signer, SIGNER_LIST, SIGNER_PAYLOAD, bytes_text("{}"), &signature),
        ERR_NOT_FOUND);
    assert_int_equal(
        ask(signer, SIGNER_ONCE, SIGNER_PAYLOAD, bytes_text("{}"), &signature),
        ERR_NOT_FOUND);
    assert_false(signer_find(signer, &(struct pubkey){{0}}, &found));
    assert_false(signer_find(signer, &task, &found));
    signer_end(signer);
}

/* A transaction is refused as a payload, and a payload as a transaction; a key
 * that a transaction does not name does not sign it. */
static void test_nothing_is_signed_for_another_purpose(void **state)
{
    struct signer *signer = open_signer(NULL);
    struct buffer message = {0};
    struct signature signature;

    make_message(signer_main(signer), signer_main(signer), &message);
    assert_int_equal(ask(signer, SIGNER_MAIN, SIGNER_PAYLOAD,
                         buffer_view(&message), &signature),
                     ERR_DENIED);
    assert_ok(ask(signer, SIGNER_MAIN, SIGNER_TRANSACTION,
                  buffer_view(&message), &signature));
    assert_true(
        key_verify(signer_main(signer), buffer_view(&message), &signature));
    assert_int_equal(ask(signer, SIGNER_STAKING, SIGNER_TRANSACTION,
                         buffer_view(&message), &signature),
                     ERR_DENIED);
    assert_true(ask(signer, SIGNER_MAIN, SIGNER_TRANSACTION, bytes_text("{}"),
                    &signature) < 0);
    assert_true(ask(signer, SIGNER_MAIN, SIGNER_TRANSACTION, (struct bytes){0},
                    &signature) < 0);
    buffer_free(&message);
    signer_end(signer);
}

/* By staking keys alone, and nothing else in its name. */
static void test_an_upload_is_signed_by_its_hash(void **state)
{
    struct signer *signer = open_signer(NULL);
    struct buffer hash = {0};
    struct signature signature;

    upload_signing_hash(bytes_text("abc"), &hash);
    assert_string_equal(
        buffer_string(&hash),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_ok(ask(signer, SIGNER_STAKING, SIGNER_UPLOAD, buffer_view(&hash),
                  &signature));
    assert_true(
        key_verify(signer_staking(signer), buffer_view(&hash), &signature));
    assert_int_equal(
        ask(signer, SIGNER_MAIN, SIGNER_UPLOAD, buffer_view(&hash), &signature),
        ERR_DENIED);
    assert_int_equal(ask(signer, SIGNER_STAKING, SIGNER_UPLOAD,
                         bytes_text("abc"), &signature),
                     ERR_DENIED);
    hash.data[0] = 'B';
    assert_int_equal(ask(signer, SIGNER_STAKING, SIGNER_UPLOAD,
                         buffer_view(&hash), &signature),
                     ERR_DENIED);
    buffer_free(&hash);
    signer_end(signer);
}

/* Even of a statement that is a transaction's message. */
static void test_a_statement_is_signed_behind_its_prefix(void **state)
{
    struct signer *signer = open_signer(NULL);
    struct buffer message = {0}, signed_bytes = {0};
    struct arena arena = {0};
    struct transaction transaction;
    struct signature signature;

    make_message(signer_main(signer), signer_main(signer), &message);
    assert_ok(ask(signer, SIGNER_MAIN, SIGNER_STATEMENT, buffer_view(&message),
                  &signature));
    assert_false(
        key_verify(signer_main(signer), buffer_view(&message), &signature));
    assert_ok(signer_purpose_message(SIGNER_STATEMENT, signer_main(signer),
                                     buffer_view(&message), &signed_bytes));
    assert_true(key_verify(signer_main(signer), buffer_view(&signed_bytes),
                           &signature));
    assert_int_equal(signed_bytes.size,
                     message.size + strlen(SIGNER_STATEMENT_PREFIX));
    assert_true(transaction_parse_message(buffer_view(&signed_bytes), &arena,
                                          &transaction) < 0);
    assert_int_equal(payload_signing_check(buffer_view(&signed_bytes)),
                     ERR_DENIED);
    arena_free(&arena);
    buffer_free(&signed_bytes);
    buffer_free(&message);
    signer_end(signer);
}

/* ---- when it answers ---- */

static void test_answers_come_from_the_loop_and_in_order(void **state)
{
    static const char *const texts[] = {"a", "b", "c"};
    const struct signer_key keys[] = {
        {.role = SIGNER_STAKING}, {.role = SIGNER_ONCE}, {.role = SIGNER_MAIN}};
    struct answers answers = {.asks_again = 1};
    uv_loop_t loop;

    assert_int_equal(uv_loop_init(&loop), 0);
    answers.signer = open_signer(&loop);
    for (size_t i = 0; i < 3; i++) {
        char text[] = {texts[i][0]};

        signer_sign(answers.signer, &keys[i], SIGNER_STATEMENT,
                    bytes_make(text, 1), on_signed, &answers);
        text[0] = 'x';
        assert_int_equal(answers.count, 0);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(answers.count, 4);
    assert_memory_equal(answers.first, "abcz", 4);
    assert_int_equal(answers.statuses[0], 0);
    assert_int_equal(answers.statuses[1], ERR_NOT_FOUND);
    assert_int_equal(answers.statuses[2], 0);
    assert_int_equal(answers.statuses[3], 0);
    signer_close(answers.signer, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    signer_free(answers.signer);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void on_closed(void *user)
{
    struct answers *answers = user;

    answers->first[answers->count++] = '!';
}

static void on_transaction(void *user, int status, struct bytes wire)
{
    struct answers *answers = user;

    assert_int_equal(wire.size, 0);
    answers->first[answers->count] = 't';
    answers->statuses[answers->count++] = status;
}

/* And what is asked for meanwhile, all before it has closed. */
static void test_closing_cancels_what_is_under_way(void **state)
{
    const struct signer_key key = {.role = SIGNER_MAIN};
    struct answers answers = {.asks_again = 1};
    struct buffer message = {0};
    struct pubkey account;
    uv_loop_t loop;

    wipes = 0;
    assert_int_equal(uv_loop_init(&loop), 0);
    answers.signer = open_signer(&loop);
    make_message(signer_main(answers.signer), signer_staking(answers.signer),
                 &message);
    signer_sign(answers.signer, &key, SIGNER_STATEMENT, bytes_text("a"),
                on_signed, &answers);
    transaction_signing_start(answers.signer, buffer_view(&message),
                              on_transaction, &answers);
    signer_close(answers.signer, on_closed, &answers);
    assert_int_equal(wipes, 1);
    assert_int_equal(answers.count, 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(answers.count, 4);
    assert_memory_equal(answers.first, "atz!", 4);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(answers.statuses[i], ERR_CANCELLED);
    /* What is public outlives it, and what is not known by then stays so. */
    assert_true(pubkey_is_on_curve(signer_main(answers.signer)));
    assert_int_equal(
        signer_list_account(answers.signer, &(struct pubkey){{1}}, &account),
        ERR_STATE);
    signer_free(answers.signer);
    buffer_free(&message);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void test_a_callback_may_close_the_signer(void **state)
{
    const struct signer_key key = {.role = SIGNER_MAIN};
    struct answers answers = {.closes = true};
    uv_loop_t loop;

    assert_int_equal(uv_loop_init(&loop), 0);
    answers.signer = open_signer(&loop);
    for (int i = 0; i < 2; i++)
        signer_sign(answers.signer, &key, SIGNER_STATEMENT, bytes_text("a"),
                    on_signed, &answers);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(answers.count, 2);
    assert_int_equal(answers.statuses[0], 0);
    assert_int_equal(answers.statuses[1], ERR_CANCELLED);
    signer_free(answers.signer);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void test_no_secret_is_left_at_the_end(void **state)
{
    struct signer *signer = open_signer(NULL);
    struct pubkey once;

    wipes = 0;
    signer_add_fresh(signer, &once);
    signer_end(signer);
    assert_int_equal(wipes, 1);
}

/* ---- transactions ---- */

static void test_a_transaction_gets_all_its_signatures_in_order(void **state)
{
    struct signer *signer = open_signer(NULL);
    struct buffer message = {0}, wire = {0};
    struct transaction transaction;
    struct arena arena = {0};
    struct recipe recipe;
    struct pubkey list, once;

    signer_list_account(signer, &task, &list);
    signer_add_fresh(signer, &once);
    recipe_init(&recipe, signer_main(signer));
    assert_ok(recipe_transfer(&recipe, &once, &task, 1));
    assert_ok(recipe_transfer(&recipe, &list, &task, 1));
    assert_ok(recipe_transfer(&recipe, signer_staking(signer), &task, 1));
    assert_ok(recipe_message(&recipe, &(struct hash){{0}}, &message));
    recipe_free(&recipe);
    assert_ok(transaction_signing_wait(signer, buffer_view(&message), &wire));
    assert_ok(transaction_parse(buffer_view(&wire), &arena, &transaction));
    assert_int_equal(transaction.required_signatures, 4);
    for (size_t i = 0; i < 4; i++) {
        struct signature signature;

        memcpy(signature.bytes, wire.data + 1 + i * 64, 64);
        assert_true(key_verify(&transaction.keys[i], buffer_view(&message),
                               &signature));
    }
    arena_free(&arena);
    buffer_free(&wire);
    buffer_free(&message);
    signer_end(signer);
}

static void test_what_can_not_be_signed_whole_is_refused(void **state)
{
    struct signer *signer = open_signer(NULL);
    struct buffer message = {0}, wire = {0};

    make_message(signer_main(signer), &(struct pubkey){.bytes = {77}},
                 &message);
    assert_int_equal(
        transaction_signing_wait(signer, buffer_view(&message), &wire),
        ERR_NOT_FOUND);
    message.data[0] = 0x7f;
    assert_true(transaction_signing_wait(signer, buffer_view(&message), &wire) <
                0);
    assert_true(transaction_signing_wait(signer, (struct bytes){0}, &wire) < 0);
    assert_int_equal(wire.size, 0);
    buffer_free(&message);
    signer_end(signer);
}

/* ---- key files ---- */

static void test_key_files_are_read_and_made(void **state)
{
    static const struct passphrase_source none;
    char folder[] = "/tmp/pond-signer-XXXXXX";
    struct signer *signer, *again;
    struct pubkey made, read;
    bool is_new;

    assert_non_null(mkdtemp(folder));
    char *path = mem_format("%s/main.json", folder);
    char *other = mem_format("%s/other.json", folder);
    assert_int_equal(signer_open_file(NULL, path, &none, false, &signer),
                     ERR_NOT_FOUND);
    assert_ok(signer_open_file(NULL, path, &none, true, &signer));
    assert_ok(signer_open_file(NULL, path, &none, false, &again));
    assert_true(pubkey_equal(signer_main(signer), signer_main(again)));
    assert_ok(signer_add_file(signer, other, &is_new, &made));
    assert_true(is_new);
    assert_ok(signer_add_file(again, other, &is_new, &read));
    assert_false(is_new);
    assert_true(pubkey_equal(&made, &read));
    assert_ok(file_replace(other, bytes_text("[1]"), 0600));
    assert_int_equal(signer_add_file(signer, other, &is_new, &read),
                     ERR_INVALID);
    signer_end(signer);
    signer_end(again);
    file_remove_tree(folder);
    free(path);
    free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_role_signs_with_its_own_key),
        cmocka_unit_test(test_a_list_account_is_the_same_in_the_next_life),
        cmocka_unit_test(test_an_order_has_a_key_that_adds_to_a_bounty),
        cmocka_unit_test(test_a_task_has_a_key_whose_secret_it_may_have),
        cmocka_unit_test(test_a_key_that_is_not_there_signs_nothing),
        cmocka_unit_test(test_nothing_is_signed_for_another_purpose),
        cmocka_unit_test(test_an_upload_is_signed_by_its_hash),
        cmocka_unit_test(test_a_statement_is_signed_behind_its_prefix),
        cmocka_unit_test(test_answers_come_from_the_loop_and_in_order),
        cmocka_unit_test(test_closing_cancels_what_is_under_way),
        cmocka_unit_test(test_a_callback_may_close_the_signer),
        cmocka_unit_test(test_no_secret_is_left_at_the_end),
        cmocka_unit_test(test_a_transaction_gets_all_its_signatures_in_order),
        cmocka_unit_test(test_what_can_not_be_signed_whole_is_refused),
        cmocka_unit_test(test_key_files_are_read_and_made),
    };

    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
