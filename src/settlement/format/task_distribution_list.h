/*
 * A distribution list and the account data it travels in.
 *
 * The list is a JSON object of base58 keys to integers (roe; negative: taken
 * from the stake). Clients upload its text. When the list is sent the program
 * puts it into K2's envelope, as the numbers of its bytes:
 *
 *     { "<round>": { "<task>": [123,34, … ,125,0] } }
 *
 * The account then holds the envelope and nothing else, because Koii's readers
 * parse all of it, and take the bytes before the first 0 for the list.
 *
 * What is read: the plain text, the envelope, and bincode's map<round u64,
 * map<task id, text of the list>>, Koii's newer form. In the first two a zero
 * byte ends the data because the last chunk is padded.
 *
 * All are read as a stream: the cost is one pass, the memory that of the
 * entries. Pure; any thread.
 */
#ifndef POND_SETTLEMENT_FORMAT_TASK_DISTRIBUTION_LIST_H
#define POND_SETTLEMENT_FORMAT_TASK_DISTRIBUTION_LIST_H

#include "base/arena.h"
#include "settlement/format/task_instruction.h"

/* Most entries of one list: more than the keys that can submit in one round. */
#define TASK_LIST_ENTRIES_MAX 100000

/* What one key gets (above 0) or loses of its stake (below 0). */
struct task_list_entry {
    struct pubkey key;
    int64_t amount; /* roe */
};

/* Append the account data that holds a list, from its JSON text as a task's
 * distribution() made it. The text is not checked: what task_list_parse() reads
 * is what counts. A 0 follows the text. */
void task_list_build_text(const struct pubkey *task, uint64_t round,
                          struct bytes list, struct buffer *out);

/* Number of chunks that account data of size bytes makes. */
size_t task_list_chunk_count(size_t size);

/* The instruction that uploads chunk number of data; borrows it. */
void task_list_chunk(struct bytes data, size_t number, uint64_t round,
                     struct task_instruction *out);

/* Append the text of a task's list out of a data account's data, in any of the
 * three forms. A plain text names neither task nor round, and is not checked.
 * ERR_INVALID, ERR_NOT_FOUND (no list of this task and round). */
int task_list_text(struct bytes data, const struct pubkey *task, uint64_t round,
                   struct buffer *out);

/* Read the list of a task's round out of a data account's data. Entries lie in
 * the arena, in the order of the list; a key that stands twice is an error.
 * ERR_INVALID, ERR_NOT_FOUND (no list of this task and round), ERR_LIMIT (too
 * many entries). On an error *out and *count stay as they were. */
int task_list_parse(struct bytes data, const struct pubkey *task,
                    uint64_t round, struct arena *arena,
                    struct task_list_entry **out, size_t *count);

#endif
