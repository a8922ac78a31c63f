/*
 * The fetches of one worker: requests under way, and answers whose bodies come
 * in pieces. A node and the author's simulation both serve a task's fetch()
 * from here.
 *
 * A fetch begins with fetch_set_begin(). Its answer is the head and what of the
 * body has come by then. If there is more, the answer names the fetch as
 * "stream", and the worker reads on with fetch_set_take() and
 * fetch_set_wait(), or gives up with fetch_set_cancel(). The node reads ahead
 * 256 KiB of each body and not more, so a worker that reads slowly makes the
 * server wait.
 *
 * A failure is an answer as well, {"error": {"code", "message"}}, whose code is
 * the name that Node's errors have. Only a request that could not be made is
 * refused (status).
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_REACH_FETCH_SET_H
#define POND_NODE_REACH_FETCH_SET_H

#include "base/json.h"
#include "net/http_client.h"

/* Bodies that are open at a time. One more makes the set drop the one that
 * nobody has read for the longest time, because a task may well look at the
 * status of an answer and forget the rest. */
#define FETCH_SET_OPEN_MAX 64

struct fetch_set;

/* With status 0 json is {"status", "statusText", "headers", "stream"?}, or
 * {"done"} for a read, or {"error"}. Otherwise err_text() says why. Never
 * called from inside a function of this module. */
typedef void fetch_set_answer(void *user, int status, struct bytes json,
                              struct bytes payload);

struct fetch_set *fetch_set_new(void);

/* End all fetches. Who waits is answered with ERR_CANCELLED, from the loop, and
 * the set frees itself then. NULL is allowed. */
void fetch_set_close(struct fetch_set *set);

/* id: the worker's number of the request. what: {url, method, headers, body}.
 * ERR_INVALID, ERR_LIMIT: nothing has begun and answer is not called.
 * budget: as http_request.budget, it outlives the set. */
int fetch_set_begin(struct fetch_set *set, struct http_client *client,
                    uint64_t id, struct json_object *what, struct bytes body,
                    struct budget *budget, fetch_set_answer *answer,
                    void *user);

/* The next piece, if there is one: *is_there, and *json and *payload are
 * appended to. Otherwise call fetch_set_wait() next. ERR_NOT_FOUND: no such
 * body, or it was dropped; ERR_STATE: it is being read already. */
int fetch_set_take(struct fetch_set *set, uint64_t id, bool *is_there,
                   struct buffer *json, struct buffer *payload);

/* answer is called with the next piece. */
void fetch_set_wait(struct fetch_set *set, uint64_t id,
                    fetch_set_answer *answer, void *user);

/* The worker wants no more of it. Who waits is answered, from the loop. Any
 * id. */
void fetch_set_cancel(struct fetch_set *set, uint64_t id);

#endif
