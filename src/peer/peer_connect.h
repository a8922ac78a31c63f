/*
 * How a host's connections come about: dialled or accepted, proved, and given
 * their place.
 *
 * Thread: the loop's.
 */
#ifndef POND_PEER_PEER_CONNECT_H
#define POND_PEER_PEER_CONNECT_H

#include "peer/peer_state.h"

/* Begin to connect to a known peer. */
void peer_connect_dial(struct peer_host *host, struct peer_known *known,
                       enum peer_lane lane);

/* A connection that somebody made; the socket is taken over. */
void peer_connect_arrived(void *host, int socket);

/* What connections report (struct peer_link_hooks). */
extern const struct peer_link_hooks peer_connect_hooks;

#endif
