/*
 * The form of a snapshot's file: the rows of one bank's state, and their place
 * on the chain. The contents of a packed file (packed_file.h), little-endian:
 *
 *   header  magic "PONDSNAP", version u32 = 1, genesis hash[32], slot u64,
 *           blockhash[32], block hash[32], state hash[32], row count u64
 *   row     key size u8, value size u32, key, value; keys ascending
 *
 * Reading checks form, limits, order and the file's digest; the caller checks
 * the rows against the state hash (bank_sum.h). Thread: one at a time for each
 * reader and writer.
 */
#ifndef POND_SETTLEMENT_LEDGER_SNAPSHOT_FORMAT_H
#define POND_SETTLEMENT_LEDGER_SNAPSHOT_FORMAT_H

#include "settlement/ledger/ledger_transfer.h"
#include <stdio.h>

#define SNAPSHOT_VERSION 2

/* Most bytes of a row's value: an account's data has at most 10 MiB
 * (ACCOUNT_DATA_SIZE_MAX), the messages of a full block 2 MiB. */
#define SNAPSHOT_VALUE_MAX (16u << 20)

/* More accounts than any chain of this family has. */
#define SNAPSHOT_ROWS_MAX (1ull << 32)

struct snapshot_writer;
int snapshot_writer_open(FILE *file, const struct ledger_export_info *header,
                         struct snapshot_writer **out);
/* Put a row: header->rows of them (CHECKed), in the order of keys. ERR_LIMIT
 * for a row that a reader would refuse. */
int snapshot_writer_put(struct snapshot_writer *writer, struct bytes key,
                        struct bytes value);
int snapshot_writer_finish(struct snapshot_writer *writer);
void snapshot_writer_close(struct snapshot_writer *writer); /* NULL is allowed
                                                             */

struct snapshot_reader;

/* Read the header. The FILE must outlive the reader. ERR_CORRUPT,
 * ERR_UNSUPPORTED for another version, ERR_LIMIT. */
int snapshot_reader_open(FILE *file, struct snapshot_reader **out);
const struct ledger_export_info *
snapshot_reader_header(const struct snapshot_reader *reader);

/* The next row, valid until the next call. ERR_NOT_FOUND after the last row if
 * the whole file is undamaged. ERR_CORRUPT. */
int snapshot_reader_next(struct snapshot_reader *reader, struct bytes *key,
                         struct bytes *value);
void snapshot_reader_close(struct snapshot_reader *reader); /* NULL is allowed
                                                             */

#endif
