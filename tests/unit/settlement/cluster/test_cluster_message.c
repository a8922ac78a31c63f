#include "settlement/cluster/cluster_message.h"

#include "base/error.h"
#include "settlement/format/transaction.h"
#include "test.h"

static struct hash numbered(uint8_t number)
{
    struct hash hash = {.bytes = {number}};
    return hash;
}

/* Every beginning of a body that is cut off is refused, and so is one byte too
 * many. */
#define assert_only_whole(decode, type, body)                                  \
    do {                                                                       \
        type value_;                                                           \
        struct bytes whole_ = buffer_view(body);                               \
        for (size_t i_ = 0; i_ < whole_.size; i_++)                            \
            assert_int_equal(decode(bytes_make(whole_.data, i_), &value_),     \
                             ERR_INVALID);                                     \
        buffer_u8(body, 0);                                                    \
        assert_int_equal(decode(buffer_view(body), &value_), ERR_INVALID);     \
        buffer_free(body);                                                     \
    } while (0)

static void test_a_status_is_read_whole(void **state)
{
    (void)state;
    const struct cluster_status said = {.consensus = {.root_slot = 70,
                                                      .root = numbered(9),
                                                      .window = 20,
                                                      .certified = 79,
                                                      .has_forgotten = true},
                                        .unix_ms = 1700000000000};
    struct cluster_status heard;
    struct buffer body = {0};
    cluster_status_encode(&said, &body);
    assert_int_equal(body.size, 65);
    assert_int_equal(cluster_status_decode(buffer_view(&body), &heard), 0);
    assert_int_equal(heard.consensus.root_slot, 70);
    assert_int_equal(heard.consensus.window, 20);
    assert_int_equal(heard.consensus.certified, 79);
    assert_true(heard.consensus.has_forgotten);
    assert_false(heard.consensus.is_below_record);
    assert_int_equal(heard.unix_ms, 1700000000000);
    assert_only_whole(cluster_status_decode, struct cluster_status, &body);
}

static void test_each_question_comes_back_as_it_was(void **state)
{
    (void)state;
    const struct cluster_question questions[] = {
        {.number = 1,
         .kind = CLUSTER_EVIDENCE,
         .consensus = {.kind = CONSENSUS_EVIDENCE, .at = 5}},
        {.number = 2,
         .kind = CLUSTER_CERTIFICATE,
         .consensus = {.kind = CONSENSUS_CERTIFIED, .at = 21}},
        {.number = 3,
         .kind = CLUSTER_CERTIFICATE,
         .consensus = {.kind = CONSENSUS_COVERED, .at = 22}},
        {.number = 4,
         .kind = CLUSTER_HEADERS,
         .hash = numbered(3),
         .count = CLUSTER_HEADERS_MAX},
        {.number = 5,
         .kind = CLUSTER_CHUNKS,
         .hash = numbered(4),
         .first = 300,
         .count = CLUSTER_CHUNKS_MAX},
    };
    for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++) {
        const struct cluster_question *asked = &questions[i];
        struct cluster_question heard;
        struct buffer body = {0};
        cluster_question_encode(asked, &body);
        assert_int_equal(cluster_question_decode(buffer_view(&body), &heard),
                         0);
        assert_int_equal(heard.number, asked->number);
        assert_int_equal(heard.kind, asked->kind);
        assert_int_equal(heard.consensus.kind, asked->consensus.kind);
        assert_int_equal(heard.consensus.at, asked->consensus.at);
        assert_true(hash_equal(&heard.hash, &asked->hash));
        assert_int_equal(heard.first, asked->first);
        assert_int_equal(heard.count, asked->count);
        assert_only_whole(cluster_question_decode, struct cluster_question,
                          &body);
    }
}

static void test_questions_for_too_much_or_nothing_are_refused(void **state)
{
    (void)state;
    struct cluster_question question = {.kind = CLUSTER_CHUNKS,
                                        .count = CLUSTER_CHUNKS_MAX + 1};
    struct cluster_question heard;
    struct buffer body = {0};
    cluster_question_encode(&question, &body);
    assert_int_equal(cluster_question_decode(buffer_view(&body), &heard),
                     ERR_LIMIT);
    buffer_clear(&body);
    question.kind = CLUSTER_HEADERS;
    question.count = 0;
    cluster_question_encode(&question, &body);
    assert_int_equal(cluster_question_decode(buffer_view(&body), &heard),
                     ERR_LIMIT);
    /* Another kind of question, and another kind of certificate. */
    const uint8_t unknown[13] = {0, 0, 0, 0, 9};
    assert_int_equal(
        cluster_question_decode(bytes_make(unknown, sizeof(unknown)), &heard),
        ERR_INVALID);
    const uint8_t third[14] = {0, 0, 0, 0, CLUSTER_CERTIFICATE, 3};
    assert_int_equal(
        cluster_question_decode(bytes_make(third, sizeof(third)), &heard),
        ERR_INVALID);
    buffer_free(&body);
}

static void test_votes_are_bounded(void **state)
{
    (void)state;
    static struct cluster_votes votes;
    const struct vote vote = {.kind = VOTE_NULLIFY, .validator = 3, .slot = 12};
    struct buffer body = {0};
    assert_int_equal(cluster_votes_decode(buffer_view(&body), &votes), 0);
    assert_int_equal(votes.count, 0);
    for (size_t i = 0; i < CLUSTER_VOTES_MAX; i++)
        vote_encode(&vote, &body);
    assert_int_equal(cluster_votes_decode(buffer_view(&body), &votes), 0);
    assert_int_equal(votes.count, CLUSTER_VOTES_MAX);
    assert_int_equal(votes.votes[511].slot, 12);
    vote_encode(&vote, &body);
    assert_int_equal(cluster_votes_decode(buffer_view(&body), &votes),
                     ERR_LIMIT);
    body.size -= 75 + 1;
    assert_int_equal(cluster_votes_decode(buffer_view(&body), &votes),
                     ERR_INVALID);
    buffer_free(&body);
}

static void test_answers_carry_things(void **state)
{
    (void)state;
    const struct hash path[2] = {numbered(1), numbered(2)};
    struct buffer body = {0}, thing = {0};
    struct cluster_answer answer;
    cluster_answer_begin(77, CLUSTER_HERE, &body);
    cluster_chunk_encode(path, 2, bytes_text("chunk"), &thing);
    cluster_answer_add(buffer_view(&thing), &body);
    cluster_answer_add(bytes_text(""), &body);
    assert_int_equal(cluster_answer_decode(buffer_view(&body), &answer), 0);
    assert_int_equal(answer.number, 77);
    assert_int_equal(answer.status, CLUSTER_HERE);
    assert_int_equal(answer.count, 2);

    struct hash read[2];
    size_t count;
    struct bytes chunk;
    assert_int_equal(
        cluster_chunk_decode(answer.things[0], read, 2, &count, &chunk), 0);
    assert_int_equal(count, 2);
    assert_true(hash_equal(&read[1], &path[1]));
    assert_true(bytes_equal(chunk, bytes_text("chunk")));
    assert_int_equal(
        cluster_chunk_decode(answer.things[0], read, 1, &count, &chunk),
        ERR_LIMIT);
    assert_int_equal(
        cluster_chunk_decode(answer.things[1], read, 2, &count, &chunk),
        ERR_INVALID);

    /* A size that reaches past the end; then one thing too many. */
    body.size--;
    assert_int_equal(cluster_answer_decode(buffer_view(&body), &answer),
                     ERR_INVALID);
    buffer_clear(&body);
    cluster_answer_begin(77, CLUSTER_HERE, &body);
    for (size_t i = 0; i <= CLUSTER_ANSWER_MAX; i++)
        cluster_answer_add(bytes_text("x"), &body);
    assert_int_equal(cluster_answer_decode(buffer_view(&body), &answer),
                     ERR_LIMIT);
    buffer_free(&body);
    buffer_free(&thing);
}

static void test_transactions_have_a_size_and_a_number(void **state)
{
    (void)state;
    static const uint8_t wire[TRANSACTION_SIZE_MAX + 1];
    struct cluster_transactions transactions;
    struct buffer body = {0};
    for (size_t i = 0; i < CLUSTER_TRANSACTIONS_MAX; i++)
        cluster_transaction_add(bytes_make(wire, TRANSACTION_SIZE_MAX), &body);
    assert_int_equal(
        cluster_transactions_decode(buffer_view(&body), &transactions), 0);
    assert_int_equal(transactions.count, CLUSTER_TRANSACTIONS_MAX);
    assert_int_equal(transactions.wires[63].size, TRANSACTION_SIZE_MAX);
    cluster_transaction_add(bytes_make(wire, 1), &body);
    assert_int_equal(
        cluster_transactions_decode(buffer_view(&body), &transactions),
        ERR_LIMIT);
    /* Of no bytes, and of too many. */
    const uint8_t empty[2] = {0, 0};
    assert_int_equal(
        cluster_transactions_decode(bytes_make(empty, 2), &transactions),
        ERR_LIMIT);
    buffer_clear(&body);
    buffer_u16le(&body, TRANSACTION_SIZE_MAX + 1);
    buffer_append(&body, wire, sizeof(wire));
    assert_int_equal(
        cluster_transactions_decode(buffer_view(&body), &transactions),
        ERR_LIMIT);
    buffer_free(&body);
}

static void test_a_block_travels_in_pieces(void **state)
{
    (void)state;
    const struct hash hash = numbered(8);
    struct buffer block = {0};
    buffer_resize(&block, 2 * CLUSTER_PIECE_MAX + 5);
    size_t place = 0, count = 0;
    while (place < block.size) {
        struct buffer body = {0};
        struct cluster_piece piece;
        size_t next =
            cluster_piece_encode(&hash, buffer_view(&block), place, &body);
        assert_int_equal(cluster_piece_decode(buffer_view(&body), &piece), 0);
        assert_true(hash_equal(&piece.hash, &hash));
        assert_int_equal(piece.place, place);
        assert_int_equal(piece.total, block.size);
        assert_int_equal(piece.bytes.size, next - place);
        buffer_free(&body);
        place = next;
        count++;
    }
    assert_int_equal(count, 3);
    buffer_free(&block);
}

static void test_a_piece_past_its_block_is_refused(void **state)
{
    (void)state;
    uint8_t body[32 + 8 + 4] = {0};
    struct cluster_piece piece;
    u32le_write(body + 32, 6);
    u32le_write(body + 36, 10);
    assert_int_equal(cluster_piece_decode(bytes_make(body, 44), &piece), 0);
    assert_int_equal(cluster_piece_decode(bytes_make(body, 40), &piece),
                     ERR_INVALID);
    u32le_write(body + 32, 7);
    assert_int_equal(cluster_piece_decode(bytes_make(body, 44), &piece),
                     ERR_INVALID);
    u32le_write(body + 32, UINT32_MAX);
    assert_int_equal(cluster_piece_decode(bytes_make(body, 44), &piece),
                     ERR_INVALID);
    assert_int_equal(cluster_piece_decode(bytes_make(body, 39), &piece),
                     ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_status_is_read_whole),
        cmocka_unit_test(test_each_question_comes_back_as_it_was),
        cmocka_unit_test(test_questions_for_too_much_or_nothing_are_refused),
        cmocka_unit_test(test_votes_are_bounded),
        cmocka_unit_test(test_answers_carry_things),
        cmocka_unit_test(test_transactions_have_a_size_and_a_number),
        cmocka_unit_test(test_a_block_travels_in_pieces),
        cmocka_unit_test(test_a_piece_past_its_block_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
