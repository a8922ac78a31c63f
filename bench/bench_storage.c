/*
 * The storage layer: import compared with the hash that it has to compute, and
 * reads of blocks from the store. Medians of RUNS. The reference is measured in
 * the same run, because machines and their other load differ.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "storage/files/unixfs_export.h"
#include "storage/files/unixfs_import.h"
#include "storage/keep/collection.h"
#include "storage/keep/pin.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RUNS 5
#define IMPORT_BYTES (192u << 20)
#define GET_BLOCKS 20000
#define GET_BLOCK_BYTES 4096
#define GETS 40000

/* SHA-256 is most of the work. On processors with instructions for SHA-256 the
 * copy out of the source costs a tenth as much; a second core must help. */
#define HASH_RATIO_AIM 0.8
#define CORES_RATIO_AIM 1.2

/* Compared with a plain file written and synced: the disk is the limit then. */
#define DISK_RATIO_AIM 0.7

/* Reading is a look-up, a read from the page cache and a hash of 4 KiB. */
#define GETS_PER_SECOND_AIM 30000

static int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return left < right ? -1 : left > right;
}

static double median(double values[RUNS])
{
    qsort(values, RUNS, sizeof(*values), compare_doubles);
    return values[RUNS / 2];
}

static void print(const char *name, double value, const char *unit, double aim)
{
    if (aim > 0)
        printf("%s\t%.2f\t%s\t>%g\t%s\n", name, value, unit, aim,
               value > aim ? "yes" : "no");
    else
        printf("%s\t%.2f\t%s\t-\t-\n", name, value, unit);
}

static double megabytes_per_second(size_t bytes, uint64_t begun_ns)
{
    return (double)bytes / 1e6 /
           ((double)(clock_monotonic_ns() - begun_ns) / 1e9);
}

static void must(int status)
{
    if (status)
        fprintf(stderr, "%s\n", err_text());
    CHECK(!status);
}

/* One core of OpenSSL over the same bytes. */
static double hash_speed(struct bytes data)
{
    uint64_t begun = clock_monotonic_ns();
    struct hash hash;

    hash_sha256(data, &hash);
    return megabytes_per_second(data.size, begun);
}

static double import_speed(struct bytes data, unsigned threads)
{
    struct unixfs_import_options options = {.threads = threads};
    uint64_t begun = clock_monotonic_ns();
    struct unixfs_entry entry;

    must(unixfs_import_bytes(NULL, &options, data, &entry));
    return megabytes_per_second(data.size, begun);
}

/* Into a new store, up to the pin that makes it durable. */
static double store_speed(struct bytes data)
{
    char folder[] = "/var/tmp/pond-bench-XXXXXX";
    struct pin_owner owner = retention_user();
    struct unixfs_entry entry;
    struct store *store;
    uint64_t begun;
    double speed;

    CHECK(mkdtemp(folder));
    must(store_open(folder, NULL, &store));
    begun = clock_monotonic_ns();
    must(unixfs_import_bytes(store, NULL, data, &entry));
    must(pin_add(store, &entry.cid, &owner, NULL));
    speed = megabytes_per_second(data.size, begun);
    store_close(store);
    must(file_remove_tree(folder));
    return speed;
}

/* The same bytes into one file, and fdatasync. */
static double disk_speed(struct bytes data)
{
    char path[] = "/var/tmp/pond-bench-XXXXXX";
    int fd = mkstemp(path);
    uint64_t begun = clock_monotonic_ns();
    double speed;

    CHECK(fd >= 0);
    for (size_t at = 0; at < data.size; at += 1 << 20)
        CHECK(write(fd, data.data + at, 1 << 20) == 1 << 20);
    CHECK(!fdatasync(fd));
    speed = megabytes_per_second(data.size, begun);
    close(fd);
    unlink(path);
    return speed;
}

static void bench_import(void)
{
    uint8_t *memory = mem_alloc(IMPORT_BYTES);
    struct bytes data = bytes_make(memory, IMPORT_BYTES);
    struct random random = random_make(1);
    double hash[RUNS], one[RUNS], all[RUNS], stored[RUNS], disk[RUNS];
    double reference;

    for (size_t at = 0; at < IMPORT_BYTES; at += 8)
        u64le_write(memory + at, random_u64(&random));
    for (int run = 0; run < RUNS; run++) {
        hash[run] = hash_speed(data);
        one[run] = import_speed(data, 1);
        all[run] = import_speed(data, 0);
        disk[run] = disk_speed(data);
        stored[run] = store_speed(data);
    }
    reference = median(hash);
    print("storage/sha256-one-core", reference, "MB/s", 0);
    print("storage/write+fdatasync", median(disk), "MB/s", 0);
    print("storage/import-one-thread", median(one), "MB/s", 0);
    print("storage/import-all-cores", median(all), "MB/s", 0);
    print("storage/import-durable", median(stored), "MB/s", 0);
    print("storage/import-one-thread-ratio", median(one) / reference,
          "x sha256", HASH_RATIO_AIM);
    print("storage/import-all-cores-ratio", median(all) / reference, "x sha256",
          CORES_RATIO_AIM);
    print("storage/import-durable-ratio", median(stored) / median(disk),
          "x write+fdatasync", DISK_RATIO_AIM);
    free(memory);
}

static double get_speed(struct store *store, const struct cid *cids,
                        struct random *random)
{
    struct buffer block = {0};
    uint64_t begun = clock_monotonic_ns();

    for (int i = 0; i < GETS; i++) {
        buffer_clear(&block);
        must(store_get(store, &cids[random_below(random, GET_BLOCKS)], &block));
    }
    buffer_free(&block);
    return GETS / ((double)(clock_monotonic_ns() - begun) / 1e9);
}

static void bench_get(void)
{
    char folder[] = "/var/tmp/pond-bench-XXXXXX";
    struct cid *cids = mem_zero(GET_BLOCKS, sizeof(*cids));
    struct random random = random_make(2);
    uint8_t block[GET_BLOCK_BYTES];
    struct collection_result result;
    struct store *store;
    double gets[RUNS];
    uint64_t begun;

    CHECK(mkdtemp(folder));
    must(store_open(folder, NULL, &store));
    begun = clock_monotonic_ns();
    for (size_t i = 0; i < GET_BLOCKS; i++) {
        for (size_t at = 0; at < sizeof(block); at += 8)
            u64le_write(block + at, random_u64(&random));
        cid_of(1, CID_RAW, bytes_make(block, sizeof(block)), &cids[i]);
        must(store_put_hashed(store, &cids[i],
                              bytes_make(block, sizeof(block))));
    }
    must(store_sync(store));
    print("storage/put-4KiB",
          GET_BLOCKS / ((double)(clock_monotonic_ns() - begun) / 1e9), "/s", 0);
    for (int run = 0; run < RUNS; run++)
        gets[run] = get_speed(store, cids, &random);
    print("storage/get-4KiB", median(gets), "/s", GETS_PER_SECOND_AIM);
    begun = clock_monotonic_ns();
    must(collection_run(store, NULL, &result));
    CHECK(result.blocks_freed == GET_BLOCKS);
    print("storage/collect-20000-blocks",
          (double)(clock_monotonic_ns() - begun) / 1e6, "ms", 0);
    store_close(store);
    must(file_remove_tree(folder));
    free(cids);
}

int main(void)
{
    crypto_init();
    bench_import();
    bench_get();
    return 0;
}
