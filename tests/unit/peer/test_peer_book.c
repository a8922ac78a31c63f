/* Known peers: their addresses, and when they are dialled. */
#include "test.h"

#include "base/error.h"
#include "peer/peer_book.h"
#include <arpa/inet.h>

static struct pubkey key_of(uint8_t number)
{
    struct pubkey key;
    memset(&key, number, sizeof(key));
    return key;
}

static int add(struct peer_book *book, uint16_t index, uint8_t key,
               const char *address, struct peer_known **out)
{
    struct pubkey identity = key_of(key);
    return peer_book_add(book, index, &identity, &address, address ? 1 : 0,
                         out);
}

static void test_addresses_are_host_and_port(void **state)
{
    static const struct {
        const char *text;
        const char *host;
        uint16_t port;
    } good[] = {
        {"127.0.0.1:8001", "127.0.0.1", 8001},
        {"validator-1.example.org:1", "validator-1.example.org", 1},
        {"[2001:db8::1]:65535", "2001:db8::1", 65535},
    };
    static const char *const bad[] = {
        "",         "host",    ":80",    "host:",      "host:0",
        "h:65536",  "h:+80",   "h:8 0",  "::1:80",     "[::1]",
        "[host]:1", "[::1:80", "a b:80", "http://h:1", "user@h:1",
        "h:000001", "[]:80",   "h:1\n",  "\x7f:1",
    };
    struct peer_address address;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_ok(peer_address_parse(good[i].text, &address));
        assert_string_equal(address.host, good[i].host);
        assert_int_equal(address.port, good[i].port);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (peer_address_parse(bad[i], &address) != ERR_INVALID)
            fail_msg("\"%s\"", bad[i]);
    char text[300];
    memset(text, 'a', sizeof(text));
    memcpy(text + 256, ":80", 4);
    assert_int_equal(peer_address_parse(text, &address), ERR_INVALID);
    assert_ok(peer_address_parse(text + 1, &address));
}

static void test_index_and_identity_belong_together(void **state)
{
    struct peer_book *book = peer_book_new(1);
    struct peer_known *known, *again;
    size_t place = 0;
    assert_ok(add(book, 5, 1, "a:1", &known));
    assert_ok(add(book, 5, 1, NULL, &again));
    assert_ptr_equal(known, again);
    assert_int_equal(known->count, 0);
    assert_int_equal(add(book, 5, 2, "a:1", &again), ERR_EXISTS);
    assert_int_equal(add(book, 6, 1, "a:1", &again), ERR_EXISTS);
    assert_int_equal(add(book, 7, 3, "nonsense", &again), ERR_INVALID);
    assert_null(peer_book_at(book, 7));
    assert_ok(add(book, 0, 2, "a:1", &again));
    assert_ptr_equal(peer_book_next(book, &place), again);
    assert_ptr_equal(peer_book_next(book, &place), known);
    assert_null(peer_book_next(book, &place));
    peer_book_remove(book, known);
    assert_null(peer_book_at(book, 5));
    assert_ok(add(book, 6, 1, "a:1", &again));
    peer_book_free(book);
}

static bool has(const struct peer_book *book, const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = 99};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return peer_book_has_address(book, (struct sockaddr *)&v4);
    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return peer_book_has_address(book, (struct sockaddr *)&v6);
}

static void test_addresses_are_known_in_any_form(void **state)
{
    struct peer_book *book = peer_book_new(1);
    struct peer_known *known;
    struct sockaddr_in seen = {.sin_family = AF_INET};
    assert_ok(add(book, 0, 1, "192.0.2.1:80", &known));
    assert_ok(add(book, 1, 2, "[2001:db8::1]:80", &known));
    assert_ok(add(book, 2, 3, "name.example.org:80", &known));
    assert_true(has(book, "192.0.2.1"));
    assert_true(has(book, "::ffff:192.0.2.1"));
    assert_true(has(book, "2001:db8::1"));
    assert_false(has(book, "192.0.2.2"));
    assert_false(has(book, "198.51.100.1"));
    assert_int_equal(inet_pton(AF_INET, "198.51.100.1", &seen.sin_addr), 1);
    memcpy(&known->seen, &seen, sizeof(seen));
    assert_true(has(book, "198.51.100.1"));
    peer_book_free(book);
}

static void test_rests_double_to_half_a_minute(void **state)
{
    struct peer_book *book = peer_book_new(1);
    struct peer_known *known;
    uint64_t most_ms = PEER_REST_MS_MIN, now_ms = 0;
    assert_ok(add(book, 0, 1, "a:1", &known));
    assert_int_equal(peer_known_dial_ms(known, PEER_VOTES), 0);
    for (unsigned i = 0; i < 20; i++) {
        peer_known_ended(book, known, PEER_VOTES, now_ms, 0);
        uint64_t rest_ms = peer_known_dial_ms(known, PEER_VOTES) - now_ms;
        assert_in_range(rest_ms, most_ms * 3 / 4, most_ms);
        now_ms += rest_ms;
        most_ms =
            most_ms * 2 < PEER_REST_MS_MAX ? most_ms * 2 : PEER_REST_MS_MAX;
    }
    /* One that stood ends the row, one that did not goes on with it. */
    peer_known_ended(book, known, PEER_VOTES, now_ms, PEER_STOOD_MS - 1);
    assert_true(peer_known_dial_ms(known, PEER_VOTES) - now_ms > 20000);
    peer_known_ended(book, known, PEER_VOTES, now_ms, PEER_STOOD_MS);
    assert_true(peer_known_dial_ms(known, PEER_VOTES) - now_ms <= 100);
    peer_book_free(book);
}

static void test_new_addresses_are_tried_at_once(void **state)
{
    struct peer_book *book = peer_book_new(1);
    struct peer_known *known;
    assert_ok(add(book, 0, 1, "a:1", &known));
    for (size_t i = 0; i < 9; i++)
        peer_known_ended(book, known, PEER_VOTES, 0, 0);
    assert_ok(add(book, 0, 1, "a:1", &known));
    assert_true(peer_known_dial_ms(known, PEER_VOTES) > 10000);
    assert_ok(add(book, 0, 1, "a:2", &known));
    assert_int_equal(peer_known_dial_ms(known, PEER_VOTES), 0);
    peer_known_ended(book, known, PEER_VOTES, 0, 0);
    assert_true(peer_known_dial_ms(known, PEER_VOTES) <= 100);
    peer_book_free(book);
}

static void test_only_what_is_wanted_is_dialled(void **state)
{
    struct peer_book *book = peer_book_new(1);
    struct peer_known *known;
    size_t total = 0;
    assert_ok(add(book, 0, 1, NULL, &known));
    assert_true(peer_known_dial_ms(known, PEER_VOTES) == UINT64_MAX);
    assert_ok(add(book, 0, 1, "a:1", &known));
    assert_true(peer_known_dial_ms(known, PEER_VOTES) == 0);
    assert_true(peer_known_dial_ms(known, PEER_BULK) == UINT64_MAX);
    struct peer_message *message = peer_message_new(2, bytes_text("x"), &total);
    assert_ok(peer_queue_put(&known->pending, message));
    peer_message_release(message);
    assert_true(peer_known_dial_ms(known, PEER_BULK) == 0);
    known->is_banned = true;
    assert_true(peer_known_dial_ms(known, PEER_VOTES) == UINT64_MAX);
    assert_true(peer_known_dial_ms(known, PEER_BULK) == UINT64_MAX);
    peer_book_free(book);
    assert_int_equal(total, 0);
}

static void test_each_failure_takes_the_next_address(void **state)
{
    static const char *const addresses[] = {"a:1", "b:2", "c:3"};
    struct peer_book *book = peer_book_new(1);
    struct pubkey identity = key_of(1);
    struct peer_known *known;
    assert_ok(peer_book_add(book, 0, &identity, addresses, 3, &known));
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(known->addresses[known->next].port, i % 3 + 1);
        peer_known_ended(book, known, PEER_VOTES, 0, 0);
    }
    peer_book_free(book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_are_host_and_port),
        cmocka_unit_test(test_index_and_identity_belong_together),
        cmocka_unit_test(test_addresses_are_known_in_any_form),
        cmocka_unit_test(test_rests_double_to_half_a_minute),
        cmocka_unit_test(test_new_addresses_are_tried_at_once),
        cmocka_unit_test(test_only_what_is_wanted_is_dialled),
        cmocka_unit_test(test_each_failure_takes_the_next_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
