/*
 * Which addresses a task may reach; and over a real connection, redirects and
 * names included.
 */
#include "test.h"

#include "base/error.h"
#include "base/memory.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "node/reach/network_rules.h"

#include <arpa/inet.h>

static enum network_class class_of(const char *text)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
        return network_class_of((struct sockaddr *)&in);
    assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
    return network_class_of((struct sockaddr *)&in6);
}

static void test_addresses_are_classed_as_the_registries_say(void **state)
{
    static const struct {
        const char *text;
        enum network_class class;
    } cases[] = {
        {"8.8.8.8", NETWORK_PUBLIC},
        {"93.184.216.34", NETWORK_PUBLIC},
        {"172.15.255.255", NETWORK_PUBLIC},
        {"172.16.0.0", NETWORK_PRIVATE},
        {"172.31.255.255", NETWORK_PRIVATE},
        {"172.32.0.0", NETWORK_PUBLIC},
        {"10.1.2.3", NETWORK_PRIVATE},
        {"192.168.0.1", NETWORK_PRIVATE},
        {"100.64.0.1", NETWORK_PRIVATE},
        {"100.63.255.255", NETWORK_PUBLIC},
        {"100.128.0.0", NETWORK_PUBLIC},
        {"169.254.169.254", NETWORK_PRIVATE}, /* cloud metadata */
        {"127.0.0.1", NETWORK_LOOPBACK},
        {"127.255.255.254", NETWORK_LOOPBACK},
        {"0.0.0.0", NETWORK_LOOPBACK},
        {"224.0.0.1", NETWORK_OTHER},
        {"255.255.255.255", NETWORK_OTHER},
        {"192.0.2.1", NETWORK_OTHER},
        {"203.0.113.9", NETWORK_OTHER},
        {"2606:4700::1111", NETWORK_PUBLIC},
        {"::1", NETWORK_LOOPBACK},
        {"::", NETWORK_LOOPBACK},
        {"fe80::1", NETWORK_PRIVATE},
        {"febf::1", NETWORK_PRIVATE},
        {"fd00::1", NETWORK_PRIVATE},
        {"fc12::1", NETWORK_PRIVATE},
        {"ff02::1", NETWORK_OTHER},
        {"2001:db8::1", NETWORK_OTHER},
        {"4000::1", NETWORK_OTHER}, /* not given out */
        /* Other words for IPv4 addresses. */
        {"::ffff:127.0.0.1", NETWORK_LOOPBACK},
        {"::ffff:10.0.0.1", NETWORK_PRIVATE},
        {"::ffff:8.8.8.8", NETWORK_PUBLIC},
        {"::127.0.0.1", NETWORK_LOOPBACK},
        {"64:ff9b::7f00:1", NETWORK_LOOPBACK},
        {"64:ff9b::808:808", NETWORK_PUBLIC},
        {"2002:7f00:1::", NETWORK_LOOPBACK},
        {"2002:a00:1::", NETWORK_PRIVATE},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (class_of(cases[i].text) != cases[i].class)
            fail_msg("%s is classed %d", cases[i].text,
                     class_of(cases[i].text));
}

static void test_each_rule_includes_the_one_before(void **state)
{
    static const struct {
        const char *address;
        bool allowed[3]; /* public, private, loopback */
    } cases[] = {
        {"8.8.8.8", {true, true, true}},
        {"10.0.0.1", {false, true, true}},
        {"127.0.0.1", {false, false, true}},
        {"224.0.0.1", {false, false, false}},
    };
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr other = {.sa_family = AF_UNIX};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        inet_pton(AF_INET, cases[i].address, &in.sin_addr);
        for (int rule = 0; rule < 3; rule++)
            assert_int_equal(network_is_allowed((enum node_network)rule,
                                                (struct sockaddr *)&in),
                             cases[i].allowed[rule]);
    }
    assert_false(network_is_allowed(NODE_NETWORK_LOOPBACK, &other));
}

static void test_urls_of_peers_are_held_to_the_rule(void **state)
{
    assert_true(
        network_url_is_allowed(NODE_NETWORK_PUBLIC, "http://8.8.8.8:30017"));
    assert_true(
        network_url_is_allowed(NODE_NETWORK_PUBLIC, "http://peer.example"));
    assert_false(
        network_url_is_allowed(NODE_NETWORK_PUBLIC, "http://127.0.0.1:6379"));
    assert_false(
        network_url_is_allowed(NODE_NETWORK_PUBLIC, "http://[::1]:6379/"));
    assert_false(network_url_is_allowed(NODE_NETWORK_PRIVATE,
                                        "http://[::ffff:127.0.0.1]/"));
    assert_false(network_url_is_allowed(NODE_NETWORK_LOOPBACK, "not a url"));
    assert_true(
        network_url_is_allowed(NODE_NETWORK_LOOPBACK, "http://127.0.0.1:1"));
}

static void test_rules_have_names(void **state)
{
    enum node_network rule;

    assert_ok(network_rule_parse("private", &rule));
    assert_int_equal(rule, NODE_NETWORK_PRIVATE);
    assert_int_equal(network_rule_parse("everything", &rule), ERR_INVALID);
}

/* ---- over a connection ---- */

struct visit {
    bool is_done;
    int status;
    unsigned http_status;
};

static void on_done(void *user, int status, struct http_response *response)
{
    struct visit *visit = user;

    visit->is_done = true;
    visit->status = status;
    visit->http_status = status == 0 ? response->status : 0;
}

static void answer(void *user, struct http_exchange *exchange)
{
    http_answer_text(exchange, 200, "secret");
}

static bool allow_public(void *user, const struct sockaddr *address)
{
    return network_is_allowed(NODE_NETWORK_PUBLIC, address);
}

static struct visit fetch(const char *url, http_address_allowed *allowed,
                          void *user)
{
    const struct http_request request = {.url = url};
    struct http_client *client;
    struct visit visit = {0};
    uv_loop_t loop;

    assert_int_equal(uv_loop_init(&loop), 0);
    client = http_client_new(&loop);
    http_client_restrict(client, allowed, user);
    http_client_start(client, &request, on_done, &visit);
    while (!visit.is_done)
        uv_run(&loop, UV_RUN_ONCE);
    http_client_close(client);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    return visit;
}

static void test_a_private_server_is_not_reached(void **state)
{
    struct http_server *server;
    const struct http_server_options options = {.handler = answer};
    struct visit visit;
    char *url;

    assert_ok(http_server_start(&options, &server));
    url = mem_format("http://127.0.0.1:%u/", http_server_port(server));
    visit = fetch(url, allow_public, NULL);
    assert_int_equal(visit.status, ERR_DENIED);
    free(url);
    /* Nor by a name that only resolves to it. */
    url = mem_format("http://localhost:%u/", http_server_port(server));
    visit = fetch(url, allow_public, NULL);
    assert_int_equal(visit.status, ERR_DENIED);
    free(url);
    http_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_are_classed_as_the_registries_say),
        cmocka_unit_test(test_each_rule_includes_the_one_before),
        cmocka_unit_test(test_urls_of_peers_are_held_to_the_rule),
        cmocka_unit_test(test_rules_have_names),
        cmocka_unit_test(test_a_private_server_is_not_reached),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
