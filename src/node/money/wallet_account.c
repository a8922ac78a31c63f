/*
 * The files are the truth: an account is there if its main key is. Nothing else
 * is kept of it but the name of the one in use.
 */
#include "node/money/wallet_account.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/folder_lock.h"
#include "base/memory.h"
#include "crypto/derivation.h"
#include "crypto/keyfile.h"
#include "crypto/mnemonic.h"
#include "node/money/wallet_change.h"
#include "node/money/wallet_paths.h"

#include <dirent.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX "_mainSystemWallet.json"

/* ---- list ---- */

static void look(const char *folder, struct wallet_account *account)
{
    struct wallet_paths paths;
    bool is_main_sealed = false, is_staking_sealed = false;
    int status = wallet_paths_of(folder, account->name, &paths);

    if (!status)
        status = keyfile_address(paths.main, &account->main, &is_main_sealed);
    if (!status)
        status = keyfile_address(paths.staking, &account->staking,
                                 &is_staking_sealed);
    if (!status && file_exists(paths.staking_kpl))
        status =
            keyfile_address(paths.staking_kpl, &account->staking_kpl, NULL);
    account->status = status;
    account->is_sealed = is_main_sealed && is_staking_sealed;
    account->has_words = !status && file_exists(paths.phrase);
    wallet_paths_free(&paths);
}

static int by_name(const void *a, const void *b)
{
    const struct wallet_account *first = a, *second = b;

    return strcmp(first->name, second->name);
}

static int take_entry(const struct dirent *entry, struct wallet_account *out)
{
    size_t size = strlen(entry->d_name), suffix = strlen(SUFFIX);

    if (size <= suffix || size - suffix > WALLET_ACCOUNT_SIZE_MAX ||
        strcmp(entry->d_name + size - suffix, SUFFIX) != 0)
        return ERR_NOT_FOUND;
    *out = (struct wallet_account){0};
    memcpy(out->name, entry->d_name, size - suffix);
    return 0;
}

int wallet_account_list(const char *folder, struct wallet_account **out,
                        size_t *count)
{
    struct wallet_account *all = mem_zero(WALLET_ACCOUNTS_MAX, sizeof(*all));
    char active[WALLET_ACCOUNT_SIZE_MAX + 1];
    char *path = mem_format("%s/wallets", folder);
    DIR *entries = opendir(path);
    int status = wallet_active(folder, active);

    *count = 0;
    if (!entries && errno != ENOENT && !status)
        status = err_errno("%s", path);
    for (struct dirent *at; !status && entries && (at = readdir(entries));) {
        if (*count == WALLET_ACCOUNTS_MAX)
            status = err_set(ERR_LIMIT, "%s holds more than %d accounts", path,
                             WALLET_ACCOUNTS_MAX);
        else if (!take_entry(at, &all[*count]))
            (*count)++;
    }
    if (entries)
        closedir(entries);
    qsort(all, *count, sizeof(*all), by_name);
    for (size_t i = 0; !status && i < *count; i++) {
        look(folder, &all[i]);
        all[i].is_active = !strcmp(all[i].name, active);
    }
    free(path);
    if (status)
        free(all);
    else
        *out = all;
    return status;
}

int wallet_account_check_name(const char *name)
{
    char *path = NULL;
    int status = wallet_main_path("", name, &path);

    free(path);
    return status;
}

/* ---- changes ---- */

static int set_active(const char *folder, const char *name)
{
    char *path = mem_format("%s/account", folder);
    char *text = mem_format("%s\n", name);
    int status = file_replace(path, bytes_text(text), 0600);

    free(text);
    free(path);
    return status;
}

static int no_account(const char *folder, const char *name)
{
    return err_set(ERR_NOT_FOUND, "there is no account \"%s\" in %s", name,
                   folder);
}

/* The folder's lock is held by what calls these. */

static int use(const char *folder, const char *name, const char *unused)
{
    struct wallet_paths paths;
    int status = wallet_paths_of(folder, name, &paths);

    if (!status && !file_exists(paths.main))
        status = no_account(folder, name);
    if (!status)
        status = set_active(folder, name);
    wallet_paths_free(&paths);
    return status;
}

/* Moved already where an earlier attempt has done it. */
static int move(const char *from, const char *to)
{
    if (!file_exists(from) && file_exists(to))
        return 0;
    if (file_exists(to))
        return err_set(ERR_EXISTS, "%s is there already", to);
    if (rename(from, to))
        return err_errno("%s", from);
    return file_sync_parent(to);
}

/* The main key last: it is by this one that an account is there. Before it the
 * name in use, so that the folder never seems to have no wallet. */
static int move_account(const char *folder, const char *from, const char *to)
{
    char active[WALLET_ACCOUNT_SIZE_MAX + 1];
    struct wallet_paths old, new = {0};
    int status = wallet_paths_of(folder, from, &old);

    if (!status)
        status = wallet_paths_of(folder, to, &new);
    if (!status && !strcmp(from, to))
        status = err_set(ERR_EXISTS, "\"%s\" has that name", from);
    else if (!status && file_exists(new.main))
        status = err_set(ERR_EXISTS, "there is an account \"%s\" already", to);
    else if (!status && !file_exists(old.main))
        status = no_account(folder, from);
    if (!status)
        status = wallet_active(folder, active);
    if (!status && file_exists(old.staking_kpl))
        status = move(old.staking_kpl, new.staking_kpl);
    if (!status && file_exists(old.phrase))
        status = move(old.phrase, new.phrase);
    if (!status)
        status = move(old.staking, new.staking);
    if (!status && !strcmp(active, from))
        status = set_active(folder, to);
    if (!status)
        status = move(old.main, new.main);
    wallet_paths_free(&new);
    wallet_paths_free(&old);
    return status;
}

/* The staking key first, so that what is left of an attempt that was broken off
 * is an account still, and can be removed again. */
int wallet_account_delete(const char *folder, const char *used,
                          const char *name)
{
    struct wallet_paths paths;
    int status = wallet_paths_of(folder, name, &paths);

    if (!status && !file_exists(paths.main))
        status = no_account(folder, name);
    if (!status && !strcmp(used, name))
        status = err_set(ERR_STATE,
                         "\"%s\" is the account in use; use another one first",
                         name);
    if (!status && unlink(paths.phrase) && errno != ENOENT)
        status = err_errno("%s", paths.phrase);
    if (!status && unlink(paths.staking_kpl) && errno != ENOENT)
        status = err_errno("%s", paths.staking_kpl);
    if (!status && unlink(paths.staking) && errno != ENOENT)
        status = err_errno("%s", paths.staking);
    if (!status && unlink(paths.main))
        status = err_errno("%s", paths.main);
    if (!status)
        status = file_sync_parent(paths.main);
    wallet_paths_free(&paths);
    return status;
}

static int remove_account(const char *folder, const char *name,
                          const char *unused)
{
    char active[WALLET_ACCOUNT_SIZE_MAX + 1];
    int status = wallet_active(folder, active);

    return status ? status : wallet_account_delete(folder, active, name);
}

int wallet_account_choose(const char *folder, const char *name)
{
    return use(folder, name, NULL);
}

int wallet_account_name(const char *folder, const char *account,
                        char out[WALLET_ACCOUNT_SIZE_MAX + 1])
{
    if (!account)
        return wallet_active(folder, out);
    snprintf(out, WALLET_ACCOUNT_SIZE_MAX + 1, "%s", account);
    return 0;
}

/* Under the lock of the folder, which must be there. */
static int with_lock(const char *folder,
                     int (*change)(const char *folder, const char *name,
                                   const char *other),
                     const char *name, const char *other)
{
    struct folder_lock *lock = NULL;
    int status = file_exists(folder) ? folder_lock_take(folder, &lock)
                                     : no_account(folder, name);

    if (!status)
        status = wallet_change_finish(folder);
    if (!status)
        status = change(folder, name, other);
    folder_lock_release(lock);
    return status;
}

int wallet_account_use(const char *folder, const char *name)
{
    return with_lock(folder, use, name, NULL);
}

int wallet_account_rename(const char *folder, const char *from, const char *to)
{
    return with_lock(folder, move_account, from, to);
}

int wallet_account_remove(const char *folder, const char *name)
{
    return with_lock(folder, remove_account, name, NULL);
}

/* ---- keys ---- */

int wallet_account_check_new(const char *folder, const struct pubkey *main)
{
    struct wallet_account *all;
    size_t count;
    int status = wallet_account_list(folder, &all, &count);

    if (status)
        return status;
    for (size_t i = 0; i < count && !status; i++)
        if (!all[i].status && pubkey_equal(&all[i].main, main))
            status = err_set(ERR_EXISTS, "the account \"%s\" has that key",
                             all[i].name);
    free(all);
    return status;
}

int wallet_account_add(const char *folder, const char *name,
                       const struct wallet *wallet, struct seal *seal)
{
    struct folder_lock *lock = NULL;
    int status = file_make_folder(folder, 0700);

    if (!status)
        status = folder_lock_take(folder, &lock);
    if (!status)
        status = wallet_account_check_new(folder, &wallet->main.pubkey);
    if (!status)
        status = wallet_save_sealed(folder, name, wallet, seal);
    folder_lock_release(lock);
    return status;
}

/* 64 numbers of up to three digits, and a space or NUL behind each. */
#define NUMBERS_SIZE (64 * 4)

int wallet_account_from_key(const struct keypair *main, struct wallet *out)
{
    char numbers[NUMBERS_SIZE];
    uint8_t seed[MNEMONIC_SEED_SIZE];
    size_t size = 0;

    for (size_t i = 0; i < sizeof(main->secret); i++)
        size += (size_t)snprintf(numbers + size, sizeof(numbers) - size, "%s%u",
                                 i ? " " : "", main->secret[i]);
    mnemonic_seed(numbers, "", seed);
    int status = derivation_key(bytes_make(seed, sizeof(seed)),
                                DERIVATION_STAKING, &out->staking);
    if (!status)
        status = derivation_key(bytes_make(seed, sizeof(seed)),
                                DERIVATION_STAKING_KPL, &out->staking_kpl);
    out->main = *main;
    sodium_memzero(numbers, sizeof(numbers));
    sodium_memzero(seed, sizeof(seed));
    if (status)
        wallet_wipe(out);
    return status;
}
