/*
 * Trees of blocks that the test makes by hand, on banks of the fixture.
 */
#include "settlement/chain/block_tree.h"

#include "base/error.h"
#include "settlement/bank_fixture.h"
#include "test.h"

struct test {
    struct fixture chain;
    struct block_tree *tree;
};

/* On the parent's bank, with so many bytes of rows. number: the hash's first
 * byte. */
static struct executed_block *make(struct test *test,
                                   const struct block_node *parent,
                                   uint64_t slot, uint8_t number, size_t rows)
{
    struct executed_block *block = executed_block_new();
    const struct hash blockhash = {{number, 1}};
    const struct bank_block at = {.slot = slot,
                                  .unix_ms = FIXTURE_UNIX_MS + slot,
                                  .leader = test->chain.leader.pubkey};
    block->bank = bank_open_child(parent->block->bank, &STATE_BASE_EMPTY, &at);
    if (rows) {
        struct buffer value = {0};
        memset(buffer_reserve(&value, rows), number, rows);
        value.size = rows;
        state_put(bank_state(block->bank), bytes_text("row"),
                  buffer_view(&value));
        buffer_free(&value);
    }
    bank_freeze(block->bank, &blockhash);
    block->hash = (struct hash){{number}};
    buffer_u8(&block->data, number);
    return block;
}

static struct block_node *add(struct test *test, struct block_node *parent,
                              uint64_t slot, uint8_t number)
{
    return block_tree_add(test->tree, parent,
                          make(test, parent, slot, number, 0));
}

static struct block_node *find(struct test *test, uint8_t number)
{
    const struct hash hash = {{number}};
    return block_tree_find(test->tree, &hash);
}

static struct block_node *root(struct test *test)
{
    return block_tree_root(test->tree);
}

static int setup(void **state)
{
    static struct test test;
    struct executed_block *block = executed_block_new();
    fixture_open(&test.chain);
    block->bank = bank_retain(test.chain.root);
    block->hash = (struct hash){{200}};
    test.tree = block_tree_new(block);
    *state = &test;
    return 0;
}

static int teardown(void **state)
{
    struct test *test = *state;
    block_tree_free(test->tree);
    fixture_close(&test->chain);
    return 0;
}

static void test_a_new_tree_is_its_root(void **state)
{
    struct test *test = *state;
    assert_int_equal(block_tree_count(test->tree), 0);
    assert_ptr_equal(find(test, 200), root(test));
    assert_ptr_equal(block_tree_tip(test->tree), root(test));
    assert_null(find(test, 1));
    assert_null(block_tree_worst(test->tree, NULL));
}

static void test_the_highest_block_is_the_tip(void **state)
{
    struct test *test = *state;
    struct block_node *low = add(test, root(test), 1, 5);
    assert_ptr_equal(block_tree_tip(test->tree), low);
    struct block_node *other = add(test, root(test), 2, 6);
    assert_ptr_equal(block_tree_tip(test->tree), other);
    /* Of two in one slot, that with the lower hash. */
    struct block_node *twin = add(test, low, 2, 4);
    assert_ptr_equal(block_tree_tip(test->tree), twin);
    add(test, low, 2, 7);
    assert_ptr_equal(block_tree_tip(test->tree), twin);
}

static void test_the_tip_descends_from_the_highest_certified_one(void **state)
{
    struct test *test = *state;
    struct block_node *low = add(test, root(test), 1, 1);
    struct block_node *fork = add(test, root(test), 2, 2);
    add(test, fork, 9, 3);
    block_tree_certify(test->tree, low);
    assert_ptr_equal(block_tree_tip(test->tree), low);
    struct block_node *next = add(test, low, 3, 4);
    assert_ptr_equal(block_tree_tip(test->tree), next);
    /* The other one is certified, too, and is higher. */
    block_tree_certify(test->tree, fork);
    assert_ptr_equal(block_tree_tip(test->tree), find(test, 3));
}

static void test_with_a_block_all_before_it_are_certified(void **state)
{
    struct test *test = *state;
    struct block_node *first = add(test, root(test), 1, 1);
    struct block_node *second = add(test, first, 2, 2);
    struct block_node *side = add(test, first, 3, 3);
    block_tree_certify(test->tree, second);
    assert_true(first->is_certified);
    assert_true(second->is_certified);
    assert_false(side->is_certified);
}

/* Blocks 1 and 3 become final; 2, which stands on the root, and 4 and 5, which
 * stand on 1, die. */
static void test_what_does_not_descend_from_a_final_block_dies(void **state)
{
    struct test *test = *state;
    struct block_node *dead = NULL;
    struct block_node *first = add(test, root(test), 1, 1);
    add(test, root(test), 2, 2);
    struct block_node *final = add(test, first, 2, 3);
    struct block_node *loser = add(test, first, 3, 4);
    add(test, loser, 4, 5);
    struct block_node *last = add(test, final, 3, 6);
    assert_ptr_equal(block_tree_advance(test->tree, final, &dead), first);
    assert_int_equal(dead->hash.bytes[0], 2);
    assert_null(dead->sibling);
    assert_ptr_equal(block_tree_advance(test->tree, final, &dead), final);
    bool is_dead[256] = {false};
    for (struct block_node *node = dead; node; node = node->sibling) {
        is_dead[node->hash.bytes[0]] = true;
        assert_null(find(test, node->hash.bytes[0]));
    }
    assert_true(is_dead[2] && is_dead[4] && is_dead[5]);
    assert_false(is_dead[1] || is_dead[3] || is_dead[6]);
    block_nodes_free(dead);
    assert_ptr_equal(root(test), final);
    assert_ptr_equal(block_tree_tip(test->tree), last);
    assert_int_equal(block_tree_count(test->tree), 1);
    assert_null(find(test, 1));
}

/* Who has it executed again gets the answer from the tree. */
static void test_an_invalid_block_and_its_children_stay(void **state)
{
    struct test *test = *state;
    const struct hash bad = {{9}}, child = {{10}};
    struct block_node *dead = NULL;
    struct block_node *good = add(test, root(test), 1, 1);
    struct block_node *node =
        block_tree_add_invalid(test->tree, root(test), 2, &bad);
    block_tree_add_invalid(test->tree, node, 3, &child);
    assert_int_equal(find(test, 9)->state, BLOCK_INVALID);
    assert_ptr_equal(find(test, 10)->parent, node);
    assert_ptr_equal(block_tree_tip(test->tree), good);
    block_tree_advance(test->tree, good, &dead);
    block_nodes_free(dead);
    assert_null(find(test, 9));
    assert_null(find(test, 10));
}

#define PART (BLOCK_TREE_LAYER_BYTES_MAX / 4)

/* The last of the fork that is not certified, then the one before it; never
 * what the tip or the block under way stands on. */
static void test_the_worst_fork_gives_up_its_banks(void **state)
{
    struct test *test = *state;
    struct block_node *good = block_tree_add(
        test->tree, root(test), make(test, root(test), 1, 1, PART));
    struct block_node *fork = block_tree_add(
        test->tree, root(test), make(test, root(test), 2, 2, PART));
    struct block_node *last =
        block_tree_add(test->tree, fork, make(test, fork, 3, 3, PART));
    block_tree_certify(test->tree, good);
    assert_false(block_tree_is_heavy(test->tree));
    assert_null(block_tree_worst(test->tree, NULL));
    struct block_node *tip =
        block_tree_add(test->tree, good, make(test, good, 4, 4, PART));
    assert_true(block_tree_is_heavy(test->tree));
    assert_ptr_equal(block_tree_worst(test->tree, NULL), last);
    assert_null(block_tree_worst(test->tree, last));
    block_tree_sleep(test->tree, last);
    assert_int_equal(last->state, BLOCK_ASLEEP);
    assert_null(last->block);
    assert_int_equal(last->data.data[0], 3);
    assert_false(block_tree_is_heavy(test->tree));
    assert_null(block_tree_worst(test->tree, NULL));
    /* It is certified after all, and executed again. */
    block_tree_certify(test->tree, last);
    assert_ptr_equal(block_tree_tip(test->tree), fork);
    block_tree_wake(test->tree, last, make(test, fork, 3, 3, PART));
    assert_ptr_equal(block_tree_tip(test->tree), last);
    assert_ptr_equal(block_tree_worst(test->tree, NULL), tip);
}

/* However small they are. */
static void test_a_slot_has_so_many_banks(void **state)
{
    struct test *test = *state;
    for (uint8_t i = 0; i < BLOCK_TREE_SLOT_BANKS_MAX; i++)
        add(test, root(test), 4, (uint8_t)(10 + i));
    assert_null(block_tree_worst(test->tree, NULL));
    add(test, root(test), 4, 9);
    struct block_node *worst = block_tree_worst(test->tree, NULL);
    assert_int_equal(worst->hash.bytes[0], 9 + BLOCK_TREE_SLOT_BANKS_MAX);
    block_tree_sleep(test->tree, worst);
    assert_null(block_tree_worst(test->tree, NULL));
}

int main(void)
{
    crypto_init();
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_new_tree_is_its_root),
        TEST(test_the_highest_block_is_the_tip),
        TEST(test_the_tip_descends_from_the_highest_certified_one),
        TEST(test_with_a_block_all_before_it_are_certified),
        TEST(test_what_does_not_descend_from_a_final_block_dies),
        TEST(test_an_invalid_block_and_its_children_stay),
        TEST(test_the_worst_fork_gives_up_its_banks),
        TEST(test_a_slot_has_so_many_banks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
