/*
 * An upload to Koii's storage, as its SDK sends it (reference, 5): a form
 * (multipart/form-data) with
 *
 *     files, any number of them, in any field
 *     stakingWalletPubkey    the uploader's key, base58
 *     signature              base58 of nacl.sign(hex of the SHA-256 of all
 *                            files' bytes, one after the other), by that key
 *
 * The files come before the signature, so they wait in a file without a name
 * until it has been checked: nothing that nobody has signed gets into the
 * store. Memory does not grow with the upload.
 *
 * Thread: any; a form belongs to one thread at a time. All but the first two
 * functions touch the disk.
 */
#ifndef POND_NODE_REACH_UPLOAD_FORM_H
#define POND_NODE_REACH_UPLOAD_FORM_H

#include "crypto/key.h"
#include "storage/format/unixfs.h"
#include "storage/store/store.h"

struct upload_form;

/* content_type: the request's header, or NULL. folder: where the files wait.
 * ERR_INVALID for another kind of body, ERR_IO, ERR_FULL (as little space is
 * left on the disk as the store leaves free). */
int upload_form_new(const char *content_type, const char *folder,
                    struct upload_form **out);
void upload_form_free(struct upload_form *form); /* NULL is allowed */

/* The next piece of the body. ERR_INVALID, ERR_LIMIT, ERR_IO. */
int upload_form_write(struct upload_form *form, struct bytes piece);

/* The body has ended, and the signature holds. ERR_INVALID for a form without
 * files, a missing field, or two files of one name; ERR_DENIED for a wrong
 * signature. */
int upload_form_end(struct upload_form *form);

/* Of a form that has ended well: the key that signed it, how many bytes its
 * files have, how many files there are, and the name of the first. */
const struct pubkey *upload_form_key(const struct upload_form *form);
uint64_t upload_form_bytes(const struct upload_form *form);
size_t upload_form_count(const struct upload_form *form);
const char *upload_form_name(const struct upload_form *form);

/* Put the files into the store as one folder, whose entry is *out: the SDK
 * reads a file by the folder's CID and its name, be it the only one. The caller
 * holds the store until the folder is pinned. */
int upload_form_put(struct upload_form *form, struct store *store,
                    struct unixfs_entry *out);

#endif
