/*
 * CIDs, versions 0 and 1 (github.com/multiformats/cid): the name of a block,
 * made of its codec and its hash. A plain value; no ownership. Thread: any.
 */
#ifndef POND_STORAGE_FORMAT_CID_H
#define POND_STORAGE_FORMAT_CID_H

#include "storage/format/multibase.h"
#include "storage/format/multihash.h"

/* Codecs of the multicodec table. Others are carried, but have no links. */
enum cid_codec {
    /* Bytes without structure: leaves of files. */
    CID_RAW = 0x55,
    /* Files, directories and their shards. */
    CID_DAG_PB = 0x70,
    /* Data with links in it, binary and as text. */
    CID_DAG_CBOR = 0x71,
    CID_DAG_JSON = 0x0129,
};

struct cid {
    /* 0 or 1; 0 implies dag-pb and sha2-256. */
    uint8_t version;
    /* A code of the multicodec table (enum cid_codec), or any other number. */
    uint64_t codec;
    struct multihash hash;
};

/* Binary: version (1), varint of the codec (9 at most), multihash. */
#define CID_SIZE_MAX (1 + 9 + MULTIHASH_SIZE_MAX)

/* The largest block that is taken from another node: the limit of Bitswap and
 * Kubo. */
#define CID_BLOCK_SIZE_MAX (2u << 20)

/* Room for any CID as base32 text, with the NUL. */
#define CID_TEXT_SIZE 232

/* The CID of data. version 0 asks for dag-pb (CHECKed) and sha2-256. */
void cid_of(uint8_t version, uint64_t codec, struct bytes data,
            struct cid *out);

/* As above with a hash function of choice; version 1. The errors of
 * multihash_of(). */
int cid_of_hash(uint64_t codec, uint32_t hash_code, struct bytes data,
                struct cid *out);

/* Read a CID's text: "Qm…", or multibase. ERR_INVALID, ERR_UNSUPPORTED,
 * ERR_LIMIT; the text of the error shows the beginning of the input. */
int cid_parse(struct bytes text, struct cid *out);

/* Read one binary CID and leave the reader after it. */
int cid_read(struct reader *reader, struct cid *out);

/* Read a binary CID that must fill bytes. */
int cid_decode(struct bytes bytes, struct cid *out);

/* Append the binary form. */
void cid_write(const struct cid *cid, struct buffer *out);

/* Append the text: base58btc without prefix for version 0 (base is then not
 * looked at), else in the base named. */
void cid_print(const struct cid *cid, enum multibase base, struct buffer *out);

/* The usual text (base32, or "Qm…") as a printf argument: CID_TEXT(&cid),
 * valid to the end of the enclosing block. */
struct cid_text {
    char text[CID_TEXT_SIZE];
};
struct cid_text cid_text(const struct cid *cid);
#define CID_TEXT(cid) (cid_text(cid).text)

/* 0 if the CID names data; else ERR_CORRUPT, naming the CID. */
int cid_verify(const struct cid *cid, struct bytes data);

/* Same version, codec and hash. */
bool cid_equal(const struct cid *a, const struct cid *b);

/* True if the CID holds its own data (identity hash); *data then points into
 * cid. */
bool cid_inline_data(const struct cid *cid, struct bytes *data);

/* The binary form in memory of its own: a key for maps and rows. */
struct cid_key {
    uint8_t data[CID_SIZE_MAX];
    size_t size;
};
void cid_key(const struct cid *cid, struct cid_key *out);

#endif
