#include "node/money/wallet_path.h"

#include "base/buffer.h"
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Koii's rule for account names, ^[0-9a-zA-Z .]+$; a name of dots alone would
 * be a folder. */
static int check_account(const char *account)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789 .";
    size_t size = strlen(account);

    if (!size || size > WALLET_ACCOUNT_SIZE_MAX ||
        strspn(account, allowed) != size || strspn(account, " .") == size)
        return err_set(
            ERR_INVALID,
            "\"%.80s\" is not an account name: 1 to %d letters, digits, "
            "spaces and dots",
            account, WALLET_ACCOUNT_SIZE_MAX);
    return 0;
}

int wallet_active(const char *folder, char out[WALLET_ACCOUNT_SIZE_MAX + 1])
{
    struct buffer text = {0};
    char *path = mem_format("%s/account", folder);
    int status = file_read(path, WALLET_ACCOUNT_SIZE_MAX + 1, &text);

    snprintf(out, WALLET_ACCOUNT_SIZE_MAX + 1, "%s", WALLET_ACCOUNT_DEFAULT);
    if (!status) {
        char *name = (char *)buffer_string(&text);
        name[strcspn(name, "\n")] = 0;
        status = check_account(name);
        if (!status)
            snprintf(out, WALLET_ACCOUNT_SIZE_MAX + 1, "%s", name);
    } else if (status == ERR_NOT_FOUND) {
        err_clear();
        status = 0;
    }
    buffer_free(&text);
    free(path);
    return status;
}

/* FOLDER/ROOM/ACCOUNT_form.json. */
static int path_of(const char *folder, const char *room, const char *account,
                   const char *form, char **out)
{
    char active[WALLET_ACCOUNT_SIZE_MAX + 1];
    int status = 0;

    CHECK(folder && form && out);
    if (!account)
        status = wallet_active(folder, active);
    if (!status && account)
        status = check_account(account);
    if (!status)
        *out = mem_format("%s/%s/%s_%s.json", folder, room,
                          account ? account : active, form);
    return status;
}

/* Koii's names for them. */
int wallet_main_path(const char *folder, const char *account, char **out)
{
    return path_of(folder, "wallets", account, "mainSystemWallet", out);
}

int wallet_staking_path(const char *folder, const char *account, char **out)
{
    return path_of(folder, "namespace", account, "stakingWallet", out);
}

/* Koii's name for it. */
int wallet_staking_kpl_path(const char *folder, const char *account, char **out)
{
    return path_of(folder, "namespace", account, "kplStakingWallet", out);
}
