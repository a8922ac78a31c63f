/*
 * The passphrase of sealed keys: asked once on a terminal, or read from a file,
 * when it is first needed, and kept in locked memory until passphrase_wipe().
 *
 *     struct passphrase passphrase = {.source = {.file = path}};
 *     status = passphrase_get(&passphrase, "id.json", &seal);
 *     ...
 *     passphrase_wipe(&passphrase);
 *
 * A file holds the passphrase, without a zero byte, and at most one line end
 * behind it. It must not be open to others: mode 0600, or readable by a group
 * if it is root's, as systemd's credentials are.
 *
 * Thread: the main one; calls block.
 */
#ifndef POND_CRYPTO_PASSPHRASE_H
#define POND_CRYPTO_PASSPHRASE_H

#include "crypto/sealed.h"

/* Longest passphrase, in bytes. */
#define PASSPHRASE_SIZE_MAX 1022

struct passphrase_source {
    const char *file; /* a path; "-": standard input; NULL: none. Borrowed. */
    bool may_ask;     /* on the terminal, if there is no file and there is one
                       */
    struct passphrase *said; /* where what came from standard input, which can
                                be read once, is kept for the next who needs it;
                                wiped by its owner. NULL: nowhere. */
};

struct passphrase {
    struct passphrase_source source;
    char *text; /* NULL: not known yet */
    size_t size;
    struct seal seal; /* of the text, once it was got */
};

/* The file of a service's credential "pond-passphrase" (systemd.exec(5),
 * LoadCredential=), if this process was given one; the caller frees it. NULL:
 * there is none. */
char *passphrase_credential(void);

/* The passphrase of what is there; what: its name in the prompt. *out is valid
 * until it is wiped, and is wiped with it. ERR_DENIED: nobody can be asked, or
 * the file is open to others; ERR_INVALID: it is empty; ERR_NOT_FOUND,
 * ERR_LIMIT, ERR_IO. */
int passphrase_get(struct passphrase *passphrase, const char *what,
                   struct seal **out);

/* The passphrase of what is made new: asked twice, and an empty one allowed,
 * which stands for none. From a file as above. Without either: empty. */
int passphrase_get_new(struct passphrase *passphrase, const char *what,
                       struct seal **out);

/* Overwrite and forget it; the source stays. */
void passphrase_wipe(struct passphrase *passphrase);

#endif
