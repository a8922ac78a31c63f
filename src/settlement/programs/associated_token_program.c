/*
 * The program has no state of its own: it derives an address and calls the
 * System and Token programs, which check what concerns them.
 *
 * The order of checks, the texts in the log and the calls (which a
 * transaction's record shows as inner instructions) are those of
 * spl-associated-token-account. The differential test compares them.
 *
 * The token program is an account of the instruction and not a constant: its id
 * is part of the address, so accounts of Token-2022 would have other addresses.
 * Only the Token program exists here.
 */
#include "settlement/programs/associated_token_program.h"

#include "base/check.h"
#include "crypto/address.h"
#include "settlement/bank/token_state.h"
#include "settlement/bank/transaction_context.h"
#include "settlement/format/well_known.h"
#include "settlement/programs/system_call.h"
#include "settlement/programs/token_program.h"

/* The cost without the programs that it calls. On Solana the program is
 * interpreted and its cost varies with the bumps that are tried. */
#define ASSOCIATED_TOKEN_COMPUTE_UNITS 5000

/* Places of Create's accounts: the payer, the new account, its wallet and its
 * mint, and the two programs that are called. */
enum {
    CREATE_FUNDER,
    CREATE_ACCOUNT,
    CREATE_WALLET,
    CREATE_MINT,
    CREATE_SYSTEM_PROGRAM,
    CREATE_TOKEN_PROGRAM,
    CREATE_ACCOUNTS,
};

/* Places of RecoverNested's accounts. */
enum {
    NESTED_ACCOUNT,
    NESTED_MINT,
    NESTED_DESTINATION,
    NESTED_OWNER_ACCOUNT, /* the account that owns the nested one */
    NESTED_OWNER_MINT,
    NESTED_WALLET,
    NESTED_TOKEN_PROGRAM,
    NESTED_ACCOUNTS,
};

/* The seeds have spl-associated-token-account's order. */
void associated_token_address(const struct pubkey *wallet,
                              const struct pubkey *token_program_id,
                              const struct pubkey *mint, struct pubkey *out)
{
    const struct bytes seeds[] = {pubkey_bytes(wallet),
                                  pubkey_bytes(token_program_id),
                                  pubkey_bytes(mint)};
    int status =
        address_find(seeds, 3, &ASSOCIATED_TOKEN_PROGRAM_ID, out, NULL);
    CHECK(!status); /* fails for 1 in 2^255 inputs */
}

/* The caller has checked that the account is there. */
static const struct pubkey *key_at(const struct invocation *invocation,
                                   size_t index)
{
    CHECK(index < invocation->account_count);
    return &invocation_account(invocation, index)->key;
}

static bool is_owned_by(const struct invocation *invocation, size_t index,
                        const struct pubkey *owner)
{
    return pubkey_equal(&invocation_account(invocation, index)->owner, owner);
}

/* Whether the account at place has the address that follows from the three
 * others. */
static bool is_associated(const struct invocation *invocation, size_t place,
                          size_t wallet, size_t token_program_place,
                          size_t mint)
{
    struct pubkey address;
    associated_token_address(key_at(invocation, wallet),
                             key_at(invocation, token_program_place),
                             key_at(invocation, mint), &address);
    return pubkey_equal(&address, key_at(invocation, place));
}

/* The one custom error, with its text. */
static enum instruction_error invalid_owner(struct invocation *invocation)
{
    invocation_log(invocation, "Associated token account owner does not match "
                               "address derivation");
    return invocation_custom(invocation, ASSOCIATED_TOKEN_ERROR_INVALID_OWNER);
}

/* Log the reason, as Solana's program does. */
static enum instruction_error refuse(struct invocation *invocation,
                                     enum instruction_error error,
                                     const char *text)
{
    invocation_log(invocation, "%s", text);
    return error;
}

/* Ask the token program for the size of an account. The answer is always 165
 * bytes here, but the call is visible in the record, as on Solana. The return
 * data must be that of this call and not of an earlier one. */
static enum instruction_error ask_size(struct invocation *invocation,
                                       uint64_t *size)
{
    /* After the first byte Token-2022's callers name the extensions they want:
     * ImmutableOwner, 7 as u16le. The Token program ignores them. */
    static const uint8_t data[] = {TOKEN_GET_ACCOUNT_DATA_SIZE, 7, 0};
    const struct invocation_account accounts[] = {{.index = CREATE_MINT}};
    const struct pubkey *token = key_at(invocation, CREATE_TOKEN_PROGRAM);
    enum instruction_error error = invocation_call(
        invocation, token, accounts, 1, bytes_make(data, sizeof(data)), NULL);
    if (error)
        return error;
    const struct transaction_context *context = invocation->context;
    if (!context->return_data.size)
        return INSTRUCTION_INVALID_INSTRUCTION_DATA;
    if (!pubkey_equal(&context->return_program, token))
        return INSTRUCTION_INCORRECT_PROGRAM_ID;
    struct reader reader = reader_make(context->return_data);
    if (reader_u64le(&reader, size) || reader_end(&reader))
        return INSTRUCTION_INVALID_INSTRUCTION_DATA;
    return INSTRUCTION_OK;
}

/* InitializeImmutableOwner has no effect in the Token program, but Solana's
 * program calls it: in Token-2022 it keeps an associated account from being
 * given away. */
static enum instruction_error initialize(struct invocation *invocation)
{
    const struct pubkey *token = key_at(invocation, CREATE_TOKEN_PROGRAM);
    const struct invocation_account accounts[] = {
        {.index = CREATE_ACCOUNT, .writable = true}, {.index = CREATE_MINT}};
    /* One byte for the first call; the second call adds the owner's key. */
    uint8_t data[33] = {TOKEN_INITIALIZE_IMMUTABLE_OWNER};
    invocation_log(invocation, "Initialize the associated token account");
    enum instruction_error error = invocation_call(
        invocation, token, accounts, 1, bytes_make(data, 1), NULL);
    if (error)
        return error;
    data[0] = TOKEN_INITIALIZE_ACCOUNT_3;
    memcpy(data + 1, key_at(invocation, CREATE_WALLET)->bytes, 32);
    return invocation_call(invocation, token, accounts, 2,
                           bytes_make(data, sizeof(data)), NULL);
}

/* For CreateIdempotent: *done if the account exists already and is the
 * wallet's. If its owner is another, the account was given away; that is an
 * error because a payment would go to a stranger. */
static enum instruction_error check_existing(struct invocation *invocation,
                                             bool *done)
{
    struct token_record record;
    *done = false;
    if (!is_owned_by(invocation, CREATE_ACCOUNT,
                     key_at(invocation, CREATE_TOKEN_PROGRAM)) ||
        token_account_load(invocation_data(invocation, CREATE_ACCOUNT),
                           &record) != TOKEN_LOADED)
        return INSTRUCTION_OK;
    if (!pubkey_equal(token_account_owner(&record),
                      key_at(invocation, CREATE_WALLET)))
        return invalid_owner(invocation);
    if (!pubkey_equal(token_account_mint(&record),
                      key_at(invocation, CREATE_MINT)))
        return INSTRUCTION_INVALID_ACCOUNT_DATA;
    *done = true;
    return INSTRUCTION_OK;
}

/* The address is checked first: only this program can sign for an account at
 * that address. */
static enum instruction_error create(struct invocation *invocation,
                                     bool idempotent)
{
    bool done = false;
    uint64_t size;
    enum instruction_error error =
        invocation_require(invocation, CREATE_ACCOUNTS);
    if (error)
        return error;
    if (!is_associated(invocation, CREATE_ACCOUNT, CREATE_WALLET,
                       CREATE_TOKEN_PROGRAM, CREATE_MINT)) {
        invocation_log(invocation, "Error: Associated address does not match "
                                   "seed derivation");
        return INSTRUCTION_INVALID_SEEDS;
    }
    if (idempotent)
        error = check_existing(invocation, &done);
    if (error || done)
        return error;
    /* The address is in use already. */
    if (!is_owned_by(invocation, CREATE_ACCOUNT, &SYSTEM_PROGRAM_ID))
        return INSTRUCTION_ILLEGAL_OWNER;
    error = ask_size(invocation, &size);
    if (!error)
        error =
            system_call_create(invocation, CREATE_FUNDER, CREATE_ACCOUNT, size,
                               key_at(invocation, CREATE_TOKEN_PROGRAM),
                               key_at(invocation, CREATE_ACCOUNT));
    if (!error)
        error = initialize(invocation);
    return error;
}

/* RecoverNested is for tokens that were sent to the associated account of an
 * associated account. All three addresses must follow from the wallet, so that
 * the tokens can go to nobody else. */
static enum instruction_error
check_nested_addresses(struct invocation *invocation)
{
    static const struct {
        size_t account, wallet, mint;
        const char *name;
        /* Each account must be the associated account of its wallet and mint.
         * The outer account and the destination belong to the wallet, the
         * nested one to the outer. */
    } expected[] = {
        {NESTED_OWNER_ACCOUNT, NESTED_WALLET, NESTED_OWNER_MINT, "Owner"},
        {NESTED_ACCOUNT, NESTED_OWNER_ACCOUNT, NESTED_MINT, "Nested"},
        {NESTED_DESTINATION, NESTED_WALLET, NESTED_MINT, "Destination"},
    };
    for (size_t i = 0; i < 3; i++) {
        if (is_associated(invocation, expected[i].account, expected[i].wallet,
                          NESTED_TOKEN_PROGRAM, expected[i].mint))
            continue;
        invocation_log(invocation,
                       "Error: %s associated address does not match seed "
                       "derivation",
                       expected[i].name);
        return INSTRUCTION_INVALID_SEEDS;
    }
    return INSTRUCTION_OK;
}

/* Load a token account, which must belong to the given owner and to the named
 * token program. */
static enum instruction_error check_holder(struct invocation *invocation,
                                           size_t place, size_t owner,
                                           struct token_record *out)
{
    if (!is_owned_by(invocation, place,
                     key_at(invocation, NESTED_TOKEN_PROGRAM))) {
        const char *text =
            place == NESTED_OWNER_ACCOUNT
                ? "Owner associated token account not owned by provided token "
                  "program, recreate the owner associated token account first"
                : "Nested associated token account not owned by provided token "
                  "program";
        return refuse(invocation, INSTRUCTION_ILLEGAL_OWNER, text);
    }
    switch (token_account_load(invocation_data(invocation, place), out)) {
    case TOKEN_MALFORMED:
        return INSTRUCTION_INVALID_ACCOUNT_DATA;
    case TOKEN_UNINITIALIZED:
        return INSTRUCTION_UNINITIALIZED_ACCOUNT;
    default:
        break;
    }
    if (!pubkey_equal(token_account_owner(out), key_at(invocation, owner)))
        return refuse(
            invocation,
            invocation_custom(invocation, ASSOCIATED_TOKEN_ERROR_INVALID_OWNER),
            place == NESTED_OWNER_ACCOUNT
                ? "Owner associated token account not owned by provided wallet"
                : "Nested associated token account not owned by provided "
                  "associated token account");
    return INSTRUCTION_OK;
}

/* TransferChecked needs the decimals. */
static enum instruction_error read_nested_mint(struct invocation *invocation,
                                               uint8_t *decimals)
{
    struct token_record mint;
    if (!is_owned_by(invocation, NESTED_MINT,
                     key_at(invocation, NESTED_TOKEN_PROGRAM)))
        return refuse(invocation, INSTRUCTION_ILLEGAL_OWNER,
                      "Nested mint account not owned by provided token "
                      "program");
    switch (token_mint_load(invocation_data(invocation, NESTED_MINT), &mint)) {
    case TOKEN_MALFORMED:
        return INSTRUCTION_INVALID_ACCOUNT_DATA;
    case TOKEN_UNINITIALIZED:
        return INSTRUCTION_UNINITIALIZED_ACCOUNT;
    default:
        *decimals = token_mint_decimals(&mint);
        return INSTRUCTION_OK;
    }
}

/* Move all tokens to the wallet's own account, then the nested account's
 * lamports to the wallet. The owner of the nested account is an address derived
 * from this program, so this program signs for it. */
static enum instruction_error move_out(struct invocation *invocation,
                                       uint64_t amount, uint8_t decimals)
{
    const struct pubkey *token = key_at(invocation, NESTED_TOKEN_PROGRAM);
    const struct pubkey *owner = key_at(invocation, NESTED_OWNER_ACCOUNT);
    const struct invocation_account transfer[] = {
        {.index = NESTED_ACCOUNT, .writable = true},
        {.index = NESTED_MINT},
        {.index = NESTED_DESTINATION, .writable = true},
        {.index = NESTED_OWNER_ACCOUNT, .signer = true},
    };
    const struct invocation_account close[] = {
        {.index = NESTED_ACCOUNT, .writable = true},
        {.index = NESTED_WALLET, .writable = true},
        {.index = NESTED_OWNER_ACCOUNT, .signer = true},
    };
    /* TransferChecked: amount u64 and decimals u8 after the first byte. The
     * close needs the first byte alone. */
    uint8_t data[10] = {TOKEN_TRANSFER_CHECKED};
    u64le_write(data + 1, amount);
    data[9] = decimals;
    enum instruction_error error = invocation_call(
        invocation, token, transfer, 4, bytes_make(data, sizeof(data)), owner);
    if (error)
        return error;
    data[0] = TOKEN_CLOSE_ACCOUNT;
    return invocation_call(invocation, token, close, 3, bytes_make(data, 1),
                           owner);
}

/* The wallet must sign: it decides when it gets what is its own. */
static enum instruction_error recover_nested(struct invocation *invocation)
{
    struct token_record owner, nested;
    uint8_t decimals;
    enum instruction_error error =
        invocation_require(invocation, NESTED_ACCOUNTS);
    if (!error)
        error = check_nested_addresses(invocation);
    if (error)
        return error;
    if (!invocation_is_signer(invocation, NESTED_WALLET))
        return refuse(invocation, INSTRUCTION_MISSING_REQUIRED_SIGNATURE,
                      "Wallet of the owner associated token account must sign");
    if (!is_owned_by(invocation, NESTED_OWNER_MINT,
                     key_at(invocation, NESTED_TOKEN_PROGRAM)))
        return refuse(invocation, INSTRUCTION_ILLEGAL_OWNER,
                      "Owner mint not owned by provided token program");
    error =
        check_holder(invocation, NESTED_OWNER_ACCOUNT, NESTED_WALLET, &owner);
    if (!error)
        error = check_holder(invocation, NESTED_ACCOUNT, NESTED_OWNER_ACCOUNT,
                             &nested);
    if (!error)
        error = read_nested_mint(invocation, &decimals);
    if (error)
        return error;
    return move_out(invocation, token_account_amount(&nested), decimals);
}

/* Empty data means Create, the only instruction of older versions. */
static enum instruction_error
associated_token_execute(struct invocation *invocation)
{
    struct bytes data = invocation->data;
    uint8_t instruction = data.size ? data.data[0] : ASSOCIATED_TOKEN_CREATE;
    if (data.size > 1)
        return INSTRUCTION_INVALID_INSTRUCTION_DATA;
    switch (instruction) {
    case ASSOCIATED_TOKEN_CREATE:
        invocation_log(invocation, "Create");
        return create(invocation, false);
    case ASSOCIATED_TOKEN_CREATE_IDEMPOTENT:
        invocation_log(invocation, "CreateIdempotent");
        return create(invocation, true);
    case ASSOCIATED_TOKEN_RECOVER_NESTED:
        invocation_log(invocation, "RecoverNested");
        return recover_nested(invocation);
    default:
        return INSTRUCTION_INVALID_INSTRUCTION_DATA;
    }
}

const struct program associated_token_program = {
    .id = &ASSOCIATED_TOKEN_PROGRAM_ID,
    .text = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL",
    .name = "spl_associated_token_account",
    .compute_units = ASSOCIATED_TOKEN_COMPUTE_UNITS,
    .is_virtual = true,
    .execute = associated_token_execute};
