/*
 * What the replica wants done, in order. Bytes are shared and not copied: a
 * block is in the log's, the execution's and the peers' hands at once.
 */
#include "base/check.h"
#include "base/memory.h"
#include "settlement/cluster/replica_internal.h"

#include <stdlib.h>

#define RECORDS                                                                \
    (sizeof(((struct replica *)0)->records) /                                  \
     sizeof(((struct replica *)0)->records[0]))

/* ---- bytes ---- */

struct replica_bytes *replica_bytes_new(size_t size)
{
    struct replica_bytes *bytes = mem_alloc(sizeof(*bytes) + size);

    bytes->holders = 1;
    bytes->size = size;
    return bytes;
}

struct replica_bytes *replica_bytes_copy(struct bytes bytes)
{
    struct replica_bytes *copy = replica_bytes_new(bytes.size);

    if (bytes.size)
        memcpy(copy->data, bytes.data, bytes.size);
    return copy;
}

struct replica_bytes *replica_bytes_hold(struct replica_bytes *bytes)
{
    bytes->holders++;
    return bytes;
}

void replica_bytes_release(struct replica_bytes *bytes)
{
    if (bytes && !--bytes->holders)
        free(bytes);
}

struct bytes replica_bytes_view(const struct replica_bytes *bytes)
{
    return bytes_make(bytes->data, bytes->size);
}

/* ---- the queue ---- */

static struct queued_act *push(struct act_queue *queue, enum replica_act act)
{
    struct queued_act *item = mem_zero(1, sizeof(*item));

    item->output.act = act;
    item->output.index = CONSENSUS_NONE;
    *queue->end = item;
    queue->end = &item->next;
    return item;
}

static struct queued_act *pop(struct act_queue *queue)
{
    struct queued_act *item = queue->first;

    if (item) {
        queue->first = item->next;
        if (!queue->first)
            queue->end = &queue->first;
        item->next = NULL;
    }
    return item;
}

static void free_item(struct queued_act *item)
{
    if (!item)
        return;
    replica_bytes_release(item->bytes);
    free(item->record);
    free(item);
}

struct replica_output *replica_do(struct replica *replica, enum replica_act act,
                                  struct replica_bytes *bytes)
{
    struct queued_act *item = push(&replica->acts, act);

    if (bytes) {
        item->bytes = replica_bytes_hold(bytes);
        item->output.bytes = replica_bytes_view(bytes);
    }
    return &item->output;
}

void replica_send(struct replica *replica, uint16_t index, enum peer_lane lane,
                  enum cluster_kind kind, struct buffer *body)
{
    struct replica_bytes *bytes = replica_bytes_copy(buffer_view(body));
    struct replica_output *output = replica_do(replica, REPLICA_SEND, bytes);

    CHECK(body->size <= PEER_BODY_MAX(lane));
    output->index = index;
    output->lane = lane;
    output->kind = (uint8_t)kind;
    replica_bytes_release(bytes);
    buffer_free(body);
}

bool replica_next(struct replica *replica, struct replica_output *output)
{
    CHECK_MAGIC(replica, REPLICA_MAGIC);
    free_item(replica->taken);
    replica->taken = pop(&replica->acts);
    if (!replica->taken)
        return false;
    *output = replica->taken->output;
    return true;
}

void replica_queue_open(struct replica *replica)
{
    replica->acts.end = &replica->acts.first;
    replica->finals.end = &replica->finals.first;
}

void replica_queue_free(struct replica *replica)
{
    struct queued_act *item;

    free_item(replica->taken);
    while ((item = pop(&replica->acts)))
        free_item(item);
    while ((item = pop(&replica->finals)))
        free_item(item);
}

void replica_ban(struct replica *replica, uint16_t index)
{
    if (replica->peers[index].is_banned)
        return;
    replica->peers[index].is_banned = true;
    replica_do(replica, REPLICA_BAN, NULL)->index = index;
}

/* ---- the log ---- */

uint64_t replica_idle_ms(const struct replica *replica)
{
    CHECK_MAGIC(replica, REPLICA_MAGIC);
    uint64_t window_ms = (WINDOW_SLOTS + 1) * replica->options.slot_ms;
    uint64_t patience_ms = 2 * replica->options.delta_ms;

    return window_ms < patience_ms ? window_ms : patience_ms;
}

/* Nobody waits for blocks without transactions: not for their certificates,
 * and not for their votes, as long as the window's last one is voted for at
 * once. So what they need on disk shares commits. */
static bool is_idle(const struct replica *replica)
{
    for (const struct replica_block *at = replica->last;
         at && at->header.slot > replica->root_slot; at = at->before)
        if (at->header.body_size)
            return false;
    return true;
}

/* Does a record say what others wait for: that a window is given up, is led
 * from now on, or that its last block may be built upon? */
static bool is_pressing(struct vote_record *before,
                        const struct vote_record *record)
{
    const unsigned last = 1u << (WINDOW_SLOTS - 1);
    bool is_same = before->window == record->window;

    if (record->led & ~(is_same ? before->led : 0))
        return true;
    if (record->bits[0].notarized & ~(is_same ? before->bits[0].notarized : 0) &
        last)
        return true;
    for (uint64_t i = 0; i < record->known && i <= record->window; i++) {
        const struct vote_bits *bits =
            vote_record_bits(before, record->window - i);
        if (record->bits[i].nullified & ~(bits ? bits->nullified : 0))
            return true;
    }
    return false;
}

uint64_t replica_append_block(struct replica *replica,
                              const struct replica_block *block)
{
    struct replica_output *output =
        replica_do(replica, REPLICA_APPEND, block->bytes);

    output->is_block = true;
    output->may_wait = is_idle(replica);
    output->slot = block->header.slot;
    output->hash = block->hash;
    output->ticket = ++replica->ticket;
    return output->ticket;
}

void replica_append_certificate(struct replica *replica,
                                const struct certificate *certificate)
{
    struct buffer encoded = {0};
    certificate_encode(certificate, replica->options.set, &encoded);
    struct replica_bytes *bytes = replica_bytes_copy(buffer_view(&encoded));
    struct replica_output *output = replica_do(replica, REPLICA_APPEND, bytes);

    output->may_wait = is_idle(replica);
    output->slot = certificate->slot;
    output->hash = certificate->block;
    output->vote_kind = certificate->kind;
    output->ticket = ++replica->ticket;
    replica_bytes_release(bytes);
    buffer_free(&encoded);
}

/* The oldest of a full ring is left out: a newer record says all that it
 * says. */
void replica_record(struct replica *replica, uint64_t sequence,
                    const struct vote_record *record)
{
    struct queued_act *item = push(&replica->acts, REPLICA_RECORD);

    item->record = mem_copy(record, sizeof(*record));
    item->output.record = item->record;
    item->output.may_wait =
        is_idle(replica) && !is_pressing(&replica->said, record);
    item->output.ticket = ++replica->ticket;
    replica->said = *record;
    if (replica->record_count == RECORDS) {
        replica->record_first = (replica->record_first + 1) % RECORDS;
        replica->record_count--;
    }
    size_t at = (replica->record_first + replica->record_count++) % RECORDS;
    replica->records[at].ticket = replica->ticket;
    replica->records[at].sequence = sequence;
}

static void release_finals(struct replica *replica)
{
    while (replica->finals.first &&
           replica->finals.first->output.ticket <= replica->durable) {
        struct queued_act *item = pop(&replica->finals);
        item->output.ticket = 0;
        *replica->acts.end = item;
        replica->acts.end = &item->next;
    }
}

void replica_say_final(struct replica *replica,
                       const struct replica_block *block)
{
    struct queued_act *item = push(&replica->finals, REPLICA_FINAL);

    item->output.slot = block->header.slot;
    item->output.hash = block->hash;
    item->output.ticket = block->ticket;
    release_finals(replica);
}

bool replica_note_durable(struct replica *replica, uint64_t ticket,
                          uint64_t *sequence)
{
    bool has_record = false;

    CHECK(ticket <= replica->ticket);
    if (ticket > replica->durable)
        replica->durable = ticket;
    while (replica->record_count &&
           replica->records[replica->record_first].ticket <= replica->durable) {
        *sequence = replica->records[replica->record_first].sequence;
        has_record = true;
        replica->record_first = (replica->record_first + 1) % RECORDS;
        replica->record_count--;
    }
    release_finals(replica);
    return has_record;
}
