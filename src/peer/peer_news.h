/*
 * What a host tells, and the end of its connections.
 *
 * Thread: the loop's, and only where the loop has called.
 */
#ifndef POND_PEER_PEER_NEWS_H
#define POND_PEER_PEER_NEWS_H

#include "peer/peer_state.h"

/* Tell of a connection: PEER_UP, or PEER_FRAME with a frame. */
void peer_news_tell(struct peer_link *link, enum peer_news news,
                    const struct peer_frame *frame);

/* End the retired connections of a lane: without the one that took their place
 * what they bring has nowhere to go. */
void peer_news_end_retired(struct peer_host *host,
                           const struct peer_known *known, enum peer_lane lane);

/* Let go of all connections that have ended, and tell of those that stood. */
void peer_news_sweep(struct peer_host *host);

/* Without a word. */
void peer_news_drop(struct peer_host *host);

#endif
