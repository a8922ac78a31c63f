#include "vectors.h"

#include "crypto/key.h"

/* RFC 8032, section 7.1: secret key, public key, message, signature. The test
 * of 1023 bytes is left to Wycheproof's longer ones. */
static const char *const rfc8032[][4] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb88215"
     "90a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e4"
     "3e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b53"
     "8d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a"
     "274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9"
     "ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"},
};

static void test_rfc8032_vectors_sign_and_verify(void **state)
{
    for (size_t i = 0; i < sizeof(rfc8032) / sizeof(*rfc8032); i++) {
        struct buffer seed = vectors_hex(rfc8032[i][0]);
        struct buffer message = vectors_hex(rfc8032[i][2]);
        struct keypair keypair;
        struct signature signature;
        keypair_from_seed(seed.data, &keypair);
        assert_hex(keypair.pubkey.bytes, 32, rfc8032[i][1]);
        key_sign(&keypair, buffer_view(&message), &signature);
        assert_hex(signature.bytes, 64, rfc8032[i][3]);
        assert_true(
            key_verify(&keypair.pubkey, buffer_view(&message), &signature));
        buffer_free(&seed);
        buffer_free(&message);
    }
}

static void test_wycheproof_verdicts(void **state)
{
    struct json_object *file = vectors_load("wycheproof_ed25519_test.json");
    struct json_object *groups, *key, *tests;
    size_t count = 0;
    assert_ok(json_get_array(file, "testGroups", &groups));
    for (size_t g = 0; g < json_object_array_length(groups); g++) {
        struct json_object *group = json_object_array_get_idx(groups, g);
        assert_ok(json_get_object(group, "publicKey", &key));
        assert_ok(json_get_array(group, "tests", &tests));
        struct buffer pubkey = vectors_field(key, "pk");
        assert_int_equal(pubkey.size, 32);
        for (size_t t = 0; t < json_object_array_length(tests); t++) {
            struct json_object *test = json_object_array_get_idx(tests, t);
            struct buffer message = vectors_field(test, "msg");
            struct buffer signature = vectors_field(test, "sig");
            /* The type has 64 bytes: another size does not get this far. */
            bool valid =
                signature.size == 64 &&
                key_verify((struct pubkey *)pubkey.data, buffer_view(&message),
                           (struct signature *)signature.data);
            bool expected = !strcmp(vectors_text(test, "result"), "valid");
            if (valid != expected)
                fail_msg("tcId %d", json_object_get_int(
                                        json_object_object_get(test, "tcId")));
            buffer_free(&message);
            buffer_free(&signature);
            count++;
        }
        buffer_free(&pubkey);
    }
    assert_int_equal(count, 151);
    json_object_put(file);
}

static void test_key_of_small_order_verifies_nothing(void **state)
{
    /* With the point of order 1 as key, R = B and S = 1 satisfy the equation
     * for every message; libsodium refuses such keys. */
    struct pubkey neutral = {{1}};
    struct signature signature = {{0}};
    struct buffer base = vectors_hex(
        "5866666666666666666666666666666666666666666666666666666666666666");
    memcpy(signature.bytes, base.data, 32);
    signature.bytes[32] = 1;
    assert_false(key_verify(&neutral, bytes_text("anything"), &signature));
    buffer_free(&base);
}

static void test_changed_message_key_or_signature_is_refused(void **state)
{
    struct keypair keypair, other;
    struct signature signature;
    uint8_t message[100] = {7};
    keypair_generate(&keypair);
    keypair_generate(&other);
    assert_false(pubkey_equal(&keypair.pubkey, &other.pubkey));
    struct bytes bytes = bytes_make(message, sizeof(message));
    key_sign(&keypair, bytes, &signature);
    assert_true(key_verify(&keypair.pubkey, bytes, &signature));
    assert_false(key_verify(&other.pubkey, bytes, &signature));
    for (int bit = 0; bit < 512; bit++) {
        signature.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(key_verify(&keypair.pubkey, bytes, &signature));
        signature.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    message[50] ^= 1;
    assert_false(key_verify(&keypair.pubkey, bytes, &signature));
}

static void test_secret_with_another_public_half_is_refused(void **state)
{
    struct keypair keypair, copy;
    keypair_generate(&keypair);
    assert_ok(keypair_from_secret(keypair.secret, &copy));
    assert_memory_equal(&copy, &keypair, sizeof(copy));
    keypair.secret[40] ^= 1;
    assert_int_equal(keypair_from_secret(keypair.secret, &copy), ERR_INVALID);
    keypair_wipe(&copy);
    struct keypair zero = {0};
    assert_memory_equal(&copy, &zero, sizeof(copy));
}

static void test_text_forms_come_back(void **state)
{
    struct pubkey pubkey = {{0}}, parsed;
    struct hash hash;
    struct signature signature;
    assert_string_equal(PUBKEY_TEXT(&pubkey),
                        "11111111111111111111111111111111");
    for (int i = 0; i < 32; i++)
        pubkey.bytes[i] = (uint8_t)(i * 9 + 1);
    const char *text = PUBKEY_TEXT(&pubkey);
    assert_ok(pubkey_parse(bytes_text(text), &parsed));
    assert_true(pubkey_equal(&pubkey, &parsed));
    assert_ok(hash_parse(bytes_text(text), &hash));
    assert_string_equal(HASH_TEXT(&hash), text);
    assert_int_equal(signature_parse(bytes_text(text), &signature),
                     ERR_INVALID);
    assert_int_equal(pubkey_parse(bytes_text(text + 1), &parsed), ERR_INVALID);
    assert_int_equal(pubkey_parse(bytes_text("0OIl"), &parsed), ERR_INVALID);
    assert_int_equal(pubkey_parse(bytes_text(""), &parsed), ERR_INVALID);
}

static void test_points_are_distinguished_from_other_bytes(void **state)
{
    struct keypair keypair;
    struct pubkey two = {{2}}, torsion;
    for (int i = 0; i < 20; i++) {
        keypair_generate(&keypair);
        assert_true(pubkey_is_on_curve(&keypair.pubkey));
    }
    /* y = 2: 3/(4d + 1) has no square root. */
    assert_false(pubkey_is_on_curve(&two));
    /* A point of order 8 is a point, though no key. */
    struct buffer bytes = vectors_hex(
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
    memcpy(torsion.bytes, bytes.data, 32);
    assert_true(pubkey_is_on_curve(&torsion));
    buffer_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc8032_vectors_sign_and_verify),
        cmocka_unit_test(test_wycheproof_verdicts),
        cmocka_unit_test(test_key_of_small_order_verifies_nothing),
        cmocka_unit_test(test_changed_message_key_or_signature_is_refused),
        cmocka_unit_test(test_secret_with_another_public_half_is_refused),
        cmocka_unit_test(test_text_forms_come_back),
        cmocka_unit_test(test_points_are_distinguished_from_other_bytes),
    };
    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
