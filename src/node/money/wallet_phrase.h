/*
 * The words of an account's wallet, beside its keys, as a box of sealed.h under
 * their passphrase; there for wallets that were made or brought as words. Of
 * keys without a passphrase the box has the empty one: whoever can read the
 * keys can read the words, too.
 *
 *     FOLDER/wallets/ACCOUNT_phrase.sealed
 *
 * Thread: any. Calls read and write files, and block for about a second of
 * Argon2id.
 */
#ifndef POND_NODE_MONEY_WALLET_PHRASE_H
#define POND_NODE_MONEY_WALLET_PHRASE_H

#include "base/buffer.h"
#include "crypto/passphrase.h"

/* The file of the folder in which the passphrase of the account in use may be
 * kept, so that its node starts without asking (mode 0600). */
#define WALLET_PASSPHRASE_FILE "passphrase"
/* Its path where there is one; NULL: there is none. The caller frees it. */
char *wallet_passphrase_kept(const char *folder);

/* Where it lies, or would; the caller frees it. account NULL: the one in use,
 * here and below. ERR_INVALID for a name that is none. */
int wallet_phrase_path(const char *folder, const char *account, char **out);

/* In the place of what is there. The folder wallets is there. */
int wallet_phrase_write(const char *folder, const char *account,
                        struct bytes words, struct seal *seal);

/* Appended; the caller wipes them. ERR_NOT_FOUND: none are kept; ERR_DENIED: a
 * wrong passphrase. */
int wallet_phrase_read(const char *folder, const char *account,
                       struct seal *seal, struct buffer *out);

/* Under another passphrase, which may be empty; that they are not kept is no
 * error. Words that the new one opens are left alone. Errors of
 * wallet_phrase_read() and passphrase_get(). */
int wallet_phrase_reseal(const char *folder, const char *account,
                         struct passphrase *old, struct seal *fresh);

#endif
