/*
 * The recent blocks that a bank knows, and how long their blockhashes are good.
 */
#include "base/check.h"
#include "base/memory.h"
#include "settlement/bank/bank_internal.h"

void bank_set_blockhash_blocks(struct bank *bank, uint64_t blocks)
{
    CHECK(!bank->recent && blocks > 0);
    bank->info.blockhash_blocks = blocks;
    bank->recent_max = blocks > SLOT_HASHES_MAX ? blocks : SLOT_HASHES_MAX;
    bank->recent = mem_zero(bank->recent_max, sizeof(*bank->recent));
}

/* The number of recent blocks whose blockhash is good. */
static size_t good_count(const struct bank *bank)
{
    size_t most = bank->info.blockhash_blocks;
    return bank->recent_count < most ? bank->recent_count : most;
}

size_t bank_message_count(const struct bank *bank)
{
    CHECK_MAGIC(bank, BANK_MAGIC);
    size_t count = bank->info.frozen ? 0 : message_set_count(bank->messages);
    for (size_t i = 0; i < good_count(bank); i++)
        count += message_set_count(bank->recent[i].messages);
    return count;
}

/* Blocks count, not slots: a chain that stood still for a night takes what was
 * signed before. The search is linear because nearly all comparisons end at the
 * first of 32 bytes, and most transactions name one of the newest blocks. */
int bank_find_recent(const struct bank *bank, const struct hash *blockhash)
{
    size_t good = good_count(bank);
    for (size_t i = 0; i < good; i++)
        if (hash_equal(&bank->recent[i].blockhash, blockhash))
            return (int)i;
    return -1;
}

bool bank_has_transaction(const struct bank *bank,
                          const struct transaction *transaction)
{
    CHECK_MAGIC(bank, BANK_MAGIC);
    CHECK(bank->info.frozen);
    int age = bank_find_recent(bank, transaction->recent_blockhash);
    struct hash message;
    if (age <= 0)
        return false;
    transaction_message_hash(transaction, &message);
    for (int i = 0; i < age; i++)
        if (message_set_has(bank->recent[i].messages, &message))
            return true;
    return false;
}

bool bank_is_blockhash_valid(const struct bank *bank, const struct hash *hash,
                             uint64_t *last_valid_block_height)
{
    CHECK_MAGIC(bank, BANK_MAGIC);
    int age = bank_find_recent(bank, hash);
    if (age < 0)
        return false;
    /* While the bank executes, recent[0] is the parent's block. */
    uint64_t newest = bank->info.block_height - (bank->info.frozen ? 0 : 1);
    if (last_valid_block_height)
        *last_valid_block_height =
            newest - (uint64_t)age + bank->info.blockhash_blocks;
    return true;
}
