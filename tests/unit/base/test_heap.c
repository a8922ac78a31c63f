#include "base/heap.h"

#include "base/error.h"
#include "base/random.h"
#include "test.h"

#define ITEMS 50

struct item {
    uint64_t value, number;
    size_t place;
    bool is_there;
};

static bool is_less(const void *one, const void *other)
{
    const struct item *a = one, *b = other;
    return a->value != b->value ? a->value < b->value : a->number < b->number;
}

static const struct item *least_of(const struct item *items)
{
    const struct item *least = NULL;
    for (size_t i = 0; i < ITEMS; i++)
        if (items[i].is_there && (!least || is_less(&items[i], least)))
            least = &items[i];
    return least;
}

/* Whatever goes and comes, the least is on top. */
static void test_least_is_on_top_under_many_changes(void **state)
{
    struct random random = random_make(5);
    struct heap heap = heap_make(ITEMS, is_less, offsetof(struct item, place));
    struct item items[ITEMS] = {{0}};
    assert_null(heap_top(&heap));
    for (int step = 0; step < 20000; step++) {
        struct item *item = &items[random_below(&random, ITEMS)];
        if (item->is_there) {
            heap_take_out(&heap, item);
        } else {
            item->value = random_below(&random, 20);
            item->number = (uint64_t)step;
            heap_add(&heap, item);
        }
        item->is_there = !item->is_there;
        assert_ptr_equal(heap_top(&heap), least_of(items));
    }
    for (size_t i = 0; i < ITEMS; i++)
        if (!items[i].is_there)
            heap_add(&heap, &items[i]);
    assert_true(heap_is_full(&heap));
    heap_free(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_least_is_on_top_under_many_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
