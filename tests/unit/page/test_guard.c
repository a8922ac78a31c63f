/* Who may ask: the judgement, and a server behind it. */
#include "../net/net_test.h"

#include "net/http_server.h"
#include "page/cookie.h"
#include "page/page_guard.h"

#include <netinet/in.h>
#include <unistd.h>

static const struct page_guard plain = {.user = 1000};

static struct page_request request_to(const char *host)
{
    return (struct page_request){
        .method = "GET", .path = PAGE_PATH_API, .host = host};
}

static void test_loopback_names_are_known_in_their_spellings(void **state)
{
    static const char *const good[] = {
        "127.0.0.1",   "127.0.0.1:30019",  "localhost",  "localhost:1",
        "LOCALHOST:1", "LocalHost.:30019", "localhost.", "127.0.0.1.",
        "[::1]",       "[::1]:30019",      "127.0.0.1:", "localhost:65535"};

    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        const struct page_request request = request_to(good[i]);

        if (page_guard_judge(&plain, &request) != PAGE_PASS)
            fail_msg("%s was refused", good[i]);
    }
}

static void test_other_hosts_are_refused_in_their_spellings(void **state)
{
    static const char *const bad[] = {
        "evil.example",
        "evil.example:30019",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil.localhost",
        "bafy.ipfs.localhost:30017",
        "localhost..",
        "127.0.0.1..:1",
        "127.0.0.2",
        "127.1",
        "0.0.0.0",
        "2130706433",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "[::]",
        "[::1].",
        "[::ffff:127.0.0.1]",
        "[0:0:0:0:0:0:0:1]",
        "::1",
        "localhost@evil.example",
        "evil.example@localhost",
        "localhost:port",
        "localhost:1:2",
        "localhost:123456",
        "localhost:-1",
        "localhost /",
        " localhost",
        "localhost,evil.example",
        "localh\xc3\xb6st",
        "",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        const struct page_request request = request_to(bad[i]);

        if (page_guard_judge(&plain, &request) != PAGE_HOST)
            fail_msg("%s was let in", bad[i]);
    }
    const struct page_request none = request_to(NULL);
    assert_int_equal(page_guard_judge(&plain, &none), PAGE_HOST);
    struct page_request two = request_to("localhost");
    two.has_two = true;
    assert_int_equal(page_guard_judge(&plain, &two), PAGE_HOST);
}

static void test_an_origin_must_be_the_ports_own(void **state)
{
    static const struct {
        const char *host, *origin;
        bool passes;
    } cases[] = {
        {"127.0.0.1:30019", "http://127.0.0.1:30019", true},
        {"localhost:30019", "http://LOCALHOST:30019", true},
        {"[::1]:30019", "http://[::1]:30019", true},
        {"localhost.:30019", "http://localhost.:30019", true},
        {"127.0.0.1:30019", "http://127.0.0.1:30017", false},
        {"127.0.0.1:30019", "http://127.0.0.1", false},
        {"127.0.0.1:30019", "http://localhost:30019", false},
        {"127.0.0.1:30019", "https://127.0.0.1:30019", false},
        {"127.0.0.1:30019", "http://127.0.0.1:30019.evil.example", false},
        {"127.0.0.1:30019", "http://127.0.0.1:300190", false},
        {"127.0.0.1:30019", "null", false},
        {"127.0.0.1:30019", "", false},
        {"127.0.0.1:30019", "file://", false},
        {"127.0.0.1:30019", "127.0.0.1:30019", false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct page_request request = request_to(cases[i].host);

        request.origin = cases[i].origin;
        assert_int_equal(page_guard_judge(&plain, &request),
                         cases[i].passes ? PAGE_PASS : PAGE_ORIGIN);
    }
}

static enum page_verdict judge_site(enum page_path path, const char *site,
                                    const char *mode, const char *dest)
{
    struct page_request request = request_to("127.0.0.1:30019");

    request.path = path;
    request.fetch_site = site;
    request.fetch_mode = mode;
    request.fetch_dest = dest;
    return page_guard_judge(&plain, &request);
}

static void test_other_sites_may_only_navigate_to_the_page(void **state)
{
    const enum page_path page = PAGE_PATH_PAGE, api = PAGE_PATH_API;

    assert_int_equal(judge_site(api, "same-origin", "cors", "empty"),
                     PAGE_PASS);
    assert_int_equal(judge_site(api, "same-site", "cors", "empty"),
                     PAGE_ORIGIN);
    assert_int_equal(judge_site(api, "cross-site", "no-cors", "image"),
                     PAGE_ORIGIN);
    assert_int_equal(judge_site(api, "none", "navigate", "document"),
                     PAGE_ORIGIN);
    assert_int_equal(judge_site(api, "cross-site", "navigate", "document"),
                     PAGE_ORIGIN);
    assert_int_equal(judge_site(page, "none", "navigate", "document"),
                     PAGE_PASS);
    assert_int_equal(judge_site(page, "cross-site", "navigate", "document"),
                     PAGE_PASS);
    assert_int_equal(judge_site(page, "same-site", "navigate", "iframe"),
                     PAGE_ORIGIN);
    assert_int_equal(judge_site(page, "same-site", "no-cors", "script"),
                     PAGE_ORIGIN);
}

static void test_only_the_own_user_and_root_may_connect(void **state)
{
    struct page_request request = request_to("127.0.0.1:30019");

    request.owner = SOCKET_OWNER_KNOWN;
    request.user = 1000;
    assert_int_equal(page_guard_judge(&plain, &request), PAGE_PASS);
    request.user = 0;
    assert_int_equal(page_guard_judge(&plain, &request), PAGE_PASS);
    request.user = 1001;
    assert_int_equal(page_guard_judge(&plain, &request), PAGE_USER);
    request.owner = SOCKET_OWNER_GONE;
    request.user = 0;
    assert_int_equal(page_guard_judge(&plain, &request), PAGE_USER);
    request.owner = SOCKET_OWNER_UNKNOWN;
    assert_int_equal(page_guard_judge(&plain, &request), PAGE_PASS);
}

static void test_a_proxy_is_let_in_by_its_name_and_user(void **state)
{
    const struct page_guard guard = {.user = 1000,
                                     .host = "pond.example",
                                     .host_user = 33,
                                     .has_host_user = true};
    struct page_request request = request_to("pond.example");

    request.owner = SOCKET_OWNER_KNOWN;
    request.user = 33;
    request.origin = "https://pond.example";
    request.forwarded_proto = "https";
    assert_int_equal(page_guard_judge(&guard, &request), PAGE_PASS);
    request.forwarded_proto = NULL;
    assert_int_equal(page_guard_judge(&guard, &request), PAGE_ORIGIN);
    request.origin = "http://pond.example";
    assert_int_equal(page_guard_judge(&guard, &request), PAGE_PASS);
    request.origin = NULL;
    request.host = "127.0.0.1:30019"; /* its user counts for its name alone */
    assert_int_equal(page_guard_judge(&guard, &request), PAGE_USER);
    request.host = "other.example";
    assert_int_equal(page_guard_judge(&guard, &request), PAGE_HOST);
    /* A loopback name never counts as https. */
    request = request_to("localhost:1");
    request.origin = "https://localhost:1";
    request.forwarded_proto = "https";
    assert_int_equal(page_guard_judge(&guard, &request), PAGE_ORIGIN);
}

static void test_options_is_never_answered(void **state)
{
    struct page_request request = request_to("127.0.0.1:30019");

    request.method = "OPTIONS";
    request.origin = "http://127.0.0.1:30019";
    assert_int_equal(page_guard_judge(&plain, &request), PAGE_METHOD);
}

/* ---- the kernel's list ---- */

static struct sockaddr_storage v4(const char *address, uint16_t port)
{
    struct sockaddr_storage storage = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&storage;

    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    assert_int_equal(inet_pton(AF_INET, address, &v4->sin_addr), 1);
    return storage;
}

/* Lines of this machine's byte order, as on x86-64 and arm64. */
static void test_a_line_of_the_kernels_list_is_read(void **state)
{
    static const char line[] =
        "  12: 0100007F:C350 0100007F:7543 01 00000000:00000000 00:00000000 "
        "00000000  1000        0 345678 1 0000000000000000 20 4 30 10 -1\n";
    static const char mapped[] =
        "   1: 0000000000000000FFFF00000100007F:C350 "
        "0000000000000000FFFF00000100007F:7543 01 00000000:00000000 "
        "02:000004F1 00000000  1001        0 9 1\n";
    static const char closed[] =
        "   3: 0100007F:C350 0100007F:7543 06 00000000:00000000 03:00001770 "
        "00000000     0        0 0 3 0000000000000000\n";
    const struct sockaddr_storage own = v4("127.0.0.1", 30019);
    const struct sockaddr_storage other = v4("127.0.0.1", 50000);
    const struct sockaddr_storage third = v4("127.0.0.1", 50001);
    uid_t user = 7;

    if (htonl(1) == 1)
        skip();
    assert_int_equal(socket_owner_read(line, false, &own, &other, &user),
                     SOCKET_OWNER_KNOWN);
    assert_int_equal(user, 1000);
    assert_int_equal(socket_owner_read(mapped, true, &own, &other, &user),
                     SOCKET_OWNER_KNOWN);
    assert_int_equal(user, 1001);
    assert_int_equal(socket_owner_read(closed, false, &own, &other, &user),
                     SOCKET_OWNER_GONE);
    assert_int_equal(socket_owner_read(line, false, &own, &third, &user),
                     SOCKET_OWNER_UNKNOWN);
    /* This end's own line is not the other end's. */
    assert_int_equal(socket_owner_read(line, false, &other, &own, &user),
                     SOCKET_OWNER_UNKNOWN);
    assert_int_equal(socket_owner_read("", false, &own, &other, &user),
                     SOCKET_OWNER_UNKNOWN);
    assert_int_equal(socket_owner_read("  sl  local_address rem_address   st",
                                       false, &own, &other, &user),
                     SOCKET_OWNER_UNKNOWN);
}

static void test_a_real_connections_owner_is_found(void **state)
{
    struct sockaddr_storage own = {0}, other = {0},
                            address = v4("127.0.0.1", 0);
    socklen_t size = sizeof(struct sockaddr_in);
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    uid_t user = 12345;

    assert_int_equal(bind(listening, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listening, 1), 0);
    assert_int_equal(getsockname(listening, (struct sockaddr *)&address, &size),
                     0);
    assert_int_equal(connect(client, (struct sockaddr *)&address, size), 0);
    int accepted = accept(listening, NULL, NULL);
    size = sizeof(own);
    assert_int_equal(getsockname(accepted, (struct sockaddr *)&own, &size), 0);
    size = sizeof(other);
    assert_int_equal(getpeername(accepted, (struct sockaddr *)&other, &size),
                     0);
    assert_int_equal(socket_owner_find(&own, &other, &user),
                     SOCKET_OWNER_KNOWN);
    assert_int_equal(user, getuid());
    /* Who has closed and gone is nobody, and not root. */
    close(client);
    assert_int_equal(socket_owner_find(&own, &other, &user), SOCKET_OWNER_GONE);
    close(accepted);
    close(listening);
}

/* ---- cookies ---- */

static void check_cookies(const char *header, const char *name,
                          const char *expected)
{
    struct bytes rest = bytes_text(header), value;
    struct buffer found = {0};

    while (cookie_next(&rest, name, &value)) {
        buffer_bytes(&found, value);
        buffer_u8(&found, '|');
    }
    assert_string_equal(buffer_string(&found), expected);
    buffer_free(&found);
}

static void test_all_cookies_of_a_name_are_found(void **state)
{
    check_cookies("pond-a=1", "pond-a", "1|");
    check_cookies("x=y; pond-a=1; z=w", "pond-a", "1|");
    check_cookies("pond-a=planted; pond-b=2; pond-a=own", "pond-a",
                  "planted|own|");
    check_cookies("pond-ab=1; xpond-a=2; pond-a =3;pond-a=4", "pond-a", "3|4|");
    check_cookies("pond-a", "pond-a", "");
    check_cookies("pond-a=", "pond-a", "|");
    check_cookies(";;=;pond-a;=pond-a; pond-a=b=c", "pond-a", "b=c|");
    check_cookies("", "pond-a", "");
}

/* ---- behind a server ---- */

static struct http_server *server;

static void on_begun(void *user, struct http_exchange *exchange)
{
    page_guard_look(exchange);
}

static void on_request(void *user, struct http_exchange *exchange)
{
    const struct page_guard guard = {.user = getuid()};

    if (page_guard_pass(&guard, exchange, PAGE_PATH_PAGE, false))
        http_answer_text(exchange, 200, "in");
}

static struct buffer ask(const char *head)
{
    struct buffer found = {0};

    raw_ask(http_server_port(server), head, &found);
    buffer_string(&found);
    return found;
}

static void check_answer(const char *head, const char *begin, const char *part)
{
    struct buffer found = ask(head);

    if (strncmp((char *)found.data, begin, strlen(begin)) != 0 ||
        !strstr((char *)found.data, part))
        fail_msg("%s gave %s", head, found.data);
    buffer_free(&found);
}

static void test_a_refusal_says_what_to_do(void **state)
{
    const struct http_server_options options = {.begin = on_begun,
                                                .handler = on_request};

    assert_ok(http_server_start(&options, &server));
    check_answer("GET / HTTP/1.1\r\nHost: localhost:1\r\nConnection: "
                 "close\r\n\r\n",
                 "HTTP/1.1 200", "in");
    check_answer("GET / HTTP/1.1\r\nHost: evil.example\r\nAccept: "
                 "text/html\r\nConnection: close\r\n\r\n",
                 "HTTP/1.1 421", "<h1>");
    check_answer("GET / HTTP/1.1\r\nHost: evil.example\r\nAccept: "
                 "text/html\r\nConnection: close\r\n\r\n",
                 "HTTP/1.1 421", "--page-host");
    check_answer("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: "
                 "close\r\n\r\n",
                 "HTTP/1.1 421", "{\"error\":{\"code\":\"host\"");
    check_answer("OPTIONS / HTTP/1.1\r\nHost: localhost\r\nConnection: "
                 "close\r\n\r\n",
                 "HTTP/1.1 405", "Allow:");
    check_answer("GET / HTTP/1.1\r\nHost: localhost\r\nHost: "
                 "evil.example\r\nConnection: close\r\n\r\n",
                 "HTTP/1.1 4", "");
    http_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loopback_names_are_known_in_their_spellings),
        cmocka_unit_test(test_other_hosts_are_refused_in_their_spellings),
        cmocka_unit_test(test_an_origin_must_be_the_ports_own),
        cmocka_unit_test(test_other_sites_may_only_navigate_to_the_page),
        cmocka_unit_test(test_only_the_own_user_and_root_may_connect),
        cmocka_unit_test(test_a_proxy_is_let_in_by_its_name_and_user),
        cmocka_unit_test(test_options_is_never_answered),
        cmocka_unit_test(test_a_line_of_the_kernels_list_is_read),
        cmocka_unit_test(test_a_real_connections_owner_is_found),
        cmocka_unit_test(test_all_cookies_of_a_name_are_found),
        cmocka_unit_test(test_a_refusal_says_what_to_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
