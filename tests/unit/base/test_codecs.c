#include "test.h"

#include "base/base58.h"
#include "base/base64.h"
#include "base/error.h"
#include "base/hex.h"
#include "base/random.h"

typedef void encode_function(struct bytes, struct buffer *);
typedef int decode_function(struct bytes, struct buffer *);

struct known {
    const char *data, *text;
};

static void check_known(const struct known *known, size_t count,
                        encode_function *encode, decode_function *decode)
{
    for (size_t i = 0; i < count; i++) {
        struct buffer text = {0}, data = {0};
        encode(bytes_text(known[i].data), &text);
        assert_string_equal(buffer_string(&text), known[i].text);
        assert_ok(decode(bytes_text(known[i].text), &data));
        assert_string_equal(buffer_string(&data), known[i].data);
        buffer_free(&text);
        buffer_free(&data);
    }
}

static void check_random(encode_function *encode, decode_function *decode)
{
    struct random random = random_make(58);
    for (int i = 0; i < 5000; i++) {
        uint8_t raw[120];
        size_t size = random_below(&random, sizeof(raw));
        for (size_t j = 0; j < size; j++)
            raw[j] =
                random_below(&random, 3) ? (uint8_t)random_u64(&random) : 0;
        struct buffer text = {0}, data = {0};
        encode(bytes_make(raw, size), &text);
        assert_ok(decode(buffer_view(&text), &data));
        assert_true(bytes_equal(buffer_view(&data), bytes_make(raw, size)));
        buffer_free(&text);
        buffer_free(&data);
    }
}

static void check_refused(const char *const *texts, decode_function *decode)
{
    for (; *texts; texts++) {
        struct buffer data = {0};
        assert_int_equal(decode(bytes_text(*texts), &data), ERR_INVALID);
        assert_int_equal(data.size, 0);
        buffer_free(&data);
    }
}

/* RFC 4648, section 10. */
static const struct known base64_known[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

static void test_base64_knows_the_vectors_of_rfc_4648(void **state)
{
    check_known(base64_known, 7, base64_encode, base64_decode);
}

/* draft-msporny-base58, section 5. */
static const struct known base58_known[] = {
    {"Hello World!", "2NEpo7TZRRrLZSi2U"},
    {"The quick brown fox jumps over the lazy dog.",
     "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z"},
    {"", ""},
};

static void test_base58_knows_the_vectors_of_its_draft(void **state)
{
    check_known(base58_known, 3, base58_encode, base58_decode);
    struct buffer text = {0};
    base58_encode(bytes_make("\x00\x00\x28\x7f\xb4\xcd", 6), &text);
    assert_string_equal(buffer_string(&text), "11233QC4");
    buffer_free(&text);
}

static void test_what_is_encoded_comes_back(void **state)
{
    check_random(base64_encode, base64_decode);
    check_random(base58_encode, base58_decode);
    check_random(hex_encode, hex_decode);
}

static void test_malformed_text_is_refused(void **state)
{
    check_refused((const char *[]){"Zg", "Zg=", "Z===", "Zg==Zg==", "Zh==",
                                   "Zm9=", "Zm 9", "Zm9\n", "====", NULL},
                  base64_decode);
    check_refused((const char *[]){"0", "O", "I", "l", "a b", "\xc3\xa4", NULL},
                  base58_decode);
    check_refused((const char *[]){"0", "0g", "zz", " 00 ", NULL}, hex_decode);
}

static void test_base58_text_over_the_limit_is_refused(void **state)
{
    struct buffer text = {0}, data = {0};
    for (int i = 0; i <= BASE58_LIMIT_BYTES; i++)
        buffer_u8(&text, 'z');
    assert_int_equal(base58_decode(buffer_view(&text), &data), ERR_LIMIT);
    buffer_free(&text);
}

static void test_fixed_sizes_are_exact(void **state)
{
    uint8_t key[32] = {0};
    char text[BASE58_KEY_SIZE];
    base58_key(key, text);
    assert_string_equal(text, "11111111111111111111111111111111");
    assert_ok(base58_decode_exact(bytes_text(text), key, sizeof(key)));
    assert_int_equal(
        base58_decode_exact(bytes_text(text + 1), key, sizeof(key)),
        ERR_INVALID);
    memset(key, 0xff, sizeof(key));
    base58_key(key, text);
    assert_int_equal(strlen(text), BASE58_KEY_SIZE - 1);
    uint8_t signature[64];
    char longer[BASE58_SIGNATURE_SIZE];
    memset(signature, 0xff, sizeof(signature));
    base58_signature(signature, longer);
    assert_int_equal(strlen(longer), BASE58_SIGNATURE_SIZE - 1);
}

static void check_key_size(const uint8_t key[32])
{
    char text[BASE58_KEY_SIZE];
    base58_key(key, text);
    assert_int_equal(base58_key_size(key), strlen(text));
}

/* 43 and 44 digits meet at 58^43, whose text is a 2 and 43 zeros (1). */
static void test_size_of_a_key_is_that_of_its_text(void **state)
{
    uint8_t key[32];
    char text[BASE58_KEY_SIZE] = "2";
    memset(text + 1, '1', 43);
    assert_ok(base58_decode_exact(bytes_text(text), key, sizeof(key)));
    check_key_size(key);
    assert_int_equal(base58_key_size(key), 44);
    for (size_t i = 31; key[i]-- == 0; i--) /* less one, with the borrow */
        ;
    check_key_size(key);
    assert_int_equal(base58_key_size(key), 43);
    for (size_t zeros = 0; zeros <= 32; zeros++) {
        memset(key, 0xff, sizeof(key));
        memset(key, 0, zeros);
        check_key_size(key);
        if (zeros < 32) {
            memset(key + zeros, 0, 32 - zeros);
            key[zeros] = 1;
            check_key_size(key);
        }
    }
    for (int i = 0; i < 2000; i++) {
        for (size_t k = 0; k < sizeof(key); k++)
            key[k] = (uint8_t)rand();
        check_key_size(key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64_knows_the_vectors_of_rfc_4648),
        cmocka_unit_test(test_base58_knows_the_vectors_of_its_draft),
        cmocka_unit_test(test_what_is_encoded_comes_back),
        cmocka_unit_test(test_malformed_text_is_refused),
        cmocka_unit_test(test_base58_text_over_the_limit_is_refused),
        cmocka_unit_test(test_fixed_sizes_are_exact),
        cmocka_unit_test(test_size_of_a_key_is_that_of_its_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
