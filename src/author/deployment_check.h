/*
 * What deployment.c asks beside the rules: where a mistake stands, and whether
 * a file lies in the task's folder.
 *
 * Thread: any. Calls with a path ask the disk.
 */
#ifndef POND_AUTHOR_DEPLOYMENT_CHECK_H
#define POND_AUTHOR_DEPLOYMENT_CHECK_H

#include "author/deployment.h"

/* Keep err_text() with its key and its line. False: there is nobody to keep it
 * for (problems is NULL), or it is no mistake of the file's. */
bool deployment_problem_note(int status, struct bytes yaml,
                             struct deployment_problems *problems);

/* Find the line of its field. */
void deployment_problem_place(struct deployment_problem *problem,
                              struct bytes yaml);

/* ERR_INVALID with the first one's text; 0 without any. NULL is allowed. */
int deployment_problem_first(const struct deployment_problems *problems);

/* ERR_DENIED if the path leads out of the folder, by itself or by a link. A
 * file that is not there yet counts by its folder's place. */
int deployment_is_inside(const char *folder, const char *path);

/* The same of the bundle, where the deployment has one in a store. */
int deployment_bundle_is_inside(const struct deployment *deployment,
                                const char *folder);

#endif
