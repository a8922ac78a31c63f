#include "test.h"

#include "base/base58.h"
#include "base/error.h"
#include "crypto/key.h"
#include "node/task/log_hide.h"

static void assert_written(const struct log_hide *hide, const char *text,
                           const char *expected)
{
    struct buffer out = {0};

    log_hide_write(hide, bytes_text(text), &out);
    assert_string_equal(buffer_string(&out), expected);
    buffer_free(&out);
}

static void test_values_of_variables_are_hidden(void **state)
{
    struct log_hide hide = {0};

    log_hide_values(&hide, "{\"KEY\":\"secret-token\",\"LONGER\":"
                           "\"secret-token-and-more\",\"PORT\":\"30017\"}");
    assert_written(&hide, "use secret-token now", "use [hidden] now");
    assert_written(&hide, "secret-token", "[hidden]");
    assert_written(&hide, "xsecret-tokensecret-tokeny", "x[hidden][hidden]y");
    assert_written(&hide, "secret-token-and-more", "[hidden]");
    assert_written(&hide, "port 30017", "port 30017");
    assert_written(&hide, "secret-toke", "secret-toke");
    assert_written(&hide, "", "");
    log_hide_free(&hide);
    assert_written(&hide, "secret-token", "secret-token");
}

static void test_new_variables_take_the_place_of_the_old_ones(void **state)
{
    struct log_hide hide = {0};

    log_hide_values(&hide, "{\"A\":\"first-value\"}");
    log_hide_values(&hide, "{\"A\":\"second-value\"}");
    assert_written(&hide, "first-value second-value", "first-value [hidden]");
    log_hide_values(&hide, "no JSON");
    assert_written(&hide, "second-value", "second-value");
    log_hide_free(&hide);
}

static void test_secret_keys_are_known_by_themselves(void **state)
{
    struct log_hide hide = {0};
    struct keypair pair;
    struct buffer array = {0}, spaced = {0}, word = {0}, text = {0};

    keypair_generate(&pair);
    buffer_text(&array, "[");
    buffer_text(&spaced, "[\n ");
    for (size_t i = 0; i < 64; i++) {
        buffer_format(&array, "%s%u", i ? "," : "", pair.secret[i]);
        buffer_format(&spaced, "%s%u", i ? ",\n  " : "", pair.secret[i]);
    }
    buffer_text(&array, "]");
    buffer_text(&spaced, "\n]");
    base58_encode(bytes_make(pair.secret, 64), &word);
    assert_written(&hide, buffer_string(&array), "[hidden]");
    assert_written(&hide, buffer_string(&spaced), "[hidden]");
    buffer_format(&text, "key=%s.", buffer_string(&word));
    assert_written(&hide, buffer_string(&text), "key=[hidden].");
    keypair_wipe(&pair);
    buffer_free(&array);
    buffer_free(&spaced);
    buffer_free(&word);
    buffer_free(&text);
}

static void test_what_is_as_long_as_a_key_stays_readable(void **state)
{
    struct log_hide hide = {0};
    struct keypair pair;
    struct signature signature;
    char word[BASE58_SIGNATURE_SIZE];
    struct buffer array = {0};

    keypair_generate(&pair);
    key_sign(&pair, bytes_text("message"), &signature);
    base58_signature(signature.bytes, word);
    assert_written(&hide, word, word);
    buffer_text(&array, "[");
    for (size_t i = 0; i < 64; i++)
        buffer_format(&array, "%s%u", i ? "," : "", signature.bytes[i]);
    buffer_text(&array, "]");
    assert_written(&hide, buffer_string(&array), buffer_string(&array));
    assert_written(&hide, "[1,2,3]", "[1,2,3]");
    assert_written(&hide, "[[[[", "[[[[");
    keypair_wipe(&pair);
    buffer_free(&array);
}

static void test_the_error_on_its_way_keeps_its_text(void **state)
{
    /* No base58; and base58 of 63 and of 65 bytes. */
    static const struct {
        char letter;
        size_t size;
    } words[] = {{'0', 88}, {'z', 86}, {'z', 88}};
    struct log_hide hide = {0};
    char word[89];

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        memset(word, words[i].letter, words[i].size);
        word[words[i].size] = 0;
        err_set(ERR_LIMIT, "the first");
        assert_written(&hide, word, word);
        assert_string_equal(err_text(), "the first");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_of_variables_are_hidden),
        cmocka_unit_test(test_new_variables_take_the_place_of_the_old_ones),
        cmocka_unit_test(test_secret_keys_are_known_by_themselves),
        cmocka_unit_test(test_what_is_as_long_as_a_key_stays_readable),
        cmocka_unit_test(test_the_error_on_its_way_keeps_its_text),
    };

    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
