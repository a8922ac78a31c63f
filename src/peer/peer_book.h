/*
 * The known peers of a host: who they are, where they listen, and when to dial
 * them. Pure; time and randomness are arguments.
 *
 * After the n-th failure in a row a peer's lane rests for 100 ms · 2^(n-1), at
 * most 30 s, less up to a quarter that is drawn, so that peers that lost each
 * other at once do not meet at once. A connection that stood for 10 s ends the
 * row: one that ends sooner is a failure as well.
 *
 * Thread: one at a time.
 */
#ifndef POND_PEER_PEER_BOOK_H
#define POND_PEER_PEER_BOOK_H

#include "base/random.h"
#include "crypto/key.h"
#include "peer/peer_address.h"
#include "peer/peer_frame.h"
#include "peer/peer_host.h"
#include <sys/socket.h>

#define PEER_REST_MS_MIN 100
#define PEER_REST_MS_MAX 30000
#define PEER_STOOD_MS 10000

struct peer_link;

/* One lane of a known peer. */
struct peer_lane_state {
    /* The connection that stands, or NULL. */
    struct peer_link *link;
    /* The one that is being made from here, or NULL. */
    struct peer_link *dial;
    unsigned failures;
    uint64_t rest_until_ms;
};

struct peer_known {
    uint16_t index;
    struct pubkey identity;
    bool is_banned;
    struct peer_address *addresses;
    size_t count;
    /* The address to dial next. */
    size_t next;
    /* Where it was last connected from or to; ss_family 0: never. */
    struct sockaddr_storage seen;
    struct peer_lane_state lanes[PEER_LANES];
    /* Frames for the bulk lane while it is opened. */
    struct peer_queue pending;
    /* Why the vote lane's last connection ended or was not made; "" if it
     * stands. */
    char trouble[200];
};

struct peer_book;

struct peer_book *peer_book_new(uint64_t seed);
void peer_book_free(struct peer_book *book);

/* As peer_host_know(). */
int peer_book_add(struct peer_book *book, uint16_t index,
                  const struct pubkey *identity, const char *const *addresses,
                  size_t count, struct peer_known **out);
/* Its links must have been let go of. */
void peer_book_remove(struct peer_book *book, struct peer_known *known);

/* NULL if there is none. */
struct peer_known *peer_book_at(const struct peer_book *book, uint16_t index);
struct peer_known *peer_book_find(const struct peer_book *book,
                                  const struct pubkey *identity);
/* Walk in the order of indexes: begin with *place = 0; NULL at the end. */
struct peer_known *peer_book_next(const struct peer_book *book, size_t *place);

/* Is that the address of a known peer, whatever the port? */
bool peer_book_has_address(const struct peer_book *book,
                           const struct sockaddr *address);

/* When the lane is to be dialled: UINT64_MAX for one that is not to be,
 * because it stands, is being made, is not wanted, or cannot be. */
uint64_t peer_known_dial_ms(const struct peer_known *known,
                            enum peer_lane lane);

/* A dial failed, or a connection ended that stood for that long. */
void peer_known_ended(struct peer_book *book, struct peer_known *known,
                      enum peer_lane lane, uint64_t now_ms, uint64_t stood_ms);

#endif
