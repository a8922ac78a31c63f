/*
 * The accounts of a node's folder: each has a name and two keys (wallet.h), and
 * one of them is in use. Its name stands in the file `account` of the folder;
 * without one it is "main".
 *
 * What changes accounts takes the lock of the folder first: ERR_LOCKED while a
 * node runs there.
 *
 * Thread: any. Calls read and write files, and block for it.
 */
#ifndef POND_NODE_MONEY_WALLET_ACCOUNT_H
#define POND_NODE_MONEY_WALLET_ACCOUNT_H

#include "node/money/wallet.h"

struct wallet_account {
    char name[WALLET_ACCOUNT_SIZE_MAX + 1];
    struct pubkey main, staking;
    bool is_sealed; /* both keys are */
    bool is_active;
    int status; /* why its keys can't be read; then they are zeros */
};

/* More than a person has. */
#define WALLET_ACCOUNTS_MAX 1000

/* All accounts by name; free() *out. A folder that is not there has none.
 * ERR_LIMIT for more than WALLET_ACCOUNTS_MAX. */
int wallet_account_list(const char *folder, struct wallet_account **out,
                        size_t *count);

/* The account that is used from the next start on. ERR_NOT_FOUND. */
int wallet_account_use(const char *folder, const char *name);

/* ERR_NOT_FOUND, ERR_EXISTS. One that was broken off is finished by asking for
 * it again. */
int wallet_account_rename(const char *folder, const char *from, const char *to);

/* Delete both keys, for ever. ERR_NOT_FOUND; ERR_STATE: it is in use. */
int wallet_account_remove(const char *folder, const char *name);

/* Write the keys of a new account. ERR_EXISTS, as wallet_save_sealed(), also
 * where another account has the same main key: the text names it. */
int wallet_account_add(const char *folder, const char *name,
                       const struct wallet *wallet, struct bytes passphrase);

/* Both key files again, under a new passphrase; empty: plain. One after the
 * other, each whole or not at all; a change that was broken off between them is
 * finished by asking for it again. Errors of keyfile_reseal(). */
int wallet_account_reseal(const char *folder, const char *name,
                          struct passphrase *old, struct bytes passphrase);

/* The wallet that Koii's node makes of a main key alone: the staking key's seed
 * is BIP-39's of the 64 numbers of the key file, with spaces between them
 * (createNodeWalletsFromJson.ts). */
int wallet_account_from_key(const struct keypair *main, struct wallet *out);

#endif
