#include "node/task/task_rounds.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/money/amount.h"
#include "node/money/journal_round.h"
#include "node/money/journal_writer.h"
#include "node/owner/notice_book.h"
#include "node/task/task_earnings.h"
#include "node/task/task_notices.h"
#include "node/task/task_runner.h"
#include "node/task/task_said.h"
#include "storage/keep/store_async.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A penalty takes a tenth of the minimum stake (docs/settlement.md, "Payout").
 */
#define PENALTY_DIVISOR 10

/* Of one round, the most that is shown. */
#define VERDICTS_MAX 256

static const char *const penalty_names[] = {
    [PENALTY_ACCUSATION] = "accusation", [PENALTY_OWN_LIST] = "own_list"};

/* How long the evidence of a slash is kept, for its owner to look at. */
#define SLASH_KEPT_DAYS 30
#define SLASH_KEPT_MS (SLASH_KEPT_DAYS * 24 * 3600ull * 1000)

/* ---- what is written ---- */

struct writing {
    const struct node_parts *parts; /* outlive the writer */
    struct journal_round round;     /* texts owned */
};

static int write_round(struct journal *journal, void *user)
{
    const struct writing *writing = user;

    return journal_round_put(journal, &writing->round);
}

static void on_round_written(void *user, int status)
{
    struct writing *writing = user;

    if (status)
        log_error("journal", "%s", err_text());
    else if (writing->round.level > JOURNAL_ROUND_OPEN)
        task_said_round(writing->parts, &writing->round.task,
                        writing->round.brief);
    free((char *)writing->round.brief);
    free((char *)writing->round.detail);
    free(writing);
}

/* Both buffers are emptied. */
static void put(struct task_runner *runner, uint64_t round,
                enum journal_round_level level, struct buffer *brief,
                struct buffer *detail)
{
    struct writing *writing = mem_zero(1, sizeof(*writing));

    writing->parts = runner->parts;
    writing->round = (struct journal_round){
        .task = runner->task,
        .round = round,
        .level = level,
        .brief = mem_text(buffer_string(brief)),
        .detail = mem_text(buffer_string(detail)),
    };
    buffer_free(brief);
    buffer_free(detail);
    journal_writer_run(runner->parts->writer, write_round, on_round_written,
                       writing);
}

static void field_amount(struct json_writer *writer, const char *name,
                         int64_t amount)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRId64, amount);
    json_field_text(writer, name, text);
}

/* Evidence ends with the third round after its own, or after thirty days. */
static uint64_t evidence_until(const struct task_runner *runner, uint64_t round,
                               bool is_slashed)
{
    const struct round_clock *clock = &runner->view.clock;
    uint64_t slot = runner_rounds_slot(runner->rounds);
    uint64_t end = round_first_slot(clock, round + RETENTION_ROUNDS_MIN + 1);
    uint64_t left_ms = end > slot ? (end - slot) * runner->parts->slot_ms : 0;

    return clock_unix_ms() +
           (is_slashed && left_ms < SLASH_KEPT_MS ? SLASH_KEPT_MS : left_ms);
}

/* ---- a round whose end is ahead ---- */

static void write_head(const struct task_runner *runner, uint64_t round,
                       const char *outcome, const char *proof,
                       struct json_writer *writer)
{
    json_open_object(writer);
    json_field_u64(writer, "round", round);
    json_field_text(writer, "outcome", outcome);
    if (*proof)
        json_field_text(writer, "proof", proof);
    else
        json_field_null(writer, "proof");
    json_field_u64(writer, "at", clock_unix_ms());
    if (*proof)
        json_field_u64(
            writer, "evidence_until",
            evidence_until(runner, round, !strcmp(outcome, "slashed")));
    else
        json_field_null(writer, "evidence_until");
}

static void write_nothing(struct json_writer *writer, const char *payout)
{
    json_field_null(writer, "reward");
    json_name(writer, "losses");
    json_open_array(writer);
    json_close_array(writer);
    json_field_text(writer, "payout", payout);
}

/* What stands there is true once the clock has passed the round, if nothing
 * better is written. */
void task_rounds_proved(struct task_runner *runner, uint64_t round,
                        const char *proof)
{
    struct buffer brief = {0}, detail = {0};
    struct json_writer writer = json_writer_make(&brief);

    write_head(runner, round, "amount_not_read", proof, &writer);
    write_nothing(&writer, "none");
    json_field_bool(&writer, "accused", false);
    json_close_object(&writer);
    buffer_text(&detail, "{}");
    put(runner, round, JOURNAL_ROUND_OPEN, &brief, &detail);
}

/* ---- how it ended ---- */

/* Did the task run while the round's proofs were taken? */
static bool was_running(const struct round_end *end)
{
    const struct round_record *record = round_memory_find(
        runner_rounds_memory(end->runner->rounds), end->round);

    return record && record->was_running;
}

static const char *outcome_of(const struct round_end *end, bool is_paid)
{
    if (end->has_read && end->mine < 0)
        return "slashed";
    if (end->penalty_count)
        return "penalty";
    if (!*end->proof)
        return was_running(end) ? "missed" : "no_proof";
    if (!is_paid)
        return "given_up";
    return end->has_read ? "paid" : "amount_not_read";
}

static uint64_t penalty_of(const struct round_end *end)
{
    return end->runner->view.minimum_stake / PENALTY_DIVISOR;
}

static void write_loss(struct json_writer *writer, const char *kind,
                       uint64_t amount)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, amount);
    json_open_object(writer);
    json_field_text(writer, "kind", kind);
    json_field_text(writer, "amount", text);
    json_close_object(writer);
}

static void write_brief(const struct round_end *end, bool is_paid,
                        struct buffer *out)
{
    struct json_writer writer = json_writer_make(out);

    write_head(end->runner, end->round, outcome_of(end, is_paid), end->proof,
               &writer);
    if (end->has_read)
        field_amount(&writer, "reward", end->mine);
    else
        json_field_null(&writer, "reward");
    json_name(&writer, "losses");
    json_open_array(&writer);
    if (end->has_read && end->mine < 0)
        write_loss(&writer, "list", -(uint64_t)end->mine);
    for (size_t i = 0; i < end->penalty_count; i++)
        write_loss(&writer, penalty_names[end->penalties[i].kind],
                   penalty_of(end));
    json_close_array(&writer);
    json_field_text(&writer, "payout", is_paid ? "successful" : "failed");
    json_field_bool(&writer, "accused", end->is_accused);
    json_close_object(&writer);
}

static void write_said(const struct round_end *end, struct json_writer *writer)
{
    json_name(writer, "accusers");
    json_open_array(writer);
    if (end->is_accused) {
        json_open_object(writer);
        json_field_text(writer, "key", PUBKEY_TEXT(&end->accuser));
        json_field_u64(writer, "slot", end->accused_slot);
        json_close_object(writer);
    }
    json_close_array(writer);
    json_name(writer, "votes");
    json_open_array(writer);
    for (size_t i = 0; i < end->vote_count; i++) {
        json_open_object(writer);
        json_field_text(writer, "key", PUBKEY_TEXT(&end->votes[i].key));
        json_field_bool(writer, "valid", end->votes[i].is_valid);
        json_field_u64(writer, "slot", end->votes[i].slot);
        json_close_object(writer);
    }
    json_close_array(writer);
}

/* Those that were reached. */
static void write_verdicts(const struct round_record *record,
                           struct json_writer *writer)
{
    size_t count = 0;

    json_name(writer, "verdicts");
    json_open_array(writer);
    for (size_t i = 0;
         record && i < record->submissions.count && count < VERDICTS_MAX; i++) {
        const struct verdict *verdict = &record->submissions.items[i];

        if (verdict->state != VERDICT_VALID &&
            verdict->state != VERDICT_INVALID)
            continue;
        count++;
        json_open_object(writer);
        json_field_text(writer, "key", PUBKEY_TEXT(&verdict->key));
        json_field_bool(writer, "valid", verdict->state == VERDICT_VALID);
        json_field_bool(writer, "voted", verdict->is_sent);
        json_close_object(writer);
    }
    json_close_array(writer);
}

static void write_detail(const struct round_end *end, struct buffer *out)
{
    struct json_writer writer = json_writer_make(out);

    json_open_object(&writer);
    write_said(end, &writer);
    json_name(&writer, "list");
    if (end->has_list) {
        json_open_object(&writer);
        json_field_text(&writer, "by", PUBKEY_TEXT(&end->list_by));
        if (end->has_mine)
            field_amount(&writer, "mine", end->mine);
        else
            json_field_null(&writer, "mine");
        if (end->has_read)
            field_amount(&writer, "sum", end->sum);
        else
            json_field_null(&writer, "sum");
        json_close_object(&writer);
    } else {
        json_write_null(&writer);
    }
    write_verdicts(round_memory_find(runner_rounds_memory(end->runner->rounds),
                                     end->round),
                   &writer);
    json_close_object(&writer);
}

static void on_pinned(void *user, int status)
{
    if (status)
        log_warn("store", "the evidence of a slashed round is not kept: %s",
                 err_text());
    (void)runner_arrived(user);
}

/* Beside the pin of its round, which ends. */
static void keep_evidence(const struct round_end *end)
{
    struct task_runner *runner = end->runner;
    const struct node_parts *parts = runner->parts;
    const struct pin_owner owner =
        retention_days(&runner->task, end->round, SLASH_KEPT_DAYS);
    struct cid cid;

    if (cid_parse(bytes_text(end->proof), &cid)) {
        err_clear(); /* the proof is no evidence's name */
        return;
    }
    runner_depart(runner);
    store_async_pin(parts->loop, parts->store, &cid, &owner,
                    parts->options->task_store_limit_bytes, on_pinned, runner);
}

/* At once: nobody should learn of it later than the chain lets them. */
static void tell_loss(const struct round_end *end)
{
    const struct task_runner *runner = end->runner;
    uint64_t units = -(uint64_t)end->mine;

    if (!runner->parts->notices)
        return;
    char *about = mem_format("round %" PRIu64, end->round);
    char *amount = amount_words(units, runner->view.is_kpl);
    char *text = mem_format("%s was taken from your stake on %s in round "
                            "%" PRIu64 ".",
                            amount, runner->view.name, end->round);
    /* What a token's amount is worth is not known here. */
    char *facts =
        runner->view.is_kpl
            ? mem_format("{\"round\":%" PRIu64 "}", end->round)
            : mem_format("{\"round\":%" PRIu64 ",\"amount\":\"%" PRIu64 "\"}",
                         end->round, units);

    notice_book_tell(runner->parts->notices, clock_unix_ms(), NOTICE_SLASHED,
                     runner->task_text, about, text, facts);
    free(facts);
    free(text);
    free(amount);
    free(about);
}

void task_rounds_ended(const struct round_end *end, bool is_paid)
{
    struct task_runner *runner = end->runner;
    struct buffer brief = {0}, detail = {0};

    write_brief(end, is_paid, &brief);
    write_detail(end, &detail);
    put(runner, end->round,
        end->has_read || (is_paid && !*end->proof) ? JOURNAL_ROUND_WHOLE
                                                   : JOURNAL_ROUND_OVER,
        &brief, &detail);
    if (end->has_read && (*end->proof || end->mine))
        task_earnings_paid(runner, end->round, end->mine);
    for (size_t i = 0; i < end->penalty_count; i++)
        task_earnings_penalty(runner, end->round, penalty_of(end),
                              &end->penalties[i].reference,
                              penalty_names[end->penalties[i].kind]);
    if (!*end->proof && was_running(end))
        task_earnings_missed(runner, end->round);
    if (*end->proof || was_running(end))
        task_notices_proof(runner, end->round, *end->proof);
    if (end->has_read && end->mine < 0) {
        keep_evidence(end);
        tell_loss(end);
    }
}

void task_rounds_given_up(struct task_runner *runner, uint64_t round)
{
    const struct round_record *record =
        round_memory_find(runner_rounds_memory(runner->rounds), round);
    struct round_end *end;

    if (!record || record->is_written || !record->submission[0])
        return;
    end = round_end_new(runner, round);
    snprintf(end->proof, sizeof(end->proof), "%s", record->submission);
    end->is_accused = record->is_accused;
    task_rounds_ended(end, record->payout == CLIENT_PAYOUT_SUCCESSFUL);
    task_notices_accused(runner);
    round_end_free(end);
}

/* ---- the newest ones ---- */

static const char *standing_of(const struct round_record *record, uint64_t age)
{
    if (!age)
        return "working";
    if (record->has_reward)
        return record->reward < 0 ? "slashed" : "paid";
    if (record->payout == CLIENT_PAYOUT_FAILED)
        return "payout_failed";
    if (record->payout == CLIENT_PAYOUT_SUCCESSFUL)
        return record->submission[0] ? "amount_not_read" : "no_proof";
    if (record->is_accused)
        return "accused";
    if (age == 1)
        return "proving";
    return record->submission[0] ? "waiting_for_payout"
           : record->was_running ? "missed"
                                 : "no_proof";
}

void task_runner_rounds(const struct task_runner *runner,
                        struct json_writer *writer)
{
    uint64_t now = runner_rounds_round(runner->rounds);

    json_open_array(writer);
    for (uint64_t age = 0;
         runner->view.is_known && age < ROUND_KEPT && age <= now; age++) {
        const struct round_record *record =
            round_memory_find(runner_rounds_memory(runner->rounds), now - age);

        if (!record || record->is_written)
            continue;
        write_head(runner, now - age, standing_of(record, age),
                   record->submission, writer);
        if (record->has_reward)
            field_amount(writer, "reward", record->reward);
        else
            json_field_null(writer, "reward");
        json_field_text(writer, "payout", round_payout_name(record->payout));
        json_field_bool(writer, "accused", record->is_accused);
        write_verdicts(record, writer);
        json_close_object(writer);
    }
    json_close_array(writer);
}
