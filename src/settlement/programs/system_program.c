/*
 * The System program. It owns every account that no other program does, and is
 * the one way in which accounts come to be: a key with lamports is an account
 * of it, and another program's account is one that it has assigned.
 *
 * Instructions are read by a table and not by a function each. Their fields are
 * of five sorts and always named alike, so a struct holds all of them and what
 * an instruction does is told by the places of its accounts and by whether an
 * address is derived (has_base).
 *
 * The order of checks is Agave's system_processor.rs, and so are the log lines,
 * to the quotes in them: explorers show them, and clients' tests compare them.
 * Nonces are in nonce_instruction.c.
 */
#include "settlement/programs/system_program.h"
#include "base/check.h"
#include "base/error.h"
#include "crypto/address.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/well_known.h"
#include "settlement/programs/nonce_instruction.h"

/* The compute units Solana takes for each of its instructions. */
#define SYSTEM_COMPUTE_UNITS 150

/* An instruction's fields; which are set depends on its kind. seed lies in the
 * instruction's data. */
struct fields {
    uint32_t kind;
    bool has_base; /* the address is derived from base, seed and owner */
    struct pubkey base;
    struct bytes seed;
    uint64_t lamports;
    uint64_t space;
    struct pubkey owner;
};

/* Where a field lies, in order: b base, s seed, l lamports, n space, o owner
 * (or authority). An empty string: no fields. */
static const char *const layouts[] = {
    [SYSTEM_CREATE_ACCOUNT] = "lno",
    [SYSTEM_ASSIGN] = "o",
    [SYSTEM_TRANSFER] = "l",
    [SYSTEM_CREATE_ACCOUNT_WITH_SEED] = "bslno",
    [SYSTEM_ADVANCE_NONCE_ACCOUNT] = "",
    [SYSTEM_WITHDRAW_NONCE_ACCOUNT] = "l",
    [SYSTEM_INITIALIZE_NONCE_ACCOUNT] = "o",
    [SYSTEM_AUTHORIZE_NONCE_ACCOUNT] = "o",
    [SYSTEM_ALLOCATE] = "n",
    [SYSTEM_ALLOCATE_WITH_SEED] = "bsno",
    [SYSTEM_ASSIGN_WITH_SEED] = "bso",
    [SYSTEM_TRANSFER_WITH_SEED] = "lso",
    [SYSTEM_UPGRADE_NONCE_ACCOUNT] = "",
};

/* bincode's String: a length of eight bytes, then UTF-8. How long a seed may be
 * is asked where the address is derived, for it has an error of its own. */
static int read_seed(struct reader *reader, struct bytes *seed)
{
    uint64_t size;
    int r = reader_u64le(reader, &size);
    if (!r)
        r = reader_take(reader, size, seed);
    if (!r && !bytes_is_utf8(*seed))
        r = err_set(ERR_INVALID, "a seed that is not UTF-8");
    return r;
}

/* A letter of layouts. */
static int read_field(struct reader *reader, char kind, struct fields *out)
{
    switch (kind) {
    case 'b':
        out->has_base = true;
        return reader_copy(reader, out->base.bytes, 32);
    case 's':
        return read_seed(reader, &out->seed);
    case 'l':
        return reader_u64le(reader, &out->lamports);
    case 'n':
        return reader_u64le(reader, &out->space);
    default:
        return reader_copy(reader, out->owner.bytes, 32);
    }
}

/* Bytes behind the last field are allowed, as bincode allows them there. */
static int read_fields(struct bytes data, struct fields *out)
{
    struct reader reader = reader_make(data);
    *out = (struct fields){0};
    int r = reader_u32le(&reader, &out->kind);
    if (!r && out->kind > SYSTEM_UPGRADE_NONCE_ACCOUNT)
        r = err_set(ERR_INVALID, "no System instruction %u", out->kind);
    for (const char *at = r ? "" : layouts[out->kind]; *at && !r; at++)
        r = read_field(&reader, *at, out);
    return r;
}

/* PubkeyError's numbers, which the program passes on as its own. 1,
 * InvalidSeeds, can't come from an address with a seed. */
#define SEED_ERROR_TOO_LONG 0
#define SEED_ERROR_ILLEGAL_OWNER 2

/* SHA-256 of base, seed and owner. An owner that ends like a derived address's
 * marker is refused, or the two kinds of address could be made to meet. */
static enum instruction_error derive(struct invocation *invocation,
                                     const struct fields *fields,
                                     const struct pubkey *base,
                                     struct pubkey *out)
{
    int r = address_with_seed(base, fields->seed, &fields->owner, out);
    if (r == ERR_LIMIT)
        return invocation_custom(invocation, SEED_ERROR_TOO_LONG);
    return r ? invocation_custom(invocation, SEED_ERROR_ILLEGAL_OWNER)
             : INSTRUCTION_OK;
}

/* That the address derived is the account's, where one is derived. Who signs
 * for it is the base, which is another question (has_signed()). */
static enum instruction_error check_address(struct invocation *invocation,
                                            size_t index,
                                            const struct fields *fields)
{
    CHECK(index < invocation->account_count);
    if (!fields->has_base)
        return INSTRUCTION_OK;
    struct pubkey derived;
    enum instruction_error error =
        derive(invocation, fields, &fields->base, &derived);
    if (error)
        return error;
    const struct pubkey *key = &invocation_account(invocation, index)->key;
    if (pubkey_equal(&derived, key))
        return INSTRUCTION_OK;
    invocation_log_line(invocation,
                        "Create: address %s does not match derived address %s",
                        PUBKEY_TEXT(key), PUBKEY_TEXT(&derived));
    return invocation_custom(invocation,
                             SYSTEM_ERROR_ADDRESS_WITH_SEED_MISMATCH);
}

/* Any account of the list may bring the signature: the base need not be the
 * account itself, and need not stand at a fixed place. */
static bool has_signed(const struct invocation *invocation, size_t index,
                       const struct fields *fields)
{
    const struct pubkey *key = &invocation_account(invocation, index)->key;
    return invocation_signed_by(invocation,
                                fields->has_base ? &fields->base : key);
}

/* Log what Solana logs: the address as its Debug form shows it. */
static void log_address(struct invocation *invocation, size_t index,
                        const struct fields *fields, const char *before,
                        const char *after)
{
    const char *key = PUBKEY_TEXT(&invocation_account(invocation, index)->key);
    if (fields->has_base)
        invocation_log_line(invocation,
                            "%s Address { address: %s, base: Some(%s) } %s",
                            before, key, PUBKEY_TEXT(&fields->base), after);
    else
        invocation_log_line(invocation,
                            "%s Address { address: %s, base: None } %s", before,
                            key, after);
}

/* Only an account that is still as new: no data, the System's. That it has
 * lamports is no matter here, so that an address which somebody sent lamports
 * to can still be made an account in steps. */
static enum instruction_error allocate(struct invocation *invocation,
                                       size_t index,
                                       const struct fields *fields)
{
    const struct loaded_account *account =
        invocation_account(invocation, index);
    if (!has_signed(invocation, index, fields)) {
        log_address(invocation, index, fields, "Allocate: 'to' account",
                    "must sign");
        return INSTRUCTION_MISSING_REQUIRED_SIGNATURE;
    }
    /* The owner can be asked only second: has_signed() may have been satisfied
     * by a base that has nothing to do with what the account is now. */
    if (account->space || !pubkey_equal(&account->owner, &SYSTEM_PROGRAM_ID)) {
        log_address(invocation, index, fields, "Allocate: account",
                    "already in use");
        return invocation_custom(invocation,
                                 SYSTEM_ERROR_ACCOUNT_ALREADY_IN_USE);
    }
    /* 10 MiB, as on Solana; a call from another program has no lower limit
     * here. */
    if (fields->space > ACCOUNT_DATA_SIZE_MAX) {
        invocation_log_line(
            invocation, "Allocate: requested %llu, max allowed %u",
            (unsigned long long)fields->space, ACCOUNT_DATA_SIZE_MAX);
        return invocation_custom(invocation,
                                 SYSTEM_ERROR_INVALID_ACCOUNT_DATA_LENGTH);
    }
    return invocation_resize(invocation, index, fields->space);
}

/* To its own owner again is no change and needs no signature. */
static enum instruction_error assign(struct invocation *invocation,
                                     size_t index, const struct fields *fields)
{
    const struct loaded_account *account =
        invocation_account(invocation, index);
    if (pubkey_equal(&account->owner, &fields->owner))
        return INSTRUCTION_OK;
    if (!has_signed(invocation, index, fields)) {
        log_address(invocation, index, fields, "Assign: account", "must sign");
        return INSTRUCTION_MISSING_REQUIRED_SIGNATURE;
    }
    return invocation_set_owner(invocation, index, &fields->owner);
}

/* In this order: once assigned, the data is another program's. */
static enum instruction_error allocate_and_assign(struct invocation *invocation,
                                                  size_t index,
                                                  const struct fields *fields)
{
    enum instruction_error error = allocate(invocation, index, fields);
    CHECK(error || !invocation_account(invocation, index)->rendered);
    return error ? error : assign(invocation, index, fields);
}

/* From an account that is known to have signed, or whose base has. One with
 * data is refused even where it is System's: that is a nonce account, whose
 * lamports have rules of their own. */
static enum instruction_error transfer_verified(struct invocation *invocation,
                                                size_t from, size_t to,
                                                uint64_t lamports)
{
    const struct loaded_account *account = invocation_account(invocation, from);
    CHECK(account);
    if (account->space) {
        invocation_log_line(invocation, "Transfer: `from` must not carry data");
        return INSTRUCTION_INVALID_ARGUMENT;
    }
    if (lamports > account->lamports) {
        invocation_log_line(invocation,
                            "Transfer: insufficient lamports %llu, need %llu",
                            (unsigned long long)account->lamports,
                            (unsigned long long)lamports);
        return invocation_custom(invocation,
                                 SYSTEM_ERROR_RESULT_WITH_NEGATIVE_LAMPORTS);
    }
    return invocation_move(invocation, from, to, lamports);
}

/* The signature is asked first, then what the account is. */
static enum instruction_error transfer(struct invocation *invocation,
                                       size_t from, size_t to,
                                       uint64_t lamports)
{
    if (!invocation_is_signer(invocation, from)) {
        invocation_log_line(
            invocation, "Transfer: `from` account %s must sign",
            PUBKEY_TEXT(&invocation_account(invocation, from)->key));
        return INSTRUCTION_MISSING_REQUIRED_SIGNATURE;
    }
    return transfer_verified(invocation, from, to, lamports);
}

/* Accounts: from, to. The new account's key signs (or its base), else anybody
 * could take an address from its owner before he uses it. Lamports are what
 * tells a new account from one in use. */
static enum instruction_error create_account(struct invocation *invocation,
                                             const struct fields *fields)
{
    enum instruction_error error = check_address(invocation, 1, fields);
    if (error)
        return error;
    if (invocation_account(invocation, 1)->lamports) {
        log_address(invocation, 1, fields, "Create Account: account",
                    "already in use");
        return invocation_custom(invocation,
                                 SYSTEM_ERROR_ACCOUNT_ALREADY_IN_USE);
    }
    /* The lamports come last: they are the payer's, whose failure is the
     * likeliest. */
    error = allocate_and_assign(invocation, 1, fields);
    return error ? error : transfer(invocation, 0, 1, fields->lamports);
}

/* Accounts: from, base, to. The address is checked here and not with
 * check_address(), for the base is an account and not a field, and the texts
 * differ. */
static enum instruction_error transfer_with_seed(struct invocation *invocation,
                                                 const struct fields *fields)
{
    const struct pubkey *base = &invocation_account(invocation, 1)->key;
    const struct pubkey *from = &invocation_account(invocation, 0)->key;
    if (!invocation_is_signer(invocation, 1)) {
        invocation_log_line(invocation, "Transfer: 'from' account %s must sign",
                            PUBKEY_TEXT(base));
        return INSTRUCTION_MISSING_REQUIRED_SIGNATURE;
    }
    struct pubkey derived;
    enum instruction_error error = derive(invocation, fields, base, &derived);
    if (error)
        return error;
    if (!pubkey_equal(&derived, from)) {
        invocation_log_line(
            invocation,
            "Transfer: 'from' address %s does not match derived address %s",
            PUBKEY_TEXT(from), PUBKEY_TEXT(&derived));
        return invocation_custom(invocation,
                                 SYSTEM_ERROR_ADDRESS_WITH_SEED_MISMATCH);
    }
    return transfer_verified(invocation, 0, 2, fields->lamports);
}

/* Fewest accounts of each kind of instruction: the nonce's check their own
 * sysvars. */
static const uint8_t accounts_min[] = {
    [SYSTEM_CREATE_ACCOUNT] = 2,
    [SYSTEM_ASSIGN] = 1,
    [SYSTEM_TRANSFER] = 2,
    [SYSTEM_CREATE_ACCOUNT_WITH_SEED] = 2,
    [SYSTEM_ADVANCE_NONCE_ACCOUNT] = 1,
    [SYSTEM_WITHDRAW_NONCE_ACCOUNT] = 2,
    [SYSTEM_INITIALIZE_NONCE_ACCOUNT] = 1,
    [SYSTEM_AUTHORIZE_NONCE_ACCOUNT] = 1,
    [SYSTEM_ALLOCATE] = 1,
    [SYSTEM_ALLOCATE_WITH_SEED] = 1,
    [SYSTEM_ASSIGN_WITH_SEED] = 1,
    [SYSTEM_TRANSFER_WITH_SEED] = 3,
    [SYSTEM_UPGRADE_NONCE_ACCOUNT] = 1,
};

/* Each kind to its function; the number of accounts was checked. */
static enum instruction_error run(struct invocation *invocation,
                                  const struct fields *fields)
{
    CHECK(invocation->account_count >= accounts_min[fields->kind]);
    switch ((enum system_instruction)fields->kind) {
    case SYSTEM_CREATE_ACCOUNT:
    case SYSTEM_CREATE_ACCOUNT_WITH_SEED:
        return create_account(invocation, fields);
    case SYSTEM_TRANSFER:
        return transfer(invocation, 0, 1, fields->lamports);
    case SYSTEM_TRANSFER_WITH_SEED:
        return transfer_with_seed(invocation, fields);
    case SYSTEM_ASSIGN:
    case SYSTEM_ASSIGN_WITH_SEED:
        return assign(invocation, 0, fields);
    case SYSTEM_ALLOCATE:
        return allocate(invocation, 0, fields);
    case SYSTEM_ALLOCATE_WITH_SEED:
        return allocate_and_assign(invocation, 0, fields);
    case SYSTEM_ADVANCE_NONCE_ACCOUNT:
        return nonce_advance(invocation);
    case SYSTEM_WITHDRAW_NONCE_ACCOUNT:
        return nonce_withdraw(invocation, fields->lamports);
    case SYSTEM_INITIALIZE_NONCE_ACCOUNT:
        return nonce_initialize(invocation, &fields->owner);
    case SYSTEM_AUTHORIZE_NONCE_ACCOUNT:
        return nonce_authorize(invocation, &fields->owner);
    case SYSTEM_UPGRADE_NONCE_ACCOUNT:
        return nonce_upgrade(invocation);
    }
    return INSTRUCTION_INVALID_INSTRUCTION_DATA;
}

/* Too few accounts is MissingAccount here and not NotEnoughAccountKeys: the
 * program asks for them one by one there. */
static enum instruction_error system_execute(struct invocation *invocation)
{
    struct fields fields;
    if (read_fields(invocation->data, &fields))
        return INSTRUCTION_INVALID_INSTRUCTION_DATA;
    if (invocation_require(invocation, accounts_min[fields.kind]))
        return INSTRUCTION_MISSING_ACCOUNT;
    enum instruction_error error = INSTRUCTION_OK;
    /* Address and base of kinds 9 and 10 are checked before anything else. */
    if (fields.kind == SYSTEM_ALLOCATE_WITH_SEED ||
        fields.kind == SYSTEM_ASSIGN_WITH_SEED)
        error = check_address(invocation, 0, &fields);
    return error ? error : run(invocation, &fields);
}

const struct program system_program = {.id = &SYSTEM_PROGRAM_ID,
                                       .text =
                                           "11111111111111111111111111111111",
                                       .name = "system_program",
                                       .compute_units = SYSTEM_COMPUTE_UNITS,
                                       .execute = system_execute};
