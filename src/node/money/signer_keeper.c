/*
 * One process at a time: the next is started when the last one is gone, after a
 * pause that doubles, so that one that dies at once does not eat the machine.
 */
#include "node/money/signer_keeper.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/money/signer_process.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC 0x534b4550u

/* A round is some minutes, and starting takes milliseconds. */
#define PAUSE_MS_MIN 250
#define PAUSE_MS_MAX 30000

/* One that was ready for that long did not die of its start. With a minute,
 * ends that are seconds apart would add up to a pause in which a round's
 * submission is missed. */
#define SOUND_MS 1000

/*
 * Invariants:
 *
 *  1. process is NULL exactly between ended() and the next start.
 *  2. state.state is SIGNER_READY only with a process that has said so.
 *  3. the keeper is freed when process and trial are NULL and pause is closed.
 */
struct signer_keeper {
    unsigned magic;
    uv_loop_t *loop;
    char *program, *folder, *account, *file;
    struct signer_process *process;
    uv_timer_t pause;
    uint64_t pause_ms, ready_ms;
    struct pubkey main, staking;
    struct signer_state state;
    char trouble[ERR_TEXT_SIZE];
    bool is_closing;
    struct signer_trial *trial; /* under way, or NULL */
    signer_tried *proved;
    void *proved_user;
    signer_tried *unlocked; /* told when the keys are open, or are not; NULL */
    void *unlocked_user;
    struct signer_keeper_events events;
    void *user;
};

static struct bytes text_or_none(const char *text)
{
    return bytes_text(text ? text : "");
}

static struct signer_message order_of(const struct signer_keeper *keeper,
                                      uint8_t flags)
{
    return (struct signer_message){
        .kind = SIGNER_ASK_OPEN,
        .flags = flags,
        .folder = text_or_none(keeper->folder),
        .account = text_or_none(keeper->account),
        .passphrase_file = text_or_none(keeper->file),
    };
}

static void take_flags(struct signer_keeper *keeper,
                       const struct signer_message *ready)
{
    keeper->state.state = SIGNER_READY;
    keeper->state.process = signer_process_id(keeper->process);
    keeper->state.is_confined = (ready->flags & SIGNER_IS_CONFINED) != 0;
    keeper->state.is_locked = (ready->flags & SIGNER_IS_LOCKED) != 0;
    keeper->state.is_sealed = (ready->flags & SIGNER_IS_SEALED) != 0;
    keeper->ready_ms = uv_now(keeper->loop);
}

/* ---- the end ---- */

static void free_keeper(struct signer_keeper *keeper)
{
    free(keeper->program);
    free(keeper->folder);
    free(keeper->account);
    free(keeper->file);
    keeper->magic = 0;
    free(keeper);
}

static void on_closed(uv_handle_t *handle)
{
    struct signer_keeper *keeper = handle->data;

    CHECK_MAGIC(keeper, MAGIC);
    if (keeper->events.closed)
        keeper->events.closed(keeper->user);
    free_keeper(keeper);
}

/* Nothing but the timer is left of one that is being closed. */
static void close_if_over(struct signer_keeper *keeper)
{
    if (keeper->is_closing && !keeper->process && !keeper->trial)
        uv_close((uv_handle_t *)&keeper->pause, on_closed);
}

void signer_keeper_close(struct signer_keeper *keeper)
{
    CHECK_MAGIC(keeper, MAGIC);
    CHECK(!keeper->is_closing);
    keeper->is_closing = true;
    keeper->state.state = SIGNER_DOWN;
    uv_timer_stop(&keeper->pause);
    if (keeper->process)
        signer_process_close(keeper->process);
    if (keeper->trial)
        signer_trial_cancel(keeper->trial);
    close_if_over(keeper);
}

/* ---- again ---- */

static void start_again(uv_timer_t *timer);

uint64_t signer_keeper_pause_ms(uint64_t before_ms, uint64_t lived_ms)
{
    if (!before_ms || lived_ms >= SOUND_MS)
        return PAUSE_MS_MIN;
    return before_ms * 2 < PAUSE_MS_MAX ? before_ms * 2 : PAUSE_MS_MAX;
}

static void pause_and_start(struct signer_keeper *keeper)
{
    uint64_t lived_ms = keeper->state.state == SIGNER_READY
                            ? uv_now(keeper->loop) - keeper->ready_ms
                            : 0;

    keeper->pause_ms = signer_keeper_pause_ms(keeper->pause_ms, lived_ms);
    uv_timer_start(&keeper->pause, start_again, keeper->pause_ms, 0);
    keeper->state.state = SIGNER_STARTING;
}

/* Not to be started again by itself. */
static void go_down(struct signer_keeper *keeper, const char *why)
{
    keeper->state.state = SIGNER_DOWN;
    snprintf(keeper->trouble, sizeof(keeper->trouble), "%s", why);
    log_error("signer",
              "nothing can be signed: %s; start this node anew, so that the "
              "keys can be opened",
              why);
}

/* Whoever has unlocked is told how that went. */
static void tell_unlocked(struct signer_keeper *keeper, int status,
                          const char *why)
{
    signer_tried *done = keeper->unlocked;

    keeper->unlocked = NULL;
    if (!done)
        return;
    if (status)
        err_set(status, "%s", why);
    done(keeper->unlocked_user, status);
}

/* The keys must be those of before: a stake hangs on them. */
static void check_ready(struct signer_keeper *keeper,
                        const struct signer_message *ready)
{
    if (!pubkey_equal(&ready->main, &keeper->main) ||
        !pubkey_equal(&ready->staking, &keeper->staking)) {
        go_down(keeper, "the keys in the node's folder are others than at its "
                        "start");
        signer_process_close(keeper->process);
        tell_unlocked(keeper, ERR_STATE, keeper->trouble);
        return;
    }
    take_flags(keeper, ready);
    keeper->state.is_shut = false;
    keeper->trouble[0] = 0;
    log_info("signer", "the signing process runs again (process %d)",
             keeper->state.process);
    keeper->events.came_back(keeper->user);
    tell_unlocked(keeper, 0, "");
}

static void on_said(void *user, const struct signer_message *message)
{
    struct signer_keeper *keeper = user;

    CHECK_MAGIC(keeper, MAGIC);
    if (keeper->state.state == SIGNER_READY) {
        keeper->events.answered(keeper->user, message);
    } else if (message->kind == SIGNER_SAY_READY) {
        check_ready(keeper, message);
    } else if (message->kind == SIGNER_SAY_FAILED) {
        char why[ERR_TEXT_SIZE];
        snprintf(why, sizeof(why), "%.*s", (int)message->bytes.size,
                 (const char *)message->bytes.data);
        if (keeper->unlocked) {
            keeper->state.state = SIGNER_DOWN;
            tell_unlocked(keeper, message->status, why);
        } else {
            go_down(keeper, why);
        }
    }
}

static void on_ended(void *user, const char *why)
{
    struct signer_keeper *keeper = user;

    CHECK_MAGIC(keeper, MAGIC);
    keeper->process = NULL;
    keeper->state.process = 0;
    if (keeper->is_closing) {
        tell_unlocked(keeper, ERR_CANCELLED, "the node is stopping");
        close_if_over(keeper);
        return;
    }
    /* One that was to unlock has ended without a word: as before it. */
    if (keeper->unlocked) {
        keeper->state.state = SIGNER_DOWN;
        tell_unlocked(keeper, ERR_CLOSED, why);
    }
    if (keeper->state.state == SIGNER_DOWN) {
        keeper->events.lost(keeper->user, ERR_STATE, keeper->trouble);
        return;
    }
    snprintf(keeper->trouble, sizeof(keeper->trouble), "%s", why);
    log_error("signer", "%s", why);
    pause_and_start(keeper);
    keeper->state.restarts++;
    keeper->events.lost(keeper->user, ERR_CLOSED, why);
}

static const struct signer_process_events process_events = {
    .said = on_said,
    .ended = on_ended,
};

static void start_again(uv_timer_t *timer)
{
    struct signer_keeper *keeper = timer->data;
    const struct signer_message order = order_of(keeper, SIGNER_AGAIN);
    int status =
        signer_process_start(keeper->loop, keeper->program, &order,
                             &process_events, keeper, &keeper->process);

    if (status) {
        log_error("signer", "%s", err_text());
        pause_and_start(keeper);
        return;
    }
    signer_process_listen(keeper->process);
}

/* ---- by a passphrase ---- */

/* The keys must be there, and nobody is asked. */
static struct signer_message order_by_input(const struct signer_keeper *keeper)
{
    struct signer_message order = order_of(keeper, 0);

    order.passphrase_file = bytes_text("-");
    return order;
}

static void on_proved(void *user, int status)
{
    struct signer_keeper *keeper = user;
    signer_tried *done = keeper->proved;
    void *done_user = keeper->proved_user;

    CHECK_MAGIC(keeper, MAGIC);
    keeper->trial = NULL;
    done(done_user, status);
    close_if_over(keeper);
}

int signer_keeper_prove(struct signer_keeper *keeper, struct bytes passphrase,
                        signer_tried *done, void *user)
{
    const struct signer_message order = order_by_input(keeper);

    CHECK_MAGIC(keeper, MAGIC);
    CHECK(!keeper->is_closing);
    if (keeper->trial)
        return err_set(ERR_BUSY, "another passphrase is being tried");
    keeper->proved = done;
    keeper->proved_user = user;
    return signer_trial_start(keeper->loop, keeper->program, &order, passphrase,
                              on_proved, keeper, &keeper->trial);
}

void signer_keeper_resealed(struct signer_keeper *keeper, const char *file)
{
    CHECK_MAGIC(keeper, MAGIC);
    keeper->state.is_sealed = true;
    free(keeper->file);
    keeper->file = file ? mem_text(file) : NULL;
}

int signer_keeper_lock(struct signer_keeper *keeper)
{
    CHECK_MAGIC(keeper, MAGIC);
    CHECK(!keeper->is_closing);
    if (keeper->state.is_shut)
        return err_set(ERR_STATE, "it is locked already");
    if (!keeper->state.is_sealed)
        return err_set(ERR_STATE, "the wallet has no passphrase");
    keeper->state.state = SIGNER_DOWN;
    keeper->state.is_shut = true;
    snprintf(keeper->trouble, sizeof(keeper->trouble),
             "it was locked by its operator");
    uv_timer_stop(&keeper->pause);
    if (keeper->process)
        signer_process_close(keeper->process);
    log_info("signer", "locked: nothing is signed until the passphrase is "
                       "given");
    return 0;
}

int signer_keeper_unlock(struct signer_keeper *keeper, struct bytes passphrase,
                         signer_tried *done, void *user)
{
    const struct signer_message order = order_by_input(keeper);
    int input, status;

    CHECK_MAGIC(keeper, MAGIC);
    CHECK(!keeper->is_closing);
    if (keeper->state.state != SIGNER_DOWN)
        return err_set(ERR_STATE, "the keys are open");
    if (keeper->process)
        return err_set(ERR_BUSY, "the signing process is still ending");
    input = signer_passphrase_pipe(passphrase);
    if (input < 0)
        return ERR_IO;
    status =
        signer_process_start_with(keeper->loop, keeper->program, &order, input,
                                  &process_events, keeper, &keeper->process);
    if (status)
        return status;
    keeper->state.state = SIGNER_STARTING;
    keeper->unlocked = done;
    keeper->unlocked_user = user;
    signer_process_listen(keeper->process);
    return 0;
}

/* ---- the start ---- */

static struct signer_keeper *new_keeper(uv_loop_t *loop,
                                        const struct signer_start *start)
{
    struct signer_keeper *keeper = mem_zero(1, sizeof(*keeper));

    keeper->magic = MAGIC;
    keeper->loop = loop;
    keeper->program = mem_text(start->program);
    keeper->folder = mem_text(start->folder);
    keeper->account = mem_text(start->account);
    keeper->file = mem_text(start->known.size ? "-" : start->passphrase.file);
    keeper->state.trouble = keeper->trouble;
    CHECK(!uv_timer_init(loop, &keeper->pause));
    keeper->pause.data = keeper;
    return keeper;
}

/* The texts go into one message of limited size. */
static int check_texts(const struct signer_start *start)
{
    const char *texts[] = {start->folder, start->account,
                           start->passphrase.file};

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        if (texts[i] && strlen(texts[i]) > SIGNER_TEXT_MAX)
            return err_set(ERR_LIMIT, "%.40s…: longer than %d bytes", texts[i],
                           SIGNER_TEXT_MAX);
    return 0;
}

static int start_first(struct signer_keeper *keeper,
                       const struct signer_message *order, struct bytes known)
{
    if (!known.size)
        return signer_process_start(keeper->loop, keeper->program, order,
                                    &process_events, keeper, &keeper->process);
    int input = signer_passphrase_pipe(known);

    return input < 0 ? ERR_IO
                     : signer_process_start_with(keeper->loop, keeper->program,
                                                 order, input, &process_events,
                                                 keeper, &keeper->process);
}

int signer_keeper_open(uv_loop_t *loop, const struct signer_start *start,
                       const struct signer_keeper_events *events, void *user,
                       struct pubkey *main, struct pubkey *staking,
                       struct signer_keeper **out)
{
    int status = check_texts(start);

    if (status)
        return status;
    struct signer_keeper *keeper = new_keeper(loop, start);
    struct signer_message ready;
    const struct signer_message order =
        order_of(keeper, SIGNER_MAY_MAKE |
                             (start->passphrase.may_ask ? SIGNER_MAY_ASK : 0) |
                             (start->is_plain ? SIGNER_PLAIN : 0));
    status = start_first(keeper, &order, start->known);
    if (!status)
        status = signer_process_wait(keeper->process, &ready);
    if (status) {
        uv_close((uv_handle_t *)&keeper->pause, on_closed);
        return status;
    }
    keeper->main = ready.main;
    keeper->staking = ready.staking;
    take_flags(keeper, &ready);
    signer_process_listen(keeper->process);
    keeper->events = *events;
    keeper->user = user;
    *main = keeper->main;
    *staking = keeper->staking;
    *out = keeper;
    return 0;
}

const struct signer_state *
signer_keeper_state(const struct signer_keeper *keeper)
{
    CHECK_MAGIC(keeper, MAGIC);
    return &keeper->state;
}

void signer_keeper_ask(struct signer_keeper *keeper,
                       const struct signer_message *question, int socket)
{
    CHECK_MAGIC(keeper, MAGIC);
    CHECK(keeper->state.state == SIGNER_READY);
    signer_process_send(keeper->process, question, socket);
}
