/*
 * Certificates as bytes, and those that are none.
 */
#include "voters.h"

#define COUNT 10

static const uint64_t stakes[COUNT] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

static struct certificate make(enum vote_kind kind, size_t count)
{
    struct certificate certificate = {.kind = kind, .slot = 42, .count = count};
    if (kind != VOTE_NULLIFY)
        certificate.block = voters_hash(8);
    if (kind == VOTE_FINALIZE)
        certificate.state = voters_hash(9);
    certificate.votes = calloc(COUNT, sizeof(struct vote));
    for (size_t i = 0; i < count; i++) {
        struct vote *vote = &certificate.votes[i];
        *vote = voters_vote(kind, (uint16_t)(COUNT - count + i), 42, 8);
        if (kind == VOTE_NULLIFY)
            vote->slot = 40 + i % 3;
        if (kind == VOTE_FINALIZE)
            vote->value = vote_outcome(&certificate.block, &certificate.state);
    }
    return certificate;
}

static void test_a_certificate_is_read_as_it_was_written(void **state)
{
    struct validator_set *set = voters_set(stakes, COUNT);
    for (int kind = VOTE_NOTARIZE; kind <= VOTE_FINALIZE; kind++) {
        struct certificate made = make((enum vote_kind)kind, 7), read;
        struct buffer bytes = {0};
        certificate_encode(&made, set, &bytes);
        assert_ok(certificate_decode(buffer_view(&bytes), set, &read));
        assert_int_equal(read.count, 7);
        assert_memory_equal(&read.block, &made.block, 32);
        assert_memory_equal(&read.state, &made.state, 32);
        assert_memory_equal(read.votes, made.votes, 7 * sizeof(struct vote));
        certificate_free(&read);
        for (size_t size = 0; size < bytes.size; size++)
            assert_int_equal(
                certificate_decode(bytes_make(bytes.data, size), set, &read),
                ERR_INVALID);
        buffer_u8(&bytes, 0);
        assert_int_equal(certificate_decode(buffer_view(&bytes), set, &read),
                         ERR_INVALID);
        buffer_free(&bytes);
        certificate_free(&made);
    }
    validator_set_free(set);
}

static void refuse(const struct certificate *made,
                   const struct validator_set *set, size_t at, uint8_t flip)
{
    struct certificate read;
    struct buffer bytes = {0};
    certificate_encode(made, set, &bytes);
    bytes.data[at] ^= flip;
    assert_int_equal(certificate_decode(buffer_view(&bytes), set, &read),
                     ERR_INVALID);
    buffer_free(&bytes);
}

/* kind 1, epoch 8, slot 8, block 32, count 2, bitmap 2: at byte 51. */
static void test_what_is_no_quorum_of_this_set_is_refused(void **state)
{
    struct validator_set *set = voters_set(stakes, COUNT);
    struct certificate made = make(VOTE_NOTARIZE, 7), few;
    refuse(&made, set, 0, 5);       /* of no kind */
    refuse(&made, set, 1, 1);       /* of another epoch */
    refuse(&made, set, 49, 1);      /* of a set of another size */
    refuse(&made, set, 52, 1 << 2); /* a vote past the last validator */
    refuse(&made, set, 52, 1);      /* one vote less than its signatures */
    certificate_free(&made);
    few = make(VOTE_NOTARIZE, 6); /* six of ten are less than two thirds */
    refuse(&few, set, 60, 0);
    certificate_free(&few);
    /* kind, epoch, slot, count, bitmap: places from byte 21 on. */
    made = make(VOTE_NULLIFY, 7);
    refuse(&made, set, 21, 3); /* of a slot after its own */
    certificate_free(&made);
    validator_set_free(set);
}

static void test_stake_counts_and_not_heads(void **state)
{
    static const uint64_t uneven[] = {100, 1, 1, 1};
    struct validator_set *set = voters_set(uneven, 4);
    struct certificate made = {.kind = VOTE_NOTARIZE, .slot = 1, .count = 3};
    struct vote votes[3];
    struct buffer bytes = {0};
    struct certificate read;
    for (uint16_t i = 0; i < 3; i++)
        votes[i] = voters_vote(VOTE_NOTARIZE, (uint16_t)(i + 1), 1, 0);
    made.votes = votes;
    certificate_encode(&made, set, &bytes);
    assert_int_equal(certificate_decode(buffer_view(&bytes), set, &read),
                     ERR_INVALID);
    buffer_clear(&bytes);
    votes[0].validator = 0;
    made.count = 1;
    certificate_encode(&made, set, &bytes);
    assert_ok(certificate_decode(buffer_view(&bytes), set, &read));
    certificate_free(&read);
    buffer_free(&bytes);
    validator_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_certificate_is_read_as_it_was_written),
        cmocka_unit_test(test_what_is_no_quorum_of_this_set_is_refused),
        cmocka_unit_test(test_stake_counts_and_not_heads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
