/*
 * What those say who were asked. Nothing of it is believed: certificates carry
 * their signatures, a header has the hash that was asked for and its leader's
 * signature, a chunk its way to the header's root.
 */
#include "base/error.h"
#include "settlement/cluster/replica_internal.h"

static struct ask *find_ask(struct replica *replica, uint16_t peer,
                            uint32_t number)
{
    struct ask *ask = &replica->asks[number % REPLICA_ASKS_MAX];

    return ask->is_open && ask->peer == peer && ask->question.number == number
               ? ask
               : NULL;
}

static void cut(struct replica *replica, uint16_t index)
{
    replica->counters.answers_wrong++;
    replica_do(replica, REPLICA_CUT, NULL)->index = index;
}

/* ---- certificates ---- */

static int take_certificates(struct replica *replica,
                             struct replica_clock clock, uint16_t from,
                             const struct cluster_answer *answer)
{
    for (size_t i = 0; i < answer->count; i++) {
        struct certificate certificate;
        int status = certificate_decode(answer->things[i], replica->options.set,
                                        &certificate);
        if (status)
            return status;
        consensus_certificate(replica->consensus, clock.ns, from, &certificate);
        certificate_free(&certificate);
    }
    return 0;
}

/* ---- headers ---- */

static int read_header(struct replica *replica, struct bytes thing,
                       const struct hash *expected, struct block_header *out)
{
    struct reader reader = reader_make(thing);
    struct hash hash;
    int status = block_header_read(&reader, out);

    if (!status)
        status = reader_end(&reader);
    if (status)
        return status;
    block_header_hash(out, &hash);
    if (!hash_equal(&hash, expected))
        return err_set(ERR_INVALID, "another header than was asked for");
    return replica_check_header(replica, out, &hash);
}

/* Each is the parent of the one before it, down to one that is here or to the
 * root. */
static int take_headers(struct replica *replica, struct replica_clock clock,
                        const struct hash *asked,
                        const struct cluster_answer *answer)
{
    struct hash expected = *asked;
    bool is_agreed = replica_is_agreed(replica, asked);

    for (size_t i = 0; i < answer->count; i++) {
        struct block_header header;
        int status =
            read_header(replica, answer->things[i], &expected, &header);
        if (status)
            return status;
        if (header.slot <= replica->root_slot ||
            replica_find(replica, &expected))
            return 0;
        struct replica_block *block =
            replica_add(replica, clock, &header, &expected);
        if (!block)
            return 0;
        replica_want_block(replica, block, is_agreed);
        replica_tell(replica, clock, block);
        expected = header.parent_hash;
    }
    return 0;
}

/* ---- chunks ---- */

static int take_chunk(struct replica_block *block, size_t index,
                      struct bytes thing)
{
    const struct block_header *header = &block->header;
    struct body_fetch *body = block->body;
    struct hash path[CHUNK_PATH_MAX];
    size_t path_count;
    struct bytes chunk;
    int status =
        cluster_chunk_decode(thing, path, CHUNK_PATH_MAX, &path_count, &chunk);

    if (status)
        return status;
    if (!chunk_tree_verify(&header->body_root, header->body_size, index, chunk,
                           path, path_count))
        return err_set(ERR_INVALID, "chunk %zu is not the block's", index);
    if (body->have[index])
        return 0;
    memcpy(body->bytes->data + block_header_size(header) +
               index * CHUNK_SIZE_BYTES,
           chunk.data, chunk.size);
    body->have[index] = true;
    body->have_count++;
    return 0;
}

static int take_chunks(struct replica *replica,
                       const struct cluster_question *question,
                       const struct cluster_answer *answer)
{
    struct replica_block *block = replica_find(replica, &question->hash);

    if (!block || !block->body)
        return 0;
    if (answer->count > question->count)
        return err_set(ERR_INVALID, "more chunks than were asked for");
    for (size_t i = 0; i < answer->count; i++) {
        int status = take_chunk(block, question->first + i, answer->things[i]);
        if (status)
            return status;
    }
    if (block->body->have_count < block->body->chunks)
        return 0;
    struct replica_bytes *bytes = replica_bytes_hold(block->body->bytes);
    replica->counters.blocks_fetched++;
    replica_whole(replica, block, bytes);
    return 0;
}

/* ---- answers ---- */

/* Another one is asked soon. */
static void ask_another(struct replica *replica, struct replica_clock clock,
                        const struct cluster_question *question)
{
    uint64_t soon_ns =
        clock.ns + replica->options.delta_ms * UINT64_C(1000000) / 4;

    if (question->kind == CLUSTER_HEADERS)
        for (size_t i = 0; i < REPLICA_MISSING_MAX; i++)
            if (hash_equal(&replica->missing[i].hash, &question->hash))
                replica->missing[i].until_ns = soon_ns;
    if (question->kind == CLUSTER_CHUNKS) {
        struct replica_block *block = replica_find(replica, &question->hash);
        if (block && block->body)
            block->body->ranges[question->first / CLUSTER_CHUNKS_MAX].until_ns =
                soon_ns;
    }
}

static int take_things(struct replica *replica, struct replica_clock clock,
                       uint16_t index, const struct cluster_question *question,
                       const struct cluster_answer *answer)
{
    switch (question->kind) {
    case CLUSTER_EVIDENCE:
    case CLUSTER_CERTIFICATE:
        return take_certificates(replica, clock, index, answer);
    case CLUSTER_HEADERS:
        return take_headers(replica, clock, &question->hash, answer);
    case CLUSTER_CHUNKS:
        return take_chunks(replica, question, answer);
    }
    return 0;
}

/* An answer that comes late is as good as any. */
void replica_take_answer(struct replica *replica, struct replica_clock clock,
                         uint16_t index, struct bytes body)
{
    struct cluster_answer answer;

    if (cluster_answer_decode(body, &answer)) {
        cut(replica, index);
        return;
    }
    struct ask *ask = find_ask(replica, index, answer.number);
    if (!ask) {
        replica->counters.answers_unasked++;
        return;
    }
    const struct cluster_question question = ask->question;
    ask->is_open = false;
    int status = take_things(replica, clock, index, &question, &answer);
    if (status)
        cut(replica, index);
    if (status || answer.status != CLUSTER_HERE || !answer.count)
        ask_another(replica, clock, &question);
}
