/*
 * Replicas in one process, over a network, disks and an execution that are made
 * up, in virtual time. Blocks are headers with bodies of random bytes; whatever
 * is not marked as wrong executes.
 */
#ifndef POND_TESTS_REPLICA_WORLD_H
#define POND_TESTS_REPLICA_WORLD_H

#include "base/buffer.h"
#include "settlement/cluster/replica.h"
#include "settlement/format/block_header.h"

#define REPLICA_WORLD_MAX 7
#define REPLICA_WORLD_NEVER UINT64_MAX

struct replica_world;

struct replica_world_options {
    size_t count;
    uint64_t seed;
    uint64_t slot_ms;         /* 0: 100 */
    uint64_t delta_ms;        /* 0: 50 */
    uint64_t slots_per_epoch; /* 0: the genesis' default */
    size_t body_size_max;     /* of a block; 0: they have no bodies */
    uint64_t execute_ms;      /* what a block takes; 0: 3 */
    /* What a frame of transactions takes; REPLICA_WORLD_NEVER. */
    uint64_t check_ms;
    uint64_t junk_from; /* whose transactions are wrongly signed; 0: nobody's */
    /* Change a frame on its way, or lose it (false). */
    bool (*tamper)(void *user, size_t from, size_t to, uint8_t kind,
                   struct buffer *body);
    /* What executing the block gives. NULL: that it is valid. */
    enum replica_verdict (*execute)(void *user,
                                    const struct block_header *header);
    /* Change a block that is led, before its leader signs it. */
    void (*lead)(void *user, size_t index, struct block_header *header);
    void *user;
};

struct replica_world *
replica_world_new(const struct replica_world_options *options);
void replica_world_free(struct replica_world *world);

/* The process of a validator begins, or again, with what is on its disk. */
void replica_world_start(struct replica_world *world, size_t index);
/* kill -9: what was not durable is gone. */
void replica_world_kill(struct replica_world *world, size_t index);
/* Its record of votes is lost. */
void replica_world_forget(struct replica_world *world, size_t index);
/* All validators go on from that block, as their operators say; with a record
 * of no votes. */
void replica_world_restart_from(struct replica_world *world, uint64_t slot,
                                const struct hash *hash);
/* The final block of a slot. */
const struct hash *replica_world_chain(const struct replica_world *world,
                                       uint64_t slot);
/* What was final and older than that many slots is in its ledger, and its log
 * has no more of it. */
void replica_world_flush(struct replica_world *world, size_t index);
/* Connect two, or cut them off. */
void replica_world_link(struct replica_world *world, size_t a, size_t b,
                        bool is_connected);
void replica_world_set_clock(struct replica_world *world, size_t index,
                             int64_t offset_ms);
/* How long its disk takes; 2 ms at first. */
void replica_world_set_disk(struct replica_world *world, size_t index,
                            uint64_t sync_ms);
/* Send a frame as if from was to send it. */
void replica_world_inject(struct replica_world *world, size_t from, size_t to,
                          uint8_t kind, struct buffer *body);

/* Let time pass; checks that all agree. */
void replica_world_run(struct replica_world *world, uint64_t ms);
/* Until all that run have that slot final; fails after limit_ms. */
void replica_world_until_final(struct replica_world *world, uint64_t slot,
                               uint64_t limit_ms);

uint64_t replica_world_final(const struct replica_world *world, size_t index);
/* Slots up to that one that have a final block. */
uint64_t replica_world_blocks(const struct replica_world *world, uint64_t slot);
struct replica *replica_world_replica(struct replica_world *world,
                                      size_t index);
struct replica_counters replica_world_counters(struct replica_world *world,
                                               size_t index);
struct replica_health replica_world_health(struct replica_world *world,
                                           size_t index);
uint16_t replica_world_leader(const struct replica_world *world, uint64_t slot);
/* Acts of a kind that a replica asked for: of those that end something. */
size_t replica_world_acts(const struct replica_world *world, size_t index,
                          enum replica_act act);
/* The most bytes that a validator was given to execute and had not, of two
 * blocks or more. */
size_t replica_world_ordered_most(const struct replica_world *world,
                                  size_t index);
/* How often something of a validator became durable. */
size_t replica_world_commits(const struct replica_world *world, size_t index);
/* A block of a slot on the root, made by its leader and never told. */
void replica_world_make(struct replica_world *world, uint64_t slot,
                        size_t body_size, uint64_t unix_ms, struct buffer *out,
                        struct hash *hash);

#endif
