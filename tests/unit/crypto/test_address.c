#include "vectors.h"

#include "crypto/address.h"

#define SEEDS_MAX 20

struct seeds {
    struct buffer memory[SEEDS_MAX];
    struct bytes bytes[SEEDS_MAX];
    size_t count;
};

static struct seeds seeds_of(struct json_object *vector)
{
    struct seeds seeds = {0};
    struct json_object *array;
    assert_ok(json_get_array(vector, "seeds", &array));
    seeds.count = json_object_array_length(array);
    assert_true(seeds.count <= SEEDS_MAX);
    for (size_t i = 0; i < seeds.count; i++) {
        seeds.memory[i] = vectors_hex(
            json_object_get_string(json_object_array_get_idx(array, i)));
        seeds.bytes[i] = buffer_view(&seeds.memory[i]);
    }
    return seeds;
}

static void seeds_free(struct seeds *seeds)
{
    for (size_t i = 0; i < seeds->count; i++)
        buffer_free(&seeds->memory[i]);
}

static struct pubkey key_of(struct json_object *vector, const char *name)
{
    struct pubkey key;
    assert_ok(pubkey_parse(bytes_text(vectors_text(vector, name)), &key));
    return key;
}

static struct json_object *load(const char *name, struct json_object **array)
{
    struct json_object *file = vectors_load("solana_addresses.json");
    assert_ok(json_get_array(file, name, array));
    assert_true(json_object_array_length(*array) >= 5);
    return file;
}

static void test_found_addresses_are_those_of_web3js(void **state)
{
    struct json_object *array, *file = load("find", &array);
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        struct json_object *vector = json_object_array_get_idx(array, i);
        struct seeds seeds = seeds_of(vector);
        struct pubkey program = key_of(vector, "program"), address;
        uint64_t expected;
        uint8_t bump;
        assert_ok(
            address_find(seeds.bytes, seeds.count, &program, &address, &bump));
        assert_string_equal(PUBKEY_TEXT(&address),
                            vectors_text(vector, "address"));
        assert_ok(json_get_u64(vector, "bump", &expected));
        assert_int_equal(bump, expected);
        assert_false(pubkey_is_on_curve(&address));
        /* The same through the seeds with their bump. */
        seeds.bytes[seeds.count] = bytes_make(&bump, 1);
        struct pubkey created;
        assert_ok(
            address_create(seeds.bytes, seeds.count + 1, &program, &created));
        assert_true(pubkey_equal(&created, &address));
        seeds_free(&seeds);
    }
    json_object_put(file);
}

static void test_created_addresses_are_those_of_web3js(void **state)
{
    struct json_object *array, *file = load("create", &array);
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        struct json_object *vector = json_object_array_get_idx(array, i);
        struct seeds seeds = seeds_of(vector);
        struct pubkey program = key_of(vector, "program"), address;
        int status =
            address_create(seeds.bytes, seeds.count, &program, &address);
        if (json_object_object_get(vector, "address")) {
            assert_ok(status);
            assert_string_equal(PUBKEY_TEXT(&address),
                                vectors_text(vector, "address"));
        } else {
            assert_int_equal(status, ERR_INVALID); /* on the curve */
        }
        seeds_free(&seeds);
    }
    json_object_put(file);
}

static void test_addresses_with_a_seed_are_those_of_web3js(void **state)
{
    struct json_object *array, *file = load("seed", &array);
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        struct json_object *vector = json_object_array_get_idx(array, i);
        struct pubkey base = key_of(vector, "base"), address;
        struct pubkey owner = key_of(vector, "owner");
        assert_ok(address_with_seed(
            &base, bytes_text(vectors_text(vector, "seed")), &owner, &address));
        assert_string_equal(PUBKEY_TEXT(&address),
                            vectors_text(vector, "address"));
    }
    json_object_put(file);
}

static void test_limits_are_solanas(void **state)
{
    uint8_t long_seed[33] = {0};
    struct bytes seeds[17] = {0};
    struct pubkey program = {{9}}, address;
    struct bytes too_long = bytes_make(long_seed, 33);
    assert_int_equal(address_create(seeds, 17, &program, &address), ERR_LIMIT);
    assert_int_equal(address_find(seeds, 16, &program, &address, NULL),
                     ERR_LIMIT);
    assert_ok(address_find(seeds, 15, &program, &address, NULL));
    assert_int_equal(address_create(&too_long, 1, &program, &address),
                     ERR_LIMIT);
    assert_int_equal(address_find(&too_long, 1, &program, &address, NULL),
                     ERR_LIMIT);
    assert_int_equal(address_with_seed(&program, too_long, &program, &address),
                     ERR_LIMIT);
}

static void test_owner_that_imitates_a_derived_address_is_denied(void **state)
{
    struct pubkey base = {{1}}, owner = {{2}}, address;
    memcpy(owner.bytes + 11, "ProgramDerivedAddress", 21);
    assert_int_equal(
        address_with_seed(&base, bytes_text("x"), &owner, &address),
        ERR_DENIED);
    owner.bytes[31]++;
    assert_ok(address_with_seed(&base, bytes_text("x"), &owner, &address));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found_addresses_are_those_of_web3js),
        cmocka_unit_test(test_created_addresses_are_those_of_web3js),
        cmocka_unit_test(test_addresses_with_a_seed_are_those_of_web3js),
        cmocka_unit_test(test_limits_are_solanas),
        cmocka_unit_test(test_owner_that_imitates_a_derived_address_is_denied),
    };
    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
