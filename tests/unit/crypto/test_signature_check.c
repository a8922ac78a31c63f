#include "vectors.h"

#include "base/memory.h"
#include "crypto/signature_check.h"
#include "crypto/signature_lanes.h"
#include <sodium.h>

#define CHECKS_MAX 600

/* Signatures with the verdict each of them should get. */
struct cases {
    struct pubkey pubkeys[CHECKS_MAX];
    struct signature signatures[CHECKS_MAX];
    struct buffer messages[CHECKS_MAX];
    bool expected[CHECKS_MAX];
    size_t count;
};

static struct cases *cases_new(void)
{
    return mem_zero(1, sizeof(struct cases));
}

static void cases_free(struct cases *cases)
{
    for (size_t i = 0; i < cases->count; i++)
        buffer_free(&cases->messages[i]);
    free(cases);
}

static void add(struct cases *cases, const struct pubkey *pubkey,
                struct bytes message, const struct signature *signature,
                bool expected)
{
    size_t i = cases->count++;
    assert_true(i < CHECKS_MAX);
    cases->pubkeys[i] = *pubkey;
    cases->signatures[i] = *signature;
    buffer_bytes(&cases->messages[i], message);
    cases->expected[i] = expected;
}

/* key_verify() says whether the case is good. */
static bool add_unknown(struct cases *cases, const struct pubkey *pubkey,
                        struct bytes message, const struct signature *signature)
{
    bool expected = key_verify(pubkey, message, signature);
    add(cases, pubkey, message, signature, expected);
    return expected;
}

/* All implementations of this machine, in batches of this size. */
static void expect_verdicts(const struct cases *cases, size_t batch)
{
    struct signature_check checks[CHECKS_MAX];
    bool is_good[CHECKS_MAX];
    const struct signature_lanes *lanes;
    for (size_t i = 0; i < cases->count; i++)
        checks[i] = (struct signature_check){
            .pubkey = &cases->pubkeys[i],
            .signature = &cases->signatures[i],
            .message = buffer_view(&cases->messages[i])};
    for (unsigned n = 0; n == 0 || signature_lanes_nth(n - 1); n++) {
        lanes = signature_lanes_nth(n);
        for (size_t at = 0; at < cases->count; at += batch) {
            size_t left = cases->count - at;
            signature_check_with(lanes, checks + at,
                                 left < batch ? left : batch, is_good + at);
        }
        for (size_t i = 0; i < cases->count; i++)
            if (is_good[i] != cases->expected[i])
                fail_msg("%s, batches of %zu: signature %zu is said to be %s",
                         lanes ? lanes->name : "one by one", batch, i,
                         is_good[i] ? "good" : "wrong");
    }
}

static void expect_verdicts_in_all_batches(const struct cases *cases)
{
    static const size_t batches[] = {1, 3, 8, 61, 64, CHECKS_MAX};
    for (size_t i = 0; i < sizeof(batches) / sizeof(*batches); i++)
        expect_verdicts(cases, batches[i]);
}

static void test_wycheproof_verdicts_in_company(void **state)
{
    struct cases *cases = cases_new();
    struct json_object *file = vectors_load("wycheproof_ed25519_test.json");
    struct json_object *groups, *key, *tests;
    assert_ok(json_get_array(file, "testGroups", &groups));
    for (size_t g = 0; g < json_object_array_length(groups); g++) {
        struct json_object *group = json_object_array_get_idx(groups, g);
        assert_ok(json_get_object(group, "publicKey", &key));
        assert_ok(json_get_array(group, "tests", &tests));
        struct buffer pubkey = vectors_field(key, "pk");
        for (size_t t = 0; t < json_object_array_length(tests); t++) {
            struct json_object *test = json_object_array_get_idx(tests, t);
            struct buffer message = vectors_field(test, "msg");
            struct buffer signature = vectors_field(test, "sig");
            if (signature.size == 64)
                add(cases, (struct pubkey *)pubkey.data, buffer_view(&message),
                    (struct signature *)signature.data,
                    !strcmp(vectors_text(test, "result"), "valid"));
            buffer_free(&message);
            buffer_free(&signature);
        }
        buffer_free(&pubkey);
    }
    json_object_put(file);
    assert_in_range(cases->count, 130, 151);
    expect_verdicts_in_all_batches(cases);
    cases_free(cases);
}

static void test_any_changed_bit_is_found(void **state)
{
    struct cases *cases = cases_new();
    struct keypair keypair;
    struct signature signature;
    uint8_t message[1233]; /* a packet's size, and 0 */
    keypair_generate(&keypair);
    for (size_t i = 0; i < CHECKS_MAX; i++) {
        struct bytes bytes = bytes_make(message, i * 37 % sizeof(message));
        randombytes_buf(message, sizeof(message));
        key_sign(&keypair, bytes, &signature);
        if (i < 512)
            signature.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
        add(cases, &keypair.pubkey, bytes, &signature, i >= 512);
    }
    expect_verdicts(cases, 64);
    cases_free(cases);
}

/* Points of small order, in every form, as A and as R, with S chosen so that
 * the equation itself often holds. */
static void test_points_of_small_order_as_alone(void **state)
{
    static const char *const points[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    struct cases *cases = cases_new();
    const size_t count = sizeof(points) / sizeof(*points);
    for (size_t i = 0; i < 4 * count * count; i++) {
        struct buffer a = vectors_hex(points[i / 4 / count]);
        struct buffer r = vectors_hex(points[i / 4 % count]);
        struct signature signature = {{0}};
        a.data[31] |= (uint8_t)(i % 2 << 7);
        r.data[31] |= (uint8_t)(i / 2 % 2 << 7);
        memcpy(signature.bytes, r.data, 32);
        add_unknown(cases, (struct pubkey *)a.data, bytes_text("m"),
                    &signature);
        buffer_free(&a);
        buffer_free(&r);
    }
    expect_verdicts_in_all_batches(cases);
    cases_free(cases);
}

/* A signature by someone who knows the secret, with points of order 8 added to
 * A and R: with a cofactor all of them would hold, without only some. */
static void sign_with_torsion(const struct keypair *keypair, unsigned of_a,
                              unsigned of_r, struct bytes message,
                              struct pubkey *pubkey,
                              struct signature *signature)
{
    struct buffer order_8 = vectors_hex(
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
    uint8_t secret[64], wide[64], r[32], h[32], product[32];
    crypto_hash_sha512_state state;
    crypto_hash_sha512(secret, keypair->secret, 32);
    secret[0] &= 0xf8;
    secret[31] = (secret[31] & 0x7f) | 0x40;
    memset(secret + 32, 0, 32);
    crypto_core_ed25519_scalar_reduce(secret, secret);
    randombytes_buf(wide, sizeof(wide));
    crypto_core_ed25519_scalar_reduce(r, wide);
    *pubkey = keypair->pubkey;
    crypto_scalarmult_ed25519_base_noclamp(signature->bytes, r);
    for (unsigned i = 0; i < of_a; i++)
        crypto_core_ed25519_add(pubkey->bytes, pubkey->bytes, order_8.data);
    for (unsigned i = 0; i < of_r; i++)
        crypto_core_ed25519_add(signature->bytes, signature->bytes,
                                order_8.data);
    crypto_hash_sha512_init(&state);
    crypto_hash_sha512_update(&state, signature->bytes, 32);
    crypto_hash_sha512_update(&state, pubkey->bytes, 32);
    crypto_hash_sha512_update(&state, message.data, message.size);
    crypto_hash_sha512_final(&state, wide);
    crypto_core_ed25519_scalar_reduce(h, wide);
    crypto_core_ed25519_scalar_mul(product, h, secret);
    crypto_core_ed25519_scalar_add(signature->bytes + 32, product, r);
    buffer_free(&order_8);
}

static void test_points_of_mixed_order_as_alone(void **state)
{
    struct cases *cases = cases_new();
    struct keypair keypair;
    size_t good = 0, wrong = 0;
    for (unsigned i = 0; i < 512; i++) {
        uint8_t message[8];
        struct bytes bytes = bytes_make(message, sizeof(message));
        struct pubkey pubkey;
        struct signature signature;
        keypair_generate(&keypair);
        randombytes_buf(message, sizeof(message));
        sign_with_torsion(&keypair, i % 8, i / 8 % 8, bytes, &pubkey,
                          &signature);
        if (add_unknown(cases, &pubkey, bytes, &signature))
            good += i % 8 != 0;
        else
            wrong++;
    }
    /* One in eight holds by chance: the equation has no cofactor. */
    assert_in_range(good, 10, 150);
    assert_in_range(wrong, 300, 502);
    expect_verdicts_in_all_batches(cases);
    cases_free(cases);
}

/* Keys that are no points, and forms of numbers that are not the only ones. */
static void test_bytes_that_are_no_points_as_alone(void **state)
{
    struct cases *cases = cases_new();
    struct keypair keypair;
    struct signature signature;
    keypair_generate(&keypair);
    for (unsigned i = 0; i < CHECKS_MAX; i++) {
        struct pubkey pubkey = keypair.pubkey;
        key_sign(&keypair, bytes_text("message"), &signature);
        if (i % 3 == 0)
            randombytes_buf(pubkey.bytes, 32);
        if (i % 3 == 1)
            randombytes_buf(signature.bytes, 32);
        if (i % 9 == 2)
            memset(pubkey.bytes + 1, 0xff, 31);
        if (i % 9 == 5)
            memset(signature.bytes + 1, 0xff, 31);
        if (i % 9 == 8)
            signature.bytes[63] |= 0x10;
        add_unknown(cases, &pubkey, bytes_text("message"), &signature);
    }
    expect_verdicts(cases, 64);
    cases_free(cases);
}

static void test_nothing_to_check(void **state)
{
    signature_check_all(NULL, 0, NULL);
}

int main(void)
{
    crypto_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wycheproof_verdicts_in_company),
        cmocka_unit_test(test_any_changed_bit_is_found),
        cmocka_unit_test(test_points_of_small_order_as_alone),
        cmocka_unit_test(test_points_of_mixed_order_as_alone),
        cmocka_unit_test(test_bytes_that_are_no_points_as_alone),
        cmocka_unit_test(test_nothing_to_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
