/*
 * The format is POSIX.1-1988's (ustar): a header of 512 bytes for each file,
 * its bytes, zeros to the next multiple of 512, and two blocks of zeros at the
 * end.
 */
#include "node/page/report.h"

#include "base/check.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define FOLDER "pond-report/"
#define NAME_SIZE_MAX 90
#define BLOCK 512
/* zlib's own, for a stream with the header of gzip. */
#define GZIP_WINDOW (15 + 16)

struct file {
    char *name;
    struct buffer text;
};

struct report {
    const struct report_mask *mask;
    struct file *files;
    size_t count;
};

struct header {
    char name[100], mode[8], user[8], group[8], size[12], time[12], sum[8];
    char type, link[100], magic[6], version[2];
    char user_name[32], group_name[32], device[16], prefix[155], rest[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is a block");

struct report *report_new(const struct report_mask *mask)
{
    struct report *report = mem_zero(1, sizeof(*report));

    report->mask = mask;
    return report;
}

void report_free(struct report *report)
{
    if (!report)
        return;
    for (size_t i = 0; i < report->count; i++) {
        free(report->files[i].name);
        buffer_free(&report->files[i].text);
    }
    free(report->files);
    free(report);
}

void report_add(struct report *report, const char *name, struct bytes text)
{
    CHECK(strlen(name) <= NAME_SIZE_MAX);
    report->files =
        mem_resize(report->files, (report->count + 1) * sizeof(*report->files));
    struct file *file = &report->files[report->count++];

    *file = (struct file){.name = mem_text(name)};
    report_mask_write(report->mask, text, &file->text);
}

void report_list(const struct report *report, struct json_writer *writer)
{
    json_open_object(writer);
    json_name(writer, "items");
    json_open_array(writer);
    for (size_t i = 0; i < report->count; i++) {
        json_open_object(writer);
        json_field_text(writer, "name", report->files[i].name);
        json_field_u64(writer, "bytes", report->files[i].text.size);
        json_close_object(writer);
    }
    json_close_array(writer);
    json_close_object(writer);
}

/* ---- the archive ---- */

/* The sum is taken with spaces in its own place. */
static void write_sum(struct header *header)
{
    const uint8_t *bytes = (const uint8_t *)header;
    unsigned sum = 0;

    memset(header->sum, ' ', sizeof(header->sum));
    for (size_t i = 0; i < BLOCK; i++)
        sum += bytes[i];
    snprintf(header->sum, sizeof(header->sum), "%06o", sum);
}

static void write_file(const struct file *file, uint64_t made_s,
                       struct buffer *out)
{
    static const uint8_t zeros[BLOCK];
    struct header header = {.mode = "0000644",
                            .user = "0000000",
                            .group = "0000000",
                            .type = '0',
                            .magic = "ustar",
                            .version = {'0', '0'}};

    snprintf(header.name, sizeof(header.name), FOLDER "%s", file->name);
    snprintf(header.size, sizeof(header.size), "%011zo", file->text.size);
    snprintf(header.time, sizeof(header.time), "%011" PRIo64,
             made_s & 077777777777);
    write_sum(&header);
    buffer_append(out, &header, sizeof(header));
    buffer_bytes(out, buffer_view(&file->text));
    buffer_append(out, zeros, (BLOCK - file->text.size % BLOCK) % BLOCK);
}

static void compress_all(struct bytes archive, struct buffer *out)
{
    z_stream stream = {0};

    CHECK(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 8,
                       Z_DEFAULT_STRATEGY) == Z_OK);
    size_t room = deflateBound(&stream, archive.size);

    stream.next_in = (uint8_t *)(uintptr_t)archive.data;
    stream.avail_in = (unsigned)archive.size;
    stream.next_out = buffer_reserve(out, room);
    stream.avail_out = (unsigned)room;
    CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    out->size += stream.total_out;
    deflateEnd(&stream);
}

void report_pack(const struct report *report, uint64_t made_s,
                 struct buffer *out)
{
    static const uint8_t end[2 * BLOCK];
    struct buffer archive = {0};

    for (size_t i = 0; i < report->count; i++)
        write_file(&report->files[i], made_s, &archive);
    buffer_append(&archive, end, sizeof(end));
    CHECK(archive.size <= INT32_MAX);
    compress_all(buffer_view(&archive), out);
    buffer_free(&archive);
}
