/*
 * Blocks that one executor makes step by step, and another checks, without
 * thread or clock.
 */
#include "settlement/chain/executor.h"

#include "base/error.h"
#include "settlement/ledger_fixture.h"
#include "test.h"

#define TIME_MS (FIXTURE_UNIX_MS + 1000)

struct test {
    struct ledger_fixture ledger;
    struct executor *maker, *checker;
    struct ledger_view *view;
    struct pubkey to;
};

/* ---- Making and checking ---- */

static void open_view(struct test *test)
{
    test->view = ledger_fixture_view(&test->ledger);
    executor_open(test->maker, ledger_view_base(test->view));
    executor_open(test->checker, ledger_view_base(test->view));
}

static void close_view(struct test *test)
{
    executor_close(test->maker);
    executor_close(test->checker);
    ledger_view_close(test->view);
    test->view = NULL;
}

static void begin(struct test *test, struct block_node *parent, uint64_t slot)
{
    executor_begin(test->maker, parent, slot, TIME_MS + slot, UINT64_MAX,
                   executed_block_new());
}

static void execute(struct test *test, const struct transaction *transaction)
{
    struct buffer wire = {0};
    buffer_bytes(&wire, transaction->wire);
    executor_execute(test->maker, &wire);
    assert_null(wire.data);
}

static struct block_node *seal(struct test *test)
{
    uint64_t all = test->ledger.chain.genesis.ticks_per_slot;
    executor_tick(test->maker, all - executor_ticks(test->maker));
    struct block_node *node = executor_seal(test->maker);
    assert_ptr_equal(executor_sum(test->maker), node);
    assert_null(executor_sum(test->maker));
    return node;
}

/* A block with these transactions, in one entry. */
static struct block_node *make(struct test *test, struct block_node *parent,
                               uint64_t slot, const struct transaction *sent,
                               size_t count)
{
    begin(test, parent, slot);
    executor_begin_entry(test->maker);
    for (size_t i = 0; i < count; i++)
        execute(test, &sent[i]);
    executor_end_entry(test->maker);
    return seal(test);
}

static enum block_verdict check_bytes(struct test *test,
                                      const struct hash *hash,
                                      struct bytes data,
                                      struct block_node **out)
{
    struct executed_block *block = executed_block_new();
    buffer_bytes(&block->data, data);
    enum block_verdict verdict =
        executor_check(test->checker, hash, block, out);
    executor_sum(test->checker);
    return verdict;
}

static struct block_node *check(struct test *test,
                                const struct block_node *made)
{
    struct block_node *node;
    assert_int_equal(
        check_bytes(test, &made->hash, buffer_view(&made->block->data), &node),
        VERDICT_VALID);
    return node;
}

static struct block_node *root(const struct executor *executor)
{
    return block_tree_root(executor_tree(executor));
}

static struct transaction transfer(struct test *test, int from,
                                   uint64_t lamports)
{
    return ledger_fixture_transfer(&test->ledger, from, &test->to, lamports);
}

static uint64_t balance(struct test *test, const struct block_node *node)
{
    struct arena arena = {0};
    struct account account = {0};
    struct state *state =
        bank_open_state(node->block->bank, ledger_view_base(test->view));
    int status =
        bank_account(node->block->bank, state, &test->to, &arena, &account);
    state_close(state);
    arena_free(&arena);
    err_clear();
    return status ? 0 : account.lamports;
}

static void assert_same(const struct block_node *a, const struct block_node *b)
{
    const struct bank_info *info = bank_info(a->block->bank);
    const struct bank_info *other = bank_info(b->block->bank);
    assert_true(hash_equal(&a->hash, &b->hash));
    assert_true(hash_equal(&info->state_hash, &other->state_hash));
    assert_true(hash_equal(&info->blockhash, &other->blockhash));
    struct bytes rows = buffer_view(&a->block->records.rows);
    assert_true(bytes_equal(rows, buffer_view(&b->block->records.rows)));
    struct bytes items = buffer_view(&a->block->records.items);
    assert_true(bytes_equal(items, buffer_view(&b->block->records.items)));
}

static int setup(void **state)
{
    static struct test test;
    test = (struct test){.to = {{1, 2, 3}}};
    ledger_fixture_open(&test.ledger);
    test.maker =
        executor_new(&test.ledger.chain.genesis, &test.ledger.chain.leader,
                     test.ledger.tip, &test.ledger.tip_hash);
    test.checker = executor_new(&test.ledger.chain.genesis, NULL,
                                test.ledger.tip, &test.ledger.tip_hash);
    open_view(&test);
    *state = &test;
    return 0;
}

static int teardown(void **state)
{
    struct test *test = *state;
    executor_free(test->maker);
    executor_free(test->checker);
    ledger_view_close(test->view);
    ledger_fixture_close(&test->ledger);
    return 0;
}

/* ---- Making ---- */

/* Bounded by number; the other transactions are for the next entry. */
static void test_an_entry_takes_so_many_transactions(void **state)
{
    struct test *test = *state;
    begin(test, root(test->maker), 1);
    executor_begin_entry(test->maker);
    for (uint64_t i = 0; i < EXECUTOR_ENTRY_TRANSACTIONS_MAX; i++) {
        assert_true(executor_wants(test->maker));
        struct transaction one = transfer(test, 0, 1000000 + i);
        execute(test, &one);
    }
    assert_false(executor_wants(test->maker));
    executor_end_entry(test->maker);
    executor_begin_entry(test->maker);
    assert_true(executor_wants(test->maker));
    executor_end_entry(test->maker);
    assert_int_equal(ledger_records_count(&seal(test)->block->records),
                     EXECUTOR_ENTRY_TRANSACTIONS_MAX);
}

/* The network's limits, which may be below those of the form: an entry begins
 * only if it fits whatever comes into it. */
static void test_a_block_holds_to_the_limits_of_the_genesis(void **state)
{
    struct test *test = *state;
    struct genesis *genesis = &test->ledger.chain.genesis;
    const uint64_t entry =
        44 + EXECUTOR_ENTRY_TRANSACTIONS_MAX * (2 + TRANSACTION_SIZE_MAX);
    struct transaction sent = transfer(test, 0, 1000000);
    begin(test, root(test->maker), 1);
    genesis->block_transactions = EXECUTOR_ENTRY_TRANSACTIONS_MAX;
    genesis->block_bytes =
        BLOCK_HEADER_SIZE + 4 + entry + genesis->ticks_per_slot * 44;
    assert_true(executor_has_room(test->maker));
    genesis->block_bytes--;
    assert_false(executor_has_room(test->maker));
    genesis->block_bytes++;
    genesis->block_transactions--;
    assert_false(executor_has_room(test->maker));
    genesis->block_transactions++;
    executor_begin_entry(test->maker);
    execute(test, &sent);
    executor_end_entry(test->maker);
    assert_false(executor_has_room(test->maker));

    /* Who checks the block holds it to the same. */
    struct block_node *made = seal(test), *node;
    struct bytes data = buffer_view(&made->block->data);
    genesis->block_bytes = data.size - 1;
    assert_int_equal(check_bytes(test, &made->hash, data, &node),
                     VERDICT_INVALID);
}

static struct block_header header_of(const struct block_node *node)
{
    struct reader reader = reader_make(buffer_view(&node->block->data));
    struct block_header header;
    assert_ok(block_header_read(&reader, &header));
    return header;
}

/* Headers alone are a chain: each names the parent's hash, and its state. */
static void test_headers_name_their_parents_and_the_states(void **state)
{
    struct test *test = *state;
    struct block_node *before = root(test->maker);
    for (uint64_t slot = 1; slot <= 3; slot++) {
        struct transaction sent = transfer(test, 0, 1000000);
        struct block_node *node = make(test, before, slot, &sent, slot == 2);
        struct block_header header = header_of(node);
        struct hash hash;
        block_header_hash(&header, &hash);
        assert_true(hash_equal(&hash, &node->hash));
        assert_true(block_header_is_signed(&header, &hash));
        assert_int_equal(header.flags, slot == 2 ? 0 : BLOCK_IS_EMPTY);
        assert_int_equal(node->block->data.size,
                         BLOCK_HEADER_SIZE + header.body_size);
        assert_true(hash_equal(&header.parent_hash, &before->hash));
        assert_true(hash_equal(&header.parent_state_hash,
                               &bank_info(before->block->bank)->state_hash));
        before = node;
    }
}

/* The last tick closes the block, so an entry needs a tick after it. */
static void test_no_entry_comes_after_the_last_but_one_tick(void **state)
{
    struct test *test = *state;
    begin(test, root(test->maker), 1);
    uint64_t all = test->ledger.chain.genesis.ticks_per_slot;
    assert_true(executor_has_room(test->maker));
    executor_tick(test->maker, all - 1);
    assert_false(executor_has_room(test->maker));
    seal(test);
}

/* The teardown frees an executor with a block and an entry under way. */
static void test_a_block_under_way_is_given_up(void **state)
{
    struct test *test = *state;
    struct transaction sent = transfer(test, 0, 1000000);
    begin(test, root(test->maker), 1);
    executor_begin_entry(test->maker);
    execute(test, &sent);
    executor_end_entry(test->maker);
    executor_begin_entry(test->maker);
    execute(test, &sent);
}

/* ---- Checking ---- */

/* A validator that checks a block gets the state of its leader, and the same
 * records. A refused transaction left no trace. */
static void test_a_block_is_executed_to_the_same_state_by_others(void **state)
{
    struct test *test = *state;
    struct transaction sent[3] = {transfer(test, 0, 1000000)};
    sent[1] = sent[0]; /* refused: processed already */
    sent[2] = transfer(test, 1, 100 * FIXTURE_LAMPORTS); /* fails */
    struct block_node *made = make(test, root(test->maker), 5, sent, 3);
    assert_int_equal(ledger_records_count(&made->block->records), 2);
    struct block_node *checked = check(test, made);
    assert_same(made, checked);
    assert_int_equal(balance(test, checked), 1000000);
    /* The child says the state after it. */
    struct block_node *child = make(test, made, 6, NULL, 0);
    assert_same(child, check(test, child));
}

/* Each fork has its own state, whichever is executed first, and none sees the
 * other's. */
static void test_forks_are_executed_side_by_side(void **state)
{
    struct test *test = *state;
    struct transaction sent[3] = {transfer(test, 0, 1000000),
                                  transfer(test, 1, 2000000),
                                  transfer(test, 2, 4000000)};
    struct block_node *low = make(test, root(test->maker), 1, sent, 1);
    struct block_node *left = make(test, low, 2, &sent[1], 1);
    struct block_node *right = make(test, low, 3, &sent[2], 1);
    /* The same transaction is new on the other fork. */
    struct block_node *both = make(test, right, 4, &sent[1], 1);
    assert_int_equal(ledger_records_count(&both->block->records), 1);
    struct block_node *nothing = make(test, both, 5, sent, 3);
    assert_int_equal(ledger_records_count(&nothing->block->records), 0);
    struct block_node *order[] = {low, right, both, left, nothing};
    for (size_t i = 0; i < 5; i++)
        assert_same(order[i], check(test, order[i]));
    assert_int_equal(balance(test, left), 3000000);
    assert_int_equal(balance(test, right), 5000000);
    assert_int_equal(balance(test, both), 7000000);
}

/* While a block of one's own is under way, others are executed. */
static void test_a_block_is_checked_beside_the_one_under_way(void **state)
{
    struct test *test = *state;
    struct transaction sent[2] = {transfer(test, 0, 1000000),
                                  transfer(test, 1, 2000000)};
    struct block_node *other = make(test, root(test->maker), 1, sent, 1);
    struct executor *own = test->checker;
    struct executor *maker = test->maker;
    struct executor *both =
        executor_new(&test->ledger.chain.genesis, &test->ledger.chain.leader,
                     test->ledger.tip, &test->ledger.tip_hash);
    executor_open(both, ledger_view_base(test->view));
    test->maker = test->checker = both;
    begin(test, root(test->maker), 2);
    executor_begin_entry(test->maker);
    execute(test, &sent[0]);
    executor_end_entry(test->maker);
    assert_same(other, check(test, other));
    executor_begin_entry(test->maker);
    execute(test, &sent[1]);
    executor_end_entry(test->maker);
    struct block_node *made = seal(test);
    assert_int_equal(ledger_records_count(&made->block->records), 2);
    assert_int_equal(balance(test, made), 3000000);
    test->maker = maker;
    test->checker = own;
    check(test, made);
    executor_free(both);
}

/* Bytes that are not those of the hash say nothing of the block. */
static void test_other_bytes_are_no_verdict_on_a_block(void **state)
{
    struct test *test = *state;
    struct transaction sent = transfer(test, 0, 1000000);
    struct block_node *made = make(test, root(test->maker), 1, &sent, 1);
    struct bytes data = buffer_view(&made->block->data);
    struct block_node *node;
    for (size_t at = 0; at < data.size; at += 7) {
        struct buffer wrong = {0};
        buffer_bytes(&wrong, data);
        wrong.data[at] ^= 1;
        assert_int_equal(
            check_bytes(test, &made->hash, buffer_view(&wrong), &node),
            VERDICT_OTHER);
        assert_null(node);
        wrong.data[at] ^= 1;
        assert_int_equal(
            check_bytes(test, &made->hash, bytes_make(wrong.data, at), &node),
            VERDICT_OTHER);
        buffer_free(&wrong);
    }
    check(test, made);
}

static void tell_state(struct block *block)
{
    block->header.parent_state_hash.bytes[0] ^= 1;
}

static void tell_parent_slot(struct block *block)
{
    block->header.parent_slot++;
}

static void tell_slot(struct block *block)
{
    block->header.slot = 0;
}

static void tell_time(struct block *block)
{
    block->header.unix_ms = 1;
}

static void tell_validators(struct block *block)
{
    block->header.set_hash.bytes[3] ^= 1;
}

static void tell_no_ticks(struct block *block)
{
    block->entry_count--;
}

static void tell_transaction(struct block *block)
{
    struct bytes wire = block->entries[0].transactions[0];
    ((uint8_t *)wire.data)[wire.size - 1] ^= 1; /* of the amount */
}

/* What the leader signed wrongly, and what is said of it. */
static const struct {
    void (*tell)(struct block *block);
    const char *text;
} lies[] = {
    {tell_state, "the state after slot 0 is another one"},
    {tell_parent_slot, "does not follow on slot 0"},
    {tell_slot, "does not follow on slot 0"},
    {tell_time, "ms too early"},
    {tell_validators, "names other validators"},
    {tell_no_ticks, "ticks in a slot"},
    {tell_transaction, "a signature of transaction 0 does not verify"},
};

/* All of it is signed. The verdict stays, and is that of its children. */
static void test_a_block_that_breaks_a_rule_is_invalid(void **state)
{
    struct test *test = *state;
    struct transaction sent = transfer(test, 0, 1000000);
    struct block_node *made = make(test, root(test->maker), 1, &sent, 1);
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        struct arena arena = {0};
        struct buffer copy = {0}, data = {0}, child = {0};
        struct hash hash, child_hash;
        struct block block;
        struct block_node *node;
        buffer_bytes(&copy, buffer_view(&made->block->data));
        assert_ok(block_decode(buffer_view(&copy), &arena, &block));
        lies[i].tell(&block);
        block_encode(&block, &test->ledger.chain.leader, &data, &hash);
        for (int again = 0; again < 2; again++) {
            assert_int_equal(
                check_bytes(test, &hash, buffer_view(&data), &node),
                VERDICT_INVALID);
            assert_int_equal(node->state, BLOCK_INVALID);
            const char *text = again ? "is known and not valid" : lies[i].text;
            assert_non_null(strstr(err_text(), text));
        }
        block.header.parent_hash = hash;
        block_encode(&block, &test->ledger.chain.leader, &child, &child_hash);
        assert_int_equal(
            check_bytes(test, &child_hash, buffer_view(&child), &node),
            VERDICT_INVALID);
        buffer_free(&copy);
        buffer_free(&data);
        buffer_free(&child);
        arena_free(&arena);
    }
    check(test, made);
}

/* A transaction that the bank refuses is in no valid block, and what the block
 * did before stays without effect. */
static void test_a_block_with_a_refused_transaction_is_invalid(void **state)
{
    struct test *test = *state;
    struct arena arena = {0};
    struct buffer data = {0};
    struct transaction sent[2] = {transfer(test, 0, 1000000),
                                  transfer(test, 1, 2000000)};
    struct block_node *low = make(test, root(test->maker), 1, &sent[1], 1);
    struct block_node *node = make(test, root(test->maker), 2, sent, 2);
    struct block block;
    struct hash hash;
    check(test, low);
    /* The block of slot 2 on that of slot 1, which has its second one. */
    assert_ok(block_decode(buffer_view(&node->block->data), &arena, &block));
    const struct bank_info *info = bank_info(low->block->bank);
    block.header.parent_slot = 1;
    block.header.parent_hash = low->hash;
    block.header.parent_state_hash = info->state_hash;
    struct entry entries[BLOCK_ENTRIES_MAX / 64];
    struct proof_of_history poh = proof_of_history_make(&info->blockhash, 0);
    for (size_t i = 0; i < block.entry_count; i++) {
        struct hash mixin;
        entries[i] = (struct entry){0};
        if (entry_is_tick(&block.entries[i])) {
            proof_of_history_tick(&poh, &entries[i]);
            continue;
        }
        proof_of_history_mixin(block.entries[i].transactions,
                               block.entries[i].transaction_count, &mixin);
        assert_true(proof_of_history_record(&poh, &mixin, &entries[i]));
        entries[i].transactions = block.entries[i].transactions;
        entries[i].transaction_count = block.entries[i].transaction_count;
    }
    block.entries = entries;
    block_encode(&block, &test->ledger.chain.leader, &data, &hash);
    assert_int_equal(check_bytes(test, &hash, buffer_view(&data), &node),
                     VERDICT_INVALID);
    assert_non_null(strstr(err_text(), "can't be executed"));
    assert_int_equal(balance(test, low), 2000000);
    struct block_node *next = make(test, low, 3, sent, 1);
    assert_same(next, check(test, next));
    buffer_free(&data);
    arena_free(&arena);
}

/* Says that all signatures were checked. */
static void recognize_all(void *user, struct transaction *transactions,
                          size_t count)
{
    for (size_t i = 0; i < count; i++)
        transactions[i].is_verified = true;
    *(size_t *)user += count;
}

static void test_signatures_that_were_checked_are_not_again(void **state)
{
    struct test *test = *state;
    struct arena arena = {0};
    struct buffer copy = {0}, data = {0};
    struct transaction sent = transfer(test, 0, 1000000);
    struct block_node *made = make(test, root(test->maker), 1, &sent, 1);
    struct block_node *node;
    struct block block;
    struct hash hash;
    size_t asked = 0;
    buffer_bytes(&copy, buffer_view(&made->block->data));
    assert_ok(block_decode(buffer_view(&copy), &arena, &block));
    tell_transaction(&block);
    block_encode(&block, &test->ledger.chain.leader, &data, &hash);
    executor_ask(test->checker, recognize_all, &asked);
    assert_int_equal(check_bytes(test, &hash, buffer_view(&data), &node),
                     VERDICT_VALID);
    assert_int_equal(asked, 1);
    buffer_free(&copy);
    buffer_free(&data);
    arena_free(&arena);
}

static void test_a_block_waits_for_its_parent(void **state)
{
    struct test *test = *state;
    struct block_node *first = make(test, root(test->maker), 1, NULL, 0);
    struct block_node *second = make(test, first, 2, NULL, 0);
    struct block_node *node;
    assert_int_equal(check_bytes(test, &second->hash,
                                 buffer_view(&second->block->data), &node),
                     VERDICT_NO_PARENT);
    assert_null(node);
    check(test, first);
    check(test, second);
}

/* ---- What is final ---- */

static int flush(struct test *test, struct executed_block *block)
{
    const struct ledger_block flushed = {.bank = block->bank,
                                         .data = buffer_view(&block->data),
                                         .hash = block->hash,
                                         .records = &block->records};
    int status = ledger_flush(test->ledger.ledger, &flushed, 1, false);
    if (!status)
        ledger_publish(test->ledger.ledger, LEDGER_FINALIZED, block, NULL);
    return status ? status : ledger_settle(test->ledger.ledger);
}

/* One that is final reaches the disk some time later; its children stand on it
 * all the same, and the losing fork is gone. */
static void test_blocks_stand_on_what_is_not_durable_yet(void **state)
{
    struct test *test = *state;
    struct block_node *dead = NULL;
    struct transaction sent[3] = {transfer(test, 0, 1000000),
                                  transfer(test, 1, 2000000),
                                  transfer(test, 2, 4000000)};
    struct block_node *first = make(test, root(test->maker), 1, sent, 1);
    struct block_node *loser = make(test, root(test->maker), 2, &sent[1], 1);
    const struct hash lost = loser->hash;
    struct block_node *second = make(test, first, 3, &sent[2], 1);
    struct block_node *third = make(test, second, 4, NULL, 0);
    assert_int_equal(second->block->base_slot, 0);
    assert_ptr_equal(second->block->parent, first->block);
    assert_null(first->block->parent);
    assert_ptr_equal(executor_advance(test->maker, second, &dead), first);
    assert_true(hash_equal(&dead->hash, &lost));
    assert_null(dead->sibling);
    block_nodes_free(dead);
    dead = NULL;
    assert_ptr_equal(executor_advance(test->maker, second, &dead), second);
    assert_null(dead);
    assert_null(executor_advance(test->maker, second, &dead));
    assert_null(block_tree_find(executor_tree(test->maker), &lost));

    struct executed_block *flushed = executed_block_retain(second->block);
    assert_ok(flush(test, flushed->parent));
    close_view(test);
    executor_set_durable(test->maker, 1);
    open_view(test);
    struct block_node *fourth = make(test, third, 5, &sent[1], 1);
    assert_int_equal(fourth->block->base_slot, 1);
    assert_int_equal(balance(test, fourth), 7000000);
    assert_ok(flush(test, flushed));
    close_view(test);
    executor_set_durable(test->maker, 3);
    open_view(test);
    struct block_node *fifth = make(test, third, 6, &sent[0], 1);
    assert_int_equal(ledger_records_count(&fifth->block->records), 0);
    assert_int_equal(balance(test, fifth), 5000000);
    assert_int_equal(ledger_fixture_balance(&test->ledger, &test->to), 5000000);
    executed_block_release(flushed);
}

/* Its bytes are kept, and give the same state again. */
/* A chain that grew long before it became final, under a block of one's own:
 * nothing is released before that one is sealed. */
static void
test_a_long_chain_becomes_final_below_a_block_under_way(void **state)
{
    struct test *test = *state;
    struct block_node *dead = NULL, *node = root(test->maker);
    uint64_t slot = 1;
    for (; slot <= EXECUTOR_FLUSHING_MAX + 50; slot++)
        node = make(test, node, slot, NULL, 0);
    begin(test, node, slot);
    while (executor_advance(test->maker, node, &dead))
        assert_null(dead);
    assert_ptr_equal(root(test->maker), node);
    seal(test);
}

static void test_a_block_whose_bank_was_given_up_is_executed_again(void **state)
{
    struct test *test = *state;
    struct transaction sent[2] = {transfer(test, 0, 1000000),
                                  transfer(test, 1, 2000000)};
    struct block_node *made = make(test, root(test->maker), 1, sent, 1);
    struct block_node *child = make(test, made, 2, &sent[1], 1);
    struct block_node *checked = check(test, made);
    struct block_node *last = check(test, child);
    block_tree_sleep(executor_tree(test->checker), last);
    block_tree_sleep(executor_tree(test->checker), checked);
    assert_int_equal(last->state, BLOCK_ASLEEP);
    /* Whoever brings it again hears that it is valid. */
    assert_ptr_equal(check(test, child), last);
    executor_wake(test->checker, last);
    assert_same(made, checked);
    assert_same(child, last);
    assert_null(executor_sum(test->checker));
    /* A child wakes its parent. */
    block_tree_sleep(executor_tree(test->checker), last);
    struct block_node *next = make(test, child, 3, NULL, 0);
    assert_same(next, check(test, next));
    assert_int_equal(last->state, BLOCK_EXECUTED);
}

static void test_of_too_many_banks_in_a_slot_the_last_goes(void **state)
{
    struct test *test = *state;
    struct block_node *node;
    for (uint64_t i = 0; i <= BLOCK_TREE_SLOT_BANKS_MAX; i++) {
        struct transaction sent = transfer(test, 0, 1000000 + i);
        node = check(test, make(test, root(test->maker), 2, &sent, 1));
    }
    size_t asleep = 0;
    executor_shed(test->checker);
    for (node = root(test->checker)->children; node; node = node->sibling)
        asleep += node->state == BLOCK_ASLEEP;
    assert_int_equal(asleep, 1);
}

int main(void)
{
    crypto_init();
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_an_entry_takes_so_many_transactions),
        TEST(test_no_entry_comes_after_the_last_but_one_tick),
        TEST(test_a_block_holds_to_the_limits_of_the_genesis),
        TEST(test_headers_name_their_parents_and_the_states),
        TEST(test_a_block_under_way_is_given_up),
        TEST(test_a_block_is_executed_to_the_same_state_by_others),
        TEST(test_forks_are_executed_side_by_side),
        TEST(test_a_block_is_checked_beside_the_one_under_way),
        TEST(test_other_bytes_are_no_verdict_on_a_block),
        TEST(test_a_block_that_breaks_a_rule_is_invalid),
        TEST(test_a_block_with_a_refused_transaction_is_invalid),
        TEST(test_signatures_that_were_checked_are_not_again),
        TEST(test_a_block_waits_for_its_parent),
        TEST(test_blocks_stand_on_what_is_not_durable_yet),
        TEST(test_a_long_chain_becomes_final_below_a_block_under_way),
        TEST(test_a_block_whose_bank_was_given_up_is_executed_again),
        TEST(test_of_too_many_banks_in_a_slot_the_last_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
