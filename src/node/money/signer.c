/*
 * Requests wait in a list until the loop's next turn, where all that are there
 * are answered. So nobody is called from inside a call, and callers are written
 * for answers that take their time.
 *
 * What is public is kept here and not asked of the keys again: the names of the
 * list accounts and of the keys added, so that a transaction's signers are
 * found by their public keys.
 */
#include "node/money/signer.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "crypto/keyfile.h"
#include "node/money/signer_keys.h"

#include <sodium.h>
#include <stdlib.h>

#define MAGIC 0x5349474eu

struct request {
    struct request *next;
    struct signer_key key;
    enum signer_purpose purpose;
    struct buffer bytes;
    signer_done *done;
    signer_disclosed *disclosed; /* in place of done: the secret is wanted */
    void *user;
};

/* A public key and the role by which it signs. */
struct name {
    struct name *next;
    struct signer_key key;
    struct pubkey pubkey;
};

/*
 * Invariants:
 *
 *  1. turn has been sent, and keeps the loop running, while first is not NULL,
 *     and while is_closing until it is closed.
 *  2. No secret is in keys once is_closing is set.
 */
struct signer {
    unsigned magic;
    uv_loop_t own; /* if loop points there */
    uv_loop_t *loop;
    uv_async_t turn;
    struct signer_keys keys;
    struct pubkey main, staking;
    struct name *names;
    struct request *first, **last;
    bool is_closing, is_closed;
    void (*closed)(void *user);
    void *closed_user;
};

static void on_turn(uv_async_t *turn);

/* The loop does not end before the turn. A timer would do, but for callers that
 * run the loop once: it could answer, and then wait for something else. */
static void start_turn(struct signer *signer)
{
    uv_ref((uv_handle_t *)&signer->turn);
    CHECK(!uv_async_send(&signer->turn));
}

/* ---- life ---- */

struct signer *signer_new(uv_loop_t *loop, struct wallet *wallet)
{
    struct signer *signer = mem_zero(1, sizeof(*signer));

    CHECK(wallet);
    signer->magic = MAGIC;
    signer->loop = loop ? loop : &signer->own;
    if (!loop)
        CHECK(!uv_loop_init(&signer->own));
    signer->last = &signer->first;
    signer->main = wallet->main.pubkey;
    signer->staking = wallet->staking.pubkey;
    signer_keys_init(&signer->keys, wallet);
    CHECK(!uv_async_init(signer->loop, &signer->turn, on_turn));
    uv_unref((uv_handle_t *)&signer->turn);
    signer->turn.data = signer;
    return signer;
}

struct signer *signer_generate(uv_loop_t *loop)
{
    struct wallet wallet;

    keypair_generate(&wallet.main);
    keypair_generate(&wallet.staking);
    return signer_new(loop, &wallet);
}

int signer_open(uv_loop_t *loop, const char *folder, const char *account,
                struct signer **out)
{
    struct wallet wallet = {0};
    int status = wallet_open(folder, account, &wallet);

    if (!status)
        *out = signer_new(loop, &wallet);
    return status;
}

int signer_load(uv_loop_t *loop, const char *folder, const char *account,
                struct signer **out)
{
    struct wallet wallet = {0};
    int status = wallet_load(folder, account, &wallet);

    if (!status)
        *out = signer_new(loop, &wallet);
    return status;
}

/* The caller wipes *out in any case. */
static int read_or_make(const char *path, bool may_make, bool *is_new,
                        struct keypair *out)
{
    int status = keyfile_read(path, out);

    *is_new = status == ERR_NOT_FOUND && may_make;
    if (!*is_new)
        return status;
    err_clear();
    keypair_generate(out);
    return keyfile_write(path, out, false);
}

int signer_open_file(uv_loop_t *loop, const char *path, bool may_make,
                     struct signer **out)
{
    struct wallet wallet = {0};
    bool is_new;
    int status = read_or_make(path, may_make, &is_new, &wallet.main);

    if (!status)
        *out = signer_new(loop, &wallet);
    wallet_wipe(&wallet);
    return status;
}

static void on_turn_closed(uv_handle_t *handle)
{
    struct signer *signer = handle->data;

    signer->is_closed = true;
    if (signer->closed)
        signer->closed(signer->closed_user);
}

/* The secrets go at once, the answers with the loop's next turn. */
void signer_close(struct signer *signer, void (*closed)(void *user), void *user)
{
    CHECK_MAGIC(signer, MAGIC);
    CHECK(!signer->is_closing);
    signer->is_closing = true;
    signer->closed = closed;
    signer->closed_user = user;
    signer_keys_wipe(&signer->keys);
    start_turn(signer);
}

void signer_free(struct signer *signer)
{
    struct name *at, *next;

    if (!signer)
        return;
    CHECK_MAGIC(signer, MAGIC);
    CHECK(signer->is_closed && !signer->first);
    for (at = signer->names; at; at = next) {
        next = at->next;
        free(at);
    }
    signer->magic = 0;
    free(signer);
}

void signer_end(struct signer *signer)
{
    if (!signer)
        return;
    CHECK(signer->loop == &signer->own);
    signer_close(signer, NULL, NULL);
    uv_run(&signer->own, UV_RUN_DEFAULT);
    CHECK(!uv_loop_close(&signer->own));
    signer_free(signer);
}

void signer_turn(struct signer *signer)
{
    CHECK_MAGIC(signer, MAGIC);
    CHECK(signer->loop == &signer->own);
    uv_run(&signer->own, UV_RUN_ONCE);
}

/* ---- public keys ---- */

const struct pubkey *signer_main(const struct signer *signer)
{
    CHECK_MAGIC(signer, MAGIC);
    return &signer->main;
}

const struct pubkey *signer_staking(const struct signer *signer)
{
    CHECK_MAGIC(signer, MAGIC);
    return &signer->staking;
}

static void add_name(struct signer *signer, const struct signer_key *key,
                     const struct pubkey *pubkey)
{
    struct name *name = mem_zero(1, sizeof(*name));

    name->key = *key;
    name->pubkey = *pubkey;
    name->next = signer->names;
    signer->names = name;
}

/* Derived once. */
static void of_task(struct signer *signer, enum signer_role role,
                    const struct pubkey *task, struct pubkey *out)
{
    const struct signer_key key = {.role = role, .of = *task};

    CHECK_MAGIC(signer, MAGIC);
    for (struct name *at = signer->names; at; at = at->next)
        if (at->key.role == role && pubkey_equal(&at->key.of, task)) {
            *out = at->pubkey;
            return;
        }
    CHECK(!signer_keys_public(&signer->keys, &key, out));
    add_name(signer, &key, out);
}

void signer_list_account(struct signer *signer, const struct pubkey *task,
                         struct pubkey *out)
{
    of_task(signer, SIGNER_LIST, task, out);
}

void signer_task_key(struct signer *signer, const struct pubkey *task,
                     struct pubkey *out)
{
    of_task(signer, SIGNER_TASK, task, out);
}

/* Moves the key in. */
static void add_once(struct signer *signer, struct keypair *keypair,
                     struct pubkey *out)
{
    const struct signer_key key = {.role = SIGNER_ONCE, .of = keypair->pubkey};

    *out = keypair->pubkey;
    signer_keys_add(&signer->keys, keypair);
    add_name(signer, &key, out);
}

void signer_add_fresh(struct signer *signer, struct pubkey *out)
{
    struct keypair keypair;

    CHECK_MAGIC(signer, MAGIC);
    keypair_generate(&keypair);
    add_once(signer, &keypair, out);
}

int signer_add_file(struct signer *signer, const char *path, bool *is_new,
                    struct pubkey *out)
{
    struct keypair keypair = {0};

    CHECK_MAGIC(signer, MAGIC);
    int status = read_or_make(path, true, is_new, &keypair);

    if (!status)
        add_once(signer, &keypair, out);
    keypair_wipe(&keypair);
    return status;
}

bool signer_find(const struct signer *signer, const struct pubkey *pubkey,
                 struct signer_key *out)
{
    static const struct pubkey none;

    CHECK_MAGIC(signer, MAGIC);
    *out = (struct signer_key){.role = SIGNER_MAIN};
    if (pubkey_equal(pubkey, &signer->main))
        return true;
    out->role = SIGNER_STAKING;
    if (pubkey_equal(pubkey, &signer->staking) && !pubkey_equal(pubkey, &none))
        return true;
    for (struct name *at = signer->names; at; at = at->next)
        if (pubkey_equal(pubkey, &at->pubkey)) {
            *out = at->key;
            return true;
        }
    return false;
}

/* ---- signatures ---- */

void signer_sign(struct signer *signer, const struct signer_key *key,
                 enum signer_purpose purpose, struct bytes bytes,
                 signer_done *done, void *user)
{
    struct request *request = mem_zero(1, sizeof(*request));

    CHECK_MAGIC(signer, MAGIC);
    CHECK(key && done && !uv_is_closing((uv_handle_t *)&signer->turn));
    request->key = *key;
    request->purpose = purpose;
    buffer_bytes(&request->bytes, bytes);
    request->done = done;
    request->user = user;
    *signer->last = request;
    signer->last = &request->next;
    start_turn(signer);
}

void signer_disclose(struct signer *signer, const struct signer_key *key,
                     signer_disclosed *done, void *user)
{
    struct request *request = mem_zero(1, sizeof(*request));

    CHECK_MAGIC(signer, MAGIC);
    CHECK(key && done && !uv_is_closing((uv_handle_t *)&signer->turn));
    request->key = *key;
    request->disclosed = done;
    request->user = user;
    *signer->last = request;
    signer->last = &request->next;
    start_turn(signer);
}

static void give_secret(struct signer *signer, struct request *request)
{
    uint8_t secret[SIGNER_SECRET_SIZE];
    int status =
        signer->is_closing
            ? err_set(ERR_CANCELLED, "the signer is closing")
            : signer_keys_disclose(&signer->keys, &request->key, secret);

    request->disclosed(request->user, status, status ? NULL : secret);
    sodium_memzero(secret, sizeof(secret));
    free(request);
}

static void answer(struct signer *signer, struct request *request)
{
    if (request->disclosed) {
        give_secret(signer, request);
        return;
    }

    struct bytes bytes = buffer_view(&request->bytes);
    struct signature signature;
    int status = signer->is_closing
                     ? err_set(ERR_CANCELLED, "the signer is closing")
                     : signer_keys_sign(&signer->keys, &request->key,
                                        request->purpose, bytes, &signature);

    request->done(request->user, status, status ? NULL : &signature, bytes);
    buffer_free(&request->bytes);
    free(request);
}

/* A callback may ask again, which is answered in another turn, or close the
 * signer, which cancels the rest of this turn's. */
static void on_turn(uv_async_t *turn)
{
    struct signer *signer = turn->data;
    struct request *at = signer->first, *next;

    signer->first = NULL;
    signer->last = &signer->first;
    for (; at; at = next) {
        next = at->next;
        answer(signer, at);
    }
    if (signer->first)
        return;
    uv_unref((uv_handle_t *)turn);
    if (signer->is_closing)
        uv_close((uv_handle_t *)turn, on_turn_closed);
}
