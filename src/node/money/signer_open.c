/*
 * The ways to a signer whose keys are in this process: made for a moment, or
 * read from files.
 */
#include "base/error.h"
#include "crypto/hash.h"
#include "crypto/keyfile.h"
#include "node/money/signer.h"
#include "node/money/wallet.h"

struct signer *signer_generate(uv_loop_t *loop)
{
    struct wallet wallet = {0};

    keypair_generate(&wallet.main);
    keypair_generate(&wallet.staking);
    return signer_new(loop, &wallet);
}

/* The seed itself makes the main key, and its hash the staking key. */
static void derive(const uint8_t seed[32], struct wallet *out)
{
    struct hash next;

    keypair_from_seed(seed, &out->main);
    hash_sha256(bytes_make(seed, 32), &next);
    keypair_from_seed(next.bytes, &out->staking);
}

struct signer *signer_derive(uv_loop_t *loop, const uint8_t seed[32])
{
    struct wallet wallet;

    derive(seed, &wallet);
    return signer_new(loop, &wallet);
}

void signer_derived_staking(const uint8_t seed[32], struct pubkey *out)
{
    struct wallet wallet;

    derive(seed, &wallet);
    *out = wallet.staking.pubkey;
    wallet_wipe(&wallet);
}

int signer_open(uv_loop_t *loop, const char *folder, const char *account,
                struct signer **out)
{
    struct wallet wallet = {0};
    int status = wallet_open(folder, account, &wallet);

    if (!status)
        *out = signer_new(loop, &wallet);
    return status;
}

int signer_load(uv_loop_t *loop, const char *folder, const char *account,
                const struct passphrase_source *passphrase, struct signer **out)
{
    const struct wallet_access access = {.passphrase = *passphrase};
    struct wallet wallet = {0};
    bool is_sealed;
    int status = wallet_unseal(folder, account, &access, &wallet, &is_sealed);

    if (!status)
        *out = signer_new(loop, &wallet);
    return status;
}

int signer_open_file(uv_loop_t *loop, const char *path,
                     const struct passphrase_source *passphrase, bool may_make,
                     struct signer **out)
{
    struct passphrase secret = {.source = *passphrase};
    struct wallet wallet = {0};
    bool is_new;
    int status =
        keyfile_open_or_make(path, &secret, may_make, &wallet.main, &is_new);

    if (!status)
        *out = signer_new(loop, &wallet);
    wallet_wipe(&wallet);
    passphrase_wipe(&secret);
    return status;
}
