/*
 * A validator that does not know what it has voted, and how it comes to vote
 * again ("Forgotten votes" in docs/consensus.md).
 *
 * To be in window k its former self saw a quorum of votes in window k - 1. What
 * is waited for is a quorum of validators that tell, after this machine began,
 * which window they are in. Two quorums have an honest validator in common. It
 * voted in window k - 1, so it is in that window or a later one, unless it has
 * forgotten, too, or has been restarted and is not yet back where its record
 * says that it was: the answers of both don't count. This machine is then where
 * the others said, so in window m, say, with m >= k - 1. It may have voted in
 * m + 1, and in no later one.
 *
 * Statuses prove nothing. So one counts only when this machine's own window,
 * which it has certificates for, is no less: who tells of windows that nobody
 * is in is not counted, and keeps nobody from voting.
 */
#include "base/check.h"
#include "consensus/consensus_internal.h"

bool consensus_hear_answer(struct consensus *consensus, uint16_t peer,
                           const struct consensus_status *status)
{
    struct consensus_peer *at = &consensus->peers[peer];

    bool is_news = at->has_forgotten != status->has_forgotten;

    at->has_forgotten = status->has_forgotten;
    if (status->has_forgotten || status->is_below_record || at->is_bad)
        return is_news;
    /* Each answer is one of after this machine began, so the lowest will do. */
    if (at->has_answered && status->window >= at->answer)
        return is_news;
    at->answer = status->window;
    at->has_answered = true;
    return is_news || consensus->has_forgotten;
}

/* More has forgotten than a quorum can do without: as long as it is so, nobody
 * of them gets enough answers. */
static void look_for_end(struct consensus *consensus)
{
    uint64_t stake = validator_set_stake(consensus->set);

    for (size_t i = 0; i < consensus->count; i++)
        if (i == consensus->self ? consensus->has_forgotten
                                 : consensus->peers[i].has_forgotten)
            stake -= validator_set_at(consensus->set, (uint16_t)i)->stake;
    bool is_stuck = !validator_set_is_quorum(consensus->set, stake);
    if (is_stuck && !consensus->is_stuck)
        consensus_say(consensus, CONSENSUS_STUCK);
    consensus->is_stuck = is_stuck;
}

void consensus_recall(struct consensus *consensus)
{
    uint64_t window = window_of(consensus->current);
    uint64_t stake = 0;

    look_for_end(consensus);
    if (!consensus->has_forgotten)
        return;
    for (size_t i = 0; i < consensus->count; i++) {
        const struct consensus_peer *peer = &consensus->peers[i];
        if (i != consensus->self && peer->has_answered &&
            peer->answer <= window)
            stake += validator_set_at(consensus->set, (uint16_t)i)->stake;
    }
    if (!validator_set_is_quorum(consensus->set, stake))
        return;
    consensus->has_forgotten = false;
    uint64_t sequence = consensus->record.sequence;
    consensus->record = vote_record_new(window + 2);
    if (sequence > consensus->record.sequence)
        consensus->record.sequence = sequence;
    consensus->is_record_changed = true;
    consensus_say(consensus, CONSENSUS_TELL);
}
