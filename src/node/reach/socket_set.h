/*
 * The WebSockets of one worker. The worker has no network, so the node keeps
 * the connections, under the task's rule about addresses, and hands messages
 * back and forth. A node and the author's simulation both serve from here.
 *
 * A socket begins with socket_set_open() and is there until its end was read.
 * What it says comes one thing a read: a message, or its end. A worker that
 * reads slowly makes the peer wait: from 1 MiB of unread messages on nothing
 * more is read of the connection.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_REACH_SOCKET_SET_H
#define POND_NODE_REACH_SOCKET_SET_H

#include "base/json.h"
#include "net/websocket.h"

/* Connections of one worker at a time. */
#define SOCKET_SET_OPEN_MAX 16
/* The limit on a message either way. */
#define SOCKET_SET_MESSAGE_MAX (16u << 20)
/* What waits to be sent; a peer that leaves more waiting is dropped. */
#define SOCKET_SET_QUEUE_MAX (32u << 20)

struct socket_set;

/* json is
 *   {"socket", "protocol"}         the answer to an open: it is open
 *   {"kind": "text" or "binary"}   and the message as payload
 *   {"kind": "close", "code", "reason", "clean", "error"}
 *                                  the end; error: what went wrong, or ""
 * Never called from inside a function of this module. */
typedef void socket_set_answer(void *user, struct bytes json,
                               struct bytes payload);

struct socket_set *socket_set_new(void);

/* End all. Who waits is answered with the end, from the loop, and the set frees
 * itself then. NULL is allowed. */
void socket_set_close(struct socket_set *set);

/* id: the worker's number of the request. what: {url, protocols: [text]}.
 * ERR_INVALID, ERR_LIMIT, ERR_UNSUPPORTED, ERR_NETWORK: nothing has begun and
 * answer is not called. A failure later is an end. */
int socket_set_open(struct socket_set *set, uv_loop_t *loop,
                    const struct address_rule *rule, uint64_t id,
                    struct json_object *what, socket_set_answer *answer,
                    void *user);

/* The next thing, if there is one: *is_there, and *json and *payload are
 * appended to. Otherwise call socket_set_wait() next. ERR_NOT_FOUND: no such
 * socket; ERR_STATE: it is being read already. */
int socket_set_take(struct socket_set *set, uint64_t id, bool *is_there,
                    struct buffer *json, struct buffer *payload);
void socket_set_wait(struct socket_set *set, uint64_t id,
                     socket_set_answer *answer, void *user);

/* Queue a message; text must be UTF-8. What is sent to a socket that is ending
 * goes nowhere. ERR_NOT_FOUND, ERR_LIMIT, ERR_INVALID. */
int socket_set_send(struct socket_set *set, uint64_t id, bool is_binary,
                    struct bytes message);

/* Say goodbye: code 1000, 3000 to 4999, or 0 for none. The end is read as any
 * other. ERR_INVALID; any id. */
int socket_set_goodbye(struct socket_set *set, uint64_t id, uint64_t code,
                       struct bytes reason);

#endif
