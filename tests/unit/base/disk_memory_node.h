/*
 * A file's content on a disk in memory (disk_memory.h): what a reader sees, and
 * what a crash leaves for sure, with a state for each sector where they differ.
 */
#ifndef POND_TESTS_UNIT_BASE_DISK_MEMORY_NODE_H
#define POND_TESTS_UNIT_BASE_DISK_MEMORY_NODE_H

#include "base/disk.h"
#include "base/random.h"

/* States of a sector. */
enum {
    DIRTY = 1, /* not on disk yet */
    LOST = 2,  /* seen, but the disk never gets it */
    BAD = 4,   /* can't be read */
};

/* 1. sectors has a state for each sector of the longer of now and durable.
 * 2. references: names, changes of names, and open files. */
struct node {
    struct buffer now;
    struct buffer durable;
    struct buffer sectors;
    size_t references;
};

/* A node begins with no reference, and goes with the last one. */
struct node *node_keep(struct node *node);
void node_drop(struct node *node);

/* What a reader sees from now on; the sectors get that state. */
void node_write(struct node *node, uint64_t at, struct bytes bytes,
                uint8_t state);
void node_truncate(struct node *node, uint64_t size);

/* The disk gets a sector; or all that are dirty, and the size. */
void node_write_back(struct node *node, size_t sector);
void node_write_back_all(struct node *node);

/* What the disk never gets is not seen any more. */
void node_forget_lost(struct node *node);

/* Any of what is dirty is on disk, and nothing else. */
void node_lose_power(struct node *node, struct random *random);

#endif
