/*
 * The secret keys of a node and what is done with them: the side of the signer
 * that could be a process of its own. Nothing but node/money/signer.c uses it.
 *
 * Nothing here waits. Keys go in and signatures come out; the one secret that
 * leaves is that of a key which a task may have (signer_keys_give()).
 *
 * Ownership: struct signer_keys is the caller's and stays where it is. Keys are
 * moved in, and the caller's copies wiped. signer_keys_wipe() ends it.
 *
 * Thread: any, one at a time.
 */
#ifndef POND_NODE_MONEY_SIGNER_KEYS_H
#define POND_NODE_MONEY_SIGNER_KEYS_H

#include "node/money/signer.h"
#include "node/money/wallet.h"

struct signer_once;

/* Without a staking key its public key is zero: then there is no role but
 * SIGNER_MAIN and SIGNER_ONCE. */
struct signer_keys {
    struct wallet wallet;
    struct signer_once *once; /* the keys added, newest first */
};

/* Move the wallet in; *wallet is wiped. */
void signer_keys_init(struct signer_keys *keys, struct wallet *wallet);

/* Move a key in for the role SIGNER_ONCE; *keypair is wiped. */
void signer_keys_add(struct signer_keys *keys, struct keypair *keypair);

/* ERR_NOT_FOUND: there is no such key. */
int signer_keys_public(const struct signer_keys *keys,
                       const struct signer_key *key, struct pubkey *out);

/* ERR_NOT_FOUND as above, or what signer_purpose_message() returns. */
int signer_keys_sign(const struct signer_keys *keys,
                     const struct signer_key *key, enum signer_purpose purpose,
                     struct bytes bytes, struct signature *out);

/* Write a secret to the task's connection: signer_give(), and its errors. The
 * socket stays the caller's. */
int signer_keys_give(const struct signer_keys *keys,
                     const struct signer_key *key, int socket);

/* Overwrite all secrets in memory. Nothing can be signed from then on. */
void signer_keys_wipe(struct signer_keys *keys);

#endif
