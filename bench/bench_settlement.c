/*
 * The validator as a whole.
 *
 *   first_finalized_slot   process start to the first slot told to be final
 *   validator_memory       resident memory after a load of transfers
 *   pipeline               signed transfers: received bytes, verified,
 * executed, in a block, flushed; beside what as many threads of libsodium
 * verify alone, in the same run
 *
 * Usage: bench_settlement POND
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "settlement/client.h"
#include "settlement/flusher.h"
#include "settlement/mempool.h"
#include "settlement/producer.h"
#include "settlement/system_program.h"
#include "settlement/validator_folder.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define STARTS 7 /* the median of them counts */
#define START_AIM_MS 200
#define MEMORY_AIM_MB 60
#define LOAD_TRANSFERS 500

#define TRANSFERS 30000
#define PAYERS 64
#define THREADS 2 /* that bring transactions, and that verify */
#define PIPELINE_AIM 0.85

static void report(const char *name, double value, const char *unit,
                   const char *aim, const char *met)
{
    printf("%s\t%.4g\t%s\t%s\t%s\n", name, value, unit, aim, met);
    fflush(stdout);
}

static void must(int status, const char *what)
{
    if (!status)
        return;
    fprintf(stderr, "%s: %s\n", what, err_text());
    exit(1);
}

/* ---- The process ---- */

struct process {
    pid_t pid;
    uv_loop_t loop;
    struct client *client;
};

static void start(struct process *process, const char *pond, const char *folder)
{
    int ends[2];
    char url[128];
    CHECK(pipe(ends) == 0);
    process->pid = fork();
    CHECK(process->pid >= 0);
    if (process->pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execl(pond, pond, "validator", "--dir", folder, "--rpc-port", "0",
              "--log-level", "warn", NULL);
        _exit(127);
    }
    close(ends[1]);
    FILE *out = fdopen(ends[0], "r");
    CHECK(fscanf(out, "ready rpc=%127s", url) == 1);
    fclose(out);
    CHECK(uv_loop_init(&process->loop) == 0);
    must(client_new(&process->loop, url, &process->client), "client");
}

static void stop(struct process *process)
{
    client_free(process->client);
    uv_run(&process->loop, UV_RUN_DEFAULT);
    uv_loop_close(&process->loop);
    kill(process->pid, SIGINT);
    waitpid(process->pid, NULL, 0);
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static char *make_folder(void)
{
    char *folder = mem_text("/tmp/pond-bench-XXXXXX");
    const struct validator_network network = {0};
    CHECK(mkdtemp(folder));
    must(validator_create(folder, &network), "genesis");
    return folder;
}

static void remove_folder(char *folder)
{
    file_remove_tree(folder);
    free(folder);
}

static void bench_first_slot(const char *pond)
{
    double times[STARTS];
    for (int i = 0; i < STARTS; i++) {
        struct process process;
        char *folder = make_folder();
        uint64_t slot = 0, begin = clock_monotonic_ns();
        start(&process, pond, folder);
        while (slot == 0)
            must(client_slot_wait(process.client, CLIENT_FINALIZED, &slot),
                 "slot");
        times[i] = (double)(clock_monotonic_ns() - begin) / 1e6;
        stop(&process);
        remove_folder(folder);
    }
    qsort(times, STARTS, sizeof *times, compare);
    double median = times[STARTS / 2];
    report("settlement/first_finalized_slot", median, "ms", "<200",
           median < START_AIM_MS ? "yes" : "no");
}

static double resident_mb(pid_t pid)
{
    char path[64], line[256];
    double kilobytes = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    CHECK(file);
    while (fgets(line, sizeof line, file))
        sscanf(line, "VmRSS: %lf", &kilobytes);
    fclose(file);
    return kilobytes / 1024;
}

static void on_sent(void *user, int status, const struct client_sent *sent)
{
    must(status, "airdrop");
    ++*(int *)user;
}

static void bench_memory(const char *pond)
{
    struct process process;
    char *folder = make_folder();
    int done = 0;
    start(&process, pond, folder);
    for (int i = 0; i < LOAD_TRANSFERS; i++) {
        struct keypair to;
        keypair_generate(&to);
        client_airdrop(process.client, &to.pubkey, 1000000000, on_sent, &done);
    }
    while (done < LOAD_TRANSFERS)
        uv_run(&process.loop, UV_RUN_ONCE);
    double memory = resident_mb(process.pid);
    report("settlement/validator_memory", memory, "MB", "<60",
           memory < MEMORY_AIM_MB ? "yes" : "no");
    stop(&process);
    remove_folder(folder);
}

/* ---- The pipeline ---- */

struct load {
    struct ledger *ledger;
    struct mempool *mempool;
    struct buffer wires[TRANSFERS];
    atomic_size_t next;
};

static void make_wires(struct load *load, const struct keypair *payers,
                       const struct hash *blockhash)
{
    for (size_t i = 0; i < TRANSFERS; i++) {
        const struct keypair *payer = &payers[i % PAYERS];
        struct buffer data = {0};
        struct pubkey to = {{0}};
        u64le_write(to.bytes, i + 1);
        system_transfer_data(1000000 + i, &data);
        const struct account_meta accounts[] = {
            {.key = payer->pubkey, .signer = true, .writable = true},
            {.key = to, .writable = true}};
        const struct instruction transfer = {.program = SYSTEM_PROGRAM_ID,
                                             .accounts = accounts,
                                             .account_count = 2,
                                             .data = buffer_view(&data)};
        must(transaction_make(&payer, 1, &transfer, 1, blockhash,
                              &load->wires[i]),
             "transfer");
        buffer_free(&data);
    }
}

/* As an HTTP worker does it: parse, verify, queue. */
static void *bring(void *user)
{
    struct load *load = user;
    struct arena arena = {0};
    size_t i;
    while ((i = atomic_fetch_add(&load->next, 1)) < TRANSFERS) {
        struct transaction transaction;
        int status;
        must(transaction_parse(buffer_view(&load->wires[i]), &arena,
                               &transaction),
             "parse");
        do {
            struct bank *newest = ledger_newest(load->ledger);
            status = mempool_add(load->mempool, &transaction, newest);
            bank_release(newest);
            if (status == ERR_FULL)
                usleep(1000);
        } while (status == ERR_FULL);
        must(status, "queue");
        arena_reset(&arena);
    }
    arena_free(&arena);
    return NULL;
}

static void *verify(void *user)
{
    struct load *load = user;
    struct arena arena = {0};
    size_t i;
    while ((i = atomic_fetch_add(&load->next, 1)) < TRANSFERS) {
        struct transaction transaction;
        must(transaction_parse(buffer_view(&load->wires[i]), &arena,
                               &transaction),
             "parse");
        CHECK(transaction_verify(&transaction));
        arena_reset(&arena);
    }
    arena_free(&arena);
    return NULL;
}

static void on_threads(struct load *load, void *(*run)(void *))
{
    pthread_t threads[THREADS];
    atomic_store(&load->next, 0);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, run, load) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static uint64_t transaction_count(struct ledger *ledger)
{
    struct bank *newest = ledger_newest(ledger);
    uint64_t count = bank_info(newest)->transaction_count;
    bank_release(newest);
    return count;
}

static void on_final(void *user, const struct sealed_block *block)
{
}

static void on_failed(void *user, int status)
{
    must(status, "flush");
}

/* Give each payer what it needs, in blocks of the running chain. */
static void fund(struct load *load, const struct keypair *faucet,
                 const struct keypair *payers)
{
    struct bank *newest = ledger_newest(load->ledger);
    for (size_t i = 0; i < PAYERS; i++) {
        struct buffer data = {0}, wire = {0};
        struct arena arena = {0};
        struct transaction transaction;
        system_transfer_data(1000 * LAMPORTS_PER_KOII, &data);
        const struct account_meta accounts[] = {
            {.key = faucet->pubkey, .signer = true, .writable = true},
            {.key = payers[i].pubkey, .writable = true}};
        const struct instruction transfer = {.program = SYSTEM_PROGRAM_ID,
                                             .accounts = accounts,
                                             .account_count = 2,
                                             .data = buffer_view(&data)};
        must(transaction_make(&faucet, 1, &transfer, 1,
                              &bank_info(newest)->blockhash, &wire),
             "fund");
        must(transaction_parse(buffer_view(&wire), &arena, &transaction),
             "fund");
        must(mempool_add(load->mempool, &transaction, newest), "fund");
        buffer_free(&data);
        buffer_free(&wire);
        arena_free(&arena);
    }
    bank_release(newest);
    while (transaction_count(load->ledger) < PAYERS)
        usleep(1000);
}

static void report_pipeline(double pipeline, double verification)
{
    double ratio = pipeline / verification;
    report("settlement/pipeline", pipeline, "transfers/s", "-", "-");
    report("settlement/verification_alone", verification, "transfers/s", "-",
           "-");
    report("settlement/pipeline_of_verification", ratio, "ratio", ">=0.85",
           ratio >= PIPELINE_AIM ? "yes" : "no");
}

static void bench_pipeline(void)
{
    struct load *load = mem_zero(1, sizeof *load);
    struct validator_folder folder;
    struct keypair payers[PAYERS];
    const struct flusher_events events = {.final = on_final,
                                          .failed = on_failed};
    char *path = make_folder();
    must(validator_folder_open(path, &folder), "folder");
    must(ledger_open(folder.ledger_path, &folder.genesis, &load->ledger),
         "ledger");
    load->mempool = mempool_new(MEMPOOL_TRANSACTIONS_MAX);
    struct flusher *flusher = flusher_start(load->ledger, &events);
    const struct producer_options options = {.ledger = load->ledger,
                                             .mempool = load->mempool,
                                             .flusher = flusher,
                                             .identity = &folder.identity};
    struct producer *producer = producer_start(&options);
    for (int i = 0; i < PAYERS; i++)
        keypair_generate(&payers[i]);
    fund(load, &folder.faucet, payers);
    struct bank *newest = ledger_newest(load->ledger);
    make_wires(load, payers, &bank_info(newest)->blockhash);
    bank_release(newest);

    uint64_t begin = clock_monotonic_ns();
    on_threads(load, bring);
    while (transaction_count(load->ledger) < PAYERS + TRANSFERS)
        usleep(200);
    uint64_t middle = clock_monotonic_ns();
    producer_stop(producer);
    flusher_stop(flusher);
    uint64_t quiet = clock_monotonic_ns();
    on_threads(load, verify);
    uint64_t end = clock_monotonic_ns();
    report_pipeline(TRANSFERS * 1e9 / (double)(middle - begin),
                    TRANSFERS * 1e9 / (double)(end - quiet));

    for (size_t i = 0; i < TRANSFERS; i++)
        buffer_free(&load->wires[i]);
    mempool_free(load->mempool);
    ledger_close(load->ledger);
    validator_folder_close(&folder);
    remove_folder(path);
    free(load);
}

int main(int argc, char **argv)
{
    crypto_init();
    log_configure("error");
    if (argc != 2) {
        fprintf(stderr, "usage: bench_settlement POND\n");
        return 2;
    }
    bench_first_slot(argv[1]);
    bench_memory(argv[1]);
    bench_pipeline();
    return 0;
}
