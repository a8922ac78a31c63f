/*
 * Key files of Solana's and Koii's CLIs: a JSON array of the 64 numbers of a
 * keypair's secret form (struct keypair). Written with mode 0600.
 *
 *     [157,97,177, ... ,81,26]
 *
 * A file may also hold the 64 bytes in base58, as browsers' wallets export
 * them; none is written.
 *
 * There is no passphrase on such a file: its mode is all that guards it. For
 * keys at rest under a passphrase see sealed_key.h; such a file gives
 * ERR_DENIED here.
 */
#ifndef POND_CRYPTO_KEYFILE_H
#define POND_CRYPTO_KEYFILE_H

#include "crypto/key.h"
#include "crypto/passphrase.h"

/* ERR_NOT_FOUND, ERR_INVALID, ERR_LIMIT (over 4 KiB: no key file) with the path
 * in the text. The caller wipes out. */
int keyfile_read(const char *path, struct keypair *out);

/* ERR_EXISTS if a file is there and overwrite is false; it is then untouched,
 * even if another process makes it at the same moment. */
int keyfile_write(const char *path, const struct keypair *keypair,
                  bool overwrite);

/* The text of a key as wallets export it, with white space around it: the JSON
 * array, or the same 64 bytes in base58. A byte order mark is passed over.
 * ERR_INVALID names what is wrong and where, and no part of the key. */
int keyfile_parse(struct bytes text, struct keypair *out);
/* The JSON text, appended. Wipe what holds it. */
void keyfile_text(const struct keypair *keypair, struct buffer *out);

/* The key of a file that may be sealed (sealed_key.h). The passphrase is asked
 * for when it turns out to be needed, and only then; is_sealed says whether it
 * was. Errors of keyfile_read(), sealed_key_open() and passphrase_get(). */
int keyfile_open(const char *path, struct passphrase *passphrase,
                 struct keypair *out, bool *is_sealed);

/* keyfile_open(), or where there is no file and may_make is true, a fresh key
 * that is written there, plain. is_new says which. The caller wipes *out in any
 * case. */
int keyfile_open_or_make(const char *path, struct passphrase *passphrase,
                         bool may_make, struct keypair *out, bool *is_new);

/* The address of a file's key. That of a sealed one is what the file says: no
 * passphrase is needed. is_sealed may be NULL. */
int keyfile_address(const char *path, struct pubkey *out, bool *is_sealed);

/* keyfile_write() under a passphrase; an empty one stands for none. The first
 * of a seal takes about a second, and 256 MiB of memory. */
int keyfile_write_sealed(const char *path, const struct keypair *keypair,
                         struct seal *seal, bool overwrite);

/* Write a key file again under a new passphrase; an empty one: plain. It has
 * the old contents or the new ones, whatever happens. One that opens by the new
 * passphrase already is left alone. Errors of keyfile_open() and
 * keyfile_write_sealed(). */
int keyfile_reseal(const char *path, struct passphrase *old,
                   struct seal *fresh);

#endif
