/*
 * Bundles in a real node: what they are started with, what reaches them, how
 * they end. Where this machine has no node the tests are skipped.
 */
#include "../../test.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "runtime/koii/koii_process.h"
#include "runtime/koii/koii_program.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* A busy machine is waited for; only a test that fails waits that long. */
#define WAIT_MS 60000

#define TASK "4Nd1mYzX6zRkHbXy3vY2hTjQjJv2J6pQ1wVt8aV9bC7d"
#define SECRET "0123456789abcdef0123"

struct bed {
    uv_loop_t loop;
    struct koii_process *process;
    char *folder, *program;
    struct buffer out, errors;
    bool ended, timed_out, checked;
    int exit_code, signal;
    bool stopped;
    char *end_text;
    int listener, socket;
    int check_status;
    char version[32];
};

static void on_output(void *user, struct koii_process *process,
                      enum koii_output which, struct bytes text)
{
    struct bed *bed = user;

    buffer_bytes(which == KOII_STDERR ? &bed->errors : &bed->out, text);
}

static void on_listening(void *user, struct koii_process *process, int listener)
{
    ((struct bed *)user)->listener = listener;
}

static void on_ended(void *user, struct koii_process *process,
                     const struct koii_end *end)
{
    struct bed *bed = user;

    assert_false(bed->ended);
    bed->ended = true;
    bed->process = NULL;
    bed->exit_code = end->exit_code;
    bed->signal = end->signal;
    bed->stopped = end->stopped;
    bed->end_text = mem_text(end->text);
}

static const struct koii_events events = {
    .listening = on_listening, .output = on_output, .ended = on_ended};

static void on_late(uv_timer_t *timer)
{
    ((struct bed *)timer->data)->timed_out = true;
}

/* Run the loop until the output holds a text, or (NULL) until the end. */
static void run_until(struct bed *bed, const char *text)
{
    uv_timer_t timer;

    uv_timer_init(&bed->loop, &timer);
    timer.data = bed;
    uv_timer_start(&timer, on_late, WAIT_MS, 0);
    bed->timed_out = false;
    while (!bed->timed_out && !bed->ended &&
           !(text && strstr(buffer_string(&bed->out), text)))
        uv_run(&bed->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&bed->loop, UV_RUN_NOWAIT);
    if (bed->timed_out || (text && !strstr(buffer_string(&bed->out), text))) {
        print_error("out: %s\nerrors: %s\n", buffer_string(&bed->out),
                    buffer_string(&bed->errors));
        fail();
    }
}

static int set_up(void **state)
{
    struct bed *bed = mem_zero(1, sizeof(*bed));
    char name[] = "/tmp/pond-koii-XXXXXX";

    uv_loop_init(&bed->loop);
    bed->listener = -1;
    bed->folder = mem_text(mkdtemp(name));
    if (koii_program_find(NULL, getenv("PATH"), &bed->program) < 0)
        bed->program = NULL;
    *state = bed;
    return 0;
}

static int tear_down(void **state)
{
    struct bed *bed = *state;

    if (bed->process) {
        koii_process_kill(bed->process, "the test is over");
        run_until(bed, NULL);
    }
    if (bed->listener >= 0)
        close(bed->listener);
    uv_run(&bed->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&bed->loop), 0);
    char *command = mem_format("rm -rf %s", bed->folder);
    int removed = system(command);
    free(command);
    buffer_free(&bed->out);
    buffer_free(&bed->errors);
    free(bed->folder);
    free(bed->program);
    free(bed->end_text);
    free(bed);
    return removed;
}

/* Start a bundle of this source. */
static void start_with(struct bed *bed, const char *source,
                       struct koii_launch *launch)
{
    if (!bed->program) {
        print_message("skipped: this machine has no node\n");
        skip();
    }
    char *path = mem_format("%s/main.js", bed->folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(source, file);
    fclose(file);
    launch->program = bed->program;
    launch->executable = path;
    launch->folder = bed->folder;
    launch->task_name = "A name";
    launch->task_id = TASK;
    launch->task_port = 4321;
    launch->main_account = "main";
    launch->secret = SECRET;
    launch->rpc_url = "http://127.0.0.1:10899";
    launch->stake_roe = 5000000000;
    launch->node_port = 30017;
    assert_ok(
        koii_process_start(&bed->loop, launch, &events, bed, &bed->process));
    free(path);
}

static void start(struct bed *bed, const char *source)
{
    struct koii_launch launch = {0};

    start_with(bed, source, &launch);
}

static void test_gives_arguments_environment_and_folder(void **state)
{
    struct bed *bed = *state;
    struct koii_launch launch = {
        .variables = "{\"KEYWORD\":\"a b=\\u00fc\",\"PATH\":\"/stolen\","
                     "\"NODE_CHANNEL_FD\":\"77\"}",
        .environment = (const char *const[]){"HOME=/nowhere", NULL}};

    start_with(bed,
               "console.log(JSON.stringify(process.argv.slice(2)));"
               "delete process.env.PATH;"
               "console.log(JSON.stringify(process.env));"
               "console.log(process.cwd() === __dirname);"
               "console.log(process.connected); process.exit(0);",
               &launch);
    run_until(bed, NULL);
    const char *out = buffer_string(&bed->out);
    assert_non_null(
        strstr(out, "[\"A name\",\"" TASK "\",\"4321\",\"service\",\"main\","
                    "\"" SECRET "\",\"http://127.0.0.1:10899\",\"undefined\","
                    "\"5000000000\",\"30017\"]\n"));
    assert_non_null(
        strstr(out, "{\"HOME\":\"/nowhere\",\"KEYWORD\":\"a b=\u00fc\"}\n"));
    assert_non_null(strstr(out, "true\ntrue\n"));
    assert_int_equal(bed->exit_code, 0);
}

static void test_path_is_the_nodes(void **state)
{
    struct bed *bed = *state;
    struct koii_launch launch = {.variables = "{\"PATH\":\"/stolen\"}"};

    start_with(bed, "console.log('path', process.env.PATH); process.exit(0)",
               &launch);
    run_until(bed, NULL);
    assert_null(strstr(buffer_string(&bed->out), "/stolen"));
}

static void test_refuses_variables_that_are_none(void **state)
{
    static const char *const bad[] = {
        "[]",           "{\"a\":1}",           "{\"a=b\":\"c\"}",
        "{\"\":\"c\"}", "{\"a\":\"\\u0000\"}", "nonsense"};
    struct bed *bed = *state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct koii_launch launch = {.program = "/bin/true",
                                     .executable = "main.js",
                                     .folder = bed->folder,
                                     .task_name = "",
                                     .task_id = TASK,
                                     .main_account = "",
                                     .secret = SECRET,
                                     .rpc_url = "",
                                     .variables = bad[i]};

        assert_true(koii_process_start(&bed->loop, &launch, &events, bed,
                                       &bed->process) < 0);
    }
}

static void test_a_program_that_is_missing_is_an_error(void **state)
{
    struct bed *bed = *state;
    struct koii_launch launch = {.program = "/nonexistent/node",
                                 .executable = "main.js",
                                 .folder = bed->folder,
                                 .task_name = "",
                                 .task_id = TASK,
                                 .main_account = "",
                                 .secret = SECRET,
                                 .rpc_url = ""};

    assert_int_equal(
        koii_process_start(&bed->loop, &launch, &events, bed, &bed->process),
        ERR_IO);
    assert_non_null(strstr(err_text(), "/nonexistent/node"));
    assert_false(bed->ended);
}

static void test_triggers_arrive_in_order(void **state)
{
    struct bed *bed = *state;
    const bool no = false, yes = true;

    start(bed, "let n = 0; process.on('message', m => {"
               "console.log(JSON.stringify(m));"
               "if (++n === 3) process.exit(0); });");
    assert_ok(koii_process_trigger(bed->process, "executeTask", 7, NULL));
    assert_ok(koii_process_trigger(
        bed->process, "generateAndSubmitDistributionList", 5, &yes));
    assert_ok(koii_process_trigger(
        bed->process, "generateAndSubmitDistributionList", 5, &no));
    run_until(bed, NULL);
    assert_string_equal(
        buffer_string(&bed->out),
        "{\"functionCall\":\"executeTask\",\"roundNumber\":7}\n"
        "{\"functionCall\":\"generateAndSubmitDistributionList\","
        "\"roundNumber\":5,\"isPreviousRoundFailed\":true}\n"
        "{\"functionCall\":\"generateAndSubmitDistributionList\","
        "\"roundNumber\":5,\"isPreviousRoundFailed\":false}\n");
}

static void test_exit_codes_and_signals_are_reported(void **state)
{
    struct bed *bed = *state;

    start(bed, "console.error('last words'); process.exit(1)");
    run_until(bed, NULL);
    assert_int_equal(bed->exit_code, 1);
    assert_non_null(strstr(buffer_string(&bed->errors), "last words"));
    assert_false(bed->stopped);
    bed->ended = false;
    free(bed->end_text);
    start(bed, "process.kill(process.pid, 'SIGKILL'); setInterval(()=>{}, 9)");
    run_until(bed, NULL);
    assert_int_equal(bed->exit_code, -1);
    assert_int_equal(bed->signal, SIGKILL);
}

static void test_a_stop_ends_what_ignores_it(void **state)
{
    struct bed *bed = *state;

    start(bed, "process.on('SIGTERM', () => console.log('asked'));"
               "setInterval(() => {}, 1000); console.log('up')");
    run_until(bed, "up");
    koii_process_stop(bed->process);
    run_until(bed, NULL);
    assert_true(bed->stopped);
    assert_int_equal(bed->signal, SIGKILL);
    assert_non_null(strstr(buffer_string(&bed->out), "asked"));
}

static bool is_alive(int number)
{
    char path[64], line[256] = "";

    snprintf(path, sizeof(path), "/proc/%d/stat", number);
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    bool is_there = fgets(line, sizeof(line), file) != NULL;
    fclose(file);
    return is_there && !strstr(line, ") Z") && !strstr(line, ") X");
}

static void test_its_children_end_with_it(void **state)
{
    struct bed *bed = *state;

    start(bed, "const c = require('child_process').spawn('sleep', ['600'],"
               "{stdio: 'inherit'}); console.log('child', c.pid);"
               "setTimeout(() => process.exit(0), 10)");
    run_until(bed, NULL);
    int child = 0;
    assert_int_equal(sscanf(buffer_string(&bed->out), "child %d", &child), 1);
    /* Killed; the kernel takes a moment, and whoever adopted it may still have
     * to collect it. */
    for (int i = 0; i < WAIT_MS && is_alive(child); i++)
        usleep(1000);
    assert_false(is_alive(child));
}

static void test_floods_are_cut_and_said(void **state)
{
    struct bed *bed = *state;

    start(bed, "const line = 'x'.repeat(65535) + '\\n';"
               "for (let i = 0; i < 200; i++) process.stdout.write(line);"
               "for (let i = 0; i < 2000; i++) process.send({i, line});"
               "setTimeout(() => process.exit(0), 500)");
    run_until(bed, NULL);
    assert_true(bed->out.size < 3u << 20);
    assert_non_null(strstr(buffer_string(&bed->errors), "were dropped"));
}

static void test_a_channel_nobody_reads_is_full_at_last(void **state)
{
    struct bed *bed = *state;
    int status = 0;

    start(bed, "console.log('up'); for (;;);");
    run_until(bed, "up");
    for (int i = 0; !status && i < 100000; i++) {
        status = koii_process_trigger(bed->process, "executeTask", 1, NULL);
        uv_run(&bed->loop, UV_RUN_NOWAIT);
    }
    assert_int_equal(status, ERR_FULL);
    koii_process_kill(bed->process, "it does not read");
    run_until(bed, NULL);
    assert_string_equal(bed->end_text, "it does not read");
    assert_int_equal(bed->signal, SIGKILL);
}

/* The node's side of the listener: one request, one answer. */
static void answer_one(int listener)
{
    char request[4096];
    int connection;

    while ((connection = accept(listener, NULL, NULL)) < 0)
        usleep(1000);
    assert_true(recv(connection, request, sizeof(request), 0) > 0);
    static const char answer[] = "HTTP/1.1 200 OK\r\nConnection: close\r\n"
                                 "Content-Length: 5\r\n\r\nhello";
    assert_int_equal(send(connection, answer, sizeof(answer) - 1, 0),
                     sizeof(answer) - 1);
    close(connection);
}

static void on_time_to_look(uv_timer_t *timer)
{
    struct bed *bed = timer->data;

    if (bed->listener < 0)
        return;
    answer_one(bed->listener);
    uv_timer_stop(timer);
}

static void test_a_network_of_its_own_has_the_node_in_it(void **state)
{
    struct bed *bed = *state;
    struct koii_launch launch = {.launcher = POND_LAUNCH};
    uv_timer_t look;
    /* A server of this machine, which the process must not reach. */
    int outside = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);

    assert_int_equal(
        bind(outside, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(outside, 1), 0);
    getsockname(outside, (struct sockaddr *)&address, &size);
    char *source = mem_format(
        "const get = u => fetch(u).then(r => r.text()).catch(e => "
        "'refused');"
        "(async () => { console.log('node:', await "
        "get('http://localhost:30017/')); console.log('machine:', await "
        "get('http://127.0.0.1:%u/')); process.exit(0) })()",
        ntohs(address.sin_port));
    start_with(bed, source, &launch);
    free(source);
    uv_timer_init(&bed->loop, &look);
    look.data = bed;
    uv_timer_start(&look, on_time_to_look, 10, 10);
    run_until(bed, NULL);
    uv_close((uv_handle_t *)&look, NULL);
    uv_run(&bed->loop, UV_RUN_NOWAIT);
    close(outside);
    if (bed->exit_code == 127 &&
        strstr(buffer_string(&bed->errors), "network of its own")) {
        print_message("skipped: no network namespaces here\n");
        skip();
    }
    assert_non_null(strstr(buffer_string(&bed->out), "node: hello\n"));
    assert_non_null(strstr(buffer_string(&bed->out), "machine: refused\n"));
}

static void on_socket(void *user, int descriptor)
{
    ((struct bed *)user)->socket = descriptor;
}

static void test_the_node_reaches_the_server_inside(void **state)
{
    struct bed *bed = *state;
    struct koii_launch launch = {.launcher = POND_LAUNCH};
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(4321),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char answer[4096] = "";

    start_with(bed,
               "require('http').createServer((q, r) => r.end('inside'))"
               ".listen(process.argv[4], () => console.log('listens'));"
               "setTimeout(() => process.exit(3), 60000)",
               &launch);
    uv_run(&bed->loop, UV_RUN_ONCE);
    bed->socket = -2;
    run_until(bed, "listens");
    assert_ok(koii_process_socket(bed->process, on_socket, bed));
    while (bed->socket == -2)
        uv_run(&bed->loop, UV_RUN_ONCE);
    assert_true(bed->socket >= 0);
    int flags = fcntl(bed->socket, F_GETFL);
    fcntl(bed->socket, F_SETFL, flags & ~O_NONBLOCK);
    assert_int_equal(
        connect(bed->socket, (struct sockaddr *)&address, sizeof(address)), 0);
    static const char request[] = "GET / HTTP/1.0\r\n\r\n";
    assert_int_equal(send(bed->socket, request, sizeof(request) - 1, 0),
                     sizeof(request) - 1);
    assert_true(recv(bed->socket, answer, sizeof(answer) - 1, MSG_WAITALL) > 0);
    assert_non_null(strstr(answer, "inside"));
    close(bed->socket);
    /* Those who still wait when it ends get none. */
    bed->socket = -2;
    koii_process_kill(bed->process, "over");
    (void)koii_process_socket(bed->process, on_socket, bed);
    run_until(bed, NULL);
    assert_int_equal(bed->signal, SIGKILL);
    if (bed->socket >= 0)
        close(bed->socket);
}

static void test_without_a_network_of_its_own_there_is_no_socket(void **state)
{
    struct bed *bed = *state;

    start(bed, "setTimeout(() => {}, 60000)");
    assert_int_equal(koii_process_socket(bed->process, on_socket, bed),
                     ERR_UNSUPPORTED);
}

static void test_a_stop_and_an_exit_code_pass_the_launcher(void **state)
{
    struct bed *bed = *state;
    struct koii_launch launch = {.launcher = POND_LAUNCH};

    start_with(bed,
               "process.on('SIGTERM', () => process.exit(7));"
               "setInterval(() => {}, 1000); console.log('up')",
               &launch);
    run_until(bed, "up");
    koii_process_stop(bed->process);
    run_until(bed, NULL);
    assert_int_equal(bed->exit_code, 7);
    assert_true(bed->stopped);
}

static void test_a_signal_passes_the_launcher(void **state)
{
    struct bed *bed = *state;
    struct koii_launch launch = {.launcher = POND_LAUNCH};

    start_with(bed, "process.kill(process.pid, 'SIGKILL')", &launch);
    run_until(bed, NULL);
    assert_int_equal(bed->signal, SIGKILL);
}

static void on_checked(void *user, int status, const char *version)
{
    struct bed *bed = user;

    bed->checked = true;
    bed->check_status = status;
    snprintf(bed->version, sizeof(bed->version), "%s", version);
}

static int check(struct bed *bed, const char *program)
{
    bed->checked = false;
    koii_program_check(&bed->loop, program, on_checked, bed);
    assert_false(bed->checked);
    while (!bed->checked)
        uv_run(&bed->loop, UV_RUN_ONCE);
    return bed->check_status;
}

/* A program that answers as it is written here. */
static char *fake(struct bed *bed, const char *answer)
{
    char *path = mem_format("%s/node", bed->folder);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fprintf(file, "#!/bin/sh\n%s\n", answer);
    fclose(file);
    char *command = mem_format("chmod +x %s", path);
    assert_int_equal(system(command), 0);
    free(command);
    return path;
}

static void test_versions_are_checked(void **state)
{
    static const struct {
        const char *answer;
        int status;
        const char *version;
    } cases[] = {
        {"echo v20.11.1", 0, "20.11.1"},
        {"echo v18.0.0-nightly", 0, "18.0.0-nightly"},
        {"echo v16.20.2", ERR_UNSUPPORTED, ""},
        {"echo 3.11", ERR_UNSUPPORTED, ""},
        {"exit 1", ERR_UNSUPPORTED, ""},
        {"echo v20.1.1; exit 3", ERR_UNSUPPORTED, ""},
        {"head -c 100000 /dev/zero", ERR_UNSUPPORTED, ""},
    };
    struct bed *bed = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *path = fake(bed, cases[i].answer);

        assert_int_equal(check(bed, path), cases[i].status);
        assert_string_equal(bed->version, cases[i].version);
        free(path);
    }
    assert_int_equal(check(bed, "/nonexistent"), ERR_IO);
}

static void test_node_is_found_in_the_path(void **state)
{
    struct bed *bed = *state;
    char *program = fake(bed, "echo v20.0.0"), *found;
    char *path = mem_format("/nonexistent::%s", bed->folder);

    assert_ok(koii_program_find(NULL, path, &found));
    assert_string_equal(found, program);
    free(found);
    assert_ok(koii_program_find(program, "", &found));
    free(found);
    assert_int_equal(koii_program_find(NULL, "/nonexistent", &found),
                     ERR_NOT_FOUND);
    assert_non_null(strstr(err_text(), "--node-program"));
    assert_int_equal(koii_program_find(bed->folder, path, &found),
                     ERR_NOT_FOUND);
    free(path);
    free(program);
}

static void test_secrets_differ(void **state)
{
    char a[KOII_SECRET_SIZE], b[KOII_SECRET_SIZE];

    koii_secret(a);
    koii_secret(b);
    assert_int_equal(strspn(a, "0123456789abcdef"), 20);
    assert_string_not_equal(a, b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_gives_arguments_environment_and_folder),
        TEST(test_path_is_the_nodes),
        TEST(test_refuses_variables_that_are_none),
        TEST(test_a_program_that_is_missing_is_an_error),
        TEST(test_triggers_arrive_in_order),
        TEST(test_exit_codes_and_signals_are_reported),
        TEST(test_a_stop_ends_what_ignores_it),
        TEST(test_its_children_end_with_it),
        TEST(test_floods_are_cut_and_said),
        TEST(test_a_channel_nobody_reads_is_full_at_last),
        TEST(test_a_network_of_its_own_has_the_node_in_it),
        TEST(test_the_node_reaches_the_server_inside),
        TEST(test_without_a_network_of_its_own_there_is_no_socket),
        TEST(test_a_stop_and_an_exit_code_pass_the_launcher),
        TEST(test_a_signal_passes_the_launcher),
        TEST(test_versions_are_checked),
        TEST(test_node_is_found_in_the_path),
        TEST(test_secrets_differ),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
