/* What a report hides, and what stays readable in it. */
#include "../../test.h"

#include "base/base58.h"
#include "base/error.h"
#include "base/memory.h"
#include "crypto/key.h"
#include "node/page/report_mask.h"

#include <stdlib.h>

static const char values[] = "{\"API_KEY\":\"sk-12345\",\"LONGER\":\"sk-12345-"
                             "and-more\",\"ON\":\"true\","
                             "\"QUOTED\":\"say \\\"hi\\\"\",\"NUMBER\":5}";

static char shown[20000];

static const char *mask(struct bytes text)
{
    struct report_mask *one = report_mask_new(values, "/home/alice");
    struct buffer out = {0};

    report_mask_write(one, text, &out);
    report_mask_free(one);
    assert_true(out.size < sizeof(shown));
    memcpy(shown, out.data ? out.data : (const uint8_t *)"", out.size);
    shown[out.size] = 0;
    buffer_free(&out);
    return shown;
}

#define MASKED(text, expected)                                                 \
    assert_string_equal(mask(bytes_text(text)), expected)

static void test_values_of_variables_are_hidden_in_each_form(void **state)
{
    MASKED("key sk-12345, again sk-12345-and-more.",
           "key [hidden], again [hidden].");
    MASKED("say \"hi\" and {\"a\":\"say \\\"hi\\\"\"}",
           "[hidden] and {\"a\":\"[hidden]\"}");
    /* Too short to be hidden everywhere. */
    MASKED("{\"is_active\":true}", "{\"is_active\":true}");
    MASKED("", "");
}

static void test_secret_keys_are_hidden_and_signatures_are_not(void **state)
{
    uint8_t seed[32] = {7}, bytes[64];
    struct keypair pair;
    struct buffer key = {0};

    keypair_from_seed(seed, &pair);
    memcpy(bytes, seed, 32);
    memcpy(bytes + 32, pair.pubkey.bytes, 32);
    base58_encode((struct bytes){bytes, sizeof(bytes)}, &key);
    char *line = mem_format("key %s end", buffer_string(&key));
    MASKED(line, "key [hidden] end");
    free(line);
    bytes[40] ^= 1; /* of nobody: as long as a signature */
    buffer_clear(&key);
    base58_encode((struct bytes){bytes, sizeof(bytes)}, &key);
    MASKED(buffer_string(&key), buffer_string(&key));
    buffer_free(&key);
}

static void test_a_phrase_is_hidden_in_each_form(void **state)
{
#define PHRASE                                                                 \
    "legal winner thank year wave sausage worth useful legal winner thank "    \
    "yellow"
    MASKED("it is " PHRASE ".", "it is [hidden].");
    MASKED("[\"legal\",\"winner\",\"thank\",\"year\",\"wave\",\"sausage\","
           "\"worth\",\"useful\",\"legal\",\"winner\",\"thank\",\"yellow\"]",
           "[\"[hidden]\"]");
    MASKED("words before it: nothing at all " PHRASE " and after",
           "words before it: nothing at all [hidden] and after");
    /* With the word before it, eleven of them are a phrase, too. */
    MASKED("said hidden; " PHRASE " end", "said [hidden] end");
    /* Words of the list, but of no wallet. */
    MASKED("legal winner thank year wave sausage worth useful legal winner "
           "thank thank",
           "legal winner thank year wave sausage worth useful legal winner "
           "thank thank");
}

static void test_what_lets_somebody_in_by_a_url_is_hidden(void **state)
{
    MASKED("POST http://127.0.0.1:8899/?api-key=abc gave 500",
           "POST http://127.0.0.1:8899/?api-key=[hidden] gave 500");
    MASKED("https://rpc.example.org/v2/0123456789abcdef0123: no",
           "https://[address]/v2/[hidden]: no");
    MASKED("wss://user:pass@rpc.example.org:9/x",
           "wss://[hidden]@[address]:9/x");
}

/* A status has no spaces: nothing of a URL is left over at a seam. */
static void test_urls_are_hidden_wherever_pieces_end(void **state)
{
    static const char url[] = "https://a.example/?key=SECRETSECRET";
    char text[12000];

    for (size_t shift = 4000; shift < 4200; shift++) {
        memset(text, 'x', sizeof(text));
        text[10] = text[shift] = '"';
        memcpy(text + shift + 1, url, sizeof(url) - 1);
        text[shift + sizeof(url)] = '"';
        assert_null(strstr(mask((struct bytes){(uint8_t *)text, sizeof(text)}),
                           "SECRET"));
    }
    memset(text, 'x', sizeof(text));
    memcpy(text, "http://a/?k=", 12);
    memcpy(text + 9000, "SECRET", 6);
    MASKED(((text[sizeof(text) - 1] = 0), text), "[hidden]");
}

static void test_addresses_of_others_are_hidden(void **state)
{
    MASKED("peer 203.0.113.7:30017 left, 10.0.0.9 came.",
           "peer [address]:30017 left, [address] came.");
    MASKED("from [2001:db8::7]:30017 or 2001:db8::7, /ip4/1.2.3.4/tcp",
           "from [address]:30017 or [address], /ip4/[address]/tcp");
    MASKED("\"url\":\"http://node.example.org:30017\"",
           "\"url\":\"http://[address]:30017\"");
    MASKED("node.example.org:30017 refused", "[address]:30017 refused");
    MASKED("http://127.0.0.1:1/ http://localhost:2 [::1]:3 0.0.0.0:4 ::",
           "http://127.0.0.1:1/ http://localhost:2 [::1]:3 0.0.0.0:4 ::");
}

static void test_what_only_looks_like_an_address_stays(void **state)
{
    static const char *const texts[] = {
        "2026-11-30T15:58:24.683Z info  task: round 57 has begun",
        "at run (main.js:12:5) and config-task.yml:7",
        "pond 0.1.0, [info] [1,2,3] a:b {\"time\":\"15:58\"}",
        "DfXX9cRbwP9nZ5eGgCsMW3mN3tq1yMv3bYxn2fYk6pQ2",
        "a.b",
        "://",
        "[",
        "[]",
        "]:",
        ".",
        ":::",
        "[hidden]@",
        "\xff\xfe\x80"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        MASKED(texts[i], texts[i]);
}

static void test_a_home_folder_is_a_tilde(void **state)
{
    MASKED("can't open /home/alice/.local/share/pond/x",
           "can't open ~/.local/share/pond/x");
}

static void test_without_anything_known_forms_are_found_still(void **state)
{
    static const char *const odd[] = {NULL, "", "[]", "{", "{\"a\":{}}"};

    for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
        struct report_mask *one = report_mask_new(odd[i], i ? "/" : NULL);
        struct buffer out = {0};

        report_mask_write(one, bytes_text("/a 8.8.8.8"), &out);
        assert_string_equal(buffer_string(&out), "/a [address]");
        buffer_free(&out);
        report_mask_free(one);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_of_variables_are_hidden_in_each_form),
        cmocka_unit_test(test_secret_keys_are_hidden_and_signatures_are_not),
        cmocka_unit_test(test_a_phrase_is_hidden_in_each_form),
        cmocka_unit_test(test_what_lets_somebody_in_by_a_url_is_hidden),
        cmocka_unit_test(test_urls_are_hidden_wherever_pieces_end),
        cmocka_unit_test(test_addresses_of_others_are_hidden),
        cmocka_unit_test(test_what_only_looks_like_an_address_stays),
        cmocka_unit_test(test_a_home_folder_is_a_tilde),
        cmocka_unit_test(test_without_anything_known_forms_are_found_still),
    };

    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
