/*
 * Reading a log that is written meanwhile, line by line, across rotation: what
 * was moved to NAME.1 first, then NAME (task_log.h, base/log.h).
 *
 * Each line comes once and whole. A log that is emptied by hand is read from
 * its new beginning. Where the writer moves two files on between two looks, the
 * one between is read as long as it is still there.
 *
 * Blocking; thread: any, one at a time.
 */
#ifndef POND_NODE_TASK_LOG_READER_H
#define POND_NODE_TASK_LOG_READER_H

#include "base/buffer.h"
#include "base/log.h"

/* Bytes. A line is cut into pieces of this length: a task may write one of
 * five megabytes. */
#define LOG_READER_LINE_MAX 65536

struct log_reader;

/* What a line says of itself. A line without a head, such as one of a stack,
 * has those of the line before it. */
struct log_line {
    uint64_t time_ms; /* Unix time; 0: none was seen yet */
    enum log_level level;
    bool has_head;
    struct bytes whole; /* without the line feed; valid until the next call */
    struct bytes text;  /* behind the head */
};

/* path: of NAME. It need not be there yet. */
struct log_reader *log_reader_new(const char *path);
void log_reader_free(struct log_reader *reader);

/* The next line: 1; 0 if there is none yet, ask again later. ERR_NOT_FOUND
 * while there is no file; ERR_IO. What the writer has not ended with a line
 * feed yet is not given. */
int log_reader_next(struct log_reader *reader, struct log_line *out);

/* Read the head of a line; out->whole is set. Fields that the line does not
 * have keep their values. */
void log_line_read(struct log_line *line);

#endif
