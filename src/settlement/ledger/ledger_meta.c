/*
 * The forms of the rows of the table `meta`: tip, root, version, the slot that
 * history begins with. ledger_flush.c, ledger_prune.c and ledger_transfer.c
 * write them.
 */
#include "settlement/ledger/ledger_internal.h"

#include "base/check.h"
#include "base/error.h"
#include <inttypes.h>
#include <xxhash.h>

/* The row has no checksum: its slot and hashes are compared with the state's
 * and the chain's (load_bank(), ledger_check()), and its settled slot with the
 * pending rows (check_pending()). ERR_NOT_FOUND has no text. */
int ledger_tip_read(struct rows_view *view, struct ledger_tip *out)
{
    struct bytes value;
    int status = rows_get(view, TABLE_META, bytes_text("tip"), &value);
    if (status)
        return status;
    struct reader reader = reader_make(value);
    if (value.size != TIP_SIZE || reader_u64le(&reader, &out->slot) ||
        reader_copy(&reader, out->block_hash.bytes, 32) ||
        reader_copy(&reader, out->state_hash.bytes, 32) ||
        reader_u64le(&reader, &out->settled_slot) ||
        out->settled_slot > out->slot)
        return err_set(ERR_CORRUPT, "the ledger's tip is not readable");
    return 0;
}

int ledger_tip_write(struct rows_view *view, const struct ledger_tip *tip)
{
    uint8_t value[TIP_SIZE];
    u64le_write(value, tip->slot);
    memcpy(value + 8, tip->block_hash.bytes, 32);
    memcpy(value + 40, tip->state_hash.bytes, 32);
    u64le_write(value + 72, tip->settled_slot);
    return rows_put(view, TABLE_META, bytes_text("tip"),
                    bytes_make(value, sizeof(value)));
}

/* check_version() refuses other versions. */
int ledger_version_write(struct rows_view *view)
{
    const uint8_t version = LEDGER_VERSION;
    return rows_put(view, TABLE_META, bytes_text("version"),
                    bytes_make(&version, 1));
}

/* The row has a checksum: a changed root would make the check refuse a good
 * chain, or accept a cut one. */
int ledger_root_read(struct rows_view *view, uint64_t *out)
{
    struct bytes value;
    int status = rows_get(view, TABLE_META, bytes_text("root"), &value);
    *out = 0;
    if (status)
        return status == ERR_NOT_FOUND ? 0 : status;
    if (value.size != ROOT_SIZE ||
        u64le_read(value.data + 8) != XXH3_64bits(value.data, 8))
        return err_set(ERR_CORRUPT, "the ledger's root is not readable");
    *out = u64le_read(value.data);
    return 0;
}

int ledger_root_write(struct rows_view *view, uint64_t slot)
{
    uint8_t value[ROOT_SIZE];
    u64le_write(value, slot);
    u64le_write(value + 8, XXH3_64bits(value, 8));
    return rows_put(view, TABLE_META, bytes_text("root"),
                    bytes_make(value, sizeof(value)));
}

/* The row has a checksum: a changed one would hide good history, or show
 * history that is gone in parts. */
int ledger_first_read(struct rows_view *view, uint64_t *out)
{
    struct bytes value;
    int status = rows_get(view, TABLE_META, bytes_text("first"), &value);
    *out = 0;
    if (status)
        return status == ERR_NOT_FOUND ? 0 : status;
    if (value.size != FIRST_SIZE ||
        u64le_read(value.data + 8) != XXH3_64bits(value.data, 8))
        return err_set(ERR_CORRUPT,
                       "the slot that history begins with is not readable");
    *out = u64le_read(value.data);
    return 0;
}

int ledger_first_write(struct rows_view *view, uint64_t first)
{
    uint8_t value[FIRST_SIZE];
    u64le_write(value, first);
    u64le_write(value + 8, XXH3_64bits(value, 8));
    return rows_put(view, TABLE_META, bytes_text("first"),
                    bytes_make(value, sizeof(value)));
}
