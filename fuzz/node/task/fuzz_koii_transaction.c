/*
 * Transactions that a task wants its node to sign. Whatever is let through is
 * paid by the main wallet (bytes of 1), and has it in no instruction but as the
 * one who takes a claim; and each of its instructions is the task program's, on
 * this task (bytes of 2).
 */
#include "base/check.h"
#include "node/task/koii_transaction.h"
#include "settlement/format/task_instruction.h"
#include "settlement/format/well_known.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_instruction(const struct transaction *transaction,
                              const struct transaction_instruction *one,
                              const struct pubkey *task)
{
    CHECK(pubkey_equal(&transaction->keys[one->program_index],
                       &KOII_TASK_PROGRAM_ID));
    CHECK(one->data.size && one->accounts.size);
    CHECK(one->data.data[0] != TASK_STAKE &&
          one->data.data[0] != TASK_WITHDRAW &&
          one->data.data[0] != TASK_FUND && one->data.data[0] != TASK_CREATE);
    CHECK(pubkey_equal(&transaction->keys[one->accounts.data[0]], task));
    for (size_t i = 0; i < one->accounts.size; i++)
        CHECK(one->accounts.data[i] != 0 ||
              (i == 3 && one->data.data[0] == TASK_CLAIM_REWARD));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pubkey main, task;
    struct transaction transaction;
    struct arena arena = {0};

    memset(&main, 1, sizeof(main));
    memset(&task, 2, sizeof(task));
    if (transaction_parse(bytes_make(data, size), &arena, &transaction) == 0 &&
        koii_transaction_check(&transaction, &main, &task, NULL) == 0) {
        CHECK(pubkey_equal(&transaction.keys[0], &main));
        CHECK(transaction.instruction_count > 0 && !transaction.lookup_count);
        for (size_t i = 0; i < transaction.instruction_count; i++)
            check_instruction(&transaction, &transaction.instructions[i],
                              &task);
    }
    arena_free(&arena);
    return 0;
}
