/*
 * A report for whoever helps: GET bundle lists what is in it, POST bundle gives
 * it. Both make it anew, on a thread of the pool, one at a time.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "crypto/key.h"
#include "node/page/api.h"
#include "node/page/doctor.h"
#include "node/page/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

/* Bytes of a log's end. The file that was moved away is not in it. */
#define NODE_LOG_MAX (1u << 20)
#define TASK_LOG_MAX (256u << 10)
/* What is read of a file to have its end. */
#define LOG_SIZE_MAX (16u << 20)
/* The logs of so many tasks: a report is sent by people. */
#define TASKS_MAX 32

struct making {
    struct api_request *request;
    uv_work_t work;
    bool is_list;
    char *folder;
    struct buffer values; /* of variables, wiped */
    struct buffer about, doctor, node, status, attention; /* JSON */
    char tasks[TASKS_MAX][BASE58_KEY_SIZE];
    size_t task_count;
    struct buffer answer;
};

/* ---- on a thread of the pool ---- */

/* From a whole line on. What can't be read is missing. A task may put anything
 * at the name of its log. */
static void add_log(struct report *report, const char *name, const char *path,
                    size_t size_max)
{
    struct buffer text = {0};

    if (!file_read_plain(path, LOG_SIZE_MAX, &text) && text.size) {
        struct bytes end = buffer_view(&text);

        if (end.size > size_max) {
            end.data += end.size - size_max;
            end.size = size_max;
            const uint8_t *line = memchr(end.data, '\n', end.size);
            if (line) {
                end.size -= (size_t)(line + 1 - end.data);
                end.data = line + 1;
            }
        }
        report_add(report, name, end);
    }
    err_clear();
    buffer_free(&text);
}

static void add_task_logs(const struct making *making, struct report *report)
{
    for (size_t i = 0; i < making->task_count; i++) {
        char *path = mem_format("%s/namespace/%s/task.log", making->folder,
                                making->tasks[i]);
        char *name = mem_format("tasks/%s.log", making->tasks[i]);

        add_log(report, name, path, TASK_LOG_MAX);
        free(name);
        free(path);
    }
}

static void make(uv_work_t *work)
{
    struct making *making = work->data;
    struct report_mask *mask =
        report_mask_new(buffer_string(&making->values), getenv("HOME"));
    struct report *report = report_new(mask);
    char *path = mem_format("%s/node.log", making->folder);

    report_add(report, "about.json", buffer_view(&making->about));
    report_add(report, "doctor.json", buffer_view(&making->doctor));
    report_add(report, "node.json", buffer_view(&making->node));
    report_add(report, "status.json", buffer_view(&making->status));
    report_add(report, "attention.json", buffer_view(&making->attention));
    add_log(report, "node.log", path, NODE_LOG_MAX);
    add_task_logs(making, report);
    if (making->is_list) {
        struct json_writer writer = json_writer_make(&making->answer);

        report_list(report, &writer);
    } else {
        report_pack(report, clock_unix_ms() / 1000, &making->answer);
    }
    free(path);
    report_free(report);
    report_mask_free(mask);
}

static void on_made(uv_work_t *work, int cancelled)
{
    struct making *making = work->data;

    CHECK(!cancelled);
    api_end_report(making->request->api);
    if (making->is_list)
        api_answer(making->request, &making->answer);
    else
        api_answer_text(making->request, "application/gzip", &making->answer);
    buffer_wipe(&making->values);
    buffer_free(&making->about);
    buffer_free(&making->doctor);
    buffer_free(&making->node);
    buffer_free(&making->status);
    buffer_free(&making->attention);
    free(making->folder);
    free(making);
}

/* ---- on the loop ---- */

static void write_about(struct buffer *out)
{
    struct json_writer writer = json_writer_make(out);
    struct utsname system = {0};
    struct sysinfo machine = {0};

    (void)uname(&system);
    (void)sysinfo(&machine);
    json_open_object(&writer);
    json_field_text(&writer, "pond", POND_VERSION);
    json_field_u64(&writer, "made", clock_unix_ms());
    json_field_text(&writer, "system", system.sysname);
    json_field_text(&writer, "release", system.release);
    json_field_text(&writer, "machine", system.machine);
    json_field_u64(&writer, "processors", (uint64_t)get_nprocs());
    json_field_u64(&writer, "memory",
                   (uint64_t)machine.totalram * machine.mem_unit);
    json_field_u64(&writer, "up_s", (uint64_t)machine.uptime);
    json_close_object(&writer);
}

/* What pages are told of by a topic. */
static void write_topic(struct api *api, const char *name, struct buffer *out)
{
    for (const struct api_area *const *area = api_areas_of(api); *area; area++)
        for (size_t i = 0; i < (*area)->topic_count; i++) {
            const struct live_kind *kind = &(*area)->topics[i];
            struct json_object *data = NULL;

            if (strcmp(kind->name, name) != 0 || !kind->write)
                continue;
            if (!kind->write(api, "", &data))
                json_text(data, out);
            json_object_put(data);
            err_clear();
        }
}

static void find_tasks(struct json_object *status, const char *list_name,
                       struct making *making)
{
    struct json_object *list;

    if (json_get_array(status, list_name, &list)) {
        err_clear();
        return;
    }
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        const char *id;
        struct pubkey task;

        if (making->task_count < TASKS_MAX &&
            !json_get_text(json_object_array_get_idx(list, i), "task", &id) &&
            !pubkey_parse(bytes_text(id), &task))
            snprintf(making->tasks[making->task_count++], BASE58_KEY_SIZE, "%s",
                     id);
    }
    err_clear();
}

static void start(struct api_request *request, bool is_list)
{
    struct api *api = request->api;

    if (!api_begin_report(api)) {
        api_refuse(request, 409, "busy", NULL,
                   "a report is being made already: ask again in a moment");
        return;
    }
    struct json_object *status = api_status(api);
    struct making *making = mem_zero(1, sizeof(*making));

    making->request = request;
    making->is_list = is_list;
    making->folder = mem_text(api_folder(api));
    api_world(api)->values(api_world_user(api), &making->values);
    write_about(&making->about);
    write_topic(api, "doctor", &making->doctor);
    write_topic(api, "node", &making->node);
    write_topic(api, "attention", &making->attention);
    json_text(status, &making->status);
    find_tasks(status, "tasks", making);
    find_tasks(status, "stopped", making);
    making->work.data = making;
    CHECK(!uv_queue_work(api_loop(api), &making->work, make, on_made));
}

static void list_report(struct api_request *request)
{
    start(request, true);
}

static void give_report(struct api_request *request)
{
    start(request, false);
}

static const struct api_row rows[] = {
    {"GET", "bundle", API_READ, list_report},
    {"POST", "bundle", API_ORDER, give_report},
};

const struct api_area api_area_report = {
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(*rows),
};
