/*
 * Commands of this program (own_command.h) as jobs that a page follows: each by
 * a kind and a key, with its progress, and its result when it is over. The last
 * ones are remembered for as long as the node runs.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_PAGE_COMMAND_JOBS_H
#define POND_NODE_PAGE_COMMAND_JOBS_H

#include "base/error.h"
#include "base/json.h"
#include "node/page/api.h"
#include "node/page/own_command.h"

#define COMMAND_JOBS_MAX 32
#define COMMAND_JOB_KEY_SIZE 40

struct command_jobs;

struct command_job {
    const char *kind; /* static */
    char key[COMMAND_JOB_KEY_SIZE];
    struct own_command *command; /* NULL: it is over */
    unsigned step, of;
    char doing[256];
    /* Once it is over. */
    int status;
    char text[ERR_TEXT_SIZE], hint[ERR_TEXT_SIZE]; /* of an error */
    struct json_object *result; /* its last line of output; NULL: none */
};

struct command_jobs *command_jobs_new(struct own_commands *commands);
/* The commands are gone. */
void command_jobs_free(struct command_jobs *jobs);

/* It is over; job is borrowed. */
typedef void command_job_ended(void *user, const struct command_job *job);

/* Run a command as a job; one that failed may be run again under its key. What
 * is running already goes on (0, and ended is not called for this call).
 * ERR_FULL: every job that is remembered is running; and errors of
 * own_command_start(). ended may be NULL. */
int command_jobs_start(struct command_jobs *jobs, const char *kind,
                       const char *key, const struct own_command_order *order,
                       command_job_ended *ended, void *user);

/* NULL: not known. Valid until the next start. */
const struct command_job *command_jobs_find(const struct command_jobs *jobs,
                                            const char *kind, const char *key);
/* Is any of the kind running? */
bool command_jobs_is_running(const struct command_jobs *jobs, const char *kind);

/* For struct api_job_kind. */
int command_jobs_look(const struct command_jobs *jobs, const char *kind,
                      const char *key, struct api_job *out);

/* Call it off, if it runs. */
void command_jobs_cancel(struct command_jobs *jobs, const char *kind,
                         const char *key);

#endif
