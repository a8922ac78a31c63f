/*
 * SLIP-0010 for ed25519 is a chain of HMAC-SHA512: the left half of each result
 * is a key, the right half the chain code that keys the next step. For this
 * curve there are hardened steps only, each of which hashes the parent's
 * private key, so public keys can't be derived from public keys.
 *
 * What is secret lies in a struct node, in the data of one step and in the
 * state of one HMAC. All are on the stack, libsodium's state too, and are wiped
 * before each function returns: nothing of a key is left in a heap.
 *
 * The words of a path are read strictly. A wallet opened by a path that means
 * something else than was typed is an empty wallet, and looks like a lost one.
 */
#include "crypto/derivation.h"

#include "base/check.h"
#include "base/error.h"
#include <assert.h>
#include <sodium.h>

/* BIP-32's flag of a hardened step, in the uppermost of its 32 bits; so numbers
 * go up to 2^31 - 1. */
#define HARDENED 0x80000000u
#define SEED_MIN 16 /* SLIP-0010, "Master key generation": 128 … 512 bits */
#define SEED_MAX 64

/* A key and its chain code, as HMAC-SHA512 yields them. */
struct node {
    uint8_t key[32];
    uint8_t chain[32];
};
static_assert(sizeof(struct node) == crypto_auth_hmacsha512_BYTES,
              "one HMAC fills a node");

/* The key may have any length: that of the seed is the curve's name, which is
 * not 32 bytes. */
static void hmac(const uint8_t *key, size_t key_size, const uint8_t *data,
                 size_t size, struct node *out)
{
    crypto_auth_hmacsha512_state state;
    crypto_auth_hmacsha512_init(&state, key, key_size);
    crypto_auth_hmacsha512_update(&state, data, size);
    crypto_auth_hmacsha512_final(&state, (uint8_t *)out);
    sodium_memzero(&state, sizeof(state));
}

/* SLIP-0010, "Private parent key → private child key" for ed25519: HMAC, keyed
 * with the chain code, of a zero byte, the key and the step. Any result is a
 * key of this curve, so there is nothing to try again as with secp256k1. */
static void descend(struct node *node, uint32_t step)
{
    uint8_t data[1 + 32 + 4] = {0};
    struct node child;
    memcpy(data + 1, node->key, 32);
    u32be_write(data + 33, step);
    hmac(node->chain, sizeof(node->chain), data, sizeof(data), &child);
    *node = child;
    sodium_memzero(&child, sizeof(child));
    sodium_memzero(data, sizeof(data));
}

/* Read "/44'" at *at and move *at past it. The number is compared with its
 * limit at each digit, so that it can't wrap. "h" and "H", which some wallets
 * take for the apostrophe, are refused. */
static int parse_step(const char **at, uint32_t *step)
{
    const char *c = *at;
    uint64_t number = 0;
    if (*c++ != '/' || *c < '0' || *c > '9')
        return err_set(ERR_INVALID, "a step begins with / and a digit");
    for (; *c >= '0' && *c <= '9'; c++) {
        number = number * 10 + (uint64_t)(*c - '0');
        if (number >= HARDENED)
            return err_set(ERR_INVALID, "a step is below 2^31");
    }
    if (*c++ != '\'')
        return err_set(ERR_INVALID,
                       "ed25519 has hardened steps only: write ' after each");
    *step = (uint32_t)number | HARDENED;
    *at = c;
    return 0;
}

/* The path is read and followed in one pass; nothing is left of the keys on the
 * way. A path that turns out wrong further on has cost a few HMACs. out is
 * written only where all of it was good. */
int derivation_key(struct bytes seed, const char *path, struct keypair *out)
{
    static const char curve[] = "ed25519 seed";
    struct node node;
    const char *at = path;
    int status = 0;
    CHECK(seed.size >= SEED_MIN && seed.size <= SEED_MAX);
    if (*at++ != 'm')
        return err_set(ERR_INVALID, "derivation path %s: it begins with m",
                       path);
    /* SLIP-0010, "Master key generation": the curve's name is the key. */
    hmac((const uint8_t *)curve, sizeof(curve) - 1, seed.data, seed.size,
         &node);
    for (int depth = 0; *at && !status; depth++) {
        uint32_t step = 0;
        if (depth == DERIVATION_DEPTH_MAX)
            status = err_set(ERR_INVALID, "more than %d steps",
                             DERIVATION_DEPTH_MAX);
        else
            status = parse_step(&at, &step);
        if (!status)
            descend(&node, step);
    }
    if (status)
        status = err_add(status, "derivation path %s", path);
    else
        keypair_from_seed(node.key, out);
    sodium_memzero(&node, sizeof(node));
    return status;
}

void derivation_keygen(const uint8_t seed[64], struct keypair *out)
{
    keypair_from_seed(seed, out);
}
