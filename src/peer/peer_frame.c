/*
 * A frame that lies whole in what was read is taken from there, without a copy;
 * only one that comes in parts is put together.
 */
#include "peer/peer_frame.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include <stdlib.h>

/* ---- reading ---- */

/* Memory that a large frame needed is given back after it. */
#define PART_KEPT_MAX 4096u

static int check_size(const struct peer_frame_reader *reader, uint32_t size)
{
    if (!size)
        return err_set(ERR_INVALID, "a frame without a kind");
    if (size > reader->limit)
        return err_set(ERR_LIMIT, "a frame of %u bytes; at most %zu are taken",
                       size, reader->limit);
    return 0;
}

static void set_frame(struct peer_frame *out, const uint8_t *at, size_t size)
{
    out->kind = at[0];
    out->body = bytes_make(at + 1, size - 1);
}

/* Move bytes to the part until it has size ones. True if it has. */
static bool fill_part(struct peer_frame_reader *reader, struct bytes *rest,
                      size_t size)
{
    CHECK(reader->part.size <= size);
    size_t count = size - reader->part.size;
    if (count > rest->size)
        count = rest->size;
    buffer_append(&reader->part, rest->data, count);
    *rest = bytes_make(rest->data + count, rest->size - count);
    return reader->part.size == size;
}

/* Whole in rest: nothing is copied. */
static bool read_in_place(struct bytes *rest, size_t size,
                          struct peer_frame *out)
{
    if (rest->size - PEER_FRAME_PREFIX < size)
        return false;
    set_frame(out, rest->data + PEER_FRAME_PREFIX, size);
    size += PEER_FRAME_PREFIX;
    *rest = bytes_make(rest->data + size, rest->size - size);
    return true;
}

/* What the last call gave out of the part is done with. */
static void end_last(struct peer_frame_reader *reader)
{
    if (reader->part.size < PEER_FRAME_PREFIX ||
        reader->part.size < PEER_FRAME_PREFIX + u32le_read(reader->part.data))
        return;
    if (reader->part.capacity > PART_KEPT_MAX)
        buffer_free(&reader->part);
    buffer_clear(&reader->part);
}

int peer_frame_read(struct peer_frame_reader *reader, struct bytes *rest,
                    bool *is_whole, struct peer_frame *out)
{
    int status;
    *is_whole = false;
    end_last(reader);
    if (!reader->part.size && rest->size >= PEER_FRAME_PREFIX) {
        uint32_t size = u32le_read(rest->data);
        status = check_size(reader, size);
        if (status)
            return status;
        *is_whole = read_in_place(rest, size, out);
        if (*is_whole)
            return 0;
    }
    if (!rest->size)
        return 0;
    if (reader->part.size < PEER_FRAME_PREFIX &&
        !fill_part(reader, rest, PEER_FRAME_PREFIX))
        return 0;
    uint32_t size = u32le_read(reader->part.data);
    status = check_size(reader, size);
    if (status)
        return status;
    *is_whole = fill_part(reader, rest, PEER_FRAME_PREFIX + (size_t)size);
    if (*is_whole)
        set_frame(out, reader->part.data + PEER_FRAME_PREFIX, size);
    return 0;
}

void peer_frame_reader_free(struct peer_frame_reader *reader)
{
    buffer_free(&reader->part);
}

/* ---- writing ---- */

struct peer_message {
    unsigned holders;
    size_t *total;
    size_t size;
    uint8_t bytes[];
};

/* What a message costs beside its bytes: a place in the ring and malloc's own.
 * So a queue of the smallest messages is bounded as well. */
#define MESSAGE_COST 32u

struct peer_message *peer_message_new(uint8_t kind, struct bytes body,
                                      size_t *total)
{
    size_t size = PEER_FRAME_PREFIX + 1 + body.size;
    struct peer_message *message = mem_alloc(sizeof(*message) + size);
    CHECK(body.size < UINT32_MAX);
    message->holders = 1;
    message->total = total;
    message->size = size;
    *total += size;
    u32le_write(message->bytes, (uint32_t)(body.size + 1));
    message->bytes[PEER_FRAME_PREFIX] = kind;
    if (body.size)
        memcpy(message->bytes + PEER_FRAME_PREFIX + 1, body.data, body.size);
    return message;
}

void peer_message_release(struct peer_message *message)
{
    CHECK(message->holders > 0);
    if (--message->holders)
        return;
    *message->total -= message->size;
    free(message);
}

static struct peer_message **place(const struct peer_queue *queue, size_t index)
{
    return &queue->messages[(queue->first + index) % queue->capacity];
}

/* Twice as many places, in order from the beginning. */
static void grow(struct peer_queue *queue)
{
    size_t capacity = queue->capacity ? 2 * queue->capacity : 4;
    struct peer_message **messages = mem_zero(capacity, sizeof(*messages));
    for (size_t i = 0; i < queue->count; i++)
        messages[i] = *place(queue, i);
    free(queue->messages);
    queue->messages = messages;
    queue->capacity = capacity;
    queue->first = 0;
}

static void put_last(struct peer_queue *queue, struct peer_message *message)
{
    if (queue->count == queue->capacity)
        grow(queue);
    *place(queue, queue->count++) = message;
    queue->charge += message->size + MESSAGE_COST;
    message->holders++;
}

int peer_queue_put(struct peer_queue *queue, struct peer_message *message)
{
    if (queue->charge + message->size + MESSAGE_COST > queue->limit)
        return err_set(ERR_FULL, "%zu bytes wait to be sent; at most %zu may",
                       queue->charge, queue->limit);
    put_last(queue, message);
    return 0;
}

void peer_queue_join(struct peer_queue *queue, struct peer_queue *more)
{
    CHECK(!more->sent);
    for (size_t i = 0; i < more->count; i++)
        put_last(queue, *place(more, i));
    peer_queue_free(more);
}

struct bytes peer_queue_next(const struct peer_queue *queue, uint8_t *scratch,
                             size_t size)
{
    size_t filled = 0, skip = queue->sent;
    if (!queue->count)
        return bytes_make(NULL, 0);
    const struct peer_message *first = *place(queue, 0);
    if (queue->count == 1 || first->size - skip >= size)
        return bytes_make(first->bytes + skip, first->size - skip);
    for (size_t i = 0; i < queue->count && filled < size; i++) {
        const struct peer_message *message = *place(queue, i);
        size_t count = message->size - skip;
        if (count > size - filled)
            count = size - filled;
        memcpy(scratch + filled, message->bytes + skip, count);
        filled += count;
        skip = 0;
    }
    return bytes_make(scratch, filled);
}

static void drop_first(struct peer_queue *queue)
{
    struct peer_message *message = *place(queue, 0);
    queue->charge -= message->size + MESSAGE_COST;
    queue->first = (queue->first + 1) % queue->capacity;
    queue->count--;
    queue->sent = 0;
    peer_message_release(message);
}

size_t peer_queue_sent(struct peer_queue *queue, size_t count)
{
    size_t ended = 0;
    while (count) {
        CHECK(queue->count);
        size_t left = (*place(queue, 0))->size - queue->sent;
        if (count < left) {
            queue->sent += count;
            break;
        }
        count -= left;
        drop_first(queue);
        ended++;
    }
    return ended;
}

void peer_queue_free(struct peer_queue *queue)
{
    while (queue->count)
        drop_first(queue);
    free(queue->messages);
    *queue = (struct peer_queue){.limit = queue->limit};
}
