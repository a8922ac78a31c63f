/*
 * What tests of the storage layer share: stores in folders of their own, and
 * bytes that are the same on every machine.
 */
#ifndef POND_TESTS_UNIT_STORAGE_FIXTURE_H
#define POND_TESTS_UNIT_STORAGE_FIXTURE_H

#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "crypto/key.h"
#include "storage/store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* First in every main(). What a test provokes is not logged. */
static inline void fixture_begin(void)
{
    crypto_init();
    log_configure("quiet");
}

/* A new empty folder; fixture_remove() it. */
static inline char *fixture_folder(void)
{
    char *path = mem_text("/tmp/pond-storage-XXXXXX");

    assert_non_null(mkdtemp(path));
    return path;
}

/* The same in memory, for tests that sync often and pull no plug. */
static inline char *fixture_folder_in_memory(void)
{
    char *path = mem_text("/dev/shm/pond-storage-XXXXXX");

    if (mkdtemp(path))
        return path;
    free(path);
    return fixture_folder();
}

static inline void fixture_remove(char *path)
{
    assert_ok(file_remove_tree(path));
    free(path);
}

/* Segments small enough that a test has several, and no floor: a test may run
 * on a full disk. */
static inline struct store *fixture_store(const char *path,
                                          uint64_t segment_size)
{
    struct store_options options = {.segment_size_bytes = segment_size,
                                    .free_floor_bytes = 1};
    struct store *store;

    assert_ok(store_open(path, &options, &store));
    return store;
}

/* A linear congruential generator (Knuth's MMIX constants), a byte a step:
 * short to write down in any language, which the vectors need. */
static inline void fixture_fill(uint8_t *data, size_t size, uint64_t seed)
{
    for (size_t i = 0; i < size; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        data[i] = (uint8_t)(seed >> 56);
    }
}

static inline struct buffer fixture_bytes(size_t size, uint64_t seed)
{
    struct buffer buffer = {0};

    buffer_resize(&buffer, size);
    fixture_fill(buffer.data, size, seed);
    return buffer;
}

/* Put a raw block of that size and seed; its CID. */
static inline struct cid fixture_put(struct store *store, size_t size,
                                     uint64_t seed)
{
    struct buffer data = fixture_bytes(size, seed);
    struct cid cid;

    cid_of(1, CID_RAW, buffer_view(&data), &cid);
    assert_ok(store_put(store, &cid, buffer_view(&data)));
    buffer_free(&data);
    return cid;
}

/* The store has the block of fixture_put(), unharmed. */
static inline bool fixture_has(struct store *store, const struct cid *cid,
                               size_t size, uint64_t seed)
{
    struct buffer expected = fixture_bytes(size, seed), found = {0};
    int status = store_get(store, cid, &found);
    bool same =
        !status && bytes_equal(buffer_view(&expected), buffer_view(&found));

    assert_true(!status || status == ERR_NOT_FOUND);
    assert_true(same || status);
    buffer_free(&expected);
    buffer_free(&found);
    return same;
}

#endif
