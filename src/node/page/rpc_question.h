/*
 * What a page asks of settlement by way of the node: JSON-RPC 2.0, a call or a
 * list of them. Only methods that read are passed on, by name, so that nothing
 * is sent, and nobody gets coins from a faucet, with the node's endpoint.
 *
 * Pure.
 */
#ifndef POND_NODE_PAGE_RPC_QUESTION_H
#define POND_NODE_PAGE_RPC_QUESTION_H

#include "base/json.h"

#define RPC_QUESTIONS_MAX 20
#define RPC_ID_MAX 64 /* bytes of an id that is a text */

struct rpc_question {
    struct json_object *id;     /* a number or a text */
    const char *method;         /* a constant; NULL: it is not passed on */
    struct json_object *params; /* an array; NULL: none */
};

struct rpc_questions {
    struct rpc_question list[RPC_QUESTIONS_MAX];
    size_t count; /* at least 1 */
    bool is_batch;
};

/* Everything in out is borrowed from body, an object or an array. ERR_INVALID,
 * ERR_LIMIT for more than RPC_QUESTIONS_MAX; then out is undefined. */
int rpc_questions_read(struct json_object *body, struct rpc_questions *out);

#endif
