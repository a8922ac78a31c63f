/*
 * The frame of a notification.
 */
#include "settlement/rpc/pubsub_internal.h"

#include "base/check.h"

void notification_open(struct notification *notification,
                       struct rpc_request *request, const char *method)
{
    CHECK(!notification->text.size);
    struct json_writer *out = &request->out;
    *out = json_writer_make(&notification->text);
    json_open_object(out);
    json_field_text(out, "jsonrpc", "2.0");
    json_field_text(out, "method", method);
    json_name(out, "params");
    json_open_object(out);
    json_name(out, "result");
}

void notification_context(struct json_writer *out, uint64_t slot)
{
    json_open_object(out);
    json_name(out, "context");
    json_open_object(out);
    json_field_u64(out, "slot", slot);
    json_close_object(out);
    json_name(out, "value");
}

/* The queue's limit drops a slow reader, so there is nothing to do here if a
 * send fails. The text is emptied for the next notification. */
void notification_send(struct notification *notification,
                       struct rpc_request *request,
                       const struct subscription *subscription)
{
    struct json_writer *out = &request->out;
    json_field_u64(out, "subscription", subscription->id);
    json_close_object(out);
    json_close_object(out);
    websocket_send(subscription->connection->websocket,
                   buffer_view(&notification->text));
    buffer_clear(&notification->text);
}
