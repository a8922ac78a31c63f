/*
 * Evidence into the store and back, and from one store to another over HTTP.
 */
#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "net/http_server.h"
#include "node/reach/evidence.h"
#include "storage/keep/pin.h"
#include "storage/serve/gateway.h"

struct side {
    char folder[64];
    struct node_options options;
    struct node_parts parts;
    /* Of the task; NULL: none. */
    const struct evidence_limits *limits;
};

struct answer {
    bool is_done;
    int status;
    struct buffer value;
};

static void open_side(struct side *side, uv_loop_t *loop)
{
    memset(side, 0, sizeof(*side));
    strcpy(side->folder, "/tmp/pond-evidence-XXXXXX");
    assert_non_null(mkdtemp(side->folder));
    side->parts.loop = loop;
    side->parts.options = &side->options;
    assert_ok(store_open(side->folder, NULL, &side->parts.store));
}

static void close_side(struct side *side)
{
    store_close(side->parts.store);
    file_remove_tree(side->folder);
}

static void on_done(void *user, int status, struct bytes value)
{
    struct answer *answer = user;

    assert_false(answer->is_done);
    answer->is_done = true;
    answer->status = status;
    buffer_bytes(&answer->value, value);
}

static void wait_for(struct answer *answer, uv_loop_t *loop)
{
    while (!answer->is_done)
        uv_run(loop, UV_RUN_ONCE);
}

static int put(struct side *side, const char *description, const char *payload,
               struct answer *answer)
{
    struct pubkey task = {.bytes = {1}};
    struct pin_owner owner = retention_round(&task, 4, 0);
    struct json_object *tree;

    memset(answer, 0, sizeof(*answer));
    assert_ok(json_parse(bytes_text(description), &tree));
    int status = evidence_put(&side->parts, &owner, side->limits, tree,
                              bytes_text(payload), on_done, answer);
    json_object_put(tree);
    if (!status)
        wait_for(answer, side->parts.loop);
    return status;
}

static void get(struct side *side, const char *cid, const char *path,
                const char *source, struct answer *answer)
{
    struct pubkey task = {.bytes = {1}};
    struct pin_owner owner = retention_round(&task, 4, 0);

    const struct source_gateway remote = {source, &address_rule_any};

    memset(answer, 0, sizeof(*answer));
    assert_ok(evidence_get(&side->parts, &owner, side->limits, cid, path,
                           &remote, source ? 1 : 0, on_done, answer));
    wait_for(answer, side->parts.loop);
}

static const char two_files[] = "{\"files\":[{\"path\":\"a.txt\",\"size\":5},"
                                "{\"path\":\"b/c.txt\",\"size\":3}]}";

static void test_a_folder_comes_back_file_by_file(void **state)
{
    uv_loop_t *loop = *state;
    struct answer answer, file;
    struct side side;

    open_side(&side, loop);
    assert_ok(put(&side, two_files, "helloxyz", &answer));
    assert_int_equal(answer.status, 0);
    get(&side, buffer_string(&answer.value), "a.txt", NULL, &file);
    assert_int_equal(file.status, 0);
    assert_string_equal(buffer_string(&file.value), "hello");
    buffer_free(&file.value);
    get(&side, buffer_string(&answer.value), "b/c.txt", NULL, &file);
    assert_string_equal(buffer_string(&file.value), "xyz");
    buffer_free(&file.value);
    get(&side, buffer_string(&answer.value), "nothing", NULL, &file);
    assert_int_equal(file.status, ERR_NOT_FOUND);
    buffer_free(&file.value);
    get(&side, buffer_string(&answer.value), "b", NULL, &file);
    assert_int_equal(file.status, ERR_INVALID); /* a folder */
    buffer_free(&file.value);
    buffer_free(&answer.value);
    close_side(&side);
}

static void test_the_same_evidence_has_the_same_cid(void **state)
{
    uv_loop_t *loop = *state;
    struct answer first, second;
    struct side side;

    open_side(&side, loop);
    assert_ok(put(&side, two_files, "helloxyz", &first));
    /* The order of the files does not matter, their contents do. */
    assert_ok(put(&side,
                  "{\"files\":[{\"path\":\"b/c.txt\",\"size\":3},"
                  "{\"path\":\"a.txt\",\"size\":5}]}",
                  "xyzhello", &second));
    assert_string_equal(buffer_string(&first.value),
                        buffer_string(&second.value));
    buffer_free(&second.value);
    assert_ok(put(&side, two_files, "helloxyZ", &second));
    assert_string_not_equal(buffer_string(&first.value),
                            buffer_string(&second.value));
    buffer_free(&second.value);
    buffer_free(&first.value);
    close_side(&side);
}

static void test_descriptions_that_do_not_fit_are_refused(void **state)
{
    static const char *const descriptions[] = {
        "{}",
        "{\"size\":7}",
        "{\"size\":-1}",
        "{\"files\":[]}",
        "{\"files\":[{\"path\":\"a\",\"size\":9}]}",
        "{\"files\":[{\"path\":\"a\",\"size\":7}]}",
        "{\"files\":[{\"path\":\"a\",\"size\":18446744073709551615}]}",
        "{\"files\":[{\"path\":\"../a\",\"size\":8}]}",
        "{\"files\":[{\"path\":\"/a\",\"size\":8}]}",
        "{\"files\":[{\"path\":\"a//b\",\"size\":8}]}",
        "{\"files\":[{\"path\":\"a/./b\",\"size\":8}]}",
        "{\"files\":[{\"path\":\"\",\"size\":8}]}",
        "{\"files\":[{\"size\":8}]}",
    };
    uv_loop_t *loop = *state;
    struct answer answer;
    struct side side;

    open_side(&side, loop);
    for (size_t i = 0; i < sizeof(descriptions) / sizeof(descriptions[0]); i++)
        if (put(&side, descriptions[i], "8 bytes.", &answer) >= 0)
            fail_msg("%s was taken", descriptions[i]);
    close_side(&side);
}

static void test_a_name_twice_in_a_folder_is_refused(void **state)
{
    uv_loop_t *loop = *state;
    struct answer answer;
    struct side side;

    open_side(&side, loop);
    assert_ok(put(&side,
                  "{\"files\":[{\"path\":\"a\",\"size\":1},"
                  "{\"path\":\"a\",\"size\":1}]}",
                  "xy", &answer));
    assert_int_equal(answer.status, ERR_EXISTS);
    buffer_free(&answer.value);
    close_side(&side);
}

static void serve(void *user, struct http_exchange *exchange)
{
    gateway_handle(user, exchange);
}

static int count_pin(void *user, const struct pin *pin)
{
    ++*(size_t *)user;
    assert_int_equal(pin->owner.kind, PIN_ROUND);
    assert_int_equal(pin->owner.round, 4);
    return 0;
}

static void test_what_is_not_here_comes_from_a_peer_and_is_pinned(void **state)
{
    uv_loop_t *loop = *state;
    struct side peer, own;
    struct answer answer, file;
    struct http_server *server;
    size_t pins = 0;

    open_side(&peer, loop);
    open_side(&own, loop);
    const struct http_server_options options = {.handler = serve,
                                                .user = peer.parts.store};

    assert_ok(put(&peer, two_files, "helloxyz", &answer));
    /* Without a source it can't be had. */
    get(&own, buffer_string(&answer.value), "a.txt", NULL, &file);
    assert_int_equal(file.status, ERR_NOT_FOUND);
    buffer_free(&file.value);
    assert_ok(http_server_start(&options, &server));
    char *url = mem_format("http://127.0.0.1:%u", http_server_port(server));
    get(&own, buffer_string(&answer.value), "a.txt", url, &file);
    assert_int_equal(file.status, 0);
    assert_string_equal(buffer_string(&file.value), "hello");
    buffer_free(&file.value);
    http_server_stop(server);
    /* All of it came, and it is kept for the round. */
    get(&own, buffer_string(&answer.value), "b/c.txt", NULL, &file);
    assert_string_equal(buffer_string(&file.value), "xyz");
    buffer_free(&file.value);
    assert_ok(pin_each(own.parts.store, count_pin, &pins));
    assert_int_equal(pins, 1);
    buffer_free(&answer.value);
    free(url);
    close_side(&own);
    close_side(&peer);
}

static int open_loop(void **state)
{
    uv_loop_t *loop = mem_zero(1, sizeof(*loop));

    *state = loop;
    return uv_loop_init(loop);
}

static int close_loop(void **state)
{
    uv_loop_t *loop = *state;

    uv_run(loop, UV_RUN_DEFAULT);
    int status = uv_loop_close(loop);
    free(loop);
    return status;
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, open_loop, close_loop)

/* The last byte of the first segment is that of the block put last. */
static void damage(const struct side *side)
{
    char *path = mem_format("%s/segments/00000001.car", side->folder);
    FILE *file = fopen(path, "r+");

    assert_non_null(file);
    assert_int_equal(fseek(file, -1, SEEK_END), 0);
    assert_int_equal(fputc('!', file), '!');
    fclose(file);
    free(path);
}

static void test_what_has_rotted_here_comes_from_a_peer(void **state)
{
    struct http_server_options options = {.handler = serve};
    struct http_server *server;
    uv_loop_t *loop = *state;
    struct answer answer, file;
    struct side here, there;
    char url[64];

    open_side(&here, loop);
    open_side(&there, loop);
    options.user = there.parts.store;
    assert_ok(http_server_start(&options, &server));
    snprintf(url, sizeof(url), "http://127.0.0.1:%u", http_server_port(server));
    assert_ok(put(&there, "{\"size\":5}", "hello", &answer));
    buffer_free(&answer.value);
    assert_ok(put(&here, "{\"size\":5}", "hello", &answer));
    damage(&here);
    get(&here, buffer_string(&answer.value), "", NULL, &file);
    assert_int_equal(file.status, ERR_CORRUPT);
    get(&here, buffer_string(&answer.value), "", url, &file);
    assert_int_equal(file.status, 0);
    assert_string_equal(buffer_string(&file.value), "hello");
    buffer_free(&file.value);
    /* And stands here again. */
    get(&here, buffer_string(&answer.value), "", NULL, &file);
    assert_int_equal(file.status, 0);
    buffer_free(&file.value);
    buffer_free(&answer.value);
    http_server_stop(server);
    close_side(&here);
    close_side(&there);
}

/* ---- limits of a task ---- */

static void test_a_task_keeps_no_more_than_its_limit(void **state)
{
    struct evidence_limits limits = {.disk_bytes = 20};
    struct pubkey task = {.bytes = {1}}, other = {.bytes = {2}};
    struct pin_owner owner = retention_round(&task, 4, 0);
    uv_loop_t *loop = *state;
    struct answer answer;
    struct side side;
    uint64_t bytes;
    struct cid cid;

    open_side(&side, loop);
    side.limits = &limits;
    assert_ok(put(&side, "{\"size\":12}", "twelve bytes", &answer));
    assert_int_equal(answer.status, 0);
    assert_ok(cid_parse(buffer_view(&answer.value), &cid));
    assert_ok(pin_task_bytes(side.parts.store, &task, &bytes));
    assert_int_equal(bytes, 12);
    assert_ok(pin_task_bytes(side.parts.store, &other, &bytes));
    assert_int_equal(bytes, 0);
    buffer_free(&answer.value);

    /* Another does not fit. */
    assert_ok(put(&side, "{\"size\":9}", "more data", &answer));
    assert_int_equal(answer.status, ERR_FULL);
    assert_non_null(strstr(err_text(), "20"));
    assert_non_null(strstr(err_text(), "--task-store-limit"));
    assert_ok(pin_task_bytes(side.parts.store, &task, &bytes));
    assert_int_equal(bytes, 12);
    buffer_free(&answer.value);
    assert_ok(pin_remove(side.parts.store, &cid, &owner));
    assert_ok(put(&side, "{\"size\":9}", "more data", &answer));
    assert_int_equal(answer.status, 0);
    buffer_free(&answer.value);
    close_side(&side);
}

static void test_what_is_fetched_is_held_to_the_limit_too(void **state)
{
    struct evidence_limits limits = {.disk_bytes = 100};
    struct http_server_options options = {.handler = serve};
    struct http_server *server;
    uv_loop_t *loop = *state;
    struct answer answer, file;
    struct side here, there;
    char payload[501], url[64];

    open_side(&here, loop);
    open_side(&there, loop);
    options.user = there.parts.store;
    assert_ok(http_server_start(&options, &server));
    snprintf(url, sizeof(url), "http://127.0.0.1:%u", http_server_port(server));
    memset(payload, 'x', 500);
    payload[500] = 0;
    assert_ok(put(&there, "{\"size\":500}", payload, &answer));
    here.limits = &limits;
    get(&here, buffer_string(&answer.value), "", url, &file);
    assert_int_equal(file.status, ERR_LIMIT);
    limits.disk_bytes = 600;
    get(&here, buffer_string(&answer.value), "", url, &file);
    assert_int_equal(file.status, 0);
    assert_int_equal(file.value.size, 500);
    buffer_free(&file.value);
    buffer_free(&answer.value);
    http_server_stop(server);
    close_side(&here);
    close_side(&there);
}

static void test_requests_under_way_share_a_budget(void **state)
{
    struct budget budget = {.name = "these requests", .limit_bytes = 1000};
    struct evidence_limits limits = {.budget = &budget,
                                     .disk_bytes = UINT64_MAX};
    struct pubkey task = {.bytes = {1}};
    struct pin_owner owner = retention_round(&task, 4, 0);
    uv_loop_t *loop = *state;
    struct answer answers[3] = {0}, file;
    struct json_object *tree;
    struct side side;
    char payload[401];

    open_side(&side, loop);
    side.limits = &limits;
    memset(payload, 'x', 400);
    payload[400] = 0;
    assert_ok(json_parse(bytes_text("{\"size\":400}"), &tree));
    for (size_t i = 0; i < 3; i++) {
        int status = evidence_put(&side.parts, &owner, &limits, tree,
                                  bytes_text(payload), on_done, &answers[i]);

        assert_int_equal(status, i < 2 ? 0 : ERR_LIMIT);
    }
    assert_int_equal(budget.used_bytes, 800);
    for (size_t i = 0; i < 2; i++) {
        wait_for(&answers[i], loop);
        assert_int_equal(answers[i].status, 0);
    }
    assert_int_equal(budget.used_bytes, 0);

    /* Reading takes what the file has. */
    get(&side, buffer_string(&answers[0].value), "", NULL, &file);
    assert_int_equal(file.status, 0);
    assert_int_equal(budget.used_bytes, 0);
    buffer_free(&file.value);
    budget.limit_bytes = 399;
    get(&side, buffer_string(&answers[0].value), "", NULL, &file);
    assert_int_equal(file.status, ERR_LIMIT);
    assert_non_null(strstr(err_text(), "these requests"));
    assert_int_equal(budget.used_bytes, 0);
    for (size_t i = 0; i < 2; i++)
        buffer_free(&answers[i].value);
    json_object_put(tree);
    close_side(&side);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_folder_comes_back_file_by_file),
        TEST(test_the_same_evidence_has_the_same_cid),
        TEST(test_descriptions_that_do_not_fit_are_refused),
        TEST(test_a_name_twice_in_a_folder_is_refused),
        TEST(test_what_is_not_here_comes_from_a_peer_and_is_pinned),
        TEST(test_what_has_rotted_here_comes_from_a_peer),
        TEST(test_a_task_keeps_no_more_than_its_limit),
        TEST(test_what_is_fetched_is_held_to_the_limit_too),
        TEST(test_requests_under_way_share_a_budget),
    };

    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
