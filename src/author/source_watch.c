/*
 * The system tells of one folder each, and not of what is below. So each folder
 * has a handle, and after every change the folders that are new get one.
 */
#include "author/source_watch.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* From the last change until it is told. */
#define QUIET_MS 100

struct watched {
    struct source_watch *watch;
    char *path;
    uv_fs_event_t event;
};

struct source_watch {
    uv_loop_t *loop;
    char *folder, *output;
    void (*changed)(void *user);
    void *user;
    uv_timer_t quiet;
    struct watched **folders;
    size_t count;
    size_t open_handles;
    bool is_closing;
};

static void free_if_over(struct source_watch *watch)
{
    if (watch->open_handles)
        return;
    free(watch->folders);
    free(watch->folder);
    free(watch->output);
    free(watch);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct source_watch *watch = handle->data;

    watch->open_handles--;
    free_if_over(watch);
}

static void on_folder_closed(uv_handle_t *handle)
{
    struct watched *folder = handle->data;
    struct source_watch *watch = folder->watch;

    free(folder->path);
    free(folder);
    watch->open_handles--;
    free_if_over(watch);
}

/* ---- which folders ---- */

/* The bundle's name, if it is made in that folder; else NULL. */
static const char *bundle_in(const struct source_watch *watch, const char *path)
{
    const char *slash = strrchr(watch->output, '/');
    size_t size = slash ? (size_t)(slash - watch->output) : 0;

    return slash && strlen(path) == size && !memcmp(path, watch->output, size)
               ? slash + 1
               : NULL;
}

static bool is_left_out(const struct source_watch *watch, const char *path,
                        const char *name)
{
    return name[0] == '.' || !strcmp(name, "node_modules") ||
           bundle_in(watch, path);
}

static bool is_watched(const struct source_watch *watch, const char *path)
{
    for (size_t i = 0; i < watch->count; i++) {
        if (!strcmp(watch->folders[i]->path, path))
            return true;
    }
    return false;
}

/* The bundle and its map may lie beside the sources. */
static void on_event(uv_fs_event_t *event, const char *name, int events,
                     int status)
{
    const struct watched *folder = event->data;
    struct source_watch *watch = folder->watch;
    const char *bundle = bundle_in(watch, folder->path);

    if (name && bundle && !strncmp(name, bundle, strlen(bundle)))
        return;
    uv_timer_again(&watch->quiet);
}

static int add_folder(struct source_watch *watch, const char *path)
{
    if (watch->count == SOURCE_WATCH_FOLDERS_MAX)
        return err_set(ERR_LIMIT, "%s has more than %d folders", watch->folder,
                       SOURCE_WATCH_FOLDERS_MAX);
    struct watched *folder = mem_zero(1, sizeof(*folder));

    folder->watch = watch;
    folder->path = mem_text(path);
    folder->event.data = folder;
    CHECK(uv_fs_event_init(watch->loop, &folder->event) == 0);
    watch->open_handles++;
    watch->folders[watch->count++] = folder;
    int code = uv_fs_event_start(&folder->event, on_event, path, 0);
    if (!code)
        return 0;
    return code == UV_ENOENT
               ? err_set(ERR_NOT_FOUND, "there is no folder %s", path)
               : err_set(ERR_LIMIT, "%s can't be watched: %s", path,
                         uv_strerror(code));
}

/* Folders that go away meanwhile are no error. Links are not followed. */
static int add_below(struct source_watch *watch, const char *path)
{
    int status = is_watched(watch, path) ? 0 : add_folder(watch, path);
    DIR *stream = status ? NULL : opendir(path);
    struct dirent *entry;

    while (stream && !status && (entry = readdir(stream))) {
        char *below = mem_format("%s/%s", path, entry->d_name);
        struct stat about;

        if (!is_left_out(watch, below, entry->d_name) &&
            !lstat(below, &about) && S_ISDIR(about.st_mode)) {
            status = add_below(watch, below);
            if (status == ERR_NOT_FOUND)
                status = 0;
        }
        free(below);
    }
    if (stream)
        closedir(stream);
    return status;
}

/* A folder that was removed has no more events; should it come back, it is
 * another one. */
static void forget_gone(struct source_watch *watch)
{
    size_t kept = 0;

    for (size_t i = 0; i < watch->count; i++) {
        struct watched *folder = watch->folders[i];

        if (access(folder->path, F_OK) == 0)
            watch->folders[kept++] = folder;
        else
            uv_close((uv_handle_t *)&folder->event, on_folder_closed);
    }
    watch->count = kept;
}

/* New folders that can't be watched are as good as none: what is watched goes
 * on. */
static void on_quiet(uv_timer_t *timer)
{
    struct source_watch *watch = timer->data;

    uv_timer_stop(timer);
    forget_gone(watch);
    if (add_below(watch, watch->folder))
        err_clear();
    watch->changed(watch->user);
}

/* ---- from outside ---- */

/* Without dots and links, so that paths can be compared. */
static char *whole_path(const char *path)
{
    char *whole = realpath(path, NULL);

    return whole ? whole : mem_text(path);
}

int source_watch_open(uv_loop_t *loop, const char *folder, const char *output,
                      void (*changed)(void *user), void *user,
                      struct source_watch **out)
{
    CHECK(folder && output && changed);
    struct source_watch *watch = mem_zero(1, sizeof(*watch));

    watch->loop = loop;
    watch->folder = whole_path(folder);
    watch->output = whole_path(output);
    watch->changed = changed;
    watch->user = user;
    watch->folders =
        mem_zero(SOURCE_WATCH_FOLDERS_MAX, sizeof(*watch->folders));
    CHECK(uv_timer_init(loop, &watch->quiet) == 0);
    watch->quiet.data = watch;
    watch->open_handles++;
    uv_timer_start(&watch->quiet, on_quiet, QUIET_MS, QUIET_MS);
    uv_timer_stop(&watch->quiet);
    int status = add_below(watch, watch->folder);
    if (status)
        source_watch_close(watch);
    else
        *out = watch;
    return status;
}

void source_watch_close(struct source_watch *watch)
{
    CHECK(!watch->is_closing);
    watch->is_closing = true;
    for (size_t i = 0; i < watch->count; i++)
        uv_close((uv_handle_t *)&watch->folders[i]->event, on_folder_closed);
    uv_close((uv_handle_t *)&watch->quiet, on_timer_closed);
}
