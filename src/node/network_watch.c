/*
 * Watching a task on a private network: stakes, balances, submissions, votes
 * and payouts from the chain; rewards and troubles from the nodes.
 */
#include "base/error.h"
#include "node/network_parts.h"

#include <inttypes.h>
#include <stdio.h>

/* Looks per round: enough to see every window, few enough to cost nothing. */
#define LOOKS_A_ROUND 16

/* Rounds until the first is paid (worked in r, paid in r + 2), and what may
 * be lost to a start in the middle of a round or a failed distribution. */
#define ROUNDS_UNTIL_PAID 3
#define ROUNDS_SPARE 3

struct look {
    struct client_waiting waiting;
    struct network *network;
    struct network_round *round;
};

struct network_round *network_round_of(struct network *network, uint64_t round)
{
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

static uint64_t figure(struct json_object *state, const char *map,
                       const struct pubkey *key)
{
    struct json_object *object;
    uint64_t value;

    if (json_get_object(state, map, &object) < 0 ||
        json_get_u64(object, PUBKEY_TEXT(key), &value) < 0) {
        err_clear();
        return 0;
    }
    return value;
}

static void on_task(void *user, int status, const struct client_task *task)
{
    struct look *look = user;
    struct network *network = look->network;
    struct network_view *view = &network->view;
    struct round_moment moment;

    if (status < 0)
        goto done;
    network->clock = (struct round_clock){
        .starting_slot = task->starting_slot,
        .round_time = task->round_time,
        .submission_window = task->submission_window,
        .audit_window = task->audit_window,
        .allowed_failed_distributions = task->allowed_failed_distributions,
    };
    status = round_at(&network->clock, network->slot, &moment);
    if (status < 0)
        goto done;
    view->slot = network->slot;
    view->round = moment.round;
    view->offset = moment.offset;
    view->round_time = task->round_time;
    view->window = round_window_name(&network->clock, network->slot);
    view->bounty_left_roe = task->total_bounty_amount;
    view->bounty_per_round_roe = task->bounty_amount_per_round;
    for (size_t i = 0; i < view->node_count; i++) {
        struct network_node *node = &view->nodes[i];

        node->stake_roe = figure(task->state, "stake_list", &node->staking);
        node->claimable_roe =
            figure(task->state, "available_balances", &node->staking);
    }
done:
    client_finish(&look->waiting, status);
}

static struct network_work *work_of(struct look *look, const struct pubkey *key)
{
    struct network_view *view = &look->network->view;

    for (size_t i = 0; i < view->node_count; i++) {
        if (pubkey_equal(&view->nodes[i].staking, key))
            return &look->round->work[i];
    }
    return NULL;
}

static void on_submissions(void *user, int status,
                           const struct client_round *round)
{
    struct look *look = user;

    for (size_t i = 0; status == 0 && i < round->entry_count; i++) {
        const struct client_entry *entry = &round->entries[i];
        struct network_work *work = work_of(look, &entry->key);

        if (!work)
            continue;
        snprintf(work->submission, sizeof work->submission, "%.*s",
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

static void on_distributions(void *user, int status,
                             const struct client_round *round)
{
    struct look *look = user;

    if (status == 0) {
        look->round->is_paid = round->payout == CLIENT_PAYOUT_SUCCESSFUL;
        look->round->has_failed = round->payout == CLIENT_PAYOUT_FAILED;
    }
    client_finish(&look->waiting, status);
}

/* Submissions of a round, while it is audited; its payout afterwards. What
 * the chain has dropped of older rounds stays in the record. */
static int look_at_round(struct network *network, uint64_t number)
{
    struct look look = {.network = network};
    int status = 0;

    look.round = network_round_of(network, number);
    if (!look.round || look.round->is_paid)
        return 0;
    client_task_submissions(network->client, &network->view.task, number,
                            on_submissions, &look);
    status = client_wait(network->client, &look.waiting);
    if (status < 0 || number + 2 > network->view.round)
        return status;
    look.waiting = (struct client_waiting){0};
    client_task_distributions(network->client, &network->view.task, number,
                              on_distributions, &look);
    return client_wait(network->client, &look.waiting);
}

static void take_rounds(struct network *network, unsigned index,
                        struct json_object *task)
{
    struct json_object *rounds;

    if (json_get_array(task, "rounds", &rounds) < 0)
        return;
    for (size_t i = 0; i < json_object_array_length(rounds); i++) {
        struct json_object *entry = json_object_array_get_idx(rounds, i);
        struct network_round *round;
        uint64_t number;
        int64_t reward;

        if (json_get_u64(entry, "round", &number) < 0 ||
            json_get_i64(entry, "reward", &reward) < 0)
            continue;
        round = network_round_of(network, number);
        if (round) {
            round->work[index].has_reward = true;
            round->work[index].reward_roe = reward;
        }
    }
}

static void take_status(struct network *network, unsigned index,
                        struct json_object *status)
{
    struct network_node *node = &network->view.nodes[index];
    struct json_object *tasks;
    const char *text;

    json_get_u64(status, "main_balance", &node->balance_roe);
    if (json_get_array(status, "tasks", &tasks) < 0)
        return;
    for (size_t i = 0; i < json_object_array_length(tasks); i++) {
        struct json_object *task = json_object_array_get_idx(tasks, i);

        if (json_get_text(task, "task", &text) < 0 ||
            strcmp(text, PUBKEY_TEXT(&network->view.task)) != 0)
            continue;
        json_get_u64(task, "claimed", &node->claimed_roe);
        if (json_get_text(task, "state", &text) == 0)
            snprintf(node->state, sizeof node->state, "%.31s", text);
        text = "";
        json_get_text(task, "error", &text);
        snprintf(node->error, sizeof node->error, "%.*s", NETWORK_TEXT_SIZE - 1,
                 text);
        take_rounds(network, index, task);
    }
    err_clear();
}

static int look_at_nodes(struct network *network)
{
    for (unsigned i = 0; i < network->node_count; i++) {
        struct json_object *status = NULL;
        int result = control_client_ask_json(&network->controls[i], "/status",
                                             NULL, &status);

        if (result == 0)
            take_status(network, i, status);
        json_object_put(status);
        if (result < 0)
            return err_add(result, "%s", network->view.nodes[i].name);
    }
    return 0;
}

static void count_paid(struct network_view *view)
{
    view->rounds_paid = 0;
    for (size_t i = 0; i < view->round_count; i++)
        view->rounds_paid += view->rounds[i].is_paid;
}

static int look(struct network *network)
{
    struct look look = {.network = network};
    int status;

    client_task_state(network->client, &network->view.task,
                      CLIENT_TASK_STAKES | CLIENT_TASK_BALANCES, on_task,
                      &look);
    status = client_wait(network->client, &look.waiting);
    /* Rounds that are still audited, listed or unpaid, oldest first. */
    for (uint64_t back = 3; back >= 1 && status == 0; back--) {
        if (network->view.round >= back)
            status = look_at_round(network, network->view.round - back);
    }
    if (status == 0)
        status = look_at_nodes(network);
    count_paid(&network->view);
    return status;
}

static bool is_claimed(const struct network_view *view)
{
    for (size_t i = 0; i < view->node_count; i++) {
        if (!view->nodes[i].is_cheater && view->nodes[i].claimable_roe)
            return false;
    }
    return true;
}

/* Every honest node's reward of each paid round has been reported. */
static bool is_reported(const struct network_view *view)
{
    for (size_t r = 0; r < view->round_count; r++) {
        for (size_t i = 0; view->rounds[r].is_paid && i < view->node_count;
             i++) {
            const struct network_work *work = &view->rounds[r].work[i];

            if (*work->submission && !work->has_reward)
                return false;
        }
    }
    return true;
}

int network_watch(struct network *network, uint64_t rounds,
                  void (*changed)(void *user), void *user)
{
    struct network_view *view = &network->view;
    uint64_t pause = 1;
    int status;

    do {
        status = network_next_slot(network, view->slot + pause - 1);
        if (status == 0)
            status = look(network);
        if (status < 0)
            return status;
        pause = 1 + view->round_time / LOOKS_A_ROUND;
        if (changed)
            changed(user);
        if (rounds && view->round > rounds + ROUNDS_UNTIL_PAID + ROUNDS_SPARE)
            return err_set(ERR_TIMEOUT,
                           "only %" PRIu64 " of %" PRIu64
                           " rounds are paid in round %" PRIu64,
                           view->rounds_paid, rounds, view->round);
    } while (!rounds || view->rounds_paid < rounds || !is_claimed(view) ||
             !is_reported(view));
    return 0;
}
