/*
 * A store made of arbitrary bytes: rows of its index and segments. Opening it
 * may fail; if it does not, the store must take a block, collect, and find the
 * block after it is opened again.
 *
 * The input: records of a kind (one byte), then
 *     0  a watermark: 12 bytes of a row
 *     1  a row of blocks: size of the key, size of the value (a byte each),
 * both 2  a row of pins: the same 3  a segment: number (a byte), size (u16le),
 * bytes; a number from 128 on is that less 128 with a good header before the
 * bytes LMDB's own pages are not fuzzed: LMDB trusts them.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/rows.h"
#include "storage/format/car_format.h"
#include "storage/keep/collection.h"
#include "storage/keep/pin.h"

#include <stdlib.h>
#include <unistd.h>

/* As in store_state.h. */
static const char *const tables[] = {"blocks", "pins", "meta", NULL};
enum { TABLE_BLOCKS, TABLE_PINS, TABLE_META };

static void must(int status)
{
    CHECK(!status);
}

static void put_row(struct rows *rows, int table, struct bytes key,
                    struct bytes value)
{
    struct rows_view *view;

    if (!key.size)
        return;
    must(rows_write(rows, &view));
    must(rows_put(view, table, key, value));
    must(rows_commit(view));
}

static void put_segment(const char *folder, uint8_t number, struct bytes bytes)
{
    char *path = mem_format("%s/segments/%08u.car", folder, number & 127u);
    struct buffer content = {0};

    if (number >= 128)
        car_format_header(NULL, 0, &content);
    buffer_bytes(&content, bytes);
    must(file_replace(path, buffer_view(&content), 0600));
    buffer_free(&content);
    free(path);
}

/* One record; false at the end, or where the input is cut. */
static bool take(struct reader *reader, const char *folder, struct rows *rows)
{
    uint8_t kind, first, second;
    uint16_t size;
    struct bytes key, value;

    if (reader_u8(reader, &kind))
        return false;
    if (kind == 0) {
        if (reader_take(reader, 12, &value))
            return false;
        put_row(rows, TABLE_META, bytes_text("watermark"), value);
    } else if (kind < 3) {
        if (reader_u8(reader, &first) || reader_u8(reader, &second) ||
            reader_take(reader, first, &key) ||
            reader_take(reader, second, &value))
            return false;
        put_row(rows, kind == 1 ? TABLE_BLOCKS : TABLE_PINS, key, value);
    } else {
        if (reader_u8(reader, &first) || reader_u16le(reader, &size) ||
            reader_take(reader, size, &value))
            return false;
        put_segment(folder, first, value);
    }
    return true;
}

static int get_block(void *user, const struct multihash *hash, size_t size)
{
    struct cid cid = {.version = 1, .codec = CID_RAW, .hash = *hash};
    struct buffer data = {0};

    if (!store_get(user, &cid, &data))
        must(cid_verify(&cid, buffer_view(&data)));
    buffer_free(&data);
    return 0;
}

static int skip_pin(void *user, const struct pin *pin)
{
    return 0;
}

static void use(const char *folder)
{
    static const struct store_options options = {.segment_size_bytes = 4096,
                                                 .free_floor_bytes = 1};
    struct bytes data = bytes_text("a block of the harness");
    struct pin_owner owner = retention_user();
    struct collection_result result;
    struct store_stat stat;
    struct buffer found = {0};
    struct store *store;
    struct cid cid;

    if (store_open(folder, &options, &store))
        return;
    (void)store_stat(store, &stat);
    (void)store_each(store, get_block, store);
    (void)pin_each(store, skip_pin, NULL);
    cid_of(1, CID_RAW, data, &cid);
    if (!store_put(store, &cid, data)) {
        must(pin_add(store, &cid, &owner, "harness"));
        (void)collection_run(store, NULL, &result);
        must(store_get(store, &cid, &found));
        must(store_sync(store));
        store_close(store);
        must(store_open(folder, &options, &store));
        buffer_clear(&found);
        must(store_get(store, &cid, &found));
    }
    buffer_free(&found);
    store_close(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct rows_options options = {.tables = tables,
                                                .size_max_bytes = 16u << 20};
    /* In memory where there is such a place: an input takes some flushes. */
    char in_memory[] = "/dev/shm/pond-recovery-XXXXXX";
    char on_disk[] = "/tmp/pond-recovery-XXXXXX";
    char *folder = mkdtemp(in_memory) ? in_memory : mkdtemp(on_disk);
    struct reader reader = reader_make(bytes_make(data, size));
    char *index, *segments;
    struct rows *rows;

    log_configure("quiet");
    CHECK(folder);
    index = mem_format("%s/index", folder);
    segments = mem_format("%s/segments", folder);
    must(file_make_folder(segments, 0700));
    must(rows_open(index, &options, &rows));
    while (take(&reader, folder, rows))
        ;
    rows_close(rows);
    use(folder);
    must(file_remove_tree(folder));
    free(index);
    free(segments);
    return 0;
}
