/*
 * Payout: choose a round's list, settle it, and judge what was accused.
 *
 * Anybody may call it, and it makes no difference who does or when: which list
 * counts, what it does and who is penalised follow from the rows alone. Among
 * the lists sent in the newest round the first usable one counts, in the order
 * of sha256(seed | submitter). The seed is younger than the keys: it is a
 * block's hash from after the round's submission window, and only keys that
 * submitted in that window send lists (task_distribution.c). So nobody can make
 * a key that comes first.
 *
 * The steps, in this order:
 *
 * 1. check_round, collect, check_due: is there something to decide now?
 * 2. settle_first_usable: at most one list is settled. A list is checked as a
 *    whole before it takes effect, so it is settled whole or not at all.
 * 3. judge: penalties come after the list, so that they don't reduce the stakes
 *    that the list takes from. A penalty is at most what is left.
 * 4. record: the result. A failed payout uses up an attempt; newer lists make
 *    another.
 *
 * Cost: the round's lists are walked twice and sorted, their votes once, its
 * submissions once, and at most LISTS_READ_MAX lists are parsed, each bounded
 * by the number of submissions. No other round is touched. All of it is charged
 * in compute units as it goes. The result must not depend on how many units the
 * caller asked for: with too few the transaction fails as a whole, and
 * LIST_UNITS_MAX is counted from the rows alone.
 */
#include "base/check.h"
#include "base/error.h"
#include "crypto/hash.h"
#include "settlement/format/task_distribution_list.h"
#include "settlement/task/task_call.h"
#include <inttypes.h>
#include <stdlib.h>

/* The penalty for a list that was voted down and for a refuted accusation is a
 * tenth of the minimum stake: false accusations are not free, and an honest
 * mistake does not end a node. */
#define PENALTY_DIVISOR 10

/* Lists that one payout reads at most. Somebody who fills rounds with unusable
 * lists needs so many in front, in an order that nobody can choose. */
#define LISTS_READ_MAX 32

/* Compute units for reading lists, after which no further list is begun:
 * LISTS_READ_MAX large lists would cost more units than a transaction may use,
 * and then the round could never be paid. */
#define LIST_UNITS_MAX 400000

/* The size limit of a list in its account: an entry with a key of 44 characters
 * and a number of 19 digits has 67 bytes, each of which is up to 4 characters
 * in the envelope. Twice that leaves room for white space. */
#define LIST_SIZE_BASE 4096
#define LIST_SIZE_PER_SUBMISSION 512

/* A list that may count. */
struct candidate {
    struct task_row row; /* the list's */
    struct hash order;
    bool is_voted_down;
};

/* A payout under way. All memory is the invocation's arena.
 *
 * 1. candidates are this round's lists that were sent in [newest_begin,
 *    newest_begin + round_time), in their order once collect() has returned.
 * 2. lists_read <= LISTS_READ_MAX. list_units is what they cost.
 * 3. entries are those of the list that was parsed last; they are settled only
 *    if are_entries_allowed(). */
struct payout {
    struct task_call *call;
    uint64_t round;
    struct task_round status;
    struct candidate *candidates; /* of the newest round, in order */
    size_t candidate_count;
    uint64_t newest_begin; /* first slot of the round of their sending */
    uint64_t size_max;     /* of a list in its account, in bytes */
    size_t lists_read;
    uint64_t list_units;
    enum instruction_error error;    /* of the first failed charge */
    struct task_list_entry *entries; /* of the list at hand */
    size_t entry_count;
};

/* Take compute units; false if there were too few, now or before. */
static bool charge(struct payout *payout, uint64_t units)
{
    if (!payout->error)
        payout->error = invocation_charge(payout->call->invocation, units);
    return !payout->error;
}

/* The same for the cost of reading lists. */
static bool charge_list(struct payout *payout, uint64_t units)
{
    payout->list_units += units;
    return charge(payout, units);
}

/* Charge for and read the next row of a walk; false at the end, or if there are
 * too few units. */
static bool next_row(struct payout *payout, struct task_rows_walk *walk,
                     struct task_row *out)
{
    return charge(payout, TASK_UNITS_ROW_WALKED) &&
           task_rows_walk_next(walk, out);
}

/* ---- Which lists ---- */

/* The task's round in which a slot lies. */
static uint64_t round_of(const struct task_call *call, uint64_t slot)
{
    const struct task_header *header = &call->book.header;
    CHECK(slot >= header->starting_slot);
    return (slot - header->starting_slot) / header->terms.round_time;
}

/* The hashes of different keys differ, so the order is total. */
static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *first = a;
    const struct candidate *second = b;
    return memcmp(first->order.bytes, second->order.bytes, 32);
}

/* The order is sha256(seed | submitter). */
static void add_candidate(struct payout *payout, const struct task_row *row)
{
    struct candidate *candidate =
        &payout->candidates[payout->candidate_count++];
    const struct bytes pieces[] = {
        bytes_make(payout->status.seed.bytes, 32),
        pubkey_bytes(&row->key),
    };
    *candidate = (struct candidate){.row = *row};
    hash_sha256_pieces(pieces, 2, &candidate->order);
}

/* Collect the lists of the newest round in which lists were sent. Earlier lists
 * were tried, or nobody asked for their payout; their senders can send them
 * again. The first of two walks counts the lists and finds the newest round. */
static void collect(struct payout *payout)
{
    struct task_call *call = payout->call;
    struct task_row row;
    uint64_t newest_slot = 0;
    size_t count = 0;
    struct task_rows_walk walk =
        task_rows_walk_open(call->book.state, &call->book.task, TASK_ROW_LIST,
                            &payout->round, NULL);
    for (; next_row(payout, &walk, &row); count++)
        newest_slot = row.list.slot > newest_slot ? row.list.slot : newest_slot;
    task_rows_walk_close(&walk);
    if (count == 0)
        return;
    const struct task_header *header = &call->book.header;
    payout->newest_begin = header->starting_slot + round_of(call, newest_slot) *
                                                       header->terms.round_time;
    payout->candidates =
        arena_alloc(call->invocation->arena, count * sizeof(struct candidate));
    walk = task_rows_walk_open(call->book.state, &call->book.task,
                               TASK_ROW_LIST, &payout->round, NULL);
    while (next_row(payout, &walk, &row)) {
        if (row.list.slot >= payout->newest_begin &&
            charge(payout, TASK_UNITS_ROW_FOUND))
            add_candidate(payout, &row);
    }
    task_rows_walk_close(&walk);
    CHECK(payout->candidate_count <= count);
    qsort(payout->candidates, payout->candidate_count, sizeof(struct candidate),
          compare_candidates);
}

/* A list can be paid when its audits are over: after the audit window of the
 * round in which it was sent. "No list" is reported before "not yet". */
static enum instruction_error check_due(struct payout *payout)
{
    struct task_call *call = payout->call;
    const struct task_terms *terms = &call->book.header.terms;
    if (payout->candidate_count == 0)
        return task_call_fail(call, TASK_ERROR_NO_SUBMISSION,
                              "no list was sent for round %" PRIu64,
                              payout->round);
    uint64_t sent_in = round_of(call, payout->newest_begin);
    CHECK(sent_in <= call->round);
    /* Without new lists a second try would fail like the first, and anybody
     * could use up the attempts. */
    if (payout->status.tried_round != TASK_ROUND_NEVER &&
        sent_in <= payout->status.tried_round)
        return task_call_fail(call, TASK_ERROR_NO_SUBMISSION,
                              "no list was sent for round %" PRIu64
                              " since its last payout failed",
                              payout->round);
    if (sent_in == call->round &&
        call->offset < terms->submission_window + terms->audit_window)
        return task_call_fail(call, TASK_ERROR_VOTING_ONGOING,
                              "Voting ongoing on round %" PRIu64,
                              payout->round);
    return INSTRUCTION_OK;
}

/* Work for round r is audited in r + 1, so r + 2 is the first round that can
 * pay it. */
static enum instruction_error check_round(struct payout *payout)
{
    struct task_call *call = payout->call;
    if (call->round < 2 || payout->round > call->round - 2)
        return task_call_fail(call, TASK_ERROR_WRONG_ROUND,
                              "a payout of round %" PRIu64 " in round %" PRIu64,
                              payout->round, call->round);
    return task_call_require_open_round(call, payout->round, &payout->status);
}

/* ---- Votes ---- */

/* Votes for minus votes against. With a tie a list stands, and its accuser is
 * not penalised. */
static int64_t tally(struct payout *payout, enum task_row_kind kind,
                     const struct pubkey *candidate)
{
    const struct task_call *call = payout->call;
    struct task_row vote;
    int64_t sum = 0;
    struct task_rows_walk walk = task_rows_walk_open(
        call->book.state, &call->book.task, kind, &payout->round, candidate);
    while (next_row(payout, &walk, &vote))
        sum += vote.vote.is_valid ? 1 : -1;
    task_rows_walk_close(&walk);
    return sum;
}

/* The penalty goes to the bounty. It is a share of the minimum stake, so a
 * larger stake risks no more. A key whose stake falls below the minimum can't
 * take part until the stake is raised. */
static void penalise(struct payout *payout, const struct pubkey *key,
                     const char *why)
{
    struct task_call *call = payout->call;
    struct task_terms *terms = &call->book.header.terms;
    uint64_t stake = task_book_stake(&call->book, key);
    uint64_t penalty = terms->minimum_stake_amount / PENALTY_DIVISOR;
    if (penalty > stake)
        penalty = stake;
    if (penalty == 0 ||
        !charge(payout, TASK_UNITS_ROW_FOUND + TASK_UNITS_ROW_WRITTEN))
        return;
    invocation_log(call->invocation, "%s loses %" PRIu64 " for %s",
                   PUBKEY_TEXT(key), penalty, why);
    task_book_set_stake(&call->book, key, stake - penalty);
    terms->total_bounty_amount += penalty;
}

/* Penalise refuted accusations: those with more votes for than against. The
 * accuser's own vote is against, so two others are needed to refute. */
static void judge_accusations(struct payout *payout, enum task_row_kind audits,
                              enum task_row_kind votes)
{
    struct task_call *call = payout->call;
    struct task_row audit;
    struct task_rows_walk walk = task_rows_walk_open(
        call->book.state, &call->book.task, audits, &payout->round, NULL);
    while (next_row(payout, &walk, &audit)) {
        /* Audits of lists that were tried before were judged then. */
        bool is_old = audits == TASK_ROW_LIST_AUDIT &&
                      audit.audit.slot < payout->newest_begin;
        if (!is_old && tally(payout, votes, &audit.key) > 0)
            penalise(payout, &audit.audit.trigger_by, "a refuted accusation");
    }
    task_rows_walk_close(&walk);
}

/* All candidates that were voted down are penalised, also those after the
 * chosen list: others had to audit each of them. */
static void judge(struct payout *payout, bool is_first_attempt)
{
    for (size_t i = 0; i < payout->candidate_count; i++) {
        const struct candidate *candidate = &payout->candidates[i];
        if (candidate->is_voted_down)
            penalise(payout, &candidate->row.key, "a list that was voted down");
    }
    judge_accusations(payout, TASK_ROW_LIST_AUDIT, TASK_ROW_LIST_VOTE);
    /* Submissions are voted on once, lists before every attempt. */
    if (is_first_attempt)
        judge_accusations(payout, TASK_ROW_SUBMISSION_AUDIT,
                          TASK_ROW_SUBMISSION_VOTE);
}

/* ---- The list chosen ---- */

/* The number of submissions limits a list's size, and so a payout's cost: each
 * key of a list must have submitted. */
static uint64_t count_submissions(struct payout *payout)
{
    const struct task_call *call = payout->call;
    struct task_row row;
    uint64_t count = 0;
    struct task_rows_walk walk =
        task_rows_walk_open(call->book.state, &call->book.task,
                            TASK_ROW_SUBMISSION, &payout->round, NULL);
    while (next_row(payout, &walk, &row))
        count++;
    task_rows_walk_close(&walk);
    return count;
}

/* The data of an account, whether the instruction names it or not: the
 * transaction's maker can't know which list will be chosen. If the instruction
 * names the account, the copy of this transaction counts. Only this program's
 * accounts count because another program could change its accounts without a
 * row `l`. */
static bool find_data(struct task_call *call, const struct pubkey *key,
                      struct bytes *out)
{
    struct invocation *invocation = call->invocation;
    for (size_t i = 0; i < invocation->account_count; i++) {
        const struct loaded_account *loaded = invocation_account(invocation, i);
        if (!pubkey_equal(&loaded->key, key))
            continue;
        *out = invocation_data(invocation, i);
        return pubkey_equal(&loaded->owner, &invocation->program);
    }
    uint8_t row_key[ACCOUNT_KEY_SIZE];
    struct bytes row;
    struct account account;
    account_key(key, row_key);
    if (!state_get(invocation->state, bytes_make(row_key, sizeof(row_key)),
                   &row))
        return false;
    CHECK(!account_decode(row, &account));
    *out = account.data;
    return pubkey_equal(&account.owner, &invocation->program);
}

/* The list must not have changed since it was sent, so that what is paid was
 * audited. A chunk in the slot of the sending is allowed because audits begin
 * in later slots. */
static bool is_untouched(struct task_call *call, const struct task_row *list)
{
    struct task_row upload = {.kind = TASK_ROW_UPLOAD,
                              .key = list->list.data_account};
    return task_rows_get(call->book.state, NULL, &upload) &&
           pubkey_equal(&upload.upload.task, &call->book.task) &&
           upload.upload.round == list->round &&
           upload.upload.slot <= list->list.slot;
}

/* The key must have submitted in the round. A negative value takes from the
 * stake and can't be larger than the stake. */
static bool is_entry_allowed(struct payout *payout,
                             const struct task_list_entry *entry)
{
    struct task_call *call = payout->call;
    struct task_row submission = {
        .kind = TASK_ROW_SUBMISSION, .round = payout->round, .key = entry->key};
    /* A stake is looked up only for what is taken from it. */
    if (!charge_list(payout,
                     (entry->amount < 0 ? 2 : 1) * TASK_UNITS_ROW_FOUND))
        return false;
    if (!task_rows_has(call->book.state, &call->book.task, &submission)) {
        invocation_log(call->invocation, "%s submitted nothing",
                       PUBKEY_TEXT(&entry->key));
        return false;
    }
    if (entry->amount < 0 &&
        task_book_stake(&call->book, &entry->key) < (uint64_t)-entry->amount) {
        invocation_log(call->invocation, "%s has less stake than %" PRIi64,
                       PUBKEY_TEXT(&entry->key), -entry->amount);
        return false;
    }
    return true;
}

/* The sum of positive values is at most the bounty per round and the rest of
 * the task's bounty. Negative values don't add to that: they go to the bounty
 * for later rounds. No key stands twice (task_list_parse()), so each stake is
 * checked once. */
static bool are_entries_allowed(struct payout *payout)
{
    const struct task_terms *terms = &payout->call->book.header.terms;
    /* The most that a round may pay. */
    uint64_t limit = terms->bounty_amount_per_round;
    uint64_t sum = 0;
    if (limit > terms->total_bounty_amount)
        limit = terms->total_bounty_amount;
    for (size_t i = 0; i < payout->entry_count; i++) {
        const struct task_list_entry *entry = &payout->entries[i];
        if (!is_entry_allowed(payout, entry))
            return false;
        if (entry->amount > 0 &&
            (__builtin_add_overflow(sum, (uint64_t)entry->amount, &sum) ||
             sum > limit)) {
            invocation_log(payout->call->invocation,
                           "the list pays more than %" PRIu64, limit);
            return false;
        }
    }
    return true;
}

/* The cheap checks come first, and the list is read last. Each refusal is
 * logged with the sender's key, for operators of nodes. */
static bool is_usable(struct payout *payout, const struct candidate *candidate)
{
    struct task_call *call = payout->call;
    const struct task_row *list = &candidate->row;
    struct bytes data;
    if (candidate->is_voted_down) {
        invocation_log(call->invocation, "the list of %s was voted down",
                       PUBKEY_TEXT(&list->key));
        return false;
    }
    if (!charge_list(payout, 2 * TASK_UNITS_ROW_FOUND))
        return false;
    if (!is_untouched(call, list) ||
        !find_data(call, &list->list.data_account, &data)) {
        invocation_log(call->invocation,
                       "the list of %s is not there as it was sent",
                       PUBKEY_TEXT(&list->key));
        return false;
    }
    if (data.size > payout->size_max) {
        invocation_log(call->invocation,
                       "the list of %s is larger than %" PRIu64 " bytes",
                       PUBKEY_TEXT(&list->key), payout->size_max);
        return false;
    }
    payout->lists_read++;
    if (!charge_list(payout, data.size / TASK_BYTES_PER_UNIT))
        return false;
    if (task_list_parse(data, &call->book.task, payout->round,
                        call->invocation->arena, &payout->entries,
                        &payout->entry_count)) {
        invocation_log(call->invocation, "%s", err_text());
        return false;
    }
    return are_entries_allowed(payout);
}

/* ---- Settling ---- */

/* Everything was checked and paid for, so nothing fails half-way. 0 is allowed
 * and does nothing. */
static void settle(struct payout *payout)
{
    struct task_book *book = &payout->call->book;
    struct task_terms *terms = &book->header.terms;
    for (size_t i = 0; i < payout->entry_count; i++) {
        const struct task_list_entry *entry = &payout->entries[i];
        uint64_t amount = entry->amount < 0 ? (uint64_t)-entry->amount
                                            : (uint64_t)entry->amount;
        if (entry->amount > 0) {
            CHECK(terms->total_bounty_amount >= amount);
            terms->total_bounty_amount -= amount;
            task_book_set_balance(book, &entry->key,
                                  task_book_balance(book, &entry->key) +
                                      amount);
        } else if (entry->amount < 0) {
            uint64_t stake = task_book_stake(book, &entry->key);
            CHECK(stake >= amount);
            task_book_set_stake(book, &entry->key, stake - amount);
            terms->total_bounty_amount += amount;
        }
    }
}

/* Settle the first usable list in the order; false if there is none within the
 * limits. Lists that are refused without reading don't count against
 * LISTS_READ_MAX. */
static bool settle_first_usable(struct payout *payout)
{
    for (size_t i = 0;
         i < payout->candidate_count && payout->lists_read < LISTS_READ_MAX &&
         payout->list_units < LIST_UNITS_MAX && !payout->error;
         i++) {
        const struct candidate *candidate = &payout->candidates[i];
        if (!is_usable(payout, candidate) ||
            !charge(payout, payout->entry_count * (TASK_UNITS_ROW_FOUND +
                                                   TASK_UNITS_ROW_WRITTEN)))
            continue;
        settle(payout);
        invocation_log(payout->call->invocation,
                       "PayoutSuccessful: round %" PRIu64 " by the list of %s",
                       payout->round, PUBKEY_TEXT(&candidate->row.key));
        return true;
    }
    invocation_log(payout->call->invocation, "PayoutFailed: round %" PRIu64,
                   payout->round);
    return false;
}

/* tried_round keeps these lists from being tried again: only newer lists make
 * another attempt, in another order. */
static void record(struct payout *payout, bool is_paid)
{
    struct task_row row = {
        .kind = TASK_ROW_ROUND,
        .round = payout->round,
        .status = payout->status,
    };
    row.status.record = is_paid ? TASK_RECORD_SUCCESSFUL : TASK_RECORD_FAILED;
    row.status.attempts += !is_paid;
    if (!is_paid)
        row.status.seed = (struct hash){{0}};
    row.status.tried_round = round_of(payout->call, payout->newest_begin);
    task_book_put(&payout->call->book, &row);
}

/* Submissions are judged with the first attempt alone: they are voted on once,
 * and a penalty must not repeat with every failed payout. */
enum instruction_error task_payout_execute(struct task_call *call)
{
    struct payout payout = {.call = call, .round = call->instruction.round};
    enum instruction_error error = check_round(&payout);
    if (error)
        return error;
    collect(&payout);
    if (payout.error)
        return payout.error;
    error = check_due(&payout);
    if (error)
        return error;
    payout.size_max =
        LIST_SIZE_BASE + LIST_SIZE_PER_SUBMISSION * count_submissions(&payout);
    for (size_t i = 0; i < payout.candidate_count; i++)
        payout.candidates[i].is_voted_down =
            tally(&payout, TASK_ROW_LIST_VOTE, &payout.candidates[i].row.key) <
            0;
    /* record() will set tried_round. */
    bool is_first_attempt = payout.status.tried_round == TASK_ROUND_NEVER;
    bool is_paid = settle_first_usable(&payout);
    judge(&payout, is_first_attempt);
    record(&payout, is_paid);
    return payout.error ? payout.error : task_call_save(call);
}
