/*
 * What validators say to each other: the bodies of the frames that
 * peer/peer_host.h carries, by their kinds. Numbers are little-endian.
 *
 *      2 status        root slot u64, root hash[32], window u64,
 *                      certified slot u64, flags u8, unix_ms u64
 *                      flags: 1 it has forgotten its votes, 2 it is below
 *                      its record (consensus.h)
 *      3 votes         each as consensus/vote.h says
 *      4 question      number u32, kind u8, then
 *          1 evidence      window u64
 *          2 certificate   of what u8 (1 that it is certified, 2 that it is
 *                          given up), slot u64
 *          3 headers       hash[32], count u8: back from it, itself first
 *          4 chunks        hash[32], first u16, count u8: of its body
 *      5 answer        number u32, status u8, things, each with its size u32
 *          evidence, certificate: as consensus/certificate.h says
 *          headers:               as format/block_header.h says
 *          chunks:                path count u8, hashes[32], the chunk's bytes
 *      6 contacts      each as cluster_contact.h says
 *     17 transactions  each: size u16, bytes
 *     18 block         hash[32], place u32, total u32, bytes: a piece of an
 *                      encoded block of total bytes, from place on
 *
 * The vote lane carries 2 to 6, the bulk lane 17, 18, and questions and answers
 * about chunks: votes and certificates never wait behind blocks. 1 is the hello
 * of the host.
 *
 * Everything comes from outside. What is decoded points into the bytes; only
 * its form is checked.
 *
 * Pure; any thread.
 */
#ifndef POND_SETTLEMENT_CLUSTER_CLUSTER_MESSAGE_H
#define POND_SETTLEMENT_CLUSTER_CLUSTER_MESSAGE_H

#include "consensus/consensus.h"

/* All that one sends who connects: 32 windows of nine votes, and the current
 * one's. */
#define CLUSTER_VOTES_MAX 512
/* Headers in one answer: 24 KB. */
#define CLUSTER_HEADERS_MAX 64
/* Chunks in one answer: 512 KB. */
#define CLUSTER_CHUNKS_MAX 8
/* Certificates of one answer that come from the machine, and as many from the
 * log: a finalisation, and two a window. */
#define CLUSTER_CERTIFICATES_MAX (2 * CONSENSUS_WINDOWS_ANSWERED + 1)
/* Things in one answer. */
#define CLUSTER_ANSWER_MAX (2 * CLUSTER_CERTIFICATES_MAX)
/* Transactions in one frame: 80 KB. */
#define CLUSTER_TRANSACTIONS_MAX 64
/* Bytes of a block in one frame. */
#define CLUSTER_PIECE_MAX (256u * 1024)

enum cluster_kind {
    CLUSTER_STATUS = 2,
    CLUSTER_VOTES = 3,
    CLUSTER_QUESTION = 4,
    CLUSTER_ANSWER = 5,
    CLUSTER_CONTACTS = 6,
    CLUSTER_TRANSACTIONS = 17,
    CLUSTER_BLOCK = 18,
};

enum cluster_question_kind {
    CLUSTER_EVIDENCE = 1,
    CLUSTER_CERTIFICATE = 2,
    CLUSTER_HEADERS = 3,
    CLUSTER_CHUNKS = 4,
};

enum cluster_answer_status {
    CLUSTER_HERE = 0,
    CLUSTER_NOT_HERE = 1,
    CLUSTER_TOO_MUCH = 2, /* the asker has had its share; later again */
};

struct cluster_status {
    struct consensus_status consensus;
    uint64_t unix_ms;
};

struct cluster_question {
    uint32_t number;
    enum cluster_question_kind kind;
    struct consensus_question consensus; /* EVIDENCE, CERTIFICATE */
    struct hash hash;                    /* HEADERS, CHUNKS */
    uint16_t first;                      /* CHUNKS */
    uint8_t count;                       /* HEADERS, CHUNKS; at least 1 */
};

struct cluster_answer {
    uint32_t number;
    enum cluster_answer_status status;
    size_t count;
    struct bytes things[CLUSTER_ANSWER_MAX];
};

struct cluster_piece {
    struct hash hash;
    uint32_t place;
    uint32_t total;
    struct bytes bytes; /* not empty, and within the total */
};

struct cluster_transactions {
    size_t count;
    struct bytes wires[CLUSTER_TRANSACTIONS_MAX];
};

struct cluster_votes {
    size_t count;
    struct vote votes[CLUSTER_VOTES_MAX];
};

/* ---- to send: each appends a body ---- */

void cluster_status_encode(const struct cluster_status *status,
                           struct buffer *out);
/* The answer's head; each thing of it follows. */
void cluster_answer_begin(uint32_t number, enum cluster_answer_status status,
                          struct buffer *out);
void cluster_answer_add(struct bytes thing, struct buffer *out);
void cluster_question_encode(const struct cluster_question *question,
                             struct buffer *out);
/* A frame has at most CLUSTER_TRANSACTIONS_MAX of them. */
void cluster_transaction_add(struct bytes wire, struct buffer *out);
/* The piece at place of a block's bytes, of CLUSTER_PIECE_MAX at most. Returns
 * where the next one begins. */
size_t cluster_piece_encode(const struct hash *hash, struct bytes block,
                            size_t place, struct buffer *out);
/* A chunk as a thing of an answer. */
void cluster_chunk_encode(const struct hash *path, size_t path_count,
                          struct bytes chunk, struct buffer *out);

/* ---- what came: ERR_INVALID or ERR_LIMIT says what is wrong ---- */

int cluster_status_decode(struct bytes body, struct cluster_status *out);
int cluster_votes_decode(struct bytes body, struct cluster_votes *out);
int cluster_question_decode(struct bytes body, struct cluster_question *out);
int cluster_answer_decode(struct bytes body, struct cluster_answer *out);
int cluster_transactions_decode(struct bytes body,
                                struct cluster_transactions *out);
int cluster_piece_decode(struct bytes body, struct cluster_piece *out);
/* path has room for path_max hashes. */
int cluster_chunk_decode(struct bytes thing, struct hash *path, size_t path_max,
                         size_t *path_count, struct bytes *chunk);

#endif
