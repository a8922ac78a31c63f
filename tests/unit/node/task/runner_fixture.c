#include "test.h"

#include "base/base64.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "runner_fixture.h"
#include "runtime/host/host_spare.h"
#include "settlement/format/well_known.h"
#include "settlement/task_list_build.h"

#include <inttypes.h>

const struct pubkey fixture_task = {.bytes = {7}};

const char fixture_no_account[] = "{\"context\":{\"slot\":9},\"value\":null}";
const char fixture_rich_account[] =
    "{\"context\":{\"slot\":9},\"value\":{\"lamports\":1000000000,"
    "\"owner\":\"Koiitask22222222222222222222222222222222222\","
    "\"executable\":false,\"data\":[\"\",\"base64\"]}}";

struct pubkey fixture_peer(uint8_t number)
{
    return (struct pubkey){.bytes = {9, number}};
}

/* ---- what the endpoint tells ---- */

static void write_key_array(struct json_writer *writer, const char *name,
                            const struct pubkey *key)
{
    json_name(writer, name);
    json_open_array(writer);
    for (int i = 0; i < 32; i++)
        json_write_u64(writer, key->bytes[i]);
    json_close_array(writer);
}

static void write_number_of(struct json_writer *writer, const char *map,
                            const struct pubkey *key, uint64_t value)
{
    json_name(writer, map);
    json_open_object(writer);
    json_field_u64(writer, PUBKEY_TEXT(key), value);
    json_close_object(writer);
}

static void write_addresses(struct fixture *fixture, struct json_writer *writer)
{
    json_name(writer, "ip_address_list");
    json_open_object(writer);
    for (unsigned i = 0; i < fixture->peers; i++) {
        const struct pubkey peer = fixture_peer((uint8_t)i);
        char *url = mem_format("http://127.0.0.1:%u/peer%u",
                               (unsigned)http_server_port(fixture->server), i);

        json_field_text(writer, PUBKEY_TEXT(&peer), url);
        free(url);
    }
    json_close_object(writer);
}

static void write_state(struct fixture *fixture, const char *id,
                        struct json_writer *writer)
{
    bool is_next = fixture->next && !strcmp(id, PUBKEY_TEXT(fixture->next));
    bool has_moved = fixture->next && !is_next;
    static const struct pubkey manager = {.bytes = {1}};
    const struct {
        const char *name;
        uint64_t value;
    } numbers[] = {
        {"total_bounty_amount", 100},
        {"bounty_amount_per_round", 10},
        {"total_stake_amount", 1},
        {"minimum_stake_amount", 5},
        {"round_time", fixture->round_time},
        {"starting_slot", 0},
        {"audit_window", 40},
        {"submission_window", 40},
        {"allowed_failed_distributions", 3},
    };

    json_open_object(writer);
    json_field_bool(writer, "is_allowlisted", true);
    json_field_bool(writer, "is_active", !fixture->is_inactive);
    json_field_bool(writer, "is_migrated", has_moved);
    if (has_moved)
        json_field_text(writer, "migrated_to", PUBKEY_TEXT(fixture->next));
    json_field_text(writer, "task_executable_network", "IPFS");
    json_field_text(
        writer, "task_audit_program",
        fixture->program
            ? fixture->program
            : "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy");
    if (fixture->metadata)
        json_field_text(writer, "task_metadata", fixture->metadata);
    write_key_array(writer, "task_manager",
                    is_next && fixture->next_manager ? fixture->next_manager
                                                     : &manager);
    write_key_array(writer, "stake_pot_account", &manager);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        json_field_u64(writer, numbers[i].name, numbers[i].value);
    write_number_of(writer, "stake_list", &fixture->wallet.staking.pubkey,
                    is_next ? fixture->next_stake : fixture->stake);
    write_number_of(writer, "available_balances",
                    &fixture->wallet.staking.pubkey,
                    is_next ? 0 : fixture->balance);
    write_addresses(fixture, writer);
    json_close_object(writer);
}

static void write_votes(struct json_writer *writer, const struct entry *entry)
{
    unsigned count = entry->votes_for + entry->votes_against;

    json_name(writer, "votes");
    json_open_array(writer);
    for (unsigned i = 0; i < count; i++) {
        const struct pubkey voter = {.bytes = {10, (uint8_t)i}};

        json_open_object(writer);
        json_field_bool(writer, "is_valid", i < entry->votes_for);
        write_key_array(writer, "voter", &voter);
        json_field_u64(writer, "slot", entry->slot + 1);
        json_close_object(writer);
    }
    json_close_array(writer);
}

/* Of round 1. Lists lie in the accounts of their keys. */
static void write_entries(struct json_writer *writer, const char *name,
                          const char *audits, const struct entry *entries,
                          size_t count)
{
    json_name(writer, name);
    json_open_object(writer);
    json_name(writer, "1");
    json_open_object(writer);
    for (size_t i = 0; i < count; i++) {
        json_name(writer, PUBKEY_TEXT(&entries[i].key));
        json_open_object(writer);
        if (entries[i].value)
            json_field_text(writer, "submission_value", entries[i].value);
        else
            write_key_array(writer, "submission_value",
                            entries[i].account ? entries[i].account
                                               : &entries[i].key);
        json_field_u64(writer, "slot", entries[i].slot);
        json_close_object(writer);
    }
    json_close_object(writer);
    json_close_object(writer);
    json_name(writer, audits);
    json_open_object(writer);
    json_name(writer, "1");
    json_open_object(writer);
    for (size_t i = 0; i < count; i++) {
        if (!entries[i].is_accused)
            continue;
        json_name(writer, PUBKEY_TEXT(&entries[i].key));
        json_open_object(writer);
        write_key_array(writer, "trigger_by", &entries[i].key);
        json_field_u64(writer, "slot", entries[i].slot);
        write_votes(writer, &entries[i]);
        json_close_object(writer);
    }
    json_close_object(writer);
    json_close_object(writer);
}

static void write_submissions(struct fixture *fixture,
                              struct json_writer *writer)
{
    json_open_object(writer);
    write_entries(writer, "submissions", "submissions_audit_trigger",
                  fixture->submissions, fixture->submission_count);
    json_close_object(writer);
}

static void write_lists(struct fixture *fixture, struct json_writer *writer)
{
    json_open_object(writer);
    write_entries(writer, "distribution_rewards_submission",
                  "distributions_audit_trigger", fixture->lists,
                  fixture->list_count);
    if (fixture->payout) {
        json_name(writer, "distributions_audit_record");
        json_open_object(writer);
        json_field_text(writer, "1", fixture->payout);
        json_close_object(writer);
    }
    json_close_object(writer);
}

/* ---- the endpoint ---- */

static void answer_result(struct http_exchange *exchange, const char *result)
{
    char *text =
        mem_format("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":%s}", result);

    http_answer(exchange, 200, "application/json", bytes_text(text));
    free(text);
}

static void answer_data(struct http_exchange *exchange, struct bytes data,
                        const char *format)
{
    struct buffer base64 = {0};

    base64_encode(data, &base64);
    char *result = mem_format(format, buffer_string(&base64));
    answer_result(exchange, result);
    free(result);
    buffer_free(&base64);
}

static const char of_task[] = "{\"context\":{\"slot\":9},\"value\":"
                              "{\"data\":[\"%s\",\"base64\"]}}";
static const char of_account[] =
    "{\"context\":{\"slot\":9},\"value\":{\"lamports\":1000000000,"
    "\"owner\":\"Koiitask22222222222222222222222222222222222\","
    "\"executable\":false,\"data\":[\"%s\",\"base64\"]}}";

/* Nobody has anything. */
static void answer_block(struct fixture *fixture,
                         struct http_exchange *exchange)
{
    if (!strncmp(http_path(exchange), "/peer", 5)) {
        fixture->peers_asked++;
    } else {
        fixture->is_gateway_first = !fixture->peers_asked;
        fixture->gateways_asked++;
    }
    http_answer_text(exchange, 404, "not here");
}

static bool is_unseen(struct fixture *fixture,
                      const struct transaction *transaction)
{
    const struct signature *id = transaction_id(transaction);

    for (size_t i = 0; i < fixture->seen_count; i++)
        if (!memcmp(fixture->seen[i].bytes, id->bytes, sizeof(id->bytes)))
            return false;
    assert_true(fixture->seen_count < FIXTURE_SENT_MAX);
    fixture->seen[fixture->seen_count++] = *id;
    return true;
}

/* What the program would do with it. */
static void move_coins(struct fixture *fixture,
                       const struct task_instruction *task,
                       const struct sent *sent)
{
    if (task->kind == TASK_STAKE) {
        assert_true(pubkey_equal(&sent->accounts[0], fixture->next));
        fixture->next_stake += task->amount;
    } else if (task->kind == TASK_WITHDRAW) {
        assert_true(pubkey_equal(&sent->accounts[0], &fixture_task));
        fixture->balance += fixture->stake;
        fixture->stake = 0;
    } else if (task->kind == TASK_CLAIM_REWARD) {
        fixture->claimed += fixture->balance;
        fixture->balance = 0;
    }
}

/* What it asks of the task program is kept. */
static void take_transaction(struct fixture *fixture,
                             struct http_exchange *exchange,
                             struct json_object *params)
{
    struct buffer wire = {0};
    struct arena arena = {0};
    struct transaction transaction;
    struct task_instruction task;
    char signature[BASE58_SIGNATURE_SIZE], *result;

    assert_ok(base64_decode(bytes_text(json_object_get_string(
                                json_object_array_get_idx(params, 0))),
                            &wire));
    assert_ok(transaction_parse(buffer_view(&wire), &arena, &transaction));
    bool is_new = fixture->next && is_unseen(fixture, &transaction);
    for (size_t i = 0; i < transaction.instruction_count; i++) {
        const struct transaction_instruction *instruction =
            &transaction.instructions[i];
        struct sent *sent = &fixture->sent[fixture->sent_count];

        if (!pubkey_equal(&transaction.keys[instruction->program_index],
                          &KOII_TASK_PROGRAM_ID))
            continue;
        assert_ok(task_instruction_parse(instruction->data, &task));
        assert_true(fixture->sent_count < FIXTURE_SENT_MAX);
        *sent = (struct sent){
            .kind = task.kind,
            .round = task.round,
            .flag = (task.kind == TASK_AUDIT_SUBMISSIONS ||
                     task.kind == TASK_AUDIT_DISTRIBUTION) &&
                    task.flag,
        };
        for (size_t a = 0; a < 3 && a < instruction->accounts.size; a++)
            sent->accounts[a] = transaction.keys[instruction->accounts.data[a]];
        fixture->sent_count++;
        if (is_new)
            move_coins(fixture, &task, sent);
    }
    base58_signature(transaction_id(&transaction)->bytes, signature);
    result = mem_format("\"%s\"", signature);
    answer_result(exchange, result);
    free(result);
    arena_free(&arena);
    buffer_free(&wire);
}

/* All of them final. */
static void answer_statuses(struct http_exchange *exchange,
                            struct json_object *params)
{
    size_t count =
        json_object_array_length(json_object_array_get_idx(params, 0));
    struct buffer result = {0};

    buffer_text(&result, "{\"context\":{\"slot\":9},\"value\":[");
    for (size_t i = 0; i < count; i++)
        buffer_format(&result,
                      "%s{\"slot\":9,\"err\":null,"
                      "\"confirmationStatus\":\"finalized\"}",
                      i ? "," : "");
    buffer_text(&result, "]}");
    answer_result(exchange, buffer_string(&result));
    buffer_free(&result);
}

static void answer_account(struct fixture *fixture,
                           struct http_exchange *exchange,
                           struct json_object *params)
{
    const char *key =
        json_object_get_string(json_object_array_get_idx(params, 0));

    if (!strcmp(key, PUBKEY_TEXT(&fixture->wallet.staking.pubkey)) ||
        (fixture->runner &&
         (!strcmp(key, PUBKEY_TEXT(&fixture->runner->list_account)) ||
          !strcmp(key, PUBKEY_TEXT(&fixture->runner->late_list_account)))))
        answer_result(exchange, fixture->account);
    else
        answer_data(exchange, buffer_view(&fixture->list), of_account);
}

static void answer_truly(struct fixture *fixture,
                         struct http_exchange *exchange, const char *method,
                         struct json_object *params)
{
    struct buffer data = {0};
    struct json_writer writer = json_writer_make(&data);

    if (!strcmp(method, "getTaskAccountInfo")) {
        write_state(
            fixture,
            json_object_get_string(json_object_array_get_idx(params, 0)),
            &writer);
        answer_data(exchange, buffer_view(&data), of_task);
    } else if (!strcmp(method, "getTaskSubmissionInfo")) {
        write_submissions(fixture, &writer);
        answer_data(exchange, buffer_view(&data), of_task);
    } else if (!strcmp(method, "getTaskDistributionInfo")) {
        write_lists(fixture, &writer);
        answer_data(exchange, buffer_view(&data), of_task);
    } else if (!strcmp(method, "getAccountInfo")) {
        answer_account(fixture, exchange, params);
    } else if (!strcmp(method, "getBalance")) {
        buffer_format(&data, "{\"context\":{\"slot\":9},\"value\":%" PRIu64 "}",
                      fixture->main_balance);
        answer_result(exchange, buffer_string(&data));
    } else if (!strcmp(method, "getLatestBlockhash") &&
               fixture->has_blockhash) {
        answer_result(exchange,
                      "{\"context\":{\"slot\":9},\"value\":{\"blockhash\":"
                      "\"9tHF7JcKvsDdYKeFA3eXKMAz4mw3ofaBDrC1ArwYoUJB\","
                      "\"lastValidBlockHeight\":150}}");
    } else if (!strcmp(method, "sendTransaction")) {
        take_transaction(fixture, exchange, params);
    } else if (!strcmp(method, "getSignatureStatuses")) {
        answer_statuses(exchange, params);
    } else {
        http_answer_text(exchange, 404, "not here");
    }
    buffer_free(&data);
}

static void count_question(struct fixture *fixture, const char *method)
{
    size_t place = 0;

    while (fixture->asked[place].name[0] &&
           strcmp(fixture->asked[place].name, method) != 0)
        place++;
    assert_true(place < FIXTURE_METHODS_MAX);
    snprintf(fixture->asked[place].name, sizeof(fixture->asked[place].name),
             "%s", method);
    fixture->asked[place].count++;
}

static void on_request(void *user, struct http_exchange *exchange)
{
    struct fixture *fixture = user;
    struct json_object *call, *params;
    const char *method, *lie = NULL;

    if (http_method_is(exchange, "GET")) {
        answer_block(fixture, exchange);
        return;
    }
    assert_ok(json_parse(http_body(exchange), &call));
    assert_ok(json_get_text(call, "method", &method));
    assert_ok(json_get_array(call, "params", &params));
    count_question(fixture, method);
    if (fixture->on_question)
        fixture->on_question(fixture, method);
    if (fixture->lie)
        lie = fixture->lie(fixture, method);
    if (!lie)
        answer_truly(fixture, exchange, method, params);
    else if (*lie)
        answer_result(exchange, lie);
    else
        http_answer_text(exchange, 500, "trouble");
    json_object_put(call);
}

unsigned fixture_asked(const struct fixture *fixture, const char *method)
{
    for (size_t i = 0; i < FIXTURE_METHODS_MAX; i++)
        if (!strcmp(fixture->asked[i].name, method))
            return fixture->asked[i].count;
    return 0;
}

size_t fixture_sent(const struct fixture *fixture,
                    enum task_instruction_kind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < fixture->sent_count; i++)
        count += fixture->sent[i].kind == kind;
    return count;
}

void fixture_set_list(struct fixture *fixture, const struct pubkey *keys,
                      size_t count, int64_t amount)
{
    struct task_list_entry entries[FIXTURE_ENTRIES_MAX];

    for (size_t i = 0; i < count; i++)
        entries[i] = (struct task_list_entry){.key = keys[i], .amount = amount};
    buffer_clear(&fixture->list);
    task_list_build(&fixture_task, 1, entries, count, &fixture->list);
}

/* ---- the worker ---- */

struct fake_call {
    struct fake_call *next;
    char *function, *args;
    host_callback callback;
    void *user;
};

/* In the place of the real one, whose object the linker then leaves out. */
struct host {
    struct fixture *fixture;
    struct host_events host;
    void *user;
    bool is_told; /* ready() was called */
    bool is_stopping;
};

/* There is one fixture at a time, and the worker's functions are not handed
 * it. */
static struct fixture *current;

static void run_call(struct fixture *fixture, struct fake_call *call,
                     bool has_worker)
{
    const char *json = has_worker ? "null" : NULL;

    if (has_worker && fixture->result)
        json = fixture->result(fixture, call->function, call->args);
    const struct host_result result = {
        .status = json         ? 0
                  : has_worker ? fixture->failure
                               : ERR_CLOSED,
        .json = json,
        .text = json ? NULL : "it threw",
        .stack = "",
    };

    call->callback(call->user, &result);
    free(call->function);
    free(call->args);
    free(call);
}

/* Oldest first. What the callbacks call comes with the next turn. */
static void run_calls(struct fixture *fixture, bool has_worker)
{
    struct fake_call *list = fixture->calls, *turned = NULL, *next;

    fixture->calls = NULL;
    for (; list; list = next) {
        next = list->next;
        list->next = turned;
        turned = list;
    }
    for (; turned; turned = next) {
        next = turned->next;
        run_call(fixture, turned, has_worker);
    }
}

static struct host *worker_of_fixture;

static void end_worker(struct fixture *fixture)
{
    const struct host_end end = {.stopped = true, .text = "stopped"};
    struct host *worker = worker_of_fixture;

    run_calls(fixture, false);
    worker_of_fixture = NULL;
    worker->host.ended(worker->user, worker, &end);
    free(worker);
}

static void on_turn(uv_timer_t *timer)
{
    static const struct confinement sandbox = {
        .no_new_privileges = true, .seccomp = true, .landlock = true};
    const struct host_ready ready = {.sandbox = &sandbox};
    struct fixture *fixture = timer->data;
    struct host *worker = worker_of_fixture;

    if (worker && worker->is_stopping) {
        end_worker(fixture);
        return;
    }
    if (worker && !worker->is_told) {
        worker->is_told = true;
        worker->host.ready(worker->user, worker, &ready);
        return;
    }
    run_calls(fixture, worker != NULL);
}

static void wind(struct fixture *fixture)
{
    uv_timer_start(&fixture->turn, on_turn, 0, 0);
}

int host_start(uv_loop_t *loop, const struct host_options *options,
               const struct host_events *host, void *user, struct host **out)
{
    struct host *worker = mem_zero(1, sizeof(*worker));

    worker->fixture = current;
    worker->host = *host;
    worker->user = user;
    worker_of_fixture = *out = worker;
    wind(current);
    return 0;
}

int host_call_bytes(struct host *worker, const char *function, const char *args,
                    struct bytes payload, uint32_t limit_ms,
                    host_callback callback, void *user)
{
    struct fake_call *call = mem_zero(1, sizeof(*call));

    assert_true(limit_ms >= 1);
    call->function = mem_text(function);
    call->args = mem_text(args);
    call->callback = callback;
    call->user = user;
    call->next = worker->fixture->calls;
    worker->fixture->calls = call;
    worker->fixture->called++;
    wind(worker->fixture);
    return 0;
}

int host_call_coming(struct host *worker, const char *function,
                     const char *args, const struct byte_source *body,
                     uint32_t limit_ms, host_callback callback, void *user)
{
    return host_call_bytes(worker, function, args, (struct bytes){0}, limit_ms,
                           callback, user);
}

int host_call(struct host *worker, const char *function, const char *args,
              uint32_t limit_ms, host_callback callback, void *user)
{
    return host_call_bytes(worker, function, args, (struct bytes){0}, limit_ms,
                           callback, user);
}

void host_answer(struct host *worker, uint64_t request_id, struct bytes result,
                 struct bytes payload)
{
    struct fixture *fixture = worker->fixture;
    struct json_object *tree = NULL;

    assert_ok(json_parse(result, &tree));
    json_object_put(tree);
    fixture->answers++;
    fixture->refused = 0;
    buffer_clear(&fixture->answer);
    buffer_bytes(&fixture->answer, result);
    buffer_clear(&fixture->payload);
    buffer_bytes(&fixture->payload, payload);
}

void host_refuse(struct host *worker, uint64_t request_id, int code,
                 const char *text)
{
    struct fixture *fixture = worker->fixture;

    assert_true(code < 0);
    fixture->answers++;
    fixture->refused = code;
    buffer_clear(&fixture->answer);
    buffer_text(&fixture->answer, text);
}

void host_stop(struct host *worker)
{
    worker->is_stopping = true;
    wind(worker->fixture);
}

void host_kill(struct host *worker, const char *reason)
{
    host_stop(worker);
}

uint64_t host_memory_for(uint64_t base, size_t source_bytes)
{
    return base;
}

pid_t host_pid(const struct host *worker)
{
    return 1;
}

void host_limit_cpu(struct host *worker, uint32_t percent)
{
}

void host_statistics(const struct host *worker, struct host_statistics *out)
{
    *out = (struct host_statistics){.resident_bytes = 5};
}

/* As a task that rested (task_start_rest_if_inactive()) and is active again. */
void fixture_replace_worker(struct fixture *fixture)
{
    fixture->runner->state = RUNNER_FAILED;
    runner_worker_stop(fixture->runner->worker);
    end_worker(fixture);
    task_start_advance(fixture->runner);
    assert_true(runner_worker_is_there(fixture->runner->worker));
}

void fixture_request(struct fixture *fixture, const char *method,
                     const char *params, struct bytes payload)
{
    static uint64_t id;
    struct host *worker = worker_of_fixture;
    struct json_object *tree = NULL;

    assert_ok(json_parse(bytes_text(params), &tree));
    worker->host.request(worker->user, worker, ++id, method, tree, payload);
    json_object_put(tree);
}

/* ---- the runner ---- */

void fixture_connect(struct fixture *fixture)
{
    char url[48], path[96];

    snprintf(url, sizeof(url), "http://127.0.0.1:%u",
             (unsigned)http_server_port(fixture->server));
    assert_ok(client_new(&fixture->loop, url, &fixture->parts.client));
    client_set_poll(fixture->parts.client, 1);
    snprintf(path, sizeof(path), "%s/journal.db", fixture->folder);
    assert_ok(
        journal_writer_open(&fixture->loop, path, &fixture->parts.writer));
    struct wallet wallet = fixture->wallet;
    fixture->parts.signer = signer_new(&fixture->loop, &wallet);
    fixture->parts.sender =
        sender_new(fixture->parts.client, fixture->parts.journal,
                   fixture->parts.writer, fixture->parts.signer);
}

static void set_entries(struct fixture *fixture)
{
    const struct pubkey keys[] = {fixture->wallet.staking.pubkey,
                                  fixture_peer(0)};

    for (size_t i = 0; i < 2; i++)
        fixture->submissions[i] =
            (struct entry){.key = keys[i], .value = "bafy", .slot = 150};
    fixture->submission_count = 2;
}

int fixture_open(void **state)
{
    struct fixture *fixture = mem_zero(1, sizeof(*fixture));
    struct node_parts *parts = &fixture->parts;
    const struct http_server_options options = {
        .handler = on_request, .user = fixture, .loop = &fixture->loop};
    const uint8_t seeds[2][32] = {{1}, {2}};
    char path[96];

    *state = current = fixture;
    strcpy(fixture->folder, "/tmp/pond-runner-XXXXXX");
    if (!mkdtemp(fixture->folder) || uv_loop_init(&fixture->loop))
        return -1;
    assert_int_equal(uv_timer_init(&fixture->loop, &fixture->turn), 0);
    fixture->turn.data = fixture;
    keypair_from_seed(seeds[0], &fixture->wallet.main);
    keypair_from_seed(seeds[1], &fixture->wallet.staking);
    fixture->options.folder = fixture->folder;
    fixture->main_balance = 1000000000000;
    fixture->options.worker_path = "/nonexistent/pond-worker";
    fixture->options.network = &address_rule_loopback;
    fixture->round_time = 100;
    fixture->failure = ERR_REMOTE;
    parts->loop = &fixture->loop;
    parts->options = &fixture->options;
    parts->public_url = "http://127.0.0.1:1";
    parts->slot_ms = NODE_SLOT_MS_DEFAULT;
    parts->task_http = http_client_new(&fixture->loop, &address_rule_loopback);
    assert_ok(http_server_start(&options, &fixture->server));
    snprintf(path, sizeof(path), "%s/journal.db", fixture->folder);
    assert_ok(journal_open(path, &parts->journal));
    assert_ok(store_open(fixture->folder, NULL, &parts->store));
    fixture->account = fixture_no_account;
    set_entries(fixture);
    fixture_connect(fixture);
    return 0;
}

/* The endpoint still answers, and must not look at it. */
static void on_stopped(void *user)
{
    struct fixture *fixture = user;

    fixture->is_stopped = true;
    fixture->runner = NULL;
}

static void on_writer_closed(void *user)
{
    ((struct fixture *)user)->is_client_closed = true;
}

static void on_signer_closed(void *user)
{
    struct fixture *fixture = user;

    journal_writer_close(fixture->parts.writer, on_writer_closed, fixture);
}

static void on_client_closed(void *user)
{
    struct fixture *fixture = user;

    signer_close(fixture->parts.signer, on_signer_closed, fixture);
}

void fixture_end_runner(struct fixture *fixture)
{
    fixture->is_stopped = fixture->is_client_closed = false;
    if (fixture->runner)
        task_runner_stop(fixture->runner, on_stopped, fixture);
    sender_stop(fixture->parts.sender);
    client_close(fixture->parts.client, on_client_closed, fixture);
    fixture->parts.client = NULL;
    while (!fixture->is_client_closed ||
           (fixture->runner && !fixture->is_stopped))
        uv_run(&fixture->loop, UV_RUN_ONCE);
    fixture->runner = NULL;
    sender_free(fixture->parts.sender);
    signer_free(fixture->parts.signer);
}

int fixture_close(void **state)
{
    struct fixture *fixture = *state;

    http_client_close(fixture->parts.task_http);
    fixture_end_runner(fixture);
    http_server_stop(fixture->server);
    journal_close(fixture->parts.journal);
    store_close(fixture->parts.store);
    uv_close((uv_handle_t *)&fixture->turn, NULL);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    int status = uv_loop_close(&fixture->loop);
    file_remove_tree(fixture->folder);
    buffer_free(&fixture->list);
    buffer_free(&fixture->answer);
    buffer_free(&fixture->payload);
    free(fixture);
    return status;
}

static void start_from(struct fixture *fixture, const char *executable,
                       uint64_t stake_wanted)
{
    const struct node_task_options options = {
        .task = fixture_task,
        .stake_roe = stake_wanted,
        .executable = executable,
        .variables = fixture->variables ? fixture->variables : "{\"A\":\"b\"}"};
    const struct journal_task record = {.task = fixture_task,
                                        .stake_roe = stake_wanted,
                                        .executable = executable,
                                        .variables = options.variables};

    assert_ok(journal_task_put(fixture->parts.journal, &record));
    fixture->runner = task_runner_new(&fixture->parts, &options);
}

void fixture_start(struct fixture *fixture, uint64_t stake_wanted)
{
    start_from(fixture, "/nonexistent.js", stake_wanted);
}

void fixture_start_from_store(struct fixture *fixture)
{
    start_from(fixture, NULL, 0);
}

void fixture_run(struct fixture *fixture)
{
    char *path = mem_format("%s/main.js", fixture->folder);

    if (!fixture->stake)
        fixture->stake = 100;
    assert_ok(file_replace(path, bytes_text("main"), 0600));
    start_from(fixture, path, 0);
    while (fixture->runner->state != RUNNER_RUNNING)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    fixture_settle(fixture);
    free(path);
}

void fixture_settle(struct fixture *fixture)
{
    while (fixture->runner->pending)
        uv_run(&fixture->loop, UV_RUN_ONCE);
}

void fixture_set_clock(struct fixture *fixture, uint64_t slot, uint64_t round)
{
    runner_rounds_set(fixture->runner->rounds, slot, round);
}

struct duty *fixture_duty(struct fixture *fixture, enum round_action action)
{
    struct duty *duty = mem_zero(1, sizeof(*duty));
    struct task_runner *runner = fixture->runner;

    fixture_set_clock(fixture, 310, 3);
    *duty =
        (struct duty){.runner = runner,
                      .what = {.action = action, .round = 1, .until_slot = 320},
                      .begun_in = 3};
    return duty;
}

/* ---- no spares of it ---- */

struct host_spares {
    uv_idle_t end; /* comes in the loop's next turn */
    void (*closed)(void *user);
    void *user;
};

struct host_spares *host_spares_new(uv_loop_t *loop,
                                    const struct host_spares_options *options)
{
    struct host_spares *spares = mem_zero(1, sizeof(*spares));

    assert_int_equal(uv_idle_init(loop, &spares->end), 0);
    spares->end.data = spares;
    return spares;
}

static void on_spares_closed(uv_handle_t *handle)
{
    struct host_spares *spares = handle->data;

    if (spares->closed)
        spares->closed(spares->user);
    free(spares);
}

void host_spares_close(struct host_spares *spares, void (*closed)(void *user),
                       void *user)
{
    spares->closed = closed;
    spares->user = user;
    uv_close((uv_handle_t *)&spares->end, on_spares_closed);
}
