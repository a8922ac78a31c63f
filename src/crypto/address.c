/*
 * A program-derived address is a hash that happens not to be a point of the
 * curve. So it has no secret, and the program whose id is in the preimage can
 * sign for it. About half of all hashes are points, so a "bump" is counted down
 * from 255 until the hash is not a point.
 *
 * The rules are part of the consensus: a program on chain derives the same
 * addresses, and what is sent to a wrong address is lost. So limits, order and
 * marker are exactly Solana's, and what Solana refuses is refused here.
 */
#include "crypto/address.h"

#include "base/check.h"
#include "base/error.h"
#include "crypto/hash.h"

/* Ends the preimage of every program-derived address (pubkey.rs,
 * PDA_MARKER). */
#define MARKER "ProgramDerivedAddress"

/* Lengths alone: what the seeds hold is the program's own affair. The text
 * counts seeds from 0, as programs do. */
static int check_seeds(const struct bytes *seeds, size_t count, size_t max)
{
    if (count > max)
        return err_set(ERR_LIMIT, "an address from %zu seeds; at most %zu",
                       count, max);
    for (size_t i = 0; i < count; i++)
        if (seeds[i].size > ADDRESS_SEED_SIZE_MAX)
            return err_set(ERR_LIMIT,
                           "seed %zu of an address has %zu bytes; at most %d",
                           i, seeds[i].size, ADDRESS_SEED_SIZE_MAX);
    return 0;
}

/* False if the result is a point of the curve. The seeds were checked. They are
 * hashed one after another without their lengths, so {"ab", "c"} and {"a",
 * "bc"} give one address. As with Solana, the program that chooses the seeds
 * has to keep them apart. */
static bool derive(const struct bytes *seeds, size_t count,
                   const struct pubkey *program, struct pubkey *out)
{
    struct bytes pieces[ADDRESS_SEEDS_MAX + 2];
    struct hash hash;
    CHECK(count <= ADDRESS_SEEDS_MAX);
    for (size_t i = 0; i < count; i++)
        pieces[i] = seeds[i];
    pieces[count] = pubkey_bytes(program);
    pieces[count + 1] = bytes_text(MARKER);
    hash_sha256_pieces(pieces, count + 2, &hash);
    memcpy(out->bytes, hash.bytes, sizeof(out->bytes));
    return !pubkey_is_on_curve(out);
}

/* A refused hash is in out as well. Callers must not use it. */
int address_create(const struct bytes *seeds, size_t count,
                   const struct pubkey *program, struct pubkey *out)
{
    int status = check_seeds(seeds, count, ADDRESS_SEEDS_MAX);
    if (status)
        return status;
    if (!derive(seeds, count, program, out))
        return err_set(ERR_INVALID,
                       "these seeds give a point of the curve, which a "
                       "program-derived address must not be");
    return 0;
}

/* 0 is never tried, for Solana's loop does not try it either. The bump is the
 * last seed and takes one of the sixteen places, so that one fewer is left to
 * the caller. */
int address_find(const struct bytes *seeds, size_t count,
                 const struct pubkey *program, struct pubkey *out,
                 uint8_t *bump)
{
    struct bytes with_bump[ADDRESS_SEEDS_MAX];
    int status = check_seeds(seeds, count, ADDRESS_SEEDS_MAX - 1);
    if (status)
        return status;
    for (size_t i = 0; i < count; i++)
        with_bump[i] = seeds[i];
    for (int candidate = UINT8_MAX; candidate > 0; candidate--) {
        uint8_t byte = (uint8_t)candidate;
        with_bump[count] = bytes_make(&byte, 1);
        if (!derive(with_bump, count + 1, program, out))
            continue;
        if (bump)
            *bump = byte;
        return 0;
    }
    return err_set(ERR_NOT_FOUND, "no bump gives a program-derived address");
}

/* The address may be a point of the curve. The holder of the base's secret
 * signs for it, so it needs no bump. */
int address_with_seed(const struct pubkey *base, struct bytes seed,
                      const struct pubkey *owner, struct pubkey *out)
{
    const size_t marker_size = strlen(MARKER);
    struct hash hash;
    int status = check_seeds(&seed, 1, 1);
    if (status)
        return status;
    /* Such an owner would make this the preimage of a program-derived address
     * (pubkey.rs, create_with_seed: IllegalOwner). */
    if (!memcmp(owner->bytes + sizeof(owner->bytes) - marker_size, MARKER,
                marker_size))
        return err_set(ERR_DENIED, "this owner is not allowed for an address "
                                   "with a seed");
    struct bytes pieces[] = {pubkey_bytes(base), seed, pubkey_bytes(owner)};
    hash_sha256_pieces(pieces, 3, &hash);
    memcpy(out->bytes, hash.bytes, sizeof(out->bytes));
    return 0;
}
