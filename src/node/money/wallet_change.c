/*
 * Two folders make several files one: they are written into wallet.new, which
 * is renamed to wallet.made when all of them are on disk. From then on they are
 * moved to their places, by whoever comes first: this call, or the next one
 * after a crash. A file that was moved already is not there any more, so moving
 * may be broken off and begun again.
 */
#include "node/money/wallet_change.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define NEW_NAME "wallet.new"
#define MADE_NAME "wallet.made"

/* The files of one folder, into a folder that is made if it is missing. */
static int move_files(const char *from, const char *to)
{
    DIR *entries = opendir(from);
    int status = 0;

    if (!entries)
        return errno == ENOENT ? 0 : err_errno("%s", from);
    status = file_make_folder(to, 0700);
    for (struct dirent *at; !status && (at = readdir(entries));) {
        if (at->d_type == DT_DIR)
            continue;
        char *old = mem_format("%s/%s", from, at->d_name);
        char *new = mem_format("%s/%s", to, at->d_name);
        if (rename(old, new))
            status = err_errno("%s", old);
        free(new);
        free(old);
    }
    closedir(entries);
    return status ? status : file_sync_folder(to);
}

static int move_all(const char *folder, const char *made)
{
    static const char *const rooms[] = {"/namespace", "/wallets", ""};
    int status = 0;

    for (size_t i = 0; i < sizeof(rooms) / sizeof(*rooms) && !status; i++) {
        char *from = mem_format("%s%s", made, rooms[i]);
        char *to = mem_format("%s%s", folder, rooms[i]);
        status = move_files(from, to);
        free(to);
        free(from);
    }
    return status ? status : file_remove_tree(made);
}

int wallet_change_finish(const char *folder)
{
    char *fresh = mem_format("%s/" NEW_NAME, folder);
    char *made = mem_format("%s/" MADE_NAME, folder);
    int status = file_remove_tree(fresh);

    if (!status && file_exists(made))
        status = move_all(folder, made);
    free(made);
    free(fresh);
    return status;
}

int wallet_change_begin(const char *folder, char **fresh)
{
    int status = wallet_change_finish(folder);

    *fresh = mem_format("%s/" NEW_NAME, folder);
    if (!status)
        status = file_make_folder(*fresh, 0700);
    if (status)
        free(*fresh);
    return status;
}

static int sync_room(const char *fresh, const char *name)
{
    char *path = mem_format("%s/%s", fresh, name);
    int status = file_exists(path) ? file_sync_folder(path) : 0;

    free(path);
    return status;
}

/* The last rename is the one moment at which it becomes true. */
static int publish(const char *folder, const char *fresh)
{
    char *made = mem_format("%s/" MADE_NAME, folder);
    int status = sync_room(fresh, "namespace");

    if (!status)
        status = sync_room(fresh, "wallets");
    if (!status)
        status = file_sync_folder(fresh);
    if (!status && rename(fresh, made))
        status = err_errno("%s", fresh);
    if (!status)
        status = file_sync_folder(folder);
    free(made);
    return status ? status : wallet_change_finish(folder);
}

int wallet_change_end(const char *folder, char *fresh, int status)
{
    char why[ERR_TEXT_SIZE];

    if (!status) {
        status = publish(folder, fresh);
    } else {
        snprintf(why, sizeof(why), "%s", err_text());
        (void)file_remove_tree(fresh);
        err_set(status, "%s", why);
    }
    free(fresh);
    return status;
}
