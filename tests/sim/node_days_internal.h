/*
 * One life of the simulated node: what its process has, and the steps that the
 * parts in the place of the real ones report (node_days.h). Only node_days*.c
 * include this.
 */
#ifndef POND_TESTS_SIM_NODE_DAYS_INTERNAL_H
#define POND_TESTS_SIM_NODE_DAYS_INTERNAL_H

#include "node/task/task_more.h"
#include "node/task/task_runner.h"
#include "node_days.h"
#include "node_loop.h"

#define RPC_URL "http://settlement.example"

/* One life: what its process has. */
struct life {
    struct days *days;
    days_plan *plan;
    uv_loop_t loop;
    struct node_options options;
    struct node_parts parts;
    struct task_runner *runner;
    bool is_signer_down;
    bool is_ended;
};
extern struct life life;

/* A step of the round is reached; whoever is to die there dies. */
void life_step(void);

/* Below a bound, from the seed. */
uint64_t life_random(uint64_t bound);

/* Is the slot in [from, until)? */
bool life_is_between(uint64_t from, uint64_t until);

/* An event: the worker's process ends, whatever it is at. */
void life_end_worker(void *user);

#endif
