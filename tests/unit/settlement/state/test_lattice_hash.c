#include "test.h"

#include "base/random.h"
#include "settlement/state/lattice_hash.h"
#include "settlement/state/lattice_lanes.h"
#include <sodium.h>

static void test_order_and_history_do_not_matter(void **unused)
{
    struct lattice a = {0}, b = {0}, empty = {0};
    lattice_add(&a, bytes_text("one"), bytes_text("1"));
    lattice_add(&a, bytes_text("two"), bytes_text("2"));
    lattice_add(&b, bytes_text("two"), bytes_text("old"));
    lattice_add(&b, bytes_text("gone"), bytes_text("3"));
    lattice_subtract(&b, bytes_text("two"), bytes_text("old"));
    lattice_add(&b, bytes_text("two"), bytes_text("2"));
    lattice_subtract(&b, bytes_text("gone"), bytes_text("3"));
    lattice_add(&b, bytes_text("one"), bytes_text("1"));
    assert_memory_equal(&a, &b, sizeof(a));
    lattice_subtract(&a, bytes_text("one"), bytes_text("1"));
    lattice_subtract(&a, bytes_text("two"), bytes_text("2"));
    assert_memory_equal(&a, &empty, sizeof(a));
}

static void test_key_and_value_are_distinguished(void **unused)
{
    struct lattice a = {0}, b = {0};
    lattice_add(&a, bytes_text("ab"), bytes_text("c"));
    lattice_add(&b, bytes_text("a"), bytes_text("bc"));
    assert_memory_not_equal(&a, &b, sizeof(a));
}

static void test_element_is_the_documented_one(void **unused)
{
    /* The same through libsodium's one-call forms. */
    uint8_t text[4 + 3 + 5] = {3,   0,   0,   0,   'k', 'e',
                               'y', 'v', 'a', 'l', 'u', 'e'};
    uint8_t seed[32], stream[LATTICE_SIZE_BYTES], bytes[LATTICE_SIZE_BYTES];
    const uint8_t nonce[12] = {0};
    crypto_generichash(seed, 32, text, sizeof(text), NULL, 0);
    crypto_stream_chacha20_ietf(stream, sizeof(stream), nonce, seed);
    struct lattice lattice = {0}, back;
    lattice_add(&lattice, bytes_text("key"), bytes_text("value"));
    lattice_write(&lattice, bytes);
    assert_memory_equal(bytes, stream, sizeof(stream));
    lattice_read(&back, bytes);
    assert_memory_equal(&back, &lattice, sizeof(back));
}

static void test_many_changes_sum_up_as_one_by_one(void **unused)
{
    enum { CHANGES = 3000 };
    static struct lattice_change changes[CHANGES];
    static uint8_t keys[CHANGES][4];
    struct lattice expected = {0};
    for (size_t i = 0; i < CHANGES; i++) {
        u32le_write(keys[i], (uint32_t)i);
        changes[i] = (struct lattice_change){
            .key = bytes_make(keys[i], 4),
            .before = bytes_text("before"),
            .after = bytes_make(keys[i], i % 4),
            .was_there = i % 3 != 0,
            .is_there = i % 5 != 0,
        };
        if (changes[i].was_there)
            lattice_subtract(&expected, changes[i].key, changes[i].before);
        if (changes[i].is_there)
            lattice_add(&expected, changes[i].key, changes[i].after);
    }
    static const size_t parts[] = {0, 1, 511, 512, 513, CHANGES};
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        struct lattice sum = {0};
        lattice_update(&sum, changes, parts[i]);
        lattice_update(&sum, changes + parts[i], CHANGES - parts[i]);
        assert_memory_equal(&sum, &expected, sizeof(sum));
    }
}

/* Whatever this processor has, against the stream itself. */
static void test_lanes_add_and_subtract_the_stream(void **unused)
{
    struct random random = random_make(5);
    for (unsigned n = 0; lattice_lanes_nth(n); n++) {
        const struct lattice_lanes *lanes = lattice_lanes_nth(n);
        struct lattice_sum sum = {{0}};
        struct lattice expected = {{7}}, lattice = {{7}};
        print_message("%s\n", lanes->name);
        for (unsigned i = 0; i < 100; i++) {
            const uint8_t nonce[12] = {0};
            uint8_t stream[LATTICE_SIZE_BYTES];
            struct lattice element;
            struct hash seed;
            for (size_t k = 0; k < 32; k += 8)
                u64le_write(seed.bytes + k, random_u64(&random));
            crypto_stream_chacha20_ietf(stream, sizeof(stream), nonce,
                                        seed.bytes);
            lattice_read(&element, stream);
            for (size_t k = 0; k < LATTICE_LANES; k++)
                expected.lanes[k] =
                    (uint16_t)(i % 3 ? expected.lanes[k] + element.lanes[k]
                                     : expected.lanes[k] - element.lanes[k]);
            if (i % 3)
                lanes->add(&sum, &seed);
            else
                lanes->subtract(&sum, &seed);
        }
        lanes->finish(&sum, &lattice);
        assert_memory_equal(&lattice, &expected, sizeof(lattice));
    }
}

static int start_all(void **state)
{
    crypto_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_history_do_not_matter),
        cmocka_unit_test(test_key_and_value_are_distinguished),
        cmocka_unit_test(test_element_is_the_documented_one),
        cmocka_unit_test(test_many_changes_sum_up_as_one_by_one),
        cmocka_unit_test(test_lanes_add_and_subtract_the_stream),
    };
    return cmocka_run_group_tests(tests, start_all, NULL);
}
