/*
 * What the endpoint may show of the validators: who they are, what they vote,
 * who signed which block, whether the network goes on. Whoever agrees on blocks
 * tells it here, and the endpoint's threads read it. Nobody waits for the
 * other; a lock is held while something is copied.
 *
 * Thread: any.
 */
#ifndef POND_SETTLEMENT_CLUSTER_CLUSTER_VIEW_H
#define POND_SETTLEMENT_CLUSTER_CLUSTER_VIEW_H

#include "base/arena.h"
#include "crypto/key.h"
#include "settlement/cluster/replica_counters.h"

/* Texts, each with its 0: an address is host:port. */
#define CLUSTER_TEXT_MAX 80

/* Blocks of which the signers are known, the newest; two a slot. */
#define CLUSTER_SIGNED_SLOTS 256
#define CLUSTER_SIGNED_BLOCKS 2

/* No slot, such as the last vote of one that has not voted. */
#define CLUSTER_NO_SLOT UINT64_MAX

struct cluster_validator {
    struct pubkey identity;
    struct pubkey vote; /* its vote account */
    uint64_t stake;     /* in roe */
    uint8_t commission; /* percent */
    bool is_connected;  /* to this node; itself is */
    /* What it said last; CLUSTER_NO_SLOT before that. */
    uint64_t root_slot;
    uint64_t last_vote;             /* cluster_view_vote() keeps it */
    char address[CLUSTER_TEXT_MAX]; /* for peers; empty: not known */
    char rpc[CLUSTER_TEXT_MAX];
    char version[CLUSTER_TEXT_MAX];
};

/* What came of this node's dealings with the others since it was started. */
struct cluster_counters {
    struct replica_counters replica;
    uint64_t connections_refused; /* too many, or banned */
    uint64_t handshakes_failed;
    /* Connections that were cut off: the other sent too much, took too slowly,
     * broke the protocol. */
    uint64_t cut_flood;
    uint64_t cut_slow;
    uint64_t cut_wrong;
    uint64_t transactions_forwarded; /* to leaders, once for each */
};

/* The state of this node among them. */
struct cluster_state {
    bool has_self; /* false: it only watches */
    uint16_t self; /* index among the validators */
    /* The highest slot that was proved certified, here or by another's word:
     * how far there is to go for a node that is behind. */
    uint64_t certified_slot;
    uint64_t final_ms; /* monotonic: when the newest final block became so */
    /* Why the network can't go on without its operators; empty: it can. */
    char halt[CLUSTER_TEXT_MAX * 4];
    struct cluster_counters counters;
};

enum cluster_signature { CLUSTER_NOTARIZED, CLUSTER_FINALIZED };

struct genesis_validator;

/* What is known of a validator from the genesis alone. */
struct cluster_validator
cluster_validator_of(const struct genesis_validator *validator);

struct cluster_view;

/* count validators, of whom nothing but this is known yet; copied. */
struct cluster_view *
cluster_view_new(const struct cluster_validator *validators, size_t count);
void cluster_view_free(struct cluster_view *view); /* NULL is allowed */

/* ---- Telling ---- */

void cluster_view_set_state(struct cluster_view *view,
                            const struct cluster_state *state);

/* Everything of a validator but last_vote. index: below the count (CHECKed). */
void cluster_view_set_validator(struct cluster_view *view, uint16_t index,
                                const struct cluster_validator *validator);

/* A validator's vote for the block of that hash is here and verified. Told
 * again it changes nothing. */
void cluster_view_vote(struct cluster_view *view, uint16_t index,
                       enum cluster_signature what, uint64_t slot,
                       const struct hash *hash);

/* ---- Asking ---- */

size_t cluster_view_count(const struct cluster_view *view);

void cluster_view_state(struct cluster_view *view, struct cluster_state *out);

/* Copies of all, in the order of their index, in the arena. */
struct cluster_validator *cluster_view_validators(struct cluster_view *view,
                                                  struct arena *arena);

/* Who signed the block: a bool a validator each, in the arena. */
struct cluster_signers {
    struct hash hash;
    bool *notarized;
    bool *finalized;
    uint64_t notarized_stake;
    uint64_t finalized_stake;
};

/* False: nothing is known of this block, or no longer. hash NULL: of the
 * slot's block with the most stake behind it. */
bool cluster_view_signers(struct cluster_view *view, uint64_t slot,
                          const struct hash *hash, struct arena *arena,
                          struct cluster_signers *out);

#endif
