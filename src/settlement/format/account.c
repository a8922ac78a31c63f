/*
 * Rows of accounts. The fixed part comes first and has one length, so that
 * reading an account is a few loads and no parsing; the data follows and is
 * borrowed, not copied.
 *
 * This module does not check whether an account makes sense (rent, owner, what
 * the data says). The bank enforces that where accounts change, and the bank
 * writes every row. So an error from here means that a disk or a snapshot is
 * not what this program wrote.
 */
#include "settlement/format/account.h"
#include "base/check.h"
#include "base/error.h"

/* Bits of the row's flags byte, which the state hash covers like the rest. */
enum account_flags {
    ACCOUNT_EXECUTABLE = 1,
    ACCOUNT_RENDERED = 2,
};

/* The class byte keeps accounts together and apart from tasks' rows. */
void account_key(const struct pubkey *pubkey, uint8_t out[ACCOUNT_KEY_SIZE])
{
    out[0] = ACCOUNT_ROW_PREFIX;
    memcpy(out + 1, pubkey->bytes, 32);
}

/* Unknown flags are an error. A row of a later version would otherwise be half
 * understood, and the state hash would differ later. */
int account_decode(struct bytes row, struct account *out)
{
    if (row.size < ACCOUNT_HEADER_SIZE)
        return err_set(ERR_CORRUPT, "an account's row has only %zu bytes",
                       row.size);
    uint8_t flags = row.data[40];
    struct bytes data = bytes_make(row.data + ACCOUNT_HEADER_SIZE,
                                   row.size - ACCOUNT_HEADER_SIZE);
    out->lamports = u64le_read(row.data);
    memcpy(out->owner.bytes, row.data + 8, 32);
    out->executable = flags & ACCOUNT_EXECUTABLE;
    out->rendered = flags & ACCOUNT_RENDERED;
    out->space = data.size;
    out->data = data;
    if (flags & ~(ACCOUNT_EXECUTABLE | ACCOUNT_RENDERED))
        return err_set(ERR_CORRUPT, "an account's flags are 0x%02x", flags);
    if (out->rendered) {
        if (data.size != 8)
            return err_set(ERR_CORRUPT, "a rendered account's row is broken");
        out->space = u64le_read(data.data);
        out->data = bytes_make(NULL, 0);
    }
    return 0;
}

/* The only writer of what account_decode() reads. */
void account_encode(const struct account *account, struct buffer *out)
{
    buffer_u64le(out, account->lamports);
    buffer_append(out, account->owner.bytes, 32);
    buffer_u8(out, (uint8_t)((account->executable ? ACCOUNT_EXECUTABLE : 0) |
                             (account->rendered ? ACCOUNT_RENDERED : 0)));
    if (account->rendered) {
        CHECK(!account->data.size);
        buffer_u64le(out, account->space);
        return;
    }
    CHECK(account->space == account->data.size);
    buffer_bytes(out, account->data);
}

/* Solana's rent formula with its mainnet parameters, in roe. More bytes never
 * cost less; the rule "exempt or nothing" (execute.c) relies on that. */
uint64_t rent_minimum_balance(uint64_t data_size)
{
    CHECK(data_size <= UINT32_MAX); /* no overflow below */
    return (RENT_ACCOUNT_OVERHEAD_BYTES + data_size) *
           RENT_LAMPORTS_PER_BYTE_YEAR * RENT_EXEMPTION_YEARS;
}

/* Solana's RentState. Only the genesis file can make an account RENT_PAYING. */
enum rent_state {
    RENT_UNINITIALIZED, /* no lamports */
    RENT_PAYING,        /* fewer than the minimum */
    RENT_EXEMPT,
};

static enum rent_state rent_state(uint64_t lamports, uint64_t space)
{
    if (!lamports)
        return RENT_UNINITIALIZED;
    return lamports >= rent_minimum_balance(space) ? RENT_EXEMPT : RENT_PAYING;
}

bool rent_allows(uint64_t lamports_before, uint64_t space_before,
                 uint64_t lamports, uint64_t space)
{
    if (rent_state(lamports, space) != RENT_PAYING)
        return true;
    return rent_state(lamports_before, space_before) == RENT_PAYING &&
           space == space_before && lamports <= lamports_before;
}
