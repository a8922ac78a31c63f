/*
 * What the files of the machine share: its state, and the steps that one of
 * them leaves to another.
 *
 *     consensus_state.c   windows, and the queue of what is to be done
 *     consensus_blocks.c  what is known of blocks; certified and final
 *     consensus_votes.c   votes and certificates as they come
 *     consensus_rules.c   what is voted
 *     consensus_pull.c    what is asked of others, and answered
 *     consensus_timer.c   when waiting ends
 *     consensus_forgotten.c  how one that forgot its votes comes to vote again
 *     consensus.c         life, and what comes in
 *
 * Each uses those above it.
 */
#ifndef POND_CONSENSUS_CONSENSUS_INTERNAL_H
#define POND_CONSENSUS_CONSENSUS_INTERNAL_H

#include "consensus/consensus.h"
#include "consensus/vote_pool.h"

#define CONSENSUS_MAGIC 0x434f4e53u

/* Blocks of one slot: one that this machine voted for, one that is certified,
 * and room for two that a leader may have made besides. */
#define BLOCKS_OF_SLOT_MAX 4

/* Old windows with certified blocks that are not final: as many as a validator
 * fetches one by one (SLOTS_AHEAD_MAX). Only an error lets them be so many. */
#define WINDOWS_UNFINAL_MAX 256

struct known_block {
    struct consensus_block block; /* a hash alone, where there is no header */
    struct hash state;
    bool is_there; /* this room is in use */
    bool has_header;
    bool is_executed;
    bool is_invalid;
    bool has_state;
    bool is_certified;
    uint64_t want_ns; /* when it is asked for, or again; 0: at once */
};

struct window {
    uint64_t number;
    uint16_t leader;
    struct vote_pool *pool;
    struct known_block blocks[WINDOW_SLOTS][BLOCKS_OF_SLOT_MAX];
    bool is_twofold[WINDOW_SLOTS]; /* its leader signed two of that slot */
    bool is_seen;                  /* something of the leader's came */
    bool is_kept[WINDOW_SLOTS];    /* its notarisation was told as KEEP */
    unsigned kept_from;            /* its nullification, likewise */
    unsigned covered_from;         /* by votes that are not here any more */
};

struct consensus_peer {
    bool is_up;
    bool is_bad;
    bool is_accused;    /* once is enough */
    uint64_t window;    /* the highest of its votes and statuses */
    uint64_t certified; /* the highest it said */
    uint64_t root_slot; /* the highest it said */
    bool has_forgotten; /* it said so last */
    bool has_answered;  /* it said where it is, and knows what it voted */
    uint64_t answer;    /* the lowest window that it was in then */
};

enum request_kind {
    REQUEST_VOTES,       /* held ones, which could be a quorum */
    REQUEST_CERTIFICATE, /* somebody's answer */
    REQUEST_ACCUSATION,  /* two votes that contradict each other */
};

/* Votes whose signatures are being checked. */
struct verify_request {
    struct verify_request *next;
    uint64_t number;
    enum request_kind kind;
    uint16_t from; /* who gave the certificate, or is accused */
    struct certificate certificate; /* kind and slot; the votes are here */
};

/* What was made and may not leave yet, with the record that it waits for. */
struct queued_output {
    struct queued_output *next;
    uint64_t after; /* the sequence that has to be durable */
    struct consensus_output output;
};

struct output_queue {
    struct queued_output *first;
    struct queued_output **end;
};

/* A question under way, and when another peer is asked. */
struct asking {
    bool is_on;
    struct consensus_question question;
    uint16_t peer;
    uint64_t until_ns;
};

struct consensus {
    uint32_t magic;
    const struct validator_set *set;
    size_t count;
    uint16_t self;
    uint64_t delta_ns;
    uint64_t slot_ns;
    bool is_halted;
    bool has_forgotten; /* what it voted */
    bool is_stuck;      /* more have forgotten than may */

    struct consensus_block root;
    struct certificate root_proof; /* no votes: none is known */

    /* By rising number: the root's, those from closed_before to the one after
     * the current, those ahead of which something is known; and of those
     * between, which are passed and have no votes any more, the ones that have
     * a certified block. The others of these were given up whole. */
    struct window **windows;
    uint64_t closed_before;
    size_t window_count;
    size_t window_capacity;

    uint64_t current;           /* R6 */
    uint64_t highest_certified; /* a slot */
    uint64_t entered_ns;        /* t0 of the current window */
    /* The genesis' times, stretched while nothing becomes final. */
    uint64_t timer_delta_ns;
    uint64_t timer_slot_ns;
    uint64_t resend_ns; /* when votes are sent again if nothing moves */
    uint64_t resend_wait_ns;
    uint64_t due_ns; /* when something is to be done though nothing comes */

    struct vote_record record;
    bool is_record_changed;
    uint64_t durable; /* the sequence that is */

    struct {
        bool is_on;    /* this validator leads the current window */
        bool is_asked; /* LEAD is out for the slot */
        uint64_t slot; /* the next to be made */
        uint64_t parent_slot;
        struct hash parent;
        uint64_t due_ns;
    } lead;

    struct consensus_peer *peers; /* one a validator */
    struct asking behind;         /* evidence of the current window */
    struct asking parent;         /* certificates for a proposal */

    struct verify_request *requests;
    uint64_t request_number;
    struct vote *scratch; /* room for one vote a validator */

    struct output_queue ready;
    struct output_queue held;
};

/* ---- consensus_state.c ---- */

/* The window, or NULL if it is not here. */
struct window *consensus_window(const struct consensus *consensus,
                                uint64_t number);
/* The same, and made if it is not here. Not before the root's. */
struct window *consensus_add_window(struct consensus *consensus,
                                    uint64_t number);
/* The first place of a window that a quorum gave up; WINDOW_SLOTS: none. */
unsigned consensus_covered_from(const struct consensus *consensus,
                                uint64_t number);
/* The first slot from there on that is not covered; end: none before it. */
uint64_t consensus_first_uncovered(const struct consensus *consensus,
                                   uint64_t from, uint64_t end);
/* Drop those before the root's. */
void consensus_drop_windows(struct consensus *consensus);
/* Forget the votes of those far before the current one, and the windows
 * without a certified block whole. */
void consensus_close_windows(struct consensus *consensus);
/* Are there so many certified blocks that are not final that no more may be
 * made? */
bool consensus_is_full(const struct consensus *consensus);
/* Does this machine vote? */
bool consensus_votes(const struct consensus *consensus);
/* Add an output; it is zero but for its act and peer (all), and valid until the
 * next one is added. */
struct consensus_output *consensus_say(struct consensus *consensus,
                                       enum consensus_act act);
/* The same for what may leave when the record, with what the caller changes in
 * it now, is durable. */
struct consensus_output *consensus_say_after(struct consensus *consensus,
                                             enum consensus_act act);
void consensus_open_state(struct consensus *consensus);
void consensus_free_state(struct consensus *consensus);

/* ---- consensus_blocks.c ---- */

struct known_block *known_block_find(struct window *window, uint64_t slot,
                                     const struct hash *hash);
/* Find it, or make room for it; NULL: others that matter fill the room. */
struct known_block *known_block_add(struct consensus *consensus,
                                    struct window *window, uint64_t slot,
                                    const struct hash *hash);
/* The certified block of a slot, NULL if there is none. */
struct known_block *known_block_certified(const struct consensus *consensus,
                                          uint64_t slot);
/* Is it known, by unchecked votes of their own connections, that somebody
 * honest has executed it? */
bool known_block_is_backed(const struct consensus *consensus,
                           const struct window *window,
                           const struct known_block *known);
/* The functions named take return the window
 * where something changed, or NULL. */
struct window *consensus_take_block(struct consensus *consensus,
                                    const struct consensus_block *block,
                                    enum consensus_news news,
                                    const struct hash *state);
/* R1: mark what the window's votes certify. True: something new is. */
bool consensus_certify(struct consensus *consensus, struct window *window);
/* A finalisation of that window was checked. */
void consensus_mark_final(struct consensus *consensus, struct window *window,
                          const struct certificate *certificate);
/* R7: move the root if votes make a block final. True: it moved. */
bool consensus_finish(struct consensus *consensus);

/* ---- consensus_votes.c ---- */

/* True: the vote is news, so that what it makes possible is to be done. Most
 * votes are held until there are more of them, and change nothing. */
bool consensus_take_vote(struct consensus *consensus, uint16_t from,
                         const struct vote *vote, struct window **window);
void consensus_take_certificate(struct consensus *consensus, uint16_t from,
                                const struct certificate *certificate);
struct window *consensus_take_verified(struct consensus *consensus,
                                       uint64_t number, const bool *is_good);
void consensus_free_requests(struct consensus *consensus);

/* ---- consensus_rules.c ---- */

/* R6: move on over certified and covered slots. True: the slot changed. */
bool consensus_advance(struct consensus *consensus);
/* Vote as R3 and R5 allow, and lead. */
void consensus_act_now(struct consensus *consensus, struct window *window);
/* R4: may the current slot be given up by this validator? */
bool consensus_may_give_up(const struct consensus *consensus);
void consensus_give_up(struct consensus *consensus);
/* The parent that a leader of the current window takes: the highest certified
 * block. NULL: it is not known which. */
struct known_block *consensus_parent(const struct consensus *consensus);
/* The driver can't lead that slot. */
void consensus_stop_leading(struct consensus *consensus, uint64_t slot);

/* ---- consensus_pull.c ---- */

/* Ask for what is missing, and again if no answer came. */
void consensus_pull(struct consensus *consensus, uint64_t now_ns);
uint64_t consensus_pull_due_ns(const struct consensus *consensus);
/* Is the peer further than this machine? */
bool consensus_is_ahead(const struct consensus *consensus, uint16_t index);
/* Send a peer, or all, what this validator voted above the root. */
void consensus_resend(struct consensus *consensus, uint16_t peer);
/* True: the peer is further than this machine now, or not any more, or has
 * answered where it is. */
bool consensus_take_peer(struct consensus *consensus, uint16_t peer,
                         const struct consensus_status *status);

/* ---- consensus_forgotten.c ---- */

/* A peer's status as an answer to where it is. True: it says something new. */
bool consensus_hear_answer(struct consensus *consensus, uint16_t peer,
                           const struct consensus_status *status);
/* If enough have answered: begin a record from which on may be voted. */
void consensus_recall(struct consensus *consensus);

/* ---- consensus_timer.c ---- */

/* The current window begins. */
void consensus_enter(struct consensus *consensus, uint64_t now_ns);
/* Give up the current slot if its time has come, and send votes again if
 * nothing moved for long. */
void consensus_time(struct consensus *consensus, uint64_t now_ns);
/* When that, or asking again, is due next. */
uint64_t consensus_next_ns(const struct consensus *consensus);

#endif
