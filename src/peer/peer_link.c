/*
 * Too many frames end a connection, because each costs work above. Too many
 * bytes only make it wait: who has much to send may be honest, and TCP tells
 * the sender.
 */
#include "peer/peer_link.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "net/stream_tcp.h"
#include <stdlib.h>

static const char *const protocols[PEER_LANES] = {"/pond/peer/1/votes",
                                                  "/pond/peer/1/bulk"};

#define HELLO_SIZE 34u
#define PROTOCOL 1

/* Of a turn of the loop: then it is others' turn. */
#define READ_SIZE (16u << 10)
#define READS_MAX 4
#define WRITE_SIZE (16u << 10)
#define WRITES_MAX 16

/* A bulk lane, or a stranger, without frames; a queue of which nothing is
 * taken; a frame from its first byte to its last. */
#define IDLE_MS 60000
#define STUCK_MS 20000
#define FRAME_MS 60000

/* A connection whose machine is gone breaks in that time. */
#define SILENCE_S 20

/* Votes are small and steady. Blocks want a window that fills a long line: 256
 * KiB over 100 ms are 20 Mbit/s to each of all peers. */
static const unsigned socket_bytes[PEER_LANES] = {32u << 10, 256u << 10};

/* What is taken from a peer. A validator sends some ten frames a slot, and many
 * at once when it answers; a stranger asks. */
static const struct {
    uint64_t frames_per_s;
    uint64_t bytes_per_s;
} allowances[2][PEER_LANES] = {
    {{50, 256u << 10}, {100, 4u << 20}},
    {{1000, 1u << 20}, {2000, 32u << 20}},
};
#define BURST_S 4

/* ---- the lists ---- */

struct peer_link *peer_link_new(struct peer_host *host, enum peer_lane lane,
                                bool is_dialled)
{
    struct peer_link *link = mem_zero(1, sizeof(*link));
    link->host = host;
    link->number = ++host->numbers;
    link->lane = lane;
    link->is_dialled = is_dialled;
    link->index = PEER_STRANGER;
    link->deadline_ms = peer_now_ms(host) + PEER_HANDSHAKE_LIMIT_MS;
    link->next = host->links;
    if (link->next)
        link->next->previous = link;
    host->links = link;
    return link;
}

static void take_from_list(struct peer_link *link)
{
    if (link->next)
        link->next->previous = link->previous;
    if (link->previous)
        link->previous->next = link->next;
    else
        link->host->links = link->next;
    link->next = link->previous = NULL;
}

void peer_link_end(struct peer_link *link, int status)
{
    struct peer_host *host = link->host;
    if (link->stage == PEER_ENDED)
        return;
    link->stage_ended = link->stage;
    link->stage = PEER_ENDED;
    link->status = status;
    link->text = mem_text(err_text());
    if (link->stream)
        stream_watch(link->stream, 0);
    /* Its memory is wanted now, where it is cut off for it. */
    peer_queue_free(&link->queue);
    take_from_list(link);
    *host->ended_tail = link;
    host->ended_tail = &link->next;
    uv_idle_start(&host->turn, host->on_turn);
}

void peer_link_free(struct peer_link *link)
{
    stream_close(link->stream);
    peer_frame_reader_free(&link->reader);
    free(link->text);
    free(link);
}

/* ---- sending ---- */

static void watch(struct peer_link *link)
{
    int events = link->rest_until_ms ? 0 : STREAM_READABLE;
    if (link->queue.count && !link->is_dirty)
        events |= STREAM_WRITABLE;
    stream_watch(link->stream, events);
}

void peer_link_wake(struct peer_link *link)
{
    link->is_dirty = true;
    uv_idle_start(&link->host->turn, link->host->on_turn);
}

int peer_link_put(struct peer_link *link, struct peer_message *message)
{
    if (!link->queue.count)
        link->progress_ms = peer_now_ms(link->host);
    int status = peer_queue_put(&link->queue, message);
    if (!status)
        peer_link_wake(link);
    return status;
}

void peer_link_flush(struct peer_link *link)
{
    uint8_t scratch[WRITE_SIZE];
    struct peer_counters *counters = &link->host->counters;
    if (link->stage == PEER_ENDED)
        return;
    link->is_dirty = false;
    for (unsigned i = 0; i < WRITES_MAX && link->queue.count; i++) {
        ssize_t count = stream_write(
            link->stream, peer_queue_next(&link->queue, scratch, WRITE_SIZE));
        if (count < 0) {
            peer_link_end(link, (int)count);
            return;
        }
        if (!count)
            break;
        counters->bytes_out += (uint64_t)count;
        counters->frames_out += peer_queue_sent(&link->queue, (size_t)count);
        link->active_ms = link->progress_ms = peer_now_ms(link->host);
    }
    watch(link);
}

/* ---- the hello ---- */

static void say_hello(struct peer_link *link)
{
    uint8_t body[HELLO_SIZE] = {PROTOCOL, 0};
    memcpy(body + 2, link->host->options.network.bytes, 32);
    struct peer_message *hello = peer_message_new(
        PEER_HELLO, bytes_make(body, sizeof(body)), &link->host->queued);
    /* The queue is empty. */
    CHECK(!peer_link_put(link, hello));
    peer_message_release(hello);
}

static int check_hello(const struct peer_link *link,
                       const struct peer_frame *frame)
{
    struct reader reader = reader_make(frame->body);
    struct hash network;
    uint16_t protocol;
    if (frame->kind != PEER_HELLO || frame->body.size != HELLO_SIZE ||
        reader_u16le(&reader, &protocol) ||
        reader_copy(&reader, network.bytes, sizeof(network.bytes)))
        return err_set(ERR_INVALID, "it did not begin with a hello");
    if (protocol != PROTOCOL)
        return err_set(ERR_UNSUPPORTED,
                       "it speaks protocol %u of peers, this is %u; one of the "
                       "two programs is too old",
                       protocol, PROTOCOL);
    if (!hash_equal(&network, &link->host->options.network))
        return err_set(ERR_DENIED,
                       "it is of another network: the hash of its genesis is "
                       "%s, here it is %s",
                       HASH_TEXT(&network),
                       HASH_TEXT(&link->host->options.network));
    return 0;
}

void peer_link_stand(struct peer_link *link)
{
    uint64_t now_ms = peer_now_ms(link->host);
    bool is_known = link->known != NULL;
    uint64_t frames = allowances[is_known][link->lane].frames_per_s;
    uint64_t bytes = allowances[is_known][link->lane].bytes_per_s;
    link->stage = PEER_STANDING;
    link->up_ms = link->active_ms = now_ms;
    link->frames = rate_make(frames, BURST_S * frames, now_ms);
    link->bytes = rate_make(bytes, BURST_S * bytes, now_ms);
}

void peer_link_retire(struct peer_link *link, uint64_t until_ms)
{
    link->stage = PEER_RETIRED;
    link->deadline_ms = until_ms;
    link->is_told = false;
    uv_idle_start(&link->host->turn, link->host->on_turn);
}

/* ---- receiving ---- */

static int take_frame(struct peer_link *link, const struct peer_frame *frame)
{
    struct peer_host *host = link->host;
    uint64_t now_ms = peer_now_ms(host);
    if (link->stage == PEER_GREETING) {
        int status = check_hello(link, frame);
        if (!status)
            host->hooks->greeted(link);
        return status;
    }
    if (frame->kind == PEER_HELLO)
        return err_set(ERR_INVALID, "it said hello twice");
    link->active_ms = now_ms;
    host->counters.frames_in++;
    if (!rate_take(&link->frames, now_ms, 1))
        return err_set(ERR_LIMIT, "it sent more than %llu frames a second",
                       (unsigned long long)link->frames.per_s);
    host->hooks->frame(link, frame);
    return 0;
}

/* A frame that is too large breaks the protocol. */
static int next_frame(struct peer_link *link, struct bytes *rest,
                      bool *is_whole, struct peer_frame *frame)
{
    int status = peer_frame_read(&link->reader, rest, is_whole, frame);
    return status == ERR_LIMIT ? ERR_INVALID : status;
}

static void note_half(struct peer_link *link)
{
    if (!link->half_since_ms && link->reader.part.size)
        link->half_since_ms = peer_now_ms(link->host);
}

static void take_bytes(struct peer_link *link, struct bytes rest)
{
    while (link->stage != PEER_ENDED) {
        struct peer_frame frame;
        bool is_whole;
        int status = next_frame(link, &rest, &is_whole, &frame);
        if (!status && !is_whole) {
            note_half(link);
            return;
        }
        link->half_since_ms = 0;
        if (!status)
            status = take_frame(link, &frame);
        if (status)
            peer_link_end(link, status);
    }
}

/* True if it is to rest for as long as the bytes take at its rate. */
static bool count_bytes(struct peer_link *link, size_t count)
{
    struct peer_host *host = link->host;
    host->counters.bytes_in += count;
    if (link->stage < PEER_STANDING ||
        rate_force(&link->bytes, peer_now_ms(host), count))
        return false;
    link->rest_until_ms =
        peer_now_ms(host) + 1 + 1000 * READ_SIZE / link->bytes.per_s;
    /* The turn looks at what is due next. */
    uv_idle_start(&host->turn, host->on_turn);
    return true;
}

static void read_frames(struct peer_link *link)
{
    uint8_t bytes[READ_SIZE];
    for (unsigned i = 0; i < READS_MAX; i++) {
        ssize_t count = stream_read(link->stream, bytes, sizeof(bytes));
        if (count < 0) {
            peer_link_end(link, (int)count);
            return;
        }
        if (!count)
            return;
        take_bytes(link, bytes_make(bytes, (size_t)count));
        if (link->stage == PEER_ENDED || count_bytes(link, (size_t)count))
            return;
    }
}

static void on_ready(void *user, int events)
{
    struct peer_link *link = user;
    if (events & STREAM_WRITABLE)
        peer_link_flush(link);
    if (events & STREAM_READABLE && link->stage != PEER_ENDED)
        read_frames(link);
    if (link->stage != PEER_ENDED)
        watch(link);
}

/* ---- the handshake ---- */

static size_t frame_limit(const struct peer_link *link)
{
    size_t limit = peer_frame_max(link->lane);
    if (!link->known && limit > PEER_FRAME_STRANGER_MAX)
        return PEER_FRAME_STRANGER_MAX;
    return limit;
}

static void on_secured(void *user, int status)
{
    struct peer_link *link = user;
    /* It may have ended in this very turn of the loop. */
    if (link->stage == PEER_ENDED)
        return;
    if (!status) {
        link->identity = *secure_stream_peer(link->stream);
        if (!link->is_dialled)
            link->lane = secure_stream_protocol(link->stream) == PEER_VOTES
                             ? PEER_VOTES
                             : PEER_BULK;
        status = link->host->hooks->proved(link);
    }
    if (status) {
        peer_link_end(link, status);
        return;
    }
    link->stage = PEER_GREETING;
    link->reader.limit = frame_limit(link);
    link->queue.limit =
        link->lane == PEER_VOTES ? PEER_QUEUE_VOTES_MAX : PEER_QUEUE_BULK_MAX;
    stream_tcp_tune(link->tcp, socket_bytes[link->lane], SILENCE_S);
    stream_on_ready(link->stream, on_ready, link);
    say_hello(link);
    peer_link_flush(link);
}

/* A dialler proposes its lane alone; the other end takes either. */
void peer_link_secure(struct peer_link *link, struct stream *tcp)
{
    struct peer_host *host = link->host;
    uint64_t now_ms = peer_now_ms(host);
    const struct secure_options options = {
        .is_dialler = link->is_dialled,
        .identity = &host->identity,
        .expected = link->is_dialled ? &link->known->identity : NULL,
        .protocols = link->is_dialled ? &protocols[link->lane] : protocols,
        .count = link->is_dialled ? 1 : PEER_LANES,
        .time_limit_ms =
            now_ms < link->deadline_ms ? link->deadline_ms - now_ms : 1,
    };
    /* Until it is proved which lane it is: the smaller ones. */
    stream_tcp_tune(tcp, socket_bytes[PEER_VOTES], SILENCE_S);
    link->tcp = tcp;
    link->stage = PEER_SECURING;
    link->stream = secure_stream_begin(host->options.loop, tcp, &options,
                                       on_secured, link);
}

/* ---- what is due ---- */

/* Strangers' places are few: who says nothing gives it to others. */
static bool may_not_idle(const struct peer_link *link)
{
    return link->lane == PEER_BULK || !link->known;
}

uint64_t peer_link_due_ms(const struct peer_link *link)
{
    uint64_t due_ms = UINT64_MAX;
    /* The encrypted stream has the time for itself. */
    if (link->stage == PEER_SECURING)
        return UINT64_MAX;
    if (link->stage != PEER_STANDING)
        due_ms = link->deadline_ms;
    if (link->rest_until_ms && link->rest_until_ms < due_ms)
        due_ms = link->rest_until_ms;
    if (link->stage != PEER_STANDING)
        return due_ms;
    if (link->queue.count && link->progress_ms + STUCK_MS < due_ms)
        due_ms = link->progress_ms + STUCK_MS;
    if (may_not_idle(link) && link->active_ms + IDLE_MS < due_ms)
        due_ms = link->active_ms + IDLE_MS;
    if (link->half_since_ms && link->half_since_ms + FRAME_MS < due_ms)
        due_ms = link->half_since_ms + FRAME_MS;
    return due_ms;
}

/* Why it is to end now; 0: it is not. */
static int find_trouble(const struct peer_link *link, uint64_t now_ms)
{
    if (link->stage != PEER_STANDING && now_ms < link->deadline_ms)
        return 0;
    if (link->stage == PEER_RETIRED)
        return err_set(ERR_EXISTS, "another connection has its place");
    if (link->stage != PEER_STANDING)
        return err_set(ERR_TIMEOUT, "no connection within %u s",
                       PEER_HANDSHAKE_LIMIT_MS / 1000);
    if (link->queue.count && now_ms >= link->progress_ms + STUCK_MS)
        return err_set(ERR_FULL, "it took nothing for %u s", STUCK_MS / 1000);
    if (link->half_since_ms && now_ms >= link->half_since_ms + FRAME_MS)
        return err_set(ERR_INVALID, "half a frame for %u s", FRAME_MS / 1000);
    if (may_not_idle(link) && now_ms >= link->active_ms + IDLE_MS)
        return err_set(ERR_TIMEOUT, "idle for %u s", IDLE_MS / 1000);
    return 0;
}

void peer_link_tick(struct peer_link *link)
{
    uint64_t now_ms = peer_now_ms(link->host);
    if (now_ms < peer_link_due_ms(link))
        return;
    if (link->rest_until_ms && now_ms >= link->rest_until_ms) {
        link->rest_until_ms = 0;
        watch(link);
    }
    int status = find_trouble(link, now_ms);
    if (status)
        peer_link_end(link, status);
}
