/*
 * The handshake goes as far as the bytes that came allow, step by step; each
 * step says whether it has done something.
 */
#include "peer/secure_session.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "crypto/noise_identity.h"
#include "peer/multistream.h"
#include <sodium.h>
#include <stdlib.h>

#define PREFIX 2u
/* Of a handshake's messages; libp2p's have some 200 bytes. */
#define HANDSHAKE_MESSAGE_MAX 4096u

static const char *const security[] = {"/noise"};

/* What only the handshake needs. */
struct secure_handshake {
    struct multistream multistream;
    struct noise noise;
    struct secure_identity identity;
    bool has_expected;
    struct pubkey expected;
    const char *const *protocols;
    size_t count;
};

/* ---- bytes that wait ---- */

struct bytes secure_waiting_view(const struct secure_waiting *waiting)
{
    if (!waiting->bytes.size)
        return bytes_make(NULL, 0);
    return bytes_make(waiting->bytes.data + waiting->start,
                      waiting->bytes.size - waiting->start);
}

void secure_waiting_use(struct secure_waiting *waiting, size_t count)
{
    waiting->start += count;
    CHECK(waiting->start <= waiting->bytes.size);
    if (waiting->start < waiting->bytes.size)
        return;
    buffer_free(&waiting->bytes);
    waiting->start = 0;
}

/* Where more is appended: what was used makes room first. */
static struct buffer *extend(struct secure_waiting *waiting)
{
    if (waiting->start)
        buffer_consume(&waiting->bytes, waiting->start);
    waiting->start = 0;
    return &waiting->bytes;
}

/* ---- records ---- */

/* The next record's bytes if it is whole. They stay until use_record(). */
static bool next_record(const struct secure_session *session, struct bytes *out)
{
    struct bytes in = secure_waiting_view(&session->in);
    if (in.size < PREFIX)
        return false;
    size_t size = (size_t)in.data[0] << 8 | in.data[1];
    if (in.size - PREFIX < size)
        return false;
    *out = bytes_make(in.data + PREFIX, size);
    return true;
}

static void use_record(struct secure_session *session, struct bytes record)
{
    secure_waiting_use(&session->in, PREFIX + record.size);
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

/* Decrypt all records that are whole. One that is wrong is the end, and so is
 * one without text: it costs work, and limits above count text alone. libp2p's
 * implementations send none. */
static int take_records(struct secure_session *session)
{
    struct bytes record;
    while (next_record(session, &record)) {
        struct buffer *text = extend(&session->text);
        uint8_t *at = buffer_reserve(text, record.size + 1);
        if (record.size <= NOISE_TAG_SIZE ||
            noise_open(&session->receive, record, at))
            return err_set(ERR_INVALID, "an encrypted record is empty or was "
                                        "changed on the way");
        text->size += record.size - NOISE_TAG_SIZE;
        use_record(session, record);
    }
    return 0;
}

void secure_session_send(struct secure_session *session, struct bytes text)
{
    CHECK(session->stage != SECURE_FAILED && text.size <= SECURE_RECORD_TEXT);
    uint8_t *at =
        append_record(extend(&session->out), text.size + NOISE_TAG_SIZE);
    noise_seal(&session->send, text, at);
}

/* ---- the handshake ---- */

const char *secure_session_waits_for(const struct secure_session *session)
{
    if (session->stage == SECURE_ENCRYPTION)
        return "agreeing on encryption";
    if (session->stage == SECURE_IDENTITY)
        return "proving who it is";
    return "agreeing on a protocol";
}

/* The steps say in *is_done whether they have done something; if not, more
 * bytes are needed. */

static int step_security(struct secure_session *session, bool *is_done)
{
    struct secure_handshake *handshake = session->handshake;
    size_t used;
    int status = multistream_take(&handshake->multistream,
                                  secure_waiting_view(&session->in), &used,
                                  extend(&session->out));
    if (status)
        return status;
    secure_waiting_use(&session->in, used);
    if (handshake->multistream.is_done)
        session->stage = SECURE_IDENTITY;
    *is_done = handshake->multistream.is_done;
    return 0;
}

static int write_noise(struct secure_session *session)
{
    struct secure_handshake *handshake = session->handshake;
    struct buffer message = {0};
    /* The first message is not encrypted, and says nothing. */
    size_t size =
        handshake->noise.messages ? handshake->identity.payload_size : 0;
    int status =
        noise_write(&handshake->noise,
                    bytes_make(handshake->identity.payload, size), &message);
    if (!status)
        memcpy(append_record(extend(&session->out), message.size), message.data,
               message.size);
    buffer_free(&message);
    return status;
}

static int check_identity(struct secure_session *session, struct bytes payload)
{
    struct secure_handshake *handshake = session->handshake;
    int status = noise_identity_read(payload, handshake->noise.their_static,
                                     &session->peer);
    if (status)
        return status;
    if (handshake->has_expected &&
        !pubkey_equal(&handshake->expected, &session->peer))
        return err_set(ERR_DENIED, "the other end is %s, not %s",
                       PUBKEY_TEXT(&session->peer),
                       PUBKEY_TEXT(&handshake->expected));
    return 0;
}

static int read_noise(struct secure_session *session, bool *is_done)
{
    struct secure_handshake *handshake = session->handshake;
    struct bytes in = secure_waiting_view(&session->in), message;
    struct buffer payload = {0};
    if (in.size >= PREFIX &&
        ((size_t)in.data[0] << 8 | in.data[1]) > HANDSHAKE_MESSAGE_MAX)
        return err_set(ERR_LIMIT,
                       "a message of the handshake has more than "
                       "%u bytes",
                       HANDSHAKE_MESSAGE_MAX);
    *is_done = next_record(session, &message);
    if (!*is_done)
        return 0;
    int status = noise_read(&handshake->noise, message, &payload);
    if (!status && handshake->noise.messages > 1)
        status = check_identity(session, buffer_view(&payload));
    buffer_free(&payload);
    use_record(session, message);
    return status;
}

/* The keys are there: what follows is encrypted. */
static void begin_protocol(struct secure_session *session)
{
    struct secure_handshake *handshake = session->handshake;
    struct buffer first = {0};
    bool is_dialler = handshake->noise.is_initiator;
    noise_split(&handshake->noise, &session->send, &session->receive);
    session->stage = SECURE_PROTOCOL;
    multistream_begin(&handshake->multistream, is_dialler, handshake->protocols,
                      handshake->count, &first);
    secure_session_send(session, buffer_view(&first));
    buffer_free(&first);
}

static int step_noise(struct secure_session *session, bool *is_done)
{
    int status;
    *is_done = true;
    if (noise_writes_next(&session->handshake->noise))
        status = write_noise(session);
    else
        status = read_noise(session, is_done);
    if (!status && noise_is_done(&session->handshake->noise))
        begin_protocol(session);
    return status;
}

static int step_protocol(struct secure_session *session, bool *is_done)
{
    struct multistream *multistream = &session->handshake->multistream;
    struct buffer answer = {0};
    size_t used;
    int status = take_records(session);
    if (status)
        return status;
    status = multistream_take(multistream, secure_waiting_view(&session->text),
                              &used, &answer);
    if (!status) {
        secure_waiting_use(&session->text, used);
        if (answer.size)
            secure_session_send(session, buffer_view(&answer));
        if (multistream->is_done)
            session->stage = SECURE_OPEN;
        session->protocol = multistream->choice;
        *is_done = multistream->is_done;
    }
    buffer_free(&answer);
    return status;
}

static int step(struct secure_session *session, bool *is_done)
{
    *is_done = false;
    switch (session->stage) {
    case SECURE_ENCRYPTION:
        return step_security(session, is_done);
    case SECURE_IDENTITY:
        return step_noise(session, is_done);
    case SECURE_PROTOCOL:
        return step_protocol(session, is_done);
    default:
        return 0;
    }
}

static int advance(struct secure_session *session)
{
    bool is_done = true;
    while (is_done) {
        int status = step(session, &is_done);
        if (status)
            return status;
    }
    return 0;
}

/* ---- the session ---- */

static void end_handshake(struct secure_session *session)
{
    if (!session->handshake)
        return;
    sodium_memzero(session->handshake, sizeof(*session->handshake));
    free(session->handshake);
    session->handshake = NULL;
}

void secure_session_begin(struct secure_session *session,
                          const struct secure_options *options,
                          const uint8_t ephemeral_secret[32])
{
    struct secure_handshake *handshake = mem_zero(1, sizeof(*handshake));
    CHECK(options->identity && options->protocols && options->count);
    *session = (struct secure_session){.handshake = handshake};
    handshake->identity = *options->identity;
    handshake->has_expected = options->expected != NULL;
    if (options->expected)
        handshake->expected = *options->expected;
    handshake->protocols = options->protocols;
    handshake->count = options->count;
    noise_begin(&handshake->noise, options->is_dialler,
                &options->identity->pair, ephemeral_secret,
                bytes_make(NULL, 0));
    multistream_begin(&handshake->multistream, options->is_dialler, security, 1,
                      &session->out.bytes);
}

int secure_session_take(struct secure_session *session, struct bytes bytes)
{
    int status = 0;
    CHECK(session->stage != SECURE_FAILED);
    buffer_bytes(extend(&session->in), bytes);
    if (session->stage != SECURE_OPEN)
        status = advance(session);
    if (!status && session->stage == SECURE_OPEN)
        status = take_records(session);
    if (status)
        session->stage = SECURE_FAILED;
    if (status || session->stage == SECURE_OPEN)
        end_handshake(session);
    return status;
}

void secure_session_end(struct secure_session *session)
{
    end_handshake(session);
    buffer_free(&session->in.bytes);
    buffer_wipe(&session->text.bytes);
    buffer_free(&session->out.bytes);
    sodium_memzero(session, sizeof(*session));
}
