/*
 * Votes as bytes, what is signed of them, and two that show an offence.
 */
#include "voters.h"

#include "consensus/evidence.h"
#include "crypto/hash.h"

static void test_a_vote_is_read_as_it_was_written(void **state)
{
    static const size_t sizes[] = {0, 107, 75, 107};
    for (int kind = VOTE_NOTARIZE; kind <= VOTE_FINALIZE; kind++) {
        struct vote vote =
            voters_vote((enum vote_kind)kind, 513, UINT64_MAX - 1, 99);
        struct vote read;
        struct buffer bytes = {0};
        vote_encode(&vote, &bytes);
        assert_int_equal(bytes.size, sizes[kind]);
        struct reader reader = reader_make(buffer_view(&bytes));
        assert_ok(vote_decode(&reader, &read));
        assert_ok(reader_end(&reader));
        assert_memory_equal(&read, &vote, sizeof(vote));
        for (size_t size = 0; size < bytes.size; size++) {
            reader = reader_make(bytes_make(bytes.data, size));
            assert_int_equal(vote_decode(&reader, &read), ERR_INVALID);
        }
        bytes.data[0] = 4;
        reader = reader_make(buffer_view(&bytes));
        assert_int_equal(vote_decode(&reader, &read), ERR_INVALID);
        bytes.data[0] = 0;
        reader = reader_make(buffer_view(&bytes));
        assert_int_equal(vote_decode(&reader, &read), ERR_INVALID);
        buffer_free(&bytes);
    }
}

/* The bytes as docs/consensus.md has them. */
static void test_what_is_signed_names_network_and_epoch(void **state)
{
    const struct hash genesis = voters_hash(1);
    struct vote_tag tag = vote_tag_of(&genesis);
    struct vote vote = voters_vote(VOTE_FINALIZE, 3, 0x0102, 5);
    uint8_t message[VOTE_MESSAGE_SIZE_MAX];
    uint8_t expected[65] = {0};
    const struct bytes pieces[] = {bytes_text("pond vote 1"),
                                   bytes_make(genesis.bytes, 32)};
    struct hash hash;
    hash_sha256_pieces(pieces, 2, &hash);
    memcpy(expected, hash.bytes, 16);
    expected[16] = 3;
    expected[17] = 9;
    expected[25] = 2;
    expected[26] = 1;
    expected[33] = 5;
    assert_int_equal(vote_message(&tag, 9, &vote, message), 65);
    assert_memory_equal(message, expected, 65);
    vote.kind = VOTE_NULLIFY;
    assert_int_equal(vote_message(&tag, 9, &vote, message), 33);
    /* The validator is not in it: its key says who it is. */
    uint8_t other[VOTE_MESSAGE_SIZE_MAX];
    vote.validator = 4;
    vote_message(&tag, 9, &vote, other);
    assert_memory_equal(message, other, 33);
}

static void test_an_outcome_names_block_and_state(void **state)
{
    const struct hash one = voters_hash(1), two = voters_hash(2);
    struct hash a = vote_outcome(&one, &two);
    struct hash b = vote_outcome(&two, &one);
    assert_false(hash_equal(&a, &b));
}

static void test_two_votes_that_no_honest_validator_gives(void **state)
{
    struct vote one = voters_vote(VOTE_NOTARIZE, 1, 9, 1);
    struct vote other = voters_vote(VOTE_NOTARIZE, 1, 9, 2);
    assert_int_equal(evidence_of(&one, &other), OFFENCE_TWO_BLOCKS);
    assert_int_equal(evidence_of(&one, &one), OFFENCE_NONE);
    other.slot = 10;
    assert_int_equal(evidence_of(&one, &other), OFFENCE_NONE);
    other = voters_vote(VOTE_NOTARIZE, 2, 9, 2);
    assert_int_equal(evidence_of(&one, &other), OFFENCE_NONE);
    one = voters_vote(VOTE_FINALIZE, 1, 9, 1);
    other = voters_vote(VOTE_FINALIZE, 1, 9, 2);
    assert_int_equal(evidence_of(&one, &other), OFFENCE_TWO_OUTCOMES);
    /* Slots 8 … 11 are a window. */
    for (uint64_t slot = 4; slot < 16; slot++) {
        enum offence expected =
            slot == 8 || slot == 9 ? OFFENCE_KEPT_GIVEN_UP : OFFENCE_NONE;
        other = voters_vote(VOTE_NULLIFY, 1, slot, 0);
        assert_int_equal(evidence_of(&one, &other), expected);
        assert_int_equal(evidence_of(&other, &one), expected);
    }
    /* Who gives up a slot may notarize it, before or after. */
    one = voters_vote(VOTE_NOTARIZE, 1, 9, 1);
    other = voters_vote(VOTE_NULLIFY, 1, 9, 0);
    assert_int_equal(evidence_of(&one, &other), OFFENCE_NONE);
}

static void test_two_blocks_that_no_honest_leader_makes(void **state)
{
    struct signed_block one = {.slot = 8, .hash = voters_hash(1)};
    struct signed_block other = one;
    assert_int_equal(evidence_of_blocks(&one, &other), OFFENCE_NONE);
    other.hash = voters_hash(2);
    assert_int_equal(evidence_of_blocks(&one, &other), OFFENCE_TWO_HEADERS);
    other.slot = 9;
    assert_int_equal(evidence_of_blocks(&one, &other), OFFENCE_NONE);
    other.slot = 8;
    other.leader.bytes[0] = 1;
    assert_int_equal(evidence_of_blocks(&one, &other), OFFENCE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_vote_is_read_as_it_was_written),
        cmocka_unit_test(test_what_is_signed_names_network_and_epoch),
        cmocka_unit_test(test_an_outcome_names_block_and_state),
        cmocka_unit_test(test_two_votes_that_no_honest_validator_gives),
        cmocka_unit_test(test_two_blocks_that_no_honest_leader_makes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
