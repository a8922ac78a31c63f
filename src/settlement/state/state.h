/*
 * The state: one ordered map from byte keys to byte values (rows).
 *
 * A struct state is a stack: layers of changed rows, the newest on top, over a
 * base (LMDB, or nothing). Reading looks through the stack from the top;
 * writing goes to the top layer. A bank is a layer on its ancestors' layers;
 * two banks on one parent are a fork; a transaction is a layer on its bank's,
 * merged down when it succeeds and dropped when it fails.
 *
 * Threads. A layer is written by one thread until state_layer_freeze(); after
 * that it never changes, and any number of threads read it through stacks of
 * their own without locks. Layers are reference counted (atomically) and hold
 * their own memory, so a reader that holds a stack keeps what it reads alive
 * while newer banks execute, are flushed and dropped. A struct state itself
 * belongs to one thread at a time.
 *
 * Which base goes with which layers: a stack is consistent if its base holds
 * the state as of any block from the parent of its lowest layer's block to its
 * top layer's own block, both included, because a layer over a base that
 * already holds it changes nothing. So a reader first opens its view of the
 * disk, and then takes a bank that is not older than that view.
 *
 * Not found and deleted are the same to a reader. A base that can't read its
 * disk ends the process because any answer would corrupt a result.
 */
#ifndef POND_SETTLEMENT_STATE_STATE_H
#define POND_SETTLEMENT_STATE_STATE_H

#include "base/bytes.h"

#define STATE_KEY_SIZE_MAX 255 /* a key's length is kept in one byte */

/* The map under the layers. The functions end the process if the disk can't be
 * read. Values are valid as long as the base's view is. */
struct state_base {
    void *user;
    bool (*get)(void *user, struct bytes key, struct bytes *value);
    /* A cursor before the first row whose key is ≥ start. */
    void *(*cursor_open)(void *user, struct bytes start);
    bool (*cursor_next)(void *cursor, struct bytes *key, struct bytes *value);
    void (*cursor_close)(void *cursor);
};

/* A base without rows. */
extern const struct state_base STATE_BASE_EMPTY;

/*
 * Layers.
 */
struct state_layer;

/* A new layer, with one reference. retain adds a reference, release drops one
 * and frees the layer with the last: both from any thread. Freezing can't be
 * undone. */
struct state_layer *state_layer_new(void);
struct state_layer *state_layer_retain(struct state_layer *layer);
void state_layer_release(struct state_layer *layer); /* NULL is allowed */
void state_layer_freeze(struct state_layer *layer);
size_t state_layer_count(const struct state_layer *layer);
size_t state_layer_used_bytes(const struct state_layer *layer);

/* A layer's own changes in the order of their keys. Start with *position =
 * NULL; false at the end. Deleted rows have an empty value. Key and value are
 * valid as long as the layer, if it is frozen. */
struct state_change {
    struct bytes key;
    struct bytes value;
    uint64_t hash; /* the key's, see state_put_change() */
    bool deleted;
    bool is_new; /* nothing below the layer has the key; false: unknown */
};
bool state_layer_next(const struct state_layer *layer, const void **position,
                      struct state_change *change);

/* The same in the reverse order of first puts, which is cheaper. */
bool state_layer_next_put(const struct state_layer *layer,
                          const void **position, struct state_change *change);

/*
 * Stacks.
 */
struct state;

/* A read-only stack of count layers, the newest first. The layers must be
 * frozen (CHECKed) and are retained; base is copied. */
struct state *state_open(const struct state_base *base,
                         struct state_layer *const *layers, size_t count);

/* The same with a new, empty layer on top for writing. */
struct state *state_open_writable(const struct state_base *base,
                                  struct state_layer *const *layers,
                                  size_t count);

/* The layers of a stack, all frozen (CHECKed), over another base. Read-only. */
struct state *state_open_over(const struct state *state,
                              const struct state_base *base);

/* A layer by its place from the top. index < the number of layers (CHECKed). */
struct state_layer *state_layer_at(const struct state *state, size_t index);

/* A new empty layer on top of all of parent, which must outlive the child. Only
 * state_merge() may change parent meanwhile. */
struct state *state_open_child(struct state *parent);
void state_close(struct state *state); /* NULL is allowed */

/* The layer that is written to; NULL in a read-only stack. */
struct state_layer *state_top(struct state *state);

/* Move all changes of a child to its parent; the child is empty afterwards and
 * can be used again. state_drop() forgets the changes instead. */
void state_merge(struct state *child);
void state_drop(struct state *child);

/* The value stays valid until the next put or delete of that key in this
 * state, and at most as long as the stack and its base are open. */
bool state_get(const struct state *state, struct bytes key,
               struct bytes *value);
bool state_has(const struct state *state, struct bytes key);

/* Key and value are copied. The stack must be writable (CHECKed). */
void state_put(struct state *state, struct bytes key, struct bytes value);

/* The same for a key that state_get() does not find in this stack: nobody has
 * to look later for the value before (state_change.is_new). */
void state_add(struct state *state, struct bytes key, struct bytes value);
void state_delete(struct state *state, struct bytes key);

/* Repeat a put or a delete that another layer of this process holds. Cheaper
 * than those because the key was hashed before. */
void state_put_change(struct state *state, const struct state_change *change);

/* As state_get(), but below the top layer: the value before this layer's
 * changes. */
bool state_get_below(const struct state *state, struct bytes key,
                     struct bytes *value);

/*
 * A walk, in the order of keys, over all rows whose key begins with prefix
 * (empty: all rows), from the first whose key is ≥ start (empty: from the first
 * with prefix). Rows that are put or deleted ahead of the walk are met as they
 * then are. Key and value are valid until the next step, or as state_get() says
 * if that ends earlier. Close the cursor before its state.
 */
struct state_cursor;
struct state_cursor *state_cursor_open(const struct state *state,
                                       struct bytes prefix, struct bytes start);
bool state_cursor_next(struct state_cursor *cursor, struct bytes *key,
                       struct bytes *value);
void state_cursor_close(struct state_cursor *cursor); /* NULL is allowed */

#endif
