/*
 * OpenSSL between two memory buffers: what the lower stream has goes into one,
 * what is to be sent comes out of the other. So OpenSSL never touches a socket,
 * and the lower stream may be anything.
 *
 * Decrypted bytes can wait inside OpenSSL while the lower stream has none. Then
 * a timer of 0 stands for the readiness that nobody below will report.
 */
#include "net/stream_tls.h"

#include "base/buffer.h"
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>

/* OpenSSL has a type of the name of a status. */
#define ERR_STATE openssl_err_state
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#undef ERR_STATE

/* Of encrypted bytes that wait for the lower stream. No more is taken then. */
#define WAITING_MAX (64u << 10)
/* The most that one record holds (RFC 8446, 5.1). */
#define RECORD_SIZE (16u << 10)

struct stream_tls {
    struct stream stream; /* first */
    struct stream *lower;
    SSL *ssl;
    /* Owned by ssl: what came, what goes. */
    BIO *in;
    BIO *out;
    /* Encrypted, not taken by the lower stream yet. */
    struct buffer waiting;
    uv_timer_t again;
    /* Until the handshake is over. */
    stream_tls_opened *opened;
    void *opened_user;
    /* ERR_CLOSED or ERR_NETWORK, once the lower stream has ended. */
    int end;
};

/* One for the program: it holds the authorities. NULL: this machine's OpenSSL
 * can't be used. */
static SSL_CTX *context;

static void make_context(void)
{
    context = SSL_CTX_new(TLS_client_method());
    if (!context)
        return;
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_default_verify_paths(context);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

static struct stream_tls *tls_of(struct stream *stream)
{
    return (struct stream_tls *)stream;
}

/* ---- moving encrypted bytes ---- */

/* What OpenSSL wants to send, as far as the lower stream takes it. */
static int push_out(struct stream_tls *tls)
{
    size_t pending = BIO_ctrl_pending(tls->out);
    if (pending) {
        uint8_t *at = buffer_reserve(&tls->waiting, pending);
        int size = BIO_read(tls->out, at, (int)pending);
        CHECK(size > 0);
        tls->waiting.size += (size_t)size;
    }
    while (tls->waiting.size) {
        ssize_t count = stream_write(tls->lower, buffer_view(&tls->waiting));
        if (count <= 0)
            return (int)count;
        buffer_consume(&tls->waiting, (size_t)count);
    }
    return 0;
}

/* One read of the lower stream into OpenSSL. True if something came. */
static bool pull_in(struct stream_tls *tls)
{
    uint8_t bytes[RECORD_SIZE];
    if (tls->end)
        return false;
    ssize_t count = stream_read(tls->lower, bytes, sizeof(bytes));
    if (count < 0)
        tls->end = (int)count;
    if (count <= 0)
        return false;
    CHECK(BIO_write(tls->in, bytes, (int)count) == count);
    return true;
}

static void on_again(uv_timer_t *timer)
{
    struct stream_tls *tls = timer->data;
    if (!tls->opened && (tls->stream.watched & STREAM_READABLE))
        stream_is_ready(&tls->stream, STREAM_READABLE);
}

/* Ask the lower stream for what this one needs. */
static void watch_lower(struct stream_tls *tls)
{
    int events = tls->opened ? STREAM_READABLE : tls->stream.watched;
    if (tls->waiting.size)
        events |= STREAM_WRITABLE;
    stream_watch(tls->lower, events);
    if (!tls->opened && (tls->stream.watched & STREAM_READABLE) &&
        (SSL_has_pending(tls->ssl) || BIO_ctrl_pending(tls->in) || tls->end))
        uv_timer_start(&tls->again, on_again, 0, 0);
}

/* ---- the methods ---- */

static ssize_t read_tls(struct stream *stream, uint8_t *into, size_t room)
{
    struct stream_tls *tls = tls_of(stream);
    size_t count;
    CHECK(!tls->opened && room > 0);
    for (;;) {
        ERR_clear_error();
        if (SSL_read_ex(tls->ssl, into, room, &count)) {
            watch_lower(tls);
            return (ssize_t)count;
        }
        int error = SSL_get_error(tls->ssl, 0);
        if (error == SSL_ERROR_ZERO_RETURN)
            return err_set(ERR_CLOSED, "the other side has ended");
        if (error != SSL_ERROR_WANT_READ)
            return err_set(ERR_NETWORK, "TLS broke off");
        /* Answers of the protocol's own. */
        if (push_out(tls))
            return err_set(ERR_NETWORK, "the connection broke");
        if (!pull_in(tls))
            /* An end without TLS's goodbye may be a cut. */
            return tls->end ? err_set(ERR_NETWORK, "the connection broke") : 0;
    }
}

static ssize_t write_tls(struct stream *stream, struct bytes bytes)
{
    struct stream_tls *tls = tls_of(stream);
    size_t count = 0;
    CHECK(!tls->opened);
    if (push_out(tls))
        return err_set(ERR_NETWORK, "the connection broke");
    if (tls->waiting.size >= WAITING_MAX || !bytes.size)
        return 0;
    ERR_clear_error();
    if (!SSL_write_ex(tls->ssl, bytes.data, bytes.size, &count) &&
        SSL_get_error(tls->ssl, 0) != SSL_ERROR_WANT_READ)
        return err_set(ERR_NETWORK, "TLS broke off");
    if (push_out(tls))
        return err_set(ERR_NETWORK, "the connection broke");
    watch_lower(tls);
    return (ssize_t)count;
}

static void watch_tls(struct stream *stream, int events)
{
    watch_lower(tls_of(stream));
}

static void finish_tls(struct stream *stream)
{
    struct stream_tls *tls = tls_of(stream);
    SSL_shutdown(tls->ssl);
    (void)push_out(tls);
    if (!tls->waiting.size)
        stream_finish(tls->lower);
}

static void on_again_closed(uv_handle_t *handle)
{
    free(handle->data);
}

/* What still waits is given to the lower stream as far as it takes it. */
static void close_tls(struct stream *stream)
{
    struct stream_tls *tls = tls_of(stream);
    if (!tls->opened && !tls->end)
        SSL_shutdown(tls->ssl);
    (void)push_out(tls);
    stream_close(tls->lower);
    SSL_free(tls->ssl);
    buffer_free(&tls->waiting);
    uv_close((uv_handle_t *)&tls->again, on_again_closed);
}

static const struct stream_methods methods = {
    .read = read_tls,
    .write = write_tls,
    .watch = watch_tls,
    .finish = finish_tls,
    .close = close_tls,
};

/* ---- the handshake ---- */

static int handshake_failure(const struct stream_tls *tls)
{
    long verdict = SSL_get_verify_result(tls->ssl);
    if (verdict != X509_V_OK)
        return err_set(ERR_DENIED, "the certificate does not hold: %s",
                       X509_verify_cert_error_string(verdict));
    return err_set(ERR_NETWORK, "TLS can't be agreed on: %s",
                   ERR_reason_error_string(ERR_peek_last_error())
                       ? ERR_reason_error_string(ERR_peek_last_error())
                       : "the connection broke");
}

static void end_handshake(struct stream_tls *tls, int status)
{
    stream_tls_opened *opened = tls->opened;
    tls->opened = NULL;
    stream_watch(tls->lower, 0);
    opened(tls->opened_user, status);
}

static void shake_hands(struct stream_tls *tls)
{
    for (;;) {
        ERR_clear_error();
        int done = SSL_do_handshake(tls->ssl);
        int error = SSL_get_error(tls->ssl, done);
        if (push_out(tls)) {
            end_handshake(tls, err_set(ERR_NETWORK, "the connection broke"));
            return;
        }
        if (done == 1) {
            end_handshake(tls, 0);
            return;
        }
        if (error != SSL_ERROR_WANT_READ || (!pull_in(tls) && tls->end)) {
            end_handshake(tls, handshake_failure(tls));
            return;
        }
        if (!BIO_ctrl_pending(tls->in)) {
            watch_lower(tls);
            return;
        }
    }
}

/* The lower stream may be ready for this one alone: to send what waits. */
static void on_lower_ready(void *user, int events)
{
    struct stream_tls *tls = user;
    if (tls->opened) {
        shake_hands(tls);
        return;
    }
    if (events & STREAM_WRITABLE)
        /* A failure is reported by the next write or read. */
        (void)push_out(tls);
    int wanted = events & tls->stream.watched;
    watch_lower(tls);
    if (wanted)
        stream_is_ready(&tls->stream, wanted);
}

/* An address has no name to be sent, and is compared as an address. */
static void set_host(SSL *ssl, const char *host)
{
    uint8_t address[16];
    if (inet_pton(AF_INET, host, address) == 1 ||
        inet_pton(AF_INET6, host, address) == 1) {
        CHECK(X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host));
        return;
    }
    CHECK(SSL_set_tlsext_host_name(ssl, host));
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    CHECK(SSL_set1_host(ssl, host));
}

struct stream *stream_tls_begin(uv_loop_t *loop, struct stream *lower,
                                const char *host, stream_tls_opened *opened,
                                void *user)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    CHECK(lower && opened);
    pthread_once(&once, make_context);
    CHECK(context);
    struct stream_tls *tls = mem_zero(1, sizeof(*tls));
    tls->stream.methods = &methods;
    tls->lower = lower;
    tls->opened = opened;
    tls->opened_user = user;
    tls->ssl = SSL_new(context);
    tls->in = BIO_new(BIO_s_mem());
    tls->out = BIO_new(BIO_s_mem());
    CHECK(tls->ssl && tls->in && tls->out);
    SSL_set_bio(tls->ssl, tls->in, tls->out);
    SSL_set_connect_state(tls->ssl);
    set_host(tls->ssl, host);
    CHECK(!uv_timer_init(loop, &tls->again));
    tls->again.data = tls;
    stream_on_ready(lower, on_lower_ready, tls);
    /* The first readiness begins it, from the loop. */
    stream_watch(lower, STREAM_WRITABLE);
    return &tls->stream;
}
