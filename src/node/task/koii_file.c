/*
 * Done on a thread of the pool, because a disk may take its time.
 */
#include "node/task/koii_file.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/task/host_ask.h"
#include "node/task/koii_engine.h"
#include "node/task/koii_file_job.h"

#include <stdlib.h>

/* From the request until its answer. The job is apart from the runner, which
 * may be stopped meanwhile. */
struct file_task {
    uv_work_t work;
    struct host_ask *ask;
    struct koii_file_job job;
    int status;
    char *error;
};

/* ---- a request ---- */

static void free_task(struct file_task *task)
{
    koii_file_job_clear(&task->job);
    free(task->error);
    free(task);
}

/* On a thread. */
static void run(uv_work_t *work)
{
    struct file_task *task = work->data;

    task->status = koii_file_job_run(&task->job);
    if (task->status)
        task->error = mem_text(err_text());
}

static void on_done(uv_work_t *work, int cancelled)
{
    struct file_task *task = work->data;
    struct bytes answer = buffer_view(&task->job.answer);

    if (task->status)
        err_set(task->status, "%s", task->error);
    if (host_ask_arrived(task->ask, task->status))
        host_ask_answer(task->ask, answer.size ? answer : bytes_text("null"),
                        (struct bytes){0});
    free_task(task);
}

/* An absolute path is taken where it lies below the root, because tasks join
 * paths with getBasePath(). */
static char *relative(const struct koii_file_job *job, const char *path)
{
    size_t size = strlen(job->root);

    if (!strncmp(path, job->root, size) && (!path[size] || path[size] == '/'))
        path += size;
    path += strspn(path, "/");
    return mem_text(path[0] ? path : ".");
}

/* An encoding, or options with one: then the answer is a text. */
static void take_options(struct koii_file_job *job, struct json_object *options)
{
    const char *encoding;

    if (json_object_is_type(options, json_type_string)) {
        job->as_text = true;
    } else if (json_object_is_type(options, json_type_object)) {
        job->as_text = json_get_text(options, "encoding", &encoding) == 0;
        (void)json_get_bool(options, "recursive", &job->is_recursive);
        (void)json_get_bool(options, "force", &job->is_forced);
        err_clear();
    }
}

/* path_at: where the path is; what follows it depends on the method. */
static int take_arguments(struct koii_file_job *job, const char *method,
                          struct json_object *params, size_t path_at)
{
    const char *path = host_ask_text(params, path_at);
    size_t options = path_at + 1;
    int status = 0;

    job->method = method ? koii_file_method_find(method) : NULL;
    if (!job->method)
        return err_set(ERR_UNSUPPORTED, "fs.%.40s is not offered here",
                       method ? method : "?");
    if (!path || !path[0])
        return err_set(ERR_INVALID, "fs.%s takes a path", method);
    job->path = relative(job, path);
    if (koii_file_method_takes_data(job->method)) {
        status = host_ask_bytes(params, options++, &job->data);
    } else if (koii_file_method_takes_other(job->method)) {
        const char *other = host_ask_text(params, options);

        if (!other || !other[0])
            return err_set(ERR_INVALID, "fs.%s takes two paths", method);
        job->other = relative(job, other);
    }
    take_options(job, json_object_array_get_idx(params, options));
    return status;
}

static void serve(struct host_ask *ask, const char *method,
                  struct json_object *params, size_t path_at)
{
    struct file_task *task = mem_zero(1, sizeof(*task));

    task->ask = ask;
    task->job.root = koii_engine_folder(ask->runner);
    task->work.data = task;
    int status = take_arguments(&task->job, method, params, path_at);
    if (status) {
        free_task(task);
        host_ask_refuse(ask, status);
        return;
    }
    runner_depart(ask->runner);
    CHECK(!uv_queue_work(ask->runner->parts->loop, &task->work, run, on_done));
}

/* (method, path, ...) of fsPromises. */
void koii_file_serve(struct host_ask *ask, struct json_object *params,
                     struct bytes payload)
{
    const char *method = host_ask_text(params, 0);

    if (method && koii_file_method_is_of_wrapper(method))
        host_ask_refuse(
            ask, err_set(ERR_UNSUPPORTED, "fs.%s is not offered here", method));
    else
        serve(ask, method, params, 1);
}

void koii_file_serve_read_stream(struct host_ask *ask,
                                 struct json_object *params,
                                 struct bytes payload)
{
    serve(ask, KOII_FILE_READ_STREAM, params, 0);
}

void koii_file_serve_write_stream(struct host_ask *ask,
                                  struct json_object *params,
                                  struct bytes payload)
{
    serve(ask, KOII_FILE_WRITE_STREAM, params, 0);
}
