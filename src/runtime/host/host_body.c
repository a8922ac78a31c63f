/*
 * The body of a call that comes while the call runs: the worker asks for it
 * piece by piece.
 *
 * The time that its sender takes is not the call's. So a call's clock stands
 * while the worker waits for a piece, and begins anew with each; the source has
 * a limit of its own.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "runtime/host/host_state.h"

/* The worker is looked at often enough to see the new end of its time. */
static void on_piece(void *user, int status, struct bytes piece, bool is_last)
{
    struct host_open_call *call = user;
    struct host *worker = call->worker;
    CHECK(call->is_reading);
    call->is_reading = false;
    call->is_read = status || is_last;
    call->began_ms = clock_monotonic_ms();
    const char *result = status    ? "{\"failed\":true}"
                         : is_last ? "{\"done\":true}"
                                   : "{}";
    host_answer(worker, call->reading_id, bytes_text(result),
                status ? bytes_make(NULL, 0) : piece);
}

/* The worker may have ended the call meanwhile: then its number is unknown. */
bool host_body_request(struct host *worker, uint64_t request_id,
                       const char *method, struct json_object *params)
{
    uint64_t id;
    if (strcmp(method, "bodyRead") != 0)
        return false;
    struct host_open_call *call = worker->calls;
    if (!json_is_u64(json_object_array_get_idx(params, 0), &id))
        id = 0;
    while (call && call->id != id)
        call = call->next;
    if (!call || !call->body.read || call->is_reading || call->is_read) {
        host_refuse(worker, request_id, ERR_STATE,
                    "no body is to be read of this call");
        return true;
    }
    call->is_reading = true;
    call->reading_id = request_id;
    call->began_ms = 0;
    call->body.read(call->body.user, on_piece, call);
    return true;
}
