/*
 * A settlement layer in virtual time, as a node meets it: one task, its rounds,
 * blocks that take transactions, and the JSON-RPC that tells of them.
 *
 * It is plain data without a pointer, so that it can lie in memory that the
 * node's processes share (node_days.h), and be copied where a block is taken
 * back. The windows of the task program are written down here a second time
 * (docs/settlement.md, "Rounds"), so that the node is not held against its own
 * idea of them.
 *
 * It keeps book of what no node may do: sign a second transaction for one
 * action while the first could still land.
 */
#ifndef POND_TESTS_SIM_NODE_CHAIN_H
#define POND_TESTS_SIM_NODE_CHAIN_H

#include "base/buffer.h"
#include "base/json.h"
#include "base/random.h"
#include "crypto/key.h"
#include "settlement/format/task_error.h"
#include "settlement/format/task_instruction.h"

/* The node under test is key 0. */
#define CHAIN_KEYS 4
/* One of each key for lists, and a second one of the node's. */
#define CHAIN_ACCOUNTS (CHAIN_KEYS + 1)
#define CHAIN_ROUNDS_KEPT 16
#define CHAIN_PENDING_MAX 64
#define CHAIN_STATUSES_MAX 512
#define CHAIN_INSTRUCTIONS_MAX 3
#define CHAIN_TROUBLES_MAX 16
#define CHAIN_ACCOUNT_SIZE 4096
/* Room for a CID. */
#define CHAIN_VALUE_SIZE 80
/* Blocks that may be taken back. */
#define CHAIN_FINAL_SLOTS 3

#define CHAIN_SLOT_MS 400
#define CHAIN_STARTING_SLOT 100
#define CHAIN_FAILED_ALLOWED 3
#define CHAIN_BOUNTY 4000
#define CHAIN_MINIMUM_STAKE 1000

/* How long things take, in slots. Short rounds are hard on a node, whose own
 * times are made for networks: there a blockhash lives for 150 slots, and
 * windows are as long. */
struct chain_times {
    uint64_t round, submission, audit, blockhash;
};
extern const struct chain_times chain_short, chain_usual;

extern const struct pubkey chain_task;

struct chain_vote {
    bool is_cast, is_valid;
    uint64_t slot;
};

/* A submission or a list of one key in one round. */
struct chain_entry {
    bool is_there;
    char value[CHAIN_VALUE_SIZE]; /* of a submission */
    size_t account;               /* of a list: which holds it */
    uint64_t slot;
    bool was_tried; /* a list: by a payout that failed */
    bool is_raised;
    size_t raised_by;
    uint64_t raised_slot;
    struct chain_vote votes[CHAIN_KEYS];
};

struct chain_round {
    uint64_t number;
    bool is_used;
    struct chain_entry submissions[CHAIN_KEYS];
    struct chain_entry lists[CHAIN_KEYS];
    unsigned failures; /* of payouts */
    bool is_paid, has_failed;
    uint64_t paid[CHAIN_KEYS];
};

/* Where a key keeps its lists. */
struct chain_account {
    bool is_there;
    uint64_t round, slot; /* of the newest writing */
    size_t size;
    uint8_t data[CHAIN_ACCOUNT_SIZE];
};

struct chain_instruction {
    enum task_instruction_kind kind;
    uint64_t round; /* of a stake: its amount */
    bool is_valid;  /* of a vote */
    struct pubkey accounts[3];
    char value[CHAIN_VALUE_SIZE]; /* of a submission */
    uint16_t chunk;
    uint8_t data[TASK_CHUNK_DATA_SIZE];
};

struct chain_transaction {
    struct signature signature;
    unsigned signatures;  /* each costs a fee */
    uint64_t valid_until; /* the last slot that may execute it */
    uint64_t due;         /* executed then, if its blockhash is still good */
    size_t count;
    struct chain_instruction instructions[CHAIN_INSTRUCTIONS_MAX];
};

/* Of one that was executed. */
struct chain_status {
    bool is_used;
    struct signature signature;
    uint64_t slot;
    int custom;       /* 0: it succeeded */
    uint64_t claimed; /* by a claim */
};

/* One that was taken: whatever becomes of blocks, it may be executed until its
 * blockhash is past. */
struct chain_taken {
    bool is_used;
    struct signature signature;
    uint64_t valid_until;
    enum task_instruction_kind kind;
    uint64_t round;
    struct pubkey target;
};

/* What a block changes. */
struct chain_state {
    struct chain_round rounds[CHAIN_ROUNDS_KEPT];
    struct chain_account accounts[CHAIN_ACCOUNTS];
    uint64_t available[CHAIN_KEYS];
    uint64_t bounty;
    uint64_t pot;
    uint64_t claimed; /* by key 0 */
    uint64_t staked;  /* by it, beyond the minimum */
    uint64_t fees;    /* of its transactions, in roe */
    struct chain_transaction pending[CHAIN_PENDING_MAX];
    size_t pending_count;
    struct chain_status statuses[CHAIN_STATUSES_MAX];
    size_t status_next;
};

struct chain {
    struct chain_state state;
    struct chain_state before[CHAIN_FINAL_SLOTS]; /* by slot */
    uint64_t slot;
    struct chain_times times; /* short, unless a test wants others */
    struct random random;
    struct pubkey keys[CHAIN_KEYS];
    struct pubkey accounts[CHAIN_ACCOUNTS];
    bool has_forks;    /* blocks may be taken back */
    bool has_liars;    /* peers submit and list what is wrong */
    bool has_helpers;  /* a peer lists, too, in some rounds */
    unsigned late_max; /* slots until a transaction is executed */
    /* Lists are lost in the first two of so many rounds; 0: never. */
    unsigned lists_lost_every;
    unsigned lost_of; /* one of so many is not passed on; 0: none */
    struct chain_taken taken[CHAIN_STATUSES_MAX];
    size_t taken_next;

    uint64_t digest; /* of everything that was executed */
    uint64_t executed, refused, forks;
    uint64_t troubles;
    char trouble[CHAIN_TROUBLES_MAX][200]; /* the first of them */
};

void chain_init(struct chain *chain, uint64_t seed);
void chain_trouble(struct chain *chain, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The next slot: peers act, blocks are taken back, transactions executed. */
void chain_next_slot(struct chain *chain);
uint64_t chain_round_of(const struct chain *chain);
uint64_t chain_offset(const struct chain *chain);
/* NULL: there is nothing of it. */
const struct chain_round *chain_find_round(const struct chain *chain,
                                           uint64_t round);

/* Append the JSON-RPC answer (a whole body) to a request. */
void chain_answer(struct chain *chain, const char *method,
                  struct json_object *params, struct buffer *out);

#endif
