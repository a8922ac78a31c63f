/* The worker's end of the socket: order, and when messages are handed out. */
#include "test.h"

#include "base/error.h"
#include "runtime/worker/worker_channel.h"

#include <sys/socket.h>
#include <unistd.h>

struct seen {
    uv_loop_t loop;
    struct worker_channel channel;
    char heads[64]; /* one after the other */
    bool is_over;
};

static void received(void *user, const struct message *message)
{
    struct seen *seen = user;

    if (message)
        strncat(seen->heads, (const char *)message->head.data,
                message->head.size);
    else
        seen->is_over = true;
}

static void put(int fd, const char *const *heads, size_t count)
{
    struct buffer bytes = {0};

    for (size_t i = 0; i < count; i++)
        message_write(&bytes, bytes_text(heads[i]), (struct bytes){0});
    assert_int_equal(send(fd, bytes.data, bytes.size, 0), bytes.size);
    buffer_free(&bytes);
}

static void close_handle(uv_handle_t *handle, void *user)
{
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* The engine is not ready for a message before it has begun to listen. */
static void test_what_came_with_the_first_message_comes_from_the_loop(void **st)
{
    static const char *const together[] = {"{\"start\":1}", "{\"a\":1}",
                                           "{\"b\":2}"};
    static const char *const later[] = {"{\"c\":3}"};
    struct seen seen = {0};
    struct message first;
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(uv_loop_init(&seen.loop), 0);
    worker_channel_init(&seen.channel, ends[0]);
    put(ends[1], together, 3);
    assert_ok(worker_channel_wait(&seen.channel, &first));
    assert_true(bytes_equal(first.head, bytes_text(together[0])));
    put(ends[1], later, 1);
    worker_channel_listen(&seen.channel, &seen.loop, received, &seen);
    assert_string_equal(seen.heads, "");
    while (strlen(seen.heads) < 21)
        uv_run(&seen.loop, UV_RUN_ONCE);
    assert_string_equal(seen.heads, "{\"a\":1}{\"b\":2}{\"c\":3}");
    assert_false(seen.is_over);
    close(ends[1]);
    while (!seen.is_over)
        uv_run(&seen.loop, UV_RUN_ONCE);
    uv_walk(&seen.loop, close_handle, NULL);
    uv_run(&seen.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&seen.loop), 0);
    buffer_free(&seen.channel.reader.received);
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_what_came_with_the_first_message_comes_from_the_loop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
