/*
 * multistream-select as bytes: libp2p's own example, refusals, pieces, and what
 * is no negotiation at all.
 */
#include "test.h"

#include "base/error.h"
#include "peer/multistream.h"

/* With its size, for bytes that are not a text. */
#define BYTES(bytes) (bytes), sizeof(bytes) - 1

#define HEADER "\x13/multistream/1.0.0\n"

static const char *const noise_only[] = {"/noise"};
static const char *const two[] = {"/pond/peer/1/votes", "/pond/peer/1/bulk"};

struct end {
    struct multistream multistream;
    struct buffer in;
    struct buffer out;
    int status;
};

static void begin(struct end *end, bool is_dialler,
                  const char *const *protocols, size_t count)
{
    *end = (struct end){0};
    multistream_begin(&end->multistream, is_dialler, protocols, count,
                      &end->out);
}

static void end_free(struct end *end)
{
    buffer_free(&end->in);
    buffer_free(&end->out);
}

static void give(struct end *end, const void *data, size_t size)
{
    size_t used;
    buffer_append(&end->in, data, size);
    if (end->status || end->multistream.is_done)
        return;
    end->status = multistream_take(&end->multistream, buffer_view(&end->in),
                                   &used, &end->out);
    assert_true(used <= end->in.size);
    buffer_consume(&end->in, used);
}

static void assert_out(const struct end *end, const char *expected)
{
    assert_int_equal(end->out.size, strlen(expected));
    assert_memory_equal(end->out.data, expected, end->out.size);
}

/* Until both have nothing to say; step bytes at a time. */
static void talk(struct end *dialler, struct end *listener, size_t step)
{
    struct end *ends[] = {dialler, listener};
    while (dialler->out.size || listener->out.size)
        for (size_t i = 0; i < 2; i++) {
            struct end *from = ends[i], *to = ends[1 - i];
            size_t size = from->out.size < step ? from->out.size : step;
            if (!size)
                continue;
            give(to, from->out.data, size);
            buffer_consume(&from->out, size);
        }
}

static void test_the_bytes_are_libp2ps(void **state)
{
    struct end dialler, listener;
    begin(&dialler, true, noise_only, 1);
    begin(&listener, false, noise_only, 1);
    assert_out(&dialler, HEADER "\x07/noise\n");
    assert_out(&listener, HEADER);
    buffer_clear(&listener.out);
    give(&listener, dialler.out.data, dialler.out.size);
    assert_ok(listener.status);
    assert_true(listener.multistream.is_done);
    assert_out(&listener, "\x07/noise\n");
    end_free(&dialler);
    end_free(&listener);
}

static void test_they_agree_in_pieces_of_any_size(void **state)
{
    for (size_t step = 1; step < 50; step++) {
        struct end dialler, listener;
        begin(&dialler, true, two + 1, 1);
        begin(&listener, false, two, 2);
        talk(&dialler, &listener, step);
        assert_ok(dialler.status);
        assert_ok(listener.status);
        assert_true(dialler.multistream.is_done);
        assert_true(listener.multistream.is_done);
        assert_int_equal(dialler.multistream.choice, 0);
        assert_int_equal(listener.multistream.choice, 1);
        end_free(&dialler);
        end_free(&listener);
    }
}

static void test_the_first_that_both_speak_is_agreed_on(void **state)
{
    static const char *const many[] = {"/tls/1.0.0", "/other", "/noise"};
    struct end dialler, listener;
    begin(&dialler, true, many, 3);
    begin(&listener, false, noise_only, 1);
    talk(&dialler, &listener, SIZE_MAX);
    assert_true(dialler.multistream.is_done && listener.multistream.is_done);
    assert_int_equal(dialler.multistream.choice, 2);
    end_free(&dialler);
    end_free(&listener);
}

/* A dialler may send what follows without waiting for the answer. */
static void test_what_follows_is_left_to_the_protocol(void **state)
{
    static const char sent[] = HEADER "\x07/noise\n\x00\x20rest";
    struct end listener;
    begin(&listener, false, noise_only, 1);
    give(&listener, sent, sizeof(sent) - 1);
    assert_true(listener.multistream.is_done);
    assert_int_equal(listener.in.size, 6);
    assert_memory_equal(listener.in.data, "\x00\x20rest", 6);
    end_free(&listener);
}

static void test_no_common_protocol_is_said_by_its_name(void **state)
{
    struct end dialler, listener;
    begin(&dialler, true, two, 2);
    begin(&listener, false, noise_only, 1);
    talk(&dialler, &listener, SIZE_MAX);
    assert_int_equal(dialler.status, ERR_UNSUPPORTED);
    assert_non_null(strstr(err_text(), "/pond/peer/1/bulk"));
    assert_int_equal(listener.status, 0);
    assert_false(listener.multistream.is_done);
    end_free(&dialler);
    end_free(&listener);
}

static void test_a_listener_refuses_only_so_often(void **state)
{
    struct end listener;
    begin(&listener, false, noise_only, 1);
    give(&listener, HEADER, strlen(HEADER));
    for (unsigned i = 1; i < MULTISTREAM_PROPOSALS_MAX; i++) {
        buffer_clear(&listener.out);
        give(&listener, "\x03ls\n", 4);
        assert_ok(listener.status);
        assert_out(&listener, "\x03na\n");
    }
    give(&listener, "\x03ls\n", 4);
    assert_int_equal(listener.status, ERR_UNSUPPORTED);
    end_free(&listener);
}

static void test_other_bytes_are_refused_at_once(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = {
        {BYTES("GET / HTTP/1.1\r\n\r\nmore than the first byte says, so "
               "that the message is whole")},
        {BYTES("\x13/multistream/2.0.0\n")},
        {BYTES("\x13/multistream/1.0.0 ")}, /* no newline */
        {BYTES("\x00")},                    /* empty */
        {BYTES("\x81\x08")},                /* 1,025 */
        {BYTES("\xff\xff")},
        {BYTES("\x81\x00")}, /* not minimal */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct end listener;
        begin(&listener, false, noise_only, 1);
        give(&listener, cases[i].bytes, cases[i].size);
        assert_int_equal(listener.status, ERR_INVALID);
        end_free(&listener);
    }
}

static void test_the_longest_message_is_taken(void **state)
{
    struct end listener;
    struct buffer message = {0};
    begin(&listener, false, noise_only, 1);
    give(&listener, HEADER, strlen(HEADER));
    buffer_varint(&message, MULTISTREAM_MESSAGE_MAX);
    buffer_resize(&message, message.size + MULTISTREAM_MESSAGE_MAX - 1);
    buffer_u8(&message, '\n');
    buffer_clear(&listener.out);
    give(&listener, message.data, message.size);
    assert_ok(listener.status);
    assert_out(&listener, "\x03na\n");
    buffer_free(&message);
    end_free(&listener);
}

static void test_an_answer_that_is_none_is_refused(void **state)
{
    struct end dialler;
    begin(&dialler, true, noise_only, 1);
    give(&dialler, HEADER "\x07/other\n", strlen(HEADER) + 8);
    assert_int_equal(dialler.status, ERR_INVALID);
    end_free(&dialler);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_bytes_are_libp2ps),
        cmocka_unit_test(test_they_agree_in_pieces_of_any_size),
        cmocka_unit_test(test_the_first_that_both_speak_is_agreed_on),
        cmocka_unit_test(test_what_follows_is_left_to_the_protocol),
        cmocka_unit_test(test_no_common_protocol_is_said_by_its_name),
        cmocka_unit_test(test_a_listener_refuses_only_so_often),
        cmocka_unit_test(test_other_bytes_are_refused_at_once),
        cmocka_unit_test(test_the_longest_message_is_taken),
        cmocka_unit_test(test_an_answer_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
