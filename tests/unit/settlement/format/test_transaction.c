#include "test.h"

#include "base/error.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "settlement/format/account.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/transaction.h"
#include "settlement/format/well_known.h"
#include "settlement/key_fixture.h"

static struct arena arena;

/* A transfer as @solana/web3.js builds it: the layout spelled out by hand, so
 * that builder and parser are not only tested against each other. */
static size_t write_by_hand(const struct keypair *from, const struct pubkey *to,
                            const struct hash *blockhash, uint8_t *out)
{
    struct buffer message = {0};
    buffer_append(&message, "\x01\x00\x01\x03", 4);
    buffer_append(&message, from->pubkey.bytes, 32);
    buffer_append(&message, to->bytes, 32);
    buffer_append(&message, SYSTEM_PROGRAM_ID.bytes, 32);
    buffer_append(&message, blockhash->bytes, 32);
    buffer_append(&message, "\x01\x02\x02\x00\x01\x0c", 6);
    buffer_append(&message, "\x02\0\0\0\x39\x30\0\0\0\0\0\0", 12); /* 12345 */
    struct signature signature;
    key_sign(from, buffer_view(&message), &signature);
    out[0] = 1;
    memcpy(out + 1, signature.bytes, 64);
    memcpy(out + 65, message.data, message.size);
    size_t size = 65 + message.size;
    buffer_free(&message);
    return size;
}

static void test_built_bytes_are_solanas(void **unused)
{
    struct keypair from = fixture_key(1);
    struct keypair to = fixture_key(2);
    struct hash blockhash = fixture_hash(3);
    uint8_t expected[TRANSACTION_SIZE_MAX];
    size_t size = write_by_hand(&from, &to.pubkey, &blockhash, expected);

    struct buffer data = {0}, wire = {0};
    const struct account_meta accounts[2] = {{from.pubkey, true, true},
                                             {to.pubkey, false, true}};
    const struct keypair *signer = &from;
    system_transfer_data(12345, &data);
    struct instruction instruction = {SYSTEM_PROGRAM_ID, accounts, 2,
                                      buffer_view(&data)};
    assert_ok(transaction_make(&signer, 1, &instruction, 1, &blockhash, &wire));
    assert_int_equal(wire.size, size);
    assert_memory_equal(wire.data, expected, size);

    struct transaction t;
    assert_ok(transaction_parse(buffer_view(&wire), &arena, &t));
    assert_int_equal(t.version, TRANSACTION_LEGACY);
    assert_int_equal(t.key_count, 3);
    assert_int_equal(t.instruction_count, 1);
    assert_true(transaction_verify(&t));
    assert_true(transaction_is_signer(&t, 0) && transaction_is_writable(&t, 0));
    assert_true(!transaction_is_signer(&t, 1) &&
                transaction_is_writable(&t, 1));
    assert_true(!transaction_is_writable(&t, 2));
    buffer_free(&data);
    buffer_free(&wire);
}

static void test_changed_bit_fails_verification(void **unused)
{
    struct keypair from = fixture_key(1);
    struct hash blockhash = fixture_hash(3);
    uint8_t wire[TRANSACTION_SIZE_MAX];
    size_t size = write_by_hand(&from, &from.pubkey, &blockhash, wire);
    for (size_t i = 1; i < size; i += 7) {
        struct transaction t;
        wire[i] ^= 4;
        if (!transaction_parse(bytes_make(wire, size), &arena, &t))
            assert_false(transaction_verify(&t));
        wire[i] ^= 4;
    }
}

static void test_keys_are_ordered_by_what_they_may(void **unused)
{
    struct keypair payer = fixture_key(1), writer = fixture_key(2),
                   reader = fixture_key(3);
    struct pubkey open = fixture_key(4).pubkey, shut = fixture_key(5).pubkey,
                  program = fixture_key(6).pubkey;
    /* writer is first read-only and then, elsewhere, a writable signer. */
    const struct account_meta one[3] = {{shut, false, false},
                                        {writer.pubkey, false, false},
                                        {reader.pubkey, true, false}};
    const struct account_meta two[3] = {{open, false, true},
                                        {writer.pubkey, true, true},
                                        {payer.pubkey, false, false}};
    const struct instruction instructions[2] = {
        {program, one, 3, bytes_text("a")}, {program, two, 3, bytes_text("b")}};
    struct hash blockhash = fixture_hash(3);
    const struct keypair *signers[3] = {&payer, &reader, &writer};
    struct buffer wire = {0};
    struct transaction t;
    assert_ok(transaction_make(signers, 3, instructions, 2, &blockhash, &wire));
    assert_ok(transaction_parse(buffer_view(&wire), &arena, &t));
    assert_true(transaction_verify(&t));
    const struct pubkey *order[6] = {
        &payer.pubkey, &writer.pubkey, &reader.pubkey, &open, &shut, &program};
    assert_int_equal(t.key_count, 6);
    for (size_t i = 0; i < 6; i++)
        assert_true(pubkey_equal(&t.keys[i], order[i]));
    assert_int_equal(t.required_signatures, 3);
    assert_int_equal(t.readonly_signed, 1);
    assert_int_equal(t.readonly_unsigned, 2);
    assert_memory_equal(t.instructions[1].accounts.data, "\x03\x01\x00", 3);

    signers[1] = signers[0];
    buffer_clear(&wire);
    assert_int_equal(
        transaction_make(signers, 3, instructions, 2, &blockhash, &wire),
        ERR_NOT_FOUND);
    assert_int_equal(wire.size, 0);
    buffer_free(&wire);
}

static void test_too_large_transaction_is_not_built(void **unused)
{
    struct keypair payer = fixture_key(1);
    const struct keypair *signer = &payer;
    struct hash blockhash = fixture_hash(3);
    uint8_t data[TRANSACTION_SIZE_MAX] = {0};
    struct buffer wire = {0};
    /* 1 + 64 signature, 3 header, 1 + 64 keys, 32 hash, 1 count, 1 program,
     * 1 accounts, 2 size: 170 bytes besides the data. */
    struct instruction instruction = {MEMO_PROGRAM_ID, NULL, 0,
                                      bytes_make(data, 1232 - 170)};
    assert_ok(transaction_make(&signer, 1, &instruction, 1, &blockhash, &wire));
    assert_int_equal(wire.size, 1232);
    instruction.data.size++;
    assert_int_equal(
        transaction_make(&signer, 1, &instruction, 1, &blockhash, &wire),
        ERR_LIMIT);
    assert_int_equal(wire.size, 1232);
    buffer_free(&wire);
}

static void test_too_many_keys_are_refused_and_not_wrapped(void **unused)
{
    struct keypair payer = fixture_key(1);
    struct account_meta accounts[300] = {0};
    struct hash blockhash = fixture_hash(3);
    struct buffer message = {0};
    for (size_t i = 0; i < 300; i++) {
        accounts[i].key.bytes[0] = (uint8_t)i;
        accounts[i].key.bytes[1] = (uint8_t)(i / 256 + 1);
    }
    struct instruction instruction = {MEMO_PROGRAM_ID, accounts, 0,
                                      bytes_make(NULL, 0)};
    for (size_t count = 30; count <= 300; count += 15) {
        instruction.account_count = count;
        int status = transaction_build(&payer.pubkey, &instruction, 1,
                                       &blockhash, &message);
        assert_int_equal(status, count < 35 ? 0 : ERR_LIMIT);
        buffer_clear(&message);
    }
    buffer_free(&message);
}

static int parse(const uint8_t *wire, size_t size)
{
    struct transaction t;
    return transaction_parse(bytes_make(wire, size), &arena, &t);
}

static void test_malformed_transactions_are_refused(void **unused)
{
    struct keypair from = fixture_key(1), to = fixture_key(2);
    struct hash blockhash = fixture_hash(3);
    uint8_t wire[TRANSACTION_SIZE_MAX + 1] = {0};
    size_t size = write_by_hand(&from, &to.pubkey, &blockhash, wire);
    assert_ok(parse(wire, size));
    for (size_t i = 0; i < size; i++)
        assert_int_equal(parse(wire, i), ERR_INVALID);
    assert_int_equal(parse(wire, size + 1), ERR_INVALID);
    assert_int_equal(parse(wire, sizeof(wire)), ERR_LIMIT);

    const struct {
        size_t at;
        uint8_t value;
        int error;
    } changes[] = {
        {65, 2, ERR_RANGE},          /* two signers, one signature */
        {66, 1, ERR_RANGE},          /* the payer would be read-only */
        {67, 3, ERR_RANGE},          /* more read-only keys than keys */
        {65, 0x81, ERR_UNSUPPORTED}, /* version 1 */
        {size - 17, 0, ERR_RANGE},   /* the payer as program */
        {size - 17, 3, ERR_RANGE},   /* a missing program */
        {size - 14, 3, ERR_RANGE},   /* a missing account */
    };
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        uint8_t old = wire[changes[i].at];
        wire[changes[i].at] = changes[i].value;
        assert_int_equal(parse(wire, size), changes[i].error);
        wire[changes[i].at] = old;
    }
}

static void test_version_0_reads_its_lookups(void **unused)
{
    struct keypair from = fixture_key(1);
    struct buffer wire = {0};
    buffer_u8(&wire, 1);
    buffer_resize(&wire, 65);
    buffer_append(&wire, "\x80\x01\x00\x01\x02", 5);
    buffer_append(&wire, from.pubkey.bytes, 32);
    buffer_append(&wire, SYSTEM_PROGRAM_ID.bytes, 32);
    buffer_append(&wire, fixture_hash(1).bytes, 32);
    buffer_append(&wire, "\x01\x01\x02\x00\x03\x00", 6);
    size_t lookups = wire.size;
    buffer_u8(&wire, 1);
    buffer_append(&wire, fixture_hash(2).bytes, 32);
    buffer_append(&wire, "\x01\x07\x01\x09", 4);
    struct transaction t;
    assert_ok(transaction_parse(buffer_view(&wire), &arena, &t));
    assert_int_equal(t.version, 0);
    assert_int_equal(t.lookup_count, 1);
    assert_int_equal(t.lookups[0].writable_indexes.data[0], 7);
    assert_int_equal(t.lookups[0].readonly_indexes.data[0], 9);
    assert_true(transaction_is_writable(&t, 2));
    assert_false(transaction_is_writable(&t, 3));
    assert_false(transaction_is_signer(&t, 2));

    /* A lookup that loads nothing, and one index too few for account 3. */
    wire.data[lookups + 33] = 0;
    wire.size -= 1;
    wire.data[lookups + 34] = 1;
    wire.data[lookups + 35] = 1;
    assert_int_equal(transaction_parse(buffer_view(&wire), &arena, &t),
                     ERR_RANGE);
    wire.size -= 1;
    wire.data[lookups + 34] = 0;
    assert_int_equal(transaction_parse(buffer_view(&wire), &arena, &t),
                     ERR_RANGE);
    buffer_free(&wire);
}

static void test_compact_u16_takes_the_shortest_form_only(void **unused)
{
    for (uint32_t value = 0; value <= UINT16_MAX; value++) {
        struct buffer out = {0};
        uint16_t back;
        compact_u16_write(&out, (uint16_t)value);
        assert_int_equal(out.size, value < 0x80 ? 1 : value < 0x4000 ? 2 : 3);
        struct reader reader = reader_make(buffer_view(&out));
        assert_ok(compact_u16_read(&reader, &back));
        assert_int_equal(back, value);
        assert_int_equal(reader.left.size, 0);
        buffer_free(&out);
    }
    const char *bad[] = {"\x80", "\x80\x00", "\xff\x80\x00", "\xff\xff\x04",
                         "\x80\x80\x80\x01"};
    const size_t sizes[] = {1, 2, 3, 3, 4};
    for (size_t i = 0; i < 5; i++) {
        uint16_t value;
        struct reader reader = reader_make(bytes_make(bad[i], sizes[i]));
        assert_int_equal(compact_u16_read(&reader, &value), ERR_INVALID);
        assert_int_equal(reader.left.size, sizes[i]);
    }
}

static void test_random_damage_never_parses_wrongly(void **unused)
{
    struct keypair from = fixture_key(1), to = fixture_key(2);
    struct hash blockhash = fixture_hash(3);
    struct random random = random_make(7);
    uint8_t wire[TRANSACTION_SIZE_MAX];
    size_t size = write_by_hand(&from, &to.pubkey, &blockhash, wire);
    for (int round = 0; round < 20000; round++) {
        uint8_t copy[TRANSACTION_SIZE_MAX];
        struct transaction t;
        memcpy(copy, wire, size);
        for (int i = 0; i < 3; i++)
            copy[random_below(&random, size)] = (uint8_t)random_u64(&random);
        if (transaction_parse(bytes_make(copy, size), &arena, &t))
            continue;
        assert_true(t.required_signatures <= t.key_count);
        for (size_t i = 0; i < t.instruction_count; i++)
            for (size_t k = 0; k < t.instructions[i].accounts.size; k++)
                assert_true(t.instructions[i].accounts.data[k] <
                            t.key_count + t.lookup_writable_count +
                                t.lookup_readonly_count);
        arena_reset(&arena);
    }
}

static int start(void **state)
{
    crypto_init();
    return 0;
}

static int end(void **state)
{
    arena_free(&arena);
    return 0;
}

/* Of a memo with this text. */
static struct hash memo_hash(struct bytes text, struct bytes *message)
{
    struct keypair from = fixture_key(1);
    const struct keypair *signer = &from;
    struct hash hash, blockhash = fixture_hash(1);
    struct transaction transaction;
    struct buffer wire = {0};
    const struct instruction memo = {MEMO_PROGRAM_ID, NULL, 0, text};
    assert_ok(transaction_make(&signer, 1, &memo, 1, &blockhash, &wire));
    assert_ok(transaction_parse(arena_bytes(&arena, buffer_view(&wire)), &arena,
                                &transaction));
    transaction_message_hash(&transaction, &hash);
    *message = transaction.message;
    buffer_free(&wire);
    return hash;
}

static void test_message_hash_takes_padding_as_a_number(void **unused)
{
    struct hash hashes[200], expected;
    struct bytes message;
    char text[100];
    size_t count = 0;
    memset(text, ' ', sizeof(text));
    hashes[count++] = memo_hash(bytes_text("plain"), &message);
    hash_blake2b_256(message, &expected);
    assert_true(hash_equal(&hashes[0], &expected));
    hashes[count++] = memo_hash(bytes_make(text, 90), &message);
    struct buffer rest = {0};
    buffer_u8(&rest, 0);
    buffer_u16le(&rest, (uint16_t)(message.size - 90));
    buffer_u16le(&rest, 90);
    buffer_u8(&rest, ' ');
    buffer_append(&rest, message.data, message.size - 90);
    hash_blake2b_256(buffer_view(&rest), &expected);
    assert_true(hash_equal(&hashes[1], &expected));
    buffer_free(&rest);
    /* Whatever changes, the hash does. */
    for (size_t size = 20; size < 90; size++)
        hashes[count++] = memo_hash(bytes_make(text, size), &message);
    for (size_t i = 0; i < 90; i++) {
        text[i] = '-';
        hashes[count++] = memo_hash(bytes_make(text, 90), &message);
        text[i] = ' ';
    }
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            assert_false(hash_equal(&hashes[i], &hashes[k]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message_hash_takes_padding_as_a_number),
        cmocka_unit_test(test_built_bytes_are_solanas),
        cmocka_unit_test(test_changed_bit_fails_verification),
        cmocka_unit_test(test_keys_are_ordered_by_what_they_may),
        cmocka_unit_test(test_too_large_transaction_is_not_built),
        cmocka_unit_test(test_too_many_keys_are_refused_and_not_wrapped),
        cmocka_unit_test(test_malformed_transactions_are_refused),
        cmocka_unit_test(test_version_0_reads_its_lookups),
        cmocka_unit_test(test_compact_u16_takes_the_shortest_form_only),
        cmocka_unit_test(test_random_damage_never_parses_wrongly),
    };
    return cmocka_run_group_tests(tests, start, end);
}
