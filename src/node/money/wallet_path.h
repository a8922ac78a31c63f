/*
 * Where the key files of a node's folder are (wallet.h has the layout), for
 * whoever names them without opening them.
 *
 * Thread: any. wallet_active() reads a file, as do the others where no account
 * is named, and blocks for it.
 */
#ifndef POND_NODE_MONEY_WALLET_PATH_H
#define POND_NODE_MONEY_WALLET_PATH_H

/* The account's name where nobody has chosen one. */
#define WALLET_ACCOUNT_DEFAULT "main"

/* Longest account name, in bytes. */
#define WALLET_ACCOUNT_SIZE_MAX 64

/* Paths of the two files under a node's folder; the caller frees them.
 * ERR_INVALID for a name outside Koii's rule: letters, digits, spaces and
 * dots. account NULL: the one in use (wallet_active()), here and below. */
int wallet_main_path(const char *folder, const char *account, char **out);
int wallet_staking_path(const char *folder, const char *account, char **out);
int wallet_staking_kpl_path(const char *folder, const char *account,
                            char **out);

/* The name of the account in use: what the file `account` of the folder says,
 * or WALLET_ACCOUNT_DEFAULT without one. ERR_INVALID for a file that holds no
 * name. */
int wallet_active(const char *folder, char out[WALLET_ACCOUNT_SIZE_MAX + 1]);

#endif
