/*
 * A validator's chain in this process, without its endpoint: mempool,
 * execution, flusher and ledger on a folder of its own, as validator.c puts
 * them together. Benchmarks bring transactions as HTTP workers do.
 */
#ifndef POND_BENCH_CHAIN_H
#define POND_BENCH_CHAIN_H

#include "settlement/validator/validator_folder.h"

/* Threads that bring transactions, and that verify alone. The aims are for two
 * cores. */
#define CHAIN_THREADS 2

/* The most blocks with transactions in one load. */
#define CHAIN_FINAL_MAX 4096

struct chain_final {
    uint64_t time_ns;      /* monotonic; it is on disk */
    uint64_t transactions; /* in the chain up to it */
};

struct chain {
    char path[32];
    struct validator_folder folder;
    struct ledger *ledger;
    struct mempool *mempool;
    struct flusher *flusher;
    struct lone_leader *leader;
    struct chain_final finals[CHAIN_FINAL_MAX]; /* the flusher's thread */
    size_t final_count;
};

/* slot_ms, hashes_per_tick: as in struct validator_network. */
struct chain *chain_open(uint64_t slot_ms, uint64_t hashes_per_tick);

/* Seal and flush the block under way. No more blocks are made until
 * chain_start(). */
void chain_stop(struct chain *chain);
void chain_start(struct chain *chain); /* chain_open() has done it */

/* Stop the chain and remove its folder. */
void chain_close(struct chain *chain);

uint64_t chain_slot(struct chain *chain);
uint64_t chain_transactions(struct chain *chain);
void chain_blockhash(struct chain *chain, struct hash *out);

/* Signed transactions in wire format. */
struct wires {
    struct buffer *items;
    size_t count;
};

/* Make them on CHAIN_THREADS threads: make() appends the bytes of one, and may
 * be called by any thread. */
typedef void chain_make(void *user, size_t number, struct buffer *wire);
void chain_wires(struct wires *wires, size_t count, chain_make *make,
                 void *user);
void chain_wires_free(struct wires *wires);

/* From received bytes to the disk. */
struct chain_rate {
    double per_second;     /* by the wall's clock, see chain_bring() */
    double per_cpu_second; /* by this process's processor time */
};

/* Parse, verify and queue all of them on CHAIN_THREADS threads, and wait until
 * they are executed and flushed. per_second is counted between the first block
 * and the last but one, so that neither the wait for a slot's end nor a last
 * slot that is half empty counts (of fewer than four blocks: of all, from the
 * start). Every one of them must be good. */
struct chain_rate chain_bring(struct chain *chain, const struct wires *wires);

/* The first half of chain_bring(): parse, verify and queue all of them. While
 * no blocks are made, they must fit in the mempool. */
void chain_queue(struct chain *chain, const struct wires *wires);

/* Parse them and verify them by libsodium on as many threads, nothing else. */
struct chain_rate chain_verify(const struct wires *wires);

/* The same by Pond's own verifier, which checks many signatures at once, as
 * chain_bring() does. */
struct chain_rate chain_verify_together(const struct wires *wires);

/* A transfer from the key, signed by all signers, the first of which pays. */
void chain_transfer(const struct keypair *const *signers, size_t signer_count,
                    const struct pubkey *from, const struct pubkey *to,
                    uint64_t lamports, const struct hash *blockhash,
                    struct buffer *wire);

/* The request that sends such a transfer of 1,000,000 roe by its payer
 * (load.h); the caller frees it. */
char *chain_transfer_request(const struct keypair *payer,
                             const struct pubkey *to,
                             const struct hash *blockhash, bool skip_preflight,
                             size_t *size);

/* An account of its own for each number. Its keys are spread over all keys, as
 * those of real accounts are, because neighbours would share pages on disk. */
struct pubkey chain_recipient(uint64_t number);

/* Let the faucet give each key so many roe, and wait until it has. */
void chain_fund(struct chain *chain, const struct keypair *keys, size_t count,
                uint64_t lamports);

/* A load of transfers, each to an account of its own: no two pay the same one,
 * however many loads are made. {0} is a load whose payers are not funded yet.
 */
#define CHAIN_PAYERS 64
struct chain_load {
    struct keypair payers[CHAIN_PAYERS];
    struct hash blockhash;
    uint64_t made;
};

/* Give each of its payers so many roe. */
void chain_load_fund(struct chain *chain, struct chain_load *load,
                     uint64_t lamports);

/* The next transfers, on the newest blockhash. */
void chain_load_make(struct chain *chain, struct chain_load *load, size_t count,
                     struct wires *wires);

#endif
