/*
 * What a task of the simulation reaches outside: pages and WebSockets, through
 * the same modules as in a node.
 */
#include "simulation/simulation_ask.h"

#include "base/error.h"

/* Parameter number place as a number; what is none finds nothing. */
static uint64_t number_at(struct json_object *params, size_t place)
{
    struct json_object *value = json_object_array_get_idx(params, place);

    return json_object_is_type(value, json_type_int)
               ? json_object_get_uint64(value)
               : UINT64_MAX;
}

/* Pages are fetched for real, without the node's rule about private addresses:
 * it is the developer's own machine. */
static void on_fetched(void *user, int status, struct bytes json,
                       struct bytes payload)
{
    if (status)
        simulation_refuse(user, status);
    else
        simulation_answer(user, json, payload);
}

/* The same form and limits as in a node. */
void simulation_serve_fetch(struct host_ask *ask, struct json_object *params,
                            struct bytes payload)
{
    int status = fetch_set_begin(
        ask->simulation->fetches, ask->simulation->http, ask->request_id,
        json_object_array_get_idx(params, 0), payload, NULL, on_fetched, ask);

    if (status)
        simulation_refuse(ask, status);
}

void simulation_serve_fetch_read(struct host_ask *ask,
                                 struct json_object *params,
                                 struct bytes payload)
{
    struct fetch_set *set = ask->simulation->fetches;
    struct buffer json = {0}, piece = {0};
    bool is_there;
    int status =
        fetch_set_take(set, number_at(params, 0), &is_there, &json, &piece);

    if (status)
        simulation_refuse(ask, status);
    else if (is_there)
        simulation_answer(ask, buffer_view(&json), buffer_view(&piece));
    else
        fetch_set_wait(set, number_at(params, 0), on_fetched, ask);
    buffer_free(&json);
    buffer_free(&piece);
}

void simulation_serve_fetch_cancel(struct host_ask *ask,
                                   struct json_object *params,
                                   struct bytes payload)
{
    fetch_set_cancel(ask->simulation->fetches, number_at(params, 0));
    simulation_answer(ask, bytes_text("null"), (struct bytes){0});
}

static void on_said(void *user, struct bytes json, struct bytes payload)
{
    simulation_answer(user, json, payload);
}

void simulation_serve_socket_open(struct host_ask *ask,
                                  struct json_object *params,
                                  struct bytes payload)
{
    struct simulation *simulation = ask->simulation;
    int status = socket_set_open(
        simulation->sockets, simulation->loop, &address_rule_any,
        ask->request_id, json_object_array_get_idx(params, 0), on_said, ask);

    if (status)
        simulation_refuse(ask, status);
}

void simulation_serve_socket_read(struct host_ask *ask,
                                  struct json_object *params,
                                  struct bytes payload)
{
    struct socket_set *set = ask->simulation->sockets;
    struct buffer json = {0}, message = {0};
    bool is_there;
    int status =
        socket_set_take(set, number_at(params, 0), &is_there, &json, &message);

    if (status)
        simulation_refuse(ask, status);
    else if (is_there)
        simulation_answer(ask, buffer_view(&json), buffer_view(&message));
    else
        socket_set_wait(set, number_at(params, 0), on_said, ask);
    buffer_free(&json);
    buffer_free(&message);
}

static void answer_status(struct host_ask *ask, int status)
{
    if (status)
        simulation_refuse(ask, status);
    else
        simulation_answer(ask, bytes_text("null"), (struct bytes){0});
}

void simulation_serve_socket_send(struct host_ask *ask,
                                  struct json_object *params,
                                  struct bytes payload)
{
    bool is_binary =
        json_object_get_boolean(json_object_array_get_idx(params, 1));

    answer_status(ask,
                  socket_set_send(ask->simulation->sockets,
                                  number_at(params, 0), is_binary, payload));
}

void simulation_serve_socket_close(struct host_ask *ask,
                                   struct json_object *params,
                                   struct bytes payload)
{
    answer_status(ask,
                  socket_set_goodbye(ask->simulation->sockets,
                                     number_at(params, 0), number_at(params, 1),
                                     bytes_text(simulation_text(params, 2))));
}

void simulation_cancelled(void *user, struct host *worker, uint64_t request_id)
{
    struct simulation *simulation = user;

    fetch_set_cancel(simulation->fetches, request_id);
    (void)socket_set_goodbye(simulation->sockets, request_id, 0,
                             (struct bytes){0});
}
