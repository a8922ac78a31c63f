/*
 * The reader has one growing buffer and hands out views into it, so that a
 * payload of many megabytes is not copied again. A message is dropped when more
 * bytes come and is valid until then.
 *
 * Head and payload are separate so that bytes stay bytes: base64 inside JSON
 * would cost a third more room and two passes on both ends.
 *
 * Two sizes come first, instead of a line break at the end, so that the reader
 * can refuse a message by its size before the message comes.
 */
#include "runtime/wire/message.h"
#include "base/check.h"
#include "base/error.h"

/* The sizes are big-endian, because dumps are then easier to read. Both ends
 * are one machine. */
void message_write_prefix(struct buffer *out, struct bytes head,
                          size_t payload_size)
{
    CHECK(head.size >= 1 && head.size <= MESSAGE_HEAD_MAX);
    CHECK(payload_size <= MESSAGE_PAYLOAD_MAX);
    buffer_u32be(out, (uint32_t)head.size);
    buffer_u32be(out, (uint32_t)payload_size);
    buffer_bytes(out, head);
}

void message_write(struct buffer *out, struct bytes head, struct bytes payload)
{
    message_write_prefix(out, head, payload.size);
    buffer_bytes(out, payload);
}

/* received may be any piece of the stream, a byte or many messages. */
void message_reader_add(struct message_reader *reader, struct bytes received)
{
    CHECK(reader->taken <= reader->received.size);
    /* The last message was valid until now. */
    if (reader->taken) {
        buffer_consume(&reader->received, reader->taken);
        reader->taken = 0;
    }
    buffer_bytes(&reader->received, received);
}

/* Read and check the sizes at the front. */
static int read_prefix(const struct message_reader *reader,
                       struct reader *input, uint32_t *head_size,
                       uint32_t *payload_size)
{
    size_t head_max = reader->head_max ? reader->head_max : MESSAGE_HEAD_MAX;
    size_t payload_max =
        reader->payload_max ? reader->payload_max : MESSAGE_PAYLOAD_MAX;
    /* The caller has compared with MESSAGE_PREFIX_SIZE. */
    CHECK(!reader_u32be(input, head_size));
    CHECK(!reader_u32be(input, payload_size));
    if (!*head_size)
        return err_set(ERR_INVALID, "a message without a head");
    if (*head_size > head_max)
        return err_set(ERR_LIMIT,
                       "a message head of %u bytes is above the limit of %zu",
                       *head_size, head_max);
    if (*payload_size > payload_max)
        return err_set(ERR_LIMIT,
                       "a message payload of %u bytes is above the limit of "
                       "%zu",
                       *payload_size, payload_max);
    return 0;
}

/* The sizes are checked once the prefix is complete, so a stream can't make its
 * reader hold more than one message within the limits. */
int message_reader_next(struct message_reader *reader, struct message *out,
                        bool *more)
{
    uint32_t head_size, payload_size;
    *more = false;
    CHECK(reader->taken <= reader->received.size);
    struct bytes left = buffer_view(&reader->received);
    if (reader->taken)
        left = bytes_make(left.data + reader->taken, left.size - reader->taken);
    struct reader input = reader_make(left);
    if (left.size < MESSAGE_PREFIX_SIZE)
        return 0;
    int status = read_prefix(reader, &input, &head_size, &payload_size);
    if (status)
        return status;
    /* The sum is at most 80 MB, so it does not overflow, even with 32 bits. */
    if (input.left.size < (size_t)head_size + payload_size)
        return 0;
    CHECK(!reader_take(&input, head_size, &out->head));
    CHECK(!reader_take(&input, payload_size, &out->payload));
    reader->taken = reader->received.size - input.left.size;
    *more = true;
    return 0;
}

void message_reader_free(struct message_reader *reader)
{
    buffer_free(&reader->received);
    reader->taken = 0;
}
