/*
 * Both keys are read or written together: a node with one of them can do
 * nothing, and a node that made a second staking key beside the first would
 * leave the stake of the first one behind.
 *
 * The other rule is that nothing is ever overwritten. A key that is lost takes
 * its coins with it, so every doubt ends in an error and leaves the files
 * alone. That holds for a crash, too: one between the two writes leaves a
 * folder with the main key alone, which wallet_open() then refuses by the name
 * of the missing file, and one within a write a short file, which is no key.
 * Making the second key anew would be as easy, and wrong whenever the file has
 * merely been misplaced.
 *
 * Secrets in memory are wiped when an error ends a call, and by wallet_wipe().
 */
#include "node/money/wallet.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "crypto/derivation.h"
#include "crypto/keyfile.h"
#include "crypto/mnemonic.h"

#include <libgen.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Both paths; the caller frees them. */
static int paths_of(const char *folder, const char *account, char **main_path,
                    char **staking_path)
{
    int status = wallet_main_path(folder, account, main_path);

    if (status)
        return status;
    status = wallet_staking_path(folder, account, staking_path);
    if (status)
        free(*main_path);
    return status;
}

/* Koii's node makes one with the others; Pond's does not. */
static int load_staking_kpl(const char *folder, const char *account,
                            struct passphrase *passphrase, struct keypair *out,
                            bool *is_sealed)
{
    char *path;
    int status = wallet_staking_kpl_path(folder, account, &path);

    if (status)
        return status;
    if (file_exists(path))
        status = keyfile_open(path, passphrase, out, is_sealed);
    free(path);
    return status;
}

/* A key without the other is wiped again. */
static int load(const char *folder, const char *account,
                struct passphrase *passphrase, struct wallet *out,
                bool *is_sealed)
{
    char *main_path, *staking_path;
    bool is_main_sealed = false, is_staking_sealed = false;
    bool is_kpl_sealed = true;
    int status = paths_of(folder, account, &main_path, &staking_path);

    *out = (struct wallet){0};
    if (status)
        return status;
    status = keyfile_open(main_path, passphrase, &out->main, &is_main_sealed);
    if (!status)
        status = keyfile_open(staking_path, passphrase, &out->staking,
                              &is_staking_sealed);
    if (!status)
        status = load_staking_kpl(folder, account, passphrase,
                                  &out->staking_kpl, &is_kpl_sealed);
    *is_sealed = is_main_sealed && is_staking_sealed && is_kpl_sealed;
    if (status)
        wallet_wipe(out);
    free(staking_path);
    free(main_path);
    return status;
}

int wallet_load(const char *folder, const char *account, struct wallet *out)
{
    struct passphrase none = {0};
    bool is_sealed;

    return load(folder, account, &none, out, &is_sealed);
}

/* The folders are for their owner alone. The mode is given to the folders that
 * are made here; one that is there keeps its own. */
static int write_key(const char *path, const struct keypair *keypair,
                     struct seal *seal)
{
    char *copy = mem_text(path);
    int status = file_make_folder(dirname(copy), 0700);

    if (!status)
        status = keyfile_write_sealed(path, keypair, seal, false);
    free(copy);
    return status;
}

/* Where there is one: of a seed phrase. */
static int write_staking_kpl(const char *folder, const char *account,
                             const struct keypair *keypair, struct seal *seal)
{
    static const struct pubkey none;
    char *path;

    if (pubkey_equal(&keypair->pubkey, &none))
        return 0;
    int status = wallet_staking_kpl_path(folder, account, &path);
    if (status)
        return status;
    status = write_key(path, keypair, seal);
    free(path);
    return status;
}

/* Looked at before anything is written; keyfile_write() makes sure once
 * more. */
int wallet_save_sealed(const char *folder, const char *account,
                       const struct wallet *wallet, struct seal *seal)
{
    char *main_path, *staking_path;
    int status = paths_of(folder, account, &main_path, &staking_path);

    CHECK(pubkey_is_on_curve(&wallet->main.pubkey));
    if (status)
        return status;
    /* The second file is looked at first, so that a folder with one key of
     * two is left as it is. */
    if (file_exists(main_path) || file_exists(staking_path))
        status = err_set(ERR_EXISTS,
                         "%s holds keys already; keys are never overwritten",
                         folder);
    if (!status)
        status = write_key(main_path, &wallet->main, seal);
    if (!status)
        status = write_key(staking_path, &wallet->staking, seal);
    if (!status)
        status = write_staking_kpl(folder, account, &wallet->staking_kpl, seal);
    free(staking_path);
    free(main_path);
    return status;
}

int wallet_save(const char *folder, const char *account,
                const struct wallet *wallet)
{
    struct seal none = {0};

    return wallet_save_sealed(folder, account, wallet, &none);
}

/* At random, without a phrase: a node's keys are backed up as files. */
static int create(const char *folder, const char *account, struct seal *seal,
                  struct wallet *out)
{
    *out = (struct wallet){0};
    keypair_generate(&out->main);
    keypair_generate(&out->staking);
    int status = wallet_save_sealed(folder, account, out, seal);
    if (status)
        wallet_wipe(out);
    return status;
}

int wallet_create(const char *folder, const char *account, struct wallet *out)
{
    struct seal none = {0};

    return create(folder, account, &none, out);
}

/* One file of two is an error, and no reason for new keys. */
static int is_there(const char *folder, const char *account, bool *out)
{
    char *main_path, *staking_path;
    int status = paths_of(folder, account, &main_path, &staking_path);

    if (status)
        return status;
    *out = file_exists(main_path) || file_exists(staking_path);
    free(staking_path);
    free(main_path);
    return 0;
}

int wallet_open(const char *folder, const char *account, struct wallet *out)
{
    const struct wallet_access access = {.may_make = true, .is_plain = true};
    bool is_sealed;

    return wallet_unseal(folder, account, &access, out, &is_sealed);
}

/* For new keys, in the name of the account, as the files have none yet. */
static int make(const char *folder, const char *account,
                const struct wallet_access *access,
                struct passphrase *passphrase, struct wallet *out,
                bool *is_sealed)
{
    struct seal none = {0}, *seal = &none;
    int status = 0;

    if (!access->is_plain) {
        char *name = mem_format("the node's keys in %s", folder);
        status = passphrase_get_new(passphrase, name, &seal);
        free(name);
    }
    *is_sealed = seal->passphrase.size > 0;
    return status ? status : create(folder, account, seal, out);
}

/* Only who sits in front of it is asked: a shell stops what reads the terminal
 * in the background, and a file with a passphrase is for sealed keys. */
static bool can_offer(const struct wallet_access *access)
{
    return access->offers_seal && !access->is_plain &&
           !access->passphrase.file && access->passphrase.may_ask &&
           tcgetpgrp(STDIN_FILENO) == getpgrp();
}

/* The main key goes last: while it is plain the offer is made again. */
static int reseal(const char *folder, const char *account,
                  struct passphrase *old, struct seal *fresh)
{
    char *main_path, *staking_path, *kpl_path = NULL;
    int status = paths_of(folder, account, &main_path, &staking_path);

    if (status)
        return status;
    status = wallet_staking_kpl_path(folder, account, &kpl_path);
    if (!status && file_exists(kpl_path))
        status = keyfile_reseal(kpl_path, old, fresh);
    if (!status)
        status = keyfile_reseal(staking_path, old, fresh);
    if (!status)
        status = keyfile_reseal(main_path, old, fresh);
    free(kpl_path);
    free(staking_path);
    free(main_path);
    return status;
}

/* Some of the files may be sealed already, by an offer that was broken off:
 * then the passphrase is known. */
static int offer_seal(const char *folder, const char *account,
                      struct passphrase *known, bool *is_sealed)
{
    struct passphrase fresh = {.source = known->source};
    char *name = mem_format("the keys in %s, which are not sealed yet", folder);
    struct seal *seal;
    int status = passphrase_get_new(known->text ? known : &fresh, name, &seal);

    if (!status && seal->passphrase.size) {
        status = reseal(folder, account, known, seal);
        *is_sealed = !status;
    }
    passphrase_wipe(&fresh);
    free(name);
    return status;
}

int wallet_unseal(const char *folder, const char *account,
                  const struct wallet_access *access, struct wallet *out,
                  bool *is_sealed)
{
    struct passphrase passphrase = {.source = access->passphrase};
    bool has_keys = false;
    int status = is_there(folder, account, &has_keys);

    CHECK(access && out && is_sealed);
    *is_sealed = false;
    if (status)
        return status;
    status = has_keys || !access->may_make
                 ? load(folder, account, &passphrase, out, is_sealed)
                 : make(folder, account, access, &passphrase, out, is_sealed);
    if (!status && has_keys && !*is_sealed && can_offer(access)) {
        status = offer_seal(folder, account, &passphrase, is_sealed);
        if (status)
            wallet_wipe(out);
    }
    passphrase_wipe(&passphrase);
    return status;
}

/* The passphrase is BIP-39's, empty for most. Words and seed are as good as the
 * keys, so they are wiped whatever came of it. */
int wallet_from_mnemonic(const char *mnemonic, const char *passphrase,
                         struct wallet *out)
{
    uint8_t seed[MNEMONIC_SEED_SIZE];
    char words[MNEMONIC_SIZE];
    int status = mnemonic_normalise(bytes_text(mnemonic), words);

    if (status)
        return status;
    mnemonic_seed(words, passphrase ? passphrase : "", seed);
    status = derivation_key(bytes_make(seed, sizeof(seed)), DERIVATION_MAIN,
                            &out->main);
    if (!status)
        status = derivation_key(bytes_make(seed, sizeof(seed)),
                                DERIVATION_STAKING, &out->staking);
    if (!status)
        status = derivation_key(bytes_make(seed, sizeof(seed)),
                                DERIVATION_STAKING_KPL, &out->staking_kpl);
    sodium_memzero(words, sizeof(words));
    sodium_memzero(seed, sizeof(seed));
    if (status)
        wallet_wipe(out);
    return status;
}

/* Also called on keys that were never read: zeros stay zeros. */
void wallet_wipe(struct wallet *wallet)
{
    keypair_wipe(&wallet->main);
    keypair_wipe(&wallet->staking);
    keypair_wipe(&wallet->staking_kpl);
}
