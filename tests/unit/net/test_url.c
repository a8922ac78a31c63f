#include "test.h"

#include "base/error.h"
#include "net/url.h"

static int parse(const char *text, struct url *url)
{
    return url_parse(bytes_text(text), url);
}

static void assert_text(struct bytes bytes, const char *text)
{
    assert_int_equal(bytes.size, strlen(text));
    assert_memory_equal(bytes.data ? bytes.data : (const uint8_t *)"", text,
                        bytes.size);
}

static void test_url_is_taken_apart(void **state)
{
    struct url url;
    assert_ok(parse("http://Example.org:8080/a/b?c=d#e", &url));
    assert_string_equal(url.scheme, "http");
    assert_string_equal(url.host, "example.org");
    assert_int_equal(url.port, 8080);
    assert_text(url.target, "/a/b?c=d");

    assert_ok(parse("WSS://h?x", &url));
    assert_string_equal(url.scheme, "wss");
    assert_int_equal(url.port, 443);
    assert_text(url.target, "?x");

    assert_ok(parse("https://h:/", &url));
    assert_int_equal(url.port, 443);
}

static void test_ipv6_address_stands_in_brackets(void **state)
{
    struct url url;
    struct buffer authority = {0};
    assert_ok(parse("ws://[::1]:10900", &url));
    assert_string_equal(url.host, "::1");
    assert_true(url.host_is_ipv6);
    assert_int_equal(url.target.size, 0);
    url_authority(&url, &authority);
    assert_text(buffer_view(&authority), "[::1]:10900");
    buffer_free(&authority);
}

static void test_what_is_no_url_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "http://",
        "http:///path",
        "example.org",
        "ftp://example.org/",
        "http//example.org",
        "http://user:secret@example.org/",
        "http://h:0/",
        "http://h:65536/",
        "http://h:99999999999999999999/",
        "http://h:8a/",
        "http://[::1",
        "http://[::1]x/",
        "http://a b/",
        "http://h/a b",
        "http://h/\r\nHost: other",
        "http://h\xc3\xa4/",
        "http://h%41/",
    };
    struct url url;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        assert_int_equal(parse(wrong[i], &url), ERR_INVALID);
        assert_true(strlen(err_text()) > 0);
    }
}

static void test_too_long_a_host_is_refused(void **state)
{
    char text[400];
    struct url url;
    strcpy(text, "http://");
    memset(text + 7, 'a', 255);
    text[7 + 255] = 0;
    assert_ok(parse(text, &url));
    text[7 + 255] = 'a';
    text[7 + 256] = 0;
    assert_int_equal(parse(text, &url), ERR_INVALID);
}

static void test_percent_encoding_is_undone(void **state)
{
    struct buffer out = {0};
    assert_ok(url_decode(bytes_text("a%20b%2Fc+d%c3%A4"), false, &out));
    assert_text(buffer_view(&out), "a b/c+d\xc3\xa4");
    buffer_clear(&out);
    assert_ok(url_decode(bytes_text("a+b%2B"), true, &out));
    assert_text(buffer_view(&out), "a b+");
    buffer_free(&out);
}

static void test_broken_percent_encoding_is_refused(void **state)
{
    static const char *const wrong[] = {
        "%", "%4", "a%4", "%zz", "%0g", "x%00y", "%ff", "%c3", "%ed%a0%80"};
    struct buffer out = {0};
    buffer_text(&out, "kept");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        assert_int_equal(url_decode(bytes_text(wrong[i]), false, &out),
                         ERR_INVALID);
        assert_text(buffer_view(&out), "kept");
    }
    buffer_free(&out);
}

static void test_encoding_comes_back(void **state)
{
    struct buffer encoded = {0}, decoded = {0};
    const char *text = "a b/ä?&=%+~._-\x7f";
    url_encode(bytes_text(text), &encoded);
    assert_null(memchr(encoded.data, ' ', encoded.size));
    assert_null(memchr(encoded.data, '&', encoded.size));
    assert_ok(url_decode(buffer_view(&encoded), true, &decoded));
    assert_text(buffer_view(&decoded), text);
    buffer_free(&encoded);
    buffer_free(&decoded);
}

static void test_query_parameters_are_found(void **state)
{
    struct bytes path, query;
    struct buffer value = {0};
    url_split(bytes_text("/p?&a=1&&b=x%26y&flag&c%20d=e&a=2"), &path, &query);
    assert_text(path, "/p");
    assert_ok(url_query_get(query, "a", &value));
    assert_ok(url_query_get(query, "b", &value));
    assert_ok(url_query_get(query, "flag", &value));
    assert_ok(url_query_get(query, "c d", &value));
    assert_text(buffer_view(&value), "1x&ye");
    assert_int_equal(url_query_get(query, "d", &value), ERR_NOT_FOUND);
    assert_int_equal(url_query_get((struct bytes){0}, "d", &value),
                     ERR_NOT_FOUND);
    assert_int_equal(url_query_get(bytes_text("d=%"), "d", &value),
                     ERR_INVALID);
    buffer_free(&value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_url_is_taken_apart),
        cmocka_unit_test(test_ipv6_address_stands_in_brackets),
        cmocka_unit_test(test_what_is_no_url_is_refused),
        cmocka_unit_test(test_too_long_a_host_is_refused),
        cmocka_unit_test(test_percent_encoding_is_undone),
        cmocka_unit_test(test_broken_percent_encoding_is_refused),
        cmocka_unit_test(test_encoding_comes_back),
        cmocka_unit_test(test_query_parameters_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
