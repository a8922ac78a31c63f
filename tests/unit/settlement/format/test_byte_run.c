#include "test.h"

#include "base/random.h"
#include "settlement/format/byte_run.h"

/* The same, a byte at a time. */
static struct byte_run slowly(struct bytes text, size_t from)
{
    struct byte_run best = {0};
    for (size_t at = from; at < text.size;) {
        size_t end = at + 1;
        while (end < text.size && text.data[end] == text.data[at])
            end++;
        if (end - at >= BYTE_RUN_SIZE_MIN && end - at > best.size)
            best = (struct byte_run){at, end - at, text.data[at]};
        at = end;
    }
    return best;
}

static void check(struct bytes text, size_t from)
{
    struct byte_run run = byte_run_longest(text, from);
    struct byte_run expected = slowly(text, from);
    assert_int_equal(run.at, expected.at);
    assert_int_equal(run.size, expected.size);
    assert_int_equal(run.byte, expected.byte);
}

static void test_run_is_found_wherever_it_begins_and_ends(void **unused)
{
    uint8_t text[120];
    for (size_t at = 0; at < 60; at++)
        for (size_t size = 0; size < 60; size++) {
            memset(text, 1, sizeof(text));
            for (size_t i = 0; i < sizeof(text); i += 2)
                text[i] = 2;
            memset(text + at, 3, size);
            for (size_t from = 0; from < 20; from++) {
                check(bytes_make(text, sizeof(text)), from);
                check(bytes_make(text, at + size), from % (at + size + 1));
            }
        }
    check((struct bytes){0}, 0);
}

static void test_random_texts_agree_with_the_slow_way(void **unused)
{
    struct random random = random_make(5);
    for (int i = 0; i < 20000; i++) {
        uint8_t text[600];
        size_t size = random_below(&random, sizeof(text));
        for (size_t at = 0; at < size;) {
            size_t run = 1 + random_below(&random, 70);
            uint8_t byte = (uint8_t)random_below(&random, 3);
            for (; run > 0 && at < size; run--)
                text[at++] = byte;
        }
        check(bytes_make(text, size), random_below(&random, size + 1));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_is_found_wherever_it_begins_and_ends),
        cmocka_unit_test(test_random_texts_agree_with_the_slow_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
