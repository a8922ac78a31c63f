/*
 * Where the files of an account lie: all of them together, for who copies,
 * moves or deletes them.
 */
#ifndef POND_NODE_MONEY_WALLET_PATHS_H
#define POND_NODE_MONEY_WALLET_PATHS_H

struct wallet_paths {
    char *main, *staking;
    char *staking_kpl, *phrase; /* may name no file */
};

/* ERR_INVALID for a name that is none. In either case free it. */
int wallet_paths_of(const char *folder, const char *account,
                    struct wallet_paths *out);
void wallet_paths_free(struct wallet_paths *paths);

#endif
