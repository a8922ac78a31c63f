#include "node/task/koii_file_answer.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"

#include <stdlib.h>

void koii_file_answer_bytes(struct koii_file_job *job, struct bytes bytes)
{
    struct json_writer writer = json_writer_make(&job->answer);

    if (job->as_text) {
        json_write_bytes(&writer, bytes);
        return;
    }
    json_open_object(&writer);
    json_field_text(&writer, "type", "Buffer");
    json_name(&writer, "data");
    json_open_array(&writer);
    for (size_t i = 0; i < bytes.size; i++)
        json_write_u64(&writer, bytes.data[i]);
    json_close_array(&writer);
    json_close_object(&writer);
}

static void field_time(struct json_writer *writer, const char *name,
                       const char *ms_name, struct timespec time)
{
    double ms = (double)time.tv_sec * 1000 + (double)time.tv_nsec / 1000000;
    char text[CLOCK_TEXT_SIZE];

    json_name(writer, ms_name);
    json_write_double(writer, ms);
    json_field_text(writer, name,
                    clock_text(ms <= 0                   ? 0
                               : ms < (double)UINT64_MAX ? (uint64_t)ms
                                                         : UINT64_MAX,
                               text));
}

void koii_file_answer_stat(struct koii_file_job *job, const struct stat *stat)
{
    struct json_writer writer = json_writer_make(&job->answer);

    json_open_object(&writer);
    json_field_u64(&writer, "dev", stat->st_dev);
    json_field_u64(&writer, "mode", stat->st_mode);
    json_field_u64(&writer, "nlink", stat->st_nlink);
    json_field_u64(&writer, "uid", stat->st_uid);
    json_field_u64(&writer, "gid", stat->st_gid);
    json_field_u64(&writer, "rdev", stat->st_rdev);
    json_field_i64(&writer, "blksize", stat->st_blksize);
    json_field_u64(&writer, "ino", stat->st_ino);
    json_field_i64(&writer, "size", stat->st_size);
    json_field_i64(&writer, "blocks", stat->st_blocks);
    field_time(&writer, "atime", "atimeMs", stat->st_atim);
    field_time(&writer, "mtime", "mtimeMs", stat->st_mtim);
    field_time(&writer, "ctime", "ctimeMs", stat->st_ctim);
    json_close_object(&writer);
}

void koii_file_answer_stream(struct koii_file_job *job, const char *flags,
                             const char *counter)
{
    struct json_writer writer = json_writer_make(&job->answer);
    char *path = mem_format("%s/%s", job->root, job->path);

    json_open_object(&writer);
    json_name(&writer, "fd");
    json_write_null(&writer);
    json_field_text(&writer, "path", path);
    json_field_text(&writer, "flags", flags);
    json_field_u64(&writer, "mode", 0666);
    json_field_u64(&writer, counter, 0);
    json_close_object(&writer);
    free(path);
}
