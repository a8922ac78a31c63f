#include "node/page/sessions_state.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "crypto/hash.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define SECRET_DIGITS (SESSION_SECRET_SIZE - 1)

/* ---- small parts ---- */

/* A clock that was set back makes nothing older. */
static bool is_over(uint64_t since_ms, uint64_t lasts_ms, uint64_t now_ms)
{
    return now_ms > since_ms && now_ms - since_ms >= lasts_ms;
}

bool sessions_is_ended(const struct session *session, uint64_t now_ms)
{
    return is_over(session->used_ms, SESSION_UNUSED_MS, now_ms) ||
           is_over(session->made_ms, SESSION_AGE_MS, now_ms);
}

static void write_secret(const uint8_t random[SESSION_SECRET_BYTES],
                         char out[SESSION_SECRET_SIZE])
{
    sodium_bin2hex(out, SESSION_SECRET_SIZE, random, SESSION_SECRET_BYTES);
}

/* Hashes are compared in constant time, although nobody can choose one. */
static bool is_same(const struct hash *a, const struct hash *b)
{
    return !sodium_memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

static struct hash hash_of(struct bytes text)
{
    struct hash hash;

    hash_sha256(text, &hash);
    return hash;
}

static struct hash hash_of_halves(struct bytes cookie, struct bytes key)
{
    const struct bytes pieces[] = {cookie, key};
    struct hash hash;

    hash_sha256_pieces(pieces, 2, &hash);
    return hash;
}

/* Cut to whole characters; what is no UTF-8 and what is no character to be seen
 * becomes a blank. */
void sessions_take_agent(struct session *session, const char *text)
{
    struct bytes rest = bytes_text(text);
    size_t size = 0;

    while (rest.size) {
        size_t step = bytes_utf8_sequence(rest);
        bool is_shown =
            step > 1 || (step && *rest.data >= ' ' && *rest.data != 0x7f);

        if (size + (step ? step : 1) >= SESSION_AGENT_SIZE)
            break;
        if (is_shown)
            memcpy(session->agent + size, rest.data, step);
        else
            session->agent[size] = ' ';
        size += is_shown ? step : 1;
        step = step ? step : 1;
        rest = bytes_make(rest.data + step, rest.size - step);
    }
    session->agent[size] = 0;
}

/* ---- life ---- */

/* Letters and digits that nobody takes for each other. */
static void name_instance(struct sessions *sessions,
                          const uint8_t random[SESSION_SECRET_BYTES])
{
    static const char digits[] = "abcdefghijkmnpqrstuvwxyz23456789";

    for (size_t i = 0; i + 1 < SESSION_INSTANCE_SIZE; i++)
        sessions->instance[i] = digits[random[i] % (sizeof(digits) - 1)];
}

struct sessions *sessions_new(const uint8_t random[SESSION_SECRET_BYTES])
{
    struct sessions *sessions = mem_zero(1, sizeof(*sessions));

    name_instance(sessions, random);
    return sessions;
}

void sessions_free(struct sessions *sessions)
{
    if (!sessions)
        return;
    sodium_memzero(sessions, sizeof(*sessions));
    free(sessions);
}

const char *sessions_instance(const struct sessions *sessions)
{
    return sessions->instance;
}

uint16_t sessions_port(const struct sessions *sessions)
{
    return sessions->port;
}

void sessions_set_port(struct sessions *sessions, uint16_t port)
{
    if (sessions->port && sessions->port != port)
        sessions_forget_all(sessions);
    sessions->port = port;
}

/* ---- links ---- */

static bool is_open_link(const struct link *link, uint64_t now_ms)
{
    return link->is_there && !link->is_used &&
           !is_over(link->made_ms, SESSION_LINK_MS, now_ms);
}

static void drop_old_links(struct sessions *sessions, uint64_t now_ms)
{
    for (size_t i = 0; i < LINKS_KEPT; i++)
        if (is_over(sessions->links[i].made_ms, SESSION_LINK_MS, now_ms))
            sessions->links[i].is_there = false;
}

/* The oldest of those that are open, or of those that are used. */
static struct link *oldest_link(struct sessions *sessions, bool is_used)
{
    struct link *oldest = NULL;

    for (size_t i = 0; i < LINKS_KEPT; i++) {
        struct link *link = &sessions->links[i];

        if (link->is_there && link->is_used == is_used &&
            (!oldest || link->made_ms < oldest->made_ms))
            oldest = link;
    }
    return oldest;
}

static struct link *place_for_link(struct sessions *sessions, uint64_t now_ms)
{
    size_t open = 0;

    drop_old_links(sessions, now_ms);
    for (size_t i = 0; i < LINKS_KEPT; i++)
        open += is_open_link(&sessions->links[i], now_ms);
    if (open >= SESSION_LINKS_MAX)
        return oldest_link(sessions, false);
    for (size_t i = 0; i < LINKS_KEPT; i++)
        if (!sessions->links[i].is_there)
            return &sessions->links[i];
    return oldest_link(sessions, true);
}

void sessions_link(struct sessions *sessions,
                   const uint8_t random[SESSION_SECRET_BYTES], uint64_t now_ms,
                   char code[SESSION_SECRET_SIZE], uint64_t *expires_ms)
{
    struct link *link = place_for_link(sessions, now_ms);

    CHECK(link);
    write_secret(random, code);
    *link = (struct link){
        .code = hash_of(bytes_text(code)), .made_ms = now_ms, .is_there = true};
    *expires_ms = now_ms + SESSION_LINK_MS;
}

static struct link *find_link(struct sessions *sessions, const char *code)
{
    const struct hash hash = hash_of(bytes_text(code));

    for (size_t i = 0; i < LINKS_KEPT; i++)
        if (sessions->links[i].is_there &&
            is_same(&sessions->links[i].code, &hash))
            return &sessions->links[i];
    return NULL;
}

static int use_link(struct sessions *sessions, const char *code,
                    uint64_t now_ms, uint64_t *wait_ms)
{
    struct link *link = find_link(sessions, code);
    int status;

    *wait_ms = 0;
    if (link && is_over(link->made_ms, SESSION_LINK_MS, now_ms))
        return err_set(ERR_NOT_FOUND, "that link has expired");
    if (link && link->is_used)
        return err_set(ERR_DENIED, "that link was used before");
    if (link) {
        link->is_used = true;
        sessions->codes = (struct guess_brake){0};
        return 0;
    }
    status = guess_brake_ask(&sessions->codes, now_ms, wait_ms);
    if (status)
        return status;
    guess_brake_wrong(&sessions->codes, now_ms);
    return err_set(ERR_NOT_FOUND, "that link has expired");
}

/* ---- sessions ---- */

static void remove_at(struct sessions *sessions, size_t place)
{
    uint64_t id = sessions->list[place].id;

    for (size_t i = 0; i < SESSION_PROOFS_MAX; i++)
        if (sessions->proofs[i].session == id)
            sessions->proofs[i].is_there = false;
    sessions->count--;
    memmove(&sessions->list[place], &sessions->list[place + 1],
            (sessions->count - place) * sizeof(sessions->list[0]));
}

static void drop_ended(struct sessions *sessions, uint64_t now_ms)
{
    for (size_t i = sessions->count; i-- > 0;)
        if (sessions_is_ended(&sessions->list[i], now_ms))
            remove_at(sessions, i);
}

/* A place at the front. Returns the id of the one that gave way, or 0. */
static uint64_t make_place(struct sessions *sessions)
{
    uint64_t ended = 0;
    size_t oldest = 0;

    if (sessions->count == SESSIONS_MAX) {
        for (size_t i = 1; i < sessions->count; i++)
            if (sessions->list[i].used_ms < sessions->list[oldest].used_ms)
                oldest = i;
        ended = sessions->list[oldest].id;
        remove_at(sessions, oldest);
    }
    memmove(&sessions->list[1], &sessions->list[0],
            sessions->count * sizeof(sessions->list[0]));
    sessions->count++;
    return ended;
}

/* 53 bits: a JSON number that every reader takes. */
static uint64_t id_of(const uint8_t random[SESSION_SECRET_BYTES])
{
    uint64_t id = u64le_read(random) >> 11;

    return id ? id : 1;
}

int sessions_open(struct sessions *sessions, const char *code,
                  const char *agent,
                  const uint8_t random[3 * SESSION_SECRET_BYTES],
                  uint64_t now_ms, struct session_halves *out, uint64_t *id,
                  uint64_t *ended, uint64_t *wait_ms)
{
    int status = use_link(sessions, code, now_ms, wait_ms);

    if (status)
        return status;
    write_secret(random, out->cookie);
    write_secret(random + SESSION_SECRET_BYTES, out->key);
    *id = id_of(random + 2 * SESSION_SECRET_BYTES);
    drop_ended(sessions, now_ms);
    *ended = make_place(sessions);
    struct session *session = &sessions->list[0];
    *session = (struct session){
        .id = *id,
        .halves = hash_of_halves(bytes_text(out->cookie), bytes_text(out->key)),
        .made_ms = now_ms,
        .used_ms = now_ms};
    sessions_take_agent(session, agent);
    return 0;
}

static void use(struct session *session, uint64_t now_ms)
{
    if (now_ms > session->used_ms)
        session->used_ms = now_ms;
}

/* All are looked at, so that the time says nothing of which it is. */
const struct session *sessions_find(struct sessions *sessions,
                                    struct bytes cookie, struct bytes key,
                                    uint64_t now_ms)
{
    struct session *found = NULL;

    /* Of any other size, another split could have the same hash. */
    if (cookie.size != SECRET_DIGITS || key.size != SECRET_DIGITS)
        return NULL;
    const struct hash halves = hash_of_halves(cookie, key);

    drop_ended(sessions, now_ms);
    for (size_t i = 0; i < sessions->count; i++)
        if (is_same(&sessions->list[i].halves, &halves))
            found = &sessions->list[i];
    if (found)
        use(found, now_ms);
    return found;
}

bool sessions_is_open(struct sessions *sessions, uint64_t id, bool is_used,
                      uint64_t now_ms)
{
    drop_ended(sessions, now_ms);
    for (size_t i = 0; i < sessions->count; i++) {
        if (sessions->list[i].id != id)
            continue;
        if (is_used)
            use(&sessions->list[i], now_ms);
        return true;
    }
    return false;
}

const struct session *sessions_at(const struct sessions *sessions, size_t place)
{
    return place < sessions->count ? &sessions->list[place] : NULL;
}

int sessions_know(struct sessions *sessions, uint64_t id)
{
    for (size_t i = 0; i < sessions->count; i++)
        if (sessions->list[i].id == id) {
            sessions->list[i].is_known = true;
            return 0;
        }
    return err_set(ERR_NOT_FOUND, "there is no such session");
}

int sessions_forget(struct sessions *sessions, uint64_t id)
{
    for (size_t i = 0; i < sessions->count; i++)
        if (sessions->list[i].id == id) {
            remove_at(sessions, i);
            return 0;
        }
    return err_set(ERR_NOT_FOUND, "there is no such session");
}

void sessions_forget_all(struct sessions *sessions)
{
    while (sessions->count)
        remove_at(sessions, sessions->count - 1);
    memset(sessions->links, 0, sizeof(sessions->links));
    memset(sessions->proofs, 0, sizeof(sessions->proofs));
}

/* ---- proofs ---- */

int sessions_may_try(struct sessions *sessions, uint64_t now_ms,
                     uint64_t *wait_ms)
{
    return guess_brake_ask(&sessions->passphrases, now_ms, wait_ms);
}

void sessions_tried(struct sessions *sessions, bool is_right, uint64_t now_ms)
{
    if (is_right)
        sessions->passphrases = (struct guess_brake){0};
    else
        guess_brake_wrong(&sessions->passphrases, now_ms);
}

static bool is_open_proof(const struct proof *proof, uint64_t now_ms)
{
    return proof->is_there &&
           !is_over(proof->made_ms, SESSION_PROOF_MS, now_ms);
}

void sessions_prove(struct sessions *sessions, uint64_t session,
                    const uint8_t random[SESSION_SECRET_BYTES], uint64_t now_ms,
                    char proof[SESSION_SECRET_SIZE], uint64_t *expires_ms)
{
    struct proof *place = &sessions->proofs[0];

    for (size_t i = 0; i < SESSION_PROOFS_MAX; i++) {
        if (!is_open_proof(&sessions->proofs[i], now_ms)) {
            place = &sessions->proofs[i];
            break;
        }
        if (sessions->proofs[i].made_ms < place->made_ms)
            place = &sessions->proofs[i];
    }
    write_secret(random, proof);
    *place = (struct proof){.text = hash_of(bytes_text(proof)),
                            .session = session,
                            .made_ms = now_ms,
                            .is_there = true};
    *expires_ms = now_ms + SESSION_PROOF_MS;
}

bool sessions_take_proof(struct sessions *sessions, uint64_t session,
                         const char *proof, uint64_t now_ms)
{
    const struct hash hash = hash_of(bytes_text(proof));

    for (size_t i = 0; i < SESSION_PROOFS_MAX; i++) {
        struct proof *place = &sessions->proofs[i];

        if (!is_open_proof(place, now_ms) || place->session != session ||
            !is_same(&place->text, &hash))
            continue;
        place->is_there = false;
        return true;
    }
    return false;
}
