/*
 * What a task asks of its node, answered without a network.
 *
 * Answers have the very form that a node gives them, since tasks are written
 * against those. Evidence goes through the same code into a real store, and
 * fetch through the same form. What would move coins or write on chain is
 * refused by name, so that a task that tries it is seen to.
 *
 * A request may be answered after the worker has gone, for evidence and pages
 * take their time; arrive() finds that out, and nobody is told. The simulation
 * itself outlives them all, since its loop runs until nothing is left on it.
 */
#include "author/simulation_parts.h"
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/money/payload_signing.h"
#include "node/reach/evidence.h"
#include "node/reach/fetch_form.h"
#include "storage/keep/retention.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* An answer that is still to come. Freed by arrive(), or where the start
 * failed. */
struct pending {
    struct simulation *simulation;
    uint64_t request_id;
};

/* Without a payload. */
static void answer(struct simulation *simulation, uint64_t request_id,
                   const char *json)
{
    CHECK(simulation->worker && json);
    worker_answer(simulation->worker, request_id, bytes_text(json),
                  (struct bytes){0});
}

/* Rounds and slots stay below 2^53 in a simulation, so JavaScript reads them
 * exactly. */
static void answer_u64(struct simulation *simulation, uint64_t request_id,
                       uint64_t value)
{
    char json[24];

    snprintf(json, sizeof(json), "%" PRIu64, value);
    answer(simulation, request_id, json);
}

/* The task sees the same kinds of errors that a node gives. */
static void refuse(struct simulation *simulation, uint64_t request_id, int code)
{
    CHECK(code < 0);
    worker_refuse(simulation->worker, request_id, code, err_text());
}

/* Takes the pending answer out; false if nobody waits for it any more. Whoever
 * gets false has nothing left to free. */
static bool arrive(struct pending *pending, struct simulation **simulation,
                   uint64_t *request_id)
{
    *simulation = pending->simulation;
    *request_id = pending->request_id;
    free(pending);
    return (*simulation)->worker != NULL;
}

/* Evidence and pages take turns of the loop; the request's number is what ties
 * the answer to it. Nothing is counted: the loop runs until all have come. */
static struct pending *depart(struct simulation *simulation,
                              uint64_t request_id)
{
    struct pending *pending = mem_zero(1, sizeof(*pending));

    pending->simulation = simulation;
    pending->request_id = request_id;
    return pending;
}

/* ---- state ---- */

/* Two stakers, so that tasks which share work among nodes have somebody to
 * share with. Of a node's answer it has the fields that depend on the
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
    if (terms->is_kpl)
        json_field_text(writer, "token_type", PUBKEY_TEXT(&terms->token));
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
    json_field_u64(writer, PUBKEY_TEXT(&simulation->staking.pubkey), stake);
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
 */
void simulation_state(const struct simulation *simulation, struct buffer *out)
{
    struct json_writer writer = json_writer_make(out);

    write_state(simulation, &writer);
}

/* Which maps were asked for is not looked at: all of them are small. */
static void answer_state(struct simulation *simulation, uint64_t request_id)
{
    struct buffer json = {0};

    simulation_state(simulation, &json);
    answer(simulation, request_id, buffer_string(&json));
    buffer_free(&json);
}

/* The one submission of the round under way, once there is one. In the form of
 * the chain: round, then submitter. The value is written as it came, for it is
 * JSON already. */
static void answer_submissions(struct simulation *simulation,
                               uint64_t request_id)
{
    struct buffer json = {0};
    struct json_writer writer = json_writer_make(&json);
    char round[24];

    snprintf(round, sizeof(round), "%" PRIu64, simulation->round);
    json_open_object(&writer);
    json_name(&writer, "submissions");
    json_open_object(&writer);
    if (*simulation->submission) {
        json_name(&writer, round);
        json_open_object(&writer);
        json_name(&writer, PUBKEY_TEXT(&simulation->staking.pubkey));
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
    answer(simulation, request_id, buffer_string(&json));
    buffer_free(&json);
}

/* ---- signing, evidence, fetch ---- */

/* As a node signs: signature and payload in one, base58. */
static void answer_signature(struct simulation *simulation, uint64_t request_id,
                             struct json_object *role, struct bytes payload)
{
    const char *name = json_object_is_type(role, json_type_string)
                           ? json_object_get_string(role)
                           : "";
    const struct keypair *key = !strcmp(name, "main") ? &simulation->main
                                : !strcmp(name, "staking")
                                    ? &simulation->staking
                                    : NULL;
    struct buffer text = {0};
    int status =
        key ? payload_sign(key, payload, &text)
            : err_set(ERR_INVALID, "only \"main\" and \"staking\" can sign");

    if (status) {
        refuse(simulation, request_id, status);
    } else {
        char *json = mem_format("\"%s\"", buffer_string(&text));

        answer(simulation, request_id, json);
        free(json);
    }
    buffer_free(&text);
}

/* The CID is the real one: the store is, too. */
static void on_put(void *user, int status, struct bytes cid)
{
    struct simulation *simulation;
    struct buffer json = {0};
    struct json_writer writer = json_writer_make(&json);
    uint64_t request_id;

    if (!arrive(user, &simulation, &request_id))
        return;
    if (status < 0) {
        refuse(simulation, request_id, status);
        return;
    }
    json_write_bytes(&writer, cid);
    answer(simulation, request_id, buffer_string(&json));
    buffer_free(&json);
}

/* A file's bytes travel as payload. */
static void on_got(void *user, int status, struct bytes value)
{
    struct simulation *simulation;
    uint64_t request_id;

    if (!arrive(user, &simulation, &request_id))
        return;
    if (status < 0)
        refuse(simulation, request_id, status);
    else
        worker_answer(simulation->worker, request_id, bytes_text("null"),
                      value);
}

/* What is put is found again; what was never put is not there, for there are no
 * peers. Evidence is of the round that is gone through, and kept as long as the
 * least a task may ask for. */
static void storage(struct simulation *simulation, uint64_t request_id,
                    struct json_object *params, struct bytes payload, bool put)
{
    CHECK(simulation->parts.store);
    struct pin_owner owner =
        retention_round(&simulation->task, simulation->round, 0);
    struct pending *pending = depart(simulation, request_id);
    struct json_object *first = json_object_array_get_idx(params, 0);
    struct json_object *second = json_object_array_get_idx(params, 1);
    const char *path = second ? json_object_get_string(second) : "";
    const char *cid = first ? json_object_get_string(first) : "";
    int status = put ? evidence_put(&simulation->parts, &owner, NULL, first,
                                    payload, on_put, pending)
                     : evidence_get(&simulation->parts, &owner, NULL, cid, path,
                                    NULL, 0, on_got, pending);

    if (status < 0) {
        free(pending);
        refuse(simulation, request_id, status);
    }
}

/* Pages are fetched for real, without the node's rule about private addresses:
 * it is the developer's own machine. */
static void on_response(void *user, int status, struct http_response *response)
{
    struct simulation *simulation;
    struct buffer json = {0};
    uint64_t request_id;

    if (!arrive(user, &simulation, &request_id))
        return;
    if (status < 0) {
        refuse(simulation, request_id, status);
        return;
    }
    fetch_form_answer(response, &json);
    worker_answer(simulation->worker, request_id, buffer_view(&json),
                  buffer_view(&response->body));
    buffer_free(&json);
}

/* The same form and limits as in a node. */
static void fetch(struct simulation *simulation, uint64_t request_id,
                  struct json_object *params, struct bytes payload)
{
    struct fetch_form form = {0};
    int status = fetch_form_request(json_object_array_get_idx(params, 0),
                                    payload, &form);

    if (status < 0) {
        refuse(simulation, request_id, status);
    } else {
        http_client_start(simulation->http, &form.request, on_response,
                          depart(simulation, request_id));
    }
    fetch_form_free(&form);
}

/* ---- the table ---- */

/* logger() of the namespace wrapper; console.log comes another way. Its level
 * is not looked at. */
static void write_log(struct simulation *simulation, uint64_t request_id,
                      struct json_object *params)
{
    struct json_object *text = json_object_array_get_idx(params, 1);

    if (text && simulation->events->log)
        simulation->events->log(simulation->user, LOG_INFO,
                                json_object_get_string(text));
    answer(simulation, request_id, "true");
}

/* Whatever moves coins or writes on chain has no place here, and the refusal
 * says so. */
void simulation_request(void *user, struct worker *worker, uint64_t request_id,
                        const char *method, struct json_object *params,
                        struct bytes payload)
{
    struct simulation *simulation = user;

    if (!strcmp(method, "fetch"))
        fetch(simulation, request_id, params, payload);
    else if (!strcmp(method, "storagePut") || !strcmp(method, "storageGet"))
        storage(simulation, request_id, params, payload,
                !strcmp(method, "storagePut"));
    else if (!strcmp(method, "getTaskState") ||
             !strcmp(method, "getTaskStateById"))
        answer_state(simulation, request_id);
    else if (!strcmp(method, "getTaskSubmissionInfo"))
        answer_submissions(simulation, request_id);
    else if (!strcmp(method, "getTaskDistributionInfo"))
        answer(simulation, request_id, "null");
    else if (!strcmp(method, "getRound"))
        answer_u64(simulation, request_id, simulation->now);
    else if (!strcmp(method, "getCurrentSlot"))
        answer_u64(simulation, request_id,
                   simulation->now *
                       simulation->options->deployment->round_time);
    else if (!strcmp(method, "getAverageSlotTime"))
        answer_u64(simulation, request_id, NODE_SLOT_MS_DEFAULT);
    else if (!strcmp(method, "getNodes") ||
             !strcmp(method, "getProgramAccounts"))
        answer(simulation, request_id, "[]");
    else if (!strcmp(method, "signData"))
        answer_signature(simulation, request_id,
                         json_object_array_get_idx(params, 0), payload);
    else if (!strcmp(method, "logger"))
        write_log(simulation, request_id, params);
    else
        refuse(simulation, request_id,
               err_set(ERR_UNSUPPORTED,
                       "%s needs a network; this is a "
                       "simulation",
                       method));
}
