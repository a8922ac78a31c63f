#include "test.h"

#include "base/error.h"
#include "settlement/format/block_verify.h"

#define TICKS 64

static const struct genesis idle = {.ticks_per_slot = TICKS,
                                    .validator_count = 1};

static void assert_refused(const struct block *block,
                           const struct genesis *genesis, const char *text)
{
    assert_int_equal(block_verify_shape(block, genesis), ERR_CORRUPT);
    if (!strstr(err_text(), text))
        fail_msg("\"%s\" instead of \"%s\"", err_text(), text);
}

/* One block has one form: no body of ticks alone, where they follow from the
 * parent, and no missing body, where they are to be shown. */
static void test_a_body_is_there_just_if_it_says_something(void **unused)
{
    struct genesis genesis = idle;
    struct entry ticks[TICKS] = {0};
    struct hash hash = {{1}};
    struct proof_of_history poh = proof_of_history_make(&hash, 0);
    struct block block = {.header = {.slot = 5, .flags = BLOCK_IS_EMPTY}};
    assert_ok(block_verify_shape(&block, &genesis));
    genesis.hashes_per_tick = 2;
    assert_refused(&block, &genesis, "block 5 has no body");
    for (size_t i = 0; i < TICKS; i++)
        proof_of_history_tick(&poh, &ticks[i]);
    block.header.flags = 0;
    block.entries = ticks;
    block.entry_count = TICKS;
    assert_refused(&block, &idle, "block 5 has a body of ticks alone");
}

/* A block with one transaction in the first of its entries. */
static void test_limits_are_those_of_the_genesis(void **unused)
{
    struct genesis genesis = idle;
    struct entry entries[TICKS + 1] = {0};
    struct bytes wire = {0};
    for (size_t i = 0; i <= TICKS; i++)
        entries[i].num_hashes = 1;
    entries[0].transactions = &wire;
    entries[0].transaction_count = 1;
    struct block block = {.header = {.slot = 5, .body_size = 5000},
                          .entries = entries,
                          .entry_count = TICKS + 1};
    genesis.block_bytes = BLOCK_HEADER_SIZE + 5000;
    genesis.block_transactions = 1;
    assert_ok(block_verify_shape(&block, &genesis));
    genesis.block_bytes--;
    assert_refused(&block, &genesis, "block 5 has 5286 bytes");
    genesis.block_bytes++;
    entries[0].transaction_count = 2;
    assert_refused(&block, &genesis, "2 transactions");
    entries[0].transaction_count = 1;
    block.entry_count--;
    assert_refused(&block, &genesis, "block 5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_body_is_there_just_if_it_says_something),
        cmocka_unit_test(test_limits_are_those_of_the_genesis),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
