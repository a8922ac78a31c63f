/*
 * How validators agree on each slot: either on one block and the state after
 * it, or on there being none.
 *
 * The protocol is Simplex (Chan and Pass, eprint 2023/463) with windows of
 * slots that one leader has in a row; docs/consensus.md says the rules and why
 * they hold. A slot is certified by a quorum of notarize votes, covered (given
 * up) by a quorum of nullify votes, and final by a quorum of finalize votes.
 *
 * This is a machine without clock, thread, file or socket. Time, votes, blocks
 * and answers come in as arguments; consensus_next() says what is to be done.
 * The same inputs in the same order give the same outputs. So it runs under
 * simulation, and there it is tested.
 *
 * Blocks are known by their names here: who receives, checks, executes and
 * keeps them is the driver.
 *
 * Time is the driver's monotonic time in nanoseconds, never less than before.
 *
 * Memory is bounded by the number of validators, also where nothing becomes
 * final: of windows more than CONSENSUS_WINDOWS_BACK before the current one
 * only the certified blocks are kept, and no more of these are made once there
 * are too many.
 *
 * Thread: not thread-safe.
 */
#ifndef POND_CONSENSUS_CONSENSUS_H
#define POND_CONSENSUS_CONSENSUS_H

#include "consensus/certificate.h"
#include "consensus/vote_record.h"

/* Instead of a validator's index: every other validator; or none, of a machine
 * that only watches. */
#define CONSENSUS_ALL UINT16_MAX
#define CONSENSUS_NONE UINT16_MAX

/* Windows back of which certificates and finalize votes are still made. */
#define CONSENSUS_WINDOWS_BACK 32
/* Windows of which one answer gives the evidence. */
#define CONSENSUS_WINDOWS_ANSWERED 32

struct consensus_options {
    const struct validator_set *set; /* borrowed for the machine's life */
    uint16_t self;                   /* its index, or CONSENSUS_NONE */
    /* The newest final block, and when it was due. Its finalisation, which was
     * kept, is to be given back: others may need it. */
    uint64_t root_slot;
    struct hash root;
    uint64_t root_time_ns;
    /* What this validator has voted. NULL: it has forgotten, and votes nothing
     * before it knows what it can't have voted. Who has never voted must say so
     * by vote_record_new(): that record is written once, by who makes the
     * validator's folder for a new network. A folder without one is not new but
     * has lost it. Borrowed for the call. */
    const struct vote_record *record;
    /* The record is not to be believed: of an old copy of the disk, say. Its
     * sequence counts all the same. */
    bool has_forgotten;
    uint64_t delta_ns; /* the longest time that a message should take */
    uint64_t slot_ns;
};

struct consensus;

/* What names the network in votes and records: the genesis' hash, until the
 * operators begin anew from a block of slot, because more than a third of the
 * stake has forgotten its votes. Then it is SHA-256("pond restart 1", network
 * before, slot u64, block hash): no vote from before counts, and no record.
 * That block is the root, and nobody has voted: each begins with
 * vote_record_new() of the root's window, once. */
struct hash consensus_network(const struct hash *before, uint64_t slot,
                              const struct hash *block);

struct consensus *consensus_new(const struct consensus_options *options,
                                uint64_t now_ns);
void consensus_free(struct consensus *consensus);

/* ---- what comes in ---- */

/* A vote from the connection of a validator, or, from itself, one that it has
 * signed as CONSENSUS_SIGN said. */
void consensus_vote(struct consensus *consensus, uint64_t now_ns, uint16_t from,
                    const struct vote *vote);

/* A certificate that somebody gave as an answer; its form was checked. from:
 * CONSENSUS_NONE if it was no validator of the set. After a restart the driver
 * gives back what CONSENSUS_KEEP gave it, as from nobody and by rising slot. */
void consensus_certificate(struct consensus *consensus, uint64_t now_ns,
                           uint16_t from,
                           const struct certificate *certificate);

/* The answer to CONSENSUS_VERIFY: for each of its votes, does it hold? */
void consensus_verified(struct consensus *consensus, uint64_t now_ns,
                        uint64_t request, const bool *is_good);

/* What the machine knows of a block. */
struct consensus_block {
    uint64_t slot;
    struct hash hash;
    uint64_t parent_slot;
    struct hash parent;
    uint64_t time_ns; /* its time in the driver's own: when its slot began */
};

enum consensus_news {
    /* Its header is here, and signed by the leader of its slot, as all that is
     * told of must be. A second one of the slot shows that the leader is not
     * honest. */
    CONSENSUS_HEADER,
    CONSENSUS_EXECUTED, /* it is whole, checked, executed, and on disk */
    CONSENSUS_INVALID,  /* it breaks a rule */
};

/* News of a block. state: after the block, if it is EXECUTED; it may come in a
 * later call, because its sum takes time. NULL: not known. */
void consensus_block(struct consensus *consensus, uint64_t now_ns,
                     const struct consensus_block *block,
                     enum consensus_news news, const struct hash *state);

/* Something valid of the leader's came for the current window, or the leader
 * signed two things for one place of a slot, which is worth no waiting. */
void consensus_leader_seen(struct consensus *consensus, uint64_t now_ns,
                           uint64_t slot, bool is_twofold);

struct consensus_status {
    uint64_t root_slot;
    struct hash root;
    uint64_t window;    /* that it is in */
    uint64_t certified; /* the highest certified slot */
    bool has_forgotten; /* what it voted */
    /* It has voted in later windows, and is not back there after a restart. */
    bool is_below_record;
};

/* A connection to a validator came, told its status, or went (NULL). A status
 * is one that the peer's machine gave after this machine began: of a connection
 * that was opened since, or in answer to a number that was drawn since. A
 * machine that has forgotten its votes relies on it. */
void consensus_peer(struct consensus *consensus, uint64_t now_ns, uint16_t peer,
                    const struct consensus_status *status);

/* CONSENSUS_PERSIST of that sequence, and every CONSENSUS_KEEP before it, are
 * durable. */
void consensus_persisted(struct consensus *consensus, uint64_t sequence);

/* The driver can't lead the slot that CONSENSUS_LEAD gave it. */
void consensus_cannot_lead(struct consensus *consensus, uint64_t now_ns,
                           uint64_t slot);

/* Time has passed. To be called at consensus_due_ns() at the latest. */
void consensus_tick(struct consensus *consensus, uint64_t now_ns);
/* When something is due next; UINT64_MAX: never. */
uint64_t consensus_due_ns(const struct consensus *consensus);

/* ---- questions of others ---- */

enum consensus_question_kind {
    /* What shows that a window and those after it were left: of each its
     * certificates, after the newest finalisation. */
    CONSENSUS_EVIDENCE = 1,
    /* What shows that a slot was certified (the first notarisation from it on
     * in its window), or that it was given up. */
    CONSENSUS_CERTIFIED = 2,
    CONSENSUS_COVERED = 3,
};

struct consensus_question {
    enum consensus_question_kind kind;
    uint64_t at; /* a window for EVIDENCE, else a slot */
};

/* Give each certificate that answers a question, from *place on, which begins
 * with 0. False: that was all. The certificate is to be freed. */
bool consensus_answer(const struct consensus *consensus,
                      const struct consensus_question *question, size_t *place,
                      struct certificate *out);

/* Of windows before that one the machine has no certificates any more, however
 * few blocks become final. What is asked about them is the driver's to answer,
 * from what CONSENSUS_KEEP gave it: for EVIDENCE those of the windows from at
 * on, CONSENSUS_WINDOWS_ANSWERED of them, by rising slot, after what
 * consensus_answer() gives. */
uint64_t consensus_first_window(const struct consensus *consensus);

void consensus_status(const struct consensus *consensus,
                      struct consensus_status *out);

/* ---- what is to be done ---- */

enum consensus_act {
    /* Sign the vote and give it to consensus_vote() as one's own. */
    CONSENSUS_SIGN,
    /* Send the vote to peer, which may be CONSENSUS_ALL. */
    CONSENSUS_SEND,
    /* Send the status to peer, which may be CONSENSUS_ALL. */
    CONSENSUS_TELL,
    /* Check the signatures of votes; consensus_verified(). */
    CONSENSUS_VERIFY,
    /* Write the record; consensus_persisted(). */
    CONSENSUS_PERSIST,
    /* Keep the certificate with the blocks, until its window lies before the
     * root's. */
    CONSENSUS_KEEP,
    /* Ask peer the question; each certificate of its answer goes to
     * consensus_certificate(). */
    CONSENSUS_ASK,
    /* Bring the block of that slot and hash here, and its ancestors; or tell
     * of it again, if it is here. A quorum voted for it (is_certified), or
     * somebody honest did: that one is not to be executed before its time. */
    CONSENSUS_WANT,
    /* Make the block of slot on the parent, not before due_ns, and say so by
     * consensus_block(). One at a time. */
    CONSENSUS_LEAD,
    /* The block of slot is certified, and all before it are. */
    CONSENSUS_CONFIRMED,
    /* The block of slot is final. They come in order, without a gap. */
    CONSENSUS_FINAL,
    /* Two votes that an honest validator does not give both; or, where other
     * is no vote (of kind 0), two blocks of a slot that it led. Once a peer. */
    CONSENSUS_ACCUSE,
    /* The peer broke the protocol: it is not listened to any more. */
    CONSENSUS_BAD,
    /* A quorum has another state after the block of slot than this machine:
     * nothing is voted any more. */
    CONSENSUS_HALT,
    /* So many validators have forgotten their votes that the others are no
     * quorum: nothing goes on, unless all operators begin anew together, from
     * one block (consensus_network()). It is said again if it was over. */
    CONSENSUS_STUCK,
};

/* What is borrowed is valid until the next call but consensus_next(). */
struct consensus_output {
    enum consensus_act act;
    uint16_t peer;
    struct vote vote;                   /* SIGN, SEND; the first of ACCUSE */
    struct vote other;                  /* ACCUSE */
    uint64_t request;                   /* VERIFY */
    const struct vote *votes;           /* VERIFY; borrowed until its answer */
    size_t count;                       /* VERIFY */
    uint64_t sequence;                  /* PERSIST */
    const struct vote_record *record;   /* PERSIST; borrowed */
    struct consensus_question question; /* ASK */
    uint64_t slot;          /* WANT, LEAD, CONFIRMED, FINAL, HALT, ACCUSE */
    bool is_certified;      /* WANT */
    struct hash hash;       /* WANT, CONFIRMED, FINAL, HALT, ACCUSE */
    struct hash other_hash; /* ACCUSE: the second block */
    struct hash state;      /* FINAL */
    uint64_t parent_slot;   /* LEAD */
    struct hash parent;     /* LEAD */
    uint64_t due_ns;        /* LEAD */
    struct certificate certificate; /* KEEP; the caller frees it */
};

/* The next thing to be done; false: nothing is. To be asked after every call
 * until it is false. */
bool consensus_next(struct consensus *consensus,
                    struct consensus_output *output);

#endif
