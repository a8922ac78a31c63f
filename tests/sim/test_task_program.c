/*
 * The property test of the task programs: random histories through the real
 * bank, every third of the KPL program's, and after each step everything that
 * must hold.
 *
 *     test_program [--histories N] [--steps N] [--first SEED] | [--seed SEED]
 *
 * Each history has a seed; --seed repeats one and prints its steps.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "settlement/state_lamports.h"
#include "settlement/task/kpl_render.h"
#include "settlement/task/task_check.h"
#include "settlement/task/task_render.h"
#include "task_tokens.h"
#include "task_world.h"
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HISTORIES 10000
#define STEPS 60

/* Amounts of one task before and after a step. */
struct amounts {
    bool exists;
    uint64_t bounty;
    uint64_t stakes;
    uint64_t balances;
    uint64_t stake[TASK_FIXTURE_KEYS];
    uint64_t bounty_per_round;
    uint64_t minimum_stake;
    uint64_t pot; /* what its account holds */
};

struct totals {
    uint64_t steps;
    uint64_t succeeded[TASK_HANDLE_MANAGER_ACCOUNTS + 1];
    uint64_t refused[TASK_HANDLE_MANAGER_ACCOUNTS + 1];
};

/* lamports and leader are a book of the simulation's own: what it began with,
 * less what its own count of the fees says was burned. The bank is never asked
 * for them. */
struct history {
    struct task_world world;
    uint64_t lamports; /* in existence when the open block began */
    uint64_t leader;   /* of these, the leader's */
    uint64_t fees;     /* of the open block up to the last step */
    uint64_t tokens;   /* in existence */
    struct amounts before[TASK_WORLD_TASKS];
};

static int fails(const char *what)
{
    return err_set(ERR_STATE, "%s", what);
}

static void note_amounts(struct task_world *world,
                         struct amounts out[TASK_WORLD_TASKS])
{
    const struct state *state = bank_state(world->f.bank);
    for (size_t t = 0; t < world->task_count; t++) {
        struct task_header header;
        out[t] = (struct amounts){0};
        out[t].exists = task_header_get(state, &world->tasks[t].task, &header);
        if (!out[t].exists)
            continue;
        out[t].bounty = header.terms.total_bounty_amount;
        out[t].stakes = header.total_stake;
        out[t].balances = header.total_balance;
        out[t].bounty_per_round = header.terms.bounty_amount_per_round;
        out[t].minimum_stake = header.terms.minimum_stake_amount;
        out[t].pot =
            world->is_kpl
                ? task_tokens_held(&world->f, &world->tasks[t].pot)
                : task_fixture_lamports(&world->f, &world->tasks[t].pot);
        for (size_t i = 0; i < TASK_FIXTURE_KEYS; i++) {
            struct task_row row = {.kind = TASK_ROW_STAKE,
                                   .key = world->f.keys[i]};
            if (task_rows_get(state, &world->tasks[t].task, &row))
                out[t].stake[i] = row.stake.amount;
        }
    }
}

/* ---- What must hold ---- */

/* Half of a block's fees burn, and the leader has the rest, unless that would
 * leave its account without rent. */
static void end_block(struct history *history)
{
    uint64_t burned = history->fees / 2;
    uint64_t share = history->fees - burned;
    if (history->leader + share >= rent_minimum_balance(0))
        history->leader += share;
    else
        burned += share;
    history->lamports -= burned;
    history->fees = 0;
}

/* Compare all lamports with the book, to the roe, except fees that wait for the
 * block's end; and what the bank itself says. */
static int check_conserved(struct history *history)
{
    struct task_fixture *f = &history->world.f;
    const struct bank_info *info = bank_info(f->bank);
    uint64_t now = state_lamports(bank_state(f->bank)) + f->fees;
    history->fees = f->fees;
    if (now != history->lamports)
        return err_set(ERR_STATE, "%" PRIi64 " lamports came or went",
                       (int64_t)(now - history->lamports));
    if (info->capitalization != history->lamports || info->fees != f->fees)
        return fails("the bank counts other coins or fees than there are");
    if (task_fixture_lamports(f, &f->leader) != history->leader)
        return fails("the leader has another share of the fees");
    return 0;
}

/* Tokens burn when a task is deleted; none are made. */
static int check_tokens(struct history *history,
                        const struct task_world_step *step)
{
    uint64_t supply, held;
    bool may_burn = step->is_instruction && step->kind == TASK_DELETE;
    if (!history->world.is_kpl)
        return 0;
    task_tokens_count(&history->world.f, &supply, &held);
    if (supply != held)
        return fails("the token accounts hold more or less than the supply");
    if (supply > history->tokens || (supply < history->tokens && !may_burn))
        return fails("tokens came or went");
    history->tokens = supply;
    return 0;
}

/* A key's stake went down: by its own withdrawal, by a list's negative value,
 * by penalties. */
static int check_stake_fell(const struct history *history, size_t task,
                            size_t key, uint64_t after,
                            const struct task_world_step *step)
{
    const struct task_world *world = &history->world;
    uint64_t before = history->before[task].stake[key];
    uint64_t penalty = history->before[task].minimum_stake / 10;
    if (!step->is_instruction || task != world->current)
        return fails("a stake fell without an instruction");
    if (step->kind == TASK_WITHDRAW)
        return step->key == key && after == 0
                   ? 0
                   : fails("a withdrawal took another's stake");
    if (step->kind != TASK_PAYOUT)
        return fails("a stake fell by an instruction that takes none");
    /* One's own list, and accusations of every key's work and list. */
    uint64_t most = world->tasks[task].taken_most[key] +
                    penalty * (1 + 2 * TASK_FIXTURE_KEYS);
    return before - after <= most ? 0 : fails("a payout took too much");
}

/* What each instruction does to a task's three sums. */
static int check_sums(const struct amounts *before, const struct amounts *after,
                      const struct task_world_step *step)
{
    uint64_t sum_before = before->bounty + before->stakes + before->balances;
    uint64_t sum_after = after->bounty + after->stakes + after->balances;
    bool done = step->is_instruction && transaction_status_ok(step->status);
    if (!done)
        return memcmp(before, after, sizeof(*before)) == 0
                   ? 0
                   : fails("a refused instruction changed a task");
    if (step->kind != TASK_UPDATE && step->kind != TASK_DELETE &&
        after->pot - before->pot != sum_after - sum_before)
        return fails("the pot holds other coins than the task's sums");
    switch (step->kind) {
    case TASK_STAKE:
        return after->stakes - before->stakes == step->amount &&
                       sum_after - sum_before == step->amount
                   ? 0
                   : fails("a stake did not add up");
    case TASK_FUND:
        return after->bounty - before->bounty == step->amount &&
                       sum_after - sum_before == step->amount
                   ? 0
                   : fails("funds did not add up");
    case TASK_CLAIM_REWARD:
        return before->balances > after->balances &&
                       sum_before - sum_after ==
                           before->balances - after->balances
                   ? 0
                   : fails("a claim did not add up");
    case TASK_PAYOUT:
        if (after->balances > before->balances &&
            after->balances - before->balances > before->bounty_per_round)
            return fails("a payout gave more than a round's bounty");
        break;
    case TASK_UPDATE:
    case TASK_DELETE:
        return before->stakes == after->stakes &&
                       before->balances == after->balances && after->bounty == 0
                   ? 0
                   : fails("a task that ended took stakes with it");
    default:
        break;
    }
    return sum_before == sum_after ? 0 : fails("coins moved between tasks");
}

static int check_amounts(struct history *history,
                         const struct task_world_step *step)
{
    struct amounts after[TASK_WORLD_TASKS] = {{0}};
    struct task_world *world = &history->world;
    note_amounts(world, after);
    for (size_t t = 0; t < world->task_count; t++) {
        const struct amounts *before = &history->before[t];
        struct task_world_step other = {0};
        int status = 0;
        if (!before->exists)
            continue; /* new in this step, or gone */
        if (!after[t].exists)
            status = before->stakes + before->balances == 0 &&
                             step->kind == TASK_DELETE
                         ? 0
                         : fails("a task went that owed something");
        else
            status = check_sums(before, &after[t],
                                t == world->current ? step : &other);
        for (size_t i = 0; i < TASK_FIXTURE_KEYS && !status; i++) {
            if (after[t].stake[i] < before->stake[i])
                status =
                    check_stake_fell(history, t, i, after[t].stake[i], step);
        }
        if (status)
            return status;
    }
    memcpy(history->before, after, sizeof(after));
    return 0;
}

/* The text is JSON, and as long as the header says. */
static int check_rendered(struct task_world *world)
{
    const struct state *state = bank_state(world->f.bank);
    const struct pubkey *task = &world->f.task;
    struct buffer text = {0};
    struct json_object *json = NULL;
    uint64_t size;
    int status;
    /* Of a KPL task, Borsh: that it can be made is all that is asked. */
    if (world->is_kpl &&
        task_header_get(state, task, &(struct task_header){0})) {
        status = kpl_render(state, task, &text);
        buffer_free(&text);
        return status;
    }
    if (!task_render_exists(state, task))
        return 0;
    status = task_render(state, task, TASK_RENDER_ALL, &text);
    if (!status)
        status = task_render_size(state, task, &size);
    if (!status && size != text.size)
        status = fails("the rendered size is not the text's");
    if (!status)
        status = json_parse(buffer_view(&text), &json);
    if (json)
        json_object_put(json);
    buffer_free(&text);
    return status;
}

static int check(struct history *history, const struct task_world_step *step)
{
    struct task_world *world = &history->world;
    int status = check_conserved(history);
    if (!status)
        status = check_tokens(history, step);
    if (!status)
        status = check_amounts(history, step);
    /* A refused instruction left the task's amounts alone (above); the rows
     * are the same object as before. */
    if (!status &&
        (!step->is_instruction || transaction_status_ok(step->status)))
        status = task_check(bank_state(world->f.bank), NULL);
    if (!status && !step->is_instruction)
        status = check_rendered(world);
    return status;
}

/* ---- Forks ---- */

#define FORK_STEPS 6

/* Carry out some steps and end the block they led to. */
static void run_fork(struct task_world *world, struct hash *state_hash)
{
    for (int i = 0; i < FORK_STEPS; i++) {
        struct task_world_step step;
        task_world_step(world, &step);
    }
    task_fixture_to_slot(&world->f, bank_info(world->f.bank)->slot + 1);
    *state_hash = bank_info(world->f.parent)->state_hash;
}

/* Three forks on one parent: two that draw the same steps end in the same
 * state, whatever the third did in between, and the history itself goes on as
 * if none had been. */
static int check_forks(const struct history *history, uint64_t seed)
{
    struct task_world first, other, second;
    struct hash hashes[3];
    task_world_fork(&history->world, &first);
    run_fork(&first, &hashes[0]);
    task_world_fork(&history->world, &other);
    other.random = random_make(~seed);
    run_fork(&other, &hashes[1]);
    task_world_fork(&history->world, &second);
    run_fork(&second, &hashes[2]);
    task_world_close(&first);
    task_world_close(&other);
    task_world_close(&second);
    return hash_equal(&hashes[0], &hashes[2])
               ? 0
               : fails("the same steps on two forks led to two states");
}

/* ---- Histories ---- */

static void print_step(const struct history *history, uint64_t number,
                       const struct task_world_step *step)
{
    uint64_t slot = bank_info(history->world.f.bank)->slot;
    if (!step->is_instruction) {
        printf("# %4" PRIu64 " slot %" PRIu64 "\n", number, slot);
        return;
    }
    printf("# %4" PRIu64 " %-22s key %2zu round %" PRIu64 " amount %" PRIu64
           " -> %u/%u/%u\n",
           number, task_instruction_name(step->kind), step->key, step->round,
           step->amount, step->status.error, step->status.instruction,
           (unsigned)step->status.custom);
}

static void count(struct totals *totals, const struct task_world_step *step)
{
    totals->steps++;
    if (!step->is_instruction || step->kind > TASK_HANDLE_MANAGER_ACCOUNTS)
        return;
    if (transaction_status_ok(step->status))
        totals->succeeded[step->kind]++;
    else
        totals->refused[step->kind]++;
}

static int run_history(const struct task_fixture *root, struct bank *parent,
                       uint64_t seed, uint64_t steps, bool is_shown,
                       struct totals *totals)
{
    struct history history = {0};
    int status = 0;
    task_world_open(&history.world, root, parent, seed);
    history.lamports = state_lamports(bank_state(history.world.f.bank));
    history.tokens = TASK_TOKENS_EACH * (TASK_FIXTURE_KEYS + 1);
    history.leader =
        task_fixture_lamports(&history.world.f, &history.world.f.leader);
    for (uint64_t i = 0; i < steps && !status; i++) {
        struct task_world_step step;
        task_world_step(&history.world, &step);
        if (is_shown)
            print_step(&history, i, &step);
        if (!step.is_instruction)
            end_block(&history);
        count(totals, &step);
        status = check(&history, &step);
        /* Now and then, before the new block has executed anything. */
        if (!status && !step.is_instruction && (seed + i) % 16 == 0)
            status = check_forks(&history, seed);
        if (status)
            printf("# seed %" PRIu64 " step %" PRIu64 ": %s\n", seed, i,
                   err_text());
    }
    task_world_close(&history.world);
    return status;
}

static void print_totals(const struct totals *totals)
{
    printf("# %" PRIu64 " steps; instructions done and refused:\n",
           totals->steps);
    for (int kind = 0; kind <= TASK_HANDLE_MANAGER_ACCOUNTS; kind++) {
        if (totals->succeeded[kind] || totals->refused[kind])
            printf("# %-24s %9" PRIu64 " %9" PRIu64 "\n",
                   task_instruction_name((enum task_instruction_kind)kind),
                   totals->succeeded[kind], totals->refused[kind]);
    }
}

/* The generator must reach every instruction. */
static bool is_dense(const struct totals *totals, uint64_t histories)
{
    bool is_dense = true;
    for (int kind = 0; kind <= TASK_HANDLE_MANAGER_ACCOUNTS; kind++) {
        bool counts = kind != 13 && kind != TASK_UPLOAD_DISTRIBUTION_LIST;
        if (counts && totals->succeeded[kind] < histories / 1000) {
            printf("# %s hardly ever succeeded\n",
                   task_instruction_name((enum task_instruction_kind)kind));
            is_dense = false;
        }
    }
    return is_dense;
}

/* A CHECK that fails ends the process, so the seed is printed here. */
static char seed_line[64];

static void on_abort(int signal_number)
{
    ssize_t written = write(STDOUT_FILENO, seed_line, strlen(seed_line));
    (void)written;
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

int main(int argc, char **argv)
{
    uint64_t histories = HISTORIES;
    uint64_t steps = STEPS;
    uint64_t first = 1;
    bool is_single = false;
    for (int i = 1; i + 1 < argc; i += 2) {
        uint64_t value = strtoull(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--histories") == 0)
            histories = value;
        else if (strcmp(argv[i], "--steps") == 0)
            steps = value;
        else if (strcmp(argv[i], "--first") == 0)
            first = value;
        else if (strcmp(argv[i], "--seed") == 0)
            first = value, histories = 1, is_single = true;
    }
    struct task_fixture root;
    struct bank *parent = task_world_root(&root);
    struct totals totals = {0};
    uint64_t failures = 0;
    signal(SIGABRT, on_abort);
    for (uint64_t i = 0; i < histories; i++) {
        snprintf(seed_line, sizeof(seed_line),
                 "# seed %" PRIu64 " ended the process\n", first + i);
        failures += run_history(&root, parent, first + i, steps, is_single,
                                &totals) < 0;
    }
    print_totals(&totals);
    bool is_good = failures == 0 && (is_single || is_dense(&totals, histories));
    printf("1..1\n%s 1 - %" PRIu64 " histories from seed %" PRIu64
           " keep the invariants (%" PRIu64 " failed)\n",
           is_good ? "ok" : "not ok", histories, first, failures);
    bank_release(parent);
    task_fixture_close(&root);
    return is_good ? 0 : 1;
}
