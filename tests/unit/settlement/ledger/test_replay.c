#include "settlement/ledger/replay.h"

#include "base/error.h"
#include "settlement/ledger/ledger_internal.h"
#include "settlement/ledger_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct pubkey target = {{1, 2, 3}};

static int replay(struct ledger_fixture *fixture, bool check_signatures,
                  struct replay_report *report)
{
    const struct replay_options options = {.check_signatures = check_signatures,
                                           .threads = 2};
    return ledger_replay(fixture->ledger, &options, report);
}

/* Full blocks and runs of empty ones, restarts in between. */
static void make_history(struct ledger_fixture *fixture, uint64_t slots)
{
    for (uint64_t slot = 1; slot <= slots; slot++) {
        if (slot % 4 == 0) {
            struct transaction transactions[2] = {
                ledger_fixture_transfer(fixture, (int)(slot % 8), &target,
                                        1000000 + slot),
                ledger_fixture_transfer(fixture, (int)(slot % 8), &target,
                                        2000000 + slot)};
            ledger_fixture_block(fixture, slot, transactions, 2);
        } else {
            ledger_fixture_block(fixture, slot, NULL, 0);
        }
        if (slot % 7 == 0)
            ledger_fixture_reopen(fixture, slot % 2);
    }
}

static void test_history_leads_to_the_same_state_again(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct replay_report report;
    make_history(fixture, 30);
    if (replay(fixture, true, &report))
        fail_msg("%s", err_text());
    assert_int_equal(report.slot, 30);
    assert_int_equal(report.blocks, 7);
    assert_int_equal(report.transactions, 14);
    assert_int_equal(report.empty_slots, 23);
}

static void test_new_ledger_replays_to_its_genesis(void **state)
{
    struct replay_report report;
    if (replay(*state, true, &report))
        fail_msg("%s", err_text());
    assert_int_equal(report.slot, 0);
    assert_int_equal(report.blocks, 0);
}

/* Banks don't check signatures, so such a block can be made. */
static void test_wrong_signature_is_found_only_where_asked_for(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct replay_report report;
    make_history(fixture, 5);
    struct transaction transaction =
        ledger_fixture_transfer(fixture, 0, &target, 7000000);
    ((uint8_t *)transaction.wire.data)[10] ^= 1;
    ledger_fixture_block(fixture, 6, &transaction, 1);
    assert_int_equal(replay(fixture, false, &report), 0);
    assert_int_equal(replay(fixture, true, &report), ERR_CORRUPT);
    assert_non_null(strstr(err_text(), "block 6"));
}

/* An account begins with one roe more than it had when the blocks were made.
 */
static void test_block_on_another_state_is_found(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct replay_report report;
    make_history(fixture, 5);
    struct transaction transaction =
        ledger_fixture_transfer(fixture, 0, &target, 7000000);
    struct genesis_account *accounts =
        (struct genesis_account *)fixture->chain.genesis.accounts;
    ledger_fixture_block(fixture, 6, &transaction, 1);
    accounts[0].account.lamports += 1;
    assert_int_equal(replay(fixture, true, &report), ERR_CORRUPT);
    assert_non_null(strstr(err_text(), "executes to state"));
    accounts[0].account.lamports -= 1;
    assert_int_equal(replay(fixture, true, &report), 0);
}

/*
 * Blocks that were changed on the disk.
 */

/* A change of a decoded block, whose transactions lie in a copy of it. */
typedef void change_block(struct block *block);

static void get_row(struct ledger_fixture *fixture, enum ledger_table table,
                    uint64_t slot, struct buffer *out)
{
    uint8_t key[8];
    struct rows_view *view;
    struct bytes value;
    u64be_write(key, slot);
    assert_int_equal(rows_read(fixture->ledger->rows, &view), 0);
    assert_int_equal(
        rows_get(view, table, bytes_make(key, sizeof(key)), &value), 0);
    buffer_bytes(out, value);
    rows_abort(view);
}

static void put_row(struct ledger_fixture *fixture, enum ledger_table table,
                    uint64_t slot, struct bytes row)
{
    uint8_t key[8];
    struct rows_view *view;
    u64be_write(key, slot);
    assert_int_equal(rows_write(fixture->ledger->rows, &view), 0);
    assert_int_equal(rows_put(view, table, bytes_make(key, sizeof(key)), row),
                     0);
    assert_int_equal(rows_commit(view), 0);
}

static void get_run(struct ledger_fixture *fixture, uint64_t first,
                    struct buffer *row, struct ledger_run *out)
{
    uint8_t key[8];
    u64be_write(key, first);
    buffer_clear(row);
    get_row(fixture, TABLE_RUNS, first, row);
    assert_int_equal(
        ledger_run_decode(bytes_make(key, sizeof(key)), buffer_view(row), out),
        0);
}

static void put_run(struct ledger_fixture *fixture,
                    const struct ledger_run *run)
{
    struct buffer row = {0};
    ledger_run_encode(run, &row);
    put_row(fixture, TABLE_RUNS, run->first, buffer_view(&row));
    buffer_free(&row);
}

/* That key signs the block again, so that only the change itself is wrong. */
static void change_as(struct ledger_fixture *fixture, uint64_t slot,
                      change_block *how, const struct keypair *signer)
{
    struct buffer old = {0}, new = {0};
    struct arena arena = {0};
    struct block block;
    get_row(fixture, TABLE_BLOCKS, slot, &old);
    buffer_append(&new, old.data, BLOCK_PREFIX_SIZE);
    assert_int_equal(block_decode(bytes_make(old.data + BLOCK_PREFIX_SIZE,
                                             old.size - BLOCK_PREFIX_SIZE),
                                  &arena, &block),
                     0);
    how(&block);
    block_encode(&block, signer, &new, NULL);
    put_row(fixture, TABLE_BLOCKS, slot, buffer_view(&new));
    arena_free(&arena);
    buffer_free(&new);
    buffer_free(&old);
}

/* Name the parent's hash in a block's row, and sign it again. */
static void link_block(struct ledger_fixture *fixture, uint64_t slot,
                       struct bytes row, struct hash *hash)
{
    struct buffer old = {0}, new = {0};
    struct arena arena = {0};
    struct block block;
    buffer_bytes(&old, row);
    buffer_append(&new, old.data, BLOCK_PREFIX_SIZE);
    if (!block_decode(bytes_make(old.data + BLOCK_PREFIX_SIZE,
                                 old.size - BLOCK_PREFIX_SIZE),
                      &arena, &block)) {
        block.header.parent_hash = *hash;
        block_encode(&block, &fixture->chain.leader, &new, hash);
        put_row(fixture, TABLE_BLOCKS, slot, buffer_view(&new));
    }
    arena_free(&arena);
    buffer_free(&new);
    buffer_free(&old);
}

static void link_run(struct ledger_fixture *fixture, struct ledger_run *run,
                     struct hash *hash)
{
    static struct ledger_run_block blocks[LEDGER_RUN_SLOTS_MAX];
    struct buffer slots = {0};
    size_t count = run->last - run->first + 1;
    run->parent_hash = *hash;
    ledger_run_blocks(run, &fixture->chain.genesis, fixture->ledger->schedule,
                      blocks);
    for (size_t i = 0; i < count; i++) {
        block_header_sign(&blocks[i].header, &fixture->chain.leader, hash);
        ledger_run_slot_write(&blocks[i].header, &slots);
    }
    run->last_hash = *hash;
    run->slots = buffer_view(&slots);
    put_run(fixture, run);
    buffer_free(&slots);
}

static bool find_row(struct ledger_fixture *fixture, enum ledger_table table,
                     uint64_t slot, struct buffer *out)
{
    uint8_t key[8];
    struct rows_view *view;
    struct bytes value;
    buffer_clear(out);
    u64be_write(key, slot);
    assert_int_equal(rows_read(fixture->ledger->rows, &view), 0);
    int status = rows_get(view, table, bytes_make(key, sizeof(key)), &value);
    if (!status)
        buffer_bytes(out, value);
    rows_abort(view);
    return !status;
}

/* Make the chain from the genesis on whole again: what was changed is then
 * wrong by itself, and not because the next block names another parent. */
static void link_all(struct ledger_fixture *fixture)
{
    struct hash hash = fixture->chain.genesis.hash;
    struct buffer row = {0};
    struct ledger_run run;
    struct rows_view *view;
    uint64_t last = bank_info(fixture->tip)->slot;
    for (uint64_t slot = 1; slot <= last; slot++) {
        if (find_row(fixture, TABLE_RUNS, slot, &row)) {
            get_run(fixture, slot, &row, &run);
            link_run(fixture, &run, &hash);
        } else if (find_row(fixture, TABLE_BLOCKS, slot, &row)) {
            link_block(fixture, slot, buffer_view(&row), &hash);
        }
    }
    struct ledger_tip tip = fixture->ledger->tip;
    tip.block_hash = hash;
    assert_int_equal(rows_write(fixture->ledger->rows, &view), 0);
    assert_int_equal(ledger_tip_write(view, &tip), 0);
    assert_int_equal(rows_commit(view), 0);
    buffer_free(&row);
    ledger_fixture_reopen(fixture, false); /* the tip is another one */
}

static void change(struct ledger_fixture *fixture, uint64_t slot,
                   change_block *how)
{
    change_as(fixture, slot, how, &fixture->chain.leader);
    link_all(fixture);
}

static void assert_found(struct ledger_fixture *fixture, const char *text)
{
    struct replay_report report;
    assert_int_equal(replay(fixture, false, &report), ERR_CORRUPT);
    if (!strstr(err_text(), text))
        fail_msg("\"%s\" instead of \"%s\"", err_text(), text);
}

static struct entry *first_entry(struct block *block)
{
    assert_true(block->entries[0].transaction_count >= 2);
    return (struct entry *)block->entries;
}

static void change_nothing(struct block *block)
{
}

static void change_entry_hash(struct block *block)
{
    first_entry(block)[7].hash.bytes[5] ^= 1;
}

static void change_signature(struct block *block)
{
    uint8_t *wire = (uint8_t *)first_entry(block)->transactions[1].data;
    wire[1 + 20] ^= 1;
}

/* The last bytes are the lamports of a transfer. The proof of history has its
 * signature only. */
static void change_lamports(struct block *block)
{
    struct bytes wire = first_entry(block)->transactions[1];
    ((uint8_t *)wire.data)[wire.size - 8] ^= 1;
}

/* After a signature, the message's head and three keys. */
static void change_blockhash(struct block *block)
{
    uint8_t *wire = (uint8_t *)first_entry(block)->transactions[0].data;
    wire[(1 + 64) + (3 + 1) + 3 * 32] ^= 1;
}

static void change_form(struct block *block)
{
    struct bytes *wires = (struct bytes *)first_entry(block)->transactions;
    wires[0].size--;
}

static void change_parent_state(struct block *block)
{
    block->header.parent_state_hash.bytes[0] ^= 1;
}

static void change_parent(struct block *block)
{
    block->header.parent_slot--;
}

static void change_time(struct block *block)
{
    block->header.unix_ms++;
}

static void change_ticks(struct block *block)
{
    block->entry_count--;
}

static void test_changed_block_is_found(void **state)
{
    static const struct {
        change_block *how;
        const char *text;
    } changes[] = {
        {change_entry_hash, "block 8: entry 7 is not in its proof of history"},
        {change_signature, "block 8: entry 0 is not in its proof of history"},
        {change_lamports, "block 8 executes to state"},
        {change_blockhash, "transaction of block 8 can't be executed"},
        {change_form, "block 8: transaction 0"},
        {change_parent_state, "block 7 executes to state"},
        {change_parent, "block 8 does not follow on slot 7"},
        {change_ticks, "block 8: "},
    };
    struct ledger_fixture *fixture = *state;
    struct replay_report report;
    struct buffer good = {0};
    make_history(fixture, 30);
    get_row(fixture, TABLE_BLOCKS, 8, &good);
    change(fixture, 8, change_nothing);
    assert_int_equal(replay(fixture, true, &report), 0);
    for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
        change(fixture, 8, changes[i].how);
        assert_found(fixture, changes[i].text);
        put_row(fixture, TABLE_BLOCKS, 8, buffer_view(&good));
        link_all(fixture);
    }
    /* Signed by its leader, but another block than the next one stands on. */
    change_as(fixture, 8, change_time, &fixture->chain.leader);
    assert_found(fixture, "block 9 does not follow on slot 8");
    put_row(fixture, TABLE_BLOCKS, 8, buffer_view(&good));
    link_all(fixture);
    assert_int_equal(replay(fixture, true, &report), 0);
    buffer_free(&good);
}

/* Key 9 of the fixture, which is not the leader's. */
static void change_leader(struct block *block)
{
    block->header.leader = fixture_key(9).pubkey;
}

static void test_block_of_another_than_the_leader_is_found(void **state)
{
    struct ledger_fixture *fixture = *state;
    const struct keypair other = fixture_key(9);
    struct ledger_report report;
    make_history(fixture, 12);
    change_as(fixture, 8, change_leader, &other);
    assert_found(fixture, "who is not its leader");
    assert_int_equal(ledger_check(fixture->ledger, &report), ERR_CORRUPT);
    assert_non_null(strstr(err_text(), "who is not its leader"));
}

static void test_block_that_leader_did_not_sign_is_found(void **state)
{
    struct ledger_fixture *fixture = *state;
    const size_t signature = BLOCK_PREFIX_SIZE + BLOCK_HEADER_SIZE - 64;
    struct buffer row = {0};
    make_history(fixture, 12);
    get_row(fixture, TABLE_BLOCKS, 8, &row);
    row.data[signature] ^= 1;
    put_row(fixture, TABLE_BLOCKS, 8, buffer_view(&row));
    assert_found(fixture, "block 8 is not what its leader signed");
    row.data[signature] ^= 1;
    put_row(fixture, TABLE_BLOCKS, 8, bytes_make(row.data, row.size - 1));
    assert_found(fixture, "block 8 is not readable");
    row.data[BLOCK_PREFIX_SIZE - 1] ^= 1;
    put_row(fixture, TABLE_BLOCKS, 8, buffer_view(&row));
    assert_found(fixture, "block 8: entry 0 is not in its proof of history");
    /* In the last tick's hash. */
    row.data[BLOCK_PREFIX_SIZE - 1] ^= 1;
    row.data[row.size - 5] ^= 1;
    put_row(fixture, TABLE_BLOCKS, 8, buffer_view(&row));
    assert_found(fixture, "block 8 has another body than its header says");
    buffer_free(&row);
}

static void test_changed_run_is_found(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct buffer row = {0}, slots = {0};
    struct ledger_run run;
    struct ledger_report report;
    make_history(fixture, 30);
    get_run(fixture, 5, &row, &run);
    run.last_blockhash.bytes[0] ^= 1;
    put_run(fixture, &run);
    assert_found(fixture, "the run of empty slots at 5 does not lead");
    run.last_blockhash.bytes[0] ^= 1;
    put_run(fixture, &run);
    assert_int_equal(ledger_check(fixture->ledger, &report), 0);

    /* Each part of a slot: its time, the state, the signature. */
    buffer_bytes(&slots, run.slots);
    run.slots = buffer_view(&slots);
    for (size_t i = 0; i < slots.size; i += 31) {
        slots.data[i] ^= 1;
        put_run(fixture, &run);
        assert_found(fixture, "the run of empty slots at 5");
        assert_int_equal(ledger_check(fixture->ledger, &report), ERR_CORRUPT);
        slots.data[i] ^= 1;
    }

    row.data[0] ^= 1;
    put_row(fixture, TABLE_RUNS, 5, buffer_view(&row));
    assert_found(fixture, "the run of empty slots at 5 is not what was");
    put_row(fixture, TABLE_BLOCKS, 3, buffer_view(&row));
    assert_found(fixture, "block 3 is not readable");
    buffer_free(&slots);
    buffer_free(&row);
}

/* A row may say of itself what it likes. */
static void test_run_of_another_length_is_found(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct buffer row = {0}, slots = {0};
    struct ledger_run run;
    make_history(fixture, 30);
    get_run(fixture, 5, &row, &run);
    buffer_bytes(&slots, run.slots);
    buffer_resize(&slots, (LEDGER_RUN_SLOTS_MAX + 1) * RUN_SLOT_SIZE);
    run.slots = buffer_view(&slots);
    run.last = run.first + LEDGER_RUN_SLOTS_MAX;
    put_run(fixture, &run);
    assert_found(fixture, "the run of empty slots at 5 has another length");
    buffer_free(&slots);
    buffer_free(&row);
}

/* Threads sometimes find the later fault first, but the error must always be
 * the first fault. */
static void test_first_of_several_faults_is_reported_each_time(void **state)
{
    struct ledger_fixture *fixture = *state;
    make_history(fixture, 60);
    change(fixture, 40, change_entry_hash);
    change(fixture, 44, change_form);
    for (unsigned i = 0; i < 50; i++)
        assert_found(fixture, "block 40: entry 7");
    change(fixture, 12, change_lamports);
    for (unsigned i = 0; i < 50; i++)
        assert_found(fixture, "block 12 executes to state");
}

/* Each transfer goes to another account: more rows than are summed up at once.
 */
static void make_large_block(struct ledger_fixture *fixture, uint64_t slot)
{
    enum { TRANSFERS = 100 };
    struct transaction transactions[TRANSFERS];
    for (unsigned i = 0; i < TRANSFERS; i++) {
        struct pubkey to = {{4}};
        u64le_write(to.bytes + 8, slot * TRANSFERS + i);
        transactions[i] =
            ledger_fixture_transfer(fixture, (int)(slot % 8), &to, 1000000);
    }
    ledger_fixture_block(fixture, slot, transactions, TRANSFERS);
}

/* Blocks are summed up while later ones execute. */
static void test_first_wrong_state_is_reported_whatever_follows(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct replay_report report;
    struct buffer good = {0};
    for (uint64_t slot = 1; slot <= 20; slot++)
        make_large_block(fixture, slot);
    if (replay(fixture, true, &report))
        fail_msg("%s", err_text());
    assert_int_equal(report.transactions, 2000);
    get_row(fixture, TABLE_BLOCKS, 20, &good);
    change(fixture, 20, change_parent_state);
    assert_found(fixture, "block 19 executes to state");
    put_row(fixture, TABLE_BLOCKS, 20, buffer_view(&good));
    link_all(fixture);
    assert_int_equal(replay(fixture, false, &report), 0);
    change(fixture, 12, change_form);
    assert_found(fixture, "block 12: transaction 0");
    change(fixture, 11, change_blockhash);
    assert_found(fixture, "transaction of block 11 can't be executed");
    change(fixture, 10, change_lamports);
    assert_found(fixture, "block 10 executes to state");
    change(fixture, 9, change_parent_state);
    for (unsigned i = 0; i < 50; i++)
        assert_found(fixture, "block 8 executes to state");
    buffer_free(&good);
}

static void test_more_threads_come_to_the_same(void **state)
{
    struct ledger_fixture *fixture = *state;
    const struct replay_options options = {.check_signatures = true,
                                           .threads = 16};
    struct replay_report report;
    make_history(fixture, 200);
    if (ledger_replay(fixture->ledger, &options, &report))
        fail_msg("%s", err_text());
    assert_int_equal(report.slot, 200);
    assert_int_equal(report.transactions, 100);
    assert_int_equal(report.empty_slots, 150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_history_leads_to_the_same_state_again, ledger_fixture_setup,
            ledger_fixture_teardown),
        cmocka_unit_test_setup_teardown(test_new_ledger_replays_to_its_genesis,
                                        ledger_fixture_setup,
                                        ledger_fixture_teardown),
        cmocka_unit_test_setup_teardown(
            test_wrong_signature_is_found_only_where_asked_for,
            ledger_fixture_setup, ledger_fixture_teardown),
        cmocka_unit_test_setup_teardown(test_block_on_another_state_is_found,
                                        ledger_fixture_setup,
                                        ledger_fixture_teardown),
        cmocka_unit_test_setup_teardown(test_changed_block_is_found,
                                        ledger_fixture_setup,
                                        ledger_fixture_teardown),
        cmocka_unit_test_setup_teardown(
            test_block_of_another_than_the_leader_is_found,
            ledger_fixture_setup, ledger_fixture_teardown),
        cmocka_unit_test_setup_teardown(
            test_block_that_leader_did_not_sign_is_found, ledger_fixture_setup,
            ledger_fixture_teardown),
        cmocka_unit_test_setup_teardown(test_run_of_another_length_is_found,
                                        ledger_fixture_setup,
                                        ledger_fixture_teardown),
        cmocka_unit_test_setup_teardown(test_changed_run_is_found,
                                        ledger_fixture_setup,
                                        ledger_fixture_teardown),
        cmocka_unit_test_setup_teardown(
            test_first_of_several_faults_is_reported_each_time,
            ledger_fixture_setup, ledger_fixture_teardown),
        cmocka_unit_test_setup_teardown(
            test_first_wrong_state_is_reported_whatever_follows,
            ledger_fixture_setup, ledger_fixture_teardown),
        cmocka_unit_test_setup_teardown(test_more_threads_come_to_the_same,
                                        ledger_fixture_setup,
                                        ledger_fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
