/*
 * Instructions of the native Koii task program: their bytes and the accounts
 * they name. Programs, clients and tools all use this one codec. Pure; any
 * thread.
 *
 * Layouts (first byte the index, numbers 64-bit little-endian and not
 * negative, texts UTF-8 padded with spaces on the right, lengths exact):
 *
 *      0 CreateTask 401           name 24, description 64, audit program 64,
 *                                 network 64, total bounty, bounty per round,
 *                                 round time, audit window, submission window,
 *                                 minimum stake, metadata 64, vars 64,
 *                                 allowed failed distributions
 *      1 SubmitTask 521           value 512, round
 *      2 AuditSubmissions 17      is_valid (0 or 1), round
 *      3 AuditDistribution 17     is_valid, round
 *      4 Payout 9                 round
 *      5 Whitelist 9              flag (0 or 1)
 *      6 SetActive 9              flag
 *      7 ClaimReward 1
 *      8 FundTask 9               amount
 *      9 Stake 73                 amount, ip address 64
 *     10 Withdraw 1
 *     11 UploadDistributionList 521   chunk 512, round
 *     12 SubmitDistributionList 9     round
 *     14 UpdateTask 393           as CreateTask without the total bounty
 *     15 DeleteTask 1
 *     16 HandleManagerAccounts 25 operation 24: init, insert or remove
 *
 * The source of the layouts is Koii's published create-task-cli and node.
 */
#ifndef POND_SETTLEMENT_FORMAT_TASK_INSTRUCTION_H
#define POND_SETTLEMENT_FORMAT_TASK_INSTRUCTION_H

#include "settlement/format/transaction.h"

enum task_instruction_kind {
    TASK_CREATE = 0,
    TASK_SUBMIT = 1,
    TASK_AUDIT_SUBMISSIONS = 2,
    TASK_AUDIT_DISTRIBUTION = 3,
    TASK_PAYOUT = 4,
    TASK_WHITELIST = 5,
    TASK_SET_ACTIVE = 6,
    TASK_CLAIM_REWARD = 7,
    TASK_FUND = 8,
    TASK_STAKE = 9,
    TASK_WITHDRAW = 10,
    TASK_UPLOAD_DISTRIBUTION_LIST = 11,
    TASK_SUBMIT_DISTRIBUTION_LIST = 12,
    TASK_UPDATE = 14,
    TASK_DELETE = 15,
    TASK_HANDLE_MANAGER_ACCOUNTS = 16,
};

/* Sizes of the text fields, in bytes. */
#define TASK_NAME_SIZE 24
#define TASK_TEXT_SIZE 64
#define TASK_SUBMISSION_SIZE 512

/* A chunk of a distribution list: number u16, size u16 (always 508), data. */
#define TASK_CHUNK_SIZE 512
#define TASK_CHUNK_DATA_SIZE 508

/* The terms that a creator sets. Texts are without their padding and borrowed.
 */
struct task_terms {
    struct bytes task_name;
    struct bytes task_description;
    struct bytes task_audit_program; /* CID, Arweave id or executable name */
    struct bytes task_executable_network; /* IPFS, ARWEAVE or DEVELOPMENT */
    uint64_t total_bounty_amount;         /* roe; 0 in UpdateTask */
    uint64_t bounty_amount_per_round;     /* roe */
    uint64_t round_time;                  /* these three in slots */
    uint64_t audit_window;
    uint64_t submission_window;
    uint64_t minimum_stake_amount; /* roe */
    struct bytes task_metadata;    /* CID */
    struct bytes task_vars;
    uint64_t allowed_failed_distributions;
};

/* HandleManagerAccounts' operation, a text on the wire. */
enum task_manager_operation {
    TASK_MANAGER_INIT,
    TASK_MANAGER_INSERT,
    TASK_MANAGER_REMOVE,
};

/* One instruction, read or to be written. Which members count follows from
 * kind; parsing sets the others to zero. */
struct task_instruction {
    enum task_instruction_kind kind;
    union {
        struct task_terms terms; /* create, update */
        struct bytes value;      /* submit: without its padding */
        bool flag;               /* audits (is_valid), whitelist, active */
        uint64_t amount;         /* fund, stake: roe */
        struct {                 /* upload */
            uint16_t number;     /* lands at number * 508 */
            struct bytes data;   /* at most 508 bytes; parsed: 508 */
        } chunk;
        enum task_manager_operation operation;
    };
    uint64_t round;          /* submit, audits, payout, upload, submit list */
    struct bytes ip_address; /* stake: without its padding */
};

/* Parse an instruction; *out borrows from data. ERR_INVALID names what is
 * wrong. */
int task_instruction_parse(struct bytes data, struct task_instruction *out);

/* Append the bytes. ERR_LIMIT for a text longer than its field, ERR_RANGE for a
 * number above INT64_MAX, ERR_INVALID for a text that is not UTF-8; then out
 * stays as it was. */
int task_instruction_build(const struct task_instruction *instruction,
                           struct buffer *out);

/* The instruction's name as it stands in logs ("SubmitTask"). */
const char *task_instruction_name(enum task_instruction_kind kind);

/* ---- Accounts ---- */

/* The parties of an instruction. Only the members that the kind needs are read;
 * see task_instruction_accounts(). */
struct task_parties {
    struct pubkey task;
    struct pubkey stake_pot;
    /* The key that acts: the payer of a creation, update or init; the staking
     * key of a submission, vote, list, stake, withdrawal or claim; the funder;
     * the owner or manager that sets a flag or deletes. */
    struct pubkey actor;
    /* The key that is acted on: the candidate of a vote, the beneficiary of a
     * claim, the target of a manager change. */
    struct pubkey other;
    struct pubkey data_account; /* upload, submit list, payout */
    struct pubkey second_actor; /* second manager of a manager change */
    struct pubkey new_task;     /* update */
    struct pubkey new_stake_pot;
};

/* UpdateTask has the most accounts. */
#define TASK_ACCOUNTS_MAX 6

/*
 * The accounts in the program's order (S signs, W is written):
 *
 *     CreateTask               actor SW, task SW, pot W, clock
 *     SubmitTask               task W, actor SW, clock
 *     AuditSubmissions         task W, actor SW, candidate, clock
 *     AuditDistribution        task W, actor SW, candidate W, clock
 *     Payout                   task W, clock, data account W
 *     Whitelist                task W, actor S, manager list
 *     SetActive                task W, actor S, manager list
 *     ClaimReward              task W, actor SW, pot W, beneficiary W
 *     FundTask                 task W, actor SW, pot W, system program, clock
 *     Stake                    task W, actor SW, pot W, clock
 *     Withdraw                 task W, actor SW, clock
 *     UploadDistributionList   task, data account SW
 *     SubmitDistributionList   task W, actor SW, data account SW, clock
 *     UpdateTask               actor SW, task W, pot W, clock, new task SW,
 *                              new pot W
 *     DeleteTask               task W, actor S, pot W, burn address W,
 *                              manager list
 *     HandleManagerAccounts    manager list W, actor S (init); or manager list
 *                              W, actor S, second actor S, target
 *
 * operation is read for HandleManagerAccounts alone. Returns the number of
 * accounts in out.
 */
size_t task_instruction_accounts(enum task_instruction_kind kind,
                                 enum task_manager_operation operation,
                                 const struct task_parties *parties,
                                 struct account_meta out[TASK_ACCOUNTS_MAX]);

/* ---- Costs, in roe, as Koii's clients pay them ---- */

/* The balance that a task account of space bytes is created with: rent plus
 * 1,000. */
uint64_t task_instruction_create_lamports(uint64_t space);

/* The balance that a stake pot gets at creation, so that it is rent-exempt
 * while empty. */
#define TASK_STAKE_POT_LAMPORTS 1000000

/* A staking key's account: its space in bytes, and the balance that it is
 * created with besides the stake (rent for 1,000 bytes plus 10,000). */
#define TASK_STAKING_KEY_SPACE 100
uint64_t task_instruction_stake_lamports(void);

/* A temporary funder's account: its space in bytes, and the balance that it is
 * created with besides the amount. */
#define TASK_FUNDER_SPACE 100
uint64_t task_instruction_fund_lamports(void);

#endif
