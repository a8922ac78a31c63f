/*
 * The browsers that are connected to this node, and how one becomes connected.
 *
 * A link carries a code that opens one session, once, within ten minutes. A
 * session has two halves: a cookie, which the browser sends to every port of
 * 127.0.0.1, and a key, which only the page's own origin can read. Neither
 * opens anything alone, and this module keeps only the hash of both.
 *
 * A passphrase that was right makes a proof: good for one order within a
 * minute, of the session that gave the passphrase.
 *
 * Wrong codes and wrong passphrases are slowed down: after five in a row one
 * attempt in 1, 2, 4 ... 60 seconds. Nobody is locked out for good, and a right
 * code is taken at any time, because 256 bits are not guessed.
 *
 * Pure: time (Unix ms) and randomness are arguments. What has to survive a
 * restart is a text (sessions_write()), which holds no half and no code.
 */
#ifndef POND_NODE_PAGE_SESSIONS_H
#define POND_NODE_PAGE_SESSIONS_H

#include "base/buffer.h"
#include "crypto/key.h"
#include <stdbool.h>

#define SESSIONS_MAX 8
#define SESSION_LINKS_MAX 4
#define SESSION_PROOFS_MAX 16
#define SESSION_UNUSED_MS (7ull * 24 * 3600 * 1000)
#define SESSION_AGE_MS (30ull * 24 * 3600 * 1000)
#define SESSION_LINK_MS (10ull * 60 * 1000)
#define SESSION_PROOF_MS (60ull * 1000)

/* Codes, halves and proofs: 256 random bits, as hexadecimal text. */
#define SESSION_SECRET_BYTES 32
#define SESSION_SECRET_SIZE (2 * SESSION_SECRET_BYTES + 1)

/* A browser's User-Agent; a longer one is cut. */
#define SESSION_AGENT_SIZE 201
/* What tells nodes' cookies apart on one host. */
#define SESSION_INSTANCE_SIZE 7

struct session {
    uint64_t id; /* never 0 */
    struct hash halves;
    uint64_t made_ms, used_ms;
    bool is_known; /* its owner has said that it was they who connected it */
    char agent[SESSION_AGENT_SIZE]; /* UTF-8 without control characters */
};

struct sessions;

/* 32 random bytes for the instance's name. */
struct sessions *sessions_new(const uint8_t random[SESSION_SECRET_BYTES]);
void sessions_free(struct sessions *sessions); /* NULL is allowed */

/* The text of an earlier life. Sessions that have ended by now are left out.
 * ERR_INVALID for what is no such text; then nothing has changed. */
int sessions_read(struct sessions *sessions, struct bytes text,
                  uint64_t now_ms);
void sessions_write(const struct sessions *sessions, struct buffer *out);

const char *sessions_instance(const struct sessions *sessions);

/* The port of the last start, 0 before the first. Another one is another
 * origin, and the old one may be a stranger's by now: all sessions end. */
uint16_t sessions_port(const struct sessions *sessions);
void sessions_set_port(struct sessions *sessions, uint16_t port);

/* ---- links ---- */

/* The oldest of four gives way. */
void sessions_link(struct sessions *sessions,
                   const uint8_t random[SESSION_SECRET_BYTES], uint64_t now_ms,
                   char code[SESSION_SECRET_SIZE], uint64_t *expires_ms);

/* What a browser is given, once. Wipe it. */
struct session_halves {
    char cookie[SESSION_SECRET_SIZE];
    char key[SESSION_SECRET_SIZE];
};

/* Open a session with a code. random: three times SESSION_SECRET_BYTES. The
 * session that was unused for longest gives way to a ninth: *ended is its id,
 * else 0. ERR_DENIED: the code was used; ERR_NOT_FOUND: there is no such code,
 * or it is too old; ERR_LIMIT: too many wrong ones, and *wait_ms says how long.
 */
int sessions_open(struct sessions *sessions, const char *code,
                  const char *agent,
                  const uint8_t random[3 * SESSION_SECRET_BYTES],
                  uint64_t now_ms, struct session_halves *out, uint64_t *id,
                  uint64_t *ended, uint64_t *wait_ms);

/* ---- sessions ---- */

/* The session of these two halves, which counts as used now; or NULL. Valid
 * until the next change. */
const struct session *sessions_find(struct sessions *sessions,
                                    struct bytes cookie, struct bytes key,
                                    uint64_t now_ms);

/* Is it still there? is_used: it counts as used now. */
bool sessions_is_open(struct sessions *sessions, uint64_t id, bool is_used,
                      uint64_t now_ms);

/* One after the other, the newest first; NULL at the end. */
const struct session *sessions_at(const struct sessions *sessions,
                                  size_t place);

/* It is known from now on. ERR_NOT_FOUND. */
int sessions_know(struct sessions *sessions, uint64_t id);

/* ERR_NOT_FOUND. Links and proofs of it go, too. */
int sessions_forget(struct sessions *sessions, uint64_t id);
/* All of them, and all links. */
void sessions_forget_all(struct sessions *sessions);

/* ---- proofs ---- */

/* May a passphrase be tried now? ERR_LIMIT with *wait_ms. */
int sessions_may_try(struct sessions *sessions, uint64_t now_ms,
                     uint64_t *wait_ms);
/* How the attempt went. */
void sessions_tried(struct sessions *sessions, bool is_right, uint64_t now_ms);

/* session 0: of the bearer. */
void sessions_prove(struct sessions *sessions, uint64_t session,
                    const uint8_t random[SESSION_SECRET_BYTES], uint64_t now_ms,
                    char proof[SESSION_SECRET_SIZE], uint64_t *expires_ms);

/* Use it up. False if there is none of that session, or it is too old. */
bool sessions_take_proof(struct sessions *sessions, uint64_t session,
                         const char *proof, uint64_t now_ms);

#endif
