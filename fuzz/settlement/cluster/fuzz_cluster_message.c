/*
 * The body of a frame from a peer, whose first byte is taken for its kind. What
 * is read must be written again as the same bytes, or there would be two forms
 * of one thing.
 */
#include "base/check.h"
#include "settlement/cluster/cluster_contact.h"
#include "settlement/cluster/cluster_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PATH_MAX_HERE 10

static bool again_votes(struct bytes body, struct buffer *out)
{
    static struct cluster_votes votes;

    if (cluster_votes_decode(body, &votes))
        return false;
    for (size_t i = 0; i < votes.count; i++)
        vote_encode(&votes.votes[i], out);
    return true;
}

static void try_chunk(struct bytes thing)
{
    struct hash path[PATH_MAX_HERE];
    size_t count;
    struct bytes chunk;
    struct buffer again = {0};

    if (cluster_chunk_decode(thing, path, PATH_MAX_HERE, &count, &chunk))
        return;
    cluster_chunk_encode(path, count, chunk, &again);
    CHECK(bytes_equal(buffer_view(&again), thing));
    buffer_free(&again);
}

static bool again_answer(struct bytes body, struct buffer *out)
{
    struct cluster_answer answer;

    if (cluster_answer_decode(body, &answer))
        return false;
    cluster_answer_begin(answer.number, answer.status, out);
    for (size_t i = 0; i < answer.count; i++) {
        cluster_answer_add(answer.things[i], out);
        try_chunk(answer.things[i]);
    }
    return true;
}

static bool again_contacts(struct bytes body, struct buffer *out)
{
    struct reader reader = reader_make(body);
    struct cluster_contact contact;

    while (reader.left.size) {
        if (cluster_contact_decode(&reader, &contact))
            return false;
        cluster_contact_encode(&contact, out);
    }
    return true;
}

static bool again_transactions(struct bytes body, struct buffer *out)
{
    struct cluster_transactions transactions;

    if (cluster_transactions_decode(body, &transactions))
        return false;
    for (size_t i = 0; i < transactions.count; i++)
        cluster_transaction_add(transactions.wires[i], out);
    return true;
}

static bool again_piece(struct bytes body, struct buffer *out)
{
    struct cluster_piece piece;

    if (cluster_piece_decode(body, &piece))
        return false;
    buffer_append(out, piece.hash.bytes, sizeof(piece.hash));
    buffer_u32le(out, piece.place);
    buffer_u32le(out, piece.total);
    buffer_bytes(out, piece.bytes);
    return true;
}

static bool again(uint8_t kind, struct bytes body, struct buffer *out)
{
    struct cluster_status status;
    struct cluster_question question;

    switch (kind) {
    case CLUSTER_STATUS:
        if (cluster_status_decode(body, &status))
            return false;
        cluster_status_encode(&status, out);
        return true;
    case CLUSTER_VOTES:
        return again_votes(body, out);
    case CLUSTER_QUESTION:
        if (cluster_question_decode(body, &question))
            return false;
        cluster_question_encode(&question, out);
        return true;
    case CLUSTER_ANSWER:
        return again_answer(body, out);
    case CLUSTER_CONTACTS:
        return again_contacts(body, out);
    case CLUSTER_TRANSACTIONS:
        return again_transactions(body, out);
    case CLUSTER_BLOCK:
        return again_piece(body, out);
    default:
        return false;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer out = {0};

    if (!size)
        return 0;
    const struct bytes body = bytes_make(data + 1, size - 1);
    if (again(data[0], body, &out))
        CHECK(bytes_equal(buffer_view(&out), body));
    buffer_free(&out);
    return 0;
}
