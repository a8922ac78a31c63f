/*
 * Between the sources of `pond doctor`.
 */
#ifndef POND_CLI_DOCTOR_H
#define POND_CLI_DOCTOR_H

#include "cli/cli.h"
#include <uv.h>

/* WARNING: tasks run, but something is not as it should be. BAD: they don't. */
enum verdict { GOOD, WARNING, BAD };

/* One examination. Its lines lie in the output until the end, because they make
 * a table. */
struct doctor {
    struct cli *cli;
    unsigned failures;
    uv_loop_t loop;
};

/* A line of the result: what was looked at, how it is, and in words. Longer
 * texts are cut. fix: what to do about it, or NULL. */
void doctor_say(struct doctor *doctor, const char *check, enum verdict verdict,
                const char *fix, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* The walls around a worker, and around a program of the engine `node`. Each is
 * tried, and runs the doctor's loop. */
void doctor_check_worker(struct doctor *doctor);
void doctor_check_programs(struct doctor *doctor);

/* Have the node look, and say what it says. ERR_REMOTE, and node_face_ask()'s
 * errors. */
int doctor_of_node(struct doctor *doctor);

#endif
