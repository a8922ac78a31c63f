/*
 * What the account book says of a transaction that was executed, beside what
 * its task knows of it.
 *
 * Each entry goes to the writer, and is noted once under its name, however
 * often this is called. Thread: the loop's.
 */
#ifndef POND_NODE_MONEY_SENDER_BOOK_H
#define POND_NODE_MONEY_SENDER_BOOK_H

#include "node/money/journal.h"
#include "node/money/journal_writer.h"

/* The fee, which is paid also where it failed. */
void sender_book_fee(struct journal_writer *writer,
                     const struct journal_entry *entry, uint64_t slot);

/* What an order of the operator's has moved; of other actions their tasks know
 * it. */
void sender_book_moved(struct journal_writer *writer,
                       const struct journal_entry *entry, uint64_t slot);

#endif
