#include "fixture.h"

#include "net/http_client.h"
#include "net/http_server.h"
#include "storage/files/unixfs_export.h"
#include "storage/files/unixfs_import.h"
#include "storage/format/car_parser.h"
#include "storage/format/dag_pb.h"
#include "storage/keep/car.h"
#include "storage/keep/dag_walk.h"
#include "storage/serve/gateway.h"

static char *folder;
static struct store *store;
static struct http_server *server;
static struct unixfs_entry site; /* index.html, data/big, data/<script> */
static struct buffer big;

static void handle(void *user, struct http_exchange *exchange)
{
    gateway_handle(store, exchange);
}

static void add(struct unixfs_directory *directory, const char *name,
                struct bytes content)
{
    struct unixfs_entry entry;

    assert_ok(unixfs_import_bytes(store, NULL, content, &entry));
    assert_ok(unixfs_directory_add(directory, bytes_text(name), &entry));
}

static int set_up(void **state)
{
    struct http_server_options options = {.handler = handle, .threads = 2};
    struct unixfs_directory *root, *data;
    struct unixfs_entry entry;

    folder = fixture_folder();
    store = fixture_store(folder, 0);
    big = fixture_bytes(3 << 20, 1);
    root = unixfs_directory_new(store, NULL);
    data = unixfs_directory_new(store, NULL);
    add(root, "index.html", bytes_text("<h1>hello</h1>"));
    add(data, "big", buffer_view(&big));
    add(data, "<script>\"&", bytes_text("text"));
    assert_ok(unixfs_directory_finish(data, &entry));
    assert_ok(unixfs_directory_add(root, bytes_text("data"), &entry));
    assert_ok(unixfs_directory_finish(root, &site));
    unixfs_directory_free(root);
    unixfs_directory_free(data);
    assert_ok(http_server_start(&options, &server));
    return 0;
}

static int tear_down(void **state)
{
    http_server_stop(server);
    store_close(store);
    buffer_free(&big);
    fixture_remove(folder);
    return 0;
}

static struct http_response ask(const char *method, const char *cid,
                                const char *rest, const char *header)
{
    const char *headers[] = {header, NULL};
    struct http_request request = {.method = method,
                                   .headers = header ? headers : NULL};
    struct http_response response;
    char *url = mem_format("http://127.0.0.1:%u/ipfs/%s%s",
                           http_server_port(server), cid, rest);

    request.url = url;
    assert_ok(http_client_wait(&address_rule_any, &request, &response));
    free(url);
    return response;
}

static void header_is(const struct http_response *response, const char *name,
                      const char *value)
{
    struct bytes found = http_response_header(response, name);

    if (!bytes_equal(found, bytes_text(value)))
        print_error("%s: %.*s\n", name, (int)found.size,
                    (const char *)found.data);
    assert_true(bytes_equal(found, bytes_text(value)));
}

static void test_a_file_is_served_with_its_type_for_ever(void **state)
{
    struct http_response response =
        ask("GET", CID_TEXT(&site.cid), "/data/big", NULL);

    assert_int_equal(response.status, 200);
    assert_true(bytes_equal(buffer_view(&response.body), buffer_view(&big)));
    header_is(&response, "Content-Type", "application/octet-stream");
    header_is(&response, "Cache-Control",
              "public, max-age=29030400, immutable");
    http_response_free(&response);
    response = ask("GET", CID_TEXT(&site.cid), "/", NULL);
    assert_string_equal(buffer_string(&response.body), "<h1>hello</h1>");
    header_is(&response, "Content-Type", "text/html; charset=utf-8");
    http_response_free(&response);
}

static void range_is(const char *range, unsigned status, size_t first,
                     size_t size, const char *content_range)
{
    struct http_response response =
        ask("GET", CID_TEXT(&site.cid), "/data/big", range);

    assert_int_equal(response.status, status);
    if (content_range)
        header_is(&response, "Content-Range", content_range);
    if (status != 416)
        assert_true(bytes_equal(buffer_view(&response.body),
                                bytes_make(big.data + first, size)));
    http_response_free(&response);
}

static void test_ranges(void **state)
{
    range_is("Range: bytes=0-0", 206, 0, 1, "bytes 0-0/3145728");
    range_is("Range: bytes=1048570-1048580", 206, 1048570, 11,
             "bytes 1048570-1048580/3145728");
    range_is("Range: bytes=3145720-", 206, 3145720, 8,
             "bytes 3145720-3145727/3145728");
    range_is("Range: bytes=3145720-99999999", 206, 3145720, 8,
             "bytes 3145720-3145727/3145728");
    range_is("Range: bytes=-5", 206, 3145723, 5,
             "bytes 3145723-3145727/3145728");
    range_is("Range: bytes=3145728-", 416, 0, 0, "bytes */3145728");
    /* What is not understood is no range. */
    range_is("Range: bytes=5-1", 200, 0, 3145728, NULL);
    range_is("Range: bytes=0-1,5-6", 200, 0, 3145728, NULL);
    range_is("Range: lines=0-1", 200, 0, 3145728, NULL);
    range_is("Range: bytes=abc", 200, 0, 3145728, NULL);
    range_is("Range: bytes=--5", 200, 0, 3145728, NULL);
    range_is("Range: bytes=0--1", 200, 0, 3145728, NULL);
    range_is("Range: bytes=0-+1", 200, 0, 3145728, NULL);
    range_is("Range: bytes=0- 1", 200, 0, 3145728, NULL);
}

static void test_a_known_content_is_not_sent_again(void **state)
{
    struct http_response response =
        ask("GET", CID_TEXT(&site.cid), "/data/big", NULL);
    struct bytes etag = http_response_header(&response, "ETag");
    char *header = mem_format("If-None-Match: \"x\", %.*s", (int)etag.size,
                              (const char *)etag.data);

    http_response_free(&response);
    response = ask("GET", CID_TEXT(&site.cid), "/data/big", header);
    assert_int_equal(response.status, 304);
    assert_int_equal(response.body.size, 0);
    http_response_free(&response);
    free(header);
}

static void test_head_tells_without_sending(void **state)
{
    struct http_response response =
        ask("HEAD", CID_TEXT(&site.cid), "/data/big", NULL);

    assert_int_equal(response.status, 200);
    assert_int_equal(response.body.size, 0);
    header_is(&response, "Content-Length", "3145728");
    http_response_free(&response);
}

static void test_a_folder_redirects_to_its_slash(void **state)
{
    struct http_response response =
        ask("GET", CID_TEXT(&site.cid), "/data?a=b", NULL);
    char *expected = mem_format("/ipfs/%s/data/?a=b", CID_TEXT(&site.cid));

    assert_int_equal(response.status, 301);
    header_is(&response, "Location", expected);
    http_response_free(&response);
    free(expected);
}

static void test_names_in_a_listing_are_escaped(void **state)
{
    struct http_response response =
        ask("GET", CID_TEXT(&site.cid), "/data/", NULL);
    const char *page = buffer_string(&response.body);

    assert_int_equal(response.status, 200);
    assert_null(strstr(page, "<script>"));
    assert_non_null(strstr(page, "&lt;script&gt;&quot;&amp;</a>"));
    assert_non_null(strstr(page, "/data/%3Cscript%3E%22%26\""));
    http_response_free(&response);
    response =
        ask("GET", CID_TEXT(&site.cid), "/data/%3Cscript%3E%22%26", NULL);
    assert_string_equal(buffer_string(&response.body), "text");
    header_is(&response, "Content-Type", "text/plain; charset=utf-8");
    http_response_free(&response);
}

static void test_a_raw_block_is_what_its_cid_says(void **state)
{
    static const char *const ways[][2] = {
        {"?format=raw", NULL}, {"", "Accept: application/vnd.ipld.raw"}};

    for (size_t i = 0; i < 2; i++) {
        struct http_response response =
            ask("GET", CID_TEXT(&site.cid), ways[i][0], ways[i][1]);

        assert_int_equal(response.status, 200);
        header_is(&response, "Content-Type", "application/vnd.ipld.raw");
        assert_ok(cid_verify(&site.cid, buffer_view(&response.body)));
        http_response_free(&response);
    }
}

/* NULL for no type: an error of that status. */
static void format_is(const char *query, const char *accept, unsigned status,
                      const char *type)
{
    struct http_response response =
        ask("GET", CID_TEXT(&site.cid), query, accept);

    if (response.status != status)
        print_error("%s %s: %u\n", query, accept, response.status);
    assert_int_equal(response.status, status);
    if (type)
        header_is(&response, "Content-Type", type);
    http_response_free(&response);
}

static void test_a_format_is_served_as_asked_for_or_refused(void **state)
{
    static const char *const html = "text/html; charset=utf-8";
    static const char *const raw = "application/vnd.ipld.raw";
    static const char *const car =
        "application/vnd.ipld.car; version=1; order=dfs; dups=n";
    static const char *const unknown[] = {"dag-json", "dag-cbor", "json",
                                          "cbor",     "tar",      "ipns-record",
                                          "RAW",      "raw%20",   "rawx"};

    for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++) {
        char *query = mem_format("/?format=%s", unknown[i]);
        format_is(query, NULL, 406, NULL);
        format_is(query, "Accept: application/vnd.ipld.raw", 406, NULL);
        free(query);
    }
    format_is("/?format=", NULL, 200, html);
    format_is("/?format=", "Accept: application/vnd.ipld.raw", 200, raw);
    format_is("/", "Accept: APPLICATION/vnd.IPLD.raw", 200, raw);
    format_is("/", "Accept: text/html,\tapplication/vnd.ipld.raw ;q=0.5", 200,
              raw);
    format_is("/", "Accept: application/vnd.ipld.rawx", 200, html);
    format_is("/", "Accept: x/application/vnd.ipld.raw", 200, html);
    format_is("/", "Accept: application/vnd.ipld.raw;q=0", 200, html);
    format_is("/", "Accept: application/vnd.ipld.raw; Q=0.000, text/html", 200,
              html);
    format_is("/",
              "Accept: application/vnd.ipld.raw;q=0, application/vnd.ipld.car",
              200, car);
    format_is("/", "Accept: ,,;=;,", 200, html);
    format_is("/", "Accept: application/vnd.ipld.car; version=1", 200, car);
    format_is("/", "Accept: application/vnd.ipld.car; version=2", 400, NULL);
    format_is("/?format=car&car-version=1", NULL, 200, car);
    format_is("/?format=car&car-version=2", NULL, 400, NULL);
}

static int read_body(void *user, uint8_t *data, size_t size, size_t *got)
{
    struct bytes *left = user;

    *got = size < left->size ? size : left->size;
    if (*got)
        memcpy(data, left->data, *got);
    left->data += *got;
    left->size -= *got;
    return 0;
}

static void test_a_dag_comes_as_a_car(void **state)
{
    struct http_response response =
        ask("GET", CID_TEXT(&site.cid), "?format=car", NULL);
    char *path = fixture_folder();
    struct store *other = fixture_store(path, 0);
    struct car_import_result result;
    struct bytes left = buffer_view(&response.body);

    assert_int_equal(response.status, 200);
    assert_ok(car_import(other, read_body, &left, 0, &result));
    assert_true(cid_equal(&result.roots[0], &site.cid));
    assert_ok(dag_walk(other, &site.cid, NULL, NULL));
    http_response_free(&response);
    store_close(other);
    fixture_remove(path);
}

/* Fetch a CAR into a new store; how many blocks it had. */
static uint64_t car_blocks(const char *rest, struct store **other, char **path)
{
    struct http_response response = ask("GET", CID_TEXT(&site.cid), rest, NULL);
    struct car_import_result result;
    struct bytes left = buffer_view(&response.body);

    *path = fixture_folder();
    *other = fixture_store(*path, 0);
    assert_int_equal(response.status, 200);
    assert_ok(car_import(*other, read_body, &left, 0, &result));
    assert_true(cid_equal(&result.roots[0], &site.cid));
    http_response_free(&response);
    return result.blocks;
}

static void test_a_car_holds_the_way_and_the_scope_asked_for(void **state)
{
    static const struct {
        const char *rest;
        uint64_t blocks;
    } cases[] = {
        {"/data/big?format=car", 2 + 4},
        {"/data/big?format=car&dag-scope=entity", 2 + 4},
        {"/data/big?format=car&dag-scope=block", 2 + 1},
        {"/data?format=car&dag-scope=entity", 1 + 1},
        {"/data?format=car", 1 + 6},
        {"?format=car&dag-scope=block", 1},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct unixfs_entry found;
        struct store *other;
        char *path;

        assert_int_equal(car_blocks(cases[i].rest, &other, &path),
                         cases[i].blocks);
        /* The path can be followed in what came. */
        if (i < 3)
            assert_ok(unixfs_resolve(other, &site.cid, bytes_text("data/big"),
                                     &found));
        store_close(other);
        fixture_remove(path);
    }
}

static void status_is(const char *method, const char *cid, const char *rest,
                      unsigned status)
{
    struct http_response response = ask(method, cid, rest, NULL);

    if (response.status != status)
        print_error("%s%s: %u %s\n", cid, rest, response.status,
                    buffer_string(&response.body));
    assert_int_equal(response.status, status);
    http_response_free(&response);
}

static void test_wrong_requests_get_the_right_status(void **state)
{
    const char *missing =
        "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e";
    char *root = mem_text(CID_TEXT(&site.cid));

    status_is("GET", missing, "", 404);
    status_is("GET", missing, "?format=raw", 404);
    status_is("GET", missing, "?format=car", 404);
    status_is("GET", root, "/nothing", 404);
    status_is("GET", "nonsense", "", 400);
    status_is("GET", "", "", 400);
    status_is("GET", root, "/data/%2e%2e/index.html", 400);
    status_is("GET", "bafyqacnbmrqxgzdbmlasaaa", "", 400);
    status_is("GET", root, "?format=car&dag-scope=most", 400);
    status_is("POST", root, "", 405);
    free(root);
}

/* ---- names that are no files ---- */

static struct unixfs_entry put_link(const char *target)
{
    struct unixfs_node node = {
        .type = UNIXFS_SYMLINK, .data = bytes_text(target), .has_data = true};
    struct unixfs_entry entry = {.type = UNIXFS_SYMLINK};
    struct buffer message = {0}, block = {0};

    unixfs_encode(&node, NULL, 0, &message);
    dag_pb_write_data(&block, buffer_view(&message));
    cid_of(1, CID_DAG_PB, buffer_view(&block), &entry.cid);
    assert_ok(store_put(store, &entry.cid, buffer_view(&block)));
    buffer_free(&message);
    buffer_free(&block);
    return entry;
}

/* A block of dag-cbor: an empty map. */
static struct unixfs_entry put_cbor(void)
{
    struct unixfs_entry entry = {.type = UNIXFS_FILE};
    struct bytes data = bytes_text("\xa0");

    cid_of(1, CID_DAG_CBOR, data, &entry.cid);
    assert_ok(store_put(store, &entry.cid, data));
    return entry;
}

/* sub/{child, up}, and links: in to sub, out and far out of the root, round to
 * itself, chain to in. */
static struct cid make_linked(void)
{
    struct unixfs_directory *sub = unixfs_directory_new(store, NULL);
    struct unixfs_directory *root = unixfs_directory_new(store, NULL);
    static const char *const links[][2] = {
        {"in", "./sub/"},   {"out", "../x"}, {"abs", "/etc"},
        {"round", "round"}, {"chain", "in"}, {"gone", "nothing"},
    };
    struct unixfs_entry entry;

    entry = put_cbor();
    assert_ok(unixfs_directory_add(sub, bytes_text("child"), &entry));
    entry = put_link("../sub");
    assert_ok(unixfs_directory_add(sub, bytes_text("up"), &entry));
    assert_ok(unixfs_directory_finish(sub, &entry));
    assert_ok(unixfs_directory_add(root, bytes_text("sub"), &entry));
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        entry = put_link(links[i][1]);
        assert_ok(unixfs_directory_add(root, bytes_text(links[i][0]), &entry));
    }
    assert_ok(unixfs_directory_finish(root, &entry));
    unixfs_directory_free(sub);
    unixfs_directory_free(root);
    return entry.cid;
}

static void test_any_codec_below_a_path_and_below_symlinks(void **state)
{
    static const char *const paths[] = {"/sub/child", "/in/child",
                                        "/chain/child", "/in/up/child",
                                        "/chain/up/up/child/"};
    struct cid root = make_linked();
    struct unixfs_entry child = put_cbor();

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        char *raw = mem_format("%s?format=raw", paths[i]);
        char *car = mem_format("%s?format=car", paths[i]);
        struct http_response response;

        response = ask("GET", CID_TEXT(&root), raw, NULL);
        assert_int_equal(response.status, 200);
        assert_true(
            bytes_equal(buffer_view(&response.body), bytes_text("\xa0")));
        http_response_free(&response);
        response = ask("GET", CID_TEXT(&root), car, NULL);
        assert_int_equal(response.status, 200);
        assert_non_null(memmem(response.body.data, response.body.size,
                               child.cid.hash.digest,
                               child.cid.hash.digest_size));
        http_response_free(&response);
        /* The block is not a file. */
        response = ask("GET", CID_TEXT(&root), paths[i], NULL);
        assert_int_equal(response.status, 406);
        http_response_free(&response);
        free(raw);
        free(car);
    }
}

static void test_a_symlink_stays_below_the_root(void **state)
{
    static const struct {
        const char *path;
        unsigned status;
    } cases[] = {
        {"/out/y?format=raw", 403},       {"/abs/passwd?format=raw", 403},
        {"/round/x?format=raw", 400},     {"/gone/x?format=raw", 404},
        {"/in?format=raw", 200},          {"/in", 200},
        {"/sub/nothing?format=raw", 404},
    };
    struct cid root = make_linked();

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_response response =
            ask("GET", CID_TEXT(&root), cases[i].path, NULL);

        if (response.status != cases[i].status)
            print_error("%s: %u\n", cases[i].path, response.status);
        assert_int_equal(response.status, cases[i].status);
        http_response_free(&response);
    }
}

static void test_a_client_names_what_it_saves(void **state)
{
    static const struct {
        const char *rest, *disposition;
    } cases[] = {
        {"/data/big?download=true",
         "attachment; filename=\"big\"; filename*=UTF-8''big"},
        {"/data/big?filename=a%20b.txt",
         "inline; filename=\"a b.txt\"; filename*=UTF-8''a%20b.txt"},
        {"/data/big?filename=%22%C3%A9.txt&download=true",
         "attachment; filename=\"___.txt\"; "
         "filename*=UTF-8''%22%C3%A9.txt"},
        {"/data/big?download=false", ""},
        {"?format=car&filename=site.car",
         "attachment; filename=\"site.car\"; filename*=UTF-8''site.car"},
        {"?format=raw&filename=root.bin",
         "attachment; filename=\"root.bin\"; filename*=UTF-8''root.bin"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_response response =
            ask("GET", CID_TEXT(&site.cid), cases[i].rest, NULL);

        assert_int_equal(response.status, 200);
        header_is(&response, "Content-Disposition", cases[i].disposition);
        http_response_free(&response);
    }
    struct http_response response =
        ask("HEAD", CID_TEXT(&site.cid), "/data/big?filename=x.png", NULL);
    header_is(&response, "Content-Type", "image/png");
    http_response_free(&response);
}

/* Blocks of an archive, and whether the bytes of the file are in it. */
static size_t count_sections(const struct http_response *response)
{
    struct car_parser parser;
    struct bytes data;
    struct cid cid;
    size_t count = 0;

    car_parser_init(&parser);
    car_parser_feed(&parser, buffer_view(&response->body));
    while (car_parser_next(&parser, &cid, &data) > 0)
        count++;
    assert_ok(car_parser_end(&parser));
    car_parser_free(&parser);
    return count;
}

static void test_a_car_holds_the_bytes_asked_for(void **state)
{
    /* 3 MiB in leaves of 1 MiB, below a root: two blocks lead to it. */
    static const struct {
        const char *range;
        size_t blocks;
    } cases[] = {
        {"0:*", 2 + 4},        {"0:0", 2 + 2},        {"0:1048576", 2 + 3},
        {"1048576:*", 2 + 3},  {"-1:*", 2 + 2},       {"-1048577:-1", 2 + 3},
        {"5:-1048577", 2 + 3}, {"99999999:*", 2 + 1}, {"-99999999:*", 2 + 4},
        {"10:5", 2 + 1},
    };
    static const char *const wrong[] = {
        "", "x:*", "1", "1:", "1:x", "*:1", "1:2:3", "99999999999999999999:*"};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *rest =
            mem_format("/data/big?format=car&dag-scope=entity&entity-bytes=%s",
                       cases[i].range);
        struct http_response response =
            ask("GET", CID_TEXT(&site.cid), rest, NULL);

        assert_int_equal(response.status, 200);
        if (count_sections(&response) != cases[i].blocks)
            print_error("%s: %zu\n", cases[i].range, count_sections(&response));
        assert_int_equal(count_sections(&response), cases[i].blocks);
        http_response_free(&response);
        free(rest);
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char *rest = mem_format(
            "/data/big?format=car&dag-scope=entity&entity-bytes=%s", wrong[i]);
        struct http_response response =
            ask("GET", CID_TEXT(&site.cid), rest, NULL);

        assert_int_equal(response.status, 400);
        http_response_free(&response);
        free(rest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_is_served_with_its_type_for_ever),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_a_known_content_is_not_sent_again),
        cmocka_unit_test(test_head_tells_without_sending),
        cmocka_unit_test(test_a_folder_redirects_to_its_slash),
        cmocka_unit_test(test_names_in_a_listing_are_escaped),
        cmocka_unit_test(test_a_raw_block_is_what_its_cid_says),
        cmocka_unit_test(test_a_format_is_served_as_asked_for_or_refused),
        cmocka_unit_test(test_a_dag_comes_as_a_car),
        cmocka_unit_test(test_a_car_holds_the_way_and_the_scope_asked_for),
        cmocka_unit_test(test_wrong_requests_get_the_right_status),
        cmocka_unit_test(test_any_codec_below_a_path_and_below_symlinks),
        cmocka_unit_test(test_a_symlink_stays_below_the_root),
        cmocka_unit_test(test_a_client_names_what_it_saves),
        cmocka_unit_test(test_a_car_holds_the_bytes_asked_for),
    };

    fixture_begin();
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
