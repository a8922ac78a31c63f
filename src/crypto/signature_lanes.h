/*
 * ed25519 verification of several signatures side by side, each in a lane of
 * the processor's vector unit, one implementation for each kind of processor.
 * Part of signature_check.c, which is what the rest of the project calls.
 *
 * Each signature gets an answer of its own by the same equation as alone; they
 * are not summed up into one. A sum is cheaper by half, but does not see errors
 * of small order that cancel out, so that nodes which sum differently would
 * accept different signatures.
 */
#ifndef POND_CRYPTO_SIGNATURE_LANES_H
#define POND_CRYPTO_SIGNATURE_LANES_H

#include "base/bytes.h"

/* A message in two parts, so that the second need not be copied. Both are
 * borrowed for the call; either may be empty. */
struct signature_hash {
    struct bytes head, body;
};

/* What is left to compute of a verification: whether [s]B - [h]A is the point
 * that r encodes. All numbers have their least byte first. */
struct signature_equation {
    const uint8_t *pubkey; /* A: 32 bytes; not necessarily a point */
    const uint8_t *r;      /* 32 bytes */
    const uint8_t *s;      /* 32 bytes, less than the group's order */
    uint8_t h[32];         /* less than the group's order */
};

/* One implementation. It is constant, has no state but tables that the first
 * call of check makes (pthread_once), and allocates nothing. */
struct signature_lanes {
    const char *name; /* of the instructions, for tests and measurements */

    /* digests[i]: SHA-512 of head and body of messages[i]. Of any lengths side
     * by side; those that are alike keep each other company. Thread: any. */
    void (*hash)(const struct signature_hash *messages, size_t count,
                 uint8_t (*digests)[64]);

    /* holds[i]: A is a point, and the encoding of [s]B - [h]A is r, byte for
     * byte. Thread: any. */
    void (*check)(const struct signature_equation *equations, size_t count,
                  bool *holds);
};

/* The implementations that this processor can run, the fastest first; NULL past
 * the last. Only x86-64 processors with AVX2 have any. */
const struct signature_lanes *signature_lanes_nth(unsigned n);

#endif
