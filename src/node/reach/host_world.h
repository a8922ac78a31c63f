/*
 * What a task may ask of its node: one table, and the two worlds that answer.
 *
 * A world is a struct with a function for each call. A node makes one
 * (node/task/task_host.c), the simulation another
 * (simulation/simulation_host.c). Both are filled in from the table by one
 * macro (HOST_CALLS), so a new call is a row here and a function on either
 * side, and a side that lacks its function does not compile.
 *
 * But for Pond's own, names and parameters are Koii's, so that a task
 * written for its namespace wrapper finds them.
 *
 * Thread: any; a world is constant.
 */
#ifndef POND_NODE_REACH_HOST_WORLD_H
#define POND_NODE_REACH_HOST_WORLD_H

#include "base/json.h"

/* One request being answered. Each world defines it for itself. */
struct host_ask;

/* Answers now or later, once. params is an array, valid until this returns, as
 * is payload; what stands in them is a stranger's. */
typedef void host_serve(struct host_ask *ask, struct json_object *params,
                        struct bytes payload);

/* CALL(member, method, parameters, most parameters, most bytes of payload,
 *      questions to the chain that it costs, what it gives)
 *
 * The parameters of a task written for Koii may be more than are used. */
#define HOST_CALLS(CALL)                                                       \
    CALL(fetch, "fetch", "[{url, method, headers, body}], the body", 1,        \
         HOST_PAYLOAD_MAX, 0, "the answer's status and headers, its body")     \
    CALL(fetch_read, "fetchRead", "[stream]", 1, 0, 0,                         \
         "whether it has ended, and the next piece of the body")               \
    CALL(fetch_cancel, "fetchCancel", "[stream]", 1, 0, 0, "null")             \
    CALL(socket_open, "webSocketOpen", "[{url, protocols}]", 1, 0, 0,          \
         "the subprotocol, once it is open; or its end")                       \
    CALL(socket_read, "webSocketRead", "[socket]", 1, 0, 0,                    \
         "a message, or the end")                                              \
    CALL(socket_send, "webSocketSend",                                         \
         "[socket, whether it is binary], the message", 2, HOST_PAYLOAD_MAX,   \
         0, "null")                                                            \
    CALL(socket_close, "webSocketClose", "[socket, code, reason]", 3, 0, 0,    \
         "null")                                                               \
    CALL(storage_put, "storagePut", "[{size} or {files}], the files", 1,       \
         HOST_PAYLOAD_MAX, 0, "the CID of a file or of a folder")              \
    CALL(storage_get, "storageGet", "[cid, path]", 2, 0, 0,                    \
         "null, and the file's bytes")                                         \
    CALL(get_task_state, "getTaskState", "[options]", 4, 0, 1,                 \
         "the task's state on chain")                                          \
    CALL(get_task_state_by_id, "getTaskStateById", "[task, options, type]", 4, \
         0, 1, "another task's state")                                         \
    CALL(get_task_submission_info, "getTaskSubmissionInfo", "[round]", 4, 0,   \
         1, "submissions and accusations of a round")                          \
    CALL(get_task_distribution_info, "getTaskDistributionInfo", "[round]", 4,  \
         0, 1, "lists, accusations and the payout of a round")                 \
    CALL(get_distribution_list, "getDistributionList",                         \
         "[candidate or account, round]", 4, 0, 2, "a list as JSON, or null")  \
    CALL(get_round, "getRound", "[]", 4, 0, 0, "the clock's round")            \
    CALL(get_current_slot, "getCurrentSlot", "[]", 4, 0, 0, "the newest slot") \
    CALL(get_average_slot_time, "getAverageSlotTime", "[]", 4, 0, 0,           \
         "the length of a slot in ms")                                         \
    CALL(get_rpc_url, "getRpcUrl", "[]", 4, 0, 0, "the endpoint's URL")        \
    CALL(get_nodes, "getNodes", "[url]", 4, 0, 0,                              \
         "peers that have staked with an address")                             \
    CALL(sign_data, "signData", "[\"main\" or \"staking\"], a JSON text", 4,   \
         HOST_SIGNED_MAX, 0, "signature and text, in base58")                  \
    CALL(logger, "logger", "[level, message, action]", 4, 0, 0, "true")

/* A message's payload may be as large; what is signed is answered in base58,
 * whose work grows with the square. */
#define HOST_PAYLOAD_MAX (64u << 20)
#define HOST_SIGNED_MAX (64u << 10)

struct host_world {
#define HOST_MEMBER(member, ...) host_serve *member;
    HOST_CALLS(HOST_MEMBER)
#undef HOST_MEMBER
};

/* A row of the table. */
struct host_call_row {
    const char *method;
    const char *params;
    size_t params_max;
    size_t payload_max;
    unsigned questions;
    const char *gives;
};

/* The row of a method, and the world's function for it. Refused are: params
 * that are no array (ERR_INVALID), more of them or of payload than the row
 * allows (ERR_LIMIT), what a node does by itself and a task never may
 * (ERR_DENIED), and what is not in the table (ERR_UNSUPPORTED). *row is static.
 */
int host_world_find(const struct host_world *world, const char *method,
                    struct json_object *params, struct bytes payload,
                    const struct host_call_row **row, host_serve **serve);

#endif
