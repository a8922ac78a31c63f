/*
 * Errors come in the order of Solana's program because clients see the first
 * one.
 *
 * The System program's Transfer pays only the rent that is missing, so an
 * address that got lamports before can still be made a table. The differential
 * test (tests/system/differential) compares the two programs.
 *
 * Each instruction has a function: its own checks, then the change. Four of the
 * five begin with check_own() and open_own().
 *
 * Each instruction decodes the table's 56 bytes of metadata; no address is
 * copied.
 */
#include "settlement/programs/lookup_table_program.h"
#include "base/check.h"
#include "crypto/address.h"
#include "settlement/bank/lookup_table.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/well_known.h"
#include <inttypes.h>

/* The program's own errors. 10 and 11: an account that has to change is
 * read-only. */
enum lookup_table_error {
    LOOKUP_TABLE_ERROR_INVALID_SEEDS = 1,
    LOOKUP_TABLE_ERROR_READONLY_DATA = 10,
    LOOKUP_TABLE_ERROR_READONLY_LAMPORTS = 11,
};

/* Compute units of Solana's builtin of that name (DEFAULT_COMPUTE_UNITS). */
#define LOOKUP_TABLE_COMPUTE_UNITS 750

/* Places of the accounts, in all instructions that have them. */
enum {
    ACCOUNT_TABLE,
    ACCOUNT_AUTHORITY,
    ACCOUNT_PAYER, /* or the account that gets a closed table's lamports */
    ACCOUNT_SYSTEM,
};

static enum instruction_error fail(struct invocation *invocation,
                                   enum lookup_table_error error)
{
    const char *text = "Provided seeds do not result in a valid address";
    if (error == LOOKUP_TABLE_ERROR_READONLY_DATA)
        text = "Instruction modified data of a read-only account";
    else if (error == LOOKUP_TABLE_ERROR_READONLY_LAMPORTS)
        text = "Instruction changed the balance of a read-only account";
    invocation_log(invocation, "%s", text);
    return invocation_custom(invocation, (uint32_t)error);
}

/* Call the System program for the table's account. Its address is derived from
 * this program, which therefore signs for it. */
static enum instruction_error call_system(struct invocation *invocation,
                                          const struct buffer *data)
{
    const struct invocation_account account = {
        .index = ACCOUNT_TABLE, .signer = true, .writable = true};
    const struct pubkey *table =
        &invocation_account(invocation, ACCOUNT_TABLE)->key;
    return invocation_call(invocation, &SYSTEM_PROGRAM_ID, &account, 1,
                           buffer_view(data), table);
}

/* In two calls because CreateAccount refuses an address with lamports. */
static enum instruction_error allocate(struct invocation *invocation)
{
    struct buffer data = {0};
    buffer_u32le(&data, SYSTEM_ALLOCATE);
    buffer_u64le(&data, LOOKUP_TABLE_META_SIZE);
    enum instruction_error error = call_system(invocation, &data);
    if (!error) {
        buffer_clear(&data);
        buffer_u32le(&data, SYSTEM_ASSIGN);
        buffer_append(&data, invocation->program.bytes, 32);
        error = call_system(invocation, &data);
    }
    buffer_free(&data);
    return error;
}

/* Bring the table's account up to the rent of size bytes. */
static enum instruction_error pay_rent(struct invocation *invocation,
                                       uint64_t size)
{
    const struct loaded_account *table =
        invocation_account(invocation, ACCOUNT_TABLE);
    uint64_t minimum = rent_minimum_balance(size);
    CHECK(size >= LOOKUP_TABLE_META_SIZE);
    if (table->lamports >= minimum)
        return INSTRUCTION_OK;
    /* The payer's signature is passed on. The table need not sign to receive.
     */
    const struct invocation_account accounts[2] = {
        {.index = ACCOUNT_PAYER, .signer = true, .writable = true},
        {.index = ACCOUNT_TABLE, .writable = true}};
    struct buffer data = {0};
    system_transfer_data(minimum - table->lamports, &data);
    enum instruction_error error = invocation_call(
        invocation, &SYSTEM_PROGRAM_ID, accounts, 2, buffer_view(&data), NULL);
    buffer_free(&data);
    return error;
}

/* Write the metadata; the addresses after it stay. */
static enum instruction_error store_meta(struct invocation *invocation,
                                         const struct lookup_table *table)
{
    uint8_t meta[LOOKUP_TABLE_META_SIZE];
    CHECK(table->address_count <= LOOKUP_TABLE_ADDRESSES_MAX);
    lookup_table_encode_meta(table, meta);
    return invocation_write(invocation, ACCOUNT_TABLE, 0,
                            bytes_make(meta, sizeof(meta)));
}

/* The address is derived from authority and slot, so that a table can't be made
 * again with other contents while the slot is recent. The client chooses the
 * bump: any that gives an address off the curve. */
static enum instruction_error check_address(struct invocation *invocation,
                                            uint64_t slot, uint8_t bump)
{
    const struct pubkey *authority =
        &invocation_account(invocation, ACCOUNT_AUTHORITY)->key;
    struct pubkey derived;
    uint8_t slot_bytes[8];
    u64le_write(slot_bytes, slot);
    const struct bytes seeds[3] = {pubkey_bytes(authority),
                                   bytes_make(slot_bytes, 8),
                                   bytes_make(&bump, 1)};
    if (address_create(seeds, 3, &invocation->program, &derived))
        return fail(invocation, LOOKUP_TABLE_ERROR_INVALID_SEEDS);
    if (pubkey_equal(&derived,
                     &invocation_account(invocation, ACCOUNT_TABLE)->key))
        return INSTRUCTION_OK;
    invocation_log(invocation, "Table address must match derived address: %s",
                   PUBKEY_TEXT(&derived));
    return INSTRUCTION_INVALID_ARGUMENT;
}

/* Anybody may pay; the authority need not sign its table's creation. A table
 * that exists already is no error: it is the one that was asked for. */
static enum instruction_error create(struct invocation *invocation,
                                     uint64_t slot, uint8_t bump)
{
    enum instruction_error error = invocation_require(invocation, 3);
    if (error)
        return error;
    if (!invocation_is_signer(invocation, ACCOUNT_PAYER)) {
        invocation_log(invocation, "Payer account must be a signer");
        return INSTRUCTION_MISSING_REQUIRED_SIGNATURE;
    }
    if (environment_slot_position(invocation->environment, slot) < 0) {
        invocation_log(invocation, "%" PRIu64 " is not a recent slot", slot);
        return INSTRUCTION_INVALID_INSTRUCTION_DATA;
    }
    error = check_address(invocation, slot, bump);
    if (error)
        return error;
    if (pubkey_equal(&invocation_account(invocation, ACCOUNT_TABLE)->owner,
                     &invocation->program))
        return INSTRUCTION_OK; /* it is there already */
    error = pay_rent(invocation, LOOKUP_TABLE_META_SIZE);
    if (!error)
        error = invocation_require(invocation, ACCOUNT_SYSTEM + 1);
    if (!error)
        error = allocate(invocation);
    if (error)
        return error;
    /* An active table of the authority that the address was derived from. */
    struct lookup_table table = {
        .deactivation_slot = UINT64_MAX,
        .has_authority = true,
        .authority = invocation_account(invocation, ACCOUNT_AUTHORITY)->key};
    return store_meta(invocation, &table);
}

/* Log the reason, as Solana's program does. */
static enum instruction_error refuse(struct invocation *invocation,
                                     enum instruction_error error,
                                     const char *text)
{
    invocation_log(invocation, "%s", text);
    return error;
}

/* Freeze, extend, deactivate and close begin with this. The authority's
 * signature is checked before the table is read, and whether it is the table's
 * authority after. */
static enum instruction_error check_own(struct invocation *invocation)
{
    enum instruction_error error = invocation_require(invocation, 1);
    if (error)
        return error;
    if (!pubkey_equal(&invocation_account(invocation, ACCOUNT_TABLE)->owner,
                      &invocation->program))
        return refuse(invocation, INSTRUCTION_INVALID_ACCOUNT_OWNER,
                      "Lookup table owner should be the Address Lookup Table "
                      "program");
    error = invocation_require(invocation, 2);
    if (error)
        return error;
    if (!invocation_is_signer(invocation, ACCOUNT_AUTHORITY))
        return refuse(invocation, INSTRUCTION_MISSING_REQUIRED_SIGNATURE,
                      "Authority account must be a signer");
    return INSTRUCTION_OK;
}

/* Read the table and check that the authority is its own. if_frozen is the text
 * for a table without authority. */
static enum instruction_error open_own(struct invocation *invocation,
                                       const char *if_frozen,
                                       struct lookup_table *out)
{
    enum instruction_error error =
        lookup_table_decode(invocation_data(invocation, ACCOUNT_TABLE), out);
    if (error)
        return error;
    if (!out->has_authority)
        return refuse(invocation, INSTRUCTION_IMMUTABLE, if_frozen);
    if (!pubkey_equal(&out->authority,
                      &invocation_account(invocation, ACCOUNT_AUTHORITY)->key))
        return refuse(invocation, INSTRUCTION_INCORRECT_AUTHORITY,
                      "Incorrect lookup table authority");
    return INSTRUCTION_OK;
}

/* A table is frozen for ever: without an authority nothing can change,
 * deactivate or close it. */
static enum instruction_error freeze(struct invocation *invocation)
{
    struct lookup_table table;
    enum instruction_error error = check_own(invocation);
    if (!error)
        error = open_own(invocation, "Lookup table is already frozen", &table);
    if (error)
        return error;
    if (table.deactivation_slot != UINT64_MAX)
        return refuse(invocation, INSTRUCTION_INVALID_ARGUMENT,
                      "Deactivated tables cannot be frozen");
    if (!table.address_count)
        return refuse(invocation, INSTRUCTION_INVALID_INSTRUCTION_DATA,
                      "Empty lookup tables cannot be frozen");
    /* Encoding then writes zeros for the key. */
    table.has_authority = false;
    return store_meta(invocation, &table);
}

/* In Solana's order. */
static enum instruction_error check_extension(struct invocation *invocation,
                                              const struct lookup_table *table,
                                              size_t added)
{
    if (table->deactivation_slot != UINT64_MAX)
        return refuse(invocation, INSTRUCTION_INVALID_ARGUMENT,
                      "Deactivated tables cannot be extended");
    if (table->address_count >= LOOKUP_TABLE_ADDRESSES_MAX)
        return refuse(invocation, INSTRUCTION_INVALID_ARGUMENT,
                      "Lookup table is full and cannot contain more addresses");
    if (!added)
        return refuse(invocation, INSTRUCTION_INVALID_INSTRUCTION_DATA,
                      "Must extend with at least one address");
    if (table->address_count + added > LOOKUP_TABLE_ADDRESSES_MAX) {
        invocation_log(invocation,
                       "Extended lookup table length %zu would exceed max "
                       "capacity of %d",
                       table->address_count + added,
                       LOOKUP_TABLE_ADDRESSES_MAX);
        return INSTRUCTION_INVALID_INSTRUCTION_DATA;
    }
    if (!invocation_is_writable(invocation, ACCOUNT_TABLE))
        return fail(invocation, LOOKUP_TABLE_ERROR_READONLY_DATA);
    return INSTRUCTION_OK;
}

/* Only a table with too few lamports needs a payer. */
static enum instruction_error pay_for_extension(struct invocation *invocation)
{
    const struct loaded_account *account =
        invocation_account(invocation, ACCOUNT_TABLE);
    if (account->lamports >= rent_minimum_balance(account->space))
        return INSTRUCTION_OK;
    enum instruction_error error =
        invocation_require(invocation, ACCOUNT_PAYER + 1);
    if (error)
        return error;
    if (!invocation_is_signer(invocation, ACCOUNT_PAYER))
        return refuse(invocation, INSTRUCTION_MISSING_REQUIRED_SIGNATURE,
                      "Payer account must be a signer");
    error = invocation_require(invocation, ACCOUNT_SYSTEM + 1);
    return error ? error : pay_rent(invocation, account->space);
}

/* Addresses become usable in the next slot (lookup_table_resolve()), so the
 * table keeps where those of this slot begin. Addresses are not checked, and
 * one may stand twice. */
static enum instruction_error extend(struct invocation *invocation,
                                     struct bytes addresses)
{
    struct lookup_table table;
    size_t added = addresses.size / sizeof(struct pubkey);
    enum instruction_error error = check_own(invocation);
    if (!error)
        error = open_own(invocation, "Lookup table is frozen", &table);
    if (!error)
        error = check_extension(invocation, &table, added);
    if (error)
        return error;
    CHECK(table.address_count < LOOKUP_TABLE_ADDRESSES_MAX);
    /* Several extensions in a slot share the beginning of the first. */
    if (invocation->environment->slot != table.last_extended_slot) {
        table.last_extended_slot = invocation->environment->slot;
        table.start_index = (uint8_t)table.address_count;
    }
    uint64_t space = invocation_account(invocation, ACCOUNT_TABLE)->space;
    error = store_meta(invocation, &table);
    if (!error)
        error = invocation_resize(invocation, ACCOUNT_TABLE,
                                  space + addresses.size);
    if (!error)
        error = invocation_write(invocation, ACCOUNT_TABLE, space, addresses);
    return error ? error : pay_for_extension(invocation);
}

/* Deactivation begins the wait before a table can be closed. There is no way
 * back. */
static enum instruction_error deactivate(struct invocation *invocation)
{
    struct lookup_table table;
    enum instruction_error error = check_own(invocation);
    if (!error)
        error = open_own(invocation, "Lookup table is frozen", &table);
    if (error)
        return error;
    if (table.deactivation_slot != UINT64_MAX)
        return refuse(invocation, INSTRUCTION_INVALID_ARGUMENT,
                      "Lookup table is already deactivated");
    table.deactivation_slot = invocation->environment->slot;
    return store_meta(invocation, &table);
}

/* A table must not be closed while its slot is recent: it could be made again
 * at the same address, with other contents under the same indexes. */
static enum instruction_error check_closing(struct invocation *invocation,
                                            const struct lookup_table *table)
{
    if (table->deactivation_slot == UINT64_MAX)
        return refuse(invocation, INSTRUCTION_INVALID_ARGUMENT,
                      "Lookup table is not deactivated");
    uint64_t remaining = lookup_table_remaining(table, invocation->environment);
    if (remaining) {
        invocation_log(invocation,
                       "Table cannot be closed until it's fully deactivated "
                       "in %" PRIu64 " blocks",
                       remaining);
        return INSTRUCTION_INVALID_ARGUMENT;
    }
    if (!invocation_is_writable(invocation, ACCOUNT_PAYER))
        return fail(invocation, LOOKUP_TABLE_ERROR_READONLY_LAMPORTS);
    if (!invocation_is_writable(invocation, ACCOUNT_TABLE))
        return fail(invocation, LOOKUP_TABLE_ERROR_READONLY_DATA);
    return INSTRUCTION_OK;
}

/* The account ends without lamports, so it is gone after the transaction. The
 * lamports can't go to the table itself: that would close nothing. */
static enum instruction_error close_table(struct invocation *invocation)
{
    struct lookup_table table;
    enum instruction_error error = check_own(invocation);
    if (!error)
        error = invocation_require(invocation, ACCOUNT_PAYER + 1);
    if (error)
        return error;
    const struct loaded_account *account =
        invocation_account(invocation, ACCOUNT_TABLE);
    if (pubkey_equal(&account->key,
                     &invocation_account(invocation, ACCOUNT_PAYER)->key))
        return refuse(invocation, INSTRUCTION_INVALID_ARGUMENT,
                      "Lookup table cannot be the recipient of reclaimed "
                      "lamports");
    error = open_own(invocation, "Lookup table is frozen", &table);
    if (!error)
        error = check_closing(invocation, &table);
    if (!error)
        error = invocation_move(invocation, ACCOUNT_TABLE, ACCOUNT_PAYER,
                                account->lamports);
    return error ? error : invocation_resize(invocation, ACCOUNT_TABLE, 0);
}

/* Data: slot u64le, bump u8. */
static enum instruction_error run_create(struct invocation *invocation,
                                         struct reader *reader)
{
    uint64_t slot;
    uint8_t bump;
    if (reader_u64le(reader, &slot) || reader_u8(reader, &bump))
        return INSTRUCTION_INVALID_INSTRUCTION_DATA;
    invocation_log(invocation, "Instruction: CreateLookupTable");
    return create(invocation, slot, bump);
}

/* Data: count u64le, addresses. The count is limited to what a transaction can
 * hold, so that the product can't overflow. */
static enum instruction_error run_extend(struct invocation *invocation,
                                         struct reader *reader)
{
    uint64_t count;
    struct bytes addresses;
    if (reader_u64le(reader, &count) || count > TRANSACTION_SIZE_MAX / 32 ||
        reader_take(reader, count * 32, &addresses))
        return INSTRUCTION_INVALID_INSTRUCTION_DATA;
    invocation_log(invocation, "Instruction: ExtendLookupTable");
    return extend(invocation, addresses);
}

/* Data begins with the kind, u32le, as bincode numbers an enum. */
static enum instruction_error dispatch(struct invocation *invocation)
{
    struct reader reader = reader_make(invocation->data);
    uint32_t kind;
    if (reader_u32le(&reader, &kind))
        return INSTRUCTION_INVALID_INSTRUCTION_DATA;
    switch (kind) {
    case LOOKUP_TABLE_CREATE:
        return run_create(invocation, &reader);
    case LOOKUP_TABLE_FREEZE:
        invocation_log(invocation, "Instruction: FreezeLookupTable");
        return freeze(invocation);
    case LOOKUP_TABLE_EXTEND:
        return run_extend(invocation, &reader);
    case LOOKUP_TABLE_DEACTIVATE:
        invocation_log(invocation, "Instruction: DeactivateLookupTable");
        return deactivate(invocation);
    case LOOKUP_TABLE_CLOSE:
        invocation_log(invocation, "Instruction: CloseLookupTable");
        return close_table(invocation);
    default:
        return INSTRUCTION_INVALID_INSTRUCTION_DATA;
    }
}

static enum instruction_error
lookup_table_execute(struct invocation *invocation)
{
    enum instruction_error error = dispatch(invocation);
    invocation_log_error(invocation, error);
    return error;
}

const struct program lookup_table_program = {
    .id = &ADDRESS_LOOKUP_TABLE_PROGRAM_ID,
    .text = "AddressLookupTab1e1111111111111111111111111",
    .name = "address_lookup_table_program",
    .compute_units = LOOKUP_TABLE_COMPUTE_UNITS,
    .is_virtual = true,
    .execute = lookup_table_execute};
