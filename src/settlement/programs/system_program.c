/*
 * The System program owns every account that no other program owns. All
 * accounts begin with it: a key with lamports is an account of the System
 * program, and another program's account was assigned by it.
 *
 * A table drives the reading of instructions. There are five kinds of fields,
 * and one struct holds all of them. Variants of an instruction differ only in
 * the places of their accounts and in whether an address is derived (has_base).
 *
 * The order of checks is that of Agave's system_processor.rs, and so are the
 * log lines, down to their quotes: explorers show them, and clients' tests
 * compare them. Nonces are in nonce_instruction.c.
 */
#include "settlement/programs/system_program.h"
#include "base/check.h"
#include "base/error.h"
#include "crypto/address.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/well_known.h"
#include "settlement/programs/nonce_instruction.h"

/* The compute units that Solana takes for each instruction. */
#define SYSTEM_COMPUTE_UNITS 150

/* An instruction's fields; kind decides which are set. seed borrows from the
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

/* The kinds of fields. OWNER is also the authority of a nonce. */
enum field {
    FIELD_END,
    FIELD_BASE,
    FIELD_SEED,
    FIELD_LAMPORTS,
    FIELD_SPACE,
    FIELD_OWNER,
};

/* The most fields, and FIELD_END. */
#define FIELDS_MAX 6

/* The fields of each instruction in their order. */
static const enum field layouts[][FIELDS_MAX] = {
    [SYSTEM_CREATE_ACCOUNT] = {FIELD_LAMPORTS, FIELD_SPACE, FIELD_OWNER},
    [SYSTEM_ASSIGN] = {FIELD_OWNER},
    [SYSTEM_TRANSFER] = {FIELD_LAMPORTS},
    [SYSTEM_CREATE_ACCOUNT_WITH_SEED] = {FIELD_BASE, FIELD_SEED, FIELD_LAMPORTS,
                                         FIELD_SPACE, FIELD_OWNER},
    [SYSTEM_ADVANCE_NONCE_ACCOUNT] = {FIELD_END},
    [SYSTEM_WITHDRAW_NONCE_ACCOUNT] = {FIELD_LAMPORTS},
    [SYSTEM_INITIALIZE_NONCE_ACCOUNT] = {FIELD_OWNER},
    [SYSTEM_AUTHORIZE_NONCE_ACCOUNT] = {FIELD_OWNER},
    [SYSTEM_ALLOCATE] = {FIELD_SPACE},
    [SYSTEM_ALLOCATE_WITH_SEED] = {FIELD_BASE, FIELD_SEED, FIELD_SPACE,
                                   FIELD_OWNER},
    [SYSTEM_ASSIGN_WITH_SEED] = {FIELD_BASE, FIELD_SEED, FIELD_OWNER},
    [SYSTEM_TRANSFER_WITH_SEED] = {FIELD_LAMPORTS, FIELD_SEED, FIELD_OWNER},
    [SYSTEM_UPGRADE_NONCE_ACCOUNT] = {FIELD_END},
};

/* bincode's String: a length of eight bytes, then UTF-8. derive() limits the
 * length of a seed because a long one has an error of its own. */
static int read_seed(struct reader *reader, struct bytes *seed)
{
    uint64_t size;
    int status = reader_u64le(reader, &size);
    if (!status)
        status = reader_take(reader, size, seed);
    if (!status && !bytes_is_utf8(*seed))
        status = err_set(ERR_INVALID, "a seed that is not UTF-8");
    return status;
}

static int read_field(struct reader *reader, enum field field,
                      struct fields *out)
{
    switch (field) {
    case FIELD_BASE:
        out->has_base = true;
        return reader_copy(reader, out->base.bytes, 32);
    case FIELD_SEED:
        return read_seed(reader, &out->seed);
    case FIELD_LAMPORTS:
        return reader_u64le(reader, &out->lamports);
    case FIELD_SPACE:
        return reader_u64le(reader, &out->space);
    case FIELD_OWNER:
        return reader_copy(reader, out->owner.bytes, 32);
    case FIELD_END:
        break;
    }
    CHECK(false);
    return 0;
}

/* Bytes after the last field are allowed, as bincode allows them on Solana. */
static int read_fields(struct bytes data, struct fields *out)
{
    struct reader reader = reader_make(data);
    *out = (struct fields){0};
    int status = reader_u32le(&reader, &out->kind);
    if (status)
        return status;
    if (out->kind > SYSTEM_UPGRADE_NONCE_ACCOUNT)
        return err_set(ERR_INVALID, "no System instruction %u", out->kind);
    for (const enum field *at = layouts[out->kind]; *at && !status; at++)
        status = read_field(&reader, *at, out);
    return status;
}

/* PubkeyError's numbers, which the program passes on as its own. An address
 * with a seed can't give 1, InvalidSeeds. */
#define SEED_ERROR_TOO_LONG 0
#define SEED_ERROR_ILLEGAL_OWNER 2

/* The address is SHA-256 of base, seed and owner. An owner that ends in the
 * marker of program-derived addresses is refused: otherwise an address of one
 * kind could be made equal to one of the other. */
static enum instruction_error derive(struct invocation *invocation,
                                     const struct fields *fields,
                                     const struct pubkey *base,
                                     struct pubkey *out)
{
    int status = address_with_seed(base, fields->seed, &fields->owner, out);
    if (status == ERR_LIMIT)
        return invocation_custom(invocation, SEED_ERROR_TOO_LONG);
    return status ? invocation_custom(invocation, SEED_ERROR_ILLEGAL_OWNER)
                  : INSTRUCTION_OK;
}

/* If an address is derived, check that it is the account's. has_signed() checks
 * the base's signature. */
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

/* The base, or else the account at index, has signed. The base may stand at any
 * place of the list. */
static bool has_signed(const struct invocation *invocation, size_t index,
                       const struct fields *fields)
{
    const struct pubkey *key = &invocation_account(invocation, index)->key;
    return invocation_signed_by(invocation,
                                fields->has_base ? &fields->base : key);
}

/* Log the address in the Debug form of Solana's struct Address. */
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

/* Only an account without data that is System's can be allocated. It may have
 * lamports, so that an address that got lamports before can still be made an
 * account in steps. */
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
    /* This is checked even if has_signed(): the base's signature says nothing
     * about what the account is now. */
    if (account->space || !pubkey_equal(&account->owner, &SYSTEM_PROGRAM_ID)) {
        log_address(invocation, index, fields, "Allocate: account",
                    "already in use");
        return invocation_custom(invocation,
                                 SYSTEM_ERROR_ACCOUNT_ALREADY_IN_USE);
    }
    /* 10 MiB, as on Solana. Solana's lower limit for calls from other programs
     * does not exist here. */
    if (fields->space > ACCOUNT_DATA_SIZE_MAX) {
        invocation_log_line(
            invocation, "Allocate: requested %llu, max allowed %u",
            (unsigned long long)fields->space, ACCOUNT_DATA_SIZE_MAX);
        return invocation_custom(invocation,
                                 SYSTEM_ERROR_INVALID_ACCOUNT_DATA_LENGTH);
    }
    return invocation_resize(invocation, index, fields->space);
}

/* Assigning to the present owner changes nothing and needs no signature. */
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

/* In this order because once the account is assigned only the new owner may
 * allocate. */
static enum instruction_error allocate_and_assign(struct invocation *invocation,
                                                  size_t index,
                                                  const struct fields *fields)
{
    enum instruction_error error = allocate(invocation, index, fields);
    CHECK(error || !invocation_account(invocation, index)->rendered);
    return error ? error : assign(invocation, index, fields);
}

/* Transfer from an account that has signed, or whose base has signed. A System
 * account with data is refused: it is a nonce account, whose lamports have
 * rules of their own. */
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

/* The signature is checked before the account's state. */
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

/* Accounts: from, to. The new account's key (or its base) must sign: otherwise
 * anybody could take an address before its owner uses it. An account with
 * lamports is in use. */
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
    /* The lamports come last, as on Solana. */
    error = allocate_and_assign(invocation, 1, fields);
    return error ? error : transfer(invocation, 0, 1, fields->lamports);
}

/* Accounts: from, base, to. check_address() is not used because the base is an
 * account and not a field, and the texts differ. */
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

/* The least number of accounts of each kind of instruction. Those on nonces
 * check their sysvars themselves. */
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

/* The number of accounts was checked. */
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

/* Too few accounts is MissingAccount and not NotEnoughAccountKeys because
 * Solana's program takes its accounts one by one. */
static enum instruction_error system_execute(struct invocation *invocation)
{
    struct fields fields;
    if (read_fields(invocation->data, &fields))
        return INSTRUCTION_INVALID_INSTRUCTION_DATA;
    if (invocation_require(invocation, accounts_min[fields.kind]))
        return INSTRUCTION_MISSING_ACCOUNT;
    enum instruction_error error = INSTRUCTION_OK;
    /* These two check address and base before anything else. */
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
