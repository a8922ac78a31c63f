/*
 * What is kept of a transaction besides its bytes: how it ended, what it cost,
 * its balances before and after, its log. Pure; any thread.
 *
 * Encoding, little-endian: status (transaction_error.h); fee u64; compute units
 * u64; place of the transaction in the encoded block u32 (as
 * block_transaction.h says); key count u8, static key count u8, the keys past
 * the static ones [32] each; balances before u64 each, after u64 each; token
 * balances before and after, each a count u8 and per balance index u8, decimals
 * u8, mint[32], owner[32], amount u64; size of the return data u16 and, if it
 * is not 0, its program[32] and the data; inner instructions u8, each the
 * instruction that led to it u8, stack height u8, program u8, accounts u8,
 * their indexes, size of the data u16, data; log lines u16, each u16 size and
 * text; XXH3-64 of all that u64, because no hash of the chain covers it.
 */
#ifndef POND_SETTLEMENT_LEDGER_LEDGER_RECORD_H
#define POND_SETTLEMENT_LEDGER_LEDGER_RECORD_H

#include "settlement/bank/bank.h"

/* Most log lines; transaction_context.h limits the bytes. */
#define LEDGER_RECORD_LOG_MAX 4096

struct ledger_record {
    struct bank_result result; /* recorded is true */
    struct bytes wire;         /* the transaction */
};

/* The records of a block, each encoded right after its transaction was
 * executed: some 200 bytes remain of an execution's results. {0} is empty. */
struct ledger_records {
    struct buffer rows;  /* the encodings */
    struct buffer items; /* struct ledger_item[] */
};

/* Where the parts of a transaction are. */
struct ledger_item {
    uint32_t place;  /* in the encoded block */
    uint32_t row_at; /* in rows */
    uint32_t row_size;
    uint16_t keys_at; /* of the static keys, in its wire bytes */
    uint8_t static_count;
    uint8_t key_count;
};

/* Add a record. result: bank_execute()'s, recorded and with balances (CHECKed).
 * place: where the transaction begins in the encoded block. */
void ledger_records_add(struct ledger_records *records,
                        const struct transaction *transaction,
                        const struct bank_result *result, size_t place);
size_t ledger_records_count(const struct ledger_records *records);
void ledger_records_clear(struct ledger_records *records); /* keeps memory */
void ledger_records_free(struct ledger_records *records);

/* A transaction's item, and its parts; data is the encoded block. index <
 * count, number < key_count (CHECKed). Valid until the next
 * ledger_records_add(). */
const struct ledger_item *
ledger_records_at(const struct ledger_records *records, size_t index);
const uint8_t *ledger_item_wire(const struct ledger_item *item,
                                struct bytes data); /* up to the keys */
struct bytes ledger_item_row(const struct ledger_records *records,
                             const struct ledger_item *item);
const struct pubkey *ledger_item_key(const struct ledger_records *records,
                                     const struct ledger_item *item,
                                     struct bytes data, size_t number);

/* Decode a record's row data, with its encoded block. Arrays and wire lie in
 * the arena or in block, texts in data. ERR_CORRUPT. */
int ledger_record_decode(struct bytes data, struct bytes block,
                         struct arena *arena, struct ledger_record *out);

#endif
