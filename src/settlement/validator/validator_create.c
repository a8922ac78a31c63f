/*
 * Making a validator's folder: for a new network, or for one that exists.
 *
 * The genesis is written last, in one step (file_replace()), and its presence
 * makes the folder a network. A kill before that leaves keys that belong to no
 * network yet, and the next call goes on with them. A kill after that leaves a
 * whole network. Nothing is ever written over: a genesis or a key that is lost
 * is lost for good, with what it owned.
 *
 * In a network of several the folder begins with a record that nothing was
 * voted. It is written here and never again, because a validator that finds
 * none has lost it, and may have voted anything.
 *
 * The faucet's key lies in a file although it holds nearly all of a private
 * network's coins, because such a network is there to hand them out. A network
 * for others has no faucet in its genesis, and then the file is not read.
 */
#include "settlement/validator/validator.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/folder_lock.h"
#include "crypto/keyfile.h"
#include "settlement/bank/token_state.h"
#include "settlement/format/task_address.h"
#include "settlement/format/well_known.h"
#include "settlement/programs/token_program.h"
#include "settlement/task/task_managers.h"
#include "settlement/validator/validator_folder.h"
#include "settlement/write_ahead/vote_file.h"

/* What a faucet begins with if the options name no amount. */
#define SUPPLY (500000000ull * LAMPORTS_PER_KOII)

/* The leader's half of the fees can only be paid to an account that exists. */
#define IDENTITY_LAMPORTS LAMPORTS_PER_KOII

/* In the genesis as on Solana's networks: without it no associated account for
 * wrapped coins can be made. */
#define NATIVE_MINT_LAMPORTS LAMPORTS_PER_KOII

/* A list of validators: far more than GENESIS_VALIDATORS_MAX of them need. */
#define LIST_SIZE_MAX (1u << 20)

/* Accounts of a new genesis besides the validators'. */
#define ACCOUNTS_FIXED 4

/* What a folder is made of. Keys are wiped by folder_close(). */
struct folder {
    struct arena arena;
    const char *path;
    struct folder_lock *lock;
    struct keypair identity, faucet;
};

static const char *path_in(struct folder *folder, const char *name)
{
    return arena_format(&folder->arena, "%s/%s", folder->path, name);
}

/* An existing key is used: the operator's own, or that of an earlier call that
 * was killed before it wrote the genesis. No network has it yet. */
static int make_key(struct folder *folder, const char *name,
                    struct keypair *out)
{
    const char *path = path_in(folder, name);
    keypair_generate(out);
    int status = keyfile_write(path, out, false);
    if (status != ERR_EXISTS)
        return status;
    err_clear();
    keypair_wipe(out);
    return keyfile_read(path, out);
}

/* The lock comes before the look for a genesis: of two calls at the same moment
 * one makes the network, and the other is refused. */
static int folder_open(const char *path, struct folder *out)
{
    *out = (struct folder){.path = path};
    int status = file_make_folder(path, 0700);
    if (!status)
        status = folder_lock_take(path, &out->lock);
    if (!status && file_exists(path_in(out, "genesis.json")))
        status = err_set(ERR_EXISTS, "%s holds a network already", path);
    if (!status)
        status = make_key(out, "identity.json", &out->identity);
    return status;
}

static void folder_close(struct folder *folder)
{
    keypair_wipe(&folder->identity);
    keypair_wipe(&folder->faucet);
    folder_lock_release(folder->lock);
    arena_free(&folder->arena);
}

/* ---- The end of both ways: a genesis ---- */

static const struct genesis_validator *
find_validator(const struct genesis *genesis, const struct pubkey *identity)
{
    for (size_t i = 0; i < genesis->validator_count; i++)
        if (pubkey_equal(&genesis->validators[i].identity, identity))
            return &genesis->validators[i];
    return NULL;
}

/* One validator alone keeps no record of votes. Votes of this key in this
 * network stay what they are, whoever removed the genesis. */
static int write_first_record(struct folder *folder,
                              const struct genesis *genesis)
{
    const struct genesis_validator *self =
        find_validator(genesis, &folder->identity.pubkey);
    const struct vote_tag tag = vote_record_tag(&genesis->hash, &self->voter);
    const char *path = path_in(folder, "votes");
    struct vote_record record;
    struct vote_file *file = NULL;
    if (genesis->validator_count == 1)
        return 0;
    int status;
    if (file_exists(path)) {
        status = vote_file_open(disk_real(), path, &tag, &file, &record);
        if (status == ERR_NOT_FOUND)
            status = err_set(ERR_STATE,
                             "%s is damaged, or of another network; remove it "
                             "if this key has never voted in this one",
                             path);
    } else {
        record = vote_record_new(0);
        status = vote_file_make(disk_real(), path, &tag, &record, &file);
    }
    vote_file_close(file);
    return status;
}

/* The text is parsed before it is written: a genesis that can't be parsed must
 * not begin a chain. It is written last, because it makes the folder a network.
 */
static int take_genesis(struct folder *folder, struct bytes text)
{
    struct genesis genesis;
    int status = genesis_parse(text, &folder->arena, &genesis);
    if (!status && !find_validator(&genesis, &folder->identity.pubkey))
        status =
            err_set(ERR_NOT_FOUND,
                    "%s, the key in %s/identity.json, is not among the %zu "
                    "validators of the network",
                    PUBKEY_TEXT(&folder->identity.pubkey), folder->path,
                    genesis.validator_count);
    if (!status)
        status = validator_folder_check_keys(folder->path, &genesis,
                                             &folder->identity.pubkey);
    if (!status)
        status = write_first_record(folder, &genesis);
    if (!status)
        status = file_replace(path_in(folder, "genesis.json"), text, 0644);
    return status;
}

/* ---- A new network ---- */

/* The network's validators: those of the list, or the folder's alone, with a
 * stake that means nothing. */
static int read_validators(struct folder *folder,
                           const struct validator_network *network,
                           struct genesis *out)
{
    struct genesis_validator *alone =
        arena_zero(&folder->arena, sizeof(*alone));
    struct buffer text = {0};
    *alone = (struct genesis_validator){.identity = folder->identity.pubkey,
                                        .stake = GENESIS_MINIMUM_STAKE,
                                        .vote_account = folder->identity.pubkey,
                                        .voter = folder->identity.pubkey,
                                        .withdrawer = folder->identity.pubkey};
    out->validators = alone;
    out->validator_count = 1;
    if (!network->validators)
        return 0;
    int status = file_read(network->validators, LIST_SIZE_MAX, &text);
    if (!status)
        status =
            genesis_validators_parse(buffer_view(&text), &folder->arena,
                                     &out->validators, &out->validator_count);
    buffer_free(&text);
    return status ? err_add(status, "%s", network->validators) : 0;
}

/* The faucet's key is the first of the task program's managers, so that tasks
 * of a private network can be allow-listed, and may set accounts. Stakes are
 * numbers in the genesis, not accounts. */
static void add_accounts(struct folder *folder,
                         const struct validator_network *network,
                         struct buffer *managers, struct genesis *out)
{
    struct genesis_account *accounts =
        arena_zero(&folder->arena,
                   (ACCOUNTS_FIXED + out->validator_count) * sizeof(*accounts));
    struct token_record *wrapped = arena_zero(&folder->arena, sizeof(*wrapped));
    const struct pubkey *faucet = &folder->faucet.pubkey;
    size_t count = 0;
    task_managers_build(faucet, 1, managers);
    /* Nobody may mint wrapped coins: depositing coins makes them. */
    token_mint_initialize(wrapped, TOKEN_NATIVE_DECIMALS, NULL, NULL);
    accounts[count++] = (struct genesis_account){
        .key = *faucet,
        .account = {.lamports = network->supply ? network->supply : SUPPLY,
                    .owner = SYSTEM_PROGRAM_ID}};
    for (size_t i = 0; i < out->validator_count; i++)
        accounts[count++] =
            (struct genesis_account){.key = out->validators[i].identity,
                                     .account = {.lamports = IDENTITY_LAMPORTS,
                                                 .owner = SYSTEM_PROGRAM_ID}};
    accounts[count++] = (struct genesis_account){
        .key = task_address_manager_list(),
        .account = {.lamports = rent_minimum_balance(managers->size),
                    .owner = KOII_TASK_PROGRAM_ID,
                    .space = managers->size,
                    .data = buffer_view(managers)}};
    accounts[count++] = (struct genesis_account){
        .key = DEVELOPMENT_AUTHORITY_ID,
        .account = {.lamports = rent_minimum_balance(sizeof(*faucet)),
                    .owner = DEVELOPMENT_PROGRAM_ID,
                    .space = sizeof(*faucet),
                    .data = bytes_make(faucet->bytes, sizeof(*faucet))}};
    accounts[count++] = (struct genesis_account){
        .key = TOKEN_NATIVE_MINT,
        .account = {.lamports = NATIVE_MINT_LAMPORTS,
                    .owner = TOKEN_PROGRAM_ID,
                    .space = TOKEN_MINT_SIZE,
                    .data = bytes_make(wrapped->bytes, TOKEN_MINT_SIZE)}};
    CHECK(count == ACCOUNTS_FIXED + out->validator_count);
    out->accounts = accounts;
    out->account_count = count;
}

static int make_genesis(struct folder *folder,
                        const struct validator_network *network)
{
    struct buffer managers = {0}, text = {0};
    uint64_t slot_ms = network->slot_ms ? network->slot_ms : VALIDATOR_SLOT_MS;
    struct genesis genesis = {
        .form = 2,
        .creation_unix_ms = clock_unix_ms(),
        .slot_ms = slot_ms,
        .delta_ms = network->delta_ms ? network->delta_ms : GENESIS_DELTA_MS,
        .minimum_stake = GENESIS_MINIMUM_STAKE,
        .penalty_percent = GENESIS_PENALTY_PERCENT,
        .penalty_factor = GENESIS_PENALTY_FACTOR,
        .blockhash_blocks = genesis_minute_of_blocks(slot_ms),
        .ticks_per_slot = GENESIS_TICKS_PER_SLOT,
        .hashes_per_tick = network->hashes_per_tick,
        .has_faucet = true,
        .faucet = folder->faucet.pubkey,
    };
    int status = read_validators(folder, network, &genesis);
    if (!status) {
        add_accounts(folder, network, &managers, &genesis);
        genesis_write(&genesis, &text);
        status = take_genesis(folder, buffer_view(&text));
    }
    buffer_free(&managers);
    buffer_free(&text);
    return status;
}

int validator_create(const char *path, const struct validator_network *network)
{
    struct folder folder;
    int status = folder_open(path, &folder);
    if (!status)
        status = make_key(&folder, "faucet.json", &folder.faucet);
    if (!status)
        status = make_genesis(&folder, network);
    folder_close(&folder);
    return status;
}

/* ---- A network that exists ---- */

int validator_join(const char *path, const char *genesis)
{
    struct folder folder;
    struct buffer text = {0};
    int status = folder_open(path, &folder);
    if (!status)
        status = file_read(genesis, GENESIS_SIZE_MAX_BYTES, &text);
    if (!status)
        status = take_genesis(&folder, buffer_view(&text));
    buffer_free(&text);
    folder_close(&folder);
    return status;
}
