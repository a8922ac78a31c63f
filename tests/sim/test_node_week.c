/*
 * A week of rounds in which nothing goes wrong, in virtual time (node_days.h):
 * memory and disk are flat.
 *
 * Usage: test_node_week [SEED]
 */
#include "node_days.h"

#include "base/log.h"
#include "crypto/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* What a node may take after a week. In memory that is the page caches of the
 * journal's two connections, 2 MB each, and the node itself. On disk it is
 * what is kept for a number of rounds, and the account book, which is whole for
 * 10,000 rounds and folded into days after that. */
#define HEAP_MAX (6u << 20)
#define DISK_MAX (1u << 20)
#define BOOK_BYTES_A_ROUND_MAX 1280

/* Rounds of four minutes, as one life, and a claim a day: claims are the
 * account book, which stays. */
static bool run(uint64_t seed)
{
    struct days *days = days_open(seed);
    uint64_t slots = 7ull * 24 * 3600 * 1000 / CHAIN_SLOT_MS;

    days->chain.times = chain_usual;
    days->claim_threshold = 360 * CHAIN_BOUNTY / CHAIN_KEYS;
    days_run(days, 150, NULL);
    uint64_t heap = days->heap_bytes, disk = days->disk_bytes;
    days_run(days, slots / days->chain.times.round, NULL);
    printf("# heap %" PRIu64 " KiB, then %" PRIu64 " KiB; folder %" PRIu64
           " KiB, then %" PRIu64 " KiB; %" PRIu64 " rounds\n",
           heap / 1024, days->heap_bytes / 1024, disk / 1024,
           days->disk_bytes / 1024, chain_round_of(&days->chain));
    if (days->heap_bytes > HEAP_MAX)
        chain_trouble(&days->chain, "memory has grown");
    if (days->disk_bytes >
        DISK_MAX + BOOK_BYTES_A_ROUND_MAX * chain_round_of(&days->chain))
        chain_trouble(&days->chain, "the folder has grown");
    bool is_good = !days->chain.troubles;
    for (size_t i = 0; i < days->chain.troubles && i < CHAIN_TROUBLES_MAX; i++)
        printf("# %s\n", days->chain.trouble[i]);
    days_close(days);
    return is_good;
}

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;

    crypto_init();
    log_configure(getenv("POND_LOG") ? getenv("POND_LOG") : "quiet");
    printf("# seed %" PRIu64 "\n1..1\n", seed);
    bool is_good = run(seed);
    printf("%s 1 - memory and disk are flat over a week of rounds\n",
           is_good ? "ok" : "not ok");
    return !is_good;
}
