/*
 * A PubSub over the ledger of rpc_fixture.h, and a client of it, on one loop.
 */
#ifndef POND_TESTS_SETTLEMENT_PUBSUB_FIXTURE_H
#define POND_TESTS_SETTLEMENT_PUBSUB_FIXTURE_H

#include "net/http_server.h"
#include "net/websocket.h"
#include "settlement/rpc/pubsub.h"
#include "settlement/rpc_fixture.h"

struct pubsub_fixture {
    struct rpc_fixture *rpc;
    uv_loop_t loop;
    struct http_server *server;
    struct pubsub *pubsub;
    struct websocket *websocket; /* the client's */
    struct json_object *answer;  /* the last one to a call */
    struct json_object *newest;  /* the last notification */
    size_t newest_size;          /* of its text */
    unsigned notifications;
    /* All since it was emptied: "subscription:result; " each. */
    struct buffer seen;
    bool is_open, is_closed;
};

/* cmocka's; *state is the fixture. */
int pubsub_fixture_setup(void **state);
int pubsub_fixture_teardown(void **state);

/* The answer to a call. What was told before it was noted. Valid until the next
 * call. */
struct json_object *pubsub_call(struct pubsub_fixture *fixture,
                                const char *method, const char *params);

/* A call that must succeed: subscriptions are numbered from 1 in their order.
 */
void pubsub_subscribe(struct pubsub_fixture *fixture, const char *method,
                      const char *params);

/* Run the loop until another notification has come. */
void pubsub_wait(struct pubsub_fixture *fixture);

/* Check what was seen, and empty it. */
void pubsub_assert_seen(struct pubsub_fixture *fixture, const char *expected);

#endif
