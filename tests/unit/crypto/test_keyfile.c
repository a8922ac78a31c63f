#include "vectors.h"

#include "crypto/keyfile.h"
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_of_the_cli_is_read),
        cmocka_unit_test(test_written_file_is_the_clis_and_private),
        cmocka_unit_test(test_existing_file_is_kept_unless_asked),
        cmocka_unit_test(test_wrong_files_are_refused),
    };
    crypto_init();
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
