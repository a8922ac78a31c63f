/*
 * Whether a passphrase opens a node's keys: tried by a signing process of its
 * own, which opens them and ends. So neither the keys nor what derives them
 * come into this process.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_MONEY_SIGNER_TRIAL_H
#define POND_NODE_MONEY_SIGNER_TRIAL_H

#include "node/money/signer_message.h"

struct signer_trial;

/* done comes once, from the loop: 0; ERR_DENIED: it does not; or what kept it
 * from being tried. err_text() says more. */
typedef void signer_tried(void *user, int status);

/* order: to open the keys, with the passphrase by standard input. The
 * passphrase is copied into a pipe, and nowhere else. ERR_IO; then done does
 * not come. */
int signer_trial_start(uv_loop_t *loop, const char *program,
                       const struct signer_message *order,
                       struct bytes passphrase, signer_tried *done, void *user,
                       struct signer_trial **out);

/* End it: done comes with ERR_CANCELLED. */
void signer_trial_cancel(struct signer_trial *trial);

/* A descriptor to be the standard input of a signing process: a passphrase and
 * a line end behind it. -1 with ERR_IO's text. */
int signer_passphrase_pipe(struct bytes passphrase);

#endif
