/*
 * A link's life: HEAD (what the program asks for is read), CONNECTING, PASSING;
 * or ENDING from any of the first two, with a refusal. For the records of a
 * name: HEAD, ASKING, ENDING. In each step the streams are pumped as far as
 * they go, and then watched for what is still to do. A link holds at most a
 * block for each direction, and the head; or the records.
 */
#include "net/proxy_link.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "net/stream_tcp.h"

#include <stdlib.h>

#define BLOCK 32768

/* A head comes at once; a host answers within a system's patience. */
#define HEAD_MS 10000
#define CONNECT_MS 30000

/* A refused program gets so long to read why. */
#define REFUSED_MS 2000

/* At a time, of a task: the threads that ask are all tasks' (name_query.c).
 * Others wait. */
#define QUERIES_MAX 4

#define MAIL_PORT 25

enum link_step {
    LINK_HEAD,
    LINK_ASKING, /* for records */
    LINK_CONNECTING,
    LINK_PASSING,
    LINK_ENDING /* what is said last goes out */
};

struct direction {
    struct buffer waiting; /* read and not yet taken */
    bool is_over;          /* the end was read */
    bool is_finished;      /* and handed on */
};

struct proxy_link {
    struct proxy_owner *owner;
    struct proxy_link *next, *before; /* in the owner's list */
    enum proxy_kind kind;
    enum link_step step;
    uint64_t until_ms; /* 0: for ever */
    struct stream *program, *host;
    struct name_query *query;  /* while it is ASKING and does not wait */
    struct direction up, down; /* to the host, to the program */
    struct proxy_request request;
};

static void end_query(struct proxy_link *link)
{
    if (!link->query)
        return;
    name_query_cancel(link->query);
    link->query = NULL;
    link->owner->query_count--;
}

static void link_free(struct proxy_link *link)
{
    if (link->before)
        link->before->next = link->next;
    else
        link->owner->links = link->next;
    if (link->next)
        link->next->before = link->before;
    link->owner->link_count--;
    end_query(link);
    stream_close(link->program);
    stream_close(link->host);
    buffer_free(&link->up.waiting);
    buffer_free(&link->down.waiting);
    buffer_free(&link->request.head);
    free(link);
}

/* ---- passing bytes ---- */

/* Hand on what waits. False: the connection broke. */
static bool flush(struct direction *direction, struct stream *to)
{
    while (direction->waiting.size) {
        ssize_t count = stream_write(to, buffer_view(&direction->waiting));
        if (count < 0)
            return false;
        if (!count)
            return true;
        buffer_consume(&direction->waiting, (size_t)count);
    }
    if (direction->is_over && !direction->is_finished) {
        direction->is_finished = true;
        stream_finish(to);
    }
    return true;
}

/* As much as there is, the other side takes and the limit lets through. */
static bool pump(struct proxy_owner *owner, struct direction *direction,
                 struct stream *from, struct stream *to)
{
    static _Thread_local uint8_t block[BLOCK];
    if (!flush(direction, to))
        return false;
    while (!direction->waiting.size && !direction->is_over &&
           owner->bytes_left > 0) {
        ssize_t count = stream_read(from, block, sizeof(block));
        if (count == ERR_CLOSED)
            direction->is_over = true;
        else if (count < 0)
            return false;
        else if (!count)
            break;
        else
            buffer_append(&direction->waiting, block, (size_t)count);
        if (count > 0) {
            owner->bytes_left -= count;
            owner->bytes += (uint64_t)count;
        }
        if (!flush(direction, to))
            return false;
    }
    return true;
}

/* Read while nothing waits and the limit allows; write while something waits.
 */
static void watch(const struct proxy_owner *owner, struct stream *stream,
                  const struct direction *in, const struct direction *out)
{
    bool reads = !in->is_over && !in->waiting.size && owner->bytes_left > 0;
    stream_watch(stream, (reads ? STREAM_READABLE : 0) |
                             (out->waiting.size ? STREAM_WRITABLE : 0));
}

static void pass(struct proxy_link *link)
{
    struct proxy_owner *owner = link->owner;
    if (!pump(owner, &link->up, link->program, link->host) ||
        !pump(owner, &link->down, link->host, link->program) ||
        (link->up.is_finished && link->down.is_finished)) {
        link_free(link);
        return;
    }
    watch(owner, link->program, &link->up, &link->down);
    watch(owner, link->host, &link->down, &link->up);
}

/* ---- refusing ---- */

/* The program reads why, and then an end. What it still sends is dropped: if
 * the socket were closed with bytes unread, the answer would be lost. */
static void drop(struct proxy_link *link)
{
    uint8_t room[1024];
    ssize_t count;
    if (!flush(&link->down, link->program)) {
        link_free(link);
        return;
    }
    while ((count = stream_read(link->program, room, sizeof(room))) > 0)
        ;
    if (count < 0) {
        link_free(link);
        return;
    }
    stream_watch(link->program,
                 STREAM_READABLE |
                     (link->down.waiting.size ? STREAM_WRITABLE : 0));
}

/* With what waits for the program. */
static void end(struct proxy_link *link)
{
    link->step = LINK_ENDING;
    link->until_ms = clock_monotonic_ms() + REFUSED_MS;
    link->down.is_over = true;
    drop(link);
}

static void refuse(struct proxy_link *link, enum proxy_answer answer)
{
    const struct proxy_options *options = link->owner->options;
    link->owner->refused++;
    end_query(link);
    stream_close(link->host);
    link->host = NULL;
    proxy_answer_write(link->kind, answer, &link->down.waiting);
    if (options->refused && link->request.host[0])
        options->refused(options->user, link->request.host, link->request.port,
                         answer);
    end(link);
}

/* ---- records of names ---- */

static void ask_next(struct proxy_owner *owner);

static void give_records(struct proxy_link *link, struct bytes json)
{
    buffer_u8(&link->down.waiting, PROXY_OPEN);
    buffer_bytes(&link->down.waiting, json);
    link->owner->bytes_left -= (int64_t)json.size;
    link->owner->bytes += json.size;
    end(link);
}

static void on_records(void *user, int status, struct bytes json)
{
    struct proxy_link *link = user;
    struct proxy_owner *owner = link->owner;
    link->query = NULL;
    owner->query_count--;
    if (status)
        refuse(link, status == ERR_NOT_FOUND ? PROXY_NO_HOST
                     : status == ERR_TIMEOUT ? PROXY_SILENT
                     : status == ERR_BUSY    ? PROXY_TOO_MANY
                                             : PROXY_UNREACHABLE);
    else
        give_records(link, json);
    ask_next(owner);
}

/* The oldest of those that wait, if there is a place. */
static void ask_next(struct proxy_owner *owner)
{
    struct proxy_link *next = NULL;
    if (owner->query_count == QUERIES_MAX)
        return;
    for (struct proxy_link *link = owner->links; link; link = link->next)
        if (link->step == LINK_ASKING && !link->query)
            next = link;
    if (!next)
        return;
    owner->query_count++;
    next->query =
        name_query_start(owner->loop, next->request.records, next->request.host,
                         owner->options->name_server, on_records, next);
}

static void ask_for_records(struct proxy_link *link)
{
    link->step = LINK_ASKING;
    link->until_ms = clock_monotonic_ms() + CONNECT_MS;
    stream_watch(link->program, 0);
    ask_next(link->owner);
}

/* ---- connecting ---- */

static void on_host(void *user, int events)
{
    pass(user);
}

static enum proxy_answer answer_of(int status)
{
    if (status == ERR_DENIED)
        return PROXY_DENIED;
    switch (err_reason()) {
    case ERR_REASON_NO_HOST:
        return PROXY_NO_HOST;
    case ERR_REASON_REFUSED:
        return PROXY_REFUSED;
    case ERR_REASON_SILENT:
        return PROXY_SILENT;
    default:
        return PROXY_UNREACHABLE;
    }
}

static void on_opened(void *user, int status)
{
    struct proxy_link *link = user;
    if (status) {
        refuse(link, answer_of(status));
        return;
    }
    link->step = LINK_PASSING;
    link->until_ms = 0;
    stream_on_ready(link->host, on_host, link);
    if (link->kind == PROXY_LINES)
        buffer_u8(&link->down.waiting, PROXY_OPEN);
    else if (link->request.is_tunnel)
        buffer_text(&link->down.waiting,
                    "HTTP/1.1 200 Connection established\r\n\r\n");
    pass(link);
}

/* "*.name" is all below name. */
static bool is_named(const char *pattern, const char *host)
{
    size_t size = strlen(host);
    if (pattern[0] != '*')
        return !strcmp(pattern, host);
    size_t tail = strlen(pattern + 1);
    return size > tail && !strcmp(host + size - tail, pattern + 1);
}

static const struct proxy_host *find_host(const struct proxy_options *options,
                                          const struct proxy_request *request)
{
    for (size_t i = 0; i < options->host_count; i++) {
        const struct proxy_host *host = &options->hosts[i];
        if ((!host->port || host->port == request->port) &&
            is_named(host->name, request->host))
            return host;
    }
    return NULL;
}

static bool allows_port(const struct proxy_options *options, uint16_t port)
{
    if (!options->ports)
        return port != MAIL_PORT;
    for (size_t i = 0; i < options->port_count; i++)
        if (options->ports[i] == port)
            return true;
    return false;
}

/* The rest of what came with the head goes to the host. */
static void connect_host(struct proxy_link *link)
{
    const struct proxy_options *options = link->owner->options;
    const struct proxy_request *request = &link->request;
    const struct proxy_host *own = find_host(options, request);
    if (!own && !allows_port(options, request->port)) {
        refuse(link, PROXY_DENIED);
        return;
    }
    link->step = LINK_CONNECTING;
    link->until_ms = clock_monotonic_ms() + CONNECT_MS;
    stream_watch(link->program, 0);
    int status = stream_tcp_connect(
        link->owner->loop, own ? &address_rule_any : options->rule,
        own ? own->to_host : request->host, own ? own->to_port : request->port,
        on_opened, link, &link->host);
    if (status)
        refuse(link, PROXY_UNREACHABLE);
}

/* What was read of the head waits in the direction up. */
static void read_head(struct proxy_link *link)
{
    struct buffer *came = &link->up.waiting;
    uint8_t room[4096];
    ssize_t count = stream_read(link->program, room, sizeof(room));
    if (count < 0) {
        link_free(link);
        return;
    }
    buffer_append(came, room, (size_t)count);
    int status =
        proxy_request_parse(link->kind, buffer_view(came), &link->request);
    if (status == ERR_BUSY)
        return;
    if (status) {
        refuse(link, PROXY_UNREACHABLE);
        return;
    }
    struct buffer rest = {0};
    buffer_bytes(&rest, buffer_view(&link->request.head));
    buffer_append(&rest, came->data + link->request.size,
                  came->size - link->request.size);
    buffer_free(came);
    *came = rest;
    if (link->request.port)
        connect_host(link);
    else
        ask_for_records(link);
}

static void on_program(void *user, int events)
{
    struct proxy_link *link = user;
    if (link->step == LINK_HEAD)
        read_head(link);
    else if (link->step == LINK_PASSING)
        pass(link);
    else if (link->step == LINK_ENDING)
        drop(link);
}

void proxy_link_new(struct proxy_owner *owner, enum proxy_kind kind, int socket,
                    bool is_refused)
{
    struct proxy_link *link = mem_zero(1, sizeof(*link));
    link->owner = owner;
    link->kind = kind;
    link->program = stream_tcp_take(owner->loop, socket);
    link->until_ms = clock_monotonic_ms() + HEAD_MS;
    link->next = owner->links;
    if (link->next)
        link->next->before = link;
    owner->links = link;
    owner->link_count++;
    stream_on_ready(link->program, on_program, link);
    stream_watch(link->program, STREAM_READABLE);
    if (is_refused)
        refuse(link, PROXY_TOO_MANY);
}

/* A link that ends frees itself and no other. */
void proxy_link_tick_all(struct proxy_owner *owner, uint64_t now_ms)
{
    struct proxy_link *next;
    /* In places that links which ended meanwhile have left. */
    ask_next(owner);
    for (struct proxy_link *link = owner->links; link; link = next) {
        next = link->next;
        if (link->step == LINK_PASSING)
            pass(link);
        else if (link->until_ms && now_ms >= link->until_ms) {
            if (link->step == LINK_CONNECTING || link->step == LINK_ASKING)
                refuse(link, PROXY_SILENT);
            else
                link_free(link);
        }
    }
}

void proxy_link_free_all(struct proxy_owner *owner)
{
    struct proxy_link *next;
    for (struct proxy_link *link = owner->links; link; link = next) {
        next = link->next;
        link_free(link);
    }
    CHECK(!owner->link_count);
}
