/*
 * What `wallet new` and `wallet import` share: from a seed phrase to a key, and
 * from a key to its file.
 */
#ifndef POND_CLI_WALLET_FILE_H
#define POND_CLI_WALLET_FILE_H

#include "cli/cli.h"
#include "crypto/key.h"

/* What the options of both fill. path: the derivation path, NULL for Koii's;
 * words: 0 for 12, and of `new` alone. */
struct wallet_file_values {
    const char *outfile;
    const char *path;
    const char *account; /* of the node's folder; NULL: one file with one key */
    uint64_t words;
    bool force, no_passphrase;
};

#define WALLET_FILE_HELP "where to write the key file (~/.config/pond/id.json)"
#define WALLET_ACCOUNT_HELP                                                    \
    "make an account of the node's folder: main and staking key"
#define WALLET_PLAIN_HELP "do not ask for a passphrase: the key is not sealed"
#define WALLET_PATH_HELP                                                       \
    "derivation path; 'keygen' takes the seed's first 32 bytes as "            \
    "koii-keygen "                                                             \
    "does (m/44'/501'/0')"

/* Before anything is made or typed: an account has its own files and paths.
 * ERR_INVALID for options that say others. */
int wallet_file_check(const struct wallet_file_values *given);

/* The key of a phrase in normal form; the caller wipes *out. passphrase:
 * BIP39's, "" for none. ERR_INVALID for a path that is none. */
int wallet_file_derive(const char *mnemonic, const char *passphrase,
                       const char *path, struct keypair *out);

/* Write the key file and put its address and path into the open record. It is
 * sealed if there is a passphrase for it: from a file, or typed.
 * ERR_EXISTS, with a hint, if there is one and force is false. */
int wallet_file_save(struct cli *cli, const struct keypair *keypair,
                     const struct wallet_file_values *given);

struct wallet;

/* The same of both keys of the account given->account. */
int wallet_file_save_account(struct cli *cli, const struct wallet *wallet,
                             const struct wallet_file_values *given);

#endif
