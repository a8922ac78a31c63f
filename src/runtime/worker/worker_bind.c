/*
 * What each C function of `native` needs: its engine, its arguments as C
 * values, its result as a JavaScript value. A wrong argument that a task can
 * cause is an exception for the task's call. Mistakes of the library are
 * CHECKed.
 */
#include "runtime/worker/worker_bind.h"
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "runtime/worker/worker_text.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* The magic number detects a library function called with a wrong `this`,
 * which would give a stray pointer. */
struct worker_engine *worker_bind_engine(JSObjectRef self)
{
    struct worker_engine *engine = JSObjectGetPrivate(self);
    CHECK_MAGIC(engine, WORKER_ENGINE_MAGIC);
    return engine;
}

/* Node's errors have a code beside the message and bundles read it, so every
 * error from C has one. */
JSValueRef worker_bind_throw(JSContextRef context, JSValueRef *exception,
                             const char *code, const char *format, ...)
{
    char text[ERR_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    JSValueRef message = worker_bind_make_text(context, text);
    JSObjectRef error = JSObjectMakeError(context, 1, &message, exception);
    if (error) {
        JSStringRef name = JSStringCreateWithUTF8CString("code");
        JSObjectSetProperty(context, error, name,
                            worker_bind_make_text(context, code), 0, NULL);
        JSStringRelease(name);
        *exception = error;
    }
    return JSValueMakeUndefined(context);
}

/* The words of err_name() are what a task sees as error.code. */
JSValueRef worker_bind_throw_status(JSContextRef context, JSValueRef *exception,
                                    int status)
{
    CHECK(status < 0);
    return worker_bind_throw(context, exception, err_name(status), "%s",
                             err_text());
}

/* The UTF-16 units that UTF-8 stands for: two for four bytes. */
static size_t count_units(const char *text, size_t size)
{
    size_t units = 0;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)text[i];
        units += (size_t)((byte & 0xc0) != 0x80) + (size_t)(byte >= 0xf0);
    }
    return units;
}

static bool is_pair(const JSChar *at, size_t left)
{
    return left >= 2 && (at[0] & 0xfc00) == 0xd800 &&
           (at[1] & 0xfc00) == 0xdc00;
}

/* The string with U+FFFD for each lone surrogate. */
static char *replace_surrogates(JSStringRef string, size_t *size)
{
    const JSChar *units = JSStringGetCharactersPtr(string);
    size_t count = JSStringGetLength(string);
    uint8_t *text = mem_alloc(3 * count + 1), *out = text;
    for (size_t i = 0; i < count; i++) {
        uint32_t point = units[i];
        if (is_pair(units + i, count - i))
            point = 0x10000 + ((point & 0x3ff) << 10) + (units[++i] & 0x3ff);
        else if ((point & 0xf800) == 0xd800)
            point = 0xfffd;
        if (point < 0x80) {
            *out++ = (uint8_t)point;
            continue;
        }
        unsigned more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
        static const uint8_t leads[] = {0, 0xc0, 0xe0, 0xf0};
        *out++ = (uint8_t)(leads[more] | point >> 6 * more);
        while (more--)
            *out++ = (uint8_t)(0x80 | (point >> 6 * more & 0x3f));
    }
    *out = '\0';
    *size = (size_t)(out - text);
    return (char *)text;
}

/* Lone surrogates come out as U+FFFD: the bytes are always UTF-8. The engine
 * stops at the first of them, and its text is then too short. */
char *worker_bind_copy_text(JSContextRef context, JSValueRef value,
                            size_t *size, JSValueRef *exception)
{
    JSStringRef string = JSValueToStringCopy(context, value, exception);
    if (!string)
        return NULL;
    /* The size counts the NUL. */
    size_t room = JSStringGetMaximumUTF8CStringSize(string);
    char *text = mem_alloc(room);
    size_t used = JSStringGetUTF8CString(string, text, room);
    if (!used || count_units(text, used - 1) != JSStringGetLength(string)) {
        free(text);
        text = replace_surrogates(string, size);
        JSStringRelease(string);
        return text;
    }
    JSStringRelease(string);
    /* The engine's estimate is three bytes a character. The unused part of a
     * large text is given back. */
    if (room > 4096)
        text = mem_resize(text, used);
    *size = used - 1;
    return text;
}

/* Only Uint8Array is taken. js/encoding.js turns other views into one, which
 * is a line there and would be a table of types here. */
bool worker_bind_view(JSContextRef context, JSValueRef value, struct bytes *out,
                      JSValueRef *exception)
{
    *out = bytes_make(NULL, 0);
    if (JSValueGetTypedArrayType(context, value, exception) !=
        kJSTypedArrayTypeUint8Array) {
        worker_bind_throw(context, exception, "invalid",
                          "a Uint8Array is needed");
        return false;
    }
    /* An array is an object, so this can't fail. */
    JSObjectRef array = JSValueToObject(context, value, exception);
    size_t size = JSObjectGetTypedArrayByteLength(context, array, exception);
    if (!size)
        return true;
    /* The pointer is the beginning of the buffer, not of the array. */
    uint8_t *base = JSObjectGetTypedArrayBytesPtr(context, array, exception);
    if (!base) {
        worker_bind_throw(context, exception, "invalid",
                          "the array's buffer is detached");
        return false;
    }
    size_t offset = JSObjectGetTypedArrayByteOffset(context, array, exception);
    *out = bytes_make(base + offset, size);
    return true;
}

/* For texts of C. */
JSValueRef worker_bind_make_text(JSContextRef context, const char *text)
{
    return worker_bind_make_text_of(context, bytes_text(text));
}

JSValueRef worker_bind_make_text_of(JSContextRef context, struct bytes utf8)
{
    JSStringRef string = worker_text_string(utf8);
    JSValueRef value = JSValueMakeString(context, string);
    JSStringRelease(string);
    return value;
}

/* The engine allocates and the bytes are copied in. Handing over memory of C's
 * would save the copy but hide it from the collector's account, and garbage of
 * many megabytes would then pass the memory limit before it is collected. */
JSValueRef worker_bind_make_bytes(JSContextRef context, struct bytes bytes,
                                  JSValueRef *exception)
{
    /* NULL with an exception if the engine has no room for it. */
    JSObjectRef array = JSObjectMakeTypedArray(
        context, kJSTypedArrayTypeUint8Array, bytes.size, exception);
    if (!array)
        return JSValueMakeUndefined(context);
    if (bytes.size) {
        uint8_t *at = JSObjectGetTypedArrayBytesPtr(context, array, exception);
        CHECK(at);
        memcpy(at, bytes.data, bytes.size);
    }
    return array;
}

/* The library checks arguments before it calls. */
double worker_bind_number(JSContextRef context, size_t count,
                          const JSValueRef *arguments, size_t index)
{
    if (index >= count || !JSValueIsNumber(context, arguments[index]))
        return 0;
    double value = JSValueToNumber(context, arguments[index], NULL);
    return isfinite(value) ? value : 0;
}

/* ---- objects ---- */

/* The engine exports this without shipping the header that declares it
 * (JSBasePrivate.h, unchanged since 2009): bytes outside the engine's heap that
 * an object keeps. Without it, garbage that is small to the engine and large in
 * C would wait long for the collector. */
extern void JSReportExtraMemoryCost(JSContextRef context, size_t size);

static JSClassRef class_of(struct worker_bind_kind *kind)
{
    if (!kind->class) {
        JSClassDefinition definition = kJSClassDefinitionEmpty;
        definition.className = kind->name;
        definition.finalize = kind->finalize;
        kind->class = JSClassCreate(&definition);
    }
    return kind->class;
}

JSObjectRef worker_bind_hold(JSContextRef context,
                             struct worker_bind_kind *kind, void *held,
                             size_t size)
{
    CHECK(held);
    JSReportExtraMemoryCost(context, size);
    return JSObjectMake(context, class_of(kind), held);
}

void *worker_bind_held(JSContextRef context, struct worker_bind_kind *kind,
                       JSValueRef value)
{
    CHECK(JSValueIsObjectOfClass(context, value, class_of(kind)));
    void *held = JSObjectGetPrivate(JSValueToObject(context, value, NULL));
    CHECK(held);
    return held;
}

void worker_bind_drop(JSContextRef context, struct worker_bind_kind *kind,
                      JSValueRef value)
{
    kind->release(worker_bind_held(context, kind, value));
    CHECK(JSObjectSetPrivate(JSValueToObject(context, value, NULL), NULL));
}
