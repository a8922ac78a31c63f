/*
 * Who submitted and how the votes went is read first, then the task's state;
 * then distribution() is called with both. The state is asked for anew and not
 * taken from the view, because every node must compute from the same stakes.
 * What distribution() gives is kept as text for the round of the clock.
 */
#include "node/task/list_make.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* null, or a list: the worker has held it to Koii's safety check. What a task
 * threw is noted; without a list the duty goes on and finds that there is none.
 * A worker that went down, and not by a limit, is replaced, and asked again. */
static void on_distribution(void *user, const struct host_result *result)
{
    struct duty *duty = user;
    struct round_record *round;

    if (!duty_arrived(duty))
        return;
    if (result->status == ERR_CLOSED && result->limit == HOST_LIMIT_NONE) {
        err_set(result->status, "%s", result->text);
        duty_fail(duty, "the worker ended");
        return;
    }
    if (result->status) {
        duty_complain_call(duty, "distribution()", result);
    } else if (result->json[0] != '{') {
        /* null, or what is no list although a worker of this build says so. */
    } else {
        round = duty_record(duty);
        free(round->own_list);
        round->own_list = mem_text(result->json);
    }
    duty->next(duty);
}

/* Only once the peers are known. The bounty is what can be paid: at the end of
 * a task less than a round's share. Submitters in ascending order of key, as
 * the chain gives them, so that every node's task sees the same. */
static int call_distribution(struct duty *duty)
{
    struct task_runner *runner = duty->runner;
    const struct round_record *round = duty_record(duty);
    uint64_t bounty = runner->view.bounty_per_round;
    struct buffer args = {0};
    struct json_writer writer = json_writer_make(&args);

    if (bounty > runner->view.total_bounty)
        bounty = runner->view.total_bounty;
    json_open_array(&writer);
    json_open_array(&writer);
    for (size_t i = 0; i < round->peer_count; i++) {
        const struct peer *peer = &round->peers[i];

        json_open_object(&writer);
        json_field_text(&writer, "publicKey", PUBKEY_TEXT(&peer->key));
        json_field_i64(&writer, "votes", peer->votes);
        json_field_u64(&writer, "stake",
                       task_view_stake(&runner->view, &peer->key));
        json_close_object(&writer);
    }
    json_close_array(&writer);
    json_write_u64(&writer, bounty);
    json_write_u64(&writer, duty->what.round);
    json_close_array(&writer);
    int status = duty_call(duty, "distribution", buffer_string(&args),
                           on_distribution, duty);
    buffer_free(&args);
    return status;
}

/* The state that the list is made from has to be of this round of the clock:
 * the stakes as the last payout left them. The answers may have taken longer
 * than the window: that is no failure, and nothing to try again. */
static void on_state(void *user, int status, const struct client_task *task)
{
    struct duty *duty = user;

    if (!duty_arrived(duty))
        return;
    if (!status)
        status = runner_take_view(duty->runner, task);
    if (!status && !duty_is_in_time(duty)) {
        duty_end(duty, ROUND_DONE, 0);
        return;
    }
    /* Another duty has read the submissions since, and the endpoint has taken
     * back what it said. */
    if (!status && !duty_record(duty)->peer_count) {
        duty->next(duty);
        return;
    }
    /* Counted before the call: where it fails at once there is nothing to wait
     * for. */
    duty->waiting++;
    if (status || call_distribution(duty) < 0) {
        duty->waiting--;
        duty_fail(duty, "can't compute the list");
    }
}

/* Who submitted, and how the votes went, as of now. A round without submissions
 * needs no list: next finds none. */
static void on_peers(void *user, int status, const struct client_round *answer)
{
    struct duty *duty = user;
    struct task_runner *runner = duty->runner;

    if (!duty_arrived(duty))
        return;
    if (status) {
        duty_fail(duty, "can't read the submissions");
        return;
    }
    duty_note_peers(duty, answer);
    if (!answer->entry_count) {
        duty->next(duty);
        return;
    }
    duty->waiting++;
    runner_depart(runner);
    client_task_state(runner->parts->client, &runner->task,
                      CLIENT_TASK_STAKES | CLIENT_TASK_BALANCES, on_state,
                      duty);
}

/* A list is made once in each round of the clock: for sending and for
 * comparing. Duties of one round that ask at the same time each compute it;
 * the later answer stays. */
void list_make(struct duty *duty, void (*next)(struct duty *duty))
{
    struct task_runner *runner = duty->runner;
    struct round_record *round = duty_record(duty);

    CHECK(next);
    round_record_begin_lists(round, duty->begun_in);
    if (round->own_list) {
        duty_later(duty, next);
        return;
    }
    duty->next = next;
    duty->waiting++;
    runner_depart(runner);
    client_task_submissions(runner->parts->client, &runner->task,
                            duty->what.round, on_peers, duty);
}
