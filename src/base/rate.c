/*
 * Tokens are counted in whole thousandths, so that a rate below one token a
 * millisecond loses nothing to rounding, however often it is used.
 */
#include "base/rate.h"
#include "base/check.h"

/* A rate of 0 would let nothing pass. */
struct rate rate_make(uint64_t per_s, uint64_t burst, uint64_t now_ms)
{
    CHECK(per_s >= 1 && burst >= 1);
    return (struct rate){.per_s = per_s,
                         .burst = burst,
                         .thousandths = burst * 1000,
                         .last_ms = now_ms};
}

/* After a long pause the product of time and rate could overflow, so a time
 * that fills the bucket is found before the multiplication. A clock that went
 * back adds nothing and is ignored; otherwise the time until it is back where
 * it was would count twice. */
static void refill(struct rate *rate, uint64_t now_ms)
{
    uint64_t full = rate->burst * 1000;
    if (now_ms <= rate->last_ms)
        return;
    /* per_s tokens in 1000 ms are per_s thousandths in one ms. */
    uint64_t passed_ms = now_ms - rate->last_ms;
    rate->last_ms = now_ms;
    /* The time is longer than an empty bucket takes to fill. */
    if (passed_ms > full / rate->per_s)
        rate->thousandths = full;
    else
        rate->thousandths += passed_ms * rate->per_s;
    if (rate->thousandths > full)
        rate->thousandths = full;
}

/* Only whole tokens are taken. Thousandths are kept for later. */
bool rate_take(struct rate *rate, uint64_t now_ms, uint64_t amount)
{
    refill(rate, now_ms);
    if (amount > rate->thousandths / 1000)
        return false;
    rate->thousandths -= amount * 1000;
    return true;
}

/* This is for what has happened already, such as a message that was read. It
 * can no longer be refused, but it is the last one before a pause. */
bool rate_force(struct rate *rate, uint64_t now_ms, uint64_t amount)
{
    if (rate_take(rate, now_ms, amount))
        return true;
    rate->thousandths = 0;
    return false;
}
