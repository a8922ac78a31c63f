/*
 * Transactions through the whole pipeline: received bytes, verified, executed,
 * in a block, flushed.
 *
 *   pipeline            signed transfers, each to a new account
 *   verification_alone  the same transactions parsed, and verified by libsodium
 *                       one by one, on as many threads, in turns with the
 *                       pipeline
 *   own_verification    the same by Pond's verifier, many at once: what the
 *                       pipeline would do if nothing came after the check
 *   litesvm             Solana's runtime in one thread: signatures verified
 *                       and executed, no blocks, no disk
 *
 * Usage: bench_pipeline [COMMAND ...]   the command prints "rate TAB a
 * second by the wall's clock TAB a second of processor time"
 */
#include "base/check.h"
#include "chain.h"
#include "measure.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 3 /* the median counts */
/* Enough for at least six slots on two cores. With fewer slots, the wait for
 * the end of the first and the last one would count too much. */
#define TRANSFERS 160000
#define SLOT_MS 400 /* Solana's */
#define VERIFICATION_AIM 0.85
#define OWN_VERIFICATION_AIM 0.4
#define LITESVM_AIM 2.5

/* Rates of the pipeline and of both verifications alone, and the ratios by the
 * wall's clock and by processor time. */
static void run_round(struct chain *chain, struct chain_load *load,
                      double out[7])
{
    struct wires wires;
    chain_load_make(chain, load, TRANSFERS, &wires);
    struct chain_rate pipeline = chain_bring(chain, &wires);
    struct chain_rate alone = chain_verify(&wires);
    struct chain_rate own = chain_verify_together(&wires);
    chain_wires_free(&wires);
    out[0] = pipeline.per_second;
    out[1] = alone.per_second;
    out[2] = pipeline.per_second / alone.per_second;
    out[3] = pipeline.per_cpu_second / alone.per_cpu_second;
    out[4] = pipeline.per_cpu_second;
    out[5] = own.per_second;
    out[6] = pipeline.per_second / own.per_second;
}

static struct chain_rate bench_transfers(void)
{
    static struct chain_load load;
    double columns[7][ROUNDS];
    struct chain *chain = chain_open(SLOT_MS, 0);
    chain_load_fund(chain, &load, 1000 * LAMPORTS_PER_KOII);
    for (int i = 0; i < ROUNDS; i++) {
        double values[7];
        run_round(chain, &load, values);
        for (int k = 0; k < 7; k++)
            columns[k][i] = values[k];
    }
    chain_close(chain);
    const struct chain_rate rate = {
        .per_second = measure_median(columns[0], ROUNDS),
        .per_cpu_second = measure_median(columns[4], ROUNDS)};
    measure_plain("settlement/pipeline", rate.per_second, "transfers/s");
    measure_plain("settlement/verification_alone",
                  measure_median(columns[1], ROUNDS), "transfers/s");
    measure_at_least("settlement/pipeline_of_verification",
                     measure_median(columns[2], ROUNDS), "ratio",
                     VERIFICATION_AIM);
    measure_plain("settlement/pipeline_of_verification_processor_time",
                  measure_median(columns[3], ROUNDS), "ratio");
    measure_plain("settlement/own_verification",
                  measure_median(columns[5], ROUNDS), "transfers/s");
    measure_at_least("settlement/pipeline_of_own_verification",
                     measure_median(columns[6], ROUNDS), "ratio",
                     OWN_VERIFICATION_AIM);
    return rate;
}

/* Returns false, and why, if the command gives no rate on this machine. */
static bool litesvm_rate(int argc, char **argv, struct chain_rate *out,
                         char *why, size_t size)
{
    char command[4096] = "exec", line[256];
    bool has_rate = false;
    for (int i = 1; i < argc; i++) {
        size_t used = strlen(command);
        snprintf(command + used, sizeof(command) - used, " '%s'", argv[i]);
    }
    FILE *pipe = popen(command, "r");
    CHECK(pipe);
    snprintf(why, size, "it gave no rate");
    while (fgets(line, sizeof(line), pipe)) {
        const char *skip = strstr(line, "# SKIP ");
        if (sscanf(line, "rate\t%lf\t%lf", &out->per_second,
                   &out->per_cpu_second) == 2)
            has_rate = true;
        if (skip)
            snprintf(why, size, "%.*s", (int)strcspn(skip + 7, "\n"), skip + 7);
    }
    pclose(pipe);
    return has_rate;
}

int main(int argc, char **argv)
{
    crypto_init();
    struct chain_rate pipeline = bench_transfers();
    struct chain_rate litesvm = {0};
    char why[256];
    if (argc < 2)
        return 0;
    if (!litesvm_rate(argc, argv, &litesvm, why, sizeof(why))) {
        measure_skipped("settlement/pipeline_of_litesvm", why);
        return 0;
    }
    measure_plain("settlement/litesvm", litesvm.per_second, "transfers/s");
    measure_at_least("settlement/pipeline_of_litesvm",
                     pipeline.per_second / litesvm.per_second, "ratio",
                     LITESVM_AIM);
    measure_plain("settlement/pipeline_of_litesvm_processor_time",
                  CHAIN_THREADS * pipeline.per_cpu_second /
                      litesvm.per_cpu_second,
                  "ratio");
    return 0;
}
