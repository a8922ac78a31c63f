/*
 * The two things that are done to a worker's process while it runs: it is sent
 * messages, and it is killed.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "runtime/host/host_state.h"
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Answers that a worker does not read. */
#define QUEUE_MAX (4ul * MESSAGE_PAYLOAD_MAX)

/* The first reason counts, because later ones are its consequence. Only SIGKILL
 * ends a process that does not want to end. */
void host_kill_for(struct host *worker, enum host_limit limit,
                   const char *format, ...)
{
    /* Room for a message and a stack of a task; longer ones are cut. */
    char text[2 * ERR_TEXT_SIZE];
    va_list arguments;
    CHECK_MAGIC(worker, HOST_MAGIC);
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (!worker->reason) {
        worker->reason = mem_text(text);
        worker->reason_limit = limit;
    }
    worker->phase = HOST_KILLED;
    if (worker->loop && !worker->exited)
        uv_process_kill(&worker->process, SIGKILL);
}

struct outgoing {
    uv_write_t request;
    struct buffer bytes;
};

/* Whether it arrived shows in the answer, or in the end of the stream. */
static void written(uv_write_t *request, int status)
{
    struct outgoing *outgoing = request->data;
    buffer_free(&outgoing->bytes);
    free(outgoing);
}

/* Copied whole: the caller's bytes need not outlive the call. Answers to a
 * worker that stopped reading pile up to a limit, then it goes. */
void host_send(struct host *worker, struct bytes head, struct bytes payload)
{
    CHECK_MAGIC(worker, HOST_MAGIC);
    if (!worker->loop || worker->phase == HOST_KILLED || worker->socket_over)
        return;
    uv_stream_t *stream = (uv_stream_t *)&worker->socket;
    if (uv_stream_get_write_queue_size(stream) > QUEUE_MAX) {
        host_kill_for(worker, HOST_LIMIT_PROTOCOL,
                      "the worker does not read its answers");
        return;
    }
    struct outgoing *outgoing = mem_zero(1, sizeof(*outgoing));
    message_write(&outgoing->bytes, head, payload);
    outgoing->request.data = outgoing;
    /* Below 4 GB: both parts have limits. */
    uv_buf_t data = uv_buf_init((char *)outgoing->bytes.data,
                                (unsigned)outgoing->bytes.size);
    /* Refused at once, so written() is not going to be called by libuv. */
    if (uv_write(&outgoing->request, stream, &data, 1, written))
        written(&outgoing->request, 0);
}
