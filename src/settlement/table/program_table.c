/*
 * Every native program. A new program is a line here and a struct program in
 * its own file.
 *
 * The table is searched from the beginning, once an instruction: nine
 * comparisons of 32 bytes, most of which end at the first, are less than
 * hashing a key.
 */
#include "settlement/bank/lookup_table.h"
#include "settlement/bank/program.h"
#include "settlement/format/compute_budget.h"
#include "settlement/programs/associated_token_program.h"
#include "settlement/programs/memo_program.h"
#include "settlement/programs/system_program.h"
#include "settlement/programs/token_program.h"
#include "settlement/task/kpl_program.h"
#include "settlement/task/task_program.h"

/* Every native program: one line each. */
static const struct program *const programs[] = {
    &system_program,       &compute_budget_program,
    &memo_program,         &memo_v1_program,
    &token_program,        &associated_token_program,
    &task_program,         &kpl_program,
    &lookup_table_program,
};

/* Nine, and a linear search over them. */
#define PROGRAM_COUNT (sizeof(programs) / sizeof(programs[0]))

/* NULL also for accounts that are marked executable and are none of these:
 * there is no loader here, so such an account can only come from a genesis
 * file. */
const struct program *program_find(const struct pubkey *id)
{
    for (size_t i = 0; i < PROGRAM_COUNT; i++)
        if (pubkey_equal(programs[i]->id, id))
            return programs[i];
    return NULL;
}

const struct program *program_at(size_t index)
{
    return index < PROGRAM_COUNT ? programs[index] : NULL;
}
