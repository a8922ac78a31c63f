/*
 * A program behind the proxy reaches what it may, learns why not of the rest,
 * and can't take more than its share.
 */
#include "name_server.h"

#include "base/buffer.h"
#include "base/error.h"
#include "net/proxy.h"
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* A server that answers "got: " and what it read until the end, and a proxy. */
struct bed {
    uv_loop_t loop;
    uv_async_t done;
    struct proxy *proxy;
    uint16_t lines, http, server;
    int server_socket;
    pthread_t server_thread;
    char refused[512];
    /* What the program sends and reads. */
    uint16_t port;
    const char *request;
    char answer[65536];
    size_t size;
};

static int listen_somewhere(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 64), 0);
    getsockname(fd, (struct sockaddr *)&address, &size);
    *port = ntohs(address.sin_port);
    return fd;
}

static void *serve(void *user)
{
    struct bed *bed = user;
    int fd;
    while ((fd = accept(bed->server_socket, NULL, NULL)) >= 0) {
        char text[8192];
        ssize_t size;
        (void)!write(fd, "got: ", 5);
        while ((size = read(fd, text, sizeof(text))) > 0)
            (void)!write(fd, text, (size_t)size);
        close(fd);
    }
    return NULL;
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
        close(fd);
        return -1;
    }
    return fd;
}

static void *ask(void *user)
{
    struct bed *bed = user;
    ssize_t size;
    int fd = connect_to(bed->port);
    (void)!write(fd, bed->request, strlen(bed->request));
    shutdown(fd, SHUT_WR);
    bed->size = 0;
    while ((size = read(fd, bed->answer + bed->size,
                        sizeof(bed->answer) - 1 - bed->size)) > 0)
        bed->size += (size_t)size;
    bed->answer[bed->size] = 0;
    close(fd);
    uv_async_send(&bed->done);
    return NULL;
}

static void on_done(uv_async_t *done)
{
    uv_stop(done->loop);
}

/* The program sends request to a listener and reads to the end. */
static const char *talk(struct bed *bed, uint16_t port, const char *request)
{
    pthread_t thread;
    bed->port = port;
    bed->request = request;
    assert_int_equal(pthread_create(&thread, NULL, ask, bed), 0);
    uv_run(&bed->loop, UV_RUN_DEFAULT);
    pthread_join(thread, NULL);
    return bed->answer;
}

static void on_refused(void *user, const char *host, uint16_t port,
                       enum proxy_answer answer)
{
    struct bed *bed = user;
    snprintf(bed->refused, sizeof(bed->refused), "%s %u: %s", host, port,
             proxy_answer_text(answer));
}

static void open_proxy(struct bed *bed, struct proxy_options *options)
{
    if (!options->rule)
        options->rule = &address_rule_loopback;
    options->refused = on_refused;
    options->user = bed;
    bed->proxy = proxy_new(&bed->loop, options);
    proxy_listen(bed->proxy, PROXY_LINES, listen_somewhere(&bed->lines));
    proxy_listen(bed->proxy, PROXY_HTTP, listen_somewhere(&bed->http));
}

static int setup(void **state)
{
    static struct bed bed;
    memset(&bed, 0, sizeof(bed));
    uv_loop_init(&bed.loop);
    uv_async_init(&bed.loop, &bed.done, on_done);
    bed.server_socket = listen_somewhere(&bed.server);
    pthread_create(&bed.server_thread, NULL, serve, &bed);
    *state = &bed;
    return 0;
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    proxy_free(bed->proxy);
    uv_close((uv_handle_t *)&bed->done, NULL);
    uv_run(&bed->loop, UV_RUN_DEFAULT);
    shutdown(bed->server_socket, SHUT_RDWR);
    pthread_join(bed->server_thread, NULL);
    close(bed->server_socket);
    return uv_loop_close(&bed->loop);
}

static const char *request_to(const char *format, uint16_t port)
{
    static char text[512];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, sizeof(text), format, port, port);
#pragma GCC diagnostic pop
    return text;
}

static void test_a_line_leads_to_the_host_and_back(void **state)
{
    struct bed *bed = *state;
    struct proxy_statistics statistics;
    open_proxy(bed, &(struct proxy_options){0});
    talk(bed, bed->lines, request_to("127.0.0.1 %u\nhello", bed->server));
    assert_int_equal(bed->size, 11);
    assert_memory_equal(bed->answer, "\0got: hello", 11);
    proxy_statistics(bed->proxy, &statistics);
    assert_int_equal(statistics.opened, 1);
    assert_int_equal(statistics.connections, 0);
    assert_int_equal(statistics.refused, 0);
}

static void test_names_are_looked_up_here(void **state)
{
    struct bed *bed = *state;
    open_proxy(bed, &(struct proxy_options){0});
    talk(bed, bed->lines, request_to("LOCALHOST %u\nhello", bed->server));
    assert_memory_equal(bed->answer, "\0got: hello", 11);
}

static void test_connect_and_absolute_urls(void **state)
{
    struct bed *bed = *state;
    open_proxy(bed, &(struct proxy_options){0});
    assert_string_equal(
        talk(bed, bed->http,
             request_to("CONNECT 127.0.0.1:%u HTTP/1.1\r\nHost: x\r\n\r\nabc",
                        bed->server)),
        "HTTP/1.1 200 Connection established\r\n\r\ngot: abc");
    talk(bed, bed->http,
         request_to("POST http://127.0.0.1:%u/a?b HTTP/1.1\r\nHost: "
                    "127.0.0.1:%u\r\nProxy-Authorization: secret\r\n"
                    "Connection: keep-alive\r\n\r\nbody",
                    bed->server));
    assert_non_null(strstr(bed->answer, "got: POST /a?b HTTP/1.1\r\nHost: "));
    assert_non_null(strstr(bed->answer, "Connection: close\r\n\r\nbody"));
    assert_null(strstr(bed->answer, "secret"));
    assert_null(strstr(bed->answer, "keep-alive"));
}

/* However it is written, and by either way. */
static void test_addresses_that_the_rule_forbids_are_denied(void **state)
{
    static const char *const hosts[] = {
        "127.0.0.1",        "localhost",  "0.0.0.0",
        "169.254.169.254",  "10.0.0.1",   "127.1",
        "0x7f.1",           "2130706433", "::1",
        "::ffff:127.0.0.1", "[::1]"};
    struct bed *bed = *state;
    char text[256];
    open_proxy(bed, &(struct proxy_options){.rule = &address_rule_public});
    for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
        snprintf(text, sizeof(text), "%s %u\nhello", hosts[i], bed->server);
        talk(bed, bed->lines, text);
        if (bed->size != 1 || bed->answer[0] != PROXY_DENIED)
            fail_msg("%s: %zu bytes, %d", hosts[i], bed->size, bed->answer[0]);
        assert_non_null(strstr(bed->refused, "does not let"));
    }
    talk(bed, bed->http,
         request_to("CONNECT localhost:%u HTTP/1.1\r\n\r\n", bed->server));
    assert_non_null(strstr(bed->answer, "HTTP/1.1 403 "));
    talk(bed, bed->http,
         request_to("GET http://127.0.0.1:%u/ HTTP/1.1\r\n\r\n", bed->server));
    assert_non_null(strstr(bed->answer, "HTTP/1.1 403 "));
}

static void test_the_reason_of_a_failure_is_told(void **state)
{
    struct bed *bed = *state;
    uint16_t closed;
    int fd = listen_somewhere(&closed);
    close(fd);
    open_proxy(bed, &(struct proxy_options){0});
    talk(bed, bed->lines, request_to("127.0.0.1 %u\n", closed));
    assert_int_equal(bed->size, 1);
    assert_int_equal(bed->answer[0], PROXY_REFUSED);
    talk(bed, bed->lines, "no-such-host.invalid 80\n");
    assert_int_equal(bed->answer[0], PROXY_NO_HOST);
    assert_string_equal(bed->refused, "no-such-host.invalid 80: no such host");
    talk(bed, bed->http, "CONNECT no-such-host.invalid:80 HTTP/1.1\r\n\r\n");
    assert_non_null(strstr(bed->answer, "HTTP/1.1 502 no such host"));
}

static void test_ports_are_the_operators(void **state)
{
    struct bed *bed = *state;
    const uint16_t ports[] = {443, bed->server};
    open_proxy(bed, &(struct proxy_options){.ports = ports, .port_count = 2});
    talk(bed, bed->lines, request_to("127.0.0.1 %u\nhello", bed->server));
    assert_int_equal(bed->answer[0], PROXY_OPEN);
    talk(bed, bed->lines, "127.0.0.1 8080\n");
    assert_int_equal(bed->answer[0], PROXY_DENIED);
}

static void test_mail_is_not_for_tasks(void **state)
{
    struct bed *bed = *state;
    open_proxy(bed, &(struct proxy_options){0});
    talk(bed, bed->lines, "127.0.0.1 25\n");
    assert_int_equal(bed->answer[0], PROXY_DENIED);
}

static void test_the_node_answers_for_hosts_of_its_own(void **state)
{
    struct bed *bed = *state;
    const struct proxy_host hosts[] = {
        {"gateway.example", 443, "127.0.0.1", bed->server},
        {"*.ipfs.example", 0, "127.0.0.1", bed->server},
    };
    open_proxy(bed, &(struct proxy_options){.rule = &address_rule_public,
                                            .hosts = hosts,
                                            .host_count = 2});
    talk(bed, bed->lines, "Gateway.Example 443\nx");
    assert_memory_equal(bed->answer, "\0got: x", 7);
    talk(bed, bed->lines, "cid.ipfs.example 80\nx");
    assert_memory_equal(bed->answer, "\0got: x", 7);
    talk(bed, bed->lines, request_to("127.0.0.1 %u\nx", bed->server));
    assert_int_equal(bed->answer[0], PROXY_DENIED);
}

static void test_what_is_no_request_is_refused(void **state)
{
    static const char *const lines[] = {
        "\n",        "host\n", "host 0\n",  "host 65536\n", "h/st 80\n",
        "host -1\n", " 80\n",  "a b c d\n", "host 80 \n"};
    static const char *const heads[] = {"GET / HTTP/1.1\r\n\r\n",
                                        "CONNECT host HTTP/1.1\r\n\r\n",
                                        "CONNECT h:0 HTTP/1.1\r\n\r\n",
                                        "GET https://a/ HTTP/1.1\r\n\r\n",
                                        "GET http://u:p@a/ HTTP/1.1\r\n\r\n",
                                        "x\r\n\r\n",
                                        "\r\n\r\n",
                                        "GET http://a/ HTTP/2.0\r\n\r\n"};
    struct bed *bed = *state;
    open_proxy(bed, &(struct proxy_options){0});
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        talk(bed, bed->lines, lines[i]);
        if (bed->size != 1 || bed->answer[0] != PROXY_UNREACHABLE)
            fail_msg("%s: %zu bytes, %d", lines[i], bed->size, bed->answer[0]);
    }
    for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
        if (!strstr(talk(bed, bed->http, heads[i]), "HTTP/1.1 502 "))
            fail_msg("%s: %s", heads[i], bed->answer);
}

static void test_a_head_without_an_end_is_given_up(void **state)
{
    static char text[2 * PROXY_HEAD_MAX];
    struct bed *bed = *state;
    memset(text, 'a', sizeof(text) - 1);
    open_proxy(bed, &(struct proxy_options){0});
    talk(bed, bed->lines, text);
    assert_int_equal(bed->answer[0], PROXY_UNREACHABLE);
}

static void test_connections_are_limited(void **state)
{
    struct bed *bed = *state;
    int first, second;
    open_proxy(bed, &(struct proxy_options){.connections_max = 2});
    first = connect_to(bed->lines);
    second = connect_to(bed->lines);
    talk(bed, bed->lines, request_to("127.0.0.1 %u\nx", bed->server));
    assert_int_equal(bed->size, 1);
    assert_int_equal(bed->answer[0], PROXY_TOO_MANY);
    close(first);
    close(second);
    /* The ends have to be seen first. */
    struct proxy_statistics statistics;
    do {
        uv_run(&bed->loop, UV_RUN_ONCE);
        proxy_statistics(bed->proxy, &statistics);
    } while (statistics.connections);
    talk(bed, bed->lines, request_to("127.0.0.1 %u\nx", bed->server));
    assert_int_equal(bed->answer[0], PROXY_OPEN);
}

/* 20 KB there and back at 40 KB a second take two tenths at least. */
static void test_bytes_are_limited(void **state)
{
    struct bed *bed = *state;
    static char text[20064];
    int at = snprintf(text, sizeof(text), "127.0.0.1 %u\n", bed->server);
    memset(text + at, 'x', 20000);
    open_proxy(bed, &(struct proxy_options){.bytes_per_s = 40000});
    uint64_t began = uv_hrtime();
    talk(bed, bed->lines, text);
    assert_int_equal(bed->size, 20006);
    assert_true(uv_hrtime() - began > 200000000);
}

#define ASKERS 20

static void ask_for_records(struct bed *bed, const char *line, int *askers)
{
    for (int i = 0; i < ASKERS; i++) {
        askers[i] = connect_to(bed->lines);
        assert_true(write(askers[i], line, strlen(line)) > 0);
    }
}

/* More than a task may ask at a time: they wait for each other. */
static void test_all_records_that_are_asked_for_come(void **state)
{
    struct bed *bed = *state;
    struct name_server names;
    int askers[ASKERS];
    name_server_start(&names);
    open_proxy(bed, &(struct proxy_options){.name_server = &names.address});
    ask_for_records(bed, "texts.example txt\n", askers);
    for (int i = 0; i < ASKERS; i++) {
        char answer;
        while (recv(askers[i], &answer, 1, MSG_DONTWAIT) != 1)
            uv_run(&bed->loop, UV_RUN_NOWAIT);
        assert_int_equal(answer, PROXY_OPEN);
        close(askers[i]);
    }
    name_server_stop(&names);
}

static void test_who_asks_much_leaves_places_to_others(void **state)
{
    struct bed *bed = *state;
    struct proxy_statistics statistics = {0};
    struct name_server names;
    int askers[ASKERS];
    name_server_start(&names);
    struct proxy_options options = {.name_server = &names.address};
    open_proxy(bed, &options);
    struct proxy *first = bed->proxy;
    ask_for_records(bed, "silent.example txt\n", askers);
    while (statistics.connections < ASKERS) {
        uv_run(&bed->loop, UV_RUN_NOWAIT);
        proxy_statistics(first, &statistics);
    }
    for (int i = 0; i < ASKERS; i++)
        uv_run(&bed->loop, UV_RUN_NOWAIT);
    open_proxy(bed, &options);
    talk(bed, bed->lines, "texts.example txt\n");
    assert_memory_equal(bed->answer, "\0[[\"", 4);
    proxy_free(first);
    for (int i = 0; i < ASKERS; i++)
        close(askers[i]);
    name_server_stop(&names);
}

static void test_it_can_end_in_the_middle(void **state)
{
    struct bed *bed = *state;
    open_proxy(bed, &(struct proxy_options){0});
    int fd = connect_to(bed->lines);
    const char *request = "no-such-host.invalid 80\n";
    assert_int_equal(write(fd, request, strlen(request)), strlen(request));
    for (int i = 0; i < 3; i++)
        uv_run(&bed->loop, UV_RUN_NOWAIT);
    proxy_free(bed->proxy);
    bed->proxy = NULL;
    close(fd);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_line_leads_to_the_host_and_back),
        TEST(test_names_are_looked_up_here),
        TEST(test_connect_and_absolute_urls),
        TEST(test_addresses_that_the_rule_forbids_are_denied),
        TEST(test_the_reason_of_a_failure_is_told),
        TEST(test_ports_are_the_operators),
        TEST(test_mail_is_not_for_tasks),
        TEST(test_the_node_answers_for_hosts_of_its_own),
        TEST(test_what_is_no_request_is_refused),
        TEST(test_a_head_without_an_end_is_given_up),
        TEST(test_connections_are_limited),
        TEST(test_bytes_are_limited),
        TEST(test_all_records_that_are_asked_for_come),
        TEST(test_who_asks_much_leaves_places_to_others),
        TEST(test_it_can_end_in_the_middle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
