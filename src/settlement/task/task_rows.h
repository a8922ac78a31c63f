/*
 * The rows of the task programs: their keys, their values, and reading them.
 *
 * Every key begins with `t` and the task's key[32]; then:
 *
 *     h                            header (task_header.h)
 *     m                            token of a KPL task: mint[32], seed[32] and
 *                                  bump u8 of its stake pot's authority
 *     k staker                     stake u64, ip address
 *     b key                        claimable balance u64
 *     s round submitter            submission: slot u64, value
 *     u round candidate            audit raised: trigger_by key, slot u64
 *     v round candidate voter      vote: is_valid u8, slot u64
 *     d round submitter            distribution list: slot u64, data account
 *     w, x                         audits and votes on lists, as u and v
 *     r round                      the round: see struct task_round
 *
 * Keys inside are 32 bytes, rounds u64 big-endian so that rows stand in the
 * order of rounds; numbers in values are little-endian. One more row belongs to
 * an account that carries lists and not to a task, because that account can be
 * written for any task:
 *
 *     t data_account[32] l         task key, round u64, slot u64; 1 u8 once the
 *                                  list was sent
 *
 * A value is never longer than what its instruction could carry.
 *
 * The rows of each kind lie together, in the order of round, key and voter: the
 * walks below rely on that. Thread: that of the state.
 */
#ifndef POND_SETTLEMENT_TASK_TASK_ROWS_H
#define POND_SETTLEMENT_TASK_TASK_ROWS_H

#include "base/buffer.h"
#include "crypto/key.h"
#include "settlement/state/state.h"

/* The class byte of all task rows; docs/settlement.md has the others. */
#define TASK_ROW_PREFIX 't'
#define TASK_ROW_KEY_SIZE_MAX (1 + 32 + 1 + 8 + 32 + 32)

/* The byte after the task's key. */
enum task_row_kind {
    TASK_ROW_HEADER = 'h',
    TASK_ROW_TOKEN = 'm',
    TASK_ROW_STAKE = 'k',
    TASK_ROW_BALANCE = 'b',
    TASK_ROW_SUBMISSION = 's',
    TASK_ROW_SUBMISSION_AUDIT = 'u',
    TASK_ROW_SUBMISSION_VOTE = 'v',
    TASK_ROW_LIST = 'd',
    TASK_ROW_LIST_AUDIT = 'w',
    TASK_ROW_LIST_VOTE = 'x',
    TASK_ROW_ROUND = 'r',
    TASK_ROW_UPLOAD = 'l',
};

/* The result of a round's payout; K2's names and numbers. */
enum task_record {
    TASK_RECORD_NONE = 0,
    TASK_RECORD_SUCCESSFUL = 1,
    TASK_RECORD_FAILED = 2,
};

/* tried_round before the first payout of a round. */
#define TASK_ROUND_NEVER UINT64_MAX

struct task_round {
    uint8_t record;    /* enum task_record */
    uint64_t attempts; /* payouts that failed */
    /* The round in which the lists of the last attempt were sent: only newer
     * lists make another attempt. */
    uint64_t tried_round;
    /* Decides the order of lists (task_payout.c). Zeros until the first list
     * after a failed payout is sent (task_distribution.c). */
    struct hash seed;
};

/* A decoded row. The kind decides which members count. */
struct task_row {
    enum task_row_kind kind;
    uint64_t round;
    struct pubkey key;   /* staker, submitter, candidate, data account */
    struct pubkey voter; /* votes */
    union {
        struct {
            uint64_t amount; /* stake and balance, in roe or units */
            struct bytes ip_address;
        } stake;
        struct {
            uint64_t slot;
            struct bytes value;
        } submission;
        struct {
            struct pubkey trigger_by;
            uint64_t slot;
        } audit;
        struct {
            bool is_valid;
            uint64_t slot;
        } vote;
        struct {
            uint64_t slot;
            struct pubkey data_account;
        } list;
        struct task_round status; /* TASK_ROW_ROUND */
        struct {
            struct pubkey mint;
            struct hash stake_pot_seed;
            uint8_t stake_pot_bump;
        } token;
        struct {
            struct pubkey task;
            uint64_t round;
            uint64_t slot; /* of the last chunk */
            bool is_sent;  /* the account holds the list in its envelope */
        } upload;
    };
};

/* A row's key, or a prefix. A vote has the longest. */
struct task_row_key {
    uint8_t bytes[TASK_ROW_KEY_SIZE_MAX];
    size_t size;
};

/* The key of a row, from its kind, round, key and voter. task: any for an
 * upload. */
void task_rows_key(const struct pubkey *task, const struct task_row *row,
                   struct task_row_key *out);

/* The prefix of all rows of a kind; of one round (NULL: all); of one round and
 * candidate (votes; NULL: all). */
void task_rows_prefix(const struct pubkey *task, enum task_row_kind kind,
                      const uint64_t *round, const struct pubkey *candidate,
                      struct task_row_key *out);

/* Append the row's value. */
void task_rows_encode(const struct task_row *row, struct buffer *out);

/* Decode key and value (of a header only kind and task). Texts borrow from
 * value. ERR_CORRUPT. task may be NULL. */
int task_rows_decode(struct bytes key, struct bytes value, struct pubkey *task,
                     struct task_row *out);

/* Read the row with row's kind, round, key and voter from the state. False if
 * there is no such row. A row that does not decode ends the process because
 * only the task programs write rows. */
bool task_rows_get(const struct state *state, const struct pubkey *task,
                   struct task_row *row);
bool task_rows_has(const struct state *state, const struct pubkey *task,
                   const struct task_row *row);

/* Whether any row stands under that prefix. */
bool task_rows_any(const struct state *state, const struct pubkey *task,
                   enum task_row_kind kind, const uint64_t *round,
                   const struct pubkey *candidate);

/* Read the first row of row's kind whose round, key and voter are not before
 * row's. False if there is no such row. */
bool task_rows_find_from(const struct state *state, const struct pubkey *task,
                         struct task_row *row);

/* ---- Walking ---- */

/* A walk over the rows of a prefix. It holds a cursor of the state, so close it
 * before the state. Rows may be put or removed only at places that the walk has
 * passed. */
struct task_rows_walk {
    struct state_cursor *cursor;
};

struct task_rows_walk task_rows_walk_open(const struct state *state,
                                          const struct pubkey *task,
                                          enum task_row_kind kind,
                                          const uint64_t *round,
                                          const struct pubkey *candidate);
bool task_rows_walk_next(struct task_rows_walk *walk, struct task_row *out);
void task_rows_walk_close(struct task_rows_walk *walk);

#endif
