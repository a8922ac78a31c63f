/*
 * Requests wait in a list. With keys in this process all that are there are
 * answered in the loop's next turn; with keys in another one (signer_keeper.h)
 * they are sent at once, and answered in their order as its answers come. So
 * nobody is called from inside a call, and callers are written for answers that
 * take their time.
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
#include "node/money/signer_keeper.h"
#include "node/money/signer_keys.h"
#include "node/money/signer_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MAGIC 0x5349474eu

struct request {
    struct request *next;
    enum signer_message_kind kind; /* SIGNER_ASK_SIGN, _PUBLIC or _GIVE */
    struct signer_key key;
    enum signer_purpose purpose;
    struct buffer bytes;
    signer_done *done;
    signer_given *given; /* in place of done */
    int socket;          /* of SIGNER_ASK_GIVE, while it is not handed on */
    void *user;
};

/*
 * Invariants:
 *
 *  1. turn has been sent, and keeps the loop running, while first is not NULL
 *     and nothing else will answer it, and while is_closing until it is closed.
 *  2. No secret is in keys once is_closing is set, nor ever if there is a
 *     keeper.
 *  3. While the keeper is ready, all requests have been sent to it.
 */
struct signer {
    unsigned magic;
    uv_loop_t own; /* if loop points there */
    uv_loop_t *loop;
    uv_async_t turn;
    struct signer_keeper *keeper; /* NULL: the keys are here */
    bool is_kept;                 /* there is a keeper, or was one */
    struct signer_state own_state;
    struct signer_keys keys;
    struct pubkey main, staking;
    struct signer_names names;
    struct request *first, **last;
    struct request *too_large; /* refused in the next turn */
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

static struct signer *new_signer(uv_loop_t *loop)
{
    struct signer *signer = mem_zero(1, sizeof(*signer));

    signer->magic = MAGIC;
    signer->loop = loop ? loop : &signer->own;
    if (!loop)
        CHECK(!uv_loop_init(&signer->own));
    signer->last = &signer->first;
    signer->own_state.trouble = "";
    CHECK(!uv_async_init(signer->loop, &signer->turn, on_turn));
    uv_unref((uv_handle_t *)&signer->turn);
    signer->turn.data = signer;
    return signer;
}

struct signer *signer_new(uv_loop_t *loop, struct wallet *wallet)
{
    struct signer *signer = new_signer(loop);

    CHECK(wallet);
    signer->main = wallet->main.pubkey;
    signer->staking = wallet->staking.pubkey;
    signer_keys_init(&signer->keys, wallet);
    return signer;
}

static void on_start_undone(uv_handle_t *handle)
{
    free(handle->data);
}

static const struct signer_keeper_events keeper_events;

int signer_start(uv_loop_t *loop, const struct signer_start *start,
                 struct signer **out)
{
    CHECK(loop && start->program && start->folder);
    struct signer *signer = new_signer(loop);
    int status =
        signer_keeper_open(loop, start, &keeper_events, signer, &signer->main,
                           &signer->staking, &signer->keeper);

    if (status) {
        uv_close((uv_handle_t *)&signer->turn, on_start_undone);
        return status;
    }
    signer->is_kept = true;
    *out = signer;
    return 0;
}

const struct signer_state *signer_state(const struct signer *signer)
{
    CHECK_MAGIC(signer, MAGIC);
    return signer->keeper ? signer_keeper_state(signer->keeper)
                          : &signer->own_state;
}

static int check_sealed(const struct signer *signer)
{
    CHECK_MAGIC(signer, MAGIC);
    if (signer->is_closing || !signer->keeper)
        return err_set(ERR_STATE, "the node is stopping");
    return signer_state(signer)->is_sealed
               ? 0
               : err_set(ERR_STATE, "the wallet has no passphrase");
}

void signer_resealed(struct signer *signer, const char *file)
{
    CHECK_MAGIC(signer, MAGIC);
    if (signer->keeper && !signer->is_closing)
        signer_keeper_resealed(signer->keeper, file);
}

int signer_prove(struct signer *signer, struct bytes passphrase,
                 signer_opened *done, void *user)
{
    int status = check_sealed(signer);

    return status ? status
                  : signer_keeper_prove(signer->keeper, passphrase, done, user);
}

int signer_shut(struct signer *signer)
{
    int status = check_sealed(signer);

    return status ? status : signer_keeper_lock(signer->keeper);
}

int signer_open_again(struct signer *signer, struct bytes passphrase,
                      signer_opened *done, void *user)
{
    int status = check_sealed(signer);

    return status
               ? status
               : signer_keeper_unlock(signer->keeper, passphrase, done, user);
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
    if (signer->keeper)
        signer_keeper_close(signer->keeper);
    else
        signer_keys_wipe(&signer->keys);
    start_turn(signer);
}

void signer_free(struct signer *signer)
{
    if (!signer)
        return;
    CHECK_MAGIC(signer, MAGIC);
    CHECK(signer->is_closed && !signer->first);
    signer_names_free(&signer->names);
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

static void ask(struct signer *signer, struct request *request);

static void ask_name(struct signer *signer, const struct signer_key *key)
{
    struct request *request = mem_zero(1, sizeof(*request));

    signer_names_add(&signer->names, key, NULL);
    request->kind = SIGNER_ASK_PUBLIC;
    request->key = *key;
    ask(signer, request);
}

/* Of a key that is made from the staking key for a task, or an order. */
static int of_task(struct signer *signer, enum signer_role role,
                   const struct pubkey *task, struct pubkey *out)
{
    const struct signer_key key = {.role = role, .of = *task};

    CHECK_MAGIC(signer, MAGIC);
    int status = signer_names_get(&signer->names, &key, out);
    /* Whoever looks at a node that stops asks for no key any more. */
    if (status == ERR_NOT_FOUND && signer->is_closing)
        return err_set(ERR_STATE, "the node is stopping");
    if (status == ERR_NOT_FOUND && !signer->is_kept) {
        CHECK(!signer_keys_public(&signer->keys, &key, out));
        signer_names_add(&signer->names, &key, out);
        return 0;
    }
    if (status == ERR_NOT_FOUND)
        ask_name(signer, &key);
    return status ? err_set(ERR_BUSY, "the signing process is asked for the "
                                      "public key")
                  : 0;
}

int signer_list_account(struct signer *signer, const struct pubkey *task,
                        struct pubkey *out)
{
    return of_task(signer, SIGNER_LIST, task, out);
}

int signer_late_list_account(struct signer *signer, const struct pubkey *task,
                             struct pubkey *out)
{
    return of_task(signer, SIGNER_LATE_LIST, task, out);
}

int signer_task_key(struct signer *signer, const struct pubkey *task,
                    struct pubkey *out)
{
    return of_task(signer, SIGNER_TASK, task, out);
}

int signer_funder(struct signer *signer, const struct pubkey *order,
                  struct pubkey *out)
{
    return of_task(signer, SIGNER_FUNDER, order, out);
}

int signer_staking_kpl(struct signer *signer, struct pubkey *out)
{
    static const struct pubkey of_all;

    return of_task(signer, SIGNER_STAKING_KPL, &of_all, out);
}

/* Moves the key in. */
static void add_once(struct signer *signer, struct keypair *keypair,
                     struct pubkey *out)
{
    const struct signer_key key = {.role = SIGNER_ONCE, .of = keypair->pubkey};

    *out = keypair->pubkey;
    signer_keys_add(&signer->keys, keypair);
    signer_names_add(&signer->names, &key, out);
}

void signer_add_fresh(struct signer *signer, struct pubkey *out)
{
    struct keypair keypair;

    CHECK_MAGIC(signer, MAGIC);
    CHECK(!signer->is_kept);
    keypair_generate(&keypair);
    add_once(signer, &keypair, out);
}

int signer_add_file(struct signer *signer, const char *path, bool *is_new,
                    struct pubkey *out)
{
    struct passphrase none = {0};
    struct keypair keypair = {0};

    CHECK_MAGIC(signer, MAGIC);
    CHECK(!signer->is_kept);
    int status = keyfile_open_or_make(path, &none, true, &keypair, is_new);

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
    return signer_names_find(&signer->names, pubkey, out);
}

/* ---- signatures ---- */

static void send_question(struct signer *signer, struct request *request)
{
    int socket = request->kind == SIGNER_ASK_GIVE ? request->socket : -1;
    struct signer_message question = {
        .kind = request->kind,
        .key = request->key,
        .purpose = request->purpose,
        .bytes = buffer_view(&request->bytes),
    };

    request->socket = -1;
    signer_keeper_ask(signer->keeper, &question, socket);
}

/* Moves the request in. What a keeper that is starting is to be asked waits for
 * it; one that is down answers nothing, so that is done in the next turn. */
static void ask(struct signer *signer, struct request *request)
{
    CHECK(!uv_is_closing((uv_handle_t *)&signer->turn));
    *signer->last = request;
    signer->last = &request->next;
    if (signer->is_closing || !signer->is_kept ||
        signer_state(signer)->state == SIGNER_DOWN)
        start_turn(signer);
    else if (signer_state(signer)->state == SIGNER_READY)
        send_question(signer, request);
}

void signer_sign(struct signer *signer, const struct signer_key *key,
                 enum signer_purpose purpose, struct bytes bytes,
                 signer_done *done, void *user)
{
    struct request *request = mem_zero(1, sizeof(*request));

    CHECK_MAGIC(signer, MAGIC);
    CHECK(key && done);
    request->kind = SIGNER_ASK_SIGN;
    request->key = *key;
    request->purpose = purpose;
    request->done = done;
    request->user = user;
    if (bytes.size <= SIGNER_SIGN_MAX) {
        buffer_bytes(&request->bytes, bytes);
        ask(signer, request);
    } else {
        request->next = signer->too_large;
        signer->too_large = request;
        start_turn(signer);
    }
}

void signer_give(struct signer *signer, const struct signer_key *key,
                 int socket, signer_given *done, void *user)
{
    struct request *request = mem_zero(1, sizeof(*request));

    CHECK_MAGIC(signer, MAGIC);
    CHECK(key && done && socket >= 0);
    request->kind = SIGNER_ASK_GIVE;
    request->key = *key;
    request->socket = socket;
    request->given = done;
    request->user = user;
    ask(signer, request);
}

/* Of each kind of request the field that answers it. */
struct answer {
    struct signature signature;
    struct pubkey pubkey;
};

static void answer_given(struct request *request, int status)
{
    if (request->socket >= 0)
        close(request->socket);
    request->given(request->user, status);
}

/* The request is not in a list any longer; it is freed. what: NULL if there is
 * a status. */
static void answer(struct signer *signer, struct request *request, int status,
                   const struct answer *what)
{
    CHECK(!status == (what != NULL));
    if (request->kind == SIGNER_ASK_PUBLIC)
        signer_names_answer(&signer->names, &request->key,
                            what ? &what->pubkey : NULL);
    else if (request->kind == SIGNER_ASK_GIVE)
        answer_given(request, status);
    else
        request->done(request->user, status, what ? &what->signature : NULL,
                      buffer_view(&request->bytes));
    buffer_free(&request->bytes);
    free(request);
}

static void refuse_too_large(struct signer *signer)
{
    struct request *at = signer->too_large, *next;

    signer->too_large = NULL;
    for (; at; at = next) {
        next = at->next;
        answer(signer, at,
               err_set(ERR_LIMIT, "at most %d bytes can be signed",
                       SIGNER_SIGN_MAX),
               NULL);
    }
}

/* By the keys in this process. Their names are known at once, so nobody asks
 * for one here. */
static void answer_here(struct signer *signer, struct request *request)
{
    struct answer what = {0};
    int status =
        request->kind == SIGNER_ASK_GIVE
            ? signer_keys_give(&signer->keys, &request->key, request->socket)
            : signer_keys_sign(&signer->keys, &request->key, request->purpose,
                               buffer_view(&request->bytes), &what.signature);

    answer(signer, request, status, status ? NULL : &what);
}

/* All that are there. A callback may ask again, which is answered in another
 * turn, or close the signer, which cancels the rest. status: why they fail; 0:
 * answer them here. */
static void answer_all(struct signer *signer, int status, const char *why)
{
    struct request *at = signer->first, *next;

    signer->first = NULL;
    signer->last = &signer->first;
    for (; at; at = next) {
        next = at->next;
        if (signer->is_closing)
            answer(signer, at, err_set(ERR_CANCELLED, "the signer is closing"),
                   NULL);
        else if (status)
            answer(signer, at, err_set(status, "%s", why), NULL);
        else
            answer_here(signer, at);
    }
}

static void on_turn(uv_async_t *turn)
{
    struct signer *signer = turn->data;

    refuse_too_large(signer);
    if (signer->is_kept && !signer->is_closing) {
        const struct signer_state *state = signer_state(signer);
        if (state->state == SIGNER_DOWN) {
            char why[ERR_TEXT_SIZE];
            snprintf(why, sizeof(why), "nothing can be signed: %s",
                     state->trouble);
            answer_all(signer, ERR_STATE, why);
        }
    } else {
        answer_all(signer, 0, "");
    }
    if (signer->too_large || (signer->first && !signer->keeper))
        return;
    uv_unref((uv_handle_t *)turn);
    if (signer->is_closing && !signer->keeper && !uv_is_closing((void *)turn))
        uv_close((uv_handle_t *)turn, on_turn_closed);
}

/* ---- the keeper's words ---- */

/* The answer that belongs to a question. */
static enum signer_message_kind answer_kind(enum signer_message_kind question)
{
    return question == SIGNER_ASK_PUBLIC ? SIGNER_SAY_PUBLIC
           : question == SIGNER_ASK_GIVE ? SIGNER_SAY_GIVEN
                                         : SIGNER_SAY_SIGNED;
}

/* An answer of another kind than the question would be a fault of the other
 * program, and is no signature. */
static void on_answered(void *user, const struct signer_message *message)
{
    struct signer *signer = user;
    struct request *request = signer->first;
    const struct answer what = {.signature = message->signature,
                                .pubkey = message->pubkey};
    int status = 0;

    CHECK_MAGIC(signer, MAGIC);
    if (!request)
        return;
    signer->first = request->next;
    if (!signer->first)
        signer->last = &signer->first;
    if (message->kind == SIGNER_SAY_FAILED)
        status = err_set(message->status, "%.*s", (int)message->bytes.size,
                         (const char *)message->bytes.data);
    else if (message->kind != answer_kind(request->kind))
        status = err_set(ERR_INVALID, "the signing process has answered "
                                      "another question");
    answer(signer, request, status, status ? NULL : &what);
}

static void on_came_back(void *user)
{
    struct signer *signer = user;

    CHECK_MAGIC(signer, MAGIC);
    for (struct request *at = signer->first; at; at = at->next)
        send_question(signer, at);
}

static void on_lost(void *user, int status, const char *why)
{
    answer_all(user, status, why);
}

static void on_keeper_closed(void *user)
{
    struct signer *signer = user;

    CHECK_MAGIC(signer, MAGIC);
    signer->keeper = NULL;
    start_turn(signer);
}

static const struct signer_keeper_events keeper_events = {
    .answered = on_answered,
    .came_back = on_came_back,
    .lost = on_lost,
    .closed = on_keeper_closed,
};
