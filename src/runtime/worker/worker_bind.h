/*
 * The C functions that the JavaScript library may call, as properties of one
 * object, and the helpers to write such functions. Each table ends with a zero
 * entry. A function finds its engine through `this`, so the library calls
 * native.name(...) and never a detached function.
 */
#ifndef POND_RUNTIME_WORKER_WORKER_BIND_H
#define POND_RUNTIME_WORKER_WORKER_BIND_H

#include "runtime/worker/worker_engine.h"

/* The head of such a function's definition. */
#define WORKER_BIND(name)                                                      \
    static JSValueRef name(JSContextRef context, JSObjectRef function,         \
                           JSObjectRef self, size_t count,                     \
                           const JSValueRef *arguments, JSValueRef *exception)

/* send, log, timers, calls, clock, exit. */
extern const JSStaticFunction worker_bind_core[];
/* UTF-8, base64, base58. */
extern const JSStaticFunction worker_bind_text[];
/* Randomness, ed25519. */
extern const JSStaticFunction worker_bind_crypto[];
/* Digests and HMAC in pieces, derived keys. */
extern const JSStaticFunction worker_bind_digest[];
/* Domains in ASCII, characters of old encodings. */
extern const JSStaticFunction worker_bind_icu[];
/* Symmetric ciphers in pieces. */
extern const JSStaticFunction worker_bind_cipher[];
/* Pairs of keys: made, read, written. */
extern const JSStaticFunction worker_bind_key[];
/* What pairs of keys do: sign, verify, agree, encrypt. */
extern const JSStaticFunction worker_bind_key_use[];
/* Memory, CPU time, scripts besides main.js. */
extern const JSStaticFunction worker_bind_process[];
/* zlib's and brotli's codecs. */
extern const JSStaticFunction worker_bind_zlib[];
/* Names in the task's folder, and files that are open. */
extern const JSStaticFunction worker_bind_file[];
extern const JSStaticFunction worker_bind_descriptor[];

struct worker_engine *worker_bind_engine(JSObjectRef self);

/* Make *exception an Error with code (a text property) and message. Returns
 * undefined. */
JSValueRef worker_bind_throw(JSContextRef context, JSValueRef *exception,
                             const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* As above; code and message are err_name() and err_text(). */
JSValueRef worker_bind_throw_status(JSContextRef context, JSValueRef *exception,
                                    int status);

/* The value as UTF-8 in new memory; free() it. NULL with *exception set. */
char *worker_bind_copy_text(JSContextRef context, JSValueRef value,
                            size_t *size, JSValueRef *exception);

/* The bytes of a Uint8Array, in the engine's memory: valid until JavaScript
 * runs again. False with *exception set. */
bool worker_bind_view(JSContextRef context, JSValueRef value, struct bytes *out,
                      JSValueRef *exception);

JSValueRef worker_bind_make_text(JSContextRef context, const char *text);
/* The UTF-8 need not be well formed: U+FFFD stands for ill-formed parts. */
JSValueRef worker_bind_make_text_of(JSContextRef context, struct bytes utf8);
JSValueRef worker_bind_make_bytes(JSContextRef context, struct bytes bytes,
                                  JSValueRef *exception);

/* The argument at index as a number; 0 if it is missing or not finite. */
double worker_bind_number(JSContextRef context, size_t count,
                          const JSValueRef *arguments, size_t index);

/* ---- objects that hold a structure of C ---- */

/* A kind of objects: release() frees what an object holds. The engine's
 * collector calls it on any thread. */
struct worker_bind_kind {
    const char *name;
    void (*release)(void *held);
    JSObjectFinalizeCallback finalize;
    JSClassRef class; /* made at the first use */
};

/* An object that owns held. size is about what held takes in bytes. */
JSObjectRef worker_bind_hold(JSContextRef context,
                             struct worker_bind_kind *kind, void *held,
                             size_t size);

/* What the object holds. The library passes only objects of the right kind
 * that have not been dropped. */
void *worker_bind_held(JSContextRef context, struct worker_bind_kind *kind,
                       JSValueRef value);

/* Free what the object holds, now: the collector does not see its size. */
void worker_bind_drop(JSContextRef context, struct worker_bind_kind *kind,
                      JSValueRef value);

#endif
