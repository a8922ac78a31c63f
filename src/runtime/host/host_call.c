/*
 * What is open between node and worker: calls of the task's functions, which
 * the worker answers, and requests of the task, which the node answers.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "runtime/host/host_state.h"
#include <stdlib.h>

/* The list is short, because the default limit is 64. */
bool host_find_request(const struct host *worker, uint64_t id, size_t *place)
{
    for (size_t i = 0; i < worker->request_count; i++)
        if (worker->requests[i] == id) {
            *place = i;
            return true;
        }
    return false;
}

/* Order does not matter: the last one takes the place of the one that goes. */
static bool close_request(struct host *worker, uint64_t id)
{
    size_t place;
    if (!host_find_request(worker, id, &place))
        return false;
    worker->requests[place] = worker->requests[--worker->request_count];
    return true;
}

/* An answer too large for a message is a refusal for the task, not a mistake
 * of the host's, which often can't know the size of what it was asked for. */
void host_answer(struct host *worker, uint64_t request_id, struct bytes result,
                 struct bytes payload)
{
    CHECK_MAGIC(worker, HOST_MAGIC);
    /* Answering twice, or what was never asked, is the host's mistake. */
    CHECK(close_request(worker, request_id));
    /* Half: the rest of the head, and what escaping adds, has room. */
    if (result.size > MESSAGE_HEAD_MAX / 2 ||
        payload.size > MESSAGE_PAYLOAD_MAX) {
        /* Open again for the refusal, which closes it. */
        worker->requests[worker->request_count++] = request_id;
        host_refuse(worker, request_id, ERR_LIMIT,
                    "the answer is too large for one message");
        return;
    }
    struct buffer head = {0};
    struct json_writer writer = json_writer_make(&head);
    json_open_object(&writer);
    json_field_text(&writer, "type", "answer");
    json_field_u64(&writer, "id", request_id);
    json_field_bool(&writer, "ok", true);
    json_name(&writer, "result");
    if (result.size)
        json_write_raw(&writer, result);
    else
        json_write_null(&writer);
    json_close_object(&writer);
    host_send(worker, buffer_view(&head), payload);
    buffer_free(&head);
}

/* The code's words become error.code in the task. */
void host_refuse(struct host *worker, uint64_t request_id, int code,
                 const char *text)
{
    CHECK_MAGIC(worker, HOST_MAGIC);
    CHECK(code < 0);
    CHECK(close_request(worker, request_id));
    struct buffer head = {0};
    struct json_writer writer = json_writer_make(&head);
    json_open_object(&writer);
    json_field_text(&writer, "type", "answer");
    json_field_u64(&writer, "id", request_id);
    json_field_bool(&writer, "ok", false);
    json_name(&writer, "error");
    json_open_object(&writer);
    json_field_text(&writer, "code", err_name(code));
    json_field_text(&writer, "message", text);
    json_close_object(&writer);
    json_close_object(&writer);
    host_send(worker, buffer_view(&head), bytes_make(NULL, 0));
    buffer_free(&head);
}

/* A piece that the worker waits for is not to come. */
static void end_body(struct host *worker, struct host_open_call *call)
{
    if (!call->is_reading)
        return;
    call->is_reading = false;
    call->body.cancel(call->body.user);
    host_refuse(worker, call->reading_id, ERR_CLOSED, "the call is over");
}

/* Out of the list before the callback runs: it may make the next call. */
void host_end_call(struct host *worker, struct host_open_call *call,
                   struct host_result *result)
{
    /* At most limits.open_calls long. */
    struct host_open_call **place = &worker->calls;
    while (*place != call) {
        CHECK(*place);
        place = &(*place)->next;
    }
    *place = call->next;
    worker->call_count--;
    end_body(worker, call);
    call->callback(call->user, result);
    free(call->function);
    free(call);
}
