/*
 * What must hold before a task is started: that it takes submissions, is
 * staked, and has what its metadata says that it needs.
 *
 * Each condition that does not hold has a reason, a short code for the status
 * (docs/node.md has them), beside the text for people. A task is looked at
 * again every other second, so it begins as soon as its operator has done
 * something about it.
 *
 * requirementsTags of the metadata are those of Koii: {type, value}. Of the
 * type TASK_VARIABLE or GLOBAL_VARIABLE, value is the name of an environment
 * variable. Of the type ADDON, "ORCA_TASK" asks for Koii's containers, and
 * "REQUIRE_INTERNET" for a node that peers reach. Other types (CPU, RAM, OS
 * ...) are said to people and bind nobody, there as here.
 */
#ifndef POND_NODE_TASK_TASK_CONDITIONS_H
#define POND_NODE_TASK_TASK_CONDITIONS_H

#include "node/task/runner.h"

/* More of them are no list that somebody filled in. */
#define TASK_NEEDS_MAX 64

/* Read what the task needs out of its metadata. What has not the form is passed
 * over. */
void task_conditions_take(struct task_runner *runner,
                          struct json_object *metadata);
void task_conditions_free(struct task_needs *needs);

/* The task takes submissions. ERR_STATE. */
int task_conditions_active(struct task_runner *runner);

/* 0: it may be started, or at least staked on. Else err_text() and
 * runner->reason say why not. The view must be known (CHECKed). */
int task_conditions_check(struct task_runner *runner);

/* The same of what the metadata asks for alone. */
int task_conditions_needs(struct task_runner *runner);

/* Write the field "missing": the names that are not paired. */
void task_conditions_write(const struct task_runner *runner,
                           struct json_writer *writer);

/* Append the task's environment, as variable_book_resolve(). */
int task_conditions_variables(const struct task_runner *runner,
                              struct buffer *out);

#endif
