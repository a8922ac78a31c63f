/*
 * A validator's folder: its keys and genesis (see validator.h).
 */
#ifndef POND_SETTLEMENT_VALIDATOR_VALIDATOR_FOLDER_H
#define POND_SETTLEMENT_VALIDATOR_VALIDATOR_FOLDER_H

#include "settlement/validator/validator.h"

struct validator_folder {
    struct arena arena;
    struct folder_lock *lock;
    const char *ledger_path;
    const char *snapshots_path;
    struct genesis genesis;
    struct keypair identity;
    struct keypair voter; /* signs votes: the identity, or voter.json's */
    bool has_faucet;
    struct keypair faucet;
};

/* Locks the folder until it is closed: keys, genesis, ledger and all below have
 * one owner. ERR_NOT_FOUND if the folder holds no network; ERR_LOCKED if
 * another process has it (base/folder_lock.h); ERR_STATE if the keys are not
 * those of the genesis. */
int validator_folder_open(const char *path, struct validator_folder *out);

/* Whether a folder has the keys that a genesis asks of the validator with that
 * identity, one of the genesis': those of its votes and of the faucet.
 * ERR_STATE, and the errors of reading a key. */
int validator_folder_check_keys(const char *path, const struct genesis *genesis,
                                const struct pubkey *identity);

/* Wipes the keys and drops the lock. A zeroed struct is allowed. */
void validator_folder_close(struct validator_folder *folder);

#endif
