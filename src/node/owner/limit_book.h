/*
 * The tasks of a node that have limits of their own (task_limit.h), in the
 * folder's journal.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_OWNER_LIMIT_BOOK_H
#define POND_NODE_OWNER_LIMIT_BOOK_H

#include "crypto/key.h"
#include "node/money/journal_writer.h"
#include "node/owner/task_limit.h"

/* Tasks that run, and as many that are stopped. */
#define LIMIT_BOOK_TASKS_MAX 128

struct limit_book;

/* Both are borrowed for the book's life. Errors of the journal; rows that can't
 * be read are logged, and hold nothing. Blocks. */
int limit_book_open(struct journal *journal, struct journal_writer *writer,
                    struct limit_book **out);
/* After the writer has closed. NULL is allowed. */
void limit_book_close(struct limit_book *book);

/* None is set where the task has none of its own, or where there is no book
 * (NULL). */
struct task_limits limit_book_of(const struct limit_book *book,
                                 const struct pubkey *task);

/* In the place of what it had; all 0: it has none any more. They hold at once,
 * and what held before does again if they can't be written: done comes then,
 * later and once. ERR_LIMIT: too many tasks; done is not called. */
typedef void limit_book_done(void *user, int status);
int limit_book_put(struct limit_book *book, const struct pubkey *task,
                   const struct task_limits *limits, limit_book_done *done,
                   void *user);

/* What a task has holds for another one, too, which has none of its own: the
 * same task's next version. Errors of writing are logged. */
void limit_book_copy(struct limit_book *book, const struct pubkey *from,
                     const struct pubkey *to);

/* [{"task":id, "cpu":n or null, …}]. */
void limit_book_write(const struct limit_book *book,
                      struct json_writer *writer);

#endif
