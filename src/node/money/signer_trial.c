#include "node/money/signer_trial.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "crypto/passphrase.h"
#include "node/money/signer_process.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Invariant: status is what done will get, ERR_CLOSED until something was
 * said. */
struct signer_trial {
    struct signer_process *process;
    int status;
    char text[ERR_TEXT_SIZE];
    signer_tried *done;
    void *user;
};

int signer_passphrase_pipe(struct bytes passphrase)
{
    int ends[2];
    bool is_whole;

    CHECK(passphrase.size <= PASSPHRASE_SIZE_MAX);
    if (pipe2(ends, O_CLOEXEC)) {
        err_errno("a pipe for the passphrase");
        return -1;
    }
    /* A pipe that is empty has room for it. */
    is_whole = write(ends[1], passphrase.data, passphrase.size) ==
                   (ssize_t)passphrase.size &&
               write(ends[1], "\n", 1) == 1;
    close(ends[1]);
    if (is_whole)
        return ends[0];
    err_errno("the passphrase");
    close(ends[0]);
    return -1;
}

static void on_said(void *user, const struct signer_message *message)
{
    struct signer_trial *trial = user;

    if (message->kind == SIGNER_SAY_READY) {
        trial->status = 0;
    } else if (message->kind == SIGNER_SAY_FAILED) {
        trial->status = message->status;
        snprintf(trial->text, sizeof(trial->text), "%.*s",
                 (int)message->bytes.size, (const char *)message->bytes.data);
    }
    signer_process_close(trial->process);
}

static void on_ended(void *user, const char *why)
{
    struct signer_trial *trial = user;

    if (trial->status)
        err_set(trial->status, "%s", *trial->text ? trial->text : why);
    trial->done(trial->user, trial->status);
    free(trial);
}

int signer_trial_start(uv_loop_t *loop, const char *program,
                       const struct signer_message *order,
                       struct bytes passphrase, signer_tried *done, void *user,
                       struct signer_trial **out)
{
    static const struct signer_process_events events = {.said = on_said,
                                                        .ended = on_ended};
    int input = signer_passphrase_pipe(passphrase);
    struct signer_trial *trial;

    if (input < 0)
        return ERR_IO;
    trial = mem_zero(1, sizeof(*trial));
    trial->status = ERR_CLOSED;
    trial->done = done;
    trial->user = user;
    int status = signer_process_start_with(loop, program, order, input, &events,
                                           trial, &trial->process);
    if (status) {
        free(trial);
        return status;
    }
    signer_process_listen(trial->process);
    *out = trial;
    return 0;
}

void signer_trial_cancel(struct signer_trial *trial)
{
    trial->status = ERR_CANCELLED;
    snprintf(trial->text, sizeof(trial->text), "the node is stopping");
    signer_process_close(trial->process);
}
