/*
 * Many ed25519 signatures at once: the same answers as key_verify() gives for
 * each of them alone, several times as fast where the processor has wide
 * vectors.
 *
 * The rule is that of key_verify(), libsodium's, which is also Solana's
 * (ed25519-dalek's verify_strict): S < L, a canonical A, neither A nor R of
 * small order, and R = [S]B - [h]A without a cofactor. It holds for each
 * signature by itself, so that no company makes a wrong one right.
 *
 * Measured (one core of an AMD EPYC, Zen 4, messages of 250 bytes): 51 µs for
 * one with libsodium; in lanes 7 with IFMA, 16 with AVX-512, 19 with AVX2
 * (bench/bench_signature.c).
 *
 * Thread: any, after crypto_init().
 */
#ifndef POND_CRYPTO_SIGNATURE_CHECK_H
#define POND_CRYPTO_SIGNATURE_CHECK_H

#include "crypto/key.h"

/* What is to be checked; all borrowed for the call. */
struct signature_check {
    const struct pubkey *pubkey;
    const struct signature *signature;
    struct bytes message;
};

/* A multiple of it fills all lanes of every processor, and all groups that
 * share an inversion (lanes_equation.h): eight groups of eight lanes. Callers
 * that can wait for more do well to hand over as many at once. */
#define SIGNATURE_CHECK_BATCH 64

/* is_good[i] says whether checks[i] holds; it is written for every i below
 * count, and never fails otherwise. Any count, 0 too; from a few on it pays. */
void signature_check_all(const struct signature_check *checks, size_t count,
                         bool *is_good);

struct signature_lanes;

/* The same by the implementation given, for tests and measurements; NULL: one
 * after the other by key_verify(). */
void signature_check_with(const struct signature_lanes *lanes,
                          const struct signature_check *checks, size_t count,
                          bool *is_good);

#endif
