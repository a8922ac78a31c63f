/*
 * A store for a program with a loop: nothing that touches a disk runs on the
 * loop's thread. The few threads of libuv's pool do the work, and a callback on
 * the loop gets the result.
 *
 * Every callback comes exactly once, on the loop's thread, and never from
 * inside the call that got it. While it runs, err_text() says what went wrong.
 * Calls can not be cancelled: the store must outlive the callbacks, so the
 * caller counts them.
 *
 * Thread: the loop's.
 */
#ifndef POND_STORAGE_KEEP_STORE_ASYNC_H
#define POND_STORAGE_KEEP_STORE_ASYNC_H

#include "storage/keep/collection.h"
#include "storage/keep/pin.h"
#include <uv.h>

typedef void store_async_done(void *user, int status);

/* Run work(user) on the pool, and done(user) with what it returned after it.
 * Meanwhile the loop's thread must not touch what work touches, but for the
 * store. */
void store_async_run(uv_loop_t *loop, int (*work)(void *user),
                     store_async_done *done, void *user);

/* As store_get(); block is valid during the callback. This and the next one are
 * for blocks that peers ask for and send. */
typedef void store_async_got(void *user, int status, struct bytes block);
void store_async_get(uv_loop_t *loop, struct store *store,
                     const struct cid *cid, store_async_got *done, void *user);

/* As store_put() and store_sync(): durable when done says 0. data is copied. */
void store_async_put(uv_loop_t *loop, struct store *store,
                     const struct cid *cid, struct bytes data,
                     store_async_done *done, void *user);

/* As pin_add_within(), without a name. The blocks below root must be under a
 * hold until done is called. */
void store_async_pin(uv_loop_t *loop, struct store *store,
                     const struct cid *root, const struct pin_owner *owner,
                     uint64_t limit_bytes, store_async_done *done, void *user);

/* How pins ended, and the collection that followed if there was one. */
typedef void store_async_collected(void *user, int status, uint64_t pins_ended,
                                   const struct collection_result *result);

/* As pin_round_began(), followed by a collection if pins have ended. result is
 * NULL if no collection ran. */
void store_async_begin_round(uv_loop_t *loop, struct store *store,
                             const struct pubkey *task, uint64_t round,
                             const struct collection_options *options,
                             store_async_collected *done, void *user);

/* As pin_task_forgotten(). */
void store_async_forget_task(uv_loop_t *loop, struct store *store,
                             const struct pubkey *task, store_async_done *done,
                             void *user);

#endif
