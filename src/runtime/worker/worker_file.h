/*
 * What the functions for files share: paths below the task's folder, and
 * errors that JavaScript completes.
 *
 * The kernel resolves every path below the folder's descriptor and refuses
 * symbolic links (openat2, Linux 5.6), so no path leads out, with or without
 * Landlock.
 */
#ifndef POND_RUNTIME_WORKER_WORKER_FILE_H
#define POND_RUNTIME_WORKER_WORKER_FILE_H

#include "runtime/worker/worker_bind.h"

/* Open a path below the task's folder. flags and mode are those of openat2(),
 * which takes a mode only with O_CREAT. -1 with errno. */
int worker_file_open(const struct worker_engine *engine, const char *path,
                     uint64_t flags, uint64_t mode);

/* Open the folder that holds path's last name; *name points into path. -1 with
 * errno. mkdirat() and the like have no RESOLVE_BENEATH, but a name without a
 * slash can't leave its folder. */
int worker_file_open_parent(const struct worker_engine *engine, char *path,
                            const char **name);

/* Throw errno: an Error with code ("ENOENT") and errno (-2, as Node has it).
 * js/node/fs_arguments.js gives it Node's words, the call's name and the paths
 * that the task gave. Returns undefined. */
JSValueRef worker_file_throw(JSContextRef context, JSValueRef *exception);

/* The argument as a path in new memory; free() it. NULL with *exception set. */
char *worker_file_path(JSContextRef context, size_t count,
                       const JSValueRef *arguments, size_t index,
                       JSValueRef *exception);

/* What statx() says of the open file, as the list of numbers that
 * js/node/fs_stats.js reads. */
JSValueRef worker_file_status(JSContextRef context, int fd,
                              JSValueRef *exception);

#endif
