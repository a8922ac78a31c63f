/*
 * The cost of a submission in a task with few and with many participants. K2
 * rewrites a task's whole state for each submission; Pond writes a row and the
 * header.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/memory.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/task_distribution_list.h"
#include "settlement/format/well_known.h"
#include "settlement/task_list_build.h"
#include "task_fixture.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define FEW 10
#define MANY 10000
#define SAMPLES 1000  /* medians are taken over so many submissions */
#define SPACE 8000000 /* bytes; room for MANY */
#define RATIO_MAX 2.0 /* the aim */

static struct pubkey staker(uint64_t number)
{
    return task_fixture_key(1000000000 + number);
}

/* K2's recipe: make the staking key's account with the stake in it, stake. */
static void stake(struct task_fixture *f, uint64_t number)
{
    const struct pubkey key = staker(number);
    const struct task_instruction instruction = {
        .kind = TASK_STAKE,
        .amount = TASK_FIXTURE_STAKE,
        .ip_address = bytes_text("http://10.0.0.1:30017"),
    };
    const struct task_parties parties = {
        .task = f->task, .stake_pot = f->pot, .actor = key};
    const struct account_meta new_account[2] = {{f->payer, true, true},
                                                {key, true, true}};
    struct account_meta accounts[TASK_ACCOUNTS_MAX];
    struct buffer data[2] = {{0}};
    system_create_account_data(
        TASK_FIXTURE_STAKE + task_instruction_stake_lamports(),
        TASK_STAKING_KEY_SPACE, &KOII_TASK_PROGRAM_ID, &data[0]);
    CHECK(task_instruction_build(&instruction, &data[1]) == 0);
    size_t count = task_instruction_accounts(TASK_STAKE, 0, &parties, accounts);
    const struct instruction list[2] = {
        {SYSTEM_PROGRAM_ID, new_account, 2, buffer_view(&data[0])},
        {KOII_TASK_PROGRAM_ID, accounts, count, buffer_view(&data[1])},
    };
    struct transaction_status status = task_fixture_execute(f, list, 2);
    CHECK(transaction_status_ok(status));
    buffer_free(&data[0]);
    buffer_free(&data[1]);
}

/* Nanoseconds that the bank takes to execute one submission. */
static uint64_t time_submission(struct task_fixture *f, uint64_t number)
{
    static const char value[] =
        "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";
    const struct task_instruction submit = {
        .kind = TASK_SUBMIT, .value = bytes_text(value), .round = 0};
    const struct task_parties parties = {.task = f->task,
                                         .actor = staker(number)};
    struct account_meta accounts[TASK_ACCOUNTS_MAX];
    struct buffer data = {0};
    struct buffer wire = {0};
    struct transaction transaction;
    struct bank_result result;
    CHECK(task_instruction_build(&submit, &data) == 0);
    size_t count =
        task_instruction_accounts(TASK_SUBMIT, 0, &parties, accounts);
    const struct instruction one = {KOII_TASK_PROGRAM_ID, accounts, count,
                                    buffer_view(&data)};
    task_fixture_build(f, &one, 1, &wire);
    arena_reset(&f->arena);
    CHECK(transaction_parse(buffer_view(&wire), &f->arena, &transaction) == 0);
    uint64_t begin = clock_monotonic_ns();
    bank_execute(f->bank, &transaction, 0, &f->arena, &result);
    uint64_t end = clock_monotonic_ns();
    CHECK(transaction_status_ok(result.status));
    buffer_free(&data);
    buffer_free(&wire);
    return end - begin;
}

/* The cost of a payout with so many submissions and as long a list, and the
 * time of a compute unit (task_call.h). */
static void pay_out(struct task_fixture *f, uint64_t participants)
{
    struct task_list_entry *entries = mem_zero(participants, sizeof(*entries));
    struct buffer data = {0};
    for (uint64_t i = 0; i < participants; i++)
        entries[i] = (struct task_list_entry){staker(i), 1};
    f->keys[0] = staker(0);
    task_list_build(&f->task, 0, entries, participants, &data);
    task_fixture_to(f, 2, 0);
    /* Room for the list, which the first key's account pays for. */
    struct buffer transfer = {0};
    const struct account_meta accounts[2] = {{f->payer, true, true},
                                             {f->keys[0], false, true}};
    system_transfer_data(rent_minimum_balance(data.size + 1000), &transfer);
    const struct instruction fund = {SYSTEM_PROGRAM_ID, accounts, 2,
                                     buffer_view(&transfer)};
    CHECK(transaction_status_ok(task_fixture_execute(f, &fund, 1)));
    CHECK(transaction_status_ok(
        task_fixture_upload(f, 0, 0, buffer_view(&data))));
    CHECK(transaction_status_ok(task_fixture_submit_list(f, 0, 0)));
    task_fixture_to(f, 2, 80);
    uint64_t begin = clock_monotonic_ns();
    CHECK(transaction_status_ok(task_fixture_payout(f, 0)));
    uint64_t spent_ns = clock_monotonic_ns() - begin;
    CHECK(task_fixture_round(f, 0).record == TASK_RECORD_SUCCESSFUL);
    printf("payout, %" PRIu64 " participants\t%.1f\tms\t-\t-\n", participants,
           (double)spent_ns / 1e6);
    printf("payout, %" PRIu64 " participants\t%" PRIu64
           "\tunits\t<1400000\t%s\n",
           participants, f->units, f->units < 1400000 ? "yes" : "no");
    printf("a compute unit of a payout\t%.1f\tns\t-\t-\n",
           (double)spent_ns / (double)f->units);
    buffer_free(&transfer);
    buffer_free(&data);
    free(entries);
}

/* One task with so many participants, who all stake and submit. out gets the
 * times of the last submissions, at most limit. */
static size_t run(uint64_t participants, size_t limit, uint64_t *out)
{
    struct task_fixture f;
    size_t count = 0;
    task_fixture_open(&f);
    struct transaction_status status =
        task_fixture_create(&f, &f.terms, &f.task, &f.pot, SPACE);
    CHECK(transaction_status_ok(status));
    for (uint64_t i = 0; i < participants; i++)
        stake(&f, i);
    task_fixture_to(&f, 1, 0);
    for (uint64_t i = 0; i < participants; i++) {
        uint64_t spent_ns = time_submission(&f, i);
        if (participants - i <= limit)
            out[count++] = spent_ns;
    }
    if (participants == MANY)
        pay_out(&f, participants);
    task_fixture_close(&f);
    return count;
}

static int compare(const void *a, const void *b)
{
    uint64_t first = *(const uint64_t *)a;
    uint64_t second = *(const uint64_t *)b;
    return (first > second) - (first < second);
}

static double median_us(uint64_t *samples, size_t count)
{
    qsort(samples, count, sizeof(*samples), compare);
    return (double)samples[count / 2] / 1000;
}

int main(void)
{
    uint64_t *samples = mem_zero(SAMPLES, sizeof(*samples));
    for (size_t i = 0; i < SAMPLES; i += FEW)
        CHECK(run(FEW, FEW, samples + i) == FEW);
    double few_us = median_us(samples, SAMPLES);
    CHECK(run(MANY, SAMPLES, samples) == SAMPLES);
    double many_us = median_us(samples, SAMPLES);
    double ratio = many_us / few_us;
    printf("submission, %d participants\t%.1f\tus\t-\t-\n", FEW, few_us);
    printf("submission, %d participants\t%.1f\tus\t-\t-\n", MANY, many_us);
    printf("submission, %d beside %d participants\t%.2f\tx\t<%g\t%s\n", MANY,
           FEW, ratio, RATIO_MAX, ratio < RATIO_MAX ? "yes" : "no");
    free(samples);
    return 0;
}
