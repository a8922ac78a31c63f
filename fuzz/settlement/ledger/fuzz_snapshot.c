/*
 * Snapshots. The first byte says what follows it: 0, a file as it lies on the
 * disk; anything else, the contents of one. The harness adds compression and
 * digest, which a fuzzer can't find out. A snapshot that is accepted must be
 * accepted again after it is written again.
 */
#include "base/check.h"
#include "base/error.h"
#include "settlement/ledger/packed_file.h"
#include "settlement/ledger/snapshot.h"
#include "settlement/ledger/snapshot_format.h"
#include <stdlib.h>

/* The file that holds these contents; the caller frees it. */
static char *pack(struct bytes contents, size_t *size)
{
    struct packed_writer *writer;
    char *packed = NULL;
    FILE *file = open_memstream(&packed, size);
    CHECK(file);
    CHECK(!packed_writer_open(file, &writer));
    CHECK(!packed_write(writer, contents));
    CHECK(!packed_writer_finish(writer));
    packed_writer_close(writer);
    fclose(file);
    return packed;
}

/* A file written from a good file is good. */
static void write_again(FILE *file)
{
    struct snapshot_reader *reader;
    struct snapshot_writer *writer;
    struct bytes key, value;
    char *again = NULL;
    size_t size;
    FILE *out = open_memstream(&again, &size);
    CHECK(out);
    CHECK(!snapshot_reader_open(file, &reader));
    CHECK(!snapshot_writer_open(out, snapshot_reader_header(reader), &writer));
    while (!snapshot_reader_next(reader, &key, &value))
        CHECK(!snapshot_writer_put(writer, key, value));
    CHECK(!snapshot_writer_finish(writer));
    snapshot_writer_close(writer);
    snapshot_reader_close(reader);
    fclose(out);
    struct ledger_export_info info;
    FILE *written = fmemopen(again, size, "rb");
    CHECK(written);
    CHECK(!snapshot_verify_file(written, &info));
    fclose(written);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ledger_export_info info;
    char *packed = NULL;
    if (size < 2)
        return 0;
    struct bytes file = bytes_make(data + 1, size - 1);
    if (data[0]) {
        packed = pack(file, &size);
        file = bytes_make(packed, size);
    }
    FILE *stream = fmemopen((void *)file.data, file.size, "rb");
    CHECK(stream);
    if (!snapshot_verify_file(stream, &info))
        write_again(stream);
    else
        CHECK(*err_text());
    fclose(stream);
    free(packed);
    return 0;
}
