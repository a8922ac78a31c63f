/*
 * The first run, as far as a node has no keys that are open: which step its
 * operator is at, and what was given so far. Nothing is on disk until the words
 * were confirmed; then all of it is (node/money/wallet_draft.h).
 *
 *     begin ─ passphrase ─ wallet ─┬─ phrase ─ confirm ─┬─ (written)
 *                                  └─ import ───────────┘
 *
 * One more wallet for a node that runs begins at SETUP_WALLET, and ends when it
 * is written.
 *
 * A folder whose keys are sealed begins at SETUP_LOCKED: the passphrase opens
 * it, or the wallet's words set another one.
 *
 * Secrets are in locked memory. Files are written, and passphrases tried, on
 * other threads or in other processes.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_PAGE_SETUP_H
#define POND_NODE_PAGE_SETUP_H

#include "base/bytes.h"
#include "crypto/key.h"
#include <uv.h>

/* Of a passphrase that is chosen: characters, and bytes in UTF-8. */
#define SETUP_PASSPHRASE_MIN 12
#define SETUP_PASSPHRASE_MAX 256

/* How many words of the phrase are asked for. */
#define SETUP_PLACES 3

/* The file with the step of a node that has its keys. */
#define SETUP_STEP_FILE "first-run"

/* The numbers are those of the page. */
enum setup_step {
    SETUP_DONE = 0,
    SETUP_BEGIN,
    SETUP_PASSPHRASE,
    SETUP_WALLET,
    SETUP_PHRASE,
    SETUP_CONFIRM,
    SETUP_COINS, /* from here on the node runs */
    SETUP_TASK,
    SETUP_TERMS,
    SETUP_WORKS,
    SETUP_LOCKED,
};

/* "1" to "9", "locked", "done". */
const char *setup_step_name(enum setup_step step);
/* ERR_INVALID for none of 1 to 9 and "done". */
int setup_step_parse(const char *name, enum setup_step *out);

/* ERR_INVALID: too short, too long, not UTF-8, or with control characters,
 * which no field of a page has. */
int setup_check_passphrase(struct bytes passphrase);

/* Which words are asked for, rising, from 1: drawn by random. */
void setup_draw_places(const uint8_t random[SETUP_PLACES], unsigned words,
                       unsigned out[SETUP_PLACES]);

/* Is word number place (from 1) of the phrase this one? White space around it,
 * and capitals, do not count. */
bool setup_word_is(const char *phrase, unsigned place, struct bytes word);

/* {"words":[...]} of a phrase, into an empty buffer that does not move while it
 * grows, so that wiping it wipes all. */
void setup_write_words(const char *phrase, struct buffer *out);

struct setup;

struct setup_options {
    uv_loop_t *loop;
    const char *folder, *account;
    const char *signer; /* the program pond-signer, which tries passphrases */
    bool is_sealed;     /* the folder has keys */
    /* One more wallet, of that account, for a folder that has keys: it begins
     * at SETUP_WALLET, and is sealed by this passphrase, that of the others;
     * empty: none of them is sealed. Copied. */
    bool is_added;
    struct bytes passphrase;
    /* The keys can be opened by setup_secret() now. Once, from the loop. */
    void (*opened)(void *user);
    void *user;
};

/* Texts are borrowed, but for the account, which is copied. The folder's lock
 * is the caller's. */
struct setup *setup_new(const struct setup_options *options);
/* closed comes, from the loop, when nothing is under way any more; secrets are
 * gone then. */
void setup_close(struct setup *setup, void (*closed)(void *user), void *user);

enum setup_step setup_step(const struct setup *setup);
/* Keys are being written, or a passphrase is being tried. */
bool setup_is_busy(const struct setup *setup);
/* Of SETUP_CONFIRM. */
const unsigned *setup_places(const struct setup *setup);
/* The passphrase that opens the keys; valid until the setup is closed. */
struct bytes setup_secret(const struct setup *setup);

/* Go to a step that can be gone to: forth as far as what was given allows, back
 * at any time. ERR_STATE. */
int setup_go(struct setup *setup, enum setup_step step);

/* is_kept: it is to be written into the folder, too, so that the node starts
 * without asking. Goes on to SETUP_WALLET. Errors of setup_check_passphrase();
 * ERR_STATE. */
int setup_set_passphrase(struct setup *setup, struct bytes passphrase,
                         bool is_kept);

/* The words, made when they are first asked for, and the same from then on.
 * Goes on to SETUP_PHRASE. *words is valid until the setup is closed.
 * ERR_STATE: there is no passphrase yet. */
int setup_phrase(struct setup *setup, const char **words);

/* How what was begun ended, from the loop. */
typedef void setup_ended(void *user, int status);

/* The three words, in the order of setup_places(). ERR_INVALID with *wrong: the
 * place (from 1) of the first that is not the phrase's. After 0 the files are
 * written, and ended comes. ERR_STATE, ERR_BUSY. */
int setup_confirm(struct setup *setup, const struct bytes words[SETUP_PLACES],
                  unsigned *wrong, setup_ended *ended, void *user);

/* The addresses that words or a key give; nothing of them is kept. ERR_INVALID.
 */
int setup_look(struct bytes text, struct pubkey *main, struct pubkey *staking,
               struct pubkey *staking_kpl);

/* Take them: as setup_confirm(). */
int setup_import(struct setup *setup, struct bytes text, setup_ended *ended,
                 void *user);

/* Of SETUP_LOCKED: try the passphrase; or set another one by the wallet's
 * words. ended gets ERR_DENIED for a wrong passphrase, or other words. */
int setup_unlock(struct setup *setup, struct bytes passphrase,
                 setup_ended *ended, void *user);
int setup_replace(struct setup *setup, struct bytes words,
                  struct bytes passphrase, bool is_kept, setup_ended *ended,
                  void *user);

#endif
