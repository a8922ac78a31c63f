/*
 * Inside the API, shared by
 *
 *     api.c          life, and the dispatch of requests
 *     api_row.c      which row answers a request
 *     api_request.c  what it and its requests hold
 *     api_answer.c   what handlers answer with
 *     api_ask.c      what handlers ask the node
 *     api_access.c   sessions, links, proofs
 *     api_adding.c   one more wallet
 *
 * The areas above them see api.h alone.
 */
#ifndef POND_NODE_PAGE_API_STATE_H
#define POND_NODE_PAGE_API_STATE_H

#include "base/rate.h"
#include "node/page/api.h"
#include "node/page/api_repeat.h"
#include "node/page/command_jobs.h"
#include "node/page/doctor.h"
#include "node/page/live.h"
#include "node/page/own_command.h"
#include "node/page/sessions.h"
#include "node/page/sessions_file.h"

#define API_MAGIC 0x61706931u /* "api1" */

/* Of sessions, the bearer's, and all that have none. */
#define API_BUCKETS_MAX (SESSIONS_MAX + 4)

struct api_bucket {
    uint64_t whose; /* a session's id; API_BEARER_ID, API_STRANGER_ID */
    struct rate rate;
};
#define API_STRANGER_ID 0
#define API_BEARER_ID UINT64_MAX

/*
 * Invariants:
 *
 *  1. open lists the requests that have a handler or wait for another one's
 *     answer, by next and previous. A request whose exchange is NULL was
 *     answered when the port closed; its handler does not know it, and its
 *     answer goes nowhere.
 *  2. exclusive is the one request of the classes API_COINS and API_PROOF that
 *     has a handler, or NULL.
 *  3. parts_open counts what has to let go of the loop before the API is freed.
 */
struct api {
    unsigned magic;
    struct api_options options;
    char *build, *folder;
    struct sessions *sessions;
    struct sessions_file *file;
    uint64_t written_ms; /* Unix: when the uses of sessions were last written */
    uint16_t port;
    struct live *live;
    struct own_commands *commands;
    struct doctor *doctor;
    struct command_jobs *command_jobs;
    struct api_repeats *repeats;
    struct api_request *open, *exclusive;
    bool is_trying;       /* a passphrase, which takes much memory */
    bool is_reporting;    /* makes a report */
    struct setup *adding; /* one more wallet, called adding_name */
    char *adding_name;
    struct api_bucket buckets[API_BUCKETS_MAX];
    struct rate questions;      /* to settlement */
    struct json_object *status; /* of this turn of the loop; or NULL */
    uint64_t status_ms;         /* uv_now() of it */
    bool is_closing;
    unsigned parts_open;
    void (*closed)(void *user);
    void *closed_user;
};

/* The row of a method and a path below /api/1. */
struct api_found {
    const struct api_row *row; /* NULL: none */
    bool is_path;              /* another method has a row */
    struct bytes parts[API_PARTS_MAX];
};
struct api_found api_find_row(const struct api *api, const char *method,
                              const char *path);

/* The API is being closed. */
void api_close_adding(struct api *api);

/* Take a request off its lists and free it. */
void api_request_end(struct api_request *request);

/* Wipe and free the body of a request, and put another object there. */
void api_take_body(struct api_request *request, struct json_object *body);

/* The next api_status() reads anew: an order has been carried out. */
void api_forget_status(struct api *api);

/* Free the API if nothing of it is left. */
void api_free_if_done(struct api *api);

/* With the halves of this request. NULL: none. */
const struct session *api_find_session(struct api *api,
                                       struct http_exchange *exchange);

/* 32 bytes each. */
void api_random(uint8_t *out, size_t count);

#endif
