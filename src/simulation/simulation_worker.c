/*
 * A simulated node's worker, and all that it stands on.
 */
#include "base/check.h"
#include "base/memory.h"
#include "crypto/hash.h"
#include "simulation/simulation_parts.h"

#include <stdlib.h>

/* What the task keeps in runtime memory: twice what a node gives it. */
#define MEMORY_BYTES (64u << 20)

/* A person waits for it. Of the clock that the task sees it is the least that a
 * call may wait: some windows are shorter, and then that is said. */
#define CALL_LIMIT_MS 60000

/* As a node has it (node/task). */
#define SETUP_WINDOW_MS 30000
#define WINDOW_MS_MAX 3600000

/* Of the task's clock: numbers of JavaScript. */
#define CLOCK_MS_MAX (1ull << 52)

/* A task's lines come as fast as its clock goes. */
#define LOG_LINES_PER_S 10000
#define LOG_BYTES_PER_S (16u << 20)

void simulation_draw(const struct simulation_options *options, char use,
                     uint64_t number, struct hash *out)
{
    const uint64_t words[] = {options->seed, (uint8_t)use, number};

    hash_sha256(bytes_make(words, sizeof(words)), out);
}

/* Below 2^53, which JavaScript reads exactly. */
static uint64_t random_seed_of(const struct simulation *simulation)
{
    struct hash hash;

    simulation_draw(simulation->options, 'r', simulation->node, &hash);
    return u64le_read(hash.bytes) >> 11;
}

static int start(struct simulation *simulation, const char *folder,
                 const struct host_events *events)
{
    const struct simulation_options *options = simulation->options;
    char *task_id = mem_text(PUBKEY_TEXT(&simulation->task));
    char *main_key = mem_text(PUBKEY_TEXT(signer_main(simulation->signer)));
    char *staking_key =
        mem_text(PUBKEY_TEXT(signer_staking(simulation->signer)));
    const struct host_clock clock = {.unix_ms = options->unix_ms,
                                     .has_seed = options->has_seed,
                                     .seed = random_seed_of(simulation)};
    struct host_options worker = {
        .program = options->worker_path,
        .task_id = task_id,
        .task_name = options->deployment->task_name,
        .folder = folder,
        /* The author's own program, on the author's own machine. */
        .confinement = CONFINEMENT_ANY,
        .source = options->source,
        .variables = options->variables,
        .main_account = main_key,
        .staking_account = staking_key,
        .limits.memory_bytes = options->memory_bytes,
        .limits.log_lines_per_s = LOG_LINES_PER_S,
        .limits.log_bytes_per_s = LOG_BYTES_PER_S,
        .clock = options->is_real_time ? NULL : &clock,
        .memory = simulation->memory,
    };
    int status = host_start(simulation->loop, &worker, events, simulation,
                            &simulation->worker);

    free(task_id);
    free(main_key);
    free(staking_key);
    return status;
}

/* The keys are made up but valid, so that a task can verify what it signed. */
int simulation_begin(struct simulation *simulation, const uint8_t seed[32],
                     const char *folder, const struct host_events *events)
{
    CHECK(simulation->loop && simulation->parts.store && events);
    simulation->parts.loop = simulation->loop;
    simulation->signer = seed ? signer_derive(simulation->loop, seed)
                              : signer_generate(simulation->loop);
    simulation->memory = memory_new(MEMORY_BYTES);
    simulation->http = http_client_new(simulation->loop, &address_rule_any);
    simulation->fetches = fetch_set_new();
    simulation->sockets = socket_set_new();
    int status = start(simulation, folder, events);
    if (status)
        simulation_worker_gone(simulation);
    return status;
}

/* ---- calls ---- */

/* Where in a round of the clock a node calls what, and until where it may take,
 * in slots. */
static void place_of(const struct deployment *terms, const char *function,
                     uint64_t *offset, uint64_t *window)
{
    *offset = 0;
    if (!strcmp(function, "task")) {
        *window = terms->round_time;
    } else if (!strcmp(function, "audit")) {
        *offset = terms->submission_window;
        *window = terms->audit_window;
    } else {
        *window = terms->submission_window;
    }
}

uint32_t simulation_window_ms(const struct simulation *simulation,
                              const char *function)
{
    uint64_t offset, window;

    if (!strcmp(function, "setup") || !strcmp(function, "routes"))
        return SETUP_WINDOW_MS;
    place_of(simulation->options->deployment, function, &offset, &window);
    return window > WINDOW_MS_MAX / NODE_SLOT_MS_DEFAULT
               ? WINDOW_MS_MAX
               : (uint32_t)(window * NODE_SLOT_MS_DEFAULT);
}

/* What the chain's clock shows, in ms since its round 0. */
static uint64_t clock_ms(const struct simulation *simulation,
                         const char *function)
{
    const struct deployment *terms = simulation->options->deployment;
    uint64_t offset, window, slots;

    place_of(terms, function, &offset, &window);
    if (__builtin_mul_overflow(simulation->now, terms->round_time, &slots) ||
        __builtin_add_overflow(slots, offset, &slots) ||
        slots > CLOCK_MS_MAX / NODE_SLOT_MS_DEFAULT)
        return CLOCK_MS_MAX;
    return slots * NODE_SLOT_MS_DEFAULT;
}

int simulation_call(struct simulation *simulation, const char *function,
                    const char *args, host_callback callback, void *user)
{
    uint32_t window_ms = simulation_window_ms(simulation, function);

    if (!simulation->options->is_real_time)
        host_advance(simulation->worker, clock_ms(simulation, function),
                     window_ms > CALL_LIMIT_MS ? window_ms : CALL_LIMIT_MS);
    return host_call(simulation->worker, function, args, CALL_LIMIT_MS,
                     callback, user);
}

/* ---- the rest of its life ---- */

/* The task's own words, as a node would write them to its log. */
void simulation_log(void *user, struct host *worker, enum log_level level,
                    const char *text)
{
    CHECK(text);
    struct simulation *simulation = user;

    if (simulation->events->log)
        simulation->events->log(simulation->user, simulation->node, level,
                                text);
}

void simulation_worker_gone(struct simulation *simulation)
{
    simulation->worker = NULL;
    fetch_set_close(simulation->fetches);
    socket_set_close(simulation->sockets);
    http_client_close(simulation->http);
}

void simulation_end(struct simulation *simulation)
{
    CHECK(!simulation->worker);
    uv_run(simulation->loop, UV_RUN_DEFAULT);
    signer_close(simulation->signer, NULL, NULL);
    uv_run(simulation->loop, UV_RUN_DEFAULT);
    signer_free(simulation->signer);
    memory_free(simulation->memory);
}
