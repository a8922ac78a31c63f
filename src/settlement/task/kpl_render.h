/*
 * A KPL task's account data, rendered from its rows on demand: the Borsh
 * encoding of K2's task state, without padding (K2's decoder refuses a byte
 * more). Maps are in the order of their keys as text, as Borsh requires.
 *
 * Thread: that of the state.
 */
#ifndef POND_SETTLEMENT_TASK_KPL_RENDER_H
#define POND_SETTLEMENT_TASK_KPL_RENDER_H

#include "base/buffer.h"
#include "crypto/key.h"
#include "settlement/state/state.h"

/* Append the data. ERR_NOT_FOUND: no KPL task has this key. */
int kpl_render(const struct state *state, const struct pubkey *task,
               struct buffer *out);

#endif
