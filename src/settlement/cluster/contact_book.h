/*
 * What validators say of themselves (cluster_contact.h), the newest of each,
 * and what of it is to be passed on.
 *
 * A contact is taken if it is signed and newer than the one that is known. Who
 * is honest passes on what it has taken and nothing else. So one of no form, of
 * nobody or with a wrong signature shows that its sender is not honest.
 *
 * Pure: time is an argument. One owner.
 */
#ifndef POND_SETTLEMENT_CLUSTER_CONTACT_BOOK_H
#define POND_SETTLEMENT_CLUSTER_CONTACT_BOOK_H

#include "consensus/validator_set.h"
#include "settlement/cluster/cluster_contact.h"

/* Frames of contacts from one peer, a second and at once: one says all when it
 * is connected, and passes on once a second what is new. */
#define CONTACT_FRAMES_PER_S 1
#define CONTACT_FRAMES_BURST 16

/* How often a validator's contact may change: at once, and later every so many
 * seconds. It is made anew when its process begins. */
#define CONTACT_CHANGES_BURST 4
#define CONTACT_CHANGE_S 10

struct contact_book;

/* self: one's own index in the set, which is borrowed; network: whose contacts
 * count. */
struct contact_book *contact_book_new(const struct validator_set *set,
                                      uint16_t self, const struct hash *network,
                                      uint64_t now_ms);
void contact_book_free(struct contact_book *book); /* NULL is allowed */

/* Set one's own, which is signed. */
void contact_book_describe(struct contact_book *book,
                           const struct cluster_contact *own);

/* Take a frame of contacts. What is above the bounds is dropped and counted.
 * ERR_INVALID, ERR_LIMIT: it has no form, or is of nobody; ERR_DENIED: a
 * signature is wrong. What came before that in the frame is taken. */
int contact_book_take(struct contact_book *book, uint16_t from, uint64_t now_ms,
                      struct bytes body);

/* The contact of a validator; NULL: it is not known. Borrowed until the next
 * change. */
const struct cluster_contact *contact_book_at(const struct contact_book *book,
                                              uint16_t index);

/* One that was taken since it was asked last; false: there is no other. */
bool contact_book_changed(struct contact_book *book, uint16_t *index);

/* Append the next frame's worth of all that are known, but that of the
 * validator itself, or of all that are new since the last time. *place: 0 at
 * first. False: there is none left. */
bool contact_book_write_all(const struct contact_book *book, uint16_t to,
                            size_t *place, struct buffer *body);
bool contact_book_write_news(struct contact_book *book, struct buffer *body);

struct contact_counters {
    uint64_t checked; /* signatures */
    uint64_t excess;  /* frames and contacts above the bounds */
};
void contact_book_counters(const struct contact_book *book,
                           struct contact_counters *out);

#endif
