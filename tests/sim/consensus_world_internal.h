/*
 * What the files of the simulated network share.
 *
 *     consensus_world_check.c    what must hold
 *     consensus_world_net.c      messages on their way
 *     consensus_world_lies.c     what traitors make of them
 *     consensus_world_blocks.c   blocks, and what is known of them where
 *     consensus_world_drive.c    what machines want done, and what arrives
 *     consensus_world_life.c     processes: begin, crash, pause, catch up
 *     consensus_world_faults.c   faults by chance, and their end
 *     consensus_world.c          the world itself
 */
#ifndef POND_TESTS_SIM_CONSENSUS_WORLD_INTERNAL_H
#define POND_TESTS_SIM_CONSENSUS_WORLD_INTERNAL_H

#include "consensus_world.h"
#include "event_wheel.h"
#include "sim_links.h"
#include "sim_votes.h"

#include "base/random.h"

/* Blocks, votes and final slots are remembered in rings. */
#define BLOCKS 8192u
#define SLOTS 8192u
#define NS_PER_US 1000u
/* When it begins, and the genesis' time. */
#define WORLD_BEGIN_US 1000000
/* How far ahead of its clock a validator takes a block. */
#define FUTURE_US 500000

enum event_kind {
    EVENT_VOTE,
    EVENT_STATUS,
    EVENT_BLOCK, /* a block's bytes */
    EVENT_WANT,  /* asks for a block */
    EVENT_QUESTION,
    EVENT_CERTIFICATE,
    EVENT_VERIFIED,
    EVENT_PERSISTED,
    EVENT_EXECUTED,
    EVENT_STATE,
    EVENT_LEAD,
    EVENT_TICK,
    /* Of the world, not of a process. */
    EVENT_RESTART,
    EVENT_JOIN, /* a process that was alone connects */
    EVENT_CRASH,
    EVENT_PAUSE,
    EVENT_JUMP,
    EVENT_CUT,
    EVENT_MEND,
    EVENT_HEAL, /* the end of all faults */
    EVENT_WATCH,
};

/* One thing that happens, shared by all to whom it does. */
struct event {
    struct event *next_free;
    uint32_t uses;
    enum event_kind kind;
    uint16_t from; /* an instance */
    union {
        struct vote vote;
        struct consensus_status status;
        struct consensus_question question;
        uint64_t block;
        struct {
            uint8_t *data;
            size_t size;
        } bytes;
        struct {
            uint64_t request;
            bool *is_good;
        } verified;
        struct {
            uint64_t sequence;
            struct vote_record *record;
            size_t kept; /* certificates told before, in all of its life */
        } persisted;
        struct {
            uint64_t slot, parent_slot;
            struct hash parent;
        } lead;
    };
};

enum block_state {
    BLOCK_UNKNOWN,
    BLOCK_HERE,
    BLOCK_EXECUTING,
    BLOCK_EXECUTED,
};

struct block {
    uint64_t number; /* from 1; 0: this room is empty */
    uint64_t slot;
    struct hash hash;
    struct hash state;
    uint64_t parent; /* its number; 0: genesis */
    uint64_t parent_slot;
    struct hash parent_hash;
    uint64_t unix_us; /* the time that its leader gave it */
    uint64_t made_us; /* the true one */
    uint16_t maker;   /* a validator */
    bool is_invalid;  /* it breaks a rule */
};

/* One process of a validator; a traitor has two. */
struct instance {
    struct consensus *consensus;
    uint16_t validator;
    bool is_up;
    bool is_traitor;
    bool is_alone;  /* it is up, and not connected yet */
    bool is_healed; /* not one that the end of the faults left out */
    uint32_t life;
    uint64_t tick_us;
    uint64_t paused_until_us;
    uint64_t crash_after; /* so many outputs; 0: it does not */
    /* Its monotonic clock is begin_ns + time since begin_us, faster by drift
     * parts of a million; its clock of the day is off by skew_us. */
    uint64_t begin_us, begin_ns;
    int64_t drift;
    int64_t skew_us;
    uint64_t window; /* the last that was seen */
    uint64_t final_slot;
    struct hash final_hash;
    uint64_t blocks[BLOCKS]; /* number times four, and an enum block_state */
    uint64_t led[64];        /* the first block of a slot that came, by slot */
    uint64_t disk_free_us;   /* when what is being written is on the disk */
    struct random net, disk, lies;
    /* What is on its disk. */
    struct vote_record record;
    bool has_record;
    bool is_weak; /* it lost its record, and does not vote again yet */
    struct certificate *kept;
    size_t kept_count, kept_capacity;
    size_t kept_durable;
    uint64_t kept_dropped; /* before those */
    uint64_t root_slot;
    struct hash root;
    uint64_t root_unix_us;
};

/* What the honest ones said of a slot. */
struct slot_book {
    uint64_t slot;
    struct hash final, certified, notarized;
    uint16_t led_by; /* one more than the honest validator that led it */
    bool has_final, has_certified, has_notarized;
    bool is_final_itself; /* by votes for its own block */
    bool is_covered;
};

#define FINALITIES 65536u

struct world {
    struct world_options options;
    struct world_result result;
    struct validator_set *set;
    struct instance *instances;
    size_t count;
    struct event_wheel *wheel;
    struct event *free_events;
    uint64_t now_us;
    /* A generator for each purpose, so that one more draw for one of them
     * changes nothing of the others. */
    struct random crashes, pauses, clocks, cuts;
    struct block *blocks;
    uint64_t block_number;
    struct slot_book *slots;
    struct sim_votes *votes;
    struct sim_links links;
    world_filter filter;
    void *filter_context;
    bool is_over;           /* are the faults? */
    uint64_t highest_final; /* of any honest one */
    uint64_t last_final_us; /* when that was */
    uint64_t least_final;   /* of all honest ones that are healed */
    /* When the faults ended: the newest final slot, the highest window, and
     * since when nothing had become final. */
    uint64_t healed_final, healed_window, healed_stall_us;
    uint64_t finalities[FINALITIES];
    size_t finality_count;
};

static inline struct instance *instance_at(const struct world *world,
                                           size_t index)
{
    return &world->instances[index];
}

static inline bool world_honest(const struct world *world, uint16_t validator)
{
    return validator >= world->options.traitors;
}

static inline bool world_watches(const struct instance *instance)
{
    return instance->validator == CONSENSUS_NONE;
}

static inline bool world_lies(const struct instance *instance,
                              const struct world *world, enum world_lie lie)
{
    return instance->is_traitor && world->options.lies >> lie & 1;
}

static inline uint64_t hash_number(const struct hash *hash)
{
    return u64le_read(hash->bytes);
}

/* ---- consensus_world_check.c ---- */

void world_fail(struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void world_see(struct world *world, enum world_situation situation);
void world_digest(struct world *world, uint64_t value);
struct slot_book *world_slot_book(struct world *world, uint64_t slot);
/* What honest validators say and are told. */
void world_check_vote(struct world *world, const struct vote *vote);
void world_check_certified(struct world *world, uint64_t slot,
                           const struct hash *hash);
void world_check_kept(struct world *world,
                      const struct certificate *certificate);
void world_check_final(struct world *world, struct instance *instance,
                       const struct consensus_output *output);
/* The least slot that is final at all honest ones that are to have it. */
uint64_t world_least_final(const struct world *world);

/* ---- consensus_world_net.c ---- */

struct event *world_event(struct world *world, enum event_kind kind);
void world_drop_event(struct world *world, struct event *event);
/* It happens to the process to, unless that dies before. */
void world_add(struct world *world, uint64_t at_us, size_t to,
               struct event *event);
/* The same for what is not of a process. */
void world_add_fault(struct world *world, uint64_t at_us, enum event_kind kind,
                     size_t to);
void world_sign(const struct world *world, struct vote *vote);
bool world_signature_holds(const struct world *world, const struct vote *vote);
bool world_connected(const struct world *world, size_t a, size_t b);
/* Send to one process; to a validator, or to all: every process of it. */
void world_send_to(struct world *world, size_t from, size_t to,
                   struct event *event);
void world_send(struct world *world, size_t from, uint16_t peer,
                struct event *event);
void world_tell_status(struct world *world, size_t from, uint16_t peer);

/* ---- consensus_world_lies.c ---- */

/* Does a traitor keep this from that process? */
bool world_withholds(struct world *world, size_t from, size_t to);
void world_lie_about_vote(struct world *world, size_t from,
                          const struct vote *vote);
void world_lie_about_status(struct world *world, size_t from,
                            struct consensus_status *status);
void world_spoil_certificate(struct world *world, size_t from,
                             struct buffer *bytes);
/* A leader's block, as a traitor makes it: perhaps on another parent. */
void world_lead_astray(struct world *world, size_t index, struct event *event);
/* Send a traitor's block, and perhaps others of that slot beside it. */
void world_send_lead(struct world *world, size_t index,
                     const struct event *lead, uint64_t number);

/* ---- consensus_world_blocks.c ---- */

struct block *world_block(const struct world *world, uint64_t number);
uint64_t world_make_block(struct world *world, size_t maker,
                          const struct event *lead);
enum block_state world_block_state(const struct instance *instance,
                                   uint64_t number);
void world_set_block_state(struct instance *instance, uint64_t number,
                           enum block_state state);
void world_tell_block(struct world *world, size_t index, uint64_t number,
                      enum consensus_news news, bool has_state);
void world_take_block(struct world *world, size_t index, uint64_t number);
void world_executed(struct world *world, size_t index, uint64_t number);
void world_state_known(struct world *world, size_t index, uint64_t number);
void world_execute(struct world *world, size_t index, uint64_t number);
void world_want(struct world *world, size_t index, uint64_t number);
void world_give_blocks(struct world *world, size_t index, uint16_t to,
                       uint64_t number);
void world_lead(struct world *world, size_t index, struct event *event);

/* ---- consensus_world_drive.c ---- */

uint64_t world_local_ns(const struct world *world,
                        const struct instance *instance);
uint64_t world_unix_us(const struct world *world,
                       const struct instance *instance);
/* When a process' own clock shows that, or now if it is past. */
uint64_t world_time_of(const struct world *world,
                       const struct instance *instance, uint64_t local_ns);
/* After every call of the machine: do what it wants done. */
void world_drive(struct world *world, size_t index);
void world_handle(struct world *world, size_t index, struct event *event);

/* ---- consensus_world_life.c ---- */

void world_begin(struct world *world, size_t index);
void world_end(struct world *world, size_t index);
/* The record of one that is down is lost. */
void world_lose_record(struct world *world, struct instance *instance);
void world_links_changed(struct world *world, size_t index);
void world_link_changed(struct world *world, size_t a, size_t b);
/* Begin again from another's newest final block. */
void world_take_snapshot(struct world *world, size_t index, size_t from);
/* The newest finalisation that is on its disk, or NULL. */
const struct certificate *world_newest_final(const struct instance *instance);
/* Forget what lies before the root. */
void world_drop_kept(struct instance *instance, uint64_t root);

/* ---- consensus_world_faults.c ---- */

void world_begin_faults(struct world *world);
/* What world_add_fault() said, at its time. */
void world_fault(struct world *world, enum event_kind kind, size_t index);
void world_set_links(struct world *world, size_t a, size_t b, enum link there,
                     enum link back);

#endif
