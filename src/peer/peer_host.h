/*
 * The connections of a validator to the others of its network.
 *
 * Each connection is TCP, multistream-select, Noise XX with the identities of
 * both ends (peer/secure_stream.h), then frames (peer/peer_frame.h). A pair has
 * up to two: the vote lane, which stands as long as both run, and the bulk
 * lane, which is opened when there is something to send and closed when it was
 * idle for a minute. So votes never wait behind blocks. The lane is agreed on
 * as the protocol, "/pond/peer/1/votes" or "/pond/peer/1/bulk"; the first frame
 * each way is a hello (kind 1) with the network's hash, which the host sends
 * and checks itself.
 *
 * Known peers are the network's validators, whom the caller registers by an
 * index of its own. They are dialled until they answer, and again whenever a
 * connection ends. They may always connect, from the addresses that are
 * registered or that they were seen at; from elsewhere they compete with
 * strangers until their identity is proved. If both ends dial at once, both
 * keep the connection that the end with the lesser key has made. Anybody else
 * is a stranger: strangers may connect within limits, and are never dialled.
 *
 * Who breaks the protocol, sends too much, or takes too slowly what it is sent
 * is cut off. A known peer is then dialled again, unless it was banned.
 *
 * Nothing is called from inside a peer_host_* call: what happens is told from
 * the loop.
 *
 * Memory. A standing connection that has nothing to do takes 1.5 KiB, so 200
 * peers 0.3 MiB. What waits to be sent is bounded by PEER_QUEUE_*_MAX on each
 * connection and by 32 MiB on all together, where a frame that is sent to many
 * counts once; beyond that who takes slowest is cut off. What has come of a
 * record and a frame takes at most 64 KiB and the frame's limit: 25 MiB if all
 * of 200 peers send half a vote frame in half a record and stop, 24 MiB if 128
 * strangers do so on the bulk lane; after a minute they are cut off. The
 * kernel's buffers have 32 KiB each way on the vote lane, 256 KiB on the bulk
 * lane.
 *
 * Thread: the loop's, for all calls and events.
 */
#ifndef POND_PEER_PEER_HOST_H
#define POND_PEER_PEER_HOST_H

#include "crypto/key.h"
#include "peer/peer_frame.h"
#include <uv.h>

struct peer_host;

/* Instead of an index: of a peer that nobody has registered. */
#define PEER_STRANGER UINT16_MAX

/* Addresses of one peer. */
#define PEER_ADDRESSES_MAX 4

/* Strangers that are connected, together and from one block of addresses: a /24
 * of IPv4, a /56 of IPv6. A stranger's two lanes count as two. */
#define PEER_STRANGERS_MAX 128
#define PEER_STRANGERS_BLOCK_MAX 4

/* Handshakes a second that others may begin: all together, and from one block
 * of addresses. Addresses of known peers have all of it for themselves again.
 */
#define PEER_HANDSHAKES_PER_S 50
#define PEER_HANDSHAKES_BLOCK_PER_S 5

/* From the connection to the other end's hello. */
#define PEER_HANDSHAKE_LIMIT_MS 10000

enum peer_news {
    PEER_UP,    /* the connection stands: the first news of its link */
    PEER_FRAME, /* a frame came */
    PEER_DOWN,  /* it is over: the last news of its link */
};

struct peer_event {
    enum peer_news news;
    /* The connection's number. No other one of the host ever has it, but for
     * one of two that both ends made at once: they count as one. Where a
     * connection takes another's place the old one goes down first. */
    uint64_t link;
    uint16_t index; /* as registered, or PEER_STRANGER */
    enum peer_lane lane;
    const struct pubkey *identity;
    /* FRAME; the body is borrowed for the call. */
    uint8_t kind;
    struct bytes body;
    /* DOWN: why; err_text() says it in words. ERR_CLOSED: the other end has
     * closed it; ERR_NETWORK; ERR_INVALID: it broke the protocol; ERR_LIMIT: it
     * sent too much; ERR_FULL: it took too slowly; ERR_EXISTS: another
     * connection took its place; ERR_TIMEOUT: it was idle, on the bulk lane or
     * as a stranger; ERR_DENIED: banned; ERR_CANCELLED: forgotten. */
    int status;
};

/* May call everything but peer_host_free(). */
typedef void peer_take(void *user, const struct peer_event *event);

struct peer_host_options {
    uv_loop_t *loop;
    /* Borrowed for the call: it signs the connections' key, once. */
    const struct keypair *identity;
    /* Both ends must be of one: the hash of the genesis. */
    struct hash network;
    /* Where others connect: a numeric address and a port; 0: any that is free.
     * NULL: nobody can connect, this host only dials. */
    const char *address;
    uint16_t port;
    /* Strangers of this machine's own loopback addresses do not count for the
     * limits of one block of addresses. For networks on one machine. */
    bool is_loopback_free;
    peer_take *take;
    void *user;
};

/* ERR_INVALID: no such form of an address; ERR_BUSY: the port is taken; ERR_IO.
 */
int peer_host_new(const struct peer_host_options *options,
                  struct peer_host **out);

/* Ends all connections without news. Memory goes when the loop has run once
 * more. NULL is allowed. */
void peer_host_free(struct peer_host *host);

/* Where others connect; 0 if nobody can. */
uint16_t peer_host_port(const struct peer_host *host);

/* ---- known peers ---- */

/* Register a peer under an index of the caller's, below PEER_STRANGER; again
 * for the same identity: its addresses from now on. It is dialled if it has
 * addresses. Addresses are "host:port", with brackets around an IPv6 one; names
 * are looked up at each dial. This host's own identity is allowed and does
 * nothing. ERR_INVALID names the address; ERR_EXISTS: the index is another
 * identity's, or the identity has another index; ERR_LIMIT: too many
 * addresses. */
int peer_host_know(struct peer_host *host, uint16_t index,
                   const struct pubkey *identity, const char *const *addresses,
                   size_t count);

/* End its connections, and dial it no more. An unknown index is allowed. */
void peer_host_forget(struct peer_host *host, uint16_t index);

/* Cut a known peer off and stay apart until peer_host_pardon(), which pardons
 * all. An unknown index is allowed. */
void peer_host_ban(struct peer_host *host, uint16_t index);
void peer_host_pardon(struct peer_host *host);

/* End a connection. If it is a stranger's, and the duration is not 0, all of
 * its block of addresses are cut off and do not get in for that long; known
 * peers may. A link that is gone is allowed. */
void peer_host_ban_link(struct peer_host *host, uint64_t link,
                        uint64_t duration_ms);

/* ---- sending ---- */

/*
 * Frames are queued and leave when the loop turns; those of one turn share
 * records and packets. kind: not 1, which is the hello. body: at most
 * PEER_BODY_MAX of the lane (CHECKed); copied once.
 *
 * Frames of a lane arrive in order, but around the moment when two connections
 * that both ends have made at once become one. What was queued is lost if the
 * connection ends: PEER_DOWN says so, and the next PEER_UP is the moment to
 * send again what still matters.
 */

/* To a known peer. On the bulk lane a connection is opened if there is none,
 * and the frame waits for it; it is lost without PEER_DOWN if none can be had.
 * ERR_NOT_FOUND: unknown index; ERR_STATE: not connected, or banned; ERR_FULL:
 * too much waits for it already, and on the vote lane it is cut off. */
int peer_host_send(struct peer_host *host, uint16_t index, enum peer_lane lane,
                   uint8_t kind, struct bytes body);

/* To all known peers, as peer_host_send(). Returns for how many it was queued.
 */
size_t peer_host_send_all(struct peer_host *host, enum peer_lane lane,
                          uint8_t kind, struct bytes body);

/* On one connection, a stranger's too: for answers. ERR_NOT_FOUND: it is gone;
 * ERR_FULL as above. */
int peer_host_answer(struct peer_host *host, uint64_t link, uint8_t kind,
                     struct bytes body);

/* Is the lane's connection to that known peer up? */
bool peer_host_is_up(const struct peer_host *host, uint16_t index,
                     enum peer_lane lane);

/* ---- for operators ---- */

/* Why there is no vote lane to a known peer, as far as this host has found out,
 * for people; "" if there is one, or nothing is known. Valid until the loop
 * runs. */
const char *peer_host_trouble(const struct peer_host *host, uint16_t index);

/* Since the host was made, but for the first four. */
struct peer_counters {
    uint64_t known_up;     /* known peers with a vote lane */
    uint64_t strangers;    /* connections of strangers, handshakes too */
    uint64_t handshakes;   /* under way, both directions */
    uint64_t queued_bytes; /* waiting to be sent, each connection's own count */
    uint64_t dials;        /* begun */
    uint64_t dials_failed;
    uint64_t accepted;       /* connections that others made */
    uint64_t refused_limit;  /* of these, closed at once: too many */
    uint64_t refused_banned; /* closed because of a ban */
    uint64_t handshakes_failed;
    uint64_t replaced;  /* connections whose place another took */
    uint64_t cut_flood; /* cut off: sent too much */
    uint64_t cut_slow;  /* cut off: took too slowly */
    uint64_t cut_wrong; /* cut off: broke the protocol */
    uint64_t frames_in;
    uint64_t frames_out;
    uint64_t bytes_in; /* of frames, before encryption */
    uint64_t bytes_out;
};

void peer_host_counters(const struct peer_host *host,
                        struct peer_counters *out);

#endif
