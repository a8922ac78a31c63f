/*
 * What traitors make of what their validator wants to say, and what they say
 * besides. They have their own keys, and nobody else's.
 */
#include "cluster_world_internal.h"

#include "base/error.h"
#include "settlement/cluster/cluster_message.h"
#include "settlement/format/block_header.h"
#include "settlement/format/chunk_tree.h"

/* More frames at once than a second takes. */
#define FLOOD 300
/* Slots that nobody has reached. */
#define FAR 1000000
#define NOISE_MAX 3000

static bool toss(struct process *process)
{
    return random_below(&process->lies, 2);
}

static void make_noise(struct process *process, size_t size, struct buffer *out)
{
    size_t at = out->size;

    buffer_resize(out, at + size);
    for (size_t i = at; i < out->size; i++)
        out->data[i] = (uint8_t)random_u64(&process->lies);
}

static void turn_bit(struct process *process, struct buffer *body)
{
    if (body->size)
        body->data[random_below(&process->lies, body->size)] ^=
            (uint8_t)(1u << random_below(&process->lies, 8));
}

static uint64_t lateness(struct process *process, uint8_t kind)
{
    if (!world_lies(process, LIE_LATE) ||
        (kind != CLUSTER_BLOCK && kind != CLUSTER_VOTES))
        return 0;
    return world_takes(&process->lies, 3 * process->world->options.delta_us);
}

/* ---- blocks ---- */

/* Which of the lies a block is for: one a slot, so that those of them who work
 * together do the same. LIE_COUNT: none, as every third. */
static enum world_lie lie_of(const struct process *process, uint64_t slot)
{
    static const enum world_lie of_blocks[] = {
        LIE_HALVES, LIE_EACH, LIE_WITHHOLD, LIE_BODY,
        LIE_HEADER, LIE_JUNK, LIE_STATE};
    const size_t count = sizeof(of_blocks) / sizeof(*of_blocks);
    struct random random =
        random_make(process->world->options.seed * 1000003 + slot);
    size_t first = (size_t)random_below(&random, count);

    if (random_below(&random, 3) == 0)
        return LIE_COUNT;
    for (size_t i = 0; i < count; i++)
        if (world_lies(process, of_blocks[(first + i) % count]))
            return of_blocks[(first + i) % count];
    return LIE_COUNT;
}

static void spoil_header(struct process *process, struct block_header *header)
{
    switch (random_below(&process->lies, 7)) {
    case 0:
        header->unix_ms -= 1000;
        break;
    case 1:
        header->unix_ms += random_below(&process->lies, 100000);
        break;
    case 2:
        header->parent_slot -= header->parent_slot > 0;
        break;
    case 3:
        header->parent_hash.bytes[3] ^= 1;
        break;
    case 4:
        header->slot += 1 + random_below(&process->lies, 3);
        break;
    case 5:
        header->set_hash.bytes[5] ^= 1;
        break;
    default:
        header->body_size ^= 1u << random_below(&process->lies, 32);
    }
}

/* Another block in place of the one that was made, signed all the same. */
static void change_block(struct process *process, size_t to, enum world_lie lie,
                         struct block_header *header, struct buffer *rest)
{
    bool is_one = (process->world->options.seed + header->slot) >> to % 8 & 1;

    switch (lie) {
    case LIE_HALVES:
        header->unix_ms += is_one;
        break;
    case LIE_EACH:
        header->unix_ms += to + 1;
        break;
    case LIE_HEADER:
        spoil_header(process, header);
        break;
    case LIE_STATE:
        header->parent_state_hash.bytes[7] ^= 1;
        break;
    case LIE_JUNK:
        buffer_clear(rest);
        make_noise(process, 1 + random_below(&process->lies, NOISE_MAX), rest);
        header->flags &= (uint8_t)~BLOCK_IS_EMPTY;
        header->body_size = (uint32_t)rest->size;
        chunk_tree_root(buffer_view(rest), &header->body_root);
        break;
    default:
        break;
    }
}

static void send_changed(struct process *process, size_t to, enum world_lie lie,
                         const struct cluster_piece *piece)
{
    struct world *world = process->world;
    struct reader reader = reader_make(piece->bytes);
    struct buffer rest = {0}, block = {0}, body = {0};
    struct block_header header;
    struct hash hash;

    if (block_header_read(&reader, &header)) {
        err_clear();
        return;
    }
    buffer_bytes(&rest, reader.left);
    change_block(process, to, lie, &header, &rest);
    block_header_sign(&header, &world->identities[process->validator], &hash);
    block_header_write(&header, &block);
    if (lie == LIE_BODY)
        turn_bit(process, &rest);
    buffer_bytes(&block, buffer_view(&rest));
    /* Some begin a block and leave it at that. */
    cluster_piece_encode(&hash, buffer_view(&block), 0, &body);
    if (lie == LIE_WITHHOLD && toss(process))
        body.size -= random_below(&process->lies, piece->bytes.size / 2);
    world_carry(process, to, PEER_BULK, CLUSTER_BLOCK, buffer_view(&body),
                lateness(process, CLUSTER_BLOCK));
    buffer_free(&rest);
    buffer_free(&block);
    buffer_free(&body);
}

/* Only blocks of one piece are changed. */
static bool lie_about_block(struct process *process, size_t to,
                            struct bytes body)
{
    struct cluster_piece piece;
    struct block_header header;

    if (cluster_piece_decode(body, &piece) || piece.bytes.size != piece.total)
        return false;
    struct reader reader = reader_make(piece.bytes);
    if (block_header_read(&reader, &header))
        return false;
    enum world_lie lie = lie_of(process, header.slot);
    if (lie == LIE_COUNT)
        return false;
    if (lie == LIE_WITHHOLD && toss(process))
        return true;
    send_changed(process, to, lie, &piece);
    return true;
}

/* ---- votes ---- */

static void send_vote(struct process *process, size_t to, struct vote *vote,
                      bool is_forged)
{
    struct buffer body = {0};
    struct replica_signing signing = world_signing(process);

    signing.sign(signing.user, vote);
    if (is_forged)
        vote->signature.bytes[0] ^= 1;
    vote_encode(vote, &body);
    world_carry(process, to, PEER_VOTES, CLUSTER_VOTES, buffer_view(&body), 0);
    buffer_free(&body);
}

/* Another one besides, that its voter must not give. */
static void lie_about_votes(struct process *process, size_t to,
                            struct bytes body)
{
    struct cluster_votes votes;

    if (cluster_votes_decode(body, &votes))
        return;
    for (size_t i = 0; i < votes.count; i++) {
        struct vote vote = votes.votes[i];
        switch (random_below(&process->lies, 12)) {
        case 0:
        case 1:
            vote.value.bytes[9] ^= 1;
            break;
        case 2:
            vote.kind = VOTE_NULLIFY;
            vote.value = (struct hash){0};
            break;
        case 3:
            vote.kind = VOTE_FINALIZE;
            break;
        case 4:
            vote.slot += random_below(&process->lies, FAR);
            break;
        case 5:
            vote.kind = VOTE_NOTARIZE;
            break;
        default:
            continue;
        }
        send_vote(process, to, &vote, random_below(&process->lies, 200) == 0);
    }
}

/* Finalize votes for another state than there is. */
static bool lie_about_state(struct process *process, size_t to,
                            struct bytes body)
{
    struct cluster_votes votes;
    bool has_lied = false;

    if (cluster_votes_decode(body, &votes))
        return false;
    for (size_t i = 0; i < votes.count; i++) {
        struct vote vote = votes.votes[i];
        if (vote.kind == VOTE_FINALIZE) {
            vote.value.bytes[1] ^= 1;
            has_lied = true;
        }
        send_vote(process, to, &vote, false);
    }
    return has_lied || votes.count;
}

/* ---- all that a validator says ---- */

static bool is_swallowed(struct process *process, uint8_t kind)
{
    return world_lies(process, LIE_SILENT) ||
           (world_lies(process, LIE_PARTIAL) && toss(process)) ||
           (world_lies(process, LIE_ANSWERS) && kind == CLUSTER_ANSWER &&
            toss(process));
}

void world_lie(struct process *from, size_t to,
               const struct replica_output *output)
{
    struct buffer body = {0};
    uint8_t kind = output->kind;

    if (!world_connected(from->world, from->index, to) ||
        is_swallowed(from, kind))
        return;
    if (kind == CLUSTER_BLOCK && lie_about_block(from, to, output->bytes))
        return;
    if (kind == CLUSTER_VOTES && world_lies(from, LIE_VOTES))
        lie_about_votes(from, to, output->bytes);
    if (kind == CLUSTER_VOTES && world_lies(from, LIE_STATE) && toss(from) &&
        lie_about_state(from, to, output->bytes))
        return;
    buffer_bytes(&body, output->bytes);
    if ((world_lies(from, LIE_ANSWERS) && kind == CLUSTER_ANSWER &&
         toss(from)) ||
        (world_lies(from, LIE_FRAMES) && random_below(&from->lies, 100) == 0))
        turn_bit(from, &body);
    world_carry(from, to, output->lane, kind, buffer_view(&body),
                lateness(from, kind));
    buffer_free(&body);
}

/* ---- what nobody asked for ---- */

static void shout_status(struct process *process, size_t to)
{
    struct buffer body = {0};
    struct cluster_status status = {.unix_ms = world_unix_ms(process)};

    replica_status(process->replica, &status.consensus);
    status.consensus.window += random_below(&process->lies, 100);
    status.consensus.certified += random_below(&process->lies, 400);
    if (toss(process))
        status.consensus.root_slot += random_below(&process->lies, FAR);
    cluster_status_encode(&status, &body);
    world_carry(process, to, PEER_VOTES, CLUSTER_STATUS, buffer_view(&body), 0);
    buffer_free(&body);
}

static void shout_noise(struct process *process, size_t to)
{
    struct buffer body = {0};
    enum peer_lane lane = toss(process) ? PEER_VOTES : PEER_BULK;

    make_noise(process, random_below(&process->lies, NOISE_MAX), &body);
    world_carry(process, to, lane, (uint8_t)random_below(&process->lies, 24),
                buffer_view(&body), 0);
    buffer_free(&body);
}

/* Questions of all kinds, for what is there and what is not. */
static void shout_question(struct process *process, size_t to)
{
    struct buffer body = {0};
    struct consensus_status status;

    replica_status(process->replica, &status);
    struct cluster_question question = {
        .number = (uint32_t)random_u64(&process->lies),
        .kind = 1 + (enum cluster_question_kind)random_below(&process->lies, 4),
        .hash = process->final_hash,
        .count = (uint8_t)(1 + random_below(&process->lies, 8))};
    question.consensus.kind = CONSENSUS_EVIDENCE;
    if (question.kind == CLUSTER_CERTIFICATE)
        question.consensus.kind =
            toss(process) ? CONSENSUS_CERTIFIED : CONSENSUS_COVERED;
    question.consensus.at = random_below(&process->lies, status.window + 8);
    cluster_question_encode(&question, &body);
    world_carry(process, to,
                question.kind == CLUSTER_CHUNKS ? PEER_BULK : PEER_VOTES,
                CLUSTER_QUESTION, buffer_view(&body), 0);
    buffer_free(&body);
}

static void flood(struct process *process, size_t to)
{
    for (size_t i = 0; i < FLOOD; i++) {
        if (i % 3 == 0)
            shout_status(process, to);
        else
            shout_question(process, to);
    }
}

void world_shout(struct process *process)
{
    struct world *world = process->world;
    size_t to = (size_t)random_below(&process->lies, world->count);

    world_post(world, world->now_us + world->options.slot_us, process->index,
               world_event(EVENT_SHOUT));
    if (!world_connected(world, process->index, to) ||
        world_lies(process, LIE_SILENT))
        return;
    if (world_lies(process, LIE_STATUS))
        shout_status(process, to);
    if (world_lies(process, LIE_FRAMES) && random_below(&process->lies, 8) == 0)
        shout_noise(process, to);
    if (world_lies(process, LIE_FLOOD) && random_below(&process->lies, 8) == 0)
        flood(process, to);
}
