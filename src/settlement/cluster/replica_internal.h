/*
 * What the files of the replica share: its state, and the steps that one of
 * them leaves to another.
 *
 *     replica_queue.c    what is to be done
 *     replica_blocks.c   the blocks above the root, and the newest below it
 *     replica_signers.c  who voted for what
 *     replica_order.c    which of them are executed when
 *     replica_repair.c   asking for what is missing
 *     replica_restart.c  the machine's beginning, and a new one by decree
 *     replica_answer.c   what the asked ones say
 *     replica_serve.c    the questions of others
 *     replica_pieces.c   blocks as their leaders send them
 *     replica_frames.c   frames of peers, and how many are taken
 *     replica_act.c      what the machine wants done
 *     replica.c          life, and what comes in
 *     replica_view.c     what others may look at
 *
 * Each uses those above it.
 */
#ifndef POND_SETTLEMENT_CLUSTER_REPLICA_INTERNAL_H
#define POND_SETTLEMENT_CLUSTER_REPLICA_INTERNAL_H

#include "base/map.h"
#include "base/rate.h"
#include "settlement/cluster/replica.h"
#include "settlement/format/block_header.h"
#include "settlement/format/chunk_tree.h"

#define REPLICA_MAGIC 0x5245504cu

/* Blocks above the root that are known: a slot's certified one, and what
 * leaders may have made besides. */
#define REPLICA_BLOCKS_MAX (2 * REPLICA_SLOTS_AHEAD_MAX)

/* Given to be executed and not answered: enough that the executing thread never
 * waits, and few, because each is copied. */
#define REPLICA_ORDERED_MAX 32
/* And their bytes, of which the execution has a copy: two blocks of the largest
 * size, so that one comes after the other without a pause. */
#define REPLICA_ORDERED_BYTES_MAX (2 * REPLICA_BLOCK_SIZE_MAX)

/* Chunks that one question asks for, and questions of a body at once. */
#define REPLICA_RANGES_MAX                                                     \
    (REPLICA_BLOCK_SIZE_MAX / CHUNK_SIZE_BYTES / CLUSTER_CHUNKS_MAX)
#define REPLICA_RANGES_OPEN_MAX 4
/* Bodies that are fetched at once: 64 MiB at most. */
#define REPLICA_BODIES_MAX 8
/* Headers that are asked for at once: one each for what a quorum voted for. */
#define REPLICA_MISSING_MAX 64
/* Questions whose answer is awaited, late ones too. */
#define REPLICA_ASKS_MAX 256

/* Frames of votes and statuses a second: sixteen a slot, and forty at least. In
 * an orderly slot there are two or three. A burst of some seconds is what one
 * sends who connects. */
#define REPLICA_VOTE_FRAMES_PER_SLOT 16
#define REPLICA_VOTE_FRAMES_PER_S_MIN 40
#define REPLICA_VOTE_FRAMES_BURST_S 4

/* What one peer is served: bytes a second, and questions that wait for the
 * disk. */
#define REPLICA_SERVED_BYTES_PER_S (8u << 20)
#define REPLICA_WAITING_MAX 64

/* Transactions a second from all validators together, each its share of the
 * stake: five times what a block of 400 ms carries on two cores. */
#define REPLICA_INTAKE_PER_S 131072
/* Frames of transactions that are being checked at once: each validator's share
 * of the stake, of the first number, but one at least; and beside it some of
 * the second, as far as there are any. So a flood of some takes nothing from
 * what others may have checked, and one that speaks for many clients has room
 * for what comes in a moment. Their work is some thirty milliseconds. */
#define REPLICA_INTAKES_OWN 64
#define REPLICA_INTAKES_SHARED 64
#define REPLICA_INTAKES_SHARED_PEER_MAX 16

/* Bytes of blocks that wait for the disk, beyond which no other one is taken.
 */
#define REPLICA_UNDURABLE_BYTES_MAX (48u << 20)

/* Votes are remembered for so many slots. */
#define REPLICA_SIGNERS_SLOTS 256
/* Blocks of a slot of which it is remembered who voted. */
#define REPLICA_SIGNERS_BLOCKS 3
/* Votes that are checked a slot's time after they came; more are left out. */
#define REPLICA_LATE_MAX 512

/* Bytes that a block, or a frame, has; shared by all that need them. */
struct replica_bytes {
    unsigned holders;
    size_t size;
    uint8_t data[];
};

enum block_stage {
    STAGE_HEADER,   /* its body is not here */
    STAGE_WHOLE,    /* and is not executed yet */
    STAGE_ORDERED,  /* is being executed */
    STAGE_EXECUTED, /* and valid */
    STAGE_INVALID,
    STAGE_FINAL,
};

/* A body that is fetched in chunks. */
struct body_fetch {
    struct replica_bytes *bytes; /* the header is in its place */
    size_t chunks;
    size_t have_count;
    bool have[REPLICA_BLOCK_SIZE_MAX / CHUNK_SIZE_BYTES];
    struct {
        uint64_t until_ns; /* 0: not asked for */
        unsigned tries;
    } ranges[REPLICA_RANGES_MAX];
};

struct replica_block {
    struct hash hash;
    struct block_header header;
    uint64_t time_ns; /* of the header, in the monotonic clock */
    enum block_stage stage;
    struct replica_bytes *bytes; /* the whole encoding; NULL: not in memory */
    uint64_t ticket;             /* of its APPEND; 0: it is on disk */
    bool is_wanted;    /* to be fetched: somebody honest voted for it, or for
                          what descends from it */
    bool is_agreed;    /* a quorum did, so that it does not wait for its time */
    uint64_t early_ns; /* not executed before: it is ahead of its time, or
                          there was no room; 0: now */
    bool has_state;
    struct hash state;
    struct hash outcome; /* what a finalize vote for it names */
    struct body_fetch *body;
    struct replica_block *before; /* by slots */
    struct replica_block *after;
};

/* A header that a quorum's word makes necessary. */
struct missing_header {
    struct hash hash;
    uint64_t slot; /* its own, or its child's */
    uint64_t until_ns;
    unsigned tries;
    bool is_there;  /* this room is in use */
    bool is_agreed; /* as of the block */
};

struct ask {
    struct cluster_question question;
    uint16_t peer;
    bool is_open;
};

/* A question of a peer that waits for the disk. */
struct waiting_question {
    struct waiting_question *next;
    uint16_t peer;
    struct cluster_question question;
    uint64_t slot; /* EVIDENCE: from there on */
};

struct queued_act {
    struct queued_act *next;
    struct replica_output output;
    struct replica_bytes *bytes;
    struct vote_record *record;
};

struct act_queue {
    struct queued_act *first;
    struct queued_act **end;
};

struct slot_signers {
    uint64_t slot;
    size_t count;
    struct hash blocks[REPLICA_SIGNERS_BLOCKS];
    uint8_t *bits;
};

struct replica_peer {
    bool is_up;
    bool is_banned;
    bool has_status;
    struct cluster_status status;
    int64_t clock_ms; /* its clock is ahead by that */
    uint64_t last_vote;
    struct rate vote_frames;
    struct rate served;
    struct rate transactions;
    size_t intakes;     /* frames of its transactions that are being checked */
    size_t intakes_own; /* of these that it may always have */
    size_t waiting;     /* of its questions, for the disk */
    /* A block that it is sending. */
    struct hash piece_hash;
    struct replica_bytes *pieces;
    size_t piece_place;
};

struct replica {
    uint32_t magic;
    struct replica_options options;
    size_t count; /* of validators */
    struct consensus *consensus;
    uint64_t window; /* in which the machine was told of its blocks */
    bool is_halted;
    /* Of the options, for the machine that begins after a restart's block. */
    bool is_restarting;
    bool has_record;
    struct vote_record record;

    struct replica_peer *peers;
    struct slot_signers *signers;
    uint8_t *signer_bits;
    /* Votes whose signatures are looked at when the machine has not asked. */
    struct vote late[REPLICA_LATE_MAX];
    size_t late_count;
    uint64_t late_ns; /* when */

    uint64_t root_slot;
    struct hash root;
    uint64_t root_unix_ms;
    struct map *blocks;          /* by hash */
    struct replica_block *first; /* by slots */
    struct replica_block *last;
    size_t block_count; /* above the root */
    /* Given to be executed and not answered, whatever became of the blocks. */
    struct {
        struct hash hash;
        size_t size;
    } ordered[REPLICA_ORDERED_MAX];
    size_t ordered_count;
    size_t ordered_bytes;
    bool is_order_due;     /* something may be executed now */
    size_t cached_bytes;   /* of final blocks */
    size_t intakes_shared; /* above what each peer may always have */

    struct missing_header missing[REPLICA_MISSING_MAX];
    struct ask asks[REPLICA_ASKS_MAX];
    uint32_t ask_number;
    size_t bodies; /* being fetched */

    struct waiting_question *waiting;
    /* The tree of the block that was asked for last. */
    struct chunk_tree *tree;
    struct hash tree_hash;

    uint64_t ticket;  /* the last one given out */
    uint64_t durable; /* all up to it */
    struct act_queue acts;
    struct act_queue finals;  /* until their blocks are durable */
    struct queued_act *taken; /* what replica_next() gave out last */
    struct {
        uint64_t ticket;
        uint64_t sequence;
    } records[64]; /* a ring: of RECORDs that are not durable */
    size_t record_first, record_count;
    struct vote_record said; /* the newest RECORD */

    struct replica_counters counters;
};

/* ---- replica_queue.c ---- */

struct replica_bytes *replica_bytes_new(size_t size);
struct replica_bytes *replica_bytes_copy(struct bytes bytes);
struct replica_bytes *replica_bytes_hold(struct replica_bytes *bytes);
void replica_bytes_release(struct replica_bytes *bytes); /* NULL is allowed */
struct bytes replica_bytes_view(const struct replica_bytes *bytes);

/* Add an act; it is zero but for this. bytes (may be NULL) are held. */
struct replica_output *replica_do(struct replica *replica, enum replica_act act,
                                  struct replica_bytes *bytes);
/* Send a body, which is emptied. */
void replica_send(struct replica *replica, uint16_t index, enum peer_lane lane,
                  enum cluster_kind kind, struct buffer *body);
/* Give out an APPEND. Returns its ticket. */
uint64_t replica_append_block(struct replica *replica,
                              const struct replica_block *block);
void replica_append_certificate(struct replica *replica,
                                const struct certificate *certificate);
void replica_record(struct replica *replica, uint64_t sequence,
                    const struct vote_record *record);
/* FINAL, once the block is durable. */
void replica_say_final(struct replica *replica,
                       const struct replica_block *block);
/* Note what is durable. *sequence: of the newest record that is; false: none
 * became so. */
bool replica_note_durable(struct replica *replica, uint64_t ticket,
                          uint64_t *sequence);
/* Listen to a validator no more. */
void replica_ban(struct replica *replica, uint16_t index);
void replica_queue_open(struct replica *replica);
void replica_queue_free(struct replica *replica);

/* ---- replica_signers.c ---- */

void replica_signers_open(struct replica *replica);
void replica_signers_free(struct replica *replica);
/* A vote came from its voter, or is one's own. */
void replica_signers_note(struct replica *replica, struct replica_clock clock,
                          const struct vote *vote);
/* Its signature holds: VOTED, if that was not said yet. */
void replica_signers_tell(struct replica *replica, const struct vote *vote);
/* Check votes that the machine did not ask for. */
void replica_signers_check(struct replica *replica, struct replica_clock clock);
uint64_t replica_signers_due_ns(const struct replica *replica);
/* Did that validator say that it has the block? */
bool replica_signers_has(const struct replica *replica, uint64_t slot,
                         const struct hash *hash, uint16_t index);

/* ---- replica_blocks.c ---- */

struct replica_block *replica_find(const struct replica *replica,
                                   const struct hash *hash);
/* Keep a header whose form and signature were checked and that is new. NULL:
 * there is no room. */
struct replica_block *replica_add(struct replica *replica,
                                  struct replica_clock clock,
                                  const struct block_header *header,
                                  const struct hash *hash);
/* How many blocks of a slot are here. */
size_t replica_blocks_of(const struct replica *replica, uint64_t slot,
                         const struct replica_block **first);
/* The block that a FINAL names; the root moves to it. */
void replica_move_root(struct replica *replica, struct replica_block *block);
void replica_set_bytes(struct replica *replica, struct replica_block *block,
                       struct replica_bytes *bytes);
void replica_blocks_free(struct replica *replica);
/* May another block be taken? False: the disk is slow, or hangs, and what waits
 * for it must not fill the memory. */
bool replica_log_has_room(const struct replica *replica);
/* A block's time in the monotonic clock. */
uint64_t replica_time_ns(const struct replica *replica,
                         struct replica_clock clock, uint64_t unix_ms);
/* Is the block within what is fetched? */
bool replica_is_within_reach(const struct replica *replica, uint64_t slot);

/* ---- replica_order.c ---- */

/* May a leader have made it? The form was read; hash: its own. ERR_CORRUPT,
 * ERR_LIMIT. */
int replica_check_header(const struct replica *replica,
                         const struct block_header *header,
                         const struct hash *hash);
/* Tell the machine of a block. */
void replica_tell(struct replica *replica, struct replica_clock clock,
                  const struct replica_block *block);
/* Its bytes, whole and checked, are here; takes the reference over. */
void replica_whole(struct replica *replica, struct replica_block *block,
                   struct replica_bytes *bytes);
/* The same for a block that is on disk already. */
void replica_restore_whole(struct replica *replica, struct replica_block *block,
                           struct replica_bytes *bytes);
/* An EXECUTE was answered. */
void replica_order_done(struct replica *replica, const struct hash *hash);
/* Give out EXECUTE for what can be executed. True: the machine was told
 * something. */
bool replica_order(struct replica *replica, struct replica_clock clock);
/* When the next block that is kept for its time is due. */
uint64_t replica_order_due_ns(const struct replica *replica);

/* ---- replica_repair.c ---- */

/* Somebody honest voted for the block, so it is needed, and those before it.
 * is_agreed: a quorum did. */
void replica_want(struct replica *replica, struct replica_clock clock,
                  uint64_t slot, const struct hash *hash, bool is_agreed);
void replica_want_block(struct replica *replica, struct replica_block *block,
                        bool is_agreed);
/* Is that of a header that is asked for? */
bool replica_is_agreed(const struct replica *replica, const struct hash *hash);
void replica_ask(struct replica *replica, uint16_t peer,
                 const struct cluster_question *question);
/* Ask for what is missing, and again if no answer came. */
void replica_repair(struct replica *replica, struct replica_clock clock);
uint64_t replica_repair_due_ns(const struct replica *replica);
void replica_body_free(struct replica *replica, struct replica_block *block);

/* ---- replica_restart.c ---- */

/* A machine on the root, that votes unless this validator is restarting. */
void replica_begin_machine(struct replica *replica, struct replica_clock clock,
                           uint64_t root_time_ns);
/* If the block of the restart is here and executed: go on from it. */
bool replica_restart(struct replica *replica, struct replica_clock clock);

/* ---- replica_answer.c ---- */

void replica_take_answer(struct replica *replica, struct replica_clock clock,
                         uint16_t index, struct bytes body);

/* ---- replica_serve.c ---- */

void replica_serve(struct replica *replica, struct replica_clock clock,
                   uint16_t index, const struct cluster_question *question);
void replica_serve_loaded(struct replica *replica, const struct hash *hash,
                          struct bytes block);
void replica_serve_certificates(struct replica *replica, uint64_t slot,
                                struct bytes things);
void replica_serve_free(struct replica *replica);

/* ---- replica_pieces.c ---- */

void replica_take_piece(struct replica *replica, struct replica_clock clock,
                        uint16_t index, const struct cluster_piece *piece);
void replica_send_block(struct replica *replica,
                        const struct replica_block *block);

/* ---- replica_frames.c ---- */

void replica_peers_open(struct replica *replica, struct replica_clock clock);
void replica_peers_free(struct replica *replica);
void replica_take_frame(struct replica *replica, struct replica_clock clock,
                        uint16_t index, uint8_t kind, struct bytes body);
void replica_tell_status(struct replica *replica, struct replica_clock clock,
                         uint16_t index);
/* A frame of transactions was checked. */
void replica_intake_done(struct replica *replica, uint16_t index);

/* ---- replica_act.c ---- */

void replica_act(struct replica *replica, struct replica_clock clock,
                 struct consensus_output *output);

#endif
