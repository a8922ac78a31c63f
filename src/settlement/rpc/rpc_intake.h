/*
 * Threads between the HTTP server and the RPC, for requests that bring
 * transactions: requests that come while the threads are busy are answered
 * together, so that the signatures of many senders are checked at once
 * (rpc_handle_all()). An idle server answers each request at once; the busier
 * the server is, the less each request costs.
 */
#ifndef POND_SETTLEMENT_RPC_RPC_INTAKE_H
#define POND_SETTLEMENT_RPC_RPC_INTAKE_H

#include "base/buffer.h"

struct rpc;
struct rpc_intake;

/* Requests answered together: enough to fill the lanes of the vector unit
 * several times, and few enough that the first does not wait long for the last.
 */
#define RPC_INTAKE_BATCH 64

/* The answer to one request; called on a thread of the intake. Takes the
 * buffer's contents over. */
typedef void rpc_intake_answer(void *user, struct buffer *answer);

/* threads: at least 1. rpc is borrowed. */
struct rpc_intake *rpc_intake_start(struct rpc *rpc, unsigned threads);

/* Does a body seem to bring transactions? A wrong "yes" costs a little time and
 * does no harm. */
bool rpc_intake_wants(struct bytes body);

/* Queue a request: answer(user, …) is called once, later. body is borrowed
 * until then. Thread: any. */
void rpc_intake_add(struct rpc_intake *intake, struct bytes body,
                    rpc_intake_answer *answer, void *user);

/* Answer what waits and end the threads. A request that is added later is
 * answered on the thread that adds it, so that a server may end after its
 * intake. */
void rpc_intake_stop(struct rpc_intake *intake); /* NULL is allowed */

/* After the stop. NULL is allowed. */
void rpc_intake_free(struct rpc_intake *intake);

#endif
