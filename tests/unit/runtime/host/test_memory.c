#include "base/error.h"
#include "base/random.h"
#include "runtime/host/memory.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define KEY(text) bytes_text(text)

static int set(struct memory *memory, uint64_t now_ms, const char *key,
               size_t value_size, struct memory_options options)
{
    static const uint8_t zeros[4096];
    assert_true(value_size <= sizeof(zeros));
    return memory_set(memory, now_ms, bytes_text(key),
                      bytes_make(zeros, value_size), &options);
}

static bool has(struct memory *memory, uint64_t now_ms, const char *key)
{
    struct bytes value;
    return !memory_get(memory, now_ms, bytes_text(key), &value);
}

static void test_values_are_kept_and_replaced(void **state)
{
    struct memory *memory = memory_new(10000);
    struct memory_statistics statistics;
    struct bytes value;
    assert_int_equal(memory_set(memory, 0, KEY("a"), KEY("one"), NULL), 0);
    assert_int_equal(memory_set(memory, 0, KEY("a"), KEY("second"), NULL), 0);
    assert_int_equal(memory_get(memory, 0, KEY("a"), &value), 0);
    assert_true(bytes_equal(value, KEY("second")));
    assert_int_equal(memory_get(memory, 0, KEY("b"), &value), ERR_NOT_FOUND);
    memory_statistics(memory, &statistics);
    assert_int_equal(statistics.entries, 1);
    assert_int_equal(statistics.used_bytes, 1 + 6 + MEMORY_ENTRY_COST);
    assert_true(memory_remove(memory, 0, KEY("a")));
    assert_false(memory_remove(memory, 0, KEY("a")));
    memory_statistics(memory, &statistics);
    assert_int_equal(statistics.used_bytes, 0);
    memory_free(memory);
}

static void test_value_may_be_set_from_itself(void **state)
{
    struct memory *memory = memory_new(10000);
    struct bytes value;
    memory_set(memory, 0, KEY("a"), KEY("text"), NULL);
    assert_int_equal(memory_get(memory, 0, KEY("a"), &value), 0);
    assert_int_equal(memory_set(memory, 0, KEY("a"), value, NULL), 0);
    assert_int_equal(memory_get(memory, 0, KEY("a"), &value), 0);
    assert_true(bytes_equal(value, KEY("text")));
    memory_free(memory);
}

static void test_entry_is_gone_at_its_time(void **state)
{
    struct memory *memory = memory_new(10000);
    struct memory_statistics statistics;
    set(memory, 100, "a", 1, (struct memory_options){.ttl_ms = 50});
    set(memory, 100, "b", 1, (struct memory_options){.ttl_ms = 500});
    assert_true(has(memory, 149, "a"));
    assert_false(has(memory, 150, "a"));
    assert_int_equal(memory_expire(memory, 600), 1);
    memory_statistics(memory, &statistics);
    assert_int_equal(statistics.entries, 0);
    assert_int_equal(statistics.expired, 2);
    memory_free(memory);
}

static void test_session_lives_while_it_is_used(void **state)
{
    struct memory *memory = memory_new(10000);
    set(memory, 0, "s", 1,
        (struct memory_options){.ttl_ms = 100, .sliding = true});
    for (uint64_t now_ms = 90; now_ms < 1000; now_ms += 90)
        assert_true(has(memory, now_ms, "s"));
    assert_false(has(memory, 1090, "s"));
    memory_free(memory);
}

static void test_least_recently_used_cache_gives_way(void **state)
{
    struct memory *memory = memory_new(4 * (MEMORY_ENTRY_COST + 101));
    struct memory_options cache = {.kind = MEMORY_CACHE};
    struct memory_statistics statistics;
    set(memory, 0, "k", 100, (struct memory_options){0});
    set(memory, 0, "a", 100, cache);
    set(memory, 0, "b", 100, cache);
    set(memory, 0, "c", 100, cache);
    assert_true(has(memory, 0, "a"));
    assert_int_equal(set(memory, 0, "d", 100, cache), 0);
    assert_true(has(memory, 0, "k"));
    assert_true(has(memory, 0, "a"));
    assert_false(has(memory, 0, "b"));
    memory_statistics(memory, &statistics);
    assert_int_equal(statistics.evicted, 1);
    memory_free(memory);
}

static void test_full_memory_names_its_budget(void **state)
{
    struct memory *memory = memory_new(2 * (MEMORY_ENTRY_COST + 101));
    struct memory_options keep = {0};
    assert_int_equal(set(memory, 0, "a", 100, keep), 0);
    set(memory, 0, "c", 100, (struct memory_options){.kind = MEMORY_CACHE});
    /* More than the cache would free: nothing is evicted in vain. */
    assert_int_equal(set(memory, 0, "b", 2000, keep), ERR_FULL);
    assert_non_null(strstr(err_text(), "memory budget of"));
    assert_true(has(memory, 0, "c"));
    assert_int_equal(set(memory, 0, "a", 2000, keep), ERR_FULL);
    assert_true(has(memory, 0, "a"));
    assert_int_equal(set(memory, 0, "b", 100, keep), 0);
    assert_false(has(memory, 0, "c"));
    memory_free(memory);
}

static void test_expired_entries_make_room(void **state)
{
    struct memory *memory = memory_new(MEMORY_ENTRY_COST + 101);
    set(memory, 0, "a", 100, (struct memory_options){.ttl_ms = 10});
    assert_int_equal(set(memory, 5, "b", 100, (struct memory_options){0}),
                     ERR_FULL);
    assert_int_equal(set(memory, 10, "b", 100, (struct memory_options){0}), 0);
    memory_free(memory);
}

static void test_keys_have_a_limit(void **state)
{
    char key[MEMORY_KEY_MAX + 2];
    struct memory *memory = memory_new(100000);
    memset(key, 'k', sizeof(key));
    assert_int_equal(memory_set(memory, 0, KEY(""), KEY("x"), NULL), ERR_LIMIT);
    assert_int_equal(memory_set(memory, 0, bytes_make(key, MEMORY_KEY_MAX + 1),
                                KEY("x"), NULL),
                     ERR_LIMIT);
    assert_int_equal(
        memory_set(memory, 0, bytes_make(key, MEMORY_KEY_MAX), KEY("x"), NULL),
        0);
    memory_free(memory);
}

static void test_walk_finds_keys_by_prefix(void **state)
{
    struct memory *memory = memory_new(100000);
    size_t position = 0, count = 0;
    struct bytes key, value;
    set(memory, 0, "page/1", 1, (struct memory_options){0});
    set(memory, 0, "page/2", 1, (struct memory_options){0});
    set(memory, 0, "page/3", 1, (struct memory_options){.ttl_ms = 1});
    set(memory, 0, "other", 1, (struct memory_options){0});
    while (memory_next(memory, 5, KEY("page/"), &position, &key, &value))
        count++;
    assert_int_equal(count, 2);
    memory_free(memory);
}

static struct bytes snapshot(struct memory *memory, uint64_t now_ms,
                             struct buffer *out)
{
    buffer_clear(out);
    memory_snapshot(memory, now_ms, out);
    memory_snapshot_seal(out);
    return buffer_view(out);
}

static void test_what_persists_comes_back(void **state)
{
    const struct memory_options persists = {.persists = true};
    struct buffer out = {0};
    struct bytes value;
    struct memory *memory = memory_new(100000);
    memory_set(memory, 1000, KEY("k"), KEY("goes"), NULL);
    set(memory, 1000, "c", 1, (struct memory_options){.kind = MEMORY_CACHE});
    assert_false(memory_is_changed(memory));
    memory_set(memory, 1000, KEY("a"), KEY("stays"), &persists);
    set(memory, 1000, "t", 1,
        (struct memory_options){.ttl_ms = 500, .persists = true});
    assert_true(memory_is_changed(memory));
    snapshot(memory, 1100, &out);
    assert_false(memory_is_changed(memory));
    memory_not_saved(memory);
    assert_true(memory_is_changed(memory));
    snapshot(memory, 1100, &out);
    memory_free(memory);

    /* Another process has another clock; 400 ms are left. */
    memory = memory_new(100000);
    assert_int_equal(memory_restore(memory, 7000, buffer_view(&out)), 0);
    assert_false(memory_is_changed(memory));
    assert_int_equal(memory_get(memory, 7000, KEY("a"), &value), 0);
    assert_true(bytes_equal(value, KEY("stays")));
    assert_true(has(memory, 7399, "t"));
    assert_false(has(memory, 7400, "t"));
    assert_false(has(memory, 7000, "c"));
    assert_false(has(memory, 7000, "k"));
    assert_true(memory_is_changed(memory)); /* t is over */
    /* It persists on, and one that is removed is gone from the next. */
    memory_remove(memory, 7500, KEY("a"));
    snapshot(memory, 7500, &out);
    memory_free(memory);
    memory = memory_new(100000);
    assert_int_equal(memory_restore(memory, 0, buffer_view(&out)), 0);
    assert_false(has(memory, 0, "a"));
    memory_free(memory);
    buffer_free(&out);
}

static void test_a_damaged_snapshot_adds_nothing(void **state)
{
    const struct memory_options persists = {.persists = true};
    struct buffer out = {0};
    struct memory_statistics statistics;
    struct memory *memory = memory_new(100000);
    set(memory, 0, "a", 10, persists);
    set(memory, 0, "b", 10, persists);
    snapshot(memory, 0, &out);
    memory_free(memory);
    memory = memory_new(100000);
    for (size_t size = 0; size < out.size; size++)
        assert_int_equal(memory_restore(memory, 0, bytes_make(out.data, size)),
                         ERR_CORRUPT);
    for (size_t at = 0; at < out.size; at++) {
        out.data[at] ^= 1;
        assert_int_equal(memory_restore(memory, 0, buffer_view(&out)),
                         ERR_CORRUPT);
        out.data[at] ^= 1;
    }
    memory_statistics(memory, &statistics);
    assert_int_equal(statistics.entries, 0);
    memory_free(memory);
    /* Whole, but larger than this memory. */
    memory = memory_new(200);
    assert_int_equal(memory_restore(memory, 0, buffer_view(&out)), ERR_FULL);
    memory_statistics(memory, &statistics);
    assert_int_equal(statistics.entries, 0);
    memory_free(memory);
    buffer_free(&out);
}

/* Many random operations against a plain model of them. */
static void test_budget_holds_under_random_use(void **state)
{
    struct random random = random_make(7);
    struct memory *memory = memory_new(20000);
    struct memory_statistics statistics;
    uint64_t now_ms = 0;
    char key[8];
    for (int i = 0; i < 50000; i++) {
        now_ms += random_below(&random, 3);
        snprintf(key, sizeof(key), "k%d", (int)random_below(&random, 200));
        struct memory_options options = {
            .kind = random_below(&random, 2) ? MEMORY_CACHE : MEMORY_KEEP,
            .ttl_ms = random_below(&random, 4) ? 0 : 100,
            .sliding = random_below(&random, 2),
        };
        size_t size = random_below(&random, 600);
        int status = 0;
        if (random_below(&random, 3))
            status = set(memory, now_ms, key, size, options);
        else
            memory_remove(memory, now_ms, bytes_text(key));
        assert_true(!status || status == ERR_FULL);
        memory_statistics(memory, &statistics);
        assert_true(statistics.used_bytes <= statistics.budget_bytes);
        assert_true(statistics.entries * MEMORY_ENTRY_COST <=
                    statistics.used_bytes);
    }
    assert_true(statistics.evicted > 0 && statistics.expired > 0);
    memory_free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_are_kept_and_replaced),
        cmocka_unit_test(test_value_may_be_set_from_itself),
        cmocka_unit_test(test_entry_is_gone_at_its_time),
        cmocka_unit_test(test_session_lives_while_it_is_used),
        cmocka_unit_test(test_least_recently_used_cache_gives_way),
        cmocka_unit_test(test_full_memory_names_its_budget),
        cmocka_unit_test(test_expired_entries_make_room),
        cmocka_unit_test(test_keys_have_a_limit),
        cmocka_unit_test(test_walk_finds_keys_by_prefix),
        cmocka_unit_test(test_what_persists_comes_back),
        cmocka_unit_test(test_a_damaged_snapshot_adds_nothing),
        cmocka_unit_test(test_budget_holds_under_random_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
