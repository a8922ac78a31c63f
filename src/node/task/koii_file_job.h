/*
 * One job of the wrapper's fs, done on a thread of the pool: koii_file.c takes
 * it from a request, koii_file_job.c does it.
 */
#ifndef POND_NODE_TASK_KOII_FILE_JOB_H
#define POND_NODE_TASK_KOII_FILE_JOB_H

#include "base/buffer.h"

/* What is read into an answer, and what a file is written from: a request's
 * body is no larger. */
#define KOII_FILE_READ_MAX (16u << 20)

struct koii_file_method;

/* Paths are relative to root. All is the job's own. */
struct koii_file_job {
    const struct koii_file_method *method;
    char *root, *path, *other; /* other: of rename */
    struct buffer data;        /* to be written */
    bool as_text, is_recursive, is_forced;
    int root_fd;          /* while it is done */
    struct buffer answer; /* JSON; empty: none */
};

/* Not of fsPromises: calls of the wrapper's own. */
#define KOII_FILE_READ_STREAM "fsReadStream"
#define KOII_FILE_WRITE_STREAM "fsWriteStream"
bool koii_file_method_is_of_wrapper(const char *name);

/* NULL for a name that is not offered. */
const struct koii_file_method *koii_file_method_find(const char *name);
bool koii_file_method_takes_data(const struct koii_file_method *method);
bool koii_file_method_takes_other(const struct koii_file_method *method);

/* Do it: blocks. ERR_IO with the text of Node's error; ERR_LIMIT. Thread:
 * any. */
int koii_file_job_run(struct koii_file_job *job);

void koii_file_job_clear(struct koii_file_job *job);

#endif
