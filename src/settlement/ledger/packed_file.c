/*
 * zstd and SHA-256 around a FILE. The digest runs over what zstd makes and not
 * over what it is given: a frame's header has bits that can change without its
 * contents changing (the window's size above all), and hashing less is cheaper.
 * It stands in a skippable frame because every zstd passes over those, while a
 * plain trailer would make `zstd -d` complain of garbage at the end.
 *
 * zstd's own checksum is left off: XXH64 cut to 32 bits adds nothing to it.
 *
 * Memory is the window on either side and a buffer of zstd's own choice for
 * each end; it does not grow with the file. The window is bounded where it is
 * read as well, for a frame may ask for much more.
 *
 * The digest comes last, as a file is written once and from front to end. So
 * whatever is read has not been checked when it is handed out; the caller must
 * be able to throw it away, and every length in it is from outside. zstd itself
 * is made for that.
 *
 * A file that was cut off has its last 40 bytes taken for the trailer, and is
 * then found to end too early, or to have another digest.
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

/* The first of the sixteen that RFC 8878 leaves to users. */
#define SKIPPABLE_MAGIC 0x184D2A50u

#define TRAILER_HEAD_SIZE 8 /* magic and size */

/* zstd's ZSTD_CLEVEL_DEFAULT: faster than a disk, and rows of accounts shrink
 * little more at higher ones. */
#define LEVEL 3

/* ---- Writing ---- */

/* room is between zstd and the FILE, which buffers once more: writes are of
 * zstd's blocks, some 128 KiB. */
struct packed_writer {
    unsigned magic;
    FILE *file;
    ZSTD_CCtx *zstd;
    struct sha256 digest;
    uint8_t *room;
    size_t room_size;
};

/* zstd's own threads are not asked for: the cores are the chain's. */
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

/* A short fwrite is an error of the disk, which stdio does not try again. */
static int put(struct packed_writer *writer, struct bytes data)
{
    if (fwrite(data.data, 1, data.size, writer->file) != data.size)
        return err_errno("writing a compressed file");
    return 0;
}

/* Compress what there is; with ZSTD_e_end until the frame is complete. A call
 * may make nothing, or more than fits; it is done when zstd has taken all and,
 * at the end, has nothing left. */
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

/* zstd gathers small pieces itself, so a row may come in three. */
int packed_write(struct packed_writer *writer, struct bytes data)
{
    CHECK_MAGIC(writer, WRITER_MAGIC);
    return data.size ? compress(writer, data, ZSTD_e_continue) : 0;
}

/* The digest is over the frame alone. The FILE is flushed so that an error of
 * the disk is told here, and not lost in fclose(). */
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

/* Without a finish the frame has no end, and no reader takes it. */
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

/* Invariants: left + what was read is the file without its trailer; plain_at <=
 * plain_size <= plain_room; in is what of packed zstd has not taken yet. */
struct packed_reader {
    unsigned magic;
    FILE *file;
    uint64_t left; /* bytes of the file before the trailer, not read yet */
    ZSTD_DCtx *zstd;
    struct sha256 digest;
    uint8_t *packed; /* read from the file */
    size_t packed_room;
    ZSTD_inBuffer in;
    uint8_t *plain; /* out of zstd, from plain_at on not handed out yet */
    size_t plain_room, plain_at, plain_size;
    bool has_ended; /* the frame is complete */
};

/* The trailer must not be given to zstd, so its place is needed first. So pipes
 * are not read. */
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

/* Nothing is read yet; the size says whether it can be one at all, and how much
 * belongs to the frame. */
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

/* More of the frame from the file. Contents go to zstd before their digest is
 * known: it bears anything. Each byte is hashed once, when it is read, whether
 * zstd needs it or not. */
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

/* Fill plain; it may stay empty at the frame's end only. zstd may take input
 * and give nothing for a while, and give more than one buffer for no input: the
 * loop goes on until there is something or the frame ends. It asks for input
 * only when all was taken, so nothing of the file is skipped. That it can't
 * turn for ever is zstd's: after some calls without progress it fails. */
static int unpack(struct packed_reader *reader)
{
    reader->plain_at = 0;
    reader->plain_size = 0;
    while (!reader->has_ended && !reader->plain_size) {
        ZSTD_outBuffer out = {.dst = reader->plain, .size = reader->plain_room};
        /* Contents that did not fit last time come without more input. */
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

/* Across the pieces that zstd happens to give. */
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

/* An empty rest of the frame may still have to be read: the block that says
 * that it is the last one can be without contents. Then nothing may be left: no
 * contents, no bytes in front of the trailer. A second frame would be such, so
 * contents can't be added to a file. Last the digest, which is over all that
 * was read. */
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
        return err_set(ERR_CORRUPT,
                       "the file is damaged: its digest is another");
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
