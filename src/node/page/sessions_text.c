/*
 * What of the sessions survives a restart, as a text.
 */
#include "node/page/sessions_state.h"

#include "base/error.h"
#include "base/hex.h"
#include "base/json.h"
#include "base/memory.h"

#include <stdio.h>

static int read_hash(struct json_object *object, const char *name,
                     struct hash *out)
{
    struct buffer bytes = {0};
    const char *text;
    int status = json_get_text(object, name, &text);

    if (!status)
        status = hex_decode(bytes_text(text), &bytes);
    if (!status && bytes.size != sizeof(out->bytes))
        status = err_set(ERR_INVALID, "\"%s\" is no hash", name);
    if (!status)
        memcpy(out->bytes, bytes.data, sizeof(out->bytes));
    buffer_free(&bytes);
    return status;
}

static int read_session(struct json_object *object, struct session *out)
{
    const char *agent;
    int status;

    *out = (struct session){0};
    if ((status = json_get_u64(object, "id", &out->id)) < 0 ||
        (status = read_hash(object, "halves", &out->halves)) < 0 ||
        (status = json_get_u64(object, "made", &out->made_ms)) < 0 ||
        (status = json_get_u64(object, "used", &out->used_ms)) < 0 ||
        (status = json_get_text(object, "agent", &agent)) < 0)
        return status;
    sessions_take_agent(out, agent);
    (void)json_get_bool(object, "known", &out->is_known);
    return out->id ? 0 : err_set(ERR_INVALID, "a session without an id");
}

static int read_list(struct json_object *list, uint64_t now_ms,
                     struct sessions *out)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct session session;
        int status = read_session(json_object_array_get_idx(list, i), &session);

        if (status)
            return status;
        if (out->count < SESSIONS_MAX && !sessions_is_ended(&session, now_ms))
            out->list[out->count++] = session;
    }
    return 0;
}

static int read_tree(struct json_object *tree, uint64_t now_ms,
                     struct sessions *out)
{
    const char *instance;
    struct json_object *list;
    uint64_t port;
    int status;

    if ((status = json_get_text(tree, "instance", &instance)) < 0 ||
        (status = json_get_u64(tree, "port", &port)) < 0 ||
        (status = json_get_array(tree, "sessions", &list)) < 0)
        return status;
    if (strlen(instance) != SESSION_INSTANCE_SIZE - 1 ||
        strspn(instance, "abcdefghijklmnopqrstuvwxyz0123456789") !=
            SESSION_INSTANCE_SIZE - 1 ||
        port > UINT16_MAX)
        return err_set(ERR_INVALID, "no instance or no port");
    memcpy(out->instance, instance, SESSION_INSTANCE_SIZE);
    out->port = (uint16_t)port;
    return read_list(list, now_ms, out);
}

int sessions_read(struct sessions *sessions, struct bytes text, uint64_t now_ms)
{
    struct sessions *fresh = mem_zero(1, sizeof(*fresh));
    struct json_object *tree = NULL;
    int status = json_parse_exact(text, &tree);

    if (!status && !json_object_is_type(tree, json_type_object))
        status = err_set(ERR_INVALID, "no object");
    if (!status && read_tree(tree, now_ms, fresh))
        status = err_add(ERR_INVALID, "it is not of this form");
    if (!status)
        *sessions = *fresh;
    json_object_put(tree);
    sessions_free(fresh);
    return status;
}

static void write_session(const struct session *session,
                          struct json_writer *writer)
{
    struct buffer halves = {0};

    hex_encode(bytes_make(session->halves.bytes, sizeof(session->halves.bytes)),
               &halves);
    json_open_object(writer);
    json_field_u64(writer, "id", session->id);
    json_field_text(writer, "halves", buffer_string(&halves));
    json_field_u64(writer, "made", session->made_ms);
    json_field_u64(writer, "used", session->used_ms);
    json_field_text(writer, "agent", session->agent);
    json_field_bool(writer, "known", session->is_known);
    json_close_object(writer);
    buffer_free(&halves);
}

void sessions_write(const struct sessions *sessions, struct buffer *out)
{
    struct json_writer writer = json_writer_make(out);

    json_open_object(&writer);
    json_field_text(&writer, "instance", sessions->instance);
    json_field_u64(&writer, "port", sessions->port);
    json_name(&writer, "sessions");
    json_open_array(&writer);
    for (size_t i = 0; i < sessions->count; i++)
        write_session(&sessions->list[i], &writer);
    json_close_array(&writer);
    json_close_object(&writer);
}
