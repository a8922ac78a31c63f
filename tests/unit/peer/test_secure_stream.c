/*
 * Encrypted streams over pipes in memory: bytes in order through pieces of any
 * size, and who does not get in.
 */
#include "../net/net_test.h"
#include "pipe.h"

#include "base/random.h"
#include "peer/multistream.h"
#include "peer/secure_session.h"
#include <stdio.h>

static const char *const lanes[] = {"/pond/peer/1/votes", "/pond/peer/1/bulk"};

#define LIMIT_MS 10000

/* With its size, for bytes that are not a text. */
#define BYTES(bytes) (bytes), sizeof(bytes) - 1
#define BEGINNING "\x13/multistream/1.0.0\n\x07/noise\n"

/* One end, with what it has seen. */
struct end {
    struct keypair keypair;
    struct secure_identity identity;
    struct stream *stream;
    bool is_opened;
    int status;
    char text[200];
    /* To be sent, and what came. */
    struct buffer out;
    struct buffer in;
    bool is_finishing;
    int end;
    bool *is_done;
};

struct pair {
    uv_loop_t loop;
    struct pipe_end pipe[2];
    struct end ends[2]; /* the first one dials */
    bool is_done;
};

static void on_opened(void *user, int status)
{
    struct end *end = user;
    assert_false(end->is_opened);
    end->is_opened = true;
    end->status = status;
    snprintf(end->text, sizeof(end->text), "%s", status ? err_text() : "");
}

static void make_pair(struct pair *pair, size_t step)
{
    memset(pair, 0, sizeof(*pair));
    uv_loop_init(&pair->loop);
    pipe_make(&pair->loop, pair->pipe, step);
    for (size_t i = 0; i < 2; i++) {
        keypair_generate(&pair->ends[i].keypair);
        secure_identity_make(&pair->ends[i].keypair, &pair->ends[i].identity);
        pair->ends[i].is_done = &pair->is_done;
    }
}

static void begin(struct pair *pair, size_t i, const struct pubkey *expected,
                  const char *const *protocols, size_t count, uint64_t limit_ms)
{
    const struct secure_options options = {
        .is_dialler = i == 0,
        .identity = &pair->ends[i].identity,
        .expected = expected,
        .protocols = protocols,
        .count = count,
        .time_limit_ms = limit_ms,
    };
    pair->ends[i].stream =
        secure_stream_begin(&pair->loop, &pair->pipe[i].stream, &options,
                            on_opened, &pair->ends[i]);
    assert_false(pair->ends[i].is_opened);
}

static void begin_both(struct pair *pair)
{
    begin(pair, 0, &pair->ends[1].keypair.pubkey, lanes + 1, 1, LIMIT_MS);
    begin(pair, 1, NULL, lanes, 2, LIMIT_MS);
}

static void close_end(struct end *end)
{
    stream_close(end->stream);
    end->stream = NULL;
}

static void free_pair(struct pair *pair)
{
    for (size_t i = 0; i < 2; i++) {
        struct end *end = &pair->ends[i];
        if (end->stream)
            close_end(end);
        else if (!pair->pipe[i].is_closed)
            stream_close(&pair->pipe[i].stream);
        secure_identity_wipe(&end->identity);
        buffer_free(&end->in);
        buffer_free(&end->out);
    }
    finish_loop(&pair->loop);
}

static void run_until_opened(struct pair *pair, size_t i)
{
    run_until(&pair->loop, &pair->ends[i].is_opened);
}

/* ---- bytes ---- */

static void on_ready(void *user, int events)
{
    struct end *end = user;
    uint8_t bytes[3000];
    if (events & STREAM_WRITABLE) {
        struct bytes out = buffer_view(&end->out);
        ssize_t count = stream_write(end->stream, out);
        assert_true(count >= 0);
        buffer_consume(&end->out, (size_t)count);
        if (!end->out.size) {
            stream_watch(end->stream, STREAM_READABLE);
            if (end->is_finishing)
                stream_finish(end->stream);
        }
    }
    if (!(events & STREAM_READABLE) || end->end)
        return;
    ssize_t count = stream_read(end->stream, bytes, sizeof(bytes));
    if (count > 0)
        buffer_append(&end->in, bytes, (size_t)count);
    if (count < 0) {
        end->end = (int)count;
        *end->is_done = true;
        stream_watch(end->stream, 0);
    }
}

static void start(struct end *end, size_t size, uint64_t seed)
{
    struct random random = random_make(seed);
    for (size_t i = 0; i < size; i++)
        buffer_u8(&end->out, (uint8_t)random_u64(&random));
    stream_on_ready(end->stream, on_ready, end);
    stream_watch(end->stream, STREAM_READABLE | STREAM_WRITABLE);
}

static void assert_received(const struct end *end, size_t size, uint64_t seed)
{
    struct random random = random_make(seed);
    assert_int_equal(end->in.size, size);
    for (size_t i = 0; i < size; i++)
        if (end->in.data[i] != (uint8_t)random_u64(&random))
            fail_msg("byte %zu", i);
}

static void test_bytes_pass_both_ways_in_pieces_of_any_size(void **state)
{
    static const size_t steps[] = {1, 2, 3, 100, 16385, 1u << 20};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        size_t size = steps[i] < 100 ? 40000 : 400000;
        struct pair pair;
        make_pair(&pair, steps[i]);
        begin_both(&pair);
        run_until_opened(&pair, 0);
        run_until_opened(&pair, 1);
        assert_string_equal(pair.ends[0].text, "");
        assert_string_equal(pair.ends[1].text, "");
        assert_int_equal(secure_stream_protocol(pair.ends[0].stream), 0);
        assert_int_equal(secure_stream_protocol(pair.ends[1].stream), 1);
        for (size_t j = 0; j < 2; j++)
            assert_true(pubkey_equal(secure_stream_peer(pair.ends[j].stream),
                                     &pair.ends[1 - j].keypair.pubkey));
        pair.ends[0].is_finishing = true;
        start(&pair.ends[0], size, 1);
        start(&pair.ends[1], size, 2);
        run_until(&pair.loop, &pair.is_done);
        assert_int_equal(pair.ends[1].end, ERR_CLOSED);
        assert_received(&pair.ends[1], size, 1);
        while (pair.ends[0].in.size < size)
            uv_run(&pair.loop, UV_RUN_ONCE);
        assert_received(&pair.ends[0], size, 2);
        free_pair(&pair);
    }
}

/* Nothing of the text is to be seen below. */
static void test_what_passes_is_encrypted(void **state)
{
    static const char secret[] = "this must not be seen by anybody";
    struct pair pair;
    make_pair(&pair, SIZE_MAX);
    begin_both(&pair);
    run_until_opened(&pair, 0);
    run_until_opened(&pair, 1);
    assert_int_equal(stream_write(pair.ends[0].stream, bytes_text(secret)),
                     strlen(secret));
    struct buffer *below = &pair.pipe[1].in;
    assert_int_equal(below->size, 2 + strlen(secret) + NOISE_TAG_SIZE);
    assert_null(memmem(below->data, below->size, secret, 8));
    free_pair(&pair);
}

static void change_a_byte(struct pair *pair, size_t at)
{
    assert_true(pair->pipe[1].in.size > at);
    pair->pipe[1].in.data[at] ^= 1;
}

static void test_a_changed_record_ends_the_stream(void **state)
{
    struct pair pair;
    uint8_t bytes[100];
    make_pair(&pair, SIZE_MAX);
    begin_both(&pair);
    run_until_opened(&pair, 0);
    run_until_opened(&pair, 1);
    assert_int_equal(stream_write(pair.ends[0].stream, bytes_text("good")), 4);
    assert_int_equal(stream_write(pair.ends[0].stream, bytes_text("bad")), 3);
    change_a_byte(&pair, 2 + 4 + 16 + 2);
    struct stream *reader = pair.ends[1].stream;
    assert_int_equal(stream_read(reader, bytes, sizeof(bytes)), 4);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(stream_read(reader, bytes, sizeof(bytes)),
                         ERR_INVALID);
    free_pair(&pair);
}

/* What one end has to say reaches the other. */
static int carry(struct secure_session *from, struct secure_session *to)
{
    struct bytes bytes = secure_waiting_view(&from->out);
    int status = secure_session_take(to, bytes);
    secure_waiting_use(&from->out, bytes.size);
    return status;
}

/* Whoever sends them without an end would keep the reader from all others. */
static void test_a_record_without_text_is_refused(void **state)
{
    struct pair pair;
    struct secure_session sessions[2];
    make_pair(&pair, SIZE_MAX);
    for (size_t i = 0; i < 2; i++) {
        const struct secure_options options = {.is_dialler = i == 0,
                                               .identity =
                                                   &pair.ends[i].identity,
                                               .protocols = lanes,
                                               .count = 1};
        const uint8_t ephemeral[32] = {(uint8_t)(i + 1)};
        secure_session_begin(&sessions[i], &options, ephemeral);
    }
    while (sessions[0].stage != SECURE_OPEN || sessions[1].stage != SECURE_OPEN)
        for (size_t i = 0; i < 2; i++)
            assert_int_equal(carry(&sessions[i], &sessions[1 - i]), 0);
    secure_session_send(&sessions[0], bytes_text("a"));
    assert_int_equal(carry(&sessions[0], &sessions[1]), 0);
    secure_session_send(&sessions[0], bytes_text(""));
    assert_int_equal(carry(&sessions[0], &sessions[1]), ERR_INVALID);
    for (size_t i = 0; i < 2; i++)
        secure_session_end(&sessions[i]);
    free_pair(&pair);
}

static void test_an_end_in_the_midst_of_a_record_is_seen(void **state)
{
    struct pair pair;
    uint8_t bytes[100];
    make_pair(&pair, SIZE_MAX);
    begin_both(&pair);
    run_until_opened(&pair, 0);
    run_until_opened(&pair, 1);
    assert_int_equal(stream_write(pair.ends[0].stream, bytes_text("good")), 4);
    pair.pipe[1].in.size -= 1;
    close_end(&pair.ends[0]);
    assert_int_equal(stream_read(pair.ends[1].stream, bytes, sizeof(bytes)),
                     ERR_NETWORK);
    free_pair(&pair);
}

/* A reader that takes little at a time hears of the rest. */
static void on_ready_for_one(void *user, int events)
{
    struct end *end = user;
    uint8_t byte;
    if (stream_read(end->stream, &byte, 1) == 1)
        buffer_u8(&end->in, byte);
    *end->is_done = end->in.size == 1000;
}

static void test_text_that_waits_is_reported(void **state)
{
    struct pair pair;
    uint8_t bytes[1000] = {0};
    make_pair(&pair, SIZE_MAX);
    begin_both(&pair);
    run_until_opened(&pair, 0);
    run_until_opened(&pair, 1);
    assert_int_equal(stream_write(pair.ends[0].stream, bytes_make(bytes, 1000)),
                     1000);
    stream_on_ready(pair.ends[1].stream, on_ready_for_one, &pair.ends[1]);
    stream_watch(pair.ends[1].stream, STREAM_READABLE);
    run_until(&pair.loop, &pair.is_done);
    free_pair(&pair);
}

/* ---- who does not get in ---- */

static void test_another_than_expected_is_refused(void **state)
{
    for (size_t i = 0; i < 2; i++) {
        struct pair pair;
        struct keypair other;
        make_pair(&pair, SIZE_MAX);
        keypair_generate(&other);
        begin(&pair, i, &other.pubkey, lanes, 2, LIMIT_MS);
        begin(&pair, 1 - i, NULL, lanes, 2, LIMIT_MS);
        run_until_opened(&pair, i);
        assert_int_equal(pair.ends[i].status, ERR_DENIED);
        assert_non_null(strstr(pair.ends[i].text, PUBKEY_TEXT(&other.pubkey)));
        close_end(&pair.ends[i]);
        run_until_opened(&pair, 1 - i);
        free_pair(&pair);
    }
}

/* The payload of another: its signature is for another key. */
static void test_who_claims_anothers_identity_is_refused(void **state)
{
    for (size_t i = 0; i < 2; i++) {
        struct pair pair;
        struct keypair victim;
        struct secure_identity stolen;
        make_pair(&pair, SIZE_MAX);
        keypair_generate(&victim);
        secure_identity_make(&victim, &stolen);
        memcpy(pair.ends[1 - i].identity.payload, stolen.payload,
               sizeof(stolen.payload));
        begin(&pair, i, &victim.pubkey, lanes, 2, LIMIT_MS);
        begin(&pair, 1 - i, NULL, lanes, 2, LIMIT_MS);
        run_until_opened(&pair, i);
        assert_int_equal(pair.ends[i].status, ERR_DENIED);
        assert_non_null(strstr(pair.ends[i].text, "has not signed"));
        free_pair(&pair);
    }
}

static void test_another_protocol_is_refused_by_name(void **state)
{
    static const char *const other[] = {"/pond/peer/2"};
    struct pair pair;
    make_pair(&pair, SIZE_MAX);
    begin(&pair, 0, NULL, other, 1, LIMIT_MS);
    begin(&pair, 1, NULL, lanes, 2, LIMIT_MS);
    run_until_opened(&pair, 0);
    assert_int_equal(pair.ends[0].status, ERR_UNSUPPORTED);
    assert_non_null(strstr(pair.ends[0].text, "/pond/peer/2"));
    free_pair(&pair);
}

static void say(struct pair *pair, const void *bytes, size_t size)
{
    buffer_append(&pair->pipe[1].in, bytes, size);
}

static void test_other_bytes_are_refused(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        int status;
    } cases[] = {
        {BYTES("GET / HTTP/1.1\r\nHost: a\r\nAccept: a long line that fills "
               "what the first byte counts\r\n\r\n"),
         ERR_INVALID},
        {BYTES(BEGINNING "\xff\xff"), ERR_LIMIT},
        {BYTES(BEGINNING "\x00\x04"
                         "abcd"),
         ERR_INVALID},
        /* A first message with the key 0. */
        {BYTES(BEGINNING "\x00\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                         "\0\0\0\0\0\0\0\0\0\0"),
         ERR_DENIED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pair pair;
        make_pair(&pair, SIZE_MAX);
        begin(&pair, 1, NULL, lanes, 2, LIMIT_MS);
        say(&pair, cases[i].bytes, cases[i].size);
        run_until_opened(&pair, 1);
        assert_int_equal(pair.ends[1].status, cases[i].status);
        free_pair(&pair);
    }
}

/* Silent from the beginning, and after each part of the handshake. */
static void test_who_stalls_is_given_up(void **state)
{
    static const char part[] = BEGINNING "\x00\x20";
    for (size_t size = 0; size <= sizeof(part) - 1; size += 10) {
        struct pair pair;
        make_pair(&pair, SIZE_MAX);
        begin(&pair, 1, NULL, lanes, 2, 20);
        say(&pair, part, size);
        run_until_opened(&pair, 1);
        assert_int_equal(pair.ends[1].status, ERR_TIMEOUT);
        free_pair(&pair);
    }
}

static void test_a_connection_that_ends_early_is_reported(void **state)
{
    struct pair pair;
    make_pair(&pair, SIZE_MAX);
    begin(&pair, 0, NULL, lanes, 2, LIMIT_MS);
    pair.pipe[1].is_finished = true;
    run_until_opened(&pair, 0);
    assert_int_equal(pair.ends[0].status, ERR_NETWORK);
    free_pair(&pair);
}

static void test_it_may_be_closed_at_any_time(void **state)
{
    for (int turns = 0; turns < 12; turns++) {
        struct pair pair;
        make_pair(&pair, 50);
        begin_both(&pair);
        for (int i = 0; i < turns; i++)
            uv_run(&pair.loop, UV_RUN_NOWAIT);
        bool was_opened = pair.ends[0].is_opened;
        close_end(&pair.ends[0]);
        run_until_opened(&pair, 1);
        assert_true(was_opened == pair.ends[0].is_opened);
        free_pair(&pair);
    }
}

static int set_up(void **state)
{
    crypto_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_pass_both_ways_in_pieces_of_any_size),
        cmocka_unit_test(test_what_passes_is_encrypted),
        cmocka_unit_test(test_a_changed_record_ends_the_stream),
        cmocka_unit_test(test_a_record_without_text_is_refused),
        cmocka_unit_test(test_an_end_in_the_midst_of_a_record_is_seen),
        cmocka_unit_test(test_text_that_waits_is_reported),
        cmocka_unit_test(test_another_than_expected_is_refused),
        cmocka_unit_test(test_who_claims_anothers_identity_is_refused),
        cmocka_unit_test(test_another_protocol_is_refused_by_name),
        cmocka_unit_test(test_other_bytes_are_refused),
        cmocka_unit_test(test_who_stalls_is_given_up),
        cmocka_unit_test(test_a_connection_that_ends_early_is_reported),
        cmocka_unit_test(test_it_may_be_closed_at_any_time),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
