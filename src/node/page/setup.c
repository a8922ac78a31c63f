#include "node/page/setup.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/money/signer_trial.h"
#include "node/money/wallet_draft.h"
#include "node/money/wallet_phrase.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In locked memory, and in no core. */
struct secret {
    size_t size; /* 0: none */
    uint8_t text[SETUP_PASSPHRASE_MAX];
};

/* What a thread of the pool is doing. */
struct job {
    uv_work_t work;
    const struct setup *setup;
    struct wallet_draft *draft; /* owned, unless it is the setup's */
    struct secret *secret;      /* as this */
    bool is_kept, replaces;
    int status;
    char text[ERR_TEXT_SIZE];
};

/*
 * Invariants:
 *
 *  1. At most one of job and trial is there; ended is told how it went.
 *  2. opened was called exactly if is_open; nothing is begun from then on.
 */
struct setup {
    struct setup_options options;
    enum setup_step step;
    struct secret *secret, *tried; /* tried: until it has opened the keys */
    struct wallet_draft *draft;
    bool has_phrase, is_kept, is_open;
    unsigned places[SETUP_PLACES];
    struct job *job;
    struct signer_trial *trial;
    setup_ended *ended;
    void *ended_user;
    void (*closed)(void *user);
    void *closed_user;
    uv_async_t end; /* for a close with nothing under way */
};

static struct secret *new_secret(void)
{
    struct secret *secret = sodium_malloc(sizeof(*secret));

    CHECK(secret);
    secret->size = 0;
    return secret;
}

static void fill_secret(struct secret *secret, struct bytes text)
{
    CHECK(text.size <= sizeof(secret->text));
    if (text.size)
        memcpy(secret->text, text.data, text.size);
    secret->size = text.size;
}

/* ---- life ---- */

static void on_end(uv_async_t *end);

struct setup *setup_new(const struct setup_options *options)
{
    struct setup *setup = mem_zero(1, sizeof(*setup));

    setup->options = *options;
    setup->options.account =
        options->account ? mem_text(options->account) : NULL;
    setup->step = options->is_sealed ? SETUP_LOCKED : SETUP_BEGIN;
    setup->secret = new_secret();
    setup->tried = new_secret();
    if (options->is_added) {
        setup->step = SETUP_WALLET;
        fill_secret(setup->secret, options->passphrase);
        setup->options.passphrase = bytes_text("");
    }
    setup->draft = wallet_draft_new();
    CHECK(!uv_async_init(options->loop, &setup->end, on_end));
    setup->end.data = setup;
    return setup;
}

static void on_closed(uv_handle_t *handle)
{
    struct setup *setup = handle->data;
    void (*closed)(void *) = setup->closed;
    void *user = setup->closed_user;

    wallet_draft_free(setup->draft);
    sodium_free(setup->secret);
    sodium_free(setup->tried);
    free((char *)setup->options.account);
    free(setup);
    closed(user);
}

static void close_if_over(struct setup *setup)
{
    if (setup->closed && !setup->job && !setup->trial &&
        !uv_is_closing((uv_handle_t *)&setup->end))
        uv_close((uv_handle_t *)&setup->end, on_closed);
}

static void on_end(uv_async_t *end)
{
    close_if_over(end->data);
}

void setup_close(struct setup *setup, void (*closed)(void *user), void *user)
{
    CHECK(!setup->closed && closed);
    setup->closed = closed;
    setup->closed_user = user;
    if (setup->trial)
        signer_trial_cancel(setup->trial);
    CHECK(!uv_async_send(&setup->end));
}

/* ---- where it stands ---- */

enum setup_step setup_step(const struct setup *setup)
{
    return setup->step;
}

bool setup_is_busy(const struct setup *setup)
{
    return setup->job || setup->trial || setup->is_open;
}

const unsigned *setup_places(const struct setup *setup)
{
    return setup->places;
}

struct bytes setup_secret(const struct setup *setup)
{
    return bytes_make(setup->secret->text, setup->secret->size);
}

/* Whether it is decided what the wallet is sealed by. */
static bool has_passphrase(const struct setup *setup)
{
    return setup->secret->size || setup->options.is_added;
}

/* What everything but a passphrase's trial asks. */
static int check_state(const struct setup *setup, bool is_locked)
{
    if (setup_is_busy(setup))
        return err_set(ERR_BUSY, "the keys are being written or opened");
    if (is_locked != (setup->step == SETUP_LOCKED))
        return err_set(ERR_STATE, is_locked
                                      ? "this node has no wallet yet"
                                      : "this node has a wallet: it is locked");
    return 0;
}

int setup_go(struct setup *setup, enum setup_step step)
{
    int status = check_state(setup, false);

    if (status)
        return status;
    if (step < (setup->options.is_added ? SETUP_WALLET : SETUP_BEGIN) ||
        step > SETUP_CONFIRM ||
        (step > SETUP_PASSPHRASE && !has_passphrase(setup)) ||
        (step > SETUP_WALLET && !setup->has_phrase))
        return err_set(ERR_STATE, "something comes before step %s",
                       setup_step_name(step));
    setup->step = step;
    return 0;
}

int setup_set_passphrase(struct setup *setup, struct bytes passphrase,
                         bool is_kept)
{
    int status = check_state(setup, false);

    if (!status && setup->options.is_added)
        status = err_set(ERR_STATE, "it has the passphrase of the others");
    if (!status)
        status = setup_check_passphrase(passphrase);
    if (status)
        return status;
    fill_secret(setup->secret, passphrase);
    setup->is_kept = is_kept;
    setup->step = SETUP_WALLET;
    return 0;
}

int setup_phrase(struct setup *setup, const char **words)
{
    uint8_t random[SETUP_PLACES];
    int status = check_state(setup, false);

    if (!status && !has_passphrase(setup))
        status = err_set(ERR_STATE, "the passphrase comes first");
    if (status)
        return status;
    if (!setup->has_phrase) {
        wallet_draft_make(setup->draft);
        randombytes_buf(random, sizeof(random));
        setup_draw_places(random, WALLET_DRAFT_WORDS, setup->places);
        setup->has_phrase = true;
    }
    if (setup->step < SETUP_PHRASE)
        setup->step = SETUP_PHRASE;
    *words = wallet_draft_words(setup->draft);
    return 0;
}

/* ---- writing ---- */

/* One that another passphrase left: it would open nothing. */
static void remove_kept(const char *folder)
{
    char *path = mem_format("%s/" WALLET_PASSPHRASE_FILE, folder);

    (void)unlink(path);
    free(path);
}

/* On a thread of the pool. The setup is not changed meanwhile: it is busy. */
static void write_keys(uv_work_t *work)
{
    struct job *job = work->data;
    const struct setup_options *options = &job->setup->options;
    const struct bytes passphrase =
        bytes_make(job->secret->text, job->secret->size);
    struct wallet_draft_file files[2];
    size_t count = 0;

    if (job->is_kept)
        files[count++] =
            (struct wallet_draft_file){WALLET_PASSPHRASE_FILE, passphrase};
    else if (!options->is_added)
        remove_kept(options->folder);
    if (!job->replaces && !options->is_added)
        files[count++] =
            (struct wallet_draft_file){SETUP_STEP_FILE, bytes_text("6\n")};
    job->status = (job->replaces ? wallet_draft_reseal : wallet_draft_save)(
        job->draft, options->folder, options->account, passphrase, files,
        count);
    if (job->status)
        snprintf(job->text, sizeof(job->text), "%s", err_text());
}

/* Told last, for who is told may close it; it may be closed already. */
static void tell(struct setup *setup, int status)
{
    setup_ended *ended = setup->ended;

    setup->ended = NULL;
    setup->is_open = !status;
    ended(setup->ended_user, status);
    if (!status && !setup->closed)
        setup->options.opened(setup->options.user);
    close_if_over(setup);
}

static void on_written(uv_work_t *work, int unused)
{
    struct job *job = work->data;
    struct setup *setup = (struct setup *)job->setup;
    int status = job->status;

    if (!status) {
        fill_secret(setup->secret,
                    bytes_make(job->secret->text, job->secret->size));
        setup->is_kept = job->is_kept;
    } else {
        err_set(status, "%s", job->text);
    }
    if (job->draft != setup->draft)
        wallet_draft_free(job->draft);
    if (job->secret != setup->secret)
        sodium_free(job->secret);
    setup->job = NULL;
    free(job);
    tell(setup, status);
}

static void start_writing(struct setup *setup, struct job *job,
                          setup_ended *ended, void *user)
{
    job->setup = setup;
    job->work.data = job;
    setup->job = job;
    setup->ended = ended;
    setup->ended_user = user;
    CHECK(!uv_queue_work(setup->options.loop, &job->work, write_keys,
                         on_written));
}

/* What is written at the end of either way to a wallet. */
static void start_saving(struct setup *setup, struct wallet_draft *draft,
                         setup_ended *ended, void *user)
{
    struct job *job = mem_zero(1, sizeof(*job));

    job->draft = draft;
    job->secret = setup->secret;
    job->is_kept = setup->is_kept;
    start_writing(setup, job, ended, user);
}

int setup_confirm(struct setup *setup, const struct bytes words[SETUP_PLACES],
                  unsigned *wrong, setup_ended *ended, void *user)
{
    int status = check_state(setup, false);

    *wrong = 0;
    if (!status && setup->step != SETUP_CONFIRM)
        status = err_set(ERR_STATE, "the words come first");
    for (unsigned i = 0; i < SETUP_PLACES && !status; i++)
        if (!setup_word_is(wallet_draft_words(setup->draft), setup->places[i],
                           words[i])) {
            *wrong = setup->places[i];
            status = err_set(ERR_INVALID,
                             "word %u is not what was shown; look at your "
                             "paper",
                             *wrong);
        }
    if (!status)
        start_saving(setup, setup->draft, ended, user);
    return status;
}

int setup_look(struct bytes text, struct pubkey *main, struct pubkey *staking,
               struct pubkey *staking_kpl)
{
    struct wallet_draft *draft = wallet_draft_new();
    int status = wallet_draft_take(draft, text);

    *main = *wallet_draft_main(draft);
    *staking = *wallet_draft_staking(draft);
    *staking_kpl = *wallet_draft_staking_kpl(draft);
    wallet_draft_free(draft);
    return status;
}

int setup_import(struct setup *setup, struct bytes text, setup_ended *ended,
                 void *user)
{
    int status = check_state(setup, false);

    if (!status && !has_passphrase(setup))
        status = err_set(ERR_STATE, "the passphrase comes first");
    if (status)
        return status;
    struct wallet_draft *draft = wallet_draft_new();
    status = wallet_draft_take(draft, text);
    if (status)
        wallet_draft_free(draft);
    else
        start_saving(setup, draft, ended, user);
    return status;
}

/* ---- a folder that is locked ---- */

static void on_tried(void *user, int status)
{
    struct setup *setup = user;

    setup->trial = NULL;
    if (!status)
        fill_secret(setup->secret,
                    bytes_make(setup->tried->text, setup->tried->size));
    tell(setup, status);
}

/* By a process of its own, so that the keys do not come into this one. */
int setup_unlock(struct setup *setup, struct bytes passphrase,
                 setup_ended *ended, void *user)
{
    const struct setup_options *options = &setup->options;
    const struct signer_message order = {
        .kind = SIGNER_ASK_OPEN,
        .folder = bytes_text(options->folder),
        .account = bytes_text(options->account ? options->account : ""),
        .passphrase_file = bytes_text("-"),
    };
    int status = check_state(setup, true);

    if (!status && passphrase.size > SETUP_PASSPHRASE_MAX)
        status = err_set(ERR_DENIED, "that is not the passphrase");
    if (status)
        return status;
    fill_secret(setup->tried, passphrase);
    setup->ended = ended;
    setup->ended_user = user;
    return signer_trial_start(options->loop, options->signer, &order,
                              passphrase, on_tried, setup, &setup->trial);
}

int setup_replace(struct setup *setup, struct bytes words,
                  struct bytes passphrase, bool is_kept, setup_ended *ended,
                  void *user)
{
    struct wallet_draft *draft = wallet_draft_new();
    int status = check_state(setup, true);

    if (!status)
        status = setup_check_passphrase(passphrase);
    if (!status)
        status = wallet_draft_take(draft, words);
    if (!status && !*wallet_draft_words(draft))
        status = err_set(ERR_INVALID, "these are not the words of a wallet");
    if (status) {
        wallet_draft_free(draft);
        return status;
    }
    struct job *job = mem_zero(1, sizeof(*job));
    job->draft = draft;
    job->secret = new_secret();
    fill_secret(job->secret, passphrase);
    job->is_kept = is_kept;
    job->replaces = true;
    start_writing(setup, job, ended, user);
    return 0;
}
