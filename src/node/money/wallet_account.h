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
    struct pubkey staking_kpl; /* zeros where there is no file of it */
    bool is_sealed;            /* both keys are */
    bool has_words;            /* wallet_phrase.h */
    bool is_active;
    int status; /* why its keys can't be read; then they are zeros */
};

/* More than a person has. */
#define WALLET_ACCOUNTS_MAX 1000

/* All accounts by name; free() *out. A folder that is not there has none.
 * ERR_LIMIT for more than WALLET_ACCOUNTS_MAX. */
int wallet_account_list(const char *folder, struct wallet_account **out,
                        size_t *count);

/* Koii's rule for names. ERR_INVALID. */
int wallet_account_check_name(const char *name);

/* The account that is used from the next start on. ERR_NOT_FOUND. */
int wallet_account_use(const char *folder, const char *name);

/* The same under the caller's lock. */
int wallet_account_choose(const char *folder, const char *name);

/* The name of an account: the given one, or where that is NULL the one in use.
 * ERR_INVALID. */
int wallet_account_name(const char *folder, const char *account,
                        char out[WALLET_ACCOUNT_SIZE_MAX + 1]);

/* ERR_NOT_FOUND, ERR_EXISTS. One that was broken off is finished by asking for
 * it again. */
int wallet_account_rename(const char *folder, const char *from, const char *to);

/* Delete its keys and words, for ever. ERR_NOT_FOUND; ERR_STATE: it is in use.
 */
int wallet_account_remove(const char *folder, const char *name);
/* The same under the caller's lock; used: the one in use. */
int wallet_account_delete(const char *folder, const char *used,
                          const char *name);

/* Write the keys of a new account. ERR_EXISTS, as wallet_save_sealed(), also
 * where another account has the same main key: the text names it. */
int wallet_account_add(const char *folder, const char *name,
                       const struct wallet *wallet, struct seal *seal);

/* Whether no account has that main key. ERR_EXISTS: the text names it. */
int wallet_account_check_new(const char *folder, const struct pubkey *main);

/* Its files again, keys and words, under a new passphrase; empty: plain. All of
 * them or none, wherever a crash comes. If it is the account in use the
 * passphrase that the folder keeps (WALLET_PASSPHRASE_FILE) becomes the new
 * one, or goes where that is empty. Errors of keyfile_reseal(). */
int wallet_account_reseal(const char *folder, const char *name,
                          struct passphrase *old, struct seal *fresh);

/* What becomes of the passphrase that the folder keeps. */
enum wallet_keep { WALLET_KEEP_AS_IT_IS, WALLET_KEEP, WALLET_KEEP_NOT };

/* The same of all accounts that the old passphrase opens, one that is plain
 * among them; others are left as they are. used: the one in use must be
 * opened, else ERR_DENIED. The folder's lock is the caller's. */
int wallet_account_reseal_all(const char *folder, const char *used,
                              struct bytes old, struct bytes passphrase,
                              enum wallet_keep keep);

/* Finish what a crash has broken off (wallet_change.h), before files are read
 * by who does not take the folder's lock. Where a node runs it has done so. */
void wallet_account_recover(const char *folder);

/* The wallet that Koii's node makes of a main key alone: the staking key's seed
 * is BIP-39's of the 64 numbers of the key file, with spaces between them
 * (createNodeWalletsFromJson.ts). */
int wallet_account_from_key(const struct keypair *main, struct wallet *out);

#endif
