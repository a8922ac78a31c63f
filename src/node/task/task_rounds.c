/*
 * A penalty is the chain's rule: a tenth of the minimum stake for each own list
 * that was voted down, and for each own accusation that was refuted by more
 * votes for than against (docs/settlement.md, "Payout").
 */
#include "node/task/task_rounds.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "crypto/hash.h"
#include "node/money/journal_round.h"
#include "node/money/journal_writer.h"
#include "node/task/task_earnings.h"
#include "node/task/task_runner.h"
#include "node/task/task_said.h"
#include "storage/keep/store_async.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PENALTY_DIVISOR 10

/* How long the evidence of a slash is kept, for its owner to look at. */
#define SLASH_KEPT_MS (30ull * 24 * 3600 * 1000)

/* Of one round, the most that is shown of each. */
#define VOTES_MAX 256
#define VERDICTS_MAX 256
#define PENALTIES_MAX 16

enum penalty_kind { PENALTY_ACCUSATION, PENALTY_OWN_LIST };
static const char *const penalty_names[] = {
    [PENALTY_ACCUSATION] = "accusation", [PENALTY_OWN_LIST] = "own_list"};

/* What tells one from the others of a round. */
struct penalty {
    enum penalty_kind kind;
    struct hash reference;
};

struct vote {
    struct pubkey key;
    bool is_valid;
    uint64_t slot;
};

struct round_end {
    struct task_runner *runner;
    uint64_t round;
    char proof[TASK_SUBMISSION_SIZE + 1]; /* "": none */
    bool is_accused;
    struct pubkey accuser;
    uint64_t accused_slot;
    struct vote votes[VOTES_MAX]; /* on it */
    size_t vote_count;
    struct penalty penalties[PENALTIES_MAX];
    size_t penalty_count;
    bool has_list, has_read; /* one counts; and it was read */
    struct pubkey list_by;
    bool has_mine; /* a line of this node's */
    int64_t mine, sum;
};

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

struct round_end *round_end_new(struct task_runner *runner, uint64_t round)
{
    struct round_end *end = mem_zero(1, sizeof(*end));

    end->runner = runner;
    end->round = round;
    return end;
}

void round_end_free(struct round_end *end)
{
    free(end);
}

/* The program's: for minus against, the accuser's vote among them. */
static int64_t tally(const struct client_entry *entry)
{
    int64_t votes = 0;

    for (size_t i = 0; i < entry->vote_count; i++)
        votes += entry->votes[i].is_valid ? 1 : -1;
    return votes;
}

/* about: whose list or proof; slot tells apart those of several attempts. */
static void add_penalty(struct round_end *end, enum penalty_kind kind,
                        const char *what, const struct pubkey *about,
                        uint64_t slot)
{
    uint8_t number[8];

    if (end->penalty_count == PENALTIES_MAX)
        return;
    struct penalty *penalty = &end->penalties[end->penalty_count++];

    u64le_write(number, slot);
    const struct bytes pieces[] = {bytes_text(what), pubkey_bytes(about),
                                   bytes_make(number, sizeof(number))};
    penalty->kind = kind;
    hash_sha256_pieces(pieces, 3, &penalty->reference);
}

/* Is it this node's accusation, and refuted? */
static bool is_refuted(const struct round_end *end,
                       const struct client_entry *entry)
{
    return entry->is_audited && tally(entry) > 0 &&
           pubkey_equal(&entry->trigger_by, &end->runner->own);
}

void round_end_take_lists(struct round_end *end,
                          const struct client_round *lists,
                          const struct client_entry *by)
{
    const struct pubkey *own = &end->runner->own;

    end->has_list = by != NULL;
    if (by)
        end->list_by = by->key;
    for (size_t i = 0; i < lists->entry_count; i++) {
        const struct client_entry *entry = &lists->entries[i];

        if (pubkey_equal(&entry->key, own) && entry->is_audited &&
            tally(entry) < 0)
            add_penalty(end, PENALTY_OWN_LIST, "list", own, entry->slot);
        if (is_refuted(end, entry))
            add_penalty(end, PENALTY_ACCUSATION, "accused list", &entry->key,
                        entry->trigger_slot);
    }
}

static void take_own(struct round_end *end, const struct client_entry *entry)
{
    snprintf(end->proof, sizeof(end->proof), "%s", entry->value);
    end->is_accused = entry->is_audited;
    end->accuser = entry->trigger_by;
    end->accused_slot = entry->trigger_slot;
    for (size_t i = 0; i < entry->vote_count && end->vote_count < VOTES_MAX;
         i++)
        end->votes[end->vote_count++] =
            (struct vote){.key = entry->votes[i].voter,
                          .is_valid = entry->votes[i].is_valid,
                          .slot = entry->votes[i].slot};
}

void round_end_take_proofs(struct round_end *end,
                           const struct client_round *proofs)
{
    for (size_t i = 0; i < proofs->entry_count; i++) {
        const struct client_entry *entry = &proofs->entries[i];

        if (pubkey_equal(&entry->key, &end->runner->own))
            take_own(end, entry);
        else if (is_refuted(end, entry))
            add_penalty(end, PENALTY_ACCUSATION, "accused proof", &entry->key,
                        entry->trigger_slot);
    }
}

void round_end_take_list(struct round_end *end,
                         const struct task_list_entry *entries, size_t count)
{
    end->has_read = true;
    for (size_t i = 0; i < count; i++) {
        if (entries[i].amount > 0)
            end->sum += entries[i].amount;
        if (!pubkey_equal(&entries[i].key, &end->runner->own))
            continue;
        end->has_mine = true;
        end->mine = entries[i].amount;
    }
}

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

/* Beside the pin of its round, which ends. Counted in rounds, of which a pin
 * has RETENTION_ROUNDS_MAX at most. */
static void keep_evidence(const struct round_end *end)
{
    struct task_runner *runner = end->runner;
    const struct node_parts *parts = runner->parts;
    uint64_t round_ms = runner->view.clock.round_time * parts->slot_ms;
    uint64_t rounds = round_ms ? SLASH_KEPT_MS / round_ms + 1 : 1;
    struct pin_owner owner;
    struct cid cid;

    if (cid_parse(bytes_text(end->proof), &cid)) {
        err_clear(); /* the proof is no evidence's name */
        return;
    }
    if (rounds > RETENTION_ROUNDS_MAX)
        rounds = RETENTION_ROUNDS_MAX;
    owner = retention_round(&runner->task, end->round, (uint32_t)rounds);
    runner_depart(runner);
    store_async_pin(parts->loop, parts->store, &cid, &owner,
                    parts->options->task_store_limit_bytes, on_pinned, runner);
}

void round_end_write(struct round_end *end, bool is_paid)
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
    if (end->has_read && end->mine < 0)
        keep_evidence(end);
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
    round_end_write(end, record->payout == CLIENT_PAYOUT_SUCCESSFUL);
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
    static const char *const payouts[] = {
        [CLIENT_PAYOUT_NONE] = "none",
        [CLIENT_PAYOUT_SUCCESSFUL] = "successful",
        [CLIENT_PAYOUT_FAILED] = "failed",
    };
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
        json_field_text(writer, "payout", payouts[record->payout]);
        json_field_bool(writer, "accused", record->is_accused);
        write_verdicts(record, writer);
        json_close_object(writer);
    }
    json_close_array(writer);
}
