/* What is signed for a task: JSON texts, and nothing that a validator or a
 * node could take for a transaction. */
#include "test.h"

#include "base/base58.h"
#include "base/error.h"
#include "node/money/payload_signing.h"
#include "settlement/format/transaction.h"

static const uint8_t seed[32] = {5};

static int sign(struct bytes payload, struct buffer *signed_bytes)
{
    struct keypair key;
    struct signature signature;
    struct buffer text = {0};
    int status = payload_signing_check(payload);

    if (status)
        return status;
    keypair_from_seed(seed, &key);
    key_sign(&key, payload, &signature);
    payload_signing_text(&signature, payload, &text);
    assert_ok(base58_decode(buffer_view(&text), signed_bytes));
    buffer_free(&text);
    return 0;
}

static void test_a_json_text_is_signed_to_the_byte(void **state)
{
    static const char *const texts[] = {"{\"a\":1.0,\"b\":\"\xe2\x82\xac/\"}",
                                        "[1e21,-0]",
                                        "\"x\"",
                                        "null",
                                        "true",
                                        "-1"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct buffer joined = {0};
        struct keypair key;
        struct signature signature;

        keypair_from_seed(seed, &key);
        assert_ok(sign(bytes_text(texts[i]), &joined));
        assert_int_equal(joined.size, 64 + strlen(texts[i]));
        memcpy(signature.bytes, joined.data, 64);
        assert_memory_equal(joined.data + 64, texts[i], strlen(texts[i]));
        assert_true(key_verify(&key.pubkey, bytes_text(texts[i]), &signature));
        buffer_free(&joined);
    }
}

static void test_what_was_signed_is_read_back(void **state)
{
    struct bytes payload = bytes_text("{\"a\":1}");
    struct buffer text = {0}, found = {0};
    struct keypair key, another;
    struct signature signature;

    keypair_from_seed(seed, &key);
    keypair_generate(&another);
    key_sign(&key, payload, &signature);
    payload_signing_text(&signature, payload, &text);
    assert_ok(payload_signing_open(buffer_view(&text), &key.pubkey, &found));
    assert_true(bytes_equal(buffer_view(&found), payload));
    assert_int_equal(
        payload_signing_open(buffer_view(&text), &another.pubkey, &found),
        ERR_INVALID);
    assert_int_equal(
        payload_signing_open(bytes_make(text.data, 80), &key.pubkey, &found),
        ERR_INVALID);
    assert_int_equal(payload_signing_open(bytes_text("0"), &key.pubkey, &found),
                     ERR_INVALID);
    assert_int_equal(found.size, payload.size);
    buffer_free(&text);
    buffer_free(&found);
}

/* Sixty-four digits are a JSON number, and what is signed for an upload whose
 * hash has no letter in it. */
static void test_the_hash_of_an_upload_is_not_signed(void **state)
{
    char text[66];

    memset(text, '7', 65);
    text[65] = 0;
    assert_ok(payload_signing_check(bytes_make(text, 65)));
    assert_int_equal(payload_signing_check(bytes_make(text, 64)), ERR_DENIED);
    text[3] = 'e';
    text[4] = '0';
    assert_int_equal(payload_signing_check(bytes_make(text, 64)), ERR_DENIED);
    assert_ok(payload_signing_check(bytes_make(text, 63)));
    text[3] = 'E';
    assert_ok(payload_signing_check(bytes_make(text, 64)));
}

/* With one to a dozen signers, which is what fits into a packet. */
static void test_a_transaction_is_not_signed(void **state)
{
    struct keypair key;
    struct instruction instruction = {0};
    struct hash blockhash = {.bytes = {9}};
    struct buffer message = {0}, out = {0};

    keypair_from_seed(seed, &key);
    assert_ok(
        transaction_build(&key.pubkey, &instruction, 1, &blockhash, &message));
    assert_int_equal(sign(buffer_view(&message), &out), ERR_DENIED);
    for (uint8_t signers = 0; signers <= 0x21; signers++) {
        message.data[0] = signers;
        assert_int_equal(sign(buffer_view(&message), &out), ERR_DENIED);
    }
    buffer_free(&message);
}

/* White space in front would be a small number of signatures. */
static void test_only_plain_json_text_is_signed(void **state)
{
    static const char *const texts[] = {
        "",      "\t{}", "\n1", "\r[]",      " 1",
        "{} {",  "abc",  "nul", "\x80\x01",  "{\"a\":\"\xff\"}",
        "// {}", "'a'",  "NaN", "undefined", "+1"};
    struct buffer out = {0};

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        assert_int_equal(sign(bytes_text(texts[i]), &out), ERR_DENIED);
    assert_int_equal(out.size, 0);
}

static void test_what_base58_does_not_take_is_refused(void **state)
{
    struct buffer text = {0}, out = {0};

    buffer_u8(&text, '"');
    for (size_t i = 0; i < BASE58_LIMIT_BYTES; i++)
        buffer_u8(&text, 'a');
    buffer_u8(&text, '"');
    assert_int_equal(sign(buffer_view(&text), &out), ERR_LIMIT);
    buffer_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_json_text_is_signed_to_the_byte),
        cmocka_unit_test(test_what_was_signed_is_read_back),
        cmocka_unit_test(test_a_transaction_is_not_signed),
        cmocka_unit_test(test_the_hash_of_an_upload_is_not_signed),
        cmocka_unit_test(test_only_plain_json_text_is_signed),
        cmocka_unit_test(test_what_base58_does_not_take_is_refused),
    };

    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
