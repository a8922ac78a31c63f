/*
 * Blocks as their leaders send them: the header first, then the body, in pieces
 * one after the other. Each leader sends one at a time, so there is one under
 * way for each peer. A connection that breaks in the middle loses the block's
 * bytes: if others have it, it is fetched by its hash.
 */
#include "base/check.h"
#include "settlement/cluster/replica_internal.h"
#include "settlement/format/block_verify.h"

static void forget_pieces(struct replica_peer *peer)
{
    replica_bytes_release(peer->pieces);
    peer->pieces = NULL;
}

/* ---- the header ---- */

static bool is_in_time(const struct replica *replica, uint64_t slot)
{
    struct consensus_status status;

    consensus_status(replica->consensus, &status);
    uint64_t begin = window_begin(status.window);
    return replica_is_within_reach(replica, slot) && slot >= begin &&
           slot < begin + WINDOW_SLOTS + REPLICA_SLOTS_EARLY_MAX;
}

static bool is_leader(const struct replica *replica, uint16_t index,
                      const struct block_header *header)
{
    return pubkey_equal(
        &header->leader,
        &validator_set_at(replica->options.set, index)->identity);
}

static bool read_header(const struct replica *replica, uint16_t index,
                        const struct cluster_piece *piece,
                        struct block_header *out)
{
    struct reader reader = reader_make(piece->bytes);
    struct hash hash;

    if (block_header_read(&reader, out))
        return false;
    block_header_hash(out, &hash);
    return hash_equal(&hash, &piece->hash) &&
           block_header_size(out) + out->body_size == piece->total &&
           is_leader(replica, index, out) && is_in_time(replica, out->slot) &&
           !replica_check_header(replica, out, &hash);
}

/* A second header of a slot shows the machine that its leader is not honest.
 */
static struct replica_block *add(struct replica *replica,
                                 struct replica_clock clock,
                                 const struct block_header *header,
                                 const struct hash *hash)
{
    const struct replica_block *other = NULL;
    size_t count = replica_blocks_of(replica, header->slot, &other);
    struct replica_block *block =
        count < REPLICA_BLOCKS_OF_SLOT_MAX && replica_log_has_room(replica)
            ? replica_add(replica, clock, header, hash)
            : NULL;

    if (!block) {
        replica->counters.blocks_excess++;
        return NULL;
    }
    replica_tell(replica, clock, block);
    return block;
}

static void begin(struct replica *replica, struct replica_clock clock,
                  uint16_t index, const struct cluster_piece *piece)
{
    struct replica_peer *peer = &replica->peers[index];
    struct block_header header;
    struct replica_block *block = replica_find(replica, &piece->hash);

    forget_pieces(peer);
    if (!block) {
        if (!read_header(replica, index, piece, &header)) {
            replica->counters.headers_wrong++;
            return;
        }
        block = add(replica, clock, &header, &piece->hash);
    }
    if (!block || block->stage != STAGE_HEADER ||
        !is_leader(replica, index, &block->header) ||
        piece->total !=
            block_header_size(&block->header) + block->header.body_size)
        return;
    peer->piece_hash = piece->hash;
    peer->piece_place = 0;
    peer->pieces = replica_bytes_new(piece->total);
}

/* ---- the body ---- */

/* The leader signed another body than it sent, or the header's encoding is not
 * the one that was read first. */
static bool is_right(const struct replica_block *block, struct bytes bytes)
{
    size_t header_size = block_header_size(&block->header);
    struct buffer header = {0};
    block_header_write(&block->header, &header);
    bool is_header = bytes_begin_with(bytes, buffer_view(&header));

    buffer_free(&header);
    return is_header &&
           !block_verify_body(
               &block->header,
               bytes_make(bytes.data + header_size, bytes.size - header_size));
}

static void end(struct replica *replica, struct replica_peer *peer)
{
    struct replica_block *block = replica_find(replica, &peer->piece_hash);

    if (!block || block->stage != STAGE_HEADER) {
        forget_pieces(peer);
        return;
    }
    if (!is_right(block, replica_bytes_view(peer->pieces))) {
        replica->counters.bodies_wrong++;
        forget_pieces(peer);
        return;
    }
    replica_whole(replica, block, peer->pieces);
    peer->pieces = NULL;
}

static bool is_next(const struct replica_peer *peer,
                    const struct cluster_piece *piece)
{
    return peer->pieces && hash_equal(&peer->piece_hash, &piece->hash) &&
           peer->piece_place == piece->place &&
           peer->pieces->size == piece->total;
}

void replica_take_piece(struct replica *replica, struct replica_clock clock,
                        uint16_t index, const struct cluster_piece *piece)
{
    struct replica_peer *peer = &replica->peers[index];

    if (!piece->place)
        begin(replica, clock, index, piece);
    if (!is_next(peer, piece)) {
        replica->counters.pieces_wrong += piece->place != 0;
        return;
    }
    memcpy(peer->pieces->data + piece->place, piece->bytes.data,
           piece->bytes.size);
    peer->piece_place += piece->bytes.size;
    if (peer->piece_place == peer->pieces->size)
        end(replica, peer);
}

/* ---- one's own ---- */

void replica_send_block(struct replica *replica,
                        const struct replica_block *block)
{
    struct bytes bytes = replica_bytes_view(block->bytes);

    for (size_t place = 0; place < bytes.size;) {
        struct buffer body = {0};
        place = cluster_piece_encode(&block->hash, bytes, place, &body);
        replica_send(replica, CONSENSUS_ALL, PEER_BULK, CLUSTER_BLOCK, &body);
    }
}
