#include "node/task/task_stops.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/money/journal_stop.h"
#include "node/money/journal_writer.h"

#include <stdio.h>
#include <stdlib.h>

/* Texts of a task are its own: a line of them is kept. */
#define TEXT_MAX 400

/* Copied, because the runner may be gone by then. */
struct noting {
    struct journal_stop stop;
    char text[TEXT_MAX];
};

enum task_reason task_stops_reason(const struct host_end *end)
{
    switch (end->limit) {
    case HOST_LIMIT_MEMORY:
        return TASK_REASON_MEMORY_LIMIT;
    case HOST_LIMIT_TIME:
        return TASK_REASON_TIME_LIMIT;
    case HOST_LIMIT_SANDBOX:
        return TASK_REASON_SANDBOX;
    default:
        return TASK_REASON_CRASHED;
    }
}

static int write_stop(struct journal *journal, void *user)
{
    const struct noting *noting = user;

    return journal_stop_put(journal, &noting->stop);
}

static void on_written(void *user, int status)
{
    if (status)
        log_error("journal", "%s", err_text());
    free(user);
}

void task_stops_note(struct task_runner *runner, enum task_reason reason,
                     const char *text)
{
    struct noting *noting = mem_zero(1, sizeof(*noting));

    snprintf(noting->text, sizeof(noting->text), "%s", text ? text : "");
    noting->stop = (struct journal_stop){
        .task = runner->task,
        .at_ms = clock_unix_ms(),
        .slot = runner_rounds_slot(runner->rounds),
        .reason = task_reason_code(reason),
        .text = noting->text,
    };
    journal_writer_run(runner->parts->writer, write_stop, on_written, noting);
}
