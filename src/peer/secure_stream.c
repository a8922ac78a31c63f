/*
 * A session (peer/secure_session.h) between two streams.
 *
 * Text can wait in the session while the lower stream has nothing: then an idle
 * handle stands for the readiness that nobody below will report. It is not a
 * timer of 0, because those run until none is due, before any socket is looked
 * at: a fast peer would keep the loop from all others.
 */
#include "peer/secure_stream.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "crypto/noise_identity.h"
#include "peer/secure_session.h"
#include <sodium.h>
#include <stdlib.h>

/* Read from the lower stream at once. */
#define READ_SIZE (16u << 10)

struct secure_stream {
    struct stream stream; /* first */
    struct stream *lower;
    struct secure_session session;
    /* Until the handshake is over. */
    secure_stream_opened *opened;
    void *user;
    uint64_t time_limit_ms;
    /* What reading ends with, once it is known: ERR_CLOSED, ERR_NETWORK or
     * ERR_INVALID. */
    int end;
    /* stream_finish() was called, and something waits to be sent. */
    bool is_finishing;
    uv_idle_t again;
    uv_timer_t limit;
    unsigned handles;
};

static struct secure_stream *secure_of(const struct stream *stream)
{
    return (struct secure_stream *)stream;
}

void secure_identity_make(const struct keypair *identity,
                          struct secure_identity *out)
{
    struct buffer payload = {0};
    uint8_t secret[32];
    randombytes_buf(secret, sizeof(secret));
    noise_pair_make(secret, &out->pair);
    sodium_memzero(secret, sizeof(secret));
    noise_identity_write(identity, out->pair.public, &payload);
    CHECK(payload.size <= sizeof(out->payload));
    memcpy(out->payload, payload.data, payload.size);
    out->payload_size = payload.size;
    buffer_free(&payload);
}

void secure_identity_wipe(struct secure_identity *identity)
{
    sodium_memzero(identity, sizeof(*identity));
}

/* ---- encrypted bytes ---- */

static struct bytes out_of(const struct secure_stream *secure)
{
    return secure_waiting_view(&secure->session.out);
}

static struct bytes text_of(const struct secure_stream *secure)
{
    return secure_waiting_view(&secure->session.text);
}

/* A lower stream that takes nothing more is not asked again. */
static int push_out(struct secure_stream *secure)
{
    while (out_of(secure).size) {
        ssize_t count = stream_write(secure->lower, out_of(secure));
        if (count < 0) {
            secure->end = (int)count;
            count = (ssize_t)out_of(secure).size;
        }
        if (!count)
            return 0;
        secure_waiting_use(&secure->session.out, (size_t)count);
    }
    if (secure->is_finishing)
        stream_finish(secure->lower);
    secure->is_finishing = false;
    return secure->end == ERR_NETWORK ? ERR_NETWORK : 0;
}

/* One read of the lower stream. False: nothing came, or it was wrong; end says
 * if nothing more will come. An error of the handshake is returned in *status.
 */
static bool pull_in(struct secure_stream *secure, int *status)
{
    uint8_t bytes[READ_SIZE];
    *status = 0;
    if (secure->end)
        return false;
    ssize_t count = stream_read(secure->lower, bytes, sizeof(bytes));
    if (count < 0)
        secure->end = (int)count;
    if (count <= 0)
        return false;
    *status =
        secure_session_take(&secure->session, bytes_make(bytes, (size_t)count));
    if (*status)
        secure->end = ERR_INVALID;
    return !*status;
}

/* ---- the methods ---- */

static void on_again(uv_idle_t *again)
{
    struct secure_stream *secure = again->data;
    uv_idle_stop(again);
    stream_is_ready(&secure->stream, STREAM_READABLE);
}

/* Ask the lower stream for what this one needs. */
static void watch_lower(struct secure_stream *secure)
{
    int events = secure->opened ? STREAM_READABLE : secure->stream.watched;
    if (secure->end)
        events &= ~STREAM_READABLE;
    if (out_of(secure).size)
        events |= STREAM_WRITABLE;
    stream_watch(secure->lower, events);
    if (!secure->opened && (secure->stream.watched & STREAM_READABLE) &&
        (secure->end || text_of(secure).size))
        uv_idle_start(&secure->again, on_again);
    else
        uv_idle_stop(&secure->again);
}

/* Nothing authenticates the end: what may have been cut off is for the protocol
 * above to see, but for a record. */
static int ended(const struct secure_stream *secure)
{
    if (secure->end == ERR_INVALID)
        return err_set(ERR_INVALID, "an encrypted record is empty or was "
                                    "changed on the way");
    if (secure->end == ERR_CLOSED &&
        !secure_waiting_view(&secure->session.in).size)
        return err_set(ERR_CLOSED, "the other end closed the connection");
    return err_set(ERR_NETWORK, "the connection broke");
}

static ssize_t read_secure(struct stream *stream, uint8_t *into, size_t room)
{
    struct secure_stream *secure = secure_of(stream);
    int status;
    CHECK(!secure->opened);
    while (!text_of(secure).size && pull_in(secure, &status))
        ;
    struct bytes text = text_of(secure);
    size_t count = text.size < room ? text.size : room;
    if (count) {
        memcpy(into, text.data, count);
        secure_waiting_use(&secure->session.text, count);
    }
    watch_lower(secure);
    return !count && secure->end ? ended(secure) : (ssize_t)count;
}

static ssize_t write_secure(struct stream *stream, struct bytes bytes)
{
    struct secure_stream *secure = secure_of(stream);
    CHECK(!secure->opened);
    if (secure->end == ERR_INVALID)
        return ended(secure);
    int status = push_out(secure);
    if (!status && !out_of(secure).size) {
        if (bytes.size > SECURE_RECORD_TEXT)
            bytes.size = SECURE_RECORD_TEXT;
        secure_session_send(&secure->session, bytes);
        status = push_out(secure);
    } else {
        bytes.size = 0;
    }
    watch_lower(secure);
    return status ? err_set(ERR_NETWORK, "the connection broke")
                  : (ssize_t)bytes.size;
}

static void watch_secure(struct stream *stream, int events)
{
    watch_lower(secure_of(stream));
}

static void finish_secure(struct stream *stream)
{
    struct secure_stream *secure = secure_of(stream);
    secure->is_finishing = true;
    /* A failure is found by reading. */
    (void)push_out(secure);
    watch_lower(secure);
}

static void on_closed(uv_handle_t *handle)
{
    struct secure_stream *secure = handle->data;
    if (!--secure->handles)
        free(secure);
}

/* What still waits is given to the lower stream as far as it takes it. */
static void close_secure(struct stream *stream)
{
    struct secure_stream *secure = secure_of(stream);
    (void)push_out(secure);
    stream_close(secure->lower);
    secure_session_end(&secure->session);
    uv_close((uv_handle_t *)&secure->again, on_closed);
    uv_close((uv_handle_t *)&secure->limit, on_closed);
}

static const struct stream_methods methods = {
    .read = read_secure,
    .write = write_secure,
    .watch = watch_secure,
    .finish = finish_secure,
    .close = close_secure,
};

/* ---- the handshake ---- */

static void end_handshake(struct secure_stream *secure, int status)
{
    secure_stream_opened *opened = secure->opened;
    secure->opened = NULL;
    uv_timer_stop(&secure->limit);
    watch_lower(secure);
    opened(secure->user, status);
}

static void on_limit(uv_timer_t *timer)
{
    struct secure_stream *secure = timer->data;
    end_handshake(secure, err_set(ERR_TIMEOUT,
                                  "the other end was still %s after %.1f s",
                                  secure_session_waits_for(&secure->session),
                                  (double)secure->time_limit_ms / 1000));
}

static void shake_hands(struct secure_stream *secure)
{
    bool has_more = true;
    int status = 0;
    while (has_more && secure->session.stage != SECURE_OPEN)
        has_more = pull_in(secure, &status);
    /* Of a failure the other end hears what was to be said, as "na". */
    (void)push_out(secure);
    if (!status && secure->session.stage != SECURE_OPEN && secure->end)
        status =
            err_set(ERR_NETWORK, "the other end closed the connection while %s",
                    secure_session_waits_for(&secure->session));
    if (status || secure->session.stage == SECURE_OPEN)
        end_handshake(secure, status);
    else
        watch_lower(secure);
}

/* The lower stream may be ready for this one alone: to send what waits. */
static void on_lower_ready(void *user, int events)
{
    struct secure_stream *secure = user;
    if (secure->opened) {
        shake_hands(secure);
        return;
    }
    if (events & STREAM_WRITABLE)
        /* A failure is reported by the next write or read. */
        (void)push_out(secure);
    int wanted = events & secure->stream.watched;
    watch_lower(secure);
    if (wanted)
        stream_is_ready(&secure->stream, wanted);
}

struct stream *secure_stream_begin(uv_loop_t *loop, struct stream *lower,
                                   const struct secure_options *options,
                                   secure_stream_opened *opened, void *user)
{
    struct secure_stream *secure = mem_zero(1, sizeof(*secure));
    uint8_t ephemeral[32];
    CHECK(lower && opened);
    secure->stream.methods = &methods;
    secure->lower = lower;
    secure->opened = opened;
    secure->user = user;
    secure->time_limit_ms = options->time_limit_ms;
    randombytes_buf(ephemeral, sizeof(ephemeral));
    secure_session_begin(&secure->session, options, ephemeral);
    sodium_memzero(ephemeral, sizeof(ephemeral));
    CHECK(!uv_idle_init(loop, &secure->again));
    CHECK(!uv_timer_init(loop, &secure->limit));
    secure->again.data = secure->limit.data = secure;
    secure->handles = 2;
    uv_timer_start(&secure->limit, on_limit, options->time_limit_ms, 0);
    stream_on_ready(lower, on_lower_ready, secure);
    /* The first readiness begins it, from the loop. */
    watch_lower(secure);
    return &secure->stream;
}

const struct pubkey *secure_stream_peer(const struct stream *stream)
{
    CHECK(stream->methods == &methods);
    return &secure_of(stream)->session.peer;
}

size_t secure_stream_protocol(const struct stream *stream)
{
    CHECK(stream->methods == &methods);
    return secure_of(stream)->session.protocol;
}
