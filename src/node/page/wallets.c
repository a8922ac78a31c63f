#include "node/page/wallets.h"

#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "crypto/keyfile.h"
#include "crypto/mnemonic.h"
#include "node/money/wallet_phrase.h"
#include "node/page/setup.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An answer with a secret does not grow, and leaves no copy: 24 words of 8
 * letters, or a key's 64 numbers. */
#define ANSWER_BYTES 1024

/* In locked memory, and in no core. */
struct secrets {
    size_t old_size, fresh_size;
    char old[PASSPHRASE_SIZE_MAX], fresh[PASSPHRASE_SIZE_MAX];
};

struct work {
    uv_work_t work;
    struct wallets_order order; /* passphrases: in secrets */
    char *folder, *used, *name;
    struct secrets *secrets;
    struct wallet_account *accounts;
    size_t count;
    struct buffer json;
    int status;
    char text[ERR_TEXT_SIZE];
    wallets_done *done;
    void *user;
};

/* ---- on a thread of the pool ---- */

static int read_words(struct work *work)
{
    struct buffer words = {0};
    struct seal seal = {.passphrase = work->order.passphrase};
    int status = wallet_phrase_read(work->folder, work->name, &seal, &words);

    if (!status)
        setup_write_words(buffer_string(&words), &work->json);
    buffer_wipe(&words);
    seal_wipe(&seal);
    return status;
}

/* As a key file has it. */
static int export_key(struct work *work)
{
    struct passphrase passphrase = {.text = work->secrets->old,
                                    .size = work->secrets->old_size};
    struct keypair keypair = {0};
    bool is_sealed;
    char *path;
    int status = (work->order.is_staking
                      ? wallet_staking_path
                      : wallet_main_path)(work->folder, work->name, &path);

    if (status)
        return status;
    status = keyfile_open(path, &passphrase, &keypair, &is_sealed);
    seal_wipe(&passphrase.seal);
    if (!status) {
        buffer_reserve(&work->json, ANSWER_BYTES);
        buffer_text(&work->json, "{\"key\":");
        keyfile_text(&keypair, &work->json);
        buffer_text(&work->json, "}");
    }
    keypair_wipe(&keypair);
    free(path);
    return status;
}

static int carry_out(struct work *work)
{
    const struct wallets_order *order = &work->order;

    switch (order->kind) {
    case WALLETS_LIST:
        return wallet_account_list(work->folder, &work->accounts, &work->count);
    case WALLETS_WORDS:
        return read_words(work);
    case WALLETS_EXPORT:
        return export_key(work);
    case WALLETS_RESEAL:
        return wallet_account_reseal_all(
            work->folder, work->used, order->passphrase, order->fresh,
            order->is_kept ? WALLET_KEEP : WALLET_KEEP_NOT);
    case WALLETS_DELETE:
        return wallet_account_delete(work->folder, work->used, work->name);
    case WALLETS_CHOOSE:
        return wallet_account_choose(work->folder, work->name);
    }
    return err_set(ERR_INVALID, "no such order");
}

static void on_work(uv_work_t *request)
{
    struct work *work = request->data;

    work->status = carry_out(work);
    if (work->status)
        snprintf(work->text, sizeof(work->text), "%s", err_text());
}

/* ---- on the loop ---- */

static void on_done(uv_work_t *request, int unused)
{
    struct work *work = request->data;
    const struct wallets_found found = {.status = work->status,
                                        .accounts = work->accounts,
                                        .count = work->count,
                                        .json = &work->json};

    if (work->status)
        err_set(work->status, "%s", work->text);
    sodium_free(work->secrets);
    work->done(work->user, &found);
    free(work->accounts);
    buffer_wipe(&work->json);
    free(work->folder);
    free(work->used);
    free(work->name);
    free(work);
}

static struct bytes keep(struct bytes text, char *place, size_t *size)
{
    CHECK(text.size <= PASSPHRASE_SIZE_MAX);
    if (text.size)
        memcpy(place, text.data, text.size);
    *size = text.size;
    return bytes_make(place, text.size);
}

void wallets_begin(uv_loop_t *loop, const struct wallets_order *order,
                   wallets_done *done, void *user)
{
    struct work *work = mem_zero(1, sizeof(*work));

    work->order = *order;
    work->folder = mem_text(order->folder);
    work->used = order->used ? mem_text(order->used) : NULL;
    work->name = order->name ? mem_text(order->name) : NULL;
    work->secrets = sodium_malloc(sizeof(*work->secrets));
    CHECK(work->secrets);
    work->order.passphrase =
        keep(order->passphrase, work->secrets->old, &work->secrets->old_size);
    work->order.fresh =
        keep(order->fresh, work->secrets->fresh, &work->secrets->fresh_size);
    work->done = done;
    work->user = user;
    work->work.data = work;
    CHECK(!uv_queue_work(loop, &work->work, on_work, on_done));
}
