/*
 * The files are told apart by their inodes, because names move from one to
 * another while they are read.
 *
 * A task may put anything at the name of its log, so what is no plain file is
 * not opened, and nothing is waited for.
 */
#include "node/task/log_reader.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PIECE_SIZE 65536

/*
 * Invariants:
 *
 * 1. descriptor is -1, or the file with this inode, read up to offset.
 * 2. begin <= read.size; what lies before begin was given out.
 */
struct log_reader {
    char *path, *older_path;
    int descriptor;
    ino_t inode;
    uint64_t offset;
    struct buffer read;
    size_t begin;
    struct log_line last; /* its time and level */
};

struct log_reader *log_reader_new(const char *path)
{
    struct log_reader *reader = mem_zero(1, sizeof(*reader));

    reader->path = mem_text(path);
    reader->older_path = mem_format("%s.1", path);
    reader->descriptor = -1;
    reader->last.level = LOG_INFO;
    return reader;
}

void log_reader_free(struct log_reader *reader)
{
    if (reader->descriptor >= 0)
        close(reader->descriptor);
    buffer_free(&reader->read);
    free(reader->path);
    free(reader->older_path);
    free(reader);
}

/* 1 if it is a file, whose inode is handed back; 0 if there is none. */
static int look(const char *path, ino_t *out)
{
    struct stat found;

    if (lstat(path, &found))
        return errno == ENOENT ? 0 : err_errno("can't read %s", path);
    if (!S_ISREG(found.st_mode))
        return err_set(ERR_IO, "%s is no file", path);
    *out = found.st_ino;
    return 1;
}

/* In place of the one that is open. ERR_NOT_FOUND if it is gone by now. */
static int open_file(struct log_reader *reader, const char *path)
{
    struct stat found;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (descriptor < 0)
        return errno == ENOENT ? err_set(ERR_NOT_FOUND, "there is no %s", path)
                               : err_errno("can't read %s", path);
    if (fstat(descriptor, &found) || !S_ISREG(found.st_mode)) {
        close(descriptor);
        return err_set(ERR_IO, "%s is no file", path);
    }
    if (reader->descriptor >= 0)
        close(reader->descriptor);
    reader->descriptor = descriptor;
    reader->inode = found.st_ino;
    reader->offset = 0;
    return 0;
}

static int open_first(struct log_reader *reader)
{
    ino_t inode;
    int status = look(reader->older_path, &inode);

    if (status < 0)
        return status;
    if (status && !open_file(reader, reader->older_path))
        return 0;
    return open_file(reader, reader->path);
}

/* At the end of what is open: 1 if another file comes after it and is open
 * now, 0 if this is the newest. The file between two rotations is the one that
 * bears the older name and is not the one that was read. */
static int open_next(struct log_reader *reader)
{
    ino_t newest, older;
    int status = look(reader->path, &newest);

    if (status <= 0 || newest == reader->inode)
        return status;
    status = look(reader->older_path, &older);
    if (status < 0)
        return status;
    status =
        open_file(reader, status && older != reader->inode ? reader->older_path
                                                           : reader->path);
    if (status == ERR_NOT_FOUND)
        return 0;
    return status ? status : 1;
}

/* A file that has become shorter was emptied. */
static int check_shorter(struct log_reader *reader)
{
    struct stat found;

    if (fstat(reader->descriptor, &found))
        return err_errno("can't read %s", reader->path);
    if ((uint64_t)found.st_size < reader->offset) {
        reader->offset = 0;
        reader->begin = reader->read.size = 0;
    }
    return 0;
}

/* 1 if there is more to look at, 0 if not yet. */
static int read_more(struct log_reader *reader)
{
    /* What was given out makes room. */
    if (reader->begin) {
        memmove(reader->read.data, reader->read.data + reader->begin,
                reader->read.size - reader->begin);
        reader->read.size -= reader->begin;
        reader->begin = 0;
    }
    /* Looked for before it is read: what the writer added to a file before it
     * moved it is read, then. */
    ino_t newest;
    int status = look(reader->path, &newest);
    bool is_old = status == 1 && newest != reader->inode;

    if (status >= 0)
        status = check_shorter(reader);
    if (status < 0)
        return status;
    uint8_t *room = buffer_reserve(&reader->read, PIECE_SIZE);
    ssize_t size =
        pread(reader->descriptor, room, PIECE_SIZE, (off_t)reader->offset);
    if (size < 0)
        return err_errno("can't read %s", reader->path);
    reader->read.size += (size_t)size;
    reader->offset += (size_t)size;
    if (size || !is_old)
        return size > 0;
    /* The end of a file that grows no more is the end of its last line. */
    if (reader->read.size)
        buffer_text(&reader->read, "\n");
    status = open_next(reader);
    return status < 0 ? status : status || reader->read.size;
}

/* The line that is read already; false if it is not whole. */
static bool take_line(struct log_reader *reader, struct bytes *out)
{
    uint8_t *start = reader->read.data + reader->begin;
    size_t size = reader->read.size - reader->begin;
    uint8_t *end = size ? memchr(start, '\n', size) : NULL;

    if (end && end - start <= LOG_READER_LINE_MAX)
        size = (size_t)(end - start);
    else if (size > LOG_READER_LINE_MAX)
        size = LOG_READER_LINE_MAX, end = NULL;
    else
        return false;
    *out = bytes_make(start, size);
    reader->begin += size + (end ? 1 : 0);
    return true;
}

int log_reader_next(struct log_reader *reader, struct log_line *out)
{
    int status = reader->descriptor < 0 ? open_first(reader) : 0;

    if (status)
        return status;
    while (!take_line(reader, &reader->last.whole)) {
        status = read_more(reader);
        if (status <= 0)
            return status;
    }
    log_line_read(&reader->last);
    *out = reader->last;
    return 1;
}

/* ---- a line's head ---- */

static uint64_t time_of(struct tm *tm, int ms)
{
    time_t seconds = timegm(tm);

    return seconds < 0 ? 0 : (uint64_t)seconds * 1000 + (uint64_t)ms;
}

/* "2026-01-02T03:04:05.678Z": its length, or 0. */
static size_t read_iso(const char *text, uint64_t *out)
{
    struct tm tm = {0};
    int ms, used = 0;

    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &tm.tm_year, &tm.tm_mon,
               &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &ms,
               &used) != 7 ||
        !used)
        return 0;
    tm.tm_year -= 1900;
    tm.tm_mon--;
    *out = time_of(&tm, ms);
    return (size_t)used;
}

/* "11/30/2026, 2:01:08 AM", as Koii's node writes what a program printed. */
static size_t read_koii(const char *text, uint64_t *out)
{
    struct tm tm = {0};
    char half;
    int used = 0;

    if (sscanf(text, "%2d/%2d/%4d, %2d:%2d:%2d %cM%n", &tm.tm_mon, &tm.tm_mday,
               &tm.tm_year, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &half,
               &used) != 7 ||
        !used || (half != 'A' && half != 'P'))
        return 0;
    tm.tm_year -= 1900;
    tm.tm_mon--;
    tm.tm_hour = tm.tm_hour % 12 + (half == 'P' ? 12 : 0);
    *out = time_of(&tm, 0);
    return (size_t)used;
}

/* The word for a level before the text. */
static size_t read_level(const char *text, enum log_level *out)
{
    static const struct {
        const char *word;
        enum log_level level;
    } words[] = {{"ERROR: ", LOG_ERROR}, {"WARNING: ", LOG_WARN},
                 {"DEBUG: ", LOG_DEBUG}, {"error ", LOG_ERROR},
                 {"warn  ", LOG_WARN},   {"info  ", LOG_INFO},
                 {"debug ", LOG_DEBUG}};

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        size_t size = strlen(words[i].word);

        if (!strncmp(text, words[i].word, size)) {
            *out = words[i].level;
            return size;
        }
    }
    *out = LOG_INFO;
    return 0;
}

void log_line_read(struct log_line *line)
{
    /* A head is at most 25 bytes of time in brackets and a word. */
    char head[64] = {0};
    size_t size = line->whole.size < sizeof(head) - 1 ? line->whole.size
                                                      : sizeof(head) - 1;
    if (size)
        memcpy(head, line->whole.data, size);
    bool in_brackets = *head == '[';
    const char *at = head + in_brackets;
    uint64_t time_ms = 0;
    size_t used = read_iso(at, &time_ms);

    if (!used && in_brackets)
        used = read_koii(at, &time_ms);
    at += used;
    line->text = line->whole;
    line->has_head = used && (!in_brackets || !strncmp(at, "] ", 2)) &&
                     (in_brackets || *at == ' ');
    if (!line->has_head)
        return;
    line->time_ms = time_ms;
    at += in_brackets ? 2 : 1;
    at += read_level(at, &line->level);
    line->text.data += at - head;
    line->text.size -= (size_t)(at - head);
}
