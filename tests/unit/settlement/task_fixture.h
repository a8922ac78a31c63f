/*
 * What the tests of the task program share: a bank with funded keys, a task,
 * and instructions in one line. Transactions go through the bank as any other,
 * but have no signatures because banks don't check them.
 */
#ifndef POND_TESTS_SETTLEMENT_TASK_FIXTURE_H
#define POND_TESTS_SETTLEMENT_TASK_FIXTURE_H

#include "settlement/bank/bank.h"
#include "settlement/format/task_instruction.h"
#include "settlement/task/task_book.h"
#include "settlement/task/task_program.h"

#define TASK_FIXTURE_KEYS 12
#define TASK_FIXTURE_PAYER_LAMPORTS (1000000 * LAMPORTS_PER_KOII)
/* The first balance of each key's account of the task program. */
#define TASK_FIXTURE_KEY_LAMPORTS (100 * LAMPORTS_PER_KOII)
#define TASK_FIXTURE_SPACE 200000
#define TASK_FIXTURE_STAKE LAMPORTS_PER_KOII

struct task_fixture {
    struct arena genesis_arena;
    struct arena arena;  /* of the newest transaction */
    struct bank *bank;   /* open */
    struct bank *parent; /* of the open one; NULL: not kept yet */
    struct pubkey payer; /* pays fees; owner of the task */
    struct pubkey leader;
    struct pubkey keys[TASK_FIXTURE_KEYS]; /* staking keys */
    struct pubkey task;
    struct pubkey pot;
    struct task_terms terms;
    uint64_t transactions;
    uint64_t units; /* that the newest transaction used */
    /* Of the open bank's transactions, counted from their wire bytes and not
     * asked of the bank. */
    uint64_t fees;
    char log[4096]; /* of the newest transaction, a line each */
};

/* Terms: rounds of 100 slots, 40 to submit, 40 to audit; a bounty of 100 KOII,
 * 10 of them a round; 1 KOII minimum stake; 2 failed distributions allowed. */
struct task_terms task_fixture_terms(void);

/* A key that is the same for the same number. */
struct pubkey task_fixture_key(uint64_t number);
/* A stake pot's address, the same for the same number. */
struct pubkey task_fixture_pot(uint64_t number);

/* A bank at slot 1 without a task. */
void task_fixture_open(struct task_fixture *f);
void task_fixture_close(struct task_fixture *f);

/* A separate history on a frozen bank of root's. root stays open until it is
 * closed. */
void task_fixture_fork(const struct task_fixture *root, struct bank *parent,
                       struct task_fixture *f);

/* Another history on the parent of from's open bank, at the same slot, with
 * none of what that has executed. from has to keep a parent: it was forked, or
 * has gone to another slot. */
void task_fixture_again(const struct task_fixture *from,
                        struct task_fixture *f);

/* Freeze the bank and open one at that slot, a later one. */
void task_fixture_to_slot(struct task_fixture *f, uint64_t slot);
/* Go forward to the slot at offset of the task's round. */
void task_fixture_to(struct task_fixture *f, uint64_t round, uint64_t offset);

/* K2's recipe for the manager list: HandleManagerAccounts init by the payer,
 * and rent for the list. */
struct transaction_status task_fixture_init_managers(struct task_fixture *f);

/* A transaction of these instructions, in wire format without signatures, that
 * no other is like; appended. */
void task_fixture_build(struct task_fixture *f, const struct instruction *list,
                        size_t count, struct buffer *wire);

/* Build and execute; every key that must sign does. */
struct transaction_status task_fixture_execute(struct task_fixture *f,
                                               const struct instruction *list,
                                               size_t count);

/* One instruction of the task program. Members of parties that are zero are
 * set: task and stake_pot to the fixture's. */
struct transaction_status
task_fixture_run(struct task_fixture *f,
                 const struct task_instruction *instruction,
                 const struct task_parties *parties);

/* K2's recipe for a new task at task with pot: account, CreateTask, rent for
 * the pot. */
struct transaction_status task_fixture_create(struct task_fixture *f,
                                              const struct task_terms *terms,
                                              const struct pubkey *task,
                                              const struct pubkey *pot,
                                              uint64_t space);

/* Single instructions by the key of that number. */
struct transaction_status task_fixture_stake(struct task_fixture *f, size_t key,
                                             uint64_t amount);
struct transaction_status task_fixture_submit(struct task_fixture *f,
                                              size_t key, uint64_t round);
struct transaction_status task_fixture_audit(struct task_fixture *f,
                                             size_t voter, size_t candidate,
                                             uint64_t round, bool is_valid);
struct transaction_status
task_fixture_audit_list(struct task_fixture *f, size_t voter, size_t candidate,
                        uint64_t round, bool is_valid);
/* Upload this data, chunk by chunk, to the key's own account. */
struct transaction_status task_fixture_upload(struct task_fixture *f,
                                              size_t key, uint64_t round,
                                              struct bytes data);
struct transaction_status task_fixture_submit_list(struct task_fixture *f,
                                                   size_t key, uint64_t round);
struct transaction_status task_fixture_payout(struct task_fixture *f,
                                              uint64_t round);
struct transaction_status task_fixture_withdraw(struct task_fixture *f,
                                                size_t key);
struct transaction_status task_fixture_claim(struct task_fixture *f, size_t key,
                                             const struct pubkey *beneficiary);

/* Upload and send a list that gives amounts[i] to key i; 0: not named. */
struct transaction_status task_fixture_list(struct task_fixture *f, size_t key,
                                            uint64_t round,
                                            const int64_t *amounts,
                                            size_t count);

/* ---- Looking ---- */

struct task_header task_fixture_header(struct task_fixture *f);
uint64_t task_fixture_staked(struct task_fixture *f, size_t key);
uint64_t task_fixture_claimable(struct task_fixture *f, size_t key);
uint64_t task_fixture_lamports(struct task_fixture *f,
                               const struct pubkey *key);
struct task_round task_fixture_round(struct task_fixture *f, uint64_t round);

/* INSTRUCTION_OK, the instruction error, or INSTRUCTION_ERROR_COUNT for an
 * error outside any instruction. */
enum instruction_error task_fixture_error(struct transaction_status status);

/* cmocka assertions; include test.h before. */
#define assert_done(expression)                                                \
    do {                                                                       \
        struct transaction_status assert_done_status = (expression);           \
        if (!transaction_status_ok(assert_done_status)) {                      \
            print_error("%s: error %u/%u/%u\n%s", #expression,                 \
                        assert_done_status.error,                              \
                        assert_done_status.instruction,                        \
                        (unsigned)assert_done_status.custom, f->log);          \
            fail();                                                            \
        }                                                                      \
    } while (0)
#define assert_custom(expression, number)                                      \
    do {                                                                       \
        struct transaction_status assert_custom_status = (expression);         \
        assert_int_equal(task_fixture_error(assert_custom_status),             \
                         INSTRUCTION_CUSTOM);                                  \
        assert_int_equal(assert_custom_status.custom, number);                 \
    } while (0)
#define assert_refused(expression, instruction_error)                          \
    assert_int_equal(task_fixture_error(expression), instruction_error)

#endif
