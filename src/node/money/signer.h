/*
 * The only way to a node's secret keys. Others name a key by its role or by its
 * public key, hand in bytes and a purpose, and get a signature by a callback.
 * The secrets are not in this process, but in one that does nothing else
 * (node/signer), which reads them, keeps them, and alone asks for their
 * passphrase. Commands, a network's faucet and simulations, which live for a
 * moment or hold no coins, keep their keys in this process
 * (node/money/signer_keys.h) behind the same face.
 *
 *     signer_start(loop, &start, &signer);
 *     signer_sign(signer, &key, SIGNER_PAYLOAD, payload, on_signed, user);
 *     ...
 *     signer_close(signer, on_closed, user); // which calls signer_free()
 *
 * A transaction needs the signatures of several keys:
 * node/money/transaction_signing.h collects them.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_MONEY_SIGNER_H
#define POND_NODE_MONEY_SIGNER_H

#include "crypto/passphrase.h"
#include "node/money/signer_purpose.h"

#include <uv.h>

struct signer;
struct wallet;

enum signer_role {
    SIGNER_MAIN,    /* pays fees, takes rewards */
    SIGNER_STAKING, /* stakes, submits and votes */
    SIGNER_LIST,    /* of the account that holds a task's distribution lists */
    SIGNER_LATE_LIST,   /* and of a second one, for those that are late */
    SIGNER_TASK,        /* a staking key that one task has for itself */
    SIGNER_STAKING_KPL, /* as SIGNER_STAKING, for tasks paid in tokens */
    SIGNER_FUNDER,      /* adds to a task's bounty, in one transaction */
    SIGNER_ONCE, /* made or read for one transaction: a new task's, say */
};

/* A key by its role. */
struct signer_key {
    enum signer_role role;
    struct pubkey of; /* SIGNER_LIST, SIGNER_LATE_LIST, SIGNER_TASK: the task;
                         SIGNER_FUNDER: the order (its target in the journal);
                         SIGNER_ONCE: the public key */
};

/* How a signing process is started. Texts are copied. */
struct signer_start {
    const char *program;          /* pond-signer */
    const char *folder, *account; /* of the keys; account NULL: the default */
    struct passphrase_source passphrase;
    struct bytes known; /* the passphrase itself, in place of a source; copied
                           into a pipe, and kept nowhere. Empty: none */
    bool is_plain;      /* new keys are not sealed, and nobody is asked */
};

/* A signer whose keys are in a process of its own, started here. It opens the
 * keys of the folder, or makes them where there are none: this call blocks
 * until it has, for as long as a user types a passphrase. Errors of
 * wallet_unseal(); ERR_CANCELLED: the user has ended it; ERR_IO, ERR_CLOSED: it
 * did not start. After an error run the loop a turn.
 *
 * If the process dies, what was asked is answered with ERR_CLOSED. It is
 * started again if it can open the keys without a user; questions wait for it
 * then. If it can't, they are answered with ERR_STATE. */
int signer_start(uv_loop_t *loop, const struct signer_start *start,
                 struct signer **out);

/* How it is with the keys, for people and for the node's status. */
struct signer_state {
    enum {
        SIGNER_READY,
        SIGNER_STARTING, /* again, after it has died */
        SIGNER_DOWN,     /* and stays so until the node is started anew */
    } state;
    int process; /* its number; 0: this process, or none at the moment */
    unsigned restarts;
    bool is_sealed;      /* the key files are */
    bool is_confined;    /* by a filter of system calls */
    bool is_locked;      /* no secret can be swapped out */
    bool is_shut;        /* by its operator, until the passphrase is given */
    const char *trouble; /* what ended it last; "" if nothing did */
};

/* Valid as long as the signer is. Of keys in this process: ready, and nothing
 * else. */
const struct signer_state *signer_state(const struct signer *signer);

/* A signer with the keys of that wallet, which are moved in: *wallet is wiped.
 * A wallet without a staking key has zeros there. loop NULL: the signer has a
 * loop of its own, and signer_turn() runs it; commands that wait for each
 * answer use that. */
struct signer *signer_new(uv_loop_t *loop, struct wallet *wallet);

/* Of a signer whose keys are in a process of its own, and sealed (else
 * ERR_STATE): whether a passphrase opens them; shut them, until they are opened
 * by their passphrase again. ERR_BUSY while another is tried. After a 0 of the
 * first and the third done comes once, from the loop: 0, or ERR_DENIED for a
 * wrong one, ERR_CANCELLED, ERR_CLOSED. */
typedef void signer_opened(void *user, int status);
int signer_prove(struct signer *signer, struct bytes passphrase,
                 signer_opened *done, void *user);
int signer_shut(struct signer *signer);
int signer_open_again(struct signer *signer, struct bytes passphrase,
                      signer_opened *done, void *user);

/* Its key files were given another passphrase meanwhile. file: where that lies,
 * so that it can open them by itself; NULL: nowhere. */
void signer_resealed(struct signer *signer, const char *file);

/* With fresh keys for both roles, which are kept nowhere. */
struct signer *signer_generate(uv_loop_t *loop);

/* The same with keys that follow from a seed, for simulations that can be
 * repeated: such keys are worth nothing. */
struct signer *signer_derive(uv_loop_t *loop, const uint8_t seed[32]);

/* The staking key that such a signer has. */
void signer_derived_staking(const uint8_t seed[32], struct pubkey *out);

/* With the keys of a node's folder, which are made where the folder has none:
 * wallet_open(), and its errors. */
int signer_open(uv_loop_t *loop, const char *folder, const char *account,
                struct signer **out);

/* The same of keys that must be there, and may be sealed: wallet_unseal(), and
 * its errors. */
int signer_load(uv_loop_t *loop, const char *folder, const char *account,
                const struct passphrase_source *passphrase,
                struct signer **out);

/* With the key of one key file as the main key, and without a staking key.
 * may_make: where there is no file one with a new key is written, plain. Errors
 * of keyfile_open() and keyfile_write(). */
int signer_open_file(uv_loop_t *loop, const char *path,
                     const struct passphrase_source *passphrase, bool may_make,
                     struct signer **out);

/* Wipe the secrets and answer what is under way with ERR_CANCELLED. closed is
 * called last, on the loop and not from inside this call; NULL is allowed. From
 * then on nothing may be signed, but the public keys can be read until
 * signer_free(), which takes only what is closed, or NULL. */
void signer_close(struct signer *signer, void (*closed)(void *user),
                  void *user);
void signer_free(struct signer *signer);

/* Close and free a signer with a loop of its own; returns when that is done.
 * NULL is ignored. */
void signer_end(struct signer *signer);

/* Run the loop of a signer that has one of its own until something happened. */
void signer_turn(struct signer *signer);

/* Only for keys in this process (CHECKed): a key for one transaction, which is
 * forgotten with the signer. Its public key
 * comes back: from a fresh key; or from the key file at path, which is written
 * with a fresh key where there is none (then *is_new is true). Errors of
 * keyfile_read() and keyfile_write(). */
void signer_add_fresh(struct signer *signer, struct pubkey *out);
int signer_add_file(struct signer *signer, const char *path, bool *is_new,
                    struct pubkey *out);

/* Public keys, which are known at once and live as long as the signer. The
 * staking key is zeros where there is none. */
const struct pubkey *signer_main(const struct signer *signer);
const struct pubkey *signer_staking(const struct signer *signer);

/* The public key of the account that holds a task's distribution lists, or of
 * the one for those that are late. There must be a staking key (CHECKed).
 * signer_find() knows it from then on. ERR_BUSY: the signing process is being
 * asked; call again in some milliseconds. Does not happen with keys in this
 * process, nor for a task that was answered with 0 before. */
int signer_list_account(struct signer *signer, const struct pubkey *task,
                        struct pubkey *out);
int signer_late_list_account(struct signer *signer, const struct pubkey *task,
                             struct pubkey *out);

/* The same of the staking key that a task has for itself: always the same for a
 * task, and no use outside it. */
int signer_task_key(struct signer *signer, const struct pubkey *task,
                    struct pubkey *out);

/* The same of the key through which an order adds to a bounty. */
int signer_funder(struct signer *signer, const struct pubkey *order,
                  struct pubkey *out);

/* The same of the staking key for KPL tasks, which is one for all of them. */
int signer_staking_kpl(struct signer *signer, struct pubkey *out);

/* By which role a public key signs; false: by none that is known here. */
bool signer_find(const struct signer *signer, const struct pubkey *pubkey,
                 struct signer_key *out);

/* status: 0; ERR_CANCELLED: the signer was closed; ERR_CLOSED, ERR_STATE: the
 * signing process has died, or is down; or why it was refused, as
 * signer_keys_sign() says, and ERR_LIMIT for more than 16 KiB. signature is
 * NULL unless status is 0. bytes: those given. Both are valid during the call.
 */
typedef void signer_done(void *user, int status,
                         const struct signature *signature, struct bytes bytes);

/* Give a secret to a task that expects it, of a key that the task may have:
 * written to the task's connection, as the whole answer to its request over
 * HTTP (signer_gift.h), by the process that has the keys. The socket is taken
 * over; it is a copy of the connection, which the caller closes once done was
 * called.
 *
 * ERR_DENIED for every role but SIGNER_TASK and those of staking keys;
 * ERR_NOT_FOUND: there is no such key; ERR_STATE, ERR_CANCELLED as above: then
 * nothing was written. ERR_NETWORK, ERR_CLOSED: something may have been, and
 * nothing more can be said on the connection. done is called as that of
 * signer_sign(). */
typedef void signer_given(void *user, int status);
void signer_give(struct signer *signer, const struct signer_key *key,
                 int socket, signer_given *done, void *user);

/* Ask for a signature. The bytes are copied. done is called once, on the loop,
 * and never from inside this call; requests are answered in their order.
 * SIGNER_STATEMENT is for messages among nodes, which this release does not
 * send yet. */
void signer_sign(struct signer *signer, const struct signer_key *key,
                 enum signer_purpose purpose, struct bytes bytes,
                 signer_done *done, void *user);

#endif
