/*
 * Votes and certificates as they come: held, checked, counted; and what shows
 * that a voter is not honest.
 */
#include "base/check.h"
#include "base/memory.h"
#include "consensus/consensus_internal.h"
#include "consensus/evidence.h"

#include <stdlib.h>

/* Certificates that are being checked at once. Answers bring at most two a
 * window and 32 windows; what is more is dropped, and asked for again. */
#define REQUESTS_MAX 256

/* How far ahead of the root a finalisation may be: as far as blocks are asked
 * for one by one. Who is further behind begins from a snapshot. */
#define SLOTS_AHEAD_MAX 1024

/* ---- signatures ---- */

static struct verify_request *new_request(struct consensus *consensus,
                                          enum request_kind kind, uint16_t from)
{
    struct verify_request *request = mem_zero(1, sizeof(*request));

    request->number = ++consensus->request_number;
    request->kind = kind;
    request->from = from;
    request->next = consensus->requests;
    consensus->requests = request;
    return request;
}

static void say_verify(struct consensus *consensus,
                       const struct verify_request *request)
{
    struct consensus_output *output =
        consensus_say(consensus, CONSENSUS_VERIFY);

    output->request = request->number;
    output->votes = request->certificate.votes;
    output->count = request->certificate.count;
}

/* Ask for the signatures that could make a quorum. */
static void verify_held(struct consensus *consensus, struct window *window,
                        enum vote_kind kind, uint64_t slot)
{
    size_t count = vote_pool_ask(window->pool, kind, slot, consensus->scratch);

    if (!count)
        return;
    struct verify_request *request =
        new_request(consensus, REQUEST_VOTES, CONSENSUS_NONE);
    request->certificate = (struct certificate){
        .kind = kind,
        .slot = slot,
        .count = count,
        .votes = mem_copy(consensus->scratch, count * sizeof(struct vote))};
    say_verify(consensus, request);
}

static void accuse(struct consensus *consensus, const struct vote *vote,
                   const struct vote *other)
{
    struct consensus_peer *peer = &consensus->peers[vote->validator];

    if (peer->is_bad || peer->is_accused ||
        evidence_of(vote, other) == OFFENCE_NONE)
        return;
    const struct vote votes[] = {*other, *vote};
    peer->is_accused = true;
    struct verify_request *request =
        new_request(consensus, REQUEST_ACCUSATION, vote->validator);
    request->certificate = (struct certificate){
        .count = 2, .votes = mem_copy(votes, sizeof(votes))};
    say_verify(consensus, request);
}

static void say_bad(struct consensus *consensus, uint16_t peer)
{
    if (peer == consensus->self || peer == CONSENSUS_NONE ||
        consensus->peers[peer].is_bad)
        return;
    consensus->peers[peer].is_bad = true;
    for (size_t i = 0; i < consensus->window_count; i++)
        vote_pool_drop(consensus->windows[i]->pool, peer);
    consensus_say(consensus, CONSENSUS_BAD)->peer = peer;
}

static bool all_good(const bool *is_good, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!is_good[i])
            return false;
    return true;
}

/* The finalisation of the root with which the machine began. */
static bool is_root_proof(const struct consensus *consensus,
                          const struct certificate *certificate)
{
    return certificate->kind == VOTE_FINALIZE &&
           certificate->slot == consensus->root.slot &&
           hash_equal(&certificate->block, &consensus->root.hash) &&
           !consensus->root_proof.count;
}

static void take_certificate(struct consensus *consensus, struct window *window,
                             const struct certificate *certificate)
{
    if (is_root_proof(consensus, certificate)) {
        consensus->root_proof = *certificate;
        consensus->root_proof.votes = mem_copy(
            certificate->votes, certificate->count * sizeof(struct vote));
        return;
    }
    for (size_t i = 0; i < certificate->count; i++)
        vote_pool_add(window->pool, &certificate->votes[i]);
    if (certificate->kind == VOTE_FINALIZE)
        consensus_mark_final(consensus, window, certificate);
}

static void take_answer(struct consensus *consensus,
                        const struct verify_request *request,
                        const bool *is_good, struct window *window)
{
    const struct certificate *certificate = &request->certificate;

    if (request->kind == REQUEST_ACCUSATION && all_good(is_good, 2)) {
        struct consensus_output *output =
            consensus_say(consensus, CONSENSUS_ACCUSE);
        output->peer = request->from;
        output->vote = certificate->votes[0];
        output->other = certificate->votes[1];
        output->slot = output->vote.slot;
    } else if (request->kind == REQUEST_ACCUSATION) {
        say_bad(consensus, request->from);
    } else if (request->kind == REQUEST_VOTES) {
        for (size_t i = 0; i < certificate->count; i++) {
            if (window)
                vote_pool_answer(window->pool, &certificate->votes[i],
                                 is_good[i]);
            if (!is_good[i])
                say_bad(consensus, certificate->votes[i].validator);
        }
        if (window)
            verify_held(consensus, window, certificate->kind,
                        certificate->slot);
    } else if (!all_good(is_good, certificate->count)) {
        say_bad(consensus, request->from);
    } else if (window) {
        take_certificate(consensus, window, certificate);
    }
}

struct window *consensus_take_verified(struct consensus *consensus,
                                       uint64_t number, const bool *is_good)
{
    struct verify_request **at = &consensus->requests;

    while (*at && (*at)->number != number)
        at = &(*at)->next;
    CHECK(*at);
    struct verify_request *request = *at;
    *at = request->next;
    uint64_t slot = request->certificate.slot;
    struct window *window =
        request->kind == REQUEST_CERTIFICATE && slot > consensus->root.slot
            ? consensus_add_window(consensus, window_of(slot))
            : consensus_window(consensus, window_of(slot));
    take_answer(consensus, request, is_good, window);
    certificate_free(&request->certificate);
    free(request);
    return window;
}

void consensus_free_requests(struct consensus *consensus)
{
    while (consensus->requests) {
        struct verify_request *next = consensus->requests->next;
        certificate_free(&consensus->requests->certificate);
        free(consensus->requests);
        consensus->requests = next;
    }
}

/* ---- votes ---- */

/* What a vote says of where its voter is: who finalizes a slot has seen it
 * certified, and who gives one up has left those before. */
static void note_vote(struct consensus_peer *peer, const struct vote *vote)
{
    uint64_t certified = vote->kind == VOTE_FINALIZE ? vote->slot
                         : vote->kind == VOTE_NULLIFY && vote->slot
                             ? vote->slot - 1
                             : 0;

    if (window_of(vote->slot) > peer->window)
        peer->window = window_of(vote->slot);
    if (certified > peer->certified)
        peer->certified = certified;
}

/* An offence with another kind of vote of the same window (E2). */
static void look_for_offence(struct consensus *consensus, struct window *window,
                             const struct vote *vote)
{
    struct vote other;

    if (vote->kind == VOTE_FINALIZE &&
        vote_pool_find(window->pool, VOTE_NULLIFY, vote->slot, vote->validator,
                       &other))
        accuse(consensus, vote, &other);
    if (vote->kind != VOTE_NULLIFY)
        return;
    for (uint64_t slot = vote->slot; window_of(slot) == window->number; slot++)
        if (vote_pool_find(window->pool, VOTE_FINALIZE, slot, vote->validator,
                           &other)) {
            accuse(consensus, vote, &other);
            return;
        }
}

/* True: it is held. */
static bool take_vote(struct consensus *consensus, struct window *window,
                      const struct vote *vote)
{
    struct vote other;

    switch (vote_pool_hold(window->pool, vote)) {
    case VOTE_TAKEN:
        look_for_offence(consensus, window, vote);
        verify_held(consensus, window, vote->kind, vote->slot);
        return true;
    case VOTE_CONFLICT:
        if (vote_pool_find(window->pool, vote->kind, vote->slot,
                           vote->validator, &other))
            accuse(consensus, vote, &other);
        break;
    case VOTE_KNOWN:
        break;
    }
    return false;
}

static void take_own(struct consensus *consensus, struct window *window,
                     const struct vote *vote)
{
    consensus_say(consensus, CONSENSUS_SEND)->vote = *vote;
    if (!window)
        return;
    vote_pool_add(window->pool, vote);
    verify_held(consensus, window, vote->kind, vote->slot);
}

/* Make room for a block as soon as somebody honest voted for it: it may be had
 * from those who did. True: that is news, and the block is not here. */
static bool note_backed(struct consensus *consensus, struct window *window,
                        const struct vote *vote)
{
    if (vote->slot <= consensus->root.slot ||
        !validator_set_has_honest(consensus->set,
                                  vote_pool_stake(window->pool, vote->kind,
                                                  vote->slot, &vote->value)))
        return false;
    const struct known_block *known =
        known_block_find(window, vote->slot, &vote->value);
    if (known ? known->is_executed || known->want_ns
              : !known_block_add(consensus, window, vote->slot, &vote->value))
        return false;
    return window->number == window_of(consensus->current);
}

/* A leader that gives up is worth no waiting. */
static bool is_vote_news(struct consensus *consensus, struct window *window,
                         const struct vote *vote)
{
    if (vote->kind == VOTE_NULLIFY)
        return vote->validator == window->leader;
    return vote->kind == VOTE_NOTARIZE && note_backed(consensus, window, vote);
}

bool consensus_take_vote(struct consensus *consensus, uint16_t from,
                         const struct vote *vote, struct window **window)
{
    *window = consensus_window(consensus, window_of(vote->slot));
    if (vote->validator != from) {
        say_bad(consensus, from);
        return true;
    }
    if (consensus->peers[from].is_bad)
        return false;
    if (from == consensus->self) {
        take_own(consensus, *window, vote);
        return true;
    }
    bool was_ahead = consensus_is_ahead(consensus, from);
    note_vote(&consensus->peers[from], vote);
    bool is_news = !was_ahead && consensus_is_ahead(consensus, from);
    if (*window && (*window)->number >= consensus->closed_before)
        is_news |= take_vote(consensus, *window, vote) &&
                   is_vote_news(consensus, *window, vote);
    return is_news;
}

/* ---- certificates ---- */

/* Nothing that is there already, and nothing without bounds. */
static bool is_wanted(const struct consensus *consensus,
                      const struct certificate *certificate)
{
    const struct window *window =
        consensus_window(consensus, window_of(certificate->slot));
    size_t count = 0;
    struct hash value;

    for (const struct verify_request *at = consensus->requests; at;
         at = at->next)
        count++;
    if (count >= REQUESTS_MAX)
        return false;
    if (certificate->slot <= consensus->root.slot)
        return is_root_proof(consensus, certificate);
    uint64_t number = window_of(certificate->slot);
    if (certificate->kind == VOTE_FINALIZE
            ? number > window_of(consensus->current) + 1 &&
                  certificate->slot - consensus->root.slot > SLOTS_AHEAD_MAX
            : number >
                  window_of(consensus->current) + CONSENSUS_WINDOWS_ANSWERED)
        return false;
    if (certificate->kind == VOTE_NULLIFY)
        return consensus_covered_from(consensus, number) >
               window_place(certificate->slot);
    if (certificate->kind == VOTE_NOTARIZE &&
        number < consensus->closed_before &&
        known_block_certified(consensus, certificate->slot))
        return false;
    return !window ||
           !vote_pool_quorum(window->pool, certificate->kind, certificate->slot,
                             &value) ||
           !known_block_find((struct window *)window, certificate->slot,
                             &certificate->block);
}

void consensus_take_certificate(struct consensus *consensus, uint16_t from,
                                const struct certificate *certificate)
{
    if ((from != CONSENSUS_NONE && consensus->peers[from].is_bad) ||
        !is_wanted(consensus, certificate))
        return;
    struct verify_request *request =
        new_request(consensus, REQUEST_CERTIFICATE, from);
    request->certificate = *certificate;
    request->certificate.votes =
        mem_copy(certificate->votes, certificate->count * sizeof(struct vote));
    say_verify(consensus, request);
}
