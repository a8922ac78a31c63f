/*
 * Nodes are linked to parent, first child and next sibling, and are found by
 * hash in a map. A thousand nodes at most: walks over all of them are cheap
 * beside executing one block.
 *
 * Order among siblings is that of their coming, and nothing depends on it: what
 * is chosen among blocks is chosen by slot and hash.
 */
#include "settlement/chain/block_tree.h"

#include "base/check.h"
#include "base/map.h"
#include "base/memory.h"
#include <stdlib.h>

/* Invariants: by_hash has exactly the nodes that descend from root, and root.
 * layer_bytes is the sum of theirs. */
struct block_tree {
    struct block_node *root;
    struct map *by_hash;
    size_t layer_bytes;
};

static struct bytes key_of(const struct hash *hash)
{
    return bytes_make(hash->bytes, sizeof(hash->bytes));
}

static bool is_executed(const struct block_node *node)
{
    return node->state == BLOCK_EXECUTED;
}

/* ---- Nodes ---- */

static struct block_node *node_new(uint64_t slot, const struct hash *hash)
{
    struct block_node *node = mem_zero(1, sizeof(*node));
    node->slot = slot;
    node->hash = *hash;
    node->state = BLOCK_INVALID;
    return node;
}

static void node_set_block(struct block_node *node,
                           struct executed_block *block)
{
    node->state = BLOCK_EXECUTED;
    node->block = block;
    node->layer_bytes = state_layer_used_bytes(bank_layer(block->bank));
}

static struct block_node *node_of(struct executed_block *block)
{
    struct block_node *node =
        node_new(bank_info(block->bank)->slot, &block->hash);
    node_set_block(node, block);
    return node;
}

static void node_free(struct block_node *node)
{
    executed_block_release(node->block);
    buffer_free(&node->data);
    free(node);
}

void block_nodes_free(struct block_node *dead)
{
    while (dead) {
        struct block_node *next = dead->sibling;
        node_free(dead);
        dead = next;
    }
}

/* The node after this one in a walk over a subtree, parents first; NULL at its
 * end. */
static struct block_node *node_after(const struct block_node *top,
                                     struct block_node *node)
{
    if (node->children)
        return node->children;
    while (node != top && !node->sibling)
        node = node->parent;
    return node == top ? NULL : node->sibling;
}

bool block_tree_descends(const struct block_node *node,
                         const struct block_node *from)
{
    while (node && node->slot > from->slot)
        node = node->parent;
    return node == from;
}

/* ---- The tree ---- */

struct block_tree *block_tree_new(struct executed_block *root)
{
    struct block_tree *tree = mem_zero(1, sizeof(*tree));
    tree->root = node_of(root);
    tree->root->is_certified = true;
    tree->by_hash = map_new();
    tree->layer_bytes = tree->root->layer_bytes;
    map_put(tree->by_hash, key_of(&tree->root->hash), tree->root);
    return tree;
}

/* Put a subtree's nodes in front of a list, and forget their hashes. Parents
 * come first in the walk, so each node's links are read before they change. */
static void take_out(struct block_tree *tree, struct block_node *top,
                     struct block_node **list)
{
    struct block_node *stack = top;
    top->sibling = NULL;
    while (stack) {
        struct block_node *node = stack;
        stack = node->sibling;
        while (node->children) {
            struct block_node *child = node->children;
            node->children = child->sibling;
            child->sibling = stack;
            stack = child;
        }
        map_remove(tree->by_hash, key_of(&node->hash));
        tree->layer_bytes -= node->layer_bytes;
        node->parent = NULL;
        node->sibling = *list;
        *list = node;
    }
}

void block_tree_free(struct block_tree *tree)
{
    struct block_node *all = NULL;
    if (!tree)
        return;
    take_out(tree, tree->root, &all);
    block_nodes_free(all);
    map_free(tree->by_hash);
    free(tree);
}

struct block_node *block_tree_root(const struct block_tree *tree)
{
    return tree->root;
}

struct block_node *block_tree_find(const struct block_tree *tree,
                                   const struct hash *hash)
{
    return map_get(tree->by_hash, key_of(hash));
}

size_t block_tree_count(const struct block_tree *tree)
{
    return map_count(tree->by_hash) - 1;
}

static void link_child(struct block_tree *tree, struct block_node *parent,
                       struct block_node *node)
{
    CHECK(block_tree_count(tree) < BLOCK_TREE_BLOCKS_MAX);
    node->parent = parent;
    node->sibling = parent->children;
    parent->children = node;
    tree->layer_bytes += node->layer_bytes;
    CHECK(!map_put(tree->by_hash, key_of(&node->hash), node));
}

struct block_node *block_tree_add(struct block_tree *tree,
                                  struct block_node *parent,
                                  struct executed_block *block)
{
    struct block_node *node = node_of(block);
    CHECK(is_executed(parent) && node->slot > parent->slot);
    link_child(tree, parent, node);
    return node;
}

struct block_node *block_tree_add_invalid(struct block_tree *tree,
                                          struct block_node *parent,
                                          uint64_t slot,
                                          const struct hash *hash)
{
    struct block_node *node = node_new(slot, hash);
    CHECK(parent->state != BLOCK_ASLEEP);
    link_child(tree, parent, node);
    return node;
}

void block_tree_certify(struct block_tree *tree, struct block_node *node)
{
    for (; node && !node->is_certified; node = node->parent)
        node->is_certified = true;
}

/* ---- The tip ---- */

/* Among executed blocks; NULL is below all. */
static bool is_higher(const struct block_node *a, const struct block_node *b)
{
    if (!b || a->slot != b->slot)
        return !b || a->slot > b->slot;
    return memcmp(a->hash.bytes, b->hash.bytes, sizeof(a->hash.bytes)) < 0;
}

/* The highest executed one of a subtree; only among the certified ones if that
 * is asked for. NULL: there is none. */
static struct block_node *highest(struct block_node *top, bool is_certified)
{
    struct block_node *best = NULL;
    for (struct block_node *node = top; node; node = node_after(top, node))
        if (is_executed(node) && (node->is_certified || !is_certified) &&
            is_higher(node, best))
            best = node;
    return best;
}

/* The root is certified and executed, so there always is one. */
struct block_node *block_tree_certified(const struct block_tree *tree)
{
    return highest(tree->root, true);
}

struct block_node *block_tree_tip(const struct block_tree *tree)
{
    return highest(block_tree_certified(tree), false);
}

struct block_node *block_tree_unsummed(const struct block_tree *tree)
{
    struct block_node *node = tree->root;
    while (node && !(is_executed(node) && !bank_is_summed(node->block->bank)))
        node = node_after(tree->root, node);
    return node;
}

/* ---- Memory ---- */

bool block_tree_is_heavy(const struct block_tree *tree)
{
    return tree->layer_bytes - tree->root->layer_bytes >
           BLOCK_TREE_LAYER_BYTES_MAX;
}

/* Children's layers stand on their parent's, so giving up a parent frees
 * nothing. */
static bool has_executed_child(const struct block_node *node)
{
    for (const struct block_node *child = node->children; child;
         child = child->sibling)
        if (is_executed(child))
            return true;
    return false;
}

static size_t banks_of_slot(const struct block_tree *tree, uint64_t slot)
{
    size_t count = 0;
    for (struct block_node *node = tree->root; node;
         node = node_after(tree->root, node))
        count += node->slot == slot && is_executed(node);
    return count;
}

/* A certified one is better, then a higher one. */
static bool is_worse(const struct block_node *a, const struct block_node *b)
{
    if (!b || a->is_certified != b->is_certified)
        return !b || b->is_certified;
    return is_higher(b, a);
}

struct block_node *block_tree_worst(const struct block_tree *tree,
                                    const struct block_node *spare)
{
    bool is_heavy = block_tree_is_heavy(tree);
    const struct block_node *tip = block_tree_tip(tree);
    struct block_node *worst = NULL;
    for (struct block_node *node = tree->root; node;
         node = node_after(tree->root, node)) {
        if (!is_executed(node) || has_executed_child(node) ||
            block_tree_descends(tip, node) ||
            (spare && block_tree_descends(spare, node)) ||
            !is_worse(node, worst))
            continue;
        if (is_heavy ||
            banks_of_slot(tree, node->slot) > BLOCK_TREE_SLOT_BANKS_MAX)
            worst = node;
    }
    return worst;
}

/* Others may hold the block, so its bytes are copied: a megabyte, seldom. */
void block_tree_sleep(struct block_tree *tree, struct block_node *node)
{
    CHECK(is_executed(node) && node != tree->root);
    CHECK(!has_executed_child(node));
    buffer_bytes(&node->data, buffer_view(&node->block->data));
    executed_block_release(node->block);
    node->block = NULL;
    node->state = BLOCK_ASLEEP;
    tree->layer_bytes -= node->layer_bytes;
    node->layer_bytes = 0;
}

void block_tree_wake(struct block_tree *tree, struct block_node *node,
                     struct executed_block *block)
{
    CHECK(node->state == BLOCK_ASLEEP && is_executed(node->parent));
    CHECK(hash_equal(&node->hash, &block->hash));
    buffer_free(&node->data);
    node_set_block(node, block);
    tree->layer_bytes += node->layer_bytes;
}

/* ---- The root ---- */

/* The new root leaves the old one's children first; what then hangs on the old
 * root dies. */
struct block_node *block_tree_advance(struct block_tree *tree,
                                      const struct block_node *final,
                                      struct block_node **dead)
{
    struct block_node *old = tree->root, *next = NULL;
    while (final && final != old) {
        next = block_tree_find(tree, &final->hash);
        final = final->parent;
    }
    CHECK(final && next && is_executed(next));
    struct block_node **at = &old->children;
    while (*at != next)
        at = &(*at)->sibling;
    *at = next->sibling;
    next->sibling = next->parent = NULL;
    tree->root = next;
    tree->root->is_certified = true;
    while (old->children) {
        struct block_node *child = old->children;
        old->children = child->sibling;
        take_out(tree, child, dead);
    }
    map_remove(tree->by_hash, key_of(&old->hash));
    tree->layer_bytes -= old->layer_bytes;
    node_free(old);
    return next;
}
