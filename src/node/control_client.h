/*
 * The operator's side of a node's control port (node/node.h): reads where it
 * is from the node's folder and asks it. Blocking; thread: any.
 *
 * Nothing is kept open: a struct control_client is a copy of what the file
 * said, and needs no freeing. It holds the token.
 */
#ifndef POND_NODE_CONTROL_CLIENT_H
#define POND_NODE_CONTROL_CLIENT_H

#include "base/json.h"

/* Room for any of the texts of control.json, with the NUL. */
#define CONTROL_CLIENT_TEXT_SIZE 256

/* What control.json says. */
struct control_client {
    uint64_t pid;
    uint64_t started_ms; /* Unix: its process may have begun anew */
    char url[CONTROL_CLIENT_TEXT_SIZE];
    char token[CONTROL_CLIENT_TEXT_SIZE];
    char public_url[CONTROL_CLIENT_TEXT_SIZE];
    char main[64]; /* keys, base58 */
    char staking[64];
    uint64_t timeout_ms; /* of each question; control_client_read(): 10 s */
};

/* ERR_NOT_FOUND if no node runs with this folder, ERR_CORRUPT. */
int control_client_read(const char *folder, struct control_client *out);

/* Ask. What a node that just begins anew has not taken is asked again, for ten
 * seconds. body: JSON text, or NULL for a GET. Appends the answer. ERR_NETWORK,
 * ERR_TIMEOUT; ERR_REMOTE with the node's own words for an answer that is not
 * a success. */
int control_client_ask(const struct control_client *control, const char *path,
                       const char *body, struct buffer *answer);

/* The same by another method; body may be NULL. */
int control_client_send(const struct control_client *control,
                        const char *method, const char *path, const char *body,
                        struct buffer *answer);

/* As control_client_ask() with the answer parsed: release *out with
 * json_object_put(). ERR_INVALID for an answer that is no JSON. */
int control_client_ask_json(const struct control_client *control,
                            const char *path, const char *body,
                            struct json_object **out);

#endif
