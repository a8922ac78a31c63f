/*
 * The messages between a node and a worker, both ways over one stream socket:
 *
 *     u32 big-endian   size of the head in bytes, 1 … MESSAGE_HEAD_MAX
 *     u32 big-endian   size of the payload, 0 … MESSAGE_PAYLOAD_MAX
 *     head             one JSON object with a text field "type"
 *     payload          bytes that are no JSON: a source, a body, evidence
 *
 * docs/runtime.md describes the types and their fields. The reader of a stream
 * that breaks the form ends the connection, because the stream can't be
 * resynchronised.
 *
 * The parser is pure: bytes go in, messages come out.
 */
#ifndef POND_RUNTIME_WIRE_MESSAGE_H
#define POND_RUNTIME_WIRE_MESSAGE_H

#include "base/buffer.h"

/* A task's state with ten thousand participants is about 5 MB of JSON. */
#define MESSAGE_HEAD_MAX (16u << 20)

/* The limit for a head from a worker, which is not trusted: parsed JSON takes
 * some ten times its text, and no task sends as much as a state. */
#define MESSAGE_HEAD_TO_NODE_MAX (4u << 20)

/* The limit for the values of such a head (json_check_values()): a list for as
 * many as have staked on the largest task has a tenth of it, and parsing this
 * many takes some ten milliseconds. */
#define MESSAGE_VALUES_TO_NODE_MAX 200000

/* The largest single piece of evidence, page or bundle. */
#define MESSAGE_PAYLOAD_MAX (64u << 20)

#define MESSAGE_PREFIX_SIZE 8

struct message {
    /* JSON text that was not parsed yet. */
    struct bytes head;
    struct bytes payload;
};

/* Append one message. The sizes must be within the limits (CHECKed). */
void message_write(struct buffer *out, struct bytes head, struct bytes payload);

/* Append the part before the payload, for a sender that does not copy the
 * payload. */
void message_write_prefix(struct buffer *out, struct bytes head,
                          size_t payload_size);

/*
 * Collects the bytes that arrive. Zero-initialise it. head_max and payload_max
 * may be set to lower limits; 0 means MESSAGE_HEAD_MAX and MESSAGE_PAYLOAD_MAX.
 */
struct message_reader {
    struct buffer received;
    /* The number of bytes at the front that were handed out already. */
    size_t taken;
    size_t head_max;
    size_t payload_max;
};

void message_reader_add(struct message_reader *reader, struct bytes received);

/* Put the next whole message into *out, valid until message_reader_add() or
 * message_reader_free(). *more says whether there was one. ERR_INVALID or
 * ERR_LIMIT if the stream is broken; it stays broken. */
int message_reader_next(struct message_reader *reader, struct message *out,
                        bool *more);

void message_reader_free(struct message_reader *reader);

#endif
