#include "vectors.h"

#include "crypto/derivation.h"
#include "crypto/mnemonic.h"

static void test_slip10_vectors(void **state)
{
    struct json_object *file = vectors_load("slip0010_ed25519.json");
    size_t count = json_object_array_length(file);
    assert_int_equal(count, 12);
    for (size_t i = 0; i < count; i++) {
        struct json_object *vector = json_object_array_get_idx(file, i);
        struct buffer seed = vectors_field(vector, "seed");
        struct keypair keypair;
        assert_ok(derivation_key(buffer_view(&seed),
                                 vectors_text(vector, "path"), &keypair));
        assert_hex(keypair.secret, 32, vectors_text(vector, "key"));
        buffer_free(&seed);
    }
    json_object_put(file);
}

static void test_wallets_have_the_addresses_of_javascript_ones(void **state)
{
    struct json_object *file = vectors_load("solana_addresses.json");
    struct json_object *wallets, *paths;
    assert_ok(json_get_array(file, "wallet", &wallets));
    assert_true(json_object_array_length(wallets) >= 3);
    for (size_t i = 0; i < json_object_array_length(wallets); i++) {
        struct json_object *wallet = json_object_array_get_idx(wallets, i);
        uint8_t seed[MNEMONIC_SEED_SIZE];
        struct keypair keypair;
        mnemonic_seed(vectors_text(wallet, "mnemonic"),
                      vectors_text(wallet, "passphrase"), seed);
        derivation_keygen(seed, &keypair);
        assert_string_equal(PUBKEY_TEXT(&keypair.pubkey),
                            vectors_text(wallet, "keygen"));
        assert_ok(json_get_object(wallet, "paths", &paths));
        json_object_object_foreach(paths, path, address)
        {
            assert_ok(
                derivation_key(bytes_make(seed, sizeof(seed)), path, &keypair));
            assert_string_equal(PUBKEY_TEXT(&keypair.pubkey),
                                json_object_get_string(address));
        }
        assert_ok(derivation_key(bytes_make(seed, sizeof(seed)),
                                 DERIVATION_STAKING, &keypair));
        assert_string_equal(PUBKEY_TEXT(&keypair.pubkey),
                            vectors_text(paths, "m/44'/501'/99'/0'"));
    }
    json_object_put(file);
}

static void test_other_paths_are_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "44'",
        "m/",
        "m44'",
        "m/44",
        "m/44'/",
        "m/-1'",
        "m/44h",
        "m/2147483648'",
        "m/0'/1",
        "m//0'",
        "m/0'x",
        "M/0'",
        "m/ 0'",
        "m/99999999999999999999'",
        "m/0'/0'/0'/0'/0'/0'/0'/0'/0'/0'/0'/0'/0'/0'/0'/0'/0'",
    };
    uint8_t seed[64] = {1};
    struct keypair keypair;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        int status = derivation_key(bytes_make(seed, 64), wrong[i], &keypair);
        if (status != ERR_INVALID)
            fail_msg("path %s is taken", wrong[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slip10_vectors),
        cmocka_unit_test(test_wallets_have_the_addresses_of_javascript_ones),
        cmocka_unit_test(test_other_paths_are_refused),
    };
    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
