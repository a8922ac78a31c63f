/*
 * A page's message on its WebSocket; the file of sessions; and two objects with
 * a NUL between them, of which a patch makes the second out of the first.
 */
#include "base/check.h"
#include "base/error.h"
#include "node/page/live_message.h"
#include "node/page/merge_patch.h"
#include "node/page/sessions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_message(struct bytes text)
{
    struct live_message message;
    int status = live_message_read(text, &message);

    CHECK(!status || status == ERR_INVALID);
    if (!status && message.type == LIVE_HELLO)
        CHECK(*message.key && strlen(message.key) < sizeof(message.key));
    if (!status && (message.type == LIVE_WATCH || message.type == LIVE_UNWATCH))
        CHECK(*message.topic && strlen(message.topic) < sizeof(message.topic));
}

/* What is taken is written in a form that is taken again. */
static void check_sessions(struct bytes text)
{
    static const uint8_t random[SESSION_SECRET_BYTES];
    struct sessions *sessions = sessions_new(random);
    struct buffer once = {0}, twice = {0};
    int status = sessions_read(sessions, text, 1000);

    CHECK(!status || status == ERR_INVALID);
    sessions_write(sessions, &once);
    CHECK(!sessions_read(sessions, buffer_view(&once), 1000));
    sessions_write(sessions, &twice);
    CHECK(bytes_equal(buffer_view(&once), buffer_view(&twice)));
    buffer_free(&twice);
    buffer_free(&once);
    sessions_free(sessions);
}

static struct json_object *parse(struct bytes text)
{
    struct json_object *tree = NULL;

    if (json_check_values(text, 10000) || json_parse_exact(text, &tree) ||
        !json_object_is_type(tree, json_type_object)) {
        json_object_put(tree);
        return NULL;
    }
    return tree;
}

static void check_patch(struct bytes first, struct bytes second)
{
    struct json_object *from = parse(first), *to = parse(second);
    struct json_object *patch = from && to ? merge_patch_make(from, to) : NULL;

    if (patch) {
        from = merge_patch_apply(from, patch);
        CHECK(!merge_patch_make(from, to));
        CHECK(!merge_patch_make(to, from));
    }
    json_object_put(patch);
    json_object_put(to);
    json_object_put(from);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text = bytes_make(data, size);
    const uint8_t *end = size ? memchr(data, 0, size) : NULL;

    check_message(text);
    check_sessions(text);
    if (end)
        check_patch(bytes_make(data, (size_t)(end - data)),
                    bytes_make(end + 1, (size_t)(data + size - end - 1)));
    return 0;
}
