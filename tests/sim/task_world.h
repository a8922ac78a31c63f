/*
 * A history of one of the task programs drawn at random: a few tasks, a dozen
 * keys, and a generator that knows the state, so that about every second
 * instruction is one that could succeed, and the others are wrong in some way.
 */
#ifndef POND_TESTS_SIM_TASK_WORLD_H
#define POND_TESTS_SIM_TASK_WORLD_H

#include "base/random.h"
#include "task_fixture.h"

#define TASK_WORLD_TASKS 3

struct task_world_task {
    struct pubkey task;
    struct pubkey pot;
    /* Most that any list sent for this task took from a key, in roe. */
    uint64_t taken_most[TASK_FIXTURE_KEYS];
};

struct task_world {
    struct task_fixture f; /* its task and pot: those of the newest step */
    struct random random;
    struct task_world_task tasks[TASK_WORLD_TASKS];
    size_t task_count;
    size_t current; /* index in tasks */
    size_t keys;    /* how many of the fixture's take part */
    bool is_kpl;    /* its tasks are paid in tokens (task_tokens.h) */
};

/* What a step was. */
struct task_world_step {
    bool is_instruction; /* else time passed */
    enum task_instruction_kind kind;
    size_t key;      /* index of the actor; TASK_FIXTURE_KEYS: the payer */
    uint64_t round;  /* if the kind has one */
    uint64_t amount; /* stake, fund */
    struct transaction_status status;
};

/* The state that all histories begin with: managers are the payer and keys 0
 * and 1. The returned bank is frozen; one reference. */
struct bank *task_world_root(struct task_fixture *root);

void task_world_open(struct task_world *world, const struct task_fixture *root,
                     struct bank *parent, uint64_t seed);
void task_world_close(struct task_world *world);

/* The same world at the beginning of its open block, of which nothing has been
 * executed, on a fork of its own. */
void task_world_fork(const struct task_world *from, struct task_world *world);

/* Draw and carry out the next step. */
void task_world_step(struct task_world *world, struct task_world_step *step);

#endif
