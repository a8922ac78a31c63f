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
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>

struct peer_book {
    struct random random;
    struct peer_known **at;
    size_t size;
    struct map *identities;
};

/* ---- addresses ---- */

static int no_address(const char *text)
{
    return err_set(ERR_INVALID,
                   "\"%.100s\" is no address of a peer; write it "
                   "as HOST:PORT, an IPv6 one as [HOST]:PORT",
                   text);
}

static bool parse_port(const char *text, uint16_t *out)
{
    unsigned value = 0;
    if (!*text || strlen(text) > 5)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        value = 10 * value + (unsigned)(*text - '0');
    }
    *out = (uint16_t)value;
    return value > 0 && value <= UINT16_MAX;
}

/* Of names only the form is looked at; whether it exists shows at the dial. */
static bool is_host(struct bytes host, bool is_bracketed)
{
    struct in6_addr v6;
    char text[sizeof(((struct peer_address *)0)->host)];
    if (!host.size || host.size >= sizeof(text))
        return false;
    memcpy(text, host.data, host.size);
    text[host.size] = '\0';
    if (is_bracketed)
        return inet_pton(AF_INET6, text, &v6) == 1;
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at <= ' ' || *at == 127 || strchr(":/[]@", *at))
            return false;
    return true;
}

/* An IPv4 address as it stands in IPv6, so that both forms are equal. */
static void v4_to_v6(const struct in_addr *v4, struct in6_addr *out)
{
    memset(out, 0, sizeof(*out));
    memset(out->s6_addr + 10, 0xff, 2);
    memcpy(out->s6_addr + 12, v4, sizeof(*v4));
}

/* Zero if it is a name. */
static struct in6_addr number_of(const char *host)
{
    struct in6_addr v6 = {0};
    struct in_addr v4;
    if (inet_pton(AF_INET, host, &v4) == 1)
        v4_to_v6(&v4, &v6);
    else if (inet_pton(AF_INET6, host, &v6) != 1)
        memset(&v6, 0, sizeof(v6));
    return v6;
}

int peer_address_parse(const char *text, struct peer_address *out)
{
    const char *colon = strrchr(text, ':');
    bool is_bracketed = text[0] == '[';
    if (!colon || !parse_port(colon + 1, &out->port))
        return no_address(text);
    struct bytes host = bytes_make(text, (size_t)(colon - text));
    if (is_bracketed) {
        if (host.size < 2 || host.data[host.size - 1] != ']')
            return no_address(text);
        host = bytes_make(host.data + 1, host.size - 2);
    }
    if (!is_host(host, is_bracketed))
        return no_address(text);
    memcpy(out->host, host.data, host.size);
    out->host[host.size] = '\0';
    out->number = number_of(out->host);
    return 0;
}

/* False: it is of no such kind. */
static bool to_v6(const struct sockaddr *address, struct in6_addr *out)
{
    if (address->sa_family == AF_INET6)
        *out = ((const struct sockaddr_in6 *)address)->sin6_addr;
    else if (address->sa_family == AF_INET)
        v4_to_v6(&((const struct sockaddr_in *)address)->sin_addr, out);
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
