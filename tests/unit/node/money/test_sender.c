/*
 * What the sender makes of a journal that is not as it was left. Nobody listens
 * at its endpoint; crash_sender.c has one.
 */
#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/money/sender.h"
#include "node/money/wallet.h"

#include <sqlite3.h>
#include <stdio.h>

struct fixture {
    uv_loop_t loop;
    char folder[64];
    char path[80];
    struct journal *journal;
    struct journal_writer *writer;
    struct client *client;
    struct signer *signer;
    struct sender *sender;
};

static const uint8_t seed[32] = {42};

static void open_sender(struct fixture *fixture)
{
    struct wallet wallet = {0};

    keypair_from_seed(seed, &wallet.main);
    fixture->signer = signer_new(&fixture->loop, &wallet);
    assert_ok(journal_open(fixture->path, &fixture->journal));
    assert_ok(
        client_new(&fixture->loop, "http://127.0.0.1:9", &fixture->client));
    assert_ok(
        journal_writer_open(&fixture->loop, fixture->path, &fixture->writer));
    fixture->sender = sender_new(fixture->client, fixture->journal,
                                 fixture->writer, fixture->signer);
}

static void on_closed(void *user)
{
}

static void close_sender(struct fixture *fixture)
{
    sender_stop(fixture->sender);
    client_close(fixture->client, NULL, NULL);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    signer_close(fixture->signer, NULL, NULL);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    journal_writer_close(fixture->writer, on_closed, NULL);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    sender_free(fixture->sender);
    signer_free(fixture->signer);
    journal_close(fixture->journal);
}

static int setup(void **state)
{
    struct fixture *fixture = mem_zero(1, sizeof(*fixture));

    *state = fixture;
    strcpy(fixture->folder, "/tmp/pond-sender-XXXXXX");
    if (!mkdtemp(fixture->folder) || uv_loop_init(&fixture->loop))
        return -1;
    snprintf(fixture->path, sizeof(fixture->path), "%s/journal.db",
             fixture->folder);
    open_sender(fixture);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    close_sender(fixture);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    int status = uv_loop_close(&fixture->loop);
    file_remove_tree(fixture->folder);
    free(fixture);
    return status;
}

static struct journal_entry entry_of(uint64_t round)
{
    return (struct journal_entry){
        .name = {.task = {.bytes = {7}},
                 .round = round,
                 .kind = JOURNAL_SUBMIT},
        .signature = {.bytes = {1}},
        .last_valid_height = 150,
        .transaction_size = 200,
        .transaction = {1},
    };
}

static void damage(struct fixture *fixture, const char *sql)
{
    sqlite3 *database;

    close_sender(fixture);
    assert_int_equal(sqlite3_open(fixture->path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
    open_sender(fixture);
}

static void test_a_damaged_entry_is_dropped_at_the_start(void **state)
{
    static const enum journal_state expected[] = {
        JOURNAL_FAILED, JOURNAL_FAILED, JOURNAL_FAILED, JOURNAL_OPEN};
    struct fixture *fixture = *state;
    struct journal_entry entry, found;

    for (uint64_t i = 0; i < 4; i++) {
        entry = entry_of(i);
        assert_ok(journal_intend(fixture->journal, &entry));
    }
    damage(fixture, "UPDATE action SET wire = X'' WHERE round = 0;"
                    "UPDATE action SET wire = zeroblob(4000) WHERE round = 1;"
                    "UPDATE action SET wire = zeroblob(65) WHERE round = 2");
    assert_ok(sender_resume(fixture->sender));
    /* The sound one goes its way. */
    while (sender_pending(fixture->sender) > 1)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_int_equal(sender_pending(fixture->sender), 1);
    for (uint64_t i = 0; i < 4; i++) {
        entry = entry_of(i);
        assert_ok(journal_find(fixture->journal, &entry.name, &found));
        assert_int_equal(found.state, expected[i]);
    }
}

static void test_a_damaged_entry_is_signed_anew(void **state)
{
    struct fixture *fixture = *state;
    struct journal_entry entry = entry_of(0);
    const struct pubkey *payer;
    struct recipe recipe;

    assert_ok(journal_intend(fixture->journal, &entry));
    damage(fixture, "UPDATE action SET wire = X''");
    payer = signer_main(fixture->signer);
    recipe_init(&recipe, payer);
    assert_ok(recipe_transfer(&recipe, payer, payer, 5));
    assert_ok(
        sender_send(fixture->sender, &entry.name, 5, &recipe, NULL, NULL));
    assert_int_equal(sender_pending(fixture->sender), 1);
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_damaged_entry_is_dropped_at_the_start),
        TEST(test_a_damaged_entry_is_signed_anew),
    };

    crypto_init();
    log_configure("quiet");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
