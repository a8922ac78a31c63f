/*
 * The face of a host, and its turn: an idle handle that runs once whenever
 * something was queued or has ended. So frames of one turn of the loop leave
 * together, and nothing is told from inside a call.
 */
#include "peer/peer_host.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "peer/peer_connect.h"
#include "peer/peer_link.h"
#include "peer/peer_news.h"
#include <stdlib.h>

#define MAGIC 0x70656572u /* "peer" */

/* All that waits to be sent, by a validator of 60 MB. */
#define QUEUED_MAX (32u << 20)

/* ---- the turn ---- */

/* Each dial may fail at once, which only marks it. */
static void dial_due(struct peer_host *host)
{
    struct peer_known *known;
    size_t place = 0;
    while ((known = peer_book_next(host->book, &place)))
        for (enum peer_lane lane = PEER_VOTES; lane < PEER_LANES; lane++)
            if (peer_known_dial_ms(known, lane) <= peer_now_ms(host))
                peer_connect_dial(host, known, lane);
}

static void flush_dirty(struct peer_host *host)
{
    struct peer_link *next;
    for (struct peer_link *link = host->links; link; link = next) {
        next = link->next;
        if (link->is_dirty)
            peer_link_flush(link);
    }
}

static void tick_all(struct peer_host *host)
{
    struct peer_link *next;
    for (struct peer_link *link = host->links; link; link = next) {
        next = link->next;
        peer_link_tick(link);
    }
}

static uint64_t due_ms(const struct peer_host *host)
{
    uint64_t due = UINT64_MAX;
    struct peer_known *known;
    size_t place = 0;
    for (const struct peer_link *link = host->links; link; link = link->next) {
        uint64_t at = peer_link_due_ms(link);
        due = at < due ? at : due;
    }
    while ((known = peer_book_next(host->book, &place)))
        for (enum peer_lane lane = PEER_VOTES; lane < PEER_LANES; lane++) {
            uint64_t at = peer_known_dial_ms(known, lane);
            due = at < due ? at : due;
        }
    return due;
}

static void on_timer(uv_timer_t *timer);

static void set_timer(struct peer_host *host)
{
    uint64_t due = due_ms(host), now_ms = peer_now_ms(host);
    if (due == UINT64_MAX)
        uv_timer_stop(&host->timer);
    else
        uv_timer_start(&host->timer, on_timer, due > now_ms ? due - now_ms : 0,
                       0);
}

/* What is told may give more to do: then there is another turn. */
static void on_turn(uv_idle_t *turn)
{
    struct peer_host *host = turn->data;
    uv_idle_stop(turn);
    tick_all(host);
    dial_due(host);
    flush_dirty(host);
    peer_news_sweep(host);
    set_timer(host);
}

static void on_timer(uv_timer_t *timer)
{
    struct peer_host *host = timer->data;
    uv_idle_start(&host->turn, on_turn);
}

static void ask_for_turn(struct peer_host *host)
{
    uv_idle_start(&host->turn, on_turn);
}

/* ---- beginning and end ---- */

static int open_door(struct peer_host *host)
{
    int listener;
    if (!host->options.address)
        return 0;
    host->port = host->options.port;
    int status = door_listen(host->options.address, &host->port, &listener);
    if (!status)
        host->door =
            door_open(host->options.loop, listener, peer_connect_arrived, host);
    return status;
}

static void let_go(struct peer_host *host)
{
    peer_book_free(host->book);
    peer_gate_free(host->gate);
    secure_identity_wipe(&host->identity);
    free(host);
}

int peer_host_new(const struct peer_host_options *options,
                  struct peer_host **out)
{
    struct peer_host *host = mem_zero(1, sizeof(*host));
    CHECK(options->loop && options->identity && options->take);
    host->magic = MAGIC;
    host->options = *options;
    host->options.identity = NULL;
    host->self = options->identity->pubkey;
    secure_identity_make(options->identity, &host->identity);
    host->hooks = &peer_connect_hooks;
    host->gate =
        peer_gate_new(uv_now(options->loop), options->is_loopback_free);
    host->book = peer_book_new(random_seed());
    host->ended_tail = &host->ended;
    int status = open_door(host);
    if (status) {
        let_go(host);
        return err_add(status, "can't take connections of other validators");
    }
    host->on_turn = on_turn;
    CHECK(!uv_idle_init(options->loop, &host->turn));
    CHECK(!uv_timer_init(options->loop, &host->timer));
    host->turn.data = host->timer.data = host;
    host->handles = 2;
    *out = host;
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    struct peer_host *host = handle->data;
    if (!--host->handles)
        let_go(host);
}

void peer_host_free(struct peer_host *host)
{
    if (!host)
        return;
    CHECK_MAGIC(host, MAGIC);
    CHECK(!host->is_telling);
    door_close(host->door);
    while (host->links)
        peer_link_end(host->links, ERR_CANCELLED);
    peer_news_drop(host);
    host->magic = 0;
    uv_close((uv_handle_t *)&host->turn, on_closed);
    uv_close((uv_handle_t *)&host->timer, on_closed);
}

uint16_t peer_host_port(const struct peer_host *host)
{
    CHECK_MAGIC(host, MAGIC);
    return host->port;
}

/* ---- known peers ---- */

/* A stranger whose identity is registered now comes again as a known peer. */
static void end_strangers(struct peer_host *host, const struct pubkey *identity)
{
    struct peer_link *next;
    for (struct peer_link *link = host->links; link; link = next) {
        next = link->next;
        if (!link->known && link->stage >= PEER_GREETING &&
            pubkey_equal(&link->identity, identity))
            peer_link_end(
                link, err_set(ERR_CANCELLED, "it is a known peer from now on"));
    }
}

int peer_host_know(struct peer_host *host, uint16_t index,
                   const struct pubkey *identity, const char *const *addresses,
                   size_t count)
{
    struct peer_known *known;
    CHECK_MAGIC(host, MAGIC);
    CHECK(index < PEER_STRANGER);
    if (pubkey_equal(identity, &host->self))
        return 0;
    bool is_new = !peer_book_at(host->book, index);
    int status =
        peer_book_add(host->book, index, identity, addresses, count, &known);
    if (status)
        return status;
    if (is_new)
        end_strangers(host, identity);
    ask_for_turn(host);
    return 0;
}

static void end_links_of(struct peer_host *host, const struct peer_known *known,
                         int status)
{
    struct peer_link *next;
    for (struct peer_link *link = host->links; link; link = next) {
        next = link->next;
        if (link->known == known)
            peer_link_end(link, status);
    }
}

void peer_host_forget(struct peer_host *host, uint16_t index)
{
    CHECK_MAGIC(host, MAGIC);
    struct peer_known *known = peer_book_at(host->book, index);
    if (!known)
        return;
    end_links_of(host, known, err_set(ERR_CANCELLED, "it was forgotten"));
    for (struct peer_link *link = host->ended; link; link = link->next)
        if (link->known == known)
            link->known = NULL;
    for (size_t i = 0; i < PEER_LANES; i++)
        known->lanes[i] = (struct peer_lane_state){0};
    peer_book_remove(host->book, known);
}

void peer_host_ban(struct peer_host *host, uint16_t index)
{
    CHECK_MAGIC(host, MAGIC);
    struct peer_known *known = peer_book_at(host->book, index);
    if (!known)
        return;
    known->is_banned = true;
    peer_queue_free(&known->pending);
    end_links_of(host, known, err_set(ERR_DENIED, "it was banned"));
}

void peer_host_pardon(struct peer_host *host)
{
    struct peer_known *known;
    size_t place = 0;
    CHECK_MAGIC(host, MAGIC);
    while ((known = peer_book_next(host->book, &place)))
        known->is_banned = false;
    ask_for_turn(host);
}

static struct peer_link *standing(const struct peer_host *host, uint64_t number)
{
    struct peer_link *link = host->links;
    while (link && (link->number != number || link->stage != PEER_STANDING))
        link = link->next;
    return link;
}

void peer_host_ban_link(struct peer_host *host, uint64_t number,
                        uint64_t duration_ms)
{
    CHECK_MAGIC(host, MAGIC);
    uint64_t now_ms = peer_now_ms(host);
    struct peer_link *next, *banned = standing(host, number);
    if (!banned)
        return;
    int status = err_set(ERR_DENIED, "it was banned");
    if (banned->known || !duration_ms) {
        peer_link_end(banned, status);
        return;
    }
    peer_gate_ban(host->gate, now_ms, banned->block, now_ms + duration_ms);
    peer_block block = banned->block;
    for (struct peer_link *link = host->links; link; link = next) {
        next = link->next;
        if (link->has_place && link->block == block)
            peer_link_end(link, status);
    }
}

/* ---- sending ---- */

static struct peer_link *lane_of(const struct peer_known *known,
                                 enum peer_lane lane)
{
    struct peer_link *link = known->lanes[lane].link;
    return link && link->stage == PEER_STANDING ? link : NULL;
}

bool peer_host_is_up(const struct peer_host *host, uint16_t index,
                     enum peer_lane lane)
{
    CHECK_MAGIC(host, MAGIC);
    const struct peer_known *known = peer_book_at(host->book, index);
    return known && lane_of(known, lane);
}

/* When all together is too much, who takes slowest goes. */
static void relieve(struct peer_host *host)
{
    struct peer_link *most = NULL;
    if (host->queued <= QUEUED_MAX)
        return;
    for (struct peer_link *link = host->links; link; link = link->next)
        if (!most || link->queue.charge > most->queue.charge)
            most = link;
    if (most && most->queue.charge)
        peer_link_end(most, err_set(ERR_FULL,
                                    "%zu bytes wait to be sent to all; it "
                                    "takes slowest",
                                    host->queued));
}

/* On the vote lane who is behind for that much is of no use. */
static int put(struct peer_link *link, struct peer_message *message)
{
    int status = peer_link_put(link, message);
    if (status && link->lane == PEER_VOTES)
        peer_link_end(link, status);
    return status;
}

/* No bulk lane stands: the frame waits for one, which is dialled at the next
 * turn. */
static int put_pending(struct peer_host *host, struct peer_known *known,
                       struct peer_message *message)
{
    if (!known->count)
        return err_set(ERR_STATE, "peer %u has no address to connect to",
                       known->index);
    if (host->queued > QUEUED_MAX)
        return err_set(ERR_FULL, "%zu bytes wait to be sent to all",
                       host->queued);
    ask_for_turn(host);
    return peer_queue_put(&known->pending, message);
}

static int send_to(struct peer_host *host, struct peer_known *known,
                   enum peer_lane lane, struct peer_message *message)
{
    struct peer_link *link = lane_of(known, lane);
    if (link)
        return put(link, message);
    if (known->is_banned)
        return err_set(ERR_STATE, "peer %u is banned", known->index);
    if (lane == PEER_VOTES)
        return err_set(ERR_STATE, "peer %u is not connected", known->index);
    return put_pending(host, known, message);
}

static struct peer_message *message_of(struct peer_host *host,
                                       enum peer_lane lane, uint8_t kind,
                                       struct bytes body)
{
    CHECK_MAGIC(host, MAGIC);
    CHECK(kind != PEER_HELLO && body.size <= PEER_BODY_MAX(lane));
    return peer_message_new(kind, body, &host->queued);
}

int peer_host_send(struct peer_host *host, uint16_t index, enum peer_lane lane,
                   uint8_t kind, struct bytes body)
{
    struct peer_message *message = message_of(host, lane, kind, body);
    struct peer_known *known = peer_book_at(host->book, index);
    int status = known ? send_to(host, known, lane, message)
                       : err_set(ERR_NOT_FOUND, "there is no peer %u", index);
    peer_message_release(message);
    relieve(host);
    return status;
}

size_t peer_host_send_all(struct peer_host *host, enum peer_lane lane,
                          uint8_t kind, struct bytes body)
{
    struct peer_message *message = message_of(host, lane, kind, body);
    struct peer_known *known;
    size_t place = 0, queued = 0;
    while ((known = peer_book_next(host->book, &place)))
        queued += !send_to(host, known, lane, message);
    peer_message_release(message);
    relieve(host);
    return queued;
}

int peer_host_answer(struct peer_host *host, uint64_t number, uint8_t kind,
                     struct bytes body)
{
    struct peer_link *link = standing(host, number);
    if (!link)
        return err_set(ERR_NOT_FOUND, "the connection is gone");
    struct peer_message *message = message_of(host, link->lane, kind, body);
    int status = put(link, message);
    peer_message_release(message);
    relieve(host);
    return status;
}

/* ---- for operators ---- */

const char *peer_host_trouble(const struct peer_host *host, uint16_t index)
{
    CHECK_MAGIC(host, MAGIC);
    const struct peer_known *known = peer_book_at(host->book, index);
    if (known && !known->count && !lane_of(known, PEER_VOTES) &&
        !*known->trouble)
        return "where it listens is not known";
    return known ? known->trouble : "";
}

void peer_host_counters(const struct peer_host *host, struct peer_counters *out)
{
    struct peer_known *known;
    size_t place = 0;
    CHECK_MAGIC(host, MAGIC);
    *out = host->counters;
    out->strangers = peer_gate_count(host->gate);
    while ((known = peer_book_next(host->book, &place)))
        out->known_up += lane_of(known, PEER_VOTES) != NULL;
    for (const struct peer_link *link = host->links; link; link = link->next) {
        out->handshakes += link->stage < PEER_STANDING;
        out->queued_bytes += link->queue.charge;
    }
}
