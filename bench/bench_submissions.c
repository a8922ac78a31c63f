/*
 * SubmitTask through the whole pipeline, with 10,000 participants in one task,
 * compared with transfers on the same chain.
 *
 * A submission has two signatures, the payer's and the staking key's, so the
 * transfers have two as well: the ratio shows the cost of the task, not of a
 * signature. Rates are by processor time.
 */
#include "base/check.h"
#include "base/memory.h"
#include "chain.h"
#include "measure.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/well_known.h"
#include "settlement/task_fixture.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PARTICIPANTS 10000
#define PAYERS 64
#define SPACE 8000000 /* bytes; room for all of them */
#define SLOT_MS 100
#define ROUND_SLOTS 150
#define AUDIT_SLOTS 10
/* Submissions are made and sent this early in a round, so that a slow machine
 * gets them in before its window ends. */
#define EARLY_SLOTS 30
#define RATIO_AIM 0.9
#define TURNS 3 /* a round each; the medians count */

struct network {
    struct chain *chain;
    struct keypair payers[PAYERS];
    struct keypair task;
    struct pubkey pot;
    struct keypair *stakers;
    struct hash blockhash;
    uint64_t round;
    uint64_t next_round; /* rounds before it have their submissions */
    uint64_t made;       /* transfers, so that no two are alike */
};

static const struct keypair *payer_of(const struct network *network,
                                      size_t number)
{
    return &network->payers[number % PAYERS];
}

/* Two instructions at most: an account's making, and the task program's. */
static void make(const struct network *network,
                 const struct keypair *const signers[2], struct bytes creation,
                 const struct task_instruction *instruction,
                 const struct task_parties *parties, struct buffer *wire)
{
    const struct account_meta new_account[2] = {
        {signers[0]->pubkey, true, true}, {signers[1]->pubkey, true, true}};
    struct account_meta accounts[TASK_ACCOUNTS_MAX];
    struct buffer data = {0};
    must(task_instruction_build(instruction, &data), "instruction");
    size_t count =
        task_instruction_accounts(instruction->kind, 0, parties, accounts);
    const struct instruction list[2] = {
        {SYSTEM_PROGRAM_ID, new_account, 2, creation},
        {KOII_TASK_PROGRAM_ID, accounts, count, buffer_view(&data)}};
    size_t skipped = creation.size == 0;
    must(transaction_make(signers, 2, list + skipped, 2 - skipped,
                          &network->blockhash, wire),
         "transaction");
    buffer_free(&data);
}

static void make_task(void *user, size_t number, struct buffer *wire)
{
    const struct network *network = user;
    struct task_instruction create = {.kind = TASK_CREATE,
                                      .terms = task_fixture_terms()};
    const struct task_parties parties = {.task = network->task.pubkey,
                                         .stake_pot = network->pot,
                                         .actor = network->payers[0].pubkey};
    const struct keypair *signers[2] = {&network->payers[0], &network->task};
    struct buffer creation = {0};
    create.terms.round_time = ROUND_SLOTS;
    create.terms.audit_window = AUDIT_SLOTS;
    create.terms.submission_window = ROUND_SLOTS - AUDIT_SLOTS;
    system_create_account_data(task_instruction_create_lamports(SPACE), SPACE,
                               &KOII_TASK_PROGRAM_ID, &creation);
    make(network, signers, buffer_view(&creation), &create, &parties, wire);
    buffer_free(&creation);
}

static void make_stake(void *user, size_t number, struct buffer *wire)
{
    const struct network *network = user;
    const struct keypair *signers[2] = {payer_of(network, number),
                                        &network->stakers[number]};
    const struct task_instruction stake = {
        .kind = TASK_STAKE,
        .amount = TASK_FIXTURE_STAKE,
        .ip_address = bytes_text("http://10.0.0.1:30017")};
    const struct task_parties parties = {.task = network->task.pubkey,
                                         .stake_pot = network->pot,
                                         .actor = signers[1]->pubkey};
    struct buffer creation = {0};
    system_create_account_data(
        TASK_FIXTURE_STAKE + task_instruction_stake_lamports(),
        TASK_STAKING_KEY_SPACE, &KOII_TASK_PROGRAM_ID, &creation);
    make(network, signers, buffer_view(&creation), &stake, &parties, wire);
    buffer_free(&creation);
}

static void make_submission(void *user, size_t number, struct buffer *wire)
{
    const struct network *network = user;
    const struct keypair *signers[2] = {payer_of(network, number),
                                        &network->stakers[number]};
    const struct task_instruction submit = {
        .kind = TASK_SUBMIT,
        .value = bytes_text(
            "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi"),
        .round = network->round};
    const struct task_parties parties = {.task = network->task.pubkey,
                                         .actor = signers[1]->pubkey};
    make(network, signers, (struct bytes){0}, &submit, &parties, wire);
}

static void make_transfer(void *user, size_t number, struct buffer *wire)
{
    const struct network *network = user;
    const struct keypair *signers[2] = {payer_of(network, number),
                                        payer_of(network, number + 1)};
    struct pubkey to = chain_recipient(network->made + number);
    chain_transfer(signers, 2, &signers[1]->pubkey, &to, 1000000 + number,
                   &network->blockhash, wire);
}

/* Bring all of them; each must succeed. place: of the first. */
static struct chain_rate run(struct network *network, chain_make *maker,
                             size_t count, struct ledger_place *place)
{
    struct wires wires;
    struct ledger_view *view;
    struct arena arena = {0};
    chain_blockhash(network->chain, &network->blockhash);
    chain_wires(&wires, count, maker, network);
    struct chain_rate rate = chain_bring(network->chain, &wires);
    must(ledger_view_open(network->chain->ledger, LEDGER_FINALIZED, &view),
         "view");
    for (size_t i = count; i-- > 0;) {
        struct transaction transaction;
        struct ledger_record record;
        must(transaction_parse(buffer_view(&wires.items[i]), &arena,
                               &transaction),
             "parse");
        must(ledger_find(view, transaction_id(&transaction), place), "find");
        must(ledger_record(view, *place, &arena, &record), "record");
        if (!transaction_status_ok(record.result.status)) {
            for (size_t k = 0; k < record.result.log_count; k++)
                fprintf(stderr, "%.*s\n", (int)record.result.log[k].size,
                        (const char *)record.result.log[k].data);
            exit(1);
        }
        arena_reset(&arena);
    }
    ledger_view_close(view);
    arena_free(&arena);
    chain_wires_free(&wires);
    return rate;
}

/* Sleep until early in a round that is neither the task's first nor the last
 * one found here. */
static void wait_for_round(struct network *network, uint64_t starting_slot)
{
    for (;;) {
        uint64_t past = chain_slot(network->chain) - starting_slot;
        network->round = past / ROUND_SLOTS - 1;
        if (past >= ROUND_SLOTS && past % ROUND_SLOTS < EARLY_SLOTS &&
            network->round >= network->next_round)
            break;
        usleep(SLOT_MS * 1000);
    }
    network->next_round = network->round + 1;
}

/* In turns: transfers, submissions, transfers, … */
struct rates {
    double transfers[TURNS + 1];
    double submissions[TURNS];
};

static void report(struct rates *rates)
{
    double ratios[TURNS];
    for (int i = 0; i < TURNS; i++)
        ratios[i] = 2 * rates->submissions[i] /
                    (rates->transfers[i] + rates->transfers[i + 1]);
    measure_plain("settlement/submissions",
                  CHAIN_THREADS * measure_median(rates->submissions, TURNS),
                  "1/s");
    measure_plain("settlement/transfers_of_two_signatures",
                  CHAIN_THREADS * measure_median(rates->transfers, TURNS + 1),
                  "1/s");
    measure_at_least("settlement/submissions_of_transfers",
                     measure_median(ratios, TURNS), "ratio", RATIO_AIM);
}

int main(void)
{
    static struct network network;
    struct rates rates;
    struct ledger_place place;
    crypto_init();
    network.chain = chain_open(SLOT_MS, 0);
    network.stakers = mem_zero(PARTICIPANTS, sizeof(*network.stakers));
    network.pot = task_fixture_pot(1);
    keypair_generate(&network.task);
    for (int i = 0; i < PAYERS; i++)
        keypair_generate(&network.payers[i]);
    for (int i = 0; i < PARTICIPANTS; i++)
        keypair_generate(&network.stakers[i]);
    chain_fund(network.chain, network.payers, PAYERS,
               10000 * LAMPORTS_PER_KOII);
    run(&network, make_task, 1, &place);
    uint64_t starting_slot = place.slot;
    run(&network, make_stake, PARTICIPANTS, &place);
    for (int i = 0; i <= TURNS; i++) {
        rates.transfers[i] =
            run(&network, make_transfer, PARTICIPANTS, &place).per_cpu_second;
        network.made += PARTICIPANTS;
        if (i == TURNS)
            break;
        wait_for_round(&network, starting_slot);
        rates.submissions[i] =
            run(&network, make_submission, PARTICIPANTS, &place).per_cpu_second;
    }
    report(&rates);
    chain_close(network.chain);
    free(network.stakers);
    return 0;
}
