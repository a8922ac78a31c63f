/*
 * The node's side of a worker's socket: the first byte chooses how the rest
 * arrives (whole, or in two pieces), then the stream of messages. Requests are
 * answered at once, so that the whole path runs.
 */
#include "base/error.h"
#include "runtime/host/host_state.h"

static void on_request(void *user, struct host *worker, uint64_t id,
                       const char *method, struct json_object *params,
                       struct bytes payload)
{
    host_answer(worker, id, bytes_text("null"), payload);
}

static void on_log(void *user, struct host *worker, enum log_level level,
                   const char *text)
{
}

static void on_result(void *user, const struct host_result *result)
{
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct host_limits limits = {0};
    const struct host_events host = {.request = on_request, .log = on_log};
    if (!size || host_limits_fill(&limits, 0))
        return 0;
    struct memory *memory = memory_new(1u << 16);
    struct host *worker = host_new(&limits, memory, &host, NULL, 0);
    host_call(worker, "task", "[1]", 100, on_result, NULL);
    size_t first = data[0] * (size - 1) / 255;
    host_receive(worker, bytes_make(data + 1, first), 1);
    if (worker->phase != HOST_KILLED)
        host_receive(worker, bytes_make(data + 1 + first, size - 1 - first), 2);
    while (worker->calls) {
        struct host_result result = {.status = ERR_CLOSED};
        host_end_call(worker, worker->calls, &result);
    }
    host_free(worker);
    memory_free(memory);
    return 0;
}
