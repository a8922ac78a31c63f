/*
 * Inside the task runner: one request of the worker being served.
 *
 * An ask lives from the request until host_ask_answer() or host_ask_refuse(),
 * one of which frees it, or until host_ask_arrived() says that there is nothing
 * to be answered any more.
 */
#ifndef POND_NODE_TASK_HOST_ASK_H
#define POND_NODE_TASK_HOST_ASK_H

#include "node/money/signer.h"
#include "node/task/runner.h"

/* request_id means something to the worker that sent it, and so only together
 * with life. */
struct host_ask {
    struct task_runner *runner;
    uint64_t request_id;
    uint32_t life;     /* runner_worker_life(): of which process it came */
    struct pubkey key; /* for the method's own use */
    uint64_t round;
};

/* Of the process that is there now. */
struct host_ask *host_ask_new(struct task_runner *runner, uint64_t request_id);

/* The end of a call that began with runner_depart(). False: the ask is gone,
 * because the runner is stopping and the worker with it, or because status is
 * an error, which was its answer. */
bool host_ask_arrived(struct host_ask *ask, int status);

/* End the request; the answer goes to the worker if it is still the one that
 * asked. */
void host_ask_answer(struct host_ask *ask, struct bytes json,
                     struct bytes payload);
/* The error's text is err_text(). */
void host_ask_refuse(struct host_ask *ask, int code);

/* Answers without bytes: a JSON text, a number, null, a tree (copied). */
void host_ask_answer_text(struct host_ask *ask, const char *text);
void host_ask_answer_number(struct host_ask *ask, uint64_t value);
void host_ask_answer_null(struct host_ask *ask);
void host_ask_answer_tree(struct host_ask *ask, struct json_object *tree);

/* Answer with the secret of a key that the task may have. It passes by the
 * node: the signer writes to the task's connection. Of the engine node only. */
void host_ask_give(struct host_ask *ask, const struct signer_key *key);

/* Sign a payload, and answer as nacl.sign() does: the signature, then the
 * payload itself, in base58. The payload is copied. */
void host_ask_sign(struct host_ask *ask, const struct signer_key *key,
                   struct bytes payload);

/* Parameter number place as text; NULL if it is none. Lives as long as params,
 * which is until the request's function returns. */
const char *host_ask_text(struct json_object *params, size_t place);

/* Parameter number place as bytes, appended: of a text, or of a Buffer as
 * JSON.stringify() writes it, {"type":"Buffer","data":[...]}. ERR_INVALID. */
int host_ask_bytes(struct json_object *params, size_t place,
                   struct buffer *out);

/* Parameter number place as a key: its text, or the array of its 32 bytes, as
 * K2 writes some keys of a task's state and as tasks hand them back.
 * ERR_INVALID. */
int host_ask_key(struct json_object *params, size_t place, struct pubkey *out);

/* Parameter number place as a round; ERR_INVALID if it is none. */
int host_ask_round(struct json_object *params, size_t place, uint64_t *out);

/* Parameter number place as a number; UINT64_MAX if it is none. */
uint64_t host_ask_number(struct json_object *params, size_t place);

#endif
