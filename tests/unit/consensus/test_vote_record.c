/*
 * The record of what was voted: its bytes, and windows that come and go.
 */
#include "voters.h"

#include "consensus/vote_record.h"

static const struct pubkey voter = {.bytes = {1}};

static struct vote_tag tag(uint64_t genesis)
{
    const struct hash hash = voters_hash(genesis);
    return vote_record_tag(&hash, &voter);
}

static struct vote_record full_record(void)
{
    struct vote_record record = {.sequence = 7,
                                 .root_slot = 11,
                                 .root = voters_hash(12),
                                 .window = 40,
                                 .led = 5,
                                 .known = VOTE_RECORD_WINDOWS,
                                 .header_size = VOTE_RECORD_HEADER_MAX,
                                 .replaced = {300, 301}};
    for (unsigned i = 0; i < VOTE_RECORD_WINDOWS; i++)
        record.bits[i] =
            (struct vote_bits){(uint8_t)i, (uint8_t)(i + 1), (uint8_t)(i + 2)};
    for (unsigned i = 0; i < WINDOW_SLOTS; i++) {
        record.notarized[i] = voters_hash(100 + i);
        record.finalized[i] = voters_hash(200 + i);
    }
    memset(record.header, 0xab, sizeof(record.header));
    return record;
}

static void test_a_record_is_read_as_it_was_written(void **state)
{
    struct vote_record record = full_record(), read;
    struct vote_tag mine = tag(1);
    uint8_t bytes[VOTE_RECORD_SIZE];
    vote_record_encode(&record, &mine, bytes);
    assert_ok(vote_record_decode(bytes, &mine, &read));
    assert_memory_equal(&read, &record, sizeof(record));
}

static void test_no_changed_bit_is_believed(void **state)
{
    struct vote_record record = full_record(), read;
    struct vote_tag mine = tag(1);
    uint8_t bytes[VOTE_RECORD_SIZE];
    vote_record_encode(&record, &mine, bytes);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] ^= 1;
        assert_int_equal(vote_record_decode(bytes, &mine, &read), ERR_CORRUPT);
        bytes[i] ^= 1;
    }
    memset(bytes, 0, sizeof(bytes));
    assert_int_equal(vote_record_decode(bytes, &mine, &read), ERR_CORRUPT);
}

static void test_a_record_of_another_network_is_refused(void **state)
{
    struct vote_record record = full_record(), read;
    struct vote_tag mine = tag(1), other = tag(2);
    uint8_t bytes[VOTE_RECORD_SIZE];
    vote_record_encode(&record, &other, bytes);
    assert_int_equal(vote_record_decode(bytes, &mine, &read), ERR_DENIED);
}

static void test_windows_move_back_as_new_ones_are_entered(void **state)
{
    struct vote_record record = vote_record_new(0);
    vote_record_enter(&record, 3);
    vote_record_bits(&record, 3)->notarized = 9;
    record.led = 1;
    assert_int_equal(vote_record_bits(&record, 0)->notarized, 0);
    vote_record_enter(&record, 3);
    vote_record_enter(&record, 2);
    assert_int_equal(record.window, 3);
    assert_int_equal(record.led, 1);
    vote_record_enter(&record, 5);
    assert_int_equal(record.led, 0);
    assert_int_equal(vote_record_bits(&record, 3)->notarized, 9);
    assert_int_equal(vote_record_bits(&record, 4)->notarized, 0);
    assert_int_equal(vote_record_bits(&record, 5)->notarized, 0);
    assert_null(vote_record_bits(&record, 6));
    vote_record_enter(&record, 3 + VOTE_RECORD_WINDOWS - 1);
    assert_int_equal(vote_record_bits(&record, 3)->notarized, 9);
    vote_record_enter(&record, 3 + VOTE_RECORD_WINDOWS);
    assert_null(vote_record_bits(&record, 3));
    vote_record_enter(&record, 1000);
    for (size_t i = 0; i < VOTE_RECORD_WINDOWS; i++)
        assert_int_equal(vote_record_bits(&record, 1000 - i)->notarized, 0);
}

/* A record that begins late says nothing of what was before. */
static void test_nothing_is_known_of_windows_before_the_first(void **state)
{
    struct vote_record record = vote_record_new(7);
    assert_null(vote_record_bits(&record, 6));
    assert_non_null(vote_record_bits(&record, 7));
    vote_record_enter(&record, 9);
    assert_null(vote_record_bits(&record, 6));
    assert_non_null(vote_record_bits(&record, 7));
    vote_record_enter(&record, UINT64_MAX);
    assert_int_equal(record.known, VOTE_RECORD_WINDOWS);
    /* And one that knows nothing at all, or more than there is, is none. */
    struct vote_tag mine = tag(1);
    uint8_t bytes[VOTE_RECORD_SIZE];
    const uint8_t wrong[] = {0, VOTE_RECORD_WINDOWS + 1};
    for (size_t i = 0; i < sizeof(wrong); i++) {
        record.known = wrong[i];
        vote_record_encode(&record, &mine, bytes);
        assert_int_equal(vote_record_decode(bytes, &mine, &record),
                         ERR_CORRUPT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_record_is_read_as_it_was_written),
        cmocka_unit_test(test_no_changed_bit_is_believed),
        cmocka_unit_test(test_a_record_of_another_network_is_refused),
        cmocka_unit_test(test_windows_move_back_as_new_ones_are_entered),
        cmocka_unit_test(test_nothing_is_known_of_windows_before_the_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
