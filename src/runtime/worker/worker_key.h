/*
 * Objects of JavaScript that hold a key pair or its public half (EVP_PKEY).
 * Private parts stay in C unless they are exported; OpenSSL wipes them.
 */
#ifndef POND_RUNTIME_WORKER_WORKER_KEY_H
#define POND_RUNTIME_WORKER_WORKER_KEY_H

#include "runtime/worker/worker_openssl.h"

/* The key of an object; the object owns it. */
EVP_PKEY *worker_key_of(JSContextRef context, JSValueRef value);

/* An object that owns the key. NULL throws OpenSSL's error, or otherwise. */
JSValueRef worker_key_hold(JSContextRef context, EVP_PKEY *key,
                           JSValueRef *exception, const char *otherwise);

#endif
