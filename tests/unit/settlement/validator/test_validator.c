/*
 * The whole endpoint in one process: a validator and a client on one loop,
 * over real loopback sockets.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "client/client.h"
#include "crypto/keyfile.h"
#include "settlement/format/account.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/well_known.h"
#include "settlement/validator/validator.h"
#include "settlement/validator/validator_folder.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#define KOII LAMPORTS_PER_KOII
#define SLOT_MS 20

struct fixture {
    uv_loop_t loop;
    char folder[64];
    struct validator *validator;
    struct client *client;
};

static void start(struct fixture *fixture)
{
    const struct validator_options options = {.folder = fixture->folder,
                                              .rpc_port = 0};
    char url[64];
    if (validator_start(&fixture->loop, &options, &fixture->validator))
        fail_msg("%s", err_text());
    snprintf(url, sizeof(url), "http://127.0.0.1:%u",
             validator_rpc_port(fixture->validator));
    assert_int_equal(client_new(&fixture->loop, url, &fixture->client), 0);
}

static void stop(struct fixture *fixture)
{
    client_close(fixture->client, NULL, NULL);
    validator_stop(fixture->validator);
    fixture->client = NULL;
    fixture->validator = NULL;
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
}

static int setup(void **state)
{
    struct fixture *fixture = mem_zero(1, sizeof(*fixture));
    const struct validator_network network = {.slot_ms = SLOT_MS};
    uv_loop_init(&fixture->loop);
    strcpy(fixture->folder, "/tmp/pond-validator-XXXXXX");
    CHECK(mkdtemp(fixture->folder));
    assert_int_equal(validator_create(fixture->folder, &network), 0);
    start(fixture);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    if (fixture->validator)
        stop(fixture);
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
    file_remove_tree(fixture->folder);
    free(fixture);
    return 0;
}

static void airdrop(struct fixture *fixture, const struct pubkey *to,
                    uint64_t lamports)
{
    struct client_sent sent;
    if (client_airdrop_wait(fixture->client, to, lamports, &sent))
        fail_msg("%s", err_text());
    assert_true(sent.slot > 0);
}

static uint64_t balance(struct fixture *fixture, const struct pubkey *key)
{
    uint64_t lamports;
    if (client_balance_wait(fixture->client, key, &lamports))
        fail_msg("%s", err_text());
    return lamports;
}

static void make_transfer(struct fixture *fixture, const struct keypair *from,
                          const struct pubkey *to, uint64_t lamports,
                          struct buffer *wire)
{
    struct client_blockhash latest;
    struct buffer data = {0};
    if (client_latest_blockhash_wait(fixture->client, &latest))
        fail_msg("%s", err_text());
    system_transfer_data(lamports, &data);
    const struct account_meta accounts[] = {
        {.key = from->pubkey, .signer = true, .writable = true},
        {.key = *to, .writable = true}};
    const struct instruction transfer = {.program = SYSTEM_PROGRAM_ID,
                                         .accounts = accounts,
                                         .account_count = 2,
                                         .data = buffer_view(&data)};
    assert_int_equal(
        transaction_make(&from, 1, &transfer, 1, &latest.blockhash, wire), 0);
    buffer_free(&data);
}

static void test_airdrop_and_transfer_arrive(void **state)
{
    struct fixture *fixture = *state;
    struct keypair from, to;
    struct buffer wire = {0};
    struct client_sent sent;
    const struct client_send_options options = {.commitment = CLIENT_FINALIZED};
    keypair_generate(&from);
    keypair_generate(&to);
    airdrop(fixture, &from.pubkey, 10 * KOII);
    assert_int_equal(balance(fixture, &from.pubkey), 10 * KOII);
    make_transfer(fixture, &from, &to.pubkey, 3 * KOII, &wire);
    if (client_send_wait(fixture->client, buffer_view(&wire), &options, &sent))
        fail_msg("%s", err_text());
    assert_int_equal(balance(fixture, &to.pubkey), 3 * KOII);
    assert_int_equal(balance(fixture, &from.pubkey), 7 * KOII - 5000);
    buffer_free(&wire);
}

static void test_transfer_without_funds_is_refused_in_words(void **state)
{
    struct fixture *fixture = *state;
    struct keypair from, to;
    struct buffer wire = {0};
    struct client_sent sent;
    const struct client_send_options options = {.commitment = CLIENT_CONFIRMED};
    keypair_generate(&from);
    keypair_generate(&to);
    airdrop(fixture, &from.pubkey, KOII);
    make_transfer(fixture, &from, &to.pubkey, 3 * KOII, &wire);
    assert_int_equal(
        client_send_wait(fixture->client, buffer_view(&wire), &options, &sent),
        ERR_REMOTE);
    assert_non_null(strstr(err_text(), "custom program error: 0x1"));
    assert_int_equal(balance(fixture, &from.pubkey), KOII);
    buffer_free(&wire);
}

static void test_restart_keeps_balances_and_goes_on(void **state)
{
    struct fixture *fixture = *state;
    struct keypair to;
    uint64_t before, after;
    keypair_generate(&to);
    airdrop(fixture, &to.pubkey, 2 * KOII);
    assert_int_equal(
        client_slot_wait(fixture->client, CLIENT_FINALIZED, &before), 0);
    stop(fixture);
    start(fixture);
    assert_int_equal(
        client_slot_wait(fixture->client, CLIENT_FINALIZED, &after), 0);
    assert_true(after >= before);
    assert_int_equal(balance(fixture, &to.pubkey), 2 * KOII);
    airdrop(fixture, &to.pubkey, KOII);
    assert_int_equal(balance(fixture, &to.pubkey), 3 * KOII);
}

static uint64_t blockhash_blocks(struct fixture *fixture)
{
    struct json_object *height;
    struct client_blockhash newest;
    assert_int_equal(client_latest_blockhash_wait(fixture->client, &newest), 0);
    assert_int_equal(
        client_call_wait(fixture->client, "getBlockHeight", NULL, &height), 0);
    uint64_t blocks =
        newest.last_valid_block_height - json_object_get_uint64(height);
    json_object_put(height);
    return blocks;
}

/* Some blocks may have come between the two questions. */
static void test_blockhashes_live_for_a_minute_of_short_slots(void **state)
{
    struct fixture *fixture = *state;
    assert_in_range(blockhash_blocks(fixture), 60000 / SLOT_MS - 100,
                    60000 / SLOT_MS);
    stop(fixture);
    start(fixture);
    assert_in_range(blockhash_blocks(fixture), 60000 / SLOT_MS - 100,
                    60000 / SLOT_MS);
}

static void test_ledger_passes_its_check(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_report report;
    struct keypair from, to;
    struct client_sent sent;
    const struct client_send_options options = {.commitment = CLIENT_FINALIZED};
    keypair_generate(&from);
    airdrop(fixture, &from.pubkey, 10 * KOII);
    for (int i = 0; i < 3; i++) {
        struct buffer wire = {0};
        keypair_generate(&to);
        make_transfer(fixture, &from, &to.pubkey, KOII, &wire);
        assert_int_equal(client_send_wait(fixture->client, buffer_view(&wire),
                                          &options, &sent),
                         0);
        buffer_free(&wire);
    }
    stop(fixture);
    if (validator_check(fixture->folder, &report))
        fail_msg("%s", err_text());
    assert_int_equal(report.transactions, 4);
    assert_int_equal(report.signatures, 4);
    assert_true(report.runs > 0);
}

struct watched {
    struct client_waiting waiting;
    uint64_t newest;
    unsigned count;
};

static void on_slot(void *user, uint64_t slot)
{
    struct watched *watched = user;
    assert_true(slot > watched->newest);
    watched->newest = slot;
    if (++watched->count == 5)
        client_finish(&watched->waiting, 0);
}

static void test_slots_are_notified_in_order(void **state)
{
    struct fixture *fixture = *state;
    struct watched watched = {0};
    struct client_slots *slots =
        client_subscribe_slots(fixture->client, on_slot, &watched);
    assert_int_equal(client_wait(fixture->client, &watched.waiting), 0);
    client_unsubscribe_slots(slots);
}

static void test_slots_go_on_after_a_restart(void **state)
{
    struct fixture *fixture = *state;
    struct watched watched = {0};
    struct validator_options options = {
        .folder = fixture->folder,
        .rpc_port = validator_rpc_port(fixture->validator)};
    struct client_slots *slots =
        client_subscribe_slots(fixture->client, on_slot, &watched);
    assert_int_equal(client_wait(fixture->client, &watched.waiting), 0);
    validator_stop(fixture->validator);
    watched.count = 0;
    watched.waiting.is_done = false;
    if (validator_start(&fixture->loop, &options, &fixture->validator))
        fail_msg("%s", err_text());
    assert_int_equal(client_wait(fixture->client, &watched.waiting), 0);
    client_unsubscribe_slots(slots);
}

/* The status that failed() reported, and how often. */
struct failure {
    int status;
    int count;
};

static void note_failure(void *user, int status)
{
    struct failure *failure = user;
    failure->status = status;
    failure->count++;
}

/* If the last flush fails, the owner that stops the validator gets the failure.
 * No file may grow, as on a full disk. */
static void test_failure_of_the_last_flush_is_reported(void **state)
{
    struct fixture *fixture = *state;
    struct failure failure = {0};
    const struct validator_options options = {
        .folder = fixture->folder, .failed = note_failure, .user = &failure};
    struct rlimit limit, none;
    stop(fixture);
    if (validator_start(&fixture->loop, &options, &fixture->validator))
        fail_msg("%s", err_text());
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    none = limit;
    none.rlim_cur = 1;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    validator_stop(fixture->validator);
    fixture->validator = NULL;
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_not_equal(failure.status, 0);
    assert_int_equal(failure.count, 1);
    start(fixture);
}

static void ignore_sent(void *user, int status, const struct client_sent *sent)
{
}

/* The flusher fails while blocks are made, and has more to flush when the
 * validator is stopped. */
static void test_a_failure_is_reported_once(void **state)
{
    struct fixture *fixture = *state;
    struct failure failure = {0};
    const struct validator_options options = {
        .folder = fixture->folder, .failed = note_failure, .user = &failure};
    struct pubkey to = {{7}};
    struct rlimit limit, none;
    char url[64];
    stop(fixture);
    if (validator_start(&fixture->loop, &options, &fixture->validator))
        fail_msg("%s", err_text());
    snprintf(url, sizeof(url), "http://127.0.0.1:%u",
             validator_rpc_port(fixture->validator));
    assert_int_equal(client_new(&fixture->loop, url, &fixture->client), 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    none = limit;
    none.rlim_cur = 1;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    client_airdrop(fixture->client, &to, KOII, ignore_sent, NULL);
    while (!failure.count)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    stop(fixture);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(failure.count, 1);
    start(fixture);
}

/* A call that is killed after the keys and before the genesis leaves no
 * network. */
static void test_half_made_folder_is_made_whole(void **state)
{
    const struct validator_network network = {.slot_ms = SLOT_MS};
    char folder[] = "/tmp/pond-validator-XXXXXX", path[64];
    struct validator_folder opened;
    struct keypair identity;
    CHECK(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/identity.json", folder);
    keypair_generate(&identity);
    assert_int_equal(keyfile_write(path, &identity, false), 0);

    assert_int_equal(validator_create(folder, &network), 0);
    assert_int_equal(validator_folder_open(folder, &opened), 0);
    assert_memory_equal(&opened.identity.pubkey, &identity.pubkey,
                        sizeof(identity.pubkey));
    validator_folder_close(&opened);
    assert_int_equal(validator_create(folder, &network), ERR_EXISTS);
    file_remove_tree(folder);
}

int main(void)
{
    crypto_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_half_made_folder_is_made_whole),
        cmocka_unit_test_setup_teardown(test_airdrop_and_transfer_arrive, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_transfer_without_funds_is_refused_in_words, setup, teardown),
        cmocka_unit_test_setup_teardown(test_restart_keeps_balances_and_goes_on,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_blockhashes_live_for_a_minute_of_short_slots, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ledger_passes_its_check, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_failure_of_the_last_flush_is_reported, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_failure_is_reported_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_slots_are_notified_in_order, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_slots_go_on_after_a_restart, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
