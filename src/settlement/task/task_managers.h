/*
 * The manager list: who may allow-list, switch and delete tasks that are not
 * their own. It is the data of the account at task_address_manager_list():
 * count u32, then that many keys.
 */
#ifndef POND_SETTLEMENT_TASK_TASK_MANAGERS_H
#define POND_SETTLEMENT_TASK_TASK_MANAGERS_H

#include "base/buffer.h"
#include "crypto/key.h"

/* A limit for what is read at each check. K2's is not known. */
#define TASK_MANAGERS_MAX 32

/* The account's data; appends. For a genesis that names its managers. */
void task_managers_build(const struct pubkey *managers, size_t count,
                         struct buffer *out);

/* False for other keys, and where data is no manager list. */
bool task_managers_contain(struct bytes data, const struct pubkey *key);

#endif
