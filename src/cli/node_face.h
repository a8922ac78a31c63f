/*
 * Talking to a node that runs on this machine, through its control port
 * (node/node.h). Each call blocks until the node has answered, ten seconds at
 * most (node/control_client.c) where nothing else is said.
 *
 * Thread: the main one.
 */
#ifndef POND_CLI_NODE_FACE_H
#define POND_CLI_NODE_FACE_H

#include "base/json.h"
#include "cli/cli.h"
#include "node/control_client.h"

/* --node-dir, --network's, POND_NODE, or the default one (settings.h); the
 * caller frees it. */
char *node_face_folder(const struct cli *cli);

/* Where the node that runs listens. ERR_NOT_FOUND with a hint. */
int node_face_connect(struct cli *cli, struct control_client *out);

/* Ask the control port: a POST of body (JSON), or a GET where that is NULL.
 * Appends the answer's text. ERR_NOT_FOUND or ERR_NETWORK with a hint where no
 * node runs, ERR_REMOTE with the node's words where it refuses. */
int node_face_ask(struct cli *cli, const char *path, const char *body,
                  struct buffer *answer);

/* The same by another method. */
int node_face_send(struct cli *cli, const char *method, const char *path,
                   const char *body, struct buffer *answer);

/* The same with the answer parsed: release *out with json_object_put().
 * ERR_INVALID for an answer that is no JSON. */
int node_face_ask_json(struct cli *cli, const char *path, const char *body,
                       struct json_object **out);

/* Both, of what the node asks others for, or works for, before it answers: two
 * minutes at most. */
int node_face_ask_long(struct cli *cli, const char *path, const char *body,
                       struct buffer *answer);
int node_face_ask_json_long(struct cli *cli, const char *path, const char *body,
                            struct json_object **out);

/* A member of an answer: "" and 0 where it is not there, or null. err_text()
 * stays as it is. */
const char *node_face_text(struct json_object *object, const char *name);
uint64_t node_face_u64(struct json_object *object, const char *name);

/* Give the node an order, and print that it was followed: the open record, with
 * this field as its last. The answer to an order says no more than its status.
 */
int node_face_order(struct cli *cli, const char *path, const char *body,
                    const char *name, const char *done);

/* GET a path whose answer has an array of that name, and hand the array to
 * print, which prints it. */
int node_face_list(struct cli *cli, const char *path, const char *name,
                   int (*print)(struct cli *cli, struct json_object *list));

#endif
