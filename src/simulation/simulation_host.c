/*
 * What a task asks of its node, answered without a network.
 *
 * Answers have the very form that a node gives them, because tasks are written
 * against that. Evidence goes through the same code into a real store, and
 * fetch through the same form. What would move coins or write on chain is
 * refused by name, so that the author of a task that tries it sees why.
 *
 * A request may be answered after the worker has gone; the answer is dropped
 * then. The simulation itself outlives all requests, because its loop runs
 * until nothing is left on it.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/money/payload_signing.h"
#include "node/reach/evidence.h"
#include "node/reach/host_world.h"
#include "simulation/simulated_chain.h"
#include "simulation/simulation_ask.h"
#include "storage/keep/retention.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Without a payload. */
static void answer(struct host_ask *ask, const char *json)
{
    simulation_answer(ask, bytes_text(json), (struct bytes){0});
}

/* Rounds and slots stay below 2^53 in a simulation, so JavaScript reads them
 * exactly. */
static void answer_u64(struct host_ask *ask, uint64_t value)
{
    char json[24];

    snprintf(json, sizeof(json), "%" PRIu64, value);
    answer(ask, json);
}

/* ---- state ---- */

/* Two stakers, so that tasks that share work among nodes have another node to
 * share with. It has those fields of a node's answer that depend on the
 * configuration. starting_slot is 0, so the first slot of round r is r times
 * the round's length. */
static void write_state(const struct simulation *simulation,
                        struct json_writer *writer)
{
    CHECK(writer);
    const struct deployment *terms = simulation->options->deployment;
    uint64_t stake = 2 * terms->minimum_stake_roe;

    json_open_object(writer);
    json_field_bool(writer, "is_allowlisted", true);
    json_field_bool(writer, "is_active", true);
    json_field_text(writer, "task_name", terms->task_name);
    json_field_text(writer, "task_description", terms->description);
    if (terms->is_kpl) {
        json_name(writer, "token_type");
        json_open_array(writer);
        for (size_t i = 0; i < sizeof(terms->token.bytes); i++)
            json_write_u64(writer, terms->token.bytes[i]);
        json_close_array(writer);
    }
    json_field_u64(writer, "total_bounty_amount", terms->total_bounty_roe);
    json_field_u64(writer, "bounty_amount_per_round",
                   terms->bounty_per_round_roe);
    json_field_u64(writer, "total_stake_amount", 2 * stake);
    json_field_u64(writer, "minimum_stake_amount", terms->minimum_stake_roe);
    json_field_u64(writer, "round_time", terms->round_time);
    json_field_u64(writer, "starting_slot", 0);
    json_field_u64(writer, "submission_window", terms->submission_window);
    json_field_u64(writer, "audit_window", terms->audit_window);
    json_name(writer, "stake_list");
    json_open_object(writer);
    json_field_u64(writer, PUBKEY_TEXT(signer_staking(simulation->signer)),
                   stake);
    json_field_u64(writer, PUBKEY_TEXT(&simulation->other), stake);
    json_close_object(writer);
    json_name(writer, "ip_address_list");
    json_open_object(writer);
    json_close_object(writer);
    json_name(writer, "available_balances");
    json_open_object(writer);
    json_close_object(writer);
    json_close_object(writer);
}

/* The maps that a task may look at; the others are empty on a chain this young.
 * A simulated chain has its own. */
static void append_state(const struct simulation *simulation,
                         struct buffer *out)
{
    struct json_writer writer = json_writer_make(out);

    if (simulation->chain)
        simulated_chain_state(simulation->chain, out);
    else
        write_state(simulation, &writer);
}

/* All maps are given, whichever were asked for: all of them are small. */
static void serve_get_task_state(struct host_ask *ask,
                                 struct json_object *params,
                                 struct bytes payload)
{
    struct buffer json = {0};

    append_state(ask->simulation, &json);
    answer(ask, buffer_string(&json));
    buffer_free(&json);
}

/* The one submission of the round under way, once there is one. In the form of
 * the chain: round, then submitter. The value is written as it came, because it
 * is JSON already. */
static void serve_get_task_submission_info(struct host_ask *ask,
                                           struct json_object *params,
                                           struct bytes payload)
{
    const struct simulation *simulation = ask->simulation;
    struct buffer json = {0};
    struct json_writer writer = json_writer_make(&json);
    char round[24];

    if (simulation->chain) {
        simulated_chain_submissions(simulation->chain, &json);
        answer(ask, buffer_string(&json));
        buffer_free(&json);
        return;
    }
    snprintf(round, sizeof(round), "%" PRIu64, simulation->round);
    json_open_object(&writer);
    json_name(&writer, "submissions");
    json_open_object(&writer);
    if (*simulation->submission) {
        json_name(&writer, round);
        json_open_object(&writer);
        json_name(&writer, PUBKEY_TEXT(signer_staking(simulation->signer)));
        json_open_object(&writer);
        json_name(&writer, "submission_value");
        json_write_raw(&writer, bytes_text(simulation->submission));
        json_field_u64(&writer, "round", simulation->round);
        json_close_object(&writer);
        json_close_object(&writer);
    }
    json_close_object(&writer);
    json_name(&writer, "submissions_audit_trigger");
    json_open_object(&writer);
    json_close_object(&writer);
    json_close_object(&writer);
    answer(ask, buffer_string(&json));
    buffer_free(&json);
}

/* The id is not looked at: there is one task. */
static void serve_get_task_state_by_id(struct host_ask *ask,
                                       struct json_object *params,
                                       struct bytes payload)
{
    serve_get_task_state(ask, params, payload);
}

/* On a chain that is made up nobody has sent a list. */
static void serve_get_task_distribution_info(struct host_ask *ask,
                                             struct json_object *params,
                                             struct bytes payload)
{
    struct buffer json = {0};

    if (ask->simulation->chain)
        simulated_chain_distributions(ask->simulation->chain, &json);
    else
        buffer_text(&json, "null");
    answer(ask, buffer_string(&json));
    buffer_free(&json);
}

/* A text that holds the list as JSON, as a node gives it. */
static void serve_get_distribution_list(struct host_ask *ask,
                                        struct json_object *params,
                                        struct bytes payload)
{
    const struct simulated_chain *chain = ask->simulation->chain;
    struct json_object *round = json_object_array_get_idx(params, 1);
    struct buffer list = {0}, json = {0};
    struct json_writer writer = json_writer_make(&json);
    struct pubkey key;
    uint64_t number;

    if (chain && json_is_u64(round, &number) &&
        !pubkey_parse(bytes_text(simulation_text(params, 0)), &key) &&
        !simulated_chain_list_text(chain, &key, number, &list))
        json_write_text(&writer, buffer_string(&list));
    else
        buffer_text(&json, "null");
    err_clear();
    answer(ask, buffer_string(&json));
    buffer_free(&list);
    buffer_free(&json);
}

/* ---- time and place ---- */

static void serve_get_round(struct host_ask *ask, struct json_object *params,
                            struct bytes payload)
{
    answer_u64(ask, ask->simulation->now);
}

static void serve_get_current_slot(struct host_ask *ask,
                                   struct json_object *params,
                                   struct bytes payload)
{
    const struct simulation *simulation = ask->simulation;

    answer_u64(ask, simulation->chain
                        ? simulated_chain_slot(simulation->chain)
                        : simulation->now *
                              simulation->options->deployment->round_time);
}

static void serve_get_average_slot_time(struct host_ask *ask,
                                        struct json_object *params,
                                        struct bytes payload)
{
    answer_u64(ask, NODE_SLOT_MS_DEFAULT);
}

static void serve_get_rpc_url(struct host_ask *ask, struct json_object *params,
                              struct bytes payload)
{
    simulation_refuse(
        ask, err_set(ERR_UNSUPPORTED,
                     "getRpcUrl needs a network; this is a simulation"));
}

/* There are no peers. */
static void serve_get_nodes(struct host_ask *ask, struct json_object *params,
                            struct bytes payload)
{
    answer(ask, "[]");
}

/* ---- signing, evidence, fetch ---- */

/* As a node signs: signature and payload in one, base58. */
static void on_signed(void *user, int status, const struct signature *signature,
                      struct bytes payload)
{
    struct host_ask *ask = user;
    struct buffer text = {0};

    if (status) {
        simulation_refuse(ask, status);
        return;
    }
    payload_signing_text(signature, payload, &text);
    char *json = mem_format("\"%s\"", buffer_string(&text));
    answer(ask, json);
    free(json);
    buffer_free(&text);
}

static void serve_sign_data(struct host_ask *ask, struct json_object *params,
                            struct bytes payload)
{
    struct json_object *role = json_object_array_get_idx(params, 0);
    const char *name = json_object_is_type(role, json_type_string)
                           ? json_object_get_string(role)
                           : "";
    struct signer_key key = {.role = SIGNER_MAIN};

    if (!strcmp(name, "staking")) {
        key.role = SIGNER_STAKING;
    } else if (strcmp(name, "main") != 0) {
        simulation_refuse(
            ask,
            err_set(ERR_INVALID, "only \"main\" and \"staking\" can sign"));
        return;
    }
    signer_sign(ask->simulation->signer, &key, SIGNER_PAYLOAD, payload,
                on_signed, ask);
}

/* The CID is the real one, because the store is. */
static void on_put(void *user, int status, struct bytes cid)
{
    struct host_ask *ask = user;
    struct buffer json = {0};
    struct json_writer writer = json_writer_make(&json);

    if (status) {
        simulation_refuse(ask, status);
        return;
    }
    json_write_bytes(&writer, cid);
    answer(ask, buffer_string(&json));
    buffer_free(&json);
}

/* A file's bytes travel as payload. */
static void on_got(void *user, int status, struct bytes value)
{
    struct host_ask *ask = user;

    if (status)
        simulation_refuse(ask, status);
    else
        simulation_answer(ask, bytes_text("null"), value);
}

/* Evidence is of the round that is under way, and is kept for the fewest
 * rounds. */
static struct pin_owner owner_of(const struct simulation *simulation)
{
    CHECK(simulation->parts.store);
    return retention_round(&simulation->task, simulation->round, 0);
}

static void serve_storage_put(struct host_ask *ask, struct json_object *params,
                              struct bytes payload)
{
    struct pin_owner owner = owner_of(ask->simulation);
    int status = evidence_put(&ask->simulation->parts, &owner, NULL,
                              json_object_array_get_idx(params, 0), payload,
                              on_put, ask);

    if (status)
        simulation_refuse(ask, status);
}

/* What is put is found again; what was never put is not there, because there
 * are no peers. */
static void serve_storage_get(struct host_ask *ask, struct json_object *params,
                              struct bytes payload)
{
    struct pin_owner owner = owner_of(ask->simulation);
    int status = evidence_get(&ask->simulation->parts, &owner, NULL,
                              simulation_text(params, 0),
                              simulation_text(params, 1), NULL, 0, on_got, ask);

    if (status)
        simulation_refuse(ask, status);
}

/* logger() of the namespace wrapper; console.log comes another way. The level
 * is not looked at. */
static void serve_logger(struct host_ask *ask, struct json_object *params,
                         struct bytes payload)
{
    const struct simulation *simulation = ask->simulation;
    struct json_object *text = json_object_array_get_idx(params, 1);

    if (text && simulation->events->log)
        simulation->events->log(simulation->user, simulation->node, LOG_INFO,
                                json_object_get_string(text));
    answer(ask, "true");
}

/* ---- the world ---- */

/* These have a file of their own. */
#define serve_fetch simulation_serve_fetch
#define serve_fetch_read simulation_serve_fetch_read
#define serve_fetch_cancel simulation_serve_fetch_cancel
#define serve_socket_open simulation_serve_socket_open
#define serve_socket_read simulation_serve_socket_read
#define serve_socket_send simulation_serve_socket_send
#define serve_socket_close simulation_serve_socket_close

/* A call that has no function here does not compile. */
static const struct host_world world = {
#define SERVE(member, ...) .member = serve_##member,
    HOST_CALLS(SERVE)
#undef SERVE
};

void simulation_request(void *user, struct host *worker, uint64_t request_id,
                        const char *method, struct json_object *params,
                        struct bytes payload)
{
    struct host_ask *ask = mem_zero(1, sizeof(*ask));
    const struct host_call_row *row;
    host_serve *serve;

    ask->simulation = user;
    ask->request_id = request_id;
    int status = host_world_find(&world, method, params, payload, &row, &serve);
    if (status)
        simulation_refuse(ask, status);
    else
        serve(ask, params, payload);
}
