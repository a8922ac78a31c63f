/*
 * Distances on the Internet: what a message takes from one of ten regions of
 * AWS to another, as half of a ping's time.
 *
 * Source: cloudping.co, 50th and 90th percentile, as kept in
 * examples/estimator/src/p50.json and p90.json of
 * github.com/commonwarexyz/monorepo at dc41a89; the regions are those over
 * which its authors spread 50 validators (docs/blogs/coding.html).
 */
#ifndef POND_TESTS_SIM_CONSENSUS_MAP_H
#define POND_TESTS_SIM_CONSENSUS_MAP_H

#include <stdint.h>

#define MAP_REGIONS 10

/* In microseconds: half of all messages take less; nine in ten take less. */
extern const uint32_t map_half_us[MAP_REGIONS][MAP_REGIONS];
extern const uint32_t map_most_us[MAP_REGIONS][MAP_REGIONS];

#endif
