/*
 * The node's side of a worker's socket: the first byte chooses how the rest
 * arrives (whole, or in two pieces), then the stream of messages. Requests are
 * answered at once, so that the whole path runs.
 */
#include "base/error.h"
#include "runtime/host/host.h"

static void on_request(void *user, struct worker *worker, uint64_t id,
                       const char *method, struct json_object *params,
                       struct bytes payload)
{
    worker_answer(worker, id, bytes_text("null"), payload);
}

static void on_log(void *user, struct worker *worker, enum log_level level,
                   const char *text)
{
}

static void on_result(void *user, const struct worker_result *result)
{
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct worker_limits limits = {0};
    const struct worker_host host = {.request = on_request, .log = on_log};
    if (!size || host_limits(&limits, 0))
        return 0;
    struct memory *memory = memory_new(1u << 16);
    struct worker *worker = host_new(&limits, memory, &host, NULL, 0);
    worker_call(worker, "task", "[1]", 100, on_result, NULL);
    size_t first = data[0] * (size - 1) / 255;
    host_receive(worker, bytes_make(data + 1, first), 1);
    if (worker->phase != HOST_KILLED)
        host_receive(worker, bytes_make(data + 1 + first, size - 1 - first), 2);
    while (worker->calls) {
        struct worker_result result = {.status = ERR_CLOSED};
        host_end_call(worker, worker->calls, &result);
    }
    host_free(worker);
    memory_free(memory);
    return 0;
}
