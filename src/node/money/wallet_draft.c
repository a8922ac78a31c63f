#include "node/money/wallet_draft.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "crypto/keyfile.h"
#include "crypto/mnemonic.h"
#include "node/money/wallet.h"
#include "node/money/wallet_account.h"
#include "node/money/wallet_change.h"
#include "node/money/wallet_phrase.h"

#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In memory that is locked, and in no core. */
struct wallet_draft {
    char words[MNEMONIC_SIZE];
    struct wallet wallet;
};

struct wallet_draft *wallet_draft_new(void)
{
    struct wallet_draft *draft = sodium_malloc(sizeof(*draft));

    CHECK(draft);
    memset(draft, 0, sizeof(*draft));
    return draft;
}

void wallet_draft_free(struct wallet_draft *draft)
{
    sodium_free(draft); /* which overwrites it */
}

static void clear(struct wallet_draft *draft)
{
    sodium_memzero(draft, sizeof(*draft));
}

const char *wallet_draft_words(const struct wallet_draft *draft)
{
    return draft->words;
}

const struct pubkey *wallet_draft_main(const struct wallet_draft *draft)
{
    return &draft->wallet.main.pubkey;
}

const struct pubkey *wallet_draft_staking(const struct wallet_draft *draft)
{
    return &draft->wallet.staking.pubkey;
}

const struct pubkey *wallet_draft_staking_kpl(const struct wallet_draft *draft)
{
    return &draft->wallet.staking_kpl.pubkey;
}

/* ---- where it comes from ---- */

void wallet_draft_make(struct wallet_draft *draft)
{
    clear(draft);
    mnemonic_generate(WALLET_DRAFT_WORDS, draft->words);
    CHECK(!wallet_from_mnemonic(draft->words, NULL, &draft->wallet));
}

/* An array begins with a bracket, and base58 is one long word. */
static bool is_key(struct bytes text)
{
    size_t at = 0;

    while (at < text.size && isspace(text.data[at]))
        at++;
    if (at < text.size && text.data[at] == '[')
        return true;
    for (; at < text.size && !isspace(text.data[at]); at++)
        ;
    for (; at < text.size; at++)
        if (!isspace(text.data[at]))
            return false;
    return true;
}

static unsigned count_words(const char *words)
{
    unsigned count = *words != 0;

    for (; *words; words++)
        count += *words == ' ';
    return count;
}

static int take_words(struct wallet_draft *draft, struct bytes text)
{
    int status = mnemonic_normalise(text, draft->words);

    if (!status && count_words(draft->words) != 12 &&
        count_words(draft->words) != 24)
        status = err_set(ERR_INVALID, "a wallet has 12 or 24 words");
    return status ? status
                  : wallet_from_mnemonic(draft->words, NULL, &draft->wallet);
}

static int take_key(struct wallet_draft *draft, struct bytes text)
{
    struct keypair main = {0};
    int status = keyfile_parse(text, &main);

    if (!status)
        status = wallet_account_from_key(&main, &draft->wallet);
    keypair_wipe(&main);
    return status;
}

int wallet_draft_take(struct wallet_draft *draft, struct bytes text)
{
    clear(draft);
    int status = is_key(text) ? take_key(draft, text) : take_words(draft, text);

    if (status)
        clear(draft);
    return status;
}

/* ---- into the folder ---- */

static int write_files(const char *folder,
                       const struct wallet_draft_file *files, size_t count)
{
    int status = 0;

    for (size_t i = 0; i < count && !status; i++) {
        char *path = mem_format("%s/%s", folder, files[i].name);
        status = file_replace(path, files[i].contents, 0600);
        free(path);
    }
    return status;
}

static int write_all(const struct wallet_draft *draft,
                     const struct wallet *wallet, const char *folder,
                     const char *account, struct bytes passphrase,
                     const struct wallet_draft_file *files, size_t count)
{
    struct seal seal = {.passphrase = passphrase};
    char *fresh;
    int status = wallet_change_begin(folder, &fresh);

    if (status)
        return status;
    status = wallet_save_sealed(fresh, account, wallet, &seal);
    if (!status && *draft->words)
        status = wallet_phrase_write(fresh, account, bytes_text(draft->words),
                                     &seal);
    seal_wipe(&seal);
    if (!status)
        status = write_files(fresh, files, count);
    return wallet_change_end(folder, fresh, status);
}

int wallet_draft_look(const char *folder, const char *account, bool *has_keys,
                      bool *is_sealed)
{
    char *main = NULL, *staking = NULL;
    struct pubkey address;
    int status = wallet_main_path(folder, account, &main);

    *has_keys = *is_sealed = false;
    if (!status)
        status = wallet_staking_path(folder, account, &staking);
    if (!status)
        *has_keys = file_exists(main) || file_exists(staking);
    /* What can't be read is found out by who opens it. */
    if (*has_keys && keyfile_address(main, &address, is_sealed))
        err_clear();
    free(staking);
    free(main);
    return status;
}

int wallet_draft_save(const struct wallet_draft *draft, const char *folder,
                      const char *account, struct bytes passphrase,
                      const struct wallet_draft_file *files, size_t count)
{
    char name[WALLET_ACCOUNT_SIZE_MAX + 1];
    bool has_keys = false, is_sealed;
    int status = wallet_account_name(folder, account, name);

    if (!status)
        status = wallet_draft_look(folder, name, &has_keys, &is_sealed);
    if (!status && has_keys)
        status = err_set(ERR_EXISTS,
                         "%s holds keys already; keys are never overwritten",
                         folder);
    if (!status)
        status = wallet_account_check_new(folder, wallet_draft_main(draft));
    return status ? status
                  : write_all(draft, &draft->wallet, folder, name, passphrase,
                              files, count);
}

/* ---- by its words again ---- */

static int check_address(char *path, const struct pubkey *wanted)
{
    struct pubkey there;
    int status = keyfile_address(path, &there, NULL);

    if (!status && !pubkey_equal(&there, wanted))
        status = err_set(ERR_DENIED,
                         "these words are those of the wallet %s; the one here "
                         "is %s",
                         PUBKEY_TEXT(wanted), PUBKEY_TEXT(&there));
    free(path);
    return status;
}

/* A folder without a key of KPL tasks has one that follows from the staking
 * key, and keeps it. */
static int check_same(const char *folder, const char *name,
                      struct wallet *wallet)
{
    char *path;
    int status = wallet_main_path(folder, name, &path);

    if (!status)
        status = check_address(path, &wallet->main.pubkey);
    if (!status)
        status = wallet_staking_path(folder, name, &path);
    if (!status)
        status = check_address(path, &wallet->staking.pubkey);
    if (!status)
        status = wallet_staking_kpl_path(folder, name, &path);
    if (!status && file_exists(path))
        return check_address(path, &wallet->staking_kpl.pubkey);
    if (!status) {
        keypair_wipe(&wallet->staking_kpl);
        free(path);
    }
    return status;
}

int wallet_draft_reseal(const struct wallet_draft *draft, const char *folder,
                        const char *account, struct bytes passphrase,
                        const struct wallet_draft_file *files, size_t count)
{
    char name[WALLET_ACCOUNT_SIZE_MAX + 1];
    struct wallet wallet = draft->wallet;
    int status = wallet_account_name(folder, account, name);

    if (!status)
        status = check_same(folder, name, &wallet);
    if (!status)
        status =
            write_all(draft, &wallet, folder, name, passphrase, files, count);
    wallet_wipe(&wallet);
    return status;
}
