#include "fixture.h"

#include "storage/format/dag_pb.h"
#include "storage/keep/collection.h"
#include "storage/keep/dag_walk.h"
#include "storage/keep/pin.h"
#include "storage/store/store_state.h"

#include <pthread.h>
#include <stdatomic.h>

#define SMALL_SEGMENT 20000

static const struct pubkey task = {{1}};

static void test_what_is_not_pinned_goes(void **state)
{
    char *folder = fixture_folder();
    struct store *store = fixture_store(folder, SMALL_SEGMENT);
    struct pin_owner owner = retention_user();
    struct collection_result result;
    struct store_stat before, after;
    struct cid cids[100];

    for (size_t i = 0; i < 100; i++)
        cids[i] = fixture_put(store, 1000, i);
    for (size_t i = 0; i < 100; i += 10)
        assert_ok(pin_add(store, &cids[i], &owner, NULL));
    assert_ok(store_stat(store, &before));
    assert_ok(collection_run(store, NULL, &result));
    assert_true(result.complete);
    assert_int_equal(result.blocks_freed, 90);
    assert_int_equal(result.blocks_kept, 10);
    assert_ok(store_stat(store, &after));
    assert_int_equal(after.blocks, 10);
    assert_true(after.disk_bytes < 12000);
    assert_in_range(result.bytes_freed, before.disk_bytes - after.disk_bytes,
                    before.disk_bytes - after.disk_bytes + 1000);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(fixture_has(store, &cids[i], 1000, i), i % 10 == 0);
    /* And again after a restart: nothing comes back, nothing is missing. */
    store_close(store);
    store = fixture_store(folder, SMALL_SEGMENT);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(fixture_has(store, &cids[i], 1000, i), i % 10 == 0);
    assert_ok(collection_run(store, NULL, &result));
    assert_int_equal(result.segments_freed, 0);
    store_close(store);
    fixture_remove(folder);
}

static void test_full_segments_can_be_left_alone(void **state)
{
    struct collection_options options = {.live_max_percent = 50};
    char *folder = fixture_folder();
    struct store *store = fixture_store(folder, SMALL_SEGMENT);
    struct pin_owner owner = retention_user();
    struct collection_result result;

    /* The first segments are two thirds full of live blocks, the later ones
     * have none. */
    for (size_t i = 0; i < 120; i++) {
        struct cid cid = fixture_put(store, 1000, i);

        if (i < 60 && i % 3)
            assert_ok(pin_add(store, &cid, &owner, NULL));
    }
    assert_ok(collection_run(store, &options, &result));
    assert_int_equal(result.bytes_copied, 2000);
    assert_true(result.segments_freed >= 3);
    assert_ok(collection_run(store, NULL, &result));
    assert_true(result.bytes_copied >= 30000);
    store_close(store);
    fixture_remove(folder);
}

static void test_a_hold_protects_what_is_put_and_found(void **state)
{
    char *folder = fixture_folder();
    struct store *store = fixture_store(folder, SMALL_SEGMENT);
    struct cid old = fixture_put(store, 1000, 1);
    struct cid garbage = fixture_put(store, 1000, 2);
    struct store_hold *hold = store_hold(store);
    struct cid added = fixture_put(store, 1000, 3);

    fixture_put(store, 1000, 1);
    assert_ok(collection_run(store, NULL, NULL));
    assert_true(store_has(store, &old, NULL));
    assert_true(store_has(store, &added, NULL));
    assert_false(store_has(store, &garbage, NULL));
    store_release(hold);
    assert_ok(collection_run(store, NULL, NULL));
    assert_false(store_has(store, &old, NULL));
    assert_false(store_has(store, &added, NULL));
    store_close(store);
    fixture_remove(folder);
}

/* Another thread may make a segment's file under the mutex, and a loop must not
 * wait for the disk. On a mistake this test never ends. */
static void test_a_hold_waits_for_no_disk(void **state)
{
    char *folder = fixture_folder();
    struct store *store = fixture_store(folder, SMALL_SEGMENT);
    struct store_hold *hold;

    lock_take(&store->mutex);
    hold = store_hold(store);
    store_release(hold);
    lock_give(&store->mutex);
    store_close(store);
    fixture_remove(folder);
}

/* A node over children, put and not pinned. */
static struct cid put_node(struct store *store, const struct cid *children,
                           size_t count)
{
    struct buffer node = {0};
    struct cid cid;

    for (size_t i = 0; i < count; i++)
        dag_pb_write_link(&node, &children[i], bytes_text(""), 10);
    cid_of(1, CID_DAG_PB, buffer_view(&node), &cid);
    assert_ok(store_put(store, &cid, buffer_view(&node)));
    buffer_free(&node);
    return cid;
}

/* Change the last byte of a block, wherever in the segments it stands. */
static void damage(const char *folder, struct store *store,
                   const struct cid *cid)
{
    char *path = mem_format("%s/segments/00000001.car", folder);
    struct buffer segment = {0}, block = {0};
    uint8_t *at;

    assert_ok(store_sync(store));
    assert_ok(store_get(store, cid, &block));
    assert_ok(file_read(path, 1 << 20, &segment));
    at = memmem(segment.data, segment.size, block.data, block.size);
    assert_non_null(at);
    at[block.size - 1] ^= 1;
    /* In place: the store has the file open. */
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fwrite(segment.data, 1, segment.size, file), segment.size);
    fclose(file);
    buffer_free(&segment);
    buffer_free(&block);
    free(path);
}

/* Two leaves under a lost node, one leaf beside it, and two blocks without a
 * pin, put before and after the pin. */
struct holed {
    char *folder;
    struct store *store;
    struct cid below[2], beside, node, root, before, after;
};

static struct holed make_holed(void)
{
    struct holed holed = {.folder = fixture_folder()};
    struct pin_owner owner = retention_user();
    struct cid children[2];

    holed.store = fixture_store(holed.folder, SMALL_SEGMENT);
    holed.before = fixture_put(holed.store, 500, 2);
    holed.below[0] = fixture_put(holed.store, 300, 10);
    holed.below[1] = fixture_put(holed.store, 300, 11);
    holed.beside = fixture_put(holed.store, 300, 12);
    holed.node = put_node(holed.store, holed.below, 2);
    children[0] = holed.node;
    children[1] = holed.beside;
    holed.root = put_node(holed.store, children, 2);
    assert_ok(pin_add(holed.store, &holed.root, &owner, "holed"));
    /* In a segment of its own. */
    holed.after = fixture_put(holed.store, SMALL_SEGMENT - 100, 3);
    return holed;
}

static void free_holed(struct holed *holed)
{
    store_close(holed->store);
    fixture_remove(holed->folder);
}

static void test_a_hole_keeps_what_may_hang_from_it_and_no_more(void **state)
{
    struct holed holed = make_holed();
    struct collection_result result;
    int status;

    damage(holed.folder, holed.store, &holed.node);
    status = collection_run(holed.store, NULL, &result);
    /* The damaged segment stays as it is. Only the blocks found matter. */
    assert_true(!status || status == ERR_CORRUPT);
    assert_int_equal(result.holes, 1);
    assert_int_equal(result.blocks_freed, 2);
    assert_false(store_has(holed.store, &holed.before, NULL));
    assert_false(store_has(holed.store, &holed.after, NULL));
    assert_true(fixture_has(holed.store, &holed.below[0], 300, 10));
    assert_true(fixture_has(holed.store, &holed.below[1], 300, 11));
    assert_true(fixture_has(holed.store, &holed.beside, 300, 12));
    assert_true(store_has(holed.store, &holed.root, NULL));

    /* Mended, the pin is whole. */
    put_node(holed.store, holed.below, 2);
    assert_ok(dag_walk(holed.store, &holed.root, NULL, NULL));
    status = collection_run(holed.store, NULL, &result);
    assert_int_equal(result.holes, 0);
    assert_ok(dag_walk(holed.store, &holed.root, NULL, NULL));
    free_holed(&holed);
}

static void test_a_lost_leaf_stops_no_collection(void **state)
{
    struct holed holed = make_holed();
    struct collection_result result;
    struct buffer data = {0};

    damage(holed.folder, holed.store, &holed.beside);
    /* Whether a leaf is good shows when it is read. */
    assert_int_equal(store_get(holed.store, &holed.beside, &data), ERR_CORRUPT);
    (void)collection_run(holed.store, NULL, &result);
    assert_int_equal(result.holes, 1);
    assert_int_equal(result.blocks_freed, 2);
    assert_true(fixture_has(holed.store, &holed.below[1], 300, 11));
    buffer_free(&data);
    free_holed(&holed);
}

/* Make pins as early versions wrote them: without a sketch. */
static void cut_sketches(struct store *store)
{
    struct rows_cursor *cursor;
    struct rows_view *view;
    struct buffer copy = {0}, name = {0};
    struct bytes key, value;

    assert_ok(rows_write(store->rows, &view));
    assert_ok(rows_cursor_open(view, TABLE_PINS, bytes_make(NULL, 0), &cursor));
    assert_ok(rows_cursor_next(cursor, &key, &value));
    buffer_bytes(&copy, key);
    /* Time, rounds, "holed". */
    buffer_bytes(&name, bytes_make(value.data, 12 + 5));
    rows_cursor_close(cursor);
    assert_ok(
        rows_put(view, TABLE_PINS, buffer_view(&copy), buffer_view(&name)));
    assert_ok(rows_commit(view));
    buffer_free(&copy);
    buffer_free(&name);
}

static int check_name(void *user, const struct pin *pin)
{
    assert_string_equal(pin->name, "holed");
    assert_int_equal(pin->sketch.size, 0);
    return 0;
}

static void test_a_hole_in_a_pin_without_a_sketch_keeps_everything(void **state)
{
    struct holed holed = make_holed();
    struct collection_result result;

    cut_sketches(holed.store);
    assert_ok(pin_each(holed.store, check_name, NULL));
    damage(holed.folder, holed.store, &holed.node);
    assert_ok(collection_run(holed.store, NULL, &result));
    assert_int_equal(result.holes, 1);
    assert_int_equal(result.blocks_freed, 0);
    assert_true(store_has(holed.store, &holed.before, NULL));
    free_holed(&holed);
}

static void test_a_full_store_collects_what_nothing_holds(void **state)
{
    struct store_options options = {.size_max_bytes = 10000,
                                    .free_floor_bytes = 1,
                                    .make_room = collection_make_room};
    char *folder = fixture_folder();
    struct buffer data = fixture_bytes(3000, 5);
    struct store_hold *hold;
    struct store *store;
    struct cid cid;

    assert_ok(store_open(folder, &options, &store));
    hold = store_hold(store);
    for (size_t i = 0; i < 3; i++)
        fixture_put(store, 3000, i);
    cid_of(1, CID_RAW, buffer_view(&data), &cid);
    assert_int_equal(store_put(store, &cid, buffer_view(&data)), ERR_FULL);
    assert_non_null(strstr(err_text(), "10000"));
    store_release(hold);
    store_close(store);

    /* Nothing holds the blocks now: a collection makes room. */
    assert_ok(store_open(folder, &options, &store));
    assert_ok(store_put(store, &cid, buffer_view(&data)));
    store_close(store);
    buffer_free(&data);
    fixture_remove(folder);
}

static void test_a_time_limit_ends_it_between_segments(void **state)
{
    struct collection_options options = {.time_limit_ms = 1};
    char *folder = fixture_folder();
    struct store *store = fixture_store(folder, SMALL_SEGMENT);
    struct collection_result result;
    unsigned runs = 0;

    for (size_t i = 0; i < 1000; i++)
        fixture_put(store, 1000, i);
    do {
        assert_ok(collection_run(store, &options, &result));
        runs++;
    } while (!result.complete && runs < 1000);
    assert_true(result.complete);
    assert_true(runs > 1);
    store_close(store);
    fixture_remove(folder);
}

/* ---- a model ---- */

#define MODEL_BLOCKS 60
#define MODEL_ROOTS 40
#define MODEL_STEPS 250

struct model {
    struct store *store;
    struct random random;
    struct cid blocks[MODEL_BLOCKS];
    uint64_t seeds[MODEL_BLOCKS];
    struct cid roots[MODEL_ROOTS];
    struct buffer nodes[MODEL_ROOTS];
    unsigned children[MODEL_ROOTS][3];
    unsigned pins[MODEL_ROOTS]; /* a bit for each owner */
    unsigned root_count;
};

static struct pin_owner model_owner(unsigned number)
{
    return number ? retention_round(&task, number, 0) : retention_user();
}

static size_t model_size(unsigned block)
{
    return 200 + block * 13;
}

/* A node over three of the blocks, and the node before it: DAGs share. */
static void model_add_root(struct model *model)
{
    unsigned number = model->root_count++;
    struct buffer *node = &model->nodes[number];
    struct store_hold *hold = store_hold(model->store);
    struct pin_owner owner = model_owner(0);

    for (unsigned i = 0; i < 3; i++) {
        unsigned child = (unsigned)random_below(&model->random, MODEL_BLOCKS);

        model->children[number][i] = child;
        model->blocks[child] =
            fixture_put(model->store, model_size(child), child);
        dag_pb_write_link(node, &model->blocks[child], bytes_text(""), 1);
    }
    dag_pb_write_data(node, bytes_make(&number, sizeof(number)));
    cid_of(1, CID_DAG_PB, buffer_view(node), &model->roots[number]);
    assert_ok(
        store_put(model->store, &model->roots[number], buffer_view(node)));
    assert_ok(pin_add(model->store, &model->roots[number], &owner, NULL));
    model->pins[number] = 1;
    store_release(hold);
}

static void model_pin(struct model *model, unsigned root)
{
    unsigned number = (unsigned)random_below(&model->random, 8);
    struct pin_owner owner = model_owner(number);

    if (model->pins[root] & 1u << number) {
        assert_ok(pin_remove(model->store, &model->roots[root], &owner));
        model->pins[root] &= ~(1u << number);
    } else if (model->pins[root]) {
        assert_ok(pin_add(model->store, &model->roots[root], &owner, NULL));
        model->pins[root] |= 1u << number;
    }
}

static void model_round(struct model *model)
{
    uint64_t round = random_below(&model->random, 12);

    assert_ok(pin_round_began(model->store, &task, round, 0, NULL));
    for (unsigned root = 0; root < model->root_count; root++) {
        for (unsigned number = 1; number < 8; number++) {
            if (round > number + 3)
                model->pins[root] &= ~(1u << number);
        }
    }
}

static bool model_needs(const struct model *model, unsigned block)
{
    for (unsigned root = 0; root < model->root_count; root++) {
        for (unsigned i = 0; i < 3 && model->pins[root]; i++) {
            if (model->children[root][i] == block)
                return true;
        }
    }
    return false;
}

/* All pinned blocks exist; right after a collection no others do. */
static void model_check(struct model *model, bool collected)
{
    for (unsigned root = 0; root < model->root_count; root++) {
        if (model->pins[root])
            assert_ok(dag_walk(model->store, &model->roots[root], NULL, NULL));
        else if (collected)
            assert_false(store_has(model->store, &model->roots[root], NULL));
    }
    for (unsigned block = 0; block < MODEL_BLOCKS; block++) {
        if (!model->blocks[block].version)
            continue;
        if (model_needs(model, block))
            assert_true(fixture_has(model->store, &model->blocks[block],
                                    model_size(block), block));
        else if (collected)
            assert_false(store_has(model->store, &model->blocks[block], NULL));
    }
}

static void run_model(uint64_t seed)
{
    struct model *model = mem_zero(1, sizeof(*model));
    char *folder = fixture_folder();

    model->random = random_make(seed);
    model->store = fixture_store(folder, 4000);
    for (unsigned step = 0; step < MODEL_STEPS; step++) {
        uint64_t action = random_below(&model->random, 20);
        bool collected = action == 0;

        if (collected) {
            assert_ok(collection_run(model->store, NULL, NULL));
        } else if (action == 1) {
            store_close(model->store);
            model->store = fixture_store(folder, 4000);
        } else if (action == 2) {
            model_round(model);
        } else if (action < 6 && model->root_count < MODEL_ROOTS) {
            model_add_root(model);
        } else if (model->root_count) {
            model_pin(model, (unsigned)random_below(&model->random,
                                                    model->root_count));
        }
        model_check(model, collected);
    }
    store_close(model->store);
    for (unsigned root = 0; root < model->root_count; root++)
        buffer_free(&model->nodes[root]);
    free(model);
    fixture_remove(folder);
}

/* POND_SEED repeats one history. */
static void test_random_histories_keep_the_pinned_and_nothing_else(void **state)
{
    const char *given = getenv("POND_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : random_seed();

    for (int i = 0; i < 5; i++) {
        print_message("POND_SEED=%" PRIu64 "\n", seed);
        run_model(seed);
        seed++;
    }
}

/* ---- beside readers and writers ---- */

struct traffic {
    struct store *store;
    atomic_bool stopping;
    struct cid pinned[50];
};

static void *read_pinned(void *user)
{
    struct traffic *traffic = user;
    size_t i = 0;

    while (!traffic->stopping) {
        i = (i + 7) % 50;
        assert_true(fixture_has(traffic->store, &traffic->pinned[i], 1000, i));
    }
    return NULL;
}

static void *write_held(void *user)
{
    struct traffic *traffic = user;
    uint64_t seed = 1000;

    while (!traffic->stopping) {
        struct store_hold *hold = store_hold(traffic->store);
        struct pin_owner owner = retention_user();
        struct cid cid = fixture_put(traffic->store, 500, seed);

        assert_ok(pin_add(traffic->store, &cid, &owner, NULL));
        store_release(hold);
        assert_true(fixture_has(traffic->store, &cid, 500, seed));
        assert_ok(pin_remove(traffic->store, &cid, &owner));
        seed = 1000 + (seed + 1) % 20;
    }
    return NULL;
}

static void test_readers_and_writers_go_on_meanwhile(void **state)
{
    char *folder = fixture_folder();
    struct traffic traffic = {.store = fixture_store(folder, SMALL_SEGMENT)};
    struct pin_owner owner = retention_user();
    pthread_t threads[3];

    for (size_t i = 0; i < 50; i++) {
        traffic.pinned[i] = fixture_put(traffic.store, 1000, i);
        assert_ok(pin_add(traffic.store, &traffic.pinned[i], &owner, NULL));
    }
    pthread_create(&threads[0], NULL, read_pinned, &traffic);
    pthread_create(&threads[1], NULL, read_pinned, &traffic);
    pthread_create(&threads[2], NULL, write_held, &traffic);
    for (size_t i = 0; i < 12; i++) {
        for (size_t j = 0; j < 20; j++)
            fixture_put(traffic.store, 1000, 5000 + i * 20 + j);
        assert_ok(collection_run(traffic.store, NULL, NULL));
    }
    traffic.stopping = true;
    for (size_t i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < 50; i++)
        assert_true(fixture_has(traffic.store, &traffic.pinned[i], 1000, i));
    store_close(traffic.store);
    fixture_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_not_pinned_goes),
        cmocka_unit_test(test_full_segments_can_be_left_alone),
        cmocka_unit_test(test_a_hold_protects_what_is_put_and_found),
        cmocka_unit_test(test_a_hold_waits_for_no_disk),
        cmocka_unit_test(test_a_hole_keeps_what_may_hang_from_it_and_no_more),
        cmocka_unit_test(test_a_lost_leaf_stops_no_collection),
        cmocka_unit_test(
            test_a_hole_in_a_pin_without_a_sketch_keeps_everything),
        cmocka_unit_test(test_a_full_store_collects_what_nothing_holds),
        cmocka_unit_test(test_a_time_limit_ends_it_between_segments),
        cmocka_unit_test(
            test_random_histories_keep_the_pinned_and_nothing_else),
        cmocka_unit_test(test_readers_and_writers_go_on_meanwhile),
    };

    fixture_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
