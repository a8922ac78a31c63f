/*
 * The keys of a node: the main wallet, which pays fees and takes rewards, and
 * the staking key, which stakes, submits and votes. Files as Koii's and
 * Solana's CLIs write them: a JSON array of 64 numbers (crypto/keyfile.h); or
 * sealed under a passphrase, one for both (crypto/sealed_key.h).
 *
 * Layout of the node's folder (Koii's desktop node, so that either program
 * finds the other's keys; ACCOUNT is the account's name):
 *
 *     wallets/ACCOUNT_mainSystemWallet.json
 *     namespace/ACCOUNT_stakingWallet.json
 *     account                     the name of the one in use (Pond's own)
 *     namespace/ACCOUNT_kplStakingWallet.json   (may be missing)
 *     namespace/<task id>/        one folder a task: task.log, its own files
 *     store/                      code of tasks, evidence (Pond's own)
 *     journal.db                  node/money/journal.h       (Pond's own)
 *     control.json                node/node.h          (Pond's own)
 *
 * Ownership: a struct wallet is the caller's and holds secrets; call
 * wallet_wipe() when it is done with. After an error *out holds none.
 *
 * Thread: any. Calls read and write files, and block for it.
 */
#ifndef POND_NODE_MONEY_WALLET_H
#define POND_NODE_MONEY_WALLET_H

#include "crypto/key.h"
#include "crypto/passphrase.h"
#include "node/money/wallet_path.h"

struct wallet {
    struct keypair main;    /* fee payer and beneficiary */
    struct keypair staking; /* owned by the task program once it staked */
    /* The same for KPL tasks; zeros where there is no file of it. Then the
     * signer makes one from the staking key's secret. */
    struct keypair staking_kpl;
};

/* Read both keys. ERR_NOT_FOUND names the file that is missing. ERR_INVALID for
 * a file that is no key. */
int wallet_load(const char *folder, const char *account, struct wallet *out);

/* Make both keys at random and write them (mode 0600). ERR_EXISTS if one of
 * the files is there: keys are never overwritten. */
int wallet_create(const char *folder, const char *account, struct wallet *out);

/* wallet_load(), or wallet_create() where there are no files at all.
 * ERR_NOT_FOUND where one of the two is missing: a second key is never made up
 * beside the first. */
int wallet_open(const char *folder, const char *account, struct wallet *out);

/* How the keys of a folder are got at. */
struct wallet_access {
    struct passphrase_source passphrase;
    bool may_make; /* where there are none */
    bool is_plain; /* what is made is not sealed, and nobody is asked */
    /* Plain keys that are there are sealed if somebody at the terminal
     * types a passphrase for them. */
    bool offers_seal;
};

/* wallet_open() of files that may be sealed: asks for the passphrase where it
 * is needed. New keys are sealed if there is a passphrase for them (crypto/
 * passphrase.h). is_sealed: the files are. Errors of wallet_open(),
 * keyfile_open() and passphrase_get_new(). */
int wallet_unseal(const char *folder, const char *account,
                  const struct wallet_access *access, struct wallet *out,
                  bool *is_sealed);

/* Both keys from one seed phrase by Koii's paths: main m/44'/501'/0',
 * staking m/44'/501'/99'/0', and of KPL tasks m/44'/501'/99'/1' (reference:
 * Koii's node, config). Writes nothing. passphrase: BIP-39's; NULL for none.
 * ERR_INVALID for words that are no seed phrase. For an operator who brings the
 * phrase of Koii's node. */
int wallet_from_mnemonic(const char *mnemonic, const char *passphrase,
                         struct wallet *out);

/* Write both files, sealed unless the passphrase is empty. ERR_EXISTS as above.
 */
int wallet_save(const char *folder, const char *account,
                const struct wallet *wallet);
int wallet_save_sealed(const char *folder, const char *account,
                       const struct wallet *wallet, struct seal *seal);

/* Overwrite the secrets in memory. */
void wallet_wipe(struct wallet *wallet);

#endif
