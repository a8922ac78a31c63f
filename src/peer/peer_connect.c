/*
 * Two ends that dial each other at once have two connections for a while. Both
 * ends keep the one that the end with the lesser key has made, so they agree
 * without a word. The other one may have carried frames already, so it is not
 * cut off but retired: it is read until the other end, too, must have found
 * out. Nothing is lost, and nobody is told.
 *
 * A second connection that comes long after the first means something else: the
 * other end has lost the first one, and this end has not noticed. A dial takes
 * PEER_HANDSHAKE_LIMIT_MS at most, so after that time the new one counts, and
 * the first one goes down.
 */
#include "peer/peer_connect.h"

#include "base/error.h"
#include "net/stream_tcp.h"
#include "peer/peer_link.h"
#include "peer/peer_news.h"
#include <unistd.h>

/* Longer than a dial, by more than the two ends can differ about when the first
 * connection began to stand. */
#define TOGETHER_MS (3 * PEER_HANDSHAKE_LIMIT_MS / 2)

/* ---- dialling ---- */

static void on_tcp_opened(void *user, int status)
{
    struct peer_link *link = user;
    /* It may have ended in this very turn of the loop. */
    if (link->stage == PEER_ENDED)
        return;
    if (status) {
        peer_link_end(link, status);
        return;
    }
    struct stream *tcp = link->stream;
    link->stream = NULL;
    (void)stream_tcp_address(tcp, &link->known->seen);
    peer_link_secure(link, tcp);
}

/* The operator names the addresses, so any is allowed. */
void peer_connect_dial(struct peer_host *host, struct peer_known *known,
                       enum peer_lane lane)
{
    const struct peer_address *address = &known->addresses[known->next];
    struct peer_link *link = peer_link_new(host, lane, true);
    link->known = known;
    link->index = known->index;
    known->lanes[lane].dial = link;
    host->counters.dials++;
    int status =
        stream_tcp_connect(host->options.loop, &address_rule_any, address->host,
                           address->port, on_tcp_opened, link, &link->stream);
    if (status)
        peer_link_end(link, status);
}

/* ---- accepting ---- */

/* May the handshake begin? From addresses of known peers it takes no place of
 * the strangers', or strangers could keep known peers out. */
static int admit(struct peer_host *host, const struct sockaddr *address,
                 peer_block block, bool *has_place)
{
    uint64_t now_ms = peer_now_ms(host);
    bool is_known = peer_book_has_address(host->book, address);
    int status = peer_gate_knock(host->gate, now_ms, block, is_known);
    if (!status && !is_known)
        status = peer_gate_enter(host->gate, now_ms, block);
    *has_place = !status && !is_known;
    if (status == ERR_DENIED)
        host->counters.refused_banned++;
    else if (status)
        host->counters.refused_limit++;
    return status;
}

void peer_connect_arrived(void *user, int socket)
{
    struct peer_host *host = user;
    struct stream *tcp = stream_tcp_take(host->options.loop, socket);
    struct sockaddr_storage address;
    bool has_place;
    host->counters.accepted++;
    if (!stream_tcp_address(tcp, &address)) {
        stream_close(tcp);
        return;
    }
    peer_block block = peer_block_of((struct sockaddr *)&address);
    if (admit(host, (struct sockaddr *)&address, block, &has_place)) {
        stream_close(tcp);
        return;
    }
    struct peer_link *link = peer_link_new(host, PEER_VOTES, false);
    link->block = block;
    link->has_place = has_place;
    peer_link_secure(link, tcp);
    uv_idle_start(&host->turn, host->on_turn);
}

/* ---- whose it is ---- */

static int admit_stranger(struct peer_link *link)
{
    struct peer_host *host = link->host;
    if (link->has_place)
        return 0;
    /* It came from the address of a known peer. */
    int status = peer_gate_enter(host->gate, peer_now_ms(host), link->block);
    link->has_place = !status;
    return status;
}

static void admit_known(struct peer_link *link, struct peer_known *known)
{
    link->known = known;
    link->index = known->index;
    (void)stream_tcp_address(link->tcp, &known->seen);
    if (link->has_place)
        peer_gate_leave(link->host->gate, link->block);
    link->has_place = false;
}

static int on_proved(struct peer_link *link)
{
    struct peer_host *host = link->host;
    struct peer_known *known = link->known;
    if (!known)
        known = peer_book_find(host->book, &link->identity);
    if (!known)
        return admit_stranger(link);
    if (known->is_banned) {
        host->counters.refused_banned++;
        return err_set(ERR_DENIED, "it is banned");
    }
    if (!link->is_dialled)
        admit_known(link, known);
    return 0;
}

/* ---- its place ---- */

static bool are_together(const struct peer_link *newer,
                         const struct peer_link *older)
{
    return newer->is_dialled != older->is_dialled &&
           peer_now_ms(newer->host) - older->up_ms <= TOGETHER_MS;
}

static bool is_by_lesser_key(const struct peer_link *link)
{
    bool is_self_less = bytes_compare(pubkey_bytes(&link->host->self),
                                      pubkey_bytes(&link->identity)) < 0;
    return link->is_dialled == is_self_less;
}

static struct peer_link *standing_stranger(const struct peer_link *newer)
{
    struct peer_link *link = newer->host->links;
    for (; link; link = link->next)
        if (link->stage == PEER_STANDING && !link->known &&
            link->lane == newer->lane &&
            pubkey_equal(&link->identity, &newer->identity))
            return link;
    return NULL;
}

/* The lane's connection from now on, with what waited for it. */
static void take_lane(struct peer_link *link)
{
    struct peer_known *known = link->known;
    struct peer_lane_state *state = &known->lanes[link->lane];
    state->link = link;
    if (state->dial == link)
        state->dial = NULL;
    if (link->lane == PEER_VOTES) {
        known->trouble[0] = '\0';
        return;
    }
    peer_queue_join(&link->queue, &known->pending);
    peer_link_wake(link);
}

/* The other one's frames come under the number of the one that is kept. */
static void retire(struct peer_link *kept, struct peer_link *other)
{
    struct peer_host *host = kept->host;
    host->counters.replaced++;
    if (kept->known->lanes[kept->lane].dial == other)
        kept->known->lanes[kept->lane].dial = NULL;
    peer_link_retire(other, peer_now_ms(host) + TOGETHER_MS);
}

/* Of two that were made at once one is kept. */
static void settle(struct peer_link *newer, struct peer_link *older)
{
    if (!is_by_lesser_key(newer)) {
        newer->number = older->number;
        retire(older, newer);
        return;
    }
    newer->number = older->number;
    newer->is_told = older->is_told;
    take_lane(newer);
    retire(newer, older);
}

static void replace(struct peer_link *newer, struct peer_link *older)
{
    newer->host->counters.replaced++;
    peer_link_end(older, err_set(ERR_EXISTS, "another connection of the two "
                                             "took its place"));
    if (newer->known)
        peer_news_end_retired(newer->host, newer->known, newer->lane);
}

static void on_greeted(struct peer_link *link)
{
    struct peer_link *older = link->known ? link->known->lanes[link->lane].link
                                          : standing_stranger(link);
    bool has_older = older && older->stage == PEER_STANDING;
    peer_link_stand(link);
    uv_idle_start(&link->host->turn, link->host->on_turn);
    if (has_older && are_together(link, older)) {
        settle(link, older);
        return;
    }
    if (has_older)
        replace(link, older);
    if (link->known)
        take_lane(link);
    /* The older one's end is told before. */
    peer_news_sweep(link->host);
    if (link->stage == PEER_STANDING)
        peer_news_tell(link, PEER_UP, NULL);
}

static void on_frame(struct peer_link *link, const struct peer_frame *frame)
{
    peer_news_tell(link, PEER_FRAME, frame);
}

const struct peer_link_hooks peer_connect_hooks = {
    .proved = on_proved,
    .greeted = on_greeted,
    .frame = on_frame,
};
