/*
 * Four validators in one process, over real loopback sockets and disks: what
 * one endpoint takes is final at all, and none that begins again is left
 * behind.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "client/client.h"
#include "crypto/keyfile.h"
#include "peer/peer_host.h"
#include "settlement/cluster/cluster_contact.h"
#include "settlement/cluster/cluster_message.h"
#include "settlement/format/account.h"
#include "settlement/validator/validator.h"
#include "settlement/validator/validator_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT 4
#define VOTER 1
#define KOII LAMPORTS_PER_KOII
#define SLOT_MS 100

struct fixture {
    uv_loop_t loop;
    char root[64];
    char *folders[COUNT];
    struct validator *validators[COUNT];
    struct client *clients[COUNT];
    char peers[COUNT][32];
};

static struct pubkey make_key(const char *folder, const char *name)
{
    struct keypair keypair;
    char *path = mem_format("%s/%s", folder, name);
    keypair_generate(&keypair);
    assert_int_equal(keyfile_write(path, &keypair, true), 0);
    free(path);
    return keypair.pubkey;
}

/* One votes with another key than it connects with. */
static void make_folders(struct fixture *fixture)
{
    struct buffer text = {0};
    char *list = mem_format("%s/validators.json", fixture->root);
    char *genesis;

    for (unsigned i = 0; i < COUNT; i++) {
        fixture->folders[i] = mem_format("%s/v%u", fixture->root, i);
        assert_int_equal(file_make_folder(fixture->folders[i], 0700), 0);
        const struct pubkey identity =
            make_key(fixture->folders[i], "identity.json");
        const struct pubkey voter =
            i == VOTER ? make_key(fixture->folders[i], "voter.json") : identity;
        buffer_format(
            &text, "%s{\"identity\":\"%s\",\"voter\":\"%s\",\"stake\":%llu}",
            i ? "," : "[", PUBKEY_TEXT(&identity), PUBKEY_TEXT(&voter), KOII);
    }
    buffer_text(&text, "]");
    assert_int_equal(file_replace(list, buffer_view(&text), 0644), 0);
    const struct validator_network network = {.slot_ms = SLOT_MS,
                                              .validators = list};
    genesis = mem_format("%s/genesis.json", fixture->folders[0]);
    assert_int_equal(validator_create(fixture->folders[0], &network), 0);
    for (unsigned i = 1; i < COUNT; i++)
        assert_int_equal(validator_join(fixture->folders[i], genesis), 0);
    buffer_free(&text);
    free(genesis);
    free(list);
}

/* Each finds the others by one that runs already; all but that one are told of
 * by it. restart_slot 0: as ever. */
static void start_from(struct fixture *fixture, unsigned index,
                       uint64_t restart_slot, const struct hash *restart)
{
    const char *entrypoint = NULL;
    char url[64];
    for (unsigned i = 0; !entrypoint && i < COUNT; i++)
        if (fixture->validators[i])
            entrypoint = fixture->peers[i];
    const struct validator_options options = {.folder = fixture->folders[index],
                                              .entrypoints = &entrypoint,
                                              .entrypoint_count =
                                                  entrypoint != NULL,
                                              .restart_slot = restart_slot,
                                              .restart_hash = *restart,
                                              .threads = 1};
    if (validator_start(&fixture->loop, &options, &fixture->validators[index]))
        fail_msg("%s", err_text());
    snprintf(fixture->peers[index], sizeof(fixture->peers[index]),
             "127.0.0.1:%u", validator_peer_port(fixture->validators[index]));
    snprintf(url, sizeof(url), "http://127.0.0.1:%u",
             validator_rpc_port(fixture->validators[index]));
    assert_int_equal(client_new(&fixture->loop, url, &fixture->clients[index]),
                     0);
}

static void start(struct fixture *fixture, unsigned index)
{
    const struct hash none = {{0}};
    start_from(fixture, index, 0, &none);
}

static void stop(struct fixture *fixture, unsigned index)
{
    if (!fixture->validators[index])
        return;
    client_close(fixture->clients[index], NULL, NULL);
    validator_stop(fixture->validators[index]);
    fixture->clients[index] = NULL;
    fixture->validators[index] = NULL;
}

static int setup(void **state)
{
    struct fixture *fixture = mem_zero(1, sizeof(*fixture));
    uv_loop_init(&fixture->loop);
    strcpy(fixture->root, "/tmp/pond-validators-XXXXXX");
    CHECK(mkdtemp(fixture->root));
    make_folders(fixture);
    for (unsigned i = 0; i < COUNT; i++)
        start(fixture, i);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned i = 0; i < COUNT; i++)
        stop(fixture, i);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
    file_remove_tree(fixture->root);
    for (unsigned i = 0; i < COUNT; i++)
        free(fixture->folders[i]);
    free(fixture);
    return 0;
}

static void airdrop(struct fixture *fixture, const struct pubkey *to,
                    uint64_t lamports)
{
    struct client_sent sent;
    if (client_airdrop_wait(fixture->clients[0], to, lamports, &sent))
        fail_msg("%s", err_text());
}

static uint64_t slot_at(struct fixture *fixture, unsigned index,
                        enum client_commitment commitment)
{
    uint64_t slot = 0;
    if (client_slot_wait(fixture->clients[index], commitment, &slot))
        fail_msg("%s", err_text());
    return slot;
}

/* Until it is confirmed there, and then final. */
static void wait_for_balance(struct fixture *fixture, unsigned index,
                             const struct pubkey *key, uint64_t expected)
{
    uint64_t lamports = 0;
    do
        if (client_balance_wait(fixture->clients[index], key, &lamports))
            fail_msg("%s", err_text());
    while (lamports != expected);
    uint64_t slot = slot_at(fixture, index, CLIENT_CONFIRMED);
    while (slot_at(fixture, index, CLIENT_FINALIZED) < slot)
        ;
}

static void test_what_one_takes_is_final_at_all(void **state)
{
    struct fixture *fixture = *state;
    struct keypair key;
    keypair_generate(&key);
    airdrop(fixture, &key.pubkey, 3 * KOII);
    for (unsigned i = 0; i < COUNT; i++)
        wait_for_balance(fixture, i, &key.pubkey, 3 * KOII);
}

/* No two amounts are the same: two equal transfers on one blockhash are one. */
static void test_one_that_was_away_catches_up(void **state)
{
    struct fixture *fixture = *state;
    struct keypair key;
    uint64_t sum = KOII;
    keypair_generate(&key);
    airdrop(fixture, &key.pubkey, KOII);
    stop(fixture, 2);
    for (uint64_t i = 2; i < 5; i++) {
        airdrop(fixture, &key.pubkey, i * KOII);
        sum += i * KOII;
        wait_for_balance(fixture, 1, &key.pubkey, sum);
    }
    start(fixture, 2);
    wait_for_balance(fixture, 2, &key.pubkey, sum);
    /* And it counts: without it there is no quorum. */
    stop(fixture, 3);
    airdrop(fixture, &key.pubkey, 5 * KOII);
    wait_for_balance(fixture, 2, &key.pubkey, sum + 5 * KOII);
}

static void test_all_go_on_after_all_were_stopped(void **state)
{
    struct fixture *fixture = *state;
    struct keypair key;
    keypair_generate(&key);
    airdrop(fixture, &key.pubkey, KOII);
    for (unsigned i = 0; i < COUNT; i++)
        stop(fixture, i);
    for (unsigned i = 0; i < COUNT; i++)
        start(fixture, i);
    wait_for_balance(fixture, 3, &key.pubkey, KOII);
    airdrop(fixture, &key.pubkey, 2 * KOII);
    for (unsigned i = 0; i < COUNT; i++)
        wait_for_balance(fixture, i, &key.pubkey, 3 * KOII);
}

/* The newest final block that any of them has. */
static uint64_t newest_final(struct fixture *fixture, struct hash *hash)
{
    uint64_t newest = 0;
    for (unsigned i = 0; i < COUNT; i++) {
        struct validator_folder folder;
        struct ledger *ledger;
        assert_int_equal(validator_folder_open(fixture->folders[i], &folder),
                         0);
        assert_int_equal(
            ledger_open(folder.ledger_path, &folder.genesis, &ledger), 0);
        struct bank *tip = ledger_newest(ledger, LEDGER_FINALIZED);
        if (bank_info(tip)->slot >= newest) {
            newest = bank_info(tip)->slot;
            *hash = *ledger_tip_hash(ledger);
        }
        bank_release(tip);
        ledger_close(ledger);
        validator_folder_close(&folder);
    }
    return newest;
}

/* Two of four have lost their votes: no quorum is left, until all operators
 * name one block. From then on the folders know it. */
static void test_all_begin_anew_from_one_block(void **state)
{
    struct fixture *fixture = *state;
    struct keypair key;
    struct hash hash;
    keypair_generate(&key);
    airdrop(fixture, &key.pubkey, KOII);
    wait_for_balance(fixture, 0, &key.pubkey, KOII);
    for (unsigned i = 0; i < COUNT; i++)
        stop(fixture, i);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    for (unsigned i = 0; i < 2; i++) {
        char *votes = mem_format("%s/votes", fixture->folders[i]);
        assert_int_equal(unlink(votes), 0);
        free(votes);
    }
    uint64_t slot = newest_final(fixture, &hash);
    for (unsigned i = 0; i < COUNT; i++)
        start_from(fixture, i, slot, &hash);
    airdrop(fixture, &key.pubkey, 2 * KOII);
    for (unsigned i = 0; i < COUNT; i++)
        wait_for_balance(fixture, i, &key.pubkey, 3 * KOII);
    for (unsigned i = 0; i < COUNT; i++)
        stop(fixture, i);
    for (unsigned i = 0; i < COUNT; i++)
        start(fixture, i);
    airdrop(fixture, &key.pubkey, 3 * KOII);
    for (unsigned i = 0; i < COUNT; i++)
        wait_for_balance(fixture, i, &key.pubkey, 6 * KOII);

    /* What is final now can't be taken back. */
    struct validator *validator;
    hash.bytes[0] ^= 1;
    const struct validator_options options = {.folder = fixture->folders[0],
                                              .restart_slot = slot,
                                              .restart_hash = hash};
    stop(fixture, 0);
    uv_run(&fixture->loop, UV_RUN_NOWAIT);
    assert_int_equal(validator_start(&fixture->loop, &options, &validator),
                     ERR_STATE);
}

/* ---- one of them is not honest ---- */

#define ROGUE 3

/* Its key and its place, and what it sends is the test's. */
struct rogue {
    struct fixture *fixture;
    struct validator_folder folder;
    struct peer_host *host;
    unsigned ups[COUNT], downs[COUNT]; /* of its vote lanes */
};

static void note_news(void *user, const struct peer_event *event)
{
    struct rogue *rogue = user;
    if (event->index >= COUNT || event->lane != PEER_VOTES)
        return;
    rogue->ups[event->index] += event->news == PEER_UP;
    rogue->downs[event->index] += event->news == PEER_DOWN;
}

static void run_until(const struct rogue *rogue, const unsigned *count,
                      unsigned least)
{
    while (*count < least)
        uv_run(&rogue->fixture->loop, UV_RUN_ONCE);
}

static void start_rogue(struct fixture *fixture, struct rogue *rogue)
{
    rogue->fixture = fixture;
    stop(fixture, ROGUE);
    uv_run(&fixture->loop, UV_RUN_NOWAIT);
    assert_int_equal(
        validator_folder_open(fixture->folders[ROGUE], &rogue->folder), 0);
    const struct genesis *genesis = &rogue->folder.genesis;
    const struct peer_host_options options = {.loop = &fixture->loop,
                                              .identity =
                                                  &rogue->folder.identity,
                                              .network = genesis->hash,
                                              .take = note_news,
                                              .user = rogue};
    assert_int_equal(peer_host_new(&options, &rogue->host), 0);
    for (uint16_t i = 0; i < ROGUE; i++) {
        const char *address = fixture->peers[i];
        assert_int_equal(peer_host_know(rogue->host, i,
                                        &genesis->validators[i].identity,
                                        &address, 1),
                         0);
        run_until(rogue, &rogue->ups[i], 1);
    }
}

static void stop_rogue(struct rogue *rogue)
{
    peer_host_free(rogue->host);
    validator_folder_close(&rogue->folder);
}

static void send_contact(struct rogue *rogue, uint16_t to, size_t left_out)
{
    const struct genesis *genesis = &rogue->folder.genesis;
    struct cluster_contact contact = {.unix_ms = UINT64_MAX};
    struct buffer body = {0};
    cluster_contact_sign(&contact, &genesis->hash, &rogue->folder.identity);
    contact.identity = genesis->validators[to ? 0 : 1].identity;
    cluster_contact_encode(&contact, &body);
    assert_int_equal(
        peer_host_send(rogue->host, to, PEER_VOTES, CLUSTER_CONTACTS,
                       bytes_make(body.data, body.size - left_out)),
        0);
    buffer_free(&body);
}

/* Of good form and on a recent blockhash, with a signature of nothing. */
static void send_transaction(struct rogue *rogue, uint16_t to)
{
    struct buffer wire = {0}, body = {0};
    struct client_blockhash latest;
    if (client_latest_blockhash_wait(rogue->fixture->clients[0], &latest))
        fail_msg("%s", err_text());
    buffer_u8(&wire, 1);
    buffer_resize(&wire, 1 + 64);
    memset(wire.data + 1, 7, 64);
    buffer_append(&wire, (uint8_t[]){1, 0, 0, 1}, 4);
    buffer_append(&wire, rogue->folder.identity.pubkey.bytes, 32);
    buffer_append(&wire, latest.blockhash.bytes, 32);
    buffer_u8(&wire, 0);
    cluster_transaction_add(buffer_view(&wire), &body);
    assert_int_equal(peer_host_send(rogue->host, to, PEER_BULK,
                                    CLUSTER_TRANSACTIONS, buffer_view(&body)),
                     0);
    buffer_free(&wire);
    buffer_free(&body);
}

/* Who sends on what it can't have checked is not let in again; who sends what
 * has no form is, and the others go on without it. */
static void test_who_sends_junk_is_cut_off_and_the_others_go_on(void **state)
{
    struct fixture *fixture = *state;
    struct rogue rogue = {0};
    struct keypair key;
    start_rogue(fixture, &rogue);
    send_contact(&rogue, 0, 0);
    run_until(&rogue, &rogue.downs[0], 1);
    send_transaction(&rogue, 1);
    run_until(&rogue, &rogue.downs[1], 1);
    send_contact(&rogue, 2, 1);
    run_until(&rogue, &rogue.ups[2], 2);
    keypair_generate(&key);
    airdrop(fixture, &key.pubkey, KOII);
    for (unsigned i = 0; i < ROGUE; i++)
        wait_for_balance(fixture, i, &key.pubkey, KOII);
    assert_int_equal(rogue.ups[0], 1);
    assert_int_equal(rogue.ups[1], 1);
    stop_rogue(&rogue);
}

static void test_votes_of_another_key_are_refused_at_the_start(void **state)
{
    struct fixture *fixture = *state;
    struct validator *validator;
    stop(fixture, VOTER);
    make_key(fixture->folders[VOTER], "voter.json");
    const struct validator_options options = {.folder =
                                                  fixture->folders[VOTER]};
    /* The lock goes when the loop has run. */
    uv_run(&fixture->loop, UV_RUN_NOWAIT);
    assert_int_equal(validator_start(&fixture->loop, &options, &validator),
                     ERR_STATE);
    assert_non_null(strstr(err_text(), "voter.json"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_one_takes_is_final_at_all,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_that_was_away_catches_up,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_go_on_after_all_were_stopped,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_begin_anew_from_one_block,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_who_sends_junk_is_cut_off_and_the_others_go_on, setup,
            teardown),
        cmocka_unit_test_setup_teardown(
            test_votes_of_another_key_are_refused_at_the_start, setup,
            teardown),
    };
    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
