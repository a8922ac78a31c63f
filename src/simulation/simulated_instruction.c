#include "simulation/simulated_instruction.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/format/well_known.h"

#include <inttypes.h>
#include <stdio.h>

/* Before the words of a program in a transaction's log. */
#define LOG_PREFIX "Program log: "

/* Of an instruction list, with the memo. */
#define INSTRUCTIONS_MAX 8

/* Where the instructions end a memo makes the message differ from others. All
 * signatures are zeros: a bank is handed what was verified. */
static int build(struct bank *bank, struct simulated_payer *payer,
                 const struct instruction *list, size_t count,
                 struct buffer *wire)
{
    CHECK(count < INSTRUCTIONS_MAX);
    struct instruction instructions[INSTRUCTIONS_MAX];
    struct buffer message = {0};
    char memo[24];

    memcpy(instructions, list, count * sizeof(*list));
    snprintf(memo, sizeof(memo), "%" PRIu64, payer->count++);
    instructions[count] = (struct instruction){.program = MEMO_PROGRAM_ID,
                                               .data = bytes_text(memo)};
    int status =
        transaction_build(&payer->key, instructions, count + 1,
                          &bank_info(bank)->parent_blockhash, &message);
    if (!status) {
        compact_u16_write(wire, message.data[0]);
        buffer_resize(wire,
                      wire->size + sizeof(struct signature) * message.data[0]);
        buffer_bytes(wire, buffer_view(&message));
    }
    buffer_free(&message);
    return status;
}

/* The program's last words say more than the code of the error. */
static int refusal(const struct bank_result *result)
{
    const size_t prefix = strlen(LOG_PREFIX);
    struct buffer text = {0};

    for (size_t i = result->log_count; i > 0; i--) {
        struct bytes line = result->log[i - 1];

        if (line.size > prefix && !memcmp(line.data, LOG_PREFIX, prefix))
            return err_set(ERR_REMOTE, "%.*s", (int)(line.size - prefix),
                           (const char *)line.data + prefix);
    }
    transaction_status_text(result->status, &text);
    err_set(ERR_REMOTE, "%s", buffer_string(&text));
    buffer_free(&text);
    return ERR_REMOTE;
}

int simulated_execute(struct bank *bank, struct simulated_payer *payer,
                      const struct instruction *list, size_t count)
{
    struct buffer wire = {0};
    struct arena arena = {0};
    struct transaction transaction;
    int status = build(bank, payer, list, count, &wire);

    if (!status)
        status = transaction_parse(buffer_view(&wire), &arena, &transaction);
    if (!status) {
        struct bank_result result;

        bank_execute(bank, &transaction, BANK_WANT_LOG, &arena, &result);
        if (!transaction_status_ok(result.status))
            status = refusal(&result);
    }
    arena_free(&arena);
    buffer_free(&wire);
    return status;
}

int simulated_task_execute(struct bank *bank, struct simulated_payer *payer,
                           const struct task_instruction *instruction,
                           const struct task_parties *parties)
{
    struct account_meta accounts[TASK_ACCOUNTS_MAX];
    struct buffer data = {0};
    int status = task_instruction_build(instruction, &data);

    if (!status) {
        const struct instruction one = {
            .program = KOII_TASK_PROGRAM_ID,
            .accounts = accounts,
            .account_count = task_instruction_accounts(
                instruction->kind, instruction->operation, parties, accounts),
            .data = buffer_view(&data)};

        status = simulated_execute(bank, payer, &one, 1);
    }
    buffer_free(&data);
    return status;
}
