#include "test.h"

#include "base/buffer.h"
#include "base/random.h"
#include "settlement/state/state.h"
#include <pthread.h>

static struct bytes text(const char *s)
{
    return bytes_text(s);
}

static void put(struct state *state, const char *key, const char *value)
{
    state_put(state, text(key), text(value));
}

static void assert_row(const struct state *state, const char *key,
                       const char *value)
{
    struct bytes found;
    if (!value) {
        assert_false(state_get(state, text(key), &found));
        return;
    }
    assert_true(state_get(state, text(key), &found));
    assert_true(bytes_equal(found, text(value)));
}

/* "key=value " of each row with the prefix. */
static void assert_walk(const struct state *state, const char *prefix,
                        const char *start, const char *expected)
{
    struct buffer out = {0};
    struct bytes key, value;
    struct state_cursor *cursor =
        state_cursor_open(state, text(prefix), text(start));
    while (state_cursor_next(cursor, &key, &value)) {
        buffer_bytes(&out, key);
        buffer_u8(&out, '=');
        buffer_bytes(&out, value);
        buffer_u8(&out, ' ');
    }
    state_cursor_close(cursor);
    assert_string_equal(buffer_string(&out), expected);
    buffer_free(&out);
}

static void test_put_get_and_delete(void **unused)
{
    struct state *state = state_open_writable(&STATE_BASE_EMPTY, NULL, 0);
    assert_row(state, "a", NULL);
    put(state, "a", "1");
    put(state, "b", "");
    assert_row(state, "a", "1");
    assert_row(state, "b", "");
    put(state, "a", "longer than before");
    assert_row(state, "a", "longer than before");
    put(state, "a", "x");
    assert_row(state, "a", "x");
    state_delete(state, text("a"));
    assert_row(state, "a", NULL);
    put(state, "a", "back");
    assert_row(state, "a", "back");
    state_close(state);
}

static void test_child_is_merged_or_dropped_whole(void **unused)
{
    struct state *state = state_open_writable(&STATE_BASE_EMPTY, NULL, 0);
    struct state *child = state_open_child(state);
    put(state, "a", "1");
    put(state, "b", "2");
    put(child, "a", "new");
    state_delete(child, text("b"));
    put(child, "c", "3");
    assert_row(child, "a", "new");
    assert_row(child, "b", NULL);
    assert_row(state, "a", "1");
    assert_row(state, "c", NULL);
    state_drop(child);
    assert_row(child, "a", "1");
    assert_row(child, "b", "2");
    put(child, "a", "new");
    state_delete(child, text("b"));
    state_merge(child);
    assert_row(state, "a", "new");
    assert_row(state, "b", NULL);
    assert_row(child, "b", NULL);
    state_close(child);
    state_close(state);
}

static void test_forks_share_their_ancestors(void **unused)
{
    struct state *root = state_open_writable(&STATE_BASE_EMPTY, NULL, 0);
    put(root, "a", "1");
    put(root, "b", "2");
    struct state_layer *layer = state_top(root);
    state_layer_freeze(layer);
    struct state *left = state_open_writable(&STATE_BASE_EMPTY, &layer, 1);
    struct state *right = state_open_writable(&STATE_BASE_EMPTY, &layer, 1);
    state_close(root); /* the layer lives on in the forks */
    put(left, "a", "left");
    state_delete(right, text("a"));
    assert_row(left, "a", "left");
    assert_row(right, "a", NULL);
    assert_walk(left, "", "", "a=left b=2 ");
    assert_walk(right, "", "", "b=2 ");
    struct bytes before;
    assert_true(state_get_below(left, text("a"), &before));
    assert_true(bytes_equal(before, text("1")));
    state_close(left);
    assert_row(right, "b", "2");
    state_close(right);
}

static void test_walk_keeps_to_its_prefix_and_start(void **unused)
{
    struct state *state = state_open_writable(&STATE_BASE_EMPTY, NULL, 0);
    const char *keys[] = {"b2", "a", "b", "c", "b1", "b11", "b3"};
    for (size_t i = 0; i < 7; i++)
        put(state, keys[i], "v");
    assert_walk(state, "b", "", "b=v b1=v b11=v b2=v b3=v ");
    assert_walk(state, "b", "b11", "b11=v b2=v b3=v ");
    assert_walk(state, "b", "b12", "b2=v b3=v ");
    assert_walk(state, "b", "c", "");
    assert_walk(state, "b1", "a", "b1=v b11=v ");
    assert_walk(state, "d", "", "");
    state_close(state);
}

static void test_walk_meets_rows_put_ahead_of_it(void **unused)
{
    struct state *state = state_open_writable(&STATE_BASE_EMPTY, NULL, 0);
    struct bytes key, value;
    put(state, "b", "1");
    put(state, "d", "1");
    put(state, "e", "1");
    struct state_cursor *cursor = state_cursor_open(state, text(""), text(""));
    assert_true(state_cursor_next(cursor, &key, &value));
    put(state, "a", "behind");
    put(state, "c", "ahead");
    state_delete(state, text("d"));
    assert_true(state_cursor_next(cursor, &key, &value));
    assert_true(bytes_equal(key, text("c")));
    assert_true(state_cursor_next(cursor, &key, &value));
    assert_true(bytes_equal(key, text("e")));
    assert_false(state_cursor_next(cursor, &key, &value));
    state_cursor_close(cursor);
    state_close(state);
}

static void test_row_is_new_unless_something_lies_below(void **unused)
{
    struct state *state = state_open_writable(&STATE_BASE_EMPTY, NULL, 0);
    put(state, "a", "1");
    struct state_layer *layer = state_top(state);
    state_layer_freeze(layer);
    struct state *top = state_open_writable(&STATE_BASE_EMPTY, &layer, 1);
    struct state *child = state_open_child(top);
    struct state_change change;
    const void *position = NULL;
    state_delete(child, text("a"));
    state_merge(child);
    /* A row that was not in the stack before this layer's changes. */
    state_add(child, text("a"), text("2"));
    state_add(child, text("b"), text("2"));
    state_merge(child);
    state_put(child, text("b"), text("3"));
    state_merge(child);
    assert_true(state_layer_next(state_top(top), &position, &change));
    assert_true(bytes_equal(change.key, text("a")));
    assert_false(change.is_new);
    assert_true(state_layer_next(state_top(top), &position, &change));
    assert_true(bytes_equal(change.value, text("3")));
    assert_true(change.is_new);
    state_close(child);
    state_close(top);
    state_close(state);
}

static void test_changes_come_in_order_with_deletions(void **unused)
{
    struct state *state = state_open_writable(&STATE_BASE_EMPTY, NULL, 0);
    struct state_change change;
    const void *position = NULL;
    put(state, "b", "2");
    state_delete(state, text("a"));
    assert_true(state_layer_next(state_top(state), &position, &change));
    assert_true(bytes_equal(change.key, text("a")));
    assert_true(change.deleted);
    assert_true(state_layer_next(state_top(state), &position, &change));
    assert_true(bytes_equal(change.key, text("b")));
    assert_false(change.deleted);
    assert_false(state_layer_next(state_top(state), &position, &change));
    assert_int_equal(state_layer_count(state_top(state)), 2);
    state_close(state);
}

/*
 * Against a model: 300 keys, a value of 0 for absent.
 */
#define MODEL_KEYS 300

struct model {
    uint32_t values[MODEL_KEYS];
};

static struct bytes model_key(unsigned number, uint8_t out[12])
{
    /* Common beginnings longer than the 8 bytes that are compared first. */
    memcpy(out, "common--", 8);
    u32be_write(out + 8, number * 77777u);
    return bytes_make(out, number % 3 ? 12 : 10);
}

static void model_change(struct random *random, struct state *state,
                         struct model *model)
{
    uint8_t key[12];
    unsigned number = (unsigned)random_below(random, MODEL_KEYS) / 3 * 3 + 1;
    bool is_new = model->values[number] == 0;
    uint32_t value =
        random_below(random, 4) ? (uint32_t)random_below(random, 1000) : 0;
    uint8_t bytes[900];
    memset(bytes, (int)value, sizeof(bytes));
    memcpy(bytes, &value, 4);
    model->values[number] = value;
    if (value && is_new)
        state_add(state, model_key(number, key),
                  bytes_make(bytes, 4 + value % 896));
    else if (value)
        state_put(state, model_key(number, key),
                  bytes_make(bytes, 4 + value % 896));
    else
        state_delete(state, model_key(number, key));
}

static void model_check(const struct state *state, const struct model *model)
{
    uint8_t buffer[12];
    struct bytes key, value;
    struct state_cursor *cursor =
        state_cursor_open(state, bytes_make(NULL, 0), bytes_make(NULL, 0));
    for (unsigned i = 0; i < MODEL_KEYS; i++) {
        bool found = state_get(state, model_key(i, buffer), &value);
        assert_int_equal(found, model->values[i] != 0);
        if (!found)
            continue;
        assert_memory_equal(value.data, &model->values[i], 4);
        assert_int_equal(value.size, 4 + model->values[i] % 896);
        assert_true(state_cursor_next(cursor, &key, &value));
        assert_true(bytes_equal(key, model_key(i, buffer)));
        assert_memory_equal(value.data, &model->values[i], 4);
    }
    assert_false(state_cursor_next(cursor, &key, &value));
    state_cursor_close(cursor);
}

/* Rows that are marked new are new; returns their number. */
static size_t model_check_new(struct state *state)
{
    struct state_change change;
    const void *position = NULL;
    struct bytes before;
    size_t count = 0;
    while (state_layer_next(state_top(state), &position, &change)) {
        if (!change.is_new)
            continue;
        assert_false(state_get_below(state, change.key, &before));
        count++;
    }
    return count;
}

static void test_random_layers_equal_a_model(void **unused)
{
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct random random = random_make(seed);
        struct model model = {{0}}, draft;
        struct state_layer *layers[5];
        struct state *stacks[5];
        size_t count = 0;
        for (; count < 5; count++) {
            struct state *state =
                state_open_writable(&STATE_BASE_EMPTY, layers, count);
            struct state *child = state_open_child(state);
            for (int i = 0; i < 60; i++) {
                draft = model;
                for (int k = 0; k < 5; k++)
                    model_change(&random, child, &draft);
                model_check(child, &draft);
                if (random_below(&random, 2)) {
                    state_merge(child);
                    model = draft;
                } else {
                    state_drop(child);
                }
            }
            model_check(state, &model);
            assert_true(model_check_new(state) > 0);
            state_close(child);
            stacks[count] = state;
            memmove(layers + 1, layers, count * sizeof(layers[0]));
            layers[0] = state_top(state);
            state_layer_freeze(layers[0]);
        }
        while (count > 0)
            state_close(stacks[--count]);
    }
}

/* All keys of 16 bits in random order, and a look at the order now and then:
 * between any number of rows that it holds already. */
static void test_order_is_right_however_many_rows_came_since(void **unused)
{
    enum { KEYS = 65536 };
    static uint16_t keys[KEYS];
    struct random random = random_make(3);
    struct state *state = state_open_writable(&STATE_BASE_EMPTY, NULL, 0);
    struct state_change change;
    uint8_t key[11] = "the same"; /* where the first 8 bytes are compared */
    for (size_t i = 0; i < KEYS; i++) {
        size_t other = random_below(&random, i + 1);
        keys[i] = keys[other];
        keys[other] = (uint16_t)i;
    }
    for (size_t i = 0, next_look = 1; i < KEYS; i++) {
        u16le_write(key + 8, keys[i]);
        state_put(state, bytes_make(key, 10), bytes_make(key + 8, 2));
        if (i + 1 != next_look && i + 1 != KEYS)
            continue;
        next_look += 1 + random_below(&random, next_look);
        struct bytes last = {0};
        size_t rows = 0;
        for (const void *at = NULL;
             state_layer_next(state_top(state), &at, &change); rows++) {
            assert_true(!rows || bytes_compare(last, change.key) < 0);
            last = change.key;
        }
        assert_int_equal(rows, i + 1);
    }
    state_close(state);
}

static void test_changes_come_newest_first(void **unused)
{
    struct state *state = state_open_writable(&STATE_BASE_EMPTY, NULL, 0);
    struct state_change change;
    const void *position = NULL;
    put(state, "b", "2");
    put(state, "c", "3");
    state_delete(state, text("a"));
    put(state, "b", "4"); /* the row is as old as it was */
    const char *expected[] = {"a", "c", "b"};
    for (size_t i = 0; i < 3; i++) {
        assert_true(state_layer_next_put(state_top(state), &position, &change));
        assert_true(bytes_equal(change.key, text(expected[i])));
        assert_int_equal(change.deleted, i == 0);
    }
    assert_true(bytes_equal(change.value, text("4")));
    assert_false(state_layer_next_put(state_top(state), &position, &change));
    state_close(state);
}

/*
 * Readers of a frozen layer on other threads, while its child is written.
 */
struct reading {
    struct state_layer *layer;
    int failed;
};

static void *read_all(void *user)
{
    struct reading *reading = user;
    struct state *state = state_open(&STATE_BASE_EMPTY, &reading->layer, 1);
    for (int round = 0; round < 200; round++) {
        struct bytes key, value;
        int rows = 0;
        struct state_cursor *cursor =
            state_cursor_open(state, bytes_make(NULL, 0), bytes_make(NULL, 0));
        while (state_cursor_next(cursor, &key, &value))
            rows += value.size == 4;
        state_cursor_close(cursor);
        reading->failed |= rows != 100;
    }
    state_close(state);
    return NULL;
}

static void test_frozen_layer_is_read_while_its_child_is_written(void **unused)
{
    struct state *state = state_open_writable(&STATE_BASE_EMPTY, NULL, 0);
    uint8_t key[4];
    for (uint32_t i = 0; i < 100; i++) {
        u32be_write(key, i);
        state_put(state, bytes_make(key, 4), bytes_make(key, 4));
    }
    struct state_layer *layer = state_top(state);
    struct reading readings[2] = {{.layer = layer}, {.layer = layer}};
    state_layer_freeze(layer);
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, read_all, &readings[i]);
    struct state *child = state_open_writable(&STATE_BASE_EMPTY, &layer, 1);
    for (uint32_t i = 0; i < 20000; i++) {
        u32be_write(key, i);
        state_put(child, bytes_make(key, 4), bytes_make(key, 2));
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(readings[i].failed, 0);
    }
    state_close(child);
    state_close(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put_get_and_delete),
        cmocka_unit_test(test_child_is_merged_or_dropped_whole),
        cmocka_unit_test(test_forks_share_their_ancestors),
        cmocka_unit_test(test_walk_keeps_to_its_prefix_and_start),
        cmocka_unit_test(test_walk_meets_rows_put_ahead_of_it),
        cmocka_unit_test(test_row_is_new_unless_something_lies_below),
        cmocka_unit_test(test_changes_come_in_order_with_deletions),
        cmocka_unit_test(test_order_is_right_however_many_rows_came_since),
        cmocka_unit_test(test_changes_come_newest_first),
        cmocka_unit_test(test_random_layers_equal_a_model),
        cmocka_unit_test(test_frozen_layer_is_read_while_its_child_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
