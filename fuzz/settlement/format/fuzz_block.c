/*
 * Encoded blocks. What decodes must encode to the same bytes, and checking its
 * entries must not crash.
 */
#include "base/check.h"
#include "settlement/format/block.h"

/* Hashes that a fuzzed entry may ask for: enough for all paths, few enough to
 * keep the fuzzer fast. */
#define HASHES_PER_TICK 4

static bool transactions_parse(const struct entry *entry, struct arena *arena)
{
    struct transaction transaction;
    for (size_t i = 0; i < entry->transaction_count; i++)
        if (transaction_parse(entry->transactions[i], arena, &transaction))
            return false;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct buffer again = {0};
    struct block block;
    struct hash hash, own;
    if (!block_decode(bytes_make(data, size), &arena, &block)) {
        block_encode(&block, NULL, &again, &hash);
        CHECK(bytes_equal(buffer_view(&again), bytes_make(data, size)));
        block_header_hash(&block.header, &own);
        CHECK(hash_equal(&own, &hash));
        CHECK(block_body(&block.header, bytes_make(data, size)).size ==
              block.header.body_size);
        block_blockhash(&block, &block.header.parent_hash, 1, &own);
        (void)entries_check_ticks(block.entries, block.entry_count,
                                  HASHES_PER_TICK, 1);
        for (size_t i = 0; i < block.entry_count; i++)
            if (block.entries[i].num_hashes <= HASHES_PER_TICK &&
                transactions_parse(&block.entries[i], &arena))
                (void)entry_verify(&block.entries[i],
                                   &block.header.parent_hash);
    }
    buffer_free(&again);
    arena_free(&arena);
    return 0;
}
