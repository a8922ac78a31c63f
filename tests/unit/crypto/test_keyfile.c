#include "vectors.h"

#include "base/base58.h"
#include "crypto/keyfile.h"
#include "heap.h"
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/pond-keyfile-XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[128];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state)
{
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    return file_remove_tree(folder);
}

/* As `solana-keygen` writes it: the key of RFC 8032's first test. */
static const char cli_text[] =
    "[157,97,177,157,239,253,90,96,186,132,74,244,146,236,44,196,68,73,197,105,"
    "123,50,105,25,112,59,172,3,28,174,127,96,215,90,152,1,130,177,10,183,213,"
    "75,254,211,201,100,7,58,14,225,114,243,218,166,35,37,175,2,26,104,247,7,"
    "81,26]";

static void test_file_of_the_cli_is_read(void **state)
{
    struct keypair keypair;
    const char *path = in_folder("cli.json");
    assert_ok(file_replace(path, bytes_text(cli_text), 0600));
    assert_ok(keyfile_read(path, &keypair));
    assert_hex(
        keypair.pubkey.bytes, 32,
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
}

static void test_written_file_is_the_clis_and_private(void **state)
{
    struct keypair keypair, read;
    struct buffer text = {0};
    struct stat status;
    const char *path = in_folder("new.json");
    assert_ok(keyfile_parse(bytes_text(cli_text), &keypair));
    umask(0);
    assert_ok(keyfile_write(path, &keypair, false));
    assert_ok(file_read(path, 4096, &text));
    assert_string_equal(buffer_string(&text), cli_text);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_ok(keyfile_read(path, &read));
    assert_memory_equal(&read, &keypair, sizeof(read));
    buffer_free(&text);
}

static void test_existing_file_is_kept_unless_asked(void **state)
{
    struct keypair first, second, read;
    const char *path = in_folder("kept.json");
    keypair_generate(&first);
    keypair_generate(&second);
    assert_ok(keyfile_write(path, &first, false));
    assert_int_equal(keyfile_write(path, &second, false), ERR_EXISTS);
    assert_ok(keyfile_read(path, &read));
    assert_true(pubkey_equal(&read.pubkey, &first.pubkey));
    assert_ok(keyfile_write(path, &second, true));
    assert_ok(keyfile_read(path, &read));
    assert_true(pubkey_equal(&read.pubkey, &second.pubkey));
}

static void test_wrong_files_are_refused(void **state)
{
    static const char *const wrong[] = {
        "", "[]", "{}", "null", "[1,2,3]", "[1,2,3", "\"text\"",
    };
    struct keypair keypair;
    struct buffer text = {0};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_int_equal(keyfile_parse(bytes_text(wrong[i]), &keypair),
                         ERR_INVALID);
    /* A number of the public half is another one. */
    buffer_text(&text, cli_text);
    text.data[text.size - 2] = '7';
    assert_int_equal(keyfile_parse(buffer_view(&text), &keypair), ERR_INVALID);
    /* 157 becomes 957. */
    buffer_clear(&text);
    buffer_text(&text, cli_text);
    text.data[1] = '9';
    assert_int_equal(keyfile_parse(buffer_view(&text), &keypair), ERR_INVALID);
    text.data[1] = '-';
    assert_int_equal(keyfile_parse(buffer_view(&text), &keypair), ERR_INVALID);
    assert_int_equal(keyfile_read(in_folder("none.json"), &keypair),
                     ERR_NOT_FOUND);
    assert_non_null(strstr(err_text(), "none.json"));
    buffer_free(&text);
}

static void test_base58_of_browser_wallets_is_read(void **state)
{
    struct keypair key, expected;
    struct buffer text = {0};
    assert_ok(keyfile_parse(bytes_text(cli_text), &expected));
    base58_encode(bytes_make(expected.secret, 64), &text);
    assert_ok(keyfile_parse(buffer_view(&text), &key));
    assert_memory_equal(&key, &expected, sizeof(key));
    buffer_text(&text, "\r\n");
    assert_ok(keyfile_parse(buffer_view(&text), &key));
    /* Half a key, an address, a digit too many, a character that is no digit.
     */
    buffer_clear(&text);
    base58_encode(bytes_make(expected.secret, 32), &text);
    assert_int_equal(keyfile_parse(buffer_view(&text), &key), ERR_INVALID);
    assert_non_null(strstr(err_text(), "half of a key"));
    buffer_clear(&text);
    base58_encode(bytes_make(expected.secret, 64), &text);
    buffer_u8(&text, 'z');
    assert_int_equal(keyfile_parse(buffer_view(&text), &key), ERR_INVALID);
    text.data[3] = '0';
    assert_int_equal(keyfile_parse(buffer_view(&text), &key), ERR_INVALID);
    buffer_free(&text);
}

/* Every number on the edge of zero bytes: leading ones are counted. */
static void test_base58_is_that_of_everybody_else(void **state)
{
    struct keypair key, expected;
    for (unsigned i = 0; i < 300; i++) {
        struct buffer text = {0};
        uint8_t seed[32] = {0};
        /* Leading zero bytes in the first ones. */
        if (i >= 30)
            randombytes_buf(seed, sizeof(seed));
        seed[i % 30 + 1] = (uint8_t)(i + 1);
        keypair_from_seed(seed, &expected);
        base58_encode(bytes_make(expected.secret, 64), &text);
        assert_ok(keyfile_parse(buffer_view(&text), &key));
        assert_memory_equal(&key, &expected, sizeof(key));
        buffer_free(&text);
    }
}

static void test_white_space_and_a_mark_are_passed_over(void **state)
{
    struct keypair key, expected;
    struct buffer text = {0};
    assert_ok(keyfile_parse(bytes_text(cli_text), &expected));
    buffer_text(&text, "\xef\xbb\xbf \n");
    for (const char *at = cli_text; *at; at++)
        if (*at == ',' || *at == '[')
            buffer_format(&text, " %c\r\n\t", *at);
        else
            buffer_u8(&text, (uint8_t)*at);
    buffer_text(&text, "\n\n");
    assert_ok(keyfile_parse(buffer_view(&text), &key));
    assert_memory_equal(&key, &expected, sizeof(key));
    buffer_free(&text);
}

/* What is done to the good text, and what the error names. */
static void test_errors_name_the_place_and_never_the_key(void **state)
{
    static const struct {
        const char *text, *words;
    } wrong[] = {
        {"[157,256,3]", "number 2 of the key is above 255"},
        {"[157,18446744073709551617]", "number 2 of the key is above 255"},
        {"[1,2,-3]", "number 3 of the key is not a whole number"},
        {"[1,2.0]", "number 2 of the key is not a whole number"},
        {"[1,02]", "number 2 of the key is not a whole number"},
        {"[1,\"2\"]", "number 2 of the key is not a whole number"},
        {"[1,2,]", "number 3 of the key is not a whole number"},
        {"[1 2]", "no comma after number 1"},
        {"[1,2", "cut off after number 2"},
        {"[1,2 ", "cut off after number 2"},
        {"[1,2]", "has 2 numbers and not 64"},
        {"[]", "has 0 numbers and not 64"},
        {"\xff\xfe[", "UTF-16"},
        {" \n", "empty"},
        {"{\"secret\":[1]}", "JSON array of 64 numbers"},
    };
    struct keypair key;
    struct buffer text = {0};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        assert_int_equal(keyfile_parse(bytes_text(wrong[i].text), &key),
                         ERR_INVALID);
        if (!strstr(err_text(), wrong[i].words))
            fail_msg("%s: %s", wrong[i].text, err_text());
    }
    static const char *const behind[] = {"x", "]", "[1]", " 1", "\n{}"};
    for (size_t i = 0; i < sizeof(behind) / sizeof(*behind); i++) {
        buffer_clear(&text);
        buffer_text(&text, cli_text);
        buffer_text(&text, behind[i]);
        assert_int_equal(keyfile_parse(buffer_view(&text), &key), ERR_INVALID);
        assert_non_null(strstr(err_text(), "more after the key"));
    }
    /* A zero byte and more hides nothing. */
    buffer_clear(&text);
    buffer_append(&text, cli_text, sizeof(cli_text));
    buffer_text(&text, "more");
    assert_int_equal(keyfile_parse(buffer_view(&text), &key), ERR_INVALID);
    assert_non_null(strstr(err_text(), "more after the key"));
    /* A 65th number. */
    buffer_clear(&text);
    buffer_text(&text, cli_text);
    text.size--;
    buffer_text(&text, ",1]");
    assert_int_equal(keyfile_parse(buffer_view(&text), &key), ERR_INVALID);
    assert_non_null(strstr(err_text(), "more than 64"));
    buffer_free(&text);
}

static void test_nothing_of_a_key_is_left_in_memory(void **state)
{
    struct keypair key;
    char text[2048];
    const char *path = in_folder("secret.json");
    keypair_generate(&key);
    assert_ok(keyfile_write(path, &key, false));
    assert_ok(keyfile_write(path, &key, true));
    assert_ok(keyfile_read(path, &key));
    size_t size = 0;
    for (size_t i = 0; i < 32; i++)
        size += (size_t)snprintf(text + size, sizeof(text) - size, "%c%u",
                                 i ? ',' : '[', key.secret[i]);
    assert_false(heap_has(text, size));
    /* From the middle: allocators write over the first bytes of what is free.
     */
    assert_false(heap_has(text + 40, 30));
    assert_false(heap_has(key.secret + 8, 16));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_of_the_cli_is_read),
        cmocka_unit_test(test_written_file_is_the_clis_and_private),
        cmocka_unit_test(test_existing_file_is_kept_unless_asked),
        cmocka_unit_test(test_wrong_files_are_refused),
        cmocka_unit_test(test_base58_of_browser_wallets_is_read),
        cmocka_unit_test(test_base58_is_that_of_everybody_else),
        cmocka_unit_test(test_white_space_and_a_mark_are_passed_over),
        cmocka_unit_test(test_errors_name_the_place_and_never_the_key),
        cmocka_unit_test(test_nothing_of_a_key_is_left_in_memory),
    };
    crypto_init();
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
