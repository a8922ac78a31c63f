/*
 * The write path alone: what a transfer to a new account costs once its
 * signature is verified. The mempool is filled while no blocks are made; then
 * producer and flusher bring everything to disk, without anybody beside them.
 *
 *   write_path           processor time of all threads
 *   write_path_producer  of the thread that executes and seals
 *   write_path_flusher   of the thread that writes to disk
 */
#include "base/check.h"
#include "chain.h"
#include "measure.h"
#include <unistd.h>

#define ROUNDS 5 /* the median counts */
#define TRANSFERS 16000
#define PAYERS 64
#define SLOT_MS 400 /* Solana's */
/* Verifying a signature takes some 10 µs of one of two cores; so there is as
 * much time for the rest before two cores do fewer than 100,000 a second. */
#define WRITE_AIM_US 6

struct transfers {
    struct keypair payers[PAYERS];
    struct hash blockhash;
    uint64_t made; /* so that no two rounds pay the same accounts */
};

enum column { ALL, PRODUCER, FLUSHER, COLUMNS };

static void make(void *user, size_t number, struct buffer *wire)
{
    const struct transfers *transfers = user;
    const struct keypair *payer = &transfers->payers[number % PAYERS];
    struct pubkey to = {{0}};
    u64le_write(to.bytes, transfers->made + number + 1);
    chain_transfer(&payer, 1, &payer->pubkey, &to, 1000000 + number,
                   &transfers->blockhash, wire);
}

static void run_round(struct chain *chain, struct transfers *transfers,
                      double out[COLUMNS])
{
    struct wires wires;
    chain_stop(chain);
    chain_blockhash(chain, &transfers->blockhash);
    chain_wires(&wires, TRANSFERS, make, transfers);
    transfers->made += TRANSFERS;
    chain_queue(chain, &wires);
    uint64_t target = chain_transactions(chain) + TRANSFERS;
    uint64_t begin_cpu_ns = measure_process_ns();
    chain_start(chain);
    while (chain_transactions(chain) < target)
        usleep(1000);
    out[ALL] = (double)(measure_process_ns() - begin_cpu_ns);
    out[PRODUCER] = (double)measure_named_thread_ns("producer");
    out[FLUSHER] = (double)measure_named_thread_ns("flusher");
    for (int i = ALL; i < COLUMNS; i++)
        out[i] /= 1e3 * TRANSFERS;
    chain_wires_free(&wires);
}

int main(void)
{
    static struct transfers transfers;
    double columns[COLUMNS][ROUNDS];
    crypto_init();
    struct chain *chain = chain_open(SLOT_MS, 0);
    for (int i = 0; i < PAYERS; i++)
        keypair_generate(&transfers.payers[i]);
    chain_fund(chain, transfers.payers, PAYERS, 1000 * LAMPORTS_PER_KOII);
    for (int i = 0; i < ROUNDS; i++) {
        double values[COLUMNS];
        run_round(chain, &transfers, values);
        for (int k = 0; k < COLUMNS; k++)
            columns[k][i] = values[k];
    }
    chain_close(chain);
    measure_at_most("settlement/write_path",
                    measure_median(columns[ALL], ROUNDS), "us", WRITE_AIM_US);
    measure_plain("settlement/write_path_producer",
                  measure_median(columns[PRODUCER], ROUNDS), "us");
    measure_plain("settlement/write_path_flusher",
                  measure_median(columns[FLUSHER], ROUNDS), "us");
    return 0;
}
