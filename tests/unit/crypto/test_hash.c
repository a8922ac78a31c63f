#include "vectors.h"

#include "crypto/hash.h"

/* RFC 6234, section 8.5 (TEST1 to TEST4 of SHA-256): text, repetitions,
 * digest. */
static const struct {
    const char *text;
    unsigned repeat;
    const char *digest;
} rfc6234[] = {
    {"abc", 1,
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"a", 1000000,
     "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    {"0123456701234567012345670123456701234567012345670123456701234567", 10,
     "594847328451bdfa85056225462cc1d867d877fb388df0ce35f25ab5562bfbb5"},
};

static void test_rfc6234_vectors(void **state)
{
    for (size_t i = 0; i < sizeof(rfc6234) / sizeof(*rfc6234); i++) {
        struct buffer text = {0};
        struct hash hash;
        for (unsigned n = 0; n < rfc6234[i].repeat; n++)
            buffer_text(&text, rfc6234[i].text);
        hash_sha256(buffer_view(&text), &hash);
        assert_hex(hash.bytes, 32, rfc6234[i].digest);
        buffer_free(&text);
    }
}

static void test_pieces_give_the_hash_of_the_whole(void **state)
{
    uint8_t data[300];
    struct hash whole, pieces;
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 7);
    for (size_t size = 0; size <= sizeof(data); size++) {
        hash_sha256(bytes_make(data, size), &whole);
        for (size_t step = 1; step < 140; step += 23) {
            struct sha256 sha256;
            sha256_init(&sha256);
            for (size_t at = 0; at < size; at += step)
                sha256_update(
                    &sha256,
                    bytes_make(data + at, size - at < step ? size - at : step));
            sha256_final(&sha256, &pieces);
            assert_true(hash_equal(&whole, &pieces));
        }
        struct bytes two[] = {bytes_make(data, size / 3),
                              bytes_make(data + size / 3, size - size / 3)};
        hash_sha256_pieces(two, 2, &pieces);
        assert_true(hash_equal(&whole, &pieces));
    }
}

static void test_long_input_counts_its_bits(void **state)
{
    /* 2^29 bytes are 2^32 bits: the length's upper word is used. The digest is
     * that of `head -c 536870912 /dev/zero | sha256sum`. */
    static uint8_t block[1 << 20];
    struct sha256 sha256;
    struct hash hash;
    sha256_init(&sha256);
    for (int i = 0; i < 512; i++)
        sha256_update(&sha256, bytes_make(block, sizeof(block)));
    sha256_final(&sha256, &hash);
    assert_hex(
        hash.bytes, 32,
        "9acca8e8c22201155389f65abbf6bc9723edc7384ead80503839f49dcc56d767");
}

static void test_other_digests_of_abc(void **state)
{
    /* FIPS 180-4's examples, and RFC 7693's algorithm at 32 bytes. */
    uint8_t out[64];
    struct hash hash;
    hash_sha512(bytes_text("abc"), out);
    assert_hex(out, 64,
               "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39"
               "a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca4"
               "9f");
    hash_sha1(bytes_text("abc"), out);
    assert_hex(out, 20, "a9993e364706816aba3e25717850c26c9cd0d89d");
    hash_blake2b_256(bytes_text("abc"), &hash);
    assert_hex(hash.bytes, 32,
               "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d5231"
               "9");
}

static void test_chain_is_repeated_hashing(void **state)
{
    struct hash chained = {{0}}, stepped;
    hash_chain(&chained, 0);
    assert_hex(chained.bytes, 32,
               "00000000000000000000000000000000000000000000000000000000000000"
               "00");
    for (uint64_t count = 1; count < 50; count++) {
        hash_sha256(bytes_text("start"), &stepped);
        chained = stepped;
        for (uint64_t i = 0; i < count; i++)
            hash_sha256(bytes_make(stepped.bytes, 32), &stepped);
        hash_chain(&chained, count);
        assert_true(hash_equal(&chained, &stepped));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc6234_vectors),
        cmocka_unit_test(test_pieces_give_the_hash_of_the_whole),
        cmocka_unit_test(test_long_input_counts_its_bits),
        cmocka_unit_test(test_other_digests_of_abc),
        cmocka_unit_test(test_chain_is_repeated_hashing),
    };
    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
