/*
 * What the files of a running validator share.
 *
 *     validator_events.c what other threads say, to subscribers and to the loop
 *     validator_http.c   its two ports
 *     validator.c        life
 *
 * Each uses those above it.
 */
#ifndef POND_SETTLEMENT_VALIDATOR_VALIDATOR_INTERNAL_H
#define POND_SETTLEMENT_VALIDATOR_VALIDATOR_INTERNAL_H

#include "base/error.h"
#include "net/inbox.h"
#include "settlement/chain/execution_thread.h"
#include "settlement/rpc/pubsub.h"
#include "settlement/validator/validator_folder.h"

#define VALIDATOR_MAGIC 0x56414c49u

/* Parts are NULL until they are started. validator_stop() accepts each of them
 * as NULL, so it also takes apart a validator that was started in part. */
struct validator {
    unsigned magic;
    uv_loop_t *loop;
    struct validator_options options;
    struct validator_folder folder;
    struct ledger *ledger;
    struct mempool *mempool;
    struct performance *performance;
    struct flusher *flusher;
    struct lone_leader *leader;   /* in a network of one validator */
    struct cluster *cluster;      /* in one of several */
    struct cluster_view *view;    /* likewise */
    struct slot_control *control; /* NULL: the network has no faucet here */
    struct snapshot_keeper *snapshots; /* NULL: none are written */
    struct snapshot_watch *snapshot_watch;
    char rpc_address[80]; /* host:port, as getClusterNodes shows it */
    struct rpc *rpc;
    struct rpc_intake *intake;
    struct pubsub *pubsub;
    struct http_server *rpc_server;
    struct http_server *pubsub_server;

    struct inbox *inbox; /* failures */
    int failure;         /* the first one, or 0 */
    char failure_text[ERR_TEXT_SIZE];
    bool is_failure_reported;
};

struct vote;

/* ---- validator_events.c; user: the validator ---- */

/* Thread: the flusher's, or the execution's in a network of several. */
void validator_shown(void *user, const struct ledger_news *news);
void validator_final(void *user, const struct executed_block *block);
/* Thread: the execution's, in a network of several. */
void validator_happened(void *user, const struct execution_event *event);
/* Thread: the cluster's. */
void validator_received(void *user, uint64_t slot);
void validator_voted(void *user, const struct vote *vote);

/* Something without which the validator can't go on has failed, with err_text()
 * to say what. Thread: any. */
void validator_failed(void *user, int status);
/* The same of the flusher. */
void validator_flush_failed(void *user, int status);

/* Tell the options' callback of the first failure, once. It may have called
 * validator_stop(), so nothing may touch the validator after this call. */
void validator_report_failure(struct validator *validator);
/* A failure in the inbox. Thread: the loop's. Nothing may touch the validator
 * after it. */
void validator_take_word(void *user, struct inbox_item *item);
/* Take the words that are left when the validator stops. */
void validator_drop_words(struct validator *validator);

/* ---- validator_http.c ---- */

/* Threads of the server, and as many of the intake: one waits for sockets while
 * the other verifies. */
unsigned validator_rpc_threads(const struct validator *validator);

/* Listen at the options' port and the next one, or at any free pair. ERR_BUSY,
 * ERR_INVALID. */
int validator_listen(struct validator *validator);

#endif
