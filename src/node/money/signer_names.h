/*
 * The public keys that a signer knows by name: list accounts, keys that a task
 * has for itself, and keys for one transaction, so that a transaction's signers
 * are found by their public keys. Nothing in it is secret. Only
 * node/money/signer.c uses it.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_MONEY_SIGNER_NAMES_H
#define POND_NODE_MONEY_SIGNER_NAMES_H

#include "node/money/signer.h"

/* Zero-initialise it; signer_names_free() ends it. */
struct signer_names {
    struct signer_name *first;
};

/* pubkey NULL: it is being asked for. There is no such name yet. */
void signer_names_add(struct signer_names *names, const struct signer_key *key,
                      const struct pubkey *pubkey);

/* The answer for a name that was asked for; NULL: there is none, and the name
 * is forgotten, so that it can be asked for again. */
void signer_names_answer(struct signer_names *names,
                         const struct signer_key *key,
                         const struct pubkey *pubkey);

/* 0; ERR_BUSY: it is being asked for; ERR_NOT_FOUND. No text is set. */
int signer_names_get(const struct signer_names *names,
                     const struct signer_key *key, struct pubkey *out);

/* By which role a public key signs; false: none is known. */
bool signer_names_find(const struct signer_names *names,
                       const struct pubkey *pubkey, struct signer_key *out);

void signer_names_free(struct signer_names *names);

#endif
