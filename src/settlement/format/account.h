/*
 * Accounts and their rows.
 *
 * Row: key `a` pubkey[32]; value lamports u64le, owner[32], flags u8, then the
 * data or, if the rendered flag is set, the data's length as u64le.
 *
 * A rendered account's data is not kept in its row: the program that owns it
 * makes the bytes from rows of its own whenever somebody asks (struct
 * program.render). Rent counts the length that its creator paid for.
 */
#ifndef POND_SETTLEMENT_FORMAT_ACCOUNT_H
#define POND_SETTLEMENT_FORMAT_ACCOUNT_H

#include "base/buffer.h"
#include "crypto/key.h"

#define ACCOUNT_KEY_SIZE 33
#define ACCOUNT_ROW_PREFIX 'a'
#define ACCOUNT_HEADER_SIZE 41 /* lamports, owner, flags */

/* Solana's MAX_PERMITTED_DATA_LENGTH. */
#define ACCOUNT_DATA_SIZE_MAX (10u * 1024 * 1024)

#define LAMPORTS_PER_KOII 1000000000ull /* 1 KOII = 10^9 roe */
#define KOII_DECIMALS 9

struct account {
    uint64_t lamports;
    struct pubkey owner;
    bool executable;
    bool rendered;     /* data is empty here; its program renders it */
    uint64_t space;    /* length of the data in bytes, rendered or not */
    struct bytes data; /* borrowed from where the row was read */
};

/* The key of an account's row. */
void account_key(const struct pubkey *pubkey, uint8_t out[ACCOUNT_KEY_SIZE]);

/* Read a row's value; out->data borrows from row. ERR_CORRUPT for what
 * account_encode() would not have written. */
int account_decode(struct bytes row, struct account *out);

/* Appends the row's value. */
void account_encode(const struct account *account, struct buffer *out);

/*
 * The rent of an account with so many bytes of data, in roe: every account
 * holds at least this much, or nothing at all. data_size ≤ UINT32_MAX
 * (CHECKed). Solana's rent: (128 + bytes) × 3480 roe a byte-year × 2 years.
 */
#define RENT_LAMPORTS_PER_BYTE_YEAR 3480
#define RENT_EXEMPTION_YEARS 2
#define RENT_ACCOUNT_OVERHEAD_BYTES 128
uint64_t rent_minimum_balance(uint64_t data_size);

/* No account may fall below that minimum. One that was below may stay so if its
 * lamports don't grow and its size stays; one without lamports is gone. Source:
 * the transitions of solana-svm's RentState. */
bool rent_allows(uint64_t lamports_before, uint64_t space_before,
                 uint64_t lamports, uint64_t space);

#endif
