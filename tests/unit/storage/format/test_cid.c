#include "fixture.h"

#include "base/base58.h"
#include "base/hex.h"
#include "storage/format/cid.h"

/* CIDs of "hello world", by multiformats 14 (npm). */
static const struct {
    uint32_t hash;
    enum multibase base;
    const char *text;
} hello[] = {
    {MULTIHASH_SHA2_256, MULTIBASE_BASE32,
     "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"},
    {MULTIHASH_SHA2_256, MULTIBASE_BASE36,
     "k2cwued9o1pvrt3q271rrqbo49x30tbxwpoeaq75z14e5ui2rzygpbe1"},
    {MULTIHASH_SHA2_256, MULTIBASE_BASE58BTC,
     "zb2rhj7crUKTQYRGCRATFaQ6YFLTde2YzdqbbhAASkL9uRDXn"},
    {MULTIHASH_SHA2_256, MULTIBASE_BASE64URL,
     "uAVUSILlNJ7mTTT4IpS5S19p9q_rEhO_jelOA7pCI96zi783p"},
    {MULTIHASH_SHA2_512, MULTIBASE_BASE32,
     "bafkrgqbqt3gerhas23vuzrapkdeqf4vu2dwxp3srdj6hvg6nhsug2tgyn6mj3u23yx7utftq"
     "3i2ckw2fwdh5qmhid5qf3t35yvkc5e5ottlw6"},
    {MULTIHASH_SHA2_512, MULTIBASE_BASE36,
     "kf1siqaer0xfbvuf9vqmiwwkuzgmbd4gsr16fl4s9ptulstqt8pyfn1fxehj9y96k6brezkn3"
     "5xqbngtchiz8j23osgl6gmrom9fynkvj"},
    {MULTIHASH_IDENTITY, MULTIBASE_BASE32, "bafkqac3imvwgy3zao5xxe3de"},
    {MULTIHASH_IDENTITY, MULTIBASE_BASE58BTC, "z3AN4zjWPMkSLmtV5G5cF"},
    {MULTIHASH_IDENTITY, MULTIBASE_BASE64URL, "uAVUAC2hlbGxvIHdvcmxk"},
};

static void test_known_cids_are_computed_and_printed(void **state)
{
    for (size_t i = 0; i < sizeof(hello) / sizeof(hello[0]); i++) {
        struct buffer text = {0};
        struct cid cid;

        assert_ok(cid_of_hash(CID_RAW, hello[i].hash, bytes_text("hello world"),
                              &cid));
        cid_print(&cid, hello[i].base, &text);
        assert_string_equal(buffer_string(&text), hello[i].text);
        buffer_free(&text);
    }
}

static void test_every_base_reads_back_to_the_same_cid(void **state)
{
    for (size_t i = 0; i < sizeof(hello) / sizeof(hello[0]); i++) {
        struct cid cid, parsed;

        assert_ok(cid_of_hash(CID_RAW, hello[i].hash, bytes_text("hello world"),
                              &cid));
        assert_ok(cid_parse(bytes_text(hello[i].text), &parsed));
        assert_true(cid_equal(&cid, &parsed));
    }
}

static void test_version_0_is_its_bare_multihash(void **state)
{
    struct cid cid, parsed;

    cid_of(0, CID_DAG_PB, bytes_text("hello world"), &cid);
    assert_string_equal(CID_TEXT(&cid),
                        "QmaozNR7DZHQK1ZcU9p7QdrshMvXqWK6gpu5rmrkPdT3L4");
    assert_ok(cid_parse(bytes_text(CID_TEXT(&cid)), &parsed));
    assert_true(cid_equal(&cid, &parsed));
}

static void test_codecs_are_kept(void **state)
{
    struct cid cid;

    assert_ok(cid_parse(bytes_text("baguqeeraxfgspomtju7arjjokll5u7nl7lcij37dpj"
                                   "jyb3uqrd32zyxpzxuq"),
                        &cid));
    assert_int_equal(cid.codec, CID_DAG_JSON);
    assert_ok(cid_parse(
        bytes_text("k2jvsla0bqzjgjrr3dt98n2ngojwe4xq6zhl4zx7v1uyn8md2gazp4h5"),
        &cid));
    assert_int_equal(cid.codec, CID_DAG_CBOR);
}

static void test_blake2b_names_its_data(void **state)
{
    struct cid cid;

    assert_ok(
        cid_of_hash(CID_RAW, MULTIHASH_BLAKE2B_256, bytes_text("a"), &cid));
    assert_ok(cid_verify(&cid, bytes_text("a")));
    assert_int_equal(cid_verify(&cid, bytes_text("b")), ERR_CORRUPT);
}

/* Rows "text",base,multibase with '#' before comments. */
static void test_multibase_vectors(void **state)
{
    char line[256], text[64], base[32], encoded[128];
    FILE *file = fopen(VECTORS "/multibase.csv", "r");
    unsigned rows = 0;

    assert_non_null(file);
    while (fgets(line, sizeof(line), file)) {
        struct buffer out = {0}, back = {0};

        if (line[0] == '#')
            continue;
        assert_int_equal(
            sscanf(line, "\"%63[^\"]\",%31[^,],%127s", text, base, encoded), 3);
        multibase_encode((enum multibase)encoded[0], bytes_text(text), &out);
        assert_string_equal(buffer_string(&out), encoded);
        assert_ok(multibase_decode(bytes_text(encoded), &back));
        assert_string_equal(buffer_string(&back), text);
        buffer_free(&out);
        buffer_free(&back);
        rows++;
    }
    fclose(file);
    assert_int_equal(rows, 5);
}

static void test_leading_zeros_survive_every_base(void **state)
{
    static const enum multibase bases[] = {
        MULTIBASE_BASE32, MULTIBASE_BASE32_UPPER, MULTIBASE_BASE36,
        MULTIBASE_BASE58BTC, MULTIBASE_BASE64URL};
    struct random random = random_make(1);

    for (int i = 0; i < 2000; i++) {
        uint8_t data[40];
        size_t size = random_below(&random, sizeof(data) + 1);
        size_t zeros = random_below(&random, size + 1);
        struct buffer text = {0}, back = {0};

        fixture_fill(data, size, (uint64_t)i);
        memset(data, 0, zeros);
        multibase_encode(bases[i % 5], bytes_make(data, size), &text);
        assert_ok(multibase_decode(buffer_view(&text), &back));
        assert_true(bytes_equal(bytes_make(data, size), buffer_view(&back)));
        buffer_free(&text);
        buffer_free(&back);
    }
}

static void refused(const char *text, int status)
{
    struct cid cid;
    int found = cid_parse(bytes_text(text), &cid);

    if (found != status)
        print_error("\"%s\": %d, %s\n", text, found, err_text());
    assert_int_equal(found, status);
}

static void test_broken_texts_are_refused(void **state)
{
    refused("", ERR_INVALID);
    refused("b", ERR_INVALID);
    refused("bafkrei", ERR_INVALID);
    refused("xafkrei", ERR_UNSUPPORTED);
    refused("QmaozNR7DZHQK1ZcU9p7QdrshMvXqWK6gpu5rmrkPdT3L", ERR_UNSUPPORTED);
    refused("QmaozNR7DZHQK1ZcU9p7QdrshMvXqWK6gpu5rmrkPdT3L0", ERR_INVALID);
    /* A version 0 after a prefix, upper case in a lower-case base, a byte too
     * many, bits left over. */
    refused("zQmaozNR7DZHQK1ZcU9p7QdrshMvXqWK6gpu5rmrkPdT3L4", ERR_INVALID);
    refused("bAFKREIFZJUT3TE2NHYEKKLSS27NH3K72YSCO7Y32KOAO5EEI66WOF36N5E",
            ERR_INVALID);
    refused("bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5eaa",
            ERR_INVALID);
    refused("bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5f",
            ERR_INVALID);
}

static int decode_hex(const char *hex)
{
    struct buffer binary = {0};
    struct cid cid;
    int status;

    assert_ok(hex_decode(bytes_text(hex), &binary));
    status = cid_decode(buffer_view(&binary), &cid);
    buffer_free(&binary);
    return status;
}

static void test_broken_binaries_are_refused(void **state)
{
    assert_int_equal(decode_hex("015500"), ERR_INVALID); /* no size */
    assert_int_equal(decode_hex("01550000"), 0);         /* bafkqaaa */
    assert_int_equal(decode_hex("0155000000"), ERR_INVALID);
    assert_int_equal(decode_hex("0255000000"), ERR_UNSUPPORTED);
    assert_int_equal(decode_hex("01551100"), ERR_UNSUPPORTED); /* sha1 */
    /* A digest cut short, by its size and by the end. */
    assert_int_equal(decode_hex("015512020102"), ERR_UNSUPPORTED);
    assert_int_equal(decode_hex("015512200102"), ERR_INVALID);
    /* Varints that are not minimal or too long. */
    assert_int_equal(decode_hex("0155800000"), ERR_INVALID);
    assert_int_equal(decode_hex("01ffffffffffffffffff0100"), ERR_INVALID);
}

static void test_identity_limit_is_named(void **state)
{
    uint8_t data[MULTIHASH_DIGEST_MAX + 1] = {0};
    struct cid cid;

    assert_ok(cid_of_hash(CID_RAW, MULTIHASH_IDENTITY,
                          bytes_make(data, MULTIHASH_DIGEST_MAX), &cid));
    assert_true(strlen(CID_TEXT(&cid)) < CID_TEXT_SIZE);
    assert_int_equal(cid_of_hash(CID_RAW, MULTIHASH_IDENTITY,
                                 bytes_make(data, sizeof(data)), &cid),
                     ERR_LIMIT);
    assert_non_null(strstr(err_text(), "128"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_cids_are_computed_and_printed),
        cmocka_unit_test(test_every_base_reads_back_to_the_same_cid),
        cmocka_unit_test(test_version_0_is_its_bare_multihash),
        cmocka_unit_test(test_codecs_are_kept),
        cmocka_unit_test(test_blake2b_names_its_data),
        cmocka_unit_test(test_multibase_vectors),
        cmocka_unit_test(test_leading_zeros_survive_every_base),
        cmocka_unit_test(test_broken_texts_are_refused),
        cmocka_unit_test(test_broken_binaries_are_refused),
        cmocka_unit_test(test_identity_limit_is_named),
    };

    fixture_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
