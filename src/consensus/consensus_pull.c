/*
 * What is missing is asked for by who lacks it ("Waiting" in
 * docs/consensus.md). Nobody sends certificates unasked.
 */
#include "base/check.h"
#include "base/memory.h"
#include "consensus/consensus_internal.h"

static void ask(struct consensus *consensus, struct asking *asking,
                uint64_t now_ns)
{
    struct consensus_output *output = consensus_say(consensus, CONSENSUS_ASK);

    output->peer = asking->peer;
    output->question = asking->question;
    asking->until_ns = now_ns + 2 * consensus->delta_ns;
}

/* ---- behind ---- */

/* Nobody sends its finalize votes to who only watches, so there any newer root
 * is one to ask for. */
bool consensus_is_ahead(const struct consensus *consensus, uint16_t index)
{
    const struct consensus_peer *peer = &consensus->peers[index];
    uint64_t slack = consensus->self == CONSENSUS_NONE
                         ? 0
                         : WINDOW_SLOTS * CONSENSUS_WINDOWS_BACK;

    return index != consensus->self && peer->is_up && !peer->is_bad &&
           (peer->window > window_of(consensus->current) ||
            peer->certified >= consensus->current ||
            peer->root_slot > consensus->root.slot + slack);
}

/* The next one that is ahead after the one asked last; the count: none is. */
static size_t next_ahead(const struct consensus *consensus, size_t after)
{
    for (size_t i = 1; i <= consensus->count; i++) {
        size_t at = (after + i) % consensus->count;
        if (consensus_is_ahead(consensus, (uint16_t)at))
            return at;
    }
    return consensus->count;
}

/* What a peer is ahead by is mostly under way already: so it is asked for only
 * after the time that a message takes. */
static void pull_evidence(struct consensus *consensus, uint64_t now_ns)
{
    struct asking *behind = &consensus->behind;
    uint16_t last = behind->is_on ? behind->peer : 0;
    size_t peer = next_ahead(consensus, last);

    if (peer == consensus->count) {
        behind->is_on = false;
        return;
    }
    if (!behind->is_on) {
        behind->is_on = true;
        behind->until_ns = now_ns + consensus->delta_ns;
        return;
    }
    if (behind->until_ns > now_ns)
        return;
    behind->peer = (uint16_t)peer;
    behind->question = (struct consensus_question){
        .kind = CONSENSUS_EVIDENCE, .at = window_of(consensus->current)};
    ask(consensus, behind, now_ns);
}

/* ---- a proposal's parent ---- */

/* What is missing to vote for a block of the window's first slot. */
static bool missing_for(const struct consensus *consensus,
                        const struct consensus_block *block,
                        struct consensus_question *out)
{
    const struct known_block *parent;

    if (block->parent_slot < consensus->root.slot)
        return false;
    parent = known_block_certified(consensus, block->parent_slot);
    if (!parent) {
        *out = (struct consensus_question){.kind = CONSENSUS_CERTIFIED,
                                           .at = block->parent_slot};
        return true;
    }
    *out = (struct consensus_question){
        .kind = CONSENSUS_COVERED,
        .at = consensus_first_uncovered(consensus, block->parent_slot + 1,
                                        block->slot)};
    return out->at != block->slot;
}

/* The leader has it, because it leads on that parent: two halves that hold
 * different certificates would refuse each other's blocks for ever. */
static void pull_parent(struct consensus *consensus, uint64_t now_ns)
{
    struct asking *asking = &consensus->parent;
    struct window *window =
        consensus_window(consensus, window_of(consensus->current));
    struct consensus_question question;

    if (window->leader == consensus->self)
        return;
    for (size_t i = 0; i < BLOCKS_OF_SLOT_MAX; i++) {
        const struct known_block *known = &window->blocks[0][i];
        if (!known->is_there || !known->has_header || known->is_invalid ||
            known->block.slot <= consensus->root.slot ||
            !missing_for(consensus, &known->block, &question))
            continue;
        bool is_other = !asking->is_on || asking->question.at != question.at ||
                        asking->question.kind != question.kind;
        if (!is_other && asking->until_ns > now_ns)
            return;
        asking->is_on = true;
        asking->peer = window->leader;
        asking->question = question;
        ask(consensus, asking, now_ns);
        return;
    }
    asking->is_on = false;
}

/* ---- blocks ---- */

/* A block that may still be voted for: its leader may not have sent it here, or
 * can't. */
static bool is_votable(const struct consensus *consensus,
                       const struct window *window,
                       const struct known_block *known)
{
    return window->number == window_of(consensus->current) &&
           known->block.slot >= consensus->current && !known->is_invalid &&
           known_block_is_backed(consensus, window, known);
}

/* A block that matters and that is not here whole. */
static bool is_missing(const struct consensus *consensus,
                       const struct window *window,
                       const struct known_block *known)
{
    return known->is_there && !known->is_executed &&
           known->block.slot > consensus->root.slot &&
           (known->is_certified || is_votable(consensus, window, known));
}

/* What is not certified is mostly under way already: so it is asked for only
 * after the time that a message takes. */
static void want(struct consensus *consensus, struct known_block *known,
                 uint64_t now_ns)
{
    if (!known->want_ns && !known->is_certified)
        known->want_ns = now_ns + consensus->delta_ns;
    if (known->want_ns > now_ns)
        return;
    struct consensus_output *output = consensus_say(consensus, CONSENSUS_WANT);
    output->slot = known->block.slot;
    output->hash = known->block.hash;
    output->is_certified = known->is_certified;
    known->want_ns = now_ns + 4 * consensus->delta_ns;
}

static void pull_blocks(struct consensus *consensus, uint64_t now_ns)
{
    for (size_t w = 0; w < consensus->window_count; w++)
        for (unsigned place = 0; place < WINDOW_SLOTS; place++)
            for (size_t i = 0; i < BLOCKS_OF_SLOT_MAX; i++) {
                struct known_block *known =
                    &consensus->windows[w]->blocks[place][i];
                if (is_missing(consensus, consensus->windows[w], known))
                    want(consensus, known, now_ns);
            }
}

void consensus_pull(struct consensus *consensus, uint64_t now_ns)
{
    pull_evidence(consensus, now_ns);
    pull_parent(consensus, now_ns);
    pull_blocks(consensus, now_ns);
}

uint64_t consensus_pull_due_ns(const struct consensus *consensus)
{
    uint64_t due = UINT64_MAX;

    if (consensus->behind.is_on)
        due = consensus->behind.until_ns;
    if (consensus->parent.is_on && consensus->parent.until_ns < due)
        due = consensus->parent.until_ns;
    for (size_t w = 0; w < consensus->window_count; w++)
        for (unsigned place = 0; place < WINDOW_SLOTS; place++)
            for (size_t i = 0; i < BLOCKS_OF_SLOT_MAX; i++) {
                const struct known_block *known =
                    &consensus->windows[w]->blocks[place][i];
                if (is_missing(consensus, consensus->windows[w], known) &&
                    known->want_ns < due)
                    due = known->want_ns;
            }
    return due;
}

/* ---- connections ---- */

static void resend_window(struct consensus *consensus,
                          const struct window *window, uint16_t peer)
{
    struct vote vote;

    for (unsigned place = 0; place < WINDOW_SLOTS; place++)
        for (unsigned k = 0; k < 2; k++) {
            enum vote_kind kind = k ? VOTE_FINALIZE : VOTE_NOTARIZE;
            if (!vote_pool_find(window->pool, kind,
                                window_begin(window->number) + place,
                                consensus->self, &vote))
                continue;
            struct consensus_output *output =
                consensus_say(consensus, CONSENSUS_SEND);
            output->peer = peer;
            output->vote = vote;
        }
    if (vote_pool_find(window->pool, VOTE_NULLIFY, window_begin(window->number),
                       consensus->self, &vote)) {
        struct consensus_output *output =
            consensus_say(consensus, CONSENSUS_SEND);
        output->peer = peer;
        output->vote = vote;
    }
}

void consensus_resend(struct consensus *consensus, uint16_t peer)
{
    if (consensus->self == CONSENSUS_NONE)
        return;
    for (size_t i = 0; i < consensus->window_count; i++)
        if (consensus->windows[i]->number + CONSENSUS_WINDOWS_BACK >=
            window_of(consensus->current))
            resend_window(consensus, consensus->windows[i], peer);
}

bool consensus_take_peer(struct consensus *consensus, uint16_t peer,
                         const struct consensus_status *status)
{
    struct consensus_peer *at = &consensus->peers[peer];
    bool was_ahead = consensus_is_ahead(consensus, peer);

    if (status && !at->is_up) {
        consensus_say(consensus, CONSENSUS_TELL)->peer = peer;
        consensus_resend(consensus, peer);
    }
    at->is_up = status != NULL;
    bool is_news = status && consensus_hear_answer(consensus, peer, status);
    if (status) {
        if (status->window > at->window)
            at->window = status->window;
        if (status->certified > at->certified)
            at->certified = status->certified;
        if (status->root_slot > at->root_slot)
            at->root_slot = status->root_slot;
    }
    return is_news || was_ahead != consensus_is_ahead(consensus, peer);
}

/* ---- questions of others ---- */

static bool answer_notarised(const struct window *window, uint64_t slot,
                             struct certificate *out)
{
    struct hash block;

    if (!vote_pool_quorum(window->pool, VOTE_NOTARIZE, slot, &block))
        return false;
    vote_pool_certify(window->pool, VOTE_NOTARIZE, slot, &block, NULL, out);
    return true;
}

static bool answer_covered(const struct window *window, unsigned place,
                           struct certificate *out)
{
    unsigned from = vote_pool_covered_from(window->pool);

    if (from > place || from >= WINDOW_SLOTS)
        return false;
    vote_pool_certify(window->pool, VOTE_NULLIFY,
                      window_begin(window->number) + from, NULL, NULL, out);
    return true;
}

static bool answer_highest(const struct window *window, struct certificate *out)
{
    for (unsigned place = WINDOW_SLOTS; place-- > 0;)
        if (answer_notarised(window, window_begin(window->number) + place, out))
            return true;
    return false;
}

/* Place 0 is the newest finalisation; then there are two places a window. */
static bool answer_evidence(const struct consensus *consensus, uint64_t from,
                            size_t *place, struct certificate *out)
{
    uint64_t first = window_of(consensus->root.slot);

    if (from < first)
        from = first;
    while (*place <= 2 * CONSENSUS_WINDOWS_ANSWERED) {
        size_t at = (*place)++;
        const struct window *window =
            consensus_window(consensus, from + (at - 1) / 2);
        if (!at && consensus->root_proof.count) {
            *out = consensus->root_proof;
            out->votes = mem_copy(out->votes, out->count * sizeof(*out->votes));
            return true;
        }
        if (!at)
            continue;
        if (from + (at - 1) / 2 > window_of(consensus->current))
            return false;
        if (!window)
            continue;
        if ((at & 1) ? answer_highest(window, out)
                     : answer_covered(window, WINDOW_SLOTS - 1, out))
            return true;
    }
    return false;
}

static bool answer_slot(const struct consensus *consensus,
                        const struct consensus_question *question,
                        struct certificate *out)
{
    const struct window *window =
        consensus_window(consensus, window_of(question->at));

    if (!window)
        return false;
    if (question->kind == CONSENSUS_COVERED)
        return answer_covered(window, window_place(question->at), out);
    for (uint64_t slot = question->at; window_of(slot) == window->number;
         slot++)
        if (answer_notarised(window, slot, out))
            return true;
    return false;
}

bool consensus_answer(const struct consensus *consensus,
                      const struct consensus_question *question, size_t *place,
                      struct certificate *out)
{
    CHECK_MAGIC(consensus, CONSENSUS_MAGIC);
    if (question->kind == CONSENSUS_EVIDENCE)
        return answer_evidence(consensus, question->at, place, out);
    return !(*place)++ && answer_slot(consensus, question, out);
}
