/*
 * Instruction data of the two task programs: data that parses builds the same
 * bytes again. Account data of a distribution list: a list that is read from it
 * can be written and read again.
 */
#include "base/check.h"
#include "settlement/format/kpl_instruction.h"
#include "settlement/format/task_distribution_list.h"
#include "settlement/format/task_instruction.h"
#include "settlement/task_list_build.h"

static void check_instruction(struct bytes data)
{
    struct task_instruction instruction;
    struct buffer again = {0};
    if (task_instruction_parse(data, &instruction) < 0)
        return;
    CHECK(task_instruction_build(&instruction, &again) == 0);
    CHECK(bytes_equal(buffer_view(&again), data));
    buffer_free(&again);
}

static void check_kpl_instruction(struct bytes data)
{
    struct kpl_instruction instruction;
    struct arena arena = {0};
    struct buffer again = {0};
    if (kpl_instruction_parse(data, &arena, &instruction) == 0) {
        CHECK(kpl_instruction_build(&instruction, &again) == 0);
        CHECK(bytes_equal(buffer_view(&again), data));
    }
    buffer_free(&again);
    arena_free(&arena);
}

static void check_list(struct bytes data)
{
    static const struct pubkey task; /* 11111111111111111111111111111111 */
    struct arena arena = {0};
    struct task_list_entry *entries = NULL;
    struct task_list_entry *copies = NULL;
    size_t count = 0;
    size_t copied = 0;
    struct buffer again = {0};
    if (task_list_parse(data, &task, 7, &arena, &entries, &count) == 0) {
        task_list_build(&task, 7, entries, count, &again);
        CHECK(task_list_parse(buffer_view(&again), &task, 7, &arena, &copies,
                              &copied) == 0);
        CHECK(copied == count);
        for (size_t i = 0; i < count; i++)
            CHECK(pubkey_equal(&copies[i].key, &entries[i].key) &&
                  copies[i].amount == entries[i].amount);
    }
    buffer_free(&again);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_instruction(bytes_make(data, size));
    check_kpl_instruction(bytes_make(data, size));
    check_list(bytes_make(data, size));
    return 0;
}
