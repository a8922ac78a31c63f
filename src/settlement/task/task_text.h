/*
 * The JSON text of a task's header and of each of its rows, as K2 writes them.
 * Rendering joins these texts, and the size in the header is the sum of their
 * sizes. Pure; any thread.
 */
#ifndef POND_SETTLEMENT_TASK_TASK_TEXT_H
#define POND_SETTLEMENT_TASK_TASK_TEXT_H

#include "base/json.h"
#include "settlement/task/task_header.h"

/* Name of an entry: a key in base58, or a round in decimal digits. */
void task_text_key_name(struct json_writer *writer, const struct pubkey *key);
void task_text_round_name(struct json_writer *writer, uint64_t round);

/* The header's fields in their order: before the maps of submissions, between
 * the maps (two parts), and after them. The writer is inside an object. */
void task_text_head(struct json_writer *writer,
                    const struct task_header *header);
void task_text_amounts(struct json_writer *writer,
                       const struct task_header *header);
void task_text_windows(struct json_writer *writer,
                       const struct task_header *header);
void task_text_tail(struct json_writer *writer,
                    const struct task_header *header);

/* Values of single rows. task_text_audit() leaves the array "votes" and its
 * object open; task_text_audit_end() closes both. */
void task_text_submission(struct json_writer *writer,
                          const struct task_row *row);
void task_text_list(struct json_writer *writer, const struct task_row *row);
void task_text_audit(struct json_writer *writer, const struct task_row *row);
void task_text_audit_end(struct json_writer *writer);
void task_text_vote(struct json_writer *writer, const struct task_row *row);
const char *task_text_record(uint8_t record);

/* The size in bytes that a row adds to the text, without the comma before it
 * and without its round's name and braces. scratch: any buffer; its contents
 * are lost. */
uint64_t task_text_row_size(const struct task_row *row, struct buffer *scratch);

/* The size of a round's name and empty object: "7":{} */
uint64_t task_text_round_size(uint64_t round);

/* The size of the whole text: header, entries and commas. */
uint64_t task_text_size(const struct task_header *header,
                        struct buffer *scratch);

/* An upper bound of task_text_size(), at most some 5,000 bytes above it, which
 * writes nothing: if the bound fits a task's space, the text fits. */
uint64_t task_text_size_max(const struct task_header *header);

#endif
