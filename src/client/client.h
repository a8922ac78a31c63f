/*
 * The client of a settlement endpoint: JSON-RPC over HTTP and slot
 * notifications over its WebSocket. It is how everything outside the
 * settlement layer reaches it, whether the endpoint is this machine's own
 * validator or a public K2 cluster.
 *
 * A client lives on a uv_loop_t. Every function below is called on the loop's
 * thread, returns at once, and its callback runs later on the same thread,
 * exactly once. A failed call's callback gets a negative status, and err_text()
 * says why: ERR_NETWORK or ERR_TIMEOUT (worth another try), ERR_REMOTE (the
 * endpoint answered with an error), ERR_INVALID (its answer has not the form it
 * must have), ERR_NOT_FOUND, ERR_CANCELLED (client_close()). What a callback is
 * handed is valid until it returns.
 *
 * Commands that just want an answer use the _wait forms at the end, which run
 * the loop until it is there.
 */
#ifndef POND_CLIENT_CLIENT_H
#define POND_CLIENT_CLIENT_H

#include "base/json.h"
#include "crypto/key.h"
#include <uv.h>

struct client;
struct client_slots; /* a subscription to slots */

/* rpc_urls: http:// or https://; several, with blanks between them, in the
 * order of preference. The WebSocket is at the same host, at the port + 1 where
 * the URL names a port, else at the same one (as Solana's clients do).
 * ERR_INVALID; ERR_LIMIT for more than ENDPOINTS_MAX (client/endpoint_choice.h,
 * which also says when another one is used). No endpoint need be up yet.
 *
 * With several, a call that an endpoint does not answer is made at the next
 * one, but for those that must not be made twice. A transaction is followed
 * wherever the client goes, as the same bytes. */
int client_new(uv_loop_t *loop, const char *rpc_urls, struct client **out);

/* Use only endpoints of the network with this genesis (base58). Before the loop
 * runs. Without it the network is that of the first endpoint that answers. */
void client_expect_genesis(struct client *client, const char *genesis);

/* Returns at once and calls no callback from inside. Slot subscriptions end
 * with the call. The loop then calls the callbacks still due, with
 * ERR_CANCELLED, and last closed (NULL is allowed), after which the client is
 * freed. No call may begin after this one, except in such a callback; it is
 * cancelled as well. If client is NULL, nothing is called. */
void client_close(struct client *client, void (*closed)(void *user),
                  void *user);

/* The endpoint in use; shown: without keys of providers (base/redact.h). Valid
 * as long as the client. */
const char *client_url(const struct client *client);
const char *client_shown_url(const struct client *client);

/* All of them, in the order of preference. url is as shown above. */
struct client_endpoint_view {
    const char *url;
    const char *state; /* "good", "away", "behind", "other", "unknown" */
    uint64_t slot;     /* at the last look; 0: none yet */
    bool is_used;
};
size_t client_endpoint_count(const struct client *client);
struct client_endpoint_view client_endpoint_at(const struct client *client,
                                               size_t index);

/* ---- Any method ---- */

typedef void client_json_callback(void *user, int status,
                                  struct json_object *result);

/* params: the JSON text of the array of parameters, or NULL for none. The
 * result is JSON-RPC's "result" and may be NULL (JSON's null). */
void client_call(struct client *client, const char *method, const char *params,
                 client_json_callback *callback, void *user);

/* The same with an answer of at most limit_bytes; ERR_LIMIT. */
void client_call_within(struct client *client, size_t limit_bytes,
                        const char *method, const char *params,
                        client_json_callback *callback, void *user);

/* The code of the JSON-RPC error that caused the last ERR_REMOTE (-32002, …),
 * valid inside the callback, and after a call that waits until the next call; 0
 * if the error was not one of JSON-RPC. */
int client_remote_code(const struct client *client);

/* ---- Slots ---- */

/* slot is the newest. It only grows, whatever the endpoint says, but for
 * client_slots_continue(); and a slot that is further ahead of the last one
 * than any network can be is ignored. The first is the endpoint's word alone.
 * After a gap (a lost connection, a slow reader) only the newest is reported.
 */
typedef void client_slot_callback(void *user, uint64_t slot);

/* Reconnects by itself, for ever, with back-off from 0.1 to 5 s; after each
 * connection the newest slot is asked for, so that none is waited for in
 * vain. */
struct client_slots *client_subscribe_slots(struct client *client,
                                            client_slot_callback *callback,
                                            void *user);
/* The caller knows better than what was reported last: slots after this one are
 * reported next, whether it is older or newer. */
void client_slots_continue(struct client_slots *slots, uint64_t slot);
void client_unsubscribe_slots(struct client_slots *slots); /* NULL is allowed */

/* ---- Transactions ---- */

enum client_commitment {
    CLIENT_PROCESSED,
    CLIENT_CONFIRMED,
    CLIENT_FINALIZED,
};

/* How long to wait between two looks at what was sent: 100 ms at first. For
 * programs whose endpoint is at hand, as tests have it. */
void client_set_poll(struct client *client, uint32_t poll_ms);

struct client_sent {
    struct signature signature;
    uint64_t slot; /* that executed it; 0 if none did */
    /* The transaction's error as JSON text, as Solana writes it
     * ({"InstructionError":[0,{"Custom":1}]}); NULL if it succeeded or was
     * never executed. */
    const char *error;
    /* The code of an error InstructionError(Custom), which names a program's
     * own refusals (enum task_error); 0 for any other error. */
    uint32_t custom;
    /* The programs' log lines where a simulation refused it; else NULL. */
    const char *const *logs;
    size_t log_count;
};

/* status 0: it stands in the ledger at the commitment asked for and succeeded.
 * ERR_REMOTE: refused or executed with an error (see error, logs; err_text()
 * holds a line for people). ERR_TIMEOUT: its blockhash expired, and it was not
 * executed: sending the same work again is safe. sent is never NULL. */
typedef void client_send_callback(void *user, int status,
                                  const struct client_sent *sent);

struct client_send_options {
    enum client_commitment commitment;
    bool skip_preflight; /* not simulated by the endpoint first */
    /* The one of the transaction's blockhash. 0 if unknown: then the endpoint
     * is asked at sending, and the blockhash can't live longer than its answer.
     */
    uint64_t last_valid_block_height;
};

/* Send a signed transaction in wire format (copied) and follow it. The same
 * bytes are sent again every two seconds until it is executed or its
 * blockhash has expired; never a different transaction. */
void client_send(struct client *client, struct bytes transaction,
                 const struct client_send_options *options,
                 client_send_callback *callback, void *user);

/* requestAirdrop (private networks), followed until it is confirmed. */
void client_airdrop(struct client *client, const struct pubkey *to,
                    uint64_t lamports, client_send_callback *callback,
                    void *user);

/* ---- Typed helpers ---- */

struct client_blockhash {
    struct hash blockhash;
    uint64_t last_valid_block_height;
    uint64_t slot; /* at which the answer was true */
};
typedef void
client_blockhash_callback(void *user, int status,
                          const struct client_blockhash *blockhash);
void client_latest_blockhash(struct client *client,
                             client_blockhash_callback *callback, void *user);

typedef void client_u64_callback(void *user, int status, uint64_t value);
void client_slot(struct client *client, enum client_commitment commitment,
                 client_u64_callback *callback, void *user);
/* What is confirmed: lamports; 0 for an account that does not exist. */
void client_balance(struct client *client, const struct pubkey *key,
                    client_u64_callback *callback, void *user);

struct client_account {
    struct pubkey key;
    struct pubkey owner;
    uint64_t lamports;
    bool is_executable;
    struct bytes data;
};

/* account is NULL, with status 0, if it does not exist. */
typedef void client_account_callback(void *user, int status,
                                     const struct client_account *account);
void client_account_info(struct client *client, const struct pubkey *key,
                         client_account_callback *callback, void *user);

typedef void client_accounts_callback(void *user, int status,
                                      const struct client_account *accounts,
                                      size_t count);

/* Only accounts whose data has these bytes at this offset. */
struct client_filter {
    uint64_t offset;
    struct bytes bytes; /* at most 128 */
};

/* filter: NULL for all accounts of the program. data_limit: at most this much
 * of the beginning of each account's data comes back (SIZE_MAX: everything). */
void client_program_accounts(struct client *client,
                             const struct pubkey *program,
                             const struct client_filter *filter,
                             size_t data_limit,
                             client_accounts_callback *callback, void *user);

/* What a task's account says. Texts are never NULL.
 *
 * KPL tasks, which are paid in a token, come in the form of native ones, with
 * token_type, stake_pot_seed and stake_pot_bump beside. Endpoints have no
 * methods for them: their accounts are read whole, whatever is asked for.
 * Amounts are roe, or base units of the token. */
struct client_task {
    struct pubkey task;
    uint64_t slot; /* at which the answer was true */
    bool is_kpl;
    struct pubkey token; /* the mint; zeros for native tasks */
    bool is_allowlisted;
    bool is_active;
    bool is_migrated;
    const char *task_name;
    const char *task_description;
    const char *task_audit_program;
    const char *task_executable_network;
    const char *task_metadata;
    const char *task_vars;
    const char *koii_vars;
    const char *migrated_to;
    struct pubkey task_manager;
    struct pubkey stake_pot_account;
    uint64_t total_bounty_amount;
    uint64_t bounty_amount_per_round;
    uint64_t total_stake_amount;
    uint64_t minimum_stake_amount;
    uint64_t round_time; /* these four in slots */
    uint64_t starting_slot;
    uint64_t audit_window;
    uint64_t submission_window;
    uint64_t allowed_failed_distributions;
    /* The whole state, with the maps that were asked for: stake_list,
     * ip_address_list, available_balances by base58 key. Borrowed. */
    struct json_object *state;
};

/* Which of the task's maps the answer holds. */
enum client_task_parts {
    CLIENT_TASK_STAKES = 1, /* stake_list and ip_address_list */
    CLIENT_TASK_BALANCES = 2,
    CLIENT_TASK_SUBMISSIONS = 4,
    CLIENT_TASK_DISTRIBUTIONS = 8,
};

/* ERR_NOT_FOUND: no such task. */
typedef void client_task_callback(void *user, int status,
                                  const struct client_task *task);
void client_task_state(struct client *client, const struct pubkey *task,
                       unsigned parts, client_task_callback *callback,
                       void *user);

struct client_vote {
    struct pubkey voter;
    bool is_valid;
    uint64_t slot;
};

/* A submission, or a distribution list, of one round. */
struct client_entry {
    struct pubkey key;          /* who sent it */
    const char *value;          /* submissions: its text; lists: "" */
    struct pubkey data_account; /* lists: where the list is; else zero */
    uint64_t slot;              /* when it was sent */
    bool is_audited;            /* another node accused it: */
    struct pubkey trigger_by;   /* who first */
    uint64_t trigger_slot;
    const struct client_vote *votes; /* the accuser's is among them */
    size_t vote_count;
};

enum client_payout { /* a round's payout record */
                     CLIENT_PAYOUT_NONE,
                     CLIENT_PAYOUT_SUCCESSFUL,
                     CLIENT_PAYOUT_FAILED,
};

struct client_round {
    uint64_t round;
    uint64_t slot;                      /* at which the answer was true */
    enum client_payout payout;          /* distributions only */
    const struct client_entry *entries; /* in ascending order of key */
    size_t entry_count;
};

typedef void client_round_callback(void *user, int status,
                                   const struct client_round *round);
void client_task_submissions(struct client *client, const struct pubkey *task,
                             uint64_t round, client_round_callback *callback,
                             void *user);
void client_task_distributions(struct client *client, const struct pubkey *task,
                               uint64_t round, client_round_callback *callback,
                               void *user);

/* ---- Waiting ----
 *
 * Each runs the client's loop until its answer has come, and returns 0 or the
 * status. The time limits are those of the calls. Do not call these from inside
 * a callback. */

/* *result belongs to the caller: json_object_put(). */
int client_call_wait(struct client *client, const char *method,
                     const char *params, struct json_object **result);

/* The signature and slot are filled in *sent; error and logs, which would not
 * outlive the callback, are NULL: err_text() names the error. */
int client_send_wait(struct client *client, struct bytes transaction,
                     const struct client_send_options *options,
                     struct client_sent *sent);
int client_airdrop_wait(struct client *client, const struct pubkey *to,
                        uint64_t lamports, struct client_sent *sent);
int client_latest_blockhash_wait(struct client *client,
                                 struct client_blockhash *out);
int client_slot_wait(struct client *client, enum client_commitment commitment,
                     uint64_t *out);
int client_balance_wait(struct client *client, const struct pubkey *key,
                        uint64_t *out);

/* To wait for another call, let its callback call client_finish() last.
 *
 *     struct client_waiting waiting = {0};
 *     client_task_state(client, &task, 0, on_task, &mine);   // on_task calls
 *     return client_wait(client, &mine.waiting);             // client_finish
 */
struct client_waiting {
    bool is_done;
    int status;
    struct client *client; /* client_wait()'s own, as the next */
    int remote_code;
};
void client_finish(struct client_waiting *waiting, int status);
int client_wait(struct client *client, struct client_waiting *waiting);

#endif
