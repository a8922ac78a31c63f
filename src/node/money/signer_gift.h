/*
 * A key that a task may have, given to it: written to the task's own
 * connection as the whole answer to its request, so that the secret passes
 * through no process but the signer's and the task's. Only the signer's side
 * uses it (signer_keys.c).
 *
 * Thread: any.
 */
#ifndef POND_NODE_MONEY_SIGNER_GIFT_H
#define POND_NODE_MONEY_SIGNER_GIFT_H

#include "crypto/key.h"

/* Write an answer of HTTP whose body is {"response": the Keypair}, as Koii's
 * node answers `getSubmitterAccount`. Does not wait, and leaves the socket
 * open. ERR_NETWORK: the peer is gone, or does not read; a part may have been
 * written. */
int signer_gift_write(const struct keypair *keypair, int socket);

#endif
