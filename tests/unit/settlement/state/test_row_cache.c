#include "test.h"

#include "base/random.h"
#include "settlement/state/row_cache.h"
#include <stdlib.h>

#define ROWS 300
#define VALUE_SIZE 16

/* A disk: its rows, and how often it was read. */
struct disk {
    bool is_there[ROWS];
    uint8_t values[ROWS][VALUE_SIZE];
    size_t asked;
};

static struct bytes key_of(uint32_t number, uint8_t out[4])
{
    u32be_write(out, number);
    return bytes_make(out, 4);
}

/* No two are alike. */
static struct bytes value_of(uint64_t number, uint8_t out[VALUE_SIZE])
{
    memset(out, (int)(number & 0xff), VALUE_SIZE);
    u64be_write(out, number);
    return bytes_make(out, VALUE_SIZE);
}

static bool get(void *user, struct bytes key, struct bytes *value)
{
    struct disk *disk = user;
    uint32_t number = u32be_read(key.data);
    disk->asked++;
    if (!disk->is_there[number])
        return false;
    *value = bytes_make(disk->values[number], VALUE_SIZE);
    return true;
}

static struct state_base base_of(struct disk *disk)
{
    struct state_base base = STATE_BASE_EMPTY;
    base.user = disk;
    base.get = get;
    return base;
}

static void flush(struct disk *disk, const struct state_layer *layer)
{
    struct state_change change;
    const void *position = NULL;
    while (state_layer_next(layer, &position, &change)) {
        uint32_t number = u32be_read(change.key.data);
        disk->is_there[number] = !change.deleted;
        if (!change.deleted)
            memcpy(disk->values[number], change.value.data, VALUE_SIZE);
    }
}

/* ---- A chain over a disk that lags behind, as a producer makes it ---- */

#define LAG_MAX 6

struct chain {
    struct disk disk;
    struct disk truth;
    struct row_cache *cache;
    struct state_layer *layers[LAG_MAX]; /* the newest first */
    size_t layer_count;
    size_t flushed_count; /* of the oldest, not released yet */
    uint64_t next_value;
    struct random random;
};

static void let_go(struct chain *chain)
{
    while (chain->flushed_count) {
        struct state_layer *oldest = chain->layers[--chain->layer_count];
        row_cache_change(chain->cache, oldest);
        state_layer_release(oldest);
        chain->flushed_count--;
    }
}

static void flush_one(struct chain *chain)
{
    if (chain->flushed_count == chain->layer_count)
        return;
    size_t at = chain->layer_count - 1 - chain->flushed_count;
    flush(&chain->disk, chain->layers[at]);
    chain->flushed_count++;
}

static void check_row(struct chain *chain, struct state *state, uint32_t number)
{
    uint8_t key[4];
    struct bytes value;
    bool is_there = state_get(state, key_of(number, key), &value);
    assert_int_equal(is_there, chain->truth.is_there[number]);
    if (is_there)
        assert_memory_equal(value.data, chain->truth.values[number],
                            VALUE_SIZE);
}

static void change_row(struct chain *chain, struct state *state,
                       uint32_t number)
{
    struct disk *truth = &chain->truth;
    uint8_t key_bytes[4];
    struct bytes key = key_of(number, key_bytes);
    bool was_there = truth->is_there[number];
    truth->is_there[number] = random_below(&chain->random, 3) > 0;
    if (!truth->is_there[number]) {
        state_delete(state, key);
        return;
    }
    struct bytes value = value_of(chain->next_value++, truth->values[number]);
    if (was_there)
        state_put(state, key, value);
    else
        state_add(state, key, value);
}

/* Reads and changes in one block, while the flusher goes on. */
static void make_block(struct chain *chain)
{
    struct state_base base = base_of(&chain->disk);
    row_cache_begin(chain->cache, &base);
    struct state *state = state_open_writable(
        row_cache_base(chain->cache), chain->layers, chain->layer_count);
    for (int i = 0; i < 60; i++) {
        uint32_t number = (uint32_t)random_below(&chain->random, ROWS);
        check_row(chain, state, number);
        if (random_below(&chain->random, 3) == 0)
            change_row(chain, state, number);
        check_row(chain, state, number);
    }
    struct state_layer *layer = state_layer_retain(state_top(state));
    state_layer_freeze(layer);
    state_close(state);
    memmove(chain->layers + 1, chain->layers,
            chain->layer_count * sizeof(chain->layers[0]));
    chain->layers[0] = layer;
    chain->layer_count++;
}

static void test_blocks_over_a_disk_that_lags_read_what_is_true(void **unused)
{
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct chain *chain = calloc(1, sizeof(*chain));
        chain->cache = row_cache_new();
        chain->random = random_make(seed);
        for (int block = 0; block < 300; block++) {
            make_block(chain);
            while (chain->layer_count == LAG_MAX ||
                   random_below(&chain->random, 2)) {
                flush_one(chain);
                /* The block is on disk, but the bank does not know yet. */
                if (chain->layer_count == LAG_MAX ||
                    random_below(&chain->random, 2))
                    let_go(chain);
            }
        }
        assert_true(chain->disk.asked < 300 * 60);
        for (size_t i = 0; i < chain->layer_count; i++)
            state_layer_release(chain->layers[i]);
        row_cache_free(chain->cache);
        free(chain);
    }
}

/* ---- What is kept ---- */

static void check_get(struct row_cache *cache, uint32_t number, bool is_there)
{
    const struct state_base *base = row_cache_base(cache);
    uint8_t key[4];
    struct bytes value;
    assert_int_equal(base->get(base->user, key_of(number, key), &value),
                     is_there);
}

static void test_what_is_asked_often_is_asked_once(void **unused)
{
    static struct disk disk = {.is_there = {[50] = true}};
    struct row_cache *cache = row_cache_new();
    struct state_base base = base_of(&disk);
    for (int view = 0; view < 10; view++) {
        row_cache_begin(cache, &base);
        for (int i = 0; i < 100; i++)
            check_get(cache, 50, true);
    }
    assert_int_equal(disk.asked, 1);
    row_cache_free(cache);
    row_cache_free(NULL);
}

static void test_what_is_not_there_is_asked_again(void **unused)
{
    static struct disk disk;
    struct row_cache *cache = row_cache_new();
    struct state_base base = base_of(&disk);
    row_cache_begin(cache, &base);
    check_get(cache, 50, false);
    disk.is_there[50] = true;
    check_get(cache, 50, true);
    row_cache_free(cache);
}

/* More than the cache holds, with large values: rows of 4,000 bytes. */
static bool get_large(void *user, struct bytes key, struct bytes *value)
{
    static uint8_t large[4000];
    size_t *asked = user;
    ++*asked;
    memcpy(large, key.data, 4);
    *value = bytes_make(large, sizeof(large));
    return true;
}

static struct state_base base_of_large(size_t *asked)
{
    struct state_base base = STATE_BASE_EMPTY;
    base.user = asked;
    base.get = get_large;
    return base;
}

static void test_a_row_in_use_stays_when_others_push_through(void **unused)
{
    size_t asked = 0;
    struct state_base base = base_of_large(&asked);
    struct row_cache *cache = row_cache_new();
    const uint32_t count = 4 * ROW_CACHE_BYTES_MAX / 4000;
    row_cache_begin(cache, &base);
    check_get(cache, 0, true);
    for (uint32_t i = 1; i <= count; i++) {
        if (i % 100 == 0)
            row_cache_begin(cache, &base);
        check_get(cache, i, true);
        check_get(cache, 0, true);
    }
    assert_int_equal(asked, count + 1);
    /* The others that were read long ago are gone. */
    check_get(cache, 1, true);
    assert_int_equal(asked, count + 2);
    row_cache_free(cache);
}

static void test_a_full_cache_hands_out_the_rows_of_the_base(void **unused)
{
    size_t asked = 0;
    struct state_base base = base_of_large(&asked);
    struct row_cache *cache = row_cache_new();
    const uint32_t count = 2 * ROW_CACHE_BYTES_MAX / 4000;
    row_cache_begin(cache, &base);
    for (uint32_t i = 0; i < count; i++) {
        const struct state_base *front = row_cache_base(cache);
        uint8_t key[4];
        struct bytes value;
        assert_true(front->get(front->user, key_of(i, key), &value));
        assert_int_equal(value.size, 4000);
        assert_int_equal(u32be_read(value.data), i);
    }
    /* The first rows are kept, and the last had no room. */
    check_get(cache, 0, true);
    assert_int_equal(asked, count);
    check_get(cache, count - 1, true);
    assert_int_equal(asked, count + 1);
    row_cache_free(cache);
}

static void test_a_changed_row_is_forgotten_however_old(void **unused)
{
    size_t asked = 0;
    struct state_base base = base_of_large(&asked);
    struct row_cache *cache = row_cache_new();
    const uint32_t count = ROW_CACHE_BYTES_MAX / 4000;
    row_cache_begin(cache, &base);
    for (uint32_t i = 0; i < count; i++)
        check_get(cache, i, true);
    row_cache_begin(cache, &base); /* rows 0 and 1 are of the older half now */
    assert_int_equal(asked, count);

    struct state *state = state_open_writable(&STATE_BASE_EMPTY, NULL, 0);
    uint8_t key[4];
    state_delete(state, key_of(0, key));
    row_cache_change(cache, state_top(state));
    state_close(state);
    check_get(cache, 1, true);
    assert_int_equal(asked, count);
    check_get(cache, 0, true);
    assert_int_equal(asked, count + 1);
    row_cache_free(cache);
}

/* An account that pays in every block is read and changed in every block. */
static void test_a_row_that_changes_often_takes_one_place(void **unused)
{
    static struct disk disk = {.is_there = {[50] = true, [51] = true}};
    struct row_cache *cache = row_cache_new();
    struct state_base base = base_of(&disk);
    const size_t blocks = ROW_CACHE_BYTES_MAX / VALUE_SIZE;
    row_cache_begin(cache, &base);
    check_get(cache, 51, true);
    struct state *state = state_open_writable(&STATE_BASE_EMPTY, NULL, 0);
    uint8_t key[4];
    state_delete(state, key_of(50, key));
    for (size_t i = 0; i < blocks; i++) {
        row_cache_change(cache, state_top(state));
        row_cache_begin(cache, &base);
        check_get(cache, 50, true);
    }
    assert_int_equal(disk.asked, 1 + blocks);
    /* Much was read, and the other row is still there. */
    check_get(cache, 51, true);
    assert_int_equal(disk.asked, 1 + blocks);
    state_close(state);
    row_cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_over_a_disk_that_lags_read_what_is_true),
        cmocka_unit_test(test_what_is_asked_often_is_asked_once),
        cmocka_unit_test(test_what_is_not_there_is_asked_again),
        cmocka_unit_test(test_a_row_in_use_stays_when_others_push_through),
        cmocka_unit_test(test_a_full_cache_hands_out_the_rows_of_the_base),
        cmocka_unit_test(test_a_changed_row_is_forgotten_however_old),
        cmocka_unit_test(test_a_row_that_changes_often_takes_one_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
