#include "settlement/chain/kept_list.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/random.h"
#include "test.h"

#define LIMIT 40

static struct signature id_of(uint64_t number)
{
    struct signature id = {{0}};
    memcpy(id.bytes, &number, sizeof(number));
    return id;
}

/* The beginning of a transaction's wire form, and some bytes more. */
static int add(struct kept_list *list, uint64_t number, uint64_t last_height)
{
    struct buffer wire = {0};
    const struct signature id = id_of(number);
    buffer_u8(&wire, 1);
    buffer_append(&wire, id.bytes, sizeof(id.bytes));
    for (uint64_t i = 0; i < number % 7; i++)
        buffer_u8(&wire, (uint8_t)i);
    int status =
        kept_list_add(list, buffer_view(&wire), number * 3, last_height);
    buffer_free(&wire);
    return status;
}

static void expect(const struct kept_list *list, uint64_t *after,
                   uint64_t number)
{
    struct kept_item item;
    const struct signature id = id_of(number);
    assert_true(kept_list_next(list, after, &item));
    assert_int_equal(item.wire.size, 65 + number % 7);
    assert_memory_equal(item.wire.data + 1, id.bytes, sizeof(id.bytes));
    assert_int_equal(item.fee, number * 3);
}

static void test_each_is_kept_once_and_as_many_as_there_is_room(void **state)
{
    struct kept_list *list = kept_list_new(2);
    const struct signature first = id_of(1);
    assert_ok(add(list, 1, 9));
    assert_int_equal(add(list, 1, 9), ERR_EXISTS);
    assert_ok(add(list, 2, 9));
    assert_int_equal(add(list, 3, 9), ERR_FULL);
    kept_list_remove(list, &first);
    struct kept_item item;
    assert_false(kept_list_find(list, &first, &item));
    assert_ok(add(list, 3, 9));
    assert_int_equal(kept_list_count(list), 2);
    kept_list_free(list);
}

/* The block of their last height may have them, and no later one. */
static void test_what_no_block_may_have_is_forgotten(void **state)
{
    struct kept_list *list = kept_list_new(3);
    uint64_t after = 0;
    assert_ok(add(list, 1, 10));
    assert_ok(add(list, 2, 12));
    assert_ok(add(list, 3, 11));
    kept_list_expire(list, 9);
    assert_int_equal(kept_list_count(list), 3);
    kept_list_expire(list, 11);
    expect(list, &after, 2);
    struct kept_item item;
    assert_false(kept_list_next(list, &after, &item));
    kept_list_free(list);
}

/* A walk sees each once, in the order of their coming, whatever goes and comes
 * meanwhile. */
static void test_walks_go_on_where_they_were(void **state)
{
    struct random random = random_make(3);
    struct kept_list *list = kept_list_new(LIMIT);
    uint64_t kept[LIMIT], count = 0, next = 1, after = 0, seen = 0;
    for (int step = 0; step < 20000; step++) {
        uint64_t what = random_below(&random, 3);
        if (what == 0 && count < LIMIT) {
            assert_ok(add(list, next, 1));
            kept[count++] = next++;
        } else if (what == 1 && count > 0) {
            uint64_t at = random_below(&random, count);
            const struct signature id = id_of(kept[at]);
            kept_list_remove(list, &id);
            count--;
            memmove(&kept[at], &kept[at + 1], (count - at) * sizeof(kept[0]));
        } else {
            uint64_t at = 0;
            struct kept_item item;
            while (at < count && kept[at] <= seen)
                at++;
            if (at < count)
                expect(list, &after, seen = kept[at]);
            else
                assert_false(kept_list_next(list, &after, &item));
        }
        assert_int_equal(kept_list_count(list), count);
    }
    kept_list_free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_is_kept_once_and_as_many_as_there_is_room),
        cmocka_unit_test(test_what_no_block_may_have_is_forgotten),
        cmocka_unit_test(test_walks_go_on_where_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
