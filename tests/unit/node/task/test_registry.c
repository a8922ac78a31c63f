#include "test.h"

#include "base/error.h"
#include "base/memory.h"
#include "node/money/payload_signing.h"
#include "node/task/registry.h"

static const uint8_t seeds[][32] = {{1}, {2}};

static struct keypair pair(unsigned number)
{
    struct keypair keypair;

    keypair_from_seed(seeds[number], &keypair);
    return keypair;
}

/* The first key has staked; and with an address, if that is given. */
static struct task_view view_of(const char *address)
{
    struct keypair staked = pair(0);
    char *text = mem_format("{\"stake_list\":{\"%s\":5}, "
                            "\"ip_address_list\":{\"%s\":\"%s\"}}",
                            PUBKEY_TEXT(&staked.pubkey),
                            PUBKEY_TEXT(&staked.pubkey), address);
    struct task_view view = {.is_known = true};

    assert_ok(json_parse(bytes_text(text), &view.state));
    free(text);
    return view;
}

/* A registration by a key, signed by it. */
static char *registration(unsigned number, const char *url, unsigned timestamp)
{
    struct keypair keypair = pair(number);
    char *data =
        mem_format("{\"url\":\"%s\",\"timestamp\":%u}", url, timestamp);
    struct buffer signed_text = {0};
    struct signature signature;

    key_sign(&keypair, bytes_text(data), &signature);
    payload_signing_text(&signature, bytes_text(data), &signed_text);
    char *text = mem_format("{\"data\":%s,\"signature\":\"%s\",\"owner\":\"x\","
                            "\"submitterPubkey\":\"%s\",\"tasks\":[]}",
                            data, buffer_string(&signed_text),
                            PUBKEY_TEXT(&keypair.pubkey));
    buffer_free(&signed_text);
    free(data);
    return text;
}

/* Frees the text. */
static int add(struct registry *registry, const struct task_view *view,
               char *text)
{
    struct json_object *tree = NULL;

    assert_ok(json_parse(bytes_text(text), &tree));
    int status = registry_add(registry, view, tree);
    json_object_put(tree);
    free(text);
    return status;
}

static char *written(const struct registry *registry,
                     const struct task_view *view)
{
    struct buffer text = {0};
    struct json_writer writer = json_writer_make(&text);

    json_open_array(&writer);
    registry_write(registry, view, &writer);
    json_close_array(&writer);
    char *copy = mem_text(buffer_string(&text));
    buffer_free(&text);
    return copy;
}

static void test_the_newest_word_of_a_staked_key_is_kept(void **state)
{
    struct task_view view = view_of("");
    struct registry registry = {0};

    assert_ok(add(&registry, &view, registration(0, "http://a.example", 5)));
    assert_int_equal(
        add(&registry, &view, registration(0, "http://b.example", 5)),
        ERR_EXISTS);
    assert_int_equal(
        add(&registry, &view, registration(0, "http://b.example", 4)),
        ERR_EXISTS);
    assert_ok(add(&registry, &view, registration(0, "http://c.example", 6)));
    assert_int_equal(registry.count, 1);
    char *text = written(&registry, &view);
    assert_null(strstr(text, "a.example"));
    assert_non_null(strstr(text, "\"url\":\"http://c.example\""));
    free(text);
    registry_clear(&registry);
    json_object_put(view.state);
}

static void test_who_is_shown_by_the_stake_is_not_shown_twice(void **state)
{
    struct task_view view = view_of("http://on.chain");
    struct registry registry = {0};

    assert_ok(add(&registry, &view, registration(0, "http://a.example", 5)));
    char *text = written(&registry, &view);
    assert_string_equal(text, "[]");
    free(text);
    registry_clear(&registry);
    json_object_put(view.state);
}

static void test_what_nobody_staked_signed_is_refused(void **state)
{
    struct task_view view = view_of("");
    struct registry registry = {0};
    struct keypair other = pair(1);
    char *text = registration(0, "http://a.example", 5), *at;

    assert_int_equal(
        add(&registry, &view, registration(1, "http://a.example", 5)),
        ERR_DENIED);
    assert_int_equal(add(&registry, &view, registration(0, "file:///etc", 5)),
                     ERR_INVALID);
    /* Another's name under it, and another address than was signed. */
    char *forged = mem_text(text);
    at = strstr(forged, "\"submitterPubkey\":\"") + 19;
    memcpy(at, PUBKEY_TEXT(&other.pubkey), 8);
    assert_true(add(&registry, &view, forged) < 0);
    at = strstr(text, "a.example");
    *at = 'b';
    assert_int_equal(add(&registry, &view, text), ERR_INVALID);
    assert_true(add(&registry, &view, mem_text("{}")) < 0);
    assert_true(add(&registry, &view, mem_text("{\"data\":[]}")) < 0);
    assert_int_equal(registry.count, 0);
    registry_clear(&registry);
    json_object_put(view.state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_newest_word_of_a_staked_key_is_kept),
        cmocka_unit_test(test_who_is_shown_by_the_stake_is_not_shown_twice),
        cmocka_unit_test(test_what_nobody_staked_signed_is_refused),
    };

    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
