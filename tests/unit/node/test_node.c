/*
 * A node's two ports, without a chain: what is open to all, what
 * needs the token, and a clean end.
 */
#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/folder_lock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/http_client.h"
#include "node/control_client.h"
#include "node/money/journal_writer.h"
#include "node/node_internal.h"
#include "node/node_notices.h"
#include "node/node_tasks.h"
#include "node/owner/stopped_book.h"
#include "node/task/runner.h"

#include <sqlite3.h>
#include <sys/stat.h>

struct fixture {
    uv_loop_t loop;
    char folder[64];
    struct node *node;
    struct http_client *client;
    char token[80];
    const char *rpc_url; /* NULL: no_endpoint */
    const char *account; /* NULL: the one in use */
    enum confinement_wanted confinement;
    bool is_ready;
    bool is_stopped;
};

struct silence {
    struct http_exchange *held[64];
    unsigned count;
    bool has_other; /* than those about balances */
};

/* Nobody listens there: discard's port, which needs root to be taken. */
static const char no_endpoint[] = "http://127.0.0.1:9";

static void on_ready(void *user, struct node *node)
{
    ((struct fixture *)user)->is_ready = true;
}

static void on_stopped(void *user)
{
    ((struct fixture *)user)->is_stopped = true;
}

static void start(struct fixture *fixture)
{
    static const struct node_events events = {.ready = on_ready};
    const struct node_options options = {
        .folder = fixture->folder,
        .account = fixture->account,
        .rpc_url = fixture->rpc_url ? fixture->rpc_url : no_endpoint,
        .listen_address = "127.0.0.1",
        .worker_path = "/nonexistent/pond-worker",
        .confinement = fixture->confinement,
    };

    fixture->is_ready = false;
    fixture->is_stopped = false;
    assert_ok(
        node_start(&fixture->loop, &options, &events, fixture, &fixture->node));
    while (!fixture->is_ready)
        uv_run(&fixture->loop, UV_RUN_ONCE);
}

static void stop(struct fixture *fixture)
{
    node_stop(fixture->node, on_stopped, fixture);
    while (!fixture->is_stopped)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    fixture->node = NULL;
}

static void read_token(struct fixture *fixture)
{
    char *path = mem_format("%s/control.json", fixture->folder);
    struct buffer text = {0};
    struct json_object *control;
    struct stat stat_of;
    const char *value;

    assert_int_equal(stat(path, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 0777, 0600);
    assert_ok(file_read(path, 4096, &text));
    assert_ok(json_parse(buffer_view(&text), &control));
    assert_ok(json_get_text(control, "url", &value));
    assert_string_equal(value, node_control_url(fixture->node));
    assert_ok(json_get_text(control, "token", &value));
    snprintf(fixture->token, sizeof(fixture->token), "%s", value);
    json_object_put(control);
    buffer_free(&text);
    free(path);
}

static int open_node(void **state)
{
    struct fixture *fixture = mem_zero(1, sizeof(*fixture));

    *state = fixture;
    strcpy(fixture->folder, "/tmp/pond-node-XXXXXX");
    if (!mkdtemp(fixture->folder) || uv_loop_init(&fixture->loop))
        return -1;
    fixture->client = http_client_new(&fixture->loop, &address_rule_any);
    start(fixture);
    read_token(fixture);
    return 0;
}

static int close_node(void **state)
{
    struct fixture *fixture = *state;

    if (fixture->node)
        stop(fixture);
    http_client_close(fixture->client);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    int status = uv_loop_close(&fixture->loop);
    file_remove_tree(fixture->folder);
    free(fixture);
    return status;
}

struct visit {
    bool is_done;
    unsigned status;
    struct buffer body;
};

static void on_done(void *user, int status, struct http_response *response)
{
    struct visit *visit = user;

    visit->is_done = true;
    if (status)
        return;
    visit->status = response->status;
    visit->body = response->body;
    memset(&response->body, 0, sizeof(response->body));
}

/* token NULL: without one. body NULL: a GET. */
static struct visit ask(struct fixture *fixture, const char *base,
                        const char *path, const char *token, const char *body)
{
    char *url = mem_format("%s%s", base, path);
    char *header = mem_format("Authorization: Bearer %s", token ? token : "");
    const char *headers[] = {token ? header : NULL, NULL};
    const struct http_request request = {
        .url = url,
        .headers = headers,
        .body = body ? bytes_text(body) : (struct bytes){0},
    };
    struct visit visit = {0};

    http_client_start(fixture->client, &request, on_done, &visit);
    while (!visit.is_done)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    free(header);
    free(url);
    return visit;
}

static void expect(struct fixture *fixture, const char *path, unsigned status,
                   const char *part)
{
    struct visit visit =
        ask(fixture, node_public_url(fixture->node), path, NULL, NULL);

    if (visit.status != status || !strstr(buffer_string(&visit.body), part))
        fail_msg("%s: %u %s", path, visit.status, buffer_string(&visit.body));
    buffer_free(&visit.body);
}

static void test_the_open_port_answers_as_koii_s_node_does(void **state)
{
    struct fixture *fixture = *state;

    expect(fixture, "/", 200,
           "{\"status\":\"OK\",\"message\":\"Node is running\"}");
    expect(fixture, "/id", 200, "Koiitask22222222222222222222222222222222222");
    expect(fixture, "/tasks", 200, "[]");
    expect(fixture, "/task/9tHF7JcKvsDdYKeFA3eXKMAz4mw3ofaBDrC1ArwYoUJB/x", 422,
           "not running");
    expect(fixture, "/task/nonsense/x", 422, "not running");
    expect(fixture, "/metrics", 200, "pond_node_slot 0\n");
    expect(fixture,
           "/ipfs/bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7a"
           "qa4s52zy?format=raw",
           404, "");
    expect(fixture, "/../etc/passwd", 404, "");
    expect(fixture, "/status", 404, ""); /* the operator's, not here */
}

static void test_the_control_port_wants_its_token(void **state)
{
    struct fixture *fixture = *state;
    const char *url = node_control_url(fixture->node);
    char wrong[80];

    struct visit visit = ask(fixture, url, "/status", NULL, NULL);
    assert_int_equal(visit.status, 401);
    buffer_free(&visit.body);
    strcpy(wrong, fixture->token);
    wrong[0] = wrong[0] == '0' ? '1' : '0';
    visit = ask(fixture, url, "/status", wrong, NULL);
    assert_int_equal(visit.status, 401);
    buffer_free(&visit.body);
    visit = ask(fixture, url, "/status", fixture->token, NULL);
    assert_int_equal(visit.status, 200);
    assert_non_null(strstr(buffer_string(&visit.body), "\"tasks\":[]"));
    assert_non_null(strstr(buffer_string(&visit.body), "\"connected\":false"));
    buffer_free(&visit.body);
}

static void test_orders_that_make_no_sense_are_refused(void **state)
{
    static const struct {
        const char *path, *body;
        unsigned status;
    } orders[] = {
        {"/start", "", 400},
        {"/start", "[]", 400},
        {"/start", "{}", 404}, /* "task" is missing */
        {"/start", "{\"task\":\"x\"}", 400},
        {"/start",
         "{\"task\":\"9tHF7JcKvsDdYKeFA3eXKMAz4mw3ofaBDrC1ArwYoUJB\""
         ",\"stake\":-1}",
         400},
        {"/start",
         "{\"task\":\"9tHF7JcKvsDdYKeFA3eXKMAz4mw3ofaBDrC1ArwYoUJB\""
         ",\"variables\":{\"A\":5}}",
         400},
        {"/stop", "{\"task\":\"9tHF7JcKvsDdYKeFA3eXKMAz4mw3ofaBDrC1ArwYoUJB\"}",
         404},
        {"/dance", "{}", 404},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        struct visit visit =
            ask(fixture, node_control_url(fixture->node), orders[i].path,
                fixture->token, orders[i].body);

        if (visit.status != orders[i].status)
            fail_msg("%s %s: %u %s", orders[i].path, orders[i].body,
                     visit.status, buffer_string(&visit.body));
        buffer_free(&visit.body);
    }
}

static void test_a_task_is_remembered_over_a_restart(void **state)
{
    struct fixture *fixture = *state;
    struct node_task_options options = {.task = {.bytes = {7}}};

    assert_ok(node_start_task(fixture->node, &options, NULL, NULL));
    assert_int_equal(node_start_task(fixture->node, &options, NULL, NULL),
                     ERR_EXISTS);
    stop(fixture);
    start(fixture);
    read_token(fixture);
    assert_int_equal(node_start_task(fixture->node, &options, NULL, NULL),
                     ERR_EXISTS);
    struct visit visit = ask(fixture, node_control_url(fixture->node),
                             "/status", fixture->token, NULL);
    assert_non_null(
        strstr(buffer_string(&visit.body), "\"state\":\"loading\""));
    buffer_free(&visit.body);
    assert_ok(node_stop_task(fixture->node, &options.task, NULL, NULL));
    stop(fixture);
    start(fixture);
    assert_int_equal(node_stop_task(fixture->node, &options.task, NULL, NULL),
                     ERR_NOT_FOUND);
}

/* "word open, word over, …" of a kind of notifications. */
static void assert_told(struct fixture *fixture, const char *kind,
                        const char *expected)
{
    struct buffer json = {0}, shown = {0};
    struct json_writer writer = json_writer_make(&json);
    struct json_object *tree, *list;

    node_notices_look(fixture->node);
    notice_book_write(fixture->node->parts.notices, 0, &writer);
    assert_ok(json_parse(buffer_view(&json), &tree));
    assert_ok(json_get_array(tree, "notifications", &list));
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *notice = json_object_array_get_idx(list, i);
        const char *text;
        bool is_open;

        assert_ok(json_get_text(notice, "kind", &text));
        if (strcmp(text, kind) != 0)
            continue;
        assert_ok(json_get_text(notice, "text", &text));
        assert_ok(json_get_bool(notice, "open", &is_open));
        assert_non_null(strstr(text, "this machine has no Landlock."));
        buffer_format(&shown, "%s ", is_open ? "open" : "over");
    }
    assert_string_equal(buffer_string(&shown), expected);
    json_object_put(tree);
    buffer_free(&json);
    buffer_free(&shown);
}

static void test_a_wall_that_is_missing_is_told_once(void **state)
{
    static const char kind[] = "sandbox_weak";
    struct fixture *fixture = *state;
    const struct node_task_options first = {.task = {.bytes = {7}}},
                                   second = {.task = {.bytes = {8}}};

    stop(fixture);
    fixture->confinement = CONFINEMENT_ANY;
    start(fixture);
    assert_ok(node_start_task(fixture->node, &first, NULL, NULL));
    assert_ok(node_start_task(fixture->node, &second, NULL, NULL));
    assert_told(fixture, kind, "");
    runner_note_walls(fixture->node->runners[0], NULL);
    runner_note_walls(fixture->node->runners[1], "Landlock");
    assert_told(fixture, kind, "open ");
    /* Nothing is known of either until it has begun again. */
    stop(fixture);
    start(fixture);
    assert_told(fixture, kind, "open ");
    runner_note_walls(fixture->node->runners[0], NULL);
    assert_told(fixture, kind, "open ");
    runner_note_walls(fixture->node->runners[1], NULL);
    assert_told(fixture, kind, "over ");
    runner_note_walls(fixture->node->runners[0], "Landlock");
    assert_told(fixture, kind, "over open ");
    /* A node that wants all runs none without. */
    stop(fixture);
    fixture->confinement = CONFINEMENT_WHOLE;
    start(fixture);
    assert_told(fixture, kind, "over over ");
}

static int count_any(void *user, const struct journal_task *task)
{
    ++*(unsigned *)user;
    return 0;
}

static unsigned tasks_written(struct fixture *fixture)
{
    unsigned count = 0;

    assert_ok(
        journal_each_task(fixture->node->parts.journal, count_any, &count));
    return count;
}

/* Ask, and look for a text in the answer. */
static void expect_text(struct fixture *fixture, const char *path,
                        const char *body, unsigned status, const char *wanted)
{
    struct visit visit = ask(fixture, node_control_url(fixture->node), path,
                             fixture->token, body);

    if (visit.status != status || !strstr(buffer_string(&visit.body), wanted))
        fail_msg("%s: %u %s, without %s", path, visit.status,
                 buffer_string(&visit.body), wanted);
    buffer_free(&visit.body);
}

static void test_all_tasks_are_stopped_and_started_as_they_ran(void **state)
{
    struct fixture *fixture = *state;
    struct node_task_options first = {.task = {.bytes = {7}},
                                      .engine = NODE_ENGINE_POND,
                                      .is_trusted = true,
                                      .variables = "{\"A\":\"b\"}"},
                             second = {.task = {.bytes = {8}}};
    struct node *node = fixture->node;

    assert_ok(node_start_task(node, &first, NULL, NULL));
    assert_ok(node_start_task(node, &second, NULL, NULL));
    expect_text(fixture, "/stop-all", "{}", 200, "\"state\":\"stopped\"");
    expect_text(fixture, "/stop-all", "{}", 200, "{\"tasks\":[]}");
    assert_int_equal(tasks_written(fixture), 0);
    expect_text(fixture, "/status", NULL, 200, "\"status\":\"STOPPED\"");
    stop(fixture);
    start(fixture);
    read_token(fixture);
    node = fixture->node;
    assert_int_equal(node->runner_count, 0);
    expect_text(fixture, "/start-all", "{}", 200, "\"state\":\"starting\"");
    assert_int_equal(tasks_written(fixture), 2);
    assert_int_equal(node->runner_count, 2);
    expect_text(fixture, "/status", NULL, 200, "\"stopped\":[]");
    struct stopped_task task;
    struct task_runner *runner = node_tasks_find(node, &first.task);
    assert_non_null(runner);
    task_runner_describe(runner, &task);
    assert_string_equal(task.options.variables, first.variables);
    assert_int_equal(task.options.engine, NODE_ENGINE_POND);
    assert_true(task.options.is_trusted);
}

/* What is still there, and what nobody knows. */
static void test_only_stopped_tasks_are_archived(void **state)
{
    struct fixture *fixture = *state;
    struct node_task_options options = {.task = {.bytes = {7}}};
    char *body = mem_format("{\"task\":\"%s\"}", PUBKEY_TEXT(&options.task));

    expect_text(fixture, "/archive", body, 404, "was stopped here");
    assert_ok(node_start_task(fixture->node, &options, NULL, NULL));
    expect_text(fixture, "/archive", body, 409, "it runs");
    free(body);
}

static void test_a_variable_is_kept_and_not_shown(void **state)
{
    struct fixture *fixture = *state;

    expect_text(fixture, "/variables/set",
                "{\"label\":\"a\",\"value\":\"s3cret\"}", 200, "{}");
    expect_text(fixture, "/variables/set", "{\"label\":\"a\"}", 400, "value");
    expect_text(fixture, "/variables", NULL, 200,
                "{\"variables\":[{\"label\":\"a\",\"used_by\":[]}]}");
    expect_text(fixture, "/variables/pair",
                "{\"task\":\"9tHF7JcKvsDdYKeFA3eXKMAz4mw3ofaBDrC1ArwYoUJB\","
                "\"variable\":\"A\",\"label\":\"b\"}",
                404, "no variable b");
    expect_text(fixture, "/variables/remove", "{\"label\":\"a\"}", 200, "{}");
    expect_text(fixture, "/variables", NULL, 200, "{\"variables\":[]}");
}

static unsigned actions_of(struct fixture *fixture,
                           const struct journal_name *name)
{
    struct journal_entry entry;

    return journal_find(fixture->node->parts.journal, name, &entry) == 0;
}

static int write_action(struct journal *journal, void *user)
{
    struct journal_entry entry = {
        .name = *(const struct journal_name *)user,
        .transaction_size = 1,
    };

    return journal_intend(journal, &entry);
}

static void on_action_written(void *user, int status)
{
    assert_ok(status);
}

/* Each has its tasks and actions; what the operator has set is the folder's. */
static void test_accounts_of_a_folder_have_journals_of_their_own(void **state)
{
    struct fixture *fixture = *state;
    const struct node_task_options first = {.task = {.bytes = {7}}};
    const struct node_task_options second = {.task = {.bytes = {8}}};
    struct journal_name action = {
        .task = first.task, .round = 3, .kind = JOURNAL_SUBMIT};

    assert_ok(node_start_task(fixture->node, &first, NULL, NULL));
    expect_text(fixture, "/variables/set",
                "{\"label\":\"a\",\"value\":\"s3cret\"}", 200, "{}");
    journal_writer_run(fixture->node->parts.writer, write_action,
                       on_action_written, &action);
    stop(fixture);

    fixture->account = "second";
    start(fixture);
    read_token(fixture);
    assert_int_equal(fixture->node->runner_count, 0);
    assert_int_equal(actions_of(fixture, &action), 0);
    expect_text(fixture, "/variables", NULL, 200,
                "{\"variables\":[{\"label\":\"a\",\"used_by\":[]}]}");
    assert_ok(node_start_task(fixture->node, &second, NULL, NULL));
    stop(fixture);

    fixture->account = "main";
    start(fixture);
    assert_int_equal(fixture->node->runner_count, 1);
    assert_int_equal(actions_of(fixture, &action), 1);
    assert_int_equal(node_start_task(fixture->node, &first, NULL, NULL),
                     ERR_EXISTS);
    stop(fixture);
    fixture->account = "second";
    start(fixture);
    assert_int_equal(fixture->node->runner_count, 1);
    assert_int_equal(node_start_task(fixture->node, &second, NULL, NULL),
                     ERR_EXISTS);
}

struct ordered {
    unsigned count;
    int status;
};

static void on_ordered(void *user, int status)
{
    struct ordered *ordered = user;

    ordered->count++;
    ordered->status = status;
}

static void test_orders_are_answered_once_they_are_written(void **state)
{
    struct fixture *fixture = *state;
    const struct node_task_options options = {.task = {.bytes = {7}}};
    struct ordered ordered = {0};

    assert_ok(node_start_task(fixture->node, &options, on_ordered, &ordered));
    assert_int_equal(ordered.count, 0);
    while (!ordered.count)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_ok(ordered.status);
    assert_int_equal(tasks_written(fixture), 1);
    assert_ok(
        node_stop_task(fixture->node, &options.task, on_ordered, &ordered));
    assert_int_equal(ordered.count, 1);
    while (ordered.count < 2)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_ok(ordered.status);
    assert_int_equal(tasks_written(fixture), 0);
}

static int fail_to_write(struct journal *journal, void *user)
{
    sqlite3 *database;
    char *path = mem_format("%s/journal.db", (const char *)user);

    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(database, "DROP TABLE task", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(database);
    free(path);
    return 0;
}

static void on_made_to_fail(void *user, int status)
{
}

static void test_a_task_that_can_t_be_written_down_does_not_run(void **state)
{
    struct fixture *fixture = *state;
    const struct node_task_options options = {.task = {.bytes = {7}}};
    struct ordered ordered = {0};

    journal_writer_run(fixture->node->parts.writer, fail_to_write,
                       on_made_to_fail, fixture->folder);
    assert_ok(node_start_task(fixture->node, &options, on_ordered, &ordered));
    while (!ordered.count)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_true(ordered.status < 0);
    assert_null(node_tasks_find(fixture->node, &options.task));
}

static void refuse(void *user, struct http_exchange *exchange)
{
    http_answer_text(exchange, 404, "another program");
}

/* The stake's address on chain names it. */
static void test_a_restarted_node_keeps_its_port(void **state)
{
    struct fixture *fixture = *state;
    char *first = mem_text(node_public_url(fixture->node));
    struct http_server_options options = {.handler = refuse,
                                          .loop = &fixture->loop};
    struct http_server *other;

    stop(fixture);
    start(fixture);
    assert_string_equal(node_public_url(fixture->node), first);
    /* Where another program has the port by now it is another. */
    stop(fixture);
    options.port = (uint16_t)atoi(strrchr(first, ':') + 1);
    assert_ok(http_server_start(&options, &other));
    start(fixture);
    assert_string_not_equal(node_public_url(fixture->node), first);
    http_server_stop(other);
    free(first);
}

static int count_task(void *user, const struct journal_task *task)
{
    ++*(unsigned *)user;
    return 0;
}

static void test_a_task_too_many_is_not_remembered(void **state)
{
    struct fixture *fixture = *state;
    struct node_task_options options = {.task = {.bytes = {7}}};
    char *path = mem_format("%s/journal.db", fixture->folder);
    struct journal *journal;
    unsigned count = 0;

    for (int i = 0; i < NODE_TASKS_MAX; i++) {
        options.task.bytes[1] = (uint8_t)i;
        assert_ok(node_start_task(fixture->node, &options, NULL, NULL));
    }
    options.task.bytes[1] = NODE_TASKS_MAX;
    assert_int_equal(node_start_task(fixture->node, &options, NULL, NULL),
                     ERR_LIMIT);
    stop(fixture);
    assert_ok(journal_open(path, &journal));
    assert_ok(journal_each_task(journal, count_task, &count));
    assert_int_equal(count, NODE_TASKS_MAX);
    journal_close(journal);
    free(path);
}

static void test_nothing_is_left_after_the_end(void **state)
{
    struct fixture *fixture = *state;
    char *path = mem_format("%s/control.json", fixture->folder);

    assert_true(file_exists(path));
    stop(fixture);
    assert_false(file_exists(path));
    free(path);
}

/* The endpoint hears the questions and never answers: what a runner waits for
 * ends only with the client. */
static void keep_silent(void *user, struct http_exchange *exchange)
{
    struct silence *silence = user;
    struct bytes body = http_body(exchange);
    char *text = mem_format("%.*s", (int)body.size, (const char *)body.data);

    assert_true(silence->count <
                sizeof(silence->held) / sizeof(silence->held[0]));
    silence->held[silence->count++] = exchange;
    silence->has_other |= !strstr(text, "getBalance");
    free(text);
}

static void test_the_node_stops_while_its_last_task_stops(void **state)
{
    struct fixture *fixture = *state;
    struct silence silence = {0};
    const struct http_server_options options = {
        .handler = keep_silent, .user = &silence, .loop = &fixture->loop};
    const struct node_task_options task = {.task = {.bytes = {7}}};
    struct http_server *server;

    stop(fixture);
    assert_ok(http_server_start(&options, &server));
    char *url = mem_format("http://127.0.0.1:%u", http_server_port(server));
    fixture->rpc_url = url;
    start(fixture);
    assert_ok(node_start_task(fixture->node, &task, NULL, NULL));
    while (silence.count < 2 || !silence.has_other) /* the task's */
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_ok(node_stop_task(fixture->node, &task.task, NULL, NULL));
    /* The runner's timer closes; the call is all that it waits for then. */
    for (int i = 0; i < 5; i++)
        uv_run(&fixture->loop, UV_RUN_NOWAIT);
    assert_int_equal(fixture->node->runner_count, 1);
    stop(fixture);
    for (unsigned i = 0; i < silence.count; i++)
        http_answer_text(silence.held[i], 503, "too late");
    http_server_stop(server);
    free(url);
}

static void test_a_folder_has_one_node(void **state)
{
    struct fixture *fixture = *state;
    const struct node_options options = {
        .folder = fixture->folder,
        .rpc_url = no_endpoint,
        .listen_address = "127.0.0.1",
        .worker_path = "/nonexistent/pond-worker",
    };
    struct node *second;

    assert_int_equal(node_start(&fixture->loop, &options, NULL, NULL, &second),
                     ERR_LOCKED);
}

/* ---- a start that fails ---- */

/* The folder is free once nothing of the node is left. */
static void run_until_gone(struct fixture *fixture)
{
    struct folder_lock *lock;

    while (folder_lock_take(fixture->folder, &lock) == ERR_LOCKED)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    folder_lock_release(lock);
}

static int start_in_vain(struct fixture *fixture)
{
    const struct node_options options = {
        .folder = fixture->folder,
        .rpc_url = no_endpoint,
        .listen_address = "127.0.0.1",
        .worker_path = "/nonexistent/pond-worker",
    };
    struct node *node = NULL;
    int status = node_start(&fixture->loop, &options, NULL, NULL, &node);

    assert_null(node);
    return status;
}

/* Its rows can't be read any more; or, with the root it had, they can. */
static void set_root(struct fixture *fixture, const char *root, char *before)
{
    char *path = mem_format("%s/journal.db", fixture->folder);
    char *change =
        mem_format("PRAGMA writable_schema = 1; UPDATE sqlite_schema SET "
                   "rootpage = %s WHERE name = 'action'",
                   root);
    sqlite3 *database;
    sqlite3_stmt *statement;

    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    if (before) {
        assert_int_equal(
            sqlite3_prepare_v2(database,
                               "SELECT rootpage FROM sqlite_schema WHERE name "
                               "= 'action'",
                               -1, &statement, NULL),
            SQLITE_OK);
        assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
        snprintf(before, 16, "%d", sqlite3_column_int(statement, 0));
        sqlite3_finalize(statement);
    }
    assert_int_equal(sqlite3_exec(database, change, NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(database);
    free(change);
    free(path);
}

static void add_open_action(struct fixture *fixture)
{
    struct journal_entry entry = {.name = {.kind = JOURNAL_STAKE},
                                  .transaction_size = 1};
    char *path = mem_format("%s/journal.db", fixture->folder);
    struct journal *journal;

    assert_ok(journal_open(path, &journal));
    assert_ok(journal_intend(journal, &entry));
    journal_close(journal);
    free(path);
}

/* The last step but one is the control port: whoever asks it then is refused,
 * and the node ends as ever. */
static void test_a_start_that_fails_late_ends_in_order(void **state)
{
    struct fixture *fixture = *state;
    char *path = mem_format("%s/control.json", fixture->folder);
    char root[16];

    stop(fixture);
    add_open_action(fixture);
    set_root(fixture,
             "(SELECT rootpage FROM sqlite_schema WHERE name = 'action_open')",
             root);
    assert_int_equal(start_in_vain(fixture), ERR_CORRUPT);
    assert_non_null(strstr(err_text(), "journal"));
    struct control_client control;
    assert_ok(control_client_read(fixture->folder, &control));
    struct visit visit =
        ask(fixture, control.url, "/status", control.token, NULL);
    assert_int_not_equal(visit.status, 200);
    buffer_free(&visit.body);
    run_until_gone(fixture);
    assert_false(file_exists(path));
    set_root(fixture, root, NULL);
    start(fixture);
    free(path);
}

/* The port listens, and nobody can be told where. */
static void test_a_start_without_control_json_ends_in_order(void **state)
{
    struct fixture *fixture = *state;
    char *path = mem_format("%s/control.json", fixture->folder);
    char *inside = mem_format("%s/file", path);

    stop(fixture);
    assert_ok(file_make_folder(path, 0700));
    assert_ok(file_replace(inside, bytes_text("x"), 0600));
    assert_int_equal(start_in_vain(fixture), ERR_IO);
    run_until_gone(fixture);
    file_remove_tree(path);
    start(fixture);
    free(inside);
    free(path);
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, open_node, close_node)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_open_port_answers_as_koii_s_node_does),
        TEST(test_the_control_port_wants_its_token),
        TEST(test_orders_that_make_no_sense_are_refused),
        TEST(test_all_tasks_are_stopped_and_started_as_they_ran),
        TEST(test_only_stopped_tasks_are_archived),
        TEST(test_a_variable_is_kept_and_not_shown),
        TEST(test_orders_are_answered_once_they_are_written),
        TEST(test_a_task_that_can_t_be_written_down_does_not_run),
        TEST(test_a_task_is_remembered_over_a_restart),
        TEST(test_a_wall_that_is_missing_is_told_once),
        TEST(test_accounts_of_a_folder_have_journals_of_their_own),
        TEST(test_a_restarted_node_keeps_its_port),
        TEST(test_a_task_too_many_is_not_remembered),
        TEST(test_nothing_is_left_after_the_end),
        TEST(test_the_node_stops_while_its_last_task_stops),
        TEST(test_a_folder_has_one_node),
        TEST(test_a_start_that_fails_late_ends_in_order),
        TEST(test_a_start_without_control_json_ends_in_order),
    };

    crypto_init();
    log_configure("quiet");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
