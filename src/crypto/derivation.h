/*
 * Keys from a seed: SLIP-0010 for ed25519, hardened steps only, and the paths
 * that Koii's wallets use.
 *
 * Order for a wallet from a sentence: mnemonic_normalise(), mnemonic_seed(),
 * then derivation_key() for each key that is wanted. The same sentence gives
 * the addresses that Finnie, the desktop node and Solana's wallets show.
 */
#ifndef POND_CRYPTO_DERIVATION_H
#define POND_CRYPTO_DERIVATION_H

#include "crypto/key.h"

/* BIP-44 paths of Koii: coin type 501 is Solana's. */
#define DERIVATION_MAIN "m/44'/501'/0'"            /* Finnie, desktop node */
#define DERIVATION_STAKING "m/44'/501'/99'/0'"     /* staking key of a node */
#define DERIVATION_STAKING_KPL "m/44'/501'/99'/1'" /* of a node's KPL tasks */

/* Steps of a path. Wallets use three or four; the limit keeps a text from
 * elsewhere from costing more than a few HMACs. */
#define DERIVATION_DEPTH_MAX 16

/* seed: 16 … 64 bytes (SLIP-0010; CHECKed). path: "m" or "m/44'/501'/…";
 * ERR_INVALID for another form, a step that is not hardened, or more than
 * DERIVATION_DEPTH_MAX steps; out is untouched then. The caller wipes out. */
int derivation_key(struct bytes seed, const char *path, struct keypair *out);

/* The key of `koii-keygen` and `solana-keygen` without a path: its seed is the
 * first 32 bytes. */
void derivation_keygen(const uint8_t seed[64], struct keypair *out);

#endif
