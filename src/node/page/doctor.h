/*
 * What this machine, the node and its folder have for running tasks, and what
 * not: `pond doctor --machine` run beside the node (own_command.h), and what
 * the node knows of itself. One run at a time; the last answer is kept.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_PAGE_DOCTOR_H
#define POND_NODE_PAGE_DOCTOR_H

#include "base/json.h"

struct doctor;
struct own_commands;

/* examine appends what the node says of itself, when a run ends. commands are
 * closed before the doctor is freed. */
struct doctor *
doctor_new(struct own_commands *commands,
           void (*examine)(void *user, struct json_object *items), void *user);
void doctor_free(struct doctor *doctor);

/* Look anew. ERR_BUSY while it looks; else own_command_start()'s errors. */
int doctor_start(struct doctor *doctor);

/* {"state":"none, running, done, failed","at","doing","error",
 * "items":[{"id","level":"good, warning, bad","text","fix"}]}: at is the time
 * of the items, which are those of the run before while it looks; doing is what
 * it looks at; error says why it has failed. What is not known is left out. */
struct json_object *doctor_write(const struct doctor *doctor);

/* A line of the answer. fix: what to do, or NULL. */
void doctor_add(struct json_object *items, const char *id, const char *level,
                const char *fix, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Append the lines that the command printed, an object each. What is none of
 * its form is left out. Gives their number. */
size_t doctor_read(struct bytes output, struct json_object *items);

#endif
