/*
 * Inside the sessions: their state, shared by sessions.c and sessions_text.c,
 * which reads and writes what survives a restart.
 */
#ifndef POND_NODE_PAGE_SESSIONS_STATE_H
#define POND_NODE_PAGE_SESSIONS_STATE_H

#include "node/page/guess_brake.h"
#include "node/page/sessions.h"

/* Open ones, and used ones that are remembered for the rest of their ten
 * minutes, so that a second use is told from a wrong code. */
#define LINKS_KEPT (2 * SESSION_LINKS_MAX)

struct link {
    struct hash code;
    uint64_t made_ms;
    bool is_there, is_used;
};

struct proof {
    struct hash text;
    uint64_t session, made_ms;
    bool is_there;
};

/*
 * Invariants: list[0 .. count) are open or have ended without being noticed,
 * the newest first; none of the others is read.
 */
struct sessions {
    char instance[SESSION_INSTANCE_SIZE];
    uint16_t port;
    struct session list[SESSIONS_MAX];
    size_t count;
    struct link links[LINKS_KEPT];
    struct proof proofs[SESSION_PROOFS_MAX];
    struct guess_brake codes, passphrases;
};

/* Has it ended by itself? */
bool sessions_is_ended(const struct session *session, uint64_t now_ms);

/* As it is kept and shown. */
void sessions_take_agent(struct session *session, const char *text);

#endif
