/*
 * Frames in pieces of any size and around their limits, and the queue of what
 * is to be sent.
 */
#include "test.h"

#include "base/error.h"
#include "base/random.h"
#include "peer/peer_frame.h"

/* ---- reading ---- */

static void append_frame(struct buffer *out, uint8_t kind, size_t body)
{
    buffer_u32le(out, (uint32_t)(body + 1));
    buffer_u8(out, kind);
    for (size_t i = 0; i < body; i++)
        buffer_u8(out, (uint8_t)(kind + i));
}

static void check_frame(const struct peer_frame *frame, uint8_t kind,
                        size_t body)
{
    assert_int_equal(frame->kind, kind);
    assert_int_equal(frame->body.size, body);
    for (size_t i = 0; i < body; i++)
        if (frame->body.data[i] != (uint8_t)(kind + i))
            fail_msg("byte %zu of %zu", i, body);
}

/* Give bytes in pieces of step bytes, each in memory of its own. */
static void read_in_pieces(struct bytes all, size_t step, const size_t *bodies,
                           size_t count)
{
    struct peer_frame_reader reader = {.limit = PEER_FRAME_VOTES_MAX};
    size_t seen = 0;
    for (size_t at = 0; at < all.size;) {
        size_t size = all.size - at < step ? all.size - at : step;
        struct buffer piece = {0};
        buffer_append(&piece, all.data + at, size);
        struct bytes rest = buffer_view(&piece);
        for (;;) {
            struct peer_frame frame;
            bool is_whole;
            assert_ok(peer_frame_read(&reader, &rest, &is_whole, &frame));
            if (!is_whole)
                break;
            assert_true(seen < count);
            check_frame(&frame, (uint8_t)seen, bodies[seen]);
            seen++;
        }
        assert_int_equal(rest.size, 0);
        buffer_free(&piece);
        at += size;
    }
    assert_int_equal(seen, count);
    peer_frame_reader_free(&reader);
}

static void test_frames_come_whole_from_pieces_of_any_size(void **state)
{
    static const size_t bodies[] = {0, 1, 3, 0, 107, 4096, 5000, 2, 70};
    const size_t count = sizeof(bodies) / sizeof(bodies[0]);
    struct buffer all = {0};
    for (size_t i = 0; i < count; i++)
        append_frame(&all, (uint8_t)i, bodies[i]);
    for (size_t step = 1; step < 300; step++)
        read_in_pieces(buffer_view(&all), step, bodies, count);
    read_in_pieces(buffer_view(&all), SIZE_MAX, bodies, count);
    buffer_free(&all);
}

static int read_one(size_t limit, size_t size, bool is_cut, bool *is_whole)
{
    struct peer_frame_reader reader = {.limit = limit};
    struct buffer bytes = {0};
    struct peer_frame frame;
    if (size)
        append_frame(&bytes, 9, size - 1);
    else
        buffer_u32le(&bytes, 0);
    struct bytes rest = bytes_make(bytes.data, is_cut ? 2 : bytes.size);
    int status = peer_frame_read(&reader, &rest, is_whole, &frame);
    if (!status && is_cut) {
        rest = bytes_make(bytes.data + 2, bytes.size - 2);
        status = peer_frame_read(&reader, &rest, is_whole, &frame);
    }
    if (!status && *is_whole)
        check_frame(&frame, 9, size - 1);
    buffer_free(&bytes);
    peer_frame_reader_free(&reader);
    return status;
}

static void test_a_frame_may_have_the_limits_size_and_no_more(void **state)
{
    static const size_t limits[] = {PEER_FRAME_VOTES_MAX, PEER_FRAME_BULK_MAX,
                                    PEER_FRAME_STRANGER_MAX};
    for (size_t i = 0; i < 6; i++) {
        size_t limit = limits[i / 2];
        bool is_cut = i % 2, is_whole;
        assert_ok(read_one(limit, limit - 1, is_cut, &is_whole));
        assert_true(is_whole);
        assert_ok(read_one(limit, limit, is_cut, &is_whole));
        assert_true(is_whole);
        assert_int_equal(read_one(limit, limit + 1, is_cut, &is_whole),
                         ERR_LIMIT);
        assert_int_equal(read_one(limit, 0, is_cut, &is_whole), ERR_INVALID);
    }
}

/* Only what has come takes memory, whatever the size says. */
static void test_a_claimed_size_takes_no_memory(void **state)
{
    struct peer_frame_reader reader = {.limit = PEER_FRAME_BULK_MAX};
    struct peer_frame frame;
    bool is_whole;
    uint8_t prefix[6] = {0};
    u32le_write(prefix, PEER_FRAME_BULK_MAX);
    struct bytes rest = bytes_make(prefix, sizeof(prefix));
    assert_ok(peer_frame_read(&reader, &rest, &is_whole, &frame));
    assert_false(is_whole);
    assert_true(reader.part.capacity < 1024);
    peer_frame_reader_free(&reader);
}

static void test_memory_of_a_large_frame_is_given_back(void **state)
{
    struct peer_frame_reader reader = {.limit = PEER_FRAME_BULK_MAX};
    struct buffer bytes = {0};
    struct peer_frame frame;
    bool is_whole;
    append_frame(&bytes, 1, 100000);
    struct bytes rest = bytes_make(bytes.data, 50000);
    assert_ok(peer_frame_read(&reader, &rest, &is_whole, &frame));
    rest = bytes_make(bytes.data + 50000, bytes.size - 50000);
    assert_ok(peer_frame_read(&reader, &rest, &is_whole, &frame));
    assert_true(is_whole);
    assert_ok(peer_frame_read(&reader, &rest, &is_whole, &frame));
    assert_false(is_whole);
    assert_int_equal(reader.part.capacity, 0);
    buffer_free(&bytes);
    peer_frame_reader_free(&reader);
}

/* ---- the queue ---- */

static int put(struct peer_queue *queue, uint8_t kind, size_t body,
               size_t *total)
{
    struct buffer bytes = {0};
    for (size_t i = 0; i < body; i++)
        buffer_u8(&bytes, (uint8_t)(kind + i));
    struct peer_message *message =
        peer_message_new(kind, buffer_view(&bytes), total);
    int status = peer_queue_put(queue, message);
    peer_message_release(message);
    buffer_free(&bytes);
    return status;
}

/* Random bodies, random amounts sent: the reader gets the same frames. */
static void test_what_is_queued_is_read_in_order(void **state)
{
    struct random random = random_make(7);
    struct peer_queue queue = {.limit = 1u << 20};
    struct peer_frame_reader reader = {.limit = PEER_FRAME_VOTES_MAX};
    size_t bodies[256], queued = 0, seen = 0, ended = 0, total = 0;
    while (seen < 256) {
        uint8_t scratch[512];
        if (queued < 256 && random_below(&random, 3)) {
            bodies[queued] = random_below(&random, 600);
            assert_ok(put(&queue, (uint8_t)queued, bodies[queued], &total));
            queued++;
        }
        struct bytes next = peer_queue_next(&queue, scratch, sizeof(scratch));
        assert_int_equal(next.size == 0, queue.count == 0);
        if (next.size)
            next.size = 1 + random_below(&random, next.size);
        struct bytes rest = next;
        for (;;) {
            struct peer_frame frame;
            bool is_whole;
            assert_ok(peer_frame_read(&reader, &rest, &is_whole, &frame));
            if (!is_whole)
                break;
            check_frame(&frame, (uint8_t)seen, bodies[seen]);
            seen++;
        }
        ended += peer_queue_sent(&queue, next.size);
    }
    assert_int_equal(ended, 256);
    assert_int_equal(queue.charge, 0);
    assert_int_equal(total, 0);
    peer_queue_free(&queue);
    peer_frame_reader_free(&reader);
}

static void test_a_queue_refuses_what_goes_beyond_its_bound(void **state)
{
    static const size_t bodies[] = {0, 100, 60000};
    for (size_t i = 0; i < 3; i++) {
        struct peer_queue queue = {.limit = 1u << 20};
        size_t total = 0, count = 0;
        while (!put(&queue, 1, bodies[i], &total))
            count++;
        assert_true(count * (bodies[i] + 5) > (1u << 20) / 10);
        assert_true(count * (bodies[i] + 5) <= 1u << 20);
        assert_true(total <= 1u << 20);
        assert_int_equal(put(&queue, 1, bodies[i], &total), ERR_FULL);
        peer_queue_free(&queue);
        assert_int_equal(total, 0);
        assert_ok(put(&queue, 1, bodies[i], &total));
        peer_queue_free(&queue);
    }
}

static void test_a_message_in_many_queues_is_there_once(void **state)
{
    struct peer_queue queues[50];
    uint8_t body[1000] = {0}, scratch[10];
    size_t total = 0;
    struct peer_message *message =
        peer_message_new(1, bytes_make(body, sizeof(body)), &total);
    for (size_t i = 0; i < 50; i++) {
        queues[i] = (struct peer_queue){.limit = 1u << 20};
        assert_ok(peer_queue_put(&queues[i], message));
    }
    peer_message_release(message);
    assert_int_equal(total, 1005);
    for (size_t i = 0; i < 50; i++) {
        assert_int_equal(
            peer_queue_next(&queues[i], scratch, sizeof(scratch)).size, 1005);
        assert_int_equal(peer_queue_sent(&queues[i], 1005), 1);
        peer_queue_free(&queues[i]);
    }
    assert_int_equal(total, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_come_whole_from_pieces_of_any_size),
        cmocka_unit_test(test_a_frame_may_have_the_limits_size_and_no_more),
        cmocka_unit_test(test_a_claimed_size_takes_no_memory),
        cmocka_unit_test(test_memory_of_a_large_frame_is_given_back),
        cmocka_unit_test(test_what_is_queued_is_read_in_order),
        cmocka_unit_test(test_a_queue_refuses_what_goes_beyond_its_bound),
        cmocka_unit_test(test_a_message_in_many_queues_is_there_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
