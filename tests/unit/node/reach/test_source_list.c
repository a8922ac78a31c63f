/*
 * What is asked for evidence and code, and in which order.
 */
#include "test.h"

#include "base/memory.h"
#include "node/reach/source_list.h"

#include <stdlib.h>

static const char *const two_gateways[] = {"http://one.example",
                                           "http://two.example", NULL};

static struct node_options options = {.network = &address_rule_public,
                                      .gateways = two_gateways};
static const struct node_parts parts = {.options = &options,
                                        .public_url = "http://8.8.8.8:1"};

static void test_many_peers_do_not_push_the_gateways_out(void **state)
{
    struct source_list list;
    char *urls[100];
    bool room = true;

    source_list_init(&list, &parts);
    for (unsigned i = 0; i < 100; i++) {
        urls[i] = mem_format("http://8.8.4.4:%u", i + 1);
        room = source_list_add_peer(&list, &parts, urls[i]);
    }
    assert_false(room);
    source_list_add_gateways(&list, &parts);
    assert_int_equal(list.count, REMOTE_SOURCES_MAX);
    assert_string_equal(list.items[0].url, urls[0]);
    assert_ptr_equal(list.items[0].rule, &address_rule_public);
    assert_string_equal(list.items[list.count - 2].url, two_gateways[0]);
    assert_string_equal(list.items[list.count - 1].url, two_gateways[1]);
    assert_ptr_equal(list.items[list.count - 1].rule, &address_rule_any);
    for (unsigned i = 0; i < 100; i++)
        free(urls[i]);
}

static void test_many_gateways_do_not_push_the_peers_out(void **state)
{
    const char *gateways[100];
    struct node_options many = options;
    struct node_parts other = parts;
    struct source_list list;

    for (size_t i = 0; i < 99; i++)
        gateways[i] = "http://gateway.example";
    gateways[99] = NULL;
    many.gateways = gateways;
    other.options = &many;
    source_list_init(&list, &other);
    assert_int_equal(list.peers_max, REMOTE_SOURCES_MAX / 2);
    assert_true(source_list_add_peer(&list, &other, "http://8.8.4.4:1"));
    source_list_add_gateways(&list, &other);
    assert_int_equal(list.count, REMOTE_SOURCES_MAX);
    assert_string_equal(list.items[0].url, "http://8.8.4.4:1");
}

static void test_each_once_and_never_this_node(void **state)
{
    struct source_list list;

    source_list_init(&list, &parts);
    assert_true(source_list_add_peer(&list, &parts, NULL));
    assert_true(source_list_add_peer(&list, &parts, parts.public_url));
    assert_true(source_list_add_peer(&list, &parts, "http://127.0.0.1:1"));
    assert_true(source_list_add_peer(&list, &parts, "http://8.8.4.4:1/?a"));
    assert_int_equal(list.count, 0);
    assert_true(source_list_add_peer(&list, &parts, "http://8.8.4.4:1"));
    assert_true(source_list_add_peer(&list, &parts, "http://8.8.4.4:1"));
    assert_int_equal(list.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_peers_do_not_push_the_gateways_out),
        cmocka_unit_test(test_many_gateways_do_not_push_the_peers_out),
        cmocka_unit_test(test_each_once_and_never_this_node),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
