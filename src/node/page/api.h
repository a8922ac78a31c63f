/*
 * The API of the control port, below /api/1: who asks, in which form, and who
 * answers. docs/page.md has the routes and the forms.
 *
 * An area is a file api_<area>.c with a table of rows, and a line in
 * api_areas.c. A row is a method, a path and a function:
 *
 *     static void get_things(struct api_request *request)
 *     {
 *         struct buffer answer = {0};
 *         struct json_writer writer = json_writer_make(&answer);
 *         ...
 *         api_answer(request, &answer);
 *     }
 *     static const struct api_row rows[] = {
 *         {"GET", "things", API_READ, get_things},
 *     };
 *     const struct api_area api_area_things = {
 *         .rows = rows, .row_count = sizeof(rows) / sizeof(*rows)};
 *
 * A handler answers exactly once, now or later, by one of the functions below
 * that say so; the request is gone then. What it finds in the request lives as
 * long as the request. Before it is called the dispatch has seen to everything
 * that its class asks for.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_PAGE_API_H
#define POND_NODE_PAGE_API_H

#include "net/http_exchange.h"
#include "node/page/api_world.h"
#include "node/page/live_kind.h"
#include "page/page_guard.h"
#include <uv.h>

struct api;

/* What a row asks of a request, beside a session or the bearer's token. */
enum api_class {
    API_READ,
    API_ORDER,  /* risks no coin */
    API_COINS,  /* moves coins: the header Idempotency-Key, a UUID. The same
                   key gives the same answer for a day. */
    API_PROOF,  /* as API_COINS, and the header X-Pond-Proof, unless the wallet
                   has no passphrase */
    API_BEARER, /* only who can read control.json */
    API_OPEN,   /* nothing; not even a session */
};

/* "*" in a path. */
#define API_PARTS_MAX 3

struct api_request {
    struct api *api;
    const char *parts[API_PARTS_MAX]; /* what stood for the path's "*" */
    /* What came with it: an object, empty where nothing came; of the class
     * API_READ it may be an array. */
    struct json_object *body;
    uint64_t session; /* whose; 0: the bearer's, or nobody's */
    /* Of the classes API_COINS and API_PROOF: the Idempotency-Key, for who
     * keeps what was done across a restart. */
    const char *key;
    struct http_exchange *exchange;

    /* The API's own. */
    struct api_request *next, *previous;
    struct api_request *waiting; /* the next that waits for the same answer */
    struct api_repeat_entry *entry;
};

typedef void api_handler(struct api_request *request);

struct api_row {
    const char *method;
    const char *path; /* below /api/1/; a part "*" is any */
    enum api_class class;
    api_handler *handle;
};

/* A job is a view of what the node does anyway, by a name that says about what:
 * KIND-ABOUT. So it outlives a restart if the work does. */
struct api_job {
    const char *state; /* waiting, running, done, failed, called_off */
    unsigned step, of; /* 0: has none */
    char text[256];    /* for people; "" */
    uint64_t until_ms; /* Unix; 0: not known */
};
struct api_job_kind {
    const char *kind;
    /* ERR_NOT_FOUND. */
    int (*look)(struct api *api, const char *about, struct api_job *out);
    /* Call it off; NULL: it can't be. As a handler: answers. */
    void (*cancel)(struct api_request *request, const char *about);
};

struct api_area {
    const struct api_row *rows;
    size_t row_count;
    const struct live_kind *topics;
    size_t topic_count;
    const struct api_job_kind *jobs;
    size_t job_count;
    /* What the area adds to "can" of GET node, an array of words; NULL:
     * nothing.
     */
    void (*can)(struct api *api, struct json_object *can);
};

/* All there are: api_areas.c; ended by NULL. */
extern const struct api_area *const api_areas[];
/* Of a node that waits for its keys (setup.h). */
extern const struct api_area *const api_areas_of_setup[];

/* ---- the way in ---- */

struct api_options {
    uv_loop_t *loop;
    const char *folder; /* of sessions.json; copied, as build is */
    const char *build;  /* changes with any file of the page */
    const struct page_guard *guard;
    const struct api_area *const *areas; /* api_areas */
    const struct api_world *world;
    void *user; /* of the world, which outlives the API, as the guard does */
};

/* Reads the sessions of an earlier life: blocks. A file that can't be read is
 * logged, and nobody is connected. */
struct api *api_new(const struct api_options *options);

/* The port that is to be tried first: that of the last start, or 0. */
uint16_t api_port_wanted(const struct api *api);
/* The one it became. Others than the last end all sessions. */
void api_set_port(struct api *api, uint16_t port);

/* A link that connects a browser: once, within ten minutes. Wipe and free it.
 */
char *api_link(struct api *api, uint64_t *expires_ms);

/* Answer a request whose path is /api or below it. The guard has let it pass.
 * is_bearer: it has shown the token of control.json. */
void api_handle(struct api *api, struct http_exchange *exchange,
                bool is_bearer);

/* Tell open pages why they lose the node: "stop" or "restart". */
void api_say_bye(struct api *api, const char *reason);

/* Answer what is still unanswered, and take nothing more: before the server
 * stops. Then, when it has, close: closed comes from the loop when nothing of
 * the API is left, which may wait for answers of the world; these must come. */
void api_stop(struct api *api);
void api_close(struct api *api, void (*closed)(void *user), void *user);

/* ---- for handlers ---- */

const struct api_world *api_world(const struct api *api);
void *api_world_user(const struct api *api);
const struct api_area *const *api_areas_of(const struct api *api);
/* The first run of a node that waits for its keys; NULL: it has them. */
struct setup *api_setup(const struct api *api);
/* A wallet that is being added to those of a node that has its keys; NULL:
 * none. Its name is valid as long as it is. */
struct setup *api_adding(const struct api *api);
const char *api_adding_name(const struct api *api);
/* Begin with one, sealed by that passphrase, in the place of another. ERR_BUSY:
 * that is being written. */
int api_begin_adding(struct api *api, const char *name,
                     struct bytes passphrase);
/* Over, or called off; none is no error. */
void api_end_adding(struct api *api);

/* An order that brings a passphrase: false if it was answered, because the
 * body's field has none, too many were wrong, or another is being tried. It
 * then ends with api_tried(). */
bool api_may_try(struct api_request *request, const char *field,
                 struct bytes *passphrase);
void api_tried(struct api *api, int status);
/* The answer to one that opens nothing: 403 proof, with that field; others as
 * api_answer_error(). */
void api_refuse_passphrase(struct api_request *request, const char *field,
                           int status);
bool api_is_trying(const struct api *api);
/* The same without one: nobody else may try meanwhile. */
void api_begin_try(struct api *api);

/* A report is made on a thread of the pool, from much memory, so one at a time:
 * false if another is. It then ends with api_end_report(). */
bool api_begin_report(struct api *api);
void api_end_report(struct api *api);

struct live *api_live(const struct api *api);
/* What runs commands of this program beside the node (own_command.h). */
struct own_commands *api_commands(const struct api *api);
struct doctor *api_doctor(const struct api *api); /* doctor.h */
/* The same as jobs (command_jobs.h). */
struct command_jobs *api_command_jobs(const struct api *api);
uv_loop_t *api_loop(const struct api *api);
const char *api_folder(const struct api *api); /* the node's */
struct sessions *api_sessions(const struct api *api);

/* Put the sessions on disk, after a change; done (NULL is allowed) comes from
 * the loop. */
void api_write_sessions(struct api *api, api_done *done, void *user);

/* A session was used, which is put on disk now and then. */
void api_note_use(struct api *api);

/* The node's status, read at most once a turn of the loop; borrowed until then.
 * Numbers of roe are still numbers. */
struct json_object *api_status(struct api *api);

/* May settlement be asked once more? All who ask share its patience. */
bool api_take_question(struct api *api);

/* A query parameter; NULL if absent. */
const char *api_query(struct api_request *request, const char *name);

/* The form of all lists: ?limit (1 to 200, 50), ?before: "next" of the page
 * before, NULL for the first. ERR_INVALID. The answer is
 * {"items":[...],"next":text or null}. */
int api_list(struct api_request *request, size_t *limit, const char **before);

/* Each of these answers. *json is taken over; empty is {}. */
void api_answer(struct api_request *request, struct buffer *json);
/* The same of another type: of an answer that nobody keeps (API_READ,
 * API_ORDER). */
void api_answer_text(struct api_request *request, const char *type,
                     struct buffer *text);
/* 202: it was taken. */
void api_answer_job(struct api_request *request, const char *kind,
                    const char *about);
/* err_text() with the answer that belongs to an ERR_*. */
void api_answer_error(struct api_request *request, int status);
/* {"error":{"code","message","field"}}; field may be NULL. */
void api_refuse(struct api_request *request, unsigned http_status,
                const char *code, const char *field, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* The same, of one field of what was sent; NULL: of none. */
void api_answer_error_at(struct api_request *request, int status,
                         const char *field);
/* Either of api_answer() and api_answer_error(), by status. */
void api_finish(struct api_request *request, int status, struct buffer *json);

/* Have the node carry out an order of the control port (POST), and answer what
 * it says, or as shape makes it: shape changes the tree in place. body is
 * released. */
typedef void api_shape(struct json_object *answer);
void api_forward(struct api_request *request, const char *path,
                 struct json_object *body, api_shape *shape);
/* The same of a question (GET); body: the query's texts. */
void api_forward_question(struct api_request *request, const char *path,
                          struct json_object *body, api_shape *shape);

/* Ask a question of the control port (GET) that is answered at once: *out is
 * the answer, to be released. body, the query's texts, is released; NULL: none.
 */
int api_ask_now(struct api *api, const char *path, struct json_object *body,
                struct json_object **out);

/* A member that is a number of base units becomes its decimal text; others are
 * left alone. */
void api_amount(struct json_object *object, const char *name);

/* The other way: a decimal text of base units; absent is 0. ERR_INVALID. */
int api_take_amount(struct json_object *object, const char *name,
                    uint64_t *out);

#endif
