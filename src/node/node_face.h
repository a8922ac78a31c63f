/*
 * The port that is open to peers and tasks (node.h has the routes).
 *
 * What it shows of the node it asks by functions that the owner hands over, on
 * the thread of the loop; blocks it reads from the store itself, on threads of
 * its own.
 */
#ifndef POND_NODE_NODE_FACE_H
#define POND_NODE_NODE_FACE_H

#include "base/buffer.h"
#include "node/node_upload.h"
#include "node/task/task_runner.h"

struct node_face;

struct node_face_view {
    /* The runner of a task; NULL if it does not run here. */
    struct task_runner *(*find)(void *user, const struct pubkey *task);
    /* One after the other, from place 0 on; NULL at the end. */
    struct task_runner *(*at)(void *user, size_t place);
    /* Prometheus text, appended. */
    void (*metrics)(void *user, struct buffer *out);
    /* For whom the upload of a key is kept (node_upload.h). */
    bool (*terms)(void *user, const struct pubkey *key,
                  struct node_upload_terms *out);
    /* As peers are given it. */
    const char *(*public_url)(void *user);
    /* Somebody asks, on a thread of the server; and what it is where it is
     * about how the node is reached (node_reach.h), which answers. NULL, both:
     * nobody wants to know. */
    void (*note)(void *user, struct http_exchange *exchange);
    void (*reach)(void *user, struct http_exchange *exchange);
};

/* All of it outlives the face but address and folder. */
struct node_face_options {
    uv_loop_t *loop;
    const char *address;
    uint16_t port; /* 0: any free one */
    struct store *store;
    const char *folder; /* where uploads wait; copied */
    const struct node_face_view *view;
    /* Tasks of the engine node may have this machine's network: then they ask
     * on this port, from this machine alone, or, if it is another one, on
     * Koii's own, where that is free. */
    bool has_bare_tasks;
    void *user;
};

/* Listen; *port is the one listened on. Requests may come before this returns,
 * on the server's threads; what they ask of the node waits for the loop.
 * ERR_BUSY if the port is taken. Thread: the loop's, as all here. */
int node_face_start(const struct node_face_options *options,
                    struct node_face **out, uint16_t *port);

/* Its ports are kept for the program that takes this one's place. */
int node_face_keep(const struct node_face *face);

/* The server of the tasks' own requests (node_inside.h). */
struct http_server *node_face_inside(const struct node_face *face);

/* Answers what is unanswered with 503; closed (NULL is allowed) is called with
 * the user of the options when the loop has let go of the face, which is then
 * freed. The view is not used from here on; the store is, until closed, where
 * an upload is on its way into it. No task's answer may be awaited
 * (CHECKed). */
void node_face_stop(struct node_face *face, void (*closed)(void *user));

#endif
