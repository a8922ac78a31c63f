#include "node/reach/fetch_set.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/reach/fetch_form.h"

#include <inttypes.h>
#include <stdlib.h>

/*
 * Invariants:
 *
 *  1. call is there until its done, and then NULL for good.
 *  2. answer is there while somebody waits: for the head until has_head, for
 *     the next piece afterwards.
 *  3. A fetch without a call that nobody waits for has a rest or a failure that
 *     was not taken yet, or is freed.
 *  4. A fetch that is_given_up is freed by its done; no id finds it.
 */
struct fetch {
    struct fetch *next;
    struct fetch_set *set;
    uint64_t id;
    struct http_call *call;
    bool has_head;
    bool is_given_up;
    /* Of a body that has ended: what was not taken, and what went wrong. */
    struct buffer rest;
    int status;
    char *error_name;
    char *error_text;
    fetch_set_answer *answer;
    void *user;
};

/* The first in the list was read last. */
struct fetch_set {
    struct fetch *first;
    bool is_closing;
};

struct fetch_set *fetch_set_new(void)
{
    return mem_zero(1, sizeof(struct fetch_set));
}

static struct fetch *find(struct fetch_set *set, uint64_t id)
{
    struct fetch *fetch = set->first;

    while (fetch && (fetch->id != id || fetch->is_given_up))
        fetch = fetch->next;
    return fetch;
}

static void take_out(struct fetch *fetch)
{
    struct fetch **place = &fetch->set->first;

    while (*place != fetch) {
        CHECK(*place);
        place = &(*place)->next;
    }
    *place = fetch->next;
}

static void put_first(struct fetch *fetch)
{
    fetch->next = fetch->set->first;
    fetch->set->first = fetch;
}

static void free_fetch(struct fetch *fetch)
{
    struct fetch_set *set = fetch->set;

    CHECK(!fetch->call && !fetch->answer);
    take_out(fetch);
    buffer_free(&fetch->rest);
    free(fetch->error_name);
    free(fetch->error_text);
    free(fetch);
    if (set->is_closing && !set->first)
        free(set);
}

/* Not in the middle of an answer. */
static void give_up(struct fetch *fetch)
{
    fetch->is_given_up = true;
    if (fetch->call)
        http_call_abort(fetch->call);
    else
        free_fetch(fetch);
}

void fetch_set_close(struct fetch_set *set)
{
    if (!set)
        return;
    CHECK(!set->is_closing);
    struct fetch *next;

    for (struct fetch *fetch = set->first; fetch; fetch = next) {
        next = fetch->next;
        give_up(fetch);
    }
    set->is_closing = true;
    if (!set->first)
        free(set);
}

void fetch_set_cancel(struct fetch_set *set, uint64_t id)
{
    struct fetch *fetch = find(set, id);

    if (fetch)
        give_up(fetch);
}

/* ---- answers ---- */

/* Whoever waits does no longer: the answer may ask again. */
static void tell(struct fetch *fetch, int status, struct bytes json,
                 struct bytes payload)
{
    fetch_set_answer *function = fetch->answer;

    fetch->answer = NULL;
    function(fetch->user, status, json, payload);
}

static void write_error(struct json_writer *writer, const char *name,
                        const char *text)
{
    json_name(writer, "error");
    json_open_object(writer);
    json_field_text(writer, "code", name);
    json_field_text(writer, "message", text);
    json_close_object(writer);
}

/* {"done"} of a body that has ended, or its error. */
static void write_end(const struct fetch *fetch, struct buffer *json)
{
    struct json_writer writer = json_writer_make(json);

    json_open_object(&writer);
    if (fetch->status)
        write_error(&writer, fetch->error_name, fetch->error_text);
    else
        json_field_bool(&writer, "done", true);
    json_close_object(&writer);
}

static void write_piece(struct buffer *json)
{
    buffer_text(json, "{\"done\":false}");
}

/* The head, with what of the body has come. is_whole: there is no more. */
static void answer_head(struct fetch *fetch,
                        const struct http_response *response, bool is_whole,
                        struct bytes body)
{
    struct buffer json = {0};

    fetch->has_head = true;
    fetch_form_answer(response, is_whole ? NULL : &fetch->id, &json);
    tell(fetch, 0, buffer_view(&json), body);
    buffer_free(&json);
}

/* ---- what comes ---- */

static void on_arrived(void *user, struct http_call *call,
                       const struct http_response *response)
{
    struct fetch *fetch = user;
    struct buffer json = {0}, body = {0};

    if (fetch->is_given_up || !fetch->answer)
        return;
    if (fetch->has_head && !response->body.size)
        return;
    http_call_take(call, &body);
    if (!fetch->has_head) {
        answer_head(fetch, response, false, buffer_view(&body));
    } else {
        write_piece(&json);
        tell(fetch, 0, buffer_view(&json), buffer_view(&body));
    }
    buffer_free(&json);
    buffer_free(&body);
}

static void keep_failure(struct fetch *fetch, int status)
{
    fetch->status = status;
    fetch->error_name = mem_text(http_call_error_name(fetch->call));
    fetch->error_text = mem_text(err_text());
    http_call_take(fetch->call, &fetch->rest);
}

/* The head was never sent: all in one, or the failure. A request that could not
 * be made at all is refused. */
static void end_without_head(struct fetch *fetch,
                             const struct http_response *response)
{
    struct buffer json = {0};

    if (!fetch->status) {
        answer_head(fetch, response, true, buffer_view(&response->body));
    } else if (*fetch->error_name) {
        write_end(fetch, &json);
        tell(fetch, 0, buffer_view(&json), (struct bytes){0});
    } else {
        err_set(fetch->status, "%s", fetch->error_text);
        tell(fetch, fetch->status, (struct bytes){0}, (struct bytes){0});
    }
    buffer_free(&json);
}

/* True once there is nothing left to tell. */
static bool hand_over(struct fetch *fetch, struct buffer *json,
                      struct buffer *payload)
{
    if (fetch->rest.size) {
        buffer_bytes(payload, buffer_view(&fetch->rest));
        buffer_free(&fetch->rest);
        if (fetch->status) {
            write_piece(json);
            return false;
        }
    }
    write_end(fetch, json);
    return true;
}

/* A reader that does not wait finds the rest later. */
static void end_with_head(struct fetch *fetch, struct http_response *response)
{
    struct buffer json = {0}, payload = {0};
    bool is_over = false;

    if (response) {
        fetch->rest = response->body;
        response->body = (struct buffer){0};
    }
    if (fetch->answer) {
        is_over = hand_over(fetch, &json, &payload);
        tell(fetch, 0, buffer_view(&json), buffer_view(&payload));
    }
    if (is_over && !fetch->is_given_up)
        free_fetch(fetch);
    buffer_free(&json);
    buffer_free(&payload);
}

static void on_done(void *user, int status, struct http_response *response)
{
    struct fetch *fetch = user;

    if (status)
        keep_failure(fetch, status);
    /* It is freed when this returns. */
    fetch->call = NULL;
    if (fetch->is_given_up) {
        if (fetch->answer) {
            err_set(ERR_CANCELLED, "the fetch was cancelled");
            tell(fetch, ERR_CANCELLED, (struct bytes){0}, (struct bytes){0});
        }
        free_fetch(fetch);
    } else if (fetch->has_head) {
        end_with_head(fetch, response);
    } else {
        end_without_head(fetch, response);
        free_fetch(fetch);
    }
}

/* ---- the worker's side ---- */

/* The body that was not read for the longest time, of those nobody waits for;
 * NULL unless there are too many. */
static struct fetch *find_forgotten(struct fetch_set *set)
{
    struct fetch *forgotten = NULL;
    size_t count = 0;

    for (struct fetch *fetch = set->first; fetch; fetch = fetch->next) {
        count += !fetch->is_given_up;
        if (!fetch->is_given_up && !fetch->answer)
            forgotten = fetch;
    }
    return count >= FETCH_SET_OPEN_MAX ? forgotten : NULL;
}

int fetch_set_begin(struct fetch_set *set, struct http_client *client,
                    uint64_t id, struct json_object *what, struct bytes body,
                    struct budget *budget, fetch_set_answer *answer, void *user)
{
    struct fetch_form form = {0};
    int status = fetch_form_request(what, body, &form);

    CHECK(!set->is_closing);
    if (!status && find(set, id))
        status = err_set(ERR_INVALID, "fetch %" PRIu64 " is open", id);
    if (!status) {
        struct fetch *forgotten = find_forgotten(set);
        struct fetch *fetch = mem_zero(1, sizeof(*fetch));

        if (forgotten)
            give_up(forgotten);
        fetch->set = set;
        fetch->id = id;
        fetch->answer = answer;
        fetch->user = user;
        put_first(fetch);
        form.request.budget = budget;
        form.request.arrived = on_arrived;
        fetch->call = http_client_start(client, &form.request, on_done, fetch);
    }
    fetch_form_free(&form);
    return status;
}

int fetch_set_take(struct fetch_set *set, uint64_t id, bool *is_there,
                   struct buffer *json, struct buffer *payload)
{
    struct fetch *fetch = find(set, id);

    *is_there = false;
    if (!fetch)
        return err_set(ERR_NOT_FOUND,
                       "there is no body %" PRIu64 " to read: it has ended, or "
                       "was dropped for %d newer ones",
                       id, FETCH_SET_OPEN_MAX);
    if (fetch->answer)
        return err_set(ERR_STATE, "body %" PRIu64 " is being read", id);
    take_out(fetch);
    put_first(fetch);
    if (!fetch->call) {
        *is_there = true;
        if (hand_over(fetch, json, payload))
            free_fetch(fetch);
        return 0;
    }
    http_call_take(fetch->call, payload);
    *is_there = payload->size > 0;
    if (*is_there)
        write_piece(json);
    return 0;
}

void fetch_set_wait(struct fetch_set *set, uint64_t id,
                    fetch_set_answer *answer, void *user)
{
    struct fetch *fetch = find(set, id);

    CHECK(fetch && fetch->call && !fetch->answer);
    fetch->answer = answer;
    fetch->user = user;
}
