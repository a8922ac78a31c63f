/*
 * A sketch of a DAG: which blocks are in it, in two bytes a block. It may say
 * yes to a block that is not in the DAG, about once in a thousand, and never
 * says no to one that is. Pure. Thread: any.
 *
 * A pin has one. When a block in the middle of a pinned DAG is lost, no walk
 * can reach what is below that block; the sketch still shows what may be.
 */
#ifndef POND_STORAGE_KEEP_DAG_SKETCH_H
#define POND_STORAGE_KEEP_DAG_SKETCH_H

#include "base/buffer.h"

/* Largest sketch. A DAG of a million blocks has half a sketch's bits for each
 * (one false yes in 40); a far larger one is sketched as "everything". */
#define DAG_SKETCH_SIZE_MAX (1u << 20)

/* Note a block by its binary multihash: appends 16 bytes. */
void dag_sketch_note(struct bytes multihash, struct buffer *noted);

/* Append the sketch of what was noted. */
void dag_sketch_make(struct bytes noted, struct buffer *out);

/* May the block be in the DAG? An empty sketch is that of nothing. */
bool dag_sketch_may_have(struct bytes sketch, struct bytes multihash);

#endif
