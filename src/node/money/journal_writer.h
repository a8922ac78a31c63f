/*
 * The journal's writes, off the loop's thread: each waits for the disk, and a
 * round must not.
 *
 * A writer has a connection of its own to the journal's file. Writes are
 * carried out on libuv's thread pool, one after the other, in the order in
 * which they were asked for. What the loop's own connection reads afterwards,
 * it finds.
 *
 * Thread: the loop's, for every function here.
 */
#ifndef POND_NODE_MONEY_JOURNAL_WRITER_H
#define POND_NODE_MONEY_JOURNAL_WRITER_H

#include "node/money/journal.h"
#include <uv.h>

struct journal_writer;

/* As journal_open(), of a file that is there. */
int journal_writer_open(uv_loop_t *loop, const char *path,
                        struct journal_writer **out);

/* Call write(journal, user) on the pool, where it may touch what belongs to the
 * write alone. Then done(user, status) comes on the loop with what it returned,
 * once and never from inside; while it runs, err_text() says what went wrong.
 */
typedef int journal_write(struct journal *journal, void *user);
typedef void journal_written(void *user, int status);
void journal_writer_run(struct journal_writer *writer, journal_write *write,
                        journal_written *done, void *user);

/* What is asked for between the two, in one turn of the loop, is one write: all
 * of it is on disk, or nothing is. A part is a statement or several, and no
 * transaction of its own. With a status, which refused a part and has its text,
 * nothing is written.
 *
 * Then the parts' done callbacks come, all with the status of the whole; where
 * nothing was written the last part's comes first, so that each takes back what
 * it has changed. done comes behind them. */
void journal_writer_begin(struct journal_writer *writer);
void journal_writer_end(struct journal_writer *writer, int status,
                        journal_written *done, void *user);

/* When all writes asked for are done closed(user) is called, from the loop, and
 * the writer is gone. Their done callbacks may still ask for more. */
void journal_writer_close(struct journal_writer *writer,
                          void (*closed)(void *user), void *user);

#endif
