#include "test.h"

#include "base/random.h"
#include "settlement/row_cache.h"

#define ROWS 2000

/* Numbers whose rows hold them, but for each third, which is not there. */
struct table {
    uint32_t values[ROWS];
    size_t asked;
};

/* Of 4, 6, 8, … bytes: some are longer than what the cache keeps. */
static struct bytes key_of(uint32_t number, uint8_t out[STATE_KEY_SIZE_MAX])
{
    size_t size = 4 + number % 50 * 2;
    memset(out, 0, size);
    u32be_write(out + size - 4, number);
    return bytes_make(out, size);
}

static bool get(void *user, struct bytes key, struct bytes *value)
{
    struct table *table = user;
    uint32_t number = u32be_read(key.data + key.size - 4);
    table->asked++;
    if (number % 3 == 0)
        return false;
    *value = bytes_make(&table->values[number], 4);
    return true;
}

static void check(struct row_cache *cache, uint32_t number)
{
    uint8_t key[STATE_KEY_SIZE_MAX];
    struct bytes value;
    bool found = row_cache_get(cache, key_of(number, key), &value);
    assert_int_equal(found, number % 3 != 0);
    if (!found)
        return;
    uint32_t held;
    assert_int_equal(value.size, 4);
    memcpy(&held, value.data, 4);
    assert_int_equal(held, number);
}

static struct row_cache *open_cache(struct table *table)
{
    struct state_base base = STATE_BASE_EMPTY;
    base.user = table;
    base.get = get;
    for (uint32_t i = 0; i < ROWS; i++)
        table->values[i] = i;
    table->asked = 0;
    return row_cache_new(&base);
}

static void test_answers_are_those_of_the_base(void **unused)
{
    static struct table table;
    struct random random = random_make(1);
    struct row_cache *cache = open_cache(&table);
    for (int i = 0; i < 100000; i++)
        check(cache, (uint32_t)random_below(&random, ROWS));
    assert_true(table.asked < 100000);
    row_cache_free(cache);
}

static void test_what_is_asked_often_is_asked_once(void **unused)
{
    static struct table table;
    struct row_cache *cache = open_cache(&table);
    for (int i = 0; i < 1000; i++) {
        check(cache, 50); /* there */
        check(cache, 51); /* not there */
    }
    assert_true(table.asked == 2);
    /* Other rows take its place now and then, and it comes back. */
    for (uint32_t i = 0; i < ROWS; i++) {
        check(cache, i);
        check(cache, 50);
    }
    assert_true(table.asked < 2 + ROWS + ROWS / 50);
    row_cache_free(cache);
    row_cache_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_are_those_of_the_base),
        cmocka_unit_test(test_what_is_asked_often_is_asked_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
