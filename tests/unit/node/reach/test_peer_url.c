/*
 * Which addresses of peers are made use of.
 */
#include "test.h"

#include "base/error.h"
#include "node/reach/peer_url.h"

static void test_a_peer_s_address_is_a_place_and_no_request(void **state)
{
    static const char *const refused[] = {"http://user@peer.example/",
                                          "http://user:word@peer.example/",
                                          "http://peer.example/?a=b",
                                          "http://peer.example?a=b",
                                          "http://peer.example/#a",
                                          "http://peer.example#",
                                          "http://peer.example/?",
                                          "ftp://peer.example/",
                                          "ws://peer.example/",
                                          "peer.example",
                                          "//peer.example",
                                          "http://peer.example/ x",
                                          "http://peer.example/\r\nx",
                                          "http://",
                                          "",
                                          "file:///etc/passwd"};

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        if (peer_url_check(refused[i]) != ERR_INVALID)
            fail_msg("\"%s\" is taken", refused[i]);
    assert_ok(peer_url_check("http://peer.example"));
    assert_ok(peer_url_check("https://peer.example:8443/pond/"));
    assert_ok(peer_url_check("http://[2606:4700::1111]:30017"));
}

static void test_addresses_in_numbers_are_held_to_the_rule(void **state)
{
    assert_true(
        peer_url_is_allowed(&address_rule_public, "http://8.8.8.8:30017"));
    assert_true(
        peer_url_is_allowed(&address_rule_public, "http://peer.example"));
    assert_false(
        peer_url_is_allowed(&address_rule_public, "http://127.0.0.1:6379"));
    assert_false(
        peer_url_is_allowed(&address_rule_public, "http://[::1]:6379/"));
    assert_false(peer_url_is_allowed(&address_rule_private,
                                     "http://[::ffff:127.0.0.1]/"));
    assert_false(peer_url_is_allowed(&address_rule_loopback, "not a url"));
    assert_false(
        peer_url_is_allowed(&address_rule_loopback, "http://8.8.8.8/?a"));
    assert_true(
        peer_url_is_allowed(&address_rule_loopback, "http://127.0.0.1:1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_peer_s_address_is_a_place_and_no_request),
        cmocka_unit_test(test_addresses_in_numbers_are_held_to_the_rule),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
