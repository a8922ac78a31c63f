/*
 * Asking for what was voted for and is not here: by hash, of those who
 * should have it, one after the other. A slot would not do: a leader may have
 * made two blocks of it.
 */
#include "base/check.h"
#include "base/memory.h"
#include "settlement/cluster/replica_internal.h"

#include <stdlib.h>

#define NS_PER_MS UINT64_C(1000000)

/* How long chunks of an answer, half a megabyte, may take on their way. */
#define CHUNKS_MS 500

static uint64_t delta_ns(const struct replica *replica)
{
    return replica->options.delta_ms * NS_PER_MS;
}

/* ---- whom ---- */

enum rank { RANK_VOTED, RANK_PASSED, RANK_ANY, RANK_NONE };

static enum rank rank_of(const struct replica *replica, uint16_t index,
                         uint64_t slot, const struct hash *hash)
{
    const struct replica_peer *peer = &replica->peers[index];

    if (!peer->is_up || peer->is_banned || index == replica->options.self)
        return RANK_NONE;
    if (replica_signers_has(replica, slot, hash, index))
        return RANK_VOTED;
    if (peer->has_status && (peer->status.consensus.root_slot >= slot ||
                             peer->status.consensus.certified >= slot))
        return RANK_PASSED;
    return RANK_ANY;
}

/* Number `tries` of those who may have it: first those who voted for it, then
 * those who are past its slot. Where to begin depends on the hash, so that not
 * all ask the same one. CONSENSUS_NONE: nobody is connected. */
static uint16_t choose(const struct replica *replica, uint64_t slot,
                       const struct hash *hash, unsigned tries)
{
    size_t begin = (hash->bytes[0] + (size_t)replica->options.self);
    size_t up = 0;

    for (uint16_t i = 0; i < replica->count; i++)
        up += rank_of(replica, i, slot, hash) != RANK_NONE;
    if (!up)
        return CONSENSUS_NONE;
    size_t left = tries % up;
    for (int rank = RANK_VOTED; rank < RANK_NONE; rank++)
        for (size_t i = 0; i < replica->count; i++) {
            uint16_t index = (uint16_t)((begin + i) % replica->count);
            if (rank_of(replica, index, slot, hash) != (enum rank)rank)
                continue;
            if (!left--)
                return index;
        }
    return CONSENSUS_NONE;
}

/* ---- questions ---- */

static enum peer_lane lane_of(enum cluster_question_kind kind)
{
    return kind == CLUSTER_CHUNKS ? PEER_BULK : PEER_VOTES;
}

/* The oldest of too many is forgotten. */
void replica_ask(struct replica *replica, uint16_t peer,
                 const struct cluster_question *question)
{
    struct ask *ask = &replica->asks[++replica->ask_number % REPLICA_ASKS_MAX];
    struct buffer body = {0};

    *ask = (struct ask){.question = *question, .peer = peer, .is_open = true};
    ask->question.number = replica->ask_number;
    cluster_question_encode(&ask->question, &body);
    replica_send(replica, peer, lane_of(question->kind), CLUSTER_QUESTION,
                 &body);
}

/* ---- headers ---- */

static void want_header(struct replica *replica, uint64_t slot,
                        const struct hash *hash, bool is_agreed)
{
    struct missing_header *room = NULL;

    for (size_t i = 0; i < REPLICA_MISSING_MAX; i++) {
        struct missing_header *at = &replica->missing[i];
        if (at->is_there && hash_equal(&at->hash, hash)) {
            at->is_agreed |= is_agreed;
            return;
        }
        if (!room && !at->is_there)
            room = at;
    }
    if (room)
        *room = (struct missing_header){.hash = *hash,
                                        .slot = slot,
                                        .is_there = true,
                                        .is_agreed = is_agreed};
}

static void want_parent(struct replica *replica,
                        const struct replica_block *block)
{
    const struct block_header *header = &block->header;

    if (header->parent_slot > replica->root_slot &&
        !replica_find(replica, &header->parent_hash))
        want_header(replica, header->parent_slot, &header->parent_hash,
                    block->is_agreed);
}

/* All before it is needed, too. */
void replica_want_block(struct replica *replica, struct replica_block *block,
                        bool is_agreed)
{
    while (block && block->header.slot > replica->root_slot &&
           (!block->is_wanted || block->is_agreed < is_agreed)) {
        block->is_wanted = true;
        if (is_agreed) {
            block->is_agreed = true;
            block->early_ns = 0;
        }
        replica->is_order_due = true;
        block = replica_find(replica, &block->header.parent_hash);
    }
}

/* What the machine knows of is told again: it asks because it was told when it
 * had no room for it. */
void replica_want(struct replica *replica, struct replica_clock clock,
                  uint64_t slot, const struct hash *hash, bool is_agreed)
{
    struct replica_block *block = replica_find(replica, hash);

    if (!replica_is_within_reach(replica, slot))
        return;
    if (!block) {
        want_header(replica, slot, hash, is_agreed);
        return;
    }
    replica_want_block(replica, block, is_agreed);
    replica_tell(replica, clock, block);
}

bool replica_is_agreed(const struct replica *replica, const struct hash *hash)
{
    for (size_t i = 0; i < REPLICA_MISSING_MAX; i++)
        if (replica->missing[i].is_there &&
            hash_equal(&replica->missing[i].hash, hash))
            return replica->missing[i].is_agreed;
    return false;
}

static bool is_over(const struct replica *replica,
                    const struct missing_header *at)
{
    return at->slot <= replica->root_slot || replica_find(replica, &at->hash);
}

static void ask_for_header(struct replica *replica, struct replica_clock clock,
                           struct missing_header *at)
{
    const struct cluster_question question = {.kind = CLUSTER_HEADERS,
                                              .hash = at->hash,
                                              .count = CLUSTER_HEADERS_MAX};
    uint16_t peer = choose(replica, at->slot, &at->hash, at->tries);

    at->until_ns = clock.ns + 4 * delta_ns(replica);
    if (peer == CONSENSUS_NONE)
        return;
    at->tries++;
    replica_ask(replica, peer, &question);
}

static void repair_headers(struct replica *replica, struct replica_clock clock)
{
    for (size_t i = 0; i < REPLICA_MISSING_MAX; i++) {
        struct missing_header *at = &replica->missing[i];
        if (!at->is_there)
            continue;
        if (is_over(replica, at))
            at->is_there = false;
        else if (at->until_ns <= clock.ns)
            ask_for_header(replica, clock, at);
    }
}

/* ---- bodies ---- */

static void begin_body(struct replica *replica, struct replica_block *block)
{
    struct body_fetch *body = mem_zero(1, sizeof(*body));
    size_t header_size = block_header_size(&block->header);
    struct buffer header = {0};

    body->bytes = replica_bytes_new(header_size + block->header.body_size);
    body->chunks = chunk_count(block->header.body_size);
    block_header_write(&block->header, &header);
    memcpy(body->bytes->data, header.data, header_size);
    buffer_free(&header);
    block->body = body;
    replica->bodies++;
}

static size_t range_count(const struct body_fetch *body)
{
    return (body->chunks + CLUSTER_CHUNKS_MAX - 1) / CLUSTER_CHUNKS_MAX;
}

static bool has_range(const struct body_fetch *body, size_t range)
{
    for (size_t i = range * CLUSTER_CHUNKS_MAX;
         i < (range + 1) * CLUSTER_CHUNKS_MAX && i < body->chunks; i++)
        if (!body->have[i])
            return false;
    return true;
}

static void ask_for_range(struct replica *replica, struct replica_clock clock,
                          struct replica_block *block, size_t range)
{
    struct body_fetch *body = block->body;
    size_t first = range * CLUSTER_CHUNKS_MAX;
    size_t count = body->chunks - first;
    uint16_t peer = choose(replica, block->header.slot, &block->hash,
                           body->ranges[range].tries + (unsigned)range);

    if (count > CLUSTER_CHUNKS_MAX)
        count = CLUSTER_CHUNKS_MAX;
    const struct cluster_question question = {.kind = CLUSTER_CHUNKS,
                                              .hash = block->hash,
                                              .first = (uint16_t)first,
                                              .count = (uint8_t)count};
    body->ranges[range].until_ns =
        clock.ns + 8 * delta_ns(replica) + CHUNKS_MS * NS_PER_MS;
    if (peer == CONSENSUS_NONE)
        return;
    body->ranges[range].tries++;
    replica_ask(replica, peer, &question);
}

static void repair_body(struct replica *replica, struct replica_clock clock,
                        struct replica_block *block)
{
    size_t open = 0;

    for (size_t range = 0;
         range < range_count(block->body) && open < REPLICA_RANGES_OPEN_MAX;
         range++) {
        if (has_range(block->body, range))
            continue;
        if (block->body->ranges[range].until_ns <= clock.ns)
            ask_for_range(replica, clock, block, range);
        open++;
    }
}

/* What has no body is whole with its header. */
static void repair_block(struct replica *replica, struct replica_clock clock,
                         struct replica_block *block)
{
    if (!block->body && (replica->bodies >= REPLICA_BODIES_MAX ||
                         !replica_log_has_room(replica)))
        return;
    if (!block->body)
        begin_body(replica, block);
    if (block->body->chunks) {
        repair_body(replica, clock, block);
        return;
    }
    struct replica_bytes *bytes = replica_bytes_hold(block->body->bytes);
    replica->counters.blocks_fetched++;
    replica_whole(replica, block, bytes);
}

/* ---- everything ---- */

void replica_repair(struct replica *replica, struct replica_clock clock)
{
    struct replica_block *at = replica->last;

    while (at && at->before && at->before->header.slot > replica->root_slot)
        at = at->before;
    for (; at; at = at->after) {
        if (!at->is_wanted || at->header.slot <= replica->root_slot)
            continue;
        want_parent(replica, at);
        if (at->stage == STAGE_HEADER)
            repair_block(replica, clock, at);
    }
    repair_headers(replica, clock);
}

uint64_t replica_repair_due_ns(const struct replica *replica)
{
    uint64_t due = UINT64_MAX;

    for (size_t i = 0; i < REPLICA_MISSING_MAX; i++)
        if (replica->missing[i].is_there && replica->missing[i].until_ns < due)
            due = replica->missing[i].until_ns;
    for (const struct replica_block *at = replica->last;
         at && at->header.slot > replica->root_slot; at = at->before) {
        if (!at->body)
            continue;
        for (size_t range = 0; range < range_count(at->body); range++) {
            uint64_t until_ns = at->body->ranges[range].until_ns;
            if (until_ns && until_ns < due && !has_range(at->body, range))
                due = until_ns;
        }
    }
    return due;
}
