/*
 * One request to the signer for each signature. A message that can't be read,
 * and a key that is unknown, are asked for all the same: the signer refuses
 * them, so that every error comes from one place and by the callback.
 */
#include "node/money/transaction_signing.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "settlement/format/transaction.h"

#include <stdlib.h>

/* Signatures come in the order of their requests, which is that of the keys.
 */
struct signing {
    struct buffer wire;
    size_t missing; /* signatures that have not come yet */
    int status;     /* the first refusal */
    char text[ERR_TEXT_SIZE];
    transaction_signing_done *done;
    void *user;
};

static void on_signed(void *user, int status, const struct signature *signature,
                      struct bytes message)
{
    struct signing *signing = user;

    if (status && !signing->status) {
        signing->status = status;
        snprintf(signing->text, sizeof(signing->text), "%s", err_text());
    }
    if (signature)
        buffer_append(&signing->wire, signature->bytes,
                      sizeof(signature->bytes));
    if (--signing->missing)
        return;
    buffer_bytes(&signing->wire, message);
    if (signing->status)
        err_set(signing->status, "%s", signing->text);
    signing->done(signing->user, signing->status,
                  signing->status ? (struct bytes){0}
                                  : buffer_view(&signing->wire));
    buffer_free(&signing->wire);
    free(signing);
}

/* How many signatures a message asks for: at least one, and one of the main
 * key's where it can't be read. keys are in the arena. */
static size_t signers_of(struct signer *signer, struct bytes message,
                         struct arena *arena, const struct pubkey **keys)
{
    struct transaction parsed;

    if (transaction_parse_message(message, arena, &parsed) ||
        !parsed.required_signatures) {
        err_clear();
        *keys = signer_main(signer);
        return 1;
    }
    *keys = parsed.keys;
    return parsed.required_signatures;
}

void transaction_signing_start(struct signer *signer, struct bytes message,
                               transaction_signing_done *done, void *user)
{
    struct signing *signing = mem_zero(1, sizeof(*signing));
    struct arena arena = {0};
    const struct pubkey *keys;
    size_t count = signers_of(signer, message, &arena, &keys);

    CHECK(done);
    signing->done = done;
    signing->user = user;
    signing->missing = count;
    compact_u16_write(&signing->wire, (uint16_t)count);
    for (size_t i = 0; i < count; i++) {
        struct signer_key key;

        if (!signer_find(signer, &keys[i], &key))
            key = (struct signer_key){.role = SIGNER_ONCE, .of = keys[i]};
        signer_sign(signer, &key, SIGNER_TRANSACTION, message, on_signed,
                    signing);
    }
    arena_free(&arena);
}

struct waiting {
    struct buffer *wire;
    bool is_over;
    int status;
};

static void on_over(void *user, int status, struct bytes wire)
{
    struct waiting *waiting = user;

    buffer_bytes(waiting->wire, wire);
    waiting->status = status;
    waiting->is_over = true;
}

int transaction_signing_wait(struct signer *signer, struct bytes message,
                             struct buffer *wire)
{
    struct waiting waiting = {.wire = wire};

    transaction_signing_start(signer, message, on_over, &waiting);
    while (!waiting.is_over)
        signer_turn(signer);
    return waiting.status;
}
