/*
 * Sending this node's own distribution list, which list_make.c computes.
 *
 * Every submitter of a round may send a list, and one is enough. So that not
 * all of them pay for the same list, they take turns (round_turn()): the first
 * LISTS_WANTED send at once; each further LISTS_WANTED wait an eighth of the
 * submission window more, and send only if fewer lists than wanted are there
 * by then. A node that is down, or lies, costs a step and no more.
 *
 * How it is sent: an account of this node's for the lists of this task takes
 * the list in chunks, one transaction each, and one more says that it is
 * complete. Every one of them has a name in the journal, with the attempt in
 * it. A node that dies in between goes on where it stopped; what it had
 * uploaded is not uploaded again. That holds for the same list only:
 * distribution() is called anew after a restart, and where it gives another
 * list all of that is uploaded (name_chunks()).
 *
 * The account is paid for by its size. It grows with the longest list it held,
 * and only what is missing for this one is added, with the first chunk.
 *
 * An account holds one list: a second one would overwrite what others are about
 * to audit, and a payout takes no account that was written after its list was
 * sent. So there are two. The first is for the list whose turn it is, one each
 * round of the clock; the second for lists that are late, of which the oldest
 * comes first, because it is given up first. A node that is alone and behind
 * comes forward by a round each round so. It costs the second one's rent, once.
 * And a list that is there and can be paid keeps its account until it is. What
 * was uploaded before a restart is in the journal.
 */
#include "node/task/task_list.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "crypto/hash.h"
#include "node/task/list_account.h"
#include "node/task/list_make.h"
#include "settlement/format/account.h"
#include "settlement/format/task_distribution_list.h"

#include <inttypes.h>
#include <stdlib.h>

/* Two, so that one that is voted down does not cost the round its payout. */
#define LISTS_WANTED 2

/* In a chunk's target: so much of the list's hash, and a number after it. */
#define LIST_HASH_SIZE 28

/* Of a duty_list(); other duties that only compute a list have none. */
struct listing {
    size_t lists_seen;  /* sent in this round of the clock */
    struct buffer data; /* the account data that holds the list */
    struct pubkey name; /* the list's, in the targets of its chunks */
    size_t chunk;       /* next to upload */
    bool is_half;       /* task_list_upload(): not submitted afterwards */
    bool is_up;
    struct recipe_account account; /* as it was before the first of them */
    uint64_t rent;                 /* that it has to hold */
};

static void free_listing(struct duty *duty)
{
    buffer_free(&duty->listing->data);
    free(duty->listing);
    duty->listing = NULL;
}

/* ---- sending ---- */

static void upload_next(struct duty *duty);

/* A duplicate is as good; a closed round needs no list. */
static void on_list_sent(void *user, const struct sender_result *result)
{
    struct duty *duty = user;
    struct task_runner *runner = duty->runner;

    if (!duty_arrived(duty))
        return;
    if (result->status && result->custom != TASK_ERROR_DUPLICATE &&
        result->custom != TASK_ERROR_ROUND_CLOSED) {
        err_set(result->status, "%s", result->text);
        duty_fail(duty, "the list was not taken");
        return;
    }
    log_info("task", "%.8s sent the list of round %" PRIu64, runner->task_text,
             duty->what.round);
    duty_end(duty, ROUND_DONE, 0);
}

/* The attempt is part of the name: a list of a later round is another
 * action. */
static int send_list(struct duty *duty)
{
    struct task_runner *runner = duty->runner;
    const struct journal_name name = {.task = runner->task,
                                      .round = duty->what.round,
                                      .kind = JOURNAL_LIST,
                                      .part = duty_attempt(duty)};
    struct recipe recipe;

    CHECK(duty->listing);
    runner_recipe(runner, &recipe);
    int status = recipe_submit_list(&recipe, &runner->task, &runner->own,
                                    list_account_of(duty), duty->what.round);
    if (status) {
        recipe_free(&recipe);
        return status;
    }
    status = sender_send(runner->parts->sender, &name, 0, &recipe, on_list_sent,
                         duty);
    if (!status) {
        duty->waiting++;
        runner_depart(runner);
    }
    return status;
}

/* What the journal knows of this attempt. */
struct past {
    const struct duty *duty;
    bool has_begun;
    bool may_land;      /* something may still come, or the list is sent */
    struct pubkey name; /* of the list whose chunk was begun last */
};

/* The newest comes last. Actions that failed had no effect. */
static int look_back(void *user, const struct journal_entry *entry)
{
    struct past *past = user;
    const struct journal_name *name = &entry->name;
    uint32_t attempt = duty_attempt(past->duty);

    if (name->round != past->duty->what.round)
        return 0;
    if (name->kind == JOURNAL_UPLOAD && name->part >> 16 == attempt) {
        past->has_begun = true;
        past->may_land |= entry->state == JOURNAL_OPEN;
        past->name = name->target;
    } else if (name->kind == JOURNAL_LIST && name->part == attempt) {
        past->may_land |= entry->state != JOURNAL_FAILED;
    }
    return 0;
}

/* Chunks of one list must not be taken for those of another, or the account
 * would hold a mixture: so the list's hash is in their names, and the account's
 * key in the hash. The number after it counts the lists that were begun,
 * because a list that comes back after another one is no longer in the account.
 * ERR_BUSY while something of another list may still land, and overwrite what
 * this one uploads. */
static int name_chunks(struct duty *duty)
{
    struct listing *listing = duty->listing;
    const struct bytes pieces[] = {buffer_view(&listing->data),
                                   pubkey_bytes(list_account_of(duty))};
    struct past past = {.duty = duty};
    uint32_t number = 0;
    struct hash hash;
    int status = journal_each(duty->runner->parts->journal, &duty->runner->task,
                              duty->what.round, look_back, &past);

    CHECK(listing->data.size > 0);
    if (status)
        return status;
    hash_sha256_pieces(pieces, 2, &hash);
    memcpy(listing->name.bytes, hash.bytes, LIST_HASH_SIZE);
    if (past.has_begun) {
        number = u32le_read(past.name.bytes + LIST_HASH_SIZE);
        if (memcmp(past.name.bytes, hash.bytes, LIST_HASH_SIZE) != 0) {
            if (past.may_land)
                return err_set(ERR_BUSY, "another list is under way");
            number++;
        }
    }
    u32le_write(listing->name.bytes + LIST_HASH_SIZE, number);
    return 0;
}

/* Chunks go one after the other: a transaction holds two of them only. */
static void on_uploaded(void *user, const struct sender_result *result)
{
    struct duty *duty = user;

    if (!duty_arrived(duty))
        return;
    if (result->status) {
        err_set(result->status, "%s", result->text);
        duty_fail(duty, "the list could not be uploaded");
        return;
    }
    duty->listing->chunk++;
    upload_next(duty);
}

/* The account is made, and given its rent, with the first chunk or not at all.
 * The attempt and the chunk share the part of the name: sixteen bits of chunks
 * are 33 MB of list. */
static int send_chunk(struct duty *duty)
{
    struct task_runner *runner = duty->runner;
    struct listing *listing = duty->listing;
    const struct journal_name name = {.task = runner->task,
                                      .round = duty->what.round,
                                      .kind = JOURNAL_UPLOAD,
                                      .target = listing->name,
                                      .part = duty_attempt(duty) << 16 |
                                              (uint32_t)listing->chunk};
    struct recipe recipe;

    CHECK(listing->chunk < task_list_chunk_count(listing->data.size));
    runner_recipe(runner, &recipe);
    if (listing->chunk == 0)
        recipe_list_account(&recipe, list_account_of(duty), &listing->account,
                            listing->rent);
    int status = recipe_upload(&recipe, &runner->task, list_account_of(duty),
                               duty->what.round, buffer_view(&listing->data),
                               listing->chunk);
    if (status) {
        recipe_free(&recipe);
        return status;
    }
    status = sender_send(runner->parts->sender, &name, 0, &recipe, on_uploaded,
                         duty);
    if (!status) {
        duty->waiting++;
        runner_depart(runner);
    }
    return status;
}

/* Chunk after chunk, then the word that the list is there. Out of time is DONE
 * and not a failure: the chunks stay in the account, and do no harm. */
static void upload_next(struct duty *duty)
{
    struct listing *listing = duty->listing;
    int status;

    CHECK(listing && listing->data.size > 0);
    if (!duty_is_in_time(duty)) {
        duty_end(duty, ROUND_DONE, 0);
        return;
    }
    if (listing->chunk < task_list_chunk_count(listing->data.size)) {
        status = send_chunk(duty);
    } else if (listing->is_half) {
        listing->is_up = true;
        duty_end(duty, ROUND_DONE, 0);
        return;
    } else {
        status = send_list(duty);
    }
    /* Of an earlier life: it ends by itself. */
    if (status == ERR_BUSY)
        duty_end(duty, ROUND_AGAIN, DUTY_BUSY_PAUSE_SLOTS);
    else if (status)
        duty_fail(duty, "can't send the list");
}

/* The account has to hold the rent of what it grows to. An account never
 * shrinks, so what it has counts where that is more. */
static void on_list_account(void *user, int status,
                            const struct client_account *account)
{
    struct duty *duty = user;
    struct listing *listing = duty->listing;
    struct buffer envelope = {0};

    if (!duty_arrived(duty))
        return;
    if (!status)
        status = recipe_account_read(account, duty->runner->view.is_kpl,
                                     &listing->account);
    if (status) {
        duty_fail(duty, "can't read the account of lists");
        return;
    }
    /* The chunks first, then the envelope that the program makes of them. */
    uint64_t space =
        task_list_chunk_count(listing->data.size) * TASK_CHUNK_DATA_SIZE;
    task_list_build_text(&duty->runner->task, duty->what.round,
                         buffer_view(&listing->data), &envelope);
    if (space < envelope.size)
        space = envelope.size;
    buffer_free(&envelope);
    if (account && space < account->data.size)
        space = account->data.size;
    listing->rent = rent_minimum_balance(space);
    upload_next(duty);
}

/* The text is the task's own; what counts is what parsing it gives, and that is
 * the program's and the auditors' affair. From here on this node has its list
 * of this round of the clock, whether or not it gets there. */
static void send_text(struct duty *duty, const char *list)
{
    struct task_runner *runner = duty->runner;
    struct listing *listing = duty->listing;

    CHECK(listing && !listing->data.size);
    bool is_free = false;
    int status = list_account_is_free(duty, &is_free);

    /* Another one was sent, perhaps while the task was asked for this one. */
    if (!status && !is_free) {
        duty_end(duty, ROUND_DONE, 0);
        return;
    }
    if (!status)
        status = list_account_ask(duty);
    if (!status) {
        buffer_text(&listing->data, list);
        status = name_chunks(duty);
    }
    if (status == ERR_BUSY) {
        duty_end(duty, ROUND_AGAIN, DUTY_BUSY_PAUSE_SLOTS);
        return;
    }
    if (status) {
        duty_fail(duty, "can't send the list");
        return;
    }
    runner_rounds_note_list(runner->rounds, duty->begun_in, duty->what.round);
    duty->waiting++;
    runner_depart(runner);
    client_account_info(runner->parts->client, list_account_of(duty),
                        on_list_account, duty);
}

static void send_own_list(struct duty *duty)
{
    const struct round_record *round = duty_record(duty);

    if (round->own_list)
        send_text(duty, round->own_list);
    else
        duty_end(duty, ROUND_DONE, 0); /* the task makes no list */
}

static void begin_listing(struct duty *duty)
{
    duty->listing = mem_zero(1, sizeof(*duty->listing));
    duty->free_part = free_listing;
}

void task_list_upload(struct duty *duty, const char *list)
{
    begin_listing(duty);
    duty->listing->is_half = true;
    send_text(duty, list);
}

bool task_list_is_up(const struct duty *duty)
{
    return duty->listing && duty->listing->is_up;
}

void task_list_submit(struct duty *duty)
{
    begin_listing(duty);
    if (send_list(duty) < 0)
        duty_fail(duty, "can't send the list");
}

/* ---- whose turn it is ---- */

/* The slot from which this node sends; false if it has no part in the round. At
 * the latest half the submission window on, so that there is time left to
 * upload. */
static bool turn_slot(struct duty *duty, uint64_t *out)
{
    struct task_runner *runner = duty->runner;
    const struct round_record *round = duty_record(duty);
    const struct pubkey *own = &runner->own;
    struct pubkey *keys = mem_alloc((round->peer_count + 1) * sizeof(*keys));
    uint64_t step = runner->view.clock.submission_window / 8 + 1;
    uint64_t latest = runner->view.clock.submission_window / 2;
    bool has_part = false;
    size_t turn;

    for (size_t i = 0; i < round->peer_count; i++) {
        keys[i] = round->peers[i].key;
        has_part |= pubkey_equal(&keys[i], own);
    }
    if (has_part) {
        turn = round_turn(&runner->task, duty->what.round, keys,
                          round->peer_count, own);
        *out = turn / LISTS_WANTED * step;
        if (*out > latest)
            *out = latest;
        *out += round_first_slot(&runner->view.clock, duty->begun_in);
    }
    free(keys);
    return has_part;
}

/* Now it is known whether this node has a part in it, and when. */
static void on_submitters(void *user, int status,
                          const struct client_round *answer)
{
    struct duty *duty = user;
    struct task_runner *runner = duty->runner;
    uint64_t turn;

    if (!duty_arrived(duty))
        return;
    if (status) {
        duty_fail(duty, "can't read the submissions");
        return;
    }
    duty_note_peers(duty, answer);
    if (!turn_slot(duty, &turn))
        duty_end(duty, ROUND_DONE, 0);
    else if (runner_rounds_slot(runner->rounds) < turn)
        duty_end(duty, ROUND_AGAIN, turn - runner_rounds_slot(runner->rounds));
    else if (duty->listing->lists_seen >= LISTS_WANTED)
        duty_end(duty, ROUND_DONE, 0);
    else
        list_make(duty, send_own_list);
}

/* Lists of this round of the clock; and whether there is still anything to
 * list. A list that is there and unpaid is left alone; one that failed to be
 * paid is made again. */
static void on_lists(void *user, int status, const struct client_round *answer)
{
    struct duty *duty = user;
    struct task_runner *runner = duty->runner;
    uint64_t first = round_first_slot(&runner->view.clock, duty->begun_in);
    bool is_own_there = false, is_own_waiting = false;

    if (!duty_arrived(duty))
        return;
    if (status) {
        duty_fail(duty, "can't read the lists");
        return;
    }
    for (size_t i = 0; i < answer->entry_count; i++) {
        if (answer->entries[i].slot < first) {
            is_own_waiting |=
                pubkey_equal(&answer->entries[i].key, &runner->own);
            continue;
        }
        duty->listing->lists_seen++;
        is_own_there |= pubkey_equal(&answer->entries[i].key, &runner->own);
    }
    /* Lists of an earlier round that are not paid yet are paid, not made anew:
     * the payout's affair. */
    if (answer->payout == CLIENT_PAYOUT_NONE && is_own_waiting &&
        !is_own_there && list_account_is_early(duty)) {
        duty_end(duty, ROUND_AGAIN, DUTY_BUSY_PAUSE_SLOTS);
        return;
    }
    if (answer->payout == CLIENT_PAYOUT_SUCCESSFUL || is_own_there ||
        (answer->payout == CLIENT_PAYOUT_NONE &&
         answer->entry_count > duty->listing->lists_seen)) {
        duty_end(duty, ROUND_DONE, 0);
        return;
    }
    duty->waiting++;
    runner_depart(runner);
    client_task_submissions(runner->parts->client, &runner->task,
                            duty->what.round, on_submitters, duty);
}

/* A late list waits for those that are later still. */
static bool older_waits(struct duty *duty)
{
    struct task_runner *runner = duty->runner;

    return list_account_is_late(duty) &&
           round_older_waits(&runner->view.clock,
                             runner_rounds_progress(runner->rounds), ROUND_LIST,
                             duty->what.round,
                             runner_rounds_slot(runner->rounds));
}

/* Both looks cost a call each; a node whose turn is not yet pays only those.
 * The lists are looked at first: where they are there already nothing else is
 * asked. */
void task_list_begin(struct duty *duty)
{
    struct task_runner *runner = duty->runner;

    CHECK(duty->what.action == ROUND_LIST && !duty->listing);
    if (!runner_rounds_may_list(runner->rounds, duty->begun_in,
                                duty->what.round)) {
        duty_end(duty, ROUND_DONE, 0);
        return;
    }
    bool is_waiting = older_waits(duty);
    int status = is_waiting ? 0 : list_account_is_kept(duty, &is_waiting);

    if (status) {
        duty_fail(duty, "can't send the list");
        return;
    }
    if (is_waiting) {
        duty_end(duty, ROUND_AGAIN, 1);
        return;
    }
    begin_listing(duty);
    duty->waiting++;
    runner_depart(runner);
    client_task_distributions(runner->parts->client, &runner->task,
                              duty->what.round, on_lists, duty);
}
