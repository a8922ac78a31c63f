/*
 * What a page gets, and its end.
 */
#include "node/page/live_state.h"

#include "base/memory.h"

#include <stdlib.h>

/* A page that does not read is told so, and closed. */
#define UNSENT_MAX (256u << 10)

void live_end_page(struct live_page *page, const char *reason)
{
    struct buffer message = {0};

    if (page->is_over)
        return;
    if (reason) {
        buffer_format(&message, "{\"type\":\"bye\",\"reason\":\"%s\"}", reason);
        (void)websocket_send(page->socket, buffer_view(&message));
    }
    page->is_over = true;
    websocket_close(page->socket);
    buffer_free(&message);
}

void live_send(struct live_page *page, struct bytes message)
{
    if (page->is_over)
        return;
    if (websocket_queued_bytes(page->socket) > UNSENT_MAX)
        live_end_page(page, "slow");
    else if (websocket_send(page->socket, message))
        live_end_page(page, NULL);
}

void live_send_error(struct live_page *page, const char *code,
                     const char *topic, const char *text)
{
    struct buffer message = {0};
    struct json_writer writer = json_writer_make(&message);

    json_open_object(&writer);
    json_field_text(&writer, "type", "error");
    json_field_text(&writer, "code", code);
    if (topic)
        json_field_text(&writer, "topic", topic);
    json_name(&writer, "message");
    json_write_bytes(&writer, bytes_text(text));
    json_close_object(&writer);
    live_send(page, buffer_view(&message));
    buffer_free(&message);
}

bool live_page_hears(const struct live_page *page,
                     const struct live_topic *topic)
{
    if (page->is_over || (page->is_hidden && !topic->kind->while_hidden))
        return false;
    for (size_t i = 0; i < page->topic_count; i++)
        if (page->topics[i] == topic)
            return true;
    return false;
}

void live_free_if_done(struct live *live)
{
    void (*closed)(void *) = live->closed;
    void *user = live->user;

    if (!live->is_closing || live->open || live->pages)
        return;
    free(live->build);
    live->magic = 0;
    free(live);
    closed(user);
}
