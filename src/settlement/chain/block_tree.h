/*
 * The blocks above the newest final one, the root: a tree, because leaders may
 * have built on different parents, and the slots are not decided yet.
 *
 *             ┌─ 5 ─ 6          5 is certified, 7 is not: the tip is 6
 *   root ─ 4 ─┤
 *             └─ 7
 *
 * A block is known by its hash. It is executed, or its bank was given up for
 * want of memory and only its bytes are left (asleep), or it is no valid block.
 * What is invalid stays until a final block decides its slot, so that nobody
 * can have it executed over and over.
 *
 * Pure: no clock, thread, file or lock. One owner, in its thread.
 */
#ifndef POND_SETTLEMENT_CHAIN_BLOCK_TREE_H
#define POND_SETTLEMENT_CHAIN_BLOCK_TREE_H

#include "settlement/ledger/executed_block.h"

/* The most blocks above the root: 32 windows of 4 slots, with 8 blocks each.
 * That many windows back consensus still makes slots final. */
#define BLOCK_TREE_BLOCKS_MAX 1024

/* The most executed blocks of a slot above the root: a leader that signs more
 * makes others drop the banks of some. */
#define BLOCK_TREE_SLOT_BANKS_MAX 8

/* Memory of the layers of executed blocks above the root, past which
 * block_tree_worst() has something to give up. */
#define BLOCK_TREE_LAYER_BYTES_MAX (24u << 20)

/* What becomes of a block that is to be executed. */
enum block_verdict {
    VERDICT_VALID,
    /* The same for everybody who has the block and its parent. */
    VERDICT_INVALID,
    /* The bytes are not the block of that hash, of which this says nothing. */
    VERDICT_OTHER,
    /* The parent is not in the tree: it is not here, or is below the root. */
    VERDICT_NO_PARENT,
    /* There are too many blocks above the root. */
    VERDICT_NO_ROOM,
};

enum block_state { BLOCK_EXECUTED, BLOCK_ASLEEP, BLOCK_INVALID };

/* Readable for the tree's owner; written by the functions below alone. */
struct block_node {
    uint64_t slot;
    struct hash hash;
    enum block_state state;
    struct executed_block *block; /* EXECUTED: a reference; else NULL */
    struct buffer data;           /* ASLEEP: the encoded block */
    bool is_certified;            /* it, or a descendant */
    size_t layer_bytes;           /* EXECUTED: of its bank's own layer */
    struct block_node *parent;    /* NULL: the root, or taken out */
    struct block_node *children;  /* the first one */
    struct block_node *sibling;   /* the next one; of what was taken out: the
                                     next of the list */
};

struct block_tree;

/* A tree of the root alone, which is executed. Takes the reference over. */
struct block_tree *block_tree_new(struct executed_block *root);
void block_tree_free(struct block_tree *tree); /* NULL is allowed */

struct block_node *block_tree_root(const struct block_tree *tree);

/* NULL if no block of the tree has that hash. */
struct block_node *block_tree_find(const struct block_tree *tree,
                                   const struct hash *hash);

/* How many there are above the root. */
size_t block_tree_count(const struct block_tree *tree);

/* True if a block stands on the other, or is it. */
bool block_tree_descends(const struct block_node *node,
                         const struct block_node *from);

/* A block that is executed, with a bank on the parent's; takes the reference
 * over. The parent is executed, the slot after its, the hash new, and there are
 * fewer than BLOCK_TREE_BLOCKS_MAX (CHECKed). */
struct block_node *block_tree_add(struct block_tree *tree,
                                  struct block_node *parent,
                                  struct executed_block *block);

/* A block that is not valid; otherwise the same, but that the parent may be
 * invalid, too, and the slot may be any. */
struct block_node *block_tree_add_invalid(struct block_tree *tree,
                                          struct block_node *parent,
                                          uint64_t slot,
                                          const struct hash *hash);

/* The block, and so all before it, is certified. */
void block_tree_certify(struct block_tree *tree, struct block_node *node);

/* The highest certified block that is executed; of two in one slot that with
 * the lower hash. */
struct block_node *block_tree_certified(const struct block_tree *tree);

/* The block that clients see as the newest: the highest executed one that
 * descends from block_tree_certified(); of two in one slot that with the lower
 * hash. */
struct block_node *block_tree_tip(const struct block_tree *tree);

/* An executed block that is not summed up (bank_sum_up()), but its parent is;
 * NULL: there is none. */
struct block_node *block_tree_unsummed(const struct block_tree *tree);

/* An executed block whose bank is to be given up because there are too many or
 * too large ones above the root: the last one of the worst fork, never one that
 * the tip or spare (may be NULL) stands on. NULL: there is no need, or nothing
 * else. */
struct block_node *block_tree_worst(const struct block_tree *tree,
                                    const struct block_node *spare);

/* True if the layers above the root take more than
 * BLOCK_TREE_LAYER_BYTES_MAX. */
bool block_tree_is_heavy(const struct block_tree *tree);

/* Give up the bank of an executed block without executed children, and keep the
 * bytes (CHECKed; not the root's). */
void block_tree_sleep(struct block_tree *tree, struct block_node *node);

/* The block was executed again; takes the reference over. Its parent is
 * executed (CHECKed). */
void block_tree_wake(struct block_tree *tree, struct block_node *node,
                     struct executed_block *block);

/* The root's child on the way to a block that is final becomes the root, and is
 * returned: one step. The old root and all that does not descend from the new
 * one leave the tree, and are put in front of the list *dead, the old root not.
 * The new root must be executed; final must be above the root (CHECKed). */
struct block_node *block_tree_advance(struct block_tree *tree,
                                      const struct block_node *final,
                                      struct block_node **dead);

/* Free a list of what left the tree; NULL is allowed. */
void block_nodes_free(struct block_node *dead);

#endif
