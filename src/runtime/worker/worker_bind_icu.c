/*
 * What the engine's ICU knows of names and of old encodings. ICU is there
 * anyway: JavaScriptCore needs it.
 *
 * js/url_host.js and js/encoding_legacy.js do what the standards ask beyond
 * ICU. ICU's own decoders are not used as they are, because they replace
 * ill-formed bytes by other rules than the Encoding Standard's.
 */
#include "base/check.h"
#include "base/memory.h"
#include "runtime/worker/worker_bind.h"
#include <stdlib.h>
#include <unicode/ucnv.h>
#include <unicode/uidna.h>
#include <unicode/utf16.h>

/* A longer domain can't be one. The standard has no limit, but ICU's time grows
 * with the square of a label. */
#define DOMAIN_BYTES_MAX 16384

/* Errors of UTS 46 that the URL Standard ignores (3.3, "domain to ASCII" with
 * beStrict false: CheckHyphens and VerifyDnsLength are false). */
#define DOMAIN_ERRORS_IGNORED                                                  \
    (UIDNA_ERROR_EMPTY_LABEL | UIDNA_ERROR_LABEL_TOO_LONG |                    \
     UIDNA_ERROR_DOMAIN_NAME_TOO_LONG | UIDNA_ERROR_LEADING_HYPHEN |           \
     UIDNA_ERROR_TRAILING_HYPHEN | UIDNA_ERROR_HYPHEN_3_4)

/* The standard's flags: CheckBidi, CheckJoiners, non-transitional. Lives as
 * long as the process. */
static const UIDNA *mapping(void)
{
    static UIDNA *made;
    UErrorCode error = U_ZERO_ERROR;
    if (!made)
        made = uidna_openUTS46(UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ |
                                   UIDNA_NONTRANSITIONAL_TO_ASCII |
                                   UIDNA_NONTRANSITIONAL_TO_UNICODE,
                               &error);
    return U_SUCCESS(error) ? made : NULL;
}

/* domain_to_ascii(text) -> text, or null if the name has errors that count. */
WORKER_BIND(domain_to_ascii)
{
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    UErrorCode error = U_ZERO_ERROR;
    size_t size;
    CHECK(count == 1);
    char *name = worker_bind_copy_text(context, arguments[0], &size, exception);
    if (!name)
        return JSValueMakeUndefined(context);
    JSValueRef value = JSValueMakeNull(context);
    /* One byte becomes at most some 11 of Punycode. */
    size_t room = 11 * size + 64;
    if (size <= DOMAIN_BYTES_MAX && mapping()) {
        char *out = mem_alloc(room);
        int32_t used = uidna_nameToASCII_UTF8(
            mapping(), name, (int32_t)size, out, (int32_t)room, &info, &error);
        if (U_SUCCESS(error) && !(info.errors & ~DOMAIN_ERRORS_IGNORED))
            value = worker_bind_make_text_of(context,
                                             bytes_make(out, (size_t)used));
        free(out);
    }
    free(name);
    return value;
}

/* The one character that the bytes stand for; U+FFFD if there is none. */
static UChar32 convert_one(UConverter *converter, const char *bytes,
                           size_t size)
{
    UChar units[8];
    UChar32 character;
    UErrorCode error = U_ZERO_ERROR;
    int32_t at = 0;
    ucnv_resetToUnicode(converter);
    int32_t used =
        ucnv_toUChars(converter, units, 8, bytes, (int32_t)size, &error);
    if (U_FAILURE(error) || !used)
        return 0xfffd;
    U16_NEXT(units, at, used, character);
    return at == used ? character : 0xfffd;
}

/* Append the character in UTF-8. No converter gives half a pair. */
static void append_character(struct buffer *out, UChar32 character)
{
    char utf8[4];
    int32_t size = 0;
    U8_APPEND_UNSAFE(utf8, size, character);
    buffer_append(out, utf8, (size_t)size);
}

/* characters_of(encoding, Uint8Array, width): the bytes are sequences of width
 * bytes each; the result is a text of one character for each sequence. ICU has
 * the encoding. */
WORKER_BIND(characters_of)
{
    UErrorCode error = U_ZERO_ERROR;
    struct bytes data;
    struct buffer out = {0};
    size_t size;
    CHECK(count == 3);
    size_t width = (size_t)worker_bind_number(context, count, arguments, 2);
    CHECK(width >= 1 && width <= 4);
    if (!worker_bind_view(context, arguments[1], &data, exception))
        return JSValueMakeUndefined(context);
    char *name = worker_bind_copy_text(context, arguments[0], &size, exception);
    if (!name)
        return JSValueMakeUndefined(context);
    UConverter *converter = ucnv_open(name, &error);
    if (U_FAILURE(error)) {
        worker_bind_throw(context, exception, "unavailable",
                          "this machine's ICU has no encoding %s", name);
        free(name);
        return JSValueMakeUndefined(context);
    }
    free(name);
    for (size_t at = 0; at + width <= data.size; at += width)
        append_character(
            &out, convert_one(converter, (const char *)data.data + at, width));
    ucnv_close(converter);
    JSValueRef value = worker_bind_make_text_of(context, buffer_view(&out));
    buffer_free(&out);
    return value;
}

const JSStaticFunction worker_bind_icu[] = {
    {"domain_to_ascii", domain_to_ascii, kJSPropertyAttributeReadOnly},
    {"characters_of", characters_of, kJSPropertyAttributeReadOnly},
    {0},
};
