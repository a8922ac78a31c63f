/*
 * A validator's folder: genesis and keys, made and read.
 *
 * The genesis is written last, in one step (file_replace()), and its presence
 * makes the folder a network. A kill before that leaves keys that belong to no
 * network yet, and the next call goes on with them. A kill after that leaves a
 * whole network. Nothing is ever written over: a genesis or a key that is lost
 * is lost for good, with what it owned.
 *
 * The faucet's key lies in a file although it holds nearly all of a private
 * network's coins, because such a network is there to hand them out. A network
 * for others has no faucet in its genesis, and then the file is not read.
 *
 * Paths live in the arena of the folder that was opened. Keys are wiped when it
 * is closed.
 */
#include "settlement/validator/validator_folder.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/folder_lock.h"
#include "crypto/keyfile.h"
#include "settlement/bank/token_state.h"
#include "settlement/format/leader.h"
#include "settlement/format/task_address.h"
#include "settlement/format/well_known.h"
#include "settlement/programs/token_program.h"
#include "settlement/task/task_managers.h"

/* What a faucet begins with if the options name no amount. */
#define SUPPLY (500000000ull * LAMPORTS_PER_KOII)

/* The leader's half of the fees can only be paid to an account that exists. */
#define IDENTITY_LAMPORTS LAMPORTS_PER_KOII

/* In the genesis as on Solana's networks: without it no associated account for
 * wrapped coins can be made. */
#define NATIVE_MINT_LAMPORTS LAMPORTS_PER_KOII

/* No part of a path below the folder comes from outside. */
static const char *path_in(struct arena *arena, const char *folder,
                           const char *name)
{
    return arena_format(arena, "%s/%s", folder, name);
}

/* ---- Creating ---- */

/* An existing key is used: the operator's own, or that of an earlier call that
 * was killed before it wrote the genesis. No network has it yet. */
static int make_key(struct arena *arena, const char *folder, const char *name,
                    struct keypair *out)
{
    const char *path = path_in(arena, folder, name);
    keypair_generate(out);
    int status = keyfile_write(path, out, false);
    if (status != ERR_EXISTS)
        return status;
    err_clear();
    keypair_wipe(out);
    return keyfile_read(path, out);
}

/* The faucet's key is the first of the task program's managers, so that tasks
 * of a private network can be allow-listed, and may set accounts. */
static int write_genesis(struct arena *arena, const char *folder,
                         const struct validator_network *network,
                         const struct keypair *identity,
                         const struct keypair *faucet)
{
    struct buffer managers = {0}, text = {0};
    struct token_record wrapped = {{0}};
    task_managers_build(&faucet->pubkey, 1, &managers);
    /* Nobody may mint wrapped coins: depositing coins makes them. */
    token_mint_initialize(&wrapped, TOKEN_NATIVE_DECIMALS, NULL, NULL);
    const struct genesis_validator validator = {.identity = identity->pubkey,
                                                .stake = LAMPORTS_PER_KOII};
    const struct genesis_account accounts[] = {
        {.key = faucet->pubkey,
         .account = {.lamports = network->supply ? network->supply : SUPPLY,
                     .owner = SYSTEM_PROGRAM_ID}},
        {.key = identity->pubkey,
         .account = {.lamports = IDENTITY_LAMPORTS,
                     .owner = SYSTEM_PROGRAM_ID}},
        {.key = task_address_manager_list(),
         .account = {.lamports = rent_minimum_balance(managers.size),
                     .owner = KOII_TASK_PROGRAM_ID,
                     .space = managers.size,
                     .data = buffer_view(&managers)}},
        {.key = DEVELOPMENT_AUTHORITY_ID,
         .account = {.lamports = rent_minimum_balance(sizeof(struct pubkey)),
                     .owner = DEVELOPMENT_PROGRAM_ID,
                     .space = sizeof(struct pubkey),
                     .data = bytes_make(faucet->pubkey.bytes,
                                        sizeof(struct pubkey))}},
        {.key = TOKEN_NATIVE_MINT,
         .account = {.lamports = NATIVE_MINT_LAMPORTS,
                     .owner = TOKEN_PROGRAM_ID,
                     .space = TOKEN_MINT_SIZE,
                     .data = bytes_make(wrapped.bytes, TOKEN_MINT_SIZE)}},
    };
    /* The leader's stake is a number in the genesis, not an account. */
    uint64_t slot_ms = network->slot_ms ? network->slot_ms : VALIDATOR_SLOT_MS;
    const struct genesis genesis = {
        .creation_unix_ms = clock_unix_ms(),
        .slot_ms = slot_ms,
        .blockhash_blocks = genesis_minute_of_blocks(slot_ms),
        .ticks_per_slot = GENESIS_TICKS_PER_SLOT,
        .hashes_per_tick = network->hashes_per_tick,
        .has_faucet = true,
        .faucet = faucet->pubkey,
        .validators = &validator,
        .validator_count = 1,
        .accounts = accounts,
        .account_count = sizeof(accounts) / sizeof(*accounts),
    };
    /* The text is parsed before it is written: a genesis that can't be parsed
     * must not begin a chain. */
    struct genesis checked;
    genesis_write(&genesis, &text);
    int status = genesis_parse(buffer_view(&text), arena, &checked);
    if (!status)
        status = file_replace(path_in(arena, folder, "genesis.json"),
                              buffer_view(&text), 0644);
    buffer_free(&managers);
    buffer_free(&text);
    return status;
}

/* The lock comes before the look for a genesis: of two calls at the same moment
 * one makes the network, and the other is refused. Keys are wiped in any case.
 */
int validator_create(const char *folder,
                     const struct validator_network *network)
{
    struct arena arena = {0};
    struct keypair identity = {0}, faucet = {0};
    struct folder_lock *lock = NULL;
    int status = file_make_folder(folder, 0700);
    if (!status)
        status = folder_lock_take(folder, &lock);
    if (!status && file_exists(path_in(&arena, folder, "genesis.json")))
        status = err_set(ERR_EXISTS, "%s holds a network already", folder);
    if (!status)
        status = make_key(&arena, folder, "identity.json", &identity);
    if (!status)
        status = make_key(&arena, folder, "faucet.json", &faucet);
    /* Written last, because it makes the folder a network. */
    if (!status)
        status = write_genesis(&arena, folder, network, &identity, &faucet);
    keypair_wipe(&identity);
    keypair_wipe(&faucet);
    folder_lock_release(lock);
    arena_free(&arena);
    return status;
}

/* ---- Opening ---- */

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

/* Is the folder's key that of the leader, who makes the blocks? */
static bool is_leader(const struct validator_folder *folder)
{
    return folder->genesis.validator_count == 1 &&
           pubkey_equal(&folder->identity.pubkey,
                        &folder->genesis.validators[0].identity);
}

/* A validator with another key than the genesis' would make blocks that nobody
 * accepts. On an error everything is undone, and *out need not be closed. */
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
    if (!status && !is_leader(out))
        status = err_set(ERR_STATE,
                         "the key in %s/identity.json is not the validator of "
                         "the genesis",
                         path);
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
    keypair_wipe(&folder->faucet);
    arena_free(&folder->arena);
    folder_lock_release(folder->lock);
    folder->lock = NULL;
}
