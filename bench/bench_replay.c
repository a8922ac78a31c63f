/*
 * A ledger from the disk, executed again, compared with the rate at which the
 * same blocks were made under full load.
 *
 * Rates are those of two cores by processor time: the transactions over half of
 * the process's time or, if that is more, over the time of the executing
 * thread, whose work can't be shared.
 */
#include "base/check.h"
#include "base/error.h"
#include "chain.h"
#include "measure.h"
#include "settlement/ledger/replay.h"
#include <stdlib.h>

#define ROUNDS 3
#define TRANSFERS 16000 /* in each of so many rounds */
#define SLOT_MS 400
/* About 12 ms of hashing in a slot, so the proof of history is not idle. */
#define HASHES_PER_TICK 1000
#define FULL_AIM 1
#define UNSIGNED_AIM 5

/* The rate of production in transactions a second. */
static double produce(struct chain *chain)
{
    static struct chain_load load;
    double rates[ROUNDS];
    chain_load_fund(chain, &load, 1000 * LAMPORTS_PER_KOII);
    for (int i = 0; i < ROUNDS; i++) {
        struct wires wires;
        chain_load_make(chain, &load, TRANSFERS, &wires);
        rates[i] = CHAIN_THREADS * chain_bring(chain, &wires).per_cpu_second;
        chain_wires_free(&wires);
    }
    return measure_median(rates, ROUNDS);
}

static double replay(struct chain *chain, bool check_signatures)
{
    const struct replay_options options = {.check_signatures = check_signatures,
                                           .threads = CHAIN_THREADS - 1};
    struct replay_report report;
    double rates[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t process_ns = measure_process_ns();
        uint64_t thread_ns = measure_thread_ns();
        must(ledger_replay(chain->ledger, &options, &report), "replay");
        process_ns = (measure_process_ns() - process_ns) / CHAIN_THREADS;
        thread_ns = measure_thread_ns() - thread_ns;
        CHECK(report.transactions == ROUNDS * TRANSFERS + CHAIN_PAYERS);
        rates[i] = (double)report.transactions * 1e9 /
                   (double)(process_ns > thread_ns ? process_ns : thread_ns);
    }
    return measure_median(rates, ROUNDS);
}

int main(void)
{
    crypto_init();
    struct chain *chain = chain_open(SLOT_MS, HASHES_PER_TICK);
    double produced = produce(chain);
    chain_stop(chain);
    double full = replay(chain, true);
    double own = replay(chain, false);
    measure_plain("settlement/production", produced, "transfers/s");
    measure_plain("settlement/replay", full, "transfers/s");
    measure_at_least("settlement/replay_of_production", full / produced,
                     "ratio", FULL_AIM);
    measure_plain("settlement/replay_unsigned", own, "transfers/s");
    measure_at_least("settlement/replay_unsigned_of_production", own / produced,
                     "ratio", UNSIGNED_AIM);
    chain_close(chain);
    return 0;
}
