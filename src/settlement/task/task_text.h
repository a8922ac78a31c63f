/*
 * The JSON text of a task's header and of each of its rows, as K2 writes them.
 * Rendering puts these together; the size kept in the header is the sum of
 * theirs, so both come from here.
 */
#ifndef POND_SETTLEMENT_TASK_TASK_TEXT_H
#define POND_SETTLEMENT_TASK_TASK_TEXT_H

#include "base/json.h"
#include "settlement/task/task_header.h"

/* A public key as K2's clients expect it in places: an array of 32 numbers. */
void task_text_key(struct json_writer *writer, const struct pubkey *key);

/* Name of an entry: a key in base58, or a round in decimal digits. */
void task_text_key_name(struct json_writer *writer, const struct pubkey *key);
void task_text_round_name(struct json_writer *writer, uint64_t round);

/* The fields in their order, in three runs: before the maps of submissions,
 * between the maps, and after them. The writer stands in an object. */
void task_text_head(struct json_writer *writer,
                    const struct task_header *header);
void task_text_amounts(struct json_writer *writer,
                       const struct task_header *header);
void task_text_windows(struct json_writer *writer,
                       const struct task_header *header);
void task_text_tail(struct json_writer *writer,
                    const struct task_header *header);

/* Values of single rows. audit leaves its object open in the array "votes";
 * task_text_audit_end() closes both. */
void task_text_submission(struct json_writer *writer,
                          const struct task_row *row);
void task_text_list(struct json_writer *writer, const struct task_row *row);
void task_text_audit(struct json_writer *writer, const struct task_row *row);
void task_text_audit_end(struct json_writer *writer);
void task_text_vote(struct json_writer *writer, const struct task_row *row);
const char *task_text_record(uint8_t record);

/* The size in bytes that a row adds to the text, without the comma before it
 * and without its round's name and braces. scratch: any buffer; what is in it
 * is lost. */
uint64_t task_text_row_size(const struct task_row *row, struct buffer *scratch);

/* The size of a round's name and empty object: "7":{} */
uint64_t task_text_round_size(uint64_t round);

/* The size of the whole text: header, entries and commas. */
uint64_t task_text_size(const struct task_header *header,
                        struct buffer *scratch);

/* No less than task_text_size(), and at most some 5,000 bytes more, without
 * writing anything: a text for which this fits into a task's space fits. */
uint64_t task_text_size_max(const struct task_header *header);

#endif
