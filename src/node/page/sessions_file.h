/*
 * sessions.json of the node's folder (mode 0600): what sessions_write() makes,
 * kept across restarts. Written on a thread of the pool, so that the loop waits
 * for no disk; one write at a time, and what was changed meanwhile in the next.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_PAGE_SESSIONS_FILE_H
#define POND_NODE_PAGE_SESSIONS_FILE_H

#include "node/page/sessions.h"
#include <uv.h>

struct sessions_file;

/* Read the file into sessions, if there is one; blocks. One that can't be read
 * is logged, and leaves sessions as they are. */
struct sessions_file *sessions_file_open(uv_loop_t *loop, const char *folder,
                                         struct sessions *sessions,
                                         uint64_t now_ms);

/* Write what sessions are now. done (NULL is allowed) comes once, from the
 * loop, when that is on disk, or could not be put there. */
typedef void sessions_file_done(void *user, int status);
void sessions_file_write(struct sessions_file *file,
                         const struct sessions *sessions,
                         sessions_file_done *done, void *user);

/* What was ordered is still written; closed comes then, from the loop. */
void sessions_file_close(struct sessions_file *file, void (*closed)(void *user),
                         void *user);

#endif
