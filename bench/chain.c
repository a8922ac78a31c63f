#include "chain.h"

#include "base/base64.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "load.h"
#include "measure.h"
#include "settlement/chain/flusher.h"
#include "settlement/chain/lone_leader.h"
#include "settlement/chain/mempool.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/well_known.h"
#include "settlement/rpc/rpc_intake.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- Opening and closing ---- */

static void on_final(void *user, const struct executed_block *block)
{
    struct chain *chain = user;
    if (ledger_records_count(&block->records) == 0 ||
        chain->final_count == CHAIN_FINAL_MAX)
        return;
    chain->finals[chain->final_count++] = (struct chain_final){
        .time_ns = clock_monotonic_ns(),
        .transactions = bank_info(block->bank)->transaction_count,
    };
}

static void on_failed(void *user, int status)
{
    must(status, "flush");
}

struct chain *chain_open(uint64_t slot_ms, uint64_t hashes_per_tick)
{
    mem_give_back(); /* as the command line does */
    struct chain *chain = mem_zero(1, sizeof(*chain));
    const struct validator_network network = {
        .slot_ms = slot_ms, .hashes_per_tick = hashes_per_tick};
    strcpy(chain->path, "/var/tmp/pond-bench-XXXXXX");
    CHECK(mkdtemp(chain->path));
    must(validator_create(chain->path, &network), "genesis");
    must(validator_folder_open(chain->path, &chain->folder), "folder");
    must(ledger_open(chain->folder.ledger_path, &chain->folder.genesis,
                     &chain->ledger),
         "ledger");
    chain->mempool = mempool_new(MEMPOOL_TRANSACTIONS_MAX);
    chain_start(chain);
    return chain;
}

void chain_start(struct chain *chain)
{
    const struct flusher_events events = {
        .final = on_final, .failed = on_failed, .user = chain};
    chain->flusher = flusher_start(chain->ledger, &events);
    const struct lone_leader_options options = {
        .execution = {.ledger = chain->ledger,
                      .mempool = chain->mempool,
                      .identity = &chain->folder.identity},
        .flusher = chain->flusher};
    chain->leader = lone_leader_start(&options);
}

void chain_stop(struct chain *chain)
{
    lone_leader_stop(chain->leader);
    flusher_stop(chain->flusher);
    chain->leader = NULL;
    chain->flusher = NULL;
}

void chain_close(struct chain *chain)
{
    chain_stop(chain);
    mempool_free(chain->mempool);
    ledger_close(chain->ledger);
    validator_folder_close(&chain->folder);
    file_remove_tree(chain->path);
    free(chain);
}

uint64_t chain_slot(struct chain *chain)
{
    struct bank *newest = ledger_newest(chain->ledger, LEDGER_FINALIZED);
    uint64_t slot = bank_info(newest)->slot;
    bank_release(newest);
    return slot;
}

uint64_t chain_transactions(struct chain *chain)
{
    struct bank *newest = ledger_newest(chain->ledger, LEDGER_FINALIZED);
    uint64_t count = bank_info(newest)->transaction_count;
    bank_release(newest);
    return count;
}

void chain_blockhash(struct chain *chain, struct hash *out)
{
    struct bank *newest = ledger_newest(chain->ledger, LEDGER_FINALIZED);
    *out = bank_info(newest)->blockhash;
    bank_release(newest);
}

/* ---- Work on several threads ---- */

/* As many as the RPC answers together at most (rpc_intake.h). */
#define TOGETHER RPC_INTAKE_BATCH

struct work {
    struct chain *chain;
    const struct wires *wires;
    chain_make *make;
    void *user;
    void (*some)(struct work *work, size_t first, size_t count,
                 struct arena *arena);
    atomic_size_t next;
};

static void *run(void *user)
{
    struct work *work = user;
    struct arena arena = {0};
    size_t first;
    while ((first = atomic_fetch_add(&work->next, TOGETHER)) <
           work->wires->count) {
        size_t left = work->wires->count - first;
        work->some(work, first, left < TOGETHER ? left : TOGETHER, &arena);
        arena_reset(&arena);
    }
    arena_free(&arena);
    return NULL;
}

static void on_threads(struct work *work)
{
    pthread_t threads[CHAIN_THREADS];
    atomic_store(&work->next, 0);
    for (int i = 0; i < CHAIN_THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, run, work) == 0);
    for (int i = 0; i < CHAIN_THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void make_some(struct work *work, size_t first, size_t count,
                      struct arena *arena)
{
    for (size_t i = first; i < first + count; i++)
        work->make(work->user, i, &work->wires->items[i]);
}

void chain_wires(struct wires *wires, size_t count, chain_make *make,
                 void *user)
{
    struct work work = {
        .wires = wires, .make = make, .user = user, .some = make_some};
    *wires = (struct wires){.items = mem_zero(count, sizeof(*wires->items)),
                            .count = count};
    on_threads(&work);
}

void chain_wires_free(struct wires *wires)
{
    for (size_t i = 0; i < wires->count; i++)
        buffer_free(&wires->items[i]);
    free(wires->items);
    *wires = (struct wires){0};
}

static void parse(struct work *work, size_t number, struct arena *arena,
                  struct transaction *out)
{
    must(
        transaction_parse(buffer_view(&work->wires->items[number]), arena, out),
        "parse");
}

static void queue(struct chain *chain, struct transaction *transaction)
{
    int status;
    do {
        struct bank *newest = ledger_newest(chain->ledger, LEDGER_FINALIZED);
        status = mempool_add(chain->mempool, transaction, newest);
        bank_release(newest);
        if (status == ERR_FULL)
            usleep(1000);
    } while (status == ERR_FULL);
    must(status, "queue");
}

/* Parse and verify count of them, TOGETHER at most. */
static void check_together(struct work *work, size_t first, size_t count,
                           struct arena *arena, struct transaction *out,
                           struct transaction **each)
{
    for (size_t i = 0; i < count; i++) {
        each[i] = &out[i];
        parse(work, first + i, arena, each[i]);
    }
    transaction_verify_all(each, count);
}

/* Parse, verify and queue, as a thread of the RPC's intake does. */
static void bring_some(struct work *work, size_t first, size_t count,
                       struct arena *arena)
{
    struct transaction transactions[TOGETHER];
    struct transaction *each[TOGETHER] = {0};
    check_together(work, first, count, arena, transactions, each);
    for (size_t i = 0; i < count; i++)
        queue(work->chain, each[i]);
}

static void verify_together(struct work *work, size_t first, size_t count,
                            struct arena *arena)
{
    struct transaction transactions[TOGETHER];
    struct transaction *each[TOGETHER] = {0};
    check_together(work, first, count, arena, transactions, each);
}

/* By libsodium, one signature after the other. */
static void verify_some(struct work *work, size_t first, size_t count,
                        struct arena *arena)
{
    for (size_t i = first; i < first + count; i++) {
        struct transaction transaction;
        parse(work, i, arena, &transaction);
        for (size_t k = 0; k < transaction.signature_count; k++)
            CHECK(key_verify(&transaction.keys[k], transaction.message,
                             &transaction.signatures[k]));
    }
}

static double steady_rate(const struct chain *chain, uint64_t begin_ns,
                          size_t count)
{
    const struct chain_final *finals = chain->finals;
    size_t last = chain->final_count - 1;
    if (chain->final_count < 4)
        return (double)count * 1e9 / (double)(finals[last].time_ns - begin_ns);
    uint64_t transactions =
        finals[last - 1].transactions - finals[0].transactions;
    return (double)transactions * 1e9 /
           (double)(finals[last - 1].time_ns - finals[0].time_ns);
}

void chain_queue(struct chain *chain, const struct wires *wires)
{
    struct work work = {.chain = chain, .wires = wires, .some = bring_some};
    on_threads(&work);
}

struct chain_rate chain_bring(struct chain *chain, const struct wires *wires)
{
    uint64_t before = chain_transactions(chain);
    chain->final_count = 0;
    uint64_t begin_ns = clock_monotonic_ns();
    uint64_t begin_cpu_ns = measure_process_ns();
    chain_queue(chain, wires);
    while (chain_transactions(chain) < before + wires->count)
        usleep(1000);
    uint64_t cpu_ns = measure_process_ns() - begin_cpu_ns;
    /* A block is visible just before it is noted. */
    usleep(10000);
    return (struct chain_rate){
        .per_second = steady_rate(chain, begin_ns, wires->count),
        .per_cpu_second = (double)wires->count * 1e9 / (double)cpu_ns};
}

static struct chain_rate verify_by(const struct wires *wires,
                                   void (*some)(struct work *, size_t, size_t,
                                                struct arena *))
{
    struct work work = {.wires = wires, .some = some};
    uint64_t begin_ns = clock_monotonic_ns();
    uint64_t begin_cpu_ns = measure_process_ns();
    on_threads(&work);
    double count = (double)wires->count * 1e9;
    return (struct chain_rate){
        .per_second = count / (double)(clock_monotonic_ns() - begin_ns),
        .per_cpu_second =
            count / (double)(measure_process_ns() - begin_cpu_ns)};
}

struct chain_rate chain_verify(const struct wires *wires)
{
    return verify_by(wires, verify_some);
}

struct chain_rate chain_verify_together(const struct wires *wires)
{
    return verify_by(wires, verify_together);
}

/* ---- Transfers ---- */

void chain_transfer(const struct keypair *const *signers, size_t signer_count,
                    const struct pubkey *from, const struct pubkey *to,
                    uint64_t lamports, const struct hash *blockhash,
                    struct buffer *wire)
{
    struct buffer data = {0};
    system_transfer_data(lamports, &data);
    const struct account_meta accounts[] = {
        {.key = *from, .signer = true, .writable = true},
        {.key = *to, .writable = true}};
    const struct instruction transfer = {.program = SYSTEM_PROGRAM_ID,
                                         .accounts = accounts,
                                         .account_count = 2,
                                         .data = buffer_view(&data)};
    must(transaction_make(signers, signer_count, &transfer, 1, blockhash, wire),
         "transfer");
    buffer_free(&data);
}

char *chain_transfer_request(const struct keypair *payer,
                             const struct pubkey *to,
                             const struct hash *blockhash, bool skip_preflight,
                             size_t *size)
{
    struct buffer wire = {0}, text = {0}, params = {0};
    char request[LOAD_REQUEST_MAX];
    chain_transfer(&payer, 1, &payer->pubkey, to, 1000000, blockhash, &wire);
    base64_encode(buffer_view(&wire), &text);
    buffer_format(&params,
                  "\"%s\",{\"encoding\":\"base64\",\"skipPreflight\":%s}",
                  buffer_string(&text), skip_preflight ? "true" : "false");
    *size = load_request(request, "sendTransaction", buffer_string(&params));
    buffer_free(&wire);
    buffer_free(&text);
    buffer_free(&params);
    return mem_text(request);
}

struct funding {
    const struct keypair *faucet;
    const struct keypair *keys;
    uint64_t lamports;
    struct hash blockhash;
};

static void make_funding(void *user, size_t number, struct buffer *wire)
{
    const struct funding *funding = user;
    chain_transfer(&funding->faucet, 1, &funding->faucet->pubkey,
                   &funding->keys[number].pubkey, funding->lamports,
                   &funding->blockhash, wire);
}

void chain_fund(struct chain *chain, const struct keypair *keys, size_t count,
                uint64_t lamports)
{
    struct funding funding = {
        .faucet = &chain->folder.faucet, .keys = keys, .lamports = lamports};
    struct wires wires;
    chain_blockhash(chain, &funding.blockhash);
    chain_wires(&wires, count, make_funding, &funding);
    chain_bring(chain, &wires);
    chain_wires_free(&wires);
}

/* Multiplying by an odd number keeps them apart (Knuth's multiplicative hash).
 */
struct pubkey chain_recipient(uint64_t number)
{
    struct pubkey key = {{0}};
    u64be_write(key.bytes, (number + 1) * 0x9e3779b97f4a7c15u);
    return key;
}

static void make_load(void *user, size_t number, struct buffer *wire)
{
    const struct chain_load *load = user;
    const struct keypair *payer = &load->payers[number % CHAIN_PAYERS];
    struct pubkey to = chain_recipient(load->made + number);
    chain_transfer(&payer, 1, &payer->pubkey, &to, 1000000, &load->blockhash,
                   wire);
}

void chain_load_fund(struct chain *chain, struct chain_load *load,
                     uint64_t lamports)
{
    for (int i = 0; i < CHAIN_PAYERS; i++)
        keypair_generate(&load->payers[i]);
    chain_fund(chain, load->payers, CHAIN_PAYERS, lamports);
}

void chain_load_make(struct chain *chain, struct chain_load *load, size_t count,
                     struct wires *wires)
{
    chain_blockhash(chain, &load->blockhash);
    chain_wires(wires, count, make_load, load);
    load->made += count;
}
