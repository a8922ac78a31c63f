/*
 * The state of a ledger on its way out and in, row by row: what a snapshot is
 * made from, and what one becomes.
 *
 * Out: one read transaction, so it is the state as of the last flush, whatever
 * is written meanwhile. In: a ledger in a folder of its own, which is a ledger
 * only once ledger_import_finish() has returned 0.
 */
#ifndef POND_SETTLEMENT_LEDGER_LEDGER_TRANSFER_H
#define POND_SETTLEMENT_LEDGER_LEDGER_TRANSFER_H

#include "settlement/ledger/ledger.h"

/* ---- Out. Thread: the one that opened it ---- */

struct ledger_export;

/* Of a ledger that is open, on any thread; or of one in a folder, which another
 * process may be writing to. As long as it is open LMDB can't use again what
 * later flushes free. ERR_NOT_FOUND if the folder holds none; ERR_STATE if a
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

/* The folder is made, and must not hold a ledger. */
int ledger_import_open(const char *path, struct ledger_import **out);

/* Rows with ascending keys (CHECKed), 1 to STATE_KEY_SIZE_MAX bytes long. They
 * are not kept in memory. ERR_IO, ERR_FULL. */
int ledger_import_put(struct ledger_import *transfer, struct bytes key,
                      struct bytes value);

/* The bank that the rows so far hold. Close it before the next call with
 * bank_release(). ERR_CORRUPT. */
int ledger_import_bank(struct ledger_import *transfer, struct bank **out);

/* Make it a ledger whose first block is the rows' bank's, and sync it. Its
 * blocks' contents are not there: the ledger shows it as an empty one. It
 * counts as not ended in order, for slots after it were told to others. */
int ledger_import_finish(struct ledger_import *transfer,
                         const struct hash *genesis,
                         const struct hash *block_hash);
void ledger_import_close(struct ledger_import *transfer); /* NULL is allowed */

#endif
