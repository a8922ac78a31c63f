/*
 * The system's `node`: where it is, and whether it will do.
 */
#ifndef POND_RUNTIME_KOII_KOII_PROGRAM_H
#define POND_RUNTIME_KOII_KOII_PROGRAM_H

#include <uv.h>

/* The first with fetch and Web streams as globals, which tasks expect. */
#define KOII_NODE_MAJOR_MIN 18

/* The path of node: given, if it is not NULL; else the first executable file
 * named node in a folder of path, which has the form of $PATH. The caller frees
 * *out. ERR_NOT_FOUND, with words that say what to do. Touches the disk: for
 * the start of a program. */
int koii_program_find(const char *given, const char *path, char **out);

/* status 0, or ERR_UNSUPPORTED: not node, or too old; ERR_IO: it can't be run.
 * version, "20.11.1" for example, is "" unless status is 0. */
typedef void koii_program_checked(void *user, int status, const char *version);

/* Ask the program for its version. done comes once, from the loop. */
void koii_program_check(uv_loop_t *loop, const char *program,
                        koii_program_checked *done, void *user);

#endif
