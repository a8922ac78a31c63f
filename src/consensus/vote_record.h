/*
 * What a validator has voted: the whole truth of it in 1,024 bytes, so that no
 * crash makes it vote twice. It is durable before any vote in it is sent.
 *
 *     magic u32, version u16, 0 u16, sequence u64, tag[16],
 *     root slot u64, root hash[32], window u64, led u8, known u8, 0[2],
 *     33 windows, this and the 32 before it, newest first:
 *         nullified u8, notarized u8, finalized u8, 0
 *     hashes notarized[4][32], outcomes finalized[4][32]: of this window
 *     size u16, header of a block without body, zeros, replaced[2] u64,
 *     XXH3-64 u64
 *
 * little-endian. The bytes nullified … finalized have a bit a slot of their
 * window, the lowest bit first. The tag binds it to a network and a voter.
 *
 * Of the windows it knows the newest ones alone, as many as known says. Nothing
 * is voted in those before, because much may have been voted there.
 */
#ifndef POND_CONSENSUS_VOTE_RECORD_H
#define POND_CONSENSUS_VOTE_RECORD_H

#include "consensus/validator_set.h"
#include "consensus/vote.h"

#define VOTE_RECORD_SIZE 1024
#define VOTE_RECORD_HEADER_MAX 416
/* This window and 32 before it. */
#define VOTE_RECORD_WINDOWS 33

/* Bits by the slots' places. */
struct vote_bits {
    uint8_t nullified;
    uint8_t notarized;
    uint8_t finalized;
};

struct vote_record {
    uint64_t sequence; /* of two, the higher one counts */
    uint64_t root_slot;
    struct hash root;
    uint64_t window; /* the newest that was entered */
    uint8_t led;     /* slots of it that this validator leads, or led */
    uint8_t known;   /* windows that it knows of, 1 … VOTE_RECORD_WINDOWS */
    struct vote_bits bits[VOTE_RECORD_WINDOWS];
    struct hash notarized[WINDOW_SLOTS];
    struct hash finalized[WINDOW_SLOTS];
    uint16_t header_size;
    uint8_t header[VOTE_RECORD_HEADER_MAX];
    /* What the next record is written over, by sums: the vote file's own. */
    uint64_t replaced[2];
};

/* Of who has voted nothing in that window, nor in a later one, and knows
 * nothing of those before. */
struct vote_record vote_record_new(uint64_t window);

/* The first 16 bytes of SHA-256("pond record 1", network, voter). */
struct vote_tag vote_record_tag(const struct hash *network,
                                const struct pubkey *voter);

void vote_record_encode(const struct vote_record *record,
                        const struct vote_tag *tag,
                        uint8_t out[VOTE_RECORD_SIZE]);
/* ERR_CORRUPT: not what was written. ERR_DENIED: of another network or
 * voter. */
int vote_record_decode(const uint8_t bytes[VOTE_RECORD_SIZE],
                       const struct vote_tag *tag, struct vote_record *out);

/* What was voted in a window, to read and to write; NULL where the record does
 * not reach: in windows too old, and in those that were not entered yet. */
struct vote_bits *vote_record_bits(struct vote_record *record, uint64_t window);

/* Enter a window; older ones leave at the end. No effect if it is not newer. */
void vote_record_enter(struct vote_record *record, uint64_t window);

#endif
