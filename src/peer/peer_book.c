/*
 * By index an array, because each frame that is sent asks for one; by identity
 * a map. Addresses are compared one by one with where a connection comes from,
 * before any limit on connections: so they are parsed when they are set.
 */
#include "peer/peer_book.h"

#include "base/check.h"
#include "base/error.h"
#include "base/map.h"
#include "base/memory.h"
#include <netinet/in.h>
#include <stdlib.h>

struct peer_book {
    struct random random;
    struct peer_known **at;
    size_t size;
    struct map *identities;
};

/* ---- addresses ---- */

/* False: it is of no such kind. */
static bool to_v6(const struct sockaddr *address, struct in6_addr *out)
{
    if (address->sa_family == AF_INET6)
        *out = ((const struct sockaddr_in6 *)address)->sin6_addr;
    else if (address->sa_family == AF_INET)
        peer_address_map(&((const struct sockaddr_in *)address)->sin_addr, out);
    else
        return false;
    return true;
}

/* Nobody connects from zero, which stands for a name. */
static bool is_of(const struct peer_known *known,
                  const struct in6_addr *address)
{
    struct in6_addr seen;
    if (to_v6((const struct sockaddr *)&known->seen, &seen) &&
        !memcmp(&seen, address, sizeof(seen)))
        return true;
    for (size_t i = 0; i < known->count; i++)
        if (!memcmp(&known->addresses[i].number, address, sizeof(*address)))
            return true;
    return false;
}

bool peer_book_has_address(const struct peer_book *book,
                           const struct sockaddr *address)
{
    struct in6_addr v6;
    struct peer_known *known;
    size_t place = 0;
    if (!to_v6(address, &v6))
        return false;
    while ((known = peer_book_next(book, &place)))
        if (is_of(known, &v6))
            return true;
    return false;
}

/* ---- the book ---- */

struct peer_book *peer_book_new(uint64_t seed)
{
    struct peer_book *book = mem_zero(1, sizeof(*book));
    book->random = random_make(seed);
    book->identities = map_new();
    return book;
}

void peer_book_free(struct peer_book *book)
{
    for (size_t i = 0; i < book->size; i++)
        if (book->at[i])
            peer_book_remove(book, book->at[i]);
    map_free(book->identities);
    free(book->at);
    free(book);
}

struct peer_known *peer_book_at(const struct peer_book *book, uint16_t index)
{
    return index < book->size ? book->at[index] : NULL;
}

struct peer_known *peer_book_find(const struct peer_book *book,
                                  const struct pubkey *identity)
{
    return map_get(book->identities, pubkey_bytes(identity));
}

struct peer_known *peer_book_next(const struct peer_book *book, size_t *place)
{
    while (*place < book->size) {
        struct peer_known *known = book->at[(*place)++];
        if (known)
            return known;
    }
    return NULL;
}

static int check_new(const struct peer_book *book, uint16_t index,
                     const struct pubkey *identity)
{
    const struct peer_known *at = peer_book_at(book, index);
    const struct peer_known *found = peer_book_find(book, identity);
    if (at && at != found)
        return err_set(ERR_EXISTS, "peer %u is %s already", index,
                       PUBKEY_TEXT(&at->identity));
    if (found && found != at)
        return err_set(ERR_EXISTS, "%s is peer %u already",
                       PUBKEY_TEXT(identity), found->index);
    return 0;
}

static struct peer_known *enter(struct peer_book *book, uint16_t index,
                                const struct pubkey *identity)
{
    struct peer_known *known = mem_zero(1, sizeof(*known));
    known->index = index;
    known->identity = *identity;
    known->pending.limit = PEER_QUEUE_BULK_MAX;
    if (index >= book->size) {
        size_t size = (size_t)index + 1;
        book->at = mem_resize(book->at, size * sizeof(struct peer_known *));
        memset(book->at + book->size, 0,
               (size - book->size) * sizeof(struct peer_known *));
        book->size = size;
    }
    book->at[index] = known;
    map_put(book->identities, pubkey_bytes(identity), known);
    return known;
}

/* New ones are tried at once: the failures were of the old ones. */
static void set_addresses(struct peer_known *known,
                          const struct peer_address *addresses, size_t count)
{
    size_t size = count * sizeof(*addresses);
    if (bytes_equal(
            bytes_make(addresses, size),
            bytes_make(known->addresses, known->count * sizeof(*addresses))))
        return;
    free(known->addresses);
    known->addresses = count ? mem_copy(addresses, size) : NULL;
    known->count = count;
    known->next = 0;
    for (size_t i = 0; i < PEER_LANES; i++) {
        known->lanes[i].failures = 0;
        known->lanes[i].rest_until_ms = 0;
    }
}

int peer_book_add(struct peer_book *book, uint16_t index,
                  const struct pubkey *identity, const char *const *addresses,
                  size_t count, struct peer_known **out)
{
    struct peer_address parsed[PEER_ADDRESSES_MAX] = {0};
    int status = check_new(book, index, identity);
    if (status)
        return status;
    if (count > PEER_ADDRESSES_MAX)
        return err_set(ERR_LIMIT,
                       "%zu addresses of one peer; at most %d are "
                       "used",
                       count, PEER_ADDRESSES_MAX);
    for (size_t i = 0; i < count; i++) {
        status = peer_address_parse(addresses[i], &parsed[i]);
        if (status)
            return status;
    }
    struct peer_known *known = peer_book_at(book, index);
    if (!known)
        known = enter(book, index, identity);
    set_addresses(known, parsed, count);
    *out = known;
    return 0;
}

void peer_book_remove(struct peer_book *book, struct peer_known *known)
{
    for (size_t i = 0; i < PEER_LANES; i++)
        CHECK(!known->lanes[i].link && !known->lanes[i].dial);
    map_remove(book->identities, pubkey_bytes(&known->identity));
    book->at[known->index] = NULL;
    peer_queue_free(&known->pending);
    free(known->addresses);
    free(known);
}

/* ---- when to dial ---- */

uint64_t peer_known_dial_ms(const struct peer_known *known, enum peer_lane lane)
{
    const struct peer_lane_state *state = &known->lanes[lane];
    if (state->link || state->dial || known->is_banned || !known->count ||
        (lane == PEER_BULK && !known->pending.count))
        return UINT64_MAX;
    return state->rest_until_ms;
}

void peer_known_ended(struct peer_book *book, struct peer_known *known,
                      enum peer_lane lane, uint64_t now_ms, uint64_t stood_ms)
{
    struct peer_lane_state *state = &known->lanes[lane];
    uint64_t rest_ms = PEER_REST_MS_MAX;
    if (stood_ms >= PEER_STOOD_MS)
        state->failures = 0;
    if (state->failures < 9)
        rest_ms = (uint64_t)PEER_REST_MS_MIN << state->failures++;
    if (rest_ms > PEER_REST_MS_MAX)
        rest_ms = PEER_REST_MS_MAX;
    rest_ms -= random_below(&book->random, rest_ms / 4 + 1);
    state->rest_until_ms = now_ms + rest_ms;
    if (known->count)
        known->next = (known->next + 1) % known->count;
}
