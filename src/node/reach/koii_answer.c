#include "node/reach/koii_answer.h"

#include "base/json.h"

void koii_answer_message(struct http_exchange *exchange, unsigned status,
                         const char *text)
{
    struct buffer body = {0};
    struct json_writer writer = json_writer_make(&body);

    json_open_object(&writer);
    json_field_text(&writer, "message", text);
    json_close_object(&writer);
    http_answer_any_origin(exchange);
    http_answer_buffer(exchange, status, "application/json", &body);
}
