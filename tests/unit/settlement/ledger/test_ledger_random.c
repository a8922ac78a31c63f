/*
 * Random trees of blocks, published, made final and flushed in random order,
 * against a model that knows nothing but parents: which tips there are, and
 * what views of them show. test_ledger_random SEED repeats one history.
 */
#include "test.h"

#include "base/error.h"
#include "settlement/ledger_fixture.h"

#include <inttypes.h>
#include <stdlib.h>

#define HISTORIES 20
#define STEPS 300
#define NODES_MAX (STEPS + 1)
#define NONE SIZE_MAX

/* Of each transfer: an account may not hold less. */
#define LAMPORTS 1000000

static const struct pubkey target = {{1, 2, 3}};

struct node {
    size_t parent; /* NONE: the genesis */
    uint64_t slot;
    bool pays;
    struct transaction paid;
    struct executed_block *block; /* NULL: the genesis */
};

struct history {
    struct ledger_fixture ledger;
    uint64_t random;
    struct node nodes[NODES_MAX];
    size_t count;
    size_t tips[LEDGER_LEVELS];
    size_t flushed;
};

/* xorshift64*, so that a seed says all. */
static size_t draw(struct history *history, size_t below)
{
    uint64_t x = history->random;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    history->random = x;
    return (size_t)((x * 2685821657736338717u) >> 33) % below;
}

/* ---- The model ---- */

static bool descends(const struct history *history, size_t node, size_t from)
{
    while (node != NONE && node != from)
        node = history->nodes[node].parent;
    return node == from;
}

/* What ledger_publish() says of what is new. */
static bool model_publish(struct history *history, enum ledger_level level,
                          size_t node)
{
    for (int at = level + 1; at < LEDGER_LEVELS; at++)
        if (!descends(history, node, history->tips[at]))
            return false;
    if (level == LEDGER_FINALIZED &&
        !descends(history, node, history->tips[level]))
        return false;
    if (descends(history, history->tips[level], node))
        return false;
    for (int at = 0; at <= (int)level; at++)
        if (!descends(history, history->tips[at], node))
            history->tips[at] = node;
    return true;
}

/* ---- Steps ---- */

/* A block on any that may still win, most often on the newest tip. */
static void execute(struct history *history)
{
    size_t parent = history->tips[LEDGER_PROCESSED];
    size_t other = draw(history, history->count);
    if (draw(history, 3) == 0 &&
        descends(history, other, history->tips[LEDGER_FINALIZED]) &&
        history->nodes[other].block)
        parent = other;
    if (!history->nodes[parent].block && history->count > 1)
        return; /* the fixture can't go back to the genesis */
    struct node *node = &history->nodes[history->count];
    if (history->nodes[parent].block)
        ledger_fixture_stand_on(&history->ledger, history->nodes[parent].block);
    node->parent = parent;
    /* Slots are unique, so that a list of them names a branch. */
    node->slot = history->count;
    node->pays = draw(history, 2);
    node->paid =
        ledger_fixture_transfer(&history->ledger, (int)(history->count % 8),
                                &target, LAMPORTS + history->count);
    node->block = ledger_fixture_execute(&history->ledger, node->slot,
                                         &node->paid, node->pays);
    history->count++;
}

/* One of the newest blocks is executed; one on the way from the final tip to it
 * is certified, or final. */
static void publish(struct history *history)
{
    static const enum ledger_level levels[] = {
        LEDGER_PROCESSED, LEDGER_PROCESSED, LEDGER_PROCESSED,
        LEDGER_CONFIRMED, LEDGER_CONFIRMED, LEDGER_FINALIZED};
    enum ledger_level level = levels[draw(history, 6)];
    size_t newest = history->count < 10 ? history->count : 10;
    size_t node = history->count - 1 - draw(history, newest);
    size_t up = level == LEDGER_PROCESSED ? 0 : draw(history, 6);
    for (; up > 0 && history->nodes[node].parent != NONE; up--)
        node = history->nodes[node].parent;
    if (!history->nodes[node].block)
        return;
    bool is_new = model_publish(history, level, node);
    assert_int_equal(ledger_publish(history->ledger.ledger, level,
                                    history->nodes[node].block, NULL),
                     is_new);
}

/* The next final block goes to disk. */
static void flush(struct history *history)
{
    size_t next = history->tips[LEDGER_FINALIZED];
    if (next == history->flushed)
        return;
    while (history->nodes[next].parent != history->flushed)
        next = history->nodes[next].parent;
    ledger_fixture_flush(&history->ledger, history->nodes[next].block);
    ledger_fixture_settle(&history->ledger, history->nodes[next].block);
    history->flushed = next;
}

/* ---- Views ---- */

/* The nodes of a tip's branch in the order of slots; how many. */
static size_t branch_of(const struct history *history, size_t tip,
                        size_t out[NODES_MAX])
{
    size_t count = 0;
    for (size_t at = tip; at != NONE; at = history->nodes[at].parent)
        count++;
    size_t left = count;
    for (size_t at = tip; at != NONE; at = history->nodes[at].parent)
        out[--left] = at;
    return count;
}

static void assert_slots(const struct history *history,
                         struct ledger_view *view, const size_t *branch,
                         size_t count)
{
    struct ledger_slots *walk;
    struct ledger_header header;
    uint64_t first, last;
    size_t at = 0;
    assert_ok(ledger_slots_open(view, 0, &walk));
    while (!ledger_slots_next(walk, &first, &last))
        for (; first <= last; first++) {
            assert_true(at < count);
            const struct node *node = &history->nodes[branch[at]];
            assert_int_equal(first, node->slot);
            assert_ok(ledger_header(view, first, &header));
            assert_int_equal(header.transaction_count, node->pays);
            assert_int_equal(header.block_height, at);
            assert_int_equal(header.parent_slot,
                             at ? history->nodes[branch[at - 1]].slot : 0);
            at++;
        }
    assert_int_equal(at, count);
    ledger_slots_close(walk);
}

static void assert_transactions(struct history *history,
                                struct ledger_view *view, const size_t *branch,
                                size_t count)
{
    struct ledger_walk *walk;
    struct ledger_place place;
    struct signature signature;
    assert_ok(ledger_walk_open(
        view, &target, (struct ledger_place){UINT64_MAX, UINT32_MAX}, &walk));
    for (size_t at = count; at > 0; at--) {
        const struct node *node = &history->nodes[branch[at - 1]];
        if (!node->pays)
            continue;
        assert_ok(ledger_walk_next(walk, &place, &signature));
        assert_int_equal(place.slot, node->slot);
    }
    assert_int_equal(ledger_walk_next(walk, &place, &signature), ERR_NOT_FOUND);
    ledger_walk_close(walk);
    for (size_t i = 1; i < history->count; i++) {
        const struct node *node = &history->nodes[i];
        bool is_there = node->pays && descends(history, branch[count - 1], i);
        int status = ledger_find(view, transaction_id(&node->paid), &place);
        assert_int_equal(status, is_there ? 0 : ERR_NOT_FOUND);
        if (is_there)
            assert_int_equal(place.slot, node->slot);
    }
}

static uint64_t lamports(struct ledger_view *view)
{
    struct arena arena = {0};
    struct account account = {0};
    bank_account(ledger_view_bank(view), ledger_view_state(view), &target,
                 &arena, &account);
    arena_free(&arena);
    return account.lamports;
}

static void assert_level(struct history *history, enum ledger_level level)
{
    size_t branch[NODES_MAX];
    size_t count = branch_of(history, history->tips[level], branch);
    struct ledger_view *view;
    uint64_t sum = 0;
    assert_ok(ledger_view_open(history->ledger.ledger, level, &view));
    assert_slots(history, view, branch, count);
    assert_transactions(history, view, branch, count);
    for (size_t i = 0; i < count; i++)
        if (history->nodes[branch[i]].pays)
            sum += LAMPORTS + branch[i];
    assert_int_equal(lamports(view), sum);
    for (int at = 0; at < LEDGER_LEVELS; at++)
        assert_int_equal(ledger_view_height(view, (enum ledger_level)at)->slot,
                         history->nodes[history->tips[at]].slot);
    ledger_view_close(view);
}

static void run(uint64_t seed)
{
    static struct history history;
    history = (struct history){.random = 2 * seed + 1, .count = 1};
    ledger_fixture_open(&history.ledger);
    history.nodes[0] = (struct node){.parent = NONE};
    for (unsigned step = 0; step < STEPS; step++) {
        switch (draw(&history, 4)) {
        case 0:
        case 1:
            execute(&history);
            break;
        case 2:
            publish(&history);
            break;
        default:
            flush(&history);
        }
        assert_level(&history,
                     (enum ledger_level)draw(&history, LEDGER_LEVELS));
    }
    for (size_t i = 1; i < history.count; i++)
        executed_block_release(history.nodes[i].block);
    ledger_fixture_close(&history.ledger);
}

static uint64_t first_seed;

static void test_views_are_those_of_the_model(void **state)
{
    for (uint64_t i = 0; i < HISTORIES; i++) {
        print_message("# seed %" PRIu64 "\n", first_seed + i);
        run(first_seed + i);
    }
}

int main(int argument_count, char **arguments)
{
    crypto_init();
    first_seed = argument_count > 1 ? strtoull(arguments[1], NULL, 10) : 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_views_are_those_of_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
