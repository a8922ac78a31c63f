/*
 * One of the validators that agree on blocks: the consensus machine
 * (consensus/consensus.h), the bytes of the blocks above the root, and what is
 * missing of them.
 *
 *   peers ──frames──▶ replica ──EXECUTE, LEAD, CERTIFY, FINAL──▶ execution
 *         ◀──SEND───          ◀──executed, state, made, unled───
 *                             ──APPEND, RECORD──▶ write-ahead log
 *                             ◀─────durable──────
 *
 * A block is told to the machine as executed when it was executed here and its
 * bytes were given out as APPEND. A vote leaves when the RECORD that has it is
 * durable, which is after everything that was given out before it. So a vote
 * never leaves before the block it speaks of is on disk, and FINAL is told only
 * when the block is.
 *
 * Blocks come from the slot's leader unasked. What a quorum voted for and is
 * not here is asked for by its hash: headers back to a block that is here, then
 * bodies in chunks, each checked against the header's root, of whoever has
 * them, one peer after the other. So nothing that a peer says has to be
 * believed. A validator that is behind gets in this way what is up to
 * REPLICA_SLOTS_AHEAD_MAX slots ahead of its root.
 *
 * Everything from outside has a bound (REPLICA_*_MAX, replica_counters); what
 * is beyond is dropped and counted, and who breaks the protocol is cut off.
 *
 * Pure: no clock, thread, file or socket. Times, frames and outcomes come in;
 * replica_next() says what is to be done. Simulations drive it as cluster.h
 * does.
 *
 * Thread: not thread-safe.
 */
#ifndef POND_SETTLEMENT_CLUSTER_REPLICA_H
#define POND_SETTLEMENT_CLUSTER_REPLICA_H

#include "consensus/consensus.h"
#include "peer/peer_frame.h"
#include "settlement/cluster/cluster_message.h"
#include "settlement/cluster/replica_counters.h"

/* How far ahead of the root blocks are fetched, and how far back they are given
 * to others. Who is further behind begins from a snapshot. */
#define REPLICA_SLOTS_AHEAD_MAX 1024

/* The most bytes of a block in a network of several: two cores execute it in
 * half a slot. */
#define REPLICA_BLOCK_SIZE_MAX (8u << 20)

/* How far ahead of this machine's clock a block may be; one that is more waits,
 * unless a quorum voted for it, or its parent allows no earlier one. */
#define REPLICA_BLOCK_AHEAD_MS 500

/* Slots after the current one of which a leader's block is taken. */
#define REPLICA_SLOTS_EARLY_MAX 8

/* Blocks of a slot that are taken from its leader: the second one shows that it
 * is not honest. */
#define REPLICA_BLOCKS_OF_SLOT_MAX 2

/* Bodies of final blocks that stay in memory for those who ask; older ones are
 * read from the disk. A few full blocks: who asks for them is a window behind,
 * or far more. */
#define REPLICA_CACHE_BYTES_MAX (4u << 20)

struct leader_schedule;

/* Bytes of certificates from the log that fit an answer. */
#define REPLICA_LOADED_MAX (56u << 10)

/* Both clocks of the machine. */
struct replica_clock {
    uint64_t ns;      /* monotonic: never less than before */
    uint64_t unix_ms; /* may jump */
};

/* Votes' signatures: ed25519 under cluster.c, something cheap in simulations.
 */
struct replica_signing {
    void (*sign)(void *user, struct vote *vote);
    void (*check)(void *user, const struct vote *votes, size_t count,
                  bool *is_good);
    void *user;
};

struct replica_options {
    const struct validator_set *set;  /* borrowed, as what follows */
    struct leader_schedule *schedule; /* of the same validators */
    uint16_t self;                    /* its index, or CONSENSUS_NONE */
    struct replica_signing signing;
    /* The newest final block that is executed and on disk. */
    uint64_t root_slot;
    struct hash root;
    uint64_t root_unix_ms;
    /* What this validator voted; NULL: it has forgotten (consensus.h). For the
     * call. */
    const struct vote_record *record;
    bool has_forgotten; /* the record is not to be believed */
    /* The block that all operators go on from, if it is after the root: it is
     * brought here and executed, and is final then without a vote. Only then
     * this validator votes. 0: there is none. */
    uint64_t restart_slot;
    struct hash restart;
    uint64_t delta_ms;
    uint64_t slot_ms;
};

struct replica;

struct replica *replica_new(const struct replica_options *options,
                            struct replica_clock clock);
void replica_free(struct replica *replica); /* NULL is allowed */

/* ---- what comes in; index: a validator's, not one's own ---- */

/* A block or a certificate of the log, after a restart, before anything else
 * comes in. The bytes are copied. Blocks of the last REPLICA_SLOTS_AHEAD_MAX
 * slots below the root may be given, too. ERR_INVALID, ERR_CORRUPT: it is
 * none. */
int replica_restore_block(struct replica *replica, struct replica_clock clock,
                          struct bytes block);
int replica_restore_certificate(struct replica *replica,
                                struct replica_clock clock,
                                struct bytes certificate);

/* The vote lane to a validator stands, or is gone. */
void replica_peer(struct replica *replica, struct replica_clock clock,
                  uint16_t index, bool is_up);

/* A frame of either lane; the body is borrowed for the call. */
void replica_frame(struct replica *replica, struct replica_clock clock,
                   uint16_t index, uint8_t kind, struct bytes body);

/* The outcome of TRANSACTIONS, once for each. is_wrong: a signature does not
 * verify, so their sender has not verified it before: BAN. */
void replica_transactions_checked(struct replica *replica, uint16_t index,
                                  bool is_wrong);

/* A validator gave another thing than votes or transactions that is not signed
 * as it must be: BAN. */
void replica_refuse(struct replica *replica, uint16_t index);

enum replica_verdict {
    REPLICA_VALID,
    REPLICA_INVALID,
    REPLICA_LATER, /* its parent is not there, there is no room, or its bytes
                      have changed in memory: it is given out again after the
                      time of a message */
};

/* The outcome of EXECUTE. */
void replica_executed(struct replica *replica, struct replica_clock clock,
                      const struct hash *hash, enum replica_verdict verdict);

/* The state after a block that was executed or made. */
void replica_state(struct replica *replica, struct replica_clock clock,
                   const struct hash *hash, const struct hash *state);

/* The block of the slot of LEAD, encoded; start_ns: when its slot began. The
 * bytes are copied. */
void replica_made(struct replica *replica, struct replica_clock clock,
                  struct bytes block, uint64_t start_ns);

/* There is no block of the slot of LEAD. */
void replica_unled(struct replica *replica, struct replica_clock clock,
                   uint64_t slot);

/* Every APPEND and RECORD up to that ticket is durable. */
void replica_durable(struct replica *replica, struct replica_clock clock,
                     uint64_t ticket);

/* The outcome of LOAD; empty: the log does not have it. */
void replica_loaded(struct replica *replica, struct replica_clock clock,
                    const struct hash *hash, struct bytes block);

/* The outcome of LOAD_CERTIFICATES: those of the windows from the one of slot
 * on, CONSENSUS_WINDOWS_ANSWERED of them, by rising slot, each as
 * cluster_answer_add() appends it; at most REPLICA_LOADED_MAX bytes and
 * CLUSTER_CERTIFICATES_MAX of them. */
void replica_loaded_certificates(struct replica *replica,
                                 struct replica_clock clock, uint64_t slot,
                                 struct bytes things);

/* Time has passed. To be called at replica_due_ns() at the latest. */
void replica_tick(struct replica *replica, struct replica_clock clock);
uint64_t replica_due_ns(const struct replica *replica);

/* ---- what is to be done ---- */

enum replica_act {
    REPLICA_SEND, /* a frame to index, or to all (CONSENSUS_ALL) */
    /* End the connections to index; it may come again. */
    REPLICA_CUT,
    /* End them, and have nothing to do with it any more. */
    REPLICA_BAN,
    REPLICA_EXECUTE, /* replica_executed(), and replica_state() if it is valid;
                        its parent was given out before, or is the root */
    REPLICA_LEAD,    /* replica_made() or replica_unled() */
    REPLICA_CERTIFY, /* a quorum has voted for the block */
    REPLICA_FINAL,   /* the block is final; in order, without a gap */
    /* To the write-ahead log; tickets rise by one from 1. */
    REPLICA_APPEND,
    REPLICA_RECORD,
    REPLICA_LOAD, /* read a block from the log; replica_loaded() */
    /* Read certificates from the log; replica_loaded_certificates(). */
    REPLICA_LOAD_CERTIFICATES,
    REPLICA_TRANSACTIONS, /* index sent them for the mempool;
                             replica_transactions_checked() */
    /* A vote of index for the block was checked, and holds: notarize or
     * finalize, of the newest slots, each once. */
    REPLICA_VOTED,
    /* index signed two things that an honest validator does not sign both: two
     * votes, or two headers of a slot. */
    REPLICA_ACCUSE,
    /* A quorum agreed on another state after the block than there is here. */
    REPLICA_HALT,
    /* Too many validators have forgotten their votes: CONSENSUS_STUCK. */
    REPLICA_STUCK,
};

/* What is borrowed is valid until the next call of replica_next(). */
struct replica_output {
    enum replica_act act;
    uint16_t index;
    enum peer_lane lane; /* SEND */
    uint8_t kind;        /* SEND: enum cluster_kind */
    struct bytes bytes;  /* SEND: the body; EXECUTE, APPEND: encoded;
                            TRANSACTIONS: as cluster_message.h has them */
    uint64_t slot;       /* LEAD, CERTIFY, FINAL, APPEND, HALT, ACCUSE */
    struct hash hash;    /* all but SEND, RECORD, LEAD; of a certificate its
                            block, or zero */
    struct hash parent;  /* LEAD */
    uint64_t due_ns;     /* LEAD */
    uint64_t ticket;     /* APPEND, RECORD */
    bool may_wait;       /* APPEND, RECORD: for replica_idle_ms() */
    bool is_block;       /* APPEND: or a certificate */
    enum vote_kind vote_kind;         /* APPEND of a certificate */
    const struct vote_record *record; /* RECORD */
    bool is_header;                   /* ACCUSE: two headers, or two votes */
    struct vote votes[2];             /* ACCUSE; VOTED: one */
};

/* The next thing to be done; false: nothing is. To be asked after every call
 * until it is false. */
bool replica_next(struct replica *replica, struct replica_output *output);

/* How long what is put into the log while the chain is idle may wait for more,
 * so that they are committed together. Nothing grows old by it: it is less than
 * validators wait for a vote. */
uint64_t replica_idle_ms(const struct replica *replica);

/* ---- to look at ---- */

void replica_status(const struct replica *replica,
                    struct consensus_status *out);

/* Who leads the current window, and the next: whom transactions are sent to. */
void replica_leaders(const struct replica *replica, uint16_t *current,
                     uint16_t *next);

struct replica_peer_view {
    bool is_up;
    bool is_banned;
    bool has_status;
    struct cluster_status status; /* the newest */
    uint64_t last_vote;           /* the highest slot it voted for */
};
void replica_peer_view(const struct replica *replica, uint16_t index,
                       struct replica_peer_view *out);

/* For operators. */
struct replica_health {
    uint64_t up_stake; /* of those that are connected, and one's own */
    bool has_quorum;
    bool is_halted;
    /* What the others' clocks are ahead of this one: the median by stake. */
    int64_t clock_ms;
    /* Slots that more than a third of the stake says it is ahead of the root;
     * above REPLICA_SLOTS_AHEAD_MAX they can't be fetched. */
    uint64_t behind_slots;
    uint64_t fetching; /* blocks that are being asked for */
};
void replica_health(const struct replica *replica, struct replica_health *out);

/* Since it was made. */
void replica_counters(const struct replica *replica,
                      struct replica_counters *out);

#endif
