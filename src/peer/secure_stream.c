/*
 * Bytes of the lower stream wait in in until a record is whole; its text waits
 * in text until it is read; what the lower stream does not take yet waits in
 * out. All three are freed as soon as they are empty, because most connections
 * are silent most of the time.
 *
 * Text can wait here while the lower stream has nothing: then an idle handle
 * stands for the readiness that nobody below will report. It is not a timer of
 * 0, because those run until none is due, before any socket is looked at: a
 * fast peer would keep the loop from all others.
 */
#include "peer/secure_stream.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "crypto/noise_identity.h"
#include "peer/multistream.h"
#include <sodium.h>
#include <stdlib.h>

#define PREFIX 2u
/* Read from the lower stream at once. */
#define READ_SIZE (16u << 10)
/* Of a handshake's messages; libp2p's have some 200 bytes. */
#define HANDSHAKE_MESSAGE_MAX 4096u

static const char *const security[] = {"/noise"};

enum stage {
    STAGE_SECURITY, /* agreeing on Noise */
    STAGE_NOISE,
    STAGE_PROTOCOL, /* agreeing on what is spoken inside */
    STAGE_OPEN,
    STAGE_FAILED,
};

/* What only the handshake needs. */
struct handshake {
    struct multistream multistream;
    struct noise noise;
    struct secure_identity identity;
    bool has_expected;
    struct pubkey expected;
    const char *const *protocols;
    size_t count;
    uint64_t time_limit_ms;
    secure_stream_opened *opened;
    void *user;
};

/* Bytes from start on. */
struct waiting {
    struct buffer bytes;
    size_t start;
};

struct secure_stream {
    struct stream stream; /* first */
    struct stream *lower;
    enum stage stage;
    /* NULL once it is over. */
    struct handshake *handshake;
    struct noise_cipher send;
    struct noise_cipher receive;
    struct pubkey peer;
    size_t protocol;
    struct waiting in;
    struct waiting text;
    struct waiting out;
    /* What reading ends with, once it is known. */
    int end;
    /* stream_finish() was called, and out is not empty. */
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

/* ---- bytes that wait ---- */

static struct bytes left_of(const struct waiting *waiting)
{
    if (!waiting->bytes.size)
        return bytes_make(NULL, 0);
    return bytes_make(waiting->bytes.data + waiting->start,
                      waiting->bytes.size - waiting->start);
}

static void use(struct waiting *waiting, size_t count)
{
    waiting->start += count;
    CHECK(waiting->start <= waiting->bytes.size);
    if (waiting->start < waiting->bytes.size)
        return;
    buffer_free(&waiting->bytes);
    waiting->start = 0;
}

/* Where more is appended: what was used makes room first. */
static struct buffer *extend(struct waiting *waiting)
{
    if (waiting->start)
        buffer_consume(&waiting->bytes, waiting->start);
    waiting->start = 0;
    return &waiting->bytes;
}

/* A lower stream that takes nothing more is not asked again. */
static int push_out(struct secure_stream *secure)
{
    while (left_of(&secure->out).size) {
        ssize_t count = stream_write(secure->lower, left_of(&secure->out));
        if (count < 0) {
            secure->end = (int)count;
            use(&secure->out, left_of(&secure->out).size);
        }
        if (count <= 0)
            return (int)count;
        use(&secure->out, (size_t)count);
    }
    if (secure->is_finishing)
        stream_finish(secure->lower);
    secure->is_finishing = false;
    return 0;
}

/* One read of the lower stream. False: nothing came; end says if nothing more
 * will. */
static bool pull_in(struct secure_stream *secure)
{
    uint8_t bytes[READ_SIZE];
    if (secure->end)
        return false;
    ssize_t count = stream_read(secure->lower, bytes, sizeof(bytes));
    if (count < 0)
        secure->end = (int)count;
    if (count > 0)
        buffer_append(extend(&secure->in), bytes, (size_t)count);
    return count > 0;
}

/* ---- records ---- */

/* The next record's bytes if it is whole. They stay until use_record(). */
static bool next_record(const struct secure_stream *secure, struct bytes *out)
{
    struct bytes in = left_of(&secure->in);
    if (in.size < PREFIX)
        return false;
    size_t size = (size_t)in.data[0] << 8 | in.data[1];
    if (in.size - PREFIX < size)
        return false;
    *out = bytes_make(in.data + PREFIX, size);
    return true;
}

static void use_record(struct secure_stream *secure, struct bytes record)
{
    use(&secure->in, PREFIX + record.size);
}

static uint8_t *append_record(struct buffer *out, size_t size)
{
    uint8_t *at = buffer_reserve(out, PREFIX + size);
    CHECK(size <= NOISE_MESSAGE_MAX);
    at[0] = (uint8_t)(size >> 8);
    at[1] = (uint8_t)size;
    out->size += PREFIX + size;
    return at + PREFIX;
}

static void send_text(struct secure_stream *secure, struct bytes text)
{
    uint8_t *at =
        append_record(extend(&secure->out), text.size + NOISE_TAG_SIZE);
    noise_seal(&secure->send, text, at);
}

/* Decrypt all records that are whole. One that is wrong is the end. */
static void take_records(struct secure_stream *secure)
{
    struct bytes record;
    while (secure->end != ERR_INVALID && next_record(secure, &record)) {
        struct buffer *text = extend(&secure->text);
        uint8_t *at = buffer_reserve(text, record.size + 1);
        if (noise_open(&secure->receive, record, at))
            secure->end = ERR_INVALID;
        else
            text->size += record.size - NOISE_TAG_SIZE;
        if (!text->size)
            buffer_free(text);
        use_record(secure, record);
    }
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
    int events = secure->handshake ? STREAM_READABLE : secure->stream.watched;
    if (secure->stage == STAGE_FAILED || secure->end)
        events &= ~STREAM_READABLE;
    if (left_of(&secure->out).size)
        events |= STREAM_WRITABLE;
    stream_watch(secure->lower, events);
    if (!secure->handshake && (secure->stream.watched & STREAM_READABLE) &&
        (secure->end || left_of(&secure->text).size))
        uv_idle_start(&secure->again, on_again);
    else
        uv_idle_stop(&secure->again);
}

/* Nothing authenticates the end: what may have been cut off is for the protocol
 * above to see, but for a record. */
static int ended(const struct secure_stream *secure)
{
    if (secure->end == ERR_INVALID)
        return err_set(ERR_INVALID,
                       "an encrypted record was changed on the way");
    if (secure->end == ERR_CLOSED && !left_of(&secure->in).size)
        return err_set(ERR_CLOSED, "the other end closed the connection");
    return err_set(ERR_NETWORK, "the connection broke");
}

static ssize_t read_secure(struct stream *stream, uint8_t *into, size_t room)
{
    struct secure_stream *secure = secure_of(stream);
    CHECK(secure->stage == STAGE_OPEN);
    do
        take_records(secure);
    while (!left_of(&secure->text).size && pull_in(secure));
    struct bytes text = left_of(&secure->text);
    size_t count = text.size < room ? text.size : room;
    if (count) {
        memcpy(into, text.data, count);
        use(&secure->text, count);
    }
    watch_lower(secure);
    return !count && secure->end ? ended(secure) : (ssize_t)count;
}

static ssize_t write_secure(struct stream *stream, struct bytes bytes)
{
    struct secure_stream *secure = secure_of(stream);
    CHECK(secure->stage == STAGE_OPEN);
    int status = push_out(secure);
    if (status || left_of(&secure->out).size) {
        watch_lower(secure);
        return status;
    }
    if (bytes.size > SECURE_RECORD_TEXT)
        bytes.size = SECURE_RECORD_TEXT;
    send_text(secure, bytes);
    status = push_out(secure);
    watch_lower(secure);
    return status ? status : (ssize_t)bytes.size;
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

static void end_secrets(struct secure_stream *secure)
{
    if (!secure->handshake)
        return;
    sodium_memzero(secure->handshake, sizeof(*secure->handshake));
    free(secure->handshake);
    secure->handshake = NULL;
}

/* What still waits is given to the lower stream as far as it takes it. */
static void close_secure(struct stream *stream)
{
    struct secure_stream *secure = secure_of(stream);
    (void)push_out(secure);
    stream_close(secure->lower);
    end_secrets(secure);
    sodium_memzero(&secure->send, sizeof(secure->send));
    sodium_memzero(&secure->receive, sizeof(secure->receive));
    buffer_free(&secure->in.bytes);
    buffer_wipe(&secure->text.bytes);
    buffer_free(&secure->out.bytes);
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
    secure_stream_opened *opened = secure->handshake->opened;
    void *user = secure->handshake->user;
    secure->stage = status ? STAGE_FAILED : STAGE_OPEN;
    end_secrets(secure);
    uv_timer_stop(&secure->limit);
    watch_lower(secure);
    opened(user, status);
}

static const char *waiting_for(const struct secure_stream *secure)
{
    if (secure->stage == STAGE_SECURITY)
        return "agreeing on encryption";
    if (secure->stage == STAGE_NOISE)
        return "proving who it is";
    return "agreeing on a protocol";
}

static void on_limit(uv_timer_t *timer)
{
    struct secure_stream *secure = timer->data;
    end_handshake(secure,
                  err_set(ERR_TIMEOUT,
                          "the other end was still %s after %.1f seconds",
                          waiting_for(secure),
                          (double)secure->handshake->time_limit_ms / 1000));
}

/* The steps say in *is_done whether they have done something; if not, more
 * bytes are needed. */

static int step_security(struct secure_stream *secure, bool *is_done)
{
    struct handshake *handshake = secure->handshake;
    size_t used;
    int status = multistream_take(&handshake->multistream, left_of(&secure->in),
                                  &used, extend(&secure->out));
    if (status)
        return status;
    use(&secure->in, used);
    if (handshake->multistream.is_done)
        secure->stage = STAGE_NOISE;
    *is_done = handshake->multistream.is_done;
    return 0;
}

static int write_noise(struct secure_stream *secure)
{
    struct handshake *handshake = secure->handshake;
    struct buffer message = {0};
    /* The first message is not encrypted, and says nothing. */
    size_t size =
        handshake->noise.messages ? handshake->identity.payload_size : 0;
    int status =
        noise_write(&handshake->noise,
                    bytes_make(handshake->identity.payload, size), &message);
    if (!status)
        memcpy(append_record(extend(&secure->out), message.size), message.data,
               message.size);
    buffer_free(&message);
    return status;
}

static int check_identity(struct secure_stream *secure, struct bytes payload)
{
    struct handshake *handshake = secure->handshake;
    int status = noise_identity_read(payload, handshake->noise.their_static,
                                     &secure->peer);
    if (status)
        return status;
    if (handshake->has_expected &&
        !pubkey_equal(&handshake->expected, &secure->peer))
        return err_set(ERR_DENIED, "the other end is %s, not %s",
                       PUBKEY_TEXT(&secure->peer),
                       PUBKEY_TEXT(&handshake->expected));
    return 0;
}

static int read_noise(struct secure_stream *secure, bool *is_done)
{
    struct handshake *handshake = secure->handshake;
    struct bytes in = left_of(&secure->in), message;
    struct buffer payload = {0};
    if (in.size >= PREFIX &&
        ((size_t)in.data[0] << 8 | in.data[1]) > HANDSHAKE_MESSAGE_MAX)
        return err_set(ERR_LIMIT,
                       "a message of the handshake has more than "
                       "%u bytes",
                       HANDSHAKE_MESSAGE_MAX);
    *is_done = next_record(secure, &message);
    if (!*is_done)
        return 0;
    int status = noise_read(&handshake->noise, message, &payload);
    if (!status && handshake->noise.messages > 1)
        status = check_identity(secure, buffer_view(&payload));
    buffer_free(&payload);
    use_record(secure, message);
    return status;
}

/* The keys are there: what follows is encrypted. */
static void begin_protocol(struct secure_stream *secure)
{
    struct handshake *handshake = secure->handshake;
    struct buffer first = {0};
    bool is_dialler = handshake->noise.is_initiator;
    noise_split(&handshake->noise, &secure->send, &secure->receive);
    secure->stage = STAGE_PROTOCOL;
    multistream_begin(&handshake->multistream, is_dialler, handshake->protocols,
                      handshake->count, &first);
    send_text(secure, buffer_view(&first));
    buffer_free(&first);
}

static int step_noise(struct secure_stream *secure, bool *is_done)
{
    int status;
    *is_done = true;
    if (noise_writes_next(&secure->handshake->noise))
        status = write_noise(secure);
    else
        status = read_noise(secure, is_done);
    if (!status && noise_is_done(&secure->handshake->noise))
        begin_protocol(secure);
    return status;
}

static int step_protocol(struct secure_stream *secure, bool *is_done)
{
    struct multistream *multistream = &secure->handshake->multistream;
    struct buffer answer = {0};
    size_t used;
    take_records(secure);
    if (secure->end == ERR_INVALID)
        return ended(secure);
    int status =
        multistream_take(multistream, left_of(&secure->text), &used, &answer);
    if (!status) {
        use(&secure->text, used);
        if (answer.size)
            send_text(secure, buffer_view(&answer));
        if (multistream->is_done)
            secure->stage = STAGE_OPEN;
        secure->protocol = multistream->choice;
        *is_done = multistream->is_done;
    }
    buffer_free(&answer);
    return status;
}

static int step(struct secure_stream *secure, bool *is_done)
{
    *is_done = false;
    switch (secure->stage) {
    case STAGE_SECURITY:
        return step_security(secure, is_done);
    case STAGE_NOISE:
        return step_noise(secure, is_done);
    case STAGE_PROTOCOL:
        return step_protocol(secure, is_done);
    default:
        return 0;
    }
}

/* As far as it goes with what has come. */
static int advance(struct secure_stream *secure)
{
    bool is_done = true;
    while (is_done) {
        int status = step(secure, &is_done);
        if (status)
            return status;
    }
    return push_out(secure);
}

static void shake_hands(struct secure_stream *secure)
{
    int status;
    do
        status = advance(secure);
    while (!status && secure->stage != STAGE_OPEN && pull_in(secure));
    if (!status && secure->stage != STAGE_OPEN && secure->end)
        status = err_set(ERR_NETWORK,
                         "the other end closed the connection "
                         "while %s",
                         waiting_for(secure));
    if (status || secure->stage == STAGE_OPEN)
        end_handshake(secure, status);
    else
        watch_lower(secure);
}

/* The lower stream may be ready for this one alone: to send what waits. */
static void on_lower_ready(void *user, int events)
{
    struct secure_stream *secure = user;
    if (secure->handshake) {
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

static struct handshake *handshake_new(const struct secure_options *options,
                                       secure_stream_opened *opened, void *user,
                                       struct buffer *out)
{
    struct handshake *handshake = mem_zero(1, sizeof(*handshake));
    uint8_t ephemeral[32];
    handshake->identity = *options->identity;
    handshake->has_expected = options->expected != NULL;
    if (options->expected)
        handshake->expected = *options->expected;
    handshake->protocols = options->protocols;
    handshake->count = options->count;
    handshake->time_limit_ms = options->time_limit_ms;
    handshake->opened = opened;
    handshake->user = user;
    randombytes_buf(ephemeral, sizeof(ephemeral));
    noise_begin(&handshake->noise, options->is_dialler,
                &options->identity->pair, ephemeral, bytes_make(NULL, 0));
    sodium_memzero(ephemeral, sizeof(ephemeral));
    multistream_begin(&handshake->multistream, options->is_dialler, security, 1,
                      out);
    return handshake;
}

struct stream *secure_stream_begin(uv_loop_t *loop, struct stream *lower,
                                   const struct secure_options *options,
                                   secure_stream_opened *opened, void *user)
{
    struct secure_stream *secure = mem_zero(1, sizeof(*secure));
    CHECK(lower && opened && options->identity && options->count);
    secure->stream.methods = &methods;
    secure->lower = lower;
    secure->handshake =
        handshake_new(options, opened, user, &secure->out.bytes);
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
    return &secure_of(stream)->peer;
}

size_t secure_stream_protocol(const struct stream *stream)
{
    CHECK(stream->methods == &methods);
    return secure_of(stream)->protocol;
}
