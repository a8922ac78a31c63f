#include "node/task/host_ask.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/money/payload_signing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct host_ask *host_ask_new(struct task_runner *runner, uint64_t request_id)
{
    struct host_ask *ask = mem_zero(1, sizeof(*ask));

    ask->runner = runner;
    ask->request_id = request_id;
    ask->life = runner_worker_life(runner->worker);
    return ask;
}

bool host_ask_arrived(struct host_ask *ask, int status)
{
    if (!runner_arrived(ask->runner))
        free(ask);
    else if (status)
        host_ask_refuse(ask, status);
    else
        return true;
    return false;
}

/* The worker that asked may have been replaced: then the answer is dropped. In
 * any case the ask is freed, so callers must not touch it afterwards. */
void host_ask_answer(struct host_ask *ask, struct bytes json,
                     struct bytes payload)
{
    struct task_runner *runner = ask->runner;

    CHECK(runner && json.size > 0);
    runner_worker_answer(runner->worker, ask->life, ask->request_id, json,
                         payload);
    free(ask);
}

/* As above. */
void host_ask_refuse(struct host_ask *ask, int code)
{
    struct task_runner *runner = ask->runner;

    CHECK(runner && code < 0);
    runner_worker_refuse(runner->worker, ask->life, ask->request_id, code,
                         err_text());
    free(ask);
}

void host_ask_answer_text(struct host_ask *ask, const char *text)
{
    struct buffer json = {0};
    struct json_writer writer = json_writer_make(&json);

    json_write_text(&writer, text);
    host_ask_answer(ask, buffer_view(&json), (struct bytes){0});
    buffer_free(&json);
}

void host_ask_answer_number(struct host_ask *ask, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, value);
    host_ask_answer(ask, bytes_text(text), (struct bytes){0});
}

void host_ask_answer_null(struct host_ask *ask)
{
    host_ask_answer(ask, bytes_text("null"), (struct bytes){0});
}

/* As it is: the tree is the node's own or the client's. Copied into the answer,
 * so the tree may change afterwards. */
void host_ask_answer_tree(struct host_ask *ask, struct json_object *tree)
{
    struct buffer json = {0};

    json_text(tree, &json);
    host_ask_answer(ask, buffer_view(&json), (struct bytes){0});
    buffer_free(&json);
}

static void on_signed(void *user, int status, const struct signature *signature,
                      struct bytes payload)
{
    struct host_ask *ask = user;
    struct buffer text = {0};

    if (!host_ask_arrived(ask, status))
        return;
    payload_signing_text(signature, payload, &text);
    host_ask_answer_text(ask, buffer_string(&text));
    buffer_free(&text);
}

void host_ask_sign(struct host_ask *ask, const struct signer_key *key,
                   struct bytes payload)
{
    runner_depart(ask->runner);
    signer_sign(ask->runner->parts->signer, key, SIGNER_PAYLOAD, payload,
                on_signed, ask);
}

/* What the signer may have begun to write nobody may continue. */
static void on_given(void *user, int status)
{
    struct host_ask *ask = user;
    struct task_runner *runner = ask->runner;
    bool is_begun = !status || status == ERR_NETWORK || status == ERR_CLOSED;

    if (!host_ask_arrived(ask, is_begun ? 0 : status))
        return;
    runner_worker_answer_written(runner->worker, ask->life, ask->request_id);
    free(ask);
}

void host_ask_give(struct host_ask *ask, const struct signer_key *key)
{
    struct task_runner *runner = ask->runner;
    int socket = -1;
    int status = runner_worker_connection(runner->worker, ask->life,
                                          ask->request_id, &socket);

    if (status) {
        host_ask_refuse(ask, status);
        return;
    }
    runner_depart(runner);
    signer_give(runner->parts->signer, key, socket, on_given, ask);
}

const char *host_ask_text(struct json_object *params, size_t place)
{
    struct json_object *value = json_object_array_get_idx(params, place);

    return json_object_is_type(value, json_type_string)
               ? json_object_get_string(value)
               : NULL;
}

int host_ask_key(struct json_object *params, size_t place, struct pubkey *out)
{
    struct json_object *value = json_object_array_get_idx(params, place);
    const char *text = host_ask_text(params, place);
    struct pubkey key;
    uint64_t byte;

    if (!json_object_is_type(value, json_type_array))
        return pubkey_parse(bytes_text(text ? text : ""), out);
    if (json_object_array_length(value) != sizeof(key.bytes))
        return err_set(ERR_INVALID, "a key has %zu bytes", sizeof(key.bytes));
    for (size_t i = 0; i < sizeof(key.bytes); i++) {
        if (!json_is_u64(json_object_array_get_idx(value, i), &byte) ||
            byte > UINT8_MAX)
            return err_set(ERR_INVALID, "a key's bytes are 0 to 255");
        key.bytes[i] = (uint8_t)byte;
    }
    *out = key;
    return 0;
}

int host_ask_round(struct json_object *params, size_t place, uint64_t *out)
{
    return json_is_u64(json_object_array_get_idx(params, place), out)
               ? 0
               : err_set(ERR_INVALID, "a round is a whole number from 0 on");
}

uint64_t host_ask_number(struct json_object *params, size_t place)
{
    struct json_object *value = json_object_array_get_idx(params, place);

    return json_object_is_type(value, json_type_int)
               ? json_object_get_uint64(value)
               : UINT64_MAX;
}

int host_ask_bytes(struct json_object *params, size_t place, struct buffer *out)
{
    struct json_object *value = json_object_array_get_idx(params, place), *data;
    uint64_t byte;

    if (json_object_is_type(value, json_type_string)) {
        buffer_append(out, json_object_get_string(value),
                      (size_t)json_object_get_string_len(value));
        return 0;
    }
    if (!json_object_is_type(value, json_type_object) ||
        json_get_array(value, "data", &data) < 0)
        return err_set(ERR_INVALID, "neither a text nor a Buffer");
    for (size_t i = 0; i < json_object_array_length(data); i++) {
        if (!json_is_u64(json_object_array_get_idx(data, i), &byte) ||
            byte > UINT8_MAX)
            return err_set(ERR_INVALID, "a Buffer's data are bytes");
        buffer_u8(out, (uint8_t)byte);
    }
    return 0;
}
