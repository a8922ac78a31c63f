/*
 * A task's routes in a real worker: what Express answers to the same requests
 * (tests/vectors/express_routes.json), and what is Pond's own.
 */
#include "base/base64.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "bed.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <strings.h>

#include <cmocka.h>

/* ---- one request ---- */

static void write_head(struct buffer *out, const char *method,
                       const char *target, struct json_object *headers)
{
    struct json_writer writer = json_writer_make(out);
    json_open_array(&writer);
    json_open_object(&writer);
    json_field_text(&writer, "method", method);
    json_field_text(&writer, "target", target);
    json_name(&writer, "headers");
    json_write_raw(
        &writer,
        bytes_text(headers ? json_object_to_json_string(headers) : "[]"));
    json_field_text(&writer, "address", "127.0.0.1");
    json_close_object(&writer);
    json_close_array(&writer);
}

static struct bed_result ask(struct bed *bed, const char *method,
                             const char *target, struct json_object *headers,
                             struct bytes body)
{
    struct buffer head = {0};
    write_head(&head, method, target, headers);
    struct bed_result result =
        bed_call_bytes(bed, "route", buffer_string(&head), body, BED_CALL_MS);
    buffer_free(&head);
    if (result.status)
        fail_msg("%s %s: %s\n%s", method, target, result.text, result.stack);
    return result;
}

static uint64_t status_of(const struct bed_result *result)
{
    struct json_object *tree;
    uint64_t status;
    assert_int_equal(json_parse(bytes_text(result->json), &tree), 0);
    assert_int_equal(json_get_u64(tree, "status", &status), 0);
    json_object_put(tree);
    return status;
}

/* ---- the vectors ---- */

static int compare_pairs(const void *a, const void *b)
{
    struct json_object *one = *(struct json_object *const *)a;
    struct json_object *other = *(struct json_object *const *)b;
    return strcasecmp(
        json_object_get_string(json_object_array_get_idx(one, 0)),
        json_object_get_string(json_object_array_get_idx(other, 0)));
}

/* The answer in the vectors' form: names in lower case and sorted, without the
 * length, tags and dates of change without their value. */
static void write_answer(const struct bed_result *result, bool is_head,
                         struct buffer *out)
{
    struct json_object *tree, *headers;
    struct json_writer writer = json_writer_make(out);
    struct buffer base64 = {0};
    assert_int_equal(json_parse(bytes_text(result->json), &tree), 0);
    assert_int_equal(json_get_array(tree, "headers", &headers), 0);
    json_object_array_sort(headers, compare_pairs);
    json_open_object(&writer);
    json_field_u64(&writer, "status", status_of(result));
    json_name(&writer, "headers");
    json_open_array(&writer);
    for (size_t i = 0; i < json_object_array_length(headers); i++) {
        struct json_object *pair = json_object_array_get_idx(headers, i);
        char *name = mem_text(
            json_object_get_string(json_object_array_get_idx(pair, 0)));
        for (char *at = name; *at; at++)
            *at = (char)(*at >= 'A' && *at <= 'Z' ? *at + 32 : *at);
        if (strcmp(name, "content-length") != 0) {
            bool is_kept =
                strcmp(name, "etag") != 0 && strcmp(name, "last-modified") != 0;
            json_open_array(&writer);
            json_write_text(&writer, name);
            json_write_text(&writer,
                            is_kept ? json_object_get_string(
                                          json_object_array_get_idx(pair, 1))
                                    : "");
            json_close_array(&writer);
        }
        free(name);
    }
    json_close_array(&writer);
    if (!is_head)
        base64_encode(buffer_view(&result->payload), &base64);
    json_name(&writer, "body");
    json_write_bytes(&writer, buffer_view(&base64));
    json_close_object(&writer);
    buffer_free(&base64);
    json_object_put(tree);
}

/* True if the answer is Express'. */
static bool check_vector(struct bed *bed, struct json_object *vector)
{
    const char *method, *target, *base64;
    struct json_object *headers, *expected;
    struct buffer body = {0}, got = {0}, wanted = {0};
    assert_int_equal(json_get_text(vector, "method", &method), 0);
    assert_int_equal(json_get_text(vector, "target", &target), 0);
    assert_int_equal(json_get_text(vector, "body", &base64), 0);
    assert_int_equal(json_get_array(vector, "headers", &headers), 0);
    assert_int_equal(json_get_object(vector, "answer", &expected), 0);
    assert_int_equal(base64_decode(bytes_text(base64), &body), 0);
    struct bed_result result =
        ask(bed, method, target, headers, buffer_view(&body));
    write_answer(&result, !strcmp(method, "HEAD"), &got);
    json_text(expected, &wanted);
    bool is_right = !strcmp(buffer_string(&got), buffer_string(&wanted));
    if (!is_right)
        print_error("%s %s\n  Express: %s\n  Pond:    %s\n", method, target,
                    buffer_string(&wanted), buffer_string(&got));
    bed_result_free(&result);
    buffer_free(&body);
    buffer_free(&got);
    buffer_free(&wanted);
    return is_right;
}

static void load_vectors(const char *name, struct json_object **whole,
                         struct json_object **list)
{
    struct buffer text = {0};
    assert_int_equal(
        file_read(POND_VECTORS "/express_routes.json", 4u << 20, &text), 0);
    assert_int_equal(json_parse(buffer_view(&text), whole), 0);
    assert_int_equal(json_get_array(*whole, name, list), 0);
    buffer_free(&text);
}

static void start_app(struct bed *bed, const char *name)
{
    struct buffer source = {0};
    assert_int_equal(
        file_read(POND_VECTORS "/express_routes.js", 1u << 20, &source), 0);
    buffer_format(&source,
                  "\nrequire('@_koii/task-manager').initializeTaskManager({\n"
                  "  async routes() {\n"
                  "    const { app, namespaceWrapper } =\n"
                  "      require('@_koii/namespace-wrapper');\n"
                  "    exports.apps.%s(app, require('express'),\n"
                  "      await namespaceWrapper.getBasePath());\n"
                  "  },\n"
                  "});\n",
                  name);
    bed_start(bed, buffer_string(&source));
    struct bed_result result = bed_call(bed, "routes", "[]", BED_CALL_MS);
    if (result.status)
        fail_msg("%s\n%s", result.text, result.stack);
    bed_result_free(&result);
    buffer_free(&source);
}

static void check_app(const char *name, size_t at_least)
{
    struct json_object *whole, *list;
    struct bed bed;
    size_t wrong = 0;
    load_vectors(name, &whole, &list);
    assert_true(json_object_array_length(list) >= at_least);
    start_app(&bed, name);
    for (size_t i = 0; i < json_object_array_length(list); i++)
        wrong += !check_vector(&bed, json_object_array_get_idx(list, i));
    assert_int_equal(wrong, 0);
    bed_close(&bed);
    json_object_put(whole);
}

static void test_paths_queries_and_forms_are_read_as_express_does(void **state)
{
    check_app("paths", 70);
}

static void test_answers_are_those_of_express(void **state)
{
    check_app("answers", 80);
}

static void test_handlers_follow_each_other_as_in_express(void **state)
{
    check_app("flow", 30);
}

static void test_files_are_sent_as_express_does(void **state)
{
    check_app("files", 20);
}

/* ---- Pond's own ---- */

static const char own_routes[] =
    "const { app } = require('@_koii/namespace-wrapper');\n"
    "const refused = [];\n"
    "for (const path of [undefined, null, 5, {}, [5]])\n"
    "  try { app.get(path, () => {}); } catch (error) {\n"
    "    refused.push(error.name); }\n"
    "for (const handler of [undefined, 'x', {}, null])\n"
    "  try { app.post('/x', handler); } catch (error) {\n"
    "    refused.push(error.name); }\n"
    "try { app.use(); } catch (error) { refused.push(error.name); }\n"
    "app.get('/refused', (req, res) => res.json(refused));\n"
    "app.get('/reject', async () => { throw new Error('rejected here'); });\n"
    "app.get('/silent', () => {});\n"
    "app.get('/half', (req, res) => res.write('half'));\n"
    "app.get('/after', async (req, res) => {\n"
    "  res.send('sent'); throw new Error('after it'); });\n"
    "app.get('/p/:__proto__', (req, res) => res.json([\n"
    "  Object.hasOwn(req.params, '__proto__'), req.params.admin ?? null]));\n"
    "app.get('/head', (req, res) => res.json([\n"
    "  Object.hasOwn(req.headers, '__proto__'), req.get('toString') ?? null,\n"
    "  req.ip, req.cookies]));\n"
    "app.get('/hooked', (req, res) => {\n"
    "  const own = res.writeHead;\n"
    "  res.writeHead = function (...values) {\n"
    "    res.setHeader('X-Hook', '1'); return own.apply(this, values); };\n"
    "  res.send('x'); });\n"
    "app.get('/signed', (req, res) => res.cookie('a', 'b', { signed: true "
    "}));\n"
    "app.get('/render', (req, res) => res.render('x'));\n"
    "app.post('/body', (req, res) => res.send(Buffer.isBuffer(req.body)\n"
    "  ? Buffer.concat([Buffer.from('bytes '), req.body]) :\n"
    "  `${typeof req.body} ${JSON.stringify(req.body)}`));\n"
    "app.post('/stream', async (req, res) => {\n"
    "  const parts = []; for await (const part of req) parts.push(part);\n"
    "  res.end(Buffer.concat(parts)); });\n"
    "app.post('/read', (req, res) => {\n"
    "  let size = 0; const sizes = new Set();\n"
    "  req.on('readable', () => { for (let part; (part = req.read());)\n"
    "    { size += part.length; sizes.add(part.length > 300000); } });\n"
    "  req.on('end', () => res.json([size, [...sizes]])); });\n"
    "app.post('/piped', async (req, res) => {\n"
    "  const { Writable } = require('stream');\n"
    "  let size = 0;\n"
    "  const into = new Writable({ write(part, encoding, done) {\n"
    "    size += part.length; setImmediate(done); } });\n"
    "  await require('stream/promises').pipeline(req, into);\n"
    "  res.json([size, req.readableEnded, req.destroyed]); });\n"
    "require('@_koii/task-manager').initializeTaskManager({});\n";

static void expect(struct bed *bed, const char *method, const char *target,
                   uint64_t status, const char *body)
{
    struct bed_result result =
        ask(bed, method, target, NULL, bytes_make(NULL, 0));
    assert_int_equal(status_of(&result), status);
    if (body)
        assert_string_equal(buffer_string(&result.payload), body);
    bed_result_free(&result);
}

static void test_what_is_no_path_or_handler_is_refused(void **state)
{
    struct bed bed;
    bed_start(&bed, own_routes);
    expect(&bed, "GET", "/refused", 200,
           "[\"TypeError\",\"TypeError\",\"TypeError\",\"TypeError\","
           "\"TypeError\",\"TypeError\",\"TypeError\",\"TypeError\","
           "\"TypeError\",\"TypeError\"]");
    expect(&bed, "GET", "/signed", 500, NULL);
    assert_true(bed_log_has(&bed, "signed cookies are not supported"));
    expect(&bed, "GET", "/render", 500, NULL);
    assert_true(bed_log_has(&bed, "render() is not supported"));
    bed_close(&bed);
}

/* As packages that take uploads read it. */
static void test_a_request_is_a_stream_of_its_body(void **state)
{
    static const struct {
        const char *target, *answer;
    } cases[] = {{"/read", "[300000,[false]]"},
                 {"/piped", "[300000,true,true]"}};
    struct buffer body = {0};
    struct bed bed;
    bed_start(&bed, own_routes);
    buffer_resize(&body, 300000);
    memset(body.data, 'x', body.size);
    for (size_t i = 0; i < 2; i++) {
        struct bed_result result =
            ask(&bed, "POST", cases[i].target, NULL, buffer_view(&body));
        assert_string_equal(buffer_string(&result.payload), cases[i].answer);
        bed_result_free(&result);
    }
    buffer_free(&body);
    bed_close(&bed);
}

static void test_a_handler_that_rejects_is_a_logged_failure(void **state)
{
    struct bed bed;
    bed_start(&bed, own_routes);
    expect(&bed, "GET", "/reject", 500, NULL);
    assert_true(bed_log_has(&bed, "rejected here"));
    expect(&bed, "GET", "/after", 200, "sent");
    assert_true(bed_log_has(&bed, "after it"));
    bed_close(&bed);
}

/* The node would end a worker whose call is late, for a request that any
 * stranger can make. */
static void test_a_handler_that_never_answers_costs_no_worker(void **state)
{
    struct bed bed;
    bed_start(&bed, own_routes);
    bed_run(&bed, &bed.ready);
    static const struct {
        const char *target;
        uint64_t status;
    } cases[] = {{"/silent", 504}, {"/half", 502}};
    for (size_t i = 0; i < 2; i++) {
        struct buffer head = {0};
        write_head(&head, "GET", cases[i].target, NULL);
        struct bed_result result = bed_call_bytes(
            &bed, "route", buffer_string(&head), bytes_make(NULL, 0), 2000);
        buffer_free(&head);
        assert_int_equal(result.status, 0);
        assert_int_equal(status_of(&result), cases[i].status);
        bed_result_free(&result);
    }
    assert_true(bed_log_has(&bed, "did not answer in time"));
    assert_false(bed.ended);
    expect(&bed, "GET", "/after", 200, "sent");
    bed_close(&bed);
}

static const char own_server[] =
    "const { initializeTaskManager } = require('@_koii/task-manager');\n"
    "const { app } = require('@_koii/task-manager/namespace-wrapper');\n"
    "require('http').createServer(async (request, response) => {\n"
    "  let body = '';\n"
    "  for await (const chunk of request) body += chunk;\n"
    "  response.writeHead(201, { 'X-Own': ['1', '2'] });\n"
    "  response.write(`${request.method} ${request.url} `);\n"
    "  response.end(`${request.headers['x-a']} ${body}`);\n"
    "}).listen(3000);\n"
    "app.get('/own', (request, response) => response.send('route'));\n"
    "initializeTaskManager({ task() {} });\n";

/* An application of a bundled Express, which listens by http.createServer(), is
 * served the same way. */
static void
test_a_server_of_the_tasks_own_answers_what_no_route_does(void **state)
{
    struct bed bed;
    struct json_object *headers;
    bed_start(&bed, own_server);
    assert_int_equal(json_parse(bytes_text("[[\"X-A\",\"x\"]]"), &headers), 0);
    struct bed_result result =
        ask(&bed, "POST", "/a/b?c=1", headers, bytes_text("body"));
    assert_int_equal(status_of(&result), 201);
    assert_string_equal(buffer_string(&result.payload), "POST /a/b?c=1 x body");
    assert_non_null(strstr(result.json, "[\"X-Own\",\"1\"],[\"X-Own\",\"2\"]"));
    bed_result_free(&result);
    json_object_put(headers);
    expect(&bed, "GET", "/own", 200, "route");
    expect(&bed, "GET", "/", 201, "GET / undefined ");
    expect(&bed, "GET", "/taskState", 200,
           "{\"taskState\":[{\"is_available_balances_required\":true,"
           "\"is_stake_list_required\":true}]}");
    assert_true(bed_log_has(&bed, "no port is opened"));
    bed_close(&bed);
}

static void test_names_of_strangers_are_own_keys(void **state)
{
    struct bed bed;
    struct json_object *headers;
    bed_start(&bed, own_routes);
    expect(&bed, "GET", "/p/%7B%22admin%22:1%7D", 200, "[true,null]");
    assert_int_equal(
        json_parse(bytes_text("[[\"__proto__\",\"x\"],[\"Cookie\","
                              "\"a=1; b=%22; __proto__=2; a=3; c\"]]"),
                   &headers),
        0);
    struct bed_result result =
        ask(&bed, "GET", "/head", headers, bytes_make(NULL, 0));
    assert_string_equal(buffer_string(&result.payload),
                        "[true,null,\"127.0.0.1\","
                        "{\"a\":\"1\",\"b\":\"\\\"\",\"__proto__\":\"2\"}]");
    bed_result_free(&result);
    json_object_put(headers);
    bed_close(&bed);
}

static void check_body(struct bed *bed, const char *target, const char *type,
                       struct bytes body, struct bytes expected)
{
    struct json_object *headers = NULL;
    struct buffer text = {0};
    buffer_format(&text, "[[\"Content-Type\",\"%s\"]]", type);
    assert_int_equal(json_parse(buffer_view(&text), &headers), 0);
    struct bed_result result = ask(bed, "POST", target, headers, body);
    assert_true(bytes_equal(buffer_view(&result.payload), expected));
    bed_result_free(&result);
    json_object_put(headers);
    buffer_free(&text);
}

static void test_a_body_is_given_as_what_it_is(void **state)
{
    struct bed bed;
    bed_start(&bed, own_routes);
    check_body(&bed, "/body", "application/octet-stream",
               bytes_make("\x89P\xff", 3), bytes_make("bytes \x89P\xff", 9));
    check_body(&bed, "/body", "text/plain", bytes_text("h\xc3\xa9"),
               bytes_text("string \"h\xc3\xa9\""));
    check_body(&bed, "/body", "text/plain", bytes_make("h\xe9", 2),
               bytes_make("bytes h\xe9", 8));
    check_body(&bed, "/body", "application/json", bytes_text("[1]"),
               bytes_text("object [1]"));
    check_body(&bed, "/body", "text/plain", bytes_make(NULL, 0),
               bytes_text("object {}"));
    check_body(&bed, "/stream", "a/b", bytes_make("\x00\x80\xff", 3),
               bytes_make("\x00\x80\xff", 3));
    bed_close(&bed);
}

/* Middlewares for sessions and times do so. */
static void test_the_head_can_be_changed_at_the_last_moment(void **state)
{
    struct bed bed;
    bed_start(&bed, own_routes);
    struct bed_result result =
        ask(&bed, "GET", "/hooked", NULL, bytes_make(NULL, 0));
    assert_non_null(strstr(result.json, "[\"X-Hook\",\"1\"]"));
    bed_result_free(&result);
    bed_close(&bed);
}

/* Koii's task manager answers these for every task. */
static void test_every_task_answers_its_root_and_its_state(void **state)
{
    struct bed bed;
    bed_start(&bed, own_routes);
    expect(&bed, "GET", "/", 200, "Hello World!");
    expect(&bed, "HEAD", "/", 200, NULL);
    expect(&bed, "GET", "/taskState", 200,
           "{\"taskState\":[{\"is_available_balances_required\":true,"
           "\"is_stake_list_required\":true}]}");
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths_queries_and_forms_are_read_as_express_does),
        cmocka_unit_test(test_answers_are_those_of_express),
        cmocka_unit_test(test_handlers_follow_each_other_as_in_express),
        cmocka_unit_test(test_files_are_sent_as_express_does),
        cmocka_unit_test(test_what_is_no_path_or_handler_is_refused),
        cmocka_unit_test(test_a_request_is_a_stream_of_its_body),
        cmocka_unit_test(test_a_handler_that_rejects_is_a_logged_failure),
        cmocka_unit_test(test_a_handler_that_never_answers_costs_no_worker),
        cmocka_unit_test(
            test_a_server_of_the_tasks_own_answers_what_no_route_does),
        cmocka_unit_test(test_names_of_strangers_are_own_keys),
        cmocka_unit_test(test_a_body_is_given_as_what_it_is),
        cmocka_unit_test(test_the_head_can_be_changed_at_the_last_moment),
        cmocka_unit_test(test_every_task_answers_its_root_and_its_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
