#include "consensus/validator_set.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "crypto/hash.h"

#include <sodium.h>
#include <stdlib.h>

#define MAGIC 0x56534554u

/* 3 * stake must fit. */
#define STAKE_MAX (UINT64_MAX / 4)

struct validator_set {
    uint32_t magic;
    uint64_t epoch;
    struct hash seed;
    size_t count;
    uint64_t stake;
    uint64_t *stake_below; /* of all with a lower index, one for each */
    struct validator validators[];
};

static int compare_keys(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct pubkey));
}

/* Does no key stand there twice? Sorted beside, because a set may be large and
 * comes from a file. */
static bool keys_differ(struct pubkey *keys, size_t count)
{
    qsort(keys, count, sizeof(*keys), compare_keys);
    for (size_t i = 1; i < count; i++)
        if (pubkey_equal(&keys[i - 1], &keys[i]))
            return false;
    return true;
}

static int check(const struct validator *validators, size_t count)
{
    uint64_t stake = 0;
    int status = 0;

    if (!count || count > VALIDATORS_MAX)
        return err_set(ERR_INVALID, "a network has 1 to %d validators, not %zu",
                       VALIDATORS_MAX, count);
    for (size_t i = 0; i < count; i++) {
        if (!validators[i].stake)
            return err_set(ERR_INVALID, "validator %s has no stake",
                           PUBKEY_TEXT(&validators[i].identity));
        if (validators[i].stake > STAKE_MAX - stake)
            return err_set(ERR_INVALID, "the validators' stakes together are "
                                        "more than can be counted");
        stake += validators[i].stake;
    }
    struct pubkey *keys = mem_zero(count, sizeof(*keys));
    for (size_t i = 0; i < count; i++)
        keys[i] = validators[i].identity;
    if (!keys_differ(keys, count))
        status = err_set(ERR_INVALID, "two validators have one identity");
    for (size_t i = 0; i < count; i++)
        keys[i] = validators[i].voter;
    if (!status && !keys_differ(keys, count))
        status = err_set(ERR_INVALID, "two validators vote with one key");
    free(keys);
    return status;
}

int validator_set_new(const struct validator *validators, size_t count,
                      uint64_t epoch, const struct hash *seed,
                      struct validator_set **out)
{
    int status = check(validators, count);
    if (status)
        return status;
    struct validator_set *set =
        mem_zero(1, sizeof(*set) + count * sizeof(*validators));
    set->magic = MAGIC;
    set->epoch = epoch;
    set->seed = *seed;
    set->count = count;
    set->stake_below = mem_zero(count, sizeof(*set->stake_below));
    memcpy(set->validators, validators, count * sizeof(*validators));
    for (size_t i = 0; i < count; i++) {
        set->stake_below[i] = set->stake;
        set->stake += validators[i].stake;
    }
    *out = set;
    return 0;
}

void validator_set_free(struct validator_set *set)
{
    if (!set)
        return;
    CHECK_MAGIC(set, MAGIC);
    set->magic = 0;
    free(set->stake_below);
    free(set);
}

uint64_t validator_set_epoch(const struct validator_set *set)
{
    return set->epoch;
}

size_t validator_set_count(const struct validator_set *set)
{
    return set->count;
}

const struct validator *validator_set_at(const struct validator_set *set,
                                         uint16_t index)
{
    CHECK(index < set->count);
    return &set->validators[index];
}

size_t validator_set_find(const struct validator_set *set,
                          const struct pubkey *identity)
{
    size_t i = 0;

    while (i < set->count &&
           !pubkey_equal(&set->validators[i].identity, identity))
        i++;
    return i;
}

uint64_t validator_set_stake(const struct validator_set *set)
{
    return set->stake;
}

bool validator_set_is_quorum(const struct validator_set *set, uint64_t stake)
{
    CHECK(stake <= set->stake);
    return 3 * stake > 2 * set->stake;
}

bool validator_set_has_honest(const struct validator_set *set, uint64_t stake)
{
    return 3 * stake >= set->stake;
}

/* A number below the stake, each as likely as every other: what would favour
 * low numbers is drawn again. The stream is the window's own, so a window's
 * leader is known without those before it. */
static uint64_t draw(const struct validator_set *set, uint64_t window)
{
    const uint64_t unfair = UINT64_MAX - UINT64_MAX % set->stake;
    uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
    uint8_t stream[32 * sizeof(uint64_t)];

    _Static_assert(sizeof(nonce) == sizeof(uint64_t), "a window is a nonce");
    _Static_assert(sizeof(set->seed) == crypto_stream_chacha20_KEYBYTES,
                   "a seed is a key");
    u64le_write(nonce, window);
    crypto_stream_chacha20(stream, sizeof(stream), nonce, set->seed.bytes);
    for (size_t at = 0; at < sizeof(stream); at += sizeof(uint64_t)) {
        uint64_t number = u64le_read(stream + at);
        if (number < unfair)
            return number % set->stake;
    }
    /* Stake is below a quarter of all numbers, so each draw fails less than
     * once in four: all 32 of them less than once in 2^64. */
    return 0;
}

uint16_t validator_set_leader(const struct validator_set *set, uint64_t window)
{
    CHECK_MAGIC(set, MAGIC);
    uint64_t drawn = draw(set, window);
    size_t low = 0;
    size_t high = set->count;

    /* The last whose predecessors have no more than what was drawn. */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (set->stake_below[middle] <= drawn)
            low = middle;
        else
            high = middle;
    }
    return (uint16_t)low;
}

void validator_set_hash(const struct validator_set *set, struct hash *out)
{
    struct sha256 sha256;
    uint8_t number[sizeof(uint64_t)];

    sha256_init(&sha256);
    sha256_update(&sha256, bytes_text("pond set 1"));
    u64le_write(number, set->epoch);
    sha256_update(&sha256, bytes_make(number, sizeof(number)));
    sha256_update(&sha256, bytes_make(set->seed.bytes, sizeof(set->seed)));
    for (size_t i = 0; i < set->count; i++) {
        const struct validator *at = &set->validators[i];
        sha256_update(&sha256, pubkey_bytes(&at->identity));
        sha256_update(&sha256, pubkey_bytes(&at->voter));
        u64le_write(number, at->stake);
        sha256_update(&sha256, bytes_make(number, sizeof(number)));
    }
    sha256_final(&sha256, out);
}
