/*
 * An upload's way: begun and written on a thread of the server, handed to the
 * owner when it is whole, read and checked on the pool, judged on the loop by
 * its key, stored on the pool, answered on the loop.
 */
#include "node/node_upload.h"

#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "node/reach/evidence.h"
#include "node/reach/koii_answer.h"
#include "node/reach/upload_form.h"
#include "storage/keep/pin.h"
#include "storage/keep/store_async.h"
#include "storage/serve/gateway_listing.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

#define TASK_PREFIX "/task/"
#define ADD_PATH "/ipfs/add"

/* The form around the files. */
#define FORM_BYTES (1u << 20)
/* Uploads that wait in files at a time; each may have EVIDENCE_SIZE_MAX. */
#define SPOOLS_MAX 8
/* Uploads between the last byte and the answer. */
#define KEPT_MAX 32

/* What one stranger, and all of them, may have of a task's limit. */
#define KEY_SHARE 16
#define STRANGERS_SHARE 2

/* Pins of strangers have this name, followed by the key. */
#define PIN_PREFIX "upload "

struct node_upload {
    struct node_uploads *uploads;
    struct node_upload *next; /* in under_way */
    struct http_exchange *exchange;
    char *content_type; /* or NULL */
    char *task;         /* the id in the request's path */
    struct buffer head; /* the body, until there is a form */
    struct upload_form *form;
    bool has_spool; /* counted in spools */
    struct node_upload_terms terms;
    struct unixfs_entry folder;
};

/*
 * Invariants:
 *
 *  1. under_way has the uploads between node_upload_keep() and their answer;
 *     the loop's thread alone touches the list.
 *  2. An upload's exchange becomes NULL when it is answered.
 */
struct node_uploads {
    struct node_uploads_options options;
    char *folder;
    atomic_uint spools;
    struct node_upload *under_way;
    unsigned count; /* of under_way */
    bool is_stopping;
    bool is_closed; /* and waits for under_way */
    void (*closed)(void *user);
    void *closed_user;
};

/* ---- answers ---- */

static void answer_error(struct http_exchange *exchange, int status)
{
    unsigned code = 500;

    switch (status) {
    case ERR_INVALID:
    case ERR_EXISTS:
        code = 400;
        break;
    case ERR_DENIED:
        code = 401;
        break;
    case ERR_LIMIT:
        code = 413;
        break;
    case ERR_BUSY:
        code = 503;
        break;
    case ERR_FULL:
        code = 507;
        break;
    }
    koii_answer_message(exchange, code, err_text());
}

/* One file is named, several are a folder. */
static void answer_kept(struct node_upload *upload)
{
    const struct node_uploads_options *options = &upload->uploads->options;
    struct buffer body = {0}, url = {0};
    struct json_writer writer = json_writer_make(&body);

    buffer_format(&url, "%s" TASK_PREFIX "%s/ipfs/%s/",
                  options->public_url(options->user), upload->task,
                  CID_TEXT(&upload->folder.cid));
    if (upload_form_count(upload->form) == 1)
        gateway_encode_path(bytes_text(upload_form_name(upload->form)), &url);
    json_open_object(&writer);
    json_field_text(&writer, "cid", CID_TEXT(&upload->folder.cid));
    json_field_text(&writer, "url", buffer_string(&url));
    json_close_object(&writer);
    http_answer_any_origin(upload->exchange);
    http_answer_buffer(upload->exchange, 200, "application/json", &body);
    buffer_free(&url);
}

/* ---- the body, on a thread of the server ---- */

void node_upload_free(struct node_upload *upload)
{
    if (!upload)
        return;
    if (upload->has_spool)
        atomic_fetch_sub(&upload->uploads->spools, 1);
    upload_form_free(upload->form);
    buffer_free(&upload->head);
    free(upload->content_type);
    free(upload->task);
    free(upload);
}

/* From here on the body goes to the disk. */
static int open_form(struct node_upload *upload)
{
    int status = upload_form_new(upload->content_type, upload->uploads->folder,
                                 &upload->form);

    if (status)
        return status;
    status = upload_form_write(upload->form, buffer_view(&upload->head));
    buffer_free(&upload->head);
    return status;
}

static int take_piece(void *user, struct http_exchange *exchange,
                      struct bytes piece)
{
    struct node_upload *upload = user;
    struct node_uploads *uploads = upload->uploads;

    if (upload->form)
        return upload_form_write(upload->form, piece);
    buffer_bytes(&upload->head, piece);
    if (upload->head.size <= uploads->options.memory_bytes)
        return 0;
    upload->has_spool = true;
    if (atomic_fetch_add(&uploads->spools, 1) >= SPOOLS_MAX)
        return err_set(ERR_BUSY, "%d uploads come already; try again later",
                       SPOOLS_MAX);
    return open_form(upload);
}

static void end_body(void *user, struct http_exchange *exchange, int status)
{
    struct node_upload *upload = user;
    const struct node_uploads_options *options = &upload->uploads->options;

    if (status)
        node_upload_free(upload);
    else
        options->whole(options->user, exchange, upload);
}

/* "/task/<id>/ipfs/add", with or without a query. An id has no characters to
 * encode; whether it is one the owner finds out. */
bool node_uploads_begin(struct node_uploads *uploads,
                        struct http_exchange *exchange)
{
    const char *target = http_target(exchange);
    const char *id = target + strlen(TASK_PREFIX);

    if (!http_method_is(exchange, "POST") ||
        strncmp(target, TASK_PREFIX, strlen(TASK_PREFIX)) != 0)
        return false;
    size_t size = strcspn(id, "/?");
    const char *rest = id + size;
    if (strncmp(rest, ADD_PATH, strlen(ADD_PATH)) != 0 ||
        (rest[strlen(ADD_PATH)] && rest[strlen(ADD_PATH)] != '?'))
        return false;
    struct node_upload *upload = mem_zero(1, sizeof(*upload));
    upload->uploads = uploads;
    upload->content_type = mem_text(http_header(exchange, "Content-Type"));
    upload->task = mem_format("%.*s", (int)size, id);
    http_body_to(exchange,
                 (struct http_sink){
                     .write = take_piece, .end = end_body, .user = upload},
                 EVIDENCE_SIZE_MAX + FORM_BYTES);
    return true;
}

bool node_upload_body(const struct node_upload *upload, struct bytes *body)
{
    *body = buffer_view(&upload->head);
    return !upload->form;
}

/* ---- the loop and the pool ---- */

/* The last step of each upload. */
static void finish(struct node_upload *upload)
{
    struct node_uploads *uploads = upload->uploads;
    struct node_upload **at = &uploads->under_way;

    while (*at != upload)
        at = &(*at)->next;
    *at = upload->next;
    uploads->count--;
    node_upload_free(upload);
    if (!uploads->is_closed || uploads->under_way)
        return;
    void (*closed)(void *user) = uploads->closed;
    void *user = uploads->closed_user;

    free(uploads->folder);
    free(uploads);
    closed(user);
}

/* What strangers' uploads keep of a task: all, and one key's. */
struct share {
    const struct node_upload *upload;
    const char *name;
    uint64_t all, own;
};

static int add_share(void *user, const struct pin *pin)
{
    struct share *share = user;

    if (pin->owner.kind != PIN_ROUND ||
        !pubkey_equal(&pin->owner.task, &share->upload->terms.owner.task) ||
        strncmp(pin->name, PIN_PREFIX, strlen(PIN_PREFIX)) != 0)
        return 0;
    share->all += pin->bytes;
    if (!strcmp(pin->name, share->name))
        share->own += pin->bytes;
    return 0;
}

/* Several uploads may pass at the same time, and be over it by as much; the
 * task's own limit is exact. */
static int check_share(const struct node_upload *upload, const char *name)
{
    struct share share = {.upload = upload, .name = name};
    uint64_t limit = upload->terms.limit_bytes;
    uint64_t bytes = upload_form_bytes(upload->form);

    if (upload->terms.is_own)
        return 0;
    int status = pin_each(upload->uploads->options.store, add_share, &share);
    if (status)
        return status;
    if (share.own + bytes > limit / KEY_SHARE)
        return err_set(ERR_FULL,
                       "this key has uploaded %" PRIu64 " bytes; %" PRIu64
                       " more are over its limit of %" PRIu64,
                       share.own, bytes, limit / KEY_SHARE);
    if (share.all + bytes > limit / STRANGERS_SHARE)
        return err_set(ERR_FULL,
                       "uploads have all the space there is for them: "
                       "%" PRIu64 " bytes",
                       limit / STRANGERS_SHARE);
    return 0;
}

static int store_work(void *user)
{
    struct node_upload *upload = user;
    struct store *store = upload->uploads->options.store;
    char *name = upload->terms.is_own
                     ? NULL
                     : mem_format(PIN_PREFIX "%s",
                                  PUBKEY_TEXT(upload_form_key(upload->form)));
    int status = check_share(upload, name);

    if (!status) {
        struct store_hold *hold = store_hold(store);

        status = upload_form_put(upload->form, store, &upload->folder);
        if (!status)
            status =
                pin_add_within(store, &upload->folder.cid, &upload->terms.owner,
                               name, upload->terms.limit_bytes);
        store_release(hold);
    }
    free(name);
    return status;
}

static void on_stored(void *user, int status)
{
    struct node_upload *upload = user;

    if (upload->exchange && status)
        answer_error(upload->exchange, status);
    else if (upload->exchange)
        answer_kept(upload);
    finish(upload);
}

static int read_work(void *user)
{
    struct node_upload *upload = user;
    int status = upload->form ? 0 : open_form(upload);

    return status ? status : upload_form_end(upload->form);
}

static void on_read(void *user, int status)
{
    struct node_upload *upload = user;
    const struct node_uploads_options *options = &upload->uploads->options;

    if (!upload->exchange) {
        finish(upload);
    } else if (status) {
        answer_error(upload->exchange, status);
        finish(upload);
    } else if (!options->terms(options->user, upload_form_key(upload->form),
                               &upload->terms)) {
        koii_answer_message(upload->exchange, 403,
                            "this key has staked on no task of this node");
        finish(upload);
    } else {
        store_async_run(options->loop, store_work, on_stored, upload);
    }
}

void node_upload_keep(struct node_upload *upload,
                      struct http_exchange *exchange)
{
    struct node_uploads *uploads = upload->uploads;

    CHECK(!uploads->is_stopping && !upload->exchange);
    if (uploads->count == KEPT_MAX) {
        err_set(ERR_BUSY, "%d uploads are under way already; try again later",
                KEPT_MAX);
        answer_error(exchange, ERR_BUSY);
        node_upload_free(upload);
        return;
    }
    upload->exchange = exchange;
    upload->next = uploads->under_way;
    uploads->under_way = upload;
    uploads->count++;
    store_async_run(uploads->options.loop, read_work, on_read, upload);
}

/* ---- life ---- */

struct node_uploads *
node_uploads_new(const struct node_uploads_options *options)
{
    struct node_uploads *uploads = mem_zero(1, sizeof(*uploads));

    uploads->options = *options;
    uploads->folder = mem_text(options->folder);
    return uploads;
}

void node_uploads_stop(struct node_uploads *uploads)
{
    uploads->is_stopping = true;
    for (struct node_upload *at = uploads->under_way; at; at = at->next) {
        if (at->exchange)
            koii_answer_message(at->exchange, 503, "the node is stopping");
        at->exchange = NULL;
    }
}

bool node_uploads_close(struct node_uploads *uploads,
                        void (*closed)(void *user), void *user)
{
    CHECK(uploads->is_stopping && !uploads->is_closed);
    if (!uploads->under_way) {
        free(uploads->folder);
        free(uploads);
        return true;
    }
    uploads->is_closed = true;
    uploads->closed = closed;
    uploads->closed_user = user;
    return false;
}
