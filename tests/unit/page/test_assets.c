/* A server whose handler is page_answer() alone, and what it answers. The table
 * is the built one; the tests hold for one without the page, too. */
#include "../net/net_test.h"

#include "net/http_server.h"
#include "page/page_assets.h"

static struct http_server *server;
static enum page_door door;
static bool was_others;

static void answer(void *user, struct http_exchange *exchange)
{
    was_others = !page_answer(exchange, door);
    if (was_others)
        http_answer_text(exchange, 200, "somebody else's");
}

static int set_up(void **state)
{
    const struct http_server_options options = {.handler = answer};

    door = PAGE_OF_NODE;
    return http_server_start(&options, &server);
}

static int tear_down(void **state)
{
    http_server_stop(server);
    return 0;
}

static bool is_built(void)
{
    return page_assets[0].path != NULL;
}

/* The whole answer, ended by a NUL. headers: further lines, with their ends. */
static struct buffer ask(const char *method, const char *path,
                         const char *headers)
{
    struct buffer question = {0}, found = {0};

    buffer_format(&question,
                  "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                  "Connection: close\r\n%s\r\n",
                  method, path, headers);
    raw_ask(http_server_port(server), buffer_string(&question), &found);
    buffer_free(&question);
    buffer_string(&found); /* adds the NUL behind the bytes */
    return found;
}

static bool has(const struct buffer *found, const char *text)
{
    return strstr((const char *)found->data, text) != NULL;
}

static struct bytes body_of(const struct buffer *found)
{
    const char *end = strstr((const char *)found->data, "\r\n\r\n");

    assert_non_null(end);
    return bytes_make(end + 4, found->size - (size_t)((const uint8_t *)end + 4 -
                                                      found->data));
}

static void test_a_page_is_found_by_its_door(void **state)
{
    static const uint8_t byte;
    const struct page_asset table[] = {
        {"/index.html", "text/html", "\"1\"", &byte, 1, 1},
        {"/explorer.html", "text/html", "\"2\"", &byte, 1, 1},
        {"/a/main-1.js", "text/javascript", "\"3\"", &byte, 1, 1},
        {0},
    };

    assert_ptr_equal(page_asset_find(table, PAGE_OF_NODE, "/"), &table[0]);
    assert_ptr_equal(page_asset_find(table, PAGE_OF_CHAIN, "/"), &table[1]);
    assert_ptr_equal(page_asset_find(table, PAGE_OF_CHAIN, "/a/main-1.js"),
                     &table[2]);
    assert_null(page_asset_find(table, PAGE_OF_NODE, "/index.html"));
    assert_null(page_asset_find(table, PAGE_OF_NODE, "/a/main-2.js"));
    assert_null(page_asset_find(table, PAGE_OF_NODE, "/a/"));
    assert_null(page_asset_find(table, PAGE_OF_NODE, "/a/../index.html"));
    assert_null(page_asset_find(table, PAGE_OF_NODE, ""));
}

static void test_every_answer_has_the_headers(void **state)
{
    static const char *const paths[] = {"/", "/a/none.js"};

    for (size_t i = 0; i < 2; i++) {
        struct buffer found = ask("GET", paths[i], "");

        assert_true(has(&found, "\r\nContent-Security-Policy: default-src "
                                "'none'; script-src 'self';"));
        assert_true(has(&found, "frame-ancestors 'none'"));
        assert_true(has(&found, "require-trusted-types-for 'script'"));
        assert_true(has(&found, "\r\nX-Content-Type-Options: nosniff\r\n"));
        assert_true(has(&found, "\r\nX-Frame-Options: DENY\r\n"));
        assert_true(has(&found, "\r\nReferrer-Policy: no-referrer\r\n"));
        assert_true(
            has(&found, "\r\nCross-Origin-Opener-Policy: same-origin\r\n"));
        assert_true(
            has(&found, "\r\nCross-Origin-Resource-Policy: same-origin\r\n"));
        assert_true(has(&found, "\r\nOrigin-Agent-Cluster: ?1\r\n"));
        assert_false(has(&found, "Access-Control-"));
        buffer_free(&found);
    }
}

static void test_what_is_not_the_pages_is_left_alone(void **state)
{
    struct buffer found = ask("GET", "/api/1/node", "");

    assert_true(has(&found, "somebody else's"));
    assert_true(was_others);
    buffer_free(&found);
}

static void test_a_name_that_there_is_not(void **state)
{
    struct buffer found = ask("GET", "/a/none.js", "");

    assert_true(has(&found, is_built() ? "HTTP/1.1 404" : "HTTP/1.1 501"));
    assert_true(has(&found, "\r\nCache-Control: no-store\r\n"));
    buffer_free(&found);
    found = ask("POST", "/", "Content-Length: 0\r\n");
    assert_true(has(&found, "HTTP/1.1 405"));
    assert_true(has(&found, "\r\nAllow: GET, HEAD\r\n"));
    buffer_free(&found);
}

static void test_the_page_is_kept_by_its_etag(void **state)
{
    struct buffer header = {0}, found;
    const struct page_asset *asset =
        page_asset_find(page_assets, PAGE_OF_NODE, "/");

    if (!is_built())
        return;
    assert_non_null(asset);
    found = ask("GET", "/", "");
    assert_true(has(&found, "HTTP/1.1 200"));
    assert_true(has(&found, "\r\nCache-Control: no-cache\r\n"));
    assert_true(has(&found, asset->etag));
    buffer_free(&found);
    buffer_format(&header, "If-None-Match: \"other\", W/%s\r\n", asset->etag);
    found = ask("GET", "/", buffer_string(&header));
    assert_true(has(&found, "HTTP/1.1 304"));
    assert_int_equal(body_of(&found).size, 0);
    buffer_free(&found);
    buffer_free(&header);
    found = ask("GET", "/", "If-None-Match: \"other\"\r\n");
    assert_true(has(&found, "HTTP/1.1 200"));
    buffer_free(&found);
}

/* Both doors' pages, and every file that they name, one after the other. */
static void test_every_file_comes_whole_both_ways(void **state)
{
    for (size_t i = 0; is_built() && page_assets[i].path; i++) {
        const struct page_asset *asset = &page_assets[i];
        bool is_door = strncmp(asset->path, "/a/", 3) != 0;
        const char *path = is_door ? "/" : asset->path;

        door =
            strstr(asset->path, "explorer.html") ? PAGE_OF_CHAIN : PAGE_OF_NODE;
        struct buffer small =
            ask("GET", path, "Accept-Encoding: br;q=1, gzip;q=0.5\r\n");
        struct buffer large = ask("GET", path, "Accept-Encoding: gzip;q=0\r\n");

        assert_true(has(&small, "\r\nContent-Encoding: gzip\r\n"));
        assert_true(has(&small, asset->type));
        assert_int_equal(body_of(&small).size, asset->gzipped_size);
        assert_memory_equal(body_of(&small).data, asset->gzipped,
                            asset->gzipped_size);
        assert_false(has(&large, "\r\nContent-Encoding"));
        assert_int_equal(body_of(&large).size, asset->size);
        assert_true(has(&large, is_door
                                    ? "no-cache\r\n"
                                    : "public, max-age=31536000, immutable"));
        buffer_free(&small);
        buffer_free(&large);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_page_is_found_by_its_door),
        cmocka_unit_test(test_every_answer_has_the_headers),
        cmocka_unit_test(test_what_is_not_the_pages_is_left_alone),
        cmocka_unit_test(test_a_name_that_there_is_not),
        cmocka_unit_test(test_the_page_is_kept_by_its_etag),
        cmocka_unit_test(test_every_file_comes_whole_both_ways),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
