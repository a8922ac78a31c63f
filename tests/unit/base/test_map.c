#include "test.h"

#include "base/arena.h"
#include "base/map.h"
#include "base/random.h"

#define KEYS 3000

/* Beside a plain array as the model. */
static void test_map_agrees_with_an_array(void **state)
{
    static uintptr_t model[KEYS];
    size_t held = 0;
    struct random random = random_make(7);
    struct map *map = map_new();
    for (int i = 0; i < 200000; i++) {
        uint32_t key = (uint32_t)random_below(&random, KEYS);
        struct bytes bytes = bytes_make(&key, sizeof(key));
        void *before = (void *)model[key];
        if (random_below(&random, 2)) {
            uintptr_t value = (uintptr_t)random_u64(&random) | 1;
            assert_ptr_equal(map_put(map, bytes, (void *)value), before);
            model[key] = value;
            held += before == NULL;
        } else {
            assert_ptr_equal(map_remove(map, bytes), before);
            model[key] = 0;
            held -= before != NULL;
        }
        assert_ptr_equal(map_get(map, bytes), (void *)model[key]);
        assert_int_equal(map_count(map), held);
    }
    size_t position = 0, seen = 0;
    struct bytes key;
    void *value;
    for (; map_next(map, &position, &key, &value); seen++)
        assert_ptr_equal(value, (void *)model[u32le_read(key.data)]);
    assert_int_equal(seen, held);
    map_free(map);
}

static void test_empty_key_is_a_key(void **state)
{
    struct map *map = map_new();
    int value;
    assert_null(map_put(map, bytes_make(NULL, 0), &value));
    assert_ptr_equal(map_get(map, bytes_text("")), &value);
    assert_ptr_equal(map_remove(map, bytes_text("")), &value);
    assert_null(map_get(map, bytes_text("")));
    map_free(map);
}

static void test_arena_keeps_what_it_gave(void **state)
{
    struct arena arena = {0};
    struct random random = random_make(3);
    uint8_t *parts[500];
    size_t sizes[500];
    for (int i = 0; i < 500; i++) {
        sizes[i] = random_below(&random, i % 50 ? 100 : 100000);
        parts[i] = arena_alloc(&arena, sizes[i]);
        assert_int_equal((uintptr_t)parts[i] % 16, 0);
        memset(parts[i], i, sizes[i]);
    }
    for (int i = 0; i < 500; i++)
        for (size_t j = 0; j < sizes[i]; j++)
            assert_int_equal(parts[i][j], (uint8_t)i);
    arena_reset(&arena);
    assert_int_equal(arena.used_bytes, 0);
    assert_string_equal(arena_format(&arena, "%s-%d", "round", 7), "round-7");
    assert_string_equal(arena_text(&arena, bytes_make("abc", 2)), "ab");
    arena_free(&arena);
    assert_null(arena.chunk);
}

static void test_random_is_the_same_everywhere(void **state)
{
    /* First outputs of xoshiro256** whose state is splitmix64 of seed 0. */
    struct random random = random_make(0);
    assert_true(random_u64(&random) == 0x99ec5f36cb75f2b4u);
    assert_true(random_u64(&random) == 0xbf6e1f784956452au);
    int counts[6] = {0};
    for (int i = 0; i < 60000; i++)
        counts[random_below(&random, 6)]++;
    for (int i = 0; i < 6; i++)
        assert_in_range(counts[i], 9500, 10500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_map_agrees_with_an_array),
        cmocka_unit_test(test_empty_key_is_a_key),
        cmocka_unit_test(test_arena_keeps_what_it_gave),
        cmocka_unit_test(test_random_is_the_same_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
