/*
 * Looking for transactions in a block that is in memory: by signature and by
 * address, as the tables on disk do.
 *
 * The indexes are made when somebody asks first, by the thread that asks, and
 * stay with the block: most blocks are on disk before anybody does. Thread: any
 * that holds a reference.
 */
#ifndef POND_SETTLEMENT_LEDGER_RECENT_H
#define POND_SETTLEMENT_LEDGER_RECENT_H

#include "settlement/ledger/executed_block.h"

/* The transaction with this first signature; false: it is not in the block. */
bool recent_find(struct executed_block *block,
                 const struct signature *signature, uint32_t *index);

/* The last transaction before `before` that names the address; false: there is
 * none. */
bool recent_find_address(struct executed_block *block,
                         const struct pubkey *address, uint32_t before,
                         uint32_t *index);

/* The first signature of a transaction; index < the block's count (CHECKed). */
void recent_signature(const struct executed_block *block, uint32_t index,
                      struct signature *out);

struct recent_index;
void recent_index_free(struct recent_index *index); /* NULL is allowed */

#endif
