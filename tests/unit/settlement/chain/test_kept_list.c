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
static int add_paying(struct kept_list *list, uint64_t number, uint64_t fee,
                      uint64_t last_height)
{
    struct buffer wire = {0};
    const struct signature id = id_of(number);
    buffer_u8(&wire, 1);
    buffer_append(&wire, id.bytes, sizeof(id.bytes));
    for (uint64_t i = 0; i < number % 7; i++)
        buffer_u8(&wire, (uint8_t)i);
    int status = kept_list_add(list, buffer_view(&wire), fee, last_height);
    buffer_free(&wire);
    return status;
}

static int add(struct kept_list *list, uint64_t number, uint64_t last_height)
{
    return add_paying(list, number, number * 3, last_height);
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
    assert_int_equal(add_paying(list, 3, 3, 9), ERR_FULL);
    assert_false(kept_list_has_room(list, 3));
    kept_list_remove(list, &first);
    struct kept_item item;
    assert_false(kept_list_find(list, &first, &item));
    assert_ok(add(list, 3, 9));
    assert_int_equal(kept_list_count(list), 2);
    kept_list_free(list);
}

static bool has(const struct kept_list *list, uint64_t number)
{
    const struct signature id = id_of(number);
    struct kept_item item;
    return kept_list_find(list, &id, &item);
}

/* Among equals the last to come leaves, and no equal one comes. */
static void test_the_lowest_fee_leaves_for_a_higher_one(void **state)
{
    struct kept_list *list = kept_list_new(3);
    uint64_t after = 0;
    assert_ok(add_paying(list, 1, 5, 9));
    assert_ok(add_paying(list, 2, 8, 9));
    assert_ok(add_paying(list, 3, 5, 9));
    assert_int_equal(add_paying(list, 4, 5, 9), ERR_FULL);
    assert_true(kept_list_has_room(list, 6));
    assert_ok(add_paying(list, 4, 6, 9));
    assert_true(has(list, 1) && has(list, 2) && !has(list, 3) && has(list, 4));
    /* What left may come again, at the end, when it pays enough. */
    assert_int_equal(add_paying(list, 3, 5, 9), ERR_FULL);
    assert_ok(add_paying(list, 3, 9, 9));
    assert_false(has(list, 1));
    const uint64_t order[] = {2, 4, 3};
    for (size_t i = 0; i < 3; i++) {
        const struct signature id = id_of(order[i]);
        struct kept_item item;
        assert_true(kept_list_next(list, &after, &item));
        assert_memory_equal(item.wire.data + 1, id.bytes, sizeof(id.bytes));
    }
    kept_list_free(list);
}

/* Compared with a plain array. */
static void test_what_pays_most_stays_under_many_changes(void **state)
{
    struct random random = random_make(4);
    struct kept_list *list = kept_list_new(LIMIT);
    uint64_t fees[4000] = {0}, count = 0;
    bool is_kept[4000] = {0};
    for (uint64_t next = 0; next < 4000; next++) {
        uint64_t fee = 1 + random_below(&random, 30), worst = 0;
        for (uint64_t i = 0; i < next; i++)
            if (is_kept[i] && (!is_kept[worst] || fees[i] <= fees[worst]))
                worst = i;
        bool fits = count < LIMIT || fee > fees[worst];
        assert_int_equal(add_paying(list, next, fee, 1), fits ? 0 : ERR_FULL);
        if (fits && count == LIMIT)
            is_kept[worst] = false;
        is_kept[next] = fits;
        fees[next] = fee;
        uint64_t gone = random_below(&random, next + 1);
        if (random_below(&random, 4) == 0) {
            const struct signature id = id_of(gone);
            kept_list_remove(list, &id);
            is_kept[gone] = false;
        }
        count = 0;
        for (uint64_t i = 0; i <= next; i++)
            count += is_kept[i];
        assert_int_equal(kept_list_count(list), count);
        assert_int_equal(has(list, gone), is_kept[gone]);
    }
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
        cmocka_unit_test(test_the_lowest_fee_leaves_for_a_higher_one),
        cmocka_unit_test(test_what_pays_most_stays_under_many_changes),
        cmocka_unit_test(test_what_no_block_may_have_is_forgotten),
        cmocka_unit_test(test_walks_go_on_where_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
