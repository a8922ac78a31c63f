/*
 * Names and texts of Solana's error values, and their three forms: JSON for
 * clients, a sentence for people, seven bytes for the disk.
 *
 * The tables are Solana's. A client that knows Solana matches on the names and
 * shows the texts, so neither may be improved. Values that never arise here are
 * there because Pond's client reads what other nodes answer.
 *
 * Pure; any thread.
 */
#include "settlement/format/transaction_error.h"
#include "base/check.h"
#include "base/error.h"
#include <inttypes.h>

/* A value's name, and its sentence, in which %u stands for the index of an
 * instruction or account. Both are spelled as in Solana 2.2, with full stops
 * where Solana has them. */
struct error_words {
    const char *name;
    const char *text;
};

/* InstructionError of solana-instruction-error. The texts of older variants
 * begin in lower case there, those of newer ones in upper case. */
static const struct error_words instruction_words[] = {
    [INSTRUCTION_OK] = {"", ""},
    [INSTRUCTION_GENERIC_ERROR] = {"GenericError", "generic instruction error"},
    [INSTRUCTION_INVALID_ARGUMENT] = {"InvalidArgument",
                                      "invalid program argument"},
    [INSTRUCTION_INVALID_INSTRUCTION_DATA] = {"InvalidInstructionData",
                                              "invalid instruction data"},
    [INSTRUCTION_INVALID_ACCOUNT_DATA] =
        {"InvalidAccountData", "invalid account data for instruction"},
    [INSTRUCTION_ACCOUNT_DATA_TOO_SMALL] =
        {"AccountDataTooSmall", "account data too small for instruction"},
    [INSTRUCTION_INSUFFICIENT_FUNDS] = {"InsufficientFunds",
                                        "insufficient funds for instruction"},
    [INSTRUCTION_INCORRECT_PROGRAM_ID] =
        {"IncorrectProgramId", "incorrect program id for instruction"},
    [INSTRUCTION_MISSING_REQUIRED_SIGNATURE] =
        {"MissingRequiredSignature",
         "missing required signature for instruction"},
    [INSTRUCTION_ACCOUNT_ALREADY_INITIALIZED] =
        {"AccountAlreadyInitialized",
         "instruction requires an uninitialized account"},
    [INSTRUCTION_UNINITIALIZED_ACCOUNT] =
        {"UninitializedAccount", "instruction requires an initialized account"},
    [INSTRUCTION_UNBALANCED_INSTRUCTION] =
        {"UnbalancedInstruction",
         "sum of account balances before and after instruction do not match"},
    [INSTRUCTION_MODIFIED_PROGRAM_ID] =
        {"ModifiedProgramId",
         "instruction illegally modified the program id of an account"},
    [INSTRUCTION_EXTERNAL_ACCOUNT_LAMPORT_SPEND] =
        {"ExternalAccountLamportSpend",
         "instruction spent from the balance of an account it does not own"},
    [INSTRUCTION_EXTERNAL_ACCOUNT_DATA_MODIFIED] =
        {"ExternalAccountDataModified",
         "instruction modified data of an account it does not own"},
    [INSTRUCTION_READONLY_LAMPORT_CHANGE] =
        {"ReadonlyLamportChange",
         "instruction changed the balance of a read-only account"},
    [INSTRUCTION_READONLY_DATA_MODIFIED] =
        {"ReadonlyDataModified",
         "instruction modified data of a read-only account"},
    [INSTRUCTION_DUPLICATE_ACCOUNT_INDEX] =
        {"DuplicateAccountIndex", "instruction contains duplicate accounts"},
    [INSTRUCTION_EXECUTABLE_MODIFIED] =
        {"ExecutableModified",
         "instruction changed executable bit of an account"},
    [INSTRUCTION_RENT_EPOCH_MODIFIED] =
        {"RentEpochModified", "instruction modified rent epoch of an account"},
    [INSTRUCTION_NOT_ENOUGH_ACCOUNT_KEYS] =
        {"NotEnoughAccountKeys", "insufficient account keys for instruction"},
    [INSTRUCTION_ACCOUNT_DATA_SIZE_CHANGED] =
        {"AccountDataSizeChanged", "program other than the account's owner "
                                   "changed the size of the account data"},
    [INSTRUCTION_ACCOUNT_NOT_EXECUTABLE] =
        {"AccountNotExecutable", "instruction expected an executable account"},
    [INSTRUCTION_ACCOUNT_BORROW_FAILED] =
        {"AccountBorrowFailed", "instruction tries to borrow reference for an "
                                "account which is already borrowed"},
    [INSTRUCTION_ACCOUNT_BORROW_OUTSTANDING] =
        {"AccountBorrowOutstanding",
         "instruction left account with an outstanding borrowed reference"},
    [INSTRUCTION_DUPLICATE_ACCOUNT_OUT_OF_SYNC] =
        {"DuplicateAccountOutOfSync",
         "instruction modifications of multiply-passed account differ"},
    [INSTRUCTION_CUSTOM] = {"Custom", ""},
    [INSTRUCTION_INVALID_ERROR] = {"InvalidError",
                                   "program returned invalid error code"},
    [INSTRUCTION_EXECUTABLE_DATA_MODIFIED] =
        {"ExecutableDataModified",
         "instruction changed executable accounts data"},
    [INSTRUCTION_EXECUTABLE_LAMPORT_CHANGE] =
        {"ExecutableLamportChange",
         "instruction changed the balance of an executable account"},
    [INSTRUCTION_EXECUTABLE_ACCOUNT_NOT_RENT_EXEMPT] =
        {"ExecutableAccountNotRentExempt",
         "executable accounts must be rent exempt"},
    [INSTRUCTION_UNSUPPORTED_PROGRAM_ID] = {"UnsupportedProgramId",
                                            "Unsupported program id"},
    [INSTRUCTION_CALL_DEPTH] = {"CallDepth",
                                "Cross-program invocation call depth too deep"},
    [INSTRUCTION_MISSING_ACCOUNT] =
        {"MissingAccount", "An account required by the instruction is missing"},
    [INSTRUCTION_REENTRANCY_NOT_ALLOWED] =
        {"ReentrancyNotAllowed", "Cross-program invocation reentrancy not "
                                 "allowed for this instruction"},
    [INSTRUCTION_MAX_SEED_LENGTH_EXCEEDED] =
        {"MaxSeedLengthExceeded",
         "Length of the seed is too long for address generation"},
    [INSTRUCTION_INVALID_SEEDS] =
        {"InvalidSeeds", "Provided seeds do not result in a valid address"},
    [INSTRUCTION_INVALID_REALLOC] = {"InvalidRealloc",
                                     "Failed to reallocate account data"},
    [INSTRUCTION_COMPUTATIONAL_BUDGET_EXCEEDED] =
        {"ComputationalBudgetExceeded", "Computational budget exceeded"},
    [INSTRUCTION_PRIVILEGE_ESCALATION] =
        {"PrivilegeEscalation", "Cross-program invocation with unauthorized "
                                "signer or writable account"},
    [INSTRUCTION_PROGRAM_ENVIRONMENT_SETUP_FAILURE] =
        {"ProgramEnvironmentSetupFailure",
         "Failed to create program execution environment"},
    [INSTRUCTION_PROGRAM_FAILED_TO_COMPLETE] = {"ProgramFailedToComplete",
                                                "Program failed to complete"},
    [INSTRUCTION_PROGRAM_FAILED_TO_COMPILE] = {"ProgramFailedToCompile",
                                               "Program failed to compile"},
    [INSTRUCTION_IMMUTABLE] = {"Immutable", "Account is immutable"},
    [INSTRUCTION_INCORRECT_AUTHORITY] = {"IncorrectAuthority",
                                         "Incorrect authority provided"},
    [INSTRUCTION_BORSH_IO_ERROR] =
        {"BorshIoError", "Failed to serialize or deserialize account data"},
    [INSTRUCTION_ACCOUNT_NOT_RENT_EXEMPT] =
        {"AccountNotRentExempt",
         "An account does not have enough lamports to be rent-exempt"},
    [INSTRUCTION_INVALID_ACCOUNT_OWNER] = {"InvalidAccountOwner",
                                           "Invalid account owner"},
    [INSTRUCTION_ARITHMETIC_OVERFLOW] = {"ArithmeticOverflow",
                                         "Program arithmetic overflowed"},
    [INSTRUCTION_UNSUPPORTED_SYSVAR] = {"UnsupportedSysvar",
                                        "Unsupported sysvar"},
    [INSTRUCTION_ILLEGAL_OWNER] = {"IllegalOwner",
                                   "Provided owner is not allowed"},
    [INSTRUCTION_MAX_ACCOUNTS_DATA_ALLOCATIONS_EXCEEDED] =
        {"MaxAccountsDataAllocationsExceeded",
         "Accounts data allocations exceeded the maximum allowed per "
         "transaction"},
    [INSTRUCTION_MAX_ACCOUNTS_EXCEEDED] = {"MaxAccountsExceeded",
                                           "Max accounts exceeded"},
    [INSTRUCTION_MAX_INSTRUCTION_TRACE_LENGTH_EXCEEDED] =
        {"MaxInstructionTraceLengthExceeded",
         "Max instruction trace length exceeded"},
    [INSTRUCTION_BUILTIN_PROGRAMS_MUST_CONSUME_COMPUTE_UNITS] =
        {"BuiltinProgramsMustConsumeComputeUnits",
         "Builtin programs must consume compute units"},
};

/* TransactionError of solana-transaction-error. */
static const struct error_words transaction_words[] = {
    [TRANSACTION_OK] = {"", ""},
    [TRANSACTION_ACCOUNT_IN_USE] = {"AccountInUse", "Account in use"},
    [TRANSACTION_ACCOUNT_LOADED_TWICE] = {"AccountLoadedTwice",
                                          "Account loaded twice"},
    [TRANSACTION_ACCOUNT_NOT_FOUND] =
        {"AccountNotFound",
         "Attempt to debit an account but found no record of a prior credit."},
    [TRANSACTION_PROGRAM_ACCOUNT_NOT_FOUND] =
        {"ProgramAccountNotFound",
         "Attempt to load a program that does not exist"},
    [TRANSACTION_INSUFFICIENT_FUNDS_FOR_FEE] = {"InsufficientFundsForFee",
                                                "Insufficient funds for fee"},
    [TRANSACTION_INVALID_ACCOUNT_FOR_FEE] =
        {"InvalidAccountForFee",
         "This account may not be used to pay transaction fees"},
    [TRANSACTION_ALREADY_PROCESSED] =
        {"AlreadyProcessed", "This transaction has already been processed"},
    [TRANSACTION_BLOCKHASH_NOT_FOUND] = {"BlockhashNotFound",
                                         "Blockhash not found"},
    [TRANSACTION_INSTRUCTION_ERROR] = {"InstructionError",
                                       "Error processing Instruction %u"},
    [TRANSACTION_CALL_CHAIN_TOO_DEEP] = {"CallChainTooDeep",
                                         "Loader call chain is too deep"},
    [TRANSACTION_MISSING_SIGNATURE_FOR_FEE] =
        {"MissingSignatureForFee",
         "Transaction requires a fee but has no signature present"},
    [TRANSACTION_INVALID_ACCOUNT_INDEX] =
        {"InvalidAccountIndex",
         "Transaction contains an invalid account reference"},
    [TRANSACTION_SIGNATURE_FAILURE] =
        {"SignatureFailure", "Transaction did not pass signature verification"},
    [TRANSACTION_INVALID_PROGRAM_FOR_EXECUTION] =
        {"InvalidProgramForExecution",
         "This program may not be used for executing instructions"},
    [TRANSACTION_SANITIZE_FAILURE] =
        {"SanitizeFailure",
         "Transaction failed to sanitize accounts offsets correctly"},
    [TRANSACTION_CLUSTER_MAINTENANCE] =
        {"ClusterMaintenance",
         "Transactions are currently disabled due to cluster maintenance"},
    [TRANSACTION_ACCOUNT_BORROW_OUTSTANDING] =
        {"AccountBorrowOutstanding", "Transaction processing left an account "
                                     "with an outstanding borrowed reference"},
    [TRANSACTION_WOULD_EXCEED_MAX_BLOCK_COST_LIMIT] =
        {"WouldExceedMaxBlockCostLimit",
         "Transaction would exceed max Block Cost Limit"},
    [TRANSACTION_UNSUPPORTED_VERSION] = {"UnsupportedVersion",
                                         "Transaction version is unsupported"},
    [TRANSACTION_INVALID_WRITABLE_ACCOUNT] =
        {"InvalidWritableAccount",
         "Transaction loads a writable account that cannot be written"},
    [TRANSACTION_WOULD_EXCEED_MAX_ACCOUNT_COST_LIMIT] =
        {"WouldExceedMaxAccountCostLimit",
         "Transaction would exceed max account limit within the block"},
    [TRANSACTION_WOULD_EXCEED_ACCOUNT_DATA_BLOCK_LIMIT] =
        {"WouldExceedAccountDataBlockLimit",
         "Transaction would exceed account data limit within the block"},
    [TRANSACTION_TOO_MANY_ACCOUNT_LOCKS] =
        {"TooManyAccountLocks", "Transaction locked too many accounts"},
    [TRANSACTION_ADDRESS_LOOKUP_TABLE_NOT_FOUND] =
        {"AddressLookupTableNotFound",
         "Transaction loads an address table account that doesn't exist"},
    [TRANSACTION_INVALID_ADDRESS_LOOKUP_TABLE_OWNER] =
        {"InvalidAddressLookupTableOwner",
         "Transaction loads an address table account with an invalid owner"},
    [TRANSACTION_INVALID_ADDRESS_LOOKUP_TABLE_DATA] =
        {"InvalidAddressLookupTableData",
         "Transaction loads an address table account with invalid data"},
    [TRANSACTION_INVALID_ADDRESS_LOOKUP_TABLE_INDEX] =
        {"InvalidAddressLookupTableIndex",
         "Transaction address table lookup uses an invalid index"},
    [TRANSACTION_INVALID_RENT_PAYING_ACCOUNT] =
        {"InvalidRentPayingAccount", "Transaction leaves an account with a "
                                     "lower balance than rent-exempt minimum"},
    [TRANSACTION_WOULD_EXCEED_MAX_VOTE_COST_LIMIT] =
        {"WouldExceedMaxVoteCostLimit",
         "Transaction would exceed max Vote Cost Limit"},
    [TRANSACTION_WOULD_EXCEED_ACCOUNT_DATA_TOTAL_LIMIT] =
        {"WouldExceedAccountDataTotalLimit",
         "Transaction would exceed total account data limit"},
    [TRANSACTION_DUPLICATE_INSTRUCTION] =
        {"DuplicateInstruction", "Transaction contains a duplicate instruction "
                                 "(%u) that is not allowed"},
    [TRANSACTION_INSUFFICIENT_FUNDS_FOR_RENT] =
        {"InsufficientFundsForRent", "Transaction results in an account (%u) "
                                     "with insufficient funds for rent"},
    [TRANSACTION_MAX_LOADED_ACCOUNTS_DATA_SIZE_EXCEEDED] =
        {"MaxLoadedAccountsDataSizeExceeded",
         "Transaction exceeded max loaded accounts data size cap"},
    [TRANSACTION_INVALID_LOADED_ACCOUNTS_DATA_SIZE_LIMIT] =
        {"InvalidLoadedAccountsDataSizeLimit",
         "LoadedAccountsDataSizeLimit set for transaction must be greater than "
         "0."},
    [TRANSACTION_RESANITIZATION_NEEDED] = {"ResanitizationNeeded",
                                           "ResanitizationNeeded"},
    [TRANSACTION_PROGRAM_EXECUTION_TEMPORARILY_RESTRICTED] =
        {"ProgramExecutionTemporarilyRestricted",
         "Execution of the program referenced by account at index %u is "
         "temporarily restricted."},
    [TRANSACTION_UNBALANCED_TRANSACTION] =
        {"UnbalancedTransaction",
         "Sum of account balances before and after transaction do not match"},
    [TRANSACTION_PROGRAM_CACHE_HIT_MAX_LIMIT] = {"ProgramCacheHitMaxLimit",
                                                 "Program cache hit max limit"},
    [TRANSACTION_COMMIT_CANCELLED] = {"CommitCancelled", "CommitCancelled"},
};

/* The variant's name in Rust, which is also its name in JSON. */
const char *transaction_error_name(enum transaction_error error)
{
    CHECK((unsigned)error < TRANSACTION_ERROR_COUNT);
    return transaction_words[error].name;
}

const char *instruction_error_name(enum instruction_error error)
{
    CHECK((unsigned)error < INSTRUCTION_ERROR_COUNT);
    return instruction_words[error].name;
}

/* {"InstructionError":[0,{"Custom":1}]}, or with a name in place of the object:
 * serde's form of a tuple variant. */
static void write_instruction_error(struct json_writer *writer,
                                    struct transaction_status status)
{
    json_open_object(writer);
    json_name(writer, "InstructionError");
    json_open_array(writer);
    json_write_u64(writer, status.index);
    if (status.instruction == INSTRUCTION_CUSTOM) {
        json_open_object(writer);
        json_field_u64(writer, "Custom", status.custom);
        json_close_object(writer);
    } else {
        json_write_text(writer, instruction_error_name(status.instruction));
    }
    json_close_array(writer);
    json_close_object(writer);
}

/* A bare number, or an object with account_index, as the variant is declared in
 * Rust: DuplicateInstruction(u8), the others with a named field. */
static void write_with_index(struct json_writer *writer,
                             struct transaction_status status)
{
    const char *name = transaction_error_name(status.error);
    json_open_object(writer);
    json_name(writer, name);
    if (status.error == TRANSACTION_DUPLICATE_INSTRUCTION) {
        json_write_u64(writer, status.index);
    } else {
        json_open_object(writer);
        json_field_u64(writer, "account_index", status.index);
        json_close_object(writer);
    }
    json_close_object(writer);
}

/* In serde's form, as an RPC's "err" has it: null, a name, or an object with
 * one field. */
void transaction_status_json(struct json_writer *writer,
                             struct transaction_status status)
{
    switch (status.error) {
    case TRANSACTION_OK:
        json_write_null(writer);
        break;
    case TRANSACTION_INSTRUCTION_ERROR:
        write_instruction_error(writer, status);
        break;
    case TRANSACTION_DUPLICATE_INSTRUCTION:
    case TRANSACTION_INSUFFICIENT_FUNDS_FOR_RENT:
    case TRANSACTION_PROGRAM_EXECUTION_TEMPORARILY_RESTRICTED:
        write_with_index(writer, status);
        break;
    default:
        json_write_text(writer, transaction_error_name(status.error));
    }
}

/* The place of name among count words; 0 (which has no name) if absent. */
static unsigned find_name(const struct error_words *words, unsigned count,
                          const char *name)
{
    for (unsigned i = 1; i < count; i++)
        if (!strcmp(words[i].name, name))
            return i;
    return 0;
}

/* {"Custom": n}, where n is a u32 as in Rust. */
static int parse_custom(struct json_object *value,
                        struct transaction_status *out)
{
    uint64_t custom;
    int status = json_get_u64(value, "Custom", &custom);
    if (status)
        return status;
    if (custom > UINT32_MAX)
        return err_set(ERR_INVALID, "custom error %" PRIu64 " is no u32",
                       custom);
    out->instruction = INSTRUCTION_CUSTOM;
    out->custom = (uint32_t)custom;
    return 0;
}

/* [index, "Name" or {"Custom": n}]. The index is a u8 in Rust. An unknown name
 * is refused. */
static int parse_instruction_error(struct json_object *pair,
                                   struct transaction_status *out)
{
    if (!json_object_is_type(pair, json_type_array) ||
        json_object_array_length(pair) != 2)
        return err_set(ERR_INVALID, "InstructionError is not a pair");
    struct json_object *index = json_object_array_get_idx(pair, 0);
    struct json_object *error = json_object_array_get_idx(pair, 1);
    uint64_t place;
    if (!json_is_u64(index, &place) || place > UINT8_MAX)
        return err_set(ERR_INVALID, "InstructionError without an index");
    out->index = (uint8_t)place;
    if (json_object_is_type(error, json_type_object))
        return parse_custom(error, out);
    if (!json_object_is_type(error, json_type_string))
        return err_set(ERR_INVALID, "InstructionError without a name");
    const char *name = json_object_get_string(error);
    out->instruction =
        (uint8_t)find_name(instruction_words, INSTRUCTION_ERROR_COUNT, name);
    if (!out->instruction)
        return err_set(ERR_INVALID, "unknown instruction error %s", name);
    return 0;
}

/* The two forms of write_with_index(). */
static int parse_index(struct json_object *value,
                       struct transaction_status *out)
{
    uint64_t index;
    if (!json_is_u64(value, &index)) {
        int status = json_get_u64(value, "account_index", &index);
        if (status)
            return status;
    }
    if (index > UINT8_MAX)
        return err_set(ERR_INVALID, "index %" PRIu64 " is no u8", index);
    out->index = (uint8_t)index;
    return 0;
}

/* The first field's name is the error. Other fields are ignored. */
static int parse_object(struct json_object *object,
                        struct transaction_status *out)
{
    json_object_object_foreach(object, name, value)
    {
        out->error = (uint8_t)find_name(transaction_words,
                                        TRANSACTION_ERROR_COUNT, name);
        if (out->error == TRANSACTION_INSTRUCTION_ERROR)
            return parse_instruction_error(value, out);
        if (out->error)
            return parse_index(value, out);
        return err_set(ERR_INVALID, "unknown transaction error %s", name);
    }
    return err_set(ERR_INVALID, "a transaction error without a name");
}

int transaction_status_parse(struct json_object *value,
                             struct transaction_status *out)
{
    *out = (struct transaction_status){0};
    if (!value)
        return 0;
    if (json_object_is_type(value, json_type_object))
        return parse_object(value, out);
    if (!json_object_is_type(value, json_type_string))
        return err_set(ERR_INVALID, "a transaction error is text or object");
    const char *name = json_object_get_string(value);
    out->error =
        (uint8_t)find_name(transaction_words, TRANSACTION_ERROR_COUNT, name);
    if (!out->error)
        return err_set(ERR_INVALID, "unknown transaction error %s", name);
    return 0;
}

/* Numbers are hexadecimal, as in the documentation of Solana's programs. */
void instruction_error_text(enum instruction_error error, uint32_t custom,
                            struct buffer *out)
{
    CHECK((unsigned)error < INSTRUCTION_ERROR_COUNT);
    if (error == INSTRUCTION_CUSTOM)
        buffer_format(out, "custom program error: 0x%" PRIx32, custom);
    else
        buffer_text(out, instruction_words[error].text);
}

/* The texts are data, so printf never sees their %u. After an instruction's
 * index comes the instruction's error; after an account's, the rest of the
 * sentence. */
void transaction_status_text(struct transaction_status status,
                             struct buffer *out)
{
    CHECK(status.error < TRANSACTION_ERROR_COUNT);
    const char *text = transaction_words[status.error].text;
    const char *number = strstr(text, "%u");
    if (!number) {
        buffer_text(out, text);
        return;
    }
    buffer_append(out, text, (size_t)(number - text));
    buffer_format(out, "%u", status.index);
    if (status.error == TRANSACTION_INSTRUCTION_ERROR) {
        buffer_text(out, ": ");
        instruction_error_text(status.instruction, status.custom, out);
    } else {
        buffer_text(out, number + 2);
    }
}

/* Always 7 bytes: records on disk are read by place. */
void transaction_status_encode(struct transaction_status status,
                               struct buffer *out)
{
    buffer_u8(out, status.error);
    buffer_u8(out, status.index);
    buffer_u8(out, status.instruction);
    buffer_u32le(out, status.custom);
}

/* A value beyond the enums means a record that is broken or newer than this
 * program. */
int transaction_status_decode(struct reader *reader,
                              struct transaction_status *out)
{
    struct reader copy = *reader;
    int status = reader_u8(&copy, &out->error);
    if (!status)
        status = reader_u8(&copy, &out->index);
    if (!status)
        status = reader_u8(&copy, &out->instruction);
    if (!status)
        status = reader_u32le(&copy, &out->custom);
    if (status)
        return status;
    if (out->error >= TRANSACTION_ERROR_COUNT ||
        out->instruction >= INSTRUCTION_ERROR_COUNT)
        return err_set(ERR_INVALID, "an unknown transaction status: the record "
                                    "is broken or of a newer version");
    *reader = copy;
    return 0;
}
