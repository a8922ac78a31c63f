/*
 * A week of rounds in which nothing goes wrong, in virtual time (node_days.h):
 * memory is flat, and of the disk only the account book takes more.
 *
 * Usage: test_node_week [SEED]
 */
#include "node_days.h"

#include "base/log.h"
#include "crypto/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Half a day, half the week, three quarters, and its end: the last half must
 * bring nothing but rows of the account book. */
enum { WARM, HALF, LATE, END };

/* Rounds of four minutes, and a claim in each eighth: more than an operator
 * sets, so that claims would show if they stayed. */
#define ROUNDS_A_CLAIM 8

/* Allocations come and go within a round: those of a look at the chain are some
 * 30 KiB. A leak of one small block a round would be as much in half a week. */
#define HEAP_SLACK (64u << 10)

/* The journal's WAL goes back to its beginning when it has 1000 pages. What is
 * kept of 64 rounds differs by a few of them. */
#define DISK_SLACK (64u << 10)

/* Kinds that a day can have: reward, fee and claim; slash and loss do not
 * happen.
 */
#define BOOK_ROWS_A_DAY 3

/* What the account book keeps of a round: its reward, and the fees of what was
 * sent in it (a proof, votes, a list and its chunks, a payout). With their
 * indexes. */
#define ROWS_A_ROUND 8
#define BYTES_A_ROUND 4096

static void check(struct days *days)
{
    const struct days_measure *at = days->measures;
    uint64_t days_between = 4; /* the last half touches so many */

    for (size_t i = LATE; i <= END; i++) {
        if (at[i].heap_bytes > at[HALF].heap_bytes + HEAP_SLACK)
            chain_trouble(&days->chain, "memory has grown");
        uint64_t rounds = days->measure_at[i] - days->measure_at[HALF];

        if (at[i].disk_bytes >
            at[HALF].disk_bytes + DISK_SLACK + rounds * BYTES_A_ROUND)
            chain_trouble(&days->chain, "the folder has grown");
        if (at[i].rows > at[HALF].rows + ROUNDS_A_CLAIM + rounds * ROWS_A_ROUND)
            chain_trouble(&days->chain, "the journal has grown");
    }
    if (at[END].book_rows - at[HALF].book_rows >
            BOOK_ROWS_A_DAY * days_between ||
        at[END].book_rows < at[HALF].book_rows + 2)
        chain_trouble(&days->chain, "the account book is not by days");
}

/* As one life: what grows in a process would show. */
static bool run(uint64_t seed)
{
    struct days *days = days_open(seed);
    uint64_t slots = 7ull * 24 * 3600 * 1000 / CHAIN_SLOT_MS;

    days->chain.times = chain_usual;
    days->claim_threshold = ROUNDS_A_CLAIM * CHAIN_BOUNTY / CHAIN_KEYS;
    const uint64_t rounds = slots / days->chain.times.round;
    days->measure_at[WARM] = rounds / 14;
    days->measure_at[HALF] = rounds / 2;
    days->measure_at[LATE] = rounds * 3 / 4;
    days->measure_at[END] = rounds - 1;
    days_run(days, rounds, NULL);
    for (size_t i = 0; i < DAYS_MEASURES_MAX; i++)
        printf("# round %" PRIu64 ": heap %" PRIu64 " bytes, folder %" PRIu64
               " bytes, rows %" PRIu64 ", of days %" PRIu64 "\n",
               days->measure_at[i], days->measures[i].heap_bytes,
               days->measures[i].disk_bytes, days->measures[i].rows,
               days->measures[i].book_rows);
    check(days);
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
    printf("%s 1 - memory is flat over a week of rounds, and so is the disk "
           "but for the book\n",
           is_good ? "ok" : "not ok");
    return !is_good;
}
