/*
 * What the C functions over OpenSSL share: its start without a configuration,
 * its errors as Node shows them, its digests by name, and bytes that are wiped.
 *
 * All functions are for the engine's thread.
 */
#ifndef POND_RUNTIME_WORKER_WORKER_OPENSSL_H
#define POND_RUNTIME_WORKER_WORKER_OPENSSL_H

#include "runtime/worker/worker_bind.h"
#include <openssl/evp.h>

/* The largest size in bytes that a call takes or gives: OpenSSL counts most
 * sizes in an int, and padding adds to them. */
#define WORKER_OPENSSL_SIZE_MAX 0x7fff0000u

/* Every function that calls OpenSSL begins with this. OpenSSL must not read its
 * configuration, because the sandbox has no files for it and tasks must get the
 * same answers on every machine. Errors of earlier calls are dropped. */
void worker_openssl_begin(void);

/* Throws OpenSSL's first error in Node's form: the message is OpenSSL's text,
 * the code ERR_OSSL_ and the reason, `library` and `reason` are properties.
 * otherwise is the message if OpenSSL has none. Returns undefined. */
JSValueRef worker_openssl_throw(JSContextRef context, JSValueRef *exception,
                                const char *otherwise);

/* The digest with a name that js/digest.js knows. It is never freed. NULL with
 * *exception set if this OpenSSL has none. */
const EVP_MD *worker_openssl_digest(JSContextRef context, JSValueRef name,
                                    JSValueRef *exception);

/* The bytes as a Uint8Array; data is wiped and freed. */
JSValueRef worker_openssl_give(JSContextRef context, uint8_t *data, size_t size,
                               JSValueRef *exception);

/* Views of the arguments from first on, count of them. undefined counts as no
 * bytes. False with *exception set. A view may have no bytes and no address;
 * worker_openssl_at() gives OpenSSL an address then, because it takes NULL for
 * "not given" or measures it as a text. */
bool worker_openssl_views(JSContextRef context, const JSValueRef *arguments,
                          size_t first, size_t count, struct bytes *out,
                          JSValueRef *exception);
const uint8_t *worker_openssl_at(struct bytes bytes);

#endif
