/*
 * Shared by the tests of the RPC: a ledger of a few blocks, an RPC on it, and
 * requests with their expected answers.
 */
#ifndef POND_TESTS_SETTLEMENT_RPC_FIXTURE_H
#define POND_TESTS_SETTLEMENT_RPC_FIXTURE_H

#include "base/json.h"
#include "settlement/chain/mempool.h"
#include "settlement/ledger_fixture.h"
#include "settlement/rpc/rpc.h"

/* The receiver of the transfer in slot 2. */
extern const struct pubkey rpc_fixture_target;

struct rpc_fixture {
    struct ledger_fixture ledger; /* blocks in the slots 0, 1, 2 and 5 */
    struct mempool *mempool;
    struct rpc *rpc;
    struct transaction sent; /* in slot 2 */
};

/* cmocka's setup and teardown; *state is the fixture. */
int rpc_fixture_setup(void **state);
int rpc_fixture_teardown(void **state);

/* The answer to a body, parsed; the caller puts it. NULL: no answer. */
struct json_object *rpc_ask(struct rpc_fixture *test, const char *body);

/* The same for a call; params is a format. */
struct json_object *rpc_call(struct rpc_fixture *test, const char *method,
                             const char *params, ...)
    __attribute__((format(printf, 3, 4)));

/* The value at a path such as "result.value.0"; NULL if there is no value. */
struct json_object *rpc_at(struct json_object *value, const char *path);

/* Check the value at a path, or the code of the error; both put the answer. */
void rpc_assert_json(struct json_object *answer, const char *path,
                     const char *expected);
void rpc_assert_code(struct json_object *answer, int code);

/* Check code and words of an error, which must be exactly these; puts the
 * answer. */
void rpc_assert_error(struct json_object *answer, int code, const char *words);

#endif
