#include "vectors.h"

#include "crypto/key.h"
#include "crypto/sealed.h"

static struct buffer seal(const char *secret, const char *passphrase)
{
    struct buffer box = {0};
    assert_ok(sealed_make(bytes_text(secret), bytes_text(passphrase),
                          SEALED_INTERACTIVE, &box));
    assert_int_equal(box.size, strlen(secret) + SEALED_OVERHEAD_BYTES);
    return box;
}

static int open_box(struct bytes box, const char *passphrase)
{
    struct buffer secret = {0};
    int status = sealed_open(box, bytes_text(passphrase), &secret);
    assert_int_equal(secret.size, 0); /* nothing comes out of a failure */
    buffer_free(&secret);
    return status;
}

static void test_secret_comes_back(void **state)
{
    struct buffer box = seal("the secret", "pass"), secret = {0};
    assert_null(memmem(box.data, box.size, "the secret", 10));
    buffer_text(&secret, "before ");
    assert_ok(sealed_open(buffer_view(&box), bytes_text("pass"), &secret));
    assert_string_equal(buffer_string(&secret), "before the secret");
    buffer_free(&secret);
    buffer_free(&box);
}

static void test_same_secret_gives_another_box(void **state)
{
    struct buffer first = seal("s", "pass"), second = seal("s", "pass");
    assert_memory_not_equal(first.data + 16, second.data + 16, 40);
    buffer_free(&first);
    buffer_free(&second);
}

static void test_wrong_passphrase_and_changed_bytes_are_denied(void **state)
{
    struct buffer box = seal("the secret", "pass");
    assert_int_equal(open_box(buffer_view(&box), "Pass"), ERR_DENIED);
    /* Salt, nonce, ciphertext and tag, a byte each. */
    static const size_t places[] = {16, 32, 57, 81};
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        box.data[places[i]] ^= 1;
        assert_int_equal(open_box(buffer_view(&box), "pass"), ERR_DENIED);
        box.data[places[i]] ^= 1;
    }
    /* A weaker key in the header is another key, and authenticated. */
    box.data[8] = 1;
    assert_int_equal(open_box(buffer_view(&box), "pass"), ERR_DENIED);
    buffer_free(&box);
}

static void test_headers_are_judged_before_work_is_done(void **state)
{
    struct buffer box = seal("the secret", "pass");
    for (size_t size = 0; size < SEALED_OVERHEAD_BYTES; size++)
        assert_int_equal(open_box(bytes_make(box.data, size), "pass"),
                         ERR_INVALID);
    box.data[7] = 2;
    assert_int_equal(open_box(buffer_view(&box), "pass"), ERR_UNSUPPORTED);
    box.data[7] = 1;
    u32le_write(box.data + 8, 65);
    assert_int_equal(open_box(buffer_view(&box), "pass"), ERR_LIMIT);
    u32le_write(box.data + 8, 1);
    u32le_write(box.data + 12, 1024 * 1024 + 1);
    assert_int_equal(open_box(buffer_view(&box), "pass"), ERR_LIMIT);
    u32le_write(box.data + 12, 0);
    assert_int_equal(open_box(buffer_view(&box), "pass"), ERR_LIMIT);
    box.data[0] = 'x';
    assert_int_equal(open_box(buffer_view(&box), "pass"), ERR_INVALID);
    buffer_free(&box);
}

static void test_too_long_a_secret_is_refused(void **state)
{
    struct buffer secret = {0}, box = {0};
    buffer_resize(&secret, SEALED_SECRET_MAX_BYTES + 1);
    assert_int_equal(sealed_make(buffer_view(&secret), bytes_text("p"),
                                 SEALED_INTERACTIVE, &box),
                     ERR_LIMIT);
    assert_int_equal(box.size, 0);
    buffer_free(&secret);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_secret_comes_back),
        cmocka_unit_test(test_same_secret_gives_another_box),
        cmocka_unit_test(test_wrong_passphrase_and_changed_bytes_are_denied),
        cmocka_unit_test(test_headers_are_judged_before_work_is_done),
        cmocka_unit_test(test_too_long_a_secret_is_refused),
    };
    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
