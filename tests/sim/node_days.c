#include "node_days.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/http_client.h"
#include "node/money/journal_writer.h"
#include "node/money/sender.h"
#include "node/money/wallet.h"
#include "node/task/runner.h"
#include "node/task/task_runner.h"
#include "node_loop.h"
#include "runtime/host/host.h"
#include "runtime/host/host_spare.h"

#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define RPC_URL "http://settlement.example"

/* One life: what its process has. */
static struct life {
    struct days *days;
    days_plan *plan;
    uv_loop_t loop;
    struct node_options options;
    struct node_parts parts;
    struct task_runner *runner;
    bool is_signer_down;
    bool is_ended;
} life;

/* ---- steps ---- */

static void end_worker(void *user);

static void strike(enum days_victim victim)
{
    struct days *days = life.days;

    days->kills[victim]++;
    switch (victim) {
    case DAYS_NODE:
        raise(SIGKILL);
        return;
    case DAYS_WORKER:
        loop_after(0, end_worker, NULL);
        return;
    case DAYS_SIGNER:
        life.is_signer_down = true;
    }
}

static void step(void)
{
    struct days *days = life.days;

    if (life.is_ended)
        return;
    days->step++;
    if (!life.plan)
        return;
    for (size_t i = 0; i < DAYS_STRIKES_MAX; i++)
        if (days->strikes[i].step && days->strikes[i].step == days->step)
            strike(days->strikes[i].victim);
}

static uint64_t below(uint64_t bound)
{
    return random_below(&life.days->random, bound);
}

/* ---- in the place of net/http_client.c ---- */

struct http_client {
    struct http_call *calls;
};

struct http_call {
    struct http_client *client;
    http_done *done; /* NULL: cancelled */
    void *user;
    struct buffer body;
    struct buffer answer;
    bool is_lost;
};

struct http_client *http_client_new(uv_loop_t *loop,
                                    const struct address_rule *rule)
{
    return mem_zero(1, sizeof(struct http_client));
}

void http_client_use_one_host(struct http_client *client)
{
}

void http_client_close(struct http_client *client)
{
    free(client);
}

static bool is_between(uint64_t from, uint64_t until)
{
    uint64_t slot = life.days->chain.slot;

    return slot >= from && slot < until;
}

static void on_answered(void *user)
{
    struct http_call *call = user;
    struct http_response response = {.status = 200, .body = call->answer};

    if (call->done) {
        step();
        if (call->is_lost)
            call->done(call->user, err_set(ERR_NETWORK, "no answer"), NULL);
        else
            call->done(call->user, 0, &response);
    }
    buffer_free(&call->answer);
    buffer_free(&call->body);
    free(call);
}

static void on_arrived(void *user)
{
    static const char *const garbage[] = {
        "<html>502</html>",
        "{}",
        "[]",
        "{\"result\":17}",
        "{\"result\":null}",
        "{\"error\":{\"code\":-32005,\"message\":\"Node is behind\"}}",
        "\xff"};
    struct http_call *call = user;
    struct days *days = life.days;
    struct json_object *request = NULL, *params;
    const char *method;

    days->questions++;
    if (call->done && !call->is_lost) {
        step();
        CHECK(!json_parse(buffer_view(&call->body), &request));
        CHECK(!json_get_text(request, "method", &method));
        CHECK(!json_get_array(request, "params", &params));
        chain_answer(&days->chain, method, params, &call->answer);
        json_object_put(request);
    }
    if (is_between(days->garbled_from, days->garbled_until) && below(3)) {
        buffer_clear(&call->answer);
        buffer_text(&call->answer, garbage[below(7)]);
    }
    /* The answer may be lost where the question was not. */
    if (is_between(days->deaf_from, days->deaf_until))
        call->is_lost = true;
    loop_after(2 + below(60) + (days->late_ms ? below(days->late_ms) : 0),
               on_answered, call);
}

struct http_call *http_client_start(struct http_client *client,
                                    const struct http_request *request,
                                    http_done *done, void *user)
{
    struct http_call *call = mem_zero(1, sizeof(*call));

    call->client = client;
    call->done = done;
    call->user = user;
    buffer_bytes(&call->body, request->body);
    call->is_lost = strcmp(request->url, RPC_URL) != 0 ||
                    is_between(life.days->deaf_from, life.days->deaf_until);
    loop_after(2 + below(60), on_arrived, call);
    return call;
}

void http_call_cancel(struct http_call *call)
{
    call->done = NULL;
}

void http_call_abort(struct http_call *call)
{
    call->is_lost = true;
}

void http_call_take(struct http_call *call, struct buffer *out)
{
}

const char *http_call_error_name(const struct http_call *call)
{
    return "";
}

struct bytes http_response_header(const struct http_response *response,
                                  const char *name)
{
    return (struct bytes){0};
}

void http_response_free(struct http_response *response)
{
    buffer_free(&response->body);
}

int http_client_wait(const struct address_rule *rule,
                     const struct http_request *request,
                     struct http_response *response)
{
    return err_set(ERR_NETWORK, "nobody waits here");
}

/* ---- in the place of runtime/host/host.c ---- */

struct host {
    struct host_events events;
    void *user;
    bool is_stopping, is_dead;
};

struct call {
    struct host *host;
    struct call *next;
    char *function, *args;
    host_callback callback;
    void *user;
    bool is_over;
};

static struct host *worker;
static struct call *calls;

static void end_call(struct call *call, int status, const char *json)
{
    const struct host_result result = {
        .status = status,
        .json = json,
        .text = status ? "the worker ended" : NULL,
        .stack = "",
    };
    struct call **at = &calls;

    while (*at != call)
        at = &(*at)->next;
    *at = call->next;
    call->is_over = true;
    call->callback(call->user, &result);
}

/* From its event, which comes in any case. */
static void free_call(struct call *call)
{
    free(call->function);
    free(call->args);
    free(call);
}

/* Equal shares for all whose submission was not voted down. */
static void distribute(struct json_object *args, struct buffer *out)
{
    struct json_object *list = json_object_array_get_idx(args, 0);
    size_t count = json_object_array_length(list), good = 0;
    const char *key;
    int64_t votes;

    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < count; i++) {
            struct json_object *at = json_object_array_get_idx(list, i);

            CHECK(!json_get_i64(at, "votes", &votes));
            CHECK(!json_get_text(at, "publicKey", &key));
            if (votes < 0)
                continue;
            if (pass)
                buffer_format(out, "%s\"%s\":%" PRIu64, out->size ? "," : "{",
                              key, (uint64_t)CHAIN_BOUNTY / good);
            good += !pass;
        }
    }
    buffer_text(out, out->size ? "}" : "{}");
}

static void on_called(void *user)
{
    struct call *call = user;
    struct json_object *args = NULL;
    struct buffer text = {0};

    if (!call->is_over)
        step();
    if (call->is_over) {
        free_call(call);
        return;
    }
    life.days->worker_calls++;
    CHECK(!json_parse(bytes_text(call->args), &args));
    if (!strcmp(call->function, "submission"))
        /* Made anew after a restart it is another one. */
        buffer_format(&text, "\"proof-%" PRIu64 "-%" PRIu64 "\"",
                      chain_round_of(&life.days->chain), life.days->lives);
    else if (!strcmp(call->function, "audit"))
        buffer_text(&text, strcmp(json_object_get_string(
                                      json_object_array_get_idx(args, 0)),
                                  "wrong") != 0
                               ? "true"
                               : "false");
    else if (!strcmp(call->function, "distribution"))
        distribute(args, &text);
    else
        buffer_text(&text, "null");
    json_object_put(args);
    end_call(call, 0, buffer_string(&text));
    free_call(call);
    buffer_free(&text);
}

/* What is under way ends before the worker does. */
static void end_worker(void *user)
{
    struct host *gone = worker;
    struct host_end end = {.status = ERR_CLOSED,
                           .exit_code = -1,
                           .signal = SIGKILL,
                           .text = "killed by SIGKILL"};

    if (!gone || gone->is_dead)
        return;
    if (gone->is_stopping)
        end = (struct host_end){.stopped = true, .text = "stopped"};
    gone->is_dead = true;
    worker = NULL;
    while (calls)
        end_call(calls, ERR_CLOSED, NULL);
    gone->events.ended(gone->user, gone, &end);
}

static void on_ready(void *user)
{
    static const struct confinement sandbox = {
        .no_new_privileges = true, .seccomp = true, .landlock = true};
    const struct host_ready ready = {.sandbox = &sandbox};
    struct host *host = user;

    if (!host->is_dead && !host->is_stopping)
        host->events.ready(host->user, host, &ready);
}

int host_start(uv_loop_t *loop, const struct host_options *options,
               const struct host_events *events, void *user, struct host **out)
{
    struct host *host = mem_zero(1, sizeof(*host));

    CHECK(!worker);
    host->events = *events;
    host->user = user;
    worker = *out = host;
    loop_after(30, on_ready, host);
    return 0;
}

int host_call_bytes(struct host *host, const char *function, const char *args,
                    struct bytes payload, uint32_t limit_ms,
                    host_callback callback, void *user)
{
    struct call *call = mem_zero(1, sizeof(*call));

    step();
    call->host = host;
    call->function = mem_text(function);
    call->args = mem_text(args);
    call->callback = callback;
    call->user = user;
    call->next = calls;
    calls = call;
    loop_after(5 + below(300), on_called, call);
    return 0;
}

int host_call(struct host *host, const char *function, const char *args,
              uint32_t limit_ms, host_callback callback, void *user)
{
    return host_call_bytes(host, function, args, (struct bytes){0}, limit_ms,
                           callback, user);
}

void host_answer(struct host *host, uint64_t request_id, struct bytes result,
                 struct bytes payload)
{
}

void host_refuse(struct host *host, uint64_t request_id, int code,
                 const char *text)
{
}

void host_stop(struct host *host)
{
    host->is_stopping = true;
    loop_after(0, end_worker, NULL);
}

void host_kill(struct host *host, const char *reason)
{
    host_stop(host);
}

uint64_t host_memory_for(uint64_t base, size_t source_bytes)
{
    return base;
}

pid_t host_pid(const struct host *host)
{
    return 1;
}

void host_limit_cpu(struct host *host, uint32_t percent)
{
}

void host_statistics(const struct host *host, struct host_statistics *out)
{
    *out = (struct host_statistics){0};
}

/* ---- the signing process ---- */

struct question {
    signer_done *done;
    void *user;
};

static void on_refused(void *user)
{
    struct question question = *(struct question *)user;

    free(user);
    question.done(question.user,
                  err_set(ERR_CLOSED, "the signing process has died"), NULL,
                  (struct bytes){0});
}

void __real_signer_sign(struct signer *signer, const struct signer_key *key,
                        enum signer_purpose purpose, struct bytes bytes,
                        signer_done *done, void *user);
void __wrap_signer_sign(struct signer *signer, const struct signer_key *key,
                        enum signer_purpose purpose, struct bytes bytes,
                        signer_done *done, void *user);
void __wrap_signer_sign(struct signer *signer, const struct signer_key *key,
                        enum signer_purpose purpose, struct bytes bytes,
                        signer_done *done, void *user)
{
    struct question *question;

    step();
    if (!life.is_signer_down) {
        __real_signer_sign(signer, key, purpose, bytes, done, user);
        return;
    }
    life.is_signer_down = false;
    question = mem_zero(1, sizeof(*question));
    *question = (struct question){.done = done, .user = user};
    loop_after(1, on_refused, question);
}

/* ---- measures ---- */

static uint64_t folder_bytes(const char *folder)
{
    char *command = mem_format("du -sb %s", folder);
    FILE *file = popen(command, "r");
    uint64_t bytes = 0;

    free(command);
    CHECK(file && fscanf(file, "%" SCNu64, &bytes) == 1);
    pclose(file);
    return bytes;
}

static uint64_t count_rows(const char *path, const char *query)
{
    sqlite3_stmt *statement;
    sqlite3 *database;
    uint64_t count;

    CHECK(sqlite3_open(path, &database) == SQLITE_OK);
    CHECK(sqlite3_prepare_v2(database, query, -1, &statement, NULL) ==
          SQLITE_OK);
    CHECK(sqlite3_step(statement) == SQLITE_ROW);
    count = (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return count;
}

/* The heap first: counting takes some of it. */
static void measure(const struct days *days, struct days_measure *out)
{
    char *path = mem_format("%s/journal.db", days->folder);

    out->heap_bytes = mallinfo2().uordblks;
    out->disk_bytes = folder_bytes(days->folder);
    out->book_rows = count_rows(path, "SELECT COUNT(*) FROM earning_day");
    out->rows = count_rows(path, "SELECT (SELECT COUNT(*) FROM action) + "
                                 "(SELECT COUNT(*) FROM earning) + "
                                 "(SELECT COUNT(*) FROM number)");
    free(path);
}

/* ---- a life ---- */

static void begin_round(struct days *days)
{
    if (!life.plan && days->step > days->steps_quiet)
        days->steps_quiet = days->step;
    days->round = chain_round_of(&days->chain);
    days->step = 0;
    days->ready_slots[days->round % CHAIN_ROUNDS_KEPT] = 0;
    memset(days->strikes, 0, sizeof(days->strikes));
    if (life.plan)
        life.plan(days);
    for (size_t i = 0; i < DAYS_MEASURES_MAX && days->measure_at[i]; i++)
        if (days->measure_at[i] == days->round)
            measure(days, &days->measures[i]);
}

/* Every write of a file fails, as on a full disk. */
static void fill_disk(const struct days *days)
{
    struct rlimit limit;

    if (!days->full_until)
        return;
    CHECK(!getrlimit(RLIMIT_FSIZE, &limit));
    limit.rlim_cur =
        is_between(days->full_from, days->full_until) ? 0 : limit.rlim_max;
    CHECK(!setrlimit(RLIMIT_FSIZE, &limit));
}

static void on_slot(void *user)
{
    struct days *days = life.days;

    if (life.is_ended)
        return;
    chain_next_slot(&days->chain);
    loop_after(CHAIN_SLOT_MS, on_slot, NULL);
    if (days->jump_ms && days->chain.slot == days->jump_at_slot) {
        uint64_t slots = days->jump_ms / CHAIN_SLOT_MS;

        days->now_ms += days->jump_ms;
        while (slots--)
            chain_next_slot(&days->chain);
    }
    fill_disk(days);
    if (chain_round_of(&days->chain) != days->round)
        begin_round(days);
    if (days->round >= days->end_round) {
        life.is_ended = true;
        return;
    }
    if (is_between(days->deaf_from, days->deaf_until))
        return;
    if (task_runner_is_running(life.runner) &&
        chain_offset(&days->chain) < days->chain.times.submission)
        days->ready_slots[days->round % CHAIN_ROUNDS_KEPT]++;
    life.parts.slot = days->chain.slot;
    life.parts.sure_slot = days->chain.slot - CHAIN_FINAL_SLOTS;
    sender_slot(life.parts.sender, days->chain.slot);
    task_runner_slot(life.runner, days->chain.slot);
}

static void open_parts(struct days *days)
{
    struct node_parts *parts = &life.parts;
    const uint8_t seeds[2][32] = {{1}, {2}};
    struct wallet wallet = {0};
    char *path = mem_format("%s/journal.db", days->folder);

    keypair_from_seed(seeds[0], &wallet.main);
    keypair_from_seed(seeds[1], &wallet.staking);
    life.options.folder = days->folder;
    life.options.worker_path = "/nonexistent/pond-worker";
    life.options.network = &address_rule_loopback;
    life.options.claim_threshold_roe =
        days->claim_threshold ? days->claim_threshold : CHAIN_BOUNTY;
    parts->loop = &life.loop;
    parts->options = &life.options;
    parts->public_url = "http://127.0.0.1:1";
    parts->slot_ms = CHAIN_SLOT_MS;
    parts->task_http = http_client_new(&life.loop, &address_rule_loopback);
    CHECK(!journal_open(path, &parts->journal));
    CHECK(!journal_writer_open(&life.loop, path, &parts->writer));
    CHECK(!store_open(days->folder, NULL, &parts->store));
    CHECK(!client_new(&life.loop, RPC_URL, &parts->client));
    parts->signer = signer_new(&life.loop, &wallet);
    days->chain.keys[0] = *signer_staking(parts->signer);
    CHECK(!signer_list_account(parts->signer, &chain_task,
                               &days->chain.accounts[0]));
    parts->sender =
        sender_new(parts->client, parts->journal, parts->writer, parts->signer);
    free(path);
}

static void on_closed(void *user)
{
    *(bool *)user = true;
}

/* The last event may be the loop's own, after which there is none to turn. */
static void wait_for(const bool *is_over)
{
    for (unsigned i = 0; !*is_over; i++) {
        CHECK(i < 100000);
        CHECK(loop_turn() || *is_over);
    }
}

/* As node_stop() does it. */
static void close_parts(struct days *days)
{
    struct node_parts *parts = &life.parts;
    bool is_runner_over = false, is_client_over = false, is_signer_over = false,
         is_writer_over = false;

    task_runner_stop(life.runner, on_closed, &is_runner_over);
    sender_stop(parts->sender);
    client_close(parts->client, on_closed, &is_client_over);
    wait_for(&is_client_over);
    wait_for(&is_runner_over);
    signer_close(parts->signer, on_closed, &is_signer_over);
    wait_for(&is_signer_over);
    journal_writer_close(parts->writer, on_closed, &is_writer_over);
    wait_for(&is_writer_over);
    sender_free(parts->sender);
    signer_free(parts->signer);
    CHECK(!journal_sum(parts->journal, &chain_task, JOURNAL_CLAIM,
                       &days->journal_claimed));
    journal_close(parts->journal);
    store_close(parts->store);
}

static void live(struct days *days, days_plan *plan)
{
    char *main_js = mem_format("%s/main.js", days->folder);
    const struct node_task_options options = {
        .task = chain_task, .executable = main_js, .variables = "{}"};

    life.days = days;
    life.plan = plan;
    days->lives++;
    days->lives_slot = days->chain.slot;
    CHECK(!uv_loop_init(&life.loop));
    loop_open(&life.loop, &days->now_ms, step);
    open_parts(days);
    CHECK(!sender_resume(life.parts.sender));
    life.runner = task_runner_new(&life.parts, &options);
    loop_after(CHAIN_SLOT_MS, on_slot, NULL);
    while (!life.is_ended)
        CHECK(loop_turn());
    close_parts(days);
    free(main_js);
}

struct days *days_open(uint64_t seed)
{
    struct days *days = mmap(NULL, sizeof(*days), PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    char *path;

    CHECK(days != MAP_FAILED);
    chain_init(&days->chain, seed);
    days->random = random_make(seed ^ 0x5eed);
    days->now_ms = 1000000;
    /* A tmpfs, where there is one: each write of the journal is synced. */
    strcpy(days->folder, access("/dev/shm", W_OK)
                             ? "/tmp/pond-days-XXXXXX"
                             : "/dev/shm/pond-days-XXXXXX");
    CHECK(mkdtemp(days->folder));
    path = mem_format("%s/main.js", days->folder);
    CHECK(!file_replace(path, bytes_text("main"), 0600));
    free(path);
    return days;
}

void days_close(struct days *days)
{
    file_remove_tree(days->folder);
    munmap(days, sizeof(*days));
}

/* A dead node's time goes on for up to three slots. */
static void pass(struct days *days)
{
    uint64_t slots = random_below(&days->random, 4);

    while (slots--) {
        chain_next_slot(&days->chain);
        days->now_ms += CHAIN_SLOT_MS;
    }
}

void days_run(struct days *days, uint64_t until_round, days_plan *plan)
{
    int status = 0;

    days->end_round = until_round;
    while (chain_round_of(&days->chain) < until_round) {
        pid_t pid = fork();

        CHECK(pid >= 0);
        if (!pid) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            signal(SIGXFSZ, SIG_IGN);
            live(days, plan);
            _exit(0);
        }
        CHECK(waitpid(pid, &status, 0) == pid);
        if (WIFEXITED(status) && !WEXITSTATUS(status))
            return;
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
            chain_trouble(&days->chain, "the node's process ended with %d",
                          status);
            return;
        }
        pass(days);
    }
}
