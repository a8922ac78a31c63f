/*
 * A validator's folder, opened: genesis and keys, read and compared. It is made
 * by validator_create.c.
 *
 * Paths live in the arena of the folder that was opened. Keys are wiped when it
 * is closed.
 */
#include "settlement/validator/validator_folder.h"

#include "base/error.h"
#include "base/file.h"
#include "base/folder_lock.h"
#include "crypto/keyfile.h"

/* No part of a path below the folder comes from outside. */
static const char *path_in(struct arena *arena, const char *folder,
                           const char *name)
{
    return arena_format(arena, "%s/%s", folder, name);
}

/* The endpoint answers requestAirdrop only if the genesis names a faucet and
 * the file with its key is there. Another key than the genesis' is refused,
 * because it would sign transfers that nobody can pay. */
static int read_faucet(struct validator_folder *out, const char *folder)
{
    const char *path = path_in(&out->arena, folder, "faucet.json");
    if (!out->genesis.has_faucet || !file_exists(path))
        return 0;
    int status = keyfile_read(path, &out->faucet);
    if (status)
        return status;
    if (!pubkey_equal(&out->faucet.pubkey, &out->genesis.faucet))
        return err_set(ERR_STATE, "%s is not the key that the genesis names",
                       path);
    out->has_faucet = true;
    return 0;
}

/* The folder's key among those that make the blocks; NULL: it is not. */
static const struct genesis_validator *
find_validator(const struct validator_folder *folder)
{
    for (size_t i = 0; i < folder->genesis.validator_count; i++)
        if (pubkey_equal(&folder->identity.pubkey,
                         &folder->genesis.validators[i].identity))
            return &folder->genesis.validators[i];
    return NULL;
}

/* Votes of another key than the genesis' would count for nothing, and have this
 * validator cut off. */
static int read_voter(struct validator_folder *out, const char *folder)
{
    const struct genesis_validator *validator = find_validator(out);
    const char *path = path_in(&out->arena, folder, "voter.json");
    if (!validator)
        return err_set(ERR_STATE,
                       "the key in %s/identity.json is no validator of the "
                       "genesis",
                       folder);
    out->voter = out->identity;
    if (pubkey_equal(&validator->voter, &out->identity.pubkey))
        return 0;
    int status = keyfile_read(path, &out->voter);
    if (status)
        return err_add(status == ERR_NOT_FOUND ? ERR_STATE : status,
                       "the genesis names another key for this validator's "
                       "votes, which belongs into %s",
                       path);
    if (!pubkey_equal(&out->voter.pubkey, &validator->voter))
        return err_set(ERR_STATE,
                       "%s is not the key that the genesis names for this "
                       "validator's votes",
                       path);
    return 0;
}

int validator_folder_check_keys(const char *path, const struct genesis *genesis,
                                const struct pubkey *identity)
{
    struct validator_folder folder = {.genesis = *genesis,
                                      .identity.pubkey = *identity};
    int status = read_voter(&folder, path);
    if (!status)
        status = read_faucet(&folder, path);
    validator_folder_close(&folder);
    return status;
}

/* A validator with a key that the genesis does not name would make blocks that
 * nobody accepts. On an error everything is undone, and *out need not be
 * closed. */
int validator_folder_open(const char *path, struct validator_folder *out)
{
    *out = (struct validator_folder){0};
    const char *genesis_path = path_in(&out->arena, path, "genesis.json");
    int status = ERR_NOT_FOUND;
    if (!file_exists(genesis_path))
        err_set(status, "%s holds no network: there is no genesis.json", path);
    else
        status = folder_lock_take(path, &out->lock);
    if (!status)
        status = genesis_load(genesis_path, &out->arena, &out->genesis);
    if (!status)
        status = keyfile_read(path_in(&out->arena, path, "identity.json"),
                              &out->identity);
    if (!status)
        status = read_voter(out, path);
    if (!status)
        status = read_faucet(out, path);
    if (status) {
        validator_folder_close(out);
        return status;
    }
    out->ledger_path = path_in(&out->arena, path, "ledger");
    out->snapshots_path = path_in(&out->arena, path, "snapshots");
    return 0;
}

/* A second call does no harm. */
void validator_folder_close(struct validator_folder *folder)
{
    keypair_wipe(&folder->identity);
    keypair_wipe(&folder->voter);
    keypair_wipe(&folder->faucet);
    arena_free(&folder->arena);
    folder_lock_release(folder->lock);
    folder->lock = NULL;
}
