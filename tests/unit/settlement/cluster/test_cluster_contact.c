#include "settlement/cluster/cluster_contact.h"

#include "base/error.h"
#include "key_fixture.h"
#include "test.h"

static struct cluster_contact make(void)
{
    struct cluster_contact contact = {
        .unix_ms = 1700000000000,
        .address_count = 2,
        .addresses = {"192.0.2.1:8001", "[2001:db8::1]:8001"},
        .endpoint = "192.0.2.1:10899",
        .version = "0.1.0"};
    const struct keypair key = fixture_key(1);
    const struct hash genesis = fixture_hash(1);

    cluster_contact_sign(&contact, &genesis, &key);
    return contact;
}

static void test_a_contact_is_read_as_it_was_written(void **state)
{
    (void)state;
    const struct cluster_contact contact = make();
    const struct hash genesis = fixture_hash(1);
    struct cluster_contact read;
    struct buffer bytes = {0};
    cluster_contact_encode(&contact, &bytes);
    assert_true(bytes.size <= CLUSTER_CONTACT_MAX);
    struct reader reader = reader_make(buffer_view(&bytes));
    assert_ok(cluster_contact_decode(&reader, &read));
    assert_ok(reader_end(&reader));
    assert_string_equal(read.addresses[1], "[2001:db8::1]:8001");
    assert_string_equal(read.endpoint, "192.0.2.1:10899");
    assert_string_equal(read.version, "0.1.0");
    assert_true(cluster_contact_is_signed(&read, &genesis));
    for (size_t size = 0; size < bytes.size; size++) {
        reader = reader_make(bytes_make(bytes.data, size));
        assert_int_equal(cluster_contact_decode(&reader, &read), ERR_INVALID);
    }
    buffer_free(&bytes);
}

static void test_nobody_else_can_change_it(void **state)
{
    (void)state;
    const struct hash genesis = fixture_hash(1), other = fixture_hash(2);
    struct cluster_contact contact = make();
    assert_false(cluster_contact_is_signed(&contact, &other));
    contact.unix_ms++;
    assert_false(cluster_contact_is_signed(&contact, &genesis));
    contact = make();
    contact.addresses[0][0] = '2';
    assert_false(cluster_contact_is_signed(&contact, &genesis));
    contact = make();
    contact.identity = fixture_key(2).pubkey;
    assert_false(cluster_contact_is_signed(&contact, &genesis));
}

static void test_texts_are_short_and_printable(void **state)
{
    (void)state;
    struct cluster_contact contact = make(), read;
    struct buffer bytes = {0};
    cluster_contact_encode(&contact, &bytes);
    /* The first address's size is after key, time and number. */
    size_t at = 32 + 8 + 1;
    bytes.data[at + 1] = '\n';
    struct reader reader = reader_make(buffer_view(&bytes));
    assert_int_equal(cluster_contact_decode(&reader, &read), ERR_INVALID);
    bytes.data[at] = CLUSTER_TEXT_MAX;
    reader = reader_make(buffer_view(&bytes));
    assert_int_equal(cluster_contact_decode(&reader, &read), ERR_LIMIT);
    bytes.data[at - 1] = CLUSTER_ADDRESSES_MAX + 1;
    reader = reader_make(buffer_view(&bytes));
    assert_int_equal(cluster_contact_decode(&reader, &read), ERR_LIMIT);
    buffer_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_contact_is_read_as_it_was_written),
        cmocka_unit_test(test_nobody_else_can_change_it),
        cmocka_unit_test(test_texts_are_short_and_printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
