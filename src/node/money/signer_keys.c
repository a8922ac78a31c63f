/*
 * A key is taken out for one call and wiped at its end, so that a list
 * account's key, which is derived each time, is in memory no longer than that.
 */
#include "node/money/signer_keys.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "crypto/hash.h"
#include "node/money/signer_gift.h"

#include <sodium.h>
#include <stdlib.h>

struct signer_once {
    struct signer_once *next;
    struct keypair keypair;
};

static bool is_there(const struct keypair *keypair)
{
    static const struct pubkey none;

    return !pubkey_equal(&keypair->pubkey, &none);
}

static void derive(const char *what, const struct keypair *staking,
                   const struct pubkey *task, struct keypair *out)
{
    const struct bytes pieces[] = {
        bytes_text(what),
        bytes_make(staking->secret, 32),
        pubkey_bytes(task),
    };
    struct hash seed;

    hash_sha256_pieces(pieces, 3, &seed);
    keypair_from_seed(seed.bytes, out);
    sodium_memzero(&seed, sizeof(seed));
}

/* The key of the account that this node puts the distribution lists of a task
 * into. Each task has one, because an account holds one list, and two tasks
 * would overwrite each other's. It is made from the staking key's secret, so
 * that it is the same after a restart and nobody else can make it. The text
 * keeps the seed apart from anything else that may be made from the secret. */
static void derive_list(const struct keypair *staking,
                        const struct pubkey *task, struct keypair *out)
{
    derive("pond: account of distribution lists", staking, task, out);
}

/* Of the account for lists that are sent later than in their own turn: so a
 * node that is behind need not wait with those that come on. */
static void derive_late_list(const struct keypair *staking,
                             const struct pubkey *task, struct keypair *out)
{
    derive("pond: account of late distribution lists", staking, task, out);
}

/* The key that a task has for itself. From its secret nobody finds the staking
 * key's, nor another task's key. */
static void derive_task(const struct keypair *staking,
                        const struct pubkey *task, struct keypair *out)
{
    derive("pond: staking key of a task", staking, task, out);
}

/* The account of a funder belongs to the task program, so each order has a key
 * of its own. The same order has the same one: so it can be found again. */
static void derive_funder(const struct keypair *staking,
                          const struct pubkey *order, struct keypair *out)
{
    derive("pond: key that adds to a bounty", staking, order, out);
}

/* That of KPL tasks, where no file has one: an account has one owner, so one
 * key can't stake in both programs. It needs no backup of its own. */
static void derive_kpl(const struct keypair *staking, struct keypair *out)
{
    static const struct pubkey of_all;

    derive("pond: staking key of KPL tasks", staking, &of_all, out);
}

void signer_keys_init(struct signer_keys *keys, struct wallet *wallet)
{
    CHECK(is_there(&wallet->main));
    *keys = (struct signer_keys){.wallet = *wallet};
    wallet_wipe(wallet);
}

void signer_keys_add(struct signer_keys *keys, struct keypair *keypair)
{
    struct signer_once *once = mem_zero(1, sizeof(*once));

    CHECK(is_there(keypair));
    once->keypair = *keypair;
    once->next = keys->once;
    keys->once = once;
    keypair_wipe(keypair);
}

static const struct keypair *find_once(const struct signer_keys *keys,
                                       const struct pubkey *key)
{
    for (const struct signer_once *at = keys->once; at; at = at->next)
        if (pubkey_equal(&at->keypair.pubkey, key))
            return &at->keypair;
    return NULL;
}

/* The caller wipes *out in any case. */
static int take(const struct signer_keys *keys, const struct signer_key *key,
                struct keypair *out)
{
    const struct wallet *wallet = &keys->wallet;
    const struct keypair *found = NULL;

    if (key->role == SIGNER_MAIN)
        found = &wallet->main;
    else if (key->role == SIGNER_ONCE)
        found = find_once(keys, &key->of);
    else
        found = &wallet->staking;
    if (!found || !is_there(found))
        return key->role == SIGNER_ONCE
                   ? err_set(ERR_NOT_FOUND, "the key of %s is not here",
                             PUBKEY_TEXT(&key->of))
                   : err_set(ERR_NOT_FOUND, "there is no key of that role");
    if (key->role == SIGNER_LIST)
        derive_list(found, &key->of, out);
    else if (key->role == SIGNER_LATE_LIST)
        derive_late_list(found, &key->of, out);
    else if (key->role == SIGNER_TASK)
        derive_task(found, &key->of, out);
    else if (key->role == SIGNER_FUNDER)
        derive_funder(found, &key->of, out);
    else if (key->role == SIGNER_STAKING_KPL && is_there(&wallet->staking_kpl))
        *out = wallet->staking_kpl;
    else if (key->role == SIGNER_STAKING_KPL)
        derive_kpl(found, out);
    else
        *out = *found;
    return 0;
}

int signer_keys_public(const struct signer_keys *keys,
                       const struct signer_key *key, struct pubkey *out)
{
    struct keypair keypair = {0};
    int status = take(keys, key, &keypair);

    if (!status)
        *out = keypair.pubkey;
    keypair_wipe(&keypair);
    return status;
}

/* The rule of the purpose comes before the signature. */
int signer_keys_sign(const struct signer_keys *keys,
                     const struct signer_key *key, enum signer_purpose purpose,
                     struct bytes bytes, struct signature *out)
{
    struct keypair keypair = {0};
    struct buffer message = {0};
    int status = take(keys, key, &keypair);

    if (!status && purpose == SIGNER_UPLOAD && key->role != SIGNER_STAKING &&
        key->role != SIGNER_STAKING_KPL)
        status = err_set(ERR_DENIED, "uploads are signed by staking keys");
    if (!status)
        status =
            signer_purpose_message(purpose, &keypair.pubkey, bytes, &message);
    if (!status)
        key_sign(&keypair, buffer_view(&message), out);
    keypair_wipe(&keypair);
    buffer_free(&message);
    return status;
}

int signer_keys_give(const struct signer_keys *keys,
                     const struct signer_key *key, int socket)
{
    struct keypair keypair = {0};

    if (key->role != SIGNER_TASK && key->role != SIGNER_STAKING &&
        key->role != SIGNER_STAKING_KPL)
        return err_set(ERR_DENIED, "no task may have that key");
    int status = take(keys, key, &keypair);
    if (!status)
        status = signer_gift_write(&keypair, socket);
    keypair_wipe(&keypair);
    return status;
}

void signer_keys_wipe(struct signer_keys *keys)
{
    struct signer_once *at, *next;

    wallet_wipe(&keys->wallet);
    for (at = keys->once; at; at = next) {
        next = at->next;
        keypair_wipe(&at->keypair);
        free(at);
    }
    keys->once = NULL;
}
