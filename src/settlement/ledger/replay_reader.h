/*
 * A ledger's history, read and checked by threads of its own, ahead of the
 * caller, which executes it. Instead of waiting the caller helps these threads,
 * so that no core is idle.
 *
 *   threads: read ─▶ parse ─▶ proof of history, message hashes, signatures
 *                                              │
 *   caller:                     replay_reader_next() ─▶ executes
 *
 * Some thousand transactions are under way at a time, and at least one block.
 * Pieces come in the order of slots. An error comes in the place of the wrong
 * piece, after all pieces before it.
 *
 * Thread: all calls come from one.
 */
#ifndef POND_SETTLEMENT_LEDGER_REPLAY_READER_H
#define POND_SETTLEMENT_LEDGER_REPLAY_READER_H

#include "settlement/ledger/replay.h"
#include "settlement/ledger/replay_piece.h"

struct replay_reader;

/* view must outlive the reader, and nobody else may use it meanwhile. The row
 * of the genesis is skipped. ERR_IO, ERR_CORRUPT. */
int replay_reader_open(struct ledger_view *view,
                       const struct replay_options *options,
                       struct replay_reader **out);

/* The next piece, all of whose jobs succeeded; valid until the next call.
 * ERR_NOT_FOUND at the end. After an error the reader can only be closed. */
int replay_reader_next(struct replay_reader *reader,
                       const struct replay_piece **out);

/* Allowed at any time: pieces under way are dropped. NULL is allowed. */
void replay_reader_close(struct replay_reader *reader);

#endif
