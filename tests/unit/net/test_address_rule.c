/*
 * Which addresses may be connected to; and over real sockets, that no way of
 * writing an address, no name and no proxy leads around the rule.
 */
#include "test.h"

#include "base/error.h"
#include "base/memory.h"
#include "net/address_rule.h"
#include "net/http_client.h"
#include "net/http_server.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>

enum class { CLASS_PUBLIC, CLASS_PRIVATE, CLASS_LOOPBACK, CLASS_OTHER };

/* By the first of the rules that allows the address: each includes the one
 * before it. */
static enum class class_of_address(const struct sockaddr *address) {
    if (address_rule_allows(&address_rule_public, address)) return CLASS_PUBLIC;
    if (address_rule_allows(&address_rule_private,
                            address)) return CLASS_PRIVATE;
    return address_rule_allows(&address_rule_loopback, address) ? CLASS_LOOPBACK
                                                                : CLASS_OTHER;
}

static enum class class_of(const char *text) {
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, text, &in.sin_addr) ==
        1) return class_of_address((struct sockaddr *)&in);
    assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
    return class_of_address((struct sockaddr *)&in6);
}

static void test_addresses_are_classed_as_the_registries_say(void **state)
{
    static const struct {
        const char *text;
        enum class class;
    } cases[] = {
        {"8.8.8.8", CLASS_PUBLIC},
        {"93.184.216.34", CLASS_PUBLIC},
        {"172.15.255.255", CLASS_PUBLIC},
        {"172.16.0.0", CLASS_PRIVATE},
        {"172.31.255.255", CLASS_PRIVATE},
        {"172.32.0.0", CLASS_PUBLIC},
        {"10.1.2.3", CLASS_PRIVATE},
        {"192.168.0.1", CLASS_PRIVATE},
        {"100.64.0.1", CLASS_PRIVATE},
        {"100.63.255.255", CLASS_PUBLIC},
        {"100.128.0.0", CLASS_PUBLIC},
        {"169.254.169.254", CLASS_PRIVATE}, /* cloud metadata */
        {"168.63.129.16", CLASS_PRIVATE},   /* Azure's */
        {"100.100.100.200", CLASS_PRIVATE}, /* Alibaba's */
        {"192.0.0.192", CLASS_OTHER},       /* Oracle's */
        {"127.0.0.1", CLASS_LOOPBACK},
        {"127.255.255.254", CLASS_LOOPBACK},
        {"0.0.0.0", CLASS_LOOPBACK},
        {"224.0.0.1", CLASS_OTHER},
        {"255.255.255.255", CLASS_OTHER},
        {"192.0.2.1", CLASS_OTHER},
        {"203.0.113.9", CLASS_OTHER},
        {"2606:4700::1111", CLASS_PUBLIC},
        {"::1", CLASS_LOOPBACK},
        {"::", CLASS_LOOPBACK},
        {"fe80::1", CLASS_PRIVATE},
        {"febf::1", CLASS_PRIVATE},
        {"fd00::1", CLASS_PRIVATE},
        {"fd00:ec2::254", CLASS_PRIVATE}, /* Amazon's */
        {"fc12::1", CLASS_PRIVATE},
        {"ff02::1", CLASS_OTHER},
        {"2001:db8::1", CLASS_OTHER},
        {"4000::1", CLASS_OTHER}, /* not given out */
        /* Other words for IPv4 addresses. */
        {"::ffff:127.0.0.1", CLASS_LOOPBACK},
        {"::ffff:10.0.0.1", CLASS_PRIVATE},
        {"::ffff:8.8.8.8", CLASS_PUBLIC},
        {"::127.0.0.1", CLASS_LOOPBACK},
        {"64:ff9b::7f00:1", CLASS_LOOPBACK},
        {"64:ff9b::808:808", CLASS_PUBLIC},
        {"2002:7f00:1::", CLASS_LOOPBACK},
        {"2002:a00:1::", CLASS_PRIVATE},
        {"64:ff9b:1::7f00:1", CLASS_OTHER},  /* local NAT64, RFC 8215 */
        {"::ffff:0:127.0.0.1", CLASS_OTHER}, /* translated, RFC 2765 */
        {"2001::7f00:1", CLASS_OTHER},       /* Teredo */
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (class_of(cases[i].text) != cases[i].class)
            fail_msg("%s is classed %d", cases[i].text,
                     class_of(cases[i].text));
}

static void test_each_rule_includes_the_one_before(void **state)
{
    static const struct address_rule *const rules[] = {
        &address_rule_public, &address_rule_private, &address_rule_loopback,
        &address_rule_any};
    static const struct {
        const char *address;
        bool allowed[4];
    } cases[] = {
        {"8.8.8.8", {true, true, true, true}},
        {"10.0.0.1", {false, true, true, true}},
        {"127.0.0.1", {false, false, true, true}},
        {"224.0.0.1", {false, false, false, true}},
    };
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr other = {.sa_family = AF_UNIX};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        inet_pton(AF_INET, cases[i].address, &in.sin_addr);
        for (int rule = 0; rule < 4; rule++)
            assert_int_equal(
                address_rule_allows(rules[rule], (struct sockaddr *)&in),
                cases[i].allowed[rule]);
    }
    assert_false(address_rule_allows(&address_rule_loopback, &other));
}

static void test_rules_have_names(void **state)
{
    const struct address_rule *rule;

    assert_ok(address_rule_parse("private", &rule));
    assert_ptr_equal(rule, &address_rule_private);
    assert_string_equal(address_rule_name(rule), "private");
    assert_null(address_rule_name(&address_rule_any));
    assert_int_equal(address_rule_parse("any", &rule), ERR_INVALID);
    assert_int_equal(address_rule_parse("", &rule), ERR_INVALID);
}

/* ---- over sockets ---- */

/* Names end in ".test" here: what they resolve to is the test's to say, and the
 * resolver of this program is asked by libcurl as well. */
static const char *rebinding[2];
static atomic_uint resolved;

int getaddrinfo(const char *name, const char *service,
                const struct addrinfo *hints, struct addrinfo **out)
{
    int (*real)(const char *, const char *, const struct addrinfo *,
                struct addrinfo **) = NULL;

    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (name && strstr(name, ".test"))
        name = rebinding[atomic_fetch_add(&resolved, 1) ? 1 : 0];
    return real(name, service, hints, out);
}

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

/* A server that counts its requests, and redirects if it has a target. */
struct place {
    struct http_server *server;
    const char *redirect;
    atomic_uint requests;
};

static void answer(void *user, struct http_exchange *exchange)
{
    struct place *place = user;

    atomic_fetch_add(&place->requests, 1);
    if (place->redirect) {
        http_answer_header(exchange, "Location", place->redirect);
        http_answer_text(exchange, 302, "over there");
    } else {
        http_answer_text(exchange, 200, "secret");
    }
}

static void open_place(struct place *place, const char *address)
{
    const struct http_server_options options = {
        .handler = answer, .address = address, .user = place};

    assert_ok(http_server_start(&options, &place->server));
}

static struct visit fetch(const char *url, const struct address_rule *rule)
{
    const struct http_request request = {.url = url};
    struct http_client *client;
    struct visit visit = {0};
    uv_loop_t loop;

    assert_int_equal(uv_loop_init(&loop), 0);
    client = http_client_new(&loop, rule);
    http_client_start(client, &request, on_done, &visit);
    while (!visit.is_done)
        uv_run(&loop, UV_RUN_ONCE);
    http_client_close(client);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    return visit;
}

static void test_no_spelling_of_this_machine_is_let_through(void **state)
{
    static const char *const hosts[] = {
        "127.0.0.1",       "127.1",      "0x7f.1",      "0x7f000001",
        "017700000001",    "2130706433", "0",           "0.0.0.0",
        "localhost",       "localhost.", "%6cocalhost", "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]", "[::1]",      "[::]",        "user@127.0.0.1"};
    struct place place = {0};

    open_place(&place, NULL);
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        char *url = mem_format("http://%s:%u/admin?x=y", hosts[i],
                               http_server_port(place.server));
        int status = fetch(url, &address_rule_private).status;

        /* Some of them are no addresses to libcurl, or IPv6 is not there. */
        if (status != ERR_DENIED && status != ERR_NETWORK &&
            status != ERR_INVALID)
            fail_msg("%s: %d", url, status);
        free(url);
    }
    assert_int_equal(place.requests, 0);
    char *url = mem_format("http://127.1:%u/", http_server_port(place.server));
    assert_int_equal(fetch(url, &address_rule_public).status, ERR_DENIED);
    assert_int_equal(fetch(url, &address_rule_loopback).http_status, 200);
    assert_int_equal(place.requests, 1);
    free(url);
    http_server_stop(place.server);
}

static void test_a_wait_is_held_to_its_rule(void **state)
{
    struct place place = {0};
    struct http_response response;

    open_place(&place, NULL);
    char *url =
        mem_format("http://localhost:%u/", http_server_port(place.server));
    const struct http_request request = {.url = url};
    assert_int_equal(
        http_client_wait(&address_rule_private, &request, &response),
        ERR_DENIED);
    assert_int_equal(place.requests, 0);
    free(url);
    http_server_stop(place.server);
}

/* The name means a public address before the request, and this machine when the
 * request is made. */
static void test_a_name_that_changes_its_meaning_gains_nothing(void **state)
{
    struct place place = {0};
    struct addrinfo *found;

    open_place(&place, NULL);
    rebinding[0] = "93.184.216.34";
    rebinding[1] = "127.0.0.1";
    atomic_store(&resolved, 0);
    assert_int_equal(getaddrinfo("peer.test", "80", NULL, &found), 0);
    assert_int_equal(class_of_address(found->ai_addr), CLASS_PUBLIC);
    freeaddrinfo(found);
    char *url =
        mem_format("http://peer.test:%u/", http_server_port(place.server));
    assert_int_equal(fetch(url, &address_rule_public).status, ERR_DENIED);
    assert_true(resolved >= 2);
    assert_int_equal(place.requests, 0);
    free(url);
    http_server_stop(place.server);
}

/* Lets a test call one loopback address foreign. */
static bool all_but_127_0_0_2(void *user, const struct sockaddr *address)
{
    const struct sockaddr_in *in = (const struct sockaddr_in *)address;

    return ntohl(in->sin_addr.s_addr) != 0x7f000002;
}

struct walk {
    char *location;
    bool is_done;
    int status;
};

static void on_step(void *user, int status, struct http_response *response)
{
    struct walk *walk = user;

    walk->is_done = true;
    walk->status = status;
    free(walk->location);
    walk->location = NULL;
    if (status || response->status != 302)
        return;
    struct bytes value = http_response_header(response, "Location");
    walk->location =
        mem_format("%.*s", (int)value.size, (const char *)value.data);
}

/* A redirect is walked step by step, by the client that made the first one and
 * may have kept its connection. */
static void test_a_redirect_leads_no_further_than_the_rule(void **state)
{
    static const char *const hosts[] = {"127.0.0.2", "0x7f.0.0.2",
                                        "2130706434"};
    const struct address_rule rule = {.allows = all_but_127_0_0_2};
    struct place inner = {0}, outer = {0};
    uv_loop_t loop;

    uv_loop_init(&loop);
    open_place(&inner, "127.0.0.2");
    open_place(&outer, NULL);
    char *url =
        mem_format("http://127.0.0.1:%u/", http_server_port(outer.server));
    struct http_client *client = http_client_new(&loop, &rule);
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        char *target = mem_format("http://%s:%u/", hosts[i],
                                  http_server_port(inner.server));
        struct walk walk = {.location = mem_text(url)};

        outer.redirect = target;
        while (walk.location) {
            walk.is_done = false;
            http_client_start(client,
                              &(struct http_request){.url = walk.location},
                              on_step, &walk);
            while (!walk.is_done)
                uv_run(&loop, UV_RUN_ONCE);
        }
        assert_int_equal(walk.status, ERR_DENIED);
        free(target);
    }
    assert_int_equal(outer.requests, 3);
    assert_int_equal(inner.requests, 0);
    http_client_close(client);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    free(url);
    http_server_stop(outer.server);
    http_server_stop(inner.server);
}

/* The address asked about would be the proxy's, and the proxy would connect to
 * wherever it is sent. */
static void test_no_proxy_leads_around_the_rule(void **state)
{
    static const char *const names[] = {"http_proxy", "all_proxy", "ALL_PROXY"};
    struct place proxy = {0};

    open_place(&proxy, NULL);
    rebinding[0] = rebinding[1] = "224.0.0.1";
    char *url =
        mem_format("http://127.0.0.1:%u", http_server_port(proxy.server));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        setenv(names[i], url, 1);
    assert_int_equal(fetch("http://peer.test/", &address_rule_loopback).status,
                     ERR_DENIED);
    assert_int_equal(proxy.requests, 0);
    /* Without a rule it is asked. */
    assert_int_equal(fetch("http://peer.test/", &address_rule_any).http_status,
                     200);
    assert_int_equal(proxy.requests, 1);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unsetenv(names[i]);
    free(url);
    http_server_stop(proxy.server);
}

static struct sockaddr_storage address_of(const char *text)
{
    struct sockaddr_storage address = {0};
    struct sockaddr_in *in = (struct sockaddr_in *)&address;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address;

    if (inet_pton(AF_INET, text, &in->sin_addr) == 1)
        in->sin_family = AF_INET;
    else if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1)
        in6->sin6_family = AF_INET6;
    return address;
}

static void test_a_rule_for_one_machine_knows_its_forms(void **state)
{
    static const struct {
        const char *one, *other;
        bool is_same;
    } cases[] = {
        {"203.0.113.7", "203.0.113.7", true},
        {"203.0.113.7", "::ffff:203.0.113.7", true},
        {"::ffff:203.0.113.7", "203.0.113.7", true},
        {"203.0.113.7", "203.0.113.8", false},
        {"203.0.113.7", "64:ff9b::203.0.113.7", false},
        {"2001:db8::1", "2001:db8::1", true},
        {"2001:db8::1", "2001:db8::2", false},
        {"127.0.0.1", "127.0.0.2", false},
        {"127.0.0.1", "::1", false},
        {"no address", "no address", false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct sockaddr_storage one = address_of(cases[i].one),
                                other = address_of(cases[i].other);
        const struct address_rule rule = address_rule_only(&one);

        assert_int_equal(address_rule_allows(&rule, (struct sockaddr *)&other),
                         cases[i].is_same);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_rule_for_one_machine_knows_its_forms),
        cmocka_unit_test(test_addresses_are_classed_as_the_registries_say),
        cmocka_unit_test(test_each_rule_includes_the_one_before),
        cmocka_unit_test(test_rules_have_names),
        cmocka_unit_test(test_no_spelling_of_this_machine_is_let_through),
        cmocka_unit_test(test_a_wait_is_held_to_its_rule),
        cmocka_unit_test(test_a_name_that_changes_its_meaning_gains_nothing),
        cmocka_unit_test(test_a_redirect_leads_no_further_than_the_rule),
        cmocka_unit_test(test_no_proxy_leads_around_the_rule),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
