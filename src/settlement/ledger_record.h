/*
 * What is kept of a transaction beside its bytes: how it ended, what it cost,
 * its balances before and after, its log.
 *
 * Encoding, little-endian: status (transaction_error.h); fee u64; compute
 * units u64; place of the wire bytes in the encoded block u32, their size u16;
 * key count u8, static key count u8, the keys past the static ones [32] each;
 * balances before u64 each, after u64 each; token balances before and
 * after, each a count u8 and per balance index u8, decimals u8, mint[32],
 * owner[32], amount u64; size of the return data u16 and, if it is not 0, its
 * program[32] and the data; log lines u16, each u16 size and
 * text; XXH3-64 of all that u64, for nothing else in the chain depends on it.
 */
#ifndef POND_SETTLEMENT_LEDGER_RECORD_H
#define POND_SETTLEMENT_LEDGER_RECORD_H

#include "settlement/bank.h"

/* Log lines kept; bank.h limits the bytes. */
#define LEDGER_RECORD_LOG_MAX 4096

struct ledger_record {
    struct bank_result result; /* recorded is true */
    struct bytes wire;         /* the transaction */
};

/* Append the encoding; block is the encoded block that holds wire. */
void ledger_record_encode(const struct ledger_record *record,
                          struct bytes block, struct buffer *out);

/* Arrays lie in the arena, texts and wire in data and block. ERR_CORRUPT. */
int ledger_record_decode(struct bytes data, struct bytes block,
                         struct arena *arena, struct ledger_record *out);

#endif
