#include "node/page/command_jobs.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

/* Values in a line of a command's output. */
#define VALUES_MAX 20000

struct slot {
    struct command_jobs *jobs;
    struct command_job job; /* kind NULL: free */
    uint64_t number;        /* which began when */
    command_job_ended *ended;
    void *user;
};

struct command_jobs {
    struct own_commands *commands;
    struct slot slots[COMMAND_JOBS_MAX];
    uint64_t begun;
};

struct command_jobs *command_jobs_new(struct own_commands *commands)
{
    struct command_jobs *jobs = mem_zero(1, sizeof(*jobs));

    jobs->commands = commands;
    for (size_t i = 0; i < COMMAND_JOBS_MAX; i++)
        jobs->slots[i].jobs = jobs;
    return jobs;
}

static void empty(struct slot *slot)
{
    CHECK(!slot->job.command);
    json_object_put(slot->job.result);
    slot->job = (struct command_job){0};
}

void command_jobs_free(struct command_jobs *jobs)
{
    for (size_t i = 0; i < COMMAND_JOBS_MAX; i++)
        empty(&jobs->slots[i]);
    free(jobs);
}

/* ---- one that runs ---- */

/* A remark without a step leaves the step as it is. */
static void on_said(void *user, const struct own_command_progress *progress)
{
    struct slot *slot = user;

    snprintf(slot->job.doing, sizeof(slot->job.doing), "%s", progress->doing);
    if (progress->of) {
        slot->job.step = progress->step;
        slot->job.of = progress->of;
    }
}

/* The last line counts: a command prints its result at its end. */
static struct json_object *read_result(struct bytes output)
{
    struct json_object *result = NULL;

    while (output.size && output.data[output.size - 1] == '\n')
        output.size--;
    const uint8_t *line =
        output.size ? memrchr(output.data, '\n', output.size) : NULL;
    if (line)
        output = bytes_make(line + 1,
                            output.size - (size_t)(line + 1 - output.data));
    if (output.size && !json_check_values(output, VALUES_MAX) &&
        json_parse_exact(output, &result))
        result = NULL;
    err_clear();
    return result;
}

static void on_ended(void *user, const struct own_command_end *end)
{
    struct slot *slot = user;
    struct command_job *job = &slot->job;

    job->command = NULL;
    job->status = end->status;
    if (end->status)
        snprintf(job->text, sizeof(job->text), "%s", err_text());
    snprintf(job->hint, sizeof(job->hint), "%s", end->hint);
    job->result = read_result(end->output);
    if (slot->ended)
        slot->ended(slot->user, job);
}

/* ---- those there are ---- */

static struct slot *find(const struct command_jobs *jobs, const char *kind,
                         const char *key)
{
    for (size_t i = 0; i < COMMAND_JOBS_MAX; i++) {
        const struct slot *slot = &jobs->slots[i];

        if (slot->job.kind && !strcmp(slot->job.kind, kind) &&
            !strcmp(slot->job.key, key))
            return (struct slot *)(uintptr_t)slot;
    }
    return NULL;
}

/* A free one, or the oldest that is over. */
static struct slot *take(struct command_jobs *jobs)
{
    struct slot *oldest = NULL;

    for (size_t i = 0; i < COMMAND_JOBS_MAX; i++) {
        struct slot *slot = &jobs->slots[i];

        if (!slot->job.kind)
            return slot;
        if (!slot->job.command && (!oldest || slot->number < oldest->number))
            oldest = slot;
    }
    return oldest;
}

int command_jobs_start(struct command_jobs *jobs, const char *kind,
                       const char *key, const struct own_command_order *order,
                       command_job_ended *ended, void *user)
{
    static const struct own_command_events events = {on_said, on_ended};
    struct slot *slot = find(jobs, kind, key);
    struct own_command *command;

    if (slot && slot->job.command)
        return 0;
    if (!slot)
        slot = take(jobs);
    if (!slot)
        return err_set(ERR_FULL, "too many commands are running");
    int status =
        own_command_start(jobs->commands, order, &events, slot, &command);
    if (status)
        return status;
    empty(slot);
    slot->job.kind = kind;
    slot->job.command = command;
    snprintf(slot->job.key, sizeof(slot->job.key), "%s", key);
    slot->number = ++jobs->begun;
    slot->ended = ended;
    slot->user = user;
    return 0;
}

const struct command_job *command_jobs_find(const struct command_jobs *jobs,
                                            const char *kind, const char *key)
{
    const struct slot *slot = find(jobs, kind, key);

    return slot ? &slot->job : NULL;
}

bool command_jobs_is_running(const struct command_jobs *jobs, const char *kind)
{
    for (size_t i = 0; i < COMMAND_JOBS_MAX; i++)
        if (jobs->slots[i].job.command &&
            !strcmp(jobs->slots[i].job.kind, kind))
            return true;
    return false;
}

int command_jobs_look(const struct command_jobs *jobs, const char *kind,
                      const char *key, struct api_job *out)
{
    const struct command_job *job = command_jobs_find(jobs, kind, key);

    if (!job)
        return err_set(ERR_NOT_FOUND, "there is no such job");
    *out =
        (struct api_job){.state = job->command                   ? "running"
                                  : job->status == ERR_CANCELLED ? "called_off"
                                  : job->status                  ? "failed"
                                                                 : "done",
                         .step = job->step,
                         .of = job->of};
    snprintf(out->text, sizeof(out->text), "%.*s", (int)sizeof(out->text) - 1,
             job->status ? job->text : job->doing);
    return 0;
}

void command_jobs_cancel(struct command_jobs *jobs, const char *kind,
                         const char *key)
{
    struct slot *slot = find(jobs, kind, key);

    if (slot && slot->job.command)
        own_command_cancel(slot->job.command);
}
