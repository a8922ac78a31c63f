/*
 * The questions of others. What they cost is bounded: bytes a second for each
 * peer, and questions that wait for the disk.
 */
#include "base/check.h"
#include "base/memory.h"
#include "settlement/cluster/replica_internal.h"

#include <stdlib.h>

/* An answer of the vote lane: what is left out is asked for again. */
#define VOTES_ANSWER_MAX (60u << 10)
/* What a question costs at least: it is read, looked up and answered. */
#define QUESTION_COST 512

static enum peer_lane lane_of(const struct cluster_question *question)
{
    return question->kind == CLUSTER_CHUNKS ? PEER_BULK : PEER_VOTES;
}

static void say(struct replica *replica, uint16_t index,
                const struct cluster_question *question,
                enum cluster_answer_status status)
{
    struct buffer body = {0};

    cluster_answer_begin(question->number, status, &body);
    replica_send(replica, index, lane_of(question), CLUSTER_ANSWER, &body);
}

/* ---- certificates ---- */

/* What the machine answers, and then what was read from the log. */
static void serve_certificates(struct replica *replica, uint16_t index,
                               const struct cluster_question *question,
                               struct bytes loaded)
{
    struct buffer body = {0}, thing = {0};
    struct certificate certificate;
    size_t place = 0, count = 0;

    cluster_answer_begin(question->number, CLUSTER_HERE, &body);
    while (count < CLUSTER_CERTIFICATES_MAX &&
           consensus_answer(replica->consensus, &question->consensus, &place,
                            &certificate)) {
        buffer_clear(&thing);
        certificate_encode(&certificate, replica->options.set, &thing);
        certificate_free(&certificate);
        if (body.size + thing.size + loaded.size + 4 > VOTES_ANSWER_MAX)
            break;
        cluster_answer_add(buffer_view(&thing), &body);
        count++;
    }
    buffer_bytes(&body, loaded);
    buffer_free(&thing);
    if (!count && !loaded.size) {
        buffer_free(&body);
        say(replica, index, question, CLUSTER_NOT_HERE);
        return;
    }
    replica_send(replica, index, PEER_VOTES, CLUSTER_ANSWER, &body);
}

/* The first slot of the windows that are asked for; those before the root's are
 * of no use to anybody. */
static uint64_t first_asked(const struct replica *replica,
                            const struct cluster_question *question)
{
    uint64_t root = window_of(replica->root_slot);

    return window_begin(question->consensus.at > root ? question->consensus.at
                                                      : root);
}

/* Where nothing becomes final for long, the machine keeps no certificates of
 * the older windows. */
static bool is_on_disk(const struct replica *replica,
                       const struct cluster_question *question)
{
    return question->kind == CLUSTER_EVIDENCE &&
           window_of(first_asked(replica, question)) <
               consensus_first_window(replica->consensus);
}

/* ---- headers ---- */

static void serve_headers(struct replica *replica, uint16_t index,
                          const struct cluster_question *question)
{
    const struct replica_block *block = replica_find(replica, &question->hash);
    struct buffer body = {0}, thing = {0};

    if (!block) {
        say(replica, index, question, CLUSTER_NOT_HERE);
        return;
    }
    cluster_answer_begin(question->number, CLUSTER_HERE, &body);
    for (size_t i = 0; block && i < question->count; i++) {
        buffer_clear(&thing);
        block_header_write(&block->header, &thing);
        cluster_answer_add(buffer_view(&thing), &body);
        block = replica_find(replica, &block->header.parent_hash);
    }
    buffer_free(&thing);
    replica_send(replica, index, PEER_VOTES, CLUSTER_ANSWER, &body);
}

/* ---- chunks ---- */

/* Several questions about one block come one after the other. */
static const struct chunk_tree *tree_of(struct replica *replica,
                                        const struct replica_block *block,
                                        struct bytes body)
{
    if (replica->tree && hash_equal(&replica->tree_hash, &block->hash))
        return replica->tree;
    chunk_tree_free(replica->tree);
    replica->tree = chunk_tree_new(body);
    replica->tree_hash = block->hash;
    return replica->tree;
}

static void serve_chunks(struct replica *replica, uint16_t index,
                         const struct replica_block *block,
                         const struct cluster_question *question)
{
    size_t header_size = block_header_size(&block->header);
    struct bytes body = bytes_make(block->bytes->data + header_size,
                                   block->bytes->size - header_size);
    size_t count = chunk_count(body.size);
    struct buffer answer = {0}, thing = {0};

    cluster_answer_begin(question->number, CLUSTER_HERE, &answer);
    for (size_t i = question->first;
         i < count && i < (size_t)question->first + question->count; i++) {
        struct hash path[CHUNK_PATH_MAX];
        size_t path_count =
            chunk_tree_path(tree_of(replica, block, body), i, path);
        buffer_clear(&thing);
        cluster_chunk_encode(path, path_count, chunk_at(body, i), &thing);
        cluster_answer_add(buffer_view(&thing), &answer);
    }
    buffer_free(&thing);
    replica_send(replica, index, PEER_BULK, CLUSTER_ANSWER, &answer);
}

/* ---- what is on disk ---- */

static bool is_same(const struct replica *replica,
                    const struct cluster_question *a,
                    const struct cluster_question *b)
{
    if ((a->kind == CLUSTER_EVIDENCE) != (b->kind == CLUSTER_EVIDENCE))
        return false;
    return a->kind == CLUSTER_EVIDENCE
               ? first_asked(replica, a) == first_asked(replica, b)
               : hash_equal(&a->hash, &b->hash);
}

/* One LOAD for all that wait for the same. */
static void wait_for_disk(struct replica *replica, uint16_t index,
                          const struct cluster_question *question)
{
    struct replica_peer *peer = &replica->peers[index];
    struct waiting_question **end = &replica->waiting;
    bool is_asked = false;

    if (peer->waiting >= REPLICA_WAITING_MAX) {
        replica->counters.questions_excess++;
        say(replica, index, question, CLUSTER_TOO_MUCH);
        return;
    }
    for (; *end; end = &(*end)->next)
        is_asked |= is_same(replica, &(*end)->question, question);
    *end = mem_zero(1, sizeof(**end));
    (*end)->peer = index;
    (*end)->question = *question;
    (*end)->slot = first_asked(replica, question);
    peer->waiting++;
    if (is_asked)
        return;
    struct replica_output *output = replica_do(
        replica,
        question->kind == CLUSTER_EVIDENCE ? REPLICA_LOAD_CERTIFICATES
                                           : REPLICA_LOAD,
        NULL);
    output->hash = question->hash;
    output->slot = (*end)->slot;
}

static struct waiting_question *take_waiting(struct replica *replica,
                                             struct waiting_question **at)
{
    struct waiting_question *waiting = *at;

    *at = waiting->next;
    replica->peers[waiting->peer].waiting--;
    return waiting;
}

void replica_serve_loaded(struct replica *replica, const struct hash *hash,
                          struct bytes block_bytes)
{
    struct replica_block *block = replica_find(replica, hash);
    struct waiting_question **at = &replica->waiting;

    if (block && !block->bytes && block_bytes.size &&
        block->stage == STAGE_FINAL)
        replica_set_bytes(replica, block, replica_bytes_copy(block_bytes));
    while (*at) {
        if ((*at)->question.kind == CLUSTER_EVIDENCE ||
            !hash_equal(&(*at)->question.hash, hash)) {
            at = &(*at)->next;
            continue;
        }
        struct waiting_question *waiting = take_waiting(replica, at);
        if (block && block->bytes)
            serve_chunks(replica, waiting->peer, block, &waiting->question);
        else
            say(replica, waiting->peer, &waiting->question, CLUSTER_NOT_HERE);
        free(waiting);
    }
}

void replica_serve_certificates(struct replica *replica, uint64_t slot,
                                struct bytes things)
{
    struct waiting_question **at = &replica->waiting;

    CHECK(things.size <= REPLICA_LOADED_MAX);
    while (*at) {
        if ((*at)->question.kind != CLUSTER_EVIDENCE || (*at)->slot != slot) {
            at = &(*at)->next;
            continue;
        }
        struct waiting_question *waiting = take_waiting(replica, at);
        serve_certificates(replica, waiting->peer, &waiting->question, things);
        free(waiting);
    }
}

/* ---- questions ---- */

static void serve_block(struct replica *replica, uint16_t index,
                        const struct cluster_question *question)
{
    const struct replica_block *block = replica_find(replica, &question->hash);

    if (block && block->bytes)
        serve_chunks(replica, index, block, question);
    else if (block && block->stage == STAGE_FINAL)
        wait_for_disk(replica, index, question);
    else
        say(replica, index, question, CLUSTER_NOT_HERE);
}

/* The bytes that an answer has at most are taken from the peer's share before
 * it is made: an estimate will do, of chunks it is exact. */
static uint64_t cost_of(const struct cluster_question *question)
{
    switch (question->kind) {
    case CLUSTER_CHUNKS:
        return (uint64_t)question->count * CHUNK_SIZE_BYTES;
    case CLUSTER_HEADERS:
        return (uint64_t)question->count * BLOCK_HEADER_SIZE;
    case CLUSTER_EVIDENCE:
    case CLUSTER_CERTIFICATE:
        break;
    }
    return VOTES_ANSWER_MAX;
}

void replica_serve(struct replica *replica, struct replica_clock clock,
                   uint16_t index, const struct cluster_question *question)
{
    struct replica_peer *peer = &replica->peers[index];

    if (!rate_take(&peer->served, clock.ns / 1000000,
                   cost_of(question) + QUESTION_COST)) {
        replica->counters.questions_excess++;
        say(replica, index, question, CLUSTER_TOO_MUCH);
        return;
    }
    switch (question->kind) {
    case CLUSTER_EVIDENCE:
    case CLUSTER_CERTIFICATE:
        if (is_on_disk(replica, question))
            wait_for_disk(replica, index, question);
        else
            serve_certificates(replica, index, question, (struct bytes){0});
        break;
    case CLUSTER_HEADERS:
        serve_headers(replica, index, question);
        break;
    case CLUSTER_CHUNKS:
        serve_block(replica, index, question);
        break;
    }
}

void replica_serve_free(struct replica *replica)
{
    while (replica->waiting) {
        struct waiting_question *next = replica->waiting->next;
        free(replica->waiting);
        replica->waiting = next;
    }
    chunk_tree_free(replica->tree);
}
