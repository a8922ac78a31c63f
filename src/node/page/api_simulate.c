/*
 * Rounds of a task that is not on chain yet, here and now: `pond task simulate`
 * as a process of its own, one at a time.
 */
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/page/api.h"
#include "node/page/command_jobs.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#define KIND "simulation"
/* A page may order this much; a person at a terminal may more. */
#define NODES_MAX 20
#define ROUNDS_MAX 20
#define TIME_LIMIT_MS 180000
/* A submission has 512 bytes, six characters each in JSON. */
#define OUTPUT_MAX (2u << 20)

/* ---- ordered ---- */

/* False if it was answered. */
static bool take_number(struct api_request *request, const char *name,
                        uint64_t least, uint64_t most, uint64_t *out)
{
    int status = json_get_u64(request->body, name, out);

    if (!status && *out >= least && *out <= most)
        return true;
    api_refuse(request, 400, "form", name,
               "\"%s\" is a number from %" PRIu64 " to %" PRIu64, name, least,
               most);
    return false;
}

static bool take_folder(struct api_request *request, const char **out)
{
    if (!json_get_text(request->body, "folder", out) && **out == '/' &&
        strlen(*out) < PATH_MAX / 2)
        return true;
    api_refuse(request, 400, "form", "folder",
               "\"folder\" is the whole path of a task's folder");
    return false;
}

static int start(struct api *api, const char *folder, const uint64_t counts[3],
                 const char *key)
{
    char *config = mem_format("%s/config-task.yml", folder);
    char texts[3][24];
    const char *words[] = {"task",       "simulate", config,     "--brief",
                           "--build",    "--inside", "--nodes",  texts[0],
                           "--cheaters", texts[1],   "--rounds", texts[2],
                           NULL};
    const struct own_command_order order = {
        .words = words, .output_max = OUTPUT_MAX, .limit_ms = TIME_LIMIT_MS};

    for (size_t i = 0; i < 3; i++)
        snprintf(texts[i], sizeof(texts[i]), "%" PRIu64, counts[i]);
    int status = command_jobs_start(api_command_jobs(api), KIND, key, &order,
                                    NULL, NULL);
    free(config);
    return status;
}

static void simulate(struct api_request *request)
{
    struct command_jobs *jobs = api_command_jobs(request->api);
    uint64_t counts[3]; /* nodes, cheaters, rounds */
    const char *folder;
    char key[COMMAND_JOB_KEY_SIZE];

    if (!take_folder(request, &folder) ||
        !take_number(request, "nodes", 1, NODES_MAX, &counts[0]) ||
        !take_number(request, "cheaters", 0, counts[0] - 1, &counts[1]) ||
        !take_number(request, "rounds", 1, ROUNDS_MAX, &counts[2]))
        return;
    if (command_jobs_is_running(jobs, KIND)) {
        api_refuse(request, 409, "busy", NULL, "a simulation is running");
        return;
    }
    snprintf(key, sizeof(key), "%" PRIu64, clock_unix_ms());
    int status = start(request->api, folder, counts, key);
    if (status)
        api_answer_error(request, status);
    else
        api_answer_job(request, KIND, key);
}

/* ---- followed ---- */

static void get_simulation(struct api_request *request)
{
    struct command_jobs *jobs = api_command_jobs(request->api);
    const char *key = request->parts[0];
    const struct command_job *job = command_jobs_find(jobs, KIND, key);
    struct buffer answer = {0}, result = {0};
    struct json_writer writer = json_writer_make(&answer);
    struct api_job state;

    if (!job || command_jobs_look(jobs, KIND, key, &state)) {
        api_refuse(request, 404, "not_found", NULL,
                   "there is no such simulation: a node that was started anew "
                   "has none");
        return;
    }
    json_open_object(&writer);
    json_field_text(&writer, "state", state.state);
    json_field_u64(&writer, "step", state.step);
    json_field_u64(&writer, "of", state.of);
    if (job->status) {
        json_field_text(&writer, "error", job->text);
        json_field_text(&writer, "hint", job->hint);
    }
    if (job->result) {
        json_text(job->result, &result);
        json_name(&writer, "result");
        json_write_raw(&writer, buffer_view(&result));
        buffer_free(&result);
    }
    json_close_object(&writer);
    api_answer(request, &answer);
}

static int look(struct api *api, const char *key, struct api_job *out)
{
    return command_jobs_look(api_command_jobs(api), KIND, key, out);
}

static void cancel(struct api_request *request, const char *key)
{
    struct command_jobs *jobs = api_command_jobs(request->api);
    struct buffer nothing = {0};

    if (!command_jobs_find(jobs, KIND, key)) {
        api_refuse(request, 404, "not_found", NULL, "there is no such job");
        return;
    }
    command_jobs_cancel(jobs, KIND, key);
    api_answer(request, &nothing);
}

/* ---- all of it ---- */

static void add_can(struct api *api, struct json_object *can)
{
    json_object_array_add(can, json_object_new_string("simulate"));
}

static const struct api_row rows[] = {
    {"POST", "create/simulate", API_ORDER, simulate},
    {"GET", "create/simulations/*", API_READ, get_simulation},
};

static const struct api_job_kind jobs[] = {{KIND, look, cancel}};

const struct api_area api_area_simulate = {
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(*rows),
    .jobs = jobs,
    .job_count = sizeof(jobs) / sizeof(*jobs),
    .can = add_can,
};
