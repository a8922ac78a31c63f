/*
 * What the files of the simulated network share.
 *
 *     cluster_world_check.c    what must hold of votes, blocks and states
 *     cluster_world_net.c      frames on their way
 *     cluster_world_lies.c     what traitors make of them
 *     cluster_world_keys.c     keys, signatures, the genesis
 *     cluster_world_bounds.c   how much a validator may hold
 *     cluster_world_disk.c     the write-ahead log and the flusher's steps
 *     cluster_world_drive.c    what replica and execution want done
 *     cluster_world_life.c     processes: begin, connect, end
 *     cluster_world_clients.c  transactions, and what endpoints say of them
 *     cluster_world_tasks.c    transactions of a task
 *     cluster_world_forward.c  transactions between endpoints
 *     cluster_world_faults.c   faults by chance, and their end
 *     cluster_world_anew.c     a new beginning by all operators
 *     cluster_world.c          the world itself
 */
#ifndef POND_TESTS_SIM_CLUSTER_WORLD_INTERNAL_H
#define POND_TESTS_SIM_CLUSTER_WORLD_INTERNAL_H

#include "cluster_world.h"
#include "event_wheel.h"
#include "sim_links.h"
#include "sim_votes.h"

#include "base/disk_memory.h"
#include "base/map.h"
#include "base/random.h"
#include "consensus/vote_record.h"
#include "peer/peer_frame.h"
#include "settlement/chain/execution.h"
#include "settlement/chain/flush_queue.h"
#include "settlement/chain/mempool.h"
#include "settlement/cluster/cluster_view.h"
#include "settlement/cluster/replica.h"
#include "settlement/format/genesis.h"
#include "settlement/format/leader.h"
#include "settlement/format/task_instruction.h"
#include "settlement/rpc/rpc.h"
#include "settlement/write_ahead/write_ahead.h"

#define NS_PER_US UINT64_C(1000)
#define WORLD_UNIX_MS UINT64_C(1760000000000)
/* Slots of which the world remembers what honest ones said. */
#define SLOTS 4096u
/* Blocks of a slot whose states are remembered. */
#define STATES 8
#define CLIENTS 6
/* Keys that stake on the one task. */
#define STAKERS 4
/* Transactions that clients sent and may still ask about. */
#define SENT_MAX 8192u
/* Places of an endpoint's own clients, and of each other validator: few, so
 * that they are full at times. */
#define PLACES_OWN 24
#define PLACES_OTHER 12
/* Transactions of its clients that an endpoint keeps. */
#define WORLD_KEPT_MAX 48

enum event_kind {
    EVENT_FRAME,
    EVENT_TICK,    /* the replica is due */
    EVENT_STEP,    /* the execution goes on */
    EVENT_NEWS,    /* of the execution, to the replica */
    EVENT_FLUSH,   /* the flush queue is due */
    EVENT_FLUSHED, /* a step of it has ended */
    EVENT_DURABLE, /* of the write-ahead log */
    EVENT_LOADED,
    EVENT_FORWARD,
    EVENT_INTAKE, /* transactions of a peer are checked */
    EVENT_WATCH,
    EVENT_SHOUT, /* a traitor says what nobody asked for */
    /* Of the world, not of a process. */
    EVENT_RESTART,
    EVENT_JOIN, /* a process that was alone connects */
    EVENT_CRASH,
    EVENT_CRASH_ALL,
    EVENT_BREAK,
    EVENT_FILL,  /* a disk is full */
    EVENT_SPOIL, /* part of a log can't be read any more */
    EVENT_PAUSE,
    EVENT_JUMP,
    EVENT_CUT,
    EVENT_MEND,
    EVENT_TWIN, /* somebody meets the other process of a traitor */
    EVENT_HEAL, /* the end of all faults */
    EVENT_CLIENT,
    EVENT_LOOK,
};

/* One thing that happens, shared by all to whom it does. */
struct event {
    uint32_t uses;
    enum event_kind kind;
    uint16_t from; /* a process */
    uint8_t frame;
    enum peer_lane lane;
    uint32_t connection;
    uint64_t number;
    struct buffer body;
    struct replica_output load;  /* act, hash and slot of it */
    struct execution_event news; /* its block is held if it is MADE */
};

/* One process of a validator; a traitor may have two. */
struct process {
    struct world *world;
    size_t index;
    uint16_t validator;
    uint16_t twin; /* which of the processes of its validator: 0 or 1 */
    uint16_t met;  /* bits of validators, of which it is connected to the
                      second process */
    bool is_up;
    bool is_traitor;
    bool has_forgotten; /* at some time, what it voted */
    bool is_alone;      /* it is up, and not connected yet */
    bool is_healed;     /* not one that the end of the faults left out */
    uint32_t life;
    uint64_t tick_us, step_us, flush_us; /* when they are due; 0: not */
    uint64_t busy_until_us;              /* its execution is */
    uint64_t paused_until_us;
    uint64_t crash_after; /* so many outputs; 0: it does not */
    bool wakes_on_transactions;
    /* Its monotonic clock is begin_ns + time since begin_us, faster by drift
     * parts of a million; its clock of the day is off by skew_us. */
    uint64_t begin_us, begin_ns;
    int64_t drift;
    int64_t skew_us;
    struct random net, disk, lies, work;

    /* On its disks. */
    char folder[96];
    struct disk_memory *memory;

    struct ledger *ledger;
    struct mempool *mempool;
    struct cluster_view *view;
    struct rpc *rpc;
    struct write_ahead *ahead;
    struct execution *execution;
    struct replica *replica;
    struct flush_queue queue;
    struct executed_block *held; /* final, and the queue has no room */
    struct flush_step flushing;
    bool is_flushing;
    bool is_committing;
    bool has_put;
    bool is_full;    /* its disk */
    bool is_spoiled; /* part of its log */
    struct {
        uint64_t window, current, next;
    } forwarding;

    uint64_t final_slot; /* that its replica told, in this life or before */
    struct hash final_hash;
    uint64_t told[LEDGER_LEVELS]; /* slots that its endpoint showed; life's */
};

/* What honest ones said of a slot. */
struct slot_book {
    uint64_t slot;
    struct hash final, confirmed, led;
    bool has_final, has_confirmed, has_led;
    size_t states;
    struct hash executed[STATES], state[STATES];
};

/* A transaction that a client sent. */
struct sent {
    struct signature signature;
    struct buffer wire;
    struct hash blockhash;
    bool is_sure;         /* its blockhash is of a block that is final */
    uint64_t last_height; /* of a block that may have it */
    uint64_t final_slot;  /* 0: it is not final */
    bool has_failed;      /* there */
    unsigned task_kinds;  /* bits of enum task_instruction_kind */
    uint32_t takers;    /* bits of processes that took it and have not ended */
    unsigned taken;     /* how often it was taken */
    uint32_t called_by; /* bits of processes, in their lives */
};

struct world {
    struct world_options options;
    struct world_result result;
    struct arena arena;
    struct genesis genesis;
    struct keypair *identities;
    struct keypair clients[CLIENTS];
    struct keypair task, stakers[STAKERS];
    struct pubkey pot; /* of the task */
    struct validator_set *set;
    struct leader_schedule *schedule;
    struct hash network; /* its name */
    struct vote_tag tag;
    uint64_t restart_slot; /* from which all began anew; 0: they did not */
    struct hash restart;
    char folder[64];
    struct process *processes;
    size_t count;
    struct event_wheel *wheel;
    uint64_t now_us;
    /* A generator for each purpose, so that one more draw for one of them
     * changes nothing of the others. */
    struct random crashes, pauses, clocks, cuts, disks, people, tasks;
    struct slot_book *slots;
    struct sim_votes *votes;
    struct sim_links links;
    uint32_t *connections; /* how often it was made, [lower][higher] */
    uint64_t (*arrivals)[PEER_LANES]; /* of the last frame, [from][to] */
    bool is_over;                     /* are the faults? */
    uint64_t highest_final;           /* of any honest one */
    uint64_t last_final_us;           /* when that was */
    uint64_t least_final;             /* of all honest ones that are healed */
    uint64_t capitalization;          /* after the highest final block */
    uint64_t final_height;
    uint64_t healed_final, healed_window, healed_stall_us, healed_height,
        healed_behind;
    struct map *finals; /* signatures of final transactions: a slot plus one */
    struct sent *sent;  /* a ring */
    uint64_t sent_count;
    struct map *sent_by_signature;
    uint64_t transfer; /* number of the next one */
};

static inline struct process *process_at(const struct world *world,
                                         size_t index)
{
    return &world->processes[index];
}

/* It keeps the rules. */
static inline bool is_honest(const struct process *process)
{
    return !process->is_traitor;
}

static inline size_t world_validators(const struct world *world)
{
    return world->options.validators;
}

static inline bool world_has_faults(const struct world *world)
{
    return !world->is_over && world->now_us < world->options.faults_us;
}

static inline bool world_lies(const struct process *process, enum world_lie lie)
{
    return process->is_traitor && process->world->options.lies >> lie & 1;
}

/* ---- cluster_world_check.c ---- */

void world_fail(struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void world_see(struct world *world, enum world_situation situation);
void world_digest(struct world *world, uint64_t value);
struct slot_book *world_slot_book(struct world *world, uint64_t slot);
/* A frame that an honest one sends. */
void world_check_frame(struct process *process, uint8_t kind,
                       struct bytes body);
/* What its replica and its execution say. */
void world_check_output(struct process *process,
                        const struct replica_output *output);
void world_check_news(struct process *process,
                      const struct execution_event *event);
uint64_t world_least_final(const struct world *world);

/* ---- cluster_world_net.c ---- */

struct event *world_event(enum event_kind kind);
void world_drop_event(struct event *event);
/* Adds a use: the caller drops its own. */
void world_add(struct world *world, uint64_t at_us, size_t to,
               struct event *event);
/* The same for one that nobody else needs. */
void world_post(struct world *world, uint64_t at_us, size_t to,
                struct event *event);
void world_add_fault(struct world *world, uint64_t at_us, enum event_kind kind,
                     size_t to);
uint32_t *world_connection(const struct world *world, size_t a, size_t b);
bool world_connected(const struct world *world, size_t a, size_t b);
/* Put a frame on its way, whatever the sender is. */
void world_carry(struct process *from, size_t to, enum peer_lane lane,
                 uint8_t kind, struct bytes body, uint64_t late_us);
void world_send(struct process *from, const struct replica_output *output);

/* ---- cluster_world_bounds.c ---- */

void world_check_bounds(const struct process *process);

/* ---- cluster_world_lies.c ---- */

/* Send in place of a traitor's replica. */
void world_lie(struct process *from, size_t to,
               const struct replica_output *output);
void world_shout(struct process *process);

/* ---- cluster_world_keys.c ---- */

void world_make_keys(struct world *world);
void world_free_keys(struct world *world);
struct replica_signing world_signing(struct process *process);

/* ---- cluster_world_disk.c ---- */

/* A disk for a validator of a new network, which has voted nothing. */
void world_make_disk(struct process *process);
/* Make its file of votes: of one that voted nothing since that window began. */
void world_make_votes(struct process *process, uint64_t window);
/* Some bytes of its log can't be read any more. */
void world_spoil_log(struct process *process);
int world_open_disk(struct process *process);
void world_restore(struct process *process);
/* What the replica wants on the log. */
void world_put(struct process *process, const struct replica_output *output);
void world_commit(struct process *process);
void world_load(struct process *process, const struct replica_output *output);
void world_take_durable(struct process *process, const struct event *event);
void world_take_loaded(struct process *process, const struct event *event);
/* A final block, for the ledger. */
void world_push(struct process *process, struct executed_block *block);
void world_flush(struct process *process);
void world_take_flushed(struct process *process);
/* The power is gone. */
void world_close_disk(struct process *process);

/* ---- cluster_world_drive.c ---- */

uint64_t world_local_ns(const struct process *process);
uint64_t world_unix_ms(const struct process *process);
struct replica_clock world_clock(const struct process *process);
/* When its monotonic clock will show that. */
uint64_t world_time_of(const struct process *process, uint64_t local_ns);
/* A time that something takes, of at most that. */
uint64_t world_takes(struct random *random, uint64_t most_us);
void world_drive(struct process *process);
void world_step(struct process *process);
void world_step_at(struct process *process, uint64_t at_us);
void world_take(struct process *process, const struct event *event);

/* ---- cluster_world_life.c ---- */

void world_begin(struct process *process);
/* A crash: what was not brought to a disk is gone. */
void world_end(struct process *process, bool has_lost_disk);
void world_link_changed(struct world *world, size_t a, size_t b);
void world_links_changed(struct world *world, size_t index);
void world_set_links(struct world *world, size_t a, size_t b, enum link there,
                     enum link back);

/* ---- cluster_world_clients.c ---- */

void world_send_transaction(struct world *world);
/* Send one that make() makes with world_make_transaction(); the blockhash is
 * there. False: it was refused. */
bool world_send_new(struct process *process,
                    void (*make)(struct process *process, struct sent *sent));
/* The first signer pays. */
void world_make_transaction(struct world *world, struct sent *sent,
                            const struct keypair *const *signers,
                            size_t signer_count,
                            const struct instruction *instructions,
                            size_t count);
void world_look(struct world *world);
/* A block is final, for the first time anywhere. */
void world_note_transactions(struct world *world,
                             const struct executed_block *block);
/* The process has ended: what it took is gone. */
void world_forget_taken(const struct process *process);
/* What was taken by those who live must be final by now, or too old. */
void world_check_taken(struct world *world);
void world_check_endpoints(struct world *world);

/* ---- cluster_world_tasks.c ---- */

void world_send_task(struct process *process);
/* A transaction with instructions of these kinds is final, and succeeded. */
void world_note_task(struct world *world, unsigned kinds);

/* ---- cluster_world_forward.c ---- */

void world_forward(struct process *process);
void world_intake(struct process *process, const struct event *event);

/* ---- cluster_world_faults.c ---- */

void world_begin_faults(struct world *world);
void world_fault(struct world *world, const struct event *event, size_t index);

#endif
