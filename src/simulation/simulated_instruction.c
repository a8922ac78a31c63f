#include "simulation/simulated_instruction.h"

#include "base/check.h"
#include "base/error.h"
#include "node/money/recipe.h"
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

/* One list is enough for both. */
_Static_assert(TASK_ACCOUNTS_MAX <= KPL_ACCOUNTS_MAX, "a native list has room");

static int build_native(const struct task_instruction *instruction,
                        const struct task_parties *parties,
                        struct simulated_task_instruction *out)
{
    out->instruction.program = KOII_TASK_PROGRAM_ID;
    out->instruction.account_count = task_instruction_accounts(
        instruction->kind, instruction->operation, parties, out->accounts);
    return task_instruction_build(instruction, &out->data);
}

static int build_kpl(const struct pubkey *mint,
                     const struct task_instruction *instruction,
                     const struct task_parties *parties,
                     struct simulated_task_instruction *out)
{
    const struct kpl_instruction kpl = {
        .task = *instruction,
        .stake_pot_seed = kpl_instruction_pot_seed(&parties->stake_pot)};
    const struct kpl_parties whole = {
        .task = *parties,
        .mint = *mint,
        .actor_tokens = recipe_tokens_of(&parties->actor, mint),
        .other_tokens = recipe_tokens_of(&parties->other, mint)};

    out->instruction.program = KPL_TASK_PROGRAM_ID;
    out->instruction.account_count = kpl_instruction_accounts(
        instruction->kind, instruction->operation, &whole, out->accounts);
    return kpl_instruction_build(&kpl, &out->data);
}

int simulated_task_build(const struct pubkey *mint,
                         const struct task_instruction *instruction,
                         const struct task_parties *parties,
                         struct simulated_task_instruction *out)
{
    int status;

    *out = (struct simulated_task_instruction){0};
    status = mint ? build_kpl(mint, instruction, parties, out)
                  : build_native(instruction, parties, out);
    if (status) {
        buffer_free(&out->data);
        return status;
    }
    out->instruction.accounts = out->accounts;
    out->instruction.data = buffer_view(&out->data);
    return 0;
}

int simulated_task_execute(struct bank *bank, struct simulated_payer *payer,
                           const struct pubkey *mint,
                           const struct task_instruction *instruction,
                           const struct task_parties *parties)
{
    struct simulated_task_instruction built;
    int status = simulated_task_build(mint, instruction, parties, &built);

    if (status)
        return status;
    status = simulated_execute(bank, payer, &built.instruction, 1);
    buffer_free(&built.data);
    return status;
}
