/*
 * Another passphrase for what an account has: its files are copied into the
 * folder of a change, and each copy is sealed anew there.
 */
#include "node/money/wallet_account.h"

#include "base/error.h"
#include "base/file.h"
#include "base/folder_lock.h"
#include "base/memory.h"
#include "crypto/keyfile.h"
#include "node/money/wallet_change.h"
#include "node/money/wallet_paths.h"
#include "node/money/wallet_phrase.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A key file, or the box of the words; of both the longest has some hundred
 * bytes. */
#define FILE_BYTES_MAX 4096

static int copy(const char *from, const char *to)
{
    struct buffer bytes = {0};
    char *room = file_parent(to);
    int status = file_make_folder(room, 0700);

    /* A key that is plain is not moved about in memory. */
    buffer_reserve(&bytes, FILE_BYTES_MAX);
    if (!status)
        status = file_read(from, FILE_BYTES_MAX, &bytes);
    if (!status)
        status = file_replace(to, buffer_view(&bytes), 0600);
    buffer_wipe(&bytes);
    free(room);
    return status;
}

static int copy_all(const struct wallet_paths *from,
                    const struct wallet_paths *to)
{
    int status = copy(from->main, to->main);

    if (!status)
        status = copy(from->staking, to->staking);
    if (!status && file_exists(from->staking_kpl))
        status = copy(from->staking_kpl, to->staking_kpl);
    if (!status && file_exists(from->phrase))
        status = copy(from->phrase, to->phrase);
    return status;
}

/* One account, into the folder of a change. */
static int reseal(const char *folder, const char *fresh, const char *name,
                  struct passphrase *old, struct seal *seal)
{
    struct wallet_paths from, to = {0};
    int status = wallet_paths_of(folder, name, &from);

    if (!status)
        status = wallet_paths_of(fresh, name, &to);
    if (!status)
        status = copy_all(&from, &to);
    if (!status)
        status = keyfile_reseal(to.main, old, seal);
    if (!status)
        status = keyfile_reseal(to.staking, old, seal);
    if (!status && file_exists(to.staking_kpl))
        status = keyfile_reseal(to.staking_kpl, old, seal);
    if (!status)
        status = wallet_phrase_reseal(fresh, name, old, seal);
    wallet_paths_free(&to);
    wallet_paths_free(&from);
    return status;
}

/* An account that the old passphrase does not open keeps its own. */
static void leave_out(const char *fresh, const char *name)
{
    struct wallet_paths paths;

    if (!wallet_paths_of(fresh, name, &paths)) {
        (void)unlink(paths.main);
        (void)unlink(paths.staking);
        (void)unlink(paths.staking_kpl);
        (void)unlink(paths.phrase);
    }
    wallet_paths_free(&paths);
    err_clear();
}

/* The one that is kept is that of the account in use. One that goes does so
 * before the change: another would open nothing. */
static int keep_passphrase(const char *folder, const char *fresh,
                           struct bytes passphrase, enum wallet_keep keep)
{
    char *here = mem_format("%s/" WALLET_PASSPHRASE_FILE, folder);
    char *there = mem_format("%s/" WALLET_PASSPHRASE_FILE, fresh);
    int status = 0;

    if (keep == WALLET_KEEP_AS_IT_IS)
        keep = file_exists(here) ? WALLET_KEEP : WALLET_KEEP_NOT;
    if (keep == WALLET_KEEP && passphrase.size)
        status = file_replace(there, passphrase, 0600);
    else if (unlink(here) && errno != ENOENT)
        status = err_errno("%s", here);
    free(there);
    free(here);
    return status;
}

static int reseal_one(const char *folder, const char *name,
                      struct passphrase *old, struct seal *seal)
{
    char active[WALLET_ACCOUNT_SIZE_MAX + 1], *fresh;
    int status = wallet_active(folder, active);

    if (!status)
        status = wallet_change_begin(folder, &fresh);
    if (status)
        return status;
    status = reseal(folder, fresh, name ? name : active, old, seal);
    if (!status && (!name || !strcmp(name, active)))
        status = keep_passphrase(folder, fresh, seal->passphrase,
                                 WALLET_KEEP_AS_IT_IS);
    return wallet_change_end(folder, fresh, status);
}

int wallet_account_reseal(const char *folder, const char *name,
                          struct passphrase *old, struct seal *fresh)
{
    struct folder_lock *lock = NULL;
    struct wallet_paths paths;
    int status = wallet_paths_of(folder, name, &paths);

    if (!status && !file_exists(paths.main))
        status = err_set(ERR_NOT_FOUND, "there is no account \"%s\" in %s",
                         name ? name : "in use", folder);
    if (!status)
        status = folder_lock_take(folder, &lock);
    if (!status)
        status = reseal_one(folder, name, old, fresh);
    folder_lock_release(lock);
    wallet_paths_free(&paths);
    return status;
}

int wallet_account_reseal_all(const char *folder, const char *used,
                              struct bytes old, struct bytes passphrase,
                              enum wallet_keep keep)
{
    struct passphrase known = {.text = (char *)(uintptr_t)old.data,
                               .size = old.size};
    struct seal seal = {.passphrase = passphrase};
    struct wallet_account *all;
    char *fresh;
    size_t count;
    int status = wallet_account_list(folder, &all, &count);

    if (status)
        return status;
    status = wallet_change_begin(folder, &fresh);
    if (!status) {
        for (size_t i = 0; i < count && !status; i++) {
            status = reseal(folder, fresh, all[i].name, &known, &seal);
            if (strcmp(all[i].name, used) != 0 &&
                (status == ERR_DENIED || all[i].status)) {
                leave_out(fresh, all[i].name);
                status = 0;
            }
        }
        if (!status)
            status = keep_passphrase(folder, fresh, passphrase, keep);
        status = wallet_change_end(folder, fresh, status);
    }
    seal_wipe(&known.seal);
    seal_wipe(&seal);
    free(all);
    return status;
}

void wallet_account_recover(const char *folder)
{
    struct folder_lock *lock = NULL;

    if (file_exists(folder) && !folder_lock_take(folder, &lock))
        (void)wallet_change_finish(folder);
    folder_lock_release(lock);
    err_clear();
}
