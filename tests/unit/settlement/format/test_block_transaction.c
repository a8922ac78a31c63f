#include "test.h"

#include "base/error.h"
#include "base/random.h"
#include "settlement/format/account.h"
#include "settlement/format/block_transaction.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/transaction.h"
#include "settlement/format/well_known.h"
#include "settlement/key_fixture.h"

static struct arena arena;

/* A transaction of one memo, whose text is the data: the message's last bytes.
 */
static struct bytes make_wire(struct bytes data)
{
    struct keypair from = fixture_key(1);
    const struct keypair *signer = &from;
    struct hash blockhash = fixture_hash(1);
    struct instruction memo = {MEMO_PROGRAM_ID, NULL, 0, data};
    struct buffer wire = {0};
    assert_ok(transaction_make(&signer, 1, &memo, 1, &blockhash, &wire));
    struct bytes bytes = arena_bytes(&arena, buffer_view(&wire));
    buffer_free(&wire);
    return bytes;
}

/* Write and read again; returns the size of the encoding. */
static size_t round_trip(struct bytes wire)
{
    struct buffer out = {0};
    struct bytes back;
    buffer_text(&out, "before");
    block_transaction_write(wire, &out);
    buffer_text(&out, "behind");
    struct reader reader = reader_make(bytes_make(out.data + 6, out.size - 6));
    assert_ok(block_transaction_read(&reader, &arena, &back));
    assert_true(bytes_equal(back, wire));
    assert_true(bytes_equal(reader.left, bytes_text("behind")));
    size_t size = out.size - 12;
    buffer_free(&out);
    return size;
}

/* The status of reading this encoding. */
static int read_encoding(struct buffer *encoding)
{
    struct reader reader = reader_make(buffer_view(encoding));
    struct bytes back;
    int status = block_transaction_read(&reader, &arena, &back);
    buffer_free(encoding);
    return status;
}

static void write_run(struct buffer *out, size_t size, size_t at,
                      size_t run_size, char byte)
{
    buffer_u16le(out, (uint16_t)(BLOCK_TRANSACTION_RUN | size));
    buffer_u16le(out, (uint16_t)at);
    buffer_u16le(out, (uint16_t)run_size);
    buffer_u8(out, (uint8_t)byte);
}

static void test_padding_is_left_out_wherever_it_stands(void **unused)
{
    char text[600];
    for (size_t before = 0; before < 20; before++)
        for (size_t padding = 24; padding < 60; padding++) {
            for (size_t i = 0; i < sizeof(text); i++)
                text[i] = (char)('a' + i % 20);
            memset(text + before, ' ', padding);
            struct bytes wire = make_wire(bytes_make(text, 100));
            size_t saved = padding < 32 ? 0 : padding - 5;
            assert_int_equal(round_trip(wire), 2 + wire.size - saved);
            arena_reset(&arena);
        }
    memset(text, ' ', sizeof(text));
    struct bytes wire = make_wire(bytes_make(text, sizeof(text)));
    assert_int_equal(round_trip(wire), 2 + wire.size - sizeof(text) + 5);
    /* The longest of several, the first of equals. */
    memset(text + 100, '-', 40);
    memset(text + 300, '-', 50);
    memset(text + 500, '-', 60);
    wire = make_wire(bytes_make(text, sizeof(text)));
    assert_int_equal(round_trip(wire), 2 + wire.size - 160 + 5);
}

static void test_keys_are_not_touched(void **unused)
{
    struct keypair from = fixture_key(1);
    const struct keypair *signer = &from;
    struct pubkey zeros = {{1}};
    struct hash blockhash = fixture_hash(1);
    struct buffer data = {0}, wire = {0}, out = {0};
    system_transfer_data(7, &data);
    const struct account_meta accounts[] = {{from.pubkey, true, true},
                                            {zeros, false, true}};
    const struct instruction transfer = {SYSTEM_PROGRAM_ID, accounts, 2,
                                         buffer_view(&data)};
    assert_ok(transaction_make(&signer, 1, &transfer, 1, &blockhash, &wire));
    /* 31 zeros, then 32. */
    assert_int_equal(round_trip(buffer_view(&wire)), wire.size + 2);
    block_transaction_write(buffer_view(&wire), &out);
    assert_memory_equal(block_transaction_begin(out.data), wire.data,
                        wire.size);
    struct bytes padded = make_wire(bytes_text(
        "                                                               "));
    buffer_clear(&out);
    block_transaction_write(padded, &out);
    assert_true(out.size < padded.size);
    assert_memory_equal(block_transaction_begin(out.data), padded.data,
                        1 + 64 + 3 + 1 + 2 * 32);
    buffer_free(&data);
    buffer_free(&wire);
    buffer_free(&out);
}

static void test_every_transaction_has_one_encoding(void **unused)
{
    char text[100];
    memset(text, ' ', sizeof(text));
    struct bytes wire = make_wire(bytes_make(text, sizeof(text)));
    size_t at = wire.size - sizeof(text);
    struct buffer out = {0};
    buffer_u16le(&out, (uint16_t)wire.size);
    buffer_bytes(&out, wire);
    assert_int_equal(read_encoding(&out), ERR_INVALID); /* not left out */
    write_run(&out, wire.size, at, sizeof(text), ' ');
    buffer_append(&out, wire.data, at);
    assert_int_equal(read_encoding(&out), 0);
    for (size_t less = 1; less <= sizeof(text); less++) {
        write_run(&out, wire.size, at, sizeof(text) - less, ' ');
        buffer_append(&out, wire.data, at + less);
        assert_int_equal(read_encoding(&out), ERR_INVALID);
        write_run(&out, wire.size, at + less, sizeof(text) - less, ' ');
        buffer_append(&out, wire.data, at + less);
        assert_int_equal(read_encoding(&out), ERR_INVALID);
    }
    /* An empty run, though nothing is to be left out. */
    wire = make_wire(bytes_text("plain"));
    write_run(&out, wire.size, 0, 0, 0);
    buffer_bytes(&out, wire);
    assert_int_equal(read_encoding(&out), ERR_INVALID);
}

static void test_what_does_not_fit_is_refused(void **unused)
{
    struct buffer out = {0};
    uint8_t zeros[TRANSACTION_SIZE_MAX + 1] = {0};
    buffer_u16le(&out, TRANSACTION_SIZE_MAX + 1);
    buffer_append(&out, zeros, sizeof(zeros));
    assert_int_equal(read_encoding(&out), ERR_LIMIT);
    write_run(&out, 300, 100, 201, 0);
    buffer_append(&out, zeros, 99);
    assert_int_equal(read_encoding(&out), ERR_INVALID);
    write_run(&out, 300, 301, 0, 0);
    buffer_append(&out, zeros, 300);
    assert_int_equal(read_encoding(&out), ERR_INVALID);
    write_run(&out, 300, 200, 100, 0);
    buffer_append(&out, zeros, 199); /* one too few */
    assert_int_equal(read_encoding(&out), ERR_INVALID);
    write_run(&out, 300, 200, 100, 0);
    out.size--;
    assert_int_equal(read_encoding(&out), ERR_INVALID);
    assert_int_equal(read_encoding(&out), ERR_INVALID); /* of nothing */
}

/* Whether it is a transaction or not. */
static void test_any_bytes_come_back(void **unused)
{
    struct random random = random_make(7);
    for (int i = 0; i < 20000; i++) {
        uint8_t wire[TRANSACTION_SIZE_MAX];
        size_t size = random_below(&random, sizeof(wire) + 1);
        for (size_t at = 0; at < size;) {
            size_t run = 1 + random_below(&random, 80);
            uint8_t byte = (uint8_t)random_below(&random, 3);
            for (; run > 0 && at < size; run--)
                wire[at++] = byte;
        }
        /* With few signatures and keys some bytes are left after them. */
        if (size > 70) {
            wire[0] = (uint8_t)random_below(&random, 2);
            wire[1 + wire[0] * 64 + 3] = (uint8_t)random_below(&random, 3);
        }
        round_trip(bytes_make(wire, size));
        arena_reset(&arena);
    }
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
        cmocka_unit_test(test_padding_is_left_out_wherever_it_stands),
        cmocka_unit_test(test_keys_are_not_touched),
        cmocka_unit_test(test_every_transaction_has_one_encoding),
        cmocka_unit_test(test_what_does_not_fit_is_refused),
        cmocka_unit_test(test_any_bytes_come_back),
    };
    return cmocka_run_group_tests(tests, start_all, end_all);
}
