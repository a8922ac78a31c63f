/*
 * The account book for a page (docs/page.md, "The account book"): entries and
 * sums of days, as JSON or CSV.
 *
 * Each function appends to out, and may be called on any thread that may use
 * the journal.
 */
#ifndef POND_NODE_NODE_BOOK_H
#define POND_NODE_NODE_BOOK_H

#include "base/json.h"
#include "node/money/journal_earning.h"

/* {"items":[entry],"next":text or null} */
int node_book_entries(struct journal *journal,
                      const struct journal_earning_query *query,
                      struct buffer *out);

/* All entries of the query as CSV (RFC 4180), the newest first. */
int node_book_csv(struct journal *journal,
                  const struct journal_earning_query *query,
                  struct buffer *out);

/* {"items":[{"day","unit","rewards","losses","fees","paid","missed"}],
 * "next":null}, of days since 1970. Days without anything are left out. */
int node_book_days(struct journal *journal, const struct pubkey *task,
                   uint64_t from_day, uint64_t to_day, struct buffer *out);

#endif
