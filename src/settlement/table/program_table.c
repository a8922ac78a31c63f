/*
 * The one file that knows all programs. A new program needs a line here and a
 * struct program in its own file.
 *
 * Any other account that is marked executable comes from a genesis file: there
 * is no loader.
 */
#include "settlement/table/program_table.h"
#include "settlement/programs/associated_token_program.h"
#include "settlement/programs/compute_budget_program.h"
#include "settlement/programs/development_program.h"
#include "settlement/programs/lookup_table_program.h"
#include "settlement/programs/memo_program.h"
#include "settlement/programs/system_program.h"
#include "settlement/programs/token_program.h"
#include "settlement/task/kpl_program.h"
#include "settlement/task/task_program.h"

/* The programs that are called most come first. */
static const struct program *const programs[] = {
    &system_program,       &compute_budget_program,
    &memo_program,         &memo_v1_program,
    &token_program,        &associated_token_program,
    &task_program,         &kpl_program,
    &lookup_table_program, &development_program,
};

const struct program_table program_table = {
    .programs = programs, .count = sizeof(programs) / sizeof(programs[0])};
