#include "task_world.h"
#include "base/check.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/task_distribution_list.h"
#include "settlement/format/well_known.h"
#include "settlement/task_list_build.h"
#include "task_tokens.h"
#include <inttypes.h>

#define KOII LAMPORTS_PER_KOII

static uint64_t below(struct task_world *world, uint64_t bound)
{
    return random_below(&world->random, bound);
}

static bool chance(struct task_world *world, uint64_t percent)
{
    return below(world, 100) < percent;
}

/* ---- The beginning ---- */

struct bank *task_world_root(struct task_fixture *root)
{
    task_fixture_open(root);
    struct transaction_status status = task_fixture_init_managers(root);
    CHECK(transaction_status_ok(status));
    for (size_t i = 0; i < 2; i++) {
        const struct task_instruction insert = {
            .kind = TASK_HANDLE_MANAGER_ACCOUNTS,
            .operation = TASK_MANAGER_INSERT};
        const struct task_parties parties = {.actor = root->payer,
                                             .second_actor = i ? root->keys[0]
                                                               : root->payer,
                                             .other = root->keys[i]};
        status = task_fixture_run(root, &insert, &parties);
        CHECK(transaction_status_ok(status));
    }
    task_tokens_make(root);
    struct bank *parent = bank_retain(root->bank);
    task_fixture_to_slot(root, 2); /* freezes it */
    return parent;
}

void task_world_open(struct task_world *world, const struct task_fixture *root,
                     struct bank *parent, uint64_t seed)
{
    *world = (struct task_world){.random = random_make(seed)};
    world->keys = 3 + below(world, TASK_FIXTURE_KEYS - 5);
    task_fixture_fork(root, parent, &world->f);
    /* Every third history. */
    world->is_kpl = seed % 3 == 0;
    for (size_t i = 0; world->is_kpl && i < TASK_FIXTURE_KEYS; i++)
        world->f.keys[i] = task_tokens_key(i);
}

void task_world_fork(const struct task_world *from, struct task_world *world)
{
    *world = *from;
    task_fixture_again(&from->f, &world->f);
}

void task_world_close(struct task_world *world)
{
    task_fixture_close(&world->f);
}

/* ---- What the generator knows ---- */

struct now {
    struct task_header header;
    uint64_t round;
    uint64_t offset;
};

static struct now look(struct task_world *world)
{
    struct now now = {.header = task_fixture_header(&world->f)};
    uint64_t age = bank_info(world->f.bank)->slot - now.header.starting_slot;
    now.round = age / now.header.terms.round_time;
    now.offset = age % now.header.terms.round_time;
    return now;
}

static size_t any_key(struct task_world *world)
{
    return below(world, world->keys);
}

/* A key that has the wanted row, if a try finds one. */
static size_t key_with(struct task_world *world, enum task_row_kind kind,
                       uint64_t round)
{
    size_t key = any_key(world);
    for (size_t i = 0; i < world->keys; i++) {
        size_t candidate = (key + i) % world->keys;
        struct task_row row = {
            .kind = kind, .round = round, .key = world->f.keys[candidate]};
        if (task_rows_has(bank_state(world->f.bank), &world->f.task, &row))
            return candidate;
    }
    return key;
}

static bool has(struct task_world *world, enum task_row_kind kind,
                uint64_t round, size_t key)
{
    struct task_row row = {
        .kind = kind, .round = round, .key = world->f.keys[key]};
    return task_rows_has(bank_state(world->f.bank), &world->f.task, &row);
}

static size_t staker(struct task_world *world)
{
    return chance(world, 95) ? key_with(world, TASK_ROW_STAKE, 0)
                             : any_key(world);
}

/* A key with one row and without another, both of that round; the number of
 * keys if there is none. */
static size_t key_with_but(struct task_world *world, enum task_row_kind with,
                           enum task_row_kind without, uint64_t round)
{
    size_t key = any_key(world);
    for (size_t i = 0; i < world->keys; i++) {
        size_t candidate = (key + i) % world->keys;
        if (has(world, with, round, candidate) &&
            !has(world, without, round, candidate))
            return candidate;
    }
    return TASK_FIXTURE_KEYS;
}

/* The round due, so many rounds back; now and then another one. */
static uint64_t due(struct task_world *world, const struct now *now,
                    uint64_t back)
{
    if (chance(world, 5))
        return below(world, now->round + 2);
    return now->round >= back ? now->round - back : 0;
}

/* ---- Instructions ---- */

static void run(struct task_world *world, struct task_world_step *step,
                const struct task_instruction *instruction,
                const struct task_parties *parties)
{
    step->is_instruction = true;
    step->kind = instruction->kind;
    step->round = instruction->round;
    step->status = world->is_kpl
                       ? task_tokens_run(&world->f, instruction, parties)
                       : task_fixture_run(&world->f, instruction, parties);
}

static struct task_terms draw_terms(struct task_world *world)
{
    struct task_terms terms = task_fixture_terms();
    terms.submission_window = 2 + below(world, 4);
    terms.audit_window = 2 + below(world, 4);
    terms.round_time =
        terms.submission_window + terms.audit_window + below(world, 4);
    terms.total_bounty_amount = (1 + below(world, 100)) * KOII;
    terms.bounty_amount_per_round =
        1 + below(world, terms.total_bounty_amount / 4);
    terms.minimum_stake_amount = 1 + below(world, 2 * KOII);
    terms.allowed_failed_distributions = below(world, 3);
    if (chance(world, 5))
        terms.audit_window += 5;
    if (chance(world, 5))
        terms.bounty_amount_per_round = below(world, 2) * 200 * KOII;
    return terms;
}

static struct task_world_task draw_task(struct task_world *world)
{
    uint64_t number = 1000 + world->f.transactions;
    return (struct task_world_task){
        .task = task_fixture_key(number),
        /* The KPL program's pots are ordinary keys. */
        .pot = world->is_kpl ? task_fixture_key(900000 + number)
                             : task_fixture_pot(number),
    };
}

static void add_task(struct task_world *world,
                     const struct task_world_task *task)
{
    CHECK(world->task_count < TASK_WORLD_TASKS);
    world->tasks[world->task_count++] = *task;
}

static void create(struct task_world *world, struct task_world_step *step)
{
    struct task_terms terms = draw_terms(world);
    struct task_world_task task = draw_task(world);
    uint64_t space = chance(world, 25) ? 1200 + below(world, 6000) : 100000;
    step->is_instruction = true;
    step->kind = TASK_CREATE;
    step->key = TASK_FIXTURE_KEYS;
    step->status = world->is_kpl
                       ? task_tokens_found(&world->f, TASK_CREATE, &terms,
                                           &task.task, &task.pot, space)
                       : task_fixture_create(&world->f, &terms, &task.task,
                                             &task.pot, space);
    if (transaction_status_ok(step->status))
        add_task(world, &task);
}

static void submit(struct task_world *world, struct task_world_step *step,
                   const struct now *now)
{
    static const char *const values[] = {"bafybeigdyrzt",
                                         "a \"quoted\" \\ value", "",
                                         "\xc3\xa9\xe2\x82\xac\x01"};
    uint64_t round = due(world, now, 1);
    step->key = key_with_but(world, TASK_ROW_STAKE, TASK_ROW_SUBMISSION, round);
    if (step->key == TASK_FIXTURE_KEYS || chance(world, 5))
        step->key = any_key(world);
    run(world, step,
        &(struct task_instruction){.kind = TASK_SUBMIT,
                                   .value = bytes_text(values[below(world, 4)]),
                                   .round = round},
        &(struct task_parties){.actor = world->f.keys[step->key]});
}

static void audit(struct task_world *world, struct task_world_step *step,
                  const struct now *now, enum task_instruction_kind kind)
{
    bool is_list = kind == TASK_AUDIT_DISTRIBUTION;
    uint64_t round = due(world, now, is_list ? 2 : 1);
    enum task_row_kind raised =
        is_list ? TASK_ROW_LIST_AUDIT : TASK_ROW_SUBMISSION_AUDIT;
    size_t candidate =
        key_with(world, is_list ? TASK_ROW_LIST : TASK_ROW_SUBMISSION, round);
    if (chance(world, 60))
        candidate = key_with(world, raised, round);
    bool is_valid = has(world, raised, round, candidate) ? chance(world, 55)
                                                         : chance(world, 3);
    step->key = staker(world);
    if (step->key == candidate && chance(world, 90))
        step->key =
            (candidate + 1 + below(world, world->keys - 1)) % world->keys;
    run(world, step,
        &(struct task_instruction){
            .kind = kind, .round = round, .flag = is_valid},
        &(struct task_parties){.actor = world->f.keys[step->key],
                               .other = world->f.keys[candidate]});
}

static int64_t draw_amount(struct task_world *world, const struct now *now,
                           size_t key)
{
    uint64_t share = now->header.terms.bounty_amount_per_round / 8;
    uint64_t stake = task_fixture_staked(&world->f, key);
    if (chance(world, 20) && stake)
        return -(int64_t)(1 + below(world, stake + (chance(world, 5) ? 2 : 0)));
    if (!now->header.terms.bounty_amount_per_round)
        return chance(world, 2); /* rarely more than may be paid */
    return (int64_t)below(world, share + 2);
}

/* As task_fixture_list(). */
static struct transaction_status list_tokens(struct task_world *world,
                                             size_t key, uint64_t round,
                                             const int64_t *amounts)
{
    struct task_list_entry entries[TASK_FIXTURE_KEYS];
    const struct task_parties parties = {.actor = world->f.keys[key],
                                         .data_account = world->f.keys[key]};
    struct transaction_status status = {0};
    struct buffer data = {0};
    size_t used = 0;
    for (size_t i = 0; i < TASK_FIXTURE_KEYS; i++)
        if (amounts[i])
            entries[used++] =
                (struct task_list_entry){world->f.keys[i], amounts[i]};
    task_list_build(&world->f.task, round, entries, used, &data);
    size_t chunks = task_list_chunk_count(data.size);
    for (size_t i = 0; i < chunks && transaction_status_ok(status); i++) {
        struct task_instruction chunk;
        task_list_chunk(buffer_view(&data), i, round, &chunk);
        status = task_tokens_run(&world->f, &chunk, &parties);
    }
    buffer_free(&data);
    return transaction_status_ok(status)
               ? task_tokens_run(
                     &world->f,
                     &(struct task_instruction){
                         .kind = TASK_SUBMIT_DISTRIBUTION_LIST, .round = round},
                     &parties)
               : status;
}

static void list(struct task_world *world, struct task_world_step *step,
                 const struct now *now)
{
    int64_t amounts[TASK_FIXTURE_KEYS] = {0};
    uint64_t round = due(world, now, chance(world, 70) ? 2 : 3);
    struct task_world_task *task = &world->tasks[world->current];
    for (size_t i = 0; i < TASK_FIXTURE_KEYS; i++) {
        struct task_row row = {.kind = TASK_ROW_SUBMISSION,
                               .round = round,
                               .key = world->f.keys[i]};
        bool submitted =
            task_rows_has(bank_state(world->f.bank), &world->f.task, &row);
        if (submitted ? chance(world, 80) : chance(world, 1))
            amounts[i] = draw_amount(world, now, i);
        if (amounts[i] < 0 && (uint64_t)-amounts[i] > task->taken_most[i])
            task->taken_most[i] = (uint64_t)-amounts[i];
    }
    step->is_instruction = true;
    step->kind = TASK_SUBMIT_DISTRIBUTION_LIST;
    step->key = key_with_but(world, TASK_ROW_SUBMISSION, TASK_ROW_LIST, round);
    if (step->key == TASK_FIXTURE_KEYS)
        step->key = any_key(world);
    step->round = round;
    step->status = world->is_kpl
                       ? list_tokens(world, step->key, round, amounts)
                       : task_fixture_list(&world->f, step->key, round, amounts,
                                           TASK_FIXTURE_KEYS);
}

/* Garbage instead of a list, or a list that is not due. */
static void upload(struct task_world *world, struct task_world_step *step,
                   const struct now *now)
{
    static const char text[508] = "{\"1\":{}}";
    struct task_instruction chunk = {
        .kind = TASK_UPLOAD_DISTRIBUTION_LIST,
        .round = due(world, now, 2),
        .chunk.number = (uint16_t)(chance(world, 90) ? below(world, 4)
                                                     : below(world, 65536)),
        .chunk.data = bytes_make(text, sizeof(text)),
    };
    step->key = any_key(world);
    run(world, step, &chunk,
        &(struct task_parties){.data_account = world->f.keys[step->key]});
}

static void payout(struct task_world *world, struct task_world_step *step,
                   const struct now *now)
{
    run(world, step,
        &(struct task_instruction){
            .kind = TASK_PAYOUT,
            .round = due(world, now, chance(world, 60) ? 2 : 3)},
        &(struct task_parties){.data_account = world->f.keys[any_key(world)]});
}

static void stake(struct task_world *world, struct task_world_step *step,
                  const struct now *now)
{
    uint64_t minimum = now->header.terms.minimum_stake_amount;
    step->key = any_key(world);
    step->amount = chance(world, 85)
                       ? minimum + below(world, KOII)
                       : below(world, 2 * TASK_FIXTURE_KEY_LAMPORTS);
    run(world, step,
        &(struct task_instruction){
            .kind = TASK_STAKE,
            .amount = step->amount,
            .ip_address = bytes_text(chance(world, 50) ? "http://n\t" : "")},
        &(struct task_parties){.actor = world->f.keys[step->key]});
}

static void fund(struct task_world *world, struct task_world_step *step)
{
    step->key = any_key(world);
    const struct pubkey *key = &world->f.keys[step->key];
    uint64_t held = world->is_kpl ? task_tokens_owned(&world->f, key)
                                  : task_fixture_lamports(&world->f, key);
    step->amount = chance(world, 20) ? held : below(world, held + 2);
    run(world, step,
        &(struct task_instruction){.kind = TASK_FUND, .amount = step->amount},
        &(struct task_parties){.actor = world->f.keys[step->key]});
}

static void settle(struct task_world *world, struct task_world_step *step,
                   enum task_instruction_kind kind)
{
    step->key = key_with(
        world, kind == TASK_WITHDRAW ? TASK_ROW_STAKE : TASK_ROW_BALANCE, 0);
    run(world, step, &(struct task_instruction){.kind = kind},
        &(struct task_parties){.actor = world->f.keys[step->key],
                               .other = chance(world, 30)
                                            ? world->f.payer
                                            : world->f.keys[step->key]});
}

/* Switches and managers; the actor is often not entitled. */
static void administer(struct task_world *world, struct task_world_step *step,
                       enum task_instruction_kind kind)
{
    static const enum task_manager_operation changes[] = {
        TASK_MANAGER_INIT, TASK_MANAGER_INSERT, TASK_MANAGER_REMOVE};
    struct task_fixture *f = &world->f;
    step->key = below(world, TASK_FIXTURE_KEYS + 1);
    if (chance(world, 50))
        step->key = TASK_FIXTURE_KEYS;
    run(world, step,
        &(struct task_instruction){.kind = kind, .flag = chance(world, 85)},
        &(struct task_parties){.actor = step->key < TASK_FIXTURE_KEYS
                                            ? f->keys[step->key]
                                            : f->payer});
    if (kind != TASK_WHITELIST || !chance(world, 50))
        return;
    run(world, step,
        &(struct task_instruction){.kind = TASK_HANDLE_MANAGER_ACCOUNTS,
                                   .operation = changes[below(world, 3)]},
        &(struct task_parties){.actor = f->keys[below(world, 3)],
                               .second_actor = f->keys[below(world, 3)],
                               .other = f->keys[below(world, 4)]});
}

/* UpdateTask, with the account made by the instruction before it. */
static void update(struct task_world *world, struct task_world_step *step)
{
    struct task_fixture *f = &world->f;
    struct task_world_task task = draw_task(world);
    struct task_instruction instruction = {.kind = TASK_UPDATE,
                                           .terms = draw_terms(world)};
    const struct task_parties parties = {.task = f->task,
                                         .stake_pot = f->pot,
                                         .actor = f->payer,
                                         .new_task = task.task,
                                         .new_stake_pot = task.pot};
    struct account_meta accounts[TASK_ACCOUNTS_MAX];
    const struct account_meta new_account[2] = {{f->payer, true, true},
                                                {task.task, true, true}};
    const struct account_meta to_pot[2] = {{f->payer, true, true},
                                           {task.pot, false, true}};
    struct buffer data[3] = {{0}};
    instruction.terms.total_bounty_amount = 0;
    instruction.terms.bounty_amount_per_round %= KOII;
    step->is_instruction = true;
    step->kind = TASK_UPDATE;
    step->key = TASK_FIXTURE_KEYS;
    if (world->is_kpl) {
        step->status = task_tokens_found(f, TASK_UPDATE, &instruction.terms,
                                         &task.task, &task.pot, 100000);
        if (transaction_status_ok(step->status))
            add_task(world, &task);
        return;
    }
    CHECK(task_instruction_build(&instruction, &data[1]) == 0);
    size_t count =
        task_instruction_accounts(TASK_UPDATE, 0, &parties, accounts);
    system_create_account_data(task_instruction_create_lamports(100000), 100000,
                               &KOII_TASK_PROGRAM_ID, &data[0]);
    system_transfer_data(TASK_STAKE_POT_LAMPORTS, &data[2]);
    const struct instruction all[3] = {
        {SYSTEM_PROGRAM_ID, new_account, 2, buffer_view(&data[0])},
        {KOII_TASK_PROGRAM_ID, accounts, count, buffer_view(&data[1])},
        {SYSTEM_PROGRAM_ID, to_pot, 2, buffer_view(&data[2])},
    };
    step->status = task_fixture_execute(f, all, 3);
    if (transaction_status_ok(step->status))
        add_task(world, &task);
    for (size_t i = 0; i < 3; i++)
        buffer_free(&data[i]);
}

/* Bytes that mean nothing, on accounts that don't fit. */
static void garbage(struct task_world *world, struct task_world_step *step)
{
    struct task_fixture *f = &world->f;
    uint8_t data[32];
    struct account_meta accounts[3];
    size_t size = below(world, sizeof(data));
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)below(world, i ? 256 : 18);
    for (size_t i = 0; i < 3; i++)
        accounts[i] = (struct account_meta){
            chance(world, 30) ? f->task : f->keys[any_key(world)],
            chance(world, 50), chance(world, 50)};
    const struct instruction one = {
        world->is_kpl ? KPL_TASK_PROGRAM_ID : KOII_TASK_PROGRAM_ID, accounts,
        below(world, 4), bytes_make(data, size)};
    step->is_instruction = true;
    step->kind = (enum task_instruction_kind)(size ? data[0] : 13);
    step->status = task_fixture_execute(f, &one, 1);
}

/* ---- Time ---- */

/* To the beginning of a window, the slot before it, or anywhere ahead. */
static void pass_time(struct task_world *world, const struct now *now)
{
    const struct task_terms *terms = &now->header.terms;
    const uint64_t edges[] = {
        0,
        terms->submission_window,
        terms->submission_window + terms->audit_window / 2,
        terms->submission_window + terms->audit_window,
    };
    size_t next = 0;
    while (next < 3 && edges[next] <= now->offset)
        next++;
    if (edges[next] <= now->offset)
        next = 0;
    uint64_t target = edges[chance(world, 90) ? next : below(world, 4)];
    if (chance(world, 8))
        target = below(world, terms->round_time);
    else if (chance(world, 8) && target)
        target--;
    uint64_t ahead = target > now->offset
                         ? target - now->offset
                         : target + terms->round_time - now->offset;
    task_fixture_to_slot(&world->f, bank_info(world->f.bank)->slot + ahead);
}

/* ---- A step ---- */

static bool work_on_submissions(struct task_world *world,
                                struct task_world_step *step,
                                const struct now *now)
{
    uint64_t last = now->round - 1;
    if (now->round == 0)
        return false;
    bool lists = now->round > 1 &&
                 key_with_but(world, TASK_ROW_SUBMISSION, TASK_ROW_LIST,
                              last - 1) < TASK_FIXTURE_KEYS;
    bool submits = key_with_but(world, TASK_ROW_STAKE, TASK_ROW_SUBMISSION,
                                last) < TASK_FIXTURE_KEYS;
    if (lists && (!submits || chance(world, 30)))
        list(world, step, now);
    else if (submits)
        submit(world, step, now);
    return submits || lists;
}

static bool work_on_audits(struct task_world *world,
                           struct task_world_step *step, const struct now *now)
{
    const uint64_t *counts = now->header.counts;
    bool lists = now->round > 1 && counts[TASK_COUNT_LISTS] > 0;
    bool works = now->round > 0 &&
                 has(world, TASK_ROW_SUBMISSION, now->round - 1,
                     key_with(world, TASK_ROW_SUBMISSION, now->round - 1));
    bool can_raise = now->offset < now->header.terms.submission_window +
                                       now->header.terms.audit_window / 2;
    bool can_vote = counts[TASK_COUNT_SUBMISSION_AUDITS] > 0 ||
                    counts[TASK_COUNT_LIST_AUDITS] > 0;
    if (!(works || lists) || !(can_raise || can_vote) || chance(world, 25))
        return false;
    audit(world, step, now,
          lists && (!works || chance(world, 50)) ? TASK_AUDIT_DISTRIBUTION
                                                 : TASK_AUDIT_SUBMISSIONS);
    return true;
}

/* An instruction that this part of the round is for; false if nothing is due.
 */
static bool work(struct task_world *world, struct task_world_step *step,
                 const struct now *now)
{
    const struct task_terms *terms = &now->header.terms;
    if (now->header.counts[TASK_COUNT_STAKES] < world->keys / 2 + 1) {
        stake(world, step, now);
        return true;
    }
    if (!now->header.is_active && !now->header.is_migrated &&
        chance(world, 30)) {
        administer(world, step, TASK_SET_ACTIVE);
        return true;
    }
    if (now->offset < terms->submission_window)
        return work_on_submissions(world, step, now);
    if (now->offset < terms->submission_window + terms->audit_window)
        return work_on_audits(world, step, now);
    if (now->round < 2 || !now->header.counts[TASK_COUNT_LISTS] ||
        chance(world, 30))
        return false;
    payout(world, step, now);
    return true;
}

/* Anything, whether it is due or not. */
static void disturb(struct task_world *world, struct task_world_step *step,
                    const struct now *now)
{
    uint64_t draw = below(world, 100);
    if (draw < 15)
        stake(world, step, now);
    else if (draw < 30)
        payout(world, step, now);
    else if (draw < 40)
        settle(world, step, TASK_WITHDRAW);
    else if (draw < 55)
        settle(world, step, TASK_CLAIM_REWARD);
    else if (draw < 60)
        fund(world, step);
    else if (draw < 64)
        administer(world, step, TASK_SET_ACTIVE);
    else if (draw < 70)
        administer(world, step, TASK_WHITELIST);
    else if (draw < 72)
        administer(world, step, TASK_DELETE);
    else if (draw < 78)
        upload(world, step, now);
    else if (draw < 83)
        garbage(world, step);
    else if (draw < 86 && world->task_count < TASK_WORLD_TASKS)
        update(world, step);
    else if (draw < 89)
        submit(world, step, now);
    else if (draw < 92)
        list(world, step, now);
    else
        audit(world, step, now,
              draw < 96 ? TASK_AUDIT_SUBMISSIONS : TASK_AUDIT_DISTRIBUTION);
}

static void choose_task(struct task_world *world)
{
    if (chance(world, 10))
        world->current = chance(world, 80) ? world->task_count - 1
                                           : below(world, world->task_count);
    world->f.task = world->tasks[world->current].task;
    world->f.pot = world->tasks[world->current].pot;
}

void task_world_step(struct task_world *world, struct task_world_step *step)
{
    *step = (struct task_world_step){0};
    if (world->task_count == 0) {
        create(world, step);
        return;
    }
    choose_task(world);
    struct task_header header;
    if (!task_header_get(bank_state(world->f.bank), &world->f.task, &header)) {
        /* The task was deleted: time passes for the others. */
        task_fixture_to_slot(&world->f, bank_info(world->f.bank)->slot + 1);
        world->current = world->task_count - 1;
        return;
    }
    struct now now = look(world);
    if (world->task_count < 2 && chance(world, 1))
        create(world, step);
    else if (chance(world, 15))
        disturb(world, step, &now);
    else if (chance(world, 10) || !work(world, step, &now))
        pass_time(world, &now);
}
