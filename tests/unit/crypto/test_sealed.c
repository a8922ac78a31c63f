#include "vectors.h"

#include "crypto/key.h"
#include "crypto/sealed.h"

/* Where salt and nonce lie in a box. */
#define SALT_AT 16
#define NONCE_AT 32
#define NONCE_SIZE 24

static struct buffer make_by(struct seal *seal, const char *secret)
{
    struct buffer box = {0};
    assert_ok(sealed_make(bytes_text(secret), seal, SEALED_INTERACTIVE, &box));
    assert_int_equal(box.size, strlen(secret) + SEALED_OVERHEAD_BYTES);
    return box;
}

static struct buffer make(const char *secret, const char *passphrase)
{
    struct seal seal = {.passphrase = bytes_text(passphrase)};
    struct buffer box = make_by(&seal, secret);
    seal_wipe(&seal);
    return box;
}

static int open_box(struct bytes box, const char *passphrase)
{
    struct seal seal = {.passphrase = bytes_text(passphrase)};
    struct buffer secret = {0};
    int status = sealed_open(box, &seal, &secret);
    seal_wipe(&seal);
    assert_int_equal(secret.size, 0); /* nothing comes out of a failure */
    buffer_free(&secret);
    return status;
}

static void test_secret_comes_back(void **state)
{
    struct seal seal = {.passphrase = bytes_text("pass")};
    struct buffer box = make("the secret", "pass"), secret = {0};
    assert_null(memmem(box.data, box.size, "the secret", 10));
    buffer_text(&secret, "before ");
    assert_ok(sealed_open(buffer_view(&box), &seal, &secret));
    seal_wipe(&seal);
    assert_string_equal(buffer_string(&secret), "before the secret");
    buffer_free(&secret);
    buffer_free(&box);
}

static void test_same_secret_gives_another_box(void **state)
{
    struct buffer first = make("s", "pass"), second = make("s", "pass");
    assert_memory_not_equal(first.data + SALT_AT, second.data + SALT_AT, 40);
    buffer_free(&first);
    buffer_free(&second);
}

static void test_one_seal_makes_and_opens_boxes_by_one_key(void **state)
{
    struct seal seal = {.passphrase = bytes_text("pass")}, other = seal;
    struct buffer first = make_by(&seal, "a"), second = make_by(&seal, "b");
    struct buffer foreign = make("c", "pass"), secret = {0};
    const struct seal_key *key = seal.key;
    assert_memory_equal(first.data + SALT_AT, second.data + SALT_AT,
                        NONCE_AT - SALT_AT);
    assert_memory_not_equal(first.data + NONCE_AT, second.data + NONCE_AT,
                            NONCE_SIZE);
    assert_ok(sealed_open(buffer_view(&second), &seal, &secret));
    assert_ptr_equal(seal.key, key); /* it was not made again */
    /* A box of another salt is opened, too, and so are those after it. */
    assert_ok(sealed_open(buffer_view(&foreign), &seal, &secret));
    assert_ok(sealed_open(buffer_view(&first), &seal, &secret));
    assert_ok(sealed_open(buffer_view(&first), &other, &secret));
    assert_ok(sealed_open(buffer_view(&second), &other, &secret));
    assert_string_equal(buffer_string(&secret), "bcaab");
    /* A salt that came with a box is nobody's to build on. */
    buffer_free(&foreign);
    foreign = make_by(&other, "d");
    assert_memory_not_equal(first.data + SALT_AT, foreign.data + SALT_AT,
                            NONCE_AT - SALT_AT);
    seal_wipe(&seal);
    assert_null(seal.key);
    seal_wipe(&other);
    buffer_free(&secret);
    buffer_free(&foreign);
    buffer_free(&second);
    buffer_free(&first);
}

/* The key of a wrong passphrase is no reason to try it on the next box. */
static void test_a_seal_opens_nothing_by_another_passphrase(void **state)
{
    struct seal seal = {.passphrase = bytes_text("pass")};
    struct seal wrong = {.passphrase = bytes_text("Pass")};
    struct buffer box = make_by(&seal, "secret"), secret = {0};
    for (int i = 0; i < 2; i++)
        assert_int_equal(sealed_open(buffer_view(&box), &wrong, &secret),
                         ERR_DENIED);
    assert_int_equal(secret.size, 0);
    seal_wipe(&wrong);
    seal_wipe(&seal);
    buffer_free(&secret);
    buffer_free(&box);
}

static void test_wrong_passphrase_and_changed_bytes_are_denied(void **state)
{
    struct buffer box = make("the secret", "pass");
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
    struct buffer box = make("the secret", "pass");
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
    struct seal seal = {.passphrase = bytes_text("p")};
    struct buffer secret = {0}, box = {0};
    buffer_resize(&secret, SEALED_SECRET_MAX_BYTES + 1);
    assert_int_equal(
        sealed_make(buffer_view(&secret), &seal, SEALED_INTERACTIVE, &box),
        ERR_LIMIT);
    assert_int_equal(box.size, 0);
    buffer_free(&secret);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_secret_comes_back),
        cmocka_unit_test(test_same_secret_gives_another_box),
        cmocka_unit_test(test_one_seal_makes_and_opens_boxes_by_one_key),
        cmocka_unit_test(test_a_seal_opens_nothing_by_another_passphrase),
        cmocka_unit_test(test_wrong_passphrase_and_changed_bytes_are_denied),
        cmocka_unit_test(test_headers_are_judged_before_work_is_done),
        cmocka_unit_test(test_too_long_a_secret_is_refused),
    };
    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
