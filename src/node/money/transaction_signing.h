/*
 * A transaction's message and the signatures that it asks for, which become
 * what is sent. The signer has the keys; here they are found by their public
 * keys and the signatures put in order.
 *
 * Thread: the signer's loop's.
 */
#ifndef POND_NODE_MONEY_TRANSACTION_SIGNING_H
#define POND_NODE_MONEY_TRANSACTION_SIGNING_H

#include "node/money/signer.h"

/* wire: the signed transaction, valid during the call; empty unless status is
 * 0. ERR_NOT_FOUND: the signer lacks a key that must sign; ERR_CANCELLED: it
 * was closed; or another refusal of the signer's. */
typedef void transaction_signing_done(void *user, int status,
                                      struct bytes wire);

/* Get all signatures of the message, which is copied. done is called once, on
 * the loop, and never from inside this call. */
void transaction_signing_start(struct signer *signer, struct bytes message,
                               transaction_signing_done *done, void *user);

/* The same for a signer with a loop of its own. The transaction is appended to
 * *wire; on failure *wire is as it was. */
int transaction_signing_wait(struct signer *signer, struct bytes message,
                             struct buffer *wire);

#endif
