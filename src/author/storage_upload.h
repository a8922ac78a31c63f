/*
 * Files of a task to services of Koii's storage, as its SDK uploads them
 * (reference, 5): to all services at once, and one that has all of them is
 * enough.
 *
 * A service is asked for a file before it is sent, so what an upload that broke
 * off has left there is not sent again, and after it was sent: what a service
 * says it keeps is believed when the same bytes come back under the CID that
 * the chain will name.
 *
 * Thread: any; blocks until all services have answered, or have had their time.
 */
#ifndef POND_AUTHOR_STORAGE_UPLOAD_H
#define POND_AUTHOR_STORAGE_UPLOAD_H

#include "base/buffer.h"
#include "crypto/key.h"

/* What one upload is sent to. */
#define STORAGE_SERVICES_MAX 8

/* How often a file is tried at one service. */
#define STORAGE_TRIES 3

/* A file, in a folder of its own. */
struct storage_file {
    const char *name; /* without characters that a URL or a form escapes */
    const char *cid;  /* of the folder */
    struct bytes data;
    /* Base58 of nacl.sign() of its hash (node/money/upload_signing.h). */
    const char *signed_hash;
};

struct storage_upload_options {
    const char *task; /* the storage task's id, in the path of requests */
    const char *const *urls;
    size_t url_count; /* 1 … STORAGE_SERVICES_MAX */
    const struct storage_file *files;
    size_t file_count;
    struct pubkey key; /* the staking key that signed */
    unsigned limit_ms; /* for each request; and as much again for the others
                        * when one service has all */
    /* A line for people about one service; not from inside another call. */
    void (*said)(void *user, const char *url, const char *text);
    void *user;
};

/* held: for each service whether it has all files. ERR_INVALID for a URL that
 * is none. Else, if no service has all of them, the trouble of the last one
 * that failed: ERR_TIMEOUT, ERR_NETWORK, ERR_REMOTE (refused, or said what is
 * not so). */
int storage_upload(const struct storage_upload_options *options, bool *held);

/* ---- parts, for tests ---- */

/* Append the form, and give the Content-Type that goes with it, which the
 * caller frees. */
char *storage_upload_form(const struct storage_file *file,
                          const struct pubkey *key, struct buffer *out);

/* What a service answers to an upload that it took: the CID of the folder.
 * ERR_REMOTE if it is another one, or none. */
int storage_upload_read(const struct storage_file *file, struct bytes answer);

#endif
