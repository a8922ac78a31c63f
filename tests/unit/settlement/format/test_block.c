#include "test.h"

#include "base/error.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "settlement/format/account.h"
#include "settlement/format/block.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/transaction.h"
#include "settlement/format/well_known.h"
#include "settlement/key_fixture.h"

static struct arena arena;

#define HASHES_PER_TICK 10
#define TICKS 4

/* A slot's entries: three ticks, with one entry of transactions among them. */
static size_t make_entries(const struct bytes *transactions, size_t count,
                           const struct hash *start, struct entry *entries)
{
    struct proof_of_history poh = proof_of_history_make(start, HASHES_PER_TICK);
    struct hash mixin;
    size_t made = 0;
    proof_of_history_tick(&poh, &entries[made++]);
    proof_of_history_run(&poh, 4);
    proof_of_history_mixin(transactions, count, &mixin);
    assert_true(proof_of_history_record(&poh, &mixin, &entries[made]));
    entries[made].transactions = transactions;
    entries[made++].transaction_count = count;
    for (int i = 1; i < TICKS; i++)
        proof_of_history_tick(&poh, &entries[made++]);
    return made;
}

static struct bytes make_memo(uint64_t number, const char *text)
{
    struct keypair from = fixture_key(number);
    const struct keypair *signer = &from;
    struct hash blockhash = fixture_hash(number);
    struct instruction memo = {MEMO_PROGRAM_ID, NULL, 0, bytes_text(text)};
    struct buffer wire = {0};
    assert_ok(transaction_make(&signer, 1, &memo, 1, &blockhash, &wire));
    struct bytes bytes = arena_bytes(&arena, buffer_view(&wire));
    buffer_free(&wire);
    return bytes;
}

static struct bytes make_transaction(uint64_t number)
{
    return make_memo(number, "hello");
}

/* A transaction that blocks hold in a shorter form (block_transaction.h). */
static struct bytes make_padded(uint64_t number)
{
    return make_memo(number, "hello                                          "
                             "                                             .");
}

static void test_entries_verify_and_any_change_shows(void **unused)
{
    struct bytes transactions[3];
    struct entry entries[8];
    struct hash start = fixture_hash(1);
    for (size_t i = 0; i < 3; i++)
        transactions[i] = make_transaction(i);
    size_t count = make_entries(transactions, 3, &start, entries);
    assert_int_equal(count, TICKS + 1);
    assert_ok(entries_check_ticks(entries, count, HASHES_PER_TICK, TICKS));
    for (size_t i = 0; i < count; i++)
        assert_true(
            entry_verify(&entries[i], i ? &entries[i - 1].hash : &start));
    assert_int_equal(entries[0].num_hashes, HASHES_PER_TICK);
    assert_int_equal(entries[1].num_hashes, 5);
    assert_int_equal(entries[2].num_hashes, 5);

    /* The chain itself, spelled out: 10 hashes to the first tick. */
    struct hash hash = start;
    for (int i = 0; i < HASHES_PER_TICK; i++)
        hash_sha256(bytes_make(hash.bytes, 32), &hash);
    assert_true(hash_equal(&hash, &entries[0].hash));

    struct entry changed = entries[1];
    changed.transaction_count = 2;
    assert_false(entry_verify(&changed, &entries[0].hash));
    changed = entries[1];
    changed.num_hashes++;
    assert_false(entry_verify(&changed, &entries[0].hash));
    assert_int_equal(
        entries_check_ticks(entries, count, HASHES_PER_TICK + 1, TICKS),
        ERR_INVALID);
    assert_int_equal(
        entries_check_ticks(entries, count, HASHES_PER_TICK, TICKS + 1),
        ERR_INVALID);
    assert_int_equal(
        entries_check_ticks(entries, count - 1, HASHES_PER_TICK, TICKS),
        ERR_INVALID);
}

static void test_mixin_is_a_merkle_root_of_signatures(void **unused)
{
    /* With three leaves the odd one is paired with itself. */
    struct bytes transactions[3];
    struct hash leaves[4], left, right, root, mixin;
    for (size_t i = 0; i < 3; i++) {
        uint8_t leaf[65] = {0};
        transactions[i] = make_transaction(i);
        memcpy(leaf + 1, transactions[i].data + 1, 64);
        hash_sha256(bytes_make(leaf, 65), &leaves[i]);
    }
    leaves[3] = leaves[2];
    uint8_t node[65] = {1};
    memcpy(node + 1, leaves, 64);
    hash_sha256(bytes_make(node, 65), &left);
    memcpy(node + 1, leaves + 2, 64);
    hash_sha256(bytes_make(node, 65), &right);
    memcpy(node + 1, left.bytes, 32);
    memcpy(node + 33, right.bytes, 32);
    hash_sha256(bytes_make(node, 65), &root);
    proof_of_history_mixin(transactions, 3, &mixin);
    assert_true(hash_equal(&mixin, &root));
}

static void test_tick_keeps_a_hash_for_itself(void **unused)
{
    struct hash start = fixture_hash(1);
    struct proof_of_history poh = proof_of_history_make(&start, 3);
    struct entry entry;
    assert_int_equal(proof_of_history_run(&poh, 100), 2);
    assert_int_equal(proof_of_history_run(&poh, 100), 0);
    assert_false(proof_of_history_record(&poh, &start, &entry));
    proof_of_history_tick(&poh, &entry);
    assert_int_equal(entry.num_hashes, 3);
    assert_true(proof_of_history_record(&poh, &start, &entry));

    poh = proof_of_history_make(&start, 0);
    assert_int_equal(proof_of_history_run(&poh, 100), 0);
    for (int i = 0; i < 5; i++) {
        assert_true(proof_of_history_record(&poh, &start, &entry));
        assert_int_equal(entry.num_hashes, 1);
    }
}

static struct block make_block(struct entry *entries, size_t count)
{
    struct keypair leader = fixture_key(9);
    return (struct block){.header = {.slot = 7,
                                     .parent_slot = 5,
                                     .parent_hash = fixture_hash(2),
                                     .parent_state_hash = fixture_hash(3),
                                     .leader = leader.pubkey,
                                     .unix_ms = 1760000000123,
                                     .set_hash = fixture_hash(4),
                                     .next_set_hash = fixture_hash(5)},
                          .entries = entries,
                          .entry_count = count};
}

static bool is_signed(struct bytes data)
{
    struct reader reader = reader_make(data);
    struct block_header header;
    struct hash hash;
    assert_ok(block_header_read(&reader, &header));
    block_header_hash(&header, &hash);
    return block_header_is_signed(&header, &hash);
}

static void test_block_survives_encoding(void **unused)
{
    struct bytes transactions[2] = {make_transaction(1), make_padded(2)};
    struct entry entries[8];
    struct hash start = fixture_hash(1), hash, again;
    size_t count = make_entries(transactions, 2, &start, entries);
    struct block block = make_block(entries, count), back;
    struct keypair leader = fixture_key(9);
    struct buffer out = {0};
    block_encode(&block, &leader, &out, &hash);
    assert_ok(block_decode(buffer_view(&out), &arena, &back));
    assert_memory_equal(&back.header, &block.header, sizeof(back.header));
    assert_int_equal(back.header.body_size, out.size - BLOCK_HEADER_SIZE);
    assert_int_equal(back.entry_count, count);
    assert_int_equal(block_transaction_count(&back), 2);
    assert_true(bytes_equal(back.entries[1].transactions[1], transactions[1]));
    block_blockhash(&back, &start, TICKS, &again);
    assert_true(hash_equal(&again, &entries[count - 1].hash));
    block_header_hash(&back.header, &again);
    assert_true(hash_equal(&hash, &again));
    assert_true(is_signed(buffer_view(&out)));

    /* Encoding what was decoded gives the same bytes. */
    struct buffer twice = {0};
    block_encode(&back, NULL, &twice, NULL);
    assert_true(bytes_equal(buffer_view(&out), buffer_view(&twice)));
    out.data[100] ^= 1;
    assert_false(is_signed(buffer_view(&out)));
    buffer_free(&out);
    buffer_free(&twice);
}

/* The layout, written by hand. */
static void test_header_has_the_bytes_that_it_says(void **unused)
{
    struct block block = make_block(NULL, 0);
    struct buffer out = {0}, hand = {0};
    struct hash hash, own;
    struct keypair leader = fixture_key(9);
    block.header.flags = BLOCK_IS_EMPTY | BLOCK_HAS_VRF;
    memset(block.header.vrf, 0xab, sizeof(block.header.vrf));
    block_header_sign(&block.header, &leader, &hash);
    block_header_write(&block.header, &out);
    buffer_u8(&hand, 3);
    buffer_u8(&hand, 1 | 2);
    buffer_u64le(&hand, 7);
    buffer_u64le(&hand, 5);
    buffer_append(&hand, fixture_hash(2).bytes, 32);
    buffer_append(&hand, fixture_hash(3).bytes, 32);
    buffer_append(&hand, leader.pubkey.bytes, 32);
    buffer_u64le(&hand, 1760000000123);
    buffer_append(&hand, fixture_hash(4).bytes, 32);
    buffer_append(&hand, fixture_hash(5).bytes, 32);
    buffer_resize(&hand, hand.size + 4 + 32);
    buffer_append(&hand, block.header.vrf, 80);
    hash_sha256(buffer_view(&hand), &own);
    assert_true(hash_equal(&hash, &own));
    buffer_append(&hand, block.header.signature.bytes, 64);
    assert_true(bytes_equal(buffer_view(&out), buffer_view(&hand)));
    assert_int_equal(out.size, BLOCK_HEADER_SIZE_MAX);
    buffer_free(&out);
    buffer_free(&hand);
}

/* A block of ticks alone, in the form that an idle proof of history gives. */
static void test_empty_block_has_no_body(void **unused)
{
    struct block block = make_block(NULL, 0), back;
    struct hash start = fixture_hash(1), made = start, hash, blockhash;
    struct keypair leader = fixture_key(9);
    struct buffer out = {0};
    block_make_empty(&block.header, 0, TICKS, &made);
    block_header_sign(&block.header, &leader, &hash);
    block_header_write(&block.header, &out);
    assert_int_equal(out.size, BLOCK_HEADER_SIZE);
    assert_ok(block_decode(buffer_view(&out), &arena, &back));
    assert_int_equal(back.entry_count, 0);
    block_blockhash(&back, &start, TICKS, &blockhash);
    assert_true(hash_equal(&blockhash, &made));
    struct proof_of_history poh = proof_of_history_make(&start, 0);
    struct entry tick = {0};
    for (int i = 0; i < TICKS; i++)
        proof_of_history_tick(&poh, &tick);
    assert_true(hash_equal(&blockhash, &poh.hash));
    struct buffer twice = {0};
    block_encode(&back, NULL, &twice, NULL);
    assert_true(bytes_equal(buffer_view(&out), buffer_view(&twice)));
    buffer_free(&twice);
    buffer_free(&out);
}

/* With hashes to run its ticks are a body, which follows from the parent, too.
 */
static void test_empty_block_has_its_ticks_where_hashes_are_run(void **unused)
{
    struct block block = make_block(NULL, 0);
    struct hash start = fixture_hash(1), made = start, root;
    struct keypair leader = fixture_key(9);
    struct entry entries[TICKS] = {0};
    struct buffer out = {0};
    struct proof_of_history poh =
        proof_of_history_make(&start, HASHES_PER_TICK);
    block_make_empty(&block.header, HASHES_PER_TICK, TICKS, &made);
    uint32_t size = block.header.body_size;
    root = block.header.body_root;
    for (int i = 0; i < TICKS; i++)
        proof_of_history_tick(&poh, &entries[i]);
    block = make_block(entries, TICKS);
    block_encode(&block, &leader, &out, NULL);
    assert_int_equal(block.header.body_size, size);
    assert_true(hash_equal(&block.header.body_root, &root));
    assert_true(hash_equal(&made, &poh.hash));
    buffer_free(&out);
}

static int decode_header(const struct block_header *header)
{
    struct block back;
    struct buffer out = {0};
    block_header_write(header, &out);
    buffer_resize(&out, out.size + header->body_size);
    int status = block_decode(buffer_view(&out), &arena, &back);
    buffer_free(&out);
    return status;
}

/* One block has one form. */
static void test_header_of_another_form_is_refused(void **unused)
{
    struct block_header good = make_block(NULL, 0).header, header;
    good.flags = BLOCK_IS_EMPTY;
    assert_ok(decode_header(&good));
    header = good;
    header.flags = 0;
    assert_int_equal(decode_header(&header), ERR_INVALID);
    header = good;
    header.body_size = 4;
    assert_int_equal(decode_header(&header), ERR_INVALID);
    header = good;
    header.body_root.bytes[31] = 1;
    assert_int_equal(decode_header(&header), ERR_INVALID);
    for (int flag = 4; flag < 256; flag *= 2) {
        header = good;
        header.flags |= (uint8_t)flag;
        assert_int_equal(decode_header(&header), ERR_INVALID);
    }
}

static void test_cut_or_damaged_block_is_refused_or_parses(void **unused)
{
    struct bytes transactions[2] = {make_padded(1), make_transaction(2)};
    struct entry entries[8];
    struct hash start = fixture_hash(1);
    size_t count = make_entries(transactions, 2, &start, entries);
    struct block block = make_block(entries, count), back;
    struct keypair leader = fixture_key(9);
    struct buffer out = {0};
    block_encode(&block, &leader, &out, NULL);
    for (size_t i = 0; i < out.size; i++)
        assert_int_not_equal(
            block_decode(bytes_make(out.data, i), &arena, &back), 0);
    struct random random = random_make(3);
    for (int i = 0; i < 5000; i++) {
        size_t at = random_below(&random, out.size);
        uint8_t old = out.data[at];
        out.data[at] = (uint8_t)random_u64(&random);
        (void)block_decode(buffer_view(&out), &arena, &back);
        out.data[at] = old;
        arena_reset(&arena);
    }
    buffer_u8(&out, 0);
    assert_int_equal(block_decode(buffer_view(&out), &arena, &back),
                     ERR_INVALID);
    buffer_free(&out);
}

static int start_all(void **state)
{
    crypto_init();
    return 0;
}

static int end_all(void **state)
{
    arena_free(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries_verify_and_any_change_shows),
        cmocka_unit_test(test_mixin_is_a_merkle_root_of_signatures),
        cmocka_unit_test(test_tick_keeps_a_hash_for_itself),
        cmocka_unit_test(test_block_survives_encoding),
        cmocka_unit_test(test_header_has_the_bytes_that_it_says),
        cmocka_unit_test(test_empty_block_has_no_body),
        cmocka_unit_test(test_empty_block_has_its_ticks_where_hashes_are_run),
        cmocka_unit_test(test_header_of_another_form_is_refused),
        cmocka_unit_test(test_cut_or_damaged_block_is_refused_or_parses),
    };
    return cmocka_run_group_tests(tests, start_all, end_all);
}
