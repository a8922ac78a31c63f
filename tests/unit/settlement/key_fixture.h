/*
 * Keys and hashes made from numbers.
 */
#ifndef POND_TESTS_SETTLEMENT_KEY_FIXTURE_H
#define POND_TESTS_SETTLEMENT_KEY_FIXTURE_H

#include "crypto/hash.h"
#include "crypto/key.h"
#include <stdint.h>

/* A keypair that is the same for the same number. */
struct keypair fixture_key(uint64_t number);

/* A hash that is the same for the same number. */
struct hash fixture_hash(uint64_t number);

#endif
