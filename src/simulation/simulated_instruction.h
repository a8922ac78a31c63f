/*
 * From an instruction to its execution on a bank: the transaction around it, as
 * a client would make it, without signatures.
 */
#ifndef POND_SIMULATION_SIMULATED_INSTRUCTION_H
#define POND_SIMULATION_SIMULATED_INSTRUCTION_H

#include "settlement/bank/bank.h"
#include "settlement/format/task_instruction.h"

/* Who pays for all of them, and how many there were, which makes each of them
 * another transaction. */
struct simulated_payer {
    struct pubkey key;
    uint64_t count;
};

/* Execute on an open bank.
 * ERR_REMOTE with the words of the program that refused it. */
int simulated_execute(struct bank *bank, struct simulated_payer *payer,
                      const struct instruction *list, size_t count);

/* The same with one instruction of the task program. */
int simulated_task_execute(struct bank *bank, struct simulated_payer *payer,
                           const struct task_instruction *instruction,
                           const struct task_parties *parties);

#endif
