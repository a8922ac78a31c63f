/*
 * A distribution list and the account data it travels in.
 *
 * The list is a JSON object of base58 keys to integers (roe; negative: taken
 * from the stake). The data account holds it in K2's envelope, as the numbers
 * of its bytes:
 *
 *     { "<round>": { "<task>": [123,34, … ,125] } }
 *
 * so that one account can serve several tasks. A byte 0 ends the list, and the
 * zero bytes that pad the last chunk end the envelope.
 *
 * Both are read as a stream: the cost is one pass, the memory that of the
 * entries.
 */
#ifndef POND_SETTLEMENT_FORMAT_TASK_DISTRIBUTION_LIST_H
#define POND_SETTLEMENT_FORMAT_TASK_DISTRIBUTION_LIST_H

#include "base/arena.h"
#include "settlement/format/task_instruction.h"

/* Limit of the entries of one list: more than a block could have let submit in
 * one round. */
#define TASK_LIST_ENTRIES_MAX 100000

/* What one key gets (above 0) or loses of its stake (below 0). */
struct task_list_entry {
    struct pubkey key;
    int64_t amount; /* roe */
};

/* Append the account data that holds this list. */
void task_list_build(const struct pubkey *task, uint64_t round,
                     const struct task_list_entry *entries, size_t count,
                     struct buffer *out);

/* The same from the list's JSON text, as a task's distribution() made it. Not
 * looked into: what comes out of task_list_parse() is what counts. */
void task_list_build_text(const struct pubkey *task, uint64_t round,
                          struct bytes list, struct buffer *out);

/* Number of chunks that account data of size bytes makes. */
size_t task_list_chunk_count(size_t size);

/* The instruction that uploads chunk number of data; borrows it. */
void task_list_chunk(struct bytes data, size_t number, uint64_t round,
                     struct task_instruction *out);

/* Read the list of a task's round out of a data account's data. Entries are in
 * the order of the list, from the arena; a key that stands twice is an error.
 * ERR_INVALID, ERR_NOT_FOUND (the data holds no list for this task and round),
 * ERR_LIMIT. */
int task_list_parse(struct bytes data, const struct pubkey *task,
                    uint64_t round, struct arena *arena,
                    struct task_list_entry **out, size_t *count);

#endif
