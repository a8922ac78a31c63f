/*
 * The messages between a node and a worker, both ways over one stream socket:
 *
 *     u32 big-endian   size of the head in bytes, 1 … MESSAGE_HEAD_MAX
 *     u32 big-endian   size of the payload, 0 … MESSAGE_PAYLOAD_MAX
 *     head             one JSON object with a text field "type"
 *     payload          bytes that are no JSON: a source, a body, evidence
 *
 * The types and their fields stand in docs/runtime.md. A stream that breaks
 * the form can't be resynchronised: its reader ends the connection.
 *
 * The parser is pure: bytes go in, messages come out.
 */
#ifndef POND_RUNTIME_WIRE_MESSAGE_H
#define POND_RUNTIME_WIRE_MESSAGE_H

#include "base/buffer.h"

/* A task's state with ten thousand participants is about 5 MB of JSON. */
#define MESSAGE_HEAD_MAX (16u << 20)

/* What a node takes from a worker, which is not trusted: parsed JSON is some
 * ten times its text, and nothing a task says needs as much as a state. */
#define MESSAGE_HEAD_TO_NODE_MAX (4u << 20)

/* The largest single piece of evidence, page or bundle. */
#define MESSAGE_PAYLOAD_MAX (64u << 20)

#define MESSAGE_PREFIX_SIZE 8

struct message {
    /* Not parsed yet. */
    struct bytes head;
    struct bytes payload;
};

/* Append one message. Sizes within the limits (CHECKed). */
void message_write(struct buffer *out, struct bytes head, struct bytes payload);

/* Only what stands before the payload, for a sender that writes the payload
 * from where it lies. */
void message_write_prefix(struct buffer *out, struct bytes head,
                          size_t payload_size);

/*
 * Collects what arrives. Zero-initialise; limits below the MESSAGE_* ones may
 * be set, 0 means those.
 */
struct message_reader {
    struct buffer received;
    /* Bytes at the front that were handed out already. */
    size_t taken;
    size_t head_max;
    size_t payload_max;
};

void message_reader_add(struct message_reader *reader, struct bytes received);

/* The next whole message into *out, valid until message_reader_add() or _free()
 * is called; *more tells whether there was one. ERR_INVALID or ERR_LIMIT: the
 * stream is broken, for good. */
int message_reader_next(struct message_reader *reader, struct message *out,
                        bool *more);

/* Bytes held; never above one message and one read. */
size_t message_reader_held(const struct message_reader *reader);

void message_reader_free(struct message_reader *reader);

#endif
