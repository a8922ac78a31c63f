/*
 * From an instruction to its execution on a bank: the transaction around it, as
 * a client would make it, without signatures.
 */
#ifndef POND_SIMULATION_SIMULATED_INSTRUCTION_H
#define POND_SIMULATION_SIMULATED_INSTRUCTION_H

#include "settlement/bank/bank.h"
#include "settlement/format/kpl_instruction.h"

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

/* An instruction of a task's program, built. */
struct simulated_task_instruction {
    struct instruction instruction; /* borrows the other two */
    struct account_meta accounts[KPL_ACCOUNTS_MAX];
    struct buffer data; /* the caller frees it */
};

/* Of the KPL program, and with the parties' associated accounts, where there is
 * a mint; of the native one without (NULL). *out stays where it is. Errors as
 * task_instruction_build(), and then nothing is to be freed. */
int simulated_task_build(const struct pubkey *mint,
                         const struct task_instruction *instruction,
                         const struct task_parties *parties,
                         struct simulated_task_instruction *out);

/* The same, and execute it. */
int simulated_task_execute(struct bank *bank, struct simulated_payer *payer,
                           const struct pubkey *mint,
                           const struct task_instruction *instruction,
                           const struct task_parties *parties);

#endif
