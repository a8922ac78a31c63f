/*
 * Addresses that are computed rather than drawn: program-derived addresses and
 * addresses with a seed, by Solana's rules (solana-program, pubkey.rs).
 *
 * The associated token account of a wallet, for example, is
 *
 *     address_find({wallet, token program, mint}, 3, associated token program)
 *
 * and has no secret: programs act for such addresses by naming the seeds. A
 * bump costs one SHA-256 and one test for the curve (about 15 µs), and the
 * average is two bumps. After an error out does not hold an address.
 *
 * Thread: any, after crypto_init().
 */
#ifndef POND_CRYPTO_ADDRESS_H
#define POND_CRYPTO_ADDRESS_H

#include "crypto/key.h"

#define ADDRESS_SEEDS_MAX 16     /* the bump included */
#define ADDRESS_SEED_SIZE_MAX 32 /* of one seed */

/* SHA-256(seeds | program | "ProgramDerivedAddress"), which must not be a
 * point of the curve: ERR_INVALID if it is. ERR_LIMIT for too many or too long
 * seeds. */
int address_create(const struct bytes *seeds, size_t count,
                   const struct pubkey *program, struct pubkey *out);

/* The first bump from 255 downwards that gives an address. bump may be NULL.
 * It needs a seed's place: with more than 15 seeds ERR_LIMIT. ERR_LIMIT as
 * above, too; ERR_NOT_FOUND if no bump does (1 in 2^255). */
int address_find(const struct bytes *seeds, size_t count,
                 const struct pubkey *program, struct pubkey *out,
                 uint8_t *bump);

/* SHA-256(base | seed | owner). ERR_LIMIT for a seed above 32 bytes, ERR_DENIED
 * for an owner that ends as program-derived addresses' preimages do. */
int address_with_seed(const struct pubkey *base, struct bytes seed,
                      const struct pubkey *owner, struct pubkey *out);

#endif
