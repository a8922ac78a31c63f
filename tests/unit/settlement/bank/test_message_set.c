#include "base/error.h"
#include "base/random.h"
#include "settlement/bank/message_set.h"
#include "test.h"

#define HASHES 2000

static void draw(struct hash *hashes, size_t count, uint64_t seed)
{
    struct random random = random_make(seed);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < 32; k += 8)
            u64le_write(hashes[i].bytes + k, random_u64(&random));
}

static struct message_set *set_of(const struct hash *hashes, size_t count)
{
    struct message_set *set = message_set_new();
    for (size_t i = 0; i < count; i++)
        message_set_add(set, &hashes[i]);
    return set;
}

static void test_it_holds_what_was_added(void **unused)
{
    struct hash hashes[HASHES];
    draw(hashes, HASHES, 1);
    /* The same first bytes: the same bucket; the same last: the same place in
     * the table. */
    for (size_t i = 1; i < HASHES; i += 4) {
        memcpy(hashes[i].bytes, hashes[i - 1].bytes, 8);
        memcpy(hashes[i + 1].bytes + 8, hashes[i - 1].bytes + 8, 8);
    }
    for (size_t count = 0; count < HASHES; count = count * 3 + 1) {
        struct message_set *set = set_of(hashes, count);
        for (int is_frozen = 0; is_frozen < 2; is_frozen++) {
            assert_int_equal(message_set_count(set), count);
            for (size_t i = 0; i < HASHES; i++)
                assert_int_equal(message_set_has(set, &hashes[i]), i < count);
            message_set_freeze(set);
        }
        message_set_release(set);
    }
}

static void test_null_is_the_empty_set(void **unused)
{
    struct hash hash = {{1}};
    struct message_set *set = message_set_new();
    assert_false(message_set_has(NULL, &hash));
    assert_int_equal(message_set_count(NULL), 0);
    message_set_freeze(NULL);
    message_set_freeze(set);
    assert_false(message_set_has(set, &hash));
    assert_true(message_set_equal(NULL, set));
    message_set_release(set);
    message_set_release(NULL);
}

/* Only the first 16 bytes count, and zero is a hash like any other. */
static void test_the_first_bytes_decide(void **unused)
{
    struct hash hash = {{0}}, other = {{0}};
    struct message_set *set = message_set_new();
    assert_false(message_set_has(set, &hash));
    message_set_add(set, &hash);
    other.bytes[MESSAGE_KEY_SIZE] = 1;
    assert_true(message_set_has(set, &other));
    other.bytes[MESSAGE_KEY_SIZE - 1] = 2;
    assert_false(message_set_has(set, &other));
    message_set_freeze(set);
    assert_true(message_set_has(set, &hash));
    assert_false(message_set_has(set, &other));
    message_set_release(set);
}

static void test_written_it_does_not_depend_on_the_order(void **unused)
{
    struct hash hashes[HASHES], reversed[HASHES];
    struct buffer one = {0}, two = {0};
    struct message_set *read;
    draw(hashes, HASHES, 2);
    for (size_t i = 0; i < HASHES; i++)
        reversed[i] = hashes[HASHES - 1 - i];
    struct message_set *a = set_of(hashes, HASHES);
    struct message_set *b = set_of(reversed, HASHES);
    message_set_freeze(a);
    message_set_freeze(b);
    message_set_write(a, &one);
    message_set_write(b, &two);
    assert_int_equal(one.size, HASHES * MESSAGE_KEY_SIZE);
    assert_true(bytes_equal(buffer_view(&one), buffer_view(&two)));
    assert_int_equal(message_set_read(buffer_view(&one), &read), 0);
    assert_true(message_set_equal(a, b) && message_set_equal(a, read));
    for (size_t i = 0; i < HASHES; i++)
        assert_true(message_set_has(read, &hashes[i]));

    struct message_set *fewer = set_of(hashes, HASHES - 1);
    message_set_freeze(fewer);
    assert_false(message_set_equal(a, fewer));
    message_set_release(fewer);
    message_set_release(read);
    message_set_release(b);
    message_set_release(a);
    buffer_free(&two);
    buffer_free(&one);
}

static void test_what_is_not_a_set_is_refused(void **unused)
{
    uint8_t keys[3 * MESSAGE_KEY_SIZE] = {0};
    struct message_set *set;
    keys[MESSAGE_KEY_SIZE] = 1;
    keys[2 * MESSAGE_KEY_SIZE] = 1; /* the same again */
    assert_int_equal(
        message_set_read(bytes_make(keys, 2 * MESSAGE_KEY_SIZE), &set), 0);
    message_set_release(set);
    assert_int_equal(message_set_read(bytes_make(keys, sizeof(keys)), &set),
                     ERR_CORRUPT);
    assert_int_equal(message_set_read(bytes_make(keys, sizeof(keys) - 1), &set),
                     ERR_CORRUPT);
    keys[2 * MESSAGE_KEY_SIZE] = 0; /* descending */
    assert_int_equal(message_set_read(bytes_make(keys, sizeof(keys)), &set),
                     ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_holds_what_was_added),
        cmocka_unit_test(test_null_is_the_empty_set),
        cmocka_unit_test(test_the_first_bytes_decide),
        cmocka_unit_test(test_written_it_does_not_depend_on_the_order),
        cmocka_unit_test(test_what_is_not_a_set_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
