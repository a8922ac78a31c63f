/*
 * An account's owner alone changes its lamports and data. So the program takes
 * the account over, works on it by the ordinary calls, and hands it to the
 * owner that it shall have.
 */
#include "settlement/programs/development_program.h"

#include "settlement/format/development_instruction.h"
#include "settlement/format/well_known.h"

/* About what the System program takes for as much work. */
#define DEVELOPMENT_COMPUTE_UNITS 150

/* Places in the list of accounts. */
enum { AUTHORITY_ACCOUNT, AUTHORITY, TARGET, ACCOUNTS };

/* The account that names the authority can't be forged: nobody signs for its
 * key, so it is there from the genesis or never. */
static enum instruction_error check_authority(struct invocation *invocation)
{
    enum instruction_error error = invocation_require(invocation, ACCOUNTS);
    if (error)
        return error;
    const struct loaded_account *named =
        invocation_account(invocation, AUTHORITY_ACCOUNT);
    struct bytes key = invocation_data(invocation, AUTHORITY_ACCOUNT);
    if (!pubkey_equal(&named->key, &DEVELOPMENT_AUTHORITY_ID) ||
        !pubkey_equal(&named->owner, &DEVELOPMENT_PROGRAM_ID) ||
        key.size != sizeof(struct pubkey)) {
        invocation_log(invocation, "This network's genesis lets nobody set "
                                   "accounts");
        return INSTRUCTION_INVALID_ACCOUNT_OWNER;
    }
    if (!bytes_equal(
            key,
            bytes_make(invocation_account(invocation, AUTHORITY)->key.bytes,
                       sizeof(struct pubkey))))
        return INSTRUCTION_INCORRECT_AUTHORITY;
    return invocation_is_signer(invocation, AUTHORITY)
               ? INSTRUCTION_OK
               : INSTRUCTION_MISSING_REQUIRED_SIGNATURE;
}

/* The authority's lamports are the System program's to move. */
static enum instruction_error set_lamports(struct invocation *invocation,
                                           uint64_t lamports)
{
    uint64_t present = invocation_account(invocation, TARGET)->lamports;
    if (lamports > present)
        return invocation_system_transfer(invocation, AUTHORITY, TARGET,
                                          lamports - present);
    return invocation_move(invocation, TARGET, AUTHORITY, present - lamports);
}

static enum instruction_error set_account(struct invocation *invocation,
                                          struct reader *reader)
{
    uint64_t lamports, space, serial;
    struct pubkey owner;
    if (reader_u64le(reader, &lamports) ||
        reader_copy(reader, owner.bytes, sizeof(owner.bytes)) ||
        reader_u64le(reader, &space) || reader_u64le(reader, &serial))
        return INSTRUCTION_INVALID_INSTRUCTION_DATA;
    enum instruction_error error =
        invocation_take_over(invocation, TARGET, &DEVELOPMENT_PROGRAM_ID);
    if (!error)
        error = set_lamports(invocation, lamports);
    if (!error)
        error = invocation_resize(invocation, TARGET, space);
    return error ? error : invocation_take_over(invocation, TARGET, &owner);
}

static enum instruction_error write_account(struct invocation *invocation,
                                            struct reader *reader)
{
    uint64_t offset, serial;
    if (reader_u64le(reader, &offset) || reader_u64le(reader, &serial))
        return INSTRUCTION_INVALID_INSTRUCTION_DATA;
    struct pubkey owner = invocation_account(invocation, TARGET)->owner;
    enum instruction_error error =
        invocation_take_over(invocation, TARGET, &DEVELOPMENT_PROGRAM_ID);
    if (!error)
        error = invocation_write(invocation, TARGET, offset, reader->left);
    return error ? error : invocation_take_over(invocation, TARGET, &owner);
}

static enum instruction_error development_execute(struct invocation *invocation)
{
    struct reader reader = reader_make(invocation->data);
    uint8_t kind;
    enum instruction_error error = check_authority(invocation);
    if (error)
        return error;
    if (reader_u8(&reader, &kind))
        return INSTRUCTION_INVALID_INSTRUCTION_DATA;
    const struct loaded_account *target =
        invocation_account(invocation, TARGET);
    if (target->rendered) {
        invocation_log(invocation, "A task's account has no bytes to set");
        return INSTRUCTION_INVALID_ARGUMENT;
    }
    if (target == invocation_account(invocation, AUTHORITY)) {
        invocation_log(invocation, "The authority can't set its own account, "
                                   "which pays for what is set");
        return INSTRUCTION_INVALID_ARGUMENT;
    }
    switch (kind) {
    case DEVELOPMENT_SET_ACCOUNT:
        return set_account(invocation, &reader);
    case DEVELOPMENT_WRITE_ACCOUNT:
        return write_account(invocation, &reader);
    }
    return INSTRUCTION_INVALID_INSTRUCTION_DATA;
}

const struct program development_program = {
    .id = &DEVELOPMENT_PROGRAM_ID,
    .text = "Deve1opment11111111111111111111111111111111",
    .name = "development_program",
    .compute_units = DEVELOPMENT_COMPUTE_UNITS,
    .execute = development_execute};
