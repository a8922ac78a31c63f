/*
 * A transaction as a block holds it: its wire bytes, without a long run of one
 * byte if there is one. K2's clients pad texts to the length of their fields,
 * which makes two thirds of a submission: bytes that would be hashed, copied
 * and written again and again on their way to the disk.
 *
 * Encoding, little-endian: size u16 of the wire bytes, with its highest bit set
 * if a run is left out; then the run's place u16, size u16 and byte; then the
 * wire bytes, without the run. The run that is left out is the longest after
 * the message's static keys (byte_run.h), if it has at least 32 bytes. So every
 * transaction has one encoding.
 *
 * Pure; any thread.
 */
#ifndef POND_SETTLEMENT_FORMAT_BLOCK_TRANSACTION_H
#define POND_SETTLEMENT_FORMAT_BLOCK_TRANSACTION_H

#include "base/arena.h"
#include "base/buffer.h"

/* The size of the smallest encoding, that of no bytes. No bytes are no
 * transaction, but have the form of one. */
#define BLOCK_TRANSACTION_SIZE_MIN 2

/* The highest bit of the size, which is free: no transaction is larger than a
 * packet. */
#define BLOCK_TRANSACTION_RUN 0x8000

/* Bytes that say what a run was: place, size, byte. */
#define BLOCK_TRANSACTION_RUN_SIZE 5

/* Append the encoding. wire.size ≤ TRANSACTION_SIZE_MAX (CHECKed). */
void block_transaction_write(struct bytes wire, struct buffer *out);

/* Read the next transaction's wire bytes. *wire borrows from the reader's bytes
 * or, with a run, from the arena. ERR_LIMIT for a transaction that is too
 * large, ERR_INVALID for what block_transaction_write() would not have written.
 */
int block_transaction_read(struct reader *reader, struct arena *arena,
                           struct bytes *wire);

/* Where the wire bytes begin in an encoding. No run is left out before the end
 * of the static keys. */
static inline const uint8_t *block_transaction_begin(const uint8_t *encoding)
{
    return encoding + 2 +
           (u16le_read(encoding) & BLOCK_TRANSACTION_RUN
                ? BLOCK_TRANSACTION_RUN_SIZE
                : 0);
}

#endif
