/*
 * The manager list: the keys that may allow-list, switch and delete other
 * people's tasks. It is the data of the account at task_address_managers_of()
 * the program: count u32, then that many keys. Thread: any.
 */
#ifndef POND_SETTLEMENT_TASK_TASK_MANAGERS_H
#define POND_SETTLEMENT_TASK_TASK_MANAGERS_H

#include "base/buffer.h"
#include "crypto/key.h"

/* Limits what each check reads. K2's limit is not known. */
#define TASK_MANAGERS_MAX 32

/* Append the account's data; 1 ≤ count ≤ TASK_MANAGERS_MAX (CHECKed). A genesis
 * can name its managers with it. */
void task_managers_build(const struct pubkey *managers, size_t count,
                         struct buffer *out);

/* Whether key is on the list; false if data is no manager list. */
bool task_managers_contain(struct bytes data, const struct pubkey *key);

#endif
