#include "sim_world.h"

#include "consensus/validator_set.h"

#include <inttypes.h>

#define MS 1000u
/* How far ahead of its clock a validator takes a block. */
#define FUTURE_US 500000u
/* Timers grow from the fourth window without a final block on, up to that. */
#define WINDOWS_ALIKE 3
#define DELTA_MAX_US 60000000u
/* The longest that what nothing came of waits to be sent again. */
#define RESEND_MAX_US 10000000u

/* ---- a run ---- */

void sim_fail(struct world_result *result, const struct world_options *options,
              uint64_t now_us, const char *format, va_list arguments)
{
    char *text = result->violation;

    if (*text)
        return;
    int size =
        snprintf(text, sizeof(result->violation),
                 "seed %" PRIu64 " at %" PRIu64 " us: ", options->seed, now_us);
    vsnprintf(text + size, sizeof(result->violation) - (size_t)size, format,
              arguments);
}

uint64_t sim_mix(uint64_t a, uint64_t b)
{
    uint64_t value = a ^ (b + UINT64_C(0x9e3779b97f4a7c15) + (a << 6));

    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

uint64_t sim_heal_max_us(const struct world_options *options, uint64_t windows,
                         uint64_t bad_windows, uint64_t stall_us)
{
    uint64_t delta_us = options->delta_us, slot_us = options->slot_us;

    for (uint64_t i = WINDOWS_ALIKE; i < windows && delta_us < DELTA_MAX_US;
         i++) {
        delta_us += delta_us / 4;
        slot_us += slot_us / 4;
    }
    uint64_t window_us = 5 * delta_us + WINDOW_SLOTS * slot_us;
    uint64_t resend_us =
        2 * stall_us < RESEND_MAX_US ? 2 * stall_us : RESEND_MAX_US;
    /* Who says that it is ahead, and gives no answer, is asked as others are,
     * one after the other. */
    uint64_t asks_us = 2 * delta_us * options->traitors;
    return 12 * delta_us + (3 + bad_windows) * window_us + resend_us + asks_us +
           options->skew_us + FUTURE_US;
}

/* ---- what a seed is ---- */

static void print_network(FILE *file, const struct world_options *options)
{
    fprintf(file,
            "seed %" PRIu64 ": %zu validators (%zu traitors with lies %x%s, "
            "%zu silent, %zu forgetful, %zu odd, %zu that watch)%s; us: delta "
            "%" PRIu64 ", slot %" PRIu64 ", delay %" PRIu64 "-%" PRIu64
            "%s, execute %" PRIu64 ", disk %" PRIu64,
            options->seed, options->validators, options->traitors,
            options->lies, options->has_twins ? ", twins" : "", options->silent,
            options->forgetful, options->odd, options->watching,
            options->is_real ? ", ed25519" : "", options->delta_us,
            options->slot_us, options->delay_min_us, options->delay_max_us,
            options->is_map ? " (map)" : "", options->execute_us,
            options->disk_us);
}

static void print_faults(FILE *file, const struct world_options *options)
{
    fprintf(
        file,
        "; loss %" PRIu64 ", twice %" PRIu64 ", late %" PRIu64
        ", cannot lead %" PRIu64 " in 1000; break %" PRIu64 ", crash %" PRIu64
        "/%" PRIu64 ", all %" PRIu64 ", forget %" PRIu64 ", lose %" PRIu64
        ", full %" PRIu64 ", spoil %" PRIu64 ", pause %" PRIu64 "/%" PRIu64
        ", skew %" PRIu64 ", drift %" PRIu64 ", jump %" PRIu64 ", cut %" PRIu64
        "/%" PRIu64 " of %x; client %" PRIu64 ", look %" PRIu64
        "; faults until %" PRIu64 "%s",
        options->loss, options->twice, options->late, options->cannot,
        options->break_us, options->crash_us, options->down_us, options->all_us,
        options->forget, options->lose, options->full_us, options->spoil_us,
        options->pause_us, options->paused_us, options->skew_us, options->drift,
        options->jump_us, options->cut_us, options->heal_us, options->cuts,
        options->client_us, options->look_us, options->faults_us,
        options->is_partial ? ", then a part" : "");
}

void world_print(FILE *file, const struct world_options *options)
{
    print_network(file, options);
    print_faults(file, options);
    if (!options->stakes[0])
        return;
    fprintf(file, "; stakes");
    for (size_t i = 0; i < options->validators; i++)
        fprintf(file, " %" PRIu64, options->stakes[i]);
}

/* ---- what chance has ---- */

bool sim_toss(struct random *random)
{
    return random_below(random, 2);
}

uint64_t sim_scale(struct random *random, uint64_t most)
{
    return random_below(random, 1 + (most >> random_below(random, 12)));
}

int64_t sim_around_zero(struct random *random, uint64_t most)
{
    return (int64_t)random_below(random, 2 * most + 1) - (int64_t)most;
}

uint64_t sim_after(struct random *random, uint64_t mean_us)
{
    return 1 + random_below(random, 2 * mean_us);
}

uint64_t sim_pause(struct random *random, uint64_t most_us)
{
    uint64_t length_us = MS;
    uint64_t doublings = 0;

    while (length_us << doublings < most_us)
        doublings++;
    length_us <<= random_below(random, doublings + 1);
    return length_us / 2 + random_below(random, length_us);
}
