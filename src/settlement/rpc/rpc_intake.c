/*
 * A queue and some threads.
 *
 * Requests are not answered where they arrive, because checking a signature
 * alone leaves most of the vector unit idle, and the requests of one connection
 * come one by one. Gathered over all connections, up to RPC_INTAKE_BATCH of
 * them are checked together (rpc_handle_all()). No request waits for a batch to
 * fill: a thread takes what is there, one request or sixty-four. Under a light
 * load nothing is delayed, and under a heavy load the batches grow by
 * themselves.
 *
 * The queue has no limit of its own. Each request in it is an exchange of the
 * HTTP server, whose connection sends no other before this one has been
 * answered: there are at most as many as connections.
 *
 * Requests are taken from the oldest on, but each thread answers at its own
 * pace. Clients that need an order wait for an answer, or send a batch.
 */
#include "settlement/rpc/rpc_intake.h"

#include "base/check.h"
#include "base/lock.h"
#include "base/memory.h"
#include "settlement/rpc/rpc.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define RPC_INTAKE_MAGIC 0x494e544bu

/* body and user are the exchange's, and valid until it is answered. */
struct request {
    struct request *next;
    struct bytes body;
    rpc_intake_answer *answer;
    void *user;
};

/* Invariant, with the lock: end points to the place for the next request, which
 * is `first` when the queue is empty. */
struct rpc_intake {
    unsigned magic;
    struct rpc *rpc;
    pthread_t *threads;
    unsigned thread_count;
    struct lock lock;
    struct lock_change changed;
    struct request *first; /* the queue */
    struct request **end;
    bool is_stopping;
};

/* Take up to RPC_INTAKE_BATCH requests, the oldest first; wait if there are
 * none. Returns 0 when the intake has been stopped and nothing is left. */
static size_t take(struct rpc_intake *intake, struct request **requests)
{
    size_t count = 0;
    lock_take(&intake->lock);
    while (!intake->first && !intake->is_stopping)
        lock_change_wait(&intake->changed, &intake->lock);
    while (intake->first && count < RPC_INTAKE_BATCH) {
        requests[count] = intake->first;
        intake->first = intake->first->next;
        count++;
    }
    if (!intake->first)
        intake->end = &intake->first;
    lock_give(&intake->lock);
    return count;
}

/* Each answer ends its exchange and frees its body, so a request is not read
 * after its answer. */
static void answer_all(struct rpc_intake *intake, struct request **requests,
                       size_t count)
{
    struct bytes bodies[RPC_INTAKE_BATCH] = {0};
    struct buffer answers[RPC_INTAKE_BATCH] = {0};
    for (size_t i = 0; i < count; i++)
        bodies[i] = requests[i]->body;
    rpc_handle_all(intake->rpc, bodies, count, answers);
    for (size_t i = 0; i < count; i++) {
        requests[i]->answer(requests[i]->user, &answers[i]);
        free(requests[i]);
    }
}

/* Ends when take() returns 0, which it does only after the stop. */
static void *run(void *user)
{
    struct rpc_intake *intake = user;
    struct request *requests[RPC_INTAKE_BATCH];
    size_t count;
    pthread_setname_np(pthread_self(), "intake");
    while ((count = take(intake, requests)))
        answer_all(intake, requests, count);
    return NULL;
}

/* The condition needs no clock, because no wait has a time limit. */
struct rpc_intake *rpc_intake_start(struct rpc *rpc, unsigned threads)
{
    CHECK(threads > 0);
    struct rpc_intake *intake = mem_zero(1, sizeof(*intake));
    intake->magic = RPC_INTAKE_MAGIC;
    intake->rpc = rpc;
    intake->end = &intake->first;
    intake->threads = mem_zero(threads, sizeof(*intake->threads));
    intake->thread_count = threads;
    lock_init(&intake->lock);
    lock_change_init(&intake->changed);
    for (unsigned i = 0; i < threads; i++)
        CHECK(pthread_create(&intake->threads[i], NULL, run, intake) == 0);
    return intake;
}

/* Look for the method's name without parsing, which the thread that answers
 * does anyway. A name spelled with escapes is not found, and a text that
 * contains the name is: both are answered all the same, only on another thread.
 */
bool rpc_intake_wants(struct bytes body)
{
    static const char name[] = "\"sendTransaction\"";
    return body.size && memmem(body.data, body.size, name, sizeof(name) - 1);
}

/* Returns false if the threads have ended or are about to end. */
static bool enqueue(struct rpc_intake *intake, struct request *request)
{
    lock_take(&intake->lock);
    bool is_open = !intake->is_stopping;
    if (is_open) {
        *intake->end = request;
        intake->end = &request->next;
        lock_change_wake_one(&intake->changed);
    }
    lock_give(&intake->lock);
    return is_open;
}

/* After the stop the caller answers the request itself: a server that is being
 * stopped waits for its exchanges, and would wait for ever for an unanswered
 * one. */
void rpc_intake_add(struct rpc_intake *intake, struct bytes body,
                    rpc_intake_answer *answer, void *user)
{
    CHECK_MAGIC(intake, RPC_INTAKE_MAGIC);
    struct request *request = mem_zero(1, sizeof(*request));
    *request = (struct request){.body = body, .answer = answer, .user = user};
    if (!enqueue(intake, request))
        answer_all(intake, &request, 1);
}

/* Requests that wait are answered and not dropped, because the HTTP server
 * waits for their answers. */
void rpc_intake_stop(struct rpc_intake *intake)
{
    if (!intake)
        return;
    CHECK_MAGIC(intake, RPC_INTAKE_MAGIC);
    lock_take(&intake->lock);
    intake->is_stopping = true;
    lock_change_wake_all(&intake->changed);
    lock_give(&intake->lock);
    for (unsigned i = 0; i < intake->thread_count; i++)
        CHECK(pthread_join(intake->threads[i], NULL) == 0);
    intake->thread_count = 0;
}

void rpc_intake_free(struct rpc_intake *intake)
{
    if (!intake)
        return;
    CHECK_MAGIC(intake, RPC_INTAKE_MAGIC);
    CHECK(intake->thread_count == 0 && !intake->first);
    lock_change_destroy(&intake->changed);
    lock_destroy(&intake->lock);
    free(intake->threads);
    intake->magic = 0;
    free(intake);
}
