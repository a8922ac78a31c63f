/*
 * A look that fits no other is kept as the newest one and changes nothing else.
 * So a wrong one costs two looks: itself, and the next right one, which does
 * not fit it.
 *
 * sure only grows, because what has been done by it stays done.
 */
#include "node/slot_watch.h"

#include "base/check.h"

/* No network makes a slot a millisecond. */
#define FASTEST_MS 1

/* Over the time between two lives a network may be so many times as fast as it
 * was seen to be. */
#define PACE_MAX 4

/* b comes after a, and not too long after it. Nodes behind one endpoint may
 * differ a little. */
static bool fits(uint64_t a, uint64_t b, uint64_t passed_ms, uint32_t slot_ms)
{
    if (b <= a)
        return a - b <= SLOT_WATCH_SPREAD;
    return b - a <= SLOT_WATCH_SPREAD + passed_ms / slot_ms;
}

static uint64_t passed(uint64_t from_ms, uint64_t until_ms)
{
    return until_ms > from_ms ? until_ms - from_ms : 0;
}

bool slot_watch_hear(struct slot_watch *watch, uint64_t slot, uint64_t now_ms)
{
    if (!watch->agreed.slot || slot <= watch->slot ||
        !fits(watch->agreed.slot, slot, passed(watch->agreed.ms, now_ms),
              FASTEST_MS))
        return false;
    watch->slot = slot;
    return true;
}

/* See the header. */
static bool is_sure(const struct slot_watch *watch, uint32_t slot_ms,
                    uint64_t now_ms, uint64_t unix_ms)
{
    uint64_t steady_ms = passed(watch->since.ms, now_ms);
    uint32_t fast_ms = slot_ms / PACE_MAX ? slot_ms / PACE_MAX : 1;

    if (!watch->known.slot)
        return steady_ms >= SLOT_WATCH_PROOF_MS;
    return fits(watch->known.slot, watch->agreed.slot,
                passed(watch->known.ms, unix_ms), fast_ms) ||
           steady_ms >= SLOT_WATCH_DOUBT_MS;
}

enum slot_change slot_watch_look(struct slot_watch *watch, uint64_t final,
                                 uint32_t slot_ms, uint64_t now_ms,
                                 uint64_t unix_ms)
{
    struct slot_mark before = watch->look;
    uint64_t was = watch->slot;

    CHECK(slot_ms > 0);
    watch->look = (struct slot_mark){final, now_ms};
    if (!final || !before.slot ||
        !fits(before.slot, final, passed(before.ms, now_ms), FASTEST_MS))
        return SLOT_SAME;
    if (!watch->agreed.slot ||
        !fits(watch->agreed.slot, final, passed(watch->agreed.ms, now_ms),
              FASTEST_MS))
        watch->since = watch->look;
    watch->agreed = watch->look;
    if (was < final || was - final > SLOT_WATCH_SPREAD)
        watch->slot = final;
    if (final > watch->sure && is_sure(watch, slot_ms, now_ms, unix_ms))
        watch->sure = final;
    return watch->slot == was  ? SLOT_SAME
           : watch->slot > was ? SLOT_GREW
                               : SLOT_CORRECTED;
}
