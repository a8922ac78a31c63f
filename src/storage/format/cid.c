/*
 * A CIDv0 and a CIDv1 can be distinguished by their first bytes: a version 0 is
 * a bare sha2-256 multihash and begins 0x12 0x20, and 0x12 will never be given
 * out as a version. The same holds for text: 46 characters that begin "Qm"
 * can't be multibase, because 'Q' is no base that is supported.
 *
 * Any codec is taken, because a block can be kept and served by its hash alone.
 * A hash function must be known (multihash.c), because the block has to be
 * verified.
 */
#include "storage/format/cid.h"
#include "base/base58.h"
#include "base/check.h"
#include "base/error.h"

#include <inttypes.h>

/* A CIDv0 is a bare sha2-256 multihash: these two bytes and 32 of digest. */
#define V0_SIZE 34
#define V0_BEGIN_0 MULTIHASH_SHA2_256
#define V0_BEGIN_1 32

/* The base58btc text of any CIDv0 has this many characters and begins "Qm". */
#define V0_TEXT_SIZE 46

/* How much of a text that is not a CID the error shows. It is enough to
 * recognise a wrong paste, without filling a log line. */
#define SHOWN_CHARACTERS 80

/* The usual CID: sha2-256, which can't fail. */
void cid_of(uint8_t version, uint64_t codec, struct bytes data, struct cid *out)
{
    CHECK(version <= 1);
    /* A CIDv0 has no room for another codec. */
    CHECK(version == 1 || codec == CID_DAG_PB);
    out->version = version;
    out->codec = codec;
    int status = multihash_of(MULTIHASH_SHA2_256, data, &out->hash);
    CHECK(!status);
}

/* out is undefined on an error. */
int cid_of_hash(uint64_t codec, uint32_t hash_code, struct bytes data,
                struct cid *out)
{
    out->version = 1;
    out->codec = codec;
    return multihash_of(hash_code, data, &out->hash);
}

/* The multihash is the whole CID; version and codec are implied. */
static int read_v0(struct reader *reader, struct cid *out)
{
    out->version = 0;
    out->codec = CID_DAG_PB;
    return multihash_read(reader, &out->hash);
}

/* The first two bytes decide between the versions (see the top); a CIDv1 can't
 * begin with them, as its first byte is 1. */
int cid_read(struct reader *reader, struct cid *out)
{
    uint64_t version;

    if (reader->left.size >= 2 && reader->left.data[0] == V0_BEGIN_0 &&
        reader->left.data[1] == V0_BEGIN_1)
        return read_v0(reader, out);
    int status = reader_varint(reader, &version);
    if (status)
        return err_add(status, "CID version");
    if (version != 1)
        /* Version 0 in binary has no version byte; 2 and 3 are reserved. */
        return err_set(ERR_UNSUPPORTED,
                       "CID version %" PRIu64 " is not supported", version);
    out->version = 1;
    status = reader_varint(reader, &out->codec);
    if (status)
        return err_add(status, "CID codec");
    return multihash_read(reader, &out->hash);
}

/* Decode bytes that hold only a CID, as links, keys and rows do. */
int cid_decode(struct bytes bytes, struct cid *out)
{
    struct reader reader = reader_make(bytes);
    int status = cid_read(&reader, out);

    if (!status)
        status = reader_end(&reader);
    return status ? err_add(status, "CID") : 0;
}

/* Text as a CID, without the context that cid_parse() puts before an error. */
static int parse(struct bytes text, struct cid *out)
{
    struct buffer binary = {0};
    struct bytes bytes;
    int status;

    if (text.size == V0_TEXT_SIZE && text.data[0] == 'Q' &&
        text.data[1] == 'm') {
        status = base58_decode(text, &binary);
        bytes = buffer_view(&binary);
        /* 46 characters can hold other 34 bytes than a sha2-256 multihash. */
        if (!status && (bytes.size != V0_SIZE || bytes.data[0] != V0_BEGIN_0 ||
                        bytes.data[1] != V0_BEGIN_1))
            status = err_set(ERR_INVALID, "not a CIDv0");
    } else {
        status = multibase_decode(text, &binary);
        bytes = buffer_view(&binary);
        /* The CID specification forbids a multibase prefix before a CIDv0. */
        if (!status && bytes.size && bytes.data[0] == V0_BEGIN_0)
            status = err_set(ERR_INVALID, "a CIDv0 has no multibase prefix");
    }
    if (!status)
        status = cid_decode(bytes, out);
    buffer_free(&binary);
    return status;
}

/* The context goes on last, so that it stands first in the message: what was
 * given, then what is wrong with it. */
int cid_parse(struct bytes text, struct cid *out)
{
    int shown =
        (int)(text.size < SHOWN_CHARACTERS ? text.size : SHOWN_CHARACTERS);
    int status = parse(text, out);

    if (status)
        return err_add(status, "\"%.*s\" is not a CID", shown,
                       (const char *)text.data);
    return 0;
}

/* Through a buffer: made for maps and rows, not for inner loops, which use
 * multihash_key(). */
void cid_key(const struct cid *cid, struct cid_key *out)
{
    struct buffer buffer = {0};

    cid_write(cid, &buffer);
    CHECK(buffer.size <= sizeof(out->data));
    memcpy(out->data, buffer.data, buffer.size);
    out->size = buffer.size;
    buffer_free(&buffer);
}

/* A version 0 writes nothing before the hash: see the top. */
void cid_write(const struct cid *cid, struct buffer *out)
{
    CHECK(cid->version <= 1);
    if (cid->version) {
        buffer_varint(out, 1);
        buffer_varint(out, cid->codec);
    } else {
        CHECK(cid->hash.code == MULTIHASH_SHA2_256);
    }
    multihash_write(&cid->hash, out);
}

/* The base is the caller's wish for version 1; version 0 has one text. */
void cid_print(const struct cid *cid, enum multibase base, struct buffer *out)
{
    struct buffer binary = {0};

    cid_write(cid, &binary);
    if (cid->version)
        multibase_encode(base, buffer_view(&binary), out);
    else
        base58_encode(buffer_view(&binary), out);
    buffer_free(&binary);
}

/* By value, so that CID_TEXT() can stand in a call's arguments, twice in one
 * call if need be. */
struct cid_text cid_text(const struct cid *cid)
{
    struct cid_text text;
    struct buffer buffer = {0};

    cid_print(cid, MULTIBASE_BASE32, &buffer);
    /* CID_TEXT_SIZE has room for the longest, an identity of 128 bytes. */
    CHECK(buffer.size < sizeof(text.text));
    memcpy(text.text, buffer.data, buffer.size);
    text.text[buffer.size] = 0;
    buffer_free(&buffer);
    return text;
}

int cid_verify(const struct cid *cid, struct bytes data)
{
    int status = multihash_verify(&cid->hash, data);

    return status ? err_add(status, "block %s", CID_TEXT(cid)) : 0;
}

/* A CIDv0 and the CIDv1 of the same block are not equal here; the store, which
 * goes by multihash, holds them as one. */
bool cid_equal(const struct cid *a, const struct cid *b)
{
    return a->version == b->version && a->codec == b->codec &&
           multihash_equal(&a->hash, &b->hash);
}

bool cid_inline_data(const struct cid *cid, struct bytes *data)
{
    if (cid->hash.code != MULTIHASH_IDENTITY)
        return false;
    *data = bytes_make(cid->hash.digest, cid->hash.digest_size);
    return true;
}
