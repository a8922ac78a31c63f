/*
 * Keeps a signing process running: starts it, and starts it again when it has
 * died, if it can get at the keys by itself. That is so if the key files are
 * plain or their passphrase is in a file; a passphrase that was typed is kept
 * nowhere. Then it stays down, which the state shows, until the node is started
 * anew.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_MONEY_SIGNER_KEEPER_H
#define POND_NODE_MONEY_SIGNER_KEEPER_H

#include "node/money/signer_message.h"
#include "node/money/signer_trial.h"

struct signer_keeper;

/* Called on the loop, and never from inside a call. */
struct signer_keeper_events {
    /* The answer to the oldest question; message is valid during the call. */
    void (*answered)(void *user, const struct signer_message *message);
    /* The process has come back: questions are taken. */
    void (*came_back)(void *user);
    /* All questions so far are lost. why is valid during the call. */
    void (*lost)(void *user, int status, const char *why);
    /* The last call; the keeper is freed. */
    void (*closed)(void *user);
};

/* Start it and block until it has the keys, whose public halves are put into
 * main and staking. Errors: those of signer_process_start() and
 * signer_process_wait(); then run the loop a turn, and closed() does not
 * come. */
int signer_keeper_open(uv_loop_t *loop, const struct signer_start *start,
                       const struct signer_keeper_events *events, void *user,
                       struct pubkey *main, struct pubkey *staking,
                       struct signer_keeper **out);

/* Valid as long as the keeper. */
const struct signer_state *
signer_keeper_state(const struct signer_keeper *keeper);

/* The state must be SIGNER_READY. As signer_process_send(). */
void signer_keeper_ask(struct signer_keeper *keeper,
                       const struct signer_message *question, int socket);

/* Whether a passphrase opens the keys (signer_trial.h). One at a time:
 * ERR_BUSY. done does not come once the keeper is being closed. */
int signer_keeper_prove(struct signer_keeper *keeper, struct bytes passphrase,
                        signer_tried *done, void *user);

/* End the process, and start none until it is unlocked. ERR_STATE if it is
 * locked already. */
int signer_keeper_lock(struct signer_keeper *keeper);

/* Start one that opens the keys by this passphrase. done as above; ERR_STATE if
 * one is there or coming, ERR_BUSY while the last one is still ending. */
int signer_keeper_unlock(struct signer_keeper *keeper, struct bytes passphrase,
                         signer_tried *done, void *user);

/* The key files have got another passphrase. file: where it lies; NULL:
 * nowhere. */
void signer_keeper_resealed(struct signer_keeper *keeper, const char *file);

/* How long to wait before the next start: before_ms was the pause before the
 * process that has died, 0: there was none; lived_ms: how long that one was
 * ready. Pure. */
uint64_t signer_keeper_pause_ms(uint64_t before_ms, uint64_t lived_ms);

/* End the process. Nothing but closed() is called from then on. */
void signer_keeper_close(struct signer_keeper *keeper);

#endif
