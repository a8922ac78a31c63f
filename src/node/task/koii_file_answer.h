/*
 * What the methods of fs answer (koii_file_job.h): appended to the job's
 * answer, in the forms that JSON.stringify() gives Node's own values.
 *
 * Thread: any.
 */
#ifndef POND_NODE_TASK_KOII_FILE_ANSWER_H
#define POND_NODE_TASK_KOII_FILE_ANSWER_H

#include "base/bytes.h"
#include "node/task/koii_file_job.h"

#include <sys/stat.h>

/* A text if the job asks for one, else a Buffer. */
void koii_file_answer_bytes(struct koii_file_job *job, struct bytes bytes);

/* Stats. */
void koii_file_answer_stat(struct koii_file_job *job, const struct stat *stat);

/* A stream that was just made; counter: of what it has read or written. Nothing
 * can flow through an answer, in Koii neither; but the file is there after it.
 */
void koii_file_answer_stream(struct koii_file_job *job, const char *flags,
                             const char *counter);

#endif
