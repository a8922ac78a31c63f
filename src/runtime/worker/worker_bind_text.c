/*
 * Encodings that are slow or long-winded in JavaScript.
 *
 * Each function calls one of base between two conversions. An error of base
 * becomes an exception with the same text.
 */
#include "base/base58.h"
#include "base/base64.h"
#include "base/check.h"
#include "base/error.h"
#include "base/hex.h"
#include "base/memory.h"
#include "runtime/worker/worker_bind.h"
#include "runtime/worker/worker_text.h"
#include <stdlib.h>

/* The form of base's encoders and decoders. */
typedef void (*encode_function)(struct bytes data, struct buffer *out);
typedef int (*decode_function)(struct bytes text, struct buffer *out);

/* Bytes to text. base64_encode() and its like can't fail. */
static JSValueRef encode(JSContextRef context, encode_function encoder,
                         const JSValueRef *arguments, JSValueRef *exception)
{
    struct buffer text = {0};
    struct bytes data;
    if (!worker_bind_view(context, arguments[0], &data, exception))
        return JSValueMakeUndefined(context);
    encoder(data, &text);
    JSValueRef value = worker_bind_make_text_of(context, buffer_view(&text));
    buffer_free(&text);
    return value;
}

/* Text to bytes; the decoder's error becomes the exception. */
static JSValueRef decode(JSContextRef context, decode_function decoder,
                         const JSValueRef *arguments, JSValueRef *exception)
{
    struct buffer data = {0};
    size_t size;
    char *text = worker_bind_copy_text(context, arguments[0], &size, exception);
    if (!text)
        return JSValueMakeUndefined(context);
    int status = decoder(bytes_make(text, size), &data);
    free(text);
    JSValueRef value =
        status ? worker_bind_throw_status(context, exception, status)
               : worker_bind_make_bytes(context, buffer_view(&data), exception);
    buffer_free(&data);
    return value;
}

/* encode_utf8(text) -> Uint8Array */
WORKER_BIND(encode_utf8)
{
    size_t size;
    CHECK(count == 1);
    char *text = worker_bind_copy_text(context, arguments[0], &size, exception);
    if (!text)
        return JSValueMakeUndefined(context);
    JSValueRef value =
        worker_bind_make_bytes(context, bytes_make(text, size), exception);
    free(text);
    return value;
}

/* decode_utf8(Uint8Array, fatal) -> text */
WORKER_BIND(decode_utf8)
{
    struct bytes utf8;
    CHECK(count == 2);
    if (!worker_bind_view(context, arguments[0], &utf8, exception))
        return JSValueMakeUndefined(context);
    /* TextDecoder's "fatal" refuses ill-formed bytes. */
    if (JSValueToBoolean(context, arguments[1]) && !bytes_is_utf8(utf8))
        return worker_bind_throw(context, exception, "invalid",
                                 "the bytes are not UTF-8");
    return worker_bind_make_text_of(context, utf8);
}

/* decode_latin1(Uint8Array) -> text */
WORKER_BIND(decode_latin1)
{
    struct bytes data;
    CHECK(count == 1);
    if (!worker_bind_view(context, arguments[0], &data, exception))
        return JSValueMakeUndefined(context);
    JSStringRef string = worker_text_latin1(data);
    JSValueRef value = JSValueMakeString(context, string);
    JSStringRelease(string);
    return value;
}

/* encode_hex(Uint8Array) -> text */
WORKER_BIND(encode_hex)
{
    CHECK(count == 1);
    return encode(context, hex_encode, arguments, exception);
}

/* encode_base64(Uint8Array) -> text */
WORKER_BIND(encode_base64)
{
    CHECK(count == 1);
    return encode(context, base64_encode, arguments, exception);
}

/* decode_base64(text) -> Uint8Array. The text is padded base64 only. */
WORKER_BIND(decode_base64)
{
    CHECK(count == 1);
    return decode(context, base64_decode, arguments, exception);
}

/* encode_base58(Uint8Array) -> text */
WORKER_BIND(encode_base58)
{
    struct bytes data;
    CHECK(count == 1);
    if (!worker_bind_view(context, arguments[0], &data, exception))
        return JSValueMakeUndefined(context);
    /* base58_encode() CHECKs the size, so a task's input must not reach it. */
    if (data.size > BASE58_LIMIT_BYTES)
        return worker_bind_throw(context, exception, err_name(ERR_LIMIT),
                                 "base58 takes at most %d bytes",
                                 BASE58_LIMIT_BYTES);
    return encode(context, base58_encode, arguments, exception);
}

/* decode_base58(text) -> Uint8Array */
WORKER_BIND(decode_base58)
{
    CHECK(count == 1);
    return decode(context, base58_decode, arguments, exception);
}

const JSStaticFunction worker_bind_text[] = {
    {"encode_utf8", encode_utf8, kJSPropertyAttributeReadOnly},
    {"decode_utf8", decode_utf8, kJSPropertyAttributeReadOnly},
    {"decode_latin1", decode_latin1, kJSPropertyAttributeReadOnly},
    {"encode_hex", encode_hex, kJSPropertyAttributeReadOnly},
    {"encode_base64", encode_base64, kJSPropertyAttributeReadOnly},
    {"decode_base64", decode_base64, kJSPropertyAttributeReadOnly},
    {"encode_base58", encode_base58, kJSPropertyAttributeReadOnly},
    {"decode_base58", decode_base58, kJSPropertyAttributeReadOnly},
    {0},
};
