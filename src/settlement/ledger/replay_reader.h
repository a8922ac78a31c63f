/*
 * A ledger's history, read and checked ahead of who executes it: all that is
 * not executing is done by threads of its own. The caller takes part in it
 * while it would wait, so that no core is idle whichever of the two is the
 * longer work.
 *
 *   threads: read ─▶ parse ─▶ proof of history, message hashes, signatures
 *                                              │
 *   caller:                     replay_reader_next() ─▶ executes
 *
 * Some thousand transactions are under way at a time, and at least one block.
 * Pieces come in the order of slots. An error comes in the place of the piece
 * that is wrong, after all that lie before it.
 *
 * Thread: all calls come from one.
 */
#ifndef POND_SETTLEMENT_LEDGER_REPLAY_READER_H
#define POND_SETTLEMENT_LEDGER_REPLAY_READER_H

#include "settlement/ledger/replay.h"
#include "settlement/ledger/replay_piece.h"

struct replay_reader;

/* view: outlives the reader, and is used by nobody else meanwhile. The row of
 * the genesis is passed over. ERR_IO, ERR_CORRUPT. */
int replay_reader_open(struct ledger_view *view,
                       const struct replay_options *options,
                       struct replay_reader **out);

/* The next piece, all of whose jobs are done and found nothing wrong; valid
 * until the next call. ERR_NOT_FOUND at the end. After an error the reader can
 * only be closed. */
int replay_reader_next(struct replay_reader *reader,
                       const struct replay_piece **out);

/* At any time: what is under way is dropped. NULL is allowed. */
void replay_reader_close(struct replay_reader *reader);

#endif
