#include "settlement/write_ahead/block_log_form.h"

#include "base/error.h"

#include <inttypes.h>
#include <xxhash.h>

#define VERSION 1

static const char magic[8] = {'P', 'O', 'N', 'D', 'B', 'L', 'O', 'G'};

/* Places in a segment's header. */
enum {
    SEGMENT_VERSION = 8,
    SEGMENT_NUMBER = 12,
    SEGMENT_SALT = 16,
    SEGMENT_BEFORE = 24,
};
#define SEGMENT_SUM (BLOCK_LOG_SEGMENT_HEADER - 8)

/* Places in an entry's header. */
enum {
    ENTRY_KIND = 8,
    ENTRY_SIZE = 12,
    ENTRY_SLOT = 16,
    ENTRY_HASH = 24,
    ENTRY_SYNCED = 56,
    ENTRY_BYTES_SUM = 64,
};
#define ENTRY_SUM (BLOCK_LOG_ENTRY_HEADER - 8)

void block_log_beginning_encode(const struct block_log_beginning *beginning,
                                uint8_t out[BLOCK_LOG_SEGMENT_HEADER])
{
    memset(out, 0, BLOCK_LOG_SEGMENT_HEADER);
    memcpy(out, magic, sizeof(magic));
    u32le_write(out + SEGMENT_VERSION, VERSION);
    u32le_write(out + SEGMENT_NUMBER, beginning->number);
    u64le_write(out + SEGMENT_SALT, beginning->salt);
    u32le_write(out + SEGMENT_BEFORE, beginning->before);
    u64le_write(out + SEGMENT_SUM, XXH3_64bits(out, SEGMENT_SUM));
}

int block_log_beginning_decode(struct bytes bytes,
                               struct block_log_beginning *out)
{
    *out = (struct block_log_beginning){0};
    if (bytes.size < BLOCK_LOG_SEGMENT_HEADER ||
        memcmp(bytes.data, magic, sizeof(magic)) != 0 ||
        u64le_read(bytes.data + SEGMENT_SUM) !=
            XXH3_64bits(bytes.data, SEGMENT_SUM))
        return err_set(ERR_CORRUPT, "it does not begin like a block log");
    uint32_t version = u32le_read(bytes.data + SEGMENT_VERSION);
    if (version != VERSION)
        return err_set(ERR_UNSUPPORTED,
                       "it is a block log of version %" PRIu32
                       ", and this program knows version %d",
                       version, VERSION);
    out->number = u32le_read(bytes.data + SEGMENT_NUMBER);
    out->salt = u64le_read(bytes.data + SEGMENT_SALT);
    out->before = u32le_read(bytes.data + SEGMENT_BEFORE);
    return 0;
}

static bool is_kind(uint8_t kind)
{
    return kind >= BLOCK_LOG_BLOCK && kind <= BLOCK_LOG_RESTART;
}

void block_log_entry_encode(const struct block_log_entry *entry,
                            const void *bytes, uint64_t salt, uint64_t synced,
                            struct buffer *out)
{
    uint8_t *at = buffer_reserve(out, BLOCK_LOG_ENTRY_HEADER);

    memset(at, 0, BLOCK_LOG_ENTRY_HEADER);
    u64le_write(at, salt);
    at[ENTRY_KIND] = (uint8_t)entry->kind;
    u32le_write(at + ENTRY_SIZE, entry->size);
    u64le_write(at + ENTRY_SLOT, entry->slot);
    memcpy(at + ENTRY_HASH, entry->hash.bytes, sizeof(entry->hash.bytes));
    u64le_write(at + ENTRY_SYNCED, synced);
    u64le_write(at + ENTRY_BYTES_SUM,
                XXH3_64bits_withSeed(bytes, entry->size, salt));
    u64le_write(at + ENTRY_SUM, XXH3_64bits_withSeed(at, ENTRY_SUM, salt));
    out->size += BLOCK_LOG_ENTRY_HEADER;
    buffer_append(out, bytes, entry->size);
}

static bool is_header(struct bytes bytes, uint64_t salt)
{
    return bytes.size >= BLOCK_LOG_ENTRY_HEADER &&
           u64le_read(bytes.data) == salt && is_kind(bytes.data[ENTRY_KIND]) &&
           u64le_read(bytes.data + ENTRY_SUM) ==
               XXH3_64bits_withSeed(bytes.data, ENTRY_SUM, salt);
}

int block_log_entry_decode(struct bytes bytes, uint64_t salt,
                           struct block_log_entry *out, uint64_t *synced)
{
    *out = (struct block_log_entry){0};
    *synced = UINT64_MAX;
    if (!is_header(bytes, salt))
        return err_set(ERR_CORRUPT, "an entry's header is damaged");
    out->kind = bytes.data[ENTRY_KIND];
    out->size = u32le_read(bytes.data + ENTRY_SIZE);
    out->slot = u64le_read(bytes.data + ENTRY_SLOT);
    memcpy(out->hash.bytes, bytes.data + ENTRY_HASH, sizeof(out->hash.bytes));
    if (!out->size || out->size > BLOCK_LOG_BYTES_MAX)
        return err_set(ERR_CORRUPT, "an entry has %" PRIu32 " bytes",
                       out->size);
    *synced = u64le_read(bytes.data + ENTRY_SYNCED);
    if (bytes.size - BLOCK_LOG_ENTRY_HEADER < out->size ||
        u64le_read(bytes.data + ENTRY_BYTES_SUM) !=
            XXH3_64bits_withSeed(bytes.data + BLOCK_LOG_ENTRY_HEADER, out->size,
                                 salt))
        return err_set(ERR_CORRUPT, "an entry's bytes are damaged");
    return 0;
}

/* ---- walking ---- */

struct block_log_scan block_log_scan_make(struct bytes segment, uint64_t salt)
{
    size_t at = BLOCK_LOG_SEGMENT_HEADER;

    return (struct block_log_scan){.segment = segment,
                                   .salt = salt,
                                   .at = at < segment.size ? at : segment.size};
}

static struct bytes from(const struct block_log_scan *scan, size_t at)
{
    return bytes_make(scan->segment.data + at, scan->segment.size - at);
}

/* Where the next header is, or the end. */
static size_t find_header(const struct block_log_scan *scan, size_t at)
{
    uint8_t salt[8];

    u64le_write(salt, scan->salt);
    for (;;) {
        struct bytes left = from(scan, at);
        const uint8_t *found = memmem(left.data, left.size, salt, sizeof(salt));
        if (!found)
            return scan->segment.size;
        at = (size_t)(found - scan->segment.data);
        if (is_header(from(scan, at), scan->salt))
            return at;
        at++;
    }
}

bool block_log_scan_next(struct block_log_scan *scan,
                         struct block_log_piece *out)
{
    uint64_t synced;

    *out = (struct block_log_piece){.at = scan->at};
    if (scan->at == scan->segment.size)
        return false;
    out->is_entry = !block_log_entry_decode(from(scan, scan->at), scan->salt,
                                            &out->entry, &synced);
    /* The size of an entry counts if its header is right. But the next header
     * counts more: after a crash an entry may stand where a torn one ended. */
    if (synced != UINT64_MAX && synced > scan->synced)
        scan->synced = synced;
    out->size = out->is_entry ? BLOCK_LOG_ENTRY_HEADER + out->entry.size
                              : find_header(scan, scan->at + 1) - scan->at;
    scan->at += out->size;
    return true;
}
