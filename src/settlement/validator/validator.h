/*
 * The validator: a settlement endpoint of its own. It keeps a ledger, makes
 * blocks, and answers JSON-RPC over HTTP and PubSub over WebSocket.
 *
 * Its folder
 *   genesis.json    the network's first state (genesis.h)
 *   identity.json   the validator's key
 *   voter.json      the key of its votes, if the genesis names another for them
 *   faucet.json     the key that pays requestAirdrop; private networks only
 *   ledger/         ledger.h
 *   snapshots/      snapshot.h
 *   votes, blocks/  write_ahead.h; in a network of several
 *   restarts        blocks that the network began anew from; likewise
 *   lock            keeps other processes out (base/folder_lock.h)
 *
 * Threads: the loop's (PubSub), the execution, the flusher, the HTTP server's,
 * those of the cluster in a network of several, and one for snapshots if they
 * are asked for. All functions here are called on
 * the loop's thread.
 */
#ifndef POND_SETTLEMENT_VALIDATOR_VALIDATOR_H
#define POND_SETTLEMENT_VALIDATOR_VALIDATOR_H

#include "settlement/ledger/ledger.h"
#include <uv.h>

#define VALIDATOR_RPC_PORT 10899  /* K2's */
#define VALIDATOR_PEER_PORT 10898 /* of other validators */

/* Slots of a development network. */
#define VALIDATOR_SLOT_MS 100

struct validator_network {
    uint64_t slot_ms;         /* 0: VALIDATOR_SLOT_MS */
    uint64_t hashes_per_tick; /* 0: idle proof of history */
    uint64_t supply;          /* roe the faucet begins with; 0: 500 million
                                 KOII */
    /* The file with the network's validators: the array that stands in a
     * genesis (genesis.h). The folder's key is one of them. NULL: the folder's
     * key alone. */
    const char *validators;
    /* The longest time that a message between validators should take; 0:
     * GENESIS_DELTA_MS. */
    uint64_t delta_ms;
};

/* Make a new private network with one validator in a folder, which is made if
 * absent: keys and genesis. ERR_EXISTS if the folder holds a network already;
 * ERR_LOCKED if another process works in the folder (base/folder_lock.h). */
int validator_create(const char *folder,
                     const struct validator_network *network);

/* Make a folder for a validator of a network that was made elsewhere: take over
 * its genesis file. The folder's key is made if absent, and must be a
 * validator of the genesis: ERR_NOT_FOUND otherwise, with the key in the text,
 * for those who make the genesis. ERR_STATE if the folder has a file of votes
 * that can't be read as this key's in this network, or lacks a key that the
 * genesis asks of this validator (voter.json). ERR_EXISTS, ERR_LOCKED as
 * above. */
int validator_join(const char *folder, const char *genesis);

struct validator;

struct validator_options {
    const char *folder;
    const char *address; /* to listen on; NULL: 127.0.0.1 */
    uint16_t rpc_port;   /* PubSub is at the next one; 0: a free pair */
    /* Of a network of several validators alone: the port for the others, 0: a
     * free one; addresses, HOST:PORT, by which this one finds them; whether
     * what it voted is not to be trusted; the block that all go on from, slot
     * 0: the newest final one. */
    uint16_t peer_port;
    const char *const *entrypoints;
    size_t entrypoint_count;
    bool has_forgotten;
    uint64_t restart_slot;
    struct hash restart_hash;
    unsigned threads;    /* that answer RPC, and as many for requests with
                            transactions; 0: 2 */
    uint64_t keep_slots; /* of history (ledger_keep()); 0: all */
    uint64_t snapshot_interval_slots; /* 0: none are written */
    size_t snapshot_keep;             /* newest ones; 0: SNAPSHOT_KEEP */
    /* It can't go on; err_text() says why. ERR_STATE: the other validators
     * agreed on what this one can't follow; else the disk failed. The validator
     * makes no more blocks and should be stopped. Called on the loop's thread,
     * at most once. If the last flush fails, the call comes after
     * validator_stop() has returned and before the loop has let go of the
     * validator. */
    void (*failed)(void *user, int status);
    void *user;
};

/* ERR_NOT_FOUND if the folder holds no network, ERR_INVALID for options that
 * the network has no use for, ERR_LOCKED if another process has the folder,
 * ERR_BUSY if a port is taken, and ledger_open()'s errors. */
int validator_start(uv_loop_t *loop, const struct validator_options *options,
                    struct validator **out);

uint16_t validator_rpc_port(const struct validator *validator);

/* The port for other validators; 0: it is the network's only one. */
uint16_t validator_peer_port(const struct validator *validator);

/* Stop answering, end and flush the slot under way, close the ledger. The
 * loop must run on until its handles are closed. NULL is allowed. */
void validator_stop(struct validator *validator);

/* `pond validator --check`: open the ledger in a folder and verify it, and
 * replay it where its history begins with the genesis. */
int validator_check(const char *folder, struct ledger_report *report);

#endif
