/*
 * kill -9 of a validator under load, again and again, at random points.
 *
 * Each cycle starts the validator as a process of its own on the same folder,
 * checks what was reported final in the cycles before, sends the last cycle's
 * transactions once more, loads it with new transfers, and kills it. Each
 * transfer goes to a key of its own, whose balance shows whether it was applied
 * not at all, once or twice.
 *
 * Usage: crash_validator [CYCLES [SEED]]
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "client/client.h"
#include "settlement/format/account.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/well_known.h"
#include "settlement/validator/validator.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define CYCLES 80
#define SLOT_MS 20
#define KEEP_SLOTS 600   /* a few cycles: history is dropped all the time */
#define IN_FLIGHT_MAX 48 /* transfers not answered yet */
#define LOAD_MS_MIN 20
#define LOAD_MS_MAX 250
#define FULL_CHECK_EVERY 20 /* cycles between verifications of everything */
#define PAYERS 4
#define KOII LAMPORTS_PER_KOII

struct transfer {
    struct test *test;
    struct pubkey to;
    uint64_t lamports;
    unsigned cycle;
    bool is_final; /* the validator said so */
    struct buffer wire;
};

struct test {
    struct random random;
    char folder[64];
    pid_t pid;
    uv_loop_t loop;
    struct client *client;
    struct keypair payers[PAYERS];
    unsigned cycle;
    unsigned in_flight;
    bool is_dead; /* the process was killed: answers are cancellations */
    struct transfer **transfers;
    size_t count;
    uint64_t final;  /* transfers reported final */
    uint64_t supply; /* at the beginning */
};

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, err_text());
    exit(1);
}

/* ---- The validator's process ---- */

static void on_failed(void *user, int status)
{
    die("the validator failed");
}

static int serve(const char *folder, int ready)
{
    uv_loop_t loop;
    struct validator *validator;
    const struct validator_options options = {.folder = folder,
                                              .rpc_port = 0,
                                              .keep_slots = KEEP_SLOTS,
                                              .failed = on_failed};
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* it must not outlive the test */
    CHECK(uv_loop_init(&loop) == 0);
    if (validator_start(&loop, &options, &validator))
        die("start");
    uint16_t port = validator_rpc_port(validator);
    CHECK(write(ready, &port, sizeof(port)) == sizeof(port));
    uv_run(&loop, UV_RUN_DEFAULT);
    return 0;
}

static void start(struct test *test)
{
    int ends[2];
    uint16_t port;
    char url[64], ready[16];
    CHECK(pipe(ends) == 0);
    test->pid = fork();
    CHECK(test->pid >= 0);
    if (test->pid == 0) {
        close(ends[0]);
        snprintf(ready, sizeof(ready), "%d", ends[1]);
        execl("/proc/self/exe", "crash_validator", "--serve", test->folder,
              ready, NULL);
        _exit(127);
    }
    close(ends[1]);
    if (read(ends[0], &port, sizeof(port)) != sizeof(port))
        die("the validator did not start");
    close(ends[0]);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u", port);
    if (client_new(&test->loop, url, &test->client))
        die("client");
    test->is_dead = false;
}

static void kill_it(struct test *test)
{
    int status;
    test->is_dead = true;
    CHECK(kill(test->pid, SIGKILL) == 0);
    CHECK(waitpid(test->pid, &status, 0) == test->pid);
    if (!WIFSIGNALED(status))
        die("the validator had ended by itself");
    client_close(test->client, NULL, NULL);
    uv_run(&test->loop, UV_RUN_DEFAULT);
}

/* ---- Load ---- */

static void on_sent(void *user, int status, const struct client_sent *sent)
{
    struct transfer *transfer = user;
    struct test *test = transfer->test;
    test->in_flight--;
    if (status == 0) {
        transfer->is_final = true;
        test->final++;
    } else if (!test->is_dead) {
        die("a transfer failed");
    }
}

static void send_transfer(struct test *test,
                          const struct client_blockhash *latest)
{
    struct transfer *transfer = mem_zero(1, sizeof(*transfer));
    const struct keypair *payer =
        &test->payers[random_below(&test->random, PAYERS)];
    struct buffer data = {0};
    transfer->test = test;
    transfer->cycle = test->cycle;
    /* Rent-exempt, and different for each. */
    transfer->lamports = 1000000 + test->count;
    for (size_t i = 0; i < sizeof(transfer->to.bytes); i++)
        transfer->to.bytes[i] = (uint8_t)random_u64(&test->random);
    system_transfer_data(transfer->lamports, &data);
    const struct account_meta accounts[] = {
        {.key = payer->pubkey, .signer = true, .writable = true},
        {.key = transfer->to, .writable = true}};
    const struct instruction instruction = {.program = SYSTEM_PROGRAM_ID,
                                            .accounts = accounts,
                                            .account_count = 2,
                                            .data = buffer_view(&data)};
    CHECK(!transaction_make(&payer, 1, &instruction, 1, &latest->blockhash,
                            &transfer->wire));
    buffer_free(&data);
    test->transfers = mem_resize(test->transfers,
                                 (test->count + 1) * sizeof(*test->transfers));
    test->transfers[test->count++] = transfer;
    test->in_flight++;
    const struct client_send_options options = {
        .commitment = CLIENT_FINALIZED,
        .skip_preflight = true,
        .last_valid_block_height = latest->last_valid_block_height};
    client_send(test->client, buffer_view(&transfer->wire), &options, on_sent,
                transfer);
}

static void load(struct test *test)
{
    struct client_blockhash latest;
    uint64_t end = clock_monotonic_ms() + LOAD_MS_MIN +
                   random_below(&test->random, LOAD_MS_MAX - LOAD_MS_MIN);
    if (client_latest_blockhash_wait(test->client, &latest))
        die("blockhash");
    while (clock_monotonic_ms() < end) {
        while (test->in_flight < IN_FLIGHT_MAX)
            send_transfer(test, &latest);
        uv_run(&test->loop, UV_RUN_NOWAIT);
        usleep(500);
    }
}

/* ---- What must hold ---- */

static void check_transfer(const struct transfer *transfer, uint64_t balance)
{
    if (balance == transfer->lamports)
        return;
    if (balance == 0 && !transfer->is_final)
        return; /* never promised */
    fprintf(stderr,
            "transfer of %" PRIu64 " to %s in cycle %u, %s: the balance is "
            "%" PRIu64 "\n",
            transfer->lamports, PUBKEY_TEXT(&transfer->to), transfer->cycle,
            transfer->is_final ? "reported final" : "not reported final",
            balance);
    exit(1);
}

/* Balances of up to a hundred transfers' targets with one call. */
static void check_some(struct test *test, size_t from, size_t count)
{
    struct buffer params = {0};
    struct json_object *result, *values;
    buffer_text(&params, "[[");
    for (size_t i = 0; i < count; i++)
        buffer_format(&params, "%s\"%s\"", i ? "," : "",
                      PUBKEY_TEXT(&test->transfers[from + i]->to));
    buffer_text(&params, "],{\"dataSlice\":{\"offset\":0,\"length\":0}}]");
    if (client_call_wait(test->client, "getMultipleAccounts",
                         buffer_string(&params), &result) ||
        json_get_array(result, "value", &values))
        die("getMultipleAccounts");
    CHECK(json_object_array_length(values) == count);
    for (size_t i = 0; i < count; i++) {
        struct json_object *account = json_object_array_get_idx(values, i);
        uint64_t balance = 0;
        if (account && json_get_u64(account, "lamports", &balance))
            die("lamports");
        check_transfer(test->transfers[from + i], balance);
    }
    json_object_put(result);
    buffer_free(&params);
}

static void check_transfers(struct test *test, size_t from)
{
    while (from < test->count) {
        size_t count = test->count - from < 100 ? test->count - from : 100;
        check_some(test, from, count);
        from += count;
    }
}

static uint64_t get_number(struct test *test, const char *method)
{
    struct json_object *result, *value;
    uint64_t number;
    if (client_call_wait(test->client, method, NULL, &result))
        die(method);
    if (json_object_is_type(result, json_type_int)) {
        number = json_object_get_uint64(result);
    } else if (json_get_object(result, "value", &value) ||
               json_get_u64(value, "total", &number)) {
        die(method);
    }
    json_object_put(result);
    return number;
}

/* Only half of each fee (2,500 roe, one signature each) may be gone. */
static void check_supply(struct test *test)
{
    uint64_t transactions = get_number(test, "getTransactionCount");
    uint64_t supply = get_number(test, "getSupply");
    if (transactions != get_number(test, "getTransactionCount"))
        return; /* a block came in between */
    if (supply + transactions * 2500 == test->supply)
        return;
    fprintf(stderr,
            "the supply is %" PRIu64 " after %" PRIu64
            " transactions, and began as %" PRIu64 "\n",
            supply, transactions, test->supply);
    exit(1);
}

static void on_sent_again(void *user, int status,
                          const struct client_sent *sent)
{
    struct test *test = user;
    test->in_flight--;
}

/* Send the same bytes again: no transaction may be executed twice. */
static void send_again(struct test *test, size_t from)
{
    const struct client_send_options options = {.commitment = CLIENT_PROCESSED,
                                                .skip_preflight = true};
    for (size_t i = from; i < test->count; i++) {
        test->in_flight++;
        client_send(test->client, buffer_view(&test->transfers[i]->wire),
                    &options, on_sent_again, test);
    }
    while (test->in_flight > 0)
        uv_run(&test->loop, UV_RUN_ONCE);
    check_transfers(test, from);
}

static void check_everything(struct test *test)
{
    struct ledger_report report;
    if (validator_check(test->folder, &report))
        die("the ledger does not verify");
    printf("# cycle %u: slot %" PRIu64 ", %" PRIu64
           " transactions, ledger verified\n",
           test->cycle, report.slot, report.transactions);
}

/* ---- The test ---- */

static void prepare(struct test *test)
{
    const struct validator_network network = {.slot_ms = SLOT_MS};
    struct client_sent sent;
    strcpy(test->folder, "/tmp/pond-crash-XXXXXX");
    CHECK(mkdtemp(test->folder));
    if (validator_create(test->folder, &network))
        die("genesis");
    start(test);
    test->supply = get_number(test, "getSupply") +
                   2500 * get_number(test, "getTransactionCount");
    for (int i = 0; i < PAYERS; i++) {
        keypair_generate(&test->payers[i]);
        if (client_airdrop_wait(test->client, &test->payers[i].pubkey,
                                100000 * KOII, &sent))
            die("airdrop");
    }
    kill_it(test);
}

static void run_cycle(struct test *test, size_t *last)
{
    start(test);
    check_transfers(test, 0);
    check_supply(test);
    /* Only every other time: after a lost transfer it takes until the blockhash
     * has expired. */
    if (test->cycle % 8 == 1)
        send_again(test, *last);
    *last = test->count;
    load(test);
    kill_it(test);
    test->in_flight = 0;
    if (test->cycle % FULL_CHECK_EVERY == 0)
        check_everything(test);
}

static void finish(struct test *test)
{
    start(test);
    check_transfers(test, 0);
    check_supply(test);
    kill_it(test);
    check_everything(test);
    file_remove_tree(test->folder);
    for (size_t i = 0; i < test->count; i++) {
        buffer_free(&test->transfers[i]->wire);
        free(test->transfers[i]);
    }
    free(test->transfers);
    uv_loop_close(&test->loop);
}

int main(int argc, char **argv)
{
    struct test test = {0};
    size_t last = 0;
    crypto_init();
    log_configure("error");
    if (argc == 4 && !strcmp(argv[1], "--serve"))
        return serve(argv[2], atoi(argv[3]));
    unsigned cycles = argc > 1 ? (unsigned)atoi(argv[1]) : CYCLES;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : random_seed();
    printf("# seed %" PRIu64 ", %u cycles\n", seed, cycles);
    fflush(stdout);
    test.random = random_make(seed);
    CHECK(uv_loop_init(&test.loop) == 0);
    prepare(&test);
    for (test.cycle = 1; test.cycle <= cycles; test.cycle++)
        run_cycle(&test, &last);
    finish(&test);
    printf("1..1\nok 1 - %u kills, %zu transfers sent, %" PRIu64
           " reported final, all there once\n",
           cycles, test.count, test.final);
    return 0;
}
