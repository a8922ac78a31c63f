#include "consensus/consensus.h"

#include "base/check.h"
#include "base/memory.h"
#include "consensus/consensus_internal.h"
#include "crypto/hash.h"

#include <stdlib.h>

/* ---- everything together ---- */

/* Go on with everything that a change may have made possible. window: where it
 * was, or NULL. */
static void go_on(struct consensus *consensus, uint64_t now_ns,
                  struct window *window)
{
    uint64_t number = window ? window->number : UINT64_MAX;
    uint64_t begun = window_of(consensus->current);

    for (bool has_more = true; has_more;) {
        uint64_t before = window_of(consensus->current);
        has_more = window && consensus_certify(consensus, window);
        if (window && consensus_finish(consensus)) {
            has_more = true;
            /* It may be gone: before the root's. */
            window = consensus_window(consensus, number);
        }
        if (window)
            consensus_act_now(consensus, window);
        has_more |= consensus_advance(consensus);
        if (window_of(consensus->current) != before)
            consensus_enter(consensus, now_ns);
        consensus_act_now(
            consensus,
            consensus_window(consensus, window_of(consensus->current)));
    }
    consensus_recall(consensus);
    consensus_time(consensus, now_ns);
    consensus_pull(consensus, now_ns);
    if (number < consensus->closed_before ||
        window_of(consensus->current) != begun)
        consensus_close_windows(consensus);
    consensus->due_ns = consensus_next_ns(consensus);
}

/* ---- life ---- */

struct hash consensus_network(const struct hash *before, uint64_t slot,
                              const struct hash *block)
{
    uint8_t number[8];
    struct hash hash;

    u64le_write(number, slot);
    const struct bytes pieces[] = {
        bytes_text("pond restart 1"), bytes_make(before->bytes, 32),
        bytes_make(number, sizeof(number)), bytes_make(block->bytes, 32)};
    hash_sha256_pieces(pieces, 4, &hash);
    return hash;
}

static void sign_one(struct consensus *consensus, enum vote_kind kind,
                     uint64_t slot, const struct hash *value)
{
    struct vote *vote = &consensus_say(consensus, CONSENSUS_SIGN)->vote;

    vote->kind = kind;
    vote->validator = consensus->self;
    vote->slot = slot;
    if (value)
        vote->value = *value;
}

/* After a restart: what the record has of the windows above the root is signed
 * and sent again, for it may never have left. */
static void sign_again(struct consensus *consensus)
{
    const struct vote_record *record = &consensus->record;

    if (!consensus_votes(consensus))
        return;
    for (uint64_t i = VOTE_RECORD_WINDOWS; i-- > 0;) {
        uint64_t begin;
        if (i > record->window ||
            record->window - i < window_of(consensus->root.slot))
            continue;
        begin = window_begin(record->window - i);
        consensus_add_window(consensus, record->window - i);
        for (unsigned place = 0; place < WINDOW_SLOTS; place++) {
            unsigned bit = 1u << place;
            if (!i && record->bits[0].notarized & bit)
                sign_one(consensus, VOTE_NOTARIZE, begin + place,
                         &record->notarized[place]);
            if (record->bits[i].nullified & bit)
                sign_one(consensus, VOTE_NULLIFY, begin + place, NULL);
            if (!i && record->bits[0].finalized & bit)
                sign_one(consensus, VOTE_FINALIZE, begin + place,
                         &record->finalized[place]);
        }
    }
}

struct consensus *consensus_new(const struct consensus_options *options,
                                uint64_t now_ns)
{
    struct consensus *consensus = mem_zero(1, sizeof(*consensus));

    consensus->magic = CONSENSUS_MAGIC;
    consensus->set = options->set;
    consensus->count = validator_set_count(options->set);
    consensus->self = options->self;
    CHECK(options->self == CONSENSUS_NONE || options->self < consensus->count);
    consensus->delta_ns = options->delta_ns;
    consensus->slot_ns = options->slot_ns;
    consensus->root =
        (struct consensus_block){.slot = options->root_slot,
                                 .hash = options->root,
                                 .time_ns = options->root_time_ns};
    consensus->highest_certified = options->root_slot;
    consensus->peers = mem_zero(consensus->count, sizeof(*consensus->peers));
    consensus->scratch =
        mem_zero(consensus->count, sizeof(*consensus->scratch));
    consensus_open_state(consensus);
    consensus->has_forgotten = options->self != CONSENSUS_NONE &&
                               (!options->record || options->has_forgotten);
    if (options->record && consensus->has_forgotten)
        consensus->record.sequence = options->record->sequence;
    else if (options->record)
        consensus->record = *options->record;
    consensus->durable = consensus->record.sequence;
    consensus->current = options->root_slot + 1;
    consensus_add_window(consensus, window_of(consensus->current));
    struct window *window =
        consensus_add_window(consensus, window_of(options->root_slot));
    struct known_block *root =
        known_block_add(consensus, window, options->root_slot, &options->root);
    root->block = consensus->root;
    root->has_header = true;
    root->is_executed = true;
    root->is_certified = true;
    sign_again(consensus);
    consensus_enter(consensus, now_ns);
    go_on(consensus, now_ns, NULL);
    return consensus;
}

void consensus_free(struct consensus *consensus)
{
    if (!consensus)
        return;
    CHECK_MAGIC(consensus, CONSENSUS_MAGIC);
    consensus->magic = 0;
    consensus_free_requests(consensus);
    consensus_free_state(consensus);
    certificate_free(&consensus->root_proof);
    free(consensus->peers);
    free(consensus->scratch);
    free(consensus);
}

/* ---- what comes in ---- */

void consensus_vote(struct consensus *consensus, uint64_t now_ns, uint16_t from,
                    const struct vote *vote)
{
    CHECK_MAGIC(consensus, CONSENSUS_MAGIC);
    CHECK(from < consensus->count);
    struct window *window;

    if (consensus_take_vote(consensus, from, vote, &window) ||
        now_ns >= consensus->due_ns)
        go_on(consensus, now_ns, window);
}

void consensus_certificate(struct consensus *consensus, uint64_t now_ns,
                           uint16_t from, const struct certificate *certificate)
{
    CHECK_MAGIC(consensus, CONSENSUS_MAGIC);
    CHECK(from < consensus->count || from == CONSENSUS_NONE);
    consensus_take_certificate(consensus, from, certificate);
    go_on(consensus, now_ns, NULL);
}

void consensus_verified(struct consensus *consensus, uint64_t now_ns,
                        uint64_t request, const bool *is_good)
{
    CHECK_MAGIC(consensus, CONSENSUS_MAGIC);
    go_on(consensus, now_ns,
          consensus_take_verified(consensus, request, is_good));
}

void consensus_block(struct consensus *consensus, uint64_t now_ns,
                     const struct consensus_block *block,
                     enum consensus_news news, const struct hash *state)
{
    CHECK_MAGIC(consensus, CONSENSUS_MAGIC);
    go_on(consensus, now_ns,
          consensus_take_block(consensus, block, news, state));
}

void consensus_leader_seen(struct consensus *consensus, uint64_t now_ns,
                           uint64_t slot, bool is_twofold)
{
    CHECK_MAGIC(consensus, CONSENSUS_MAGIC);
    struct window *window = consensus_window(consensus, window_of(slot));

    if (window) {
        window->is_seen = true;
        window->is_twofold[window_place(slot)] |= is_twofold;
    }
    go_on(consensus, now_ns, window);
}

void consensus_peer(struct consensus *consensus, uint64_t now_ns, uint16_t peer,
                    const struct consensus_status *status)
{
    CHECK_MAGIC(consensus, CONSENSUS_MAGIC);
    CHECK(peer < consensus->count);
    if (consensus_take_peer(consensus, peer, status) ||
        now_ns >= consensus->due_ns)
        go_on(consensus, now_ns, NULL);
}

void consensus_cannot_lead(struct consensus *consensus, uint64_t now_ns,
                           uint64_t slot)
{
    CHECK_MAGIC(consensus, CONSENSUS_MAGIC);
    consensus_stop_leading(consensus, slot);
    go_on(consensus, now_ns, NULL);
}

void consensus_tick(struct consensus *consensus, uint64_t now_ns)
{
    CHECK_MAGIC(consensus, CONSENSUS_MAGIC);
    go_on(consensus, now_ns, NULL);
}

uint64_t consensus_due_ns(const struct consensus *consensus)
{
    return consensus->due_ns;
}

uint64_t consensus_first_window(const struct consensus *consensus)
{
    CHECK_MAGIC(consensus, CONSENSUS_MAGIC);
    return consensus->closed_before;
}

void consensus_status(const struct consensus *consensus,
                      struct consensus_status *out)
{
    uint64_t window = window_of(consensus->current);

    *out = (struct consensus_status){.root_slot = consensus->root.slot,
                                     .root = consensus->root.hash,
                                     .window = window,
                                     .certified = consensus->highest_certified,
                                     .has_forgotten = consensus->has_forgotten,
                                     .is_below_record =
                                         window < consensus->record.window};
}
