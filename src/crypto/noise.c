/*
 * Names of the specification: h is transcript, ck is chaining_key, k and n are
 * cipher. The tokens of each message are written out, because there is one
 * pattern only.
 */
#include "crypto/noise.h"

#include "base/check.h"
#include "base/error.h"
#include "crypto/hash.h"
#include <sodium.h>

#define MESSAGES 3
#define PAYLOAD_MAX 1024u

/* 32 bytes, so it is its own hash (revision 34, 5.2). */
static const char protocol[] = "Noise_XX_25519_ChaChaPoly_SHA256";

void noise_pair_make(const uint8_t secret[32], struct noise_pair *out)
{
    memcpy(out->secret, secret, 32);
    CHECK(!crypto_scalarmult_base(out->public, out->secret));
}

/* ---- one direction ---- */

/* Four zero bytes, then the count (revision 34, 12.3). */
static void next_nonce(struct noise_cipher *cipher, uint8_t out[12])
{
    /* 2^64 - 1 is reserved; nobody sends that many messages. */
    CHECK(cipher->nonce < UINT64_MAX);
    memset(out, 0, 4);
    u64le_write(out + 4, cipher->nonce++);
}

static void seal(struct noise_cipher *cipher, struct bytes text,
                 struct bytes associated, uint8_t *out)
{
    uint8_t nonce[12];
    next_nonce(cipher, nonce);
    CHECK(!crypto_aead_chacha20poly1305_ietf_encrypt(
        out, NULL, text.data, text.size, associated.data, associated.size, NULL,
        nonce, cipher->key));
}

static int open_sealed(struct noise_cipher *cipher, struct bytes sealed,
                       struct bytes associated, uint8_t *out)
{
    uint8_t nonce[12];
    next_nonce(cipher, nonce);
    if (crypto_aead_chacha20poly1305_ietf_decrypt(
            out, NULL, NULL, sealed.data, sealed.size, associated.data,
            associated.size, nonce, cipher->key))
        return err_set(ERR_DENIED, "an encrypted message was changed on the "
                                   "way, or is for somebody else");
    return 0;
}

void noise_seal(struct noise_cipher *cipher, struct bytes text, uint8_t *out)
{
    CHECK(text.size <= NOISE_MESSAGE_MAX - NOISE_TAG_SIZE);
    seal(cipher, text, bytes_make(NULL, 0), out);
}

int noise_open(struct noise_cipher *cipher, struct bytes sealed, uint8_t *out)
{
    return open_sealed(cipher, sealed, bytes_make(NULL, 0), out);
}

/* ---- what both ends know ---- */

static void mix_hash(struct noise *noise, struct bytes bytes)
{
    const struct bytes pieces[] = {
        bytes_make(noise->transcript.bytes, 32),
        bytes,
    };
    hash_sha256_pieces(pieces, 2, &noise->transcript);
}

/* HKDF with two outputs (revision 34, 4.3). */
static void derive(const uint8_t chaining_key[32], struct bytes material,
                   uint8_t first[32], uint8_t second[32])
{
    uint8_t key[32], input[33];
    CHECK(!crypto_auth_hmacsha256(key, material.data, material.size,
                                  chaining_key));
    input[0] = 1;
    CHECK(!crypto_auth_hmacsha256(first, input, 1, key));
    memcpy(input, first, 32);
    input[32] = 2;
    CHECK(!crypto_auth_hmacsha256(second, input, 33, key));
    sodium_memzero(key, sizeof(key));
    sodium_memzero(input, sizeof(input));
}

/* What X25519 makes of a secret and a public key goes into all that follows. */
static int mix_shared(struct noise *noise, const struct noise_pair *own,
                      const uint8_t theirs[32])
{
    uint8_t shared[32], next[32];
    if (crypto_scalarmult(shared, own->secret, theirs))
        return err_set(ERR_DENIED, "the other end's key is of small order");
    derive(noise->chaining_key, bytes_make(shared, 32), next,
           noise->cipher.key);
    memcpy(noise->chaining_key, next, 32);
    noise->cipher.nonce = 0;
    noise->has_key = true;
    sodium_memzero(shared, sizeof(shared));
    sodium_memzero(next, sizeof(next));
    return 0;
}

/* ee, and the two that cross: es is the initiator's ephemeral with the
 * responder's static key, se the other way round. */
static int mix_ephemerals(struct noise *noise)
{
    return mix_shared(noise, &noise->ephemeral, noise->their_ephemeral);
}

static int mix_crossed(struct noise *noise, bool with_initiators_static)
{
    if (with_initiators_static == noise->is_initiator)
        return mix_shared(noise, &noise->own, noise->their_ephemeral);
    return mix_shared(noise, &noise->ephemeral, noise->their_static);
}

/* ---- the parts of a message ---- */

static void write_ephemeral(struct noise *noise, struct buffer *out)
{
    struct bytes key = bytes_make(noise->ephemeral.public, 32);
    buffer_bytes(out, key);
    mix_hash(noise, key);
}

/* EncryptAndHash: in the clear before there is a key. */
static void write_part(struct noise *noise, struct bytes text,
                       struct buffer *out)
{
    size_t size = text.size + (noise->has_key ? NOISE_TAG_SIZE : 0);
    uint8_t *at = buffer_reserve(out, size);
    if (noise->has_key)
        seal(&noise->cipher, text, bytes_make(noise->transcript.bytes, 32), at);
    else if (size)
        memcpy(at, text.data, size);
    out->size += size;
    mix_hash(noise, bytes_make(at, size));
}

static int read_ephemeral(struct noise *noise, struct reader *reader)
{
    int status = reader_copy(reader, noise->their_ephemeral, 32);
    if (!status)
        mix_hash(noise, bytes_make(noise->their_ephemeral, 32));
    return status;
}

/* DecryptAndHash of size bytes on the wire. */
static int read_part(struct noise *noise, struct reader *reader, size_t size,
                     uint8_t *out)
{
    struct bytes part;
    struct hash before = noise->transcript;
    int status = reader_take(reader, size, &part);
    if (status)
        return status;
    mix_hash(noise, part);
    if (noise->has_key)
        return open_sealed(&noise->cipher, part, bytes_make(before.bytes, 32),
                           out);
    if (size)
        memcpy(out, part.data, size);
    return 0;
}

static int read_static(struct noise *noise, struct reader *reader)
{
    return read_part(noise, reader, 32 + NOISE_TAG_SIZE, noise->their_static);
}

/* The rest of a message. */
static int read_payload(struct noise *noise, struct reader *reader,
                        struct buffer *payload)
{
    size_t tag = noise->has_key ? NOISE_TAG_SIZE : 0;
    size_t size = reader->left.size;
    if (size < tag)
        return err_set(ERR_INVALID, "the payload is cut off");
    uint8_t *at = buffer_reserve(payload, size - tag + 1);
    int status = read_part(noise, reader, size, at);
    if (!status)
        payload->size += size - tag;
    return status;
}

/* ---- the handshake ---- */

void noise_begin(struct noise *noise, bool is_initiator,
                 const struct noise_pair *own,
                 const uint8_t ephemeral_secret[32], struct bytes prologue)
{
    *noise = (struct noise){.is_initiator = is_initiator, .own = *own};
    noise_pair_make(ephemeral_secret, &noise->ephemeral);
    memcpy(noise->transcript.bytes, protocol, 32);
    memcpy(noise->chaining_key, protocol, 32);
    mix_hash(noise, prologue);
}

bool noise_is_done(const struct noise *noise)
{
    return noise->messages == MESSAGES;
}

bool noise_writes_next(const struct noise *noise)
{
    return !noise_is_done(noise) &&
           noise->is_initiator == (noise->messages % 2 == 0);
}

static int write_second(struct noise *noise, struct buffer *out)
{
    write_ephemeral(noise, out);
    int status = mix_ephemerals(noise);
    if (status)
        return status;
    write_part(noise, bytes_make(noise->own.public, 32), out);
    return mix_crossed(noise, false);
}

static int write_third(struct noise *noise, struct buffer *out)
{
    write_part(noise, bytes_make(noise->own.public, 32), out);
    return mix_crossed(noise, true);
}

int noise_write(struct noise *noise, struct bytes payload, struct buffer *out)
{
    int status = 0;
    CHECK(noise_writes_next(noise) && payload.size <= PAYLOAD_MAX);
    if (noise->messages == 0)
        write_ephemeral(noise, out);
    else if (noise->messages == 1)
        status = write_second(noise, out);
    else
        status = write_third(noise, out);
    if (status)
        return status;
    write_part(noise, payload, out);
    noise->messages++;
    return 0;
}

static int read_second(struct noise *noise, struct reader *reader)
{
    int status = read_ephemeral(noise, reader);
    if (!status)
        status = mix_ephemerals(noise);
    if (!status)
        status = read_static(noise, reader);
    return status ? status : mix_crossed(noise, false);
}

static int read_third(struct noise *noise, struct reader *reader)
{
    int status = read_static(noise, reader);
    return status ? status : mix_crossed(noise, true);
}

int noise_read(struct noise *noise, struct bytes message,
               struct buffer *payload)
{
    struct reader reader = reader_make(message);
    int status;
    CHECK(!noise_is_done(noise) && !noise_writes_next(noise));
    if (noise->messages == 0)
        status = read_ephemeral(noise, &reader);
    else if (noise->messages == 1)
        status = read_second(noise, &reader);
    else
        status = read_third(noise, &reader);
    if (!status)
        status = read_payload(noise, &reader, payload);
    if (status)
        return err_add(status, "message %u of the handshake",
                       noise->messages + 1);
    noise->messages++;
    return 0;
}

/* The first key is for what the initiator sends. */
void noise_split(struct noise *noise, struct noise_cipher *send,
                 struct noise_cipher *receive)
{
    struct noise_cipher *first = noise->is_initiator ? send : receive;
    struct noise_cipher *second = noise->is_initiator ? receive : send;
    CHECK(noise_is_done(noise));
    derive(noise->chaining_key, bytes_make(NULL, 0), first->key, second->key);
    first->nonce = second->nonce = 0;
    noise_wipe(noise);
}

void noise_wipe(struct noise *noise)
{
    sodium_memzero(noise, sizeof(*noise));
}
