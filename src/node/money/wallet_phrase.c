#include "node/money/wallet_phrase.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "crypto/mnemonic.h"
#include "crypto/sealed.h"
#include "node/money/wallet.h"

#include <stdlib.h>
#include <string.h>

/* As sealed.h has it: 24 words and what a box adds. */
#define BOX_MAX (MNEMONIC_SIZE + SEALED_OVERHEAD_BYTES)

char *wallet_passphrase_kept(const char *folder)
{
    char *path = mem_format("%s/" WALLET_PASSPHRASE_FILE, folder);

    if (file_exists(path))
        return path;
    free(path);
    return NULL;
}

int wallet_phrase_path(const char *folder, const char *account, char **out)
{
    char *main;
    int status = wallet_main_path(folder, account, &main);

    if (status)
        return status;
    *out = mem_format("%.*s_phrase.sealed", (int)(strrchr(main, '_') - main),
                      main);
    free(main);
    return 0;
}

int wallet_phrase_write(const char *folder, const char *account,
                        struct bytes words, struct seal *seal)
{
    struct buffer box = {0};
    char *path;
    int status = wallet_phrase_path(folder, account, &path);

    if (status)
        return status;
    status = sealed_make(words, seal, SEALED_MODERATE, &box);
    if (!status)
        status = file_replace(path, buffer_view(&box), 0600);
    buffer_free(&box);
    free(path);
    return status;
}

int wallet_phrase_read(const char *folder, const char *account,
                       struct seal *seal, struct buffer *out)
{
    struct buffer box = {0};
    char *path;
    int status = wallet_phrase_path(folder, account, &path);

    if (status)
        return status;
    status = file_read(path, BOX_MAX, &box);
    /* So that the words do not move while they are appended. */
    buffer_reserve(out, MNEMONIC_SIZE);
    if (status == ERR_NOT_FOUND)
        err_set(status, "the words of this wallet are not kept here");
    if (!status)
        status = sealed_open(buffer_view(&box), seal, out);
    buffer_free(&box);
    free(path);
    return status;
}

/* By the old passphrase, which is asked for if nothing else opens them; is_new:
 * the new one opens them already, as after a change that was broken off. */
static int open_words(const char *folder, const char *account,
                      struct passphrase *old, struct seal *fresh,
                      struct buffer *words, bool *is_new)
{
    struct seal none = {0}, *seal = &none;
    int status =
        old->text ? passphrase_get(old, "the wallet's words", &seal) : 0;

    if (!status)
        status = wallet_phrase_read(folder, account, seal, words);
    seal_wipe(&none);

    *is_new = false;
    if (status == ERR_DENIED) {
        status = wallet_phrase_read(folder, account, fresh, words);
        *is_new = !status;
    }
    if (status == ERR_DENIED && !old->text) {
        status = passphrase_get(old, "the wallet's words", &seal);
        if (!status)
            status = wallet_phrase_read(folder, account, seal, words);
    }
    if (!status)
        err_clear();
    return status;
}

int wallet_phrase_reseal(const char *folder, const char *account,
                         struct passphrase *old, struct seal *fresh)
{
    struct buffer words = {0};
    bool is_new;
    int status = open_words(folder, account, old, fresh, &words, &is_new);

    if (!status && !is_new)
        status =
            wallet_phrase_write(folder, account, buffer_view(&words), fresh);
    buffer_wipe(&words);
    if (status == ERR_NOT_FOUND) {
        err_clear();
        status = 0;
    }
    return status;
}
