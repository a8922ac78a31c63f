#include "node/page/live_message.h"

#include "base/error.h"
#include "base/json.h"

/* Values in a message (json_check_values()). */
#define VALUES_MAX 64

static int take_text(struct json_object *object, const char *name, char *out,
                     size_t size)
{
    const char *text;
    int status = json_get_text(object, name, &text);

    if (status)
        return err_add(ERR_INVALID, "a message");
    if (!*text || strlen(text) >= size)
        return err_set(ERR_INVALID, "\"%s\" is empty or too long", name);
    memcpy(out, text, strlen(text) + 1);
    return 0;
}

static int read_object(struct json_object *object, struct live_message *out)
{
    const char *type;

    if (json_get_text(object, "type", &type))
        return err_add(ERR_INVALID, "a message");
    if (!strcmp(type, "hello")) {
        out->type = LIVE_HELLO;
        return take_text(object, "key", out->key, sizeof(out->key));
    }
    if (!strcmp(type, "quiet")) {
        out->type = LIVE_QUIET;
        return json_get_bool(object, "on", &out->is_on)
                   ? err_add(ERR_INVALID, "a message")
                   : 0;
    }
    if (strcmp(type, "watch") != 0 && strcmp(type, "unwatch") != 0)
        return err_set(ERR_INVALID, "no message has that type");
    out->type = *type == 'w' ? LIVE_WATCH : LIVE_UNWATCH;
    return take_text(object, "topic", out->topic, sizeof(out->topic));
}

int live_message_read(struct bytes text, struct live_message *out)
{
    struct json_object *tree = NULL;
    int status;

    *out = (struct live_message){0};
    if (text.size > LIVE_MESSAGE_MAX)
        return err_set(ERR_INVALID, "a message is at most %d bytes",
                       LIVE_MESSAGE_MAX);
    if (json_check_values(text, VALUES_MAX))
        return err_add(ERR_INVALID, "a message");
    status = json_parse_exact(text, &tree);
    if (!status && !json_object_is_type(tree, json_type_object))
        status = err_set(ERR_INVALID, "a message is a JSON object");
    if (!status)
        status = read_object(tree, out);
    json_object_put(tree);
    return status;
}
