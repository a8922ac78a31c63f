/*
 * The limits of a worker: what holds where nothing was asked for, and what may
 * be asked for. Apart from the process, so that a node's tests can have them
 * without one.
 */
#include "base/error.h"
#include "runtime/host/host_state.h"
#include <inttypes.h>

/* Defaults; see host.h. They let the example tasks run with room to spare,
 * and a node of 4 GB run two dozen workers. */
#define MEMORY_DEFAULT HOST_MEMORY_BASE
/* What the engine takes for a byte of a bundle. Measured with bundles of 8 and
 * 15 MB: 1 to 5 for texts, 11 for ordinary functions, 36 for literals of
 * objects, 45 for the tiniest minified functions one after the other. */
#define MEMORY_PER_BYTE 48
/* However large the bundle: a node runs several tasks. */
#define MEMORY_GROWTH_MAX (1ull << 30)
/* The engine alone is near 40 MB. */
#define MEMORY_MIN (48ull << 20)
#define FILE_DEFAULT (256ull << 20)
#define DISK_DEFAULT (1ull << 30)
/* Generous on purpose: a busy machine must not fail a task. */
#define LOAD_DEFAULT_MS 10000
#define REQUESTS_DEFAULT 64
/* Looked through one by one: a larger limit would want a table. */
#define REQUESTS_MAX 4096
#define CALLS_DEFAULT 16
/* The worker's own table, less the one for loading. */
#define CALLS_MAX 63
#define LOG_LINES_DEFAULT 100
#define LOG_BYTES_DEFAULT (64u << 10)
#define MESSAGES_DEFAULT 30000
/* 0 stands for the default in every limit. */
static void set_default(uint32_t *field, uint32_t value)
{
    if (!*field)
        *field = value;
}

uint64_t host_memory_for(uint64_t base, size_t source_bytes)
{
    uint64_t growth = MEMORY_PER_BYTE * (uint64_t)source_bytes;
    return base + (growth < MEMORY_GROWTH_MAX ? growth : MEMORY_GROWTH_MAX);
}

/* A limit below what the engine takes would only fail later and less clearly.
 */
int host_limits_fill(struct host_limits *limits, size_t source_bytes)
{
    if (!limits->memory_bytes)
        limits->memory_bytes = host_memory_for(MEMORY_DEFAULT, source_bytes);
    if (!limits->file_bytes)
        limits->file_bytes = FILE_DEFAULT;
    if (!limits->disk_bytes)
        limits->disk_bytes = DISK_DEFAULT;
    set_default(&limits->load_ms, LOAD_DEFAULT_MS);
    set_default(&limits->open_requests, REQUESTS_DEFAULT);
    set_default(&limits->open_calls, CALLS_DEFAULT);
    set_default(&limits->log_lines_per_s, LOG_LINES_DEFAULT);
    set_default(&limits->log_bytes_per_s, LOG_BYTES_DEFAULT);
    set_default(&limits->messages_per_s, MESSAGES_DEFAULT);
    if (limits->memory_bytes < MEMORY_MIN)
        return err_set(ERR_RANGE,
                       "a memory limit of %" PRIu64 " MB is below the %llu MB "
                       "that the engine needs",
                       limits->memory_bytes >> 20, MEMORY_MIN >> 20);
    if (limits->open_requests > REQUESTS_MAX)
        return err_set(ERR_RANGE, "more than %d open requests", REQUESTS_MAX);
    if (limits->open_calls > CALLS_MAX)
        return err_set(ERR_RANGE, "more than %d open calls", CALLS_MAX);
    return 0;
}
