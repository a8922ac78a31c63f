/*
 * A runner between an endpoint and a worker that the test plays itself.
 *
 * The endpoint tells of one task, in whose round 1 keys have submitted and sent
 * lists as the test says. It takes transactions, keeps what they ask of the
 * task program, and calls each of them final. A test may look at a question
 * before it is answered (on_question), or answer in the endpoint's place (lie).
 *
 * The worker stands in for runtime/host/host.c at link time: each call gives
 * what the test's result() says, on the loop's next turn.
 */
#ifndef POND_TESTS_NODE_RUNNER_FIXTURE_H
#define POND_TESTS_NODE_RUNNER_FIXTURE_H

#include "base/memory.h"
#include "net/http_server.h"
#include "node/money/wallet.h"
#include "node/task/duty.h"
#include "node/task/list_make.h"
#include "node/task/task_duty.h"
#include "node/task/task_list.h"
#include "node/task/task_pay.h"
#include "node/task/task_review.h"
#include "node/task/task_runner.h"
#include "node/task/task_start.h"
#include "settlement/format/task_distribution_list.h"

#include <stdio.h>

#define FIXTURE_ENTRIES_MAX 16
#define FIXTURE_SENT_MAX 64
#define FIXTURE_METHODS_MAX 16

/* What a key has submitted, or the list that it has sent. */
struct entry {
    struct pubkey key;
    const char *value;
    const struct pubkey *account; /* of a list; NULL: the key itself */
    uint64_t slot;
    bool is_accused;
    unsigned votes_for, votes_against;
};

/* An instruction of the task program that was sent. */
struct sent {
    enum task_instruction_kind kind;
    struct pubkey accounts[3]; /* the first of them */
    uint64_t round;
    bool flag; /* of a verdict: is_valid */
};

struct fake_call;

struct fixture {
    uv_loop_t loop;
    char folder[64];
    struct http_server *server;
    struct node_options options;
    struct wallet wallet; /* whose copy the signer has */
    struct node_parts parts;
    const char *variables; /* of the next start; NULL: none */
    struct task_runner *runner;
    bool is_stopped, is_client_closed;

    /* The endpoint: what it says. */
    uint64_t stake;        /* of this node */
    bool is_inactive;      /* the task */
    uint64_t round_time;   /* 100 at first */
    const char *program;   /* the CID of its code; NULL: no source has it */
    const char *metadata;  /* and of its metadata; NULL: it has none */
    uint64_t balance;      /* claimable by this node */
    uint64_t main_balance; /* of the main wallet; 1000 KOII at first */
    unsigned peers;        /* who gave an address of this endpoint */
    const char *account;   /* of this node's keys; a getAccountInfo result */
    bool has_blockhash;    /* there is one to be had */
    struct entry submissions[FIXTURE_ENTRIES_MAX];
    size_t submission_count;
    struct entry lists[FIXTURE_ENTRIES_MAX];
    size_t list_count;
    const char *payout; /* "PayoutSuccessful", or NULL */
    struct buffer list; /* what lies in every list's account */
    void (*on_question)(struct fixture *fixture, const char *method);
    /* NULL: the truth. Else "result", or "" for no answer but an error. */
    const char *(*lie)(struct fixture *fixture, const char *method);

    /* Where the task has moved to; NULL: it has not. Then its coins move, too:
     * once for each signature, as on a chain. */
    const struct pubkey *next;
    const struct pubkey *next_manager; /* its creator; NULL: the same */
    uint64_t next_stake, claimed;
    struct signature seen[FIXTURE_SENT_MAX];
    size_t seen_count;

    /* And what it was asked. */
    struct {
        char name[40];
        unsigned count;
    } asked[FIXTURE_METHODS_MAX];
    struct sent sent[FIXTURE_SENT_MAX];
    size_t sent_count;
    unsigned gateways_asked, peers_asked;
    bool is_gateway_first;

    /* The worker. Without result() each call gives null; where result() gives
     * NULL the call fails with failure, which is ERR_REMOTE at first. */
    const char *(*result)(struct fixture *fixture, const char *function,
                          const char *args);
    int failure;
    struct fake_call *calls;
    uv_timer_t turn;
    unsigned called;       /* so many calls were made */
    unsigned answers;      /* to requests */
    int refused;           /* the code of the newest refusal, or 0 */
    struct buffer answer;  /* the newest: JSON or the refusal's text */
    struct buffer payload; /* the newest's */
};

/* The task's id. */
extern const struct pubkey fixture_task;

/* A getAccountInfo result for an address that holds nothing. */
extern const char fixture_no_account[];
/* One of the task program's, with enough for any list. */
extern const char fixture_rich_account[];

/* A peer's key. */
struct pubkey fixture_peer(uint8_t number);

/* cmocka's setup and teardown. The teardown ends a runner that is there. */
int fixture_open(void **state);
int fixture_close(void **state);

/* A client and a sender anew, as after a restart. */
void fixture_connect(struct fixture *fixture);

/* How often a method was asked for. */
unsigned fixture_asked(const struct fixture *fixture, const char *method);

/* Start as node_start_task() does it, from a file that is not there: it stays
 * without a worker. */
void fixture_start(struct fixture *fixture, uint64_t stake_wanted);
/* The same with the task's own code. */
void fixture_start_from_store(struct fixture *fixture);
/* The same from a file that is there, until it is RUNNING. */
void fixture_run(struct fixture *fixture);

/* As a node that ends; what is in journal and store stays. */
void fixture_end_runner(struct fixture *fixture);

/* Turn the loop until nothing more is asked or called. */
void fixture_settle(struct fixture *fixture);

/* A duty on round 1 while the clock is in round 3, until slot 320. */
struct duty *fixture_duty(struct fixture *fixture, enum round_action action);

/* The runner's clock is there; what is known of rounds stays. */
void fixture_set_clock(struct fixture *fixture, uint64_t slot, uint64_t round);

/* How many instructions of that kind were sent. */
size_t fixture_sent(const struct fixture *fixture,
                    enum task_instruction_kind kind);

/* The list of round 1 in which each of the keys gets that much. */
void fixture_set_list(struct fixture *fixture, const struct pubkey *keys,
                      size_t count, int64_t amount);

/* The worker is stopped, has ended, and another one has taken its place. */
void fixture_replace_worker(struct fixture *fixture);

/* The worker asks; params is JSON. The answer comes at once or later. */
void fixture_request(struct fixture *fixture, const char *method,
                     const char *params, struct bytes payload);

#endif
