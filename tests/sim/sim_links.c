#include "sim_links.h"

#include "base/memory.h"
#include "consensus_map.h"

struct sim_links sim_links_make(size_t count)
{
    return (struct sim_links){.count = count,
                              .ways = mem_zero(count * count, 1)};
}

enum link sim_link(const struct sim_links *links, size_t from, size_t to)
{
    return (enum link)links->ways[from * links->count + to];
}

bool sim_links_stand(const struct sim_links *links, size_t a, size_t b)
{
    return sim_link(links, a, b) != LINK_DOWN &&
           sim_link(links, b, a) != LINK_DOWN;
}

void sim_links_set(struct sim_links *links, size_t a, size_t b, enum link there,
                   enum link back)
{
    links->ways[a * links->count + b] = (uint8_t)there;
    links->ways[b * links->count + a] = (uint8_t)back;
}

static void change(struct sim_links *links, size_t a, size_t b, enum link there,
                   enum link back)
{
    links->change(links->world, a, b, there, back);
}

/* ---- partitions ---- */

static bool side_of(const struct sim_links *links, size_t index)
{
    return links->cut_side >> index % 64 & 1;
}

static void cut_between(struct sim_links *links, enum world_cut kind,
                        size_t one)
{
    for (size_t a = 0; a < links->count; a++)
        for (size_t b = 0; b < links->count; b++) {
            if (a == b)
                continue;
            bool is_side = side_of(links, a) && !side_of(links, b);
            if ((kind == CUT_SIDES || kind == CUT_FLAP) && is_side)
                change(links, a, b, LINK_DOWN, LINK_DOWN);
            else if ((kind == CUT_ONE_WAY && is_side) ||
                     (kind == CUT_MUTE && a == one))
                change(links, a, b, LINK_MUTE, LINK_OPEN);
            else if (kind == CUT_DEAF && a == one)
                change(links, a, b, LINK_OPEN, LINK_MUTE);
        }
}

static enum world_cut draw_cut(struct random *random, unsigned kinds)
{
    for (;;) {
        unsigned kind = (unsigned)random_below(random, CUT_COUNT);
        if (kinds >> kind & 1)
            return (enum world_cut)kind;
    }
}

uint64_t sim_links_cut(struct sim_links *links,
                       const struct world_options *options,
                       struct random *random)
{
    uint64_t lasts_us = random_below(random, options->heal_us + 1);
    enum world_cut kind = CUT_FLAP;

    if (!links->flaps) {
        kind = draw_cut(random, options->cuts);
        links->cut_side = random_u64(random);
        links->flaps =
            kind == CUT_FLAP ? 3 + (unsigned)random_below(random, 10) : 0;
    }
    links->is_cut = true;
    cut_between(links, kind, (size_t)random_below(random, links->count));
    return 1 + (kind == CUT_FLAP ? lasts_us / 10 : lasts_us);
}

static void mend_pair(struct sim_links *links, struct random *random, size_t a,
                      size_t b)
{
    bool is_mute = sim_link(links, a, b) == LINK_MUTE ||
                   sim_link(links, b, a) == LINK_MUTE;

    if (is_mute && (links->is_stream || sim_toss(random)))
        change(links, a, b, LINK_DOWN, LINK_DOWN);
    change(links, a, b, LINK_OPEN, LINK_OPEN);
}

void sim_links_mend_all(struct sim_links *links, struct random *random)
{
    links->is_cut = false;
    for (size_t a = 0; a < links->count; a++)
        for (size_t b = 0; b < a; b++)
            mend_pair(links, random, a, b);
}

uint64_t sim_links_mend(struct sim_links *links,
                        const struct world_options *options,
                        struct random *random)
{
    sim_links_mend_all(links, random);
    return sim_after(random, links->flaps && --links->flaps
                                 ? options->heal_us / 20 + 1
                                 : options->cut_us);
}

void sim_links_leave_out(struct sim_links *links, struct random *random,
                         size_t index)
{
    bool is_mute = sim_toss(random);

    for (size_t i = 0; i < links->count; i++)
        if (i != index)
            change(links, index, i, is_mute ? LINK_MUTE : LINK_OPEN,
                   is_mute ? LINK_OPEN : LINK_MUTE);
}

/* ---- distances ---- */

/* Half take less than the map's median, nine in ten less than its other figure:
 * a triangle around the one, as wide as the other says. */
static uint64_t map_delay(struct random *random, size_t from, size_t to)
{
    uint64_t half = map_half_us[from % MAP_REGIONS][to % MAP_REGIONS];
    uint64_t most = map_most_us[from % MAP_REGIONS][to % MAP_REGIONS];
    /* Of a triangle of that half width, nine tenths are below 0.553 of it. */
    uint64_t width = most > half ? (most - half) * 1000 / 553 : 0;
    uint64_t sum =
        random_below(random, width + 1) + random_below(random, width + 1);

    return half + sum > width ? half + sum - width : 1;
}

uint64_t sim_delay(const struct world_options *options, struct random *random,
                   size_t from, size_t to)
{
    uint64_t width_us = options->delay_max_us - options->delay_min_us;

    return options->is_map
               ? map_delay(random, from, to)
               : options->delay_min_us + random_below(random, width_us + 1);
}

uint64_t sim_lateness(const struct world_options *options,
                      struct random *random)
{
    if (!options->late || random_below(random, 1000) >= options->late)
        return 1;
    return 1 + random_below(random, 20);
}
