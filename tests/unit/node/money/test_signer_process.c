/*
 * The signing process, as a node uses it: it holds the keys of a folder, judges
 * purposes by itself, is started again when it dies, and stays down when only a
 * user could open the keys.
 */
#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "crypto/keyfile.h"
#include "node/money/recipe.h"
#include "node/money/signer.h"
#include "node/money/signer_keeper.h"
#include "node/money/wallet.h"

#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct pubkey task = {.bytes = {7}};

struct fixture {
    uv_loop_t loop;
    char *folder, *file;
    struct signer *signer;
    size_t count;
    int statuses[64];
    struct signature signature;
    char text[ERR_TEXT_SIZE];
};

static void on_signed(void *user, int status, const struct signature *signature,
                      struct bytes bytes)
{
    struct fixture *fixture = user;

    assert_true(fixture->count < 64);
    fixture->statuses[fixture->count++] = status;
    if (signature)
        fixture->signature = *signature;
    if (status)
        snprintf(fixture->text, sizeof(fixture->text), "%s", err_text());
}

static int set_up(void **state)
{
    struct fixture *fixture = mem_zero(1, sizeof(*fixture));
    char folder[] = "/tmp/pond-signer-XXXXXX";

    crypto_init();
    assert_non_null(mkdtemp(folder));
    fixture->folder = mem_text(folder);
    fixture->file = mem_format("%s/passphrase", folder);
    assert_int_equal(uv_loop_init(&fixture->loop), 0);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    if (fixture->signer)
        signer_close(fixture->signer, NULL, NULL);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    signer_free(fixture->signer);
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
    file_remove_tree(fixture->folder);
    free(fixture->file);
    free(fixture->folder);
    free(fixture);
    return 0;
}

static void write_passphrase(struct fixture *fixture, const char *text)
{
    assert_ok(file_replace(fixture->file, bytes_text(text), 0600));
}

static int start(struct fixture *fixture, const char *passphrase_file)
{
    const struct signer_start how = {
        .program = SIGNER,
        .folder = fixture->folder,
        .passphrase.file = passphrase_file,
    };

    return signer_start(&fixture->loop, &how, &fixture->signer);
}

/* The status of one request, once it is answered. */
static int ask(struct fixture *fixture, enum signer_role role,
               enum signer_purpose purpose, struct bytes bytes)
{
    const struct signer_key key = {.role = role, .of = task};
    size_t before = fixture->count = 0;

    signer_sign(fixture->signer, &key, purpose, bytes, on_signed, fixture);
    while (fixture->count == before)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    return fixture->statuses[0];
}

static void wait_for_state(struct fixture *fixture, int wanted)
{
    while ((int)signer_state(fixture->signer)->state != wanted)
        uv_run(&fixture->loop, UV_RUN_ONCE);
}

static void test_it_signs_with_the_folders_keys(void **state)
{
    struct fixture *fixture = *state;
    struct wallet wallet;
    struct signature expected;

    assert_ok(start(fixture, NULL));
    assert_ok(wallet_load(fixture->folder, NULL, &wallet));
    assert_memory_equal(signer_main(fixture->signer), &wallet.main.pubkey, 32);
    assert_memory_equal(signer_staking(fixture->signer), &wallet.staking.pubkey,
                        32);
    assert_ok(ask(fixture, SIGNER_STAKING, SIGNER_PAYLOAD, bytes_text("{}")));
    key_sign(&wallet.staking, bytes_text("{}"), &expected);
    assert_memory_equal(&fixture->signature, &expected, 64);
    const struct signer_state *how = signer_state(fixture->signer);
    assert_int_equal(how->state, SIGNER_READY);
    assert_true(how->process > 0 && how->process != getpid());
    assert_true(how->is_confined);
    assert_false(how->is_sealed);
    wallet_wipe(&wallet);
}

static void on_given(void *user, int status)
{
    struct fixture *fixture = user;

    assert_true(fixture->count < 64);
    fixture->statuses[fixture->count++] = status;
}

static int open_gift(struct fixture *fixture, enum signer_role role)
{
    const struct signer_key key = {.role = role, .of = task};
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    signer_give(fixture->signer, &key, ends[0], on_given, fixture);
    return ends[1];
}

/* Many at a time, among other questions: each goes to the connection that it
 * came with. All are closed at the end, so nobody keeps one. */
static void test_a_secret_goes_to_the_tasks_connection_alone(void **state)
{
    static const enum signer_role roles[] = {SIGNER_TASK, SIGNER_MAIN,
                                             SIGNER_STAKING};
    struct fixture *fixture = *state;
    char text[4096];
    int sockets[24];

    assert_ok(start(fixture, NULL));
    assert_true(signer_state(fixture->signer)->is_confined);
    for (size_t i = 0; i < 24; i++) {
        const struct signer_key key = {.role = SIGNER_STAKING};
        sockets[i] = open_gift(fixture, roles[i % 3]);
        signer_sign(fixture->signer, &key, SIGNER_PAYLOAD, bytes_text("{}"),
                    on_signed, fixture);
    }
    while (fixture->count < 48)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    for (size_t i = 0; i < 24; i++) {
        bool may_have = roles[i % 3] != SIGNER_MAIN;
        assert_int_equal(fixture->statuses[2 * i], may_have ? 0 : ERR_DENIED);
        assert_ok(fixture->statuses[2 * i + 1]);
        ssize_t size = read(sockets[i], text, sizeof(text) - 1);
        assert_int_equal(size > 0, may_have);
        text[size > 0 ? size : 0] = 0;
        assert_int_equal(strstr(text, "\"_keypair\"") != NULL, may_have);
        assert_int_equal(read(sockets[i], text, sizeof(text)), 0);
        close(sockets[i]);
    }
}

/* The task has hung up, or does not read: nothing waits for it. */
static void test_a_connection_that_takes_no_secret_is_said(void **state)
{
    const struct signer_key key = {.role = SIGNER_TASK, .of = task};
    static const char filling[4096];
    struct fixture *fixture = *state;
    int ends[2];

    assert_ok(start(fixture, NULL));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    close(ends[1]);
    signer_give(fixture->signer, &key, ends[0], on_given, fixture);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends),
                     0);
    while (write(ends[0], filling, sizeof(filling)) > 0)
        ;
    signer_give(fixture->signer, &key, ends[0], on_given, fixture);
    while (fixture->count < 2)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_int_equal(fixture->statuses[0], ERR_NETWORK);
    assert_int_equal(fixture->statuses[1], ERR_NETWORK);
    close(ends[1]);
    assert_ok(ask(fixture, SIGNER_STAKING, SIGNER_PAYLOAD, bytes_text("{}")));
}

/* The same derived keys as with keys in this process. */
static void test_derived_keys_are_asked_for_once(void **state)
{
    struct fixture *fixture = *state;
    static const struct passphrase_source none;
    struct pubkey list, expected, own;
    struct signer *here;
    struct signer_key found;
    int status;

    assert_ok(start(fixture, NULL));
    assert_int_equal(signer_list_account(fixture->signer, &task, &list),
                     ERR_BUSY);
    assert_int_equal(signer_task_key(fixture->signer, &task, &own), ERR_BUSY);
    while ((status = signer_list_account(fixture->signer, &task, &list)) ==
           ERR_BUSY)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_ok(status);
    while ((status = signer_task_key(fixture->signer, &task, &own)) == ERR_BUSY)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_ok(status);
    assert_ok(signer_load(NULL, fixture->folder, NULL, &none, &here));
    assert_ok(signer_list_account(here, &task, &expected));
    assert_memory_equal(&list, &expected, 32);
    assert_ok(signer_task_key(here, &task, &expected));
    assert_memory_equal(&own, &expected, 32);
    assert_true(signer_find(fixture->signer, &list, &found));
    assert_int_equal(found.role, SIGNER_LIST);
    signer_end(here);
}

static void test_purposes_are_judged_by_the_process(void **state)
{
    struct fixture *fixture = *state;
    static uint8_t large[20000];
    struct buffer message = {0};
    struct recipe recipe;

    assert_ok(start(fixture, NULL));
    recipe_init(&recipe, signer_main(fixture->signer));
    assert_ok(recipe_transfer(&recipe, signer_main(fixture->signer), &task, 5));
    assert_ok(recipe_message(&recipe, &(struct hash){.bytes = {9}}, &message));
    assert_int_equal(
        ask(fixture, SIGNER_MAIN, SIGNER_PAYLOAD, buffer_view(&message)),
        ERR_DENIED);
    assert_int_equal(
        ask(fixture, SIGNER_STAKING, SIGNER_TRANSACTION, buffer_view(&message)),
        ERR_DENIED);
    assert_non_null(strstr(fixture->text, "asks for no signature"));
    assert_int_equal(
        ask(fixture, SIGNER_MAIN, SIGNER_TRANSACTION, bytes_text("{}")),
        ERR_INVALID);
    assert_int_equal(
        ask(fixture, SIGNER_ONCE, SIGNER_PAYLOAD, bytes_text("{}")),
        ERR_NOT_FOUND);
    assert_int_equal(ask(fixture, SIGNER_MAIN, SIGNER_STATEMENT,
                         bytes_make(large, sizeof(large))),
                     ERR_LIMIT);
    assert_ok(
        ask(fixture, SIGNER_MAIN, SIGNER_TRANSACTION, buffer_view(&message)));
    recipe_free(&recipe);
    buffer_free(&message);
}

static void test_what_was_asked_of_a_dead_process_fails(void **state)
{
    struct fixture *fixture = *state;
    const struct signer_key key = {.role = SIGNER_MAIN};
    struct pubkey main;

    assert_ok(start(fixture, NULL));
    main = *signer_main(fixture->signer);
    /* Stopped, so that it does not answer before it is killed. */
    kill(signer_state(fixture->signer)->process, SIGSTOP);
    for (int i = 0; i < 3; i++)
        signer_sign(fixture->signer, &key, SIGNER_PAYLOAD, bytes_text("{}"),
                    on_signed, fixture);
    kill(signer_state(fixture->signer)->process, SIGKILL);
    while (fixture->count < 3)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    for (int i = 0; i < 3; i++)
        assert_int_equal(fixture->statuses[i], ERR_CLOSED);
    assert_non_null(strstr(fixture->text, "signal 9"));
    assert_int_equal(signer_state(fixture->signer)->state, SIGNER_STARTING);
    /* What is asked meanwhile waits for the next one. */
    assert_ok(ask(fixture, SIGNER_MAIN, SIGNER_PAYLOAD, bytes_text("{}")));
    assert_true(key_verify(&main, bytes_text("{}"), &fixture->signature));
    assert_int_equal(signer_state(fixture->signer)->restarts, 1);
}

/* One that dies of its start does not eat the machine; one that worked for a
 * while is back within a submission window, however often that happened. */
static void test_pauses_grow_only_where_it_dies_at_once(void **state)
{
    (void)state;
    uint64_t pause_ms = 0;

    for (int i = 0; i < 20; i++)
        pause_ms = signer_keeper_pause_ms(pause_ms, 10);
    assert_int_equal(pause_ms, 30000);
    for (int i = 0; i < 20; i++) {
        pause_ms = signer_keeper_pause_ms(pause_ms, 1500);
        assert_true(pause_ms <= 250);
    }
}

static void test_closing_cancels_what_waits(void **state)
{
    struct fixture *fixture = *state;
    const struct signer_key key = {.role = SIGNER_MAIN};

    assert_ok(start(fixture, NULL));
    kill(signer_state(fixture->signer)->process, SIGSTOP);
    signer_sign(fixture->signer, &key, SIGNER_PAYLOAD, bytes_text("{}"),
                on_signed, fixture);
    signer_close(fixture->signer, NULL, NULL);
    assert_int_equal(fixture->count, 0);
    /* It does not end by itself, and is killed. */
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_int_equal(fixture->count, 1);
    assert_int_equal(fixture->statuses[0], ERR_CANCELLED);
    signer_free(fixture->signer);
    fixture->signer = NULL;
}

static void test_new_keys_are_sealed_under_a_passphrase(void **state)
{
    struct fixture *fixture = *state;
    struct wallet wallet = {0};
    struct stat found;
    char *path;

    write_passphrase(fixture, "correct horse\n");
    assert_ok(start(fixture, fixture->file));
    assert_true(signer_state(fixture->signer)->is_sealed);
    assert_int_equal(wallet_load(fixture->folder, NULL, &wallet), ERR_DENIED);
    assert_ok(wallet_main_path(fixture->folder, NULL, &path));
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
    free(path);
    assert_ok(ask(fixture, SIGNER_MAIN, SIGNER_PAYLOAD, bytes_text("{}")));
    /* The file is there still, so the keys can be opened again. */
    kill(signer_state(fixture->signer)->process, SIGKILL);
    wait_for_state(fixture, SIGNER_STARTING);
    assert_ok(ask(fixture, SIGNER_MAIN, SIGNER_PAYLOAD, bytes_text("{}")));
    /* Now it is not. */
    assert_int_equal(unlink(fixture->file), 0);
    kill(signer_state(fixture->signer)->process, SIGKILL);
    wait_for_state(fixture, SIGNER_DOWN);
    assert_int_equal(
        ask(fixture, SIGNER_MAIN, SIGNER_PAYLOAD, bytes_text("{}")), ERR_STATE);
    assert_non_null(strstr(fixture->text, "passphrase"));
}

static void test_wrong_passphrase_starts_nothing(void **state)
{
    struct fixture *fixture = *state;

    write_passphrase(fixture, "correct horse");
    assert_ok(start(fixture, fixture->file));
    signer_close(fixture->signer, NULL, NULL);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    signer_free(fixture->signer);
    fixture->signer = NULL;
    write_passphrase(fixture, "wrong horse");
    assert_int_equal(start(fixture, fixture->file), ERR_DENIED);
    assert_null(strstr(err_text(), "horse"));
    assert_int_equal(start(fixture, NULL), ERR_DENIED);
    assert_non_null(strstr(err_text(), "--passphrase-file"));
    assert_null(fixture->signer);
}

static void test_passphrase_file_open_to_others_is_refused(void **state)
{
    struct fixture *fixture = *state;

    write_passphrase(fixture, "correct horse");
    assert_int_equal(chmod(fixture->file, 0644), 0);
    assert_int_equal(start(fixture, fixture->file), ERR_DENIED);
    assert_non_null(strstr(err_text(), "chmod 600"));
    write_passphrase(fixture, "\n");
    assert_int_equal(start(fixture, fixture->file), ERR_INVALID);
    char *wallets = mem_format("%s/wallets", fixture->folder);
    assert_false(file_exists(wallets));
    free(wallets);
}

static void test_other_keys_are_not_taken_up(void **state)
{
    struct fixture *fixture = *state;
    struct keypair other;
    char *path;

    assert_ok(start(fixture, NULL));
    keypair_generate(&other);
    assert_ok(wallet_staking_path(fixture->folder, NULL, &path));
    assert_ok(keyfile_write(path, &other, true));
    free(path);
    kill(signer_state(fixture->signer)->process, SIGKILL);
    wait_for_state(fixture, SIGNER_DOWN);
    assert_int_equal(
        ask(fixture, SIGNER_MAIN, SIGNER_PAYLOAD, bytes_text("{}")), ERR_STATE);
    assert_non_null(strstr(fixture->text, "others than at its start"));
}

/* ---- shut, and opened again ---- */

static void on_opened(void *user, int status)
{
    *(int *)user = status;
}

/* What an attempt comes to; 1: not yet. */
static int wait_for(struct fixture *fixture, const int *result)
{
    while (*result == 1)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    return *result;
}

static int prove(struct fixture *fixture, const char *passphrase)
{
    int result = 1;

    assert_ok(signer_prove(fixture->signer, bytes_text(passphrase), on_opened,
                           &result));
    return wait_for(fixture, &result);
}

/* A process that is ending is waited for. */
static int open_again(struct fixture *fixture, const char *passphrase)
{
    int result = 1, status;

    while ((status = signer_open_again(fixture->signer, bytes_text(passphrase),
                                       on_opened, &result)) == ERR_BUSY)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    return status ? status : wait_for(fixture, &result);
}

static void test_a_passphrase_is_tried_beside_the_keys(void **state)
{
    struct fixture *fixture = *state;
    int first = 1, second = 1;

    write_passphrase(fixture, "correct horse");
    assert_ok(start(fixture, fixture->file));
    int process = signer_state(fixture->signer)->process;
    assert_int_equal(prove(fixture, "wrong horse"), ERR_DENIED);
    assert_int_equal(prove(fixture, "correct hors"), ERR_DENIED);
    assert_int_equal(prove(fixture, "correct horse"), 0);
    assert_ok(signer_prove(fixture->signer, bytes_text("correct horse"),
                           on_opened, &first));
    assert_int_equal(signer_prove(fixture->signer, bytes_text("correct horse"),
                                  on_opened, &second),
                     ERR_BUSY);
    assert_int_equal(first, 1); /* never from inside the call */
    assert_int_equal(wait_for(fixture, &first), 0);
    assert_int_equal(second, 1);
    assert_int_equal(signer_state(fixture->signer)->process, process);
    assert_ok(ask(fixture, SIGNER_MAIN, SIGNER_PAYLOAD, bytes_text("{}")));
}

static void test_keys_that_are_shut_sign_nothing(void **state)
{
    struct fixture *fixture = *state;

    write_passphrase(fixture, "correct horse\n");
    assert_ok(start(fixture, fixture->file));
    assert_int_equal(open_again(fixture, "correct horse"), ERR_STATE);
    assert_ok(signer_shut(fixture->signer));
    assert_int_equal(signer_shut(fixture->signer), ERR_STATE);
    assert_true(signer_state(fixture->signer)->is_shut);
    assert_int_equal(
        ask(fixture, SIGNER_MAIN, SIGNER_PAYLOAD, bytes_text("{}")), ERR_STATE);
    assert_int_equal(open_again(fixture, "wrong horse"), ERR_DENIED);
    assert_true(signer_state(fixture->signer)->is_shut);
    assert_int_equal(
        ask(fixture, SIGNER_MAIN, SIGNER_PAYLOAD, bytes_text("{}")), ERR_STATE);
    assert_int_equal(prove(fixture, "correct horse"), 0);
    assert_int_equal(open_again(fixture, "correct horse"), 0);
    const struct signer_state *how = signer_state(fixture->signer);
    assert_false(how->is_shut);
    assert_true(how->state == SIGNER_READY && how->is_confined);
    assert_ok(ask(fixture, SIGNER_MAIN, SIGNER_PAYLOAD, bytes_text("{}")));
}

static void test_a_signer_that_closes_answers_what_is_tried(void **state)
{
    struct fixture *fixture = *state;
    int proved = 1, opened = 1;

    write_passphrase(fixture, "correct horse");
    assert_ok(start(fixture, fixture->file));
    assert_ok(signer_shut(fixture->signer));
    while (signer_open_again(fixture->signer, bytes_text("correct horse"),
                             on_opened, &opened) == ERR_BUSY)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_ok(signer_prove(fixture->signer, bytes_text("correct horse"),
                           on_opened, &proved));
    signer_close(fixture->signer, NULL, NULL);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_int_equal(proved, ERR_CANCELLED);
    assert_int_equal(opened, ERR_CANCELLED);
    signer_free(fixture->signer);
    fixture->signer = NULL;
}

static void test_plain_keys_have_no_passphrase(void **state)
{
    struct fixture *fixture = *state;
    int result = 1;

    assert_ok(start(fixture, NULL));
    assert_int_equal(signer_shut(fixture->signer), ERR_STATE);
    assert_int_equal(
        signer_prove(fixture->signer, bytes_text("x"), on_opened, &result),
        ERR_STATE);
    assert_ok(ask(fixture, SIGNER_MAIN, SIGNER_PAYLOAD, bytes_text("{}")));
}

static void test_a_program_that_is_not_there_is_named(void **state)
{
    struct fixture *fixture = *state;
    const struct signer_start how = {.program = "/nonexistent/pond-signer",
                                     .folder = fixture->folder};

    assert_int_equal(signer_start(&fixture->loop, &how, &fixture->signer),
                     ERR_IO);
    assert_non_null(strstr(err_text(), "/nonexistent/pond-signer"));
    const struct signer_start other = {.program = "/bin/true",
                                       .folder = fixture->folder};
    assert_int_equal(signer_start(&fixture->loop, &other, &fixture->signer),
                     ERR_CLOSED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_it_signs_with_the_folders_keys),
        TEST(test_derived_keys_are_asked_for_once),
        TEST(test_purposes_are_judged_by_the_process),
        TEST(test_what_was_asked_of_a_dead_process_fails),
        cmocka_unit_test(test_pauses_grow_only_where_it_dies_at_once),
        TEST(test_closing_cancels_what_waits),
        TEST(test_a_secret_goes_to_the_tasks_connection_alone),
        TEST(test_a_connection_that_takes_no_secret_is_said),
        TEST(test_new_keys_are_sealed_under_a_passphrase),
        TEST(test_wrong_passphrase_starts_nothing),
        TEST(test_passphrase_file_open_to_others_is_refused),
        TEST(test_other_keys_are_not_taken_up),
        TEST(test_a_passphrase_is_tried_beside_the_keys),
        TEST(test_keys_that_are_shut_sign_nothing),
        TEST(test_a_signer_that_closes_answers_what_is_tried),
        TEST(test_plain_keys_have_no_passphrase),
        TEST(test_a_program_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
