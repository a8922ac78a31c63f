#include "settlement/cluster/contact_book.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/rate.h"
#include "peer/peer_frame.h"

#include <stdlib.h>

/* Rates have no part of a token a second, so a change costs several. */
#define CHANGE_COST CONTACT_CHANGE_S

struct entry {
    struct cluster_contact contact; /* unix_ms 0: not known */
    bool is_changed;                /* and not asked for since */
    bool is_news;                   /* and not passed on */
    struct rate frames;             /* that this validator sends */
    struct rate changes;            /* of its contact, whoever sends it */
};

struct contact_book {
    const struct validator_set *set;
    uint16_t self;
    struct hash network;
    size_t count;
    struct entry *entries;
    struct contact_counters counters;
};

struct contact_book *contact_book_new(const struct validator_set *set,
                                      uint16_t self, const struct hash *network,
                                      uint64_t now_ms)
{
    struct contact_book *book = mem_zero(1, sizeof(*book));

    book->set = set;
    book->self = self;
    book->network = *network;
    book->count = validator_set_count(set);
    book->entries = mem_zero(book->count, sizeof(*book->entries));
    for (size_t i = 0; i < book->count; i++) {
        book->entries[i].frames =
            rate_make(CONTACT_FRAMES_PER_S, CONTACT_FRAMES_BURST, now_ms);
        book->entries[i].changes =
            rate_make(1, CONTACT_CHANGES_BURST * CHANGE_COST, now_ms);
    }
    return book;
}

void contact_book_free(struct contact_book *book)
{
    if (!book)
        return;
    free(book->entries);
    free(book);
}

void contact_book_describe(struct contact_book *book,
                           const struct cluster_contact *own)
{
    book->entries[book->self].contact = *own;
}

/* ---- taking ---- */

/* The cheap checks come first, because nearly all that comes is known. */
static int take(struct contact_book *book, uint64_t now_ms,
                const struct cluster_contact *contact)
{
    size_t index = validator_set_find(book->set, &contact->identity);

    if (index == book->count)
        return err_set(ERR_INVALID, "a contact is of %s, who is no validator",
                       PUBKEY_TEXT(&contact->identity));
    struct entry *entry = &book->entries[index];
    if (index == book->self || contact->unix_ms <= entry->contact.unix_ms)
        return 0;
    if (!rate_take(&entry->changes, now_ms, CHANGE_COST)) {
        book->counters.excess++;
        return 0;
    }
    book->counters.checked++;
    if (!cluster_contact_is_signed(contact, &book->network))
        return err_set(ERR_DENIED, "the contact of validator %zu is not signed",
                       index);
    entry->contact = *contact;
    entry->is_changed = entry->is_news = true;
    return 0;
}

int contact_book_take(struct contact_book *book, uint16_t from, uint64_t now_ms,
                      struct bytes body)
{
    struct reader reader = reader_make(body);
    int status = 0;

    if (!rate_take(&book->entries[from].frames, now_ms, 1)) {
        book->counters.excess++;
        return 0;
    }
    for (size_t i = 0; !status && reader.left.size; i++) {
        struct cluster_contact contact;
        if (i == book->count)
            return err_set(ERR_LIMIT,
                           "a frame has more contacts than there are "
                           "validators, %zu",
                           book->count);
        status = cluster_contact_decode(&reader, &contact);
        if (!status)
            status = take(book, now_ms, &contact);
    }
    return status;
}

/* ---- asking ---- */

const struct cluster_contact *contact_book_at(const struct contact_book *book,
                                              uint16_t index)
{
    const struct cluster_contact *contact = &book->entries[index].contact;

    return contact->unix_ms ? contact : NULL;
}

bool contact_book_changed(struct contact_book *book, uint16_t *index)
{
    for (size_t i = 0; i < book->count; i++)
        if (book->entries[i].is_changed) {
            book->entries[i].is_changed = false;
            *index = (uint16_t)i;
            return true;
        }
    return false;
}

static bool has_room(const struct buffer *body)
{
    return body->size + CLUSTER_CONTACT_MAX <= PEER_BODY_MAX(PEER_VOTES);
}

bool contact_book_write_all(const struct contact_book *book, uint16_t to,
                            size_t *place, struct buffer *body)
{
    for (; *place < book->count && has_room(body); ++*place)
        if (*place != to && book->entries[*place].contact.unix_ms)
            cluster_contact_encode(&book->entries[*place].contact, body);
    return body->size > 0;
}

bool contact_book_write_news(struct contact_book *book, struct buffer *body)
{
    for (size_t i = 0; i < book->count && has_room(body); i++) {
        if (book->entries[i].is_news)
            cluster_contact_encode(&book->entries[i].contact, body);
        book->entries[i].is_news = false;
    }
    return body->size > 0;
}

void contact_book_counters(const struct contact_book *book,
                           struct contact_counters *out)
{
    *out = book->counters;
}
