/*
 * libc's resolver blocks, and the pool of threads has other things to do than
 * to wait for strangers' name servers: so a question has a thread, of which
 * there are few. A query that is cancelled leaves its thread to end by itself.
 */
#include "net/name_query.h"

#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "base/latin1.h"
#include "base/lock.h"
#include "base/memory.h"
#include "net/inbox.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* Of all tasks; a client asks two at a time. */
#define THREADS_MAX 16

/* What a message can have over TCP. */
#define ANSWER_MAX 65535

/* Each server is asked twice, and gets so long. */
#define SERVER_S 3
#define TRIES 2

/*
 * Invariants, under the lock:
 *
 *  1. inbox is open until is_cancelled, or until done was called.
 *  2. The loop frees the query if is_answered, and the thread if not.
 */
struct name_query {
    struct lock lock;
    struct inbox *inbox;
    struct inbox_item item;
    bool is_cancelled, is_answered;
    enum name_records records;
    char *name;
    bool has_server;
    struct sockaddr_in server;
    struct buffer json;
    int status;
    char why[ERR_TEXT_SIZE];
    name_query_done *done;
    void *user;
};

static atomic_uint threads;

static void free_query(struct name_query *query)
{
    lock_destroy(&query->lock);
    buffer_free(&query->json);
    free(query->name);
    free(query);
}

/* ---- an answer ---- */

/* Bytes of names and texts as characters, as Node has them. */
static void write_characters(struct json_writer *writer, struct bytes value)
{
    struct buffer text = {0};

    latin1_to_utf8(value, &text);
    json_write_bytes(writer, buffer_view(&text));
    buffer_free(&text);
}

static bool write_service(struct json_writer *writer, const ns_msg *answer,
                          const ns_rr *record)
{
    const uint8_t *data = ns_rr_rdata(*record);
    char name[NS_MAXDNAME];

    if (ns_rr_rdlen(*record) < 7 ||
        dn_expand(ns_msg_base(*answer), ns_msg_end(*answer), data + 6, name,
                  sizeof(name)) < 0)
        return false;
    json_open_object(writer);
    json_name(writer, "name");
    write_characters(writer, bytes_text(name));
    json_field_u64(writer, "port", ns_get16(data + 4));
    json_field_u64(writer, "priority", ns_get16(data));
    json_field_u64(writer, "weight", ns_get16(data + 2));
    json_close_object(writer);
    return true;
}

/* A record is a list of pieces, each behind its size. */
static bool write_text(struct json_writer *writer, const ns_rr *record)
{
    struct bytes left = bytes_make(ns_rr_rdata(*record), ns_rr_rdlen(*record));

    json_open_array(writer);
    while (left.size && left.data[0] < left.size) {
        size_t size = left.data[0];
        write_characters(writer, bytes_make(left.data + 1, size));
        left = bytes_make(left.data + 1 + size, left.size - 1 - size);
    }
    json_close_array(writer);
    return !left.size;
}

int name_answer_read(enum name_records records, struct bytes answer,
                     struct buffer *json)
{
    struct json_writer writer = json_writer_make(json);
    unsigned count = 0;
    ns_msg message;
    ns_rr record;

    if (answer.size > ANSWER_MAX ||
        ns_initparse(answer.data, (int)answer.size, &message))
        return err_set(ERR_INVALID, "an answer that is none of DNS");
    json_open_array(&writer);
    for (int i = 0; i < ns_msg_count(message, ns_s_an); i++) {
        bool is_read = !ns_parserr(&message, ns_s_an, i, &record);
        ns_type wanted = records == NAME_SRV ? ns_t_srv : ns_t_txt;
        /* Others, of aliases on the way to these. */
        if (is_read && ns_rr_type(record) != (unsigned)wanted)
            continue;
        if (is_read && count < NAME_RECORDS_MAX)
            is_read = records == NAME_SRV
                          ? write_service(&writer, &message, &record)
                          : write_text(&writer, &record);
        if (!is_read)
            return err_set(ERR_INVALID, "a record that does not read");
        count++;
    }
    json_close_array(&writer);
    return count ? 0 : err_set(ERR_NOT_FOUND, "no such records");
}

/* ---- the thread ---- */

static int failure_of(int code)
{
    switch (code) {
    case HOST_NOT_FOUND:
    case NO_DATA:
        return err_set(ERR_NOT_FOUND, "no such records");
    case TRY_AGAIN:
        return err_set(ERR_TIMEOUT, "no name server has answered");
    default:
        return err_set(ERR_NETWORK, "the name servers fail");
    }
}

static void set_server(struct __res_state *state,
                       const struct name_query *query)
{
    state->retrans = SERVER_S;
    state->retry = TRIES;
    if (!query->has_server)
        return;
    state->nscount = 1;
    state->nsaddr_list[0] = query->server;
}

static int ask(struct name_query *query)
{
    struct __res_state state = {0};
    uint8_t *answer = mem_alloc(ANSWER_MAX);
    int status = 0;

    if (res_ninit(&state)) {
        status = err_set(ERR_NETWORK, "no name server is known");
        goto out;
    }
    set_server(&state, query);
    int size = res_nquery(&state, query->name, ns_c_in,
                          query->records == NAME_SRV ? ns_t_srv : ns_t_txt,
                          answer, ANSWER_MAX);
    if (size < 0)
        status = failure_of(state.res_h_errno);
    else
        status = name_answer_read(
            query->records,
            bytes_make(answer, size < ANSWER_MAX ? (size_t)size : ANSWER_MAX),
            &query->json);
    res_nclose(&state);
out:
    free(answer);
    return status;
}

static void *run(void *user)
{
    struct name_query *query = user;
    int status = ask(query);

    atomic_fetch_sub(&threads, 1);
    lock_take(&query->lock);
    query->status = status;
    if (status)
        snprintf(query->why, sizeof(query->why), "%s", err_text());
    query->is_answered = true;
    bool is_cancelled = query->is_cancelled;
    if (!is_cancelled)
        inbox_put(query->inbox, &query->item);
    lock_give(&query->lock);
    if (is_cancelled)
        free_query(query);
    return NULL;
}

/* ---- the loop ---- */

static void take_answer(void *user, struct inbox_item *item)
{
    struct name_query *query = user;

    /* The thread may still be about to give it. */
    lock_take(&query->lock);
    lock_give(&query->lock);
    inbox_close(query->inbox, NULL, NULL);
    if (query->status)
        err_set(query->status, "%s", query->why);
    query->done(query->user, query->status,
                query->status ? (struct bytes){0} : buffer_view(&query->json));
    free_query(query);
}

static void start_thread(struct name_query *query)
{
    pthread_attr_t detached;
    pthread_t thread;

    CHECK(!pthread_attr_init(&detached));
    CHECK(!pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED));
    bool is_free = atomic_fetch_add(&threads, 1) < THREADS_MAX;
    if (!is_free || pthread_create(&thread, &detached, run, query)) {
        atomic_fetch_sub(&threads, 1);
        query->is_answered = true;
        query->status = ERR_BUSY;
        snprintf(query->why, sizeof(query->why),
                 "too many names are looked up");
        inbox_put(query->inbox, &query->item);
    }
    pthread_attr_destroy(&detached);
}

struct name_query *name_query_start(uv_loop_t *loop, enum name_records records,
                                    const char *name,
                                    const struct sockaddr_in *server,
                                    name_query_done *done, void *user)
{
    struct name_query *query = mem_zero(1, sizeof(*query));

    CHECK(name && done);
    lock_init(&query->lock);
    query->records = records;
    query->name = mem_text(name);
    query->has_server = server != NULL;
    if (server)
        query->server = *server;
    query->done = done;
    query->user = user;
    query->inbox = inbox_new(loop, take_answer, query);
    start_thread(query);
    return query;
}

void name_query_cancel(struct name_query *query)
{
    lock_take(&query->lock);
    query->is_cancelled = true;
    inbox_close(query->inbox, NULL, NULL);
    bool is_answered = query->is_answered;
    lock_give(&query->lock);
    if (is_answered)
        free_query(query);
}
