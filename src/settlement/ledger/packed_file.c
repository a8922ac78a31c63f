/*
 * zstd and SHA-256 around a FILE. The digest is over the compressed bytes: a
 * frame's header has bits that can change without changing the contents (the
 * window's size above all), and hashing less is cheaper. The digest stands in a
 * skippable frame, which every zstd ignores, because `zstd -d` would complain
 * about a plain trailer.
 *
 * zstd's own checksum, 32 bits of XXH64, adds nothing to the digest and is left
 * out.
 *
 * Each end needs the window and a buffer of zstd's choice as memory; it does
 * not grow with the file. The reader bounds the window because a frame may ask
 * for much more.
 *
 * The digest comes last because a file is written from front to end. So
 * contents are not verified when they are read: the caller must be able to drop
 * them, and must not trust any length in them.
 *
 * The last 40 bytes of a file that was cut off are taken for the trailer; then
 * it ends too early, or its digest differs.
 */
#include "settlement/ledger/packed_file.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "crypto/hash.h"
#include <stdlib.h>
#include <zstd.h>

#define WRITER_MAGIC 0x50414b57u
#define READER_MAGIC 0x50414b52u

/* The first of the sixteen magic numbers that RFC 8878 leaves to users. */
#define SKIPPABLE_MAGIC 0x184D2A50u

#define TRAILER_HEAD_SIZE 8 /* magic and size */

/* zstd's ZSTD_CLEVEL_DEFAULT: faster than a disk, and higher levels shrink rows
 * of accounts only a little more. */
#define LEVEL 3

/* ---- Writing ---- */

/* room takes zstd's output, in blocks of some 128 KiB. */
struct packed_writer {
    unsigned magic;
    FILE *file;
    ZSTD_CCtx *zstd;
    struct sha256 digest;
    uint8_t *room;
    size_t room_size;
};

/* zstd gets no threads of its own: the cores are for the chain. */
int packed_writer_open(FILE *file, struct packed_writer **out)
{
    CHECK(file);
    struct packed_writer *writer = mem_zero(1, sizeof(*writer));
    writer->magic = WRITER_MAGIC;
    writer->file = file;
    writer->room_size = ZSTD_CStreamOutSize();
    writer->room = mem_alloc(writer->room_size);
    writer->zstd = ZSTD_createCCtx();
    sha256_init(&writer->digest);
    if (!writer->zstd ||
        ZSTD_isError(ZSTD_CCtx_setParameter(writer->zstd,
                                            ZSTD_c_compressionLevel, LEVEL)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(writer->zstd, ZSTD_c_windowLog,
                                            PACKED_WINDOW_LOG))) {
        packed_writer_close(writer);
        return err_set(ERR_UNSUPPORTED, "zstd can't be set up");
    }
    *out = writer;
    return 0;
}

/* A short fwrite() is an error of the disk. */
static int put(struct packed_writer *writer, struct bytes data)
{
    if (fwrite(data.data, 1, data.size, writer->file) != data.size)
        return err_errno("writing a compressed file");
    return 0;
}

/* Compress data; with ZSTD_e_end until the frame is complete. The loop ends
 * when zstd has taken all input and, at the end, has no output left. */
static int compress(struct packed_writer *writer, struct bytes data,
                    ZSTD_EndDirective directive)
{
    ZSTD_inBuffer in = {.src = data.data, .size = data.size};
    size_t left;
    do {
        ZSTD_outBuffer out = {.dst = writer->room, .size = writer->room_size};
        left = ZSTD_compressStream2(writer->zstd, &out, &in, directive);
        if (ZSTD_isError(left))
            return err_set(ERR_IO, "compressing: %s", ZSTD_getErrorName(left));
        struct bytes packed = bytes_make(writer->room, out.pos);
        sha256_update(&writer->digest, packed);
        int status = put(writer, packed);
        if (status)
            return status;
    } while (in.pos < in.size || (directive == ZSTD_e_end && left));
    return 0;
}

int packed_write(struct packed_writer *writer, struct bytes data)
{
    CHECK_MAGIC(writer, WRITER_MAGIC);
    return data.size ? compress(writer, data, ZSTD_e_continue) : 0;
}

/* The digest is over the frame alone. The FILE is flushed so that an error of
 * the disk is reported here, and not lost in fclose(). */
int packed_writer_finish(struct packed_writer *writer)
{
    CHECK_MAGIC(writer, WRITER_MAGIC);
    uint8_t trailer[PACKED_TRAILER_SIZE];
    struct hash digest;
    int status = compress(writer, (struct bytes){0}, ZSTD_e_end);
    if (status)
        return status;
    sha256_final(&writer->digest, &digest);
    u32le_write(trailer, SKIPPABLE_MAGIC);
    u32le_write(trailer + 4, sizeof(digest.bytes));
    memcpy(trailer + TRAILER_HEAD_SIZE, digest.bytes, sizeof(digest.bytes));
    status = put(writer, bytes_make(trailer, sizeof(trailer)));
    if (!status && fflush(writer->file))
        status = err_errno("writing a compressed file");
    return status;
}

/* Without packed_writer_finish() the frame has no end, and readers refuse it.
 */
void packed_writer_close(struct packed_writer *writer)
{
    if (!writer)
        return;
    CHECK_MAGIC(writer, WRITER_MAGIC);
    ZSTD_freeCCtx(writer->zstd);
    free(writer->room);
    writer->magic = 0;
    free(writer);
}

/* ---- Reading ---- */

/* Invariants: left plus the bytes read is the file without its trailer;
 * plain_at <= plain_size <= plain_room; in is the part of packed that zstd has
 * not taken yet. */
struct packed_reader {
    unsigned magic;
    FILE *file;
    uint64_t left; /* bytes of the file before the trailer, not read yet */
    ZSTD_DCtx *zstd;
    struct sha256 digest;
    uint8_t *packed; /* read from the file */
    size_t packed_room;
    ZSTD_inBuffer in;
    uint8_t *plain; /* zstd's output; the caller has got it up to plain_at */
    size_t plain_room, plain_at, plain_size;
    bool has_ended; /* the frame is complete */
};

/* zstd must not get the trailer, so the size is needed first, and pipes can't
 * be read. */
static int file_size(FILE *file, uint64_t *out)
{
    if (fseeko(file, 0, SEEK_END))
        return err_errno("looking for the end of a compressed file");
    off_t size = ftello(file);
    if (size < 0 || fseeko(file, 0, SEEK_SET))
        return err_errno("reading a compressed file");
    *out = (uint64_t)size;
    return 0;
}

/* Only the size is checked here. */
int packed_reader_open(FILE *file, struct packed_reader **out)
{
    CHECK(file);
    uint64_t size = 0;
    int status = file_size(file, &size);
    if (status)
        return status;
    if (size <= PACKED_TRAILER_SIZE)
        return err_set(ERR_CORRUPT, "the file is cut off: it has %llu bytes",
                       (unsigned long long)size);
    struct packed_reader *reader = mem_zero(1, sizeof(*reader));
    reader->magic = READER_MAGIC;
    reader->file = file;
    reader->left = size - PACKED_TRAILER_SIZE;
    reader->packed_room = ZSTD_DStreamInSize();
    reader->packed = mem_alloc(reader->packed_room);
    reader->plain_room = ZSTD_DStreamOutSize();
    reader->plain = mem_alloc(reader->plain_room);
    reader->in.src = reader->packed;
    reader->zstd = ZSTD_createDCtx();
    sha256_init(&reader->digest);
    if (!reader->zstd ||
        ZSTD_isError(ZSTD_DCtx_setParameter(reader->zstd, ZSTD_d_windowLogMax,
                                            PACKED_WINDOW_LOG))) {
        packed_reader_close(reader);
        return err_set(ERR_UNSUPPORTED, "zstd can't be set up");
    }
    *out = reader;
    return 0;
}

/* Read more of the frame. Each byte is hashed once, when it is read. */
static int refill(struct packed_reader *reader)
{
    size_t want = reader->packed_room;
    if (want > reader->left)
        want = (size_t)reader->left;
    if (!want)
        return err_set(ERR_CORRUPT, "the file is cut off");
    if (fread(reader->packed, 1, want, reader->file) != want)
        return err_set(ERR_IO, "the file can't be read to its end");
    reader->left -= want;
    reader->in = (ZSTD_inBuffer){.src = reader->packed, .size = want};
    sha256_update(&reader->digest, bytes_make(reader->packed, want));
    return 0;
}

/* Fill plain; it stays empty only at the frame's end. zstd may take input
 * without output, and give output without input, so the loop ends when there is
 * output or the frame ends. zstd fails after some calls without progress, so
 * the loop can't go on for ever. */
static int unpack(struct packed_reader *reader)
{
    reader->plain_at = 0;
    reader->plain_size = 0;
    while (!reader->has_ended && !reader->plain_size) {
        ZSTD_outBuffer out = {.dst = reader->plain, .size = reader->plain_room};
        /* Output that did not fit last time comes without more input. */
        size_t hint = ZSTD_decompressStream(reader->zstd, &out, &reader->in);
        if (ZSTD_isError(hint))
            return err_set(ERR_CORRUPT, "the file is damaged: %s",
                           ZSTD_getErrorName(hint));
        reader->plain_size = out.pos;
        reader->has_ended = hint == 0;
        if (!out.pos && !reader->has_ended &&
            reader->in.pos == reader->in.size) {
            int status = refill(reader);
            if (status)
                return status;
        }
    }
    return 0;
}

int packed_read(struct packed_reader *reader, void *into, size_t size)
{
    CHECK_MAGIC(reader, READER_MAGIC);
    uint8_t *at = into;
    while (size) {
        if (reader->plain_at == reader->plain_size) {
            int status = unpack(reader);
            if (status)
                return status;
            if (!reader->plain_size)
                return err_set(ERR_CORRUPT, "the file's contents are cut off");
        }
        size_t part = reader->plain_size - reader->plain_at;
        if (part > size)
            part = size;
        memcpy(at, reader->plain + reader->plain_at, part);
        reader->plain_at += part;
        at += part;
        size -= part;
    }
    return 0;
}

/* The frame's last block can be empty and still have to be read. After it there
 * may be neither contents nor bytes before the trailer: a second frame is
 * refused, so contents can't be added to a file. The digest comes last. */
int packed_reader_finish(struct packed_reader *reader)
{
    CHECK_MAGIC(reader, READER_MAGIC);
    uint8_t trailer[PACKED_TRAILER_SIZE];
    struct hash digest;
    int status = reader->plain_at == reader->plain_size ? unpack(reader) : 0;
    if (status)
        return status;
    if (reader->plain_at != reader->plain_size ||
        reader->in.pos != reader->in.size || reader->left)
        return err_set(ERR_CORRUPT, "the file goes on after its end");
    if (fread(trailer, 1, sizeof(trailer), reader->file) != sizeof(trailer))
        return err_set(ERR_IO, "the file can't be read to its end");
    sha256_final(&reader->digest, &digest);
    if (u32le_read(trailer) != SKIPPABLE_MAGIC ||
        u32le_read(trailer + 4) != sizeof(digest.bytes) ||
        memcmp(trailer + TRAILER_HEAD_SIZE, digest.bytes, sizeof(digest.bytes)))
        return err_set(ERR_CORRUPT, "the file is damaged: its digest differs");
    return 0;
}

void packed_reader_close(struct packed_reader *reader)
{
    if (!reader)
        return;
    CHECK_MAGIC(reader, READER_MAGIC);
    ZSTD_freeDCtx(reader->zstd);
    free(reader->packed);
    free(reader->plain);
    reader->magic = 0;
    free(reader);
}
