#include "vectors.h"

#include "base/json.h"
#include "crypto/sealed_key.h"

#define PASSPHRASE "correct horse"

static struct buffer make(struct keypair *keypair)
{
    struct seal seal = {.passphrase = bytes_text(PASSPHRASE)};
    struct buffer text = {0};
    keypair_generate(keypair);
    assert_ok(sealed_key_make(keypair, &seal, SEALED_INTERACTIVE, &text));
    seal_wipe(&seal);
    return text;
}

static int open_by(const struct buffer *text, const char *passphrase,
                   struct keypair *out)
{
    struct seal seal = {.passphrase = bytes_text(passphrase)};
    int status = sealed_key_open(buffer_view(text), &seal, out);
    seal_wipe(&seal);
    return status;
}

static void test_sealed_key_comes_back(void **state)
{
    struct keypair keypair, opened;
    struct pubkey address;
    struct buffer text = make(&keypair);
    assert_true(text.size < SEALED_KEY_TEXT_MAX);
    assert_true(sealed_key_is(buffer_view(&text)));
    assert_ok(sealed_key_address(buffer_view(&text), &address));
    assert_memory_equal(&address, &keypair.pubkey, sizeof(address));
    assert_ok(open_by(&text, PASSPHRASE, &opened));
    assert_memory_equal(&opened, &keypair, sizeof(opened));
    assert_null(memmem(text.data, text.size, keypair.secret, 8));
    buffer_free(&text);
}

static void test_wrong_passphrase_gives_zeros(void **state)
{
    static const struct keypair none;
    struct keypair keypair, opened;
    struct buffer text = make(&keypair);
    assert_int_equal(open_by(&text, "Correct horse", &opened), ERR_DENIED);
    assert_memory_equal(&opened, &none, sizeof(none));
    assert_null(strstr(err_text(), "horse"));
    buffer_free(&text);
}

/* A file that names another address would have its owner pay a stranger. */
static void test_foreign_address_is_refused(void **state)
{
    struct keypair keypair, other, opened;
    struct buffer text = make(&keypair), changed = {0};
    keypair_generate(&other);
    struct json_object *object = NULL;
    assert_ok(json_parse(buffer_view(&text), &object));
    json_object_object_add(object, "address",
                           json_object_new_string(PUBKEY_TEXT(&other.pubkey)));
    json_text(object, &changed);
    assert_int_equal(open_by(&changed, PASSPHRASE, &opened), ERR_INVALID);
    json_object_put(object);
    buffer_free(&changed);
    buffer_free(&text);
}

/* The file with one field changed; NULL takes it away. */
static int read_with(struct buffer *text, const char *name, const char *value)
{
    struct json_object *object = NULL, *field = NULL;
    struct buffer changed = {0};
    struct pubkey address;
    assert_ok(json_parse(buffer_view(text), &object));
    if (value)
        assert_ok(json_parse(bytes_text(value), &field));
    if (value)
        json_object_object_add(object, name, field);
    else
        json_object_object_del(object, name);
    json_text(object, &changed);
    int status = sealed_key_address(buffer_view(&changed), &address);
    json_object_put(object);
    buffer_free(&changed);
    return status;
}

static void test_strangers_files_are_judged_before_work(void **state)
{
    static const struct {
        const char *name, *value;
        int status;
    } cases[] = {
        {"format", "\"other\"", ERR_INVALID},
        {"format", NULL, ERR_INVALID},
        {"version", "2", ERR_UNSUPPORTED},
        {"version", "\"1\"", ERR_INVALID},
        {"address", "\"abc\"", ERR_INVALID},
        {"kdf", "\"scrypt\"", ERR_UNSUPPORTED},
        {"cipher", "\"aes\"", ERR_UNSUPPORTED},
        {"operations", "0", ERR_LIMIT},
        {"operations", "65", ERR_LIMIT},
        {"operations", "4294967298", ERR_LIMIT},
        {"operations", "-1", ERR_INVALID},
        {"operations", "1.5", ERR_INVALID},
        {"memory_kib", "7", ERR_LIMIT},
        {"memory_kib", "1048577", ERR_LIMIT},
        {"salt", "\"AAAA\"", ERR_INVALID},
        {"salt", "\"!\"", ERR_INVALID},
        {"nonce", NULL, ERR_INVALID},
        {"sealed", "\"\"", ERR_INVALID},
    };
    struct keypair keypair;
    struct buffer text = make(&keypair);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_int_equal(read_with(&text, cases[i].name, cases[i].value),
                         cases[i].status);
    buffer_free(&text);
}

static void test_other_texts_are_no_sealed_keys(void **state)
{
    static const char *texts[] = {"",
                                  "{}",
                                  "[1,2]",
                                  "null",
                                  "{\"a\":1,\"a\":2}",
                                  "{\"format\":\"pond-sealed-key\"}"};
    struct pubkey address;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        assert_int_equal(sealed_key_address(bytes_text(texts[i]), &address),
                         ERR_INVALID);
    assert_false(sealed_key_is(bytes_text("[1,2]")));
    assert_false(sealed_key_is(bytes_text("  ")));
    assert_true(sealed_key_is(bytes_text("\xef\xbb\xbf {")));
}

static int setup(void **state)
{
    crypto_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sealed_key_comes_back),
        cmocka_unit_test(test_wrong_passphrase_gives_zeros),
        cmocka_unit_test(test_foreign_address_is_refused),
        cmocka_unit_test(test_strangers_files_are_judged_before_work),
        cmocka_unit_test(test_other_texts_are_no_sealed_keys),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
