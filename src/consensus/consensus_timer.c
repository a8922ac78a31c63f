/*
 * When waiting ends ("Waiting" in docs/consensus.md).
 */
#include "consensus/consensus_internal.h"

/* The longest that a timer grows to. */
#define TIMER_NS_MAX UINT64_C(60000000000)
/* Votes are sent again at the least so often. */
#define RESEND_NS_MAX UINT64_C(10000000000)
/* Windows without a final block after which timers grow, each by a quarter. */
#define PATIENT_WINDOWS 3

static uint64_t stretched(const struct consensus *consensus, uint64_t time_ns)
{
    uint64_t windows =
        window_of(consensus->current) - window_of(consensus->root.slot + 1);

    for (uint64_t i = PATIENT_WINDOWS; i < windows && time_ns < TIMER_NS_MAX;
         i++)
        time_ns += time_ns / 4;
    return time_ns < TIMER_NS_MAX ? time_ns : TIMER_NS_MAX;
}

/* When the window's first slot is due by its parent's time. A root in its midst
 * is that parent. */
static uint64_t due_ns(const struct consensus *consensus, uint64_t now_ns)
{
    uint64_t slot = window_begin(window_of(consensus->current));
    const struct known_block *parent = consensus_parent(consensus);

    if (slot <= consensus->root.slot)
        slot = consensus->root.slot + 1;
    return parent && parent->has_header
               ? parent->block.time_ns +
                     (slot - parent->block.slot) * consensus->slot_ns
               : now_ns;
}

static bool is_leader(const struct consensus *consensus)
{
    uint64_t window = window_of(consensus->current);
    bool is_begin = window_place(consensus->current) == 0 ||
                    consensus->current == consensus->root.slot + 1;

    return consensus_votes(consensus) && is_begin &&
           consensus_window(consensus, window)->leader == consensus->self &&
           consensus->record.window == window && !consensus->record.led &&
           !consensus->record.bits[0].nullified;
}

void consensus_enter(struct consensus *consensus, uint64_t now_ns)
{
    uint64_t due = due_ns(consensus, now_ns);

    consensus->entered_ns = due > now_ns ? due : now_ns;
    consensus->timer_delta_ns = stretched(consensus, consensus->delta_ns);
    consensus->timer_slot_ns = stretched(consensus, consensus->slot_ns);
    consensus->resend_wait_ns = 4 * consensus->delta_ns;
    consensus->resend_ns = consensus->entered_ns + consensus->resend_wait_ns;
    consensus->behind.is_on = false;
    consensus->parent.is_on = false;
    if (consensus_votes(consensus))
        vote_record_enter(&consensus->record, window_of(consensus->current));
    consensus->lead.is_on = is_leader(consensus);
    consensus->lead.is_asked = false;
    consensus->lead.slot = 0;
    consensus_say(consensus, CONSENSUS_TELL);
}

/* Something that is worth no waiting: the leader gave up itself, signed two
 * things, or made a block that breaks a rule. */
static bool is_hopeless(const struct consensus *consensus,
                        const struct window *window)
{
    unsigned place = window_place(consensus->current);
    struct vote vote;

    if (window->is_twofold[place])
        return true;
    if (vote_pool_find(window->pool, VOTE_NULLIFY, consensus->current,
                       window->leader, &vote) &&
        vote.slot <= consensus->current)
        return true;
    for (size_t i = 0; i < BLOCKS_OF_SLOT_MAX; i++)
        if (window->blocks[place][i].is_there &&
            window->blocks[place][i].is_invalid)
            return true;
    return false;
}

static bool has_notarized(const struct consensus *consensus)
{
    return consensus->record.window == window_of(consensus->current) &&
           consensus->record.bits[0].notarized >>
                   window_place(consensus->current) &
               1;
}

/* When the current slot is to be given up; UINT64_MAX: it may not be. A leader
 * sends a block when it is whole, at its slot's end. */
static uint64_t give_up_ns(const struct consensus *consensus)
{
    const struct window *window =
        consensus_window(consensus, window_of(consensus->current));
    unsigned place = window_place(consensus->current);
    uint64_t voted_ns = consensus->entered_ns + 3 * consensus->timer_delta_ns +
                        (place + 1) * consensus->timer_slot_ns;

    if (!consensus_may_give_up(consensus))
        return UINT64_MAX;
    if (is_hopeless(consensus, window))
        return consensus->entered_ns;
    if (has_notarized(consensus))
        return voted_ns + 2 * consensus->timer_delta_ns;
    return window->is_seen ? voted_ns
                           : consensus->entered_ns + consensus->timer_slot_ns +
                                 2 * consensus->timer_delta_ns;
}

void consensus_time(struct consensus *consensus, uint64_t now_ns)
{
    if (give_up_ns(consensus) <= now_ns)
        consensus_give_up(consensus);
    if (consensus->resend_ns > now_ns)
        return;
    consensus_resend(consensus, CONSENSUS_ALL);
    consensus_say(consensus, CONSENSUS_TELL);
    consensus->resend_wait_ns *= 2;
    if (consensus->resend_wait_ns > RESEND_NS_MAX)
        consensus->resend_wait_ns = RESEND_NS_MAX;
    consensus->resend_ns = now_ns + consensus->resend_wait_ns;
}

uint64_t consensus_next_ns(const struct consensus *consensus)
{
    uint64_t due = give_up_ns(consensus);
    uint64_t pull = consensus_pull_due_ns(consensus);

    if (consensus->resend_ns < due)
        due = consensus->resend_ns;
    return pull < due ? pull : due;
}
