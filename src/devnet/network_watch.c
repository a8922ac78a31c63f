/*
 * Watching a task on a private network: stakes, balances, submissions, votes,
 * lists and payouts from the chain; states and troubles from the nodes.
 *
 * What a node earned is read from the list that was paid, and the node is not
 * asked. A look is a handful of questions and happens sixteen times a round, on
 * slots; the record of each round is filled as its windows go by and is kept
 * when the chain has long dropped its rows.
 *
 * There are looks and no subscriptions, because what counts happens in windows
 * of many slots, and a look that is missed costs nothing: the next one sees the
 * same rows. What can be lost is a list that was written over before it was
 * read, so lists are read as soon as they are there.
 *
 * The nodes' own words are taken for states, troubles and their books of
 * claims, never for what they earned.
 */
#include "base/check.h"
#include "base/error.h"
#include "devnet/network_parts.h"
#include "devnet/network_sums.h"
#include "settlement/format/task_distribution_list.h"

#include <inttypes.h>
#include <stdio.h>

/* Looks per round: enough to see every window, few enough to cost nothing. */
#define LOOKS_A_ROUND 16

/* So many in a row that fail end the watching. One is a machine that is busy:
 * what it would have seen, the next one sees. A process that has ended does not
 * wait for this: network_turn() says so. */
#define LOOKS_FAILED_MAX 3

/* Rounds until the first is paid (worked in r, paid in r + 2), and what may
 * be lost to a start in the middle of a round or a failed distribution. */
#define ROUNDS_UNTIL_PAID 3
#define ROUNDS_SPARE 3

/* One question at a time, and where its answer goes: waiting is made zero
 * before each, and client_wait() turns the loop until client_finish() was
 * called. */
struct look {
    struct client_waiting waiting;
    struct network *network;
    struct network_round *round;
    bool has_list; /* a list that is not voted down, and where it is: */
    struct pubkey data_account;
};

/* The round's record in the view, made if it is new; NULL past
 * NETWORK_ROUNDS_MAX. Searched from the end, because the newest rounds are the
 * ones asked for. */
static struct network_round *round_of(struct network *network, uint64_t round)
{
    CHECK(network);
    struct network_view *view = &network->view;

    for (size_t i = view->round_count; i-- > 0;) {
        if (view->rounds[i].round == round)
            return &view->rounds[i];
    }
    if (view->round_count == NETWORK_ROUNDS_MAX)
        return NULL;
    view->rounds[view->round_count].round = round;
    return &view->rounds[view->round_count++];
}

/* Absent is zero: maps hold only keys that have something. */
static uint64_t figure(struct json_object *state, const char *map,
                       const struct pubkey *key)
{
    CHECK(state && map && key);
    struct json_object *object;
    uint64_t value;

    if (json_get_object(state, map, &object) < 0 ||
        json_get_u64(object, PUBKEY_TEXT(key), &value) < 0) {
        err_clear();
        return 0;
    }
    return value;
}

/* Round and window follow from the slot by the same clock that the nodes use.
 * PubSub has a connection of its own, and may not have told the slot yet in
 * which the task was made. */
static void on_task(void *user, int status, const struct client_task *task)
{
    CHECK(user);
    struct look *look = user;
    struct network *network = look->network;
    struct network_view *view = &network->view;
    struct round_moment moment;

    if (status)
        goto done;
    if (network->slot < task->slot)
        network->slot = task->slot;
    network->clock = (struct round_clock){
        .starting_slot = task->starting_slot,
        .round_time = task->round_time,
        .submission_window = task->submission_window,
        .audit_window = task->audit_window,
        .allowed_failed_distributions = task->allowed_failed_distributions,
    };
    status = round_clock_check(&network->clock);
    if (!status)
        status = round_at(&network->clock, network->slot, &moment);
    if (status)
        goto done;
    view->is_kpl = task->is_kpl;
    view->slot = network->slot;
    view->round = moment.round;
    view->offset = moment.offset;
    view->round_time = task->round_time;
    view->window = round_window_name(&network->clock, network->slot);
    view->bounty_left_roe = task->total_bounty_amount;
    view->bounty_per_round_roe = task->bounty_amount_per_round;
    view->minimum_stake_roe = task->minimum_stake_amount;
    for (size_t i = 0; i < view->node_count; i++) {
        struct network_node *node = &view->nodes[i];

        node->stake_roe = figure(task->state, "stake_list", &node->staking);
        node->claimable_roe =
            figure(task->state, "available_balances", &node->staking);
    }
done:
    client_finish(&look->waiting, status);
}

/* Submitters that are not nodes of this network are not watched. Submissions
 * are by staking keys. */
static struct network_work *work_of(struct look *look, const struct pubkey *key)
{
    CHECK(look->round);
    struct network_view *view = &look->network->view;

    for (size_t i = 0; i < view->node_count; i++) {
        if (pubkey_equal(&view->nodes[i].staking, key))
            return &look->round->work[i];
    }
    return NULL;
}

/* Counted anew each time: votes are only ever added. */
static void on_submissions(void *user, int status,
                           const struct client_round *round)
{
    struct look *look = user;

    for (size_t i = 0; !status && i < round->entry_count; i++) {
        const struct client_entry *entry = &round->entries[i];
        struct network_work *work = work_of(look, &entry->key);

        if (!work)
            continue;
        snprintf(work->submission, sizeof(work->submission), "%.*s",
                 NETWORK_TEXT_SIZE - 1, entry->value);
        work->is_accused = entry->is_audited;
        work->votes_for = work->votes_against = 0;
        for (size_t v = 0; v < entry->vote_count; v++) {
            if (entry->votes[v].is_valid)
                work->votes_for++;
            else
                work->votes_against++;
        }
    }
    client_finish(&look->waiting, status);
}

/* As the task program counts: more against than for, once accused. A tie
 * stands. */
static bool is_voted_down(const struct client_entry *entry)
{
    CHECK(entry);
    size_t against = 0;

    for (size_t i = 0; i < entry->vote_count; i++)
        against += !entry->votes[i].is_valid;
    return entry->is_audited && 2 * against > entry->vote_count;
}

/* Of several lists the last that stands: honest ones are alike. */
static void on_distributions(void *user, int status,
                             const struct client_round *round)
{
    struct look *look = user;

    if (!status) {
        look->round->is_paid = round->payout == CLIENT_PAYOUT_SUCCESSFUL;
        look->round->has_failed = round->payout == CLIENT_PAYOUT_FAILED;
        for (size_t i = 0; i < round->entry_count; i++) {
            if (is_voted_down(&round->entries[i]))
                continue;
            look->has_list = true;
            look->data_account = round->entries[i].data_account;
        }
    }
    client_finish(&look->waiting, status);
}

/* The amounts of the list are the rewards once the round is paid: honest nodes
 * make the same list, and vote others down. */
static void on_list(void *user, int status,
                    const struct client_account *account)
{
    struct look *look = user;
    struct arena arena = {0};
    struct task_list_entry *entries;
    size_t count = 0;

    /* An account that holds no such list, or no longer, shows nothing new. */
    if (!status && account &&
        task_list_parse(account->data, &look->network->view.task,
                        look->round->round, &arena, &entries, &count) < 0)
        count = 0;
    /* Another list than the one that was read before: a node that no longer
     * stands on it gets nothing. */
    for (size_t i = 0; count && i < NETWORK_NODES_MAX; i++)
        look->round->work[i].has_reward = false;
    for (size_t i = 0; i < count; i++) {
        struct network_work *work = work_of(look, &entries[i].key);

        if (!work)
            continue;
        work->has_reward = true;
        work->reward_roe = entries[i].amount;
    }
    arena_free(&arena);
    client_finish(&look->waiting, status);
}

/* Read while the round is unpaid, too, because the account that holds a list is
 * used again for the next round's. */
static int look_at_lists(struct look *look)
{
    CHECK(look->round);
    struct network *network = look->network;

    look->waiting = (struct client_waiting){0};
    client_task_distributions(network->client, &network->view.task,
                              look->round->round, on_distributions, look);
    int status = client_wait(network->client, &look->waiting);
    if (status || !look->has_list)
        return status;
    look->waiting = (struct client_waiting){0};
    client_account_info(network->client, &look->data_account, on_list, look);
    return client_wait(network->client, &look->waiting);
}

/* Submissions of a round, while it is audited; its lists and payout afterwards.
 * What the chain has dropped of older rounds stays here. Paid rounds are not
 * asked for again. */
static int look_at_round(struct network *network, uint64_t number)
{
    struct look look = {.network = network};
    int status = 0;

    look.round = round_of(network, number);
    if (!look.round || look.round->is_paid)
        return 0;
    client_task_submissions(network->client, &network->view.task, number,
                            on_submissions, &look);
    status = client_wait(network->client, &look.waiting);
    if (!status && number + 2 <= network->view.round)
        status = look_at_lists(&look);
    return status;
}

/* The status of a node holds all its tasks; others than the network's are not
 * looked at. A status without it leaves what was known. */
static void take_status(struct network *network, unsigned index,
                        struct json_object *status)
{
    CHECK(index < NETWORK_NODES_MAX);
    struct network_node *node = &network->view.nodes[index];
    struct json_object *tasks, *worker;
    bool is_initialized;
    const char *text;

    if (json_get_array(status, "tasks", &tasks) < 0)
        return;
    for (size_t i = 0; i < json_object_array_length(tasks); i++) {
        struct json_object *task = json_object_array_get_idx(tasks, i);

        if (json_get_text(task, "task", &text) < 0 ||
            strcmp(text, PUBKEY_TEXT(&network->view.task)) != 0)
            continue;
        json_get_u64(task, "claimed", &node->claimed_roe);
        /* KPL tasks and those of the engine node have keys of their own. */
        if (json_get_text(task, "staking", &text) == 0)
            (void)pubkey_parse(bytes_text(text), &node->staking);
        if (json_get_text(task, "state", &text) == 0)
            snprintf(node->state, sizeof(node->state), "%.31s", text);
        node->has_no_functions =
            json_get_object(task, "worker", &worker) == 0 &&
            json_get_bool(worker, "initialized", &is_initialized) == 0 &&
            !is_initialized;
        text = "";
        json_get_text(task, "error", &text);
        snprintf(node->error, sizeof(node->error), "%.*s",
                 NETWORK_ERROR_SIZE - 1, text);
    }
    err_clear();
}

/* One after the other: each answers from memory. The main wallet's balance is
 * the chain's to say. */
static int look_at_nodes(struct network *network)
{
    CHECK(network->node_count <= NETWORK_NODES_MAX);
    for (unsigned i = 0; i < network->node_count; i++) {
        struct json_object *status = NULL;
        int result = control_client_ask_json(&network->controls[i], "/status",
                                             NULL, &status);

        if (result == 0)
            take_status(network, i, status);
        json_object_put(status);
        if (result == 0)
            result = client_balance_wait(network->client,
                                         &network->view.nodes[i].main,
                                         &network->view.nodes[i].balance_roe);
        if (result < 0)
            return err_add(result, "%s", network->view.nodes[i].name);
    }
    return 0;
}

/* Rounds without a submission are never paid, so they do not count. */
static void count_paid(struct network_view *view)
{
    CHECK(view);
    view->rounds_paid = 0;
    for (size_t i = 0; i < view->round_count; i++)
        view->rounds_paid += view->rounds[i].is_paid;
}

/* Everything below is as old as its own answer; a look is not one moment, and
 * nothing depends on that. */
static int look(struct network *network)
{
    struct look look = {.network = network};

    client_task_state(network->client, &network->view.task,
                      CLIENT_TASK_STAKES | CLIENT_TASK_BALANCES, on_task,
                      &look);
    int status = client_wait(network->client, &look.waiting);
    /* Rounds that are still audited, listed or unpaid, oldest first. */
    for (uint64_t back = 3; back >= 1 && !status; back--) {
        if (network->view.round >= back)
            status = look_at_round(network, network->view.round - back);
    }
    if (!status)
        status = look_at_nodes(network);
    count_paid(&network->view);
    return status;
}

/* Nothing is left to claim, and the nodes' books say so, too: a claim shows on
 * chain a moment before its node has noted what it brought. */
static bool is_claimed(const struct network_view *view)
{
    CHECK(view);
    for (size_t i = 0; i < view->node_count; i++) {
        const struct network_node *node = &view->nodes[i];

        if (!node->is_cheater &&
            (node->claimable_roe ||
             node->claimed_roe != network_sums_earned(view, i)))
            return false;
    }
    return true;
}

/* Whatever was called, the words are the same: a reader who drops repetitions
 * needs that. */
const char *network_node_trouble(const struct network_node *node)
{
    CHECK(node);
    if (strcmp(node->state, "running") != 0)
        return *node->error ? node->error : NULL;
    return node->has_no_functions
               ? "main.js did not call initializeTaskManager(), so none of its "
                 "functions can be called"
               : NULL;
}

/* What keeps the first node from its task, as the end of an error's text. */
static int too_few_paid(const struct network_view *view, uint64_t rounds)
{
    const struct network_node *troubled = NULL;

    for (size_t i = view->node_count; i-- > 0;) {
        if (network_node_trouble(&view->nodes[i]))
            troubled = &view->nodes[i];
    }
    return err_set(ERR_TIMEOUT,
                   "only %" PRIu64 " of %" PRIu64
                   " rounds are paid in round %" PRIu64 "%s%s%s%s",
                   view->rounds_paid, rounds, view->round, troubled ? "; " : "",
                   troubled ? troubled->name : "", troubled ? ": " : "",
                   troubled ? network_node_trouble(troubled) : "");
}

/* The next look, after that slot. What fails is tried again in a later one. */
static int look_after(struct network *network, uint64_t slot)
{
    for (unsigned failed = 0;;) {
        int status = network_next_slot(network, slot);

        if (status)
            return status;
        slot = network->slot;
        status = look(network);
        if (!status || ++failed == LOOKS_FAILED_MAX)
            return status;
        network_note(network, "%s; it is looked at again", err_text());
        err_clear();
    }
}

/* Ends by what the chain says, never by the time that went by. The limit counts
 * rounds of the task's clock, so a slow machine has as many as a fast one. */
int network_watch(struct network *network, uint64_t rounds,
                  void (*changed)(void *user), void *user)
{
    CHECK(network && network->loop);
    struct network_view *view = &network->view;
    uint64_t slot = view->slot;

    do {
        int status = look_after(network, slot);

        if (status)
            return status;
        slot = view->slot + view->round_time / LOOKS_A_ROUND;
        if (changed)
            changed(user);
        if (rounds && view->round > rounds + ROUNDS_UNTIL_PAID + ROUNDS_SPARE)
            return too_few_paid(view, rounds);
    } while (!rounds || view->rounds_paid < rounds || !is_claimed(view));
    return 0;
}
