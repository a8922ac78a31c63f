#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/redact.h"

#include <stdlib.h>
#include <unistd.h>

static void expect(enum redact_how how, const char *text, const char *shown)
{
    char out[256];
    size_t size = redact_urls(text, strlen(text), how, out, sizeof(out));

    assert_string_equal(out, shown);
    assert_int_equal(size, strlen(shown));
}

static void test_values_of_queries_are_left_out(void **state)
{
    expect(REDACT_QUERIES, "at https://a.example/?api-key=s3cret: it fails",
           "at https://a.example/?api-key=[hidden]: it fails");
    expect(REDACT_QUERIES, "https://a.example?a=1&token=2&bare",
           "https://a.example?a=[hidden]&token=[hidden]&bare");
    expect(REDACT_QUERIES, "https://a.example?0123456789abcdef",
           "https://a.example?[hidden]");
    expect(REDACT_QUERIES, "{\"url\":\"wss://a/?k=v\",\"b\":1}",
           "{\"url\":\"wss://a/?k=[hidden]\",\"b\":1}");
}

static void test_names_before_the_host_are_left_out(void **state)
{
    expect(REDACT_QUERIES, "http://user:pass@host:1/x http://b@c",
           "http://[hidden]@host:1/x http://b@c");
    expect(REDACT_QUERIES, "http://0123456789abcdef@c", "http://[hidden]@c");
    expect(REDACT_QUERIES, "http://host/a@b", "http://host/a@b");
    expect(REDACT_QUERIES, "http://u:p@ss@host", "http://[hidden]@host");
}

static void test_keys_in_paths_are_left_out_where_that_is_wanted(void **state)
{
    static const char url[] = "https://a.example/v2/0123456789abcdef/rpc";

    expect(REDACT_QUERIES, url, url);
    expect(REDACT_PATHS, url, "https://a.example/v2/[hidden]/rpc");
    assert_string_equal(REDACTED_URL(url), "https://a.example/v2/[hidden]/rpc");
    assert_string_equal(REDACTED_URL("http://127.0.0.1:10899"),
                        "http://127.0.0.1:10899");
}

static void test_other_texts_stay(void **state)
{
    static const char *const same[] = {"",
                                       "no URL, a?b=c and x@y",
                                       "http://127.0.0.1:10899",
                                       "://",
                                       "a://",
                                       "what? http://a/b",
                                       "http://h:1/#f",
                                       "http://h/?q#f"};

    for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
        expect(REDACT_PATHS, same[i], same[i]);
}

static void test_a_long_text_is_cut(void **state)
{
    char out[12];

    assert_int_equal(
        redact_urls("http://host/?a=b", 16, REDACT_QUERIES, out, sizeof(out)),
        11);
    assert_string_equal(out, "http://host");
}

/* Whatever logs it, and however the text came about. */
static void test_the_log_has_no_secrets_of_urls(void **state)
{
    char path[] = "/tmp/pond-redact-XXXXXX";
    struct buffer text = {0};
    int descriptor = mkstemp(path);

    assert_true(descriptor >= 0);
    close(descriptor);
    assert_ok(log_configure("info"));
    assert_ok(log_keep(path));
    log_info("test", "%s", "can't reach https://u:p4ss@a/?api-key=s3cret");
    assert_ok(log_keep(NULL));
    assert_ok(file_read(path, 4096, &text));
    assert_non_null(
        strstr(buffer_string(&text), "https://[hidden]@a/?api-key=[hidden]\n"));
    assert_null(strstr(buffer_string(&text), "s3cret"));
    buffer_free(&text);
    assert_ok(file_remove_tree(path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_of_queries_are_left_out),
        cmocka_unit_test(test_names_before_the_host_are_left_out),
        cmocka_unit_test(test_keys_in_paths_are_left_out_where_that_is_wanted),
        cmocka_unit_test(test_other_texts_stay),
        cmocka_unit_test(test_a_long_text_is_cut),
        cmocka_unit_test(test_the_log_has_no_secrets_of_urls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
