/*
 * Three tips and two forks on the same parent:
 *
 *   0 ─ 1 ─┬─ 2 ─ 3     pays in 2 and 3
 *          └─ 4 ─ 5     pays in 4
 *
 * Slot 1 is on disk; the others are not, until a test flushes them.
 */
#include "test.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/ledger_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

static const struct pubkey target = {{1, 2, 3}};

struct test {
    struct ledger_fixture ledger;
    struct transaction paid[6]; /* by slot */
    struct executed_block *blocks[6];
};

static void execute(struct test *test, uint64_t slot, size_t count)
{
    test->paid[slot] =
        ledger_fixture_transfer(&test->ledger, 0, &target, 1000000 * slot);
    test->blocks[slot] =
        ledger_fixture_execute(&test->ledger, slot, &test->paid[slot], count);
}

static int setup(void **state)
{
    struct test *test = calloc(1, sizeof(*test));
    ledger_fixture_open(&test->ledger);
    execute(test, 1, 1);
    ledger_fixture_flush(&test->ledger, test->blocks[1]);
    ledger_publish(test->ledger.ledger, LEDGER_FINALIZED, test->blocks[1],
                   NULL);
    ledger_fixture_settle(&test->ledger, test->blocks[1]);
    execute(test, 2, 1);
    execute(test, 3, 1);
    ledger_fixture_stand_on(&test->ledger, test->blocks[1]);
    execute(test, 4, 1);
    execute(test, 5, 0);
    *state = test;
    return 0;
}

static int teardown(void **state)
{
    struct test *test = *state;
    for (size_t i = 0; i < 6; i++)
        executed_block_release(test->blocks[i]);
    ledger_fixture_close(&test->ledger);
    free(test);
    return 0;
}

static bool publish(struct test *test, enum ledger_level level, uint64_t slot)
{
    return ledger_publish(test->ledger.ledger, level, test->blocks[slot], NULL);
}

static struct ledger_view *view_of(struct test *test, enum ledger_level level)
{
    struct ledger_view *view;
    assert_ok(ledger_view_open(test->ledger.ledger, level, &view));
    return view;
}

static uint64_t tip(struct test *test, enum ledger_level level)
{
    struct bank *bank = ledger_newest(test->ledger.ledger, level);
    uint64_t slot = bank_info(bank)->slot;
    bank_release(bank);
    return slot;
}

static void assert_tips(struct test *test, uint64_t processed,
                        uint64_t confirmed, uint64_t finalized)
{
    assert_int_equal(tip(test, LEDGER_PROCESSED), processed);
    assert_int_equal(tip(test, LEDGER_CONFIRMED), confirmed);
    assert_int_equal(tip(test, LEDGER_FINALIZED), finalized);
}

/* The same by the walk, from each slot on. */
static void assert_walk(struct ledger_view *view, const char *slots)
{
    for (uint64_t from = 0; from <= 6; from++) {
        struct buffer seen = {0};
        struct ledger_slots *walk;
        uint64_t first, last;
        assert_ok(ledger_slots_open(view, from, &walk));
        while (!ledger_slots_next(walk, &first, &last))
            for (; first <= last; first++)
                buffer_format(&seen, "%llu", (unsigned long long)first);
        ledger_slots_close(walk);
        const char *expected = slots;
        while (*expected && *expected < (char)('0' + from))
            expected++;
        assert_string_equal(buffer_string(&seen), expected);
        buffer_free(&seen);
    }
}

/* slots: those that the view must show, and no others up to 6. */
static void assert_slots(struct ledger_view *view, const char *slots)
{
    struct buffer seen = {0};
    struct ledger_header header;
    uint64_t slot, unix_ms;
    for (uint64_t from = 0; !ledger_next_slot(view, from, &slot);
         from = slot + 1) {
        buffer_format(&seen, "%llu", (unsigned long long)slot);
        assert_ok(ledger_header(view, slot, &header));
        assert_int_equal(header.slot, slot);
        assert_ok(ledger_unix_ms(view, slot, &unix_ms));
        assert_int_equal(header.unix_ms, unix_ms);
    }
    assert_string_equal(buffer_string(&seen), slots);
    assert_walk(view, slots);
    for (uint64_t at = 0; at <= 6; at++)
        if (!strchr(slots, (char)('0' + at)))
            assert_int_equal(ledger_header(view, at, &header), ERR_NOT_FOUND);
    buffer_free(&seen);
}

/* The slots whose transfers the view finds, by signature and by address. */
static void assert_paid(struct test *test, struct ledger_view *view,
                        const char *slots)
{
    struct ledger_walk *walk;
    struct ledger_place place;
    struct signature signature;
    struct ledger_record record;
    struct arena arena = {0};
    size_t left = strlen(slots);
    assert_ok(ledger_walk_open(
        view, &target, (struct ledger_place){UINT64_MAX, UINT32_MAX}, &walk));
    while (!ledger_walk_next(walk, &place, &signature)) {
        assert_true(left > 0);
        assert_int_equal(place.slot, slots[--left] - '0');
        assert_memory_equal(signature.bytes,
                            transaction_id(&test->paid[place.slot])->bytes, 64);
    }
    assert_int_equal(left, 0);
    ledger_walk_close(walk);
    for (uint64_t slot = 1; slot < 5; slot++) {
        const struct signature *id = transaction_id(&test->paid[slot]);
        if (!strchr(slots, (char)('0' + slot))) {
            assert_int_equal(ledger_find(view, id, &place), ERR_NOT_FOUND);
            continue;
        }
        assert_ok(ledger_find(view, id, &place));
        assert_int_equal(place.slot, slot);
        assert_ok(ledger_record(view, place, &arena, &record));
        assert_memory_equal(record.wire.data + 1, id->bytes, 64);
    }
    arena_free(&arena);
}

static uint64_t balance(struct ledger_view *view)
{
    struct arena arena = {0};
    struct account account = {0};
    bank_account(ledger_view_bank(view), ledger_view_state(view), &target,
                 &arena, &account);
    arena_free(&arena);
    return account.lamports;
}

static void assert_level(struct test *test, enum ledger_level level,
                         const char *slots, const char *paid, uint64_t lamports)
{
    struct ledger_view *view = view_of(test, level);
    assert_slots(view, slots);
    assert_paid(test, view, paid);
    assert_int_equal(balance(view), lamports);
    ledger_view_close(view);
}

static void test_each_level_shows_its_own_branch(void **state)
{
    struct test *test = *state;
    assert_true(publish(test, LEDGER_PROCESSED, 3));
    assert_true(publish(test, LEDGER_CONFIRMED, 2));
    assert_tips(test, 3, 2, 1);
    assert_level(test, LEDGER_PROCESSED, "0123", "123", 6000000);
    assert_level(test, LEDGER_CONFIRMED, "012", "12", 3000000);
    assert_level(test, LEDGER_FINALIZED, "01", "1", 1000000);
}

static void test_a_lost_fork_is_gone_at_each_level(void **state)
{
    struct test *test = *state;
    assert_true(publish(test, LEDGER_PROCESSED, 3));
    assert_true(publish(test, LEDGER_CONFIRMED, 4));
    assert_tips(test, 4, 4, 1);
    assert_level(test, LEDGER_PROCESSED, "014", "14", 5000000);
    assert_level(test, LEDGER_FINALIZED, "01", "1", 1000000);
    assert_true(publish(test, LEDGER_FINALIZED, 4));
    ledger_fixture_flush(&test->ledger, test->blocks[4]);
    ledger_fixture_settle(&test->ledger, test->blocks[4]);
    assert_tips(test, 4, 4, 4);
    assert_true(publish(test, LEDGER_PROCESSED, 5));
    assert_level(test, LEDGER_PROCESSED, "0145", "14", 5000000);
    assert_level(test, LEDGER_FINALIZED, "014", "14", 5000000);
}

/* Whatever is published and flushed later. */
static void test_a_view_keeps_its_branch(void **state)
{
    struct test *test = *state;
    publish(test, LEDGER_PROCESSED, 3);
    struct ledger_view *lost = view_of(test, LEDGER_PROCESSED);
    publish(test, LEDGER_FINALIZED, 4);
    struct ledger_view *before = view_of(test, LEDGER_FINALIZED);
    ledger_fixture_flush(&test->ledger, test->blocks[4]);
    ledger_fixture_settle(&test->ledger, test->blocks[4]);
    /* The disk has slot 4 now, and the branch as well. */
    struct ledger_view *after = view_of(test, LEDGER_FINALIZED);
    assert_slots(lost, "0123");
    assert_paid(test, lost, "123");
    assert_int_equal(balance(lost), 6000000);
    assert_slots(before, "014");
    assert_paid(test, before, "14");
    assert_int_equal(balance(before), 5000000);
    assert_slots(after, "014");
    assert_paid(test, after, "14");
    ledger_view_close(lost);
    ledger_view_close(before);
    ledger_view_close(after);
}

static void test_what_is_not_new_is_not_shown(void **state)
{
    struct test *test = *state;
    struct ledger_news news;
    assert_true(ledger_publish(test->ledger.ledger, LEDGER_CONFIRMED,
                               test->blocks[3], &news));
    assert_int_equal(news.levels,
                     1u << LEDGER_PROCESSED | 1u << LEDGER_CONFIRMED);
    assert_ptr_equal(news.branch->bank, test->blocks[3]->bank);
    ledger_branch_release(news.branch);
    assert_false(publish(test, LEDGER_CONFIRMED, 3)); /* the tip */
    assert_false(publish(test, LEDGER_CONFIRMED, 2)); /* its ancestor */
    assert_false(publish(test, LEDGER_PROCESSED, 5)); /* not on 3 */
    assert_false(publish(test, LEDGER_FINALIZED, 1)); /* on disk */
    assert_false(ledger_publish(test->ledger.ledger, LEDGER_PROCESSED,
                                test->blocks[4], &news));
    assert_int_equal(news.levels, 0);
    assert_null(news.branch);
    assert_tips(test, 3, 3, 1);
    assert_true(publish(test, LEDGER_FINALIZED, 4));
    assert_false(publish(test, LEDGER_FINALIZED, 3));
    assert_tips(test, 4, 4, 4);
}

/* An address that many transactions of a block name, from a place on. */
static void test_a_walk_begins_inside_a_block_in_memory(void **state)
{
    enum { COUNT = 40 };
    struct test *test = *state;
    struct ledger_walk *walk;
    struct ledger_place place;
    struct signature signature;
    struct transaction sent[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        sent[i] = ledger_fixture_transfer(&test->ledger, 0, &target, 100 + i);
    struct executed_block *block =
        ledger_fixture_execute(&test->ledger, 6, sent, COUNT);
    ledger_publish(test->ledger.ledger, LEDGER_PROCESSED, block, NULL);
    struct ledger_view *view = view_of(test, LEDGER_PROCESSED);
    assert_ok(
        ledger_walk_open(view, &target, (struct ledger_place){6, 30}, &walk));
    for (uint32_t i = 30; i > 0; i--) {
        assert_ok(ledger_walk_next(walk, &place, &signature));
        assert_int_equal(place.slot, 6);
        assert_int_equal(place.index, i - 1);
        assert_memory_equal(signature.bytes, transaction_id(&sent[i - 1]), 64);
    }
    assert_ok(ledger_walk_next(walk, &place, &signature));
    assert_int_equal(place.slot, 4);
    assert_ok(ledger_walk_next(walk, &place, &signature));
    assert_int_equal(place.slot, 1);
    assert_int_equal(ledger_walk_next(walk, &place, &signature), ERR_NOT_FOUND);
    ledger_walk_close(walk);
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_ok(ledger_find(view, transaction_id(&sent[i]), &place));
        assert_int_equal(place.index, i);
    }
    ledger_view_close(view);
    executed_block_release(block);
}

/* Blocks on disk must not stay in memory because others stand on them. */
static void test_blocks_on_disk_are_let_go(void **state)
{
    struct test *test = *state;
    publish(test, LEDGER_FINALIZED, 4);
    ledger_fixture_flush(&test->ledger, test->blocks[4]);
    ledger_fixture_settle(&test->ledger, test->blocks[4]);
    assert_null(test->blocks[4]->parent);
    publish(test, LEDGER_FINALIZED, 5);
    assert_null(test->blocks[5]->parent);
    assert_false(executed_block_is_shared(test->blocks[4]));
    assert_true(executed_block_is_shared(test->blocks[5]));
}

/* ---- Readers beside the one who publishes ---- */

#define SLOTS 400
#define READERS 2

struct reading {
    struct test *test;
    atomic_bool is_over;
};

/* Each block stands on the one before, and its transaction is found in it. */
static void check_chain(struct ledger_view *view)
{
    struct ledger_slots *walk;
    uint64_t slot, last, tip = ledger_view_tip(view)->slot;
    uint64_t from = tip > 12 ? tip - 12 : 0;
    struct ledger_header header, before = {.slot = UINT64_MAX};
    struct arena arena = {0};
    CHECK(!ledger_slots_open(view, from, &walk));
    while (!ledger_slots_next(walk, &slot, &last)) {
        for (; slot <= last; slot++) {
            struct ledger_place place = {slot, 0}, found;
            struct ledger_record record;
            struct signature id;
            CHECK(!ledger_header(view, slot, &header));
            CHECK(before.slot == UINT64_MAX ||
                  (header.parent_slot == before.slot &&
                   hash_equal(&header.parent_blockhash, &before.blockhash)));
            before = header;
            if (!header.transaction_count)
                continue;
            CHECK(!ledger_record(view, place, &arena, &record));
            memcpy(id.bytes, record.wire.data + 1, sizeof(id.bytes));
            CHECK(!ledger_find(view, &id, &found) && found.slot == slot);
        }
    }
    CHECK(before.slot == tip);
    ledger_slots_close(walk);
    arena_free(&arena);
}

static void *read_on(void *user)
{
    struct reading *reading = user;
    uint64_t finals = 0;
    for (unsigned i = 0; !atomic_load(&reading->is_over); i++) {
        enum ledger_level level = (enum ledger_level)(i % LEDGER_LEVELS);
        struct ledger_view *view;
        CHECK(!ledger_view_open(reading->test->ledger.ledger, level, &view));
        uint64_t slots[LEDGER_LEVELS];
        for (int at = 0; at < LEDGER_LEVELS; at++)
            slots[at] = ledger_view_height(view, (enum ledger_level)at)->slot;
        CHECK(slots[LEDGER_FINALIZED] <= slots[LEDGER_CONFIRMED]);
        CHECK(slots[LEDGER_CONFIRMED] <= slots[LEDGER_PROCESSED]);
        CHECK(slots[level] == ledger_view_tip(view)->slot);
        CHECK(slots[LEDGER_FINALIZED] >= finals);
        finals = slots[LEDGER_FINALIZED];
        check_chain(view);
        balance(view);
        ledger_view_close(view);
    }
    return NULL;
}

/* A slot in three pays. Each sixth slot is one of a fork that is shown first
 * and loses; blocks are certified one slot later, final two, on disk five. */
static void publish_all(struct test *test)
{
    static struct executed_block *chain[SLOTS];
    struct ledger *ledger = test->ledger.ledger;
    size_t count = 0, flushed = 0;
    for (uint64_t slot = 10; slot < 10 + SLOTS; slot++) {
        struct executed_block *parent =
            executed_block_retain(test->ledger.newest);
        struct transaction paid = ledger_fixture_transfer(
            &test->ledger, (int)(slot % 8), &target, 1000 + slot);
        struct executed_block *block =
            ledger_fixture_execute(&test->ledger, slot, &paid, slot % 3 == 0);
        ledger_publish(ledger, LEDGER_PROCESSED, block, NULL);
        if (slot % 6 == 0) {
            ledger_fixture_stand_on(&test->ledger, parent);
            executed_block_release(block);
        } else {
            chain[count++] = block;
        }
        executed_block_release(parent);
        if (count > 1)
            ledger_publish(ledger, LEDGER_CONFIRMED, chain[count - 2], NULL);
        if (count > 2)
            ledger_publish(ledger, LEDGER_FINALIZED, chain[count - 3], NULL);
        for (; flushed + 5 < count; flushed++) {
            ledger_fixture_flush(&test->ledger, chain[flushed]);
            ledger_fixture_settle(&test->ledger, chain[flushed]);
        }
    }
    for (size_t i = 0; i < count; i++)
        executed_block_release(chain[i]);
}

static void test_readers_see_whole_chains_while_forks_lose(void **state)
{
    struct test *test = *state;
    struct reading reading = {.test = test};
    pthread_t readers[READERS];
    publish(test, LEDGER_FINALIZED, 5);
    for (uint64_t slot = 4; slot <= 5; slot++) {
        ledger_fixture_flush(&test->ledger, test->blocks[slot]);
        ledger_fixture_settle(&test->ledger, test->blocks[slot]);
    }
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_on, &reading),
                         0);
    publish_all(test);
    atomic_store(&reading.is_over, true);
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_join(readers[i], NULL), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    crypto_init();
    const struct CMUnitTest tests[] = {
        TEST(test_each_level_shows_its_own_branch),
        TEST(test_a_lost_fork_is_gone_at_each_level),
        TEST(test_a_view_keeps_its_branch),
        TEST(test_what_is_not_new_is_not_shown),
        TEST(test_a_walk_begins_inside_a_block_in_memory),
        TEST(test_blocks_on_disk_are_let_go),
        TEST(test_readers_see_whole_chains_while_forks_lose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
