/*
 * The child process that holds the secret keys (node/signer), seen from its
 * node: started, spoken to, and ended. What the messages mean is signer.c's to
 * know.
 *
 *     signer_process_start(loop, program, &order, &events, user, &process);
 *     signer_process_wait(process, &message);   // at start-up: blocks
 *     signer_process_listen(process);
 *     signer_process_send(process, &message);
 *     signer_process_close(process);            // ended() follows
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_MONEY_SIGNER_PROCESS_H
#define POND_NODE_MONEY_SIGNER_PROCESS_H

#include "node/money/signer_message.h"

#include <uv.h>

struct signer_process;

/* Called on the loop, and never from inside a call. */
struct signer_process_events {
    /* message is valid during the call. The process may be closed in it. */
    void (*said)(void *user, const struct signer_message *message);
    /* The last call: it has ended, by itself, or as it was closed. why: for
     * people, and valid during the call. The process is freed. */
    void (*ended)(void *user, const char *why);
};

/* Start the program and send it the order to open keys. Its standard input and
 * standard error are this process's, because it may ask for a passphrase; it
 * closes both when it has its keys. ERR_IO: it can't be started; then run the
 * loop a turn for its handles to close, and ended() does not come. */
int signer_process_start(uv_loop_t *loop, const char *program,
                         const struct signer_message *order,
                         const struct signer_process_events *events, void *user,
                         struct signer_process **out);

/* The same with a standard input of its own, for a passphrase: a descriptor,
 * which is closed in any case. */
int signer_process_start_with(uv_loop_t *loop, const char *program,
                              const struct signer_message *order, int input,
                              const struct signer_process_events *events,
                              void *user, struct signer_process **out);

/* Block until it has answered the order, for as long as a user takes to type.
 * *out is valid until the next call. What it said of a failure is returned;
 * ERR_CANCELLED: the user has ended it (Ctrl-C); ERR_CLOSED: it ended
 * otherwise. After an error the process is gone, as after a start that
 * failed. */
int signer_process_wait(struct signer_process *process,
                        struct signer_message *out);

/* From now on messages come by events. */
void signer_process_listen(struct signer_process *process);

/* Written in order. What a process that has ended does not read is dropped:
 * ended() is the answer. socket: a descriptor that goes with the message, taken
 * over; -1: none. */
void signer_process_send(struct signer_process *process,
                         const struct signer_message *message, int socket);

/* Its number, for people. */
int signer_process_id(const struct signer_process *process);

/* Hang up, on which it wipes its keys and ends; and is killed if it has not a
 * second later. No said() comes from then on, but ended() does. */
void signer_process_close(struct signer_process *process);

#endif
