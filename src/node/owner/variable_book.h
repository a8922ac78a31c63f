/*
 * The operator's variables, and which task gets which.
 *
 * A variable is a label, which is the operator's name for it, and a secret
 * text. A task asks for names ("TWITTER_PASSWORD", in the requirementsTags of
 * its metadata) and gets nothing that was not paired with one of them: the
 * operator pairs a name of one task with a label. So a task can't ask for what
 * was meant for another, and one text serves many tasks. The forms are those of
 * Koii's node (TASK_VARIABLES, TaskToVariablesPairs).
 *
 * Values are sealed at rest and in memory (value_seal.h) and opened for the
 * start of a task alone. Changes reach a task with its next start.
 *
 * Thread: the loop's. Changes are written down before they count: done is
 * called from the loop, once, after the function has returned 0; it is not
 * called after an error.
 */
#ifndef POND_NODE_OWNER_VARIABLE_BOOK_H
#define POND_NODE_OWNER_VARIABLE_BOOK_H

#include "base/json.h"
#include "crypto/key.h"
#include "node/money/journal_writer.h"

/* Bytes. An environment of 128 KiB must hold some of them (Linux,
 * MAX_ARG_STRLEN). */
#define VARIABLE_LABEL_SIZE_MAX 64
#define VARIABLE_NAME_SIZE_MAX 128
#define VARIABLE_VALUE_SIZE_MAX (32u << 10)

/* An operator types them in one by one. */
#define VARIABLES_OF_NODE_MAX 256
#define PAIRINGS_OF_NODE_MAX 4096

struct variable_book;

/* Read the book of a node's folder. Journal and writer are borrowed for the
 * book's life. Errors are the journal's and value_seal_open()'s. Blocks. */
int variable_book_open(const char *folder, struct journal *journal,
                       struct journal_writer *writer,
                       struct variable_book **out);
/* After the writer has closed: nothing is under way then. NULL is allowed. */
void variable_book_close(struct variable_book *book);

typedef void variable_book_done(void *user, int status);

/* Give a label a value, a new one or another. ERR_INVALID for an empty or too
 * long label, one with control characters, or a value that is not UTF-8 or has
 * a NUL in it; ERR_LIMIT for a value that is too long, or too many variables.
 */
int variable_book_set(struct variable_book *book, const char *label,
                      struct bytes value, variable_book_done *done, void *user);

/* ERR_NOT_FOUND; ERR_STATE while a task is paired with it. */
int variable_book_remove(struct variable_book *book, const char *label,
                         variable_book_done *done, void *user);

/* From its next start on the task finds the value of label under name in its
 * environment. ERR_INVALID for a name that can't be one there, ERR_NOT_FOUND
 * for no such label, ERR_LIMIT. */
int variable_book_pair(struct variable_book *book, const struct pubkey *task,
                       const char *name, const char *label,
                       variable_book_done *done, void *user);
/* ERR_NOT_FOUND. */
int variable_book_unpair(struct variable_book *book, const struct pubkey *task,
                         const char *name, variable_book_done *done,
                         void *user);

/* Pair a task with what another one is paired with: the same task's next
 * version. Names that it has already stay as they are. And unpair all of a
 * task's names. Errors of writing are logged. */
void variable_book_copy_pairs(struct variable_book *book,
                              const struct pubkey *from,
                              const struct pubkey *to);
void variable_book_unpair_all(struct variable_book *book,
                              const struct pubkey *task);

/* Whether a name of the task is paired with a variable that is there. */
bool variable_book_has(const struct variable_book *book,
                       const struct pubkey *task, const char *name);

/* Append the task's environment as a JSON object of texts: those of given (such
 * an object, or NULL), and of the pairings whose names given does not have. The
 * caller wipes it. ERR_CORRUPT where a value can't be opened. */
int variable_book_resolve(const struct variable_book *book,
                          const struct pubkey *task, const char *given,
                          struct buffer *out);

/* Write [{"label":text,"used_by":[{"task":id,"variable":name}]}], by label.
 * Values are not among it: they leave the book for tasks alone, and for what
 * keeps them out of a text. */
void variable_book_write(const struct variable_book *book,
                         struct json_writer *writer);

/* Append all values, a field each by its label; those that can't be opened are
 * left out. The caller wipes it. */
void variable_book_values(const struct variable_book *book,
                          struct json_writer *writer);

#endif
