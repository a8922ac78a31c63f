/*
 * Whole numbers only: tokens are counted in thousandths, so that a rate below
 * one token a millisecond loses nothing to rounding however often it is asked.
 */
#include "runtime/wire/rate.h"
#include "base/check.h"

/* per_s and burst of 1 at least (CHECKed): a rate of 0 would never pass
 * anything. */
struct rate rate_make(uint64_t per_s, uint64_t burst, uint64_t now_ms)
{
    CHECK(per_s >= 1 && burst >= 1);
    return (struct rate){.per_s = per_s,
                         .burst = burst,
                         .thousandths = burst * 1000,
                         .last_ms = now_ms};
}

/* A long pause would overflow the product of time and rate: whatever fills the
 * bucket is cut off before it is multiplied. A clock that went back adds
 * nothing and is not taken over, or the way forward would count twice. */
static void refill(struct rate *rate, uint64_t now_ms)
{
    uint64_t full = rate->burst * 1000;
    if (now_ms <= rate->last_ms)
        return;
    /* per_s tokens in 1000 ms are per_s thousandths in one ms. */
    uint64_t passed_ms = now_ms - rate->last_ms;
    rate->last_ms = now_ms;
    /* Longer than it takes to fill from empty. */
    if (passed_ms > full / rate->per_s)
        rate->thousandths = full;
    else
        rate->thousandths += passed_ms * rate->per_s;
    if (rate->thousandths > full)
        rate->thousandths = full;
}

/* Whole tokens only: a rest in thousandths is kept for later. */
bool rate_take(struct rate *rate, uint64_t now_ms, uint64_t amount)
{
    refill(rate, now_ms);
    if (amount > rate->thousandths / 1000)
        return false;
    rate->thousandths -= amount * 1000;
    return true;
}

/* For what has happened already, such as a message that was read: it can't be
 * refused any more, but it is the last one before a pause. */
bool rate_force(struct rate *rate, uint64_t now_ms, uint64_t amount)
{
    if (rate_take(rate, now_ms, amount))
        return true;
    rate->thousandths = 0;
    return false;
}
