/*
 * Reading a transaction's budget. Each program here costs a fixed figure
 * (struct program), because native code has no instructions to count; the task
 * programs also cost a figure for each row and byte. The limit is enforced
 * against the sum.
 *
 * The budget is read before anything executes, since the fee follows from it
 * (limit × price, whatever is used in the end). A budget that can't be read
 * refuses the transaction without a fee. So which error an instruction of this
 * program gives, and at which index, decides about the block's validity: both
 * are Agave's.
 *
 * A transaction that sets too low a limit of units or of loaded data fails as
 * on Solana, because clients depend on that (execute.c). The heap that it asks
 * for is checked and has no other effect.
 */
#include "settlement/format/compute_budget.h"
#include "base/check.h"
#include "settlement/format/well_known.h"

/* Solana's heap sizes, in bytes: multiples of 1 KiB in this range. The native
 * programs here use none; the request is only checked. */
#define HEAP_SIZE_MIN (32u * 1024)
#define HEAP_SIZE_MAX (256u * 1024)

/* Solana's 60 million in 400 ms. Slots last a minute at most (genesis.h), so
 * the product is small. */
#define BLOCK_UNITS_PER_MS 150000

/* An instruction's first byte. 0 was RequestUnits, which Solana has withdrawn.
 */
enum compute_budget_instruction {
    COMPUTE_REQUEST_HEAP_FRAME = 1,
    COMPUTE_SET_UNIT_LIMIT = 2,
    COMPUTE_SET_UNIT_PRICE = 3,
    COMPUTE_SET_LOADED_DATA_SIZE = 4,
};

/* What a transaction's instructions asked for so far. budget is borrowed. */
struct request {
    struct compute_budget *budget;
    unsigned seen; /* a bit for each kind of instruction */
    uint64_t heap_size;
    size_t heap_index; /* of the instruction that asks for it */
};

/* A budget that can't be read fails the instruction that asks for it. */
static struct transaction_status
instruction_status(size_t index, enum instruction_error error)
{
    return (struct transaction_status){.error = TRANSACTION_INSTRUCTION_ERROR,
                                       .index = (uint8_t)index,
                                       .instruction = (uint8_t)error};
}

/* Bytes after the field are allowed, as Borsh's unchecked reading allows them.
 * The price is the one field of 8 bytes. */
static int read_fields(struct bytes data, uint8_t *kind, uint64_t *value)
{
    struct reader reader = reader_make(data);
    uint32_t small = 0;
    int status = reader_u8(&reader, kind);
    if (status)
        return status;
    if (*kind == COMPUTE_SET_UNIT_PRICE)
        return reader_u64le(&reader, value);
    status = reader_u32le(&reader, &small);
    *value = small;
    return status;
}

/* Each kind at most once. Limits above the most are cut, not refused. */
static struct transaction_status
read_instruction(struct request *request, size_t index, struct bytes data)
{
    struct transaction_status invalid =
        instruction_status(index, INSTRUCTION_INVALID_INSTRUCTION_DATA);
    uint8_t kind;
    uint64_t value;
    if (read_fields(data, &kind, &value) || kind < COMPUTE_REQUEST_HEAP_FRAME ||
        kind > COMPUTE_SET_LOADED_DATA_SIZE)
        return invalid;
    if (request->seen & 1u << kind)
        return (struct transaction_status){
            .error = TRANSACTION_DUPLICATE_INSTRUCTION,
            .index = (uint8_t)index};
    request->seen |= 1u << kind;
    switch (kind) {
    case COMPUTE_REQUEST_HEAP_FRAME:
        request->heap_size = value;
        request->heap_index = index;
        break;
    case COMPUTE_SET_UNIT_LIMIT:
        request->budget->unit_limit = value < COMPUTE_UNIT_LIMIT_MAX
                                          ? (uint32_t)value
                                          : COMPUTE_UNIT_LIMIT_MAX;
        break;
    case COMPUTE_SET_UNIT_PRICE:
        request->budget->unit_price = value;
        break;
    default:
        request->budget->loaded_data_size_max = value < LOADED_DATA_SIZE_MAX
                                                    ? (uint32_t)value
                                                    : LOADED_DATA_SIZE_MAX;
    }
    return transaction_status_of(TRANSACTION_OK);
}

/* Asked after all instructions have been read, because an instruction that
 * can't be read is reported first, wherever it stands. */
static bool is_heap_refused(const struct request *request)
{
    uint64_t size = request->heap_size;
    return request->seen & 1u << COMPUTE_REQUEST_HEAP_FRAME &&
           (size < HEAP_SIZE_MIN || size > HEAP_SIZE_MAX || size % 1024);
}

/* The programs that Solana counts as builtin for the default limit. The list
 * decides what a transaction without a limit bids (price × limit), so it must
 * not grow with the programs that are native here. */
static bool is_builtin(const struct pubkey *program)
{
    return pubkey_equal(program, &SYSTEM_PROGRAM_ID) ||
           pubkey_equal(program, &COMPUTE_BUDGET_PROGRAM_ID);
}

/* The units that an instruction adds if the transaction sets no limit. The cost
 * of an instruction of a task program follows from the size of the task, and
 * Koii's clients set no limit: so such an instruction adds the most. */
static uint64_t default_units(const struct pubkey *program)
{
    if (pubkey_equal(program, &KOII_TASK_PROGRAM_ID) ||
        pubkey_equal(program, &KPL_TASK_PROGRAM_ID))
        return COMPUTE_UNIT_LIMIT_MAX;
    return is_builtin(program) ? COMPUTE_UNITS_DEFAULT_BUILTIN
                               : COMPUTE_UNITS_DEFAULT;
}

/* The instructions of this program count for the default limit, too. */
struct transaction_status
compute_budget_read(const struct transaction *transaction,
                    struct compute_budget *out)
{
    *out =
        (struct compute_budget){.loaded_data_size_max = LOADED_DATA_SIZE_MAX};
    struct request request = {.budget = out};
    uint64_t units = 0;
    for (size_t i = 0; i < transaction->instruction_count; i++) {
        const struct transaction_instruction *instruction =
            &transaction->instructions[i];
        CHECK(instruction->program_index < transaction->key_count);
        const struct pubkey *program =
            &transaction->keys[instruction->program_index];
        units += default_units(program);
        if (!pubkey_equal(program, &COMPUTE_BUDGET_PROGRAM_ID))
            continue;
        struct transaction_status status =
            read_instruction(&request, i, instruction->data);
        if (status.error)
            return status;
    }
    if (is_heap_refused(&request))
        return instruction_status(request.heap_index,
                                  INSTRUCTION_INVALID_INSTRUCTION_DATA);
    if (!(request.seen & 1u << COMPUTE_SET_UNIT_LIMIT))
        out->unit_limit = units < COMPUTE_UNIT_LIMIT_MAX
                              ? (uint32_t)units
                              : COMPUTE_UNIT_LIMIT_MAX;
    if (!out->loaded_data_size_max)
        return transaction_status_of(
            TRANSACTION_INVALID_LOADED_ACCOUNTS_DATA_SIZE_LIMIT);
    return transaction_status_of(TRANSACTION_OK);
}

uint64_t compute_budget_block_units(uint64_t slot_ms)
{
    uint64_t units = slot_ms * BLOCK_UNITS_PER_MS;
    return units > 2 * COMPUTE_UNIT_LIMIT_MAX ? units
                                              : 2 * COMPUTE_UNIT_LIMIT_MAX;
}

/* Computed in 128 bits because the price is any number of 64. A fee past 64
 * bits can't be paid, so the largest number of 64 bits stands for it. */
uint64_t compute_budget_priority_fee(const struct compute_budget *budget)
{
    CHECK(budget->unit_limit <= COMPUTE_UNIT_LIMIT_MAX);
    unsigned __int128 micro =
        (unsigned __int128)budget->unit_price * budget->unit_limit;
    unsigned __int128 fee = (micro + 999999) / 1000000;
    return fee > UINT64_MAX ? UINT64_MAX : (uint64_t)fee;
}
