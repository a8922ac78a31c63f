/*
 * The program stands in the table with Solana's price and name.
 */
#include "settlement/programs/compute_budget_program.h"
#include "settlement/format/well_known.h"

/* compute_budget_read() read the instruction before the transaction ran. */
static enum instruction_error
compute_budget_execute(struct invocation *invocation)
{
    return INSTRUCTION_OK;
}

const struct program compute_budget_program = {
    .id = &COMPUTE_BUDGET_PROGRAM_ID,
    .text = "ComputeBudget111111111111111111111111111111",
    .name = "compute_budget_program",
    .compute_units = 150,
    .execute = compute_budget_execute};
