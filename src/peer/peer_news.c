#include "peer/peer_news.h"

#include "base/check.h"
#include "base/error.h"
#include "peer/peer_link.h"
#include <stdio.h>

static void tell(struct peer_link *link, struct peer_event *event)
{
    struct peer_host *host = link->host;
    event->link = link->number;
    event->index = link->index;
    event->lane = link->lane;
    event->identity = &link->identity;
    CHECK(!host->is_telling);
    host->is_telling = true;
    host->options.take(host->options.user, event);
    host->is_telling = false;
}

void peer_news_tell(struct peer_link *link, enum peer_news news,
                    const struct peer_frame *frame)
{
    struct peer_event event = {.news = news};
    link->is_told |= news == PEER_UP;
    if (frame) {
        event.kind = frame->kind;
        event.body = frame->body;
    }
    tell(link, &event);
}

/* ---- ends ---- */

static void count_end(const struct peer_link *link)
{
    struct peer_counters *counters = &link->host->counters;
    if (!link->up_ms && link->status != ERR_EXISTS) {
        if (link->stage_ended == PEER_CONNECTING)
            counters->dials_failed++;
        else
            counters->handshakes_failed++;
    }
    if (!link->up_ms || link->stage_ended == PEER_RETIRED)
        return;
    counters->cut_flood += link->status == ERR_LIMIT;
    counters->cut_slow += link->status == ERR_FULL;
    counters->cut_wrong += link->status == ERR_INVALID;
}

void peer_news_end_retired(struct peer_host *host,
                           const struct peer_known *known, enum peer_lane lane)
{
    struct peer_link *next;
    for (struct peer_link *link = host->links; link; link = next) {
        next = link->next;
        if (link->stage == PEER_RETIRED && link->known == known &&
            link->lane == lane)
            peer_link_end(link, err_set(ERR_EXISTS, "it was retired"));
    }
}

/* What waited for the bulk lane is lost: another try would only come after a
 * rest, and who asked has asked somebody else by then. */
static void end_dial(struct peer_link *link)
{
    if (link->lane == PEER_BULK)
        peer_queue_free(&link->known->pending);
}

static void end_known(struct peer_link *link)
{
    struct peer_known *known = link->known;
    struct peer_lane_state *state = &known->lanes[link->lane];
    uint64_t now_ms = peer_now_ms(link->host);
    bool was_link = state->link == link, was_dial = state->dial == link;
    if (was_link)
        state->link = NULL;
    if (was_dial)
        state->dial = NULL;
    if (state->link || (!was_link && !was_dial))
        return;
    peer_news_end_retired(link->host, known, link->lane);
    if (was_dial)
        end_dial(link);
    peer_known_ended(link->host->book, known, link->lane, now_ms,
                     link->up_ms ? now_ms - link->up_ms : 0);
    if (link->lane == PEER_VOTES)
        snprintf(known->trouble, sizeof(known->trouble), "%s", link->text);
}

/* From here on nothing leads to it any more. */
static void let_go(struct peer_link *link)
{
    if (link->has_place)
        peer_gate_leave(link->host->gate, link->block);
    if (link->known)
        end_known(link);
    link->known = NULL;
    count_end(link);
}

/* The text of the error is there again for who is told. */
static void tell_end(struct peer_link *link)
{
    struct peer_event event = {.news = PEER_DOWN};
    if (!link->is_told)
        return;
    event.status = err_set(link->status, "%s", link->text);
    tell(link, &event);
}

/* All that have ended so far. What ends while this is told comes with the next
 * sweep: it may be what the caller is at work on. */
static struct peer_link *take_ended(struct peer_host *host)
{
    struct peer_link *first = host->ended;
    host->ended = NULL;
    host->ended_tail = &host->ended;
    for (struct peer_link *link = first; link; link = link->next)
        let_go(link);
    return first;
}

void peer_news_sweep(struct peer_host *host)
{
    struct peer_link *next;
    for (struct peer_link *link = take_ended(host); link; link = next) {
        next = link->next;
        tell_end(link);
        peer_link_free(link);
    }
}

void peer_news_drop(struct peer_host *host)
{
    struct peer_link *next;
    for (struct peer_link *link = take_ended(host); link; link = next) {
        next = link->next;
        peer_link_free(link);
    }
}
