/*
 * Who may begin to connect: the limits on connections that others make, by the
 * address that they come from. Identities are known only after a handshake, so
 * this is what protects the handshakes. Pure; time is an argument.
 *
 * Addresses count by blocks, because who has one address has a block of them:
 * a /24 of IPv4, a /56 of IPv6.
 *
 * Thread: one at a time.
 */
#ifndef POND_PEER_PEER_GATE_H
#define POND_PEER_PEER_GATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* A block of addresses as a number: of no address 0. IPv4 inside IPv6 is IPv4.
 */
typedef uint64_t peer_block;

peer_block peer_block_of(const struct sockaddr *address);

struct peer_gate;

/* is_loopback_free: the block of loopback has no limit of its own. */
struct peer_gate *peer_gate_new(uint64_t now_ms, bool is_loopback_free);
void peer_gate_free(struct peer_gate *gate);

/* May a handshake from there begin? is_known: it is the address of a known
 * peer, which strangers can neither use up nor get banned. Counts it if it may.
 * ERR_DENIED: banned; ERR_LIMIT: too many in this second. */
int peer_gate_knock(struct peer_gate *gate, uint64_t now_ms, peer_block block,
                    bool is_known);

/* Give a stranger a place; peer_gate_leave() gives it back. ERR_DENIED: banned;
 * ERR_LIMIT: too many strangers, or too many from that block. */
int peer_gate_enter(struct peer_gate *gate, uint64_t now_ms, peer_block block);
void peer_gate_leave(struct peer_gate *gate, peer_block block);

/* How many strangers have a place. */
unsigned peer_gate_count(const struct peer_gate *gate);

/* Nobody of the block knocks or enters until then. 256 blocks are kept; of more
 * the one whose ban ends first is let go. */
void peer_gate_ban(struct peer_gate *gate, uint64_t now_ms, peer_block block,
                   uint64_t until_ms);

#endif
