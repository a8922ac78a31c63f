/*
 * JSON-RPC requests, against a small ledger with a few transactions in it.
 * Every answer must be JSON-RPC: one answer with a result or an error for one
 * request, an array for a batch, nothing for notifications.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "settlement/chain/flusher.h"
#include "settlement/chain/lone_leader.h"
#include "settlement/chain/mempool.h"
#include "settlement/chain/performance.h"
#include "settlement/rpc/rpc.h"
#include "settlement/validator/validator_folder.h"
#include <stdlib.h>
#include <unistd.h>

/* The key in the seeds: all ones. */
#define AIRDROP                                                                \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"requestAirdrop\",\"params\":[" \
    "\"4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi\",1000000000]}"

static struct validator_folder folder;
static struct ledger *ledger;
static struct mempool *mempool;
static struct performance *performance;
static struct rpc *rpc;
static char path[] = "/tmp/pond-fuzz-rpc-XXXXXX";

static void on_final(void *user, const struct executed_block *block)
{
}

static void on_failed(void *user, int status)
{
    abort();
}

static uint64_t transaction_count(void)
{
    struct bank *newest = ledger_newest(ledger, LEDGER_FINALIZED);
    uint64_t count = bank_info(newest)->transaction_count;
    bank_release(newest);
    return count;
}

/* Let the chain run until it holds two transactions. */
static void make_blocks(void)
{
    const struct flusher_events events = {.final = on_final,
                                          .failed = on_failed};
    struct flusher *flusher = flusher_start(ledger, &events);
    const struct lone_leader_options options = {
        .execution = {.ledger = ledger,
                      .mempool = mempool,
                      .identity = &folder.identity},
        .flusher = flusher};
    struct lone_leader *leader = lone_leader_start(&options);
    for (uint64_t i = 0; i < 2; i++) {
        struct buffer answer = {0};
        rpc_handle(rpc, bytes_text(AIRDROP), &answer);
        buffer_free(&answer);
        while (transaction_count() == i)
            usleep(1000);
    }
    lone_leader_stop(leader);
    flusher_stop(flusher);
}

static void clean_up(void)
{
    rpc_free(rpc);
    mempool_free(mempool);
    performance_free(performance);
    ledger_close(ledger);
    validator_folder_close(&folder);
    file_remove_tree(path);
}

static void open_ledger(void)
{
    const struct validator_network network = {.slot_ms = 10};
    crypto_init();
    log_configure("quiet");
    CHECK(mkdtemp(path));
    CHECK(!validator_create(path, &network));
    CHECK(!validator_folder_open(path, &folder));
    CHECK(!ledger_open(folder.ledger_path, &folder.genesis, &ledger));
    mempool = mempool_new(64);
    performance = performance_new();
    const struct rpc_options options = {.ledger = ledger,
                                        .mempool = mempool,
                                        .performance = performance,
                                        .identity = folder.identity.pubkey,
                                        .faucet = &folder.faucet};
    rpc = rpc_new(&options);
    make_blocks();
    atexit(clean_up);
}

static void check_answer(struct json_object *answer)
{
    struct json_object *id, *result = NULL, *error = NULL;
    const char *message;
    int64_t code;
    CHECK(json_object_is_type(answer, json_type_object));
    CHECK(json_object_object_get_ex(answer, "id", &id));
    bool has_result = json_object_object_get_ex(answer, "result", &result);
    bool has_error = json_object_object_get_ex(answer, "error", &error);
    CHECK(has_result != has_error);
    if (!has_error)
        return;
    CHECK(!json_get_i64(error, "code", &code) && code < 0);
    CHECK(!json_get_text(error, "message", &message) && *message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer text = {0};
    struct json_object *answer = NULL;
    if (!rpc)
        open_ledger();
    rpc_handle(rpc, bytes_make(data, size), &text);
    if (text.size > 0) {
        CHECK(!json_parse(buffer_view(&text), &answer));
        if (json_object_is_type(answer, json_type_array)) {
            size_t count = json_object_array_length(answer);
            CHECK(count > 0);
            for (size_t i = 0; i < count; i++)
                check_answer(json_object_array_get_idx(answer, i));
        } else {
            check_answer(answer);
        }
        json_object_put(answer);
    }
    buffer_free(&text);
    return 0;
}
