/*
 * What a validator says of itself to all others: where it listens, where its
 * endpoint is, what it runs. Signed, so that others can pass it on.
 *
 *     identity[32], unix_ms u64 (when it was made: the newest counts),
 *     addresses u8 (at most 4), each: size u8, "host:port",
 *     endpoint: size u8, text;  version: size u8, text;  signature[64]
 *
 * little-endian; texts are printable ASCII. The signature is the identity's,
 * over the first 16 bytes of SHA-256("pond contact 1", genesis hash) and all
 * before it.
 *
 * Pure; any thread.
 */
#ifndef POND_SETTLEMENT_CLUSTER_CLUSTER_CONTACT_H
#define POND_SETTLEMENT_CLUSTER_CLUSTER_CONTACT_H

#include "base/buffer.h"
#include "crypto/key.h"
#include "settlement/cluster/cluster_view.h"

#define CLUSTER_ADDRESSES_MAX 4
/* The largest encoding. */
#define CLUSTER_CONTACT_MAX 640

struct cluster_contact {
    struct pubkey identity;
    uint64_t unix_ms;
    size_t address_count;
    /* Each with its 0; "" for what is not said. */
    char addresses[CLUSTER_ADDRESSES_MAX][CLUSTER_TEXT_MAX];
    char endpoint[CLUSTER_TEXT_MAX];
    char version[CLUSTER_TEXT_MAX];
    struct signature signature;
};

/* Sign it. */
void cluster_contact_sign(struct cluster_contact *contact,
                          const struct hash *genesis,
                          const struct keypair *identity);
bool cluster_contact_is_signed(const struct cluster_contact *contact,
                               const struct hash *genesis);

/* Append its encoding. */
void cluster_contact_encode(const struct cluster_contact *contact,
                            struct buffer *out);
/* The next one. ERR_INVALID, ERR_LIMIT. The signature is not checked. */
int cluster_contact_decode(struct reader *reader, struct cluster_contact *out);

#endif
