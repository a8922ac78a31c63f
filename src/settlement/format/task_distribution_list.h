/*
 * A distribution list and the account data it travels in.
 *
 * The list is a JSON object of base58 keys to integers (roe; negative: taken
 * from the stake). Clients upload its text. When the list is sent the program
 * puts it into K2's envelope, as the numbers of its bytes:
 *
 *     { "<round>": { "<task>": [123,34, … ,125,0] } }
 *
 * The account then holds that and nothing else, because Koii's readers parse
 * all of it, and take the bytes before the first 0 for the list.
 *
 * What is read: the plain text, the envelope, and bincode's
 * map<round u64, map<task id, text of the list>>, the newer form of Koii's. In
 * the first two a zero byte ends the data, for the last chunk is padded.
 *
 * All are read as a stream: the cost is one pass, the memory that of the
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
 * looked into: what comes out of task_list_parse() is what counts. A 0 stands
 * behind the text. */
void task_list_build_text(const struct pubkey *task, uint64_t round,
                          struct bytes list, struct buffer *out);

/* Number of chunks that account data of size bytes makes. */
size_t task_list_chunk_count(size_t size);

/* The instruction that uploads chunk number of data; borrows it. */
void task_list_chunk(struct bytes data, size_t number, uint64_t round,
                     struct task_instruction *out);

/* Append the text of a task's list out of a data account's data, in whichever
 * form. A plain text names neither task nor round, and is not looked into.
 * ERR_INVALID, ERR_NOT_FOUND (no list of this task and round). */
int task_list_text(struct bytes data, const struct pubkey *task, uint64_t round,
                   struct buffer *out);

/* Read the list of a task's round out of a data account's data. Entries are in
 * the order of the list, from the arena; a key that stands twice is an error.
 * ERR_INVALID, ERR_NOT_FOUND (the data holds no list for this task and round),
 * ERR_LIMIT. */
int task_list_parse(struct bytes data, const struct pubkey *task,
                    uint64_t round, struct arena *arena,
                    struct task_list_entry **out, size_t *count);

#endif
