/*
 * Two messages of protobuf, one inside the other:
 *
 *   NoiseHandshakePayload { 1: identity_key bytes, 2: identity_sig bytes,
 *                           4: extensions }
 *   PublicKey { 1: type (1 is ed25519), 2: data }     (peer-ids/peer-ids.md)
 */
#include "crypto/noise_identity.h"

#include "base/error.h"
#include "base/protobuf.h"

#define KEY_ED25519 1

/* What is signed: these bytes without their NUL, then the static key. */
static const char purpose[] = "noise-libp2p-static-key:";

#define SIGNED_SIZE (sizeof(purpose) - 1 + 32)

static struct bytes signed_bytes(const uint8_t static_public[32],
                                 uint8_t out[SIGNED_SIZE])
{
    memcpy(out, purpose, sizeof(purpose) - 1);
    memcpy(out + sizeof(purpose) - 1, static_public, 32);
    return bytes_make(out, SIGNED_SIZE);
}

void noise_identity_write(const struct keypair *identity,
                          const uint8_t static_public[32], struct buffer *out)
{
    uint8_t text[SIGNED_SIZE];
    struct signature signature;
    struct buffer key = {0};
    protobuf_write_varint(&key, 1, KEY_ED25519);
    protobuf_write_bytes(&key, 2, pubkey_bytes(&identity->pubkey));
    key_sign(identity, signed_bytes(static_public, text), &signature);
    protobuf_write_bytes(out, 1, buffer_view(&key));
    protobuf_write_bytes(out, 2, bytes_make(signature.bytes, 64));
    buffer_free(&key);
}

static int read_key(struct bytes bytes, struct pubkey *out)
{
    struct reader reader = reader_make(bytes);
    struct bytes data = {0};
    uint64_t type = UINT64_MAX;
    while (reader.left.size) {
        struct protobuf_field field;
        int status = protobuf_next(&reader, &field);
        if (status)
            return err_add(status, "an identity's key");
        if (field.number == 1 && field.wire == PROTOBUF_VARINT)
            type = field.value;
        else if (field.number == 2 && field.wire == PROTOBUF_BYTES)
            data = field.bytes;
    }
    if (type == UINT64_MAX)
        return err_set(ERR_INVALID, "an identity's key has no type");
    if (type != KEY_ED25519)
        return err_set(ERR_UNSUPPORTED,
                       "an identity's key is not ed25519 (libp2p's type %u)",
                       (unsigned)type);
    if (data.size != sizeof(out->bytes))
        return err_set(ERR_INVALID, "an identity's key has %zu bytes, not 32",
                       data.size);
    memcpy(out->bytes, data.data, sizeof(out->bytes));
    return 0;
}

int noise_identity_read(struct bytes payload, const uint8_t static_public[32],
                        struct pubkey *out)
{
    struct reader reader = reader_make(payload);
    struct bytes key = {0}, proof = {0};
    struct signature signature;
    uint8_t text[SIGNED_SIZE];
    while (reader.left.size) {
        struct protobuf_field field;
        int status = protobuf_next(&reader, &field);
        if (status)
            return err_add(status, "the handshake's payload");
        if (field.number == 1 && field.wire == PROTOBUF_BYTES)
            key = field.bytes;
        else if (field.number == 2 && field.wire == PROTOBUF_BYTES)
            proof = field.bytes;
    }
    int status = read_key(key, out);
    if (status)
        return status;
    if (proof.size != sizeof(signature.bytes))
        return err_set(ERR_INVALID,
                       "an identity's signature has %zu bytes, "
                       "not 64",
                       proof.size);
    memcpy(signature.bytes, proof.data, sizeof(signature.bytes));
    if (!key_verify(out, signed_bytes(static_public, text), &signature))
        return err_set(ERR_DENIED,
                       "%s has not signed the key of this "
                       "connection",
                       PUBKEY_TEXT(out));
    return 0;
}
