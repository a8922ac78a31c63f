/*
 * The course of a simulation of one node: stages within a round, rounds one
 * after the other.
 *
 * A network is not imitated: no slots go by, no other node answers, nothing is
 * delayed. Real is what a creator gets wrong first: that the bundle loads, in
 * the sandbox and within its limits; that the functions give what they must;
 * that the distribution could be paid. What becomes of it among other nodes is
 * simulated_network.c's.
 *
 * Each call is made by the callback of the one before. Once the worker runs,
 * every way out leads through on_ended(): it is stopped, and the loop runs
 * empty. Only the first failure is reported.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "simulation/simulation_parts.h"
#include "storage/keep/collection.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Votes on the two submitters of the made-up chain: this node's submission
 * stands, the other one was voted down, so that distribution() has a key to
 * slash. */
#define VOTES_APPROVED 1
#define VOTES_REFUSED (-1)

/* setup and routes once, then the others for each round in turn. */
enum stage { SETUP, ROUTES, TASK, SUBMISSION, AUDIT, DISTRIBUTION };

static const char *const functions[] = {
    [SETUP] = "setup", [ROUTES] = "routes",
    [TASK] = "task",   [SUBMISSION] = "submission",
    [AUDIT] = "audit", [DISTRIBUTION] = "distribution",
};

static void next_call(struct simulation *simulation);

/* Only the first reason counts; the worker's end follows from it. */
static void end(struct simulation *simulation, int status, const char *text)
{
    CHECK(text);
    if (simulation->is_ending)
        return;
    simulation->is_ending = true;
    simulation->status = status;
    snprintf(simulation->text, sizeof(simulation->text), "%s", text);
    host_stop(simulation->worker);
}

const char *simulation_unit(const struct simulation_options *options)
{
    return options->deployment->is_kpl ? "base units" : "roe";
}

/* ---- what the task program would say ---- */

/* Kept as JSON, ready to be handed to audit() and to the state. The worker has
 * held its length to 512 bytes. */
static int check_submission(struct simulation *simulation, const char *json)
{
    CHECK(json);
    if (!strcmp(json, "null") || !strcmp(json, "\"\""))
        return err_set(ERR_RANGE, "it gave no submission: submission() must "
                                  "return a text of at most 512 bytes");
    snprintf(simulation->submission, sizeof(simulation->submission), "%s",
             json);
    return 0;
}

/* A task that refuses its own work would have every node accuse every other. */
static int check_audit(const char *json)
{
    CHECK(json);
    if (strcmp(json, "true") != 0)
        return err_set(ERR_RANGE, "audit() calls the task's own submission "
                                  "false");
    return 0;
}

/* The rules of the task program's payout, one entry at a time. A key that did
 * not submit can neither be paid nor slashed. */
static int check_amount(const struct simulation *simulation, const char *key,
                        struct json_object *amount, uint64_t *sum)
{
    CHECK(key && sum);
    const struct deployment *terms = simulation->options->deployment;
    int64_t value;

    if (!json_is_i64(amount, &value))
        return err_set(ERR_RANGE, "the amount of %s is not a whole number",
                       key);
    if (strcmp(key, PUBKEY_TEXT(signer_staking(simulation->signer))) != 0 &&
        strcmp(key, PUBKEY_TEXT(&simulation->other)) != 0)
        return err_set(ERR_RANGE, "%s did not submit in this round", key);
    if (value > 0) {
        if (__builtin_add_overflow(*sum, (uint64_t)value, sum))
            return err_set(ERR_RANGE, "the amounts are more than fits");
    } else if (-(uint64_t)value > 2 * terms->minimum_stake_roe)
        return err_set(ERR_RANGE, "%s can't lose more than its stake", key);
    return 0;
}

/* The sum of all is what the round may cost. A list that the worker has made
 * zero fails here, by its sum, if the round has a bounty. */
static int check_distribution(const struct simulation *simulation,
                              const char *json)
{
    const struct deployment *terms = simulation->options->deployment;
    struct json_object *list = NULL;
    uint64_t sum = 0;
    int status = json_parse(bytes_text(json), &list);

    if (!status && !json_object_is_type(list, json_type_object))
        status = err_set(ERR_RANGE, "distribution() must return an object of "
                                    "keys and amounts");
    if (!status) {
        json_object_object_foreach(list, key, amount)
        {
            status = check_amount(simulation, key, amount, &sum);
            if (status)
                break;
        }
    }
    /* The worker makes every value of a list that can't be paid zero, and logs
     * why. Without a bounty, a list that pays nothing is right. */
    if (!status && sum == 0 && terms->bounty_per_round_roe > 0)
        status = err_set(ERR_RANGE, "it gives nothing to the submitter whose "
                                    "proof stands");
    if (!status && sum > terms->bounty_per_round_roe)
        status = err_set(
            ERR_RANGE, "it gives %" PRIu64 " %s of a bounty of %" PRIu64, sum,
            simulation_unit(simulation->options), terms->bounty_per_round_roe);
    json_object_put(list);
    return status;
}

/* ---- the course of the rounds ---- */

/* The arguments of the call that is due. In the order and form in which a node
 * calls them (runtime/host/host.h). */
static void arguments(const struct simulation *simulation, struct buffer *out)
{
    CHECK(out);
    const struct deployment *terms = simulation->options->deployment;
    const char *self = PUBKEY_TEXT(signer_staking(simulation->signer));
    uint64_t stake = 2 * terms->minimum_stake_roe;

    switch ((enum stage)simulation->stage) {
    case SETUP:
    case ROUTES:
        buffer_text(out, "[]");
        break;
    case TASK:
    case SUBMISSION:
        buffer_format(out, "[%" PRIu64 "]", simulation->round);
        break;
    case AUDIT:
        buffer_format(out, "[%s,%" PRIu64 ",\"%s\"]", simulation->submission,
                      simulation->round, self);
        break;
    case DISTRIBUTION:
        buffer_format(out,
                      "[[{\"publicKey\":\"%s\",\"votes\":%d,\"stake\":%" PRIu64
                      "},{\"publicKey\":\"%s\",\"votes\":%d,\"stake\":%" PRIu64
                      "}],%" PRIu64 ",%" PRIu64 "]",
                      self, VOTES_APPROVED, stake,
                      PUBKEY_TEXT(&simulation->other), VOTES_REFUSED, stake,
                      terms->bounty_per_round_roe, simulation->round);
        break;
    }
}

/* setup, routes and task may give anything: it is not looked at. */
static int check(struct simulation *simulation, const char *json)
{
    switch ((enum stage)simulation->stage) {
    case SUBMISSION:
        return check_submission(simulation, json);
    case AUDIT:
        return check_audit(json);
    case DISTRIBUTION:
        return check_distribution(simulation, json);
    default:
        return 0;
    }
}

/* Rounds are gone through one by one here, where a node has three of them under
 * way. */
static void advance(struct simulation *simulation)
{
    if (simulation->stage == DISTRIBUTION) {
        simulation->round++;
        simulation->stage = TASK;
        *simulation->submission = 0;
    } else {
        simulation->stage++;
    }
    /* What belongs to round r is submitted and audited in r + 1 and paid in
     * r + 2. */
    simulation->now = simulation->round;
    if (simulation->stage == DISTRIBUTION)
        simulation->now += 2;
    else if (simulation->stage == SUBMISSION || simulation->stage == AUDIT)
        simulation->now += 1;
}

/* A task that throws, hangs or gives what it must not ends the simulation: what
 * comes after would be its consequence. */
static void on_result(void *user, const struct host_result *result)
{
    CHECK(result);
    struct simulation *simulation = user;
    struct simulation_step step = {.round = simulation->round,
                                   .limit = result->limit,
                                   .function = functions[simulation->stage],
                                   .status = result->status,
                                   .text = result->text,
                                   .stack = result->stack,
                                   .taken_ms = result->taken_ms};
    step.window_ms = simulation_window_ms(simulation, step.function);
    /* Tasks need not have these two. */
    bool is_optional =
        simulation->stage == SETUP || simulation->stage == ROUTES;

    if (simulation->is_ending)
        return;
    if (!result->status) {
        step.text = result->json;
        step.status = check(simulation, result->json);
        if (step.status)
            step.text = err_text();
    }
    if (step.status == ERR_NOT_FOUND && is_optional) {
        advance(simulation);
        next_call(simulation);
        return;
    }
    simulation->events->step(simulation->user, &step);
    if (step.status) {
        char *text = mem_format("round %" PRIu64 ": %s(): %s", step.round,
                                step.function, step.text);
        end(simulation, step.status, text);
        free(text);
        return;
    }
    advance(simulation);
    next_call(simulation);
}

/* One call at a time: the order is part of what is shown. */
static void next_call(struct simulation *simulation)
{
    CHECK(simulation->worker);
    struct buffer args = {0};
    int status;

    if (simulation->round == simulation->options->rounds) {
        end(simulation, 0, "");
        return;
    }
    arguments(simulation, &args);
    status = simulation_call(simulation, functions[simulation->stage],
                             buffer_string(&args), on_result, simulation);
    buffer_free(&args);
    if (status)
        end(simulation, status, err_text());
}

/* main.js was loaded, which is the first thing that can go wrong with a bundle.
 */
static void on_ready(void *user, struct host *worker,
                     const struct host_ready *ready)
{
    next_call(user);
}

/* Reached in every case. If the worker was not asked to end, the reason stands
 * in *end. */
static void on_ended(void *user, struct host *worker,
                     const struct host_end *end)
{
    struct simulation *simulation = user;

    if (!simulation->is_ending) {
        simulation->is_ending = true;
        simulation->status = end->status ? end->status : ERR_CLOSED;
        snprintf(simulation->text, sizeof(simulation->text), "%s", end->text);
    }
    simulation_worker_gone(simulation);
}

/* ---- from outside ---- */

/* A valid key that nobody signs with. */
static void make_key(const struct simulation_options *options, char use,
                     struct pubkey *out)
{
    struct keypair made_up;
    struct hash seed;

    simulation_draw(options, use, 0, &seed);
    if (options->has_seed)
        keypair_from_seed(seed.bytes, &made_up);
    else
        keypair_generate(&made_up);
    *out = made_up.pubkey;
    keypair_wipe(&made_up);
}

/* A loop, a store and a worker of its own: a simulation leaves nothing behind
 * but its folder. uv_run() returns when nothing is left on the loop, so a call
 * or a file that is still open is waited for. */
int simulation_run(const struct simulation_options *options,
                   const struct simulation_events *events, void *user)
{
    CHECK(options && events && events->step && options->rounds > 0);
    static const struct host_events host = {.ready = on_ready,
                                            .request = simulation_request,
                                            .cancelled = simulation_cancelled,
                                            .log = simulation_log,
                                            .ended = on_ended};
    uv_loop_t loop;
    struct simulation simulation = {
        .options = options, .events = events, .user = user, .loop = &loop};
    struct hash seed;
    struct store_options store_options = {.make_room = collection_make_room};
    char *store = mem_format("%s/store", options->folder);
    char *folder = mem_format("%s/task", options->folder);
    int status = store_open(store, &store_options, &simulation.parts.store);

    free(store);
    if (!status) {
        make_key(options, 'o', &simulation.other);
        make_key(options, 't', &simulation.task);
        simulation_draw(options, 'n', 0, &seed);
        CHECK(uv_loop_init(&loop) == 0);
        status = simulation_begin(
            &simulation, options->has_seed ? seed.bytes : NULL, folder, &host);
        if (!status)
            uv_run(&loop, UV_RUN_DEFAULT);
        simulation_end(&simulation);
        CHECK(uv_loop_close(&loop) == 0);
        store_close(simulation.parts.store);
    }
    free(folder);
    if (!status && simulation.status < 0)
        status = err_set(simulation.status, "%s", simulation.text);
    return status;
}
