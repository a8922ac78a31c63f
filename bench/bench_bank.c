/*
 * The bank alone: transfers a second of one core through bank_execute(),
 * without signatures, and the time to freeze each changed row.
 */
#include "base/check.h"
#include "base/memory.h"
#include "crypto/hash.h"
#include "settlement/bank/bank.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/well_known.h"
#include "settlement/table/program_table.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ACCOUNTS 4000
#define TRANSFERS 20000
#define RUNS 5

/* The whole pipeline's aim is 0.85 of the speed of signature checks, which is
 * about 20,000 a second on two cores. The bank may take a tenth of that time.
 */
#define TRANSFERS_PER_SECOND_AIM 200000

struct bench {
    struct arena arena;
    struct bank *root;
    struct keypair keys[ACCOUNTS];
    struct transaction transactions[TRANSFERS];
};

/* Processor time of this thread, so that other load on the machine does not
 * count. */
static uint64_t thread_time_ns(void)
{
    struct timespec now;
    CHECK(!clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now));
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void make_keys(struct bench *bench)
{
    for (uint64_t i = 0; i < ACCOUNTS; i++) {
        struct hash seed;
        hash_sha256(bytes_make(&i, sizeof(i)), &seed);
        keypair_from_seed(seed.bytes, &bench->keys[i]);
    }
}

static void open_root(struct bench *bench)
{
    struct genesis_account *accounts = mem_zero(ACCOUNTS, sizeof(*accounts));
    const struct genesis_validator validator = {bench->keys[0].pubkey, 1};
    for (size_t i = 0; i < ACCOUNTS; i++) {
        accounts[i].key = bench->keys[i].pubkey;
        accounts[i].account.lamports = 1000 * LAMPORTS_PER_KOII;
    }
    struct genesis genesis = {.slot_ms = 400,
                              .ticks_per_slot = GENESIS_TICKS_PER_SLOT,
                              .validators = &validator,
                              .validator_count = 1,
                              .accounts = accounts,
                              .account_count = ACCOUNTS};
    genesis_hash(&genesis, &genesis.hash);
    bench->root = bank_open_genesis(&genesis, &program_table);
    free(accounts);
}

static void make_transfer(struct bench *bench, size_t number)
{
    const struct keypair *from = &bench->keys[number % ACCOUNTS];
    const struct keypair *to = &bench->keys[(number * 7 + 1) % ACCOUNTS];
    const struct account_meta accounts[2] = {{from->pubkey, true, true},
                                             {to->pubkey, false, true}};
    struct buffer data = {0}, message = {0}, wire = {0};
    system_transfer_data(1000 + number, &data);
    struct instruction instruction = {SYSTEM_PROGRAM_ID, accounts, 2,
                                      buffer_view(&data)};
    int status =
        transaction_build(&from->pubkey, &instruction, 1,
                          &bank_info(bench->root)->blockhash, &message);
    CHECK(!status);
    /* The bank does not check signatures, so an empty one is enough. */
    buffer_u8(&wire, 1);
    buffer_resize(&wire, 65);
    buffer_bytes(&wire, buffer_view(&message));
    status = transaction_parse(arena_bytes(&bench->arena, buffer_view(&wire)),
                               &bench->arena, &bench->transactions[number]);
    CHECK(!status);
    buffer_free(&data);
    buffer_free(&message);
    buffer_free(&wire);
}

static void run(struct bench *bench, double *per_second, double *freeze_us)
{
    const struct bank_info *info = bank_info(bench->root);
    const struct bank_block block = {.slot = 1, .leader = info->leader};
    struct bank *bank = bank_open_child(bench->root, &STATE_BASE_EMPTY, &block);
    struct arena arena = {0};
    struct bank_result result;
    uint64_t start = thread_time_ns();
    for (size_t i = 0; i < TRANSFERS; i++) {
        bank_execute(bank, &bench->transactions[i], 0, &arena, &result);
        CHECK(transaction_status_ok(result.status));
        arena_reset(&arena);
    }
    uint64_t executed = thread_time_ns();
    bank_freeze(bank, &info->blockhash);
    bank_sum_up(bank);
    uint64_t frozen = thread_time_ns();
    *per_second = TRANSFERS * 1e9 / (double)(executed - start);
    *freeze_us = (double)(frozen - executed) / 1e3 /
                 (double)state_layer_count(bank_layer(bank));
    arena_free(&arena);
    bank_release(bank);
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

int main(void)
{
    crypto_init();
    struct bench *bench = mem_zero(1, sizeof(*bench));
    make_keys(bench);
    open_root(bench);
    for (size_t i = 0; i < TRANSFERS; i++)
        make_transfer(bench, i);
    double per_second[RUNS], freeze_us[RUNS];
    for (size_t i = 0; i < RUNS; i++)
        run(bench, &per_second[i], &freeze_us[i]);
    qsort(per_second, RUNS, sizeof(double), compare);
    qsort(freeze_us, RUNS, sizeof(double), compare);
    printf("bank_transfers\t%.0f\t1/s\t>%d\t%s\n", per_second[RUNS / 2],
           TRANSFERS_PER_SECOND_AIM,
           per_second[RUNS / 2] > TRANSFERS_PER_SECOND_AIM ? "yes" : "no");
    printf("bank_state_hash_per_row\t%.2f\tus\t-\t-\n", freeze_us[RUNS / 2]);
    bank_release(bench->root);
    arena_free(&bench->arena);
    free(bench);
    return 0;
}
