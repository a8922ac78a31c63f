/*
 * One task at work: its creator funds it, keys stake, submit for rounds, vote,
 * send distribution lists, and rounds are paid out. What is sent next is drawn,
 * with regard to the round that an endpoint's newest block is in: about every
 * second transaction can succeed, and the others come at the wrong time or from
 * the wrong key.
 */
#include "cluster_world_internal.h"

#include "base/check.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/task_address.h"
#include "settlement/format/task_distribution_list.h"
#include "settlement/format/well_known.h"
#include "settlement/programs/memo_program.h"
#include "settlement/task/task_header.h"
#include "settlement/task_list_build.h"

#include <inttypes.h>

/* Slots of a round, and of its windows: several rounds in a short run. */
#define ROUND_SLOTS 24
#define SUBMIT_SLOTS 12
#define AUDIT_SLOTS 8
#define SPACE 20000
#define STAKE_LAMPORTS (LAMPORTS_PER_KOII / 10)
#define SHARE_LAMPORTS 1000

/* Signed by who pays, and by up to one more. */
struct task_work {
    struct task_instruction instruction;
    struct task_parties parties;
    const struct keypair *signer;
};

static const struct keypair *any_staker(struct world *world)
{
    return &world->stakers[random_below(&world->tasks, STAKERS)];
}

/* With a memo, or two transactions could be one. */
static void finish(struct world *world, struct sent *sent,
                   const struct keypair *signer, struct instruction *list,
                   size_t count)
{
    const struct keypair *signers[] = {&world->clients[0], signer};
    char memo[24];

    snprintf(memo, sizeof(memo), "%" PRIu64, world->transfer++);
    list[count] = (struct instruction){.program = MEMO_PROGRAM_ID,
                                       .data = bytes_text(memo)};
    world_make_transaction(world, sent, signers, signer ? 2 : 1, list,
                           count + 1);
}

static void make(struct process *process, struct sent *sent,
                 const struct task_work *work)
{
    struct account_meta accounts[TASK_ACCOUNTS_MAX];
    struct buffer data = {0};

    CHECK(!task_instruction_build(&work->instruction, &data));
    struct instruction list[2] = {
        {.program = KOII_TASK_PROGRAM_ID,
         .accounts = accounts,
         .account_count = task_instruction_accounts(work->instruction.kind, 0,
                                                    &work->parties, accounts),
         .data = buffer_view(&data)}};
    finish(process->world, sent, work->signer, list, 1);
    sent->task_kinds = 1u << work->instruction.kind;
    buffer_free(&data);
}

/* ---- a new task ---- */

static struct task_terms terms(void)
{
    return (struct task_terms){
        .task_name = bytes_text("simulated"),
        .task_description = bytes_text("what validators agree on"),
        .task_audit_program = bytes_text("bafyaudit"),
        .task_executable_network = bytes_text("IPFS"),
        .total_bounty_amount = LAMPORTS_PER_KOII,
        .bounty_amount_per_round = LAMPORTS_PER_KOII / 100,
        .round_time = ROUND_SLOTS,
        .audit_window = AUDIT_SLOTS,
        .submission_window = SUBMIT_SLOTS,
        .minimum_stake_amount = STAKE_LAMPORTS,
        .task_metadata = bytes_text("bafymetadata"),
        .allowed_failed_distributions = 2,
    };
}

/* An account, CreateTask, rent for the pot. */
static void make_task(struct process *process, struct sent *sent)
{
    struct world *world = process->world;
    const struct pubkey payer = world->clients[0].pubkey;
    const struct task_instruction create = {.kind = TASK_CREATE,
                                            .terms = terms()};
    const struct task_parties parties = {
        .task = world->task.pubkey, .stake_pot = world->pot, .actor = payer};
    struct account_meta accounts[TASK_ACCOUNTS_MAX];
    const struct account_meta new_account[] = {
        {payer, true, true}, {world->task.pubkey, true, true}};
    const struct account_meta to_pot[] = {{payer, true, true},
                                          {world->pot, false, true}};
    struct buffer data[3] = {{0}};

    system_create_account_data(task_instruction_create_lamports(SPACE), SPACE,
                               &KOII_TASK_PROGRAM_ID, &data[0]);
    CHECK(!task_instruction_build(&create, &data[1]));
    system_transfer_data(TASK_STAKE_POT_LAMPORTS, &data[2]);
    struct instruction list[4] = {
        {SYSTEM_PROGRAM_ID, new_account, 2, buffer_view(&data[0])},
        {KOII_TASK_PROGRAM_ID, accounts,
         task_instruction_accounts(TASK_CREATE, 0, &parties, accounts),
         buffer_view(&data[1])},
        {SYSTEM_PROGRAM_ID, to_pot, 2, buffer_view(&data[2])}};
    finish(world, sent, &world->task, list, 3);
    sent->task_kinds = 1u << TASK_CREATE;
    for (size_t i = 0; i < 3; i++)
        buffer_free(&data[i]);
}

/* ---- its rounds ---- */

static bool has_submitted(struct ledger_view *view, const struct world *world,
                          uint64_t round, const struct pubkey *key)
{
    const struct task_row row = {
        .kind = TASK_ROW_SUBMISSION, .round = round, .key = *key};

    return task_rows_has(ledger_view_state(view), &world->task.pubkey, &row);
}

/* The one chunk of a list that gives a share to all who submitted. */
static void make_chunk(struct ledger_view *view, const struct world *world,
                       uint64_t round, struct buffer *text,
                       struct task_instruction *out)
{
    struct task_list_entry entries[STAKERS];
    size_t count = 0;

    for (size_t i = 0; i < STAKERS; i++)
        if (has_submitted(view, world, round, &world->stakers[i].pubkey))
            entries[count++] = (struct task_list_entry){
                world->stakers[i].pubkey, SHARE_LAMPORTS};
    task_list_build(&world->task.pubkey, round, entries, count, text);
    task_list_chunk(buffer_view(text), 0, round, out);
}

static enum task_instruction_kind draw_kind(struct world *world)
{
    static const enum task_instruction_kind kinds[] = {
        TASK_STAKE,
        TASK_STAKE,
        TASK_SUBMIT,
        TASK_SUBMIT,
        TASK_SUBMIT,
        TASK_AUDIT_SUBMISSIONS,
        TASK_UPLOAD_DISTRIBUTION_LIST,
        TASK_UPLOAD_DISTRIBUTION_LIST,
        TASK_SUBMIT_DISTRIBUTION_LIST,
        TASK_SUBMIT_DISTRIBUTION_LIST,
        TASK_AUDIT_DISTRIBUTION,
        TASK_PAYOUT,
        TASK_PAYOUT,
        TASK_CLAIM_REWARD,
        TASK_FUND,
        TASK_WITHDRAW};

    return kinds[random_below(&world->tasks, sizeof(kinds) / sizeof(*kinds))];
}

/* How many rounds back the round is that an instruction is about. */
static uint64_t rounds_back(enum task_instruction_kind kind)
{
    switch (kind) {
    case TASK_SUBMIT:
    case TASK_AUDIT_SUBMISSIONS:
        return 1;
    case TASK_PAYOUT:
        return 3;
    default:
        return 2;
    }
}

static void draw_terms(struct world *world, struct task_instruction *work)
{
    switch (work->kind) {
    case TASK_STAKE:
        work->amount =
            STAKE_LAMPORTS + random_below(&world->tasks, STAKE_LAMPORTS);
        work->ip_address = bytes_text("http://n:1");
        break;
    case TASK_SUBMIT:
        work->value = bytes_text("bafybeigdyrzt");
        break;
    case TASK_FUND:
        work->amount =
            LAMPORTS_PER_KOII / 2 + random_below(&world->tasks, 1000);
        break;
    case TASK_AUDIT_SUBMISSIONS:
    case TASK_AUDIT_DISTRIBUTION:
        work->flag = random_below(&world->tasks, 4);
        break;
    default:
        break;
    }
}

static void make_step(struct process *process, struct sent *sent,
                      struct ledger_view *view,
                      const struct task_header *header)
{
    struct world *world = process->world;
    const struct keypair *actor = any_staker(world);
    uint64_t age = ledger_view_tip(view)->slot - header->starting_slot;
    uint64_t round = age / header->terms.round_time;
    struct task_work work = {.signer = actor};
    struct buffer text = {0};

    work.instruction.kind = draw_kind(world);
    uint64_t back = rounds_back(work.instruction.kind);
    work.instruction.round = round > back ? round - back : 0;
    draw_terms(world, &work.instruction);
    if (work.instruction.kind == TASK_UPLOAD_DISTRIBUTION_LIST)
        make_chunk(view, world, work.instruction.round, &text,
                   &work.instruction);
    if (work.instruction.kind == TASK_PAYOUT)
        work.signer = NULL;
    work.parties = (struct task_parties){.task = world->task.pubkey,
                                         .stake_pot = world->pot,
                                         .actor = actor->pubkey,
                                         .other = any_staker(world)->pubkey,
                                         .data_account = actor->pubkey};
    make(process, sent, &work);
    buffer_free(&text);
}

static void make_next(struct process *process, struct sent *sent)
{
    struct world *world = process->world;
    struct ledger_view *view;
    struct task_header header;

    CHECK(!ledger_view_open(process->ledger, LEDGER_PROCESSED, &view));
    if (task_header_get(ledger_view_state(view), &world->task.pubkey, &header))
        make_step(process, sent, view, &header);
    else
        make_task(process, sent);
    ledger_view_close(view);
}

void world_send_task(struct process *process)
{
    world_send_new(process, make_next);
}

void world_note_task(struct world *world, unsigned kinds)
{
    if (kinds >> TASK_SUBMIT & 1)
        world_see(world, SEEN_SUBMISSION);
    if (kinds >> TASK_PAYOUT & 1)
        world_see(world, SEEN_PAYOUT);
}
