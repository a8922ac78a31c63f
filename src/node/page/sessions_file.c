#include "node/page/sessions_file.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

/* Eight sessions are some 4 KiB. */
#define FILE_SIZE_MAX (64u << 10)

/* Somebody who waits for a write. */
struct waiting {
    struct waiting *next;
    sessions_file_done *done;
    void *user;
};

/*
 * Invariants:
 *
 *  1. text and status belong to the pool's thread while is_writing, and to the
 *     loop's else.
 *  2. those in writing wait for the write that is under way, those in waiting
 *     for the one after it, whose text is next.
 */
struct sessions_file {
    uv_loop_t *loop;
    char *path;
    uv_work_t work;
    bool is_writing, is_due;
    struct buffer text, next;
    int status;
    char trouble[ERR_TEXT_SIZE];
    struct waiting *writing, *waiting;
    void (*closed)(void *user);
    void *user;
};

struct sessions_file *sessions_file_open(uv_loop_t *loop, const char *folder,
                                         struct sessions *sessions,
                                         uint64_t now_ms)
{
    struct sessions_file *file = mem_zero(1, sizeof(*file));
    struct buffer text = {0};

    file->loop = loop;
    file->work.data = file;
    file->path = mem_format("%s/sessions.json", folder);
    int status = file_read(file->path, FILE_SIZE_MAX, &text);
    if (!status)
        status = sessions_read(sessions, buffer_view(&text), now_ms);
    if (status && status != ERR_NOT_FOUND)
        log_warn("page", "%s: %s; browsers have to be connected anew",
                 file->path, err_text());
    err_clear();
    buffer_free(&text);
    return file;
}

static void free_file(struct sessions_file *file)
{
    void (*closed)(void *) = file->closed;
    void *user = file->user;

    buffer_free(&file->text);
    buffer_free(&file->next);
    free(file->path);
    free(file);
    closed(user);
}

/* On a thread of the pool. */
static void write_text(uv_work_t *work)
{
    struct sessions_file *file = work->data;

    file->status = file_replace(file->path, buffer_view(&file->text), 0600);
    if (file->status)
        snprintf(file->trouble, sizeof(file->trouble), "%s", err_text());
}

static void begin(struct sessions_file *file);

static void on_written(uv_work_t *work, int cancelled)
{
    struct sessions_file *file = work->data;
    struct waiting *list = file->writing;
    int status = file->status;

    CHECK(!cancelled);
    file->is_writing = false;
    file->writing = NULL;
    if (status)
        log_error("page", "%s", file->trouble);
    while (list) {
        struct waiting *one = list;

        list = one->next;
        if (status)
            err_set(status, "%s", file->trouble);
        one->done(one->user, status);
        free(one);
    }
    if (file->is_due)
        begin(file);
    else if (file->closed)
        free_file(file);
}

static void begin(struct sessions_file *file)
{
    buffer_free(&file->text);
    file->text = file->next;
    file->next = (struct buffer){0};
    file->writing = file->waiting;
    file->waiting = NULL;
    file->is_due = false;
    file->is_writing = true;
    CHECK(!uv_queue_work(file->loop, &file->work, write_text, on_written));
}

void sessions_file_write(struct sessions_file *file,
                         const struct sessions *sessions,
                         sessions_file_done *done, void *user)
{
    CHECK(!file->closed);
    buffer_clear(&file->next);
    sessions_write(sessions, &file->next);
    if (done) {
        struct waiting *one = mem_zero(1, sizeof(*one));

        *one =
            (struct waiting){.next = file->waiting, .done = done, .user = user};
        file->waiting = one;
    }
    file->is_due = true;
    if (!file->is_writing)
        begin(file);
}

/* An empty piece of work, so that closed does not come from inside. */
static void do_nothing(uv_work_t *work)
{
    struct sessions_file *file = work->data;

    file->status = 0;
}

void sessions_file_close(struct sessions_file *file, void (*closed)(void *user),
                         void *user)
{
    CHECK(!file->closed && closed);
    file->closed = closed;
    file->user = user;
    if (file->is_writing)
        return;
    file->is_writing = true;
    CHECK(!uv_queue_work(file->loop, &file->work, do_nothing, on_written));
}
