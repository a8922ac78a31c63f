#include "fixture.h"

#include "storage/keep/dag_sketch.h"

static struct multihash_key key_of(uint64_t seed)
{
    struct buffer data = fixture_bytes(32, seed);
    struct multihash_key key;
    struct cid cid;

    cid_of(1, CID_RAW, buffer_view(&data), &cid);
    multihash_key(&cid.hash, &key);
    buffer_free(&data);
    return key;
}

static void test_no_block_of_the_dag_is_denied(void **state)
{
    static const size_t counts[] = {0, 1, 2, 100, 5000};

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct buffer noted = {0}, sketch = {0};
        size_t wrong = 0;

        for (uint64_t seed = 0; seed < counts[i]; seed++) {
            struct multihash_key key = key_of(seed);

            dag_sketch_note(bytes_make(key.data, key.size), &noted);
        }
        dag_sketch_make(buffer_view(&noted), &sketch);
        if (counts[i] >= 100)
            assert_int_equal(sketch.size, counts[i] * 2);
        for (uint64_t seed = 0; seed < 10000; seed++) {
            struct multihash_key key = key_of(seed);
            bool may = dag_sketch_may_have(buffer_view(&sketch),
                                           bytes_make(key.data, key.size));

            if (seed < counts[i])
                assert_true(may);
            else
                wrong += may;
        }
        assert_true(wrong < 50);
        buffer_free(&noted);
        buffer_free(&sketch);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_block_of_the_dag_is_denied),
    };

    fixture_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
