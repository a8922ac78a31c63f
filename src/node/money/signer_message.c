/*
 * Both ends are of one release, so there is no version. Both check the form all
 * the same: the process holds keys, and the node reads what tasks ask for.
 */
#include "node/money/signer_message.h"

#include "base/check.h"
#include "base/error.h"

#include <string.h>

/* ---- writing ---- */

static void put_text(struct buffer *out, struct bytes text)
{
    CHECK(text.size <= SIGNER_TEXT_MAX);
    buffer_u16le(out, (uint16_t)text.size);
    buffer_bytes(out, text);
}

static void put_body(struct buffer *out, const struct signer_message *message)
{
    buffer_u8(out, (uint8_t)message->kind);
    switch (message->kind) {
    case SIGNER_ASK_OPEN:
        buffer_u8(out, message->flags);
        put_text(out, message->folder);
        put_text(out, message->account);
        put_text(out, message->passphrase_file);
        break;
    case SIGNER_ASK_SIGN:
        CHECK(message->bytes.size <= SIGNER_SIGN_MAX);
        buffer_u8(out, (uint8_t)message->key.role);
        buffer_bytes(out, pubkey_bytes(&message->key.of));
        buffer_u8(out, (uint8_t)message->purpose);
        buffer_bytes(out, message->bytes);
        break;
    case SIGNER_ASK_PUBLIC:
    case SIGNER_ASK_GIVE:
        buffer_u8(out, (uint8_t)message->key.role);
        buffer_bytes(out, pubkey_bytes(&message->key.of));
        break;
    case SIGNER_SAY_READY:
        buffer_u8(out, message->flags);
        buffer_bytes(out, pubkey_bytes(&message->main));
        buffer_bytes(out, pubkey_bytes(&message->staking));
        break;
    case SIGNER_SAY_SIGNED:
        buffer_append(out, message->signature.bytes,
                      sizeof(message->signature.bytes));
        break;
    case SIGNER_SAY_PUBLIC:
        buffer_bytes(out, pubkey_bytes(&message->pubkey));
        break;
    case SIGNER_SAY_GIVEN:
        break;
    case SIGNER_SAY_FAILED:
        CHECK(message->status < 0);
        buffer_u32le(out, (uint32_t)-message->status);
        buffer_append(out, message->bytes.data,
                      message->bytes.size < ERR_TEXT_SIZE ? message->bytes.size
                                                          : ERR_TEXT_SIZE - 1);
        break;
    }
}

void signer_message_write(struct buffer *out,
                          const struct signer_message *message)
{
    size_t begin = out->size;

    buffer_u32le(out, 0);
    put_body(out, message);
    size_t size = out->size - begin - 4;
    CHECK(size <= SIGNER_MESSAGE_MAX);
    u32le_write(out->data + begin, (uint32_t)size);
}

/* ---- reading ---- */

static int take_text(struct reader *reader, struct bytes *out)
{
    uint16_t size;
    int status = reader_u16le(reader, &size);

    if (!status)
        status = reader_take(reader, size, out);
    if (!status &&
        (size > SIGNER_TEXT_MAX || (size && memchr(out->data, 0, out->size))))
        status = err_set(ERR_INVALID, "a text in the message is too long, or "
                                      "has a zero byte");
    return status;
}

static int take_open(struct reader *reader, struct signer_message *out)
{
    int status = reader_u8(reader, &out->flags);

    if (!status)
        status = take_text(reader, &out->folder);
    if (!status)
        status = take_text(reader, &out->account);
    if (!status)
        status = take_text(reader, &out->passphrase_file);
    return status;
}

/* All that is left. */
static int take_rest(struct reader *reader, size_t size_max, struct bytes *out)
{
    size_t size = reader->left.size;

    if (size > size_max)
        return err_set(ERR_LIMIT, "%zu bytes in one message; at most %zu", size,
                       size_max);
    return reader_take(reader, size, out);
}

static int take_key(struct reader *reader, struct signer_key *out)
{
    uint8_t role;
    int status = reader_u8(reader, &role);

    if (!status && role > SIGNER_ONCE)
        status = err_set(ERR_INVALID, "there is no role %u", role);
    if (!status) {
        out->role = (enum signer_role)role;
        status = reader_copy(reader, out->of.bytes, 32);
    }
    return status;
}

static int take_sign(struct reader *reader, struct signer_message *out)
{
    uint8_t purpose;
    int status = take_key(reader, &out->key);

    if (!status)
        status = reader_u8(reader, &purpose);
    if (!status && purpose > SIGNER_UPLOAD)
        status = err_set(ERR_INVALID, "there is no purpose %u", purpose);
    if (!status) {
        out->purpose = (enum signer_purpose)purpose;
        status = take_rest(reader, SIGNER_SIGN_MAX, &out->bytes);
    }
    return status;
}

static int take_ready(struct reader *reader, struct signer_message *out)
{
    int status = reader_u8(reader, &out->flags);

    if (!status)
        status = reader_copy(reader, out->main.bytes, 32);
    if (!status)
        status = reader_copy(reader, out->staking.bytes, 32);
    return status;
}

static int take_failed(struct reader *reader, struct signer_message *out)
{
    uint32_t code;
    int status = reader_u32le(reader, &code);

    if (!status && (!code || code > -ERR_LOCKED))
        status = err_set(ERR_INVALID, "there is no error %u", code);
    if (!status) {
        out->status = -(int)code;
        status = take_rest(reader, ERR_TEXT_SIZE - 1, &out->bytes);
    }
    return status;
}

static int take_body(struct reader *reader, struct signer_message *out)
{
    switch (out->kind) {
    case SIGNER_ASK_OPEN:
        return take_open(reader, out);
    case SIGNER_ASK_SIGN:
        return take_sign(reader, out);
    case SIGNER_ASK_PUBLIC:
    case SIGNER_ASK_GIVE:
        return take_key(reader, &out->key);
    case SIGNER_SAY_READY:
        return take_ready(reader, out);
    case SIGNER_SAY_SIGNED:
        return reader_copy(reader, out->signature.bytes,
                           sizeof(out->signature.bytes));
    case SIGNER_SAY_PUBLIC:
        return reader_copy(reader, out->pubkey.bytes, 32);
    case SIGNER_SAY_GIVEN:
        return 0;
    case SIGNER_SAY_FAILED:
        return take_failed(reader, out);
    }
    return err_set(ERR_INVALID, "there is no message of kind %u",
                   (unsigned)out->kind);
}

int signer_message_read(struct bytes body, struct signer_message *out)
{
    struct reader reader = reader_make(body);
    uint8_t kind;
    int status = reader_u8(&reader, &kind);

    *out = (struct signer_message){0};
    if (!status) {
        out->kind = (enum signer_message_kind)kind;
        status = take_body(&reader, out);
    }
    if (!status)
        status = reader_end(&reader);
    return status;
}

/* ---- the stream ---- */

void signer_reader_add(struct signer_reader *reader, struct bytes received)
{
    buffer_bytes(&reader->received, received);
}

int signer_reader_next(struct signer_reader *reader, struct signer_message *out,
                       bool *more)
{
    struct bytes body;
    uint32_t size;

    *more = false;
    buffer_consume(&reader->received, reader->taken);
    reader->taken = 0;
    struct reader at = reader_make(buffer_view(&reader->received));
    if (at.left.size < 4)
        return 0;
    CHECK(!reader_u32le(&at, &size));
    if (!size || size > SIGNER_MESSAGE_MAX)
        return err_set(ERR_LIMIT, "a message of %u bytes", size);
    if (at.left.size < size)
        return 0;
    CHECK(!reader_take(&at, size, &body));
    reader->taken = 4 + (size_t)size;
    *more = true;
    return signer_message_read(body, out);
}

void signer_reader_free(struct signer_reader *reader)
{
    buffer_free(&reader->received);
    reader->taken = 0;
}
