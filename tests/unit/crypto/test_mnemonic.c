#include "vectors.h"

#include "crypto/hash.h"
#include "crypto/mnemonic.h"
#include "crypto/mnemonic_words.h"

static void test_published_vectors(void **state)
{
    struct json_object *file = vectors_load("bip39_english.json");
    size_t count = json_object_array_length(file);
    assert_int_equal(count, 24);
    for (size_t i = 0; i < count; i++) {
        struct json_object *vector = json_object_array_get_idx(file, i);
        const char *expected = vectors_text(vector, "mnemonic");
        char normal[MNEMONIC_SIZE];
        uint8_t seed[MNEMONIC_SEED_SIZE];
        assert_ok(mnemonic_normalise(bytes_text(expected), normal));
        assert_string_equal(normal, expected);
        /* The vectors' passphrase for all of them. */
        mnemonic_seed(normal, "TREZOR", seed);
        assert_hex(seed, sizeof(seed), vectors_text(vector, "seed"));
    }
    json_object_put(file);
}

static void test_word_list_is_the_published_file(void **state)
{
    struct buffer text = {0};
    struct hash hash;
    for (int i = 0; i < MNEMONIC_WORDS; i++)
        buffer_format(&text, "%s\n", mnemonic_words[i]);
    hash_sha256(buffer_view(&text), &hash);
    assert_hex(
        hash.bytes, 32,
        "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda");
    buffer_free(&text);
}

static void test_generated_mnemonics_are_valid_and_differ(void **state)
{
    char first[MNEMONIC_SIZE], second[MNEMONIC_SIZE], normal[MNEMONIC_SIZE];
    for (unsigned words = 12; words <= 24; words += 3) {
        unsigned spaces = 0;
        mnemonic_generate(words, first);
        mnemonic_generate(words, second);
        assert_string_not_equal(first, second);
        for (const char *c = first; *c; c++)
            spaces += *c == ' ';
        assert_int_equal(spaces, words - 1);
        assert_ok(mnemonic_normalise(bytes_text(first), normal));
        assert_string_equal(first, normal);
    }
}

static void test_typed_sentence_is_brought_into_form(void **state)
{
    char normal[MNEMONIC_SIZE];
    assert_ok(mnemonic_normalise(
        bytes_text("  Legal winner\tthank YEAR wave\n sausage worth useful "
                   "legal winner   thank yellow \n"),
        normal));
    assert_string_equal(normal, "legal winner thank year wave sausage worth "
                                "useful legal winner thank yellow");
}

static void assert_refused(const char *sentence, const char *reason)
{
    char normal[MNEMONIC_SIZE];
    assert_int_equal(mnemonic_normalise(bytes_text(sentence), normal),
                     ERR_INVALID);
    if (!strstr(err_text(), reason))
        fail_msg("%s is refused for: %s", sentence, err_text());
}

static void test_wrong_sentences_are_refused_with_the_reason(void **state)
{
    assert_refused("", "not 0");
    assert_refused("legal winner thank", "not 3");
    assert_refused("legal winner thank year wave sausage worth useful legal "
                   "winner thank thank",
                   "checksum");
    assert_refused("legal winner thanks year wave sausage worth useful legal "
                   "winner thank yellow",
                   "word 3 ");
    assert_refused("legal winner abandonabandon", "word 3 ");
    /* A word must not appear in the text of the error. */
    assert_null(strstr(err_text(), "abandon"));
    assert_refused(
        "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo "
        "zoo zoo zoo zoo zoo zoo zoo vote",
        "more than 24");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_vectors),
        cmocka_unit_test(test_word_list_is_the_published_file),
        cmocka_unit_test(test_generated_mnemonics_are_valid_and_differ),
        cmocka_unit_test(test_typed_sentence_is_brought_into_form),
        cmocka_unit_test(test_wrong_sentences_are_refused_with_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
