#include "test.h"

#include "base/random.h"
#include "crypto/hash.h"
#include "settlement/format/chunk_tree.h"
#include <stdlib.h>

/* Bytes that differ from chunk to chunk. */
static struct bytes make_data(size_t size)
{
    struct random random = random_make(size);
    uint8_t *data = malloc(size + 8);
    assert_non_null(data);
    for (size_t i = 0; i < size; i += 8)
        u64le_write(data + i, random_u64(&random));
    return bytes_make(data, size);
}

static void free_data(struct bytes data)
{
    free((void *)data.data);
}

static void hash_of(uint8_t kind, const void *a, size_t a_size, const void *b,
                    size_t b_size, struct hash *out)
{
    struct buffer text = {0};
    buffer_u8(&text, kind);
    buffer_append(&text, a, a_size);
    buffer_append(&text, b, b_size);
    hash_sha256(buffer_view(&text), out);
    buffer_free(&text);
}

/* Three chunks, the last of one byte: ((0 1) 2). */
static void test_root_is_the_one_of_the_format(void **unused)
{
    struct bytes data = make_data(2 * CHUNK_SIZE_BYTES + 1);
    struct hash leaves[3], left, root, own;
    for (uint32_t i = 0; i < 3; i++) {
        uint8_t index[4];
        struct bytes chunk = chunk_at(data, i);
        u32le_write(index, i);
        hash_of(0, index, 4, chunk.data, chunk.size, &leaves[i]);
    }
    hash_of(1, leaves[0].bytes, 32, leaves[1].bytes, 32, &left);
    hash_of(1, left.bytes, 32, leaves[2].bytes, 32, &root);
    chunk_tree_root(data, &own);
    assert_true(hash_equal(&root, &own));
    free_data(data);
    chunk_tree_root((struct bytes){0}, &own);
    assert_true(hash_equal(&own, &(struct hash){0}));
}

/* Every chunk of every size is proved, and nothing else. */
static void check_size(size_t size)
{
    struct bytes data = make_data(size);
    struct chunk_tree *tree = chunk_tree_new(data);
    struct hash root, path[CHUNK_PATH_MAX + 1] = {0};
    size_t count = chunk_count(size);
    chunk_tree_root(data, &root);
    for (size_t i = 0; i < count; i++) {
        struct bytes chunk = chunk_at(data, i);
        size_t length = chunk_tree_path(tree, i, path);
        assert_true(chunk_tree_verify(&root, size, i, chunk, path, length));
        assert_false(
            chunk_tree_verify(&root, size, i ^ 1, chunk, path, length));
        assert_false(
            chunk_tree_verify(&root, size, i, chunk, path, length + 1));
        assert_false(chunk_tree_verify(&root, size, i,
                                       bytes_make(chunk.data, chunk.size - 1),
                                       path, length));
        if (length > 0)
            assert_false(
                chunk_tree_verify(&root, size, i, chunk, path, length - 1));
        for (size_t k = 0; k < length; k++) {
            path[k].bytes[k] ^= 1;
            assert_false(
                chunk_tree_verify(&root, size, i, chunk, path, length));
            path[k].bytes[k] ^= 1;
        }
        ((uint8_t *)chunk.data)[chunk.size / 2] ^= 1;
        assert_false(chunk_tree_verify(&root, size, i, chunk, path, length));
        ((uint8_t *)chunk.data)[chunk.size / 2] ^= 1;
    }
    chunk_tree_free(tree);
    free_data(data);
}

static void test_each_chunk_has_a_path_and_no_other_fits(void **unused)
{
    for (size_t count = 1; count <= 9; count++) {
        check_size(count * CHUNK_SIZE_BYTES);
        check_size(count * CHUNK_SIZE_BYTES - 7);
    }
}

static void test_chunks_that_there_can_not_be_are_refused(void **unused)
{
    struct hash root = {0}, path[CHUNK_PATH_MAX] = {0};
    static uint8_t chunk[CHUNK_SIZE_BYTES];
    struct bytes whole = bytes_make(chunk, sizeof(chunk));
    assert_false(chunk_tree_verify(&root, 0, 0, (struct bytes){0}, path, 0));
    assert_false(chunk_tree_verify(&root, SIZE_MAX, 0, whole, path, 10));
    assert_false(chunk_tree_verify(&root, CHUNK_SIZE_BYTES, 1, whole, path, 0));
    assert_false(
        chunk_tree_verify(&root, CHUNK_SIZE_BYTES, SIZE_MAX, whole, path, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_root_is_the_one_of_the_format),
        cmocka_unit_test(test_each_chunk_has_a_path_and_no_other_fits),
        cmocka_unit_test(test_chunks_that_there_can_not_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
