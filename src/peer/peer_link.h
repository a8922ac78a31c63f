/*
 * One connection of a host: the encrypted stream, the hello of both ends, and
 * then frames both ways.
 *
 * A connection that ends stays where it is until the loop's next turn, marked
 * as ended: whoever holds it on the way back up need not wonder whether it is
 * still there.
 *
 * Thread: the loop's.
 */
#ifndef POND_PEER_PEER_LINK_H
#define POND_PEER_PEER_LINK_H

#include "peer/peer_state.h"

/* In the host's list, with the time for a handshake from now on. */
struct peer_link *peer_link_new(struct peer_host *host, enum peer_lane lane,
                                bool is_dialled);

/* Begin the handshake over a connected stream, which is taken over. */
void peer_link_secure(struct peer_link *link, struct stream *tcp);

/* It stands: frames are counted from now on. */
void peer_link_stand(struct peer_link *link);

/* Another connection has its place: it is read until the other end must have
 * found out as well. */
void peer_link_retire(struct peer_link *link, uint64_t until_ms);

/* Queue a message; it is sent when the loop turns. ERR_FULL. */
int peer_link_put(struct peer_link *link, struct peer_message *message);

/* Something was queued: it is sent when the loop turns. */
void peer_link_wake(struct peer_link *link);

/* Send what is queued as far as the stream takes it. */
void peer_link_flush(struct peer_link *link);

/* End it; status and err_text() say why. Nothing happens if it has ended. */
void peer_link_end(struct peer_link *link, int status);

/* What is due of an idle, stuck or resting one; and when the next is. */
void peer_link_tick(struct peer_link *link);
uint64_t peer_link_due_ms(const struct peer_link *link);

/* Of one that is in no list any more. */
void peer_link_free(struct peer_link *link);

#endif
