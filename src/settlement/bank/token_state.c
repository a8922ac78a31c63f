/*
 * Each accessor reads or writes at a field's offset. A struct laid over the
 * bytes would be shorter, and wrong wherever the compiler aligns a number.
 *
 * Accessors don't check that a record has the field. The programs load a record
 * as one kind, which checks its length and flag, and then use only that kind's
 * accessors.
 */
#include "settlement/bank/token_state.h"

#include "base/check.h"

/* Offsets, as in the table of token_state.h, which also has those of the
 * optional keys. */
enum mint_field {
    MINT_SUPPLY = 36,
    MINT_DECIMALS = 44,
    MINT_IS_INITIALIZED = 45,
};

enum account_field {
    ACCOUNT_MINT = 0,
    ACCOUNT_OWNER = 32,
    ACCOUNT_AMOUNT = 64,
    ACCOUNT_STATE = 108,
    ACCOUNT_IS_NATIVE = 109,
    ACCOUNT_NATIVE_RESERVE = 113,
    ACCOUNT_DELEGATED_AMOUNT = 121,
};

enum multisig_field {
    MULTISIG_REQUIRED = 0,
    MULTISIG_COUNT = 1,
    MULTISIG_IS_INITIALIZED = 2,
    MULTISIG_SIGNERS = 3,
};

/* Rust's COption, packed: u32, then the value whether it is set or not. */
#define OPTION_TAG_SIZE 4

/* flag_max: the largest value of the flag at that offset; a flag of 0 means
 * uninitialised. Other flags are ignored, as in Solana's program. */
static enum token_load load(struct bytes data, size_t size, size_t flag,
                            uint8_t flag_max, struct token_record *out)
{
    CHECK(size <= sizeof(out->bytes));
    if (data.size != size || data.data[flag] > flag_max)
        return TOKEN_MALFORMED;
    memcpy(out->bytes, data.data, size);
    return data.data[flag] ? TOKEN_LOADED : TOKEN_UNINITIALIZED;
}

/* A mint's flag is 0 or 1. */
enum token_load token_mint_load(struct bytes data, struct token_record *out)
{
    return load(data, TOKEN_MINT_SIZE, MINT_IS_INITIALIZED, 1, out);
}

/* An account's flag is its state: a frozen account is initialised, too. */
enum token_load token_account_load(struct bytes data, struct token_record *out)
{
    return load(data, TOKEN_ACCOUNT_SIZE, ACCOUNT_STATE, TOKEN_ACCOUNT_FROZEN,
                out);
}

enum token_load token_multisig_load(struct bytes data, struct token_record *out)
{
    return load(data, TOKEN_MULTISIG_SIZE, MULTISIG_IS_INITIALIZED, 1, out);
}

/* A key is bytes and needs no alignment. */
static const struct pubkey *key_at(const struct token_record *record,
                                   size_t offset)
{
    CHECK(offset + sizeof(struct pubkey) <= sizeof(record->bytes));
    return (const struct pubkey *)(record->bytes + offset);
}

static void set_key(struct token_record *record, size_t offset,
                    const struct pubkey *key)
{
    CHECK(offset + sizeof(*key) <= sizeof(record->bytes));
    /* key may lie in the same record */
    memmove(record->bytes + offset, key->bytes, sizeof(key->bytes));
}

/* Only the first byte of a tag is read and written, as in Solana's program; the
 * others are always zero. */
const struct pubkey *token_option_key(const struct token_record *record,
                                      size_t offset)
{
    CHECK(offset < TOKEN_ACCOUNT_SIZE); /* multisigs have no options */
    if (record->bytes[offset] != 1)
        return NULL;
    return key_at(record, offset + OPTION_TAG_SIZE);
}

void token_set_option_key(struct token_record *record, size_t offset,
                          const struct pubkey *key)
{
    CHECK(offset < TOKEN_ACCOUNT_SIZE);
    record->bytes[offset] = key != NULL;
    if (key)
        set_key(record, offset + OPTION_TAG_SIZE, key);
}

/* Fields of a mint. */
uint64_t token_mint_supply(const struct token_record *mint)
{
    return u64le_read(mint->bytes + MINT_SUPPLY);
}

uint8_t token_mint_decimals(const struct token_record *mint)
{
    return mint->bytes[MINT_DECIMALS];
}

void token_mint_set_supply(struct token_record *mint, uint64_t supply)
{
    u64le_write(mint->bytes + MINT_SUPPLY, supply);
}

/* The supply of a fresh account is 0. Without a freeze authority its bytes stay
 * as they are. */
void token_mint_initialize(struct token_record *mint, uint8_t decimals,
                           const struct pubkey *authority,
                           const struct pubkey *freeze_authority)
{
    mint->bytes[MINT_IS_INITIALIZED] = 1;
    mint->bytes[MINT_DECIMALS] = decimals;
    token_set_option_key(mint, TOKEN_MINT_AUTHORITY, authority);
    if (freeze_authority)
        token_set_option_key(mint, TOKEN_MINT_FREEZE_AUTHORITY,
                             freeze_authority);
}

/* Fields of a token account. */
const struct pubkey *token_account_mint(const struct token_record *account)
{
    return key_at(account, ACCOUNT_MINT);
}

const struct pubkey *token_account_owner(const struct token_record *account)
{
    return key_at(account, ACCOUNT_OWNER);
}

uint64_t token_account_amount(const struct token_record *account)
{
    return u64le_read(account->bytes + ACCOUNT_AMOUNT);
}

uint64_t token_account_delegated_amount(const struct token_record *account)
{
    return u64le_read(account->bytes + ACCOUNT_DELEGATED_AMOUNT);
}

enum token_account_state token_account_state(const struct token_record *account)
{
    return account->bytes[ACCOUNT_STATE];
}

/* The option's tag says that the lamports are wrapped; its value is the
 * reserve. */
bool token_account_native(const struct token_record *account, uint64_t *reserve)
{
    if (account->bytes[ACCOUNT_IS_NATIVE] != 1)
        return false;
    if (reserve)
        *reserve = u64le_read(account->bytes + ACCOUNT_NATIVE_RESERVE);
    return true;
}

void token_account_set_mint(struct token_record *account,
                            const struct pubkey *mint)
{
    set_key(account, ACCOUNT_MINT, mint);
}

void token_account_set_owner(struct token_record *account,
                             const struct pubkey *owner)
{
    set_key(account, ACCOUNT_OWNER, owner);
}

void token_account_set_amount(struct token_record *account, uint64_t amount)
{
    u64le_write(account->bytes + ACCOUNT_AMOUNT, amount);
}

void token_account_set_delegated_amount(struct token_record *account,
                                        uint64_t amount)
{
    u64le_write(account->bytes + ACCOUNT_DELEGATED_AMOUNT, amount);
}

void token_account_set_state(struct token_record *account,
                             enum token_account_state state)
{
    CHECK(state <= TOKEN_ACCOUNT_FROZEN);
    account->bytes[ACCOUNT_STATE] = (uint8_t)state;
}

/* Initialisation and SyncNative set this. */
void token_account_set_native(struct token_record *account, uint64_t reserve)
{
    account->bytes[ACCOUNT_IS_NATIVE] = 1;
    u64le_write(account->bytes + ACCOUNT_NATIVE_RESERVE, reserve);
}

/* Fields of a multisig. */
uint8_t token_multisig_required(const struct token_record *multisig)
{
    return multisig->bytes[MULTISIG_REQUIRED];
}

uint8_t token_multisig_count(const struct token_record *multisig)
{
    return multisig->bytes[MULTISIG_COUNT];
}

const struct pubkey *token_multisig_signer(const struct token_record *multisig,
                                           size_t index)
{
    CHECK(index < TOKEN_SIGNERS_MAX);
    return key_at(multisig, MULTISIG_SIGNERS + index * sizeof(struct pubkey));
}

void token_multisig_initialize(struct token_record *multisig, uint8_t required,
                               const struct pubkey *const *signers,
                               uint8_t count)
{
    CHECK(count <= TOKEN_SIGNERS_MAX);
    multisig->bytes[MULTISIG_REQUIRED] = required;
    multisig->bytes[MULTISIG_COUNT] = count;
    multisig->bytes[MULTISIG_IS_INITIALIZED] = 1;
    for (size_t i = 0; i < count; i++)
        set_key(multisig, MULTISIG_SIGNERS + i * sizeof(struct pubkey),
                signers[i]);
}
