/*
 * The state of a ledger on its way out and in, row by row, for snapshots.
 *
 * Out: one read transaction, so the state is that of the last flush, whatever
 * is written meanwhile. In: a folder of its own, which is a ledger only after
 * ledger_import_finish() has returned 0.
 */
#ifndef POND_SETTLEMENT_LEDGER_LEDGER_TRANSFER_H
#define POND_SETTLEMENT_LEDGER_LEDGER_TRANSFER_H

#include "settlement/ledger/ledger.h"

/* ---- Out. Thread: the one that opened it ---- */

struct ledger_export;

/* Export an open ledger; or one in a folder, which another process may be
 * writing to. While the export is open LMDB can't reuse pages that later
 * flushes free. ERR_NOT_FOUND if the folder holds no ledger; ERR_STATE if a
 * crash left it between a large flush and ledger_settle(). */
int ledger_export_open(struct ledger *ledger, struct ledger_export **out);
int ledger_export_open_path(const char *path, struct ledger_export **out);
void ledger_export_close(struct ledger_export *transfer); /* NULL is allowed */

struct ledger_export_info {
    struct hash genesis;
    uint64_t slot;
    struct hash blockhash;
    struct hash block_hash; /* what the next block names as its parent */
    struct hash state_hash;
    uint64_t rows;
};
const struct ledger_export_info *
ledger_export_info(const struct ledger_export *transfer);

/* The rows in the order of their keys, valid until the next call.
 * ERR_NOT_FOUND at the end. */
int ledger_export_next(struct ledger_export *transfer, struct bytes *key,
                       struct bytes *value);

/* ---- In. Thread: one ---- */

struct ledger_import;

/* The folder is made if absent. ERR_EXISTS if it holds a ledger. */
int ledger_import_open(const char *path, struct ledger_import **out);

/* Put a row. Keys must ascend, and have 1 to STATE_KEY_SIZE_MAX bytes
 * (CHECKed). ERR_IO, ERR_FULL; then the import can only be closed. */
int ledger_import_put(struct ledger_import *transfer, struct bytes key,
                      struct bytes value);

/* The bank that the rows so far hold. Release it before the next call.
 * ERR_NOT_FOUND, ERR_CORRUPT. */
int ledger_import_bank(struct ledger_import *transfer, struct bank **out);

/* Make the folder a ledger whose first block is the bank's, and sync it. That
 * block's contents are missing: the ledger shows an empty block. The ledger
 * counts as not ended in order because clients have heard of later slots. */
int ledger_import_finish(struct ledger_import *transfer,
                         const struct hash *genesis,
                         const struct hash *block_hash);
void ledger_import_close(struct ledger_import *transfer); /* NULL is allowed */

#endif
