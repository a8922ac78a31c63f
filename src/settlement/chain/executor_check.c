/*
 * Blocks of others. Whether a block is valid follows from its bytes and the
 * state after its parent, and from nothing else: not from what this validator
 * has seen, nor from when it came. The checks are those of replay, which finds
 * the same in the ledger later.
 *
 * Signatures are checked here, many at once, before anything is executed.
 */
#include "settlement/chain/executor_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/format/block_verify.h"
#include <inttypes.h>

/* A block that is being checked. */
struct checking {
    struct executor *executor;
    const struct block_node *parent;
    struct executed_block *block;
    struct block decoded;
    struct transaction *transactions;
    size_t count;
    struct arena arena; /* of what is decoded and parsed */
};

/* ---- Form ---- */

/* block_decode() has bounded the count. */
static int parse(struct checking *checking)
{
    const struct block *block = &checking->decoded;
    size_t count = block_transaction_count(block);
    checking->transactions =
        arena_alloc(&checking->arena, count * sizeof(*checking->transactions));
    for (size_t i = 0; i < block->entry_count; i++) {
        const struct entry *entry = &block->entries[i];
        for (size_t k = 0; k < entry->transaction_count; k++) {
            int status =
                transaction_parse(entry->transactions[k], &checking->arena,
                                  &checking->transactions[checking->count]);
            if (status)
                return err_add(ERR_CORRUPT,
                               "block %" PRIu64 ": transaction %zu",
                               block->header.slot, checking->count);
            checking->count++;
        }
    }
    return 0;
}

static int decode(struct checking *checking)
{
    int status = block_decode(buffer_view(&checking->block->data),
                              &checking->arena, &checking->decoded);
    return status ? err_add(ERR_CORRUPT, "a block") : parse(checking);
}

/* ---- What needs no state, and what the parent says ---- */

static int verify_parent(const struct checking *checking)
{
    const struct block_header *header = &checking->decoded.header;
    const struct bank_info *parent = bank_info(checking->parent->block->bank);
    int status =
        block_verify_parent(header, &checking->parent->hash, parent->slot,
                            parent->unix_ms, checking->executor->genesis);
    if (status)
        return status;
    if (!hash_equal(&header->parent_state_hash, &parent->state_hash))
        return err_set(ERR_CORRUPT,
                       "block %" PRIu64
                       " says that the state after slot %" PRIu64
                       " is another one",
                       header->slot, parent->slot);
    return 0;
}

/* An endpoint's own transactions come back in blocks of others. */
static int verify_signatures(const struct checking *checking)
{
    const struct executor *executor = checking->executor;
    if (executor->recognize)
        executor->recognize(executor->user, checking->transactions,
                            checking->count);
    return block_verify_signatures(&checking->decoded, checking->transactions,
                                   0, checking->count);
}

/* The cheap checks first. The ticks come before the entries because they bound
 * the hashes that those ask for. */
static int verify(const struct checking *checking, const struct hash *hash)
{
    const struct block *block = &checking->decoded;
    const struct hash *blockhash =
        &bank_info(checking->parent->block->bank)->blockhash;
    int status = verify_parent(checking);
    if (!status)
        status = block_verify_header(&block->header, hash,
                                     checking->executor->schedule);
    if (!status)
        status = block_verify_shape(block, checking->executor->genesis);
    if (!status)
        status = block_verify_entries(block, blockhash, 0, block->entry_count);
    if (!status)
        status = verify_signatures(checking);
    return status;
}

/* ---- Executing ---- */

/* Records are made at once, while results are in the arena. */
static int execute_entry(struct checking *checking,
                         struct block_execution *execution,
                         const struct entry *entry, size_t *at)
{
    struct arena *scratch = &checking->executor->scratch;
    int status = 0;
    for (size_t i = 0; !status && i < entry->transaction_count; i++) {
        const struct transaction *transaction =
            &checking->transactions[(*at)++];
        struct bank_result result = {0};
        status = block_execute_made(execution, transaction,
                                    BANK_WANT_BALANCES | BANK_WANT_LOG, scratch,
                                    &result);
        if (!status)
            ledger_records_add(&checking->block->records, transaction, &result,
                               entry->places[i]);
        arena_reset(scratch);
    }
    return status;
}

/* The bank of a block that breaks a rule after all is dropped. */
static int execute(struct checking *checking)
{
    const struct block *block = &checking->decoded;
    const struct genesis *genesis = checking->executor->genesis;
    struct bank *parent = checking->parent->block->bank;
    const struct bank_block at = {.slot = block->header.slot,
                                  .unix_ms = block->header.unix_ms,
                                  .leader = block->header.leader};
    struct bank *bank =
        bank_open_child(parent, row_cache_base(checking->executor->cache), &at);
    struct block_execution execution = block_execute_begin(bank, genesis);
    struct hash blockhash;
    size_t done = 0;
    int status = 0;
    for (size_t i = 0; !status && i < block->entry_count; i++)
        status = execute_entry(checking, &execution, &block->entries[i], &done);
    if (status) {
        bank_release(bank);
        return status;
    }
    block_blockhash(block, &bank_info(parent)->blockhash,
                    genesis->ticks_per_slot, &blockhash);
    bank_freeze(bank, &blockhash);
    checking->block->bank = bank;
    return 0;
}

/* On the parent, which is executed and summed up. */
static int check(struct executor *executor, const struct block_node *parent,
                 const struct hash *hash, struct executed_block *block)
{
    struct checking checking = {
        .executor = executor, .parent = parent, .block = block};
    CHECK(executor->is_open);
    CHECK(bank_is_summed(parent->block->bank));
    block->hash = *hash;
    int status = decode(&checking);
    if (!status)
        status = verify(&checking, hash);
    if (!status)
        status = execute(&checking);
    if (!status)
        executor_link(executor, parent, block);
    arena_free(&checking.arena);
    return status;
}

/* ---- The verdict ---- */

/* Whether the bytes are those of the hash. What is not a block at all is no
 * block's bytes; and the hash does not cover the signature, which anybody could
 * have changed on the way. */
static int read_header(struct bytes data, const struct hash *hash,
                       struct block_header *out)
{
    struct reader reader = reader_make(data);
    struct hash own;
    int status = block_header_read(&reader, out);
    if (status)
        return status;
    block_header_hash(out, &own);
    if (!hash_equal(&own, hash))
        return err_set(ERR_CORRUPT, "the header is of another block");
    if (!block_header_is_signed(out, &own))
        return err_set(ERR_CORRUPT,
                       "block %" PRIu64 " is not what its leader signed",
                       out->slot);
    return block_verify_body(out, reader.left);
}

static enum block_verdict on_parent(struct executor *executor,
                                    const struct block_header *header,
                                    const struct hash *hash,
                                    struct executed_block *block,
                                    struct block_node **out)
{
    struct block_node *parent =
        block_tree_find(executor->tree, &header->parent_hash);
    int status;
    if (!parent) {
        err_set(ERR_NOT_FOUND, "the parent of block %" PRIu64 " is not here",
                header->slot);
        return VERDICT_NO_PARENT;
    }
    if (block_tree_count(executor->tree) >= BLOCK_TREE_BLOCKS_MAX) {
        err_set(ERR_FULL,
                "there are %d blocks of which none is final, and no room for "
                "block %" PRIu64,
                BLOCK_TREE_BLOCKS_MAX, header->slot);
        return VERDICT_NO_ROOM;
    }
    if (parent->state == BLOCK_INVALID) {
        status =
            err_set(ERR_CORRUPT, "the parent of block %" PRIu64 " is not valid",
                    header->slot);
    } else {
        executor_wake(executor, parent);
        status = check(executor, parent, hash, block);
    }
    if (status) {
        *out =
            block_tree_add_invalid(executor->tree, parent, header->slot, hash);
        return VERDICT_INVALID;
    }
    *out = block_tree_add(executor->tree, parent, executed_block_retain(block));
    return VERDICT_VALID;
}

/* A block that is asleep is valid. */
static enum block_verdict known(const struct block_node *node)
{
    if (node->state != BLOCK_INVALID)
        return VERDICT_VALID;
    err_set(ERR_CORRUPT, "block %" PRIu64 " is known and not valid",
            node->slot);
    return VERDICT_INVALID;
}

enum block_verdict executor_check(struct executor *executor,
                                  const struct hash *hash,
                                  struct executed_block *block,
                                  struct block_node **out)
{
    struct block_header header;
    enum block_verdict verdict = VERDICT_OTHER;
    *out = block_tree_find(executor->tree, hash);
    if (*out)
        verdict = known(*out);
    else if (!read_header(buffer_view(&block->data), hash, &header))
        verdict = on_parent(executor, &header, hash, block, out);
    executed_block_release(block);
    return verdict;
}

/* ---- Again ---- */

static struct block_node *lowest_asleep(struct block_node *node)
{
    struct block_node *lowest = NULL;
    for (; node->state != BLOCK_EXECUTED; node = node->parent)
        lowest = node;
    return lowest;
}

/* It was valid, and nothing that this follows from has changed. It is summed up
 * at once: who waits for it has seen the state before. */
void executor_wake(struct executor *executor, struct block_node *node)
{
    struct block_node *next;
    CHECK(node->state != BLOCK_INVALID);
    while ((next = lowest_asleep(node))) {
        struct executed_block *block = executed_block_new();
        buffer_bytes(&block->data, buffer_view(&next->data));
        CHECK(!check(executor, next->parent, &next->hash, block));
        bank_sum_up(block->bank);
        block_tree_wake(executor->tree, next, block);
    }
}
