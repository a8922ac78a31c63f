/*
 * Well-known addresses of the task programs. Thread: any.
 */
#ifndef POND_SETTLEMENT_FORMAT_TASK_ADDRESS_H
#define POND_SETTLEMENT_FORMAT_TASK_ADDRESS_H

#include "crypto/key.h"

/* BurnToken2222222222222222222222222222222222, where DeleteTask sends what is
 * left. */
extern const struct pubkey task_address_burn;

/* The program-derived address of the manager list (seed "manager"): clients
 * name it, the program checks it. Costs a hash for each bump that is tried. */
struct pubkey task_address_manager_list(void);

/* The same for any program: the KPL task program has a list of its own. */
struct pubkey task_address_managers_of(const struct pubkey *program);

/* A stake pot's address begins, in base58, with "stakepotaccount": nobody can
 * hold its key. task_address_stake_pot_generate() draws one that lies on the
 * curve, as Koii's CLI does. */
bool task_address_is_stake_pot(const struct pubkey *pot);
void task_address_stake_pot_generate(struct pubkey *out);

#endif
