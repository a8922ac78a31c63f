#include "settlement/format/block_verify.h"
#include "base/error.h"
#include "settlement/format/block_time.h"
#include "settlement/format/chunk_tree.h"
#include <inttypes.h>

static int verify_limits(const struct block *block,
                         const struct genesis *genesis)
{
    uint64_t bytes =
        block_header_size(&block->header) + block->header.body_size;
    uint64_t count = block_transaction_count(block);
    if (bytes <= genesis_block_bytes(genesis) &&
        count <= genesis_block_transactions(genesis))
        return 0;
    return err_set(ERR_CORRUPT,
                   "block %" PRIu64 " has %" PRIu64 " bytes and %" PRIu64
                   " transactions, and %" PRIu64 " and %" PRIu64 " are allowed",
                   block->header.slot, bytes, count,
                   genesis_block_bytes(genesis),
                   genesis_block_transactions(genesis));
}

int block_verify_shape(const struct block *block, const struct genesis *genesis)
{
    int limits = verify_limits(block, genesis);
    if (limits)
        return limits;
    bool has_body = genesis->hashes_per_tick || block_transaction_count(block);
    if (has_body != !(block->header.flags & BLOCK_IS_EMPTY))
        return err_set(ERR_CORRUPT, "block %" PRIu64 " has %s",
                       block->header.slot,
                       has_body ? "no body" : "a body of ticks alone");
    int status = !has_body
                     ? 0
                     : entries_check_ticks(block->entries, block->entry_count,
                                           genesis->hashes_per_tick,
                                           genesis->ticks_per_slot);
    return status ? err_add(ERR_CORRUPT, "block %" PRIu64, block->header.slot)
                  : 0;
}

/* Nothing says yet when a block has a proof of randomness, nor which validators
 * the next epoch has: a leader could write what it likes. */
static bool is_plain(const struct block_header *header)
{
    static const struct hash zero;
    return !(header->flags & BLOCK_HAS_VRF) &&
           hash_equal(&header->next_set_hash, &zero);
}

int block_verify_header(const struct block_header *header,
                        const struct hash *hash,
                        struct leader_schedule *schedule)
{
    struct hash set;
    if (!pubkey_equal(&header->leader,
                      &leader_at(schedule, header->slot)->identity))
        return err_set(ERR_CORRUPT,
                       "block %" PRIu64 " is of %s, who is not its leader",
                       header->slot, PUBKEY_TEXT(&header->leader));
    leader_set_hash(schedule, header->slot, &set);
    if (!hash_equal(&header->set_hash, &set) || !is_plain(header))
        return err_set(ERR_CORRUPT,
                       "block %" PRIu64 " names other validators than those of "
                       "its epoch",
                       header->slot);
    if (!block_header_is_signed(header, hash))
        return err_set(ERR_CORRUPT,
                       "block %" PRIu64 " is not what its leader signed",
                       header->slot);
    return 0;
}

int block_verify_parent(const struct block_header *header,
                        const struct hash *parent_hash, uint64_t parent_slot,
                        uint64_t parent_ms, const struct genesis *genesis)
{
    if (header->parent_slot != parent_slot || header->slot <= parent_slot ||
        !hash_equal(&header->parent_hash, parent_hash))
        return err_set(ERR_CORRUPT,
                       "block %" PRIu64 " does not follow on slot %" PRIu64,
                       header->slot, parent_slot);
    uint64_t least_ms =
        block_time_least(genesis, parent_slot, parent_ms, header->slot);
    if (header->unix_ms < least_ms)
        return err_set(ERR_CORRUPT,
                       "block %" PRIu64 " is %" PRIu64 " ms too early",
                       header->slot, least_ms - header->unix_ms);
    return 0;
}

int block_verify_body(const struct block_header *header, struct bytes body)
{
    struct hash root;
    chunk_tree_root(body, &root);
    if (body.size == header->body_size && hash_equal(&root, &header->body_root))
        return 0;
    return err_set(ERR_CORRUPT,
                   "block %" PRIu64 " has another body than its header says",
                   header->slot);
}

int block_verify_entries(const struct block *block,
                         const struct hash *parent_blockhash, size_t first,
                         size_t end)
{
    for (size_t i = first; i < end; i++) {
        const struct hash *previous =
            i ? &block->entries[i - 1].hash : parent_blockhash;
        if (!entry_verify(&block->entries[i], previous))
            return err_set(ERR_CORRUPT,
                           "block %" PRIu64 ": entry %zu is not in its proof "
                           "of history",
                           block->header.slot, i);
    }
    return 0;
}

/* Several share the lanes of the vector unit (transaction_verify_all()). */
int block_verify_signatures(const struct block *block,
                            struct transaction *transactions, size_t first,
                            size_t count)
{
    struct arena scratch = {0};
    struct transaction **each = arena_alloc(&scratch, count * sizeof(*each));
    size_t unknown = 0;
    for (size_t i = 0; i < count; i++)
        if (!transactions[i].is_verified)
            each[unknown++] = &transactions[i];
    transaction_verify_all(each, unknown);
    arena_free(&scratch);
    for (size_t i = 0; i < count; i++)
        if (!transactions[i].is_verified)
            return err_set(ERR_CORRUPT,
                           "block %" PRIu64 ": a signature of transaction %zu "
                           "does not verify",
                           block->header.slot, first + i);
    return 0;
}
