/*
 * A task's sources under watch: tells when one of them was changed, once for
 * all that changes together, as an editor or a version control system does it.
 *
 * Watched are the task's folder and what is below it, folders that come later
 * too; not node_modules, hidden folders, and where the bundle is written.
 *
 * Thread: the loop's.
 */
#ifndef POND_AUTHOR_SOURCE_WATCH_H
#define POND_AUTHOR_SOURCE_WATCH_H

#include <uv.h>

/* Of one task; more are not watched, and their number is an error. */
#define SOURCE_WATCH_FOLDERS_MAX 4096

struct source_watch;

/* Begin. output: the path of the bundle; its folder is left out, or the file
 * and its map alone if it lies in the task's own folder. changed is called from
 * the loop. ERR_NOT_FOUND: no such folder; ERR_LIMIT: more folders than there
 * may be, or than the system lets be watched. */
int source_watch_open(uv_loop_t *loop, const char *folder, const char *output,
                      void (*changed)(void *user), void *user,
                      struct source_watch **out);

/* No more calls from here on; freed when the loop has closed its handles. */
void source_watch_close(struct source_watch *watch);

#endif
