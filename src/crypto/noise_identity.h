/*
 * Who a static key of Noise belongs to: the payload of libp2p's handshake
 * (github.com/libp2p/specs, noise/README.md). It is a protobuf message with an
 * identity key and that key's signature of the static one.
 *
 * Identities are ed25519 here; libp2p's peers with RSA, secp256k1 and ECDSA
 * keys are refused. Extensions are passed over.
 *
 * Thread: any, after crypto_init().
 */
#ifndef POND_CRYPTO_NOISE_IDENTITY_H
#define POND_CRYPTO_NOISE_IDENTITY_H

#include "base/buffer.h"
#include "crypto/key.h"

/* Append the payload that gives static_public, an X25519 key, to identity. */
void noise_identity_write(const struct keypair *identity,
                          const uint8_t static_public[32], struct buffer *out);

/* The identity that a payload gives static_public to. ERR_INVALID: not of the
 * form; ERR_UNSUPPORTED: an identity of another kind; ERR_DENIED: the signature
 * does not hold. */
int noise_identity_read(struct bytes payload, const uint8_t static_public[32],
                        struct pubkey *out);

#endif
