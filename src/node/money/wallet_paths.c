#include "node/money/wallet_paths.h"

#include "node/money/wallet.h"
#include "node/money/wallet_phrase.h"

#include <stdlib.h>

void wallet_paths_free(struct wallet_paths *paths)
{
    free(paths->main);
    free(paths->staking);
    free(paths->staking_kpl);
    free(paths->phrase);
}

int wallet_paths_of(const char *folder, const char *account,
                    struct wallet_paths *out)
{
    *out = (struct wallet_paths){0};
    int status = wallet_main_path(folder, account, &out->main);

    if (!status)
        status = wallet_staking_path(folder, account, &out->staking);
    if (!status)
        status = wallet_staking_kpl_path(folder, account, &out->staking_kpl);
    if (!status)
        status = wallet_phrase_path(folder, account, &out->phrase);
    return status;
}
