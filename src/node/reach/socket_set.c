#include "node/reach/socket_set.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>

/* Unread messages of a socket, in bytes, from which on the peer has to wait. */
#define UNREAD_MAX (1u << 20)
/* What a message costs beside its bytes. */
#define MESSAGE_COST 64

struct message {
    struct message *next;
    bool is_binary;
    struct buffer bytes;
};

/*
 * Invariants:
 *
 *  1. websocket is there until its closed, and then NULL for good.
 *  2. answer is there while somebody waits: for the opening until is_open, for
 *     the next message or the end afterwards.
 *  3. Nobody waits while there is a message or the end to be read.
 *  4. A socket without its websocket is freed once its end was read, or at once
 *     in a set that is closing.
 */
struct socket {
    struct socket *next;
    struct socket_set *set;
    uint64_t id;
    struct websocket *websocket;
    bool is_open;
    struct message *first;
    struct message **last;
    size_t unread;
    /* The end, as JSON, once it is over. */
    struct buffer end;
    socket_set_answer *answer;
    void *user;
};

struct socket_set {
    struct socket *first;
    size_t count;
    bool is_closing;
};

struct socket_set *socket_set_new(void)
{
    return mem_zero(1, sizeof(struct socket_set));
}

static struct socket *find(struct socket_set *set, uint64_t id)
{
    struct socket *socket = set->first;

    while (socket && socket->id != id)
        socket = socket->next;
    return socket;
}

static int not_found(uint64_t id)
{
    return err_set(ERR_NOT_FOUND, "there is no socket %" PRIu64, id);
}

static struct message *shift(struct socket *socket)
{
    struct message *message = socket->first;

    socket->first = message->next;
    if (!socket->first)
        socket->last = &socket->first;
    socket->unread -= message->bytes.size + MESSAGE_COST;
    return message;
}

static void free_message(struct message *message)
{
    buffer_free(&message->bytes);
    free(message);
}

static void free_socket(struct socket *socket)
{
    struct socket_set *set = socket->set;
    struct socket **place = &set->first;

    CHECK(!socket->websocket && !socket->answer);
    while (*place != socket) {
        CHECK(*place);
        place = &(*place)->next;
    }
    *place = socket->next;
    set->count--;
    while (socket->first)
        free_message(shift(socket));
    buffer_free(&socket->end);
    free(socket);
    if (set->is_closing && !set->first)
        free(set);
}

void socket_set_close(struct socket_set *set)
{
    struct socket *next;

    if (!set)
        return;
    CHECK(!set->is_closing);
    for (struct socket *socket = set->first; socket; socket = next) {
        next = socket->next;
        if (socket->websocket)
            websocket_close(socket->websocket);
        else
            free_socket(socket);
    }
    set->is_closing = true;
    if (!set->first)
        free(set);
}

/* ---- what comes ---- */

/* Whoever waits does no longer: the answer may ask again. */
static void tell(struct socket *socket, struct bytes json, struct bytes payload)
{
    socket_set_answer *function = socket->answer;

    socket->answer = NULL;
    function(socket->user, json, payload);
}

static const char *kind_of(bool is_binary)
{
    return is_binary ? "{\"kind\":\"binary\"}" : "{\"kind\":\"text\"}";
}

static void on_opened(void *user, struct websocket *websocket)
{
    struct socket *socket = user;
    struct buffer json = {0};
    struct json_writer writer = json_writer_make(&json);

    socket->is_open = true;
    json_open_object(&writer);
    json_field_u64(&writer, "socket", socket->id);
    json_field_text(&writer, "protocol", websocket_protocol(websocket));
    json_close_object(&writer);
    if (socket->answer)
        tell(socket, buffer_view(&json), (struct bytes){0});
    buffer_free(&json);
}

static void on_message(void *user, struct websocket *websocket,
                       struct bytes bytes)
{
    struct socket *socket = user;
    bool is_binary = websocket_message_is_binary(websocket);

    if (socket->set->is_closing)
        return;
    if (socket->answer) {
        tell(socket, bytes_text(kind_of(is_binary)), bytes);
        return;
    }
    struct message *message = mem_zero(1, sizeof(*message));

    message->is_binary = is_binary;
    buffer_bytes(&message->bytes, bytes);
    *socket->last = message;
    socket->last = &message->next;
    socket->unread += bytes.size + MESSAGE_COST;
    if (socket->unread >= UNREAD_MAX)
        websocket_pause(websocket, true);
}

static void write_end(struct socket *socket, int status)
{
    struct json_writer writer = json_writer_make(&socket->end);
    struct bytes reason;
    char *error = mem_text(status ? err_text() : "");
    uint16_t code = websocket_peer_goodbye(socket->websocket, &reason);

    json_open_object(&writer);
    json_field_text(&writer, "kind", "close");
    json_field_u64(&writer, "code", code);
    json_name(&writer, "reason");
    json_write_bytes(&writer, reason);
    json_field_bool(&writer, "clean", !status && code != 1006);
    json_field_text(&writer, "error", error);
    json_close_object(&writer);
    free(error);
}

static void on_closed(void *user, struct websocket *websocket, int status)
{
    struct socket *socket = user;

    write_end(socket, status);
    socket->websocket = NULL;
    if (socket->answer) {
        tell(socket, buffer_view(&socket->end), (struct bytes){0});
        free_socket(socket);
    } else if (socket->set->is_closing) {
        free_socket(socket);
    }
}

/* ---- the worker's side ---- */

/* "a, b" of an array of tokens. Each is written into a header. */
static int take_protocols(struct json_object *what, struct buffer *out)
{
    struct json_object *list;

    if (json_get_array(what, "protocols", &list))
        return 0;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *item = json_object_array_get_idx(list, i);
        const char *text = json_object_is_type(item, json_type_string)
                               ? json_object_get_string(item)
                               : "";

        if (!*text || text[strspn(text, "!#$%&'*+-.^_`|~0123456789"
                                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                        "abcdefghijklmnopqrstuvwxyz")])
            return err_set(ERR_INVALID, "\"%.40s\" is no subprotocol", text);
        buffer_format(out, "%s%s", out->size ? ", " : "", text);
        if (out->size > 1024)
            return err_set(ERR_LIMIT, "more than 1024 bytes of subprotocols");
    }
    return 0;
}

/* All but the handshake's answer. */
static int connect_socket(struct socket *socket, uv_loop_t *loop,
                          const struct address_rule *rule,
                          struct json_object *what)
{
    static const struct websocket_limits limits = {
        .message_max_bytes = SOCKET_SET_MESSAGE_MAX,
        .queue_max_bytes = SOCKET_SET_QUEUE_MAX,
        .connect_ms = 30000};
    static const struct websocket_events events = {
        .opened = on_opened, .message = on_message, .closed = on_closed};
    struct websocket_target target = {.rule = rule};
    struct buffer protocols = {0};
    int status = json_get_text(what, "url", &target.url);

    if (!status)
        status = take_protocols(what, &protocols);
    if (!status) {
        target.protocols = protocols.size ? buffer_string(&protocols) : NULL;
        status = websocket_connect_to(loop, &target, &limits, &events, socket,
                                      &socket->websocket);
    }
    buffer_free(&protocols);
    return status;
}

int socket_set_open(struct socket_set *set, uv_loop_t *loop,
                    const struct address_rule *rule, uint64_t id,
                    struct json_object *what, socket_set_answer *answer,
                    void *user)
{
    CHECK(!set->is_closing && rule && answer);
    if (set->count == SOCKET_SET_OPEN_MAX)
        return err_set(ERR_LIMIT, "more than %d WebSockets at a time",
                       SOCKET_SET_OPEN_MAX);
    if (find(set, id))
        return err_set(ERR_INVALID, "socket %" PRIu64 " is open", id);
    if (!json_object_is_type(what, json_type_object))
        return err_set(ERR_INVALID, "a WebSocket needs an object");
    struct socket *socket = mem_zero(1, sizeof(*socket));

    socket->set = set;
    socket->id = id;
    socket->last = &socket->first;
    socket->next = set->first;
    set->first = socket;
    set->count++;
    int status = connect_socket(socket, loop, rule, what);
    if (status) {
        free_socket(socket);
        return status;
    }
    socket->answer = answer;
    socket->user = user;
    return 0;
}

int socket_set_take(struct socket_set *set, uint64_t id, bool *is_there,
                    struct buffer *json, struct buffer *payload)
{
    struct socket *socket = find(set, id);

    *is_there = false;
    if (!socket)
        return not_found(id);
    if (socket->answer)
        return err_set(ERR_STATE, "socket %" PRIu64 " is being read", id);
    if (socket->first) {
        struct message *message = shift(socket);

        buffer_text(json, kind_of(message->is_binary));
        buffer_bytes(payload, buffer_view(&message->bytes));
        free_message(message);
        *is_there = true;
        if (socket->websocket && socket->unread < UNREAD_MAX)
            websocket_pause(socket->websocket, false);
    } else if (!socket->websocket) {
        buffer_bytes(json, buffer_view(&socket->end));
        *is_there = true;
        free_socket(socket);
    }
    return 0;
}

void socket_set_wait(struct socket_set *set, uint64_t id,
                     socket_set_answer *answer, void *user)
{
    struct socket *socket = find(set, id);

    CHECK(socket && socket->websocket && !socket->answer && !socket->first);
    socket->answer = answer;
    socket->user = user;
}

int socket_set_send(struct socket_set *set, uint64_t id, bool is_binary,
                    struct bytes message)
{
    struct socket *socket = find(set, id);

    if (!socket)
        return not_found(id);
    if (message.size > SOCKET_SET_MESSAGE_MAX)
        return err_set(ERR_LIMIT, "a message has at most %u bytes",
                       SOCKET_SET_MESSAGE_MAX);
    /* What fails ends the connection, or finds it ending: the worker reads
     * that. */
    if (socket->websocket && is_binary)
        (void)websocket_send_binary(socket->websocket, message);
    else if (socket->websocket)
        (void)websocket_send(socket->websocket, message);
    return 0;
}

int socket_set_goodbye(struct socket_set *set, uint64_t id, uint64_t code,
                       struct bytes reason)
{
    struct socket *socket = find(set, id);

    if ((code != 0 && code != 1000 && (code < 3000 || code > 4999)) ||
        reason.size > 123 || (!code && reason.size))
        return err_set(ERR_INVALID, "a goodbye has a code of 1000 or 3000 to "
                                    "4999 and a reason of 123 bytes at most");
    if (!socket || !socket->websocket)
        return 0;
    websocket_pause(socket->websocket, false);
    websocket_close_with(socket->websocket, (uint16_t)code, reason);
    return 0;
}
