/*
 * The write path alone: the cost of a transfer to a new account after its
 * signature has been verified. The mempool is filled while no blocks are made.
 * Then execution and flusher bring everything to disk, without other load.
 *
 *   write_path            processor time of all threads
 *   write_path_execution  of the thread that executes and seals
 *   write_path_flusher    of the thread that writes to disk
 */
#include "base/check.h"
#include "chain.h"
#include "measure.h"
#include <unistd.h>

#define ROUNDS 5 /* the median counts */
#define TRANSFERS 16000
#define SLOT_MS 400 /* Solana's */
/* Verifying a signature takes 6 to 10 µs of one core. So the rest may take as
 * long before two cores do fewer than 100,000 transfers a second. */
#define WRITE_AIM_US 6

enum column { ALL, EXECUTION, FLUSHER, COLUMNS };

static void run_round(struct chain *chain, struct chain_load *load,
                      double out[COLUMNS])
{
    struct wires wires;
    chain_stop(chain);
    chain_load_make(chain, load, TRANSFERS, &wires);
    chain_queue(chain, &wires);
    uint64_t target = chain_transactions(chain) + TRANSFERS;
    uint64_t begin_cpu_ns = measure_process_ns();
    chain_start(chain);
    while (chain_transactions(chain) < target)
        usleep(1000);
    out[ALL] = (double)(measure_process_ns() - begin_cpu_ns);
    out[EXECUTION] = (double)measure_named_thread_ns("execution");
    out[FLUSHER] = (double)measure_named_thread_ns("flusher");
    for (int i = ALL; i < COLUMNS; i++)
        out[i] /= 1e3 * TRANSFERS;
    chain_wires_free(&wires);
}

int main(void)
{
    static struct chain_load load;
    double columns[COLUMNS][ROUNDS];
    crypto_init();
    struct chain *chain = chain_open(SLOT_MS, 0);
    chain_load_fund(chain, &load, 1000 * LAMPORTS_PER_KOII);
    for (int i = 0; i < ROUNDS; i++) {
        double values[COLUMNS];
        run_round(chain, &load, values);
        for (int k = 0; k < COLUMNS; k++)
            columns[k][i] = values[k];
    }
    chain_close(chain);
    measure_at_most("settlement/write_path",
                    measure_median(columns[ALL], ROUNDS), "us", WRITE_AIM_US);
    measure_plain("settlement/write_path_execution",
                  measure_median(columns[EXECUTION], ROUNDS), "us");
    measure_plain("settlement/write_path_flusher",
                  measure_median(columns[FLUSHER], ROUNDS), "us");
    return 0;
}
